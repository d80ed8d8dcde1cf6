"""What can be wrong with an order, in the API documents' own words."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from chassis.money import text
from chassis.problems import Conflict, Invalid, NonField, Problem, Unavailable
from sales.domain.pricing import MAX_TOTAL


class UnknownCustomer(Invalid):
    """400: no such customer, or a deleted one."""

    example: ClassVar[Mapping[str, Any]] = {"customer_id": 9}

    def __init__(self, customer_id: int) -> None:
        super().__init__({"customer": [f'Invalid pk "{customer_id}" - object does not exist.']})


class NotPayable(Problem):
    """400: the order is paid or cancelled already."""

    detail = "No se puede pagar esta orden. Solo se permiten pagar órdenes PENDIENTES."


class NobodysOrder(Problem):
    """400: points and credit are a customer's, and the order has none."""

    example: ClassVar[Mapping[str, Any]] = {"payment_method": "POINTS"}

    def __init__(self, payment_method: str) -> None:
        super().__init__(f"An order without a customer cannot be paid with {payment_method}.")


class CreditExceeded(Problem):
    """400: the customer would owe more than allowed (API document §23, case B)."""

    example: ClassVar[Mapping[str, Any]] = {"limit": Decimal(1000), "used": Decimal(950), "total": Decimal(200)}

    def __init__(self, *, limit: Decimal, used: Decimal, total: Decimal) -> None:
        super().__init__(
            f"El cliente excede su límite de crédito. Límite: {text(limit)}, Saldo actual: {text(used)},"
            f" Compra: {text(total)}"
        )


class NotEnoughPoints(Problem):
    """400: the customer's points don't pay the order, in the words of customers (API document §23, case C)."""

    example: ClassVar[Mapping[str, Any]] = {
        "detail": "Saldo de puntos insuficiente. Puntos disponibles: 50.00, Total a pagar: 120.00"
    }


class RefusedByCatalog(Invalid):
    """400: a product is unknown, or there is too little of it, in the words of catalog (API document §23, case A)."""

    example: ClassVar[Mapping[str, Any]] = {
        "fields": {"non_field_errors": ["Stock insuficiente para 'Coca Cola'. Disponible: 5, Solicitado: 10"]}
    }


class OrderTooLarge(NonField):
    """400: more money than any amount of the API may be; sums of such orders would fit into no report."""

    def __init__(self) -> None:
        super().__init__(f"Ensure that the total is no more than {MAX_TOTAL}.")


class BeingPaid(Conflict):
    """409: another attempt to pay the order with points or credit is under way; it is over within seconds."""

    detail = "This order is being paid right now."


class NotCancellable(NonField):
    """400: the order is paid or cancelled already (API document §23, case D)."""

    def __init__(self) -> None:
        super().__init__("No se puede cancelar esta orden. Solo se permiten cancelar órdenes PENDIENTES.")


class HoldRefused(Exception):
    """Catalog has given up the hold of this order uid; it can't be taken again under the same uid."""


class OtherPaymentHeld(Exception):
    """Customers holds another payment for this order: one that an earlier attempt left behind."""


class ReleaseUnknown(Unavailable):
    """503: customers was told to give another payment's hold back, and did not say that it has."""
