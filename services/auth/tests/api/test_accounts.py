"""`/api/accounts/{id}/`: the company's data (003 §9)."""

import pytest

CHANGE = {"company_name": "Mi Empresa S.A. de C.V.", "phone": "5559876543"}
URL = "/api/accounts/1/"


@pytest.mark.parametrize("role", ["ADMIN", "OWNER", "EMPLOYEE"])
def test_members_read_their_company(client, role):
    answer = client.get(URL, role=role)
    assert (answer.status, answer.json) == (200, client.get("/api/users/me/").json["account"])
    assert client.get(URL, role=role, headers={"If-None-Match": answer.headers["ETag"]}).status == 304


@pytest.mark.parametrize("role", ["ADMIN", "OWNER"])
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_managers_change_what_is_given_only(client, published, role, method):
    before = client.get(URL).json
    answer = client.call(method, URL, CHANGE, role=role)
    assert (answer.status, answer.json) == (200, {**before, **CHANGE})
    assert client.get(URL).json == answer.json
    (event,) = published("AccountUpdated")
    assert (event.subject, event.version, event.account_id) == (before["uid"], 2, 1)
    assert event.data["company_name"] == CHANGE["company_name"]
    (entry, *_) = client.get("/api/auth/audit/").json
    assert (entry["action"], entry["details"]) == ("account_changed", {"fields": ["company_name", "phone"]})


def test_the_others_learn_of_another_time_zone(client, published):
    assert client.patch(URL, {"timezone": "America/Tijuana", "currency": "USD"}).status == 200
    (event,) = published("AccountUpdated")
    assert (event.data["timezone"], event.data["currency"]) == ("America/Tijuana", "USD")
    assert client.get("/api/users/me/").json["account"]["timezone"] == "America/Tijuana"


def test_what_changes_nothing_tells_nothing(client, company, published):
    before = client.get(URL)
    fixed = {
        "id": 7,
        "uid": "x",
        "subscription_plan": "freemium",
        "max_users": 1,
        "max_locations": 1,
        "created_at": None,
    }
    answer = client.put(URL, {**fixed, "company_name": before.json["company_name"]})
    assert (answer.status, answer.json) == (200, before.json)
    assert published("AccountUpdated") == []
    assert "account_changed" not in [entry["action"] for entry in client.get("/api/auth/audit/").json]


def test_an_employee_may_not(client, published):
    before = client.get(URL).json
    answer = client.put(URL, CHANGE, role="EMPLOYEE")
    assert (answer.status, answer.json) == (403, {
        "detail": "You do not have permission to perform this action.",
        "error": "Solo inventaristas pueden modificar la cuenta",
    })  # fmt: skip
    assert client.get(URL).json == before
    assert published("AccountUpdated") == []


def test_another_company_is_not_there(client, company):
    other = company("dos")["account"]
    theirs = client.get(f"/api/accounts/{other['id']}/", account_id=other["id"]).json
    assert theirs["company_name"] == "dos"
    for answer in (client.get(f"/api/accounts/{other['id']}/"), client.put(f"/api/accounts/{other['id']}/", CHANGE)):
        assert (answer.status, answer.json) == (404, {"detail": "Not found."})
    assert client.get(f"/api/accounts/{other['id']}/", account_id=other["id"]).json == theirs


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("timezone", "Mexico City", '"Mexico City" is not a valid choice.'),
        ("currency", "PESO", '"PESO" is not a valid choice.'),
        ("company_name", "", "This field may not be blank."),
        ("company_name", None, "This field may not be null."),
        ("phone", "5" * 21, "Ensure this field has no more than 20 characters."),
        ("email", "x", "Enter a valid email address."),
    ],
)
def test_bad_values_are_told_and_change_nothing(client, field, value, message):
    before = client.get(URL).json
    answer = client.patch(URL, {"city": "Mérida", field: value})
    assert (answer.status, answer.json) == (400, {field: [message]})
    assert client.get(URL).json == before


def test_a_stale_change_is_refused(client):
    tag = client.get(URL).headers["ETag"]
    assert client.patch(URL, {"city": "Mérida"}, headers={"If-Match": tag}).status == 200
    assert client.patch(URL, {"city": "Oaxaca"}, headers={"If-Match": tag}).status == 412
    assert client.get(URL).json["city"] == "Mérida"
