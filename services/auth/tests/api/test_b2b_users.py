"""004, User: batches of users created, changed and deleted; found by uid, e-mail and username."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from auth import user_batches
from auth.domain.models import Account, AuditEntry, LoginName, LoginSession, User
from chassis.db import ALL_ACCOUNTS, utcnow
from chassis.passwords import Passwords
from chassis.testing import counted_statements

PATH = "/api/v1/user"
JOHN = {
    "uid": "user-123", "username": "john_doe", "email": "john@example.com", "password": "password123",
    "first_name": "John", "last_name": "Doe", "user_role": "employee",
}  # fmt: skip
TAKEN = {
    "email": "custom user with this email already exists.",
    "username": "A user with that username already exists.",
}


def person(name, **changes):
    return {"uid": name, "username": name, "email": f"{name}@x.com", "password": "password123"} | changes


def failure(answer):
    assert answer.json.keys() == {"data", "success", "status_message", "timestamp"}, answer
    assert (answer.json["data"], answer.json["success"]) == (None, False)
    return answer.status, answer.json["status_message"]


def data_of(answer):
    assert answer.status == 200, answer
    assert (answer.json["success"], answer.json["status_message"]) == (True, "Success")
    return answer.json["data"]


@pytest.fixture
def put(client):
    """`put(element, …)`: an upsert that is accepted; the uids."""
    return lambda *elements, **how: data_of(client.post(PATH, {"data": list(elements)}, **how))


@pytest.fixture
def log_in(client):
    """The status of a log-in on the B2B surface, and its answer's data."""

    def log_in(username, password="password123"):
        body = {"username": username, "password": password}
        answer = client.post("/api/v1/auth/login", body, role=None)
        return answer.status, (answer.json.get("data") or {})

    return log_in


@pytest.fixture
def alive(client):
    """Whether the session of these tokens still is."""

    def alive(tokens):
        body = {"refresh_token": tokens["refresh_token"]}
        return client.post("/api/v1/auth/refresh", body, role=None).status == 200

    return alive


@pytest.fixture
def everything(database):
    """What a refused batch must leave as it was."""

    def look():
        with database.read(ALL_ACCOUNTS) as session:
            users = session.execute(select(User.uid, User.version, User.username, User.is_active).order_by(User.id))
            names = session.execute(select(LoginName.name, LoginName.user_id).order_by(LoginName.name))
            places = session.execute(select(Account.id, Account.active_users).order_by(Account.id))
            entries = session.scalar(select(func.count(AuditEntry.id)))
            return [*users.all(), *names.all(), *places.all(), entries]

    return look


def test_the_example_creates_a_user_who_logs_in(client, put, log_in, published):
    assert put(JOHN) == ["user-123"]
    shown = data_of(client.get(f"{PATH}/user-123"))
    assert shown == {
        "uid": "user-123", "username": "john_doe", "email": "john@example.com", "first_name": "John",
        "last_name": "Doe", "role": "employee", "user_role": "employee", "phone_number": "", "is_blocked": False,
        "created_at": shown["created_at"],
    }  # fmt: skip
    assert "password" not in client.get(PATH).data.decode()
    status, tokens = log_in("john_doe")
    assert (status, tokens["entity_uid"]) == (200, "user-123")
    created = published("UserCreated")[-1]
    assert (created.subject, created.version, created.data["full_name"]) == ("user-123", 1, "John Doe")


def test_without_a_uid_one_is_made_and_a_role_is_employee(client, put):
    [uid] = put({name: JOHN[name] for name in ("username", "email", "password")})
    shown = data_of(client.get(f"{PATH}/{uid}"))
    assert (shown["user_role"], shown["first_name"]) == ("employee", "")


@pytest.mark.parametrize("role", ["admin", "ADMIN", "Owner", "eMPLOYEE"])
def test_roles_in_any_case_come_out_lower(client, put, role):
    put({**JOHN, "user_role": role})
    shown = data_of(client.get(f"{PATH}/user-123"))
    assert shown["user_role"] == shown["role"] == role.lower()


def test_what_is_left_out_stays_and_equal_changes_nothing(client, put, published, everything):
    put(JOHN)
    before = data_of(client.get(f"{PATH}/user-123"))
    assert put({"uid": "user-123", "last_name": "Roe"}) == ["user-123"]
    assert data_of(client.get(f"{PATH}/user-123")) == {**before, "last_name": "Roe"}
    [changed] = published("UserUpdated")
    assert (changed.subject, changed.version, changed.data["full_name"]) == ("user-123", 2, "John Roe")
    state = everything()
    put({**JOHN, "last_name": "Roe"})  # the password too is the one that it is
    assert everything() == state
    assert len(published("UserUpdated")) == 1


def test_a_batch_mixes_both_and_answers_in_order(put, log_in):
    put(person("b"), person("a"))
    new, *uids = put(person("c") | {"uid": "n"}, {"uid": "b", "username": "B2"}, {"uid": "a"})
    assert [new, *uids] == ["n", "b", "a"]
    assert [log_in(name)[0] for name in ("c", "b2", "B@X.com", "b")] == [200, 200, 200, 401]


def test_names_pass_from_one_to_another_within_a_batch(put, log_in, client):
    put(person("a"), person("b"))
    put({"uid": "a", "username": "b"}, {"uid": "b", "username": "a"}, person("c", email="d@x.com"))
    assert [data_of(client.get(f"{PATH}/username/{name}"))["uid"] for name in "ab"] == ["b", "a"]
    put(person("d", username="dd", email="c@x.com"), {"uid": "c", "email": "e@x.com"})
    assert log_in("E@x.com")[1]["entity_uid"] == "c"
    put(person("f", username="a", email="f@x.com"), {"uid": "b", "username": "free"})  # a new one gets what b gives up
    assert log_in("a")[1]["entity_uid"] == "f"


@pytest.mark.parametrize(
    ("elements", "message"),
    [
        ([{"uid": "x", "username": "x"}], "data[0].email: This field is required.; data[0].password: This field is required."),
        ([person("x"), {"uid": "y", "email": "y@x.com", "password": "password123"}], "data[1].username: This field is required."),
        ([person("x", password="1234567")], "data[0].password: Ensure this field has at least 8 characters."),
        ([person("x", password="1" * 129)], "data[0].password: Ensure this field has no more than 128 characters."),
        ([person("x", email="x")], "data[0].email: Enter a valid email address."),
        ([person("x", user_role="client")], 'data[0].user_role: "client" is not a valid choice.'),
        ([person("x"), person("y", email="X@x.com")], "data[1].email: The same as data[0]."),
        ([person("x"), person("y", username="x")], "data[1].username: The same as data[0]."),
        ([person("x"), person("x")], "data[1].uid: The same as data[0]."),
        ([person("x"), person("y", username="admin_user")], f"data[1].username: {TAKEN['username']}"),
        ([person("x", email="ADMIN@enterprise.com")], f"data[0].email: {TAKEN['email']}"),
        ([person("x", username="admin@enterprise.com")], f"data[0].username: {TAKEN['username']}"),
        ([person("x"), {"uid": "old", "username": "admin_user"}], f"data[1].username: {TAKEN['username']}"),
        ([person("x"), {"uid": "old", "email": "theirs@x.com"}], f"data[1].email: {TAKEN['email']}"),
    ],
)  # fmt: skip
def test_one_bad_element_refuses_all(client, put, company, everything, published, elements, message):
    put(person("old"))
    other = company("dos", plan="premium")["account"]["id"]
    put(person("theirs"), account_id=other)
    state, told = everything(), len(published())
    assert failure(client.post(PATH, {"data": elements})) == (400, message)
    assert everything() == state
    assert len(published()) == told


def test_the_plan_counts_for_the_whole_batch(client, company, put, everything):
    account_id = company("dos")["account"]["id"]
    put(person("one"), account_id=account_id)  # of five places three are left
    state = everything()
    for elements in ([person(f"n{number}") for number in range(4)],):
        answer = client.post(PATH, {"data": elements}, account_id=account_id)
        assert failure(answer) == (403, "Has alcanzado el límite de 5 usuarios para tu plan")
    assert everything() == state
    put({"uid": "one", "first_name": "Uno"}, *[person(f"n{number}") for number in range(3)], account_id=account_id)
    put({"uid": "one", "first_name": "Dos"}, account_id=account_id)
    client.delete(f"{PATH}/one", account_id=account_id)
    put(person("again"), account_id=account_id)
    assert data_of(client.get(PATH, account_id=account_id))[-1]["uid"] == "again"


def test_another_role_or_password_ends_the_sessions_at_once(put, log_in, alive, gateway, published):
    put(person("a"), person("b"), person("c"))
    a, b, c = (log_in(name)[1] for name in "abc")
    told = len(gateway.calls)
    put({"uid": "a", "user_role": "admin"}, {"uid": "b", "password": "password456"},
        {"uid": "c", "first_name": "C", "password": "password123"})  # fmt: skip
    assert [alive(tokens) for tokens in (a, b, c)] == [False, False, True]
    assert len(gateway.calls) == told + 1  # both, before the answer
    assert len(gateway.calls[-1][2]["revocations"]) == 2
    assert sorted(e.data["reason"] for e in published("SessionRevoked")) == ["password_changed", "role_changed"]
    assert (log_in("b")[0], log_in("b", "password456")[0]) == (401, 200)


def test_who_was_deleted_may_be_given_again(client, put, log_in, published):
    put({**JOHN, "user_role": "admin"})
    before = data_of(client.get(f"{PATH}/user-123"))
    client.delete(f"{PATH}/user-123")
    answer = client.post(PATH, {"data": [{"uid": "user-123", "first_name": "J"}]})
    assert failure(answer)[1].startswith("data[0].username: This field is required.")
    put({name: JOHN[name] for name in ("uid", "username", "email")} | {"password": "password456"})
    blank = {"first_name": "", "last_name": "", "role": "employee", "user_role": "employee"}
    assert data_of(client.get(f"{PATH}/user-123")) == {**before, **blank}
    assert [log_in("john_doe", word)[0] for word in ("password123", "password456")] == [401, 200]
    assert [event.version for event in published("UserCreated") if event.subject == "user-123"] == [1, 3]


def test_deleting_one(client, put, log_in, alive, gateway, published):
    put(JOHN)
    _, tokens = log_in("john_doe")
    answer = client.delete(f"{PATH}/user-123")
    assert data_of(answer) == "user deleted successfully"
    assert (alive(tokens), log_in("john_doe")[0], len(gateway.calls)) == (False, 401, 1)
    for method in ("GET", "DELETE"):
        assert failure(client.call(method, f"{PATH}/user-123")) == (404, "Not found.")
    assert [event.subject for event in published("UserDeactivated")] == ["user-123"]


def test_deleting_many_passes_over_unknown_ones(client, put, company):
    other = company("dos")["account"]["id"]
    put(person("theirs"), account_id=other)
    put(person("a"), person("b"))
    answer = client.delete(PATH, {"data": ["a", "unknown", "b", "theirs"]})
    assert data_of(answer) == "users deleted successfully"
    assert len(data_of(client.get(PATH))) == 1
    assert data_of(client.delete(PATH, {"data": ["unknown"]})) == "users deleted successfully"
    assert data_of(client.get(f"{PATH}/theirs", account_id=other))["uid"] == "theirs"


def test_somebody_manages_the_account_always(client, put, everything, alive, log_in):
    admin = data_of(client.get(f"{PATH}/username/admin_user"))["uid"]
    put(person("a"), person("boss", user_role="owner"))
    _, tokens = log_in("a")
    state = everything()
    last = "This is the last active ADMIN or OWNER of the account"
    for answer in (
        client.delete(PATH, {"data": ["a", "boss", admin]}),
        client.post(PATH, {"data": [{"uid": uid, "user_role": "employee"} for uid in ("a", "boss", admin)]}),
    ):
        status, message = failure(answer)
        assert (status, message[: len(last)]) == (400, last)
    assert everything() == [*state[:-1], state[-1]]
    assert alive(tokens)
    put(
        {"uid": "boss", "user_role": "employee"},
        {"uid": admin, "user_role": "employee"},
        person("new", user_role="admin"),
    )
    assert failure(client.delete(f"{PATH}/new"))[0] == 400


def test_found_by_email_and_username_in_any_case_and_encoding(client, put, company):
    put(JOHN | {"username": "Jöhn+doe", "email": "john+1@example.com"})
    other = company("dos")["account"]["id"]
    for path in ("email/john%2B1@example.com", "email/JOHN%2B1%40Example.COM", "username/j%C3%B6HN%2Bdoe"):
        assert data_of(client.get(f"{PATH}/{path}"))["uid"] == "user-123"
        assert failure(client.get(f"{PATH}/{path}", account_id=other)) == (404, "Not found.")
    # each under its own heading
    for path in ("username/john%2B1@example.com", "email/j%C3%B6hn%2Bdoe", "email/nobody@x.com"):
        assert failure(client.get(f"{PATH}/{path}")) == (404, "Not found.")


def test_the_list_has_metadata(client, put):
    put(*[person(f"u{number}") for number in range(5)])
    answer = client.get(f"{PATH}?offset=2&limit=2")
    assert answer.json.keys() == {"data", "success", "status_message", "timestamp", "metadata"}
    assert answer.json["metadata"] == {"offset": 2, "limit": 2, "total": 6}
    assert [user["uid"] for user in data_of(answer)] == ["u1", "u2"]
    assert client.get(PATH).json["metadata"] == {"offset": 0, "limit": 100, "total": 6}
    assert failure(client.get(f"{PATH}?limit=1001"))[0] == 400


def test_accounts_do_not_meet(client, put, company):
    other = company("dos")["account"]["id"]
    put(JOHN)
    put({**JOHN, "username": "j2", "email": "j2@x.com", "first_name": "Other"}, account_id=other)
    assert data_of(client.get(f"{PATH}/user-123"))["first_name"] == "John"
    client.delete(f"{PATH}/user-123", account_id=other)
    client.delete(PATH, {"data": ["user-123"]}, account_id=other)
    assert data_of(client.get(f"{PATH}/user-123"))["first_name"] == "John"


def test_a_blocked_user_shows_and_stays_blocked(client, put, database):
    put(JOHN)
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(
            update(User).where(User.uid == "user-123").values(is_blocked=True, blocked_until=utcnow() + timedelta(1))
        )
    put({"uid": "user-123", "first_name": "J", "password": "password456"})
    assert data_of(client.get(f"{PATH}/user-123"))["is_blocked"] is True


def test_each_is_written_into_the_audit_trail_by_whom(put, database):
    put(person("a"), person("b"))
    put({"uid": "a", "user_role": "admin", "password": "password456"}, {"uid": "b", "first_name": "B"})
    with database.read(ALL_ACCOUNTS) as session:
        columns = (AuditEntry.action, AuditEntry.subject_uid, AuditEntry.actor_name, AuditEntry.details)
        rows = session.execute(select(*columns).where(AuditEntry.subject_uid.in_(["a", "b"])).order_by(AuditEntry.id))
        entries = [tuple(row) for row in rows]
    assert entries == [
        ("user_created", "a", "user1", {"role": "EMPLOYEE"}),
        ("user_created", "b", "user1", {"role": "EMPLOYEE"}),
        ("role_changed", "a", "user1", {"from": "EMPLOYEE", "to": "ADMIN"}),
        ("user_changed", "b", "user1", {"fields": ["first_name"]}),
        ("password_changed", "a", "user1", {}),
    ]


def test_a_thousand_take_as_many_statements_as_two(app, client, put):
    def batch(size, **changes):
        return {"data": [person(f"u{number}", **changes) for number in range(size)]}

    def statements(call, *args):
        with counted_statements(app) as seen:
            assert call(*args).status == 200
        return len(seen)

    uids = [f"u{number}" for number in range(1000)]
    for size, body in ((1000, batch), (100, lambda size: batch(size, user_role="admin", first_name="N"))):
        assert statements(client.post, PATH, body(size)) <= statements_of_two(client, statements, body)
        client.delete(PATH, {"data": ["v0", "v1"]})
    assert statements(client.delete, PATH, {"data": uids}) <= 14


def statements_of_two(client, statements, body):
    """As many as two others need for the same."""
    two = [
        {**each, "uid": f"v{n}", "username": f"v{n}", "email": f"v{n}@x.com"} for n, each in enumerate(body(2)["data"])
    ]
    if "first_name" in two[0]:
        client.post(PATH, {"data": [{**each, "user_role": "employee"} for each in two]})
        for each in two:
            each["first_name"] = "M"
    return statements(client.post, PATH, {"data": two})


def test_what_is_not_hashed_in_time_is_hashed_lightly_until_the_first_login(
    app, client, put, log_in, database, monkeypatch
):
    batches = app.extensions["auth"].user_batches
    strong = Passwords(time_cost=2, memory_kib=128, parallelism=1)
    hurried = user_batches.UserBatches(batches.database, strong, batches.lighter, hash_seconds=-1.0)
    monkeypatch.setitem(
        app.extensions, "auth", type(app.extensions["auth"])(
            **{name: getattr(app.extensions["auth"], name) for name in ("keystore", "passwords", "logins")},
            user_batches=hurried,
        ),
    )  # fmt: skip
    put(JOHN)
    with database.read(ALL_ACCOUNTS) as session:
        stored = session.scalar(select(User.password_hash).where(User.uid == "user-123"))
    assert stored.startswith("$argon2id$")
    assert strong.outdated(stored)
    assert log_in("john_doe")[0] == 200
    answer = client.post(PATH, {"data": [person("x"), {"uid": "user-123", "password": "password456"}]})
    status, message = failure(answer)
    assert (status, message[:16]) == (400, "data[1].password")
    assert log_in("john_doe")[0] == 200


def test_sessions_of_who_is_not_named_live_on(put, log_in, alive, database):
    put(person("a"), person("b"))
    _, tokens = log_in("b")
    put({"uid": "a", "user_role": "admin"})
    assert alive(tokens)
    with database.read(ALL_ACCOUNTS) as session:
        assert session.scalar(select(func.count(LoginSession.id)).where(LoginSession.revoked_at.is_not(None))) == 0
