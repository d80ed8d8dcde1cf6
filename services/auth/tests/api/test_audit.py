"""`GET /api/auth/audit/`: each security event once, read by the account's managers, changed by nobody."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from auth.cli import rotate_keys
from auth.domain.models import AuditEntry, LoginFailures, SpentRefreshToken, User
from chassis.db import ALL_ACCOUNTS, utcnow

AUDIT = "/api/auth/audit/"
FORBIDDEN = {"detail": "You do not have permission to perform this action."}
UNKNOWN_NAME = "nobody-but-a-typed-secret"
WRONG = "guessed-in-vain"


@pytest.fixture
def trail(client, database):
    """`trail("action=login")`: the entries that ADMIN reads, numbered from the test's beginning."""
    with database.read(ALL_ACCOUNTS) as session:
        earlier = session.execute(select(func.max(AuditEntry.id))).scalar() or 0

    def read(query="", **who):
        answer = client.get(f"{AUDIT}?{query}", **who)
        assert answer.status == 200, answer
        found = [{**entry, "id": entry["id"] - earlier} for entry in answer.json]
        return [entry for entry in found if entry["id"] > 0]

    return read


@pytest.fixture
def entries(database):
    """`entries(at=…, action=…)`: an entry of account 1 as it stands in the table."""

    def add(**values):
        entry = {
            "account_id": 1, "at": utcnow(), "action": "login", "subject_type": "user", "subject_uid": "u-1",
            "subject_name": "lupita", "actor_uid": "u-1", "actor_name": "lupita", "ip_address": "10.0.0.1",
            "user_agent": "Chatbot/1.0", "details": {}, **values,
        }  # fmt: skip
        with database.transaction(ALL_ACCOUNTS) as session:
            session.execute(insert(AuditEntry).values(entry))

    return add


def everything(database):
    """All that the trail holds, as one text."""
    with database.read(ALL_ACCOUNTS) as session:
        rows = session.execute(select(*AuditEntry.__table__.columns)).all()
    return json.dumps([tuple(row) for row in rows], default=str)


def test_a_login_is_told_in_full(door, trail, client):
    pair = door.device(device_name="Bot", ip="203.0.113.9").json
    (entry,) = trail()
    me = client.get("/api/users/me/", token=pair["access"]).json
    at, sid = entry.pop("at"), entry["details"].pop("sid")
    assert at.endswith("Z")
    assert abs(datetime.fromisoformat(at) - datetime.now(UTC)) < timedelta(minutes=1)
    assert len(sid) == 36
    assert entry == {
        "id": 1,
        "action": "login",
        "subject": {"type": "user", "uid": me["uid"], "name": "admin_user"},
        "actor": {"uid": me["uid"], "name": "admin_user"},
        "ip_address": "203.0.113.9",
        "user_agent": "Chatbot/1.0",
        "details": {"client_type": "telegram_bot", "device_name": "Bot"},
    }


@pytest.mark.parametrize("name", ["admin_user", UNKNOWN_NAME])
def test_a_failure_leaves_one_entry_without_what_was_typed(door, trail, database, name):
    door.device(username=name, password=WRONG)
    (entry,) = trail()
    known = name == "admin_user"
    assert (entry["action"], entry["actor"]) == ("login_failed", None)
    assert (entry["subject"]["type"], entry["subject"]["name"]) == (("user", name) if known else ("login", ""))
    assert (entry["subject"]["uid"] is not None) == known
    assert entry["details"] == {
        "reason": "wrong_password" if known else "unknown_name", "client_type": "telegram_bot",
    }  # fmt: skip
    told = everything(database)
    assert WRONG not in told
    assert UNKNOWN_NAME not in told


def test_a_lock_leaves_one_entry_and_a_flood_after_it_none(door, trail, database):
    for number in range(10):
        door.login(password=WRONG, ip=f"10.0.0.{number}")
    assert len(trail("action=login_failed")) == 10
    (lock,) = trail("action=login_locked")
    assert (lock["ip_address"], lock["subject"]["name"]) == ("10.0.0.9", "admin_user")
    for number in range(20):
        assert door.login(password=WRONG, ip=f"10.0.1.{number}").status == 429
    assert door.login().status == 429
    assert len(trail()) == 11
    with database.read(ALL_ACCOUNTS) as session:
        assert session.execute(select(func.count(LoginFailures.key))).scalar() == 11, "the name and ten addresses"


def test_a_refusal_leaves_one_entry(door, trail, database):
    door.device()
    door.device(ip="203.0.113.9")
    (refusal,) = trail("action=login_refused")
    assert (refusal["subject"]["name"], refusal["ip_address"], refusal["actor"]) == ("admin_user", "203.0.113.9", None)
    assert refusal["details"] == {"reason": "already_logged_in", "client_type": "telegram_bot"}
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(User).values(is_blocked=True, blocked_reason="x"))
    assert door.device("mobile").status == 403
    blocked, already = trail("action=login_refused")
    assert already == refusal
    assert blocked["details"] == {"reason": "blocked", "client_type": "mobile"}
    assert trail("action=login_failed") == []


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/api/v1/auth/logout/", "logout"),
        ("/api/v1/auth/logout/all/", "logout_all"),
        ("/api/v1/auth/sessions/1/revoke/", "revoked"),
        ("/api/v1/auth/sessions/revoke_all/", "revoked_all"),
        ("/api/sessions/1/revoke/", "revoked"),
    ],
)
def test_ending_a_session_leaves_one_entry(door, client, trail, path, reason):
    pair = door.device(device_name="Bot").json
    headers = {"X-Forwarded-For": "203.0.113.9", "User-Agent": "Mozilla/5.0"}
    for _ in range(2):
        assert client.post(path, {}, token=pair["access"], headers=headers).status == 200
    (entry,) = trail("action=session_ended")
    login = trail("action=login")[0]
    assert entry["subject"] == login["subject"]
    assert entry["actor"] == login["actor"]
    assert (entry["ip_address"], entry["user_agent"]) == ("203.0.113.9", "Mozilla/5.0")
    assert entry["details"] == {
        "sid": login["details"]["sid"], "reason": reason, "client_type": "telegram_bot", "device_name": "Bot",
    }  # fmt: skip


def test_a_theft_leaves_one_entry_by_nobody(door, trail, database):
    pair = door.device().json
    door.refresh(pair["refresh"])
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(SpentRefreshToken).values(spent_at=utcnow() - timedelta(seconds=60)))
    for _ in range(3):
        door.refresh(pair["refresh"])
    (entry,) = trail("action=session_ended")
    assert (entry["actor"], entry["details"]["reason"]) == (None, "refresh_reused")
    assert pair["refresh"] not in everything(database)


def test_a_key_rotation_leaves_one_entry_of_the_first_account(trail, company, settings, database):
    service = SimpleNamespace(settings=settings, database=lambda: database)
    assert CliRunner().invoke(rotate_keys, [], obj=service).exit_code == 0
    (entry,) = trail("action=key_rotated")
    assert (entry["subject"]["type"], entry["actor"]) == ("key", {"uid": None, "name": "system"})
    assert set(entry["details"]) == {"signs_from"}
    assert "PRIVATE" not in everything(database)
    other = company("dos")
    assert trail("action=key_rotated", account_id=other["account"]["id"], role="OWNER") == []


def test_managers_read_their_own_account_only(door, client, employee, company, trail):
    other = company("dos")["account"]["id"]
    before = len(trail())
    door.login("owner_dos")
    door.login(UNKNOWN_NAME, WRONG)
    assert [entry["action"] for entry in trail()[: len(trail()) - before]] == ["login_failed"]
    theirs = trail(account_id=other, role="OWNER")
    assert [(entry["action"], entry["subject"]["name"]) for entry in theirs][:1] == [("login", "owner_dos")]
    assert all(entry["subject"]["name"] != UNKNOWN_NAME for entry in theirs)
    for role in ("EMPLOYEE", "CLIENT"):
        answer = client.get(AUDIT, role=role)
        assert (answer.status, answer.json) == (403, FORBIDDEN)
    assert client.get(AUDIT, role=None).status == 401


def test_newest_first_in_pages(entries, client, trail):
    for number in range(5):
        entries(subject_name=f"s{number}")
    assert [entry["subject"]["name"] for entry in trail()] == ["s4", "s3", "s2", "s1", "s0"]
    page = client.get(f"{AUDIT}?subject=u-1&page=2&page_size=2")
    assert [entry["subject"]["name"] for entry in page.json] == ["s2", "s1"]
    assert page.headers["X-Total-Count"] == "5"
    assert {'rel="next"', 'rel="prev"'} <= set(page.headers["Link"].replace(",", ";").replace(" ", "").split(";"))
    assert [entry["id"] for entry in trail("ordering=at")] == [1, 2, 3, 4, 5]
    assert client.get(f"{AUDIT}?ordering=ip_address").status == 400


def test_filters(entries, client, trail):
    entries(action="login")
    entries(action="role_changed", subject_uid="u-2", subject_name="Laura", actor_uid="u-1")
    entries(action="login_failed", subject_uid=None, actor_uid=None, actor_name="", ip_address="10.0.0.2")
    entries(subject_uid="u-2", actor_uid="u-3", actor_name="olga_100%", user_agent="Mozilla/5.0")

    def found(query):
        return [entry["id"] for entry in trail(query)]

    assert found("action=role_changed") == [2]
    assert found("subject=u-2") == [4, 2]
    assert found("actor=u-1") == [2, 1]
    assert found("subject=u-2&actor=u-1") == [2]
    assert found("ip_address=10.0.0.2") == [3]
    assert found("search=laura") == [2]
    assert found("search=100%25") == [4]
    assert found("search=mozilla") == [4]
    assert found("subject=nobody") == []
    assert client.get(f"{AUDIT}?action=coup").json == {"action": ['"coup" is not a valid choice.']}
    assert client.get(f"{AUDIT}?date_from=21/11/2026").json == {
        "date_from": ["Date has wrong format. Use one of these formats instead: YYYY-MM-DD."]
    }


def test_dates_are_days_of_the_accounts_zone(entries, trail):
    # America/Mexico_City is six hours behind: its 5th of March lasts from 06:00 to 06:00 UTC.
    for moment in ("2024-03-05T05:59:59", "2024-03-05T06:00:00", "2024-03-06T05:59:59", "2024-03-06T06:00:00"):
        entries(at=datetime.fromisoformat(moment).replace(tzinfo=UTC))

    def found(query):
        return [entry["id"] for entry in trail(query)]

    assert found("date_from=2024-03-05&date_to=2024-03-05") == [3, 2]
    assert found("date_from=2024-03-06") == [4]
    assert found("date_to=2024-03-04") == [1]
    assert found("date_from=0001-01-01&date_to=9999-12-31") == [4, 3, 2, 1]


@pytest.mark.parametrize(
    "change",
    [
        update(AuditEntry).values(actor_name="somebody else"),
        update(AuditEntry).where(AuditEntry.at < utcnow() - timedelta(days=300)).values(ip_address=""),
        delete(AuditEntry),
        delete(AuditEntry).where(AuditEntry.at > utcnow() - timedelta(days=29)),
    ],
    ids=["update", "update of an old one", "delete", "delete of a young one"],
)
def test_entries_can_not_be_changed_nor_young_ones_deleted(entries, database, change):
    entries(at=utcnow() - timedelta(days=400), subject_name="old")
    entries(at=utcnow() - timedelta(days=28), subject_name="young")
    before = everything(database)
    with pytest.raises(DBAPIError, match="append-only"), database.transaction(ALL_ACCOUNTS) as session:
        session.execute(change)
    assert everything(database) == before
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(text("DELETE FROM audit_entries WHERE subject_name = 'old'"))
    assert '"young"' in everything(database)
    assert '"old"' not in everything(database)
