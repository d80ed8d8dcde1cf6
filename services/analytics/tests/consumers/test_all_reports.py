"""Every report is what a slow computation over all that was told says, whatever the order, repetition and batches."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from unittest.mock import patch
from urllib.parse import quote
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PATH = "/api/analytics"
NOW = datetime(2023, 12, 31, 20, tzinfo=UTC)
ZONES = ["America/Tijuana", "America/Mexico_City", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Havana"]
NEAR = [  # clock changes, midnights, the thirty days to NOW
    datetime(2023, 3, 12, 10, tzinfo=UTC), datetime(2023, 11, 5, 5, tzinfo=UTC), datetime(2023, 12, 2, 6, tzinfo=UTC),
    datetime(2023, 12, 30, 6, tzinfo=UTC), datetime(2023, 10, 31, 6, tzinfo=UTC),
]  # fmt: skip
accounts = itertools.count(5000)  # each example has an account of its own, so that none must be emptied

money = st.integers(0, 500_000).map(lambda cents: f"{cents // 100}.{cents % 100:02}")
few = st.integers(1, 5)
orders = st.lists(
    st.tuples(
        st.builds(lambda at, seconds: at + timedelta(seconds=seconds), st.sampled_from(NEAR), st.integers(-90_000, 86_000)),
        st.sampled_from(["CASH", "CARD"]),
        money,
        st.lists(st.tuples(few, st.integers(1, 9), money), min_size=1, max_size=4),
        st.sampled_from([None, 1, 2]),
    ),
    max_size=20,
)  # fmt: skip
changes = st.lists(
    st.tuples(
        st.sampled_from(["ProductUpdated", "ProductUpdated", "StockAdjusted", "StockReserved", "StockReleased", "ProductDeleted"]),
        few, st.integers(0, 30), money, money, st.integers(0, 20),
    ),
    max_size=15,
)  # fmt: skip


promotions = st.lists(
    st.tuples(
        few, few, st.integers(1, 10_000).map(lambda points: f"{points // 100}.{points % 100:02}"),
        st.integers(-2, 1), st.integers(0, 2), st.sampled_from(["ALL", "ALL", "FREQUENT_ONLY"]),
        st.sampled_from([True, True, False]), st.sampled_from([False, False, True]),
    ),
    max_size=6,
)  # fmt: skip


def products_told(event_of, account, changes):
    """The events of some changes of products in their order, and the products' states after them."""
    events, states, versions, names = [], {}, {}, {}
    for number, (kind, id_, stock, price, final_price, threshold) in enumerate(changes):
        if id_ not in versions:
            kind = "ProductCreated"
        version = versions[id_] = versions.get(id_, 0) + 1
        if kind.startswith("Product"):
            names[id_] = f"Product {id_} of change {number}"
            fields = {
                "name": names[id_], "sku": f"SKU-{id_}", "price": price, "final_price": final_price,
                "current_stock": stock, "low_stock_threshold": threshold,
            }  # fmt: skip
            states[id_] = {**fields, "is_deleted": kind == "ProductDeleted"}
            data, subject_version = {"product_id": id_, **fields}, version
        elif kind == "StockAdjusted":
            data, subject_version = {"product_id": id_, "delta": 1, "current_stock": stock}, version
        else:
            line = {
                "product_id": id_, "product_uid": f"p{id_}", "quantity": 1, "current_stock": stock, "product_version": version,
            }  # fmt: skip
            data, subject_version = {"lines": [line]}, 1 if kind == "StockReserved" else 2
        states[id_]["current_stock"] = stock
        events.append(event_of(kind, data, version=subject_version, account_id=account))
    return events, states


def promotions_told(event_of, account, promotions):
    """The events of promotions that begin some days from NOW, and the promotions as they are after them."""
    events, states = [], {}
    for version, (id_, product, percent, begins, days, audience, is_active, is_deleted) in enumerate(promotions, 1):
        first = NOW.date() + timedelta(days=begins)
        states[id_] = {
            "promotion_id": id_, "product_id": product, "discount_percent": percent, "start_date": first.isoformat(),
            "end_date": (first + timedelta(days=days)).isoformat(), "target_audience": audience, "is_active": is_active,
            "is_deleted": is_deleted,
        }  # fmt: skip
        events.append(event_of("PromotionChanged", states[id_], version=version, account_id=account))
    return events, list(states.values())


def customers_told(event_of, account):
    told = []
    for version, (id_, name, email) in enumerate(
        [(1, "Ana Ruiz", None), (2, "Juan", "j@x.mx"), (1, "Ana Paz", "a@x.mx")], 1
    ):
        data = {"customer_id": id_, "full_name": name, "email": email}
        told.append(event_of("CustomerUpdated", data, version=version, account_id=account))
    return told, {1: ("Ana Paz", "a@x.mx"), 2: ("Juan", "j@x.mx")}


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    orders, changes, promotions, st.tuples(st.sampled_from(ZONES), st.sampled_from(ZONES)),
    st.randoms(use_true_random=False),
)  # fmt: skip
def test_every_report_is_the_slow_one_s_whatever_the_order_repetition_and_batches(
    client, deliver, order_paid, event_of, slow_reports, slow_summary, orders, changes, promotions, zones, rng
):
    account = next(accounts)
    paid = [order_paid(*values, customer_id=who, account_id=account) for *values, who in orders]
    products, states = products_told(event_of, account, changes)
    promoted, discounts = promotions_told(event_of, account, promotions)
    customers, names = customers_told(event_of, account)
    moves = [
        event_of("AccountUpdated", {"account_id": account, "timezone": name}, account_id=account, version=version)
        for version, name in enumerate(zones, 2)
    ]
    stream = [*paid, *products, *promoted, *customers, *moves] * 2
    rng.shuffle(stream)
    while stream:
        size = rng.randint(1, len(stream))
        deliver(*stream[:size])
        stream = stream[size:]

    zone = zones[-1]
    today = NOW.astimezone(ZoneInfo(zone)).date()
    slow = slow_reports([event.data for event in paid], states, names, discounts, zone, today)

    def same(path, wanted):
        answer = client.get(f"{PATH}/{path}", account_id=account)
        assert answer.json == wanted, path

    with patch("chassis.tenants.utcnow", lambda: NOW):
        days = sorted(slow.day(order) for order in slow.orders)
        for start, end in ((date(2023, 1, 1), date(2023, 12, 31)), (date(2023, 11, 4), date(2023, 11, 5))):
            period = f"start_date={start}&end_date={end}"
            if summary := slow_summary(slow.orders, zone, start, end):
                answer = client.get(f"{PATH}/sales-summary/?{period}", account_id=account).json
                for part in (
                    "general_summary",
                    "peak_hours",
                    "payment_methods",
                ):  # products have names of their own here
                    assert answer[part] == summary[part], part
            if days and days[0] <= end and days[-1] >= start:
                same(f"product-ranking/?{period}&criterion=both&limit=3", slow.ranking(start, end))
            for customer in names:
                same(f"customer-sales/?customer_id={customer}&{period}", slow.customer(customer, start, end))
        same("reports/low-stock/", slow.low())
        same("reports/low-stock/?threshold=12", slow.low(12))
        same("reports/dead-inventory/?reference_date=2023-12-02", slow.dead(date(2023, 12, 2)))
        same("reports/dead-inventory/", slow.dead((days[-1] if days else today) - timedelta(days=29)))
        same("inventory-valuation/", slow.valuation())
        for id_, product in slow.there():
            same(f"inventory-valuation/?product_identifier={product['sku']}", slow.valuation(id_))
            same(f"sales-velocity/?identifier={product['sku']}", slow.velocity(id_, 30))
            same(f"sales-velocity/?identifier={quote(product['name'])}&period_days=300", slow.velocity(id_, 300))


def test_the_lowest_and_highest_ticket_of_a_long_period_are_those_of_its_days(
    client, deliver, order_paid, event_of, slow_summary
):
    """Tickets of one hour on several days of a block: counted in one batch, one by one, and again in another zone."""
    account, first = next(accounts), datetime(2023, 5, 1, 15, tzinfo=UTC)
    amounts = ["50.00", "10.00", "90.00", "30.00", "20.00", "70.00"]
    paid = [
        order_paid(first + timedelta(days=3 * number), "CASH", amount, [(1, 1, amount)], account_id=account)
        for number, amount in enumerate(amounts)
    ]

    def same(zone):
        start, end = date(2023, 1, 1), date(2023, 12, 31)
        path = f"{PATH}/sales-summary/?start_date={start}&end_date={end}"
        wanted = slow_summary([event.data for event in told], zone, start, end)
        assert client.get(path, account_id=account).json["general_summary"] == wanted["general_summary"]

    def moved(zone, version):
        data = {"account_id": account, "timezone": zone}
        deliver(event_of("AccountUpdated", data, account_id=account, version=version))

    moved(ZONES[0], 1)
    told = paid[:3]
    deliver(*told)
    same(ZONES[0])
    for event in paid[3:]:
        told = [*told, event]
        deliver(event)
        same(ZONES[0])
    moved(ZONES[2], 2)
    same(ZONES[2])
