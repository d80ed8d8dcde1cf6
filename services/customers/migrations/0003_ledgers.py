"""The credit ledger, holds of points and credit, what loyalty is measured by, erased customers, chatbot users."""

import sqlalchemy as sa
from alembic import op

import chassis.columns

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "chatbot_users",
        sa.Column("mobile_number", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("last_interaction", chassis.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "mobile_number", name=op.f("pk_chatbot_users")),
    )
    op.create_table(
        "points_grants",
        sa.Column("actor_uid", sa.String(length=36), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "actor_uid", "day", name=op.f("pk_points_grants")),
    )
    op.create_table(
        "credit_transactions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount", chassis.columns.Money(), nullable=False),
        sa.Column("transaction_type", sa.String(length=10), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=False),
        sa.Column("order_uid", sa.String(length=36), nullable=True),
        sa.Column("actor_uid", sa.String(length=36), nullable=True),
        sa.Column("created_at", chassis.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(transaction_type IN ('CHARGE', 'PAYMENT') AND amount > 0) OR (transaction_type = 'ADJUSTMENT' AND amount <> 0)",
            name=op.f("ck_credit_transactions_sign"),
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_credit_transactions_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_transactions")),
    )
    with op.batch_alter_table("credit_transactions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_credit_transactions_account_id_customer_id_created_at_id"),
            ["account_id", "customer_id", "created_at", "id"],
            unique=False,
        )

    op.create_table(
        "payment_holds",
        sa.Column("order_uid", sa.String(length=36), nullable=False),
        sa.Column("ticket_folio", sa.String(length=8), nullable=False),
        sa.Column("user_uid", sa.String(length=36), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payment_method", sa.String(length=8), nullable=False),
        sa.Column("amount", chassis.columns.Money(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", chassis.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("settled_at", chassis.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("payment_method IN ('POINTS', 'CREDIT')", name=op.f("ck_payment_holds_payment_method")),
        sa.CheckConstraint("state IN ('held', 'confirmed', 'released')", name=op.f("ck_payment_holds_state")),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_payment_holds_amount")),
        sa.PrimaryKeyConstraint("account_id", "order_uid", name=op.f("pk_payment_holds")),
    )
    with op.batch_alter_table("payment_holds", schema=None) as batch_op:
        batch_op.create_index(
            "ix_payment_holds_held",
            ["created_at"],
            unique=False,
            sqlite_where=sa.text("state = 'held'"),
            postgresql_where=sa.text("state = 'held'"),
        )

    op.create_table(
        "purchase_days",
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_purchase_days_customer_id")),
        sa.PrimaryKeyConstraint("account_id", "customer_id", "day", name=op.f("pk_purchase_days")),
    )
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("frequent_month", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("erased_at", chassis.columns.UtcDateTime(timezone=True), nullable=True))

    with op.batch_alter_table("points_transactions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("actor_uid", sa.String(length=36), nullable=True))
        batch_op.drop_constraint(
            batch_op.f("uq_points_transactions_account_id_order_uid_transaction_type"), type_="unique"
        )
        batch_op.create_index(
            "uq_points_transactions_earned_by_order",
            ["account_id", "order_uid"],
            unique=True,
            sqlite_where=sa.text("transaction_type = 'EARN'"),
            postgresql_where=sa.text("transaction_type = 'EARN'"),
        )


def downgrade() -> None:
    with op.batch_alter_table("points_transactions", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_points_transactions_earned_by_order",
            sqlite_where=sa.text("transaction_type = 'EARN'"),
            postgresql_where=sa.text("transaction_type = 'EARN'"),
        )
        batch_op.create_unique_constraint(
            batch_op.f("uq_points_transactions_account_id_order_uid_transaction_type"),
            ["account_id", "order_uid", "transaction_type"],
        )
        batch_op.drop_column("actor_uid")

    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.drop_column("erased_at")
        batch_op.drop_column("frequent_month")

    op.drop_table("purchase_days")
    with op.batch_alter_table("payment_holds", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_payment_holds_held", sqlite_where=sa.text("state = 'held'"), postgresql_where=sa.text("state = 'held'")
        )

    op.drop_table("payment_holds")
    with op.batch_alter_table("credit_transactions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_credit_transactions_account_id_customer_id_created_at_id"))

    op.drop_table("credit_transactions")
    op.drop_table("points_grants")
    op.drop_table("chatbot_users")
