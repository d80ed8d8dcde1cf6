"""The first sale, as a POS would make it: through the gateway, with nothing but HTTP.

    make up                                               # in one terminal: prints the address and the login
    export SHOP_URL=http://127.0.0.1:8080 SHOP_LOGIN=… SHOP_PASSWORD=…   # in another
    .venv/bin/python examples/first_sale.py

It can be run again: what is there already is found and used.
"""

from __future__ import annotations

import argparse
import os
import time
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import requests


class Shop:
    """A logged-in user of the API."""

    def __init__(self, url: str, login: str, password: str) -> None:
        self.url = url.rstrip("/")
        self.http = requests.Session()
        answer = self.call("POST", "/api/auth/login/", {"email": login, "password": password}, expect=200)
        self.http.headers["Authorization"] = f"Bearer {answer['access']}"

    def call(self, method: str, path: str, body: Any = None, *, expect: int, key: str | None = None) -> Any:
        """One request; anything but the expected status ends the example with the server's own words."""
        headers = {"Idempotency-Key": key} if key else {}
        answer = self.http.request(method, self.url + path, json=body, headers=headers, timeout=10)
        if answer.status_code != expect:
            raise SystemExit(f"{method} {path}: {answer.status_code} instead of {expect}: {answer.text}")
        return answer.json() if answer.content else None

    def find_or_create(self, path: str, query: str, body: dict[str, Any]) -> dict[str, Any]:
        """The resource that `query` finds, or a new one."""
        found = self.call("GET", f"{path}?{query}", expect=200)
        made: dict[str, Any] = found[0] if found else self.call("POST", path, body, expect=201)
        return made


def eventually(what: str, look: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Look again until something true is seen: facts travel between services within fractions of a second."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise SystemExit(f"still not true after {seconds:.0f} s: {what}")
        time.sleep(0.05)
    return seen


def first_sale(shop: Shop, say: Callable[[str], None] = print) -> dict[str, Any]:
    """Supplier, product, customer, order, payment; then the points, the stock and the report. Returns the paid order."""
    supplier = shop.find_or_create(
        "/api/suppliers/",
        "search=Distribuidora de Bebidas S.A.",
        {
            "name": "Distribuidora de Bebidas S.A.",
            "phone_number": "5512345678",
            "contact_person": "Carlos Rivera",
            "rfc": "DBE101010XYZ",
            "tax_address": "Av. Insurgentes Sur 123, CDMX",
        },
    )
    say(f"supplier {supplier['id']}: {supplier['name']}")
    product = shop.find_or_create(
        "/api/products/",
        "sku=KO-600-MX",
        {
            "name": "Coca Cola 600ml",
            "sku": "KO-600-MX",
            "price": "18.50",
            "tax_rate": "0.16",
            "current_stock": 100,
            "supplier": supplier["id"],
        },
    )
    say(
        f"product {product['id']}: {product['name']}, {product['final_price']} with tax, {product['current_stock']} in stock"
    )
    customer = shop.find_or_create(
        "/api/customers/",
        "search=5544332211",
        {
            "first_name": "Maria",
            "last_name": "González",
            "phone_number": "5544332211",
            "email": "maria.gonzalez@email.com",
            "birth_date": "1995-08-20",
        },
    )
    say(
        f"customer {customer['id']}: {customer['first_name']} {customer['last_name']}, {customer['current_points']} points"
    )

    # The keys make a retry after a lost answer safe: the same key is the same order, the same payment.
    basket = {"customer": customer["id"], "items": [{"product_id": product["id"], "quantity": 6}]}
    order = shop.call("POST", "/api/orders/", basket, expect=201, key=str(uuid.uuid4()))
    say(f"order {order['id']}, ticket {order['ticket_folio']}: {order['final_amount']} to pay")
    before = tickets(shop)
    paid = shop.call(
        "POST", f"/api/orders/{order['id']}/pay/", {"payment_method": "CASH"}, expect=200, key=str(uuid.uuid4())
    )
    say(f"paid at {paid['paid_at']}: {paid['points_earned']} points earned")

    stock = shop.call("GET", f"/api/products/{product['id']}/", expect=200)["current_stock"]
    assert stock == product["current_stock"] - 6, "the stock was taken when the order was made"
    say(f"stock is down to {stock}")
    balance = customer["current_points"] + paid["points_earned"]
    eventually(
        "the customer has her points",
        lambda: shop.call("GET", f"/api/customers/{customer['id']}/", expect=200)["current_points"] == balance,
    )
    say(f"the customer has {balance} points")
    summary = eventually("the sale is in the report", lambda: (now := tickets(shop))[0] > before[0] and now)
    assert summary[1] >= before[1] + Decimal(order["final_amount"])
    say(f"sales-summary: {summary[0]} tickets, {summary[1]} in all")
    return {**order, **paid}


def tickets(shop: Shop) -> tuple[int, Decimal]:
    """Number of tickets and revenue in the default period of the sales summary; (0, 0) when nothing was ever sold."""
    answer = shop.http.get(f"{shop.url}/api/analytics/sales-summary/", timeout=10)
    if answer.status_code == 400:
        return 0, Decimal(0)
    general = answer.json()["general_summary"]
    return general["total_tickets"], Decimal(str(general["total_revenue"]))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--url", default=os.environ.get("SHOP_URL", "http://127.0.0.1:8080"))
    parser.add_argument("--login", default=os.environ.get("SHOP_LOGIN", "admin@mostrador.local"))
    parser.add_argument("--password", default=os.environ.get("SHOP_PASSWORD"), required=False)
    given = parser.parse_args()
    if not given.password:
        parser.error("--password (or SHOP_PASSWORD) is needed; the first `make up` prints it")
    try:
        first_sale(Shop(given.url, given.login, given.password))
    except requests.ConnectionError:
        raise SystemExit(
            f"Nobody answers at {given.url}: `make up` starts a shop, SHOP_URL says where it is."
        ) from None
    print("done")


if __name__ == "__main__":
    main()
