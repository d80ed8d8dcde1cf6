from __future__ import annotations

import pytest

from catalog.domain.product_file import SupplierNames


def test_a_supplier_is_found_by_what_stands_for_it():
    names = SupplierNames([(1, "Uno"), (2, "Dos"), (3, "DÓS"), (4, "7"), (7, "Siete")])
    assert [names.label(id_) for id_ in (None, 1, 2, 3, 4, 7)] == ["", "Uno", "2", "3", "4", "Siete"]
    assert [names.find(label) for label in ("uno", "3", "7", "siete")] == [1, 3, 7, 7]
    for label in ("dos", "9", "Nadie", "٣", "9" * 5000):
        with pytest.raises(KeyError):
            names.find(label)
