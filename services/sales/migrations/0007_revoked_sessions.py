"""The sessions that were revoked while their access tokens live."""

from chassis.tables import create_tables_2, drop_tables_2

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    create_tables_2()


def downgrade() -> None:
    drop_tables_2()
