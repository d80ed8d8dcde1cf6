"""An order before it is stored: who buys, who sells, what catalog holds for it, and what it costs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from sales.domain import pricing
from sales.domain.errors import OrderTooLarge
from sales.domain.pricing import LinePrice, Totals

PROMOTION, BIRTHDAY = "PROMOTION", "BIRTHDAY"


@dataclass(frozen=True, slots=True)
class Buyer:
    """The customer of an order, as sales knows them; `has_birthday` on the account's calendar date of the order."""

    id: int
    uid: str
    name: str
    is_frequent: bool
    has_birthday: bool


@dataclass(frozen=True, slots=True)
class Cashier:
    """The user who makes the order."""

    id: int
    uid: str
    username: str


@dataclass(frozen=True, slots=True)
class Promotion:
    """A product's running promotion; `target_audience` is `ALL` or `FREQUENT_ONLY`."""

    id: int
    name: str
    discount_percent: Decimal
    target_audience: str

    def applies_to(self, buyer: Buyer | None) -> bool:
        """Whether this buyer (None: an anonymous one) has it."""
        return self.target_audience == "ALL" or (buyer is not None and buyer.is_frequent)


@dataclass(frozen=True, slots=True)
class Discount:
    """Why a line costs less: `percent` (over 0 to 100) off its list price, for a promotion or for the buyer's birthday."""

    kind: str
    percent: Decimal
    promotion: Promotion | None = None


@dataclass(frozen=True, slots=True)
class HeldLine:
    """Stock that catalog holds for the order (or would), with the product as it is now; `list_price` for one, before tax."""

    product_id: int
    product_uid: str
    sku: str
    name: str
    quantity: int
    list_price: Decimal
    tax_rate: str
    promotion: Promotion | None


@dataclass(frozen=True, slots=True)
class Draft:
    """An order ready to be stored. `totals` and each of `lines` carry the column names of their tables."""

    uid: str
    buyer: Buyer | None
    cashier: Cashier
    totals: dict[str, Decimal]
    lines: list[dict[str, Any]]


def merged(items: Iterable[Mapping[str, int]]) -> dict[int, int]:
    """Quantity by product id, products in the order of their first mention."""
    quantities: dict[int, int] = {}
    for item in items:
        quantities[item["product_id"]] = quantities.get(item["product_id"], 0) + item["quantity"]
    return quantities


def draft_order(
    uid: str, *, buyer: Buyer | None, cashier: Cashier, held: Sequence[HeldLine], birthday_percent: int
) -> Draft:
    """Price what catalog holds; `birthday_percent` comes off on the buyer's birthday (0–100). OrderTooLarge."""
    priced = price_lines(held, buyer=buyer, birthday_percent=birthday_percent)
    lines = [
        {
            "product_id": line.product_id,
            "product_uid": line.product_uid,
            "product_name": line.name,
            "sku": line.sku,
            "quantity": line.quantity,
            "tax_rate": line.tax_rate,
            **asdict(price),
        }
        for line, _, price in priced
    ]
    return Draft(uid, buyer, cashier, asdict(totals_of(price for _, _, price in priced)), lines)


def price_lines(
    held: Iterable[HeldLine], *, buyer: Buyer | None, birthday_percent: int
) -> list[tuple[HeldLine, Discount | None, LinePrice]]:
    """Each line with the discount that this buyer gets on it, and its money."""
    priced = []
    for line in held:
        discount = best_discount(line.promotion, buyer, birthday_percent)
        percent = pricing.NO_DISCOUNT if discount is None else discount.percent
        priced.append((line, discount, pricing.price_line(line.list_price, line.tax_rate, line.quantity, percent)))
    return priced


def totals_of(prices: Iterable[LinePrice]) -> Totals:
    """The totals of an order's lines. OrderTooLarge when they come to more than an order may, if only before discounts."""
    totals = pricing.total(prices)
    if max(totals.final_amount, totals.subtotal + totals.money_saved_total) > pricing.MAX_TOTAL:
        raise OrderTooLarge
    return totals


def best_discount(promotion: Promotion | None, buyer: Buyer | None, birthday_percent: int) -> Discount | None:
    """Discounts don't stack, the better one counts; of two equal ones the promotion."""
    birthday = birthday_percent if buyer is not None and buyer.has_birthday else 0
    if promotion is not None and promotion.applies_to(buyer) and promotion.discount_percent >= birthday:
        return Discount(PROMOTION, promotion.discount_percent, promotion)
    return Discount(BIRTHDAY, Decimal(birthday)) if birthday else None
