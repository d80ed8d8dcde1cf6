"""E-mails in Unicode's form C, in which they are looked up now."""

import sqlalchemy as sa
from alembic import op

from chassis.text import nfc
from chassis.text_forms import beyond_ascii

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Of two living people whose e-mails differ in form only, one keeps the other form and is not found by e-mail."""
    for table in ("customers", "clients"):
        people = _people(table)
        other = people.alias()
        older = beyond_ascii(people.c.email, op.get_bind().dialect.name)
        for person in op.get_bind().execute(sa.select(people).where(older)).all():
            email = nfc(person.email)
            if person.deleted_at is not None or email == person.email:
                continue
            living = (other.c.account_id == person.account_id, other.c.deleted_at.is_(None))
            free = ~sa.exists().where(*living, other.c.email == email)
            op.execute(sa.update(people).where(people.c.id == person.id, free).values(email=email))


def downgrade() -> None:
    """Earlier versions read either form."""


def _people(table: str) -> sa.TableClause:
    return sa.table(
        table, sa.column("id"), sa.column("account_id"), sa.column("email", sa.String), sa.column("deleted_at")
    )
