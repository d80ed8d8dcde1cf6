"""What the worker forgets by the clock: sessions that are long over, and old entries of the audit trail."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from auth import sweeps
from auth.domain.models import AuditEntry, LoginSession, SpentRefreshToken
from auth.sweeps import forget_old_entries, forget_old_sessions
from chassis.db import ALL_ACCOUNTS, utcnow


def change(database, session_id, **values):
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(LoginSession).where(LoginSession.id == session_id).values(**values))


def kept(database, column):
    with database.read(ALL_ACCOUNTS) as session:
        return sorted(session.scalars(select(column)))


def ago(days):
    return utcnow() - timedelta(days=days)


def test_sessions_that_are_long_over_go_with_their_spent_tokens(door, database, settings):
    for _ in range(7):
        pair = door.login().json
        door.refresh(door.refresh(pair["refresh"]).json["refresh"])
    over = ago(31)
    change(database, 2, expires_at=over)
    change(database, 3, expires_at=ago(25), revoked_at=over, revocation_expires_at=over)
    change(database, 4, expires_at=ago(29))
    change(database, 5, expires_at=ago(25), revoked_at=ago(29), revocation_expires_at=ago(29))
    change(database, 6, expires_at=over, revoked_at=over, revocation_expires_at=utcnow() + timedelta(seconds=30))
    change(database, 7, revoked_at=utcnow(), revocation_expires_at=utcnow() + timedelta(hours=1))
    forget_old_sessions(database, settings)
    assert kept(database, LoginSession.id) == [1, 4, 5, 6, 7], "6: a gateway that starts must still hear of it"
    assert kept(database, SpentRefreshToken.session_id) == [1, 1, 4, 4, 5, 5, 6, 6, 7, 7]
    forget_old_sessions(database, replace(settings, session_days=28))
    assert kept(database, LoginSession.id) == [1, 6, 7]


def test_a_live_session_stays_however_old(door, database, settings):
    token = door.device().json["refresh"]
    change(database, 1, created_at=ago(300))
    forget_old_sessions(database, replace(settings, session_days=0))
    assert door.refresh(token).status == 200


def test_small_batches_take_all_in_the_end(door, database, settings, monkeypatch):
    for _ in range(7):
        door.login()
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(LoginSession).values(expires_at=ago(31)))
    monkeypatch.setattr(sweeps, "BATCH", 2)
    monkeypatch.setattr(sweeps, "BATCHES", 2)
    left = []
    for _ in range(2):
        forget_old_sessions(database, settings)
        left.append(len(kept(database, LoginSession.id)))
    assert left == [3, 0]


@pytest.mark.parametrize(("audit_days", "left"), [(400, [0, 29, 399]), (60, [0, 29]), (1, [0, 29])])
def test_the_trail_is_kept_as_long_as_configured_and_a_month_at_least(database, settings, audit_days, left):
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(
            insert(AuditEntry),
            [
                {
                    "account_id": 1, "at": ago(days), "action": "login", "subject_type": "user", "subject_name": "",
                    "actor_name": "", "ip_address": "", "user_agent": "of the test", "details": {"days": days},
                }
                for days in (401, 399, 29, 0)
            ],
        )  # fmt: skip
    forget_old_entries(database, replace(settings, audit_days=audit_days))
    with database.read(ALL_ACCOUNTS) as session:
        details = session.scalars(select(AuditEntry.details).where(AuditEntry.user_agent == "of the test")).all()
    assert sorted(each["days"] for each in details) == left


def test_the_worker_runs_them():
    assert {"sessions.forget", "audit.forget"} <= {sweep.name for sweep in sweeps.SWEEPS}
