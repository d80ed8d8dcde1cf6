"""The sessions that were revoked while their access tokens live."""

from alembic import op

from chassis.tables import create_tables_2, drop_tables_2

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    create_tables_2()
    # Those that ended before the update; the worker's sweep deletes them when their tokens have expired.
    op.execute(
        "INSERT INTO revoked_sessions (sid, noted_at, expires_at) "
        "SELECT uid, revoked_at, revocation_expires_at FROM sessions WHERE revocation_expires_at IS NOT NULL"
    )


def downgrade() -> None:
    drop_tables_2()
