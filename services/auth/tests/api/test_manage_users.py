"""`/api/users/{id}/`: managers change, block and delete users (001 §6, 003 §8)."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from auth import queries
from auth.domain.models import Account, LoginSession, User
from auth.usecases.sessions import Device, Opening, open_user_session
from chassis.db import ALL_ACCOUNTS, utcnow

FORBIDDEN = {"detail": "You do not have permission to perform this action."}
NOT_FOUND = (404, {"detail": "Not found."})
BLOCK = {"is_blocked": True, "blocked_reason": "Devolución tardía reiterada", "blocked_until": "2126-02-15T00:00:00Z"}
LAST = {
    "detail": "This is the last active ADMIN or OWNER of the account: "
    "they cannot be deleted, blocked, made an EMPLOYEE or given an expiry date."
}
URL = "/api/users/2/"


@pytest.fixture
def alive(database):
    """The live sessions of a user."""

    def count(user_id):
        with database.read(ALL_ACCOUNTS) as session:
            live = select(LoginSession.id).where(LoginSession.user_id == user_id, LoginSession.revoked_at.is_(None))
            return len(session.execute(live).all())

    return count


@pytest.fixture
def trail(client):
    """The account's newest audit entries: action, subject, details; without sessions and logins."""

    def entries():
        found = client.get("/api/auth/audit/").json
        return [
            (entry["action"], entry["subject"]["name"], entry["details"])
            for entry in found
            if "login" not in entry["action"] and "session" not in entry["action"]
        ]

    return entries


@pytest.fixture
def logged_in(employee, door):
    """The employee's two logins."""
    return [door.login("employee_01", "password123").json for _ in range(2)]


@pytest.fixture
def told(gateway):
    """The sessions that the gateway was told of."""
    return lambda: {item["sid"] for call in gateway.calls for item in call[2]["revocations"]}


@pytest.mark.parametrize("role", ["ADMIN", "OWNER"])
def test_managers_see_one_user(client, employee, role):
    answer = client.get(URL, role=role)
    assert (answer.status, answer.json) == (200, employee)
    assert client.get(URL, headers={"If-None-Match": answer.headers["ETag"]}).status == 304


def test_employees_may_do_none_of_it(client, employee, published, alive, door):
    door.login("employee_01", "password123")
    events = published()
    for method, url, error in (
        ("GET", URL, None),
        ("PUT", URL, "Solo inventaristas pueden modificar usuarios"),
        ("PATCH", URL, "Solo inventaristas pueden modificar usuarios"),
        ("DELETE", URL, "Solo inventaristas pueden eliminar usuarios"),
        ("PUT", URL + "block/", "Solo inventaristas pueden bloquear usuarios"),
    ):
        answer = client.call(method, url, {"role": "ADMIN", **BLOCK}, role="EMPLOYEE", user_id=2)
        assert (answer.status, answer.json) == (403, FORBIDDEN if error is None else {**FORBIDDEN, "error": error})
    assert (client.get(URL).json, alive(2), published()) == (employee, 1, events)


def test_another_accounts_user_is_not_there(client, company, published, door, alive):
    other = company("dos")
    door.login("owner_dos", "secure_password")
    events = published()
    url = f"/api/users/{other['id']}/"
    theirs = client.get(url, account_id=other["account"]["id"]).json
    assert theirs["username"] == "owner_dos"
    for method, where in (("GET", url), ("PUT", url), ("PATCH", url), ("DELETE", url), ("PUT", url + "block/")):
        answer = client.call(method, where, {"role": "EMPLOYEE", **BLOCK})
        assert (answer.status, answer.json) == NOT_FOUND
    assert client.get(url, account_id=other["account"]["id"]).json == theirs
    assert (alive(other["id"]), published()) == (1, events)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_both_methods_change_what_is_given_only(client, employee, published, trail, method, logged_in, alive):
    change = {
        "first_name": "Laura Elena",
        "email": "laura@enterprise.com",
        "password": "ignored_too",
        "is_active": False,
    }
    answer = client.call(method, URL, change)
    assert (answer.status, answer.json) == (200, {
        **employee, "first_name": "Laura Elena", "full_name": "Laura Elena Mendez", "email": "laura@enterprise.com",
    })  # fmt: skip
    (event,) = published("UserUpdated")
    assert (event.version, event.data["full_name"]) == (2, "Laura Elena Mendez")
    assert trail()[0] == ("user_changed", "employee_01", {"fields": ["email", "first_name"]})
    assert alive(2) == 2, "a name opens nothing, so its change ends nothing"


def test_a_stale_change_is_refused(client, employee, alive, logged_in):
    stale = {"If-Match": '"0123"'}
    for method, url in (("PATCH", URL), ("DELETE", URL), ("PUT", URL + "block/")):
        assert client.call(method, url, {"role": "ADMIN", **BLOCK}, headers=stale).status == 412
    assert (client.get(URL).json, alive(2)) == (employee, 2)


def test_another_role_ends_all_sessions(client, employee, logged_in, alive, told, published, trail, door):
    answer = client.patch(URL, {"role": "ADMIN"})
    assert (answer.json["role"], answer.json["user_type"], answer.json["is_staff"]) == ("ADMIN", "inventarista", True)
    assert (alive(2), len(told())) == (0, 2)
    assert {event.data["reason"] for event in published("SessionRevoked")} == {"role_changed"}
    assert published("UserUpdated")[-1].data["role"] == "ADMIN"
    assert trail()[0] == ("role_changed", "employee_01", {"from": "EMPLOYEE", "to": "ADMIN"})
    assert [door.refresh(login["refresh"]).status for login in logged_in] == [401, 401]
    assert door.login("employee_01", "password123").json["user"]["role"] == "ADMIN"


def test_the_same_role_again_ends_nothing(client, employee, logged_in, alive, published, trail):
    assert client.patch(URL, {"role": "EMPLOYEE"}).json == employee
    assert (alive(2), published("UserUpdated"), trail()[0][0]) == (2, [], "user_created")


def test_a_last_day_that_is_over_ends_all_and_one_to_come_nothing(client, employee, logged_in, alive, door):
    assert client.patch(URL, {"expiry_date": "2126-12-31"}).json["profile"] == {
        "expired": False, "expiry_date": "2126-12-31",
    }  # fmt: skip
    assert alive(2) == 2
    assert client.patch(URL, {"expiry_date": "2020-12-31"}).json["profile"]["expired"] is True
    assert alive(2) == 0
    assert door.login("employee_01", "password123").status == 401
    assert client.patch(URL, {"expiry_date": None}).json == employee
    assert door.login("employee_01", "password123").status == 200


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("role", "CLIENT", '"CLIENT" is not a valid choice.'),
        ("role", None, "This field may not be null."),
        ("expiry_date", "31/12/2026", "Date has wrong format. Use one of these formats instead: YYYY-MM-DD."),
        ("email", "admin@enterprise.com", "custom user with this email already exists."),
    ],
)
def test_bad_changes_are_told_and_change_nothing(client, employee, logged_in, alive, field, value, message):
    answer = client.patch(URL, {"first_name": "X", field: value})
    assert (answer.status, answer.json) == (400, {field: [message]})
    assert (client.get(URL).json, alive(2)) == (employee, 2)


def test_a_block_as_003_shows_it(client, employee, logged_in, alive, told, published, trail, door):
    answer = client.put(URL + "block/", BLOCK)
    assert (answer.status, answer.json) == (200, {**employee, **BLOCK})
    assert client.get(URL).json == answer.json
    assert client.get("/api/users/?is_blocked=true").json["results"] == [answer.json]
    assert (alive(2), len(told())) == (0, 2)
    assert {event.data["reason"] for event in published("SessionRevoked")} == {"blocked"}
    event = published("UserUpdated")[-1]
    assert (event.data["is_blocked"], event.data["blocked_until"]) == (True, "2126-02-15T00:00:00.000000Z")
    details = {"reason": "Devolución tardía reiterada", "until": "2126-02-15T00:00:00+00:00"}
    assert trail()[0] == ("user_blocked", "employee_01", details)
    refused = door.login("employee_01", "password123")
    assert (refused.status, refused.json["blocked_reason"]) == (403, BLOCK["blocked_reason"])
    assert [door.refresh(login["refresh"]).status for login in logged_in] == [401, 401]


def test_a_block_is_lifted(client, employee, published, trail, door):
    client.put(URL + "block/", BLOCK)
    answer = client.put(URL + "block/", {**BLOCK, "is_blocked": False})
    assert (answer.status, answer.json) == (200, employee)
    assert published("UserUpdated")[-1].data["is_blocked"] is False
    assert trail()[0] == ("user_unblocked", "employee_01", {})
    assert door.login("employee_01", "password123").status == 200
    assert client.get("/api/users/?is_blocked=true").json["count"] == 0


def test_a_block_until_a_moment_that_has_passed_is_over(client, employee, door):
    past = {**BLOCK, "blocked_until": "2026-02-15T00:00:00Z"}  # 003's own, long ago
    assert client.put(URL + "block/", past).json == {**employee, **past}
    assert client.get(URL).json == employee
    assert door.login("employee_01", "password123").status == 200


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, {"is_blocked": ["This field is required."]}),
        ({"is_blocked": "perhaps"}, {"is_blocked": ["Must be a valid boolean."]}),
        ({**BLOCK, "blocked_reason": "x" * 256}, {"blocked_reason": ["Ensure this field has no more than 255 characters."]}),
        *(
            ({**BLOCK, "blocked_until": wrong}, {"blocked_until": [
                "Datetime has wrong format. Use one of these formats instead: "
                "YYYY-MM-DDThh:mm[:ss[.uuuuuu]](+HH:MM|-HH:MM|Z)."
            ]})
            for wrong in ("2126-02-15", "2126-02-15T00:00:00", "soon", 5, "9999-12-31T23:59:59-12:00")
        ),
    ],
)  # fmt: skip
def test_bad_blocks_are_told_and_block_nobody(client, employee, logged_in, alive, body, message):
    answer = client.put(URL + "block/", body)
    assert (answer.status, answer.json) == (400, message)
    assert (client.get(URL).json, alive(2)) == (employee, 2)


def test_any_offset_is_told_as_utc(client, employee):
    answer = client.put(URL + "block/", {**BLOCK, "blocked_until": "2126-02-15T00:00:00-06:00"})
    assert answer.json["blocked_until"] == "2126-02-15T06:00:00Z"


def test_nobody_blocks_themselves(client, employee):
    client.patch(URL, {"role": "ADMIN"})
    token = client.token_for("ADMIN", user_id=2, sub=employee["uid"])
    answer = client.put(URL + "block/", BLOCK, token=token)
    assert (answer.status, answer.json) == (400, {"detail": "You cannot block yourself."})
    assert client.get(URL).json["is_blocked"] is False


def test_deleted_users_are_gone_but_kept(client, employee, logged_in, alive, told, published, trail, door, database):
    answer = client.delete(URL)
    assert (answer.status, answer.data) == (204, b"")
    for method, url in (("GET", URL), ("PATCH", URL), ("DELETE", URL), ("PUT", URL + "block/")):
        again = client.call(method, url, BLOCK)
        assert (again.status, again.json) == NOT_FOUND
    assert client.get("/api/users/").json["count"] == 1
    assert (alive(2), len(told())) == (0, 2)
    assert {event.data["reason"] for event in published("SessionRevoked")} == {"user_deleted"}
    (event,) = published("UserDeactivated")
    assert (event.subject, event.version, event.data["is_active"]) == (employee["uid"], 2, False)
    assert trail()[0] == ("user_deleted", "employee_01", {"role": "EMPLOYEE"})
    assert door.login("employee_01", "password123").status == 401
    assert [door.refresh(login["refresh"]).status for login in logged_in] == [401, 401]
    with database.read(ALL_ACCOUNTS) as session:
        assert session.execute(select(User.is_active, User.email).where(User.id == 2)).one() == (
            False, "employee@enterprise.com",
        )  # fmt: skip


def test_a_deletion_frees_a_place_in_the_plan(client, company, employee_body):
    account_id = company("dos")["account"]["id"]

    def make(number):
        body = {**employee_body, "username": f"e{number}", "email": f"e{number}@dos.com"}
        return client.post("/api/users/", body, account_id=account_id, role="OWNER")

    made = [make(number) for number in range(4)]
    full = make(4)
    assert (full.status, full.json) == (403, {"error": "Has alcanzado el límite de 5 usuarios para tu plan"})
    client.put(f"/api/users/{made[0].json['id']}/block/", BLOCK, account_id=account_id)
    assert make(4).status == 403, "a blocked user takes a place"
    assert client.delete(f"/api/users/{made[0].json['id']}/", account_id=account_id).status == 204
    assert (make(4).status, make(5).status) == (201, 403)


@pytest.mark.parametrize("second", ["absent", "employee", "blocked", "expiring", "deleted"])
def test_somebody_always_manages_the_account(client, employee_body, door, alive, published, database, second):
    """Nobody else counts who is no manager, or is one only for a time or not now."""
    door.login()
    if second != "absent":
        client.post("/api/users/", employee_body)
    values = {
        "blocked": {"role": "OWNER", "is_blocked": True, "blocked_until": utcnow() + timedelta(days=1)},
        "expiring": {"role": "OWNER", "expiry_date": utcnow().date() + timedelta(days=1)},
        "deleted": {"role": "OWNER", "is_active": False},
    }.get(second, {"last_name": "X"})  # fmt: skip
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(User).where(User.id == 2).values(**values))
    before, events = client.get("/api/users/1/").json, published()
    for method, url, body in (
        ("DELETE", "/api/users/1/", None),
        ("PATCH", "/api/users/1/", {"role": "EMPLOYEE"}),
        ("PUT", "/api/users/1/", {"expiry_date": "2126-12-31"}),
        ("PUT", "/api/users/1/block/", BLOCK),
    ):
        answer = client.call(method, url, body, user_id=2)
        assert (answer.status, answer.json) == (400, LAST)
        assert (client.get("/api/users/1/").json, alive(1), published()) == (before, 1, events)
    with database.read(ALL_ACCOUNTS) as session:
        counted = session.execute(select(Account.active_users).where(Account.id == 1)).scalar()
    assert counted == (1 if second == "absent" else 2)


@pytest.mark.parametrize("role", ["ADMIN", "OWNER"])
def test_with_a_second_manager_the_first_may_go(client, employee, role):
    client.patch(URL, {"role": role})
    assert client.patch("/api/users/1/", {"role": "EMPLOYEE"}).status == 200
    assert client.delete("/api/users/1/", user_id=2).status == 204
    assert client.delete(URL, user_id=2).json == LAST


def test_what_a_login_read_is_not_older_than_the_role(door, employee, client, database):
    """A role that changes between the password's check and the session's opening: the login is refused."""
    with database.read(ALL_ACCOUNTS) as session:
        user = queries.user_by_login(session, "employee_01")
    client.patch(URL, {"role": "ADMIN"})
    with database.transaction(ALL_ACCOUNTS) as session:
        opening = Opening("0199c2d5-1b2c-7d3e-8f40-6a7b8c9d0e1f", "x", 60, 60)
        assert open_user_session(session, user=user, opening=opening, device=Device("", ""), now=utcnow()) is None
