"""Login names in the form in which they are compared now, beside the one in which they were."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql, sqlite

from auth.domain.names import login_key
from chassis.text_forms import beyond_ascii

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Expand: earlier versions look for the older form. Of two users who are one in the new form, one keeps it."""
    connection = op.get_bind()
    rows = sa.table("login_names", sa.column("name", sa.String), sa.column("user_id", sa.BigInteger))
    names = connection.execute(
        sa.select(rows).where(beyond_ascii(rows.c.name, connection.dialect.name)).order_by(rows.c.user_id)
    )
    added = [{"name": key, "user_id": user_id} for name, user_id in names if (key := login_key(name)) != name]
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    if added:
        connection.execute(insert(rows).on_conflict_do_nothing(), added)


def downgrade() -> None:
    """The added names stay, because they belong to their users."""
