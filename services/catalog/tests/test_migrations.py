"""The migrations make exactly the tables that the models describe, from nothing, and can be taken back."""

from sqlalchemy import text

from chassis import migrations
from chassis.testing_migrations import test_down_to_nothing_and_up_again, test_models_and_migrations_agree

__all__ = ["test_down_to_nothing_and_up_again", "test_models_and_migrations_agree"]

_PRODUCT = (
    "INSERT INTO products (uid, name, sku, price, tax_rate, current_stock, low_stock_threshold, is_active, search_text, version,"
    " created_at, updated_at, account_id) VALUES ('u', 'Cola', 'c', 100, '16.00', 5, 1, true, 'cola', 1, :now, :now, 1)"
)
_MOVEMENT = "INSERT INTO stock_movements (product_id, delta, balance, kind, created_at, account_id) VALUES (:id, 5, 5, 'initial', :now, 1)"
_HOLD = "INSERT INTO cart_holds VALUES (:id, 'user', 2, :now, :now, 1)"


def test_uids_are_widened_round_the_rows_that_refer_to_each_other(database):
    """SQLite makes these tables anew for it, which must not drop what refers to them."""
    migrations.downgrade(database, "0003")
    now = "2026-01-01 00:00:00.000000"
    with database.engine.begin() as connection:
        connection.execute(text(_PRODUCT), {"now": now})
        id_ = connection.execute(text("SELECT id FROM products")).scalar_one()
        for row in (_MOVEMENT, _HOLD):
            connection.execute(text(row), {"id": id_, "now": now})
    migrations.upgrade(database)
    with database.engine.connect() as connection:
        joined = "SELECT p.uid, m.delta, h.quantity FROM products p JOIN stock_movements m ON m.product_id = p.id"
        rows = connection.execute(text(f"{joined} JOIN cart_holds h ON h.product_id = p.id")).all()
        assert [tuple(row) for row in rows] == [("u", 5, 2)]
        if database.dialect == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1


OLDER = (
    "INSERT INTO categories (account_id, uid, parent_uid) VALUES (1, :old, NULL), (1, 'child', :old)",
    "UPDATE products SET category_uid = :old",
    "INSERT INTO category_descriptions (account_id, category_uid, language, name, description)"
    " VALUES (1, :old, 'es', 'n', '')",
    "INSERT INTO attributes (account_id, uid, product_uid, value_uid) SELECT 1, :old, uid, :old FROM products",
    "INSERT INTO attribute_descriptions (account_id, attribute_uid, language, name) VALUES (1, :old, 'es', 'n')",
    "INSERT INTO attribute_values (account_id, uid, language, name) VALUES (1, :old, 'es', 'n'), (1, :old, 'en', 'n')",
)


def test_older_uids_are_brought_into_one_form_with_all_that_refers_to_them(client, product, database):
    product()
    with database.engine.begin() as connection:
        for statement in OLDER:
            connection.execute(text(statement), {"old": "pen\u0303a"})
    migrations.downgrade(database, "0006")
    migrations.upgrade(database)
    new = "pe\u00f1a"
    with database.engine.connect() as connection:
        for table, column in (
            ("categories", "uid"), ("categories", "parent_uid"), ("products", "category_uid"),
            ("category_descriptions", "category_uid"), ("attributes", "uid"), ("attributes", "value_uid"),
            ("attribute_descriptions", "attribute_uid"), ("attribute_values", "uid"),
        ):  # fmt: skip
            found = connection.execute(text(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL")).scalars()
            assert set(found) - {"child"} == {new}
    assert client.get("/api/v1/category/pen\u0303a").json["data"] == {"uid": new, "parent_uid": None}


def test_products_get_their_keys_and_only_the_oldest_of_twins(database):
    migrations.downgrade(database, "0007")
    rows = [("KO", 1, None), ("ko", 1, None), ("ko", 2, None), ("750105530007", 1, None), ("Ko", 1, "2026-01-01")]
    insert = _PRODUCT.replace("'u'", ":uid").replace("'c'", ":sku").replace(":now, 1)", ":now, :account)")
    insert = insert.replace("account_id)", "account_id, deleted_at)").replace(":account)", ":account, :deleted)")
    now = "2026-01-01 00:00:00.000000"
    with database.engine.begin() as connection:
        for number, (sku, account, deleted) in enumerate(rows):
            values = {"uid": f"u{number}", "sku": sku, "account": account, "deleted": deleted and now, "now": now}
            connection.execute(text(insert), values)
    migrations.upgrade(database)
    with database.engine.connect() as connection:
        found = connection.execute(text("SELECT sku, sku_key, search_text FROM products ORDER BY id")).all()
    assert [tuple(row) for row in found] == [
        ("KO", "ko", "cola"), ("ko", None, "cola"), ("ko", "ko", "cola"),
        ("750105530007", "00750105530007", "cola 00750105530007"), ("Ko", None, "cola"),
    ]  # fmt: skip
