"""One request's way is found in the logs by its id: through the gateway, the webs, and the handlers of what it told."""

from __future__ import annotations

import pytest

from cashier import Shop, eventually
from native.platform import Platform
from native.trace import trace

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_a_sale_is_found_in_all_services_by_its_request_ids(
    shop: Shop, platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    def steps(id_: str, *wanted: tuple[str, str]) -> list[list[str]]:
        """The table's rows, once all that is wanted is in it: process and what it did."""

        def complete() -> list[list[str]]:
            capsys.readouterr()
            trace(platform.settings, id_)
            rows = [line.split(maxsplit=3) for line in capsys.readouterr().out.splitlines()[1:]]
            seen = [(row[2], row[3]) for row in rows if len(row) == 4]
            there = all(any(process == p and what in w for p, w in seen) for process, what in wanted)
            return rows if there else []

        found: list[list[str]] = eventually(complete, f"the way of {id_}: {wanted}", 10)
        return found

    items = [{"product_id": shop.product["id"], "quantity": 2}]
    placed = shop.api.ask(
        "POST", "/api/orders/", {"customer": shop.customer["id"], "items": items},
        traceparent=f"00-{TRACE}-00f067aa0ba902b7-01",
    )  # fmt: skip
    paid = shop.api.ask("POST", f"/api/orders/{placed.json()['id']}/pay/", {"payment_method": "CASH"})
    assert (placed.status_code, paid.status_code) == (201, 200)

    placing = steps(
        placed.headers["X-Request-Id"],
        ("gateway", "POST /api/orders/"),
        ("sales-web", "POST /api/orders/"),
        ("catalog-web", "POST /internal/"),
        ("catalog-worker", "handled sales.OrderCreated"),
        ("analytics-worker", "handled catalog.StockReserved"),
    )
    processes = [row[2] for row in placing]
    assert processes[:2] == ["gateway", "sales-web"], "in the order of time"
    assert processes.index("catalog-web") < processes.index("catalog-worker")
    assert {tuple(row) for row in placing} <= {tuple(row) for row in steps(TRACE)}, (
        "a caller's own trace id finds the same"
    )
    paying = steps(
        paid.headers["X-Request-Id"],
        ("gateway", f"POST /api/orders/{placed.json()['id']}/pay/"),
        ("sales-web", "POST /api/orders/<int:order_id>/pay/"),
        ("customers-worker", "handled sales.OrderPaid"),
        ("analytics-worker", "handled sales.OrderPaid"),
    )
    assert "catalog-web" not in [row[2] for row in paying]
    assert trace(platform.settings, "0" * 32) == 1


def test_no_log_has_a_secret(shop: Shop, platform: Platform) -> None:
    shop.sell()
    secrets = [file.read_bytes() for file in (platform.settings.home / "secrets").iterdir()]
    secrets = [secret for secret in secrets if len(secret) >= 12 and b"@" not in secret]
    assert len(secrets) >= 10
    tokens = [shop.api.tokens["access"], shop.api.tokens["refresh"]]
    for log in platform.settings.logs.glob("*.log*"):
        written = log.read_bytes()
        for secret in (*secrets, *(token.encode() for token in tokens)):
            assert secret not in written, log.name
