"""The present state is told again in batches, account by account, with the versions that there are."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from chassis.db import ALL_ACCOUNTS, insert_for
from chassis.messaging import republish
from chassis.messaging.envelope import Event
from chassis.messaging.outbox import Fact, OutboxRow
from chassis.messaging.republish import Aggregate, republish_command
from chassis.uids import new_uid
from toy.domain.models import Gadget

GADGETS = Aggregate(
    "gadgets", Gadget.id, select(Gadget.id, Gadget.uid, Gadget.note, Gadget.version),
    lambda row: ("GadgetDropped" if row.note else "GadgetChanged", Fact(row.uid, row.version, {"gadget_id": row.id})),
)  # fmt: skip


@pytest.fixture
def gadgets(database):
    """Seven of account 1, one of them dropped, and two of account 2."""
    for account, number in ((1, 7), (2, 2)):
        with database.transaction(account) as session:
            for index in range(number):
                note = "gone" if (account, index) == (1, 3) else None
                row = insert_for(session, Gadget).values(uid=new_uid(), price=1, note=note, version=index + 1)
                session.execute(row)


def told(database):
    with database.read(ALL_ACCOUNTS) as session:
        return [
            Event.from_bytes(row) for row in session.execute(select(OutboxRow.payload).order_by(OutboxRow.id)).scalars()
        ]


@pytest.mark.parametrize("batch", [3, 7, 500])
def test_every_row_is_told_once_with_its_version(database, gadgets, monkeypatch, batch):
    monkeypatch.setattr(republish, "BATCH", batch)
    result = CliRunner().invoke(republish_command(GADGETS), obj=_Service(database))
    assert (result.exit_code, result.output) == (0, "9 gadgets\n")
    events = told(database)
    assert sorted((event.account_id, event.version) for event in events) == sorted(
        [(1, version) for version in range(1, 8)] + [(2, 1), (2, 2)]
    )
    assert [event.version for event in events if event.type == "GadgetDropped"] == [4]
    assert len({event.id for event in events}) == 9
    assert len({event.subject for event in events}) == 9


def test_what_belongs_to_the_rows_is_read_a_batch_at_a_time(database, gadgets, monkeypatch):
    monkeypatch.setattr(republish, "BATCH", 3)
    asked = []

    def parts(session, ids):
        asked.append(list(ids))
        return {id_: f"part of {id_}" for id_ in ids}

    def with_part(row, part):
        return "GadgetChanged", Fact(row.uid, row.version, {"gadget_id": row.id, "note": part})

    aggregate = Aggregate("gadgets", Gadget.id, select(Gadget.id, Gadget.uid, Gadget.version), with_part, parts)
    assert republish.republish(database, [aggregate]) == {"gadgets": 9}
    assert [len(ids) for ids in asked] == [3, 3, 1, 2]
    assert all(event.data["note"] == f"part of {event.data['gadget_id']}" for event in told(database))


def test_the_parts_of_few_rows_are_in_memory_at_once(database, gadgets, monkeypatch):
    monkeypatch.setattr(republish, "PARTS_OF", 2)
    asked = []

    def parts(session, ids):
        asked.append(list(ids))
        return dict.fromkeys(ids)

    def with_part(row, _part):
        return "GadgetChanged", Fact(row.uid, row.version, {"gadget_id": row.id})

    aggregate = Aggregate("gadgets", Gadget.id, select(Gadget.id, Gadget.uid, Gadget.version), with_part, parts)
    assert republish.republish(database, [aggregate]) == {"gadgets": 9}
    assert [len(ids) for ids in asked] == [2, 2, 2, 1, 2]
    assert len(told(database)) == 9


def test_nothing_to_tell_is_no_error(database):
    assert republish.republish(database, [GADGETS]) == {"gadgets": 0}
    assert told(database) == []


class _Service:
    """What the command line gives a command."""

    def __init__(self, database):
        self._database = database

    def database(self):
        return self._database
