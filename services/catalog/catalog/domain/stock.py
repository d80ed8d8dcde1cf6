"""Rules of stock, pure: what counts as low, how lines merge, whose cart holds a release takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple


class Held(NamedTuple):
    """A live cart hold: whose, and how many units."""

    user_uid: str
    quantity: int


def is_low(stock: int, threshold: int) -> bool:
    """Whether a stock deserves a warning."""
    return stock <= threshold


def became_low(before: tuple[int, int], after: tuple[int, int]) -> bool:
    """Whether (stock, threshold) went from enough to low; a stock that stays low is not told of again."""
    return is_low(*after) and not is_low(*before)


def merged(lines: Iterable[Mapping[str, Any]]) -> dict[int, int]:
    """Units wanted of each product, lines of one product added up, in the order of product ids.

    Checked one by one, two lines of three would both fit into a stock of five; and rows that are always taken in the
    order of their ids can't deadlock.
    """
    wanted: dict[int, int] = {}
    for line in lines:
        wanted[line["product_id"]] = wanted.get(line["product_id"], 0) + line["quantity"]
    return dict(sorted(wanted.items()))


def after_release(holds: Sequence[Held], units: int, user_uid: str) -> dict[str, int]:
    """What remains of the holds touched when `units` are released: one's own first, then the others' as they come.

    `holds` stand oldest first and have at least `units` in all.
    """
    remaining: dict[str, int] = {}
    for hold in sorted(holds, key=lambda held: held.user_uid != user_uid):
        if units == 0:
            break
        taken = min(hold.quantity, units)
        remaining[hold.user_uid] = hold.quantity - taken
        units -= taken
    return remaining
