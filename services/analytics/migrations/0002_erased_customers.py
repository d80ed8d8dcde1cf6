"""Customers whose names must not come back."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "erased_customers",
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "customer_id", name=op.f("pk_erased_customers")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("erased_customers")
