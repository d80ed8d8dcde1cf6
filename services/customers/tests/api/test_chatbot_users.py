"""The chatbot's users (001, 24 and 25): exact answers, the number in the path raw and encoded, no employees."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

JUAN = {"mobile_number": "+521234567890", "name": "Juan Perez"}
LIST = "/api/chatbotusers/"
ONE = "/api/chatbotusers/+521234567890/"
TAKEN = {"mobile_number": ["chat bot users with this mobile number already exists."]}


@pytest.fixture
def juan(client):
    return client.post(LIST, JUAN).json


def test_the_documents_example(client):
    made = client.post(LIST, JUAN, role="OWNER")
    assert (made.status, made.json) == (201, {**JUAN, "last_interaction": made.json["last_interaction"]})
    assert made.json["last_interaction"].endswith("Z")
    assert client.get(LIST).json == [made.json]
    patched = client.patch(ONE, {"name": "Juan Updated"})
    assert (patched.status, patched.json["name"]) == (200, "Juan Updated")
    assert client.get(ONE).json == patched.json


@pytest.mark.parametrize("path", [ONE, ONE.replace("+", "%2B"), ONE.replace("+", "%2b")])
def test_the_plus_is_a_plus_however_it_is_written(client, juan, path):
    assert client.get(path).json == juan
    assert client.post(path + "interactions/").status == 204
    assert client.patch(path, {"name": "J"}).status == 200
    assert client.delete(path).status == 204
    assert client.get(path).json == {"detail": "Not found."}


def test_the_interaction_moves_on_every_write_and_by_itself(client, database, juan):
    from datetime import UTC, datetime

    from sqlalchemy import update

    from customers.domain.models import ChatbotUser

    long_ago = datetime(2023, 10, 27, 10, 30, tzinfo=UTC)
    for write in (
        lambda: client.patch(ONE, {}),
        lambda: client.patch(ONE, {"last_interaction": "2001-01-01T00:00:00Z", "mobile_number": "1"}),
        lambda: client.put(ONE, {"name": "Juan"}),
        lambda: client.post(ONE + "interactions/"),
    ):
        with database.transaction(1) as session:
            session.execute(update(ChatbotUser).values(last_interaction=long_ago))
        assert client.get(ONE).json["last_interaction"] == "2023-10-27T10:30:00Z"
        assert write().status in (200, 204)
        seen = client.get(ONE).json
        assert seen["mobile_number"] == JUAN["mobile_number"]
        assert seen["last_interaction"] >= juan["last_interaction"]


def test_a_number_is_registered_once_in_an_account(client, juan):
    again = client.post(LIST, {**JUAN, "name": "Another"})
    assert (again.status, again.json) == (400, TAKEN)
    assert client.get(LIST).json == [juan]
    assert client.post(LIST, JUAN, account_id=2).status == 201


def test_twenty_at_once_register_one(client):
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: client.post(LIST, JUAN), range(20)))
    assert sorted(answer.status for answer in answers) == [201] + [400] * 19
    assert all(answer.json == TAKEN for answer in answers if answer.status == 400)


@pytest.mark.parametrize(
    ("change", "errors"),
    [
        ({"mobile_number": "+" + "5" * 20}, {"mobile_number": ["Ensure this field has no more than 20 characters."]}),
        ({"mobile_number": ""}, {"mobile_number": ["This field may not be blank."]}),
        ({"mobile_number": None}, {"mobile_number": ["This field may not be null."]}),
        ({"mobile_number": "55/66"}, {"mobile_number": ["Enter a valid mobile number."]}),
        ({"name": ""}, {"name": ["This field may not be blank."]}),
        ({"name": "x" * 256}, {"name": ["Ensure this field has no more than 255 characters."]}),
    ],
)
def test_bad_fields_are_named_and_nothing_is_stored(client, change, errors):
    answer = client.post(LIST, {**JUAN, **change})
    assert (answer.status, answer.json) == (400, errors)
    assert client.get(LIST).json == []


def test_both_fields_are_required(client):
    required = ["This field is required."]
    assert client.post(LIST, {}).json == {"mobile_number": required, "name": required}


def test_unknown_and_foreign_users_are_not_found(client, juan):
    for path, account in (("/api/chatbotusers/+1/", 1), (ONE, 2)):
        for method, tail in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "interactions/")):
            answer = client.call(method, path + tail, {} if method != "GET" else None, account_id=account)
            assert (answer.status, answer.json) == (404, {"detail": "Not found."})
    assert client.get(ONE).json == juan


def test_the_list_searches_orders_and_pages(client):
    for number, name in (("+521", "Ágata Núñez"), ("+523", "Benito"), ("+522", "Ana")):
        client.post(LIST, {"mobile_number": number, "name": name})

    def names(query):
        return [row["name"] for row in client.get(LIST + query).json]

    assert names("") == ["Ágata Núñez", "Ana", "Benito"]
    assert names("?search=nunez") == ["Ágata Núñez"]
    assert names("?search=%2B523") == ["Benito"]
    assert names("?ordering=-mobile_number") == ["Benito", "Ana", "Ágata Núñez"]
    assert names("?ordering=-last_interaction") == ["Ana", "Benito", "Ágata Núñez"]
    page = client.get(LIST + "?page=2&page_size=2")
    assert ([row["name"] for row in page.json], page.headers["X-Total-Count"]) == (["Benito"], "3")


def test_a_change_of_a_stale_state_is_refused(client, juan):
    tag = client.get(ONE).headers["ETag"]
    assert client.get(ONE, headers={"If-None-Match": tag}).status == 304
    assert client.patch(ONE, {"name": "J"}, headers={"If-Match": tag}).status == 200
    for method in ("PATCH", "DELETE"):
        assert client.call(method, ONE, {"name": "X"}, headers={"If-Match": tag}).status == 412
    assert client.get(ONE).json["name"] == "J"


def test_a_retried_post_registers_once(client):
    answers = [client.post(LIST, JUAN, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert answers[0].data == answers[1].data
    client.post(ONE + "interactions/", headers={"Idempotency-Key": "i"})
    again = client.post(ONE + "interactions/", headers={"Idempotency-Key": "i"})
    assert (again.status, again.headers["Idempotent-Replayed"]) == (204, "true")
