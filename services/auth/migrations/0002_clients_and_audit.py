"""Sessions of clients, one session a client type, an audit trail; uids that other systems give."""

import sqlalchemy as sa
from alembic import op

import chassis.columns

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", chassis.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(length=30), nullable=False),
        sa.Column("subject_type", sa.String(length=10), nullable=False),
        sa.Column("subject_uid", sa.String(length=64), nullable=True),
        sa.Column("subject_name", sa.String(length=254), nullable=False),
        sa.Column("actor_uid", sa.String(length=64), nullable=True),
        sa.Column("actor_name", sa.String(length=254), nullable=False),
        sa.Column("ip_address", sa.String(length=45), nullable=False),
        sa.Column("user_agent", sa.String(length=512), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_audit_entries_account_id_action_id"), ["account_id", "action", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_audit_entries_account_id_id"), ["account_id", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_audit_entries_account_id_subject_uid_id"), ["account_id", "subject_uid", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_audit_entries_at"), ["at"], unique=False)

    op.create_table(
        "clients",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("uid", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("credentials_version", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
        sa.UniqueConstraint("account_id", "uid", name=op.f("uq_clients_account_id_uid")),
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("client_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.add_column(sa.Column("slot", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("access_seconds", sa.Integer(), server_default=sa.text("3600"), nullable=False))
        batch_op.alter_column("user_id", existing_type=sa.INTEGER(), nullable=True)
        batch_op.create_check_constraint(op.f("ck_sessions_one_principal"), "(user_id IS NULL) <> (client_id IS NULL)")
        batch_op.create_index(
            "ix_sessions_account_id_client_id",
            ["account_id", "client_id"],
            unique=False,
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )
        batch_op.create_index("ix_sessions_expires_at", ["expires_at"], unique=False)
        batch_op.create_index(
            "ix_sessions_user_id_slot",
            ["user_id", "slot"],
            unique=True,
            sqlite_where=sa.text("slot IS NOT NULL AND revoked_at IS NULL"),
            postgresql_where=sa.text("slot IS NOT NULL AND revoked_at IS NULL"),
        )
        batch_op.create_foreign_key(batch_op.f("fk_sessions_client_id"), "clients", ["client_id"], ["id"])

    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.alter_column(
            "uid", existing_type=sa.VARCHAR(length=36), type_=sa.String(length=64), existing_nullable=False
        )
        batch_op.drop_constraint(batch_op.f("uq_users_uid"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f("uq_users_account_id_uid"), ["account_id", "uid"])


def downgrade() -> None:
    """Clients are logged out: there is no place for their sessions."""
    op.execute(
        "DELETE FROM spent_refresh_tokens WHERE session_id IN (SELECT id FROM sessions WHERE client_id IS NOT NULL)"
    )
    op.execute("DELETE FROM sessions WHERE client_id IS NOT NULL")
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_users_account_id_uid"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f("uq_users_uid"), ["uid"])
        batch_op.alter_column(
            "uid", existing_type=sa.String(length=64), type_=sa.VARCHAR(length=36), existing_nullable=False
        )

    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_sessions_one_principal"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_sessions_client_id"), type_="foreignkey")
        batch_op.drop_index(
            "ix_sessions_user_id_slot",
            sqlite_where=sa.text("slot IS NOT NULL AND revoked_at IS NULL"),
            postgresql_where=sa.text("slot IS NOT NULL AND revoked_at IS NULL"),
        )
        batch_op.drop_index("ix_sessions_expires_at")
        batch_op.drop_index(
            "ix_sessions_account_id_client_id",
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )
        batch_op.alter_column("user_id", existing_type=sa.INTEGER(), nullable=False)
        batch_op.drop_column("access_seconds")
        batch_op.drop_column("slot")
        batch_op.drop_column("client_id")

    op.drop_table("clients")
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entries_at"))
        batch_op.drop_index(batch_op.f("ix_audit_entries_account_id_subject_uid_id"))
        batch_op.drop_index(batch_op.f("ix_audit_entries_account_id_id"))
        batch_op.drop_index(batch_op.f("ix_audit_entries_account_id_action_id"))

    op.drop_table("audit_entries")
