"""Fixtures for events: what the service published (each held against its contract) and events delivered to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from sqlalchemy import select

from chassis.db import ALL_ACCOUNTS, Database, utcnow
from chassis.messaging.envelope import Event
from chassis.messaging.handlers import Subscriptions, handle
from chassis.messaging.outbox import OutboxRow
from chassis.messaging.subscriptions import subscriptions_of
from chassis.uids import new_uid


class Contracts:
    """The repository's `contracts/` folder: schemas and examples of the events and internal calls."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def event(self, type_: str) -> tuple[str, dict[str, Any]]:
        """The producer and the JSON Schema of an event type."""
        found = list(self.folder.glob(f"events/*/{type_}.json"))
        assert len(found) == 1, f"contracts/events/<producer>/{type_}.json: {len(found)} of them"
        return found[0].parent.name, json.loads(found[0].read_text())

    def check(self, event: Event) -> None:
        """An event's data keeps its contract."""
        producer, schema = self.event(event.type)
        assert producer == event.producer, f"{event.type} is {producer}'s, not {event.producer}'s to tell"
        jsonschema.Draft202012Validator(schema).validate(event.data)

    def internal(self, callee: str, name: str) -> dict[str, Any]:
        """One internal call's contract."""
        found: dict[str, Any] = json.loads((self.folder / "internal" / callee / f"{name}.json").read_text())
        return found


@pytest.fixture(scope="session")
def contracts(request: pytest.FixtureRequest) -> Contracts:
    """The contracts, found above the folder that the tests run in."""
    for folder in (request.config.rootpath, *request.config.rootpath.parents):
        if (folder / "contracts").is_dir():
            return Contracts(folder / "contracts")
    raise AssertionError("no contracts/ folder above the tests")


@pytest.fixture
def published(database: Database, contracts: Contracts) -> Callable[..., list[Event]]:
    """`published("OrderPaid")`: the events in the outbox, oldest first, all types when none is named."""

    def events(*types: str) -> list[Event]:
        with database.read(ALL_ACCOUNTS) as session:
            payloads = session.execute(select(OutboxRow.payload).order_by(OutboxRow.id)).scalars().all()
        found = [Event.from_bytes(payload) for payload in payloads]
        for event in found:
            contracts.check(event)
        return [event for event in found if not types or event.type in types]

    return events


@pytest.fixture
def event_of(contracts: Contracts) -> Callable[..., Event]:
    """`event_of("OrderPaid", {…}, version=2)`: an event from its schema's first example with changes."""

    def make(
        type_: str,
        data: dict[str, Any] | None = None,
        *,
        account_id: int = 1,
        version: int = 1,
        event_id: str | None = None,
        subject: str | None = None,
        time: datetime | None = None,
    ) -> Event:
        producer, schema = contracts.event(type_)
        full = {**schema["examples"][0], **(data or {})}
        jsonschema.Draft202012Validator(schema).validate(full)
        return Event(
            id=event_id or new_uid(),
            source=f"/{producer}",
            type=type_,
            subject=subject or new_uid(),
            time=time or utcnow(),
            account_id=account_id,
            version=version,
            data=full,
        )

    return make


@pytest.fixture
def subscriptions(service_name: str, settings: Any) -> Subscriptions:
    """What the service listens to."""
    return subscriptions_of(service_name, settings)


@pytest.fixture
def deliver(
    database: Database, subscriptions: Subscriptions, event_of: Callable[..., Event]
) -> Callable[..., list[Event]]:
    """Handle events as the consumer does: `deliver("OrderPaid", {…})`, or ready ones: `deliver(event, event)`."""

    def send(*what: Any, **how: Any) -> list[Event]:
        events = list(what) if isinstance(what[0], Event) else [event_of(*what, **how)]
        handle(database, subscriptions, events)
        return events

    return send
