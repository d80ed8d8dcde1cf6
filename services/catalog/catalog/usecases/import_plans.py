"""What an import would do, found out without a lock: the verdict on every line. A dry run ends here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from catalog.domain.product_file import CREATED, ERROR, UNCHANGED, UPDATED, Line, SupplierNames, difference
from catalog.file_queries import CHUNK, products_of_skus, supplier_names
from chassis.codes import code_key

REQUIRED = ("name", "price")
BELOW_RESERVED = "This value may not be less than the reserved quantity ({})."


@dataclass(slots=True)
class ImportPlan:
    """`new` are the lines to insert, `existing` those that change a product, by its id.

    `first_lines` says which line was the first on a product: by its id, or by the key of a new one.
    """

    new: list[Line] = field(default_factory=list)
    existing: dict[int, Line] = field(default_factory=dict)
    first_lines: dict[int | str, int] = field(default_factory=dict)


def plan_import(session: Session, lines: Sequence[Line]) -> ImportPlan:
    """Compare the lines with the products of now and set their verdicts; what is wrong is added to the lines' `errors`."""
    plan = ImportPlan()
    if any("supplier" in line.fields or line.fields.get("supplier_id") for line in lines):
        _name_suppliers(lines, supplier_names(session))
    for start in range(0, len(lines), CHUNK):
        chunk = lines[start : start + CHUNK]
        present = products_of_skus(session, [line.sku for line in chunk])
        for line in chunk:
            _judge(plan, line, present.get(line.sku))
    return plan


def _name_suppliers(lines: Sequence[Line], names: SupplierNames) -> None:
    for line in lines:
        if "supplier" in line.fields:
            label = line.fields.pop("supplier")
            try:
                line.fields["supplier_id"] = None if label is None else names.find(label)
            except KeyError as error:
                line.errors["supplier"] = [error.args[0]]
        elif (id_ := line.fields.get("supplier_id")) is not None and id_ not in names:  # deleted since the first look
            line.errors["supplier"] = [f'Invalid pk "{id_}" - object does not exist.']


def _judge(plan: ImportPlan, line: Line, present: Any) -> None:
    product = code_key(line.sku) if present is None else present.id
    if (first := plan.first_lines.setdefault(product, line.number)) != line.number and line.sku:
        line.errors.setdefault("sku", [f"Line {first} has this SKU already."])
    if present is None:
        for name in REQUIRED:
            if name not in line.fields:
                line.errors.setdefault(name, ["This field is required."])
    elif line.fields.get("current_stock", present.reserved) < present.reserved:
        line.errors["current_stock"] = [BELOW_RESERVED.format(present.reserved)]
    if line.errors:
        line.verdict, line.changes = ERROR, {}
    elif present is None:
        line.verdict, line.changes = CREATED, {}
        plan.new.append(line)
    else:
        line.changes = difference(present, line.fields)
        line.verdict = UPDATED if line.changes else UNCHANGED
        if line.changes:
            plan.existing[present.id] = line
