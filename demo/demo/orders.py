"""A paid order of the past: its money and the JSON record that `chassis sales import-orders` reads."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from demo.catalogue import Customer, Product

CENT = Decimal("0.01")
NOTHING = Decimal("0.00")


def tax_on(amount: Decimal, tax_rate: str) -> Decimal:
    """Tax in MXN, rounded half-up to cents; `tax_rate` is "EXENT" or a percentage such as "16.00"."""
    percent = NOTHING if tax_rate == "EXENT" else Decimal(tax_rate)
    return (amount * percent / 100).quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class OrderLine:
    """`unit_price` and `amount` are before tax; nothing was ever discounted in the demo's past."""

    product: Product
    quantity: int
    unit_price: Decimal
    amount: Decimal
    tax_amount: Decimal

    @classmethod
    def of(cls, product: Product, quantity: int) -> "OrderLine":
        amount = product.price * quantity
        return cls(product, quantity, product.price, amount, tax_on(amount, product.tax_rate))

    def to_record(self) -> dict[str, Any]:
        return {
            "product_id": self.product.id,
            "product_uid": self.product.uid,
            "product_name": self.product.name,
            "sku": self.product.sku,
            "quantity": self.quantity,
            "unit_price": str(self.unit_price),
            "tax_rate": self.product.tax_rate,
            "tax_amount": str(self.tax_amount),
            "discount_amount": str(NOTHING),
            "amount": str(self.amount),
        }


@dataclass(frozen=True, slots=True)
class PastOrder:
    """Totals add the rounded lines. Instants are aware; `customer` is None for an anonymous order."""

    uid: str
    ticket_folio: str
    customer: Customer | None
    cashier: str
    created_at: datetime
    paid_at: datetime
    payment_method: str
    lines: tuple[OrderLine, ...]

    @property
    def subtotal(self) -> Decimal:
        return sum((line.amount for line in self.lines), NOTHING)

    @property
    def total_tax(self) -> Decimal:
        return sum((line.tax_amount for line in self.lines), NOTHING)

    @property
    def final_amount(self) -> Decimal:
        return self.subtotal + self.total_tax

    def to_record(self) -> dict[str, Any]:
        """One line of the import file: money as strings with two decimals, times in UTC with Z."""
        return {
            "uid": self.uid,
            "ticket_folio": self.ticket_folio,
            "customer_id": self.customer.id if self.customer else None,
            "customer_name": self.customer.name if self.customer else "Anonymous",
            "cashier": self.cashier,
            "created_at": _utc(self.created_at),
            "paid_at": _utc(self.paid_at),
            "payment_method": self.payment_method,
            "items": [line.to_record() for line in self.lines],
            "subtotal": str(self.subtotal),
            "total_tax": str(self.total_tax),
            "final_amount": str(self.final_amount),
            "money_saved_total": str(NOTHING),
        }


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
