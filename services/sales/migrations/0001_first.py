"""The first tables."""

import sqlalchemy as sa
from alembic import op

import chassis.columns
from chassis.tables import create_tables_1, drop_tables_1

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_tables_1()
    op.create_table(
        "customers",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("full_name", sa.String(length=500), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("is_frequent", sa.Boolean(), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("ticket_folio", sa.String(length=8), nullable=False),
        sa.Column("status", sa.String(length=9), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("customer_uid", sa.String(length=36), nullable=True),
        sa.Column("customer_name", sa.String(length=500), nullable=False),
        sa.Column("cashier_id", sa.BigInteger(), nullable=True),
        sa.Column("cashier_uid", sa.String(length=36), nullable=True),
        sa.Column("cashier", sa.String(length=255), nullable=False),
        sa.Column("subtotal", chassis.columns.Money(), nullable=False),
        sa.Column("total_tax", chassis.columns.Money(), nullable=False),
        sa.Column("final_amount", chassis.columns.Money(), nullable=False),
        sa.Column("money_saved_total", chassis.columns.Money(), nullable=False),
        sa.Column("payment_method", sa.String(length=8), nullable=True),
        sa.Column("created_at", chassis.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("paid_at", chassis.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", chassis.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.String(length=16), nullable=True),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(status = 'CANCELLED') = (cancelled_at IS NOT NULL)", name=op.f("ck_orders_cancelled_at")),
        sa.CheckConstraint("(status = 'PAID') = (paid_at IS NOT NULL)", name=op.f("ck_orders_paid_at")),
        sa.CheckConstraint("(status = 'PAID') = (payment_method IS NOT NULL)", name=op.f("ck_orders_payment_method")),
        sa.CheckConstraint("status IN ('PENDING', 'PAID', 'CANCELLED')", name=op.f("ck_orders_status")),
        sa.CheckConstraint("final_amount = subtotal + total_tax", name=op.f("ck_orders_final_amount")),
        sa.CheckConstraint(
            "subtotal >= 0 AND total_tax >= 0 AND money_saved_total >= 0", name=op.f("ck_orders_amounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("uid", name=op.f("uq_orders_uid")),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_orders_account_id_created_at_id"), ["account_id", "created_at", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_orders_account_id_customer_id_created_at"),
            ["account_id", "customer_id", "created_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_orders_account_id_payment_method_created_at"),
            ["account_id", "payment_method", "created_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_orders_account_id_status_created_at"), ["account_id", "status", "created_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_orders_account_id_ticket_folio"), ["account_id", "ticket_folio"], unique=True
        )
        batch_op.create_index(
            "ix_orders_pending",
            ["created_at"],
            unique=False,
            sqlite_where=sa.text("status = 'PENDING'"),
            postgresql_where=sa.text("status = 'PENDING'"),
        )

    op.create_table(
        "order_lines",
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("product_uid", sa.String(length=36), nullable=False),
        sa.Column("product_name", sa.String(length=500), nullable=False),
        sa.Column("sku", sa.String(length=255), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit_price", chassis.columns.Money(), nullable=False),
        sa.Column("tax_rate", sa.String(length=8), nullable=False),
        sa.Column("tax_amount", chassis.columns.Money(), nullable=False),
        sa.Column("discount_amount", chassis.columns.Money(), nullable=False),
        sa.Column("amount", chassis.columns.Money(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount = unit_price * quantity", name=op.f("ck_order_lines_amount")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_lines_quantity")),
        sa.CheckConstraint(
            "unit_price >= 0 AND tax_amount >= 0 AND discount_amount >= 0", name=op.f("ck_order_lines_amounts")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_lines_order_id")),
        sa.PrimaryKeyConstraint("order_id", "position", name=op.f("pk_order_lines")),
    )


def downgrade() -> None:
    op.drop_table("order_lines")
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_orders_pending",
            sqlite_where=sa.text("status = 'PENDING'"),
            postgresql_where=sa.text("status = 'PENDING'"),
        )
        batch_op.drop_index(batch_op.f("ix_orders_account_id_ticket_folio"))
        batch_op.drop_index(batch_op.f("ix_orders_account_id_status_created_at"))
        batch_op.drop_index(batch_op.f("ix_orders_account_id_payment_method_created_at"))
        batch_op.drop_index(batch_op.f("ix_orders_account_id_customer_id_created_at"))
        batch_op.drop_index(batch_op.f("ix_orders_account_id_created_at_id"))

    op.drop_table("orders")
    op.drop_table("customers")
    drop_tables_1()
