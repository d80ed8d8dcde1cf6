"""Names the service under test for the chassis' pytest plugin, plays sales, and makes the rows that most tests begin with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis
import pytest

from chassis.db import ALL_ACCOUNTS, Database
from chassis.testing_client import ApiAnswer, ApiClient
from chassis.uids import new_uid
from customers.queries import balance_differences

hypothesis.settings.register_profile("mostrador", deadline=None)
hypothesis.settings.load_profile("mostrador")


@pytest.fixture(scope="session")
def service_name() -> str:
    return "customers"


@pytest.fixture(scope="session")
def extra_settings(play: Callable[..., Any]) -> dict[str, Any]:
    return {
        "pin_pepper": "pepper-of-the-tests",
        "pin_argon2_memory_kib": 64,
        "sales_url": play("sales").url,
        "auth_url": play("auth").url,
        "hold_sweep_after": 0.0,
    }


@pytest.fixture
def sales(play: Callable[..., Any]) -> Any:
    """The played sales, knowing no order."""
    played = play("sales")
    played.reset()
    return played


@pytest.fixture(autouse=True)
def auth(play: Callable[..., Any]) -> Any:
    """The played auth, which ends the sessions of clients."""
    played = play("auth")
    played.reset()
    played.on("POST", "/internal/clients/ended/", 204)
    played.on("POST", "/internal/uids/", 200, {"kinds": {}})
    return played


@pytest.fixture
def register(client: ApiClient) -> Callable[..., int]:
    """`register("55", points=50, credit_limit="1000")`: a new customer's id."""

    def make(phone: str | None = None, *, account_id: int = 1, points: int = 0, **fields: Any) -> int:
        body = {"first_name": "Maria", "last_name": "González", "phone_number": phone or new_uid()[-20:], **fields}
        id_: int = client.post("/api/customers/", body, account_id=account_id).json["id"]
        if points:
            given = {"amount": points, "transaction_type": "EARN", "description": "Welcome"}
            assert client.post(f"/api/customers/{id_}/points/", given, account_id=account_id).status == 201
        return id_

    return make


@pytest.fixture
def shown(client: ApiClient) -> Callable[[int], Any]:
    """A customer as the API shows it now."""
    return lambda customer_id: client.get(f"/api/customers/{customer_id}/").json


@pytest.fixture
def order_paid(event_of: Callable[..., Any]) -> Callable[..., Any]:
    """`order_paid(customer_id, points)`: an `OrderPaid`; `paid_at=`, `uid=`, `method=`, `account_id=` as needed."""

    def make(
        customer_id: int | None, points: int = 1, *, paid_at: str = "2023-10-27T15:35:00.000000Z", folio: str = "F47AC10B",
        uid: str | None = None, method: str = "CASH", **how: Any,
    ) -> Any:  # fmt: skip
        uid = uid or new_uid()
        data = {
            "customer_id": customer_id, "points_earned": points, "order_uid": uid, "ticket_folio": folio,
            "paid_at": paid_at, "payment_method": method,
        }  # fmt: skip
        return event_of("OrderPaid", data, subject=uid, version=2, **how)

    return make


@pytest.fixture
def hold(client: ApiClient) -> Callable[..., ApiAnswer]:
    """`hold(customer_id, "POINTS", "120.00")`: sales holds what pays an order, a new one unless `order_uid=` says which."""

    def place(
        customer_id: int, method: str, amount: Any, *, order_uid: str | None = None, account_id: int = 1
    ) -> ApiAnswer:
        body = {
            "order_uid": order_uid or new_uid(), "ticket_folio": "F47AC10B",
            "user_uid": "00000000-0000-7000-8000-000000000007", "customer_id": customer_id, "payment_method": method,
            "amount": amount,
        }  # fmt: skip
        return client.internal("sales", "POST", "/internal/holds/", body, account_id=account_id)

    return place


@pytest.fixture
def books_balance(database: Database) -> Callable[[], None]:
    """Assert that every customer's points and debt equal their ledgers."""

    def check() -> None:
        with database.read(ALL_ACCOUNTS) as session:
            assert balance_differences(session) == []

    return check
