"""What a request leaves behind: its trace from headers to log line and internal call, its figures in /metrics."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from threading import Event

import orjson
import pytest

from chassis import logs, tracing
from chassis.http import InternalClient
from chassis.problems import Unavailable
from chassis.pulse import Pulse
from chassis.sweeps import Sweep, run_sweeps

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


@pytest.fixture
def lines(monkeypatch, capfd):
    """The log lines of the test, decoded."""
    monkeypatch.setitem(logs._ready, "written", True)

    def read():
        return [orjson.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]

    return read


def figures(client):
    """Every series of /metrics and its value."""
    text = client.get("/metrics", role=None).data.decode()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines() if line[0] != "#"}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"traceparent": TRACEPARENT, "X-Request-Id": "request-1"}, (TRACE, PARENT, "request-1")),
        ({"traceparent": TRACEPARENT}, (TRACE, PARENT, TRACE)),
        ({"X-Request-Id": TRACE}, (TRACE, "", TRACE)),
        ({"X-Request-Id": "request-1"}, (None, "", "request-1")),
        ({"X-Request-Id": 'x" OR 1', "traceparent": "00-1-2-3"}, (None, "", None)),
        ({"X-Request-Id": "x" * 65, "traceparent": "01" + TRACEPARENT[2:]}, (None, "", None)),
        ({"traceparent": f"00-{'0' * 32}-{PARENT}-01"}, (None, "", None)),
        ({"traceparent": f"00-{TRACE}-{'0' * 16}-01"}, (None, "", None)),
        ({"traceparent": TRACEPARENT.upper()}, (None, "", None)),
        ({"traceparent": TRACEPARENT + "-more"}, (None, "", None)),
        ({}, (None, "", None)),
    ],
)
def test_headers_are_believed_in_their_form_only(headers, expected):
    trace = tracing.begin(headers.get("traceparent"), headers.get("X-Request-Id"))
    for found, wanted in zip((trace.trace_id, trace.parent_id, trace.request_id), expected, strict=True):
        assert found == wanted if wanted is not None else re.fullmatch("[0-9a-f]{32}", found)
    assert tracing.traceparent_of(trace.traceparent), "what it tells others is well formed"
    assert trace.span_id != PARENT


def test_a_request_leaves_one_line_with_who_what_and_how_long(client, lines):
    made = client.post(
        "/api/widgets/", {"name": "abc", "price": 1}, user_id=7, account_id=3,
        headers={"traceparent": TRACEPARENT, "X-Request-Id": "request-1"},
    )  # fmt: skip
    client.get(f"/api/widgets/{made.json['id']}/?name=secret", account_id=2)
    client.get("/livez", role=None)
    posted, got = lines()
    assert posted.pop("ms") > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", posted.pop("timestamp"))
    assert posted == {
        "service": "toy", "level": "info", "event": "request_answered", "request_id": "request-1", "trace_id": TRACE,
        "account_id": 3, "user_id": 7, "method": "POST", "route": "/api/widgets/", "status": 201,
    }  # fmt: skip
    assert (got["status"], got["route"], got["account_id"]) == (404, "/api/widgets/<int:widget_id>/", 2)
    assert "secret" not in orjson.dumps(got).decode()


def test_no_line_is_written_above_info(client, capfd):
    client.get("/api/widgets/")
    assert capfd.readouterr().err == ""


def test_a_bugs_line_says_whose_request_it_was(client, caplog):
    client.get("/api/v1/auth/broken", role=None, headers={"X-Request-Id": "request-1"})
    line = caplog.records[0].msg
    assert (line["event"], line["request_id"], len(line["trace_id"])) == ("unhandled_error", "request-1", 32)
    assert tracing.current() is None


def test_a_librarys_line_is_like_ours():
    code = (
        "import logging; from chassis import logs; logs.configure('toy')\n"
        "logging.getLogger('library').warning('hello %s', 'you'); logs.get('ours').warning('hello', name='you')"
    )
    written = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr
    theirs, ours = map(orjson.loads, written.splitlines())
    assert (theirs["event"], theirs["service"], theirs["level"]) == ("hello you", "toy", "warning")
    assert (ours["event"], ours["service"], ours["level"]) == ("hello", "toy", "warning")


def test_time_is_counted_by_route_template_never_by_path(client):
    series = 'http_request_duration_seconds_count{method="GET",route="/api/widgets/<int:widget_id>/",status="404"}'
    before = figures(client).get(series, 0)
    for number in (901, 902, 903):
        client.get(f"/api/widgets/{number}/")
        client.get(f"/nowhere/{number}")
        client.call(f"ANY{number}", "/api/widgets/")
    after = figures(client)
    assert after[series] == before + 3
    assert not [name for name in after if "90" in name]
    assert after['http_request_duration_seconds_count{method="other",route="-",status="405"}'] >= 3


def test_metrics_tell_what_runs_and_how_many_connections_are_in_use(client, app):
    found = figures(client)
    build = next(name for name in found if name.startswith("mostrador_build_info"))
    assert re.search(r'chassis="\d+\.\d+\.\d+",commit="",schema="0001"', build)
    assert (found["mostrador_db_pool_in_use"], found["mostrador_db_pool_size"]) == (0, 32)
    with app.extensions["mostrador"]["database"].read() as session:
        session.connection()
        assert figures(client)["mostrador_db_pool_in_use"] == 1


@pytest.fixture
def calling(settings, play):
    class Sales:
        service = "sales"
        web_threads = 4
        secret_for = staticmethod(settings.secret_for)

    play("catalog").reset()
    return InternalClient(Sales(), "catalog", play("catalog").url, timeout=0.3)


def test_an_internal_call_carries_the_trace_by_a_step_of_its_own(calling, play):
    play("catalog").on("GET", "/internal/x", 200, {})
    with tracing.tracing(tracing.begin(TRACEPARENT, "request-1")) as trace:
        for _ in range(2):
            calling.call("GET", "/internal/x", account_id=1)
    sent = play("catalog").received
    assert {headers["X-Request-Id"] for headers in sent} == {"request-1"}
    spans = [headers["traceparent"].split("-") for headers in sent]
    assert {(version, trace_id) for version, trace_id, _, _ in spans} == {("00", TRACE)}
    assert len({span for *_, span, _ in spans} | {trace.span_id, PARENT}) == 4


def test_calls_and_the_circuit_are_measured(calling, play, client):
    catalog = play("catalog")
    counted = 'mostrador_internal_call_seconds_count{callee="catalog",outcome="%s"}'
    before = figures(client)

    def more(outcome):
        return figures(client).get(counted % outcome, 0) - before.get(counted % outcome, 0)

    catalog.down = True
    for _ in range(InternalClient.FAILURES_TO_OPEN + 2):
        with pytest.raises(Unavailable):
            calling.call("GET", "/internal/x", account_id=1)
    assert (more("failed"), more("refused")) == (InternalClient.FAILURES_TO_OPEN, 2)
    assert figures(client)['mostrador_circuit_open{callee="catalog"}'] == 1
    catalog.down = False
    catalog.on("GET", "/internal/x", 404, {})
    calling._open_until = 0.0
    calling.call("GET", "/internal/x", account_id=1)
    assert more("answered") == 1
    assert figures(client)['mostrador_circuit_open{callee="catalog"}'] == 0


def test_sweeps_tell_how_they_went_and_what_they_found(client):
    def fail(_database, _settings):
        raise RuntimeError("a sweep's bug")

    stop, seen = Event(), []

    def find(_database, _settings):
        seen.append(tracing.current())
        stop.set()
        return 3

    before = figures(client)
    sweeps = [Sweep("failing", 0, fail), Sweep("finding", 0, find)]
    run_sweeps(sweeps, client.app.extensions["mostrador"]["database"], None, stop, Pulse("sweeps"))
    after = figures(client)
    more = {name: after[name] - before.get(name, 0) for name in after if name.startswith("mostrador_sweep_")}
    assert more['mostrador_sweep_runs_total{outcome="failed",sweep="failing"}'] == 1
    assert more['mostrador_sweep_runs_total{outcome="done",sweep="finding"}'] == 1
    assert more['mostrador_sweep_found_total{sweep="finding"}'] == 3
    assert len(seen[0].trace_id) == 32, "what a sweep does can be found, too"
    assert tracing.current() is None


def test_several_processes_add_up(tmp_path):
    """As with MOSTRADOR_WEB_WORKERS above 1: each process counts for itself, any of them tells the sum."""
    code = (
        "from chassis import metrics; from chassis.db import Database\n"
        "metrics.REQUESTS.labels('GET', '/api/x/', '200').observe(0.01); metrics.DATABASE_TROUBLE.labels('away').inc()\n"
        "print(metrics.exposition(Database('sqlite:////none/none.db', service='toy')).decode())"
    )
    env = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for _ in range(2):
        told = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout
    assert 'http_request_duration_seconds_count{method="GET",route="/api/x/",status="200"} 2.0' in told
    assert 'mostrador_database_unavailable_total{reason="away"} 2.0' in told
