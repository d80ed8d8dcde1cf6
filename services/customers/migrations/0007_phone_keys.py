"""A key beside each phone number, by which it is compared: the number in E.164."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

TABLES = {"customers": "phone_number", "clients": "phone", "chatbot_users": "mobile_number"}
LIVING = {"sqlite_where": sa.text("deleted_at IS NULL"), "postgresql_where": sa.text("deleted_at IS NULL")}


def upgrade() -> None:
    from customers.usecases.phone_keys import key_numbers

    for table in TABLES:
        op.add_column(table, sa.Column("phone_key", sa.Text(), nullable=True))
        op.add_column(table, sa.Column("phone_keyed", sa.Text(), nullable=True))
        op.add_column(table, sa.Column("phone_twin", sa.String(length=20), server_default="", nullable=False))
    for table, number in TABLES.items():
        unkeyed = sa.text(f"phone_keyed IS NULL OR phone_keyed <> {number}")
        identity = ["account_id", number] if table == "chatbot_users" else ["id"]
        op.create_index(f"ix_{table}_unkeyed", table, identity, sqlite_where=unkeyed, postgresql_where=unkeyed)
    op.create_index(
        "ix_customers_account_id_phone_key",
        "customers",
        ["account_id", "phone_key", "phone_twin"],
        unique=True,
        **LIVING,
    )
    op.create_index(
        "ix_chatbot_users_account_id_phone_key", "chatbot_users", ["account_id", "phone_key", "phone_twin"], unique=True
    )
    op.create_index("ix_clients_phone_key", "clients", ["phone_key", "phone_twin"], unique=True, **LIVING)
    # Clients of two countries may have the same number without its country code.
    op.drop_index("ix_clients_phone", "clients")
    op.create_index("ix_clients_phone", "clients", ["phone"], **LIVING)
    while key_numbers(op.get_bind(), most=1000):
        pass


def downgrade() -> None:
    op.drop_index("ix_clients_phone", "clients")
    op.create_index("ix_clients_phone", "clients", ["phone"], unique=True, **LIVING)
    op.drop_index("ix_clients_phone_key", "clients")
    for table in ("customers", "chatbot_users"):
        op.drop_index(f"ix_{table}_account_id_phone_key", table)
    for table in TABLES:
        op.drop_index(f"ix_{table}_unkeyed", table)
        with op.batch_alter_table(table) as batch_op:
            for column in ("phone_twin", "phone_keyed", "phone_key"):
                batch_op.drop_column(column)
