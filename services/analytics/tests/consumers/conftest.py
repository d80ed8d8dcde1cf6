"""Fixtures of the consumer tests: the slow computation of the report, and orders as events."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from chassis.uids import new_uid


def _beside(name):
    # By path: the tests are no package (importlib mode), and need none.
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def slow_summary():
    return _beside("slow_summary").slow_summary


@pytest.fixture(scope="session")
def slow_reports():
    return _beside("slow_reports").SlowReports


@pytest.fixture
def order_paid(event_of, contracts):
    """`order_paid(moment, "CASH", "116.00", [(product_id, quantity, "100.00"), …])`: an event; names are `P<id>`."""
    item = contracts.event("OrderPaid")[1]["examples"][0]["items"][0]

    def make(paid_at, method, total, lines, *, customer_id=1, **how):
        uid = new_uid()
        items = [
            {**item, "product_id": id_, "product_name": f"P{id_}", "quantity": quantity, "amount": amount}
            for id_, quantity, amount in lines
        ]
        data = {
            "order_uid": uid, "paid_at": f"{paid_at:%Y-%m-%dT%H:%M:%S.%fZ}", "payment_method": method,
            "final_amount": total, "items": items, "customer_id": customer_id,
        }  # fmt: skip
        return event_of("OrderPaid", data, subject=uid, version=2, **how)

    return make
