"""The first tables: customers, the points ledger, and what every service keeps."""

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
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("first_name", sa.String(length=100), nullable=False),
        sa.Column("last_name", sa.String(length=100), nullable=False),
        sa.Column("phone_number", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("is_frequent", sa.Boolean(), nullable=False),
        sa.Column("current_points", sa.Integer(), nullable=False),
        sa.Column("credit_limit", chassis.columns.Money(), nullable=False),
        sa.Column("credit_used", chassis.columns.Money(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", chassis.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", chassis.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", chassis.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("credit_limit >= 0", name=op.f("ck_customers_credit_limit_not_negative")),
        sa.CheckConstraint("credit_used >= 0", name=op.f("ck_customers_credit_used_not_negative")),
        sa.CheckConstraint("current_points >= 0", name=op.f("ck_customers_points_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
    )
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_customers_account_id_email"),
            ["account_id", "email"],
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            batch_op.f("ix_customers_account_id_id"),
            ["account_id", "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            batch_op.f("ix_customers_account_id_phone_number"),
            ["account_id", "phone_number"],
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_customers_account_id_uid"), ["account_id", "uid"], unique=True)

    op.create_table(
        "points_transactions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("transaction_type", sa.String(length=10), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=False),
        sa.Column("order_uid", sa.String(length=36), nullable=True),
        sa.Column("created_at", chassis.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(transaction_type = 'EARN' AND amount > 0) OR (transaction_type = 'REDEEM' AND amount < 0)"
            " OR (transaction_type = 'ADJUSTMENT' AND amount <> 0)",
            name=op.f("ck_points_transactions_sign"),
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_points_transactions_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_transactions")),
        sa.UniqueConstraint(
            "account_id",
            "order_uid",
            "transaction_type",
            name=op.f("uq_points_transactions_account_id_order_uid_transaction_type"),
        ),
    )
    with op.batch_alter_table("points_transactions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_points_transactions_account_id_customer_id_created_at_id"),
            ["account_id", "customer_id", "created_at", "id"],
            unique=False,
        )


def downgrade() -> None:

    with op.batch_alter_table("points_transactions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_points_transactions_account_id_customer_id_created_at_id"))

    op.drop_table("points_transactions")
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_customers_account_id_uid"))
        batch_op.drop_index(
            batch_op.f("ix_customers_account_id_phone_number"),
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.drop_index(
            batch_op.f("ix_customers_account_id_id"),
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.drop_index(
            batch_op.f("ix_customers_account_id_email"),
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    op.drop_table("customers")
    drop_tables_1()
