"""A customer pays off their debt at the counter (001, 17)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from customers.domain.models import PAYMENT
from customers.queries import available_credit
from customers.usecases.balances import Reason, reduce_credit


def pay_credit(
    session: Session, *, customer_id: int, amount: Decimal, description: str, actor_uid: str
) -> dict[str, Any]:
    """Take a payment off a living customer's debt. More than the debt ends at 0.00; the ledger gets what was applied."""
    why = Reason(PAYMENT, description, actor_uid=actor_uid)
    row = reduce_credit(session, customer_id, amount, why)
    return {"status": "success", "new_credit_used": row.credit_used, "available_credit": available_credit(row)}
