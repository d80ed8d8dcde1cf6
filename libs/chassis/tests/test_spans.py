"""Spans reach a collector when one is named, with the ids that headers, events and logs have; else nothing is even imported."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from chassis import spans, tracing
from chassis.db import utcnow
from chassis.http import InternalClient
from chassis.messaging import Event
from chassis.messaging.handlers import handle
from chassis.uids import new_uid

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


class Collector:
    """An OpenTelemetry collector's HTTP side: keeps the spans it is given."""

    def __init__(self) -> None:
        self.spans, self.services = [], set()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                collector.take(self.path, body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def take(self, path, body):
        assert path == "/v1/traces"
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.services |= {a.value.string_value for a in resource.resource.attributes if a.key == "service.name"}
            self.spans += [span for scope in resource.scope_spans for span in scope.spans]

    def named(self, name):
        return [span for span in self.spans if span.name == name]


@pytest.fixture
def collector(monkeypatch):
    made = Collector()
    monkeypatch.setenv(spans.ENDPOINT, made.url)
    monkeypatch.setattr(spans, "_made", {})
    spans.configure("toy")
    yield made
    for processor, _ in spans._made.values():
        processor.shutdown()
    made.server.shutdown()
    made.server.server_close()
    monkeypatch.undo()
    spans.configure("toy")


def test_a_request_its_call_its_event_and_the_handler_are_one_trace(client, settings, play, database, collector):
    client.get("/api/widgets/", headers={"traceparent": TRACEPARENT, "X-Request-Id": "request-1"})
    client.get("/api/widgets/", headers={"traceparent": TRACEPARENT[:-1] + "0"})

    class Sales:
        service = "sales"
        web_threads = 4
        secret_for = staticmethod(settings.secret_for)

    play("catalog").reset()
    play("catalog").on("GET", "/internal/x", 404, {})
    event = Event(
        new_uid(), "/toy", "Counted", "a", utcnow(), 1, 1, {}, traceparent=TRACEPARENT, request_id="request-1"
    )
    with tracing.tracing(tracing.begin(TRACEPARENT, "request-1")) as trace:
        InternalClient(Sales(), "catalog", play("catalog").url).call("GET", "/internal/x", account_id=1)
    spans.published(event.routing_key, event.id, event.to_bytes(), 0.002)
    handle(database, {"Counted": lambda _session, _event: None}, [event])
    spans.flush()

    assert collector.services == {"mostrador-toy"}
    [served] = collector.named("GET /api/widgets/")
    [called] = collector.named("GET catalog")
    [published] = collector.named("publish toy.Counted")
    [handled] = collector.named("process toy.Counted")
    everything = [served, called, published, handled]
    assert {span.trace_id.hex() for span in everything} == {TRACE}
    assert len({span.span_id for span in everything}) == 4
    assert [span.parent_span_id.hex() for span in everything] == [PARENT, trace.span_id, PARENT, PARENT]
    assert [span.kind for span in everything] == [2, 3, 4, 5]  # server, client, producer, consumer
    assert play("catalog").received[0]["traceparent"].split("-")[2] == called.span_id.hex()
    attributes = {a.key: a.value.string_value or a.value.int_value for a in served.attributes}
    assert attributes == {
        "http.request.method": "GET", "http.route": "/api/widgets/", "http.response.status_code": 200,
        "mostrador.request_id": "request-1",
    }  # fmt: skip
    assert 0 < served.end_time_unix_nano - served.start_time_unix_nano < 5e9
    assert len(collector.spans) == 4, "a caller that wants no spans gets none"


@pytest.mark.parametrize("endpoint", ["", "http://127.0.0.1:1"])
def test_without_a_collector_nothing_is_imported(endpoint):
    code = (
        "import sys; from chassis import spans; spans.configure('toy')\n"
        "print(spans.enabled, any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    env = {**os.environ, spans.ENDPOINT: endpoint}
    told = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout
    assert told.split() == [str(bool(endpoint))] * 2


def test_a_collector_without_the_packages_is_a_sentence():
    code = "import sys; sys.modules['opentelemetry'] = None\nfrom chassis import spans; spans.configure('toy')"
    env = {**os.environ, spans.ENDPOINT: "http://127.0.0.1:1"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("toy: OTEL_EXPORTER_OTLP_ENDPOINT is set: install mostrador-chassis[otel]")
