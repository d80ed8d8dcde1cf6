"""An event's bytes: exact on the way out, strict on the way in."""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rig import make_event

from chassis.messaging import Event, InvalidEvent


def body_of(**changes: Any) -> bytes:
    attributes = orjson.loads(make_event(amount=1).to_bytes()) | changes
    return orjson.dumps({name: value for name, value in attributes.items() if value is not ...}, default=str)


def without(name: str) -> bytes:
    attributes = orjson.loads(make_event().to_bytes())
    del attributes[name]
    return orjson.dumps(attributes)


def test_an_event_reads_back_as_it_was() -> None:
    event = make_event("OrderPaid", "3f", version=7, account_id=12, total="12.50")
    read = Event.from_bytes(event.to_bytes())
    assert read.dataschema == "urn:mostrador:events:till:OrderPaid:1"
    assert (read.id, read.source, read.type, read.subject, read.time, read.account_id, read.version, read.data) == (
        event.id, "/till", "OrderPaid", "3f", event.time, 12, 7, {"total": "12.50"},
    )  # fmt: skip
    assert read.routing_key == "till.OrderPaid"


def test_the_bytes_are_a_structured_cloudevent() -> None:
    moment = datetime(2026, 11, 20, 18, 40, 50, tzinfo=timezone(timedelta(hours=-6)))
    event = Event(
        "0192f0c1-0000-7000-8000-000000000001",
        "/till",
        "Counted",
        "a",
        moment,
        3,
        2,
        {"at": moment, "cost": Decimal("1.50")},
    )
    assert orjson.loads(event.to_bytes()) == {
        "specversion": "1.0",
        "id": "0192f0c1-0000-7000-8000-000000000001",
        "source": "/till",
        "type": "Counted",
        "subject": "a",
        "time": "2026-11-21T00:40:50.000000Z",
        "datacontenttype": "application/json",
        "dataschema": "urn:mostrador:events:till:Counted:1",
        "accountid": 3,
        "aggregateversion": 2,
        "data": {"at": "2026-11-21T00:40:50.000000Z", "cost": "1.50"},
    }  # fmt: skip


TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_the_trace_and_the_request_travel_as_extensions() -> None:
    event = Event.from_bytes(body_of(traceparent=TRACEPARENT, requestid="0af7651916cd43dd8448eb211c80319c"))
    assert (event.traceparent, event.request_id) == (TRACEPARENT, "0af7651916cd43dd8448eb211c80319c")
    assert Event.from_bytes(event.to_bytes()) == event
    assert {"traceparent", "requestid"}.isdisjoint(orjson.loads(make_event().to_bytes()))


@pytest.mark.parametrize(
    "wrong", [4, "", "x" * 300, TRACEPARENT + "\n", "00-" + "0" * 32 + TRACEPARENT[35:], TRACEPARENT.upper()]
)
def test_a_malformed_trace_loses_no_fact(wrong: object) -> None:
    event = Event.from_bytes(body_of(traceparent=wrong, requestid={"a": wrong}))
    assert (event.type, event.traceparent, event.request_id) == ("Counted", None, None)


def test_the_id_says_when_an_event_was_told_whatever_time_it_tells_of() -> None:
    assert Event.from_bytes(body_of(time="1999-12-31T23:59:59Z")).told_at == pytest.approx(time.time(), abs=5)
    assert Event.from_bytes(body_of(id="0af76519-16cd-5f3d-8448-eb211c80319c")).told_at is None


def test_unknown_attributes_are_ignored() -> None:
    assert Event.from_bytes(body_of(partitionkey="x")).type == "Counted"


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not a JSON object"),
        (body_of(specversion="2.0"), "specversion"),
        (without("specversion"), "specversion"),
        (without("id"), "id"),
        (body_of(id="17"), "id"),
        (body_of(id=17), "id"),
        (body_of(source="till"), "source"),
        (body_of(source="/till/../x"), "source"),
        (body_of(type="Order Paid"), "type"),
        (body_of(type=None), "type"),
        (body_of(subject=""), "subject"),
        (body_of(subject="x" * 256), "subject"),
        (body_of(time="yesterday"), "time"),
        (body_of(time="2026-11-21T00:40:50"), "time zone"),
        (body_of(accountid="3"), "accountid"),
        (body_of(accountid=True), "accountid"),
        (body_of(accountid=2**63), "accountid"),
        (without("aggregateversion"), "aggregateversion"),
        (body_of(aggregateversion=-1), "aggregateversion"),
        (body_of(aggregateversion=1.5), "aggregateversion"),
        (body_of(data=None), "data"),
        (body_of(data=[1]), "data"),
        (without("dataschema"), "dataschema"),
        (body_of(dataschema="urn:mostrador:events:till:Counted:2"), "dataschema"),
    ],
)
def test_what_is_no_event_of_ours_is_refused_with_a_reason(payload: bytes, said: str) -> None:
    with pytest.raises(InvalidEvent, match=said):
        Event.from_bytes(payload)


@given(st.data())
def test_damaged_bytes_are_refused_or_read_never_anything_else(data: st.DataObject) -> None:
    payload = bytearray(make_event(amount=1, note="x" * 20).to_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(InvalidEvent):
        assert isinstance(Event.from_bytes(bytes(payload)), Event)


@pytest.mark.parametrize("value", [object(), {1, 2}, datetime(2026, 1, 1)])
def test_data_that_is_not_json_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        make_event(value=value).to_bytes()


def test_time_is_carried_to_the_microsecond() -> None:
    moment = datetime(2026, 11, 21, 0, 40, 50, 123456, tzinfo=UTC)
    assert (
        b'"2026-11-21T00:40:50.123456Z"' in Event(make_event().id, "/till", "Counted", "a", moment, 1, 1, {}).to_bytes()
    )
