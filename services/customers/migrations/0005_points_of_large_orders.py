"""Points in 64 bits, as money is kept: a few dozen of the largest orders earn more than 32 bits hold. SQLite has 64 already."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

COLUMNS = (("customers", "current_points"), ("points_transactions", "amount"))


def upgrade() -> None:
    _retype(sa.Integer(), sa.BigInteger())


def downgrade() -> None:
    _retype(sa.BigInteger(), sa.Integer())


def _retype(present: sa.Integer, wanted: sa.Integer) -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    for table, column in COLUMNS:
        op.alter_column(table, column, existing_type=present, type_=wanted, existing_nullable=False)
