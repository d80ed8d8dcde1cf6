"""Calendar dates are the account's: the zone that auth told last decides, and costs no statement of its own."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import bindparam, func, literal, select

from chassis import tenants
from chassis.db import Database, insert_for
from chassis.prepared import prepared
from chassis.tenants import ZONE, Tenant, local_date, on_local_date
from chassis.testing import counted_statements
from toy.domain.models import Widget

DATED = prepared(select(ZONE, literal("x").label("name"), func.count(Widget.id)).where(bindparam("today") != ""))


@pytest.fixture
def zone_is(database: Database):
    def store(name: str, account: int = 1) -> None:
        with database.transaction(account) as session:
            row = insert_for(session, Tenant).values(account_id=account, timezone=name, version=1)
            session.execute(
                row.on_conflict_do_update(index_elements=[Tenant.account_id], set_={"timezone": row.excluded.timezone})
            )

    return store


@pytest.fixture
def dates(database: Database, monkeypatch):
    """(the date that rows were last read with, the plain way to ask, the statements that the first took)."""
    monkeypatch.setattr(tenants, "utcnow", lambda: datetime.fromisoformat("2026-03-10T03:00:00Z"))

    def look(account: int = 1) -> tuple[str, str, int]:
        seen = []

        def read(today):
            seen.append(today)
            return DATED(session, today=str(today)).all()

        with database.read(account) as session, counted_statements(database) as statements:
            on_local_date(read)
        with database.read(account) as session:
            return str(seen[-1]), str(local_date(session)), len(statements)

    return look


def test_an_account_that_was_never_told_of_has_the_default_zone(dates):
    assert dates(account=77) == ("2026-03-09", "2026-03-09", 1)


def test_a_changed_zone_is_noticed_by_the_statement_itself(dates, zone_is):
    zone_is("Europe/Madrid")
    first, *_ = dates(), dates()
    assert first[:2] == ("2026-03-10", "2026-03-10")
    assert dates() == ("2026-03-10", "2026-03-10", 1)
    zone_is("America/Mexico_City")
    assert dates() == ("2026-03-09", "2026-03-09", 2)
    assert dates() == ("2026-03-09", "2026-03-09", 1)


def test_accounts_do_not_share_a_zone(dates, zone_is):
    zone_is("Asia/Tokyo", account=2)
    assert [dates(account)[0] for account in (1, 2, 1, 2)] == ["2026-03-09", "2026-03-10"] * 2


def test_no_rows_need_no_second_look(database, zone_is):
    zone_is("Asia/Tokyo", account=3)
    with database.read(3):
        assert on_local_date(lambda today: []) == []
