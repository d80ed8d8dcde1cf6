"""What a whole run of the tests consists of."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from native import suite


def test_a_folder_that_has_no_place_in_the_order_is_run_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new service's tests must not be passed over in silence."""
    monkeypatch.setattr(suite, "TESTED", ("services/suppliers", *suite.TESTED))
    names = [step.name for step in suite._everything()]
    assert names == [*suite.LONGEST_FIRST, "services/suppliers"]


def test_each_group_is_told_as_it_starts_and_ends_and_the_tests_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody waits minutes before a silent terminal, and the last line is one that CI reads."""
    (tmp_path / "test_some.py").write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('n', range(12))\ndef test_one(n): assert n < 11\n"
        "def test_two(nothing): pass\n"
    )
    steps = [
        suite.Step("lint", [sys.executable, "-c", "raise SystemExit(1)"]),
        suite.Step("good", [*suite._PYTEST, "-q", str(tmp_path), "-k", "one and not 11"]),
        suite.Step("bad", [*suite._PYTEST, "-q", str(tmp_path)]),
    ]
    assert suite._run(steps, {}, ["11000-11999", "12000-12999"]) == 1
    lines = capsys.readouterr().out.splitlines()
    for name in ("lint", "good", "bad"):
        assert f"started  {name}" in lines
        assert any(line.split()[:2] in (["passed", name], ["FAILED", name]) and "of 3 groups" in line for line in lines)
    assert sorted(lines[-2].partition(": ")[2].split(", ")) == ["bad", "lint"]
    assert lines[-1] == "22 passed, 3 failed"


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("===== 6 passed, 1 skipped in 3.21s =====", (6, 0)),
        ("\x1b[31m2 failed\x1b[0m, \x1b[32m10 passed\x1b[0m, 1 error in 61.00s (0:01:01)", (10, 3)),
        ("nothing of the kind", (0, 0)),
        ("3 passed in 0.10s\nsome warning of 9 failed attempts", (3, 0)),
    ],
)
def test_tests_are_counted_by_the_closing_line(line: str, counts: tuple[int, int]) -> None:
    assert suite.counted(line) == counts
