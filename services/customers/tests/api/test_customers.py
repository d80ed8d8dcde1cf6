"""`/api/customers/` over HTTP: the documents' bodies, messages and rights, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from chassis.testing import counted_statements

MARIA = {
    "first_name": "Maria",
    "last_name": "González",
    "phone_number": "5544332211",
    "email": "maria.gonzalez@email.com",
    "birth_date": "1995-08-20",
}
PHONE_TAKEN = "customer with this phone number already exists."
EMAIL_TAKEN = "customer with this email already exists."


@pytest.fixture
def maria(client):
    return client.post("/api/customers/", MARIA).json


def path_of(customer):
    return f"/api/customers/{customer['id']}/"


@pytest.mark.parametrize("role", ["ADMIN", "OWNER", "EMPLOYEE"])
def test_any_user_registers_a_customer(client, published, role):
    answer = client.post("/api/customers/", MARIA, role=role)
    assert answer.status == 201
    assert answer.json == {
        "id": answer.json["id"], **MARIA, "is_frequent": False, "current_points": 0,
        "credit_limit": "0.00", "credit_used": "0.00", "available_credit": "0.00",
    }  # fmt: skip
    [told] = published()
    assert (told.type, told.version) == ("CustomerCreated", 1)
    assert told.data["full_name"] == "Maria González"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/customers/"),
        ("POST", "/api/customers/"),
        ("GET", "/api/customers/1/"),
        ("PUT", "/api/customers/1/"),
        ("PATCH", "/api/customers/1/"),
        ("DELETE", "/api/customers/1/"),
        ("GET", "/api/customers/1/history/"),
    ],
)
def test_clients_and_strangers_stay_out(client, published, method, path):
    assert client.call(method, path, {}, role="CLIENT").status == 403
    assert client.call(method, path, {}, role=None).status == 401
    assert published() == []


def test_only_the_names_and_the_phone_are_required(client):
    answer = client.post("/api/customers/", {})
    required = ["This field is required."]
    assert (answer.status, answer.json) == (
        400,
        {"first_name": required, "last_name": required, "phone_number": required},
    )
    bare = client.post("/api/customers/", {"first_name": "Ana", "last_name": "Ruiz", "phone_number": 5512345678})
    assert bare.status == 201
    assert (bare.json["phone_number"], bare.json["email"], bare.json["birth_date"]) == ("5512345678", None, None)


@pytest.mark.parametrize(
    ("change", "errors"),
    [
        ({"first_name": "", "birth_date": "20-08-1995"}, {
            "first_name": ["This field is required."],
            "birth_date": ["Date has wrong format. Use one of these formats instead: YYYY-MM-DD."],
        }),
        ({"birth_date": ""}, {"birth_date": ["Date has wrong format. Use one of these formats instead: YYYY-MM-DD."]}),
        ({"birth_date": "2023-02-30"}, {"birth_date": ["Date has wrong format. Use one of these formats instead: YYYY-MM-DD."]}),
        ({"last_name": "   "}, {"last_name": ["This field is required."]}),
        ({"last_name": None}, {"last_name": ["This field may not be null."]}),
        ({"phone_number": "1" * 21}, {"phone_number": ["Ensure this field has no more than 20 characters."]}),
        ({"email": "not an address"}, {"email": ["Enter a valid email address."]}),
        ({"credit_limit": "-1"}, {"credit_limit": ["Ensure this value is greater than or equal to 0."]}),
        ({"credit_limit": "x"}, {"credit_limit": ["A valid number is required."]}),
    ],
)  # fmt: skip
def test_bad_fields_are_named_and_nothing_is_stored(client, maria, published, change, errors):
    before = len(published())
    created = client.post("/api/customers/", {**MARIA, "phone_number": "1", "email": "other@email.com", **change})
    assert (created.status, created.json) == (400, errors)
    patched = client.patch(path_of(maria), change)
    assert (patched.status, patched.json) == (400, errors)
    assert client.get(path_of(maria)).json == maria
    assert len(published()) == before


def test_phone_and_email_are_unique_in_the_account(client, maria):
    both = client.post("/api/customers/", {**MARIA, "email": "MARIA.Gonzalez@email.com"})
    assert (both.status, both.json) == (400, {"phone_number": [PHONE_TAKEN], "email": [EMAIL_TAKEN]})
    phone = client.post("/api/customers/", {**MARIA, "email": None})
    assert (phone.status, phone.json) == (400, {"phone_number": [PHONE_TAKEN]})
    email = client.post("/api/customers/", {**MARIA, "phone_number": "1"})
    assert (email.status, email.json) == (400, {"email": [EMAIL_TAKEN]})
    assert client.post("/api/customers/", MARIA, account_id=2).status == 201


def test_two_holders_are_both_named(client, maria):
    client.post("/api/customers/", {**MARIA, "phone_number": "2", "email": "two@email.com"})
    third = {**MARIA, "phone_number": "2"}
    assert client.post("/api/customers/", third).json == {"phone_number": [PHONE_TAKEN], "email": [EMAIL_TAKEN]}


def test_an_empty_email_is_none_and_many_may_have_none(client):
    for phone in ("1", "2"):
        answer = client.post("/api/customers/", {**MARIA, "phone_number": phone, "email": ""})
        assert (answer.status, answer.json["email"]) == (201, None)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_change_touches_only_what_is_given(client, maria, published, method):
    answer = client.call(method, path_of(maria), {"email": "maria.nueva@email.com"}, role="EMPLOYEE")
    assert answer.status == 200
    assert answer.json == {**maria, "email": "maria.nueva@email.com"}
    assert client.get(path_of(maria)).json == answer.json
    assert answer.headers["ETag"] == client.get(path_of(maria)).headers["ETag"]
    told = published("CustomerUpdated")[-1]
    assert (told.version, told.data["email"]) == (2, "maria.nueva@email.com")


def test_what_nobody_may_set_is_ignored(client, maria, published):
    answer = client.patch(
        path_of(maria), {"id": 77, "is_frequent": True, "current_points": 9, "credit_used": "5", "x": 1}
    )
    assert (answer.status, answer.json) == (200, maria)
    assert published("CustomerUpdated") == []


def test_a_change_to_a_taken_phone_or_email_is_refused(client, maria):
    other = client.post("/api/customers/", {**MARIA, "phone_number": "2", "email": "two@email.com"}).json
    answer = client.patch(path_of(other), {"phone_number": MARIA["phone_number"], "email": MARIA["email"]})
    assert (answer.status, answer.json) == (400, {"phone_number": [PHONE_TAKEN], "email": [EMAIL_TAKEN]})
    same = client.put(path_of(other), {**MARIA, "phone_number": "2", "email": "two@email.com"})
    assert same.status == 200


def test_only_admins_and_owners_set_the_credit_limit(client, maria):
    employees = client.post(
        "/api/customers/", {**MARIA, "phone_number": "2", "email": None, "credit_limit": "x"}, role="EMPLOYEE"
    )
    assert (employees.status, employees.json["credit_limit"]) == (201, "0.00")
    assert client.patch(path_of(maria), {"credit_limit": 500}, role="EMPLOYEE").json["credit_limit"] == "0.00"
    owners = client.patch(path_of(maria), {"credit_limit": 1500.5}, role="OWNER").json
    assert (owners["credit_limit"], owners["available_credit"]) == ("1500.50", "1500.50")
    assert (
        client.post("/api/customers/", {**MARIA, "phone_number": "3", "email": None, "credit_limit": "10"}).json[
            "credit_limit"
        ]
        == "10.00"
    )


def test_deleting_frees_phone_and_email(client, maria, published):
    assert client.delete(path_of(maria), role="EMPLOYEE").status == 204
    for method in ("GET", "PATCH", "PUT", "DELETE"):
        assert client.call(method, path_of(maria), {}).status == 404
    assert client.get(path_of(maria) + "history/").status == 404
    assert client.get("/api/customers/").json == []
    assert [event.type for event in published()] == ["CustomerCreated", "CustomerDeleted"]
    assert published("CustomerDeleted")[0].version == 2
    again = client.post("/api/customers/", MARIA)
    assert again.status == 201
    assert again.json["id"] != maria["id"]


def test_another_account_sees_nothing(client, maria, published):
    before = len(published())
    assert client.get("/api/customers/", account_id=2).json == []
    for method in ("GET", "PATCH", "PUT", "DELETE"):
        answer = client.call(method, path_of(maria), {"first_name": "Eve"}, account_id=2)
        assert (answer.status, answer.json) == (404, {"detail": "Not found."})
    assert client.get(path_of(maria) + "history/", account_id=2).status == 404
    assert client.get(path_of(maria)).json == maria
    assert len(published()) == before


def test_the_list_searches_filters_orders_and_pages(client):
    for number, (first, last) in enumerate([("Ágata", "Núñez"), ("Maria", "González"), ("Benito", "Gonzalez")]):
        body = {"first_name": first, "last_name": last, "phone_number": f"55{number}", "email": f"c{number}@e.mx"}
        client.post("/api/customers/", body)

    def names(query):
        answer = client.get(f"/api/customers/{query}")
        assert answer.status == 200, answer
        return [row["first_name"] for row in answer.json]

    assert names("") == ["Ágata", "Maria", "Benito"]
    assert names("?search=GONZÁLEZ") == ["Maria", "Benito"]
    assert names("?search=gonzalez+mar") == ["Maria"]
    assert names("?search=nunez") == ["Ágata"]
    assert names("?search=552") == ["Benito"]
    assert names("?search=%25") == []
    assert names("?phone_number=551") == ["Maria"]
    assert names("?email=C0@e.mx") == ["Ágata"]
    assert names("?is_frequent=true") == []
    assert names("?ordering=-id") == ["Benito", "Maria", "Ágata"]
    page = client.get("/api/customers/?page=2&page_size=2")
    assert [row["first_name"] for row in page.json] == ["Benito"]
    assert page.headers["X-Total-Count"] == "3"
    assert client.get("/api/customers/?ordering=search_text").status == 400


def test_a_detail_read_is_conditional(client, maria):
    tag = client.get(path_of(maria)).headers["ETag"]
    assert client.get(path_of(maria), headers={"If-None-Match": tag}).status == 304
    assert client.patch(path_of(maria), {"first_name": "Ana"}, headers={"If-Match": tag}).status == 200
    for method in ("PATCH", "PUT", "DELETE"):
        assert client.call(method, path_of(maria), {"first_name": "Eva"}, headers={"If-Match": tag}).status == 412
    assert client.get(path_of(maria)).json["first_name"] == "Ana"


def test_a_retried_post_registers_once(client, published):
    answers = [client.post("/api/customers/", MARIA, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert answers[0].data == answers[1].data
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert len(published()) == 1


def test_fifty_at_once_register_one(client, published):
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: client.post("/api/customers/", MARIA), range(50)))
    assert sorted(answer.status for answer in answers) == [201] + [400] * 49
    refused = [answer.json for answer in answers if answer.status == 400]
    assert all(body == {"phone_number": [PHONE_TAKEN], "email": [EMAIL_TAKEN]} for body in refused)
    assert len(published()) == 1


def test_one_of_many_changes_to_the_same_phone_wins(client):
    rows = [
        client.post("/api/customers/", {"first_name": "A", "last_name": "B", "phone_number": str(n)}).json
        for n in range(16)
    ]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda row: client.patch(path_of(row), {"phone_number": "wanted"}), rows))
    assert sorted(answer.status for answer in answers) == [200] + [400] * 15
    assert all(answer.json == {"phone_number": [PHONE_TAKEN]} for answer in answers if answer.status == 400)


def test_of_many_changes_to_the_state_read_one_wins(client, maria):
    tag = client.get(path_of(maria)).headers["ETag"]

    def change(number):
        return client.patch(path_of(maria), {"first_name": f"M{number}"}, headers={"If-Match": tag}).status

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(change, range(16)))
    assert sorted(statuses) == [200] + [412] * 15


def test_the_number_of_statements_does_not_grow_with_the_rows(client, app, maria):
    for number in range(5):
        client.post("/api/customers/", {"first_name": "A", "last_name": "B", "phone_number": str(number)})
    with counted_statements(app) as listing:
        client.get("/api/customers/")
    assert len(listing) == 1
    with counted_statements(app) as creating:
        client.post("/api/customers/", {"first_name": "A", "last_name": "B", "phone_number": "9"})
    assert len(creating) == 4  # the country, who has the phone or e-mail, the customer, its event
