"""Products, promotions and customers as others tell them; first sales; how fresh the figures are.

After it, `chassis catalog republish` and `chassis customers republish` fill the projections.
"""

import sqlalchemy as sa
from alembic import op

import chassis.columns

revision = "0003"
down_revision = "0002"

_FIRST_SALES = """
    UPDATE products SET first_sold_at = sold.first_at
    FROM (
        SELECT line.account_id, line.product_id, min(paid.paid_at) AS first_at
        FROM paid_order_lines AS line
        JOIN paid_orders AS paid ON paid.account_id = line.account_id AND paid.order_uid = line.order_uid
        GROUP BY line.account_id, line.product_id
    ) AS sold
    WHERE sold.account_id = products.account_id AND sold.product_id = products.product_id
"""


def upgrade() -> None:
    op.create_table(
        "catalog_products",
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("sku", sa.String(length=64), nullable=False),
        sa.Column("sku_key", sa.Text(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("price", chassis.columns.Money(), nullable=False),
        sa.Column("tax_rate", sa.String(length=5), nullable=False),
        sa.Column("final_price", chassis.columns.Money(), nullable=False),
        sa.Column("low_stock_threshold", sa.BigInteger(), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("current_stock", sa.BigInteger(), nullable=False),
        sa.Column("stock_version", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "product_id", name=op.f("pk_catalog_products")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("catalog_products", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_catalog_products_account_id_name_key"), ["account_id", "name_key"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_catalog_products_account_id_sku_key"), ["account_id", "sku_key"], unique=False
        )

    op.create_table(
        "customers",
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "customer_id", name=op.f("pk_customers")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "freshness",
        sa.Column("as_of", chassis.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_freshness")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "promotions",
        sa.Column("promotion_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("discount_percent", chassis.columns.Money(), nullable=False),
        sa.Column("start_date", sa.Integer(), nullable=False),
        sa.Column("end_date", sa.Integer(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "promotion_id", name=op.f("pk_promotions")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("paid_orders", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_paid_orders_account_id_customer_id_paid_at"),
            ["account_id", "customer_id", "paid_at"],
            unique=False,
            postgresql_where=sa.text("customer_id IS NOT NULL"),
            sqlite_where=sa.text("customer_id IS NOT NULL"),
        )

    # Nullable, so that a worker of the version before still counts while this one starts.
    op.add_column("products", sa.Column("first_sold_at", chassis.columns.UtcDateTime(timezone=True), nullable=True))
    op.execute(_FIRST_SALES)
    op.execute(
        "INSERT INTO freshness (account_id, as_of, changes)"
        " SELECT account_id, max(paid_at), 1 FROM paid_orders GROUP BY account_id"
    )


def downgrade() -> None:
    op.drop_column("products", "first_sold_at")

    with op.batch_alter_table("paid_orders", schema=None) as batch_op:
        batch_op.drop_index(
            batch_op.f("ix_paid_orders_account_id_customer_id_paid_at"),
            postgresql_where=sa.text("customer_id IS NOT NULL"),
            sqlite_where=sa.text("customer_id IS NOT NULL"),
        )

    op.drop_table("promotions")
    op.drop_table("freshness")
    op.drop_table("customers")
    with op.batch_alter_table("catalog_products", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_catalog_products_account_id_sku_key"))
        batch_op.drop_index(batch_op.f("ix_catalog_products_account_id_name_key"))

    op.drop_table("catalog_products")
