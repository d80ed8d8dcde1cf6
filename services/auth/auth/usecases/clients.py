"""What auth keeps of B2B clients, told by the service of customers: in its events and when a PIN is right."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from auth import queries
from auth.domain.models import Client
from chassis.db import insert_for

_KEPT = ("uid", "name", "email", "phone", "is_active", "credentials_version", "version")


def keep_client(session: Session, *, id: int, account_id: int, **state: Any) -> Any:
    """The client's row after this state is kept, unless a newer one is; the row stays locked by this transaction."""
    statement = insert_for(session, Client).values(id=id, account_id=account_id, **state)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[Client.id],
            set_={name: getattr(statement.excluded, name) for name in _KEPT},
            where=Client.version < statement.excluded.version,
        )
    )
    return queries.client(session, id, locked=True)
