"""Promotions come, change and go; no day of a product has two active ones.

Whoever writes a product's promotions takes the product's row first. The statement that writes looks for the overlap, so
it sees every promotion of the product there is. Prices need no job: reads ask which promotion runs on today's date.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Row, exists, insert, literal, select, true, update
from sqlalchemy.orm import Session, aliased

from catalog.domain.actors import Actor
from catalog.domain.errors import DatesReversed, PromotionsOverlap, UnknownProduct
from catalog.domain.events import tell_promotions
from catalog.domain.models import Promotion
from catalog.queries import PROMOTION, find_promotion, promotion_out
from catalog.usecases.locks import take_product, take_products
from catalog.usecases.price_history import record_promotions
from chassis.db import utcnow
from chassis.problems import Conflict, NotFound
from chassis.search import search_text
from chassis.tenancy import tenant

Precondition = Callable[[Mapping[str, Any]], None]
_ALWAYS = true()


def create_promotion(session: Session, *, fields: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """A new promotion, as it is answered. UnknownProduct, DatesReversed, PromotionsOverlap."""
    product = _take_product(session, fields["product_id"])
    values = _checked(fields)
    columns = Promotion.__table__.c
    row = select(*(literal(value, columns[name].type) for name, value in values.items())).where(_no_overlap(values))
    statement = insert(Promotion).from_select(list(values), row).returning(*PROMOTION)
    promotion = session.execute(statement).first()
    if promotion is None:
        raise PromotionsOverlap(fields["start_date"], fields["end_date"])
    record_promotions(session, [(None, promotion)], actor=actor)
    tell_promotions(session, [promotion], [product])
    return promotion_out(promotion)


def update_promotion(
    session: Session, *, promotion_id: int, changes: Mapping[str, Any], actor: Actor, precondition: Precondition
) -> dict[str, Any]:
    """Set the given fields; what stays the same changes nothing. `precondition` sees the promotion as it is answered.

    The errors of `create_promotion`, for the promotion as it would be.
    """
    present = _take(session, promotion_id, precondition, also=changes.get("product_id"))
    changed = {name: value for name, value in changes.items() if getattr(present, name) != value}
    if not changed:
        return promotion_out(present)
    after = {**present._mapping, **changed}
    product = _take_product(session, after["product_id"])
    values = {**changed, "search_text": _checked(after)["search_text"]}
    promotion = _apply(session, present, values, _no_overlap(after, but=promotion_id))
    if promotion is None:
        raise PromotionsOverlap(after["start_date"], after["end_date"])
    record_promotions(session, [(present, promotion)], actor=actor)
    tell_promotions(session, [promotion], [product])
    return promotion_out(promotion)


def delete_promotion(session: Session, *, promotion_id: int, actor: Actor, precondition: Precondition) -> None:
    """Soft: it leaves every list, and the product's price is the normal one."""
    present = _take(session, promotion_id, precondition)
    product = _take_product(session, present.product_id)
    gone = _apply(session, present, {"deleted_at": utcnow()})
    record_promotions(session, [(present, None)], actor=actor)
    tell_promotions(session, [gone], [product])


def delete_promotions_of(session: Session, products: Collection[Any], *, actor: Actor) -> None:
    """Products that are taken and being deleted take their promotions along."""
    now = utcnow()
    statement = (
        update(Promotion)
        .where(Promotion.product_id.in_([product.id for product in products]), Promotion.deleted_at.is_(None))
        .values(deleted_at=now, updated_at=now, version=Promotion.version + 1)
        .returning(*PROMOTION)
    )
    gone = sorted(session.execute(statement), key=lambda promotion: promotion.id)
    record_promotions(session, [(promotion, None) for promotion in gone], actor=actor)
    tell_promotions(session, gone, products)


def _take(session: Session, promotion_id: int, precondition: Precondition, also: int | None = None) -> Row[Any]:
    """The promotion, ours until the transaction ends, as are its product and the one it is to move to."""
    found = find_promotion(session, promotion_id)
    if found is None:
        raise NotFound
    take_products(session, {found.product_id, also} - {None})
    present = find_promotion(session, promotion_id)
    if present is None:
        raise NotFound
    if present.product_id != found.product_id:
        raise Conflict
    precondition(promotion_out(present))
    return present


def _take_product(session: Session, product_id: int) -> Row[Any]:
    product = take_product(session, product_id)
    if product is None:
        raise UnknownProduct(product_id)
    return product


def _checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with what follows from them."""
    if fields["start_date"] > fields["end_date"]:
        raise DatesReversed
    return {**fields, "search_text": search_text(fields["name"], fields["description"])}


def _no_overlap(fields: Mapping[str, Any], *, but: int | None = None) -> ColumnElement[bool]:
    """The condition that no other promotion than `but` takes one of these days; an inactive one takes none."""
    if not fields["is_active"]:
        return _ALWAYS
    other = aliased(Promotion)
    overlap = select(other.id).where(
        other.account_id == tenant(),  # an INSERT from a SELECT is not restricted by itself
        other.product_id == fields["product_id"],
        other.deleted_at.is_(None),
        other.is_active.is_(True),
        other.start_date <= fields["end_date"],
        other.end_date >= fields["start_date"],
    )
    return ~exists(overlap if but is None else overlap.where(other.id != but))


def _apply(
    session: Session, present: Row[Any], values: Mapping[str, Any], condition: ColumnElement[bool] = _ALWAYS
) -> Row[Any] | None:
    statement = (
        update(Promotion)
        .where(Promotion.id == present.id, condition)
        .values(**values, updated_at=utcnow(), version=Promotion.version + 1)
        .returning(*PROMOTION)
    )
    return session.execute(statement).first()
