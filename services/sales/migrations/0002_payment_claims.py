"""Claims of payments with points or credit; the companies' names, for receipts."""

import sqlalchemy as sa
from alembic import op

import chassis.columns

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("orders", sa.Column("claim_token", sa.String(length=36), nullable=True))
    op.add_column("orders", sa.Column("claimed_until", chassis.columns.UtcDateTime(timezone=True), nullable=True))
    op.create_table(
        "companies",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_companies")),
    )


def downgrade() -> None:
    op.drop_table("companies")
    op.drop_column("orders", "claimed_until")
    op.drop_column("orders", "claim_token")
