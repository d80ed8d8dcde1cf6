"""The data files: real-looking, unique, and consistent with each other."""

import re
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest

from demo import catalogue
from demo.demand import STORE, is_payday, season_factors

PRODUCTS = catalogue.products()
SUPPLIERS = catalogue.suppliers()
CUSTOMERS = catalogue.customers()
EMPLOYEES = catalogue.employees()

RFC = re.compile(r"[A-ZÑ&]{3}(\d{2})(\d{2})(\d{2})[A-Z0-9]{3}")


def ean_check_digit(first_twelve: str) -> int:
    total = sum(int(digit) * (3 if position % 2 else 1) for position, digit in enumerate(first_twelve))
    return -total % 10


def test_the_check_digit_is_the_one_of_the_standard():
    assert ean_check_digit("400638133393") == 1  # the example that textbooks use: 4006381333931


def test_there_are_about_200_products_of_8_to_12_categories_and_10_suppliers():
    assert 180 <= len(PRODUCTS) <= 220
    assert 8 <= len({product.category for product in PRODUCTS}) <= 12
    assert len(SUPPLIERS) == 10
    assert {product.supplier for product in PRODUCTS} == {supplier.name for supplier in SUPPLIERS}


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.sku)
def test_a_product_has_a_mexican_barcode_and_a_price_in_cents(product):
    assert re.fullmatch(r"750\d{10}", product.sku)
    assert int(product.sku[-1]) == ean_check_digit(product.sku[:12])
    assert product.price > 0
    assert product.price == product.price.quantize(Decimal("0.01"))
    assert product.tax_rate in {"16.00", "0.00", "EXENT"}
    assert product.weight >= 0
    assert product.current_stock >= 0
    assert product.low_stock_threshold > 0


def test_basic_food_is_free_of_tax_and_soft_drinks_and_cleaning_are_not():
    rates = {product.name: product.tax_rate for product in PRODUCTS}
    assert rates["Leche Lala Entera 1 L"] == rates["Aspirina 500 mg 20 tabletas"] == "0.00"
    assert rates["Coca-Cola 600 ml"] == rates["Detergente Ariel 850 g"] == "16.00"
    assert rates["Sabritas Original 42 g"] == rates["Galletas Oreo 114 g"] == "0.00"


def test_nothing_that_must_be_unique_occurs_twice():
    for values in (
        [product.sku for product in PRODUCTS],
        [product.name for product in PRODUCTS],
        [supplier.name for supplier in SUPPLIERS],
        [supplier.rfc for supplier in SUPPLIERS],
        [customer.phone_number for customer in CUSTOMERS],
        [customer.name for customer in CUSTOMERS],
        [person.email for person in (*CUSTOMERS, *EMPLOYEES) if person.email],
        [employee.username for employee in EMPLOYEES],
    ):
        assert [value for value, count in Counter(values).items() if count > 1] == []


@pytest.mark.parametrize("supplier", SUPPLIERS, ids=lambda supplier: supplier.rfc)
def test_a_supplier_has_an_rfc_with_a_real_date(supplier):
    match = RFC.fullmatch(supplier.rfc)
    assert match
    year, month, day = (int(part) for part in match.groups())
    date(1900 + year if year > 30 else 2000 + year, month, day)
    assert re.fullmatch(r"\d{10}", supplier.phone_number)
    assert supplier.contact_person
    assert supplier.tax_address


def test_there_are_100_customers_with_phone_numbers_and_addresses_that_reach_nobody():
    assert len(CUSTOMERS) == 100
    for customer in CUSTOMERS:
        assert re.fullmatch(r"\d{10}", customer.phone_number)
        assert re.fullmatch(r"([a-z.]+@example\.(com|org|net))?", customer.email)
        assert not customer.birth_date or date(1940, 1, 1) < date.fromisoformat(customer.birth_date) < date(2008, 1, 1)
    assert any(customer.birth_date.endswith("02-29") for customer in CUSTOMERS)


def test_the_stock_gives_the_reports_something_to_say():
    assert any(product.current_stock == 0 for product in PRODUCTS)
    low = [product for product in PRODUCTS if product.current_stock <= product.low_stock_threshold]
    assert 10 <= len(low) <= 30
    assert any(product.weight == 0 and product.current_stock > 0 for product in PRODUCTS)


def test_each_season_has_one_factor_for_every_day_of_a_leap_year():
    names = {season.name for season in catalogue.seasons()}
    assert {product.season for product in PRODUCTS} - {""} == names - {STORE}
    for day in (date(2028, 1, 1) + timedelta(days=n) for n in range(366)):
        assert set(season_factors(day)) == names
        assert sum(season.covers(day) for season in catalogue.seasons()) == len(names)


def test_pairs_and_appetites_name_what_exists():
    names = {product.name for product in PRODUCTS}
    assert {name for pair in catalogue.pairs() for name in pair} <= names
    dayparts = {hour.daypart for hour in catalogue.open_hours()}
    appetites = catalogue.category_appetites()
    assert set(appetites) == {product.category for product in PRODUCTS}
    assert all(set(appetite) == dayparts | {"weekend"} for appetite in appetites.values())


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 10, 15), True),
        (date(2026, 10, 31), False),  # a Saturday
        (date(2026, 10, 30), True),
        (date(2026, 11, 13), True),  # the 15th is a Sunday
        (date(2026, 11, 15), False),
        (date(2024, 2, 29), True),
    ],
)
def test_payday_is_the_15th_and_the_last_or_the_friday_before(day, expected):
    assert is_payday(day) is expected
