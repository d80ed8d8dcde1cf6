"""Who may pay an order with points or credit: one attempt at a time claims it, before customers is asked for a hold.

The claim ends with the payment, the attempt's failure, or by itself, so a killed process blocks nobody for long. Only
these attempts wait for each other: cash, a card, a cancellation and the sweep take a claimed order as any other, and
the attempt then finds its claim gone.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, or_, update
from sqlalchemy.orm import Session

from chassis.columns import UtcDateTime, utcnow
from chassis.prepared import prepared
from sales.domain.errors import BeingPaid, NobodysOrder, NotPayable
from sales.domain.facts import Row
from sales.domain.models import PENDING, Order
from sales.queries import ORDER_COLUMNS
from sales.usecases.transitions import refuse

_TOKEN: Any = bindparam("token")
_PENDING = update(Order).where(Order.id == bindparam("order_id"), Order.status == PENDING)
_CLAIM = prepared(
    _PENDING.where(
        or_(
            Order.claimed_until.is_(None),
            Order.claimed_until <= bindparam("now", type_=UtcDateTime),
            Order.claim_token == _TOKEN,
        )
    )
    .values(claim_token=_TOKEN, claimed_until=bindparam("until", type_=UtcDateTime))
    .returning(*ORDER_COLUMNS)
)
_DROP = prepared(_PENDING.where(Order.claim_token == _TOKEN).values(claim_token=None, claimed_until=None))


def claim_payment(session: Session, *, order_id: int, payment_method: str, token: str, lasts: timedelta) -> Row:
    """Claim a PENDING order for the attempt `token`, which has it for `lasts`; the order.

    The same attempt may claim again: a retry with an Idempotency-Key takes over from a try that was killed.
    BeingPaid while another attempt has it; NobodysOrder.
    """
    now = utcnow()
    order = _CLAIM(session, order_id=order_id, token=token, now=now, until=now + lasts).mappings().first()
    if order is None:
        refuse(session, order_id, NotPayable(), otherwise=BeingPaid())
    if order["customer_id"] is None:
        raise NobodysOrder(payment_method)
    return order


def drop_claim(session: Session, *, order_id: int, token: str) -> None:
    """The attempt is over without a payment: the next one need not wait."""
    _DROP(session, order_id=order_id, token=token)
