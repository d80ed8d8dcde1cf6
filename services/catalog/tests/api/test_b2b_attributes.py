"""004, Attribute: every request and answer as printed; attributes, their names and the names of their values."""

from __future__ import annotations

import pytest

from chassis.testing import counted_statements

PATH = "/api/v1/attribute"
EXAMPLE = {"uid": "attr-123", "product_uid": "prod-456", "value_uid": "val-789"}
NAMES = [
    {"attribute_uid": "attr-123", "language": "en", "name": "Color"},
    {"attribute_uid": "attr-123", "language": "es", "name": "Color"},
]
VALUES = [{"uid": "val-123", "language": "en", "name": "Red"}, {"uid": "val-123", "language": "es", "name": "Rojo"}]


@pytest.fixture
def send(client):
    """`send("/value", {…}, …)`: a batch that is accepted; its data."""

    def send(path, *elements, method="POST", **how):
        answer = client.call(method, PATH + path, {"data": list(elements)}, **how)
        assert answer.status == 200, answer
        return answer.json["data"]

    return send


@pytest.fixture
def example(client, send):
    client.post("/api/v1/product", {"data": [{"uid": "prod-456", "price": 1}]})
    send("/value", {"uid": "val-789", "language": "en", "name": "Blue"})
    assert send("", EXAMPLE) == ["attr-123"]


def told(answer):
    assert (answer.json["data"], answer.json["success"]) == (None, False)
    return (answer.status, answer.json["status_message"])


def test_the_examples(client, send, example):
    assert client.get(f"{PATH}/attr-123").json["data"] == EXAMPLE
    listed = client.get(PATH).json
    assert (listed["data"], listed["metadata"]) == ([EXAMPLE], {"offset": 0, "limit": 100, "total": 1})
    assert client.get(f"{PATH}/product/prod-456").json["data"] == [EXAMPLE]
    assert client.get(f"{PATH}/product/none").json["data"] == []
    assert told(client.get(f"{PATH}/none")) == (404, "Not found.")
    assert client.delete(f"{PATH}/attr-123").json["data"] == "attribute deleted successfully"
    assert told(client.delete(f"{PATH}/attr-123")) == (404, "Not found.")
    assert send("", "attr-123", "attr-456", "attr-789", method="DELETE") == "attributes deleted successfully"


def test_what_is_left_out_stays(client, send, example):
    send("/value", *VALUES)
    (_, made) = send(
        "", {"uid": "attr-123", "value_uid": "val-123"}, {"product_uid": "prod-456", "value_uid": "val-789"}
    )
    assert client.get(f"{PATH}/attr-123").json["data"] == {**EXAMPLE, "value_uid": "val-123"}
    assert client.get(f"{PATH}/{made}").json["data"] == {**EXAMPLE, "uid": made}


@pytest.mark.parametrize(
    ("element", "message"),
    [
        ({"uid": "x", "value_uid": "val-789"}, "data[1].product_uid: This field is required."),
        ({"uid": "x", "product_uid": "prod-456"}, "data[1].value_uid: This field is required."),
        ({**EXAMPLE, "product_uid": "none"}, 'data[1].product_uid: Invalid pk "none" - object does not exist.'),
        ({**EXAMPLE, "value_uid": "none"}, 'data[1].value_uid: Invalid pk "none" - object does not exist.'),
        ({**EXAMPLE, "uid": "good"}, "data[1].uid: The same as data[0]."),
    ],
)
def test_bad_elements_are_named_and_nothing_is_stored(client, send, example, element, message):
    assert told(client.post(PATH, {"data": [{**EXAMPLE, "uid": "good"}, element]})) == (400, message)
    assert client.get(PATH).json["data"] == [EXAMPLE]


def test_description_examples(client, send, example):
    assert send("/description", *NAMES) == "attribute descriptions updated successfully"
    assert client.get(f"{PATH}/description/attr-123").json["data"] == NAMES
    answer = client.post(f"{PATH}/description", {"data": [{**NAMES[0], "attribute_uid": "none"}]})
    assert told(answer) == (400, 'data[0].attribute_uid: Invalid pk "none" - object does not exist.')
    assert client.delete(f"{PATH}/description/attr-123/en").json["data"] == "attribute description deleted successfully"
    assert told(client.delete(f"{PATH}/description/attr-123/en")) == (404, "Not found.")
    keys = [{"attribute_uid": "attr-123", "language": "en"}, {"attribute_uid": "attr-123", "language": "es"}]
    assert send("/description", *keys, method="DELETE") == "attribute descriptions deleted successfully"
    assert client.get(f"{PATH}/description/attr-123").json["data"] == []
    send("/description", *NAMES)
    send("", "attr-123", method="DELETE")
    assert client.get(f"{PATH}/description/attr-123").json["data"] == []


def test_value_examples(client, send):
    assert send("/value", *VALUES) == "attribute values updated successfully"
    assert client.get(f"{PATH}/value/val-123").json["data"] == VALUES
    send("/value", {**VALUES[0], "name": "Crimson"})
    assert client.get(f"{PATH}/value/val-123").json["data"][0]["name"] == "Crimson"
    assert client.delete(f"{PATH}/value/val-123/en").json["data"] == "attribute value deleted successfully"
    assert told(client.delete(f"{PATH}/value/val-123/en")) == (404, "Not found.")
    keys = [{"uid": "val-123", "language": "en"}, {"uid": "val-123", "language": "es"}]
    assert send("/value", *keys, method="DELETE") == "attribute values deleted successfully"
    assert client.get(f"{PATH}/value/val-123").json["data"] == []


def test_a_value_in_use_keeps_its_last_name(client, send, example):
    send("/value", {"uid": "val-789", "language": "es", "name": "Azul"}, *VALUES)
    assert client.delete(f"{PATH}/value/val-789/es").status == 200
    message = "This value cannot be deleted: 1 attribute still uses it."
    assert told(client.delete(f"{PATH}/value/val-789/en")) == (400, message)
    keys = [{"uid": "val-123", "language": "en"}, {"uid": "val-789", "language": "en"}]
    assert told(client.delete(f"{PATH}/value", {"data": keys})) == (400, f"data[1]: {message}")
    assert len(client.get(f"{PATH}/value/val-123").json["data"]) == 2


def test_a_deleted_product_takes_its_attributes_along(client, send, example):
    send("/description", *NAMES)
    client.delete("/api/v1/product/prod-456")
    assert client.get(PATH).json["data"] == []
    assert client.get(f"{PATH}/description/attr-123").json["data"] == []


def test_a_client_sees_those_of_products_for_sale(client, send, example):
    send("/description", *NAMES)
    paths = ("", "/product/prod-456", "/description/attr-123")
    assert all(client.get(PATH + path, role="CLIENT").json["data"] for path in paths)
    client.post("/api/v1/product/active", {"data": [{"uid": "prod-456", "active": False}]})
    assert not any(client.get(PATH + path, role="CLIENT").json["data"] for path in paths)
    assert client.get(f"{PATH}/attr-123", role="CLIENT").status == 404
    assert client.get(f"{PATH}/attr-123", role="EMPLOYEE").status == 200


def test_accounts_never_meet(client, send, example):
    send("/value", *VALUES, account_id=2)
    answer = client.post(PATH, {"data": [{**EXAMPLE, "value_uid": "val-123"}]}, account_id=2)
    assert told(answer) == (400, 'data[0].product_uid: Invalid pk "prod-456" - object does not exist.')
    assert client.get(f"{PATH}/value/val-123").json["data"] == []
    send("", "attr-123", method="DELETE", account_id=2)
    assert client.get(f"{PATH}/attr-123", account_id=2).status == 404
    assert client.get(f"{PATH}/attr-123").status == 200


def test_a_thousand_are_few_statements(app, client, send, example):
    values = [{"uid": f"v{n}", "language": "en", "name": f"Value {n}"} for n in range(1000)]
    rows = [{"uid": f"a{n}", "product_uid": "prod-456", "value_uid": f"v{n}"} for n in range(1000)]
    names = [{"attribute_uid": f"a{n}", "language": "en", "name": f"Name {n}"} for n in range(1000)]
    steps = [
        ("POST", "/value", values, 1), ("POST", "", rows, 5), ("POST", "/description", names, 2),
        ("DELETE", "", [row["uid"] for row in rows], 2),
        ("DELETE", "/value", [{"uid": row["uid"], "language": "en"} for row in values], 3),
    ]  # fmt: skip
    for method, path, data, most in steps:
        with counted_statements(app) as statements:
            assert client.call(method, PATH + path, {"data": data}).status == 200
        assert len(statements) <= most, statements
    assert client.get(PATH).json["data"] == [EXAMPLE]
