"""Cashiers and products may have uids that another system gave: 64 characters."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

COLUMNS = (("orders", "cashier_uid", True), ("order_lines", "product_uid", False))


def upgrade() -> None:
    _resize(36, 64)


def downgrade() -> None:
    _resize(64, 36)


def _resize(present: int, wanted: int) -> None:
    for table, column, nullable in COLUMNS:
        with op.batch_alter_table(table) as batch_op:
            batch_op.alter_column(
                column, existing_type=sa.String(present), type_=sa.String(wanted), existing_nullable=nullable
            )
