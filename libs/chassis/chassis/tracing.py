"""Whose work this is: the request (and user) that a log line, an internal call or an event goes back to.

A trace is a context variable, like the account in force: a request sets it from its headers, a handler from its event, a
sweep begins one. Nothing in it is believed beyond its form: it finds things again, it never decides anything.
`traceparent` is the W3C's, version 00; `X-Request-Id` is the gateway's.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from chassis.tenancy import tenant

_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})\Z")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}\Z")
_TRACE_ID = re.compile(r"(?!0{32})[0-9a-f]{32}\Z")


class Trace:
    """One step of a trace: `span_id` is this step's, `parent_id` the step's that brought it about ("" for none).

    `began` is a reading of `time.perf_counter()`. `origins` are the traces that a batch of events goes back to, by the
    events' subjects.
    """

    __slots__ = ("_span_id", "began", "event_id", "flags", "origins", "parent_id", "request_id", "trace_id", "user_id")

    def __init__(self, trace_id: str, request_id: str, parent_id: str = "", flags: str = "01") -> None:
        self.trace_id, self.request_id, self.parent_id, self.flags = trace_id, request_id, parent_id, flags
        self._span_id = ""
        self.began = time.perf_counter()
        self.user_id: int | None = None
        self.event_id = ""
        self.origins: Mapping[str, Trace] | None = None

    @property
    def span_id(self) -> str:
        """Made when it is first asked for: most requests never need it."""
        if not self._span_id:
            self._span_id = new_span_id()
        return self._span_id

    @property
    def traceparent(self) -> str:
        """What this step tells the steps that it brings about."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"

    @property
    def sampled(self) -> bool:
        """Whether the caller wants its spans recorded."""
        return int(self.flags, 16) & 1 == 1

    def step(self) -> Trace:
        """A step that this one brings about, with a span of its own."""
        return Trace(self.trace_id, self.request_id, self.span_id, self.flags)


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def new_span_id() -> str:
    """Sixteen hex digits, never all zero. They need to differ, not to be secret."""
    return f"{random.getrandbits(64) or 1:016x}"


def new_trace_id() -> str:
    """Thirty-two hex digits, never all zero."""
    return f"{random.getrandbits(128) or 1:032x}"


def traceparent_of(value: object) -> str | None:
    """`value` if it is a traceparent of version 00, else None."""
    return value if isinstance(value, str) and _TRACEPARENT.match(value) else None


def request_id_of(value: object) -> str | None:
    """`value` if it has a request id's form (8–64 letters, digits, `-`, `_`), else None."""
    return value if isinstance(value, str) and _REQUEST_ID.match(value) else None


def begin(traceparent: object = None, request_id: object = None) -> Trace:
    """The step that these headers (or attributes of an event) bring about; what is missing or malformed is begun anew.

    Without a traceparent the trace has the request's id where that has the form, so that one id finds all of it.
    """
    known = request_id_of(request_id)
    if isinstance(traceparent, str) and (parts := _TRACEPARENT.match(traceparent)):
        trace_id, parent_id, flags = parts.groups()
        return Trace(trace_id, known or trace_id, parent_id, flags)
    trace_id = known if known and _TRACE_ID.match(known) else new_trace_id()
    return Trace(trace_id, known or trace_id)


def put_in_force(trace: Trace | None) -> None:
    """For the rest of this context: a request's thread sets it at the beginning of each."""
    _current.set(trace)


@contextmanager
def tracing(trace: Trace) -> Iterator[Trace]:
    """Within the block everything goes back to `trace`."""
    token = _current.set(trace)
    try:
        yield trace
    finally:
        _current.reset(token)


def current() -> Trace | None:
    """The trace in force; None outside of any."""
    return _current.get()


def origin(subject: str) -> Trace | None:
    """The trace that brought about what is told of `subject`: its own event's in a batch of events, else the one in force."""
    trace = _current.get()
    if trace is None or trace.origins is None:
        return trace
    return trace.origins.get(subject, trace)


def add_to_line(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Log processor: who and what the line goes back to."""
    account = tenant()
    if isinstance(account, int):
        event.setdefault("account_id", account)
    if (trace := _current.get()) is not None:
        event.setdefault("request_id", trace.request_id)
        event.setdefault("trace_id", trace.trace_id)
        if trace.user_id is not None:
            event.setdefault("user_id", trace.user_id)
        if trace.event_id:
            event.setdefault("event_id", trace.event_id)
    return event
