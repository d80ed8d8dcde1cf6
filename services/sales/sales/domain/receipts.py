"""What stands on an order's receipt, whatever it is printed on. Pure; its words are in English or Spanish."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from chassis.money import ZERO, text
from sales.domain.facts import Row
from sales.domain.models import CANCELLED, PAID
from sales.domain.pricing import points_for, rate_of

_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "ticket": "Ticket", "date": "Date", "cashier": "Cashier", "customer": "Customer", "subtotal": "Subtotal",
        "tax": "VAT {rate}% on {base}", "exempt": "VAT exempt on {base}", "total": "TOTAL", "saved": "You saved",
        "paid": "Paid with", "points": "Points earned", "saving": "saved",
        "PENDING": "NOT PAID", "CANCELLED": "CANCELLED",
        "CASH": "Cash", "CARD": "Card", "POINTS": "Points", "CREDIT": "Credit",
    },
    "es": {
        "ticket": "Folio", "date": "Fecha", "cashier": "Cajero", "customer": "Cliente", "subtotal": "Subtotal",
        "tax": "IVA {rate}% sobre {base}", "exempt": "IVA exento sobre {base}", "total": "TOTAL", "saved": "Usted ahorró",
        "paid": "Pagado con", "points": "Puntos ganados", "saving": "ahorro",
        "PENDING": "NO PAGADO", "CANCELLED": "CANCELADO",
        "CASH": "Efectivo", "CARD": "Tarjeta", "POINTS": "Puntos", "CREDIT": "Crédito",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A product of the receipt; money as text, before tax. `saved` is empty where nothing was taken off."""

    name: str
    quantity: int
    unit_price: str
    amount: str
    saved: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt's words and figures; pairs are (what, how much). `notice` says loudly that it is not paid."""

    language: str
    company: str
    folio: str
    notice: str
    head: list[tuple[str, str]]
    lines: list[Line]
    sums: list[tuple[str, str]]
    total: tuple[str, str]
    foot: list[tuple[str, str]]


def receipt(order: Row, lines: Sequence[Row], *, company: str, zone: ZoneInfo, language: str) -> Receipt:
    """The receipt of an order (rows of `orders` and `order_lines`) in `language`, its time in the account's `zone`."""
    words = WORDS[language]
    at = (order["paid_at"] or order["cancelled_at"] or order["created_at"]).astimezone(zone)
    head = [
        (words["ticket"], order["ticket_folio"]),
        (words["date"], f"{at:%Y-%m-%d %H:%M}"),
        (words["cashier"], clean(order["cashier"])),
    ]
    if order["customer_id"] is not None:
        head.append((words["customer"], clean(order["customer_name"])))
    foot = []
    if order["money_saved_total"]:
        foot.append((words["saved"], text(order["money_saved_total"])))
    if order["status"] == PAID:
        foot.append((words["paid"], words[order["payment_method"]]))
        if order["customer_id"] is not None:
            foot.append((words["points"], str(points_for(order["final_amount"]))))
    return Receipt(
        language=language,
        company=clean(company),
        folio=order["ticket_folio"],
        notice="" if order["status"] == PAID else words[CANCELLED if order["status"] == CANCELLED else "PENDING"],
        head=head,
        lines=[_line(line, words) for line in lines],
        sums=[(words["subtotal"], text(order["subtotal"])), *_taxes(lines, words)],
        total=(words["total"], text(order["final_amount"])),
        foot=foot,
    )


def clean(name: str) -> str:
    """A name without control characters, those that turn the direction of text included; accents whole."""
    kept = (character for character in name if character not in _DIRECTIONS)
    shown = "".join(" " if unicodedata.category(character) == "Cc" else character for character in kept)
    return unicodedata.normalize("NFC", shown)


def _line(line: Row, words: Mapping[str, str]) -> Line:
    saved = f"{words['saving']} {text(line['discount_amount'])}" if line["discount_amount"] else ""
    name = clean(line["product_name"])
    return Line(name, line["quantity"], text(line["unit_price"]), text(line["amount"]), saved)


def _taxes(lines: Sequence[Row], words: Mapping[str, str]) -> list[tuple[str, str]]:
    """The tax of each rate, the highest first; both notations of a rate are one."""
    sums: dict[tuple[Decimal, bool], tuple[Decimal, Decimal]] = {}
    for line in lines:
        key = rate_of(line["tax_rate"]), line["tax_rate"] != "EXENT"
        base, tax = sums.get(key, (ZERO, ZERO))
        sums[key] = base + line["amount"], tax + line["tax_amount"]
    return [
        (words["tax" if taxed else "exempt"].format(rate=f"{rate * 100:.0f}", base=text(base)), text(tax))
        for (rate, taxed), (base, tax) in sorted(sums.items(), reverse=True)
    ]
