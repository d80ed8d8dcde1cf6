"""What this service promises to others: the internal read, replayed from its contract, and the events' examples."""

from __future__ import annotations

EVENTS = [
    "CustomerCreated", "CustomerUpdated", "CustomerDeleted", "CustomerErased", "CustomerBecameFrequent", "PointsChanged",
    "CreditChanged",
]  # fmt: skip


def test_the_internal_read_keeps_its_contract(client, contracts):
    contract = contracts.internal("customers", "customer")
    known, unknown = contract["examples"]
    wanted = known["response"]
    fields = ("first_name", "last_name", "phone_number", "email", "birth_date")
    created = client.post("/api/customers/", {name: wanted[name] for name in fields}).json

    path = contract["path"].replace("{id}", str(created["id"]))
    answer = client.internal(contract["callers"][0], contract["method"], path)
    assert answer.status == known["status"]
    own = {"customer_id": created["id"], "customer_uid": answer.json["customer_uid"]}
    assert answer.json == {**wanted, **own}

    missing = client.internal("sales", "GET", unknown["path"])
    assert (missing.status, missing.json) == (unknown["status"], unknown["response"])
    client.delete(f"/api/customers/{created['id']}/")
    assert client.internal("sales", "GET", path).status == 404


def test_the_internal_read_is_for_sales_and_its_account_only(client):
    body = {"first_name": "A", "last_name": "B", "phone_number": "1"}
    path = f"/internal/customers/{client.post('/api/customers/', body).json['id']}/"
    assert client.internal("sales", "GET", path).status == 200
    assert client.internal("sales", "GET", path, account_id=2).status == 404
    assert client.internal("auth", "GET", path).status == 403
    assert client.get(path).status == 404
    assert client.get(path, role=None).status == 404


def test_the_internal_read_tells_the_version_of_the_last_event(client, published):
    body = {"first_name": "A", "last_name": "B", "phone_number": "1"}
    id_ = client.post("/api/customers/", body).json["id"]
    client.patch(f"/api/customers/{id_}/", {"first_name": "C"})
    last = published("CustomerUpdated")[-1]
    assert client.internal("sales", "GET", f"/internal/customers/{id_}/").json == {**last.data, "version": last.version}


def test_holds_answer_as_their_contracts_say(client, contracts, register, published):
    hold, release = contracts.internal("customers", "hold"), contracts.internal("customers", "release")
    assert register(points=170, credit_limit="1000") == 1
    for contract in (hold, release):
        for example in contract["examples"]:
            answer = client.internal("sales", contract["method"], example["path"], example["request"])
            assert (answer.status, answer.json) == (example["status"], example["response"]), example["name"]
    assert len(published("PointsChanged")) == 3  # given, taken once, given back once
    assert [event.data["amount"] for event in published("CreditChanged")] == [None, "950.00"]
