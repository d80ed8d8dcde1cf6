"""What an order would be held at, without holding it: the same products, prices and promotions, and what there is of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from catalog.domain.errors import UnknownProducts
from catalog.domain.stock import merged
from catalog.queries import held_by_others
from catalog.usecases.hold_statements import read_for_sale
from catalog.usecases.holds import hold_line


def quote_prices(session: Session, *, user_uid: str, lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A hold's answer with `available` for each product: units that this user could order now. UnknownProducts.

    Reads only; a shortage is told by `available`, for a quote is no order.
    """
    wanted = merged(lines)
    products = {row.id: row for row in read_for_sale(session, wanted)}
    if len(products) < len(wanted):
        raise UnknownProducts(lines, products)
    others = held_by_others(session, list(wanted), user_uid)
    return {
        "lines": [
            {**hold_line(row, wanted[row.id]), "available": max(row.current_stock - others.get(row.id, 0), 0)}
            for row in products.values()
        ]
    }
