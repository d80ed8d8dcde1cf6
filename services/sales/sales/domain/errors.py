"""What can be wrong with an order, in the API documents' own words."""

from __future__ import annotations

from chassis.problems import Invalid, NonField, Problem


class UnknownCustomer(Invalid):
    """400: no such customer, or a deleted one."""

    def __init__(self, customer_id: int) -> None:
        super().__init__({"customer": [f'Invalid pk "{customer_id}" - object does not exist.']})


class NotPayable(Problem):
    """400: the order is paid or cancelled already."""

    detail = "No se puede pagar esta orden. Solo se permiten pagar órdenes PENDIENTES."


class NotCancellable(NonField):
    """400: the order is paid or cancelled already (API document §23, case D)."""

    def __init__(self) -> None:
        super().__init__("No se puede cancelar esta orden. Solo se permiten cancelar órdenes PENDIENTES.")


class HoldRefused(Exception):
    """Catalog has given up the hold of this order uid; it can't be taken again under the same uid."""
