"""What the worker does by the clock (the chassis prunes inbox and idempotency keys)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from chassis import logs
from chassis.db import ALL_ACCOUNTS, Database, utcnow
from chassis.messaging import Sweep
from chassis.problems import Unavailable
from chassis.throttle import Throttle
from customers.clients.sales import PAID, Sales
from customers.config import Config
from customers.domain.clients import PinFailures
from customers.domain.models import HELD, PaymentHold
from customers.usecases.holds import release_holds, settle_paid
from customers.usecases.phone_keys import key_numbers, lacking_keys

BATCH = 200
_log = logs.get(__name__)


def settle_holds(database: Database, settings: Config) -> int:
    """Ask sales about holds that nobody confirmed: confirm what an order was paid with, give back the others; how many.

    Sales may have died between the hold and the payment. While sales can't say, the holds wait for the next turn.
    """
    columns = select(PaymentHold.order_uid, PaymentHold.account_id)
    too_old = utcnow() - timedelta(seconds=settings.hold_sweep_after)
    overdue = columns.where(PaymentHold.state == HELD, PaymentHold.created_at < too_old)
    with database.read(ALL_ACCOUNTS) as session:
        holds = session.execute(overdue.order_by(PaymentHold.created_at).limit(BATCH)).all()
    if not holds:
        return 0
    sales = Sales(settings)
    for order_uid, account_id in holds:
        try:
            status, paid_with = sales.fate_of(order_uid, account_id=account_id)
        except Unavailable as unavailable:
            # Perhaps about this order only: the others needn't wait for it. If sales is down, its client refuses at once.
            _log.warning("hold_not_settled", order_uid=order_uid, reason=unavailable.detail)
            continue
        with database.transaction(account_id) as session:
            if status == PAID and paid_with is not None:
                settle_paid(session, {order_uid: paid_with})
            else:  # a retry may have renewed the hold while sales was asked
                release_holds(session, [order_uid], held_before=too_old)
        _log.info("hold_settled", order_uid=order_uid, order_status=status, paid_with=paid_with)
    return len(holds)


def prune(database: Database, settings: Config) -> None:
    """Delete wrong PINs that no longer count."""
    with database.transaction(ALL_ACCOUNTS) as session:
        Throttle(PinFailures, settings.pin_failures_seconds).forget(session, now=utcnow())


def key_phones(database: Database, _settings: Config) -> int:
    """Give phone numbers their keys where they lack them; how many."""
    with database.read(ALL_ACCOUNTS) as session:
        if not lacking_keys(session):
            return 0
    with database.transaction(ALL_ACCOUNTS) as session:
        return key_numbers(session)


SWEEPS: list[Sweep] = [
    Sweep("phones.key", every_seconds=5, run=key_phones),
    Sweep("holds.settle", every_seconds=15, run=settle_holds),
    Sweep("prune", every_seconds=60, run=prune),
]
