"""What an order needs from other services before its transaction: the customer, and the stock under the order's uid."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from chassis import idempotency
from chassis.access import current_user
from chassis.current import reading, settings, writing
from chassis.idempotency_keys import KEPT_FOR
from chassis.problems import Conflict, Invalid, Problem
from chassis.uids import new_uid
from sales import clients, queries
from sales.domain.drafts import Buyer, Cashier, Draft, HeldLine, draft_order, merged
from sales.domain.errors import HoldRefused, OrderTooLarge, UnknownCustomer
from sales.domain.facts import Row
from sales.domain.quotes import quote
from sales.usecases.remember_customer import remember_customer

UID_TRIES = 5


def draft(*, customer: int | None, items: Sequence[Mapping[str, int]]) -> Draft:
    """Know the customer, take the stock, price the lines. What it takes is catalog's to settle if no order follows."""
    user = current_user()
    buyer = None if customer is None else known_buyer(customer)
    order_uid, held = _take_stock(items)
    try:
        return draft_order(
            order_uid,
            buyer=buyer,
            cashier=Cashier(user.user_id, user.uid, user.username),
            held=held,
            birthday_percent=settings().birthday_discount_percent,
        )
    except OrderTooLarge:  # for certain, so the stock need not wait for catalog to ask
        clients.catalog().release(order_uid, account_id=user.account_id, never_made=True)
        raise


def quoted(*, customer: int | None, items: Sequence[Mapping[str, int]]) -> dict[str, Any]:
    """What a draft of the same would cost; takes nothing."""
    user, quantities = current_user(), merged(items)
    buyer = None if customer is None else known_buyer(customer)
    try:
        wanted, available = clients.catalog().prices(
            user_uid=user.uid, quantities=quantities, account_id=user.account_id
        )
    except Problem as problem:
        raise _at_sent_positions(problem, items, list(quantities)) from problem
    percent = settings().birthday_discount_percent
    return quote(wanted, available=available, buyer=buyer, birthday_percent=percent)


def known_buyer(customer_id: int) -> Buyer:
    """The customer of the projection, or by one read of the customers service. UnknownCustomer when there is none."""
    if customer_id < 1:
        raise UnknownCustomer(customer_id)
    with reading() as session:
        if (found := queries.find_customer(session, customer_id)) is not None:
            return _buyer(session, found)
    told = clients.customers().read(customer_id, account_id=current_user().account_id)
    if told is None:
        raise UnknownCustomer(customer_id)
    with writing() as session:
        remember_customer(session, data=told, version=told["version"])
        if (found := queries.find_customer(session, customer_id)) is None:
            raise UnknownCustomer(customer_id)
        return _buyer(session, found)


def _buyer(session: Session, customer: Row) -> Buyer:
    if customer["is_deleted"]:
        raise UnknownCustomer(customer["id"])
    return queries.as_buyer(session, customer)


def _take_stock(items: Sequence[Mapping[str, int]]) -> tuple[str, list[HeldLine]]:
    user, quantities = current_user(), merged(items)
    for order_uid in _uids():
        try:
            held = clients.catalog().hold(
                order_uid, user_uid=user.uid, quantities=quantities, account_id=user.account_id
            )
        except HoldRefused:
            continue
        except Problem as problem:
            raise _at_sent_positions(problem, items, list(quantities)) from problem
        return order_uid, held
    raise Conflict


def _uids() -> Iterator[str]:
    """The uids under which this request's order may be stored.

    With an Idempotency-Key each retry gets the same ones in the same order, and so meets the hold that its first
    attempt took. A uid is passed over when that hold was given up meanwhile, or when the key has outlived its 24 hours
    and is used for a new order.
    """
    key = idempotency.current()
    if key is None:
        yield new_uid()
        return
    uid = key.uid
    for _ in range(UID_TRIES):
        with reading() as session:
            spent = queries.is_spent(session, uid, after=KEPT_FOR)
        if not spent:
            yield uid
        uid = str(uuid.uuid5(uuid.UUID(uid), "next"))


def _at_sent_positions(problem: Problem, items: Sequence[Mapping[str, int]], product_ids: Sequence[int]) -> Problem:
    """Catalog's errors stand at the positions of merged lines; the user sent others."""
    told = problem.body.get("items")
    if problem.status != 400 or not isinstance(told, list):
        return problem
    by_product: dict[int, Any] = dict(zip(product_ids, told, strict=False))
    return Invalid({**problem.body, "items": [by_product.get(item["product_id"], {}) for item in items]})
