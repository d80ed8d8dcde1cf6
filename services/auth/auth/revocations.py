"""Carries revocations to the gateways: at once, before a client is answered, and by a sweep until each has confirmed.

What has to be told stands in a table from the transaction of the revocation on, so that no crash can lose it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from auth import queries
from auth.clients.gateways import MOST, Gateways
from auth.config import Config
from auth.domain.tokens import MARGIN_SECONDS
from auth.usecases.sessions import Revoking, confirm_revocations
from chassis import logs
from chassis.db import ALL_ACCOUNTS, Database

log = logs.get(__name__)


def revoking_of(settings: Config) -> Revoking:
    """How this platform's sessions are ended: known of for as long as any access token lives."""
    return Revoking(settings.longest_access_seconds + MARGIN_SECONDS, settings.gateway_internal_urls)


def deliver(database: Database, gateways: Gateways) -> None:
    """Tell every gateway what it has not confirmed, all of them at the same time. What fails stays noted."""
    one = partial(_deliver_to, database, gateways)
    if len(gateways.urls) <= 1:
        for url in gateways.urls:
            one(url)
    else:
        with ThreadPoolExecutor(len(gateways.urls)) as pool:
            list(pool.map(one, gateways.urls))


def _deliver_to(database: Database, gateways: Gateways, url: str) -> None:
    left = True
    try:
        while left:  # more than one call takes, when thousands of sessions were ended at once
            with database.read(ALL_ACCOUNTS) as session:
                pending = queries.pending_revocations(session, gateway=url, most=MOST)
            if not pending or not gateways.tell(url, pending):
                return
            with database.transaction(ALL_ACCOUNTS) as session:
                confirm_revocations(session, gateway=url, sids=[item["sid"] for item in pending])
            left = len(pending) == MOST
    except SQLAlchemyError:
        # The revocation itself is committed and the refresh token dead; the sweep comes back to this.
        log.exception("revocations_undelivered", gateway=url)
