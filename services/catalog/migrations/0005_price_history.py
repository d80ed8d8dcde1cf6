"""The trail of prices and promotions: two tables that refuse to have their rows changed or deleted."""

import sqlalchemy as sa
from alembic import op

import chassis.columns

revision = "0005"
down_revision = "0004"

TRAILS = ("price_changes", "promotion_changes")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REFUSAL = "the history of prices is append-only"


def upgrade() -> None:
    op.create_table(
        "price_changes",
        sa.Column("id", KEY, nullable=False),
        sa.Column("product_id", KEY, nullable=False),
        sa.Column("price_before", chassis.columns.Money(), nullable=True),
        sa.Column("price_after", chassis.columns.Money(), nullable=False),
        sa.Column("tax_rate_before", sa.String(5), nullable=True),
        sa.Column("tax_rate_after", sa.String(5), nullable=False),
        sa.Column("surface", sa.String(6), nullable=False),
        *_who_and_when(),
        sa.CheckConstraint("surface IN ('pos', 'b2b', 'import')", name=op.f("ck_price_changes_surface")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_price_changes_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_changes")),
    )
    op.create_index("ix_price_changes_account_id_product_id_id", "price_changes", ["account_id", "product_id", "id"])
    op.create_table(
        "promotion_changes",
        sa.Column("id", KEY, nullable=False),
        sa.Column("promotion_id", KEY, nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        *_who_and_when(),
        sa.ForeignKeyConstraint(["promotion_id"], ["promotions.id"], name=op.f("fk_promotion_changes_promotion_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotion_changes")),
    )
    op.create_index(
        "ix_promotion_changes_account_id_promotion_id_id", "promotion_changes", ["account_id", "promotion_id", "id"]
    )
    if _on_sqlite():
        # A batch operation on these tables recreates them without their triggers, and has to create those again.
        for table in TRAILS:
            for change in ("update", "delete"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{change} BEFORE {change.upper()} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION refuse_price_history_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
    )
    for table in TRAILS:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_price_history_change()"
        )


def downgrade() -> None:
    for table in TRAILS:
        op.drop_table(table)
    if not _on_sqlite():
        op.execute("DROP FUNCTION refuse_price_history_change()")


def _who_and_when() -> list[sa.Column]:
    return [
        sa.Column("actor_uid", sa.String(64), nullable=False),
        sa.Column("actor_name", sa.String(254), nullable=False),
        sa.Column("created_at", chassis.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
    ]


def _on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
