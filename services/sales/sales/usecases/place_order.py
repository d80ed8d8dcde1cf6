"""Store an order that is priced and whose stock is held, and tell of it."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from chassis.columns import utcnow
from chassis.messaging.outbox import emit
from chassis.prepared import prepared, prepared_insert
from chassis.problems import Conflict
from chassis.search import search_text
from sales.domain import facts
from sales.domain.drafts import Draft
from sales.domain.errors import UnknownCustomer
from sales.domain.models import ANONYMOUS, PENDING, Customer, Order, OrderLine
from sales.queries import created_answer

FOLIO_TRIES = 5
# Shared, so that customers' orders don't wait for each other; the erasure waits, and then finds this order too.
_STAYS = prepared(
    select(Customer.id)
    .where(Customer.id == bindparam("customer"), Customer.is_deleted.is_(False))
    .with_for_update(read=True)
)
_INSERT = prepared_insert(Order, returning=[Order.id], or_ignore=True)
_INSERT_LINES = prepared_insert(OrderLine)


def place_order(session: Session, *, draft: Draft) -> dict[str, Any]:
    """The new PENDING order, answered as API document §20 has it. Three statements, four with a customer.

    UnknownCustomer when the buyer was deleted since the draft was made: nobody's name is kept who has just been erased.
    """
    buyer, cashier = draft.buyer, draft.cashier
    if buyer and _STAYS(session, customer=buyer.id).first() is None:
        raise UnknownCustomer(buyer.id)
    order = _insert(
        session,
        {
            "uid": draft.uid,
            "version": 1,
            "status": PENDING,
            "customer_id": buyer.id if buyer else None,
            "customer_uid": buyer.uid if buyer else None,
            "customer_name": buyer.name if buyer else ANONYMOUS,
            "cashier_id": cashier.id,
            "cashier_uid": cashier.uid,
            "cashier": cashier.username,
            "created_at": utcnow(),
            **draft.totals,
        },
    )
    _INSERT_LINES(
        session,
        [{"order_id": order["id"], "position": position, **line} for position, line in enumerate(draft.lines)],
    )
    emit(session, "OrderCreated", subject=draft.uid, version=1, data=facts.order_created(order, draft.lines))
    return created_answer(order, draft.lines)


def _insert(session: Session, values: dict[str, Any]) -> dict[str, Any]:
    """Insert the order under a folio that no other order of the account has."""
    for _ in range(FOLIO_TRIES):
        folio = new_folio()
        row = {**values, "ticket_folio": folio, "search_text": search_text(folio, values["customer_name"])}
        if (order_id := _INSERT(session, row).scalar()) is not None:
            return {**row, "id": order_id}
    # Folios don't collide five times: it is the uid that is taken, by a twin of this request.
    raise Conflict


def new_folio() -> str:
    """Eight upper-case hex digits, as printed on a ticket."""
    return secrets.token_hex(4).upper()
