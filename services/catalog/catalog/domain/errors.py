"""The ways a request to catalog can fail, in the words of the API documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from chassis.problems import Conflict, Invalid, NonField, Problem


class DuplicateSku(Invalid):
    """Another living product of the account has this SKU."""

    def __init__(self) -> None:
        super().__init__({"sku": ["product with this sku already exists."]})


class UnknownSupplier(Invalid):
    """The product's supplier does not exist."""

    example: ClassVar[Mapping[str, Any]] = {"supplier_id": 9}

    def __init__(self, supplier_id: int) -> None:
        super().__init__({"supplier": [_no_such_pk(supplier_id)]})


class UnknownProduct(Invalid):
    """The promotion's product does not exist."""

    example: ClassVar[Mapping[str, Any]] = {"product_id": 9}

    def __init__(self, product_id: int) -> None:
        super().__init__({"product": [_no_such_pk(product_id)]})


class DatesReversed(Invalid):
    """A promotion would end before it starts."""

    def __init__(self) -> None:
        super().__init__({"end_date": ["La fecha de finalización debe ser posterior a la fecha de inicio."]})


class PromotionsOverlap(NonField):
    """The product has an active promotion on one of the requested days."""

    example: ClassVar[Mapping[str, Any]] = {"start_date": date(2024, 1, 1), "end_date": date(2024, 1, 5)}

    def __init__(self, start_date: date, end_date: date) -> None:
        super().__init__(
            "Ya existe una promoción activa para este producto en las fechas seleccionadas"
            f" ({start_date} a {end_date})."
        )


class SupplierInUse(Problem):
    """A supplier with living products can't be deleted."""

    example: ClassVar[Mapping[str, Any]] = {"products": 3}

    def __init__(self, products: int) -> None:
        noun = "product still uses" if products == 1 else "products still use"
        super().__init__(f"This supplier cannot be deleted: {products} {noun} it.")


class BelowReserved(Invalid):
    """Stock can't be set below what carts have reserved. `reserved`: the units of each such product, by its id."""

    example: ClassVar[Mapping[str, Any]] = {"reserved": {15: 5}}

    def __init__(self, reserved: Mapping[int, int]) -> None:
        self.reserved = reserved
        super().__init__(
            {
                "current_stock": [
                    f"This value may not be less than the reserved quantity ({units})." for units in reserved.values()
                ]
            }
        )


class BelowZero(Invalid):
    """An adjustment takes off more than is there, or than carts leave."""

    example: ClassVar[Mapping[str, Any]] = {"stock": 8, "reserved": 5}

    def __init__(self, stock: int, reserved: int) -> None:
        held = f", {reserved} of them reserved" if reserved else ""
        units = "1 unit is" if stock == 1 else f"{stock} units are"
        super().__init__({"delta": [f"Only {units} in stock{held}."]})


class InsufficientStock(Problem):
    """A cart wants more than there is to sell."""

    example: ClassVar[Mapping[str, Any]] = {"available": 2}

    def __init__(self, available: int) -> None:
        super().__init__("Insufficient stock.", body={"error": "Insufficient stock.", "available": available})


class ProductInactive(Problem):
    """A product that is not for sale can't be put into a cart."""

    def __init__(self) -> None:
        super().__init__("Product is not active.", body={"error": "Product is not active."})


class ReleasesTooMuch(Problem):
    """A cart gives back more than is reserved."""

    def __init__(self) -> None:
        message = "Cannot release more items than reserved."
        super().__init__(message, body={"error": message})


class UnknownProducts(Invalid):
    """Lines of an order that name no product for sale; `items` has an entry a line, `{}` for the good ones."""

    example: ClassVar[Mapping[str, Any]] = {"lines": [{"product_id": 9}], "known": ()}

    def __init__(self, lines: Sequence[Mapping[str, Any]], known: Iterable[int]) -> None:
        found = set(known)
        errors = [
            {} if line["product_id"] in found else {"product_id": [_no_such_pk(line["product_id"])]} for line in lines
        ]
        while errors and not errors[-1]:
            errors.pop()
        super().__init__({"items": errors})


class OutOfStock(NonField):
    """An order wants more than there is: (name, available, wanted) of every product that is short."""

    example: ClassVar[Mapping[str, Any]] = {"shortages": [("Coca Cola", 5, 10)]}

    def __init__(self, shortages: Iterable[tuple[str, int, int]]) -> None:
        super().__init__(
            *(
                f"Stock insuficiente para '{name}'. Disponible: {available}, Solicitado: {wanted}"
                for name, available, wanted in shortages
            )
        )


class ChangedMeanwhile(Conflict):
    """409: products were created, renamed, deleted or put into carts while a file with them was imported."""

    detail = "Products of this file kept changing while it was imported. Some lines were stored, import it again."


class ImportIncomplete(Conflict):
    """409: some lines could no longer be stored, because somebody changed their products meanwhile. The body is the
    report, and a sentence.
    """

    example: ClassVar[Mapping[str, Any]] = {"report": {"dry_run": False, "lines": 1, "errors": 1, "verdicts": []}}

    def __init__(self, report: dict[str, Any]) -> None:
        super().__init__("Some lines of the file could not be stored, see its errors.", fields=report)


class ImportRefused(Problem):
    """400: a file with errors is not imported, not even its good lines. The body is the report on it."""

    example: ClassVar[Mapping[str, Any]] = {"report": {"dry_run": False, "lines": 1, "errors": 1, "verdicts": []}}

    def __init__(self, report: dict[str, Any]) -> None:
        super().__init__("The file has errors; nothing was imported.", body=report)


class HoldRefused(Conflict):
    """409: this order's uid was used for other lines, or its stock has been given back already."""


def _no_such_pk(pk: int) -> str:
    return f'Invalid pk "{pk}" - object does not exist.'
