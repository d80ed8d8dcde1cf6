"""004, Currency: every request and answer as printed."""

from __future__ import annotations

import pytest

PATH = "/api/v1/currency"
EXAMPLE = [{"code": "USD", "name": "US Dollar", "rate": 1.0}, {"code": "EUR", "name": "Euro", "rate": 0.85}]


def told(answer):
    assert (answer.json["data"], answer.json["success"]) == (None, False)
    return (answer.status, answer.json["status_message"])


@pytest.fixture
def example(client):
    answer = client.post(PATH, {"data": EXAMPLE})
    assert (answer.status, answer.json["data"]) == (200, ["USD", "EUR"])


def test_the_examples(client, example):
    listed = client.get(PATH)
    assert listed.json["data"] == [EXAMPLE[1], EXAMPLE[0]]
    assert listed.json["metadata"] == {"offset": 0, "limit": 100, "total": 2}
    assert b'"rate":1.0}' in listed.data
    assert client.get(f"{PATH}/eur").json["data"] == EXAMPLE[1]
    assert told(client.get(f"{PATH}/GBP")) == (404, "Not found.")
    assert client.delete(f"{PATH}/USD").json["data"] == "currency deleted successfully"
    assert told(client.delete(f"{PATH}/USD")) == (404, "Not found.")
    assert client.delete(PATH, {"data": ["USD", "EUR", "GBP"]}).json["data"] == "currencies deleted successfully"
    assert client.get(PATH).json["data"] == []


def test_what_is_left_out_stays(client, example):
    batch = [
        {"code": "usd", "rate": "17.12345678"},
        {"code": "EUR", "name": "euro"},
        {"code": "JPY", "name": "Yen", "rate": 150},
    ]
    assert client.post(PATH, {"data": batch}).json["data"] == ["USD", "EUR", "JPY"]
    rows = [(row["code"], row["name"], row["rate"]) for row in client.get(PATH).json["data"]]
    assert rows == [("EUR", "euro", 0.85), ("JPY", "Yen", 150), ("USD", "US Dollar", 17.12345678)]


@pytest.mark.parametrize(
    ("element", "message"),
    [
        ({"name": "x", "rate": 1}, "data[1].code: This field is required."),
        ({"code": "DOLLAR", "name": "x", "rate": 1}, 'data[1].code: Enter a currency code such as "USD".'),
        ({"code": "uß", "name": "x", "rate": 1}, 'data[1].code: Enter a currency code such as "USD".'),
        ({"code": "GBP", "name": "x"}, "data[1].rate: This field is required."),
        ({"code": "GBP", "rate": 1}, "data[1].name: This field is required."),
        (
            {"code": "GBP", "name": "x", "rate": 0},
            "data[1].rate: Ensure this value is greater than or equal to 0.00000001.",
        ),
        (
            {"code": "GBP", "name": "x", "rate": -1},
            "data[1].rate: Ensure this value is greater than or equal to 0.00000001.",
        ),
        ({"code": "GBP", "name": "x", "rate": "much"}, "data[1].rate: A valid number is required."),
        ({"code": "mxn", "name": "x", "rate": 1}, "data[1].code: The same as data[0]."),
    ],
)
def test_bad_elements_are_named_and_nothing_is_stored(client, element, message):
    good = {"code": "MXN", "name": "Peso", "rate": 1}
    assert told(client.post(PATH, {"data": [good, element]})) == (400, message)
    assert client.get(PATH).json["data"] == []


def test_accounts_never_meet(client, example):
    client.post(PATH, {"data": [{"code": "USD", "name": "Theirs", "rate": 2}]}, account_id=2)
    assert client.get(f"{PATH}/USD").json["data"]["name"] == "US Dollar"
    assert client.get(f"{PATH}/EUR", account_id=2).status == 404
    client.delete(PATH, {"data": ["USD", "EUR"]}, account_id=2)
    assert client.get(PATH).json["metadata"]["total"] == 2
