"""Names the service under test for the chassis' pytest plugin, plays sales, and makes the rows that most tests begin with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from chassis.db import ALL_ACCOUNTS, Database
from chassis.testing_client import ApiAnswer, ApiClient
from chassis.uids import new_uid


@pytest.fixture(scope="session")
def service_name() -> str:
    return "catalog"


@pytest.fixture(scope="session")
def extra_settings(play: Callable[..., Any]) -> dict[str, Any]:
    return {"sales_url": play("sales").url, "hold_sweep_after": 0.0}


@pytest.fixture
def sales(play: Callable[..., Any]) -> Any:
    """The played sales, knowing no order."""
    played = play("sales")
    played.reset()
    return played


@pytest.fixture
def product(client: ApiClient) -> Callable[..., dict[str, Any]]:
    """`product(current_stock=5)`: a new product, as it is answered."""

    def make(account_id: int = 1, **fields: Any) -> dict[str, Any]:
        body = {"name": "Coca Cola 600ml", "sku": new_uid(), "price": "18.50", "current_stock": 100, **fields}
        answer = client.post("/api/products/", body, account_id=account_id)
        assert answer.status == 201, answer
        made: dict[str, Any] = answer.json
        return made

    return make


@pytest.fixture
def promotion(client: ApiClient) -> Callable[..., dict[str, Any]]:
    """`promotion(product, discount_percent="10")`: a new promotion of it, as it is answered; always running unless told."""

    def make(of: dict[str, Any], account_id: int = 1, **fields: Any) -> dict[str, Any]:
        always = {"start_date": "2000-01-01", "end_date": "9999-12-31"}
        body = {"name": "Oferta", "product": of["id"], "discount_percent": "10.00", **always, **fields}
        answer = client.post("/api/promotions/", body, account_id=account_id)
        assert answer.status == 201, answer
        made: dict[str, Any] = answer.json
        return made

    return make


@pytest.fixture
def stock_of(client: ApiClient) -> Callable[[int], int]:
    """A product's `current_stock` now."""
    return lambda product_id: int(client.get(f"/api/products/{product_id}/").json["current_stock"])


@pytest.fixture
def hold(client: ApiClient) -> Callable[..., ApiAnswer]:
    """`hold({1: 2, 5: 1})`: sales holds stock for a new order of user 1 (or `order_uid=`, `user_id=`)."""

    def place(
        lines: dict[int, int] | list[dict[str, int]],
        *,
        order_uid: str | None = None,
        user_id: int = 1,
        account_id: int = 1,
    ) -> ApiAnswer:
        if isinstance(lines, dict):
            lines = [{"product_id": id_, "quantity": quantity} for id_, quantity in lines.items()]
        body = {
            "order_uid": order_uid or new_uid(),
            "user_uid": f"00000000-0000-7000-8000-{user_id:012d}",
            "lines": lines,
        }
        return client.internal("sales", "POST", "/internal/holds/", body, account_id=account_id)

    return place


@pytest.fixture
def release(client: ApiClient) -> Callable[[str], ApiAnswer]:
    """Sales gives an order's stock back."""
    return lambda order_uid: client.internal("sales", "POST", f"/internal/holds/{order_uid}/release/")


@pytest.fixture
def books_balance(database: Database) -> Callable[[], None]:
    """Assert that every product's stock equals its ledger."""
    from catalog.ledger import stock_differences

    def check() -> None:
        with database.read(ALL_ACCOUNTS) as session:
            assert stock_differences(session) == []

    return check


@pytest.fixture
def price_history_is_whole(database: Database) -> Callable[[], None]:
    """Assert that every product's price and tax rate are the last ones of its history."""
    from catalog.domain.models import PriceChange, Product
    from catalog.domain.pricing import NOTATIONS

    def check() -> None:
        with database.read(ALL_ACCOUNTS) as session:
            last = select(func.max(PriceChange.id)).group_by(PriceChange.product_id)
            set_last = {
                row.product_id: row for row in session.scalars(select(PriceChange).where(PriceChange.id.in_(last)))
            }
            for product in session.scalars(select(Product)):
                trace = set_last.get(product.id)
                assert trace is not None, f"product {product.id} was created without a trace"
                now = (product.price, NOTATIONS[product.tax_rate])
                then = (trace.price_after, NOTATIONS[trace.tax_rate_after])
                assert now == then, f"the price of product {product.id} was changed without a trace"

    return check


@pytest.fixture(autouse=True)
def _no_price_without_a_trace(request: pytest.FixtureRequest) -> Iterator[None]:
    """Check it after every test of the API, whichever way the test sets prices."""
    check = request.getfixturevalue("price_history_is_whole") if "client" in request.fixturenames else None
    yield
    if check:
        check()
