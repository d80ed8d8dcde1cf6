"""The migrations make exactly the tables that the models describe, from nothing, and can be taken back."""

from sqlalchemy import text

from chassis import migrations
from chassis.testing_migrations import test_down_to_nothing_and_up_again, test_models_and_migrations_agree

__all__ = ["test_down_to_nothing_and_up_again", "test_models_and_migrations_agree"]

_PRODUCT = (
    "INSERT INTO catalog_products (account_id, product_id, name, name_key, sku, sku_key, search_text, price, tax_rate,"
    " final_price, low_stock_threshold, is_deleted, version, current_stock, stock_version)"
    " VALUES (1, :id, 'Cola', 'cola', :sku, :key, 'cola', 0, 'EXENT', 0, 0, false, 1, 0, 0)"
)


def test_skus_that_were_told_before_get_their_keys(database):
    migrations.downgrade(database, "0005")
    skus = [("KO", "ko"), ("750105530007", "750105530007"), ("Nin\u0303o", "nin\u0303o")]
    with database.engine.begin() as connection:
        for id_, (sku, key) in enumerate(skus):
            connection.execute(text(_PRODUCT), {"id": id_, "sku": sku, "key": key})
    migrations.upgrade(database)
    with database.engine.connect() as connection:
        found = connection.execute(text("SELECT sku_key, search_text FROM catalog_products ORDER BY product_id")).all()
    assert [tuple(row) for row in found] == [
        ("ko", "cola"), ("00750105530007", "cola 00750105530007"), ("ni\u00f1o", "cola"),
    ]  # fmt: skip
