"""Sessions of a database: what a snapshot sees, and who waits for it."""

from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from chassis.db import insert_for
from chassis.uids import new_uid
from toy.domain.models import Widget


def add(database):
    with database.transaction(1) as session:
        session.execute(insert_for(session, Widget).values(name=new_uid(), price=Decimal(1)))


def count(session):
    return session.scalar(select(func.count()).select_from(Widget))


def test_a_snapshot_sees_one_moment_and_keeps_nobody_from_writing(database):
    add(database)
    with database.snapshot(1) as session:
        assert count(session) == 1
        add(database)
        assert count(session) == 1
    with database.snapshot(1) as session:
        assert count(session) == 2


def test_a_snapshot_waits_for_nobody(database):
    add(database)
    with database.transaction(1) as writer:
        writer.execute(insert_for(writer, Widget).values(name=new_uid(), price=Decimal(1)))
        with database.snapshot(1) as session:
            assert count(session) == 1


def test_on_postgresql_a_snapshot_writes_nothing(database):
    if database.dialect == "postgresql":
        with pytest.raises(DBAPIError, match="read-only"), database.snapshot(1) as session:
            session.execute(insert_for(session, Widget).values(name=new_uid(), price=Decimal(1)))
    add(database)
