"""Every operation of the merged document, asked by every kind of caller: the same things at each run. See fuzzing.py."""

from __future__ import annotations

from functools import cache

import pytest
from schemathesis import Case

from fuzzing import Fuzzer, cases, operations
from native.platform import Platform

EXAMPLES = 4
"""What fits, with its making, into half a minute a database."""
OPERATIONS = {operation.label: operation for operation in operations()}


@cache
def asked(label: str) -> list[Case]:
    """The same for both databases."""
    return cases(OPERATIONS[label], examples=EXAMPLES)


@pytest.fixture(scope="module")
def fuzzer(platform: Platform) -> Fuzzer:
    return Fuzzer(platform.url)


@pytest.mark.parametrize("label", OPERATIONS)
def test_answers_are_as_documented_whatever_is_asked(fuzzer: Fuzzer, label: str) -> None:
    findings = fuzzer.ask(asked(label))
    assert not findings, "\n\n".join(f"as {finding.caller}: {finding.text}" for finding in findings)
