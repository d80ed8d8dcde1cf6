"""Erase a customer: the person goes, here and by event wherever else something tells who it was; the ledgers stay."""

from __future__ import annotations

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from chassis.db import utcnow
from chassis.idempotency_keys import forget_answers
from chassis.problems import NotFound
from customers.domain import facts
from customers.domain.models import Customer, PurchaseDay


def erase_customer(session: Session, *, customer_id: int) -> None:
    """Forget name, phone, e-mail, birthday and purchase days, of a deleted customer too. NotFound, also when erased."""
    known = select(Customer.deleted_at).where(Customer.id == customer_id, Customer.erased_at.is_(None))
    before = session.execute(known.with_for_update()).first()
    if before is None:
        raise NotFound
    now = utcnow()
    erased = (
        update(Customer)
        .where(Customer.id == customer_id)
        .values(
            first_name="", last_name="", phone_number="", email=None, birth_date=None, search_text="", phone_key=None,
            phone_keyed="", phone_twin="", is_frequent=False, frequent_month=None,
            erased_at=now, deleted_at=func.coalesce(Customer.deleted_at, now),
            version=Customer.version + 1,
        )
    )  # fmt: skip
    row = session.execute(erased.returning(Customer.id, Customer.uid, Customer.version)).one()
    session.execute(delete(PurchaseDay).where(PurchaseDay.customer_id == customer_id))
    forget_answers(session, f"customer:{customer_id}")
    if before.deleted_at is None:
        facts.tell_deleted(session, row)
    facts.tell_erased(session, row)
