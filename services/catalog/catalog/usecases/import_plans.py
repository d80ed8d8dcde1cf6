"""What an import would do, found out without a lock: the verdict on every line. A dry run ends here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from catalog.domain.product_file import CREATED, ERROR, UNCHANGED, UPDATED, Line, SupplierNames, difference
from catalog.file_queries import CHUNK, products_of_skus, supplier_names

REQUIRED = ("name", "price")
BELOW_RESERVED = "This value may not be less than the reserved quantity ({})."


@dataclass(slots=True)
class ImportPlan:
    """`verdicts` has one word a line; `new` are the lines to insert, `existing` those that change a product, by its id."""

    lines: Sequence[Line]
    verdicts: list[str] = field(default_factory=list)
    new: list[Line] = field(default_factory=list)
    existing: dict[int, Line] = field(default_factory=dict)


def plan_import(session: Session, lines: Sequence[Line]) -> ImportPlan:
    """Compare the lines with the products of now; what is wrong is added to the lines' `errors`."""
    plan = ImportPlan(lines)
    if any("supplier" in line.fields for line in lines):
        _name_suppliers(lines, supplier_names(session))
    for start in range(0, len(lines), CHUNK):
        chunk = lines[start : start + CHUNK]
        present = products_of_skus(session, [line.sku for line in chunk])
        plan.verdicts.extend(_judge(plan, line, present.get(line.sku)) for line in chunk)
    return plan


def _name_suppliers(lines: Sequence[Line], names: SupplierNames) -> None:
    for line in lines:
        if "supplier" not in line.fields:
            continue
        label = line.fields.pop("supplier")
        try:
            line.fields["supplier_id"] = None if label is None else names.find(label)
        except KeyError as error:
            line.errors["supplier"] = [error.args[0]]


def _judge(plan: ImportPlan, line: Line, present: Any) -> str:
    if present is None:
        for name in REQUIRED:
            if name not in line.fields:
                line.errors.setdefault(name, ["This field is required."])
    elif line.fields.get("current_stock", present.reserved) < present.reserved:
        line.errors["current_stock"] = [BELOW_RESERVED.format(present.reserved)]
    if line.errors:
        return ERROR
    if present is None:
        plan.new.append(line)
        return CREATED
    if not difference(present, line.fields):
        return UNCHANGED
    plan.existing[present.id] = line
    return UPDATED
