"""The read side of SKUs' keys: products by uid, and those without a key of their own.

A product of another system has its uid as SKU, so its uid is a code like a SKU: `prod-1` and `PROD-1` are one product.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Function, bindparam, func, select, tuple_
from sqlalchemy.orm import Session

from catalog.domain.models import Product
from chassis.codes import code_key
from chassis.prepared import prepared_either

_COLUMNS = select(Product.uid, Product.id, Product.sku_key, Product.deleted_at)
_NAMED = prepared_either(
    _COLUMNS.where(Product.uid.in_(bindparam("uids", expanding=True))),
    _COLUMNS.where(
        Product.deleted_at.is_(None), Product.sku_key.in_(bindparam("keys", expanding=True)), Product.sku == Product.uid
    ),
)


class WithoutKey(NamedTuple):
    """A living product without a key; `taken` says whether another living one of its account has it."""

    id: int
    account_id: int
    sku: str
    taken: bool


class Twin(NamedTuple):
    """A living product whose SKU means the same as another one's."""

    account_id: int
    id: int
    sku: str
    other_id: int
    other_sku: str


def find_uids(session: Session, uids: Iterable[str]) -> dict[str, tuple[str, int]]:
    """Return the stored uid and the id of the products, deleted ones too, that these uids name, by uid as it is given.

    A living product with exactly this uid comes first, then a living one with the same key, then a deleted one.
    """
    keys = {uid: code_key(uid) for uid in uids}
    rows = _NAMED(session, uids=list(keys), keys=list(set(keys.values()))).all()
    spelled = {row.uid: row for row in rows}
    living = {row.sku_key: row for row in rows if row.deleted_at is None}
    found = {}
    for uid, key in keys.items():
        row = spelled.get(uid)
        if row is None or row.deleted_at is not None:
            row = living.get(key, row)
        if row is not None:
            found[uid] = (row.uid, row.id)
    return found


def stored_uid(uid: str) -> Function[str]:
    """Return the stored uid of the living product that a uid names: its own one, or one with the same key."""
    living = select(Product.uid).where(Product.deleted_at.is_(None))
    same = living.where(Product.sku_key == code_key(uid), Product.sku == Product.uid)
    return func.coalesce(living.where(Product.uid == uid).scalar_subquery(), same.scalar_subquery())


def products_without_key(session: Session, *, after: int, limit: int) -> list[WithoutKey]:
    """Return living products without a key, of all accounts, in the order of their ids from `after` on."""
    rows = session.execute(
        select(Product.id, Product.account_id, Product.sku)
        .where(Product.deleted_at.is_(None), Product.sku_key.is_(None), Product.id > after)
        .order_by(Product.id)
        .limit(limit)
    ).all()
    holders = _holders(session, {(row.account_id, code_key(row.sku)) for row in rows})
    return [WithoutKey(*row, taken=(row.account_id, code_key(row.sku)) in holders) for row in rows]


def sku_twins(session: Session) -> list[Twin]:
    """Return all living products whose key another one has."""
    rows = session.execute(
        select(Product.account_id, Product.id, Product.sku)
        .where(Product.deleted_at.is_(None), Product.sku_key.is_(None))
        .order_by(Product.id)
    ).all()
    holders = _holders(session, {(row.account_id, code_key(row.sku)) for row in rows})
    return [
        Twin(*row, *holders[row.account_id, code_key(row.sku)])
        for row in rows
        if (row.account_id, code_key(row.sku)) in holders
    ]


def _holders(session: Session, keys: set[tuple[int, str]]) -> dict[tuple[int, str], tuple[int, str]]:
    """Return id and SKU of the product that has each key."""
    wanted = sorted(keys)
    found: dict[tuple[int, str], tuple[int, str]] = {}
    for start in range(0, len(wanted), 500):
        these = tuple_(Product.account_id, Product.sku_key).in_(wanted[start : start + 500])
        columns = select(Product.account_id, Product.sku_key, Product.id, Product.sku)
        for account_id, key, id_, sku in session.execute(columns.where(Product.deleted_at.is_(None), these)):
            found[account_id, str(key)] = (id_, sku)
    return found
