"""004, Category: every request and answer as printed; the tree stays a tree."""

from __future__ import annotations

import pytest

from chassis.testing import counted_statements

PATH = "/api/v1/category"


@pytest.fixture
def send(client):
    """`send("/description", {…}, …)`: a batch that is accepted; its data."""

    def send(path, *elements, method="POST", **how):
        answer = client.call(method, PATH + path, {"data": list(elements)}, **how)
        assert answer.status == 200, answer
        return answer.json["data"]

    return send


def told(answer):
    assert (answer.json["data"], answer.json["success"]) == (None, False)
    return (answer.status, answer.json["status_message"])


def tree(client, **how):
    return {row["uid"]: row["parent_uid"] for row in client.get(PATH, **how).json["data"]}


def test_the_examples(client, send):
    assert send("", {"uid": "cat-parent"}) == ["cat-parent"]
    assert send("", {"uid": "cat-123", "parent_uid": "cat-parent"}) == ["cat-123"]
    assert client.get(f"{PATH}/cat-123").json["data"] == {"uid": "cat-123", "parent_uid": "cat-parent"}
    assert client.get(PATH).json["metadata"] == {"offset": 0, "limit": 100, "total": 2}
    assert client.get(f"{PATH}?limit=1&offset=1").json["data"] == [{"uid": "cat-parent", "parent_uid": None}]
    below = client.get(f"{PATH}/parent/cat-parent").json
    assert below["data"] == [{"uid": "cat-123", "parent_uid": "cat-parent"}]
    assert client.get(f"{PATH}/parent/cat-123").json["data"] == []
    assert told(client.get(f"{PATH}/none")) == (404, "Not found.")
    (made,) = send("", {"parent_uid": ""})
    assert tree(client)[made] is None


def test_a_parent_may_come_in_the_same_batch_and_what_is_left_out_stays(client, send):
    send("", {"uid": "b", "parent_uid": "a"}, {"uid": "a"})
    send("", {"uid": "b"}, {"uid": "c", "parent_uid": "b"})
    assert tree(client) == {"a": None, "b": "a", "c": "b"}
    send("", {"uid": "b", "parent_uid": None})
    assert tree(client) == {"a": None, "b": None, "c": "b"}


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ([{"uid": "d"}, {"uid": "a", "parent_uid": "c"}], "data[1].parent_uid: A category cannot be its own ancestor."),
        ([{"uid": "d", "parent_uid": "d"}], "data[0].parent_uid: A category cannot be its own ancestor."),
        (
            [{"uid": "x", "parent_uid": "y"}, {"uid": "y", "parent_uid": "x"}, {"uid": "z", "parent_uid": "x"}],
            "data[0].parent_uid: A category cannot be its own ancestor.; data[1].parent_uid: A category cannot be its own ancestor.",
        ),
        ([{"uid": "d"}, {"uid": "e", "parent_uid": "none"}], 'data[1].parent_uid: Invalid pk "none" - object does not exist.'),
        ([{"uid": "d"}, {"uid": "d"}], "data[1].uid: The same as data[0]."),
    ],
)  # fmt: skip
def test_what_makes_no_tree_is_refused(client, send, batch, message):
    send("", {"uid": "a"}, {"uid": "b", "parent_uid": "a"}, {"uid": "c", "parent_uid": "b"})
    before = tree(client)
    assert told(client.post(PATH, {"data": batch})) == (400, message)
    assert tree(client) == before


def test_delete_examples(client, send):
    send("", *({"uid": uid} for uid in ("cat-123", "cat-456", "cat-789", "stays")))
    assert client.delete(f"{PATH}/cat-123").json["data"] == "category deleted successfully"
    assert told(client.delete(f"{PATH}/cat-123")) == (404, "Not found.")
    assert send("", "cat-123", "cat-456", "cat-789", method="DELETE") == "categories deleted successfully"
    assert tree(client) == {"stays": None}


def test_a_category_with_something_in_it_stays(client, send):
    send("", {"uid": "a"}, {"uid": "b", "parent_uid": "a"}, {"uid": "c", "parent_uid": "a"}, {"uid": "d"})
    products = [{"uid": "p", "price": 1, "category_uid": "b"}, {"uid": "q", "price": 1, "category_uid": "d"}]
    client.post("/api/v1/product", {"data": products})
    assert told(client.delete(f"{PATH}/a")) == (400, "This category cannot be deleted: 2 categories still use it.")
    assert told(client.delete(PATH, {"data": ["none", "a", "b"]})) == (
        400,
        "data[1]: This category cannot be deleted: 1 category still uses it.; "
        "data[2]: This category cannot be deleted: 1 product still uses it.",
    )
    assert len(tree(client)) == 4
    client.delete("/api/v1/product", {"data": ["p", "q"]})
    send("", "c", "a", "b", "d", method="DELETE")
    assert tree(client) == {}
    client.post("/api/v1/product", {"data": [{"uid": "p", "price": 1}]})
    assert client.get("/api/v1/product/p").json["data"]["category_uid"] is None


def test_description_examples(client, send):
    send("", {"uid": "cat-123"})
    example = [
        {"category_uid": "cat-123", "language": "en", "name": "Electronics", "description": "Electronic devices and accessories"},
        {"category_uid": "cat-123", "language": "es", "name": "Electrónica", "description": "Dispositivos electrónicos y accesorios"},
    ]  # fmt: skip
    assert send("/description", *example) == "category descriptions updated successfully"
    assert client.get(f"{PATH}/description/cat-123").json["data"] == example
    answer = client.post(f"{PATH}/description", {"data": [{**example[0], "category_uid": "none"}]})
    assert told(answer) == (400, 'data[0].category_uid: Invalid pk "none" - object does not exist.')
    assert client.delete(f"{PATH}/description/cat-123/en").json["data"] == "category description deleted successfully"
    assert told(client.delete(f"{PATH}/description/cat-123/en")) == (404, "Not found.")
    keys = [{"category_uid": "cat-123", "language": "en"}, {"category_uid": "cat-123", "language": "es"}]
    assert send("/description", *keys, method="DELETE") == "category descriptions deleted successfully"
    assert client.get(f"{PATH}/description/cat-123").json["data"] == []
    send("/description", *example)
    send("", "cat-123", method="DELETE")
    assert client.get(f"{PATH}/description/cat-123").json["data"] == []


def test_accounts_never_meet(client, send):
    send("", {"uid": "a"})
    send("", {"uid": "a"}, {"uid": "b", "parent_uid": "a"}, account_id=2)
    assert tree(client) == {"a": None}
    assert told(client.post(PATH, {"data": [{"uid": "c", "parent_uid": "b"}]}))[0] == 400
    send("/description", {"category_uid": "a", "language": "en", "name": "Two"}, account_id=2)
    assert client.get(f"{PATH}/description/a").json["data"] == []
    send("", "a", method="DELETE")
    assert len(tree(client, account_id=2)) == 2


def test_a_thousand_are_few_statements(app, client):
    batch = [{"uid": f"c{n:04}", "parent_uid": f"c{n // 10:04}" if n else None} for n in range(1000)]
    texts = [{"category_uid": f"c{n:04}", "language": "en", "name": f"Shelf {n}"} for n in range(1000)]
    most_of = [
        ("POST", "", batch, 3),
        ("POST", "/description", texts, 2),
        ("DELETE", "", [row["uid"] for row in batch], 6),
    ]
    for method, path, data, most in most_of:
        with counted_statements(app) as statements:
            assert client.call(method, PATH + path, {"data": data}).status == 200
        assert len(statements) <= most, statements
    assert tree(client) == {}
