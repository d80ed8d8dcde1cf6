"""Events in: what becomes of B2B clients ends their sessions."""

from __future__ import annotations

from sqlalchemy.orm import Session

from auth.config import Config
from auth.revocations import revoking_of
from auth.usecases.clients import KnownClient, keep_clients
from chassis.db import utcnow
from chassis.messaging import Event, Subscriptions, batch


def SUBSCRIPTIONS(settings: Config) -> Subscriptions:  # noqa: N802 - the name that every service has
    """What auth listens to. The worker's sweep tells the gateways, within a second."""
    revoking = revoking_of(settings)

    def on_clients_changed(session: Session, events: list[Event]) -> None:
        """`ClientChanged`."""
        newest: dict[int, KnownClient] = {}
        for event in events:
            client = KnownClient.told(event.data, account_id=event.account_id, version=event.version)
            if client.id not in newest or newest[client.id].version < client.version:
                newest[client.id] = client
        keep_clients(session, list(newest.values()), now=utcnow(), revoking=revoking)

    return {"ClientChanged": batch(on_clients_changed)}
