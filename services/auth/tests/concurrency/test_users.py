"""Many who add, delete, demote and block users at once: the plan's limit holds, and somebody is left to manage."""

from collections import Counter

import pytest
from sqlalchemy import func, select

from auth.domain.models import Account, LoginSession, User
from auth.domain.plans import MANAGERS
from chassis.db import ALL_ACCOUNTS
from chassis.testing_concurrency import together

THREADS = 16
BLOCK = {"is_blocked": True, "blocked_until": None}


def people(database, account_id):
    """How many active users there are, and how many the account counts."""
    with database.read(ALL_ACCOUNTS) as session:
        there = select(func.count(User.id)).where(User.account_id == account_id, User.is_active)
        counted = select(Account.active_users).where(Account.id == account_id)
        return session.execute(there).scalar(), session.execute(counted).scalar()


def test_the_limit_holds_while_users_come_and_go(client, company, employee_body, database):
    account_id = company("dos")["account"]["id"]

    def make(number):
        body = {**employee_body, "username": f"e{number}", "email": f"e{number}@dos.com"}
        return client.post("/api/users/", body, account_id=account_id, role="OWNER")

    first = [make(f"first{number}").json["id"] for number in range(4)]

    def either(number):
        if number % 3:
            return make(number)
        return client.delete(f"/api/users/{first[number // 3 % 4]}/", account_id=account_id, role="OWNER")

    answers = together(24, either)
    made = sum(answer.status == 201 for answer in answers)
    gone = sum(answer.status == 204 for answer in answers)
    assert {answer.status for answer in answers} <= {201, 204, 403, 404}
    assert gone == 4, "each of the first four is deleted once"
    there, counted = people(database, account_id)
    assert there == counted == 5 + made - gone <= 5
    while make(f"last{there}").status == 201:
        there += 1
    assert people(database, account_id) == (5, 5)


@pytest.mark.parametrize("act", ["DELETE", "demote", "block", "mixed"])
def test_managers_who_turn_on_each_other_leave_one(client, employee_body, database, door, act):
    ids = [1]
    for number in range(3):
        body = {**employee_body, "username": f"m{number}", "email": f"m{number}@x.mx", "role": MANAGERS[number % 2]}
        ids.append(client.post("/api/users/", body).json["id"])
        door.login(f"m{number}", "password123")

    def turn(number):
        victim, by = ids[number % 4], ids[(number + 1) % 4]
        how = ("DELETE", "demote", "block")[number % 3] if act == "mixed" else act
        if how == "DELETE":
            return client.delete(f"/api/users/{victim}/", user_id=by)
        if how == "demote":
            return client.patch(f"/api/users/{victim}/", {"role": "EMPLOYEE"}, user_id=by)
        return client.put(f"/api/users/{victim}/block/", BLOCK, user_id=by)

    answers = together(THREADS, turn)
    assert set(Counter(answer.status for answer in answers)) <= {200, 204, 400, 404}
    with database.read(ALL_ACCOUNTS) as session:
        left = select(User.id).where(User.is_active, User.role.in_(MANAGERS), User.is_blocked.is_(False))
        assert len(session.execute(left).all()) == 1
    assert len(set(people(database, 1))) == 1


def test_a_deletion_is_done_once(client, employee, database, published):
    answers = together(THREADS, lambda _: client.delete("/api/users/2/"))
    assert Counter(answer.status for answer in answers) == {204: 1, 404: THREADS - 1}
    assert people(database, 1) == (1, 1)
    assert len(published("UserDeactivated")) == 1


@pytest.mark.parametrize("end", ["delete", "block", "role"])
def test_no_login_slips_past_the_end(client, employee, door, database, end):
    def change():
        if end == "delete":
            return client.delete("/api/users/2/")
        if end == "block":
            return client.put("/api/users/2/block/", BLOCK)
        return client.patch("/api/users/2/", {"role": "ADMIN"})

    def either(number):
        return change() if number == 5 else door.login("employee_01", "password123", ip=f"10.0.0.{number}")

    answers = together(THREADS, either)
    assert answers[5].status in (200, 204)
    with database.read(ALL_ACCOUNTS) as session:
        live = select(func.count(LoginSession.id)).where(LoginSession.user_id == 2, LoginSession.revoked_at.is_(None))
        alive = session.execute(live).scalar()
    # After another role one may log in again; the others are out.
    after = [answer for answer in answers if answer.status == 200 and "user" in (answer.json or {})]
    assert alive == (sum(login.json["user"]["role"] == "ADMIN" for login in after) if end == "role" else 0)


def test_one_change_of_password_wins(client, employee, door):
    token = door.login("employee_01", "password123").json["access"]

    def change(number):
        body = {"current_password": "password123", "new_password": f"password-{number}"}
        return client.post("/api/users/me/password/", body, token=token)

    answers = together(8, change)
    assert Counter(answer.status for answer in answers) == {200: 1, 400: 7}
    (winner,) = [number for number, answer in enumerate(answers) if answer.status == 200]
    assert door.login("employee_01", f"password-{winner}").status == 200


def test_one_email_registers_once(client, database):
    def register(number):
        body = {"email": "una@empresa.com", "password": "password123", "full_name": "A B", "company_name": f"{number}"}
        return client.post("/api/auth/register/", body, role=None)

    answers = together(THREADS, register)
    assert Counter(answer.status for answer in answers) == {201: 1, 400: THREADS - 1}
    with database.read(ALL_ACCOUNTS) as session:
        assert session.execute(select(func.count(Account.id))).scalar() == 2


def test_changes_of_an_account_are_numbered_in_their_order(client, published):
    answers = together(THREADS, lambda number: client.patch("/api/accounts/1/", {"phone": f"55{number}"}))
    assert {answer.status for answer in answers} == {200}
    assert [event.version for event in published("AccountUpdated")] == list(range(2, 2 + THREADS))
