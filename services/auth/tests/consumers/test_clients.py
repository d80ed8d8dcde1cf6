"""`ClientChanged` → auth's picture of a client, and the end of sessions that a new PIN, deactivation or deletion leaves."""

import random

import pytest
from sqlalchemy import select

from auth.domain.models import AuditEntry, Client
from auth.sweeps import deliver_revocations
from auth.usecases import clients as clients_usecase
from chassis.db import ALL_ACCOUNTS
from chassis.messaging.handlers import handle
from chassis.testing import counted_statements

PIN_PATH = "/internal/clients/pin/"


@pytest.fixture
def log_in(client, customers):
    """`log_in(id, credentials_version=1, version=1)`: tokens of a client whom customers knows like that."""
    customers.reset()

    def log_in(id_=7, *, credentials_version=1, version=1, account_id=1, status=200):
        known = {
            "id": id_, "uid": f"client-{id_}", "account_id": account_id, "name": f"N{id_}", "email": None,
            "phone": f"+52{id_:08d}", "credentials_version": credentials_version, "version": version,
        }  # fmt: skip
        customers.on("POST", PIN_PATH, 200, {"client": known})
        body = {"phone": known["phone"], "pin_code": "1234"}
        answer = client.post("/api/v1/auth/login", body, role=None)
        assert answer.status == status, answer
        return answer.json.get("data")

    yield log_in
    customers.reset()


@pytest.fixture
def alive(client):
    """Which of these sessions can be refreshed; each is, so ask once."""

    def alive(*tokens):
        bodies = [{"refresh_token": each["refresh_token"]} for each in tokens]
        return [client.post("/api/v1/auth/refresh", body, role=None).status == 200 for body in bodies]

    return alive


@pytest.fixture
def changed(event_of):
    """`changed(7, version=2, active=False)`: the event."""

    def changed(id_=7, *, version, account_id=1, **data):
        full = {
            "client_id": id_,
            "client_uid": f"client-{id_}",
            "name": f"N{id_}",
            "phone": f"+52{id_:08d}",
            "email": None,
        }
        return event_of(
            "ClientChanged", {**full, **data}, version=version, subject=f"client-{id_}", account_id=account_id
        )

    return changed


DELETED = {"name": None, "phone": None, "active": False, "deleted": True}
ENDING = {
    "new PIN": ({"credentials_version": 2}, "credentials_changed"),
    "switched off": ({"active": False, "credentials_version": 2}, "client_inactive"),
    "deleted": ({**DELETED, "credentials_version": 2}, "client_inactive"),
    "off and on again before it was heard": ({"credentials_version": 3}, "credentials_changed"),
}


@pytest.mark.parametrize(("data", "reason"), ENDING.values(), ids=ENDING.keys())
def test_what_ends_the_sessions_of_a_client(deliver, changed, log_in, alive, published, database, data, reason):
    mine, also, other = log_in(), log_in(), log_in(8)
    event = changed(version=2, **data)
    deliver(event)
    deliver(event)
    deliver(changed(version=2, **data))  # told again under another event id
    assert alive(mine, also, other) == [False, False, True]
    told = published("SessionRevoked")
    assert [(event.data["user_uid"], event.data["reason"]) for event in told] == [("client-7", reason)] * 2
    with database.read(ALL_ACCOUNTS) as session:
        entries = session.execute(
            select(AuditEntry.subject_uid, AuditEntry.actor_name).where(AuditEntry.action == "session_ended")
        ).all()
    assert entries == [("client-7", "system")] * 2


def test_the_next_sweep_tells_the_gateways(deliver, changed, log_in, gateway, database, settings):
    log_in()
    deliver(changed(version=2, active=False, credentials_version=2))
    assert gateway.calls == []
    deliver_revocations(database, settings)
    [(_, path, body, _)] = gateway.calls
    assert (path, len(body["revocations"])) == ("/revocations", 1)


def test_what_only_changes_the_picture_ends_nothing(client, deliver, changed, log_in, alive):
    tokens = log_in()
    deliver(changed(version=2, name="Nuevo", email="n@x.mx"))
    assert client.get("/api/v1/auth/me", token=tokens["access_token"]).json["data"]["client"] == {
        "uid": "client-7", "name": "Nuevo", "email": "n@x.mx", "phone": "+5200000007", "role": "client",
    }  # fmt: skip
    assert alive(tokens) == [True]


def test_an_older_event_changes_nothing(client, deliver, changed, log_in, alive):
    deliver(changed(version=5, name="Newest", credentials_version=2))
    tokens = log_in(credentials_version=2, version=5)
    deliver(changed(version=3, name="Old", active=False, credentials_version=2), changed(version=4, name="Older"))
    assert client.get("/api/v1/auth/me", token=tokens["access_token"]).json["data"]["client"]["name"] == "Newest"
    assert alive(tokens) == [True]


def test_a_login_that_knows_of_a_new_pin_first_ends_the_old_sessions(deliver, changed, log_in, alive, gateway):
    """Were they left to the event, it would find the new state kept already and end nothing."""
    old = log_in()
    new = log_in(credentials_version=2, version=2)
    assert len(gateway.calls) == 1  # before the answer
    deliver(changed(version=2, credentials_version=2))
    assert alive(old, new) == [False, True]


def test_an_answer_that_is_older_than_the_event_opens_nothing(deliver, changed, log_in):
    deliver(changed(version=2, active=False, credentials_version=2))
    log_in(credentials_version=1, version=1, status=401)
    deliver(changed(version=3, credentials_version=2))
    log_in(credentials_version=1, version=1, status=401)
    log_in(credentials_version=2, version=3)


def test_a_deleted_client_leaves_no_name_and_no_phone(deliver, changed, log_in, database):
    log_in()
    deliver(changed(version=2, credentials_version=2, **DELETED))
    with database.read(ALL_ACCOUNTS) as session:
        row = session.execute(select(Client.name, Client.phone, Client.email, Client.is_active)).one()
    assert row == ("", "", None, False)


def test_the_accounts_of_clients_do_not_meet(deliver, changed, log_in, alive):
    ours, theirs = log_in(), log_in(8, account_id=2)
    deliver(changed(7, version=2, active=False, credentials_version=2, account_id=1))
    assert alive(ours, theirs) == [False, True]


def test_any_order_and_any_batches_give_the_same(deliver, changed, database):
    rng = random.Random(4)
    history = [
        changed(id_, version=version, name=f"V{version}", active=version % 3 > 0, credentials_version=1 + version // 2)
        for id_ in range(1, 5) for version in range(1, 9)
    ]  # fmt: skip
    stream = history * 2
    rng.shuffle(stream)
    while stream:
        size = rng.randint(1, 12)
        deliver(*stream[:size])
        stream = stream[size:]
    with database.read(ALL_ACCOUNTS) as session:
        rows = session.execute(select(Client.name, Client.is_active, Client.credentials_version, Client.version)).all()
    assert rows == [("V8", True, 5, 8)] * 4


def test_a_failure_takes_everything_back_and_the_next_delivery_counts(deliver, changed, log_in, alive, monkeypatch):
    tokens = log_in()
    event = changed(version=2, active=False, credentials_version=2)
    with monkeypatch.context() as patch:
        patch.setattr(clients_usecase, "end_sessions", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            deliver(event)
    deliver(event)
    assert alive(tokens) == [False]


def test_a_batch_takes_as_many_statements_as_an_event(database, subscriptions, changed, log_in):
    for id_ in range(1, 30):
        log_in(id_)

    def count(ids):
        events = [changed(id_, version=2, active=False, credentials_version=2) for id_ in ids]
        with counted_statements(database) as seen:
            handle(database, subscriptions, events)
        return len(seen)

    assert count([1]) == count(range(2, 30))
