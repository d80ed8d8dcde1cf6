"""Payment with what a customer has at the shop: claim the order, hold the points or credit, then store that it is paid.

Nothing here gives a hold back when an attempt fails: a retry meets it again, cash or a cancellation release it by their
event, and else customers asks what became of the order. So no late message can take a hold from under another attempt.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Response

from chassis import idempotency, web
from chassis.access import current_user
from chassis.current import settings, writing
from chassis.failpoints import failpoint
from chassis.problems import Unavailable
from chassis.uids import new_uid
from sales import clients
from sales.domain.errors import OtherPaymentHeld, ReleaseUnknown
from sales.domain.facts import Row
from sales.usecases.claim_payment import claim_payment, drop_claim
from sales.usecases.transitions import pay_claimed_order


def pay_with_hold(*, order_id: int, payment_method: str) -> Response:
    """Pay with POINTS or CREDIT. Whatever fails, the order stays PENDING and what was held goes back by itself."""
    key = idempotency.current()
    token = new_uid() if key is None else key.uid
    # Customers may give up a hold once it is `hold_sweep_after` old; the claim it is younger than ends well before.
    lasts = timedelta(seconds=settings().hold_sweep_after / 4)
    with writing() as session:
        order = claim_payment(session, order_id=order_id, payment_method=payment_method, token=token, lasts=lasts)
    failpoint("pay.claimed")
    try:
        _hold(order, payment_method)
        failpoint("pay.held")
        response = web.respond(200, pay_claimed_order, order_id=order_id, payment_method=payment_method, token=token)
    except ReleaseUnknown:
        raise  # the claim runs out by itself, later than a release that is still on its way can arrive
    except Exception:
        with writing() as session:
            drop_claim(session, order_id=order_id, token=token)
        raise
    failpoint("pay.committed")
    return response


def _hold(order: Row, payment_method: str) -> None:
    user = current_user()
    try:
        clients.customers().hold(order, payment_method=payment_method, user=user)
    except OtherPaymentHeld:
        # Nobody else is paying, for the claim is ours: this is what an attempt with the other method left behind.
        clients.customers().release(order["uid"], account_id=user.account_id)
        try:
            clients.customers().hold(order, payment_method=payment_method, user=user)
        except OtherPaymentHeld as still:  # an attempt that lost its claim came in between
            raise Unavailable from still
