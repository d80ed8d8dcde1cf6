"""What the worker does by the clock: tell gateways what they missed, forget what is over."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete

from auth.clients.gateways import Gateways
from auth.config import Config
from auth.domain.models import LoginFailures, PendingRevocation, SpentRefreshToken
from auth.domain.tokens import MARGIN_SECONDS
from auth.revocations import deliver
from auth.usecases.keys import forget_retired_keys
from chassis.db import ALL_ACCOUNTS, Database, utcnow
from chassis.messaging import Sweep


def deliver_revocations(database: Database, settings: Config) -> None:
    """Tell the gateways of revoked sessions that they have not confirmed."""
    deliver(database, Gateways(settings))


def retire_keys(database: Database, settings: Config) -> None:
    """Delete signing keys of which no token can be alive."""
    with database.transaction(ALL_ACCOUNTS) as session:
        outlived_by = settings.access_seconds + settings.key_cache_seconds + MARGIN_SECONDS
        forget_retired_keys(session, outlived_by=timedelta(seconds=outlived_by))


def prune(database: Database, settings: Config) -> None:
    """Delete login failures that no longer count, spent tokens that have expired, revocations that are over."""
    now = utcnow()
    over = now - timedelta(seconds=settings.login_failures_seconds)
    for stale in (
        delete(LoginFailures).where(LoginFailures.touched_at < over),
        delete(SpentRefreshToken).where(SpentRefreshToken.expires_at < now),
        delete(PendingRevocation).where(PendingRevocation.exp < int(now.timestamp())),
    ):
        with database.transaction(ALL_ACCOUNTS) as session:
            session.execute(stale)


SWEEPS = [
    Sweep("revocations.deliver", every_seconds=1, run=deliver_revocations),
    Sweep("keys.retire", every_seconds=60, run=retire_keys),
    Sweep("prune", every_seconds=60, run=prune),
]
