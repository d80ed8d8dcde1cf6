"""What sales asks of B2B clients by their uids, replayed from the contract."""

from __future__ import annotations

CLIENT = {
    "uid": "client-123",
    "name": "Lupita",
    "phone": "5512345678",
    "pin_code": "1234",
    "discount": 10,
    "active": False,
}


def test_clients_are_found_as_the_contract_says(client, contracts):
    contract = contracts.internal("customers", "clients")
    gone = {**CLIENT, "uid": "user-456", "phone": "5512345679"}
    assert client.post("/api/v1/client", {"data": [CLIENT, gone]}).status == 200
    assert client.delete("/api/v1/client/user-456").status == 200
    for example in contract["examples"]:
        for caller in contract["callers"]:
            answer = client.internal(caller, contract["method"], example["path"], example["request"])
            assert (answer.status, answer.json) == (example["status"], example["response"]), example["name"]


def test_they_are_for_sales_and_its_account_only(client):
    path, body = "/internal/clients/", {"uids": ["client-123"]}
    assert client.post("/api/v1/client", {"data": [CLIENT]}).status == 200
    assert len(client.internal("sales", "POST", path, body).json["clients"]) == 1
    assert client.internal("sales", "POST", path, body, account_id=2).json == {"clients": []}
    assert client.internal("auth", "POST", path, body).status == 403
    assert client.post(path, body).status == 404
