"""B2B clients and their wrong PINs."""

import sqlalchemy as sa
from alembic import op

import chassis.columns

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "clients",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uid", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("pin_hash", sa.String(length=255), nullable=False),
        sa.Column("credentials_version", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=255), nullable=False),
        sa.Column("discount", chassis.columns.Money(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("price_type_uid", sa.String(length=100), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", chassis.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", chassis.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", chassis.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("discount >= 0 AND discount <= 10000", name=op.f("ck_clients_discount_within_100_percent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
    )
    with op.batch_alter_table("clients", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_clients_account_id_email"),
            ["account_id", "email"],
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            batch_op.f("ix_clients_account_id_id"),
            ["account_id", "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_clients_account_id_uid"), ["account_id", "uid"], unique=True)
        batch_op.create_index(
            batch_op.f("ix_clients_phone"),
            ["phone"],
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    op.create_table(
        "pin_failures",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("times", sa.JSON(), nullable=False),
        sa.Column("touched_at", chassis.columns.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_pin_failures")),
    )
    with op.batch_alter_table("pin_failures", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pin_failures_touched_at"), ["touched_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("pin_failures", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pin_failures_touched_at"))

    op.drop_table("pin_failures")
    with op.batch_alter_table("clients", schema=None) as batch_op:
        batch_op.drop_index(
            batch_op.f("ix_clients_phone"),
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_clients_account_id_uid"))
        batch_op.drop_index(
            batch_op.f("ix_clients_account_id_id"),
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.drop_index(
            batch_op.f("ix_clients_account_id_email"),
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    op.drop_table("clients")
