"""Money is decimal, never float, rounded half-up to cents (API contract, common rules)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


def round_half_up(amount: Decimal, to: Decimal = CENT) -> Decimal:
    """`amount` rounded half-up (away from zero at .5) to the step `to`, cents by default."""
    return amount.quantize(to, rounding=ROUND_HALF_UP)


def to_cents(amount: Decimal | int) -> int:
    """Whole cents of an amount; ValueError when it has a fraction of a cent or is a float."""
    if isinstance(amount, float):
        raise ValueError("money is never a float")
    try:
        cents = Decimal(amount) * 100
        whole = int(cents)
    except (InvalidOperation, OverflowError) as error:
        raise ValueError(f"not an amount of money: {amount!r}") from error
    if whole != cents:
        raise ValueError(f"{amount} has a fraction of a cent: round it where the rule is known")
    return whole


def text(amount: Decimal) -> str:
    """The POS surface's and the events' form: `"18.50"`."""
    return f"{amount:.2f}"
