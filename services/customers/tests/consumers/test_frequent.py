"""Frequent customers by `OrderPaid`: once a month, gained and lost, by the days of the account's zone, in any order."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from chassis.db import ALL_ACCOUNTS
from chassis.messaging.handlers import handle
from customers.domain.loyalty import bought_every_week, month_of, previous_month
from customers.domain.models import Customer, PurchaseDay

MEXICO = ZoneInfo("America/Mexico_City")
# October 2023: Sunday the 1st is a week of its own, and so are Monday and Tuesday, the 30th and 31st.
OCTOBER = [date(2023, 10, day) for day in (1, 4, 13, 21, 22, 23, 31)]
NOVEMBER = date(2023, 11, 3)


def local(day, at=time(12), zone=MEXICO):
    return datetime.combine(day, at, zone).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@pytest.fixture
def buys(deliver, order_paid):
    def on(customer_id, *days, at=time(12), zone=MEXICO, **how):
        deliver(*[order_paid(customer_id, 0, paid_at=local(day, at, zone), **how) for day in days])

    return on


@pytest.fixture
def frequent(shown):
    return lambda customer_id: shown(customer_id)["is_frequent"]


def test_every_week_of_the_month_before_makes_a_frequent_customer(buys, register, shown, published):
    customer_id = register()
    buys(customer_id, *OCTOBER)
    assert shown(customer_id)["is_frequent"] is False
    buys(customer_id, NOVEMBER)
    seen = shown(customer_id)
    assert (seen["is_frequent"], seen["credit_limit"], seen["available_credit"]) == (True, "2000.00", "2000.00")
    created, updated, became, credit = published()
    assert [event.version for event in (created, updated, became, credit)] == [1, 2, 2, 2]
    assert updated.data["is_frequent"] is True
    assert became.data == {
        "customer_id": customer_id, "customer_uid": became.subject, "month": "2023-10", "credit_limit": "2000.00",
        "credit_limit_granted": True,
    }  # fmt: skip
    assert (credit.type, credit.data["credit_limit"], credit.data["amount"]) == ("CreditChanged", "2000.00", None)


@pytest.mark.parametrize("missing", [0, 1, 2, 6])
def test_one_week_without_a_purchase_is_too_few(buys, register, frequent, missing):
    customer_id = register()
    buys(customer_id, *[day for n, day in enumerate(OCTOBER) if n != missing], NOVEMBER)
    assert frequent(customer_id) is False


def test_it_is_lost_as_it_is_gained_and_the_credit_line_stays(buys, register, shown, published):
    customer_id = register()
    buys(customer_id, *OCTOBER, NOVEMBER)
    buys(customer_id, NOVEMBER + timedelta(days=1))
    assert shown(customer_id)["is_frequent"] is True, "only the first purchase of a month decides"
    buys(customer_id, date(2023, 12, 24))
    seen = shown(customer_id)
    assert (seen["is_frequent"], seen["credit_limit"]) == (False, "2000.00")
    assert [event.data["is_frequent"] for event in published("CustomerUpdated")] == [True, False]
    assert len(published("CustomerBecameFrequent")) == 1
    buys(customer_id, date(2023, 12, 25), date(2024, 3, 1))
    assert len(published("CustomerUpdated")) == 2


def test_a_credit_line_of_ones_own_is_kept(buys, register, shown, published):
    customer_id = register(credit_limit="150")
    buys(customer_id, *OCTOBER, NOVEMBER)
    assert shown(customer_id)["credit_limit"] == "150.00"
    assert published("CustomerBecameFrequent")[0].data["credit_limit_granted"] is False
    assert len(published("CreditChanged")) == 1  # when it was registered


def test_half_past_eleven_at_night_is_still_today_at_the_counter(buys, register, frequent):
    late, early = register("1"), register("2")
    buys(late, *OCTOBER, at=time(23, 30))
    buys(late, NOVEMBER)
    assert frequent(late) is True, "the 31st at 23:30 is the 1st of November in UTC"
    buys(early, *OCTOBER[:-1], date(2023, 11, 1), at=time(0, 10))
    assert frequent(early) is False, "the 1st at 00:10 is no day of October"


def test_the_accounts_own_zone_counts(deliver, buys, register, frequent, event_of):
    account = {"timezone": "Pacific/Auckland"}
    deliver(event_of("AccountRegistered", account, account_id=1, version=1))
    auckland, customer_id = ZoneInfo("Pacific/Auckland"), register()
    buys(customer_id, *OCTOBER, NOVEMBER, at=time(0, 30), zone=auckland)
    assert frequent(customer_id) is True


def test_only_paid_orders_of_ones_own_count(deliver, buys, register, frequent, event_of, client):
    customer_id, other = register("1"), register("2", account_id=2)
    buys(customer_id, *OCTOBER[:-1], NOVEMBER)
    deliver(event_of("OrderCancelled", {"customer_id": customer_id, "cancelled_at": local(OCTOBER[-1])}))
    deliver(event_of("OrderCreated", {"customer_id": customer_id, "created_at": local(OCTOBER[-1])}))
    buys(other, *OCTOBER, NOVEMBER, account_id=2)
    buys(customer_id, OCTOBER[-1], account_id=2)  # another account's customer of this number does not exist
    assert frequent(customer_id) is False
    assert client.get(f"/api/customers/{other}/", account_id=2).json["is_frequent"] is True


def test_a_deleted_customer_becomes_nothing(client, buys, register, published, database):
    customer_id = register()
    client.delete(f"/api/customers/{customer_id}/")
    buys(customer_id, *OCTOBER, NOVEMBER)
    assert published("CustomerUpdated", "CustomerBecameFrequent") == []
    with database.read(ALL_ACCOUNTS) as session:
        assert session.scalars(select(PurchaseDay.day)).all() == []


def test_a_purchase_told_late_is_counted_as_if_in_time(buys, register, frequent, published):
    customer_id = register()
    buys(customer_id, *OCTOBER[1:], NOVEMBER)
    assert frequent(customer_id) is False
    buys(customer_id, OCTOBER[0])
    assert frequent(customer_id) is True
    buys(customer_id, OCTOBER[0], date(2023, 9, 1))
    assert len(published("CustomerBecameFrequent")) == 1


def test_a_year_of_many_customers_in_any_order_ends_alike(deliver, order_paid, register, database):
    rng = random.Random(11)
    ids = [register(str(number)) for number in range(6)]
    habits = {id_: rng.choice([2, 4, 9]) for id_ in ids}
    days = {id_: {date(2023, 9, 1) + timedelta(days=n) for n in range(0, 100, habits[id_])} for id_ in ids}
    stream = [order_paid(id_, 1, paid_at=local(day, time(23, 30))) for id_ in ids for day in days[id_]] * 2
    rng.shuffle(stream)
    while stream:
        deliver(*stream[:60])
        stream = stream[60:]
    with database.read(ALL_ACCOUNTS) as session:
        found = dict(session.execute(select(Customer.id, Customer.is_frequent)).all())
    assert found == {id_: bought_every_week(days[id_], previous_month(max(days[id_]))) for id_ in ids}
    assert set(found.values()) == {True, False}


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_the_days_the_rule_decides(data, database, subscriptions, register, order_paid):
    """Months that begin mid-week, year ends, leap years: the rule by its definition, whatever the order of arrival."""
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(delete(PurchaseDay))
        session.execute(update(Customer).values(frequent_month=None, is_frequent=False))
        customer_id = session.scalar(select(Customer.id)) or 0
    customer_id = customer_id or register()
    month = data.draw(st.dates(date(2019, 1, 1), date(2032, 12, 1)).map(month_of))
    first = previous_month(month)
    pool = [first + timedelta(days=n) for n in range((month - first).days)]
    skipped = data.draw(st.one_of(st.none(), st.sampled_from(pool)))
    days = [day for day in pool if skipped is None or day.isocalendar()[:2] != skipped.isocalendar()[:2]]
    events = [order_paid(customer_id, 0, paid_at=local(day, time(23, 30))) for day in [*days, month]]
    shuffled = data.draw(st.permutations(events))
    cut = data.draw(st.integers(0, len(shuffled)))
    for part in (shuffled[:cut], shuffled[cut:]):
        handle(database, subscriptions, part)
    with database.read(ALL_ACCOUNTS) as session:
        assert session.scalar(select(Customer.is_frequent)) is (skipped is None)
