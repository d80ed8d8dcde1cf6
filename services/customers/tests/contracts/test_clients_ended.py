"""What customers tells auth before it answers: clients whose sessions are over."""

import pytest

CLIENT = {
    "uid": "client-123", "name": "Abarrotes Lupita", "email": "compras@lupita.mx", "phone": "+1234567890",
    "pin_code": "1234",
}  # fmt: skip


@pytest.fixture
def told(client, auth):
    """Makes one client, and gives what auth is told from then on."""
    assert client.post("/api/v1/client", {"data": [CLIENT]}).status == 200
    assert [path for _, path, _, _ in auth.calls] == ["/internal/uids/"], "a new client has no sessions"
    auth.calls.clear()
    return lambda: [state for method, path, body, _ in auth.calls for state in body["clients"]]


def test_switching_off_tells_what_the_contract_says(client, contracts, auth, told):
    contract = contracts.internal("auth", "clients_ended")
    client.post("/api/v1/client/active", {"data": [{"uid": "client-123", "active": False}]})
    ((method, path, body, identity),) = auth.calls
    example = contract["examples"][0]["request"]["clients"][0]
    assert (method, path, identity.account_id) == (contract["method"], contract["path"], 1)
    volatile = {"client_id": 0, "version": 0}
    assert {**body["clients"][0], **volatile} == {**example, **volatile}


def test_another_pin_and_a_deletion_are_told(client, told):
    client.post("/api/v1/client", {"data": [{"uid": "client-123", "pin_code": "4321"}]})
    client.delete("/api/v1/client/client-123")
    assert [(state["active"], state["deleted"], state["credentials_version"]) for state in told()] == [
        (True, False, 2),
        (False, True, 3),
    ]


@pytest.mark.parametrize(
    "change", [{"address": "Av. Sur 1"}, {"pin_code": "1234"}, {"active": True}, {"phone": "+1234567899"}]
)
def test_what_ends_no_session_is_not_told(client, told, change):
    client.post("/api/v1/client", {"data": [{"uid": "client-123", **change}]})
    client.post("/api/v1/client/active", {"data": [{"uid": "client-123", "active": True}]})
    assert told() == []


def test_without_auth_the_client_is_switched_off_all_the_same(client, auth, told, published):
    auth.down = True
    answer = client.post("/api/v1/client/active", {"data": [{"uid": "client-123", "active": False}]})
    assert answer.status == 200
    assert client.get("/api/v1/client/client-123").json["data"]["active"] is False
    assert [event.data["active"] for event in published("ClientChanged")] == [True, False]
