"""Categories, currencies, attributes and texts in many languages; uids that clients give, unique in their account."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

UIDS = (("cart_holds", "user_uid", False), ("order_holds", "user_uid", True), ("stock_movements", "actor_uid", True))
UID = sa.String(64)
LANGUAGE = sa.String(35)
NAME = sa.String(200)


def upgrade() -> None:
    op.create_table(
        "categories",
        *_keyed("categories", sa.Column("uid", UID, nullable=False)),
        sa.Column("parent_uid", UID, nullable=True),
        _refers("categories", "parent_uid", "categories"),
    )
    op.create_index("ix_categories_account_id_parent_uid", "categories", ["account_id", "parent_uid"])
    op.create_table(
        "currencies",
        *_keyed("currencies", sa.Column("code", sa.String(3), nullable=False)),
        sa.Column("name", NAME, nullable=False),
        sa.Column("rate", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("rate > 0", name=op.f("ck_currencies_rate")),
    )
    _widen_uids(36, 64)
    with op.batch_alter_table("products") as batch_op:
        batch_op.alter_column("uid", existing_type=sa.String(36), type_=UID, existing_nullable=False)
        batch_op.add_column(sa.Column("category_uid", UID, nullable=True))
        batch_op.drop_constraint("uq_products_uid", type_="unique")
        batch_op.create_unique_constraint(op.f("uq_products_account_id_uid"), ["account_id", "uid"])
        batch_op.create_foreign_key(
            op.f("fk_products_account_id_category_uid"),
            "categories",
            ["account_id", "category_uid"],
            ["account_id", "uid"],
        )
        batch_op.create_index("ix_products_account_id_category_uid", ["account_id", "category_uid"])
    op.create_table(
        "attributes",
        *_keyed("attributes", sa.Column("uid", UID, nullable=False)),
        sa.Column("product_uid", UID, nullable=False),
        sa.Column("value_uid", UID, nullable=False),
        _refers("attributes", "product_uid", "products"),
    )
    op.create_index("ix_attributes_account_id_product_uid", "attributes", ["account_id", "product_uid"])
    op.create_index("ix_attributes_account_id_value_uid", "attributes", ["account_id", "value_uid"])
    _create_texts("product_descriptions", "product_uid", "products", description=True)
    _create_texts("category_descriptions", "category_uid", "categories", description=True, ondelete="CASCADE")
    _create_texts("attribute_descriptions", "attribute_uid", "attributes", ondelete="CASCADE")
    _create_texts("attribute_values", "uid", None)


def downgrade() -> None:
    """Uids longer than 36 characters, or the same in two accounts, can't go back."""
    for table in (
        "attribute_values",
        "attribute_descriptions",
        "category_descriptions",
        "product_descriptions",
        "attributes",
    ):
        op.drop_table(table)
    with op.batch_alter_table("products") as batch_op:
        batch_op.drop_index("ix_products_account_id_category_uid")
        batch_op.drop_constraint(op.f("fk_products_account_id_category_uid"), type_="foreignkey")
        batch_op.drop_constraint(op.f("uq_products_account_id_uid"), type_="unique")
        batch_op.create_unique_constraint("uq_products_uid", ["uid"])
        batch_op.drop_column("category_uid")
        batch_op.alter_column("uid", existing_type=UID, type_=sa.String(36), existing_nullable=False)
    _widen_uids(64, 36)
    op.drop_table("currencies")
    op.drop_table("categories")


def _keyed(table: str, *key: sa.Column) -> list:
    names = [column.name for column in key]
    return [
        *key,
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", *names, name=op.f(f"pk_{table}")),
    ]


def _refers(table: str, column: str, to: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_account_id_{column}")
    return sa.ForeignKeyConstraint(
        ["account_id", column], [f"{to}.account_id", f"{to}.uid"], name=name, ondelete=ondelete
    )


def _create_texts(
    table: str, owner: str, to: str | None, *, description: bool = False, ondelete: str | None = None
) -> None:
    columns = _keyed(table, sa.Column(owner, UID, nullable=False), sa.Column("language", LANGUAGE, nullable=False))
    columns.append(sa.Column("name", NAME, nullable=False))
    if description:
        columns.append(sa.Column("description", sa.Text(), nullable=False))
    if to:
        columns.append(_refers(table, owner, to, ondelete))
    op.create_table(table, *columns)


def _widen_uids(old: int, new: int) -> None:
    for table, column, nullable in UIDS:
        with op.batch_alter_table(table) as batch_op:
            batch_op.alter_column(
                column, existing_type=sa.String(old), type_=sa.String(new), existing_nullable=nullable
            )
    if op.get_bind().dialect.name == "sqlite":
        # The ledger's table was made anew, without the triggers of 0003.
        for change in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER stock_movements_no_{change} BEFORE {change.upper()} ON stock_movements "
                "BEGIN SELECT RAISE(ABORT, 'the stock ledger is append-only'); END"
            )
