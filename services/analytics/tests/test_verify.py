"""`chassis analytics verify` and `rebuild`: what differs is named, and mended from the facts."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, update

from analytics.cli import rebuild, verify
from analytics.config import Config
from analytics.domain.models import Freshness, HourlySales, HourlySalesBlock, Product, ProductSales, ProductSalesBlock
from analytics.sweeps import complete_hour_blocks
from analytics.usecases import verify as verifying
from analytics.usecases.zones import hold_zone
from chassis.db import insert_for
from chassis.uids import new_uid


class _Service:
    def __init__(self, database):
        self._database = database

    def database(self):
        return self._database


@pytest.fixture
def run(database, monkeypatch):
    monkeypatch.setattr(database, "dispose", lambda: None)  # the fixture's, used again
    return lambda command: CliRunner().invoke(command, obj=_Service(database))


@pytest.fixture
def orders(deliver, event_of):
    """Forty orders around a clock change, in two accounts."""
    first = datetime(2023, 11, 4, 20, tzinfo=UTC)
    deliver(
        *(
            event_of("AccountUpdated", {"account_id": id_, "timezone": zone}, account_id=id_, version=2)
            for id_, zone in ((1, "America/Tijuana"), (2, "Europe/Madrid"))
        )
    )
    deliver(*(
        event_of(
            "OrderPaid",
            {"order_uid": new_uid(), "paid_at": f"{first + timedelta(hours=n):%Y-%m-%dT%H:%M:%S.%fZ}"},
            account_id=1 + n % 2,
        )
        for n in range(40)
    ))  # fmt: skip


def test_what_was_counted_agrees(run, orders):
    result = run(verify)
    assert (result.exit_code, result.output) == (0, "every rollup equals the sum of its facts\n")


def test_years_are_looked_at_by_the_month_and_every_row_once(run, database, deliver, event_of, monkeypatch):
    """Days at which clocks change and periods end, rows of days without an order, before the first and after the last."""
    deliver("AccountUpdated", {"timezone": "America/Tijuana"}, version=2)
    first = datetime(2022, 1, 1, 7, tzinfo=UTC)
    moments = [first + timedelta(hours=23 * n) for n in range(800)]
    deliver(*(
        event_of("OrderPaid", {"order_uid": new_uid(), "paid_at": f"{at:%Y-%m-%dT%H:%M:%S.%fZ}"}) for at in moments
    ))  # fmt: skip
    real, sizes = verifying._kept, []

    def kept(*args, **days):
        rows = real(*args, **days)
        if days:
            sizes.append(len(rows))
        return rows

    monkeypatch.setattr(verifying, "_kept", kept)
    assert run(verify).exit_code == 0
    assert sum(sizes) > 800
    assert max(sizes) < 80, "some thirty days, two products"
    strays = [date(2021, 12, 1), date(2022, 3, 12), date(2022, 6, 1), date(2024, 12, 31)]
    with database.transaction(1) as session:
        for day in strays:
            row = {"day": day, "product_id": 99, "units": 1, "revenue": Decimal(1)}
            session.execute(insert_for(session, ProductSales).values(**row))
    lines = [line for line in run(verify).output.splitlines() if "product_sales " in line]
    assert lines == [f"account 1, product_sales {day} 99: rollup 1 1.00, facts nothing" for day in strays]


def test_orders_are_counted_meanwhile(run, orders, database, deliver, monkeypatch):
    """It looks at one moment, and nobody waits: neither it for an order that is being counted, nor an order for it."""
    real, told = verifying._kept, []

    def kept(*args, **days):
        told.extend(deliver("OrderPaid", {"order_uid": new_uid()}))
        return real(*args, **days)

    monkeypatch.setattr(verifying, "_kept", kept)
    with database.transaction(1) if database.dialect == "postgresql" else nullcontext() as session:
        if session:
            hold_zone(session)  # as one does who counts
        assert run(verify).exit_code == 0
    assert len(told) > 10, "five tables of two accounts, two of them by the month"
    monkeypatch.undo()
    assert run(verify).exit_code == 0


def test_an_empty_database_agrees(run):
    assert run(verify).exit_code == 0


def test_what_differs_is_named_and_mended(run, orders, database):
    day, hour = date(2023, 11, 5), HourlySales.hour
    with database.transaction(1) as session:
        changed = update(HourlySales).where(HourlySales.day == day, hour == 4).values(tickets=7)
        assert session.execute(changed.execution_options(synchronize_session=False)).rowcount == 1
        session.execute(delete(ProductSales).where(ProductSales.day == day, ProductSales.product_id == 20))
        session.execute(update(ProductSalesBlock).where(ProductSalesBlock.product_id == 15).values(units=1))
        session.execute(
            update(Product).where(Product.product_id == 15).values(first_sold_at=datetime(2020, 1, 1, tzinfo=UTC))
        )
    result = run(verify)
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert lines[0] == (
        "account 1, hourly_sales 2023-11-05 4 CASH: rollup 7 218.51 218.51 218.51, facts 1 218.51 218.51 218.51"
    )
    assert lines[1].startswith("account 1, product_sales 2023-11-05 20: rollup nothing, facts ")
    assert lines[2].startswith("account 1, hourly_sales_blocks 1229 4 CASH: rollup ")
    assert {line.split(":")[0].rsplit(" ", 2)[0] for line in lines[3:5]} == {"account 1, product_sales_blocks"}
    assert lines[5].startswith("account 1, products 15: rollup 2023-11-06 ")
    assert len(lines) == 6
    assert run(rebuild).output == "2 accounts\n"
    assert run(verify).exit_code == 0


def test_what_an_older_worker_counts_is_in_the_reports_at_once(run, orders, database, client, extra_settings):
    """It knows no blocks of hours: until the sweep has made them, reports add up the days."""

    def report():
        return client.get("/api/analytics/sales-summary/?start_date=2023-10-01&end_date=2023-12-31").json

    before = report()
    with database.transaction(1) as session:
        session.execute(delete(HourlySalesBlock))
        session.execute(update(Freshness).values(changes=Freshness.changes + 1))
    assert report() == before
    assert run(verify).exit_code == 1
    assert complete_hour_blocks(database, Config.from_env(database_url=str(database.url))) == 1
    assert complete_hour_blocks(database, Config.from_env(database_url=str(database.url))) == 0
    assert run(verify).exit_code == 0
    assert report() == before
