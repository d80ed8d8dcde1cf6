"""What catalog promises: its internal calls, replayed from their contracts, and the examples of its events."""

from __future__ import annotations

EVENTS = [
    "ProductCreated", "ProductUpdated", "ProductDeleted", "PromotionChanged", "StockReserved", "StockReleased", "StockAdjusted", "LowStockReached",
]  # fmt: skip


def played(answer):
    return (answer.status, answer.json)


def own(body, products):
    """A contract's answer with the uids that this database gave the products."""
    if not body or "lines" not in body:
        return body
    return {**body, "lines": [{**line, "product_uid": products[line["product_id"]]["uid"]} for line in body["lines"]]}


def test_internal_calls_answer_as_their_contracts_say(client, contracts, product, promotion):
    hold, release = contracts.internal("catalog", "hold"), contracts.internal("catalog", "release")
    made = [
        product(name="Coca Cola", sku="KO-600-MX", price="18.50", tax_rate="0.16", current_stock=7),
        product(name="Galletas Emperador", sku="GAL-EMP", price="20.00", tax_rate="0", current_stock=5),
        product(name="Café 250g", sku="CAF-250", price="80.00", tax_rate="0", current_stock=5),
    ]
    promotion(made[2], name="Summer Sale", discount_percent="15.00", target_audience="FREQUENT_ONLY")
    products = {row["id"]: row for row in made}
    assert list(products) == [1, 2, 3]
    unknown = release["examples"].pop()
    prices = contracts.internal("catalog", "prices")
    for contract, examples in (
        (prices, prices["examples"]),
        (release, [unknown]),
        (hold, hold["examples"]),
        (release, release["examples"]),
    ):
        for example in examples:
            for caller in contract["callers"]:
                answer = client.internal(caller, contract["method"], example["path"], example["request"])
                assert played(answer) == (example["status"], own(example["response"], products)), example["name"]


def test_every_event_of_the_folder_is_listed_here(contracts):
    assert {path.stem for path in (contracts.folder / "events" / "catalog").glob("*.json")} == set(EVENTS)


def test_every_event_is_told_and_keeps_its_schema(client, product, promotion, hold, release, published):
    made = product(current_stock=12)
    promotion(made)
    path = f"/api/products/{made['id']}/"
    held = hold({made["id"]: 3}).json["order_uid"]
    release(held)
    client.patch(path, {"price": "1.00"})
    client.patch(path, {"current_stock": 50})
    client.delete(path)
    assert {event.type for event in published()} == set(EVENTS)


def test_a_products_events_stand_in_the_order_of_its_versions(client, product, published):
    made = product()
    for price in ("1.00", "2.00", "3.00"):
        client.patch(f"/api/products/{made['id']}/", {"price": price, "current_stock": int(float(price))})
    versions = [event.version for event in published() if event.subject == made["uid"]]
    assert versions == sorted(versions)
    assert {event.version for event in published("ProductUpdated")} == {3, 5, 7}, "the stock counts for itself"
