"""The year of orders: the patterns that the reports are to show, and money that adds up."""

import json
import re
import time
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from demo import catalogue
from demo.demand import has_just_been_paid
from demo.history import history

ZONE = ZoneInfo("America/Mexico_City")
END = datetime(2026, 11, 21, 0, 49, tzinfo=UTC)
PRODUCTS = [replace(product, id=n, uid=f"uid-{n}") for n, product in enumerate(catalogue.products(), start=1)]
CUSTOMERS = [replace(customer, id=n) for n, customer in enumerate(catalogue.customers(), start=1)]
CASHIERS = [employee.username for employee in catalogue.employees()]


def make(**arguments):
    return list(history(PRODUCTS, CUSTOMERS, CASHIERS, **({"end": END} | arguments)))


@pytest.fixture(scope="module")
def year():
    return make()


@pytest.fixture(scope="module")
def days(year):
    """Orders per local day."""
    return Counter(order.paid_at.astimezone(ZONE).date() for order in year)


def mean(numbers):
    numbers = list(numbers)
    return sum(numbers) / len(numbers)


def units(orders, *names):
    return sum(line.quantity for order in orders for line in order.lines if line.product.name in names)


def test_a_year_has_20_000_orders_within_the_time_asked_for_oldest_first(year):
    assert len(year) == 20_000
    assert END - timedelta(days=365) <= min(order.created_at for order in year)
    assert max(order.paid_at for order in year) <= END
    assert all(order.created_at < order.paid_at for order in year)
    assert all(one.paid_at <= other.paid_at for one, other in pairwise(year))


def test_the_same_arguments_give_the_same_orders_and_another_seed_gives_others(year):
    records = [order.to_record() for order in year]
    assert [order.to_record() for order in make()] == records
    assert [order.to_record() for order in make(seed=7)] != records


def test_a_later_end_brings_no_new_uid_and_another_account_no_old_one(year):
    uids = {order.uid for order in year}
    assert {order.uid for order in make(end=END + timedelta(days=3))} == uids
    assert not uids & {order.uid for order in make(account="2", orders=500)}


def test_uids_and_folios_are_unique(year):
    assert len({order.uid for order in year}) == len(year)
    assert len({order.ticket_folio for order in year}) == len(year)
    assert all(re.fullmatch(r"[0-9A-F]{8}", order.ticket_folio) for order in year)


def test_money_in_the_record_adds_up_line_by_line_rounded_half_up(year):
    for order in year[:3000]:
        record = json.loads(json.dumps(order.to_record()))
        subtotal = tax = Decimal(0)
        for item in record["items"]:
            amount = Decimal(item["unit_price"]) * item["quantity"]
            rate = Decimal(0) if item["tax_rate"] == "EXENT" else Decimal(item["tax_rate"]) / 100
            assert item["amount"] == f"{amount:.2f}"
            assert item["tax_amount"] == str((amount * rate).quantize(Decimal("0.01"), ROUND_HALF_UP))
            assert item["discount_amount"] == "0.00"
            subtotal += Decimal(item["amount"])
            tax += Decimal(item["tax_amount"])
        assert record["subtotal"] == f"{subtotal:.2f}"
        assert record["total_tax"] == f"{tax:.2f}"
        assert record["final_amount"] == f"{subtotal + tax:.2f}"
        assert record["money_saved_total"] == "0.00"


def test_a_record_has_the_fields_of_the_import(year):
    record = next(order for order in year if order.customer).to_record()
    assert list(record) == [
        "uid", "ticket_folio", "customer_id", "customer_name", "cashier", "created_at", "paid_at", "payment_method",
        "items", "subtotal", "total_tax", "final_amount", "money_saved_total",
    ]  # fmt: skip
    assert list(record["items"][0]) == [
        "product_id", "product_uid", "product_name", "sku", "quantity", "unit_price", "tax_rate", "tax_amount",
        "discount_amount", "amount",
    ]  # fmt: skip
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", record["paid_at"])
    assert record["items"][0]["product_uid"] == f"uid-{record['items'][0]['product_id']}"
    assert CUSTOMERS[record["customer_id"] - 1].name == record["customer_name"]


def test_45_percent_are_anonymous_and_payment_is_mostly_cash(year):
    anonymous = [order for order in year if order.customer is None]
    assert 0.42 <= len(anonymous) / len(year) <= 0.48
    assert anonymous[0].to_record()["customer_id"] is None
    assert anonymous[0].to_record()["customer_name"] == "Anonymous"
    methods = Counter(order.payment_method for order in year)
    assert set(methods) == {"CASH", "CARD"}
    assert methods["CASH"] > methods["CARD"] > 0.2 * len(year)


def test_baskets_have_1_to_8_lines_of_different_products(year):
    assert {len(order.lines) for order in year} == set(range(1, 9))
    for order in year:
        assert len({line.product.sku for line in order.lines}) == len(order.lines)


def test_all_three_cashiers_work(year):
    assert set(Counter(order.cashier for order in year)) == set(CASHIERS)


def test_the_shop_is_open_from_7_to_23_and_busiest_in_the_evening(year):
    hours = Counter(order.paid_at.astimezone(ZONE).hour for order in year)
    assert set(hours) == set(range(7, 23))
    assert hours[19] > 1.3 * hours[16]
    assert hours[14] > 1.1 * hours[10]


def test_weekends_paydays_and_growth_show(days):
    ordinary = {day: count for day, count in days.items() if day != END.astimezone(ZONE).date()}
    saturdays = mean(count for day, count in ordinary.items() if day.weekday() == 5)
    mondays = mean(count for day, count in ordinary.items() if day.weekday() == 0)
    assert saturdays > 1.2 * mondays
    paid = mean(count for day, count in ordinary.items() if has_just_been_paid(day))
    unpaid = mean(count for day, count in ordinary.items() if not has_just_been_paid(day))
    assert paid > 1.15 * unpaid
    spring = mean(count for day, count in ordinary.items() if date(2026, 3, 1) <= day < date(2026, 4, 1))
    autumn = mean(count for day, count in ordinary.items() if date(2026, 10, 1) <= day < date(2026, 11, 1))
    assert autumn > 1.05 * spring


def test_seasonal_goods_sell_in_their_season(year):
    months = defaultdict(list)
    for order in year:
        months[order.paid_at.astimezone(ZONE).month].append(order)
    roscas = {month: units(orders, "Rosca de Reyes mediana") for month, orders in months.items()}
    assert roscas[1] > 0
    assert sum(roscas.values()) == roscas[1]
    bread = {month: units(orders, "Pan de muerto 4 piezas") for month, orders in months.items()}
    assert bread[10] > 0 < bread[11]
    assert sum(bread.values()) == bread[10] + bread[11]
    water = ("Agua Ciel 600 ml", "Agua Ciel 1 L", "Agua Bonafont 1.5 L")
    assert units(months[5], *water) > 1.2 * units(months[1], *water)


def test_companions_are_bought_together_more_often_than_by_chance(year):
    pan = {order.uid for order in year if units([order], "Pan Bimbo Blanco grande 680 g")}
    ham = {order.uid for order in year if units([order], "Jamón de pavo Fud 290 g")}
    assert len(pan & ham) > 3 * len(pan) * len(ham) / len(year)


def test_some_customers_buy_in_every_calendar_week_of_every_full_month(year, days):
    weeks = defaultdict(set)
    for order in year:
        if order.customer:
            day = order.paid_at.astimezone(ZONE).date()
            weeks[order.customer.id].add((day.year, day.month, day.isocalendar().week))
    full = [day for day in days if date(2025, 12, 1) <= day < date(2026, 11, 1)]
    wanted = {(day.year, day.month, day.isocalendar().week) for day in full}
    frequent = [customer for customer, bought in weeks.items() if wanted <= bought]
    assert 15 <= len(frequent) <= 40
    assert len(weeks) < len(CUSTOMERS)  # some never came back


def test_products_nobody_wants_stay_unsold(year):
    sold = {line.product.name for order in year for line in order.lines}
    assert {product.name for product in PRODUCTS} - sold == {product.name for product in PRODUCTS if not product.weight}


def test_the_number_of_orders_and_the_zone_can_be_chosen():
    few = make(orders=300, days=30, zone="America/Tijuana")
    assert len(few) == 300
    assert {order.paid_at.astimezone(ZoneInfo("America/Tijuana")).hour for order in few} <= set(range(7, 23))


def test_a_shop_without_customers_or_with_one_product_still_sells():
    assert all(order.customer is None for order in history(PRODUCTS, [], CASHIERS, end=END, orders=50))
    assert all(len(order.lines) == 1 for order in history(PRODUCTS[:1], CUSTOMERS, CASHIERS, end=END, orders=50))


def test_no_product_or_no_open_hour_is_an_error():
    with pytest.raises(ValueError, match="no product"):
        list(history([], CUSTOMERS, CASHIERS, end=END))
    with pytest.raises(ValueError, match="not open"):
        list(history(PRODUCTS, CUSTOMERS, CASHIERS, end=END, days=0))


def test_a_year_is_made_quickly():
    start = time.process_time()
    make()
    assert time.process_time() - start < 10  # about 1 s; generous, for slow machines
