"""The first tables: facts, rollups, and what every service keeps."""

import sqlalchemy as sa
from alembic import op

import chassis.columns
from chassis.tables import create_tables_1, drop_tables_1

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_tables_1()
    op.create_table(
        "hourly_sales",
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("payment_method", sa.String(length=10), nullable=False),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.Column("revenue", chassis.columns.Money(), nullable=False),
        sa.Column("lowest", chassis.columns.Money(), nullable=False),
        sa.Column("highest", chassis.columns.Money(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "day", "hour", "payment_method", name=op.f("pk_hourly_sales")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "paid_order_lines",
        sa.Column("order_uid", sa.String(length=36), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("amount", chassis.columns.Money(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "order_uid", "product_id", name=op.f("pk_paid_order_lines")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "paid_orders",
        sa.Column("order_uid", sa.String(length=36), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_folio", sa.String(length=20), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("customer_name", sa.Text(), nullable=False),
        sa.Column("payment_method", sa.String(length=10), nullable=False),
        sa.Column("final_amount", chassis.columns.Money(), nullable=False),
        sa.Column("paid_at", chassis.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("paid_slot", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "order_uid", name=op.f("pk_paid_orders")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("paid_orders", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_paid_orders_account_id_paid_at"), ["account_id", "paid_at"], unique=False)

    op.create_table(
        "product_sales",
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("revenue", chassis.columns.Money(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "day", "product_id", name=op.f("pk_product_sales")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "product_sales_blocks",
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("revenue", chassis.columns.Money(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "block", "product_id", name=op.f("pk_product_sales_blocks")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "products",
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("named_at", chassis.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "product_id", name=op.f("pk_products")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:

    op.drop_table("products")
    op.drop_table("product_sales_blocks")
    op.drop_table("product_sales")
    with op.batch_alter_table("paid_orders", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_paid_orders_account_id_paid_at"))

    op.drop_table("paid_orders")
    op.drop_table("paid_order_lines")
    op.drop_table("hourly_sales")
    drop_tables_1()
