"""`chassis catalog republish`: products and promotions as they are now, for a read model that knows nothing yet."""

from __future__ import annotations

from catalog.cli import STATE
from chassis.messaging.republish import republish


def test_the_present_state_is_told_with_its_versions(client, database, product, promotion, published):
    cola, gone = product(name="Cola"), product(name="Gone", account_id=2)
    half = promotion(cola, discount_percent=50)
    lost = promotion(gone, account_id=2)
    client.patch(f"/api/products/{cola['id']}/", {"price": "20", "current_stock": 7})
    client.patch(f"/api/promotions/{half['id']}/", {"name": "Mitad"})
    client.delete(f"/api/products/{gone['id']}/", account_id=2)
    before = published()
    assert republish(database, STATE) == {"products": 2, "promotions": 2}
    again = published()[len(before) :]
    newest = {event.subject: event for event in before}
    assert {(event.type, event.account_id, event.subject, event.version) for event in again} == {
        ("ProductUpdated", 1, cola["uid"], newest[cola["uid"]].version),
        ("ProductDeleted", 2, gone["uid"], newest[gone["uid"]].version),
        *(("PromotionChanged", data.account_id, subject, 2) for subject, data in newest.items() if "promotion_id" in data.data),
    }  # fmt: skip
    states = {event.subject: event.data for event in again}
    assert (states[cola["uid"]]["price"], states[cola["uid"]]["current_stock"]) == ("20.00", 7)
    for event in again:
        if event.type != "ProductUpdated":
            assert event.data == newest[event.subject].data
    assert {data["promotion_id"]: data["is_deleted"] for data in states.values() if "promotion_id" in data} == {
        half["id"]: False, lost["id"]: True
    }  # fmt: skip
    assert {event.id for event in before}.isdisjoint(event.id for event in again)
