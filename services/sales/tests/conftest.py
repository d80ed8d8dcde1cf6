"""What B2B orders refer to, played: products of catalog, clients of customers, users of auth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from chassis.testing import SERVICE_KEYS
from chassis.testing_client import ApiClient
from chassis.testing_services import PlayedService
from sales.config import Config


@pytest.fixture(scope="session")
def played_auth() -> Iterator[PlayedService]:
    callee_settings = Config.from_env(database_url="sqlite://", service_keys=SERVICE_KEYS)
    auth = PlayedService("auth", lambda: callee_settings)
    yield auth
    auth.close()


@pytest.fixture(scope="session")
def extra_settings(extra_settings: dict[str, Any], played_auth: PlayedService) -> dict[str, Any]:
    return {**extra_settings, "auth_url": played_auth.url}


@pytest.fixture
def others(catalog: PlayedService, customers: PlayedService, played_auth: PlayedService) -> SimpleNamespace:
    """What the other services know: `products` (price, is for sale), `clients` (percentage off) and `users`, by uid."""
    products = {"prod-456": ("1000.00", True), "prod-789": ("500.00", True), "prod-old": ("80.00", False)}
    known = SimpleNamespace(products=products, clients={"c1": "10.00", "c2": "0.00"}, users={"user-456"})
    known.catalog, known.customers, known.auth = catalog, customers, played_auth
    played_auth.reset()

    def found(what: str, row: Callable[[str], dict[str, Any]]) -> Callable[[Any], tuple[int, Any]]:
        def answer(body: Any) -> tuple[int, Any]:
            return 200, {what: [row(uid) for uid in body["uids"] if uid in getattr(known, what)]}

        return answer

    catalog.on("POST", "/internal/products/", found("products", lambda uid: {
        "product_uid": uid, "name": uid, "price": known.products[uid][0], "is_active": known.products[uid][1],
    }))  # fmt: skip
    customers.on("POST", "/internal/clients/", found("clients", lambda uid: {
        "client_uid": uid, "discount_percent": known.clients[uid],
    }))  # fmt: skip
    played_auth.on("POST", "/internal/users/", found("users", lambda uid: {"user_uid": uid}))
    return known


@pytest.fixture
def put(client: ApiClient, others: SimpleNamespace) -> Callable[..., list[str]]:
    """`put({…}, …)`: one upsert of orders that is accepted; the uids."""

    def upsert(*elements: dict[str, Any], **how: Any) -> list[str]:
        answer = client.post("/api/v1/order", {"data": list(elements)}, **how)
        assert answer.status == 200, answer
        found: list[str] = answer.json["data"]
        return found

    return upsert


@pytest.fixture
def put_items(client: ApiClient, others: SimpleNamespace) -> Callable[..., None]:
    """`put_items({…}, …)`: one upsert of items that is accepted."""

    def upsert(*elements: dict[str, Any], **how: Any) -> None:
        answer = client.post("/api/v1/order/item", {"data": list(elements)}, **how)
        assert answer.status == 200, answer

    return upsert


@pytest.fixture
def as_client(token_for: Callable[..., str]) -> Callable[..., dict[str, str]]:
    """`client.get(path, **as_client("c1"))`: with the token of a wholesale client."""

    def how(uid: str, account_id: int = 1) -> dict[str, str]:
        return {"token": token_for("CLIENT", sub=uid, account_id=account_id)}

    return how
