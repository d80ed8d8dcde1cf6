"""How many companies each address registered on a day."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "registration_counts",
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("address", "day", name=op.f("pk_registration_counts")),
    )
    op.create_index(op.f("ix_registration_counts_day"), "registration_counts", ["day"])


def downgrade() -> None:
    op.drop_table("registration_counts")
