"""`/api/users/`: the account's users, and one's own profile."""

from hashlib import sha256

import orjson
import pytest
from sqlalchemy import select, update

from auth.domain.models import Account, User
from chassis.db import ALL_ACCOUNTS
from chassis.idempotency_keys import IdempotencyKey
from chassis.testing import counted_statements

FORBIDDEN = {"detail": "You do not have permission to perform this action."}


def test_001s_body_makes_a_user(client, employee_body, published, door):
    answer = client.post("/api/users/", employee_body)
    assert answer.status == 201
    password = employee_body.pop("password")
    assert {name: answer.json[name] for name in employee_body} == employee_body
    assert (answer.json["id"], answer.json["user_type"], answer.json["is_active"]) == (2, "employee", True)
    assert password.encode() not in answer.data
    (event,) = [event for event in published("UserCreated") if event.subject == answer.json["uid"]]
    assert event.data == {
        "user_id": 2, "user_uid": answer.json["uid"], "username": "employee_01", "full_name": "Laura Mendez",
        "role": "EMPLOYEE", "is_active": True, "is_blocked": False, "blocked_until": None,
    }  # fmt: skip
    assert door.login("employee@enterprise.com", password).status == 200


def test_optional_fields_may_be_left_out_or_empty(client):
    body = {"username": "cajero_juan", "email": "juan@enterprise.com", "password": "securePass123",
            "first_name": "Juan", "last_name": "Lopez"}  # fmt: skip
    answer = client.post("/api/users/", body)
    assert (answer.status, answer.json["role"], answer.json["phone_number"], answer.json["address"]) == (
        201,
        "EMPLOYEE",
        "",
        "",
    )
    more = {**body, "username": "otro", "email": "otro@enterprise.com", "phone_number": "", "address": None}
    assert client.post("/api/users/", more).status == 201


def test_003s_body_makes_a_user(client, door):
    body = {"email": "empleado@empresa.com", "password": "password123", "full_name": "María García López"}
    answer = client.post("/api/users/", body)
    assert answer.status == 201
    assert (answer.json["full_name"], answer.json["first_name"], answer.json["last_name"]) == (
        "María García López", "María", "García López",
    )  # fmt: skip
    assert (answer.json["username"], answer.json["user_type"]) == ("empleado@empresa.com", "employee")
    assert door.login("empleado@empresa.com", "password123").status == 200


@pytest.mark.parametrize(
    ("role", "user_type"), [("ADMIN", "inventarista"), ("OWNER", "inventarista"), ("EMPLOYEE", "employee")]
)
@pytest.mark.parametrize("by", ["ADMIN", "OWNER"])
def test_managers_make_users_of_every_role(client, employee_body, role, user_type, by):
    answer = client.post("/api/users/", {**employee_body, "role": role}, role=by)
    assert (answer.status, answer.json["role"], answer.json["user_type"]) == (201, role, user_type)
    assert answer.json["is_staff"] == (role != "EMPLOYEE")


def test_an_employee_may_not_even_with_a_bad_body(client, database):
    answer = client.post("/api/users/", {}, role="EMPLOYEE")
    assert (answer.status, answer.json) == (403, {**FORBIDDEN, "error": "Solo inventaristas pueden crear usuarios"})
    with database.read(ALL_ACCOUNTS) as session:
        assert len(session.execute(select(User.id)).all()) == 1


def test_a_taken_email_is_told_in_the_words_of_each_document(client, employee, employee_body, database):
    again = client.post("/api/users/", {**employee_body, "username": "other", "email": "EMPLOYEE@enterprise.com"})
    assert (again.status, again.json) == (400, {"email": ["custom user with this email already exists."]})
    short = client.post(
        "/api/users/", {"email": "employee@enterprise.com", "password": "password123", "full_name": "A B"}
    )
    assert (short.status, short.json["email"]) == (400, ["Este email ya está registrado"])
    with database.read(ALL_ACCOUNTS) as session:
        assert session.execute(select(Account.active_users)).scalar() == 2, "a place was used up by nobody"


def test_a_taken_username_too(client, employee, employee_body):
    answer = client.post("/api/users/", {**employee_body, "username": "Employee_01", "email": "other@enterprise.com"})
    assert (answer.status, answer.json) == (400, {"username": ["A user with that username already exists."]})


def test_names_are_unique_across_accounts(client, company, employee_body):
    company("dos")
    answer = client.post("/api/users/", {**employee_body, "email": "owner@dos.com"})
    assert (answer.status, list(answer.json)) == (400, ["email"])


def test_nobody_can_take_anothers_email_as_a_username(client, employee_body, door):
    answer = client.post("/api/users/", {**employee_body, "username": "Admin@enterprise.com"})
    assert (answer.status, list(answer.json)) == (400, ["username"])
    assert door.login().json["user"]["id"] == 1


def test_required_fields_are_named(client):
    assert client.post("/api/users/", {"username": "x", "email": "x@y.mx"}).json == {
        "first_name": ["This field is required."],
        "last_name": ["This field is required."],
        "password": ["This field is required."],
    }


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("first_name", "", "This field may not be blank."),
        ("email", "nobody", "Enter a valid email address."),
        ("email", "\u0390" * 240 + "@x.mx", "Ensure this field has no more than 254 characters."),  # three letters each
        ("role", "BOSS", '"BOSS" is not a valid choice.'),
        ("role", "CLIENT", '"CLIENT" is not a valid choice.'),
        ("password", "1234567", "Ensure this field has at least 8 characters."),
        ("password", "x" * 129, "Ensure this field has no more than 128 characters."),
        ("username", "a b", "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."),
        ("username", "x" * 151, "Ensure this field has no more than 150 characters."),
    ],
)  # fmt: skip
def test_bad_values_are_told(client, employee_body, field, value, message):
    answer = client.post("/api/users/", {**employee_body, field: value})
    assert (answer.status, answer.json) == (400, {field: [message]})


def test_what_is_read_only_is_ignored(client, employee_body):
    answer = client.post(
        "/api/users/", {**employee_body, "is_active": False, "id": 77, "account_id": 9, "is_staff": True}
    )
    assert (answer.json["id"], answer.json["is_active"], answer.json["account"]["id"]) == (2, True, 1)
    assert answer.json["is_staff"] is False


def test_the_plan_limits_the_active_users(client, company, employee_body):
    account_id = company("dos")["account"]["id"]
    for number in range(4):
        body = {**employee_body, "username": f"e{number}", "email": f"e{number}@dos.com"}
        assert client.post("/api/users/", body, account_id=account_id).status == 201
    answer = client.post("/api/users/", employee_body, account_id=account_id)
    assert (answer.status, answer.json) == (403, {"error": "Has alcanzado el límite de 5 usuarios para tu plan"})
    assert client.get("/api/users/", account_id=account_id).json["count"] == 5
    assert client.post("/api/users/", employee_body).status == 201, "premium has no limit"


def test_a_repeated_request_makes_one_user(client, employee_body):
    first, second = (client.post("/api/users/", employee_body, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert (second.status, second.json) == (201, first.json)
    assert second.headers["Idempotent-Replayed"] == "true"


def test_what_is_kept_of_a_keyed_request_does_not_tell_the_password(client, employee_body, database):
    body, key = orjson.dumps(employee_body), {"Idempotency-Key": "k"}
    assert client.post("/api/users/", data=body, headers=key).status == 201
    with database.read(ALL_ACCOUNTS) as session:
        [kept] = session.execute(select(IdempotencyKey.body_hash, IdempotencyKey.answer)).all()
    assert kept.body_hash != sha256(body).hexdigest()
    assert b"password123" not in kept.answer
    other = client.post("/api/users/", {**employee_body, "password": "password124"}, headers=key)
    assert other.status == 422, "another password is another request"


def test_the_list_has_the_accounts_active_users_only(client, employee, employee_body, company, database):
    company("dos")
    client.post("/api/users/", {**employee_body, "username": "gone", "email": "gone@enterprise.com"})
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(User).where(User.username == "gone").values(is_active=False))
    page = client.get("/api/users/").json
    assert (page["count"], page["next"], page["previous"]) == (2, None, None)
    assert [user["username"] for user in page["results"]] == ["admin_user", "employee_01"]
    assert page["results"][1] == employee


def test_the_list_is_searched_filtered_ordered_and_paged(client, employee_body, app):
    for number, (first, role) in enumerate([("José", "EMPLOYEE"), ("Ana", "OWNER"), ("Zoé", "EMPLOYEE")]):
        body = {
            **employee_body,
            "username": f"u{number}",
            "email": f"u{number}@x.mx",
            "first_name": first,
            "role": role,
        }
        assert client.post("/api/users/", body).status == 201

    def names(query):
        answer = client.get(f"/api/users/?{query}")
        assert answer.status == 200, answer
        return [user["first_name"] for user in answer.json["results"]]

    assert names("search=JOSE") == ["José"]
    assert names("search=%25") == []
    assert names("role=EMPLOYEE&ordering=-first_name") == ["Zoé", "José"]
    assert names("page=2&page_size=3") == ["Zoé"]
    with counted_statements(app) as statements:
        first = client.get(f"/api/users/?page_size=3&unknown={'x' * 2500}").json
    assert (first["count"], first["next"]) == (4, "/api/users/?page_size=3&page=2")
    assert len([text for text in statements if "signing_keys" not in text]) == 2
    assert client.get("/api/users/?ordering=password_hash").status == 400


def test_employees_do_not_see_the_list(client):
    answer = client.get("/api/users/", role="EMPLOYEE")
    assert (answer.status, answer.json) == (403, FORBIDDEN)


@pytest.mark.parametrize("role", ["ADMIN", "OWNER", "EMPLOYEE"])
def test_everyone_sees_their_own_profile(client, employee, role):
    assert client.get("/api/users/me/", role=role, user_id=2).json == employee


def test_me_is_conditional(client):
    answer = client.get("/api/users/me/")
    assert client.get("/api/users/me/", headers={"If-None-Match": answer.headers["ETag"]}).status == 304
    stale = {"If-Match": '"0123"'}
    assert client.patch("/api/users/me/", {"first_name": "X"}, headers=stale).status == 412
    assert client.get("/api/users/me/").json == answer.json
    assert (
        client.patch("/api/users/me/", {"first_name": "X"}, headers={"If-Match": answer.headers["ETag"]}).status == 200
    )


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_both_methods_change_what_is_given_only(client, employee, published, method):
    body = {"first_name": "Laura Elena", "phone_number": "555-0000"}
    answer = client.call(method, "/api/users/me/", body, role="EMPLOYEE", user_id=2)
    assert (answer.status, answer.json) == (200, {**employee, **body, "full_name": "Laura Elena Mendez"})
    (event,) = published("UserUpdated")
    assert (event.subject, event.version, event.data["full_name"]) == (employee["uid"], 2, "Laura Elena Mendez")


@pytest.mark.parametrize(
    ("name", "most"),
    [("x" * 151, 150), ("x" * 151 + " y", 150), ("Ana " + "y" * 151, 154), (" Ana  " + "y" * 151, 154)],
)
def test_neither_part_of_a_full_name_may_be_too_long(client, name, most):
    error = {"full_name": [f"Ensure this field has no more than {most} characters."]}
    body = {"email": "otra@empresa.com", "password": "password123", "full_name": name}
    for answer in (
        client.post("/api/users/", body), client.patch("/api/users/me/", {"full_name": name}),
        client.patch("/api/users/1/", {"full_name": name}),
        client.post("/api/auth/register/", {**body, "company_name": "Otra"}, role=None),
    ):  # fmt: skip
        assert (answer.status, answer.json) == (400, error)
    fits = "x" * 149 + " " + "y" * 150
    assert client.patch("/api/users/me/", {"full_name": fits}).json["full_name"] == fits


def test_the_full_name_splits(client):
    answer = client.put("/api/users/me/", {"full_name": "Juan Carlos Pérez"})
    assert (answer.json["first_name"], answer.json["last_name"]) == ("Juan", "Carlos Pérez")


def test_nobody_raises_their_own_role(client, employee, published):
    body = {
        "role": "ADMIN",
        "is_active": False,
        "password": "new_password",
        "is_staff": True,
        "account_id": 2,
        "expiry_date": "2000-01-01",
    }
    answer = client.patch("/api/users/me/", body, role="EMPLOYEE", user_id=2)
    assert (answer.status, answer.json) == (200, employee)
    assert published("UserUpdated") == []


def test_new_login_names_work_and_old_ones_do_not(client, employee, door):
    body = {"email": "Laura@Enterprise.com", "username": "laura", "current_password": "password123"}
    changed = client.patch("/api/users/me/", body, role="EMPLOYEE", user_id=2)
    assert (changed.json["email"], changed.json["username"]) == ("laura@enterprise.com", "laura")
    statuses = [
        door.login(name, "password123").status
        for name in ("laura", "laura@enterprise.com", "employee_01", "employee@enterprise.com")
    ]
    assert statuses == [200, 200, 401, 401]
    assert client.get("/api/users/?search=laura@").json["count"] == 1


def test_a_name_may_change_its_case(client, door):
    assert client.patch("/api/users/me/", {"username": "Admin_User"}).json["username"] == "Admin_User"
    assert door.login("admin_user").status == 200


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("email", "admin@enterprise.com", "custom user with this email already exists."),
        ("username", "ADMIN_USER", "A user with that username already exists."),
        ("username", "admin@enterprise.com", "A user with that username already exists."),
    ],
)
def test_taken_names_are_refused_and_the_own_ones_kept(client, employee, door, field, value, message):
    body = {field: value, "first_name": "X", "current_password": "password123"}
    answer = client.patch("/api/users/me/", body, role="EMPLOYEE", user_id=2)
    assert (answer.status, answer.json) == (400, {field: [message]})
    assert client.get("/api/users/me/", role="EMPLOYEE", user_id=2).json == employee
    assert door.login("employee_01", "password123").status == 200


def test_a_user_who_is_gone_has_no_profile(client):
    answer = client.get("/api/users/me/", user_id=999)
    assert (answer.status, answer.json["code"]) == (401, "token_revoked")


def test_a_user_of_another_account_is_not_mine(client, company):
    other = company("dos")
    assert client.get("/api/users/me/", user_id=other["id"], account_id=1).status == 401
    mine = client.get("/api/users/me/", user_id=other["id"], account_id=other["account"]["id"])
    assert (mine.status, mine.json["uid"]) == (200, other["uid"])


def test_standard_messages_are_spanish_on_demand(client):
    spanish = {"Accept-Language": "es-MX,es"}
    assert client.get("/api/users/me/", role=None, headers=spanish).json == {
        "detail": "Las credenciales de autenticación no se proveyeron."
    }
