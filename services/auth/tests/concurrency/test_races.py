"""Many at once: one winner where there can be one, no limit overrun, nothing lost."""

from collections import Counter

import pytest
from sqlalchemy import func, select, update

from auth.domain.models import Account, LoginSession, SigningKey, User
from auth.usecases.accounts import bootstrap
from chassis.db import ALL_ACCOUNTS
from chassis.testing_concurrency import together

THREADS = 16


def test_one_refresh_token_has_one_use(door, published):
    token = door.login().json["refresh"]
    answers = together(THREADS, lambda _: door.refresh(token))
    assert Counter(answer.status for answer in answers) == {200: 1, 401: THREADS - 1}
    (winner,) = [answer for answer in answers if answer.status == 200]
    assert door.refresh(winner.json["refresh"]).status == 200
    assert published("SessionRevoked") == []


def test_guesses_at_once_are_told_no_more_than_in_a_row(door):
    answers = together(40, lambda number: door.login(password="wrong_password", ip=f"10.0.1.{number}"))
    assert Counter(answer.status for answer in answers) == {401: 10, 429: 30}
    assert door.login().status == 429


def test_guesses_from_one_address_too(door):
    answers = together(120, lambda number: door.login(f"user{number}", ip="10.9.9.9"))
    assert Counter(answer.status for answer in answers) == {401: 100, 429: 20}


def test_good_logins_at_once_all_succeed(door, database):
    answers = together(32, lambda _: door.login())
    assert {answer.status for answer in answers} == {200}
    assert len({answer.json["session_id"] for answer in answers}) == 32


def test_the_last_places_of_a_plan_go_to_as_many(client, company, employee_body, database):
    account_id = company("dos")["account"]["id"]

    def make(number):
        body = {**employee_body, "username": f"e{number}", "email": f"e{number}@dos.com"}
        return client.post("/api/users/", body, account_id=account_id, role="OWNER")

    assert Counter(answer.status for answer in together(THREADS, make)) == {201: 4, 403: THREADS - 4}
    with database.read(ALL_ACCOUNTS) as session:
        counted = session.execute(select(func.count(User.id)).where(User.account_id == account_id)).scalar()
        kept = session.execute(select(Account.active_users).where(Account.id == account_id)).scalar()
    assert counted == kept == 5


def test_one_email_goes_to_one(client, employee_body):
    answers = together(THREADS, lambda number: client.post("/api/users/", {**employee_body, "username": f"e{number}"}))
    assert Counter(answer.status for answer in answers) == {201: 1, 400: THREADS - 1}
    assert client.get("/api/users/").json["count"] == 2


def test_overlapping_names_never_deadlock(client, employee_body):
    def make(number):
        names = ("m", "a@x.mx") if number % 2 else ("m", "z@x.mx")
        return client.post("/api/users/", {**employee_body, "username": names[0], "email": names[1]})

    assert Counter(answer.status for answer in together(THREADS, make)) == {201: 1, 400: THREADS - 1}


def test_a_keyed_request_at_once_makes_one_user(client, employee_body):
    answers = together(
        THREADS, lambda _: client.post("/api/users/", employee_body, headers={"Idempotency-Key": "same"})
    )
    assert {answer.status for answer in answers} == {201}
    assert len({answer.data for answer in answers}) == 1


def test_logout_and_refresh_at_once_leave_a_dead_session(door, gateway, database):
    for _ in range(4):
        pair = door.login().json

        def either(number, pair=pair):
            return door.logout(pair["access"]) if number % 4 == 0 else door.refresh(pair["refresh"])

        answers = together(8, either)
        assert {answer.status for answer in answers} <= {200, 401}
        for answer in answers:
            if answer.status == 200 and "refresh" in answer.json:
                assert door.refresh(answer.json["refresh"]).status == 401
    with database.read(ALL_ACCOUNTS) as session:
        alive = session.execute(select(func.count(LoginSession.id)).where(LoginSession.revoked_at.is_(None))).scalar()
    assert alive == 0
    assert len({item["sid"] for call in gateway.calls for item in call[2]["revocations"]}) == 4


def test_a_login_does_not_slip_past_a_block(door, database):
    def block():
        with database.transaction(ALL_ACCOUNTS) as session:
            session.execute(update(User).where(User.id == 1).values(is_blocked=True))
            session.execute(update(LoginSession).values(revoked_at=func.current_timestamp()))

    def either(number):
        return block() if number == 7 else door.login()

    together(24, either)
    with database.read(ALL_ACCOUNTS) as session:
        alive = session.execute(select(func.count(LoginSession.id)).where(LoginSession.revoked_at.is_(None))).scalar()
    assert alive == 0


@pytest.mark.parametrize("run", range(3))
def test_bootstrap_at_once_makes_one_account(nothing, password_hash, test_key, run):
    def boot(_):
        with nothing.transaction(ALL_ACCOUNTS) as session:
            return bootstrap(
                session, company_name="x", email="a@b.mx", username="a", password_hash=password_hash, key=test_key
            )  # fmt: skip

    assert Counter(together(THREADS, boot)) == {True: 1, False: THREADS - 1}
    with nothing.read(ALL_ACCOUNTS) as session:
        assert session.execute(select(func.count(Account.id))).scalar() == 1
        assert session.execute(select(func.count(SigningKey.kid))).scalar() == 1
