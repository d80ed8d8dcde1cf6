"""One active session of a client type, however many ask at once."""

from collections import Counter

import pytest
from sqlalchemy import func, insert, select

from auth.domain.models import AuditEntry, LoginSession, PendingRevocation
from auth.usecases.sessions import confirm_revocations
from chassis.db import ALL_ACCOUNTS
from chassis.testing_concurrency import together

THREADS = 16
ALREADY = {"detail": "You are already logged in on telegram bot. Please logout first..."}


def alive(database):
    with database.read(ALL_ACCOUNTS) as session:
        return session.execute(select(func.count(LoginSession.id)).where(LoginSession.revoked_at.is_(None))).scalar()


def test_one_of_sixteen_logins_wins(door, client, database):
    for _ in range(3):
        answers = together(THREADS, lambda number: door.device(ip=f"10.0.0.{number}"))
        assert Counter(answer.status for answer in answers) == {200: 1, 401: THREADS - 1}
        assert all(answer.json == ALREADY for answer in answers if answer.status == 401)
        (winner,) = [answer.json for answer in answers if answer.status == 200]
        assert alive(database) == 1
        assert client.post("/api/v1/auth/logout/", token=winner["access"]).status == 200
    with database.read(ALL_ACCOUNTS) as session:
        counted = session.execute(select(AuditEntry.action, func.count()).group_by(AuditEntry.action)).all()
    logged = {action: number for action, number in counted if "login" in action or "session" in action}
    assert logged == {"login": 3, "login_refused": 45, "session_ended": 3}


def test_the_other_logins_are_not_in_their_way(door, database):
    answers = together(THREADS, lambda number: door.login() if number % 2 else door.device("unknown"))
    assert Counter(answer.status for answer in answers) == {200: 9, 401: 7}
    assert alive(database) == 9


def test_logins_and_logouts_at_once_never_leave_two(door, client, database):
    first = door.device().json

    def either(number):
        if number % 4 == 0:
            return client.post("/api/v1/auth/logout/all/", token=first["access"])
        return door.device()

    answers = together(32, either)
    assert {answer.status for answer in answers} <= {200, 401}
    assert alive(database) <= 1


@pytest.mark.parametrize("path", ["logout/all/", "sessions/revoke_all/"])
def test_ending_all_at_once_counts_each_session_once(door, client, published, path):
    pairs = [door.login().json for _ in range(6)]
    answers = together(
        THREADS, lambda number: client.post(f"/api/v1/auth/{path}", {}, token=pairs[number % 6]["access"])
    )
    assert {answer.status for answer in answers} == {200}
    assert sum(next(value for value in answer.json.values() if isinstance(value, int)) for answer in answers) == 6
    assert len({event.subject for event in published("SessionRevoked")}) == len(published("SessionRevoked")) == 6


def test_those_who_confirm_the_same_never_deadlock(database):
    sids = [f"sid-{number}" for number in range(300)]
    for _ in range(3):
        with database.transaction(ALL_ACCOUNTS) as session:
            session.execute(insert(PendingRevocation), [{"gateway": "g", "sid": sid, "exp": 1} for sid in sids])

        def confirm(number):
            with database.transaction(ALL_ACCOUNTS) as session:
                confirm_revocations(session, gateway="g", sids=sids[number:][:: -1 if number % 2 else 1])

        together(THREADS, confirm)
        with database.read(ALL_ACCOUNTS) as session:
            assert session.scalar(select(func.count()).select_from(PendingRevocation)) == 0
