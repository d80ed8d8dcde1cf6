"""Stock through the gateway: corrected by hand, imported and exported, and every movement to look at."""

from __future__ import annotations

import requests

from cashier import Api, Shop
from native.platform import Platform


def send_file(api: Api, file: bytes, query: str = "", **headers: str) -> requests.Response:
    path = f"{api.url}/api/products/import/{query}"
    return api.http.post(path, data=file, headers={"Content-Type": "text/csv", **headers}, timeout=60)


def test_every_movement_of_a_product_is_there(shop: Shop, platform: Platform) -> None:
    product = f"/api/products/{shop.product['id']}/"
    order = shop.order(10)
    key = {"Idempotency-Key": order["ticket_folio"]}
    for _ in range(2):
        answer = shop.api.ask("POST", product + "adjust/", {"delta": -5, "reason": "broken"}, **key)
        assert (answer.status_code, answer.json()["current_stock"]) == (200, 985)
    refused = shop.api.ask("POST", product + "adjust/", {"delta": -986, "reason": "lost"})
    assert (refused.status_code, refused.json()) == (400, {"delta": ["Only 985 units are in stock."]})
    shop.api.post(f"/api/orders/{order['id']}/cancel/", {}, 200)
    seen = [(row["kind"], row["delta"], row["balance"]) for row in shop.api.get(product + "movements/")]
    assert seen == [("cancel", 10, 995), ("adjustment", -5, 985), ("order", -10, 990), ("initial", 1000, 1000)]
    assert platform.run("catalog", "reconcile") == "every product's stock equals its ledger\n"


def test_a_file_larger_than_other_bodies_comes_in_and_out_again(shop: Shop) -> None:
    sku = shop.product["sku"]
    lines = "".join(f"{sku}-{number},{'Producto largo ' * 12},18.50,3\n" for number in range(6000))
    file = f"sku,name,price,current_stock\n{lines}".encode()
    assert len(file) > 1024 * 1024, "other bodies end here"
    dry = send_file(shop.api, file).json()
    assert (dry["dry_run"], dry["created"], dry["errors"]) == (True, 6000, 0)
    assert shop.api.get(f"/api/products/?sku={sku}-0") == [], "a dry run stores nothing"
    key = {"Idempotency-Key": sku}
    first, again = (send_file(shop.api, file, "?dry_run=false", **key) for _ in range(2))
    assert (first.status_code, first.json()["created"], again.content) == (200, 6000, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert shop.api.get(f"/api/products/?sku={sku}-5999")[0]["current_stock"] == 3
    exported = shop.api.ask("GET", "/api/products/export/")
    assert exported.headers["Content-Type"] == "text/csv; charset=utf-8"
    report = send_file(shop.api, exported.content).json()
    assert report["unchanged"] == report["lines"] >= 6001, report
    bad = send_file(shop.api, f"sku,price\n{sku},99\n{sku}-0,x\n".encode(), "?dry_run=false")
    assert (bad.status_code, bad.json()["errors"]) == (400, 1)
    assert shop.api.get(f"/api/products/{shop.product['id']}/")["price"] == "18.50", "not even the good line"


def test_an_imported_stock_is_what_can_be_sold(shop: Shop) -> None:
    sku = shop.product["sku"]
    assert send_file(shop.api, f"sku,current_stock\n{sku},7\n".encode(), "?dry_run=false").status_code == 200
    shop.order(7)
    assert shop.stock == 0
    refused = shop.api.ask("POST", "/api/orders/", {"items": [{"product_id": shop.product["id"], "quantity": 1}]})
    assert refused.status_code == 400
