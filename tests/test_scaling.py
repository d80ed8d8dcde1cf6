"""docs/scaling.md shows what benchmarks/scale.py reckons, no more and no less."""

import sys

from cashier import ROOT

BENCHMARKS = str(ROOT / "benchmarks")
sys.path.insert(0, BENCHMARKS)

import scale

sys.path.remove(BENCHMARKS)  # benchmarks/auth.py and others would hide the services of their names


def test_the_document_s_tables_are_the_program_s():
    document = scale.DOCUMENT.read_text()
    assert scale.written(document) == document, "python benchmarks/scale.py --write"


def test_more_cores_wait_less_and_too_few_are_said_to_be():
    one, two = scale.waits(1_200, 1), scale.waits(1_200, 2)
    assert one is not None
    assert two is not None
    assert two < one
    assert scale.waits(2_500, 1) is None
