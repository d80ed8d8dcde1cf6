"""Suppliers come, change and go; one that products still name stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.orm import Session

from catalog.domain.errors import SupplierInUse
from catalog.domain.models import Product, Supplier
from catalog.queries import SUPPLIER, find_supplier, supplier_out
from chassis.db import insert_for, utcnow
from chassis.problems import NotFound
from chassis.search import search_text

Precondition = Callable[[Mapping[str, Any]], None]


def create_supplier(session: Session, *, fields: Mapping[str, Any]) -> dict[str, Any]:
    """A new supplier, as it is answered."""
    statement = insert_for(session, Supplier).values(**fields, search_text=_search_text(fields)).returning(*SUPPLIER)
    return supplier_out(session.execute(statement).one())


def update_supplier(
    session: Session, *, supplier_id: int, changes: Mapping[str, Any], precondition: Precondition
) -> dict[str, Any]:
    """Set the given fields. `precondition` sees the supplier as it is answered and may raise."""
    present = _take(session, supplier_id)
    precondition(supplier_out(present))
    statement = (
        update(Supplier)
        .where(Supplier.id == supplier_id, Supplier.deleted_at.is_(None))
        .values(**changes, search_text=_search_text({**present._mapping, **changes}))
        .returning(*SUPPLIER)
    )
    return supplier_out(session.execute(statement).one())


def delete_supplier(session: Session, *, supplier_id: int, precondition: Precondition) -> None:
    """Soft; SupplierInUse while living products name it."""
    # Taken first: a product that is just being created with this supplier has either been counted or finds it gone.
    precondition(supplier_out(_take(session, supplier_id)))
    living = (Product.supplier_id == supplier_id, Product.deleted_at.is_(None))
    used_by = session.execute(select(func.count(Product.id)).where(*living)).scalar_one()
    if used_by:
        raise SupplierInUse(used_by)
    session.execute(update(Supplier).where(Supplier.id == supplier_id).values(deleted_at=utcnow()))


def _take(session: Session, supplier_id: int) -> Row[Any]:
    living = select(Supplier.id).where(Supplier.id == supplier_id, Supplier.deleted_at.is_(None))
    if session.execute(living.with_for_update()).first() is None:
        raise NotFound
    present = find_supplier(session, supplier_id)
    if present is None:
        raise NotFound
    return present


def _search_text(fields: Mapping[str, Any]) -> str:
    return search_text(fields["name"], fields.get("rfc"), fields.get("contact_person"), fields.get("phone_number"))
