"""The first tables."""

import sqlalchemy as sa
from alembic import op

import chassis.columns
from chassis.tables import create_tables_1, create_tables_2, drop_tables_1, drop_tables_2, name_answers

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_tables_1()
    name_answers()
    create_tables_2()
    op.create_table(
        "widgets",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("price", chassis.columns.Money(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_widgets")),
    )
    op.create_table(
        "gadgets",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uid", sa.String(length=64), nullable=False),
        sa.Column("price", chassis.columns.Money(), nullable=False),
        sa.Column("note", sa.String(length=50), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gadgets")),
    )
    with op.batch_alter_table("gadgets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gadgets_account_id_uid"), ["account_id", "uid"], unique=True)
    with op.batch_alter_table("widgets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_widgets_account_id_name"), ["account_id", "name"], unique=True)


def downgrade() -> None:
    with op.batch_alter_table("widgets", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_widgets_account_id_name"))

    op.drop_table("widgets")
    op.drop_table("gadgets")
    drop_tables_2()
    drop_tables_1()
