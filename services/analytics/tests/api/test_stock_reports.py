"""Low stock and dead inventory: the documents' own lists, the sentences instead of empty ones, deleted products."""

from __future__ import annotations

import pytest

LOW = "/api/analytics/reports/low-stock/"
DEAD = "/api/analytics/reports/dead-inventory/"
NONE_LOW = {"message": "No hay productos dentro del umbral establecido."}
ALL_SOLD = {"message": "Todos los productos han tenido ventas en este período."}


@pytest.fixture
def shelves(stock):
    stock(1, "Galletas Emperador", 2)
    stock(2, "Coca Cola 600ml", 8)
    stock(3, "Agua Ciel 1L", 0)
    stock(4, "Arroz", 11, low_stock_threshold=11)
    stock(5, "Frijol", 12)


def test_low_stock_as_the_document_has_it(client, shelves):
    answer = client.get(f"{LOW}?threshold=10")
    assert answer.status == 200
    assert answer.json == [
        {"name": "Coca Cola 600ml", "current_stock": 8},
        {"name": "Galletas Emperador", "current_stock": 2},
        {"name": "Agua Ciel 1L", "current_stock": 0},
    ]
    assert answer.headers["X-Total-Count"] == "3"
    assert "X-Data-As-Of" in answer.headers


def test_without_a_threshold_each_product_s_own_counts(client, shelves):
    names = [row["name"] for row in client.get(LOW).json]
    assert names == ["Arroz", "Coca Cola 600ml", "Galletas Emperador", "Agua Ciel 1L"]
    assert [row["current_stock"] for row in client.get(f"{LOW}?threshold=0").json] == [0]


@pytest.mark.parametrize("threshold", ["ten", "1.5", "-1", "١٠", "99999999999999999999"])
def test_what_is_no_threshold_finds_nothing(client, shelves, threshold):
    answer = client.get(f"{LOW}?threshold={threshold}")
    assert (answer.status, answer.json) == (200, NONE_LOW)


def test_an_empty_system(client):
    assert client.get(LOW).json == NONE_LOW
    assert client.get(DEAD).json == ALL_SOLD


def test_pages_search_and_order(client, shelves):
    answer = client.get(f"{LOW}?threshold=10&page=2&page_size=2")
    assert [row["name"] for row in answer.json] == ["Agua Ciel 1L"]
    assert answer.headers["X-Total-Count"] == "3"
    assert client.get(f"{LOW}?threshold=10&page=9&page_size=2").json == []
    assert [row["name"] for row in client.get(f"{LOW}?search=GALL").json] == ["Galletas Emperador"]
    assert [row["current_stock"] for row in client.get(f"{LOW}?ordering=current_stock").json] == [0, 2, 8, 11]
    assert client.get(f"{LOW}?ordering=price").status == 400


def test_stock_follows_orders_whatever_comes_first(client, deliver, stock):
    line = {"product_id": 7, "product_uid": "p7", "quantity": 1}
    deliver("StockReleased", {"lines": [{**line, "current_stock": 6, "product_version": 4}]}, version=2)
    assert client.get(LOW).json == NONE_LOW  # a product that catalog has not told yet is in no report
    stock(7, "Atún", 7)
    deliver("StockReserved", {"lines": [{**line, "current_stock": 5, "product_version": 3}]})
    assert client.get(LOW).json == [{"name": "Atún", "current_stock": 6}]
    deliver("StockAdjusted", {"product_id": 7, "delta": -5, "current_stock": 1}, version=5)
    stock(7, "Atún en agua", 6, version=4, type_="ProductUpdated")
    assert client.get(LOW).json == [{"name": "Atún en agua", "current_stock": 1}]


def test_dead_inventory_as_the_document_has_it(client, stock, sell):
    stock(14, "Funda iPhone 12 Rosa", 15)
    stock(42, "Cargador Genérico USB-C", 50)
    stock(7, "Audífonos", 5)
    sell("2023-10-01T00:00", "CASH", [(7, "Audífonos", 1, "10.00")])
    sell("2023-09-30T23:59", "CASH", [(42, "Cargador Genérico USB-C", 1, "10.00")])
    expected = [
        {"id": 14, "name": "Funda iPhone 12 Rosa", "current_stock": 15},
        {"id": 42, "name": "Cargador Genérico USB-C", "current_stock": 50},
    ]
    answer = client.get(f"{DEAD}?reference_date=2023-10-01")
    assert (answer.status, answer.json) == (200, expected)
    assert [row["id"] for row in client.get(f"{DEAD}?reference_date=2023-09-30").json] == [14]
    assert [row["id"] for row in client.get(DEAD).json] == [14], "the thirty days that end on the last sale"


@pytest.mark.parametrize("date", ["2023-02-30", "yesterday", "1-10-2023"])
def test_dead_inventory_since_no_date(client, shelves, date):
    answer = client.get(f"{DEAD}?reference_date={date}")
    assert (answer.status, answer.json) == (200, ALL_SOLD)


def test_all_products_sold(client, stock, sell):
    stock(7, "Audífonos", 5)
    sell("2023-10-01T00:00", "CASH", [(7, "Audífonos", 1, "10.00")])
    assert client.get(f"{DEAD}?reference_date=2023-10-01").json == ALL_SOLD


def test_deleted_products_leave_and_return_when_they_are_created_again(client, stock):
    stock(7, "Atún", 7)
    stock(7, "Atún", 7, version=2, type_="ProductDeleted")
    stock(7, "Atún", 7, version=1, type_="ProductUpdated")
    assert client.get(LOW).json == NONE_LOW
    assert client.get(DEAD).json == ALL_SOLD
    stock(7, "Atún", 3, version=3)
    assert client.get(LOW).json == [{"name": "Atún", "current_stock": 3}]


def test_each_account_sees_its_own_and_only_its_managers(client, shelves, stock, sell):
    stock(14, "Ajeno", 1, account_id=2)
    sell("2023-10-01T00:00", "CASH", [(1, "Galletas", 1, "10.00")], account_id=2)
    assert client.get(LOW, account_id=2).json == [{"name": "Ajeno", "current_stock": 1}]
    assert len(client.get(f"{DEAD}?reference_date=2023-10-01").json) == 5, (
        "another's sales of the same number count nothing"
    )
    for path in (LOW, DEAD):
        for role in ("EMPLOYEE", "CLIENT"):
            answer = client.get(path, role=role)
            assert answer.json == {"detail": "You do not have permission to perform this action."}
            assert answer.status == 403
        assert client.get(path, role="OWNER").status == 200
