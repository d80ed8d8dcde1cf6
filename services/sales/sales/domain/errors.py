"""What can be wrong with an order, in the API documents' own words."""

from __future__ import annotations

from decimal import Decimal

from chassis.money import text
from chassis.problems import Conflict, Invalid, NonField, Problem, Unavailable


class UnknownCustomer(Invalid):
    """400: no such customer, or a deleted one."""

    def __init__(self, customer_id: int) -> None:
        super().__init__({"customer": [f'Invalid pk "{customer_id}" - object does not exist.']})


class NotPayable(Problem):
    """400: the order is paid or cancelled already."""

    detail = "No se puede pagar esta orden. Solo se permiten pagar órdenes PENDIENTES."


class NobodysOrder(Problem):
    """400: points and credit are a customer's, and the order has none."""

    def __init__(self, payment_method: str) -> None:
        super().__init__(f"An order without a customer cannot be paid with {payment_method}.")


class CreditExceeded(Problem):
    """400: the customer would owe more than allowed (API document §23, case B)."""

    def __init__(self, *, limit: Decimal, used: Decimal, total: Decimal) -> None:
        super().__init__(
            f"El cliente excede su límite de crédito. Límite: {text(limit)}, Saldo actual: {text(used)},"
            f" Compra: {text(total)}"
        )


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
