"""`/api/v1/client`: each example and error of 004's section and the contract's rules for it, on both databases."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from chassis.db import ALL_ACCOUNTS
from chassis.testing import counted_statements
from customers.domain.clients import Client

PATH = "/api/v1/client"
TIMES = {"created_at", "updated_at"}
EXAMPLE = {
    "uid": "client-123",
    "name": "Abarrotes Lupita",
    "email": "compras@lupita.mx",
    "phone": "+1234567890",
    "pin_code": "1234",
    "address": "Av. Juárez 12",
    "discount": 10,
    "currency": "USD",
    "price_type_uid": "wholesale",
    "active": True,
}
SHOWN = {name: value for name, value in EXAMPLE.items() if name != "pin_code"}


@pytest.fixture
def log_in(client):
    """`log_in(phone, pin)`: the client that auth is told of, or None."""

    def check(phone, pin_code):
        body = {"phone": phone, "pin_code": pin_code}
        answer = client.internal("auth", "POST", "/internal/clients/pin/", body, account_id=None)
        assert answer.status == 200, answer
        return answer.json["client"]

    return check


def new(number, **fields):
    return {
        "uid": f"c{number}",
        "name": f"Client {number}",
        "phone": f"+52550000{number:04}",
        "pin_code": "1234",
        **fields,
    }


def success(answer, data):
    assert answer.status == 200, answer
    assert {name: answer.json[name] for name in ("success", "status_message", "data")} == {
        "success": True, "status_message": "Success", "data": data,
    }  # fmt: skip


def refused(answer, message, status=400):
    assert (answer.status, answer.json["status_message"]) == (status, message)
    assert (answer.json["data"], answer.json["success"]) == (None, False)


def shown(row):
    return {name: value for name, value in row.items() if name not in TIMES}


def test_the_example_of_the_document(client, put):
    success(client.post(PATH, {"data": [EXAMPLE]}), ["client-123"])
    answer = client.get(f"{PATH}/client-123")
    success(answer, answer.json["data"])
    assert shown(answer.json["data"]) == SHOWN
    assert shown(client.get(f"{PATH}/email/compras@lupita.mx").json["data"]) == SHOWN
    assert shown(client.get(f"{PATH}/email/Compras@Lupita.MX").json["data"]) == SHOWN
    listed = client.get(PATH).json
    assert [shown(row) for row in listed["data"]] == [SHOWN]
    assert listed["metadata"] == {"offset": 0, "limit": 100, "total": 1}


def test_only_name_phone_and_pin_are_needed(client, put):
    (uid,) = put({"name": "La Esquina", "phone": "55 1234-5678", "pin_code": "000000000000"})
    assert shown(client.get(f"{PATH}/{uid}").json["data"]) == {
        "uid": uid, "name": "La Esquina", "email": None, "phone": "5512345678", "address": "", "discount": 0, "currency": None,
        "price_type_uid": None, "active": True,
    }  # fmt: skip


def test_fields_that_are_left_out_stay(client, put):
    put(EXAMPLE, new(2))
    put({"uid": "client-123", "discount": 12.5}, {"uid": "c2", "email": "dos@x.mx"}, new(3))
    assert shown(client.get(f"{PATH}/client-123").json["data"]) == {**SHOWN, "discount": 12.5}
    assert client.get(f"{PATH}/c2").json["data"]["email"] == "dos@x.mx"
    put({"uid": "client-123", "email": None, "currency": "", "price_type_uid": None, "address": ""})
    assert shown(client.get(f"{PATH}/client-123").json["data"]) == {
        **SHOWN, "discount": 12.5, "email": None, "currency": None, "price_type_uid": None, "address": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "", "This field may not be blank."),
        ("name", "x" * 201, "Ensure this field has no more than 200 characters."),
        ("email", "nobody", "Enter a valid email address."),
        ("phone", "string", "Enter a valid phone number."),
        ("phone", "+1234", "Enter a valid phone number."),
        ("phone", "1" * 16, "Enter a valid phone number."),
        ("phone", None, "This field may not be null."),
        ("pin_code", "123", "Enter a PIN of 4 to 12 digits."),
        ("pin_code", "1234567890123", "Enter a PIN of 4 to 12 digits."),
        ("pin_code", "12a4", "Enter a PIN of 4 to 12 digits."),
        ("pin_code", "١٢٣٤", "Enter a PIN of 4 to 12 digits."),
        ("pin_code", None, "This field may not be null."),
        ("discount", -1, "Ensure this value is greater than or equal to 0."),
        ("discount", 100.01, "Ensure this value is less than or equal to 100."),
        ("discount", "ten", "A valid number is required."),
        ("currency", "DOLLARS", "Enter a currency code of three letters."),
        ("active", "perhaps", "Must be a valid boolean."),
        (
            "uid",
            "a/b",
            "Enter a valid uid: no spaces, no control characters, none of / ? # % ; \\.",
        ),
    ],
)
def test_a_bad_field_is_named_with_its_index_and_nothing_is_changed(client, published, field, value, message):
    answer = client.post(PATH, {"data": [new(1), {**EXAMPLE, field: value}]})
    refused(answer, f"data[1].{field}: {message}")
    assert client.get(PATH).json["data"] == []
    assert published() == []


def test_what_a_new_client_lacks_is_named(client, put, published):
    put(new(1))
    told = len(published())
    body = {"data": [{"uid": "c1", "discount": 5}, {"uid": "c2"}, {**new(3), "pin_code": "1234"}, {"name": "x"}]}
    required = "This field is required."
    refused(
        client.post(PATH, body),
        f"data[1].name: {required}; data[1].phone: {required}; data[1].pin_code: {required}; "
        f"data[3].phone: {required}; data[3].pin_code: {required}",
    )
    assert client.get(f"{PATH}/c1").json["data"]["discount"] == 0
    assert client.get(f"{PATH}/c3").status == 404
    assert len(published()) == told


def test_a_phone_is_one_clients_on_the_whole_platform(client, put, published):
    put(new(1))
    told = len(published())
    taken = "data[1].phone: client with this phone already exists."
    for account_id in (1, 2):
        answer = client.post(PATH, {"data": [new(2), new(3, phone="+52 (55) 0000-0001")]}, account_id=account_id)
        refused(answer, taken)
    assert client.get(PATH).json["metadata"]["total"] == 1
    assert client.get(PATH, account_id=2).json["metadata"]["total"] == 0
    assert len(published()) == told
    refused(client.post(PATH, {"data": [new(2), new(3, phone=new(2)["phone"])]}), "data[1].phone: The same as data[0].")


def test_the_same_uid_in_another_account_gives_no_phone_up(client, put):
    put(new(1))
    put(new(1, phone="5599999999"), account_id=2)
    answer = client.post(PATH, {"data": [{"uid": "c1", "phone": "5599999999"}]})
    refused(answer, "data[0].phone: client with this phone already exists.")
    put({"uid": "c1", "phone": "5588888888"})


def test_an_email_is_one_clients_of_the_account(client, put):
    put(new(1, email="a@x.mx"))
    put(new(2, email="a@x.mx"), account_id=2)
    answer = client.post(PATH, {"data": [new(3, email="A@X.mx", phone=new(1)["phone"])]})
    refused(
        answer, "data[0].phone: client with this phone already exists. data[0].email: client with this email already exists."
        .replace(" data[0].email", "; data[0].email"),
    )  # fmt: skip
    put(new(4), new(5))  # none is not the same as none


def test_phones_and_emails_may_pass_between_clients_of_a_batch(client, put):
    put(new(1, email="a@x.mx"), new(2, email="b@x.mx"), new(3))
    put(
        {"uid": "c1", "phone": new(2)["phone"], "email": "b@x.mx"},
        {"uid": "c2", "phone": new(3)["phone"], "email": "a@x.mx"},
        {"uid": "c3", "phone": new(1)["phone"]},
    )
    rows = [(row["uid"], row["phone"], row["email"]) for row in client.get(PATH).json["data"]]
    assert rows == [
        ("c1", new(2)["phone"], "b@x.mx"),
        ("c2", new(3)["phone"], "a@x.mx"),
        ("c3", new(1)["phone"], None),
    ]
    answer = client.post(PATH, {"data": [{"uid": "c1", "discount": 1}, {"uid": "c2", "phone": new(2)["phone"]}]})
    refused(answer, "data[1].phone: client with this phone already exists.")


def test_the_pin_is_stored_hashed_and_shown_nowhere(client, put, published, database, caplog):
    put(EXAMPLE | {"pin_code": "987654321"})
    client.post(PATH, {"data": [new(2, pin_code="987654321x")]})
    with database.read(ALL_ACCOUNTS) as session:
        row = session.scalars(select(Client)).one()
    assert row.pin_hash.startswith("$argon2id$")
    everything = [client.get(PATH).data, client.get(f"{PATH}/client-123").data, caplog.text.encode()]
    everything += [event.to_bytes() for event in published()] + [repr(vars(row)).encode()]
    assert all(b"987654321" not in part for part in everything)
    assert all(b"argon2" not in part for part in everything[:-1])


def test_a_new_pin_ends_what_the_old_one_opened_and_the_same_again_does_not(put, published, log_in):
    put(EXAMPLE)
    put(EXAMPLE)
    put({"uid": "client-123", "pin_code": "1234"})
    assert [(event.version, event.data["credentials_version"]) for event in published("ClientChanged")] == [(1, 1)]
    put({"uid": "client-123", "pin_code": "4321"})
    assert [(event.version, event.data["credentials_version"]) for event in published("ClientChanged")] == [
        (1, 1),
        (2, 2),
    ]
    assert log_in("+1234567890", "1234") is None
    assert log_in("+1 234 567-890", "4321")["credentials_version"] == 2


def test_every_change_is_told_once_with_the_state_it_led_to(client, put, published):
    put(EXAMPLE, new(2, uid="d2"))
    first = {
        "client_id": 1, "client_uid": "client-123", "name": "Abarrotes Lupita", "email": "compras@lupita.mx",
        "phone": "+1234567890", "active": True, "deleted": False, "credentials_version": 1,
    }  # fmt: skip
    assert [(event.subject, event.version) for event in published()] == [("client-123", 1), ("d2", 1)]
    assert published()[0].data == first
    client.post(f"{PATH}/active", {"data": [{"uid": "client-123", "active": False}, {"uid": "d2", "active": True}]})
    client.post(f"{PATH}/active", {"data": [{"uid": "client-123", "active": True}]})
    put({"uid": "client-123", "discount": 3}, {"uid": "d2", "discount": 0})
    client.delete(f"{PATH}/client-123")
    put(EXAMPLE)
    gone = {
        **first,
        "name": None,
        "email": None,
        "phone": None,
        "active": False,
        "deleted": True,
        "credentials_version": 3,
    }
    assert [(event.version, event.data) for event in published()[2:]] == [
        (2, {**first, "active": False, "credentials_version": 2}),
        (3, {**first, "credentials_version": 2}),
        (4, {**first, "credentials_version": 2}),
        (5, gone),
        (6, {**first, "credentials_version": 3}),
    ]


def test_switched_off_by_an_upsert_too(put, published, log_in):
    put(EXAMPLE)
    put({"uid": "client-123", "active": False})
    assert published()[-1].data["credentials_version"] == 2
    assert log_in("+1234567890", "1234") is None
    put({"uid": "client-123", "active": True})
    assert log_in("+1234567890", "1234")["version"] == 3


def test_active_in_a_batch(client, put, log_in):
    put(EXAMPLE, new(2, active=False))
    body = {"data": [{"uid": "client-123", "active": False}, {"uid": "c2", "active": True}]}
    success(client.post(f"{PATH}/active", body), "updated successfully")
    assert {row["uid"]: row["active"] for row in client.get(PATH).json["data"]} == {"client-123": False, "c2": True}
    assert log_in("+1234567890", "1234") is None
    assert log_in(new(2)["phone"], "1234")["uid"] == "c2"


def test_active_names_what_is_unknown_and_changes_nothing(client, put, published):
    put(EXAMPLE, new(2))
    put(new(9), account_id=2)
    client.delete(f"{PATH}/c2")
    told = len(published())
    body = {"data": [{"uid": uid, "active": False} for uid in ("client-123", "c2", "c9")]}
    refused(
        client.post(f"{PATH}/active", body),
        'data[1].uid: Invalid uid "c2" - object does not exist.; data[2].uid: Invalid uid "c9" - object does not exist.',
    )
    refused(client.post(f"{PATH}/active", {"data": [{"uid": "client-123"}]}), "data[0].active: This field is required.")
    assert client.get(f"{PATH}/client-123").json["data"]["active"] is True
    assert len(published()) == told


def test_delete_one_frees_phone_and_email(client, put, log_in):
    put(EXAMPLE)
    success(client.delete(f"{PATH}/client-123"), "deleted successfully")
    assert client.get(PATH).json["data"] == []
    refused(client.get(f"{PATH}/client-123"), "Not found.", 404)
    refused(client.get(f"{PATH}/email/compras@lupita.mx"), "Not found.", 404)
    refused(client.delete(f"{PATH}/client-123"), "Not found.", 404)
    assert log_in("+1234567890", "1234") is None
    put({**EXAMPLE, "uid": "other", "pin_code": "5678"}, account_id=2)
    assert log_in("+1234567890", "5678")["account_id"] == 2


def test_a_deleted_uid_given_again_is_a_new_client(client, put, published):
    put(EXAMPLE)
    client.delete(f"{PATH}/client-123")
    refused(
        client.post(PATH, {"data": [{"uid": "client-123", "discount": 5}]}),
        "data[0].name: This field is required.; data[0].phone: This field is required.; data[0].pin_code: This field is required.",
    )
    put({"uid": "client-123", "name": "Otra", "phone": "5599999999", "pin_code": "9999"})
    row = shown(client.get(f"{PATH}/client-123").json["data"])
    assert (row["name"], row["email"], row["discount"], row["address"]) == ("Otra", None, 0, "")
    assert published()[-1].version == 3


def test_delete_a_batch_ignores_the_unknown(client, put, published):
    put(EXAMPLE, new(2), new(3))
    put(new(9), account_id=2)
    success(client.delete(PATH, {"data": ["client-123", "c2", "nobody", "c9"]}), "deleted successfully")
    assert [row["uid"] for row in client.get(PATH).json["data"]] == ["c3"]
    assert client.get(f"{PATH}/c9", account_id=2).status == 200
    assert [event.subject for event in published() if event.data["deleted"]] == ["c2", "client-123"]
    success(client.delete(PATH, {"data": ["client-123"]}), "deleted successfully")


def test_lists_are_paged(client, put):
    put(*(new(number) for number in range(5)))
    answer = client.get(f"{PATH}?offset=1&limit=2").json
    assert [row["uid"] for row in answer["data"]] == ["c1", "c2"]
    assert answer["metadata"] == {"offset": 1, "limit": 2, "total": 5}


def test_a_thousand_cost_a_handful_of_statements(app, client):
    elements = [new(number, **({"email": f"c{number}@x.mx"} if number % 2 else {})) for number in range(1000)]
    # The hashes' look-up, the country, rows, phones, e-mails, upsert, events; sent again: look-up, country and rows.
    for count in (7, 3):
        with counted_statements(app) as statements:
            assert client.post(PATH, {"data": elements}).status == 200
        assert len(statements) == count, statements
    assert client.get(f"{PATH}?limit=1").json["metadata"]["total"] == 1000
    assert len(json.dumps(elements)) < 1024 * 1024
