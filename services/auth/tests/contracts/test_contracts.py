"""What this service promises others: its events and its internal endpoint, as written down in `contracts/`."""

from datetime import timedelta

import jsonschema
import pytest
from sqlalchemy import update

from auth.domain.models import LoginSession
from chassis.db import ALL_ACCOUNTS, utcnow

EVENTS = ("AccountRegistered", "AccountUpdated", "UserCreated", "UserUpdated", "UserDeactivated", "SessionRevoked")


def test_the_events_are_the_ones_written_down(contracts):
    assert {path.stem for path in (contracts.folder / "events" / "auth").glob("*.json")} == set(EVENTS)


@pytest.mark.parametrize("type_", EVENTS)
def test_schemas_are_valid_and_their_examples_keep_them(contracts, type_):
    _, schema = contracts.event(type_)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:mostrador:events:auth:{type_}:1"
    assert all(field["description"] for field in schema["properties"].values())
    for example in schema["examples"]:
        jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(example)


def test_what_is_told_keeps_the_contract(client, door, employee, published):
    client.patch("/api/users/me/", {"first_name": "X"})
    door.logout(door.login().json["access"])
    events = published()  # each was held against its schema
    assert [event.type for event in events] == [
        "AccountRegistered", "UserCreated", "UserCreated", "UserUpdated", "SessionRevoked",
    ]  # fmt: skip
    assert {event.account_id for event in events} == {1}
    account = events[0]
    assert (account.data["account_id"], account.data["timezone"], account.version) == (1, "America/Mexico_City", 1)


def test_revocations_keep_the_contract(contracts, client, door, database):
    contract = contracts.internal("auth", "revocations")
    none, one = contract["examples"]
    (caller,) = contract["callers"]
    answer = client.internal(caller, contract["method"], none["path"], account_id=None)
    assert (answer.status, answer.json) == (none["status"], none["response"])
    sid = one["response"]["revocations"][0]["sid"]
    until = utcnow().replace(microsecond=0) + timedelta(hours=1)
    for _ in range(2):
        door.login()
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(
            update(LoginSession)
            .where(LoginSession.id == 1)
            .values(uid=sid, revoked_at=utcnow(), revocation_expires_at=until)
        )
        session.execute(
            update(LoginSession).where(LoginSession.id == 2).values(revoked_at=utcnow(), revocation_expires_at=utcnow())
        )
    answer = client.internal(caller, contract["method"], one["path"], account_id=None)
    expected = {"revocations": [{"sid": sid, "exp": int(until.timestamp())}]}
    assert (answer.status, answer.json) == (one["status"], expected)
