"""What sales makes of the answers that the contracts of catalog, customers and auth promise about uids."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sales.clients.references import References
from sales.domain.b2b_orders import Product


@pytest.fixture
def ask(settings, contracts, catalog, customers, played_auth):
    """`ask("products")`: what the look-up makes of each example, each request being as the contract shows it."""
    played_auth.reset()
    played = {"catalog": catalog, "customers": customers, "auth": played_auth}
    calls = {
        "products": ("catalog", References.products_among),
        "clients": ("customers", References.discounts_of),
        "users": ("auth", References.users_among),
    }

    def run(name):
        callee, call = calls[name]
        contract, service, found = contracts.internal(callee, name), played[callee], []
        if name == "users":  # clients are looked for first
            customers.on("POST", "/internal/clients/", 200, {"clients": []})
        for example in contract["examples"]:
            service.on(contract["method"], example["path"], example["status"], example["response"])
            found.append(call(References(settings), example["request"]["uids"], account_id=7))
            method, path, body, identity = service.calls[-1]
            assert (method, path, body) == (contract["method"], example["path"], example["request"])
            assert (identity.caller, identity.account_id) == ("sales", 7)
        return found

    return run


def test_products(ask):
    known = {
        "prod-456": Product("prod-456", Decimal("1000.00"), is_active=True),
        "prod-789": Product("prod-789", Decimal(500), is_active=False),
    }
    assert ask("products") == [known, {}]


def test_clients(ask):
    assert ask("clients") == [{"client-123": Decimal(10)}, {}]


def test_users(ask):
    assert ask("users") == [{"user-456"}, set()]
