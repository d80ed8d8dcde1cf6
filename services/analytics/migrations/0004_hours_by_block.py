"""Hours by blocks of 16 days, so that a year's summary adds up a few thousand rows.

`freshness.hours_changes` equals `changes` while they are complete. A worker of the version before raises `changes` alone:
then reports add up single days until the sweep has made the account's blocks anew.
"""

import sqlalchemy as sa
from alembic import op

import chassis.columns

revision = "0004"
down_revision = "0003"

_FILL = """
    INSERT INTO hourly_sales_blocks (account_id, block, hour, payment_method, tickets, revenue, lowest, highest)
    SELECT account_id, day / 16, hour, payment_method, sum(tickets), sum(revenue), min(lowest), max(highest)
    FROM hourly_sales GROUP BY account_id, day / 16, hour, payment_method
"""


def upgrade() -> None:
    op.create_table(
        "hourly_sales_blocks",
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("payment_method", sa.String(length=10), nullable=False),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.Column("revenue", chassis.columns.Money(), nullable=False),
        sa.Column("lowest", chassis.columns.Money(), nullable=False),
        sa.Column("highest", chassis.columns.Money(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "account_id", "block", "hour", "payment_method", name=op.f("pk_hourly_sales_blocks")
        ),
        sqlite_with_rowid=False,
    )  # fmt: skip
    op.execute(_FILL)
    op.add_column("freshness", sa.Column("hours_changes", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute("UPDATE freshness SET hours_changes = changes")


def downgrade() -> None:
    op.drop_column("freshness", "hours_changes")
    op.drop_table("hourly_sales_blocks")
