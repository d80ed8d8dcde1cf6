"""`chassis auth republish`: accounts and users as they are now, for a read model that knows nothing yet."""

from __future__ import annotations

from sqlalchemy import update

from auth.cli import STATE
from auth.domain.models import LoginSession
from chassis.db import ALL_ACCOUNTS
from chassis.messaging.republish import republish


def test_the_present_state_is_told_with_its_versions(client, company, employee, published, database):
    other = company("dos")
    client.put("/api/accounts/1/", {"timezone": "America/Tijuana"})
    client.patch(f"/api/users/{employee['id']}/", {"first_name": "Laura Elena"})
    gone = client.post(
        "/api/users/", {"email": "gone@enterprise.com", "password": "password123", "full_name": "A B"}
    ).json
    client.delete(f"/api/users/{gone['id']}/")
    before = published()
    newest = {event.subject: event for event in before}
    assert republish(database, STATE) == {"accounts": 2, "users": 4, "revoked sessions": 0}
    again = published()[len(before) :]
    assert {event.subject: (event.type, event.account_id, event.version) for event in again} == {
        employee["account"]["uid"]: ("AccountUpdated", 1, 2),
        other["account"]["uid"]: ("AccountUpdated", other["account"]["id"], 1),
        client.get("/api/users/me/").json["uid"]: ("UserUpdated", 1, 1),
        employee["uid"]: ("UserUpdated", 1, 2),
        gone["uid"]: ("UserDeactivated", 1, 2),
        other["uid"]: ("UserUpdated", other["account"]["id"], 1),
    }
    assert len(again) == 6
    assert all(event.data == newest[event.subject].data for event in again)
    assert newest[employee["account"]["uid"]].data["timezone"] == "America/Tijuana"


def test_sessions_whose_tokens_may_be_alive_are_told_as_revoked_once_more(door, published, database):
    over, revoked, _live = (door.login().json for _ in range(3))
    for pair in (over, revoked):
        door.logout(pair["access"])
    [first, second] = [event for event in published() if event.type == "SessionRevoked"]
    with database.transaction(ALL_ACCOUNTS) as session:
        ended = update(LoginSession).where(LoginSession.uid == first.subject)
        session.execute(ended.values(revocation_expires_at=LoginSession.created_at))
    assert republish(database, STATE)["revoked sessions"] == 1
    again = published()[-1]
    assert (again.type, again.subject, again.version, again.data) == ("SessionRevoked", second.subject, 1, second.data)
