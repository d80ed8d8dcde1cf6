"""`/api/v1/client`: who may do what, a client that sees itself alone, accounts that never meet; on both databases."""

from __future__ import annotations

import pytest

PATH = "/api/v1/client"


def new(number, **fields):
    return {
        "uid": f"c{number}",
        "name": f"Client {number}",
        "phone": f"+52550000{number:04}",
        "pin_code": "1234",
        **fields,
    }


def refused(answer, message, status):
    assert (answer.status, answer.json["status_message"]) == (status, message)
    assert (answer.json["data"], answer.json["success"]) == (None, False)


CALLS = [
    ("POST", PATH, {"data": [new(3)]}),
    ("GET", PATH, None),
    ("GET", f"{PATH}/c1", None),
    ("GET", f"{PATH}/email/c1@x.mx", None),
    ("POST", f"{PATH}/active", {"data": [{"uid": "c1", "active": False}]}),
    ("DELETE", f"{PATH}/c1", None),
    ("DELETE", PATH, {"data": ["c1"]}),
]


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_who_may_do_what(client, put, token_for, method, path, body):
    for role in ("ADMIN", "OWNER", "EMPLOYEE"):
        put(new(1, email="c1@x.mx", active=True))
        assert client.call(method, path, body, role=role).status == 200
    put(new(1, email="c1@x.mx", active=True))
    before = client.get(PATH).json["data"]
    refused(client.call(method, path, body, role=None), "unauthorized", 401)
    answer = client.call(method, path, body, token=token_for("CLIENT", sub="c1"))
    if method == "GET":
        assert answer.status == 200
    else:
        refused(answer, "You do not have permission to perform this action.", 403)
    assert client.get(PATH).json["data"] == before


def test_a_client_sees_itself_alone(client, put, token_for):
    put(new(1, email="c1@x.mx"), new(2, email="c2@x.mx"))
    put(new(9), account_id=2)
    own = {"token": token_for("CLIENT", sub="c1")}
    listed = client.get(PATH, **own).json
    assert [row["uid"] for row in listed["data"]] == ["c1"]
    assert listed["metadata"]["total"] == 1
    assert client.get(f"{PATH}/c1", **own).json["data"]["uid"] == "c1"
    assert client.get(f"{PATH}/email/c1@x.mx", **own).json["data"]["uid"] == "c1"
    for path in (f"{PATH}/c2", f"{PATH}/email/c2@x.mx", f"{PATH}/c9", f"{PATH}/nobody"):
        refused(client.get(path, **own), "Not found.", 404)
    # the same uid in another account is somebody else
    assert client.get(PATH, token=token_for("CLIENT", sub="c1", account_id=2)).json["data"] == []


def test_accounts_never_meet(client, put):
    put(new(1, email="c1@x.mx"))
    for path in (f"{PATH}/c1", f"{PATH}/email/c1@x.mx"):
        refused(client.get(path, account_id=2), "Not found.", 404)
    refused(client.delete(f"{PATH}/c1", account_id=2), "Not found.", 404)
    assert client.delete(PATH, {"data": ["c1"]}, account_id=2).status == 200
    assert client.post(f"{PATH}/active", {"data": [{"uid": "c1", "active": False}]}, account_id=2).status == 400
    put({**new(1), "phone": "5500000000", "name": "Otra"}, account_id=2)  # the uid is free there
    row = client.get(f"{PATH}/c1").json["data"]
    assert (row["name"], row["active"]) == ("Client 1", True)
