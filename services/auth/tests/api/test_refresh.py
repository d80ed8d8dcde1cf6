"""`POST /api/auth/refresh/`: every token works once; one that is used again after a while ends its session."""

from datetime import timedelta

import jwt
import pytest
from sqlalchemy import func, select, update

from auth.domain.models import LoginSession, SpentRefreshToken, User
from chassis.db import ALL_ACCOUNTS, utcnow
from chassis.testing import counted_statements

INVALID = {"detail": "Given token not valid for any token type", "code": "token_not_valid"}
REVOKED = {"detail": "Token has been revoked. Please login again.", "code": "token_revoked"}


def spent_earlier(database, seconds):
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(SpentRefreshToken).values(spent_at=utcnow() - timedelta(seconds=seconds)))


def test_a_new_pair_of_the_same_session(door, client):
    first = door.login().json
    answer = door.refresh(first["refresh"])
    assert answer.status == 200
    assert set(answer.json) == {"access", "refresh"}
    assert answer.json["refresh"] != first["refresh"]
    old, new = (jwt.decode(one["access"], options={"verify_signature": False}) for one in (first, answer.json))
    assert old["sid"] == new["sid"]
    assert old["jti"] != new["jti"]
    assert client.get("/api/users/me/", token=answer.json["access"]).status == 200
    assert door.refresh(answer.json["refresh"]).status == 200


def test_claims_follow_the_user(door, database):
    first = door.login().json
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(User).values(role="OWNER"))
    claims = jwt.decode(door.refresh(first["refresh"]).json["access"], options={"verify_signature": False})
    assert claims["role"] == "OWNER"


def test_used_again_at_once_it_is_refused_and_nothing_else_happens(door, published):
    first = door.login().json["refresh"]
    second = door.refresh(first).json["refresh"]
    again = door.refresh(first)
    assert (again.status, again.json) == (401, INVALID)
    assert door.refresh(second).status == 200
    assert published("SessionRevoked") == []


@pytest.mark.parametrize("rotations", [1, 3])
def test_used_again_later_it_ends_the_session(door, database, gateway, published, rotations):
    first = newest = door.login().json["refresh"]
    for _ in range(rotations):
        newest = door.refresh(newest).json["refresh"]
    spent_earlier(database, 10.5)
    stolen = door.refresh(first)
    assert (stolen.status, stolen.json) == (401, REVOKED)
    assert door.refresh(newest).json == REVOKED
    (event,) = published("SessionRevoked")
    assert event.data["reason"] == "refresh_reused"
    assert [item["sid"] for item in gateway.calls[0][2]["revocations"]] == [event.subject]


def test_just_within_the_grace_it_does_not(door, database):
    first = door.login().json["refresh"]
    second = door.refresh(first).json["refresh"]
    spent_earlier(database, 8)
    assert door.refresh(first).json == INVALID
    assert door.refresh(second).status == 200


def test_theft_ends_that_session_only(door, database):
    other = door.login().json["refresh"]
    first = door.login().json["refresh"]
    door.refresh(first)
    spent_earlier(database, 60)
    door.refresh(first)
    assert door.refresh(other).status == 200


@pytest.mark.parametrize("token", ["garbage", "x" * 43, "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.e30.x"])
def test_what_was_never_a_token_is_refused(door, token):
    assert (door.refresh(token).status, door.refresh(token).json) == (401, INVALID)


def test_an_access_token_does_not_refresh(door):
    assert door.refresh(door.login().json["access"]).json == INVALID


def test_an_expired_token_is_refused(door, database):
    token = door.login().json["refresh"]
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(LoginSession).values(expires_at=utcnow() - timedelta(seconds=1)))
    assert door.refresh(token).json == INVALID


@pytest.mark.parametrize(
    "change",
    [
        {"is_active": False},
        {"is_blocked": True, "blocked_until": None},
        {"expiry_date": utcnow().date() - timedelta(days=2)},
    ],
    ids=["deleted", "blocked", "expired"],
)
def test_who_may_not_log_in_may_not_refresh_and_keeps_the_token(door, database, change):
    token = door.login().json["refresh"]
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(User).values(**change))
    assert door.refresh(token).json == INVALID
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(User).values(is_active=True, is_blocked=False, expiry_date=None))
    assert door.refresh(token).status == 200


def test_last_activity_and_expiry_move(door, database):
    token = door.login().json["refresh"]
    past = utcnow() - timedelta(days=3)
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(LoginSession).values(last_activity=past, expires_at=past + timedelta(days=7)))
    door.refresh(token)
    with database.read(ALL_ACCOUNTS) as session:
        row = session.execute(select(LoginSession.last_activity, LoginSession.expires_at)).one()
    assert row.last_activity > past + timedelta(days=2)
    assert row.expires_at - row.last_activity == timedelta(days=7)


def test_only_hashes_are_stored(door, database):
    tokens = [door.login().json["refresh"]]
    tokens.append(door.refresh(tokens[0]).json["refresh"])
    with database.read(ALL_ACCOUNTS) as session:
        stored = {
            *session.scalars(select(LoginSession.refresh_hash)),
            *session.scalars(select(SpentRefreshToken.token_hash)),
        }
        assert session.execute(select(func.count(LoginSession.id))).scalar() == 1
    assert not stored & set(tokens)
    assert len(stored) == 2


def test_a_refresh_takes_three_statements(door, app):
    token = door.login().json["refresh"]
    with counted_statements(app) as statements:
        door.refresh(token)
    assert len([text for text in statements if "signing_keys" not in text]) == 3


def test_the_token_is_required(client):
    assert client.post("/api/auth/refresh/", {}, role=None).json == {"refresh": ["This field is required."]}
