"""Products as lines of a CSV file, pure: its columns, and how suppliers are called in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chassis.search import search_text
from chassis.text import cut

COLUMNS = (
    "sku", "name", "price", "tax_rate", "current_stock", "low_stock_threshold", "supplier", "is_active",
)  # fmt: skip
CREATED, UPDATED, UNCHANGED, ERROR = "created", "updated", "unchanged", "error"


@dataclass(slots=True)
class Line:
    """One product of a file: where it stands, the fields it gives (`supplier` is a name, an id or None), what is wrong.

    `verdict` says what an import does with it, or has done; `changes` has what a product's fields were and become.
    """

    number: int
    sku: str
    fields: dict[str, Any]
    errors: dict[str, list[str]] = field(default_factory=dict)
    verdict: str = ERROR
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)


class SupplierNames:
    """Suppliers as people write them: by name, whatever its case and accents, or by id where a name isn't enough."""

    def __init__(self, suppliers: Iterable[tuple[int, str]]) -> None:
        self._names = dict(suppliers)
        self._by_id = {str(id_): id_ for id_ in self._names}
        self._times = Counter(search_text(name) for name in self._names.values())
        self._ids = {search_text(name): id_ for id_, name in self._names.items()}

    def label(self, supplier_id: int | None) -> str:
        """What stands in a file for a supplier."""
        if supplier_id is None:
            return ""
        name = self._names.get(supplier_id, "")
        alone = self._times[search_text(name)] == 1 and not name.isdecimal()
        return name if alone else str(supplier_id)

    def __contains__(self, supplier_id: int) -> bool:
        return supplier_id in self._names

    def find(self, label: str) -> int:
        """The supplier that a label means; KeyError, with the sentence to say, when it means none or several."""
        if label in self._by_id:
            return self._by_id[label]
        folded = search_text(label)
        if self._times[folded] > 1:
            raise KeyError(f'More than one supplier is named "{cut(label)}": give its id.')
        if folded not in self._ids:
            raise KeyError(f'No supplier is named "{cut(label)}", and none has it as its id.')
        return self._ids[folded]


def difference(present: Any, wanted: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the wanted fields that a product doesn't have yet: what each of them is and what it becomes."""
    pairs = {name: (getattr(present, name), value) for name, value in wanted.items()}
    return {name: (before, after) for name, (before, after) in pairs.items() if before != after}
