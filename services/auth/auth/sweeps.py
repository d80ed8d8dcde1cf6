"""What the worker does by the clock: tell gateways and services what they missed, forget what is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.orm import Session

from auth.clients.gateways import Gateways
from auth.config import Config
from auth.domain.models import PendingRevocation, RegistrationCount, SpentRefreshToken
from auth.domain.tokens import MARGIN_SECONDS
from auth.revocations import deliver
from auth.usecases import audit
from auth.usecases.accounts import tell_young_accounts
from auth.usecases.keys import forget_retired_keys
from auth.usecases.sessions import forget_sessions
from auth.usecases.throttle import throttle
from chassis.db import ALL_ACCOUNTS, Database, utcnow
from chassis.messaging import Sweep
from chassis.pruning import delete_in_steps

BATCH = 500  # rows in one transaction
BATCHES = 10  # transactions in one turn: the sweep that tells the gateways waits meanwhile
YOUNG = timedelta(minutes=15)  # longer than any two services start apart


def deliver_revocations(database: Database, settings: Config) -> None:
    """Tell the gateways of revoked sessions that they have not confirmed."""
    deliver(database, Gateways(settings))


def tell_of_young_accounts(database: Database, _settings: Config) -> int:
    """Tell once more of accounts that opened minutes ago: when a platform starts for the first time, the services bind
    their queues one after the other, and an event that one of them hears already is not kept for the rest.
    """
    with database.transaction(ALL_ACCOUNTS) as session:
        return tell_young_accounts(session, since=utcnow() - YOUNG)


def retire_keys(database: Database, settings: Config) -> None:
    """Delete signing keys of which no token can be alive."""
    with database.transaction(ALL_ACCOUNTS) as session:
        outlived_by = settings.longest_access_seconds + settings.key_cache_seconds + MARGIN_SECONDS
        forget_retired_keys(session, outlived_by=timedelta(seconds=outlived_by))


def prune(database: Database, settings: Config) -> None:
    """Delete login failures that no longer count, spent tokens that have expired, revocations that are over."""
    now = utcnow()
    with database.transaction(ALL_ACCOUNTS) as session:
        throttle(settings.login_failures_seconds).forget(session, now=now)
    delete_in_steps(database, RegistrationCount, RegistrationCount.day < now.date())
    delete_in_steps(database, SpentRefreshToken, SpentRefreshToken.expires_at < now)
    delete_in_steps(database, PendingRevocation, PendingRevocation.exp < int(now.timestamp()))


def forget_old_sessions(database: Database, settings: Config) -> None:
    """Delete sessions that ended or ran out long ago."""
    now = utcnow()
    before, lasting = now - timedelta(days=settings.session_days), timedelta(seconds=settings.refresh_seconds)
    _in_batches(database, lambda session: forget_sessions(session, before=before, now=now, lasting=lasting, most=BATCH))


def forget_old_entries(database: Database, settings: Config) -> None:
    """Delete what the audit trail need not tell any more."""
    before = utcnow() - timedelta(days=max(settings.audit_days, audit.LEAST_DAYS))
    _in_batches(database, lambda session: audit.forget_entries(session, before=before, most=BATCH))


def _in_batches(database: Database, forget: Callable[[Session], int]) -> None:
    """Transactions short enough for logins to pass between them; the rest waits for the next turn."""
    for _ in range(BATCHES):
        with database.transaction(ALL_ACCOUNTS) as session:
            if forget(session) < BATCH:
                return


SWEEPS = [
    Sweep("revocations.deliver", every_seconds=1, run=deliver_revocations),
    Sweep("accounts.tell_young", every_seconds=30, run=tell_of_young_accounts),
    Sweep("keys.retire", every_seconds=60, run=retire_keys),
    Sweep("prune", every_seconds=60, run=prune),
    Sweep("sessions.forget", every_seconds=60, run=forget_old_sessions),
    Sweep("audit.forget", every_seconds=60, run=forget_old_entries),
]
