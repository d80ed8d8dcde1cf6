"""`/api/analytics/inventory-valuation/`: the document's own figures, promotions of today, nothing in stock."""

from __future__ import annotations

import pytest

PATH = "/api/analytics/inventory-valuation/"
NOTHING = {"error": "No products available in the selected scope."}


@pytest.fixture
def shelves(stock):
    stock(1, "Monitor Gamer", 5, sku="TEC001", price="10.00", final_price="11.60")
    stock(2, "Teclado", 4, sku="TEC002", price="25.00", final_price="29.00")
    stock(3, "Agotado", 0, sku="TEC003", price="99.00", final_price="114.84")


def metrics(*figures):
    names = ("total_inventory_cost", "total_potential_sale", "total_potential_profit", "profit_margin_percentage")
    return dict(zip(names, figures, strict=True))


def test_the_entire_inventory(client, shelves):
    answer = client.get(PATH)
    assert answer.status == 200
    assert answer.json == {"scope": "Entire Inventory", "financial_metrics": metrics(150.00, 174.00, 24.00, 13.79)}
    assert b'"total_inventory_cost":150.00,' in answer.data


@pytest.mark.parametrize(
    ("sent", "shown"), [("TEC001", "TEC001"), ("Monitor%20Gamer", "Monitor Gamer"), ("tec001", "tec001")]
)
def test_one_product_by_sku_or_name(client, shelves, sent, shown):
    answer = client.get(f"{PATH}?product_identifier={sent}")
    assert answer.status == 200
    assert answer.json == {
        "scope": f"Specific Product: {shown}",
        "financial_metrics": metrics(50.00, 58.00, 8.00, 13.79),
    }


@pytest.mark.parametrize("identifier", ["TEC003", "TEC", "Nada"])
def test_no_stock_or_not_found(client, shelves, identifier):
    answer = client.get(f"{PATH}?product_identifier={identifier}")
    assert (answer.status, answer.json) == (404, NOTHING)


def test_an_empty_account_and_a_deleted_product(client, shelves, stock):
    answer = client.get(PATH, account_id=2)
    assert (answer.status, answer.json) == (404, NOTHING)
    stock(2, "Teclado", 4, sku="TEC002", version=2, type_="ProductDeleted")
    assert client.get(PATH).json["financial_metrics"]["total_inventory_cost"] == 50.00


def test_products_that_cost_nothing_have_no_margin(client, stock):
    stock(1, "Muestra", 5, price="0.00", final_price="0.00")
    assert client.get(PATH).json["financial_metrics"] == metrics(0.00, 0.00, 0.00, 0.00)


@pytest.mark.parametrize(
    ("promotion", "counts"),
    [
        ({}, True),  # half of 10.00 is 5.00, with tax 5.80: 5 × 5.80 = 29.00 instead of 58.00
        ({"start_date": "2023-11-01", "end_date": "2023-11-02"}, False),
        ({"start_date": "2023-10-01", "end_date": "2023-10-30"}, False),
        ({"target_audience": "FREQUENT_ONLY"}, False),
        ({"is_active": False}, False),
        ({"is_deleted": True}, False),
        ({"product_id": 2}, False),
    ],
)
def test_the_price_is_today_s_with_promotions_for_everyone(client, shelves, deliver, today, promotion, counts):
    today("2023-10-31")
    data = {
        "promotion_id": 9, "product_id": 1, "discount_percent": "50.00", "start_date": "2023-10-31",
        "end_date": "2023-10-31", **promotion,
    }  # fmt: skip
    deliver("PromotionChanged", data, version=2)
    deliver("PromotionChanged", {**data, "discount_percent": "90.00", "product_id": 1, "is_deleted": False}, version=1)
    found = client.get(f"{PATH}?product_identifier=TEC001").json["financial_metrics"]
    assert found == (metrics(50.00, 29.00, -21.00, -72.41) if counts else metrics(50.00, 58.00, 8.00, 13.79))


def test_only_admins_and_owners(client, shelves):
    assert client.get(PATH, role="OWNER").status == 200
    for role in ("EMPLOYEE", "CLIENT"):
        assert client.get(PATH, role=role).status == 403
