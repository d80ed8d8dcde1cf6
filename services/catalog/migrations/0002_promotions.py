"""Promotions: a percentage off one product between two dates, no two active ones on one day."""

import sqlalchemy as sa
from alembic import op

import chassis.columns

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "promotions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.String(length=2000), nullable=True),
        sa.Column("discount_percent", chassis.columns.Money(), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=False),
        sa.Column("target_audience", sa.String(length=13), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", chassis.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", chassis.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", chassis.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("start_date <= end_date", name=op.f("ck_promotions_end_date")),
        sa.CheckConstraint(
            "discount_percent > 0 AND discount_percent <= 10000", name=op.f("ck_promotions_discount_percent")
        ),
        sa.CheckConstraint("target_audience IN ('ALL', 'FREQUENT_ONLY')", name=op.f("ck_promotions_target_audience")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_promotions_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotions")),
        sa.UniqueConstraint("uid", name=op.f("uq_promotions_uid")),
    )
    with op.batch_alter_table("promotions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_promotions_account_id_id"), ["account_id", "id"], unique=False)
        batch_op.create_index(
            "ix_promotions_account_id_product_id_start_date",
            ["account_id", "product_id", "start_date"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
    if op.get_context().dialect.name == "postgresql":
        # A range of one product instead of the product itself: so it needs no extension.
        op.execute(
            "ALTER TABLE promotions ADD CONSTRAINT ex_promotions_product_id_dates EXCLUDE USING gist"
            " (int8range(product_id, product_id, '[]') WITH &&, daterange(start_date, end_date, '[]') WITH &&)"
            " WHERE (is_active AND deleted_at IS NULL)"
        )


def downgrade() -> None:
    with op.batch_alter_table("promotions", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_promotions_account_id_product_id_start_date",
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_promotions_account_id_id"))

    op.drop_table("promotions")
