"""The chassis' own tables, for the migrations of every service: each set of them is made by one call, and never changes again.

A later chassis adds `create_tables_2` and so on; a service calls it in its next migration.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from chassis.columns import UtcDateTime
from chassis.text import nfc
from chassis.text_forms import beyond_ascii

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def create_tables_1() -> None:
    """`outbox`, `inbox`, `idempotency_keys`, `tenants`."""
    op.create_table(
        "outbox",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("event_id", sa.String(36), nullable=False),
        sa.Column("routing_key", sa.String(255), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("event_id", name=op.f("uq_outbox_event_id")),
    )
    op.create_table(
        "inbox",
        sa.Column("event_id", sa.String(36), nullable=False),
        sa.Column("type", sa.String(100), nullable=False),
        sa.Column("handled_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_inbox")),
    )
    op.create_index(op.f("ix_inbox_handled_at"), "inbox", ["handled_at"])
    op.create_table(
        "idempotency_keys",
        sa.Column("scope", sa.String(64), nullable=False),
        sa.Column("body_hash", sa.String(64), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"])
    op.create_table(
        "tenants",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("timezone", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_tenants")),
    )


def drop_tables_1() -> None:
    """What `create_tables_1` made."""
    for table in ("tenants", "idempotency_keys", "inbox", "outbox"):
        op.drop_table(table)


def name_answers() -> None:
    """`idempotency_keys.about`: whose data a kept answer has."""
    op.add_column("idempotency_keys", sa.Column("about", sa.String(80), nullable=True))
    named = sa.text("about IS NOT NULL")
    op.create_index(
        "ix_idempotency_keys_about",
        "idempotency_keys",
        ["account_id", "about"],
        sqlite_where=named,
        postgresql_where=named,
    )


def unname_answers() -> None:
    """Take back `name_answers`."""
    op.drop_index("ix_idempotency_keys_about", "idempotency_keys")
    with op.batch_alter_table("idempotency_keys") as batch_op:
        batch_op.drop_column("about")


def in_form_c(table: str, column: str, *references: tuple[str, str]) -> None:
    """Bring a column's texts, and the (table, column) pairs that refer to them, into Unicode's form C.

    A text whose other form stands in the account's column already is left alone: it means another row.
    """
    connection = op.get_bind()
    home = sa.Table(table, sa.MetaData(), autoload_with=connection)
    account, texts = home.c.account_id, home.c[column]
    for row in connection.execute(
        sa.select(account, texts).where(beyond_ascii(texts, connection.dialect.name)).distinct()
    ).all():
        old, new = row[1], nfc(row[1])
        mine = sa.and_(account == row.account_id, texts == old)
        twin = sa.select(account).where(account == row.account_id, texts == new)
        if new == old or connection.execute(twin).first():
            continue
        if not references:
            connection.execute(sa.update(home).where(mine).values({column: new}))
            continue
        # A foreign key wants the new row to be there before the references change, and the old one until they have.
        copied = [sa.literal(new) if each is texts else each for each in home.c]
        connection.execute(sa.insert(home).from_select(home.c.keys(), sa.select(*copied).where(mine)))
        for name, referring in references:
            other = sa.Table(name, sa.MetaData(), autoload_with=connection)
            pointing = (other.c.account_id == row.account_id, other.c[referring] == old)
            connection.execute(sa.update(other).where(*pointing).values({referring: new}))
        connection.execute(sa.delete(home).where(mine))


def create_tables_2() -> None:
    """`revoked_sessions`."""
    op.create_table(
        "revoked_sessions",
        sa.Column("sid", sa.String(64), nullable=False),
        sa.Column("noted_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sid", name=op.f("pk_revoked_sessions")),
    )
    for column in ("noted_at", "expires_at"):
        op.create_index(op.f(f"ix_revoked_sessions_{column}"), "revoked_sessions", [column])


def drop_tables_2() -> None:
    """What `create_tables_2` made."""
    op.drop_table("revoked_sessions")
