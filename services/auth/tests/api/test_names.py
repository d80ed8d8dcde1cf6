"""Usernames and passwords: in whichever Unicode form, by whom they may be had, and what it takes to change them."""

import unicodedata
from itertools import count

import pytest
from sqlalchemy import insert, select, update

from auth.domain.models import LoginName, User
from chassis.db import ALL_ACCOUNTS
from chassis.passwords import Passwords

COMPOSED, DECOMPOSED = "contraseñá1", unicodedata.normalize("NFD", "contraseñá1")
EMPLOYEE = {"role": "EMPLOYEE", "user_id": 2}
INVALID = "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."
UNNAMED = "Enter a username with a letter or a number."
MIXED = "Enter a username in one script: letters of several can be mistaken for each other."
FOREIGN = "Only your own e-mail can be a username with @."
REQUIRED = {"current_password": ["This field is required."]}
WRONG = {"current_password": ["The current password is not correct."]}


@pytest.fixture
def doors(client):
    """`doors(name, password)`: the statuses of the three kinds of log-in. One who is logged in on the device is told so for the right password."""
    addresses = count(1)

    def right(answer):
        return 200 if b"You are already logged in" in answer.data else answer.status

    def statuses(name, password):
        how = {"role": None, "headers": {"X-Forwarded-For": f"10.9.0.{next(addresses)}"}}
        named = {"username": name, "password": password}
        return [
            client.post("/api/auth/login/", named, **how).status,
            right(client.post("/api/v1/auth/token/", named, **how)),
            client.post("/api/v1/auth/login", named, **how).status,
        ]

    return statuses


@pytest.mark.parametrize(("given", "typed"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
def test_a_password_is_one_in_both_unicode_forms(client, employee_body, doors, given, typed):
    created = client.post("/api/users/", {**employee_body, "password": given})
    assert created.status == 201
    assert doors("employee_01", typed) == [200] * 3
    change = {"current_password": typed, "new_password": given + "x"}
    assert client.post("/api/users/me/password/", change, **EMPLOYEE).status == 200
    assert doors("employee_01", typed + "x") == [200] * 3
    put = {"uid": "b", "username": "b", "email": "b@x.mx", "password": given}
    assert client.post("/api/v1/user", {"data": [put]}).status == 200
    assert doors("b", typed) == [200] * 3
    again = client.post("/api/v1/user", {"data": [{"uid": "b", "password": typed}]})
    assert (again.status, doors("b", given)) == (200, [200] * 3)
    company = {"email": "o@dos.mx", "password": given, "full_name": "Olga Ríos", "company_name": "Dos"}
    assert client.post("/api/auth/register/", company, role=None).status == 201
    assert doors("o@dos.mx", typed) == [200] * 3


def test_a_hash_of_what_was_typed_is_good_for_the_same_bytes_and_then_for_both_forms(
    client, employee, doors, passwords, database
):
    with database.transaction(ALL_ACCOUNTS) as session:
        old = passwords.hash(DECOMPOSED)  # as it was made before passwords were prepared
        session.execute(update(User).where(User.id == 2).values(password_hash=old))
    assert doors("employee_01", COMPOSED) == [401] * 3
    again = {"uid": employee["uid"], "password": DECOMPOSED}
    assert client.post("/api/v1/user", {"data": [again]}).status == 200
    with database.read(ALL_ACCOUNTS) as session:
        assert session.scalar(select(User.password_hash).where(User.id == 2)) == old, (
            "the same password, only sent again"
        )
    assert doors("employee_01", DECOMPOSED) == [200] * 3
    assert doors("employee_01", COMPOSED) == [200] * 3


@pytest.mark.parametrize(
    ("password", "hashes"), [("plain ascii", 1), (COMPOSED, 1), (DECOMPOSED, 2), ("x\x00yzzzzzz", 1)]
)
def test_a_refusal_takes_as_many_hashes_for_nobody_as_for_somebody(door, employee, monkeypatch, password, hashes):
    calls, verify = [], Passwords.verify

    def counting(self, stored, typed):
        calls.append(stored)
        return verify(self, stored, typed)

    monkeypatch.setattr(Passwords, "verify", counting)
    for name in ("employee_01", "nobody"):
        calls.clear()
        assert door.login(name, password).status == 401
        assert len(calls) == hashes


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("12345678\x07", "This field may contain no control characters and no invisible ones."),
        ("1234567\u200b", "This field may contain no control characters and no invisible ones."),
        (unicodedata.normalize("NFD", "ñandúes"), "Ensure this field has at least 8 characters."),
        ("ñ" * 129, "Ensure this field has no more than 128 characters."),
    ],
)
def test_a_new_password_is_one_that_every_keyboard_can_write(client, employee_body, password, message):
    answer = client.post("/api/users/", {**employee_body, "password": password})
    assert (answer.status, answer.json) == (400, {"password": [message]})


@pytest.mark.parametrize(
    ("given", "typed"),
    [
        ("José.Peña", "jose\u0301.pen\u0303a"),
        ("jose\u0301.pen\u0303a", "JOSÉ.PEÑA"),
        ("jose", "ｊｏｓｅ"),
        ("ｊｏｓｅ", "Jose"),
    ],
)
def test_a_username_is_one_in_both_unicode_forms(client, employee_body, doors, given, typed):
    made = client.post("/api/users/", {**employee_body, "username": given})
    assert (made.status, made.json["username"]) == (201, unicodedata.normalize("NFKC", given))
    assert doors(typed, "password123") == [200] * 3
    assert client.get(f"/api/v1/user/username/{typed}").json["data"]["uid"] == made.json["uid"]
    twin = client.post("/api/users/", {**employee_body, "username": typed, "email": "twin@x.mx"})
    assert (twin.status, list(twin.json)) == (400, ["username"])


def test_an_email_is_one_in_both_unicode_forms(client, employee_body, doors):
    decomposed, composed = "josé@x.mx", "jos\u00e9@x.mx"
    decomposed = unicodedata.normalize("NFD", decomposed)
    made = client.post("/api/users/", {**employee_body, "email": decomposed})
    assert (made.status, made.json["email"]) == (201, composed)
    assert doors(composed, "password123") == doors(decomposed, "password123") == [200] * 3
    for form in (composed, decomposed):
        assert client.get(f"/api/v1/user/email/{form}").json["data"]["uid"] == made.json["uid"]
    twin = client.post("/api/users/", {**employee_body, "username": "twin", "email": decomposed})
    assert (twin.status, list(twin.json)) == (400, ["email"])


def test_users_who_differed_in_unicode_form_only_both_go_on_logging_in(client, employee_body, doors, database):
    """They are from before names were compared in one form."""
    client.post("/api/users/", {**employee_body, "username": "jos\u00e9"})
    other = {**employee_body, "username": "other", "email": "other@x.mx", "password": "another password"}
    other_id = client.post("/api/users/", other).json["id"]
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(insert(LoginName).values(name="jose\u0301", user_id=other_id))
    assert doors("jos\u00e9", "password123") == [200] * 3
    assert doors("jose\u0301", "another password") == [200] * 3


@pytest.fixture
def give(client, employee):
    """`give(username)`: what each path answers that gives an employee this username: messages, or None."""

    def answers(username):
        named = {"username": username, "current_password": "password123"}
        new = {"email": "new@x.mx", "password": "password123"}
        created = client.post("/api/users/", {**new, "first_name": "A", "last_name": "B", "username": username})
        patched = client.patch("/api/users/2/", {"username": username})
        own = client.patch("/api/users/me/", named, **EMPLOYEE)
        batches = [
            client.post("/api/v1/user", {"data": [{"uid": uid, "username": username, **more}]})
            for uid, more in (("n", new), (employee["uid"], {}))
        ]
        assert {answer.status for answer in (created, patched, own, *batches)} == {400}
        prefix = "data[0].username: "
        return {
            *(tuple(answer.json["username"]) for answer in (created, patched, own)),
            *((batch.json["status_message"].removeprefix(prefix),) for batch in batches),
        }

    return answers


@pytest.mark.parametrize("name", [".", "..", "-", "_", "+", "...", "._-", "@", "-@-"])
def test_a_username_that_no_path_can_name_is_refused(give, name):
    assert give(name) == {(UNNAMED,)}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("аdmin", MIXED), ("admіn", MIXED), ("αdmin", MIXED), ("а.b", MIXED), ("иван-ivan", MIXED),
        ("сео", "Enter a username that is not made of letters that look Latin only."),
        ("АТМ", "Enter a username that is not made of letters that look Latin only."),
        ("ad\u200dmin", INVALID), ("ad\u00admin", INVALID), ("ad\u2024min", INVALID), ("①st", INVALID), ("ﬁn", INVALID), ("admin١", INVALID),
    ],
)  # fmt: skip
def test_a_username_has_one_script_and_no_look_alikes(give, name, message):
    assert give(name) == {(message,)}


@pytest.mark.parametrize(
    "name", ["иван", "山田たろう", "ヤマダー", "김철수", "Ñandú_9", "نور", "Ünal+1", "123", "Δημήτρης"]
)
def test_names_of_every_language_are_usernames(client, employee_body, door, name):
    assert client.post("/api/users/", {**employee_body, "username": name}).json["username"] == name
    assert door.login(name, "password123").status == 200


@pytest.mark.parametrize("name", ["ceo@rival.com", "employee@enterprise.com.mx", "a@b", "x@"])
def test_another_email_is_no_username(give, name):
    assert give(name) == {(FOREIGN,)}


def test_ones_own_email_is_a_username_and_stays_one(client, employee_body, door):
    body = {**employee_body, "username": "Employee@enterprise.com"}
    made = client.post("/api/users/", body).json
    assert made["username"] == "Employee@enterprise.com"
    away = {"email": "ceo@rival.com", "username": made["username"], "current_password": "password123"}
    changed = client.patch("/api/users/me/", away, **EMPLOYEE).json
    assert (changed["email"], changed["username"]) == ("ceo@rival.com", "ceo@rival.com")
    put = {"uid": made["uid"], "email": "laura@x.mx"}
    assert client.post("/api/v1/user", {"data": [put]}).status == 200
    assert client.get(f"/api/v1/user/{made['uid']}").json["data"]["username"] == "laura@x.mx"
    names = ("laura@x.mx", "ceo@rival.com", "employee@enterprise.com")
    assert [door.login(name, "password123").status for name in names] == [200, 401, 401]


@pytest.mark.parametrize("field", ["username", "email"])
def test_to_change_ones_own_names_takes_the_current_password(client, employee, employee_body, field):
    value = {"username": "laura", "email": "laura@x.mx"}[field]
    manager = client.get("/api/users/me/").json
    ways = (
        lambda more: client.patch("/api/users/me/", {field: value, **more}),
        lambda more: client.put("/api/users/me/", {field: value, "first_name": "X", **more}),
        lambda more: client.patch("/api/users/1/", {field: value, **more}),
        lambda more: client.post("/api/v1/user", {"data": [{"uid": manager["uid"], field: value, **more}]}),
    )
    for way in ways:
        for more, error in (({}, REQUIRED), ({"current_password": "wrong password"}, WRONG)):
            answer = way(more)
            assert answer.status == 400
            told = answer.json.get("status_message", answer.json)
            assert told in (error, f"data[0].current_password: {error['current_password'][0]}")
        assert client.get("/api/users/me/").json == manager
    assert client.patch("/api/users/me/", {field: manager[field], "first_name": "X"}).status == 200, "nothing new"
    right = {"current_password": "secure_password"}
    for number, way in enumerate(ways):
        assert way(right).status == 200
        assert client.get("/api/users/me/").json[field] == value
        back = {field: manager[field], **right, "last_name": str(number)}
        assert client.patch("/api/users/me/", back).status == 200


def test_a_manager_changes_anothers_names_without_a_password(client, employee):
    changed = client.patch("/api/users/2/", {"email": "laura@x.mx", "username": "laura"})
    assert (changed.status, changed.json["email"], changed.json["username"]) == (200, "laura@x.mx", "laura")
    assert client.post("/api/v1/user", {"data": [{"uid": employee["uid"], "username": "laura2"}]}).status == 200


def test_no_change_of_names_makes_room_for_more_guesses(client, employee, door):
    token = door.login("employee_01", "password123").json["access"]
    wrong = {"current_password": "password124", "new_password": "new_password"}
    statuses = []
    for number in range(6):
        statuses.append(client.post("/api/users/me/password/", wrong, token=token).status)
        statuses.append(client.patch("/api/users/me/", {"username": "guess", **wrong}, token=token).status)
        client.patch("/api/users/2/", {"email": f"e{number}@x.mx", "username": f"e{number}"})
    assert statuses == [400] * 10 + [429] * 2
    right = {"username": "guess", "current_password": "password123"}
    late = client.patch("/api/users/me/", right, token=token)
    assert (late.status, "Retry-After" in late.headers) == (429, True)
