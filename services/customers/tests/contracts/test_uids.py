"""What customers asks auth before it stores new clients: whose their uids are."""

import pytest

PATH = "/api/v1/client"


def element(uid, number=1):
    return {"uid": uid, "name": "X", "phone": f"+52550000{number:04}", "pin_code": "1234"}


@pytest.fixture
def contract(contracts, auth):
    """The call, with auth answering as its examples do."""
    found = contracts.internal("auth", "uids")
    answers = {tuple(each["request"]["uids"]): each["response"] for each in found["examples"]}
    auth.on(found["method"], found["path"], lambda body: (200, answers[tuple(body["uids"])]))
    return found


def test_a_new_client_gets_no_uid_that_is_a_users(client, auth, contract):
    answer = client.post(PATH, {"data": [element("user-456"), element("client-123", 2)]})
    assert (answer.status, answer.json["status_message"]) == (400, "data[0].uid: user with this uid already exists.")
    assert client.get(f"{PATH}/client-123").status == 404
    assert client.post(PATH, {"data": [element("client-123")]}).status == 200
    assert [(path, identity.account_id) for _, path, _, identity in auth.calls] == [(contract["path"], 1)] * 2


def test_auth_is_asked_for_new_clients_with_uids_of_their_own_only(client, auth, contract):
    client.post(PATH, {"data": [element("client-123")]})
    client.delete(f"{PATH}/client-123")
    auth.calls.clear()
    assert client.post(PATH, {"data": [element("client-123")]}).status == 200, "a client's once, a client's for ever"
    made = {name: value for name, value in element("", 2).items() if name != "uid"}
    assert client.post(PATH, {"data": [made]}).status == 200
    assert auth.calls == []


@pytest.mark.parametrize("away", ["down", "of the release before"])
def test_while_auth_cannot_say_clients_are_stored(client, auth, contract, away):
    auth.down = away == "down"
    auth.on(contract["method"], contract["path"], 404, {"detail": "Not found."})
    assert client.post(PATH, {"data": [element("user-456")]}).status == 200
