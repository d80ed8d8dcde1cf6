"""What auth keeps of B2B clients, told by the service of customers: in its events and when a PIN is right.

All live sessions of a client were opened under the `credentials_version` that is kept: where it grows, they end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from sqlalchemy import select
from sqlalchemy.orm import Session

from auth import queries
from auth.domain.models import Client, LoginSession
from auth.usecases.audit import SYSTEM
from auth.usecases.places import hold_account
from auth.usecases.sessions import Revoking, end_sessions
from chassis.db import insert_for

_KEPT = ("uid", "name", "email", "phone", "is_active", "credentials_version", "version")


@dataclass(frozen=True, slots=True)
class KnownClient:
    """A client's state at its `version`; a deleted one has no name and no phone any more."""

    id: int
    uid: str
    account_id: int
    name: str
    email: str | None
    phone: str
    is_active: bool
    credentials_version: int
    version: int

    @classmethod
    def told(cls, data: Mapping[str, Any], *, account_id: int, version: int) -> Self:
        """The state in the data of a `ClientChanged`."""
        return cls(
            id=data["client_id"],
            uid=data["client_uid"],
            account_id=account_id,
            name=data["name"] or "",
            email=data["email"],
            phone=data["phone"] or "",
            is_active=data["active"] and not data["deleted"],
            credentials_version=data["credentials_version"],
            version=version,
        )


def hear_of_clients(session: Session, *, states: Sequence[KnownClient], now: datetime, revoking: Revoking) -> None:
    """`keep_clients`, for one who has nothing to do with them after."""
    keep_clients(session, states, now=now, revoking=revoking)


def keep_clients(
    session: Session, states: Sequence[KnownClient], *, now: datetime, revoking: Revoking
) -> Sequence[Any]:
    """Keep these states, each unless a newer one is kept, and end the sessions that they leave without credentials.

    The rows of the clients, in the order of their ids; they stay locked by this transaction. One state a client.
    """
    told = {state.id: state for state in states}
    _hold_accounts_of_new(session, told)
    rows = [asdict(told[id_]) for id_ in sorted(told)]
    insert = insert_for(session, Client).values(rows)
    session.execute(insert.on_conflict_do_nothing(index_elements=[Client.id]))
    # Locked before they are compared: a session that is being opened under the old state is either seen or not opened.
    columns = (Client.id, Client.version, Client.credentials_version)
    known = session.execute(
        select(*columns).where(Client.id.in_(told)).order_by(Client.id).with_for_update()
    ).all()  # fmt: skip
    older = [row for row in known if row.version < told[row.id].version]
    if older:
        insert = insert_for(session, Client).values([asdict(told[row.id]) for row in older])
        kept = {name: insert.excluded[name] for name in _KEPT}
        session.execute(insert.on_conflict_do_update(index_elements=[Client.id], set_=kept))
        changed = [row.id for row in older if row.credentials_version < told[row.id].credentials_version]
        off = [row.id for row in older if not told[row.id].is_active]
        for reason, ids in (("client_inactive", off), ("credentials_changed", [i for i in changed if i not in off])):
            if ids:
                which = LoginSession.client_id.in_(ids)
                end_sessions(session, which, reason=reason, now=now, revoking=revoking, by=SYSTEM)
    return queries.clients(session, told)


def _hold_accounts_of_new(session: Session, told: Mapping[int, KnownClient]) -> None:
    """Keep users from being added beside clients that are new here: of a user and a client with one uid, one sees the other."""
    there = set(session.scalars(select(Client.id).where(Client.id.in_(told))))
    for account_id in sorted({state.account_id for state in told.values() if state.id not in there}):
        hold_account(session, account_id)
