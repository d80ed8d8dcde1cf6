"""Accounts that just opened are told of once more by the clock, for services whose queues were bound a moment too late."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from auth.domain.models import Account
from auth.sweeps import tell_of_young_accounts
from chassis.db import ALL_ACCOUNTS, utcnow


def test_a_young_account_is_told_again_as_it_is_now(client, company, published, database, settings):
    company("dos")
    client.put("/api/accounts/1/", {"timezone": "America/Tijuana"})
    before = published()
    assert tell_of_young_accounts(database, settings) == 2
    told = [(event.type, event.account_id, event.version) for event in published()[len(before) :]]
    assert told == [("AccountUpdated", 1, 2), ("AccountUpdated", 2, 1)]
    newest = {event.subject: event.data for event in before if event.type.startswith("Account")}
    assert {event.subject: event.data for event in published()[len(before) :]} == newest


def test_an_account_is_not_young_for_long(client, published, database, settings):
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(Account).values(created_at=utcnow() - timedelta(minutes=16)))
    before = published()
    assert tell_of_young_accounts(database, settings) == 0
    assert published() == before
