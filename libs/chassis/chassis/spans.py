"""OpenTelemetry spans, exported when `OTEL_EXPORTER_OTLP_ENDPOINT` names a collector: served requests, internal calls,
publishes, handled events. Without it nothing is imported, no thread runs, and each place costs one test of a flag.

The packages are the extra `otel` of the chassis. A span is written down when it is over, with the ids that `tracing` gave it,
so logs, headers and spans agree. The SDK's own variables (`OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_BSP_…`) hold.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Mapping
from typing import Any

from chassis.tracing import Trace, begin

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"

enabled = False
_service = ""
_lock = threading.Lock()
_made: dict[int, tuple[Any, Any]] = {}


def configure(service: str) -> None:
    """Export this process's spans if the environment says where to; SystemExit when the packages for it are missing."""
    global enabled, _service
    _service = service
    enabled = bool(os.environ.get(ENDPOINT) or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"))
    if not enabled:
        return
    try:
        import opentelemetry.exporter.otlp.proto.http.trace_exporter
        import opentelemetry.sdk.trace.export  # noqa: F401 - before the fork, so that processes share them
    except ImportError as error:
        raise SystemExit(f"{service}: {ENDPOINT} is set: install mostrador-chassis[otel] ({error})") from error


def served(trace: Trace, method: str, route: str, status: int, seconds: float) -> None:
    """A request was answered."""
    about = {"http.request.method": method, "http.route": route, "http.response.status_code": status}
    _record(f"{method} {route}", "SERVER", trace, seconds, about, failed=status >= 500)


def called(step: Trace, callee: str, method: str, seconds: float, status: int) -> None:
    """An internal call is over; `status` 0 when there was no answer."""
    about = {"http.request.method": method, "peer.service": callee, "http.response.status_code": status}
    _record(f"{method} {callee}", "CLIENT", step, seconds, about, failed=status == 0 or status >= 500)


def published(routing_key: str, event_id: str, payload: bytes, seconds: float) -> None:
    """The broker has confirmed an event."""
    import orjson

    attributes = orjson.loads(payload)
    step = begin(attributes.get("traceparent"), attributes.get("requestid"))
    about = {
        "messaging.system": "rabbitmq",
        "messaging.message.id": event_id,
        "messaging.destination.name": routing_key,
    }
    _record(f"publish {routing_key}", "PRODUCER", step, seconds, about)


def handled(step: Trace, routing_key: str, seconds: float) -> None:
    """An event's effect is committed."""
    about = {
        "messaging.system": "rabbitmq",
        "messaging.message.id": step.event_id,
        "messaging.destination.name": routing_key,
    }
    _record(f"process {routing_key}", "CONSUMER", step, seconds, about)


def flush() -> None:
    """Export what is waiting now."""
    if found := _made.get(os.getpid()):
        found[0].force_flush()


def _record(
    name: str, kind: str, step: Trace, seconds: float, attributes: Mapping[str, Any], *, failed: bool = False
) -> None:
    if not step.sampled:
        return
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

    def context(span_id: str) -> SpanContext:
        return SpanContext(int(step.trace_id, 16), int(span_id, 16), is_remote=False, trace_flags=TraceFlags(1))

    processor, resource = _exporting()
    end = time.time_ns()
    processor.on_end(
        ReadableSpan(
            name=name,
            context=context(step.span_id),
            parent=context(step.parent_id) if step.parent_id else None,
            resource=resource,
            attributes={**attributes, "mostrador.request_id": step.request_id},
            kind=SpanKind[kind],
            status=Status(StatusCode.ERROR if failed else StatusCode.UNSET),
            start_time=end - int(seconds * 1e9),
            end_time=end,
        )
    )


def _exporting() -> tuple[Any, Any]:
    """This process's exporter; begun at its first span, because a thread doesn't pass a fork."""
    if (found := _made.get(os.getpid())) is not None:
        return found
    with _lock:
        if (found := _made.get(os.getpid())) is None:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace.export import BatchSpanProcessor

            processor = BatchSpanProcessor(OTLPSpanExporter())
            atexit.register(processor.shutdown)
            resource = Resource.create({"service.name": f"mostrador-{_service}"})
            found = _made[os.getpid()] = (processor, resource)
    return found
