"""`OrderPaid` and `AccountUpdated` → rollups: exactly once and by the account's clock, whatever comes when and how often."""

from __future__ import annotations

import itertools
import random
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from analytics.consumers import SUBSCRIPTIONS
from analytics.domain.models import HourlySales, PaidOrder, PaidOrderLine, ProductSales
from analytics.domain.orders import Order
from analytics.usecases import count_orders as counting
from analytics.usecases.zones import hold_zone
from chassis.db import ALL_ACCOUNTS
from chassis.messaging.handlers import handle
from chassis.outages import database_away
from chassis.pulse import Pulse
from chassis.testing import counted_statements

PATH = "/api/analytics/sales-summary/"
DEFAULT_ZONE = "America/Mexico_City"
ALL_TIME = (date(2022, 1, 1), date(2024, 12, 31))
CHANGES = [  # moments near Tijuana's clock changes and near midnight in several zones
    datetime(2023, 3, 12, 10, tzinfo=UTC), datetime(2023, 11, 5, 9, tzinfo=UTC), datetime(2023, 10, 29, 1, tzinfo=UTC),
    datetime(2023, 6, 1, 6, tzinfo=UTC), datetime(2023, 12, 31, 23, 59, tzinfo=UTC),
]  # fmt: skip
accounts = itertools.count(1000)  # each example has an account of its own, so that none must be emptied

money = st.integers(0, 500_000).map(lambda cents: f"{cents // 100}.{cents % 100:02}")
order = st.tuples(
    st.builds(
        lambda at, seconds: at + timedelta(seconds=seconds), st.sampled_from(CHANGES), st.integers(-90_000, 90_000)
    ),
    st.sampled_from(["CASH", "CARD"]),
    money,
    st.lists(st.tuples(st.integers(1, 6), st.integers(1, 9), money), min_size=1, max_size=4),
)
zone_names = st.sampled_from(
    ["America/Tijuana", DEFAULT_ZONE, "Asia/Kathmandu", "Australia/Lord_Howe", "Europe/Madrid"]
)


@pytest.fixture
def check(client, slow_summary):
    """Hold the service's report of an account against the slow one, over all time and over one day."""

    def compare(events, zone, account_id=1):
        orders = [event.data for event in events]
        for start, end in (ALL_TIME, (date(2023, 11, 5), date(2023, 11, 5)), (date(2023, 3, 12), date(2023, 3, 31))):
            answer = client.get(f"{PATH}?start_date={start}&end_date={end}", account_id=account_id)
            wanted = slow_summary(orders, zone, start, end)
            assert answer.status == (200 if wanted else 400)
            assert wanted is None or answer.json == wanted

    return compare


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(order, min_size=1, max_size=25), zone_names, st.randoms(use_true_random=False))
def test_the_report_is_the_slow_one_s_whatever_the_order_repetition_and_batches(
    deliver, order_paid, event_of, check, orders, zone, rng
):
    account = next(accounts)
    events = [order_paid(*values, account_id=account) for values in orders]
    known = event_of("AccountUpdated", {"account_id": account, "timezone": zone}, account_id=account, version=2)
    stale = event_of("AccountRegistered", {"account_id": account, "timezone": "UTC"}, account_id=account, version=1)
    stream = [*events, *events, known, stale, known]
    rng.shuffle(stream)
    while stream:
        size = rng.randint(1, len(stream))
        deliver(*stream[:size])
        stream = stream[size:]
    check(events, zone, account)


def year_of_orders(order_paid, rng, count):
    lines = lambda: [(rng.randint(1, 8), rng.randint(1, 5), f"{rng.randint(1, 999)}.{rng.randint(0, 99):02}")]  # noqa: E731
    first = datetime(2023, 1, 1, tzinfo=UTC)
    return [
        order_paid(
            first + timedelta(seconds=rng.randrange(365 * 86_400)), rng.choice(["CASH", "CARD"]),
            f"{rng.randint(1, 999)}.{rng.randint(0, 99):02}", lines() + lines() + lines(),
        )
        for _ in range(count)
    ]  # fmt: skip


def test_a_new_zone_counts_all_orders_again_by_its_clock(deliver, order_paid, check):
    events = year_of_orders(order_paid, random.Random(1), 300)
    deliver(*events)
    check(events, DEFAULT_ZONE)
    for version, zone in enumerate(["America/Tijuana", "Australia/Lord_Howe", "UTC"], 2):
        deliver("AccountUpdated", {"timezone": zone}, version=version)
        check(events, zone)
    deliver("AccountUpdated", {"timezone": "America/Tijuana"}, version=3)  # late, and of an older state
    check(events, "UTC")


def test_a_zone_that_is_none_changes_nothing(deliver, order_paid, check):
    events = year_of_orders(order_paid, random.Random(2), 20)
    deliver(*events)
    with pytest.raises(LookupError):
        deliver("AccountUpdated", {"timezone": "Mars/Olympus"}, version=2)
    check(events, DEFAULT_ZONE)


def test_another_account_s_zone_touches_nothing_here(deliver, order_paid, check):
    events = year_of_orders(order_paid, random.Random(3), 20)
    theirs = [order_paid(at, "CASH", "1.00", [(1, 1, "1.00")], account_id=2) for at in CHANGES]
    deliver(*events, *theirs)
    deliver("AccountUpdated", {"account_id": 2, "timezone": "Europe/Madrid"}, account_id=2)
    check(events, DEFAULT_ZONE)
    check(theirs, "Europe/Madrid", account_id=2)


def test_an_order_told_under_another_event_id_counts_once(deliver, order_paid, event_of, check):
    event = order_paid(CHANGES[0], "CASH", "116.00", [(1, 2, "100.00")])
    retold = event_of("OrderPaid", event.data, subject=event.subject, version=2)
    deliver(event, retold)
    deliver(event_of("OrderPaid", event.data, subject=event.subject, version=2))
    check([event], DEFAULT_ZONE)


def test_a_product_in_two_lines_is_added_up(deliver, order_paid, check):
    event = order_paid(CHANGES[0], "CASH", "116.00", [(1, 2, "100.00"), (1, 1, "0.01")])
    deliver(event)
    check([event], DEFAULT_ZONE)


def test_a_failure_takes_everything_back_and_the_next_delivery_counts(
    database, deliver, order_paid, check, monkeypatch
):
    event = order_paid(CHANGES[0], "CASH", "116.00", [(1, 2, "100.00")])
    with monkeypatch.context() as patch:
        patch.setattr(counting, "_NAME_PRODUCTS", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            deliver(event)
    with database.read(ALL_ACCOUNTS) as session:
        for model in (PaidOrder, PaidOrderLine, HourlySales, ProductSales):
            assert session.scalar(select(func.count()).select_from(model)) == 0
    deliver(event)
    check([event], DEFAULT_ZONE)


def test_many_workers_and_a_changing_zone_count_each_order_once(database, order_paid, event_of, check):
    rng = random.Random(5)
    events = year_of_orders(order_paid, rng, 240)
    zones = ["America/Tijuana", "UTC", "Europe/Madrid"]
    work = [rng.sample(events, 60) for _ in range(16)] + [events[n : n + 30] for n in range(0, 240, 30)]
    for version, zone in enumerate(zones, 1):
        work.insert(rng.randrange(len(work)), [event_of("AccountUpdated", {"timezone": zone}, version=version)])

    def consume(batch):
        for left in range(5, -1, -1):  # as the consumer does: what lost to another worker is tried again
            try:
                handle(database, SUBSCRIPTIONS, batch)
                break
            except OperationalError:
                if not left:
                    raise

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(consume, work))
    check(events, zones[-1])


@pytest.mark.parametrize("known_before", [True, False])
def test_a_zone_waits_for_the_orders_that_are_being_counted(
    database, deliver, order_paid, event_of, check, known_before
):
    if known_before:
        deliver("AccountRegistered", {"timezone": DEFAULT_ZONE}, version=1)
    order = order_paid(CHANGES[0], "CASH", "116.00", [(1, 2, "100.00")])
    change = event_of("AccountUpdated", {"timezone": "Europe/Madrid"}, version=2)
    with ThreadPoolExecutor(1) as pool:
        with database.transaction(1) as session:
            counting.count_orders(session, orders=[Order.from_event(order.data)])
            changing = pool.submit(handle, database, SUBSCRIPTIONS, [change])
            assert not wait([changing], timeout=1).done
        changing.result()
    check([order], "Europe/Madrid")


def test_an_order_that_has_to_wait_for_a_new_zone_has_not_failed(database, order_paid, check):
    """Making the rollups of a large account anew takes longer than a lock is waited for: then it is tried again, uncounted."""
    order = order_paid(CHANGES[0], "CASH", "116.00", [(1, 2, "100.00")])
    with ThreadPoolExecutor(1) as pool, database.transaction(1) as session:
        hold_zone(session, to_change=True)
        waiting = pool.submit(handle, database, SUBSCRIPTIONS, [order])
        assert database_away(waiting.exception())
    handle(database, SUBSCRIPTIONS, [order])
    check([order], DEFAULT_ZONE)


def test_the_worker_gives_signs_of_life_while_it_counts_again(deliver, order_paid):
    deliver(*year_of_orders(order_paid, random.Random(4), 30))
    beats, pulse = [], Pulse("consumer")
    pulse.beat = lambda: beats.append(1)
    context = copy_context()
    context.run(pulse.watch)
    context.run(deliver, "AccountUpdated", {"timezone": "America/Tijuana"}, version=2)
    assert len(beats) >= 12


def test_a_batch_costs_the_same_statements_whatever_its_size(database, order_paid, deliver):
    deliver(order_paid(CHANGES[0], "CASH", "1.00", [(1, 1, "1.00")]))
    counts = []
    for size in (1, 40):
        events = year_of_orders(order_paid, random.Random(size), size)
        for event in events[::2]:
            event.data["customer_id"] = None if len(events) > 1 else 1
        with counted_statements(database) as seen:
            handle(database, SUBSCRIPTIONS, events)
        counts.append(len(seen))
    assert counts == [
        11,
        11,
    ]  # inbox, zone, erased, orders, lines, hours, products, the blocks of both, names, freshness
