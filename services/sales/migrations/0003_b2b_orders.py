"""B2B orders and their items."""

import sqlalchemy as sa
from alembic import op

import chassis.columns

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "b2b_orders",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uid", sa.String(length=64), nullable=False),
        sa.Column("user_uid", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("total", chassis.columns.Money(), nullable=False),
        sa.Column("shipping_address", sa.String(length=500), nullable=False),
        sa.Column("billing_address", sa.String(length=500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", chassis.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", chassis.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", chassis.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'processing', 'shipped', 'delivered', 'cancelled')",
            name=op.f("ck_b2b_orders_status"),
        ),
        sa.CheckConstraint("total >= 0", name=op.f("ck_b2b_orders_total")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_b2b_orders")),
    )
    with op.batch_alter_table("b2b_orders", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_b2b_orders_account_id_id"),
            ["account_id", "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            batch_op.f("ix_b2b_orders_account_id_status_id"), ["account_id", "status", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_b2b_orders_account_id_uid"), ["account_id", "uid"], unique=True)
        batch_op.create_index(
            batch_op.f("ix_b2b_orders_account_id_user_uid_id"), ["account_id", "user_uid", "id"], unique=False
        )

    op.create_table(
        "b2b_order_items",
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("product_uid", sa.String(length=64), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("price", chassis.columns.Money(), nullable=False),
        sa.Column("discount", chassis.columns.Money(), nullable=False),
        sa.Column("total", chassis.columns.Money(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("discount >= 0 AND discount <= price", name=op.f("ck_b2b_order_items_discount")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_b2b_order_items_quantity")),
        sa.CheckConstraint("total = (price - discount) * quantity", name=op.f("ck_b2b_order_items_total")),
        sa.ForeignKeyConstraint(["order_id"], ["b2b_orders.id"], name=op.f("fk_b2b_order_items_order_id")),
        sa.PrimaryKeyConstraint("account_id", "order_id", "product_uid", name=op.f("pk_b2b_order_items")),
    )


def downgrade() -> None:
    op.drop_table("b2b_order_items")
    with op.batch_alter_table("b2b_orders", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_b2b_orders_account_id_user_uid_id"))
        batch_op.drop_index(batch_op.f("ix_b2b_orders_account_id_uid"))
        batch_op.drop_index(batch_op.f("ix_b2b_orders_account_id_status_id"))
        batch_op.drop_index(
            batch_op.f("ix_b2b_orders_account_id_id"),
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    op.drop_table("b2b_orders")
