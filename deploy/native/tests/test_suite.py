"""What a whole run of the tests consists of."""

from __future__ import annotations

import pytest

from native import suite


def test_a_folder_that_has_no_place_in_the_order_is_run_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new service's tests must not be passed over in silence."""
    monkeypatch.setattr(suite, "TESTED", ("services/suppliers", *suite.TESTED))
    names = [step.name for step in suite._everything()]
    assert names == [*suite.LONGEST_FIRST, "services/suppliers"]
