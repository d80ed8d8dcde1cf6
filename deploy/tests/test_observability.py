"""Alerts and dashboard speak of metrics that the services really tell, and every alert leads to its page of the guide."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "observability"
GUIDE = ROOT / "docs" / "guides" / "on-call.md"
_WORDS = {"sum", "rate", "increase", "by", "le", "count", "max", "changes", "histogram_quantile", "topk", "on"}


@cache
def told() -> dict[str, set[str]]:
    """Every series of a web and a worker, by name, with its labels: of a process that did each thing once."""
    code = """
import tempfile
from flask import Flask
from chassis import metrics, observation
from chassis.db import Database
from chassis.messaging import metrics as events
from chassis.settings import Settings

Settings.service = "sales"
metrics.describe(Settings(database_url=""))
app = Flask("web"); observation.install(app); app.test_client().get("/nowhere")
metrics.calls_to("catalog", "answered").observe(1); metrics.CIRCUIT_OPEN.labels("catalog").set(0)
metrics.DATABASE_TROUBLE.labels("away").inc()
metrics.SWEEPS_RUN.labels("x", "done").inc(); metrics.SWEEPS_FOUND.labels("x").inc(); metrics.SWEEP_SECONDS.labels("x").set(1)
events.consumed("OrderPaid").inc(); events.lag_of("sales").observe(1)
events.QUEUE_DEPTH.labels("inbox").set(1); events.POLL_AGE.labels("relay").set(1)
print(metrics.exposition(Database("sqlite:////none/none.db", service="sales")).decode())
"""
    text = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    found: dict[str, set[str]] = {"up": set()}
    for line in text.splitlines():
        if not line.startswith("#") and (series := re.match(r"(\w+)(?:\{(.*)\})? ", line)):
            found.setdefault(series[1], set()).update(re.findall(r"(\w+)=\"", series[2] or ""))
    return found


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


ALERTS = [rule for rule in rules() if "alert" in rule]
RECORDED = {rule["record"] for rule in rules() if "record" in rule}
EXPRESSIONS = [rule["expr"] for rule in rules()] + [
    target["expr"]
    for panel in json.loads((FOLDER / "dashboard.json").read_text())["panels"]
    for target in panel.get("targets", [])
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_is_well_formed_and_asks_for_what_is_told(expression: str) -> None:
    for pair in ("()", "{}", "[]"):
        assert expression.count(pair[0]) == expression.count(pair[1])
    assert expression.count('"') % 2 == 0
    bare = re.sub(r'"[^"]*"', '""', expression)
    labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", bare))
    for group in re.findall(r"\bby \(([^)]*)\)", bare):
        labels |= set(re.split(r",\s*", group))
    names = (
        set(re.findall(r"[a-z_][a-z_:0-9]*", re.sub(r"\bby \([^)]*\)|\{[^}]*\}|\[[^\]]*\]", "", bare), re.IGNORECASE))
        - _WORDS
    )
    assert names, expression
    assert names - RECORDED <= set(told()), "a metric that nothing tells"
    known = {"service", "process", "job"}.union(*told().values())
    assert labels <= known, "a label that nothing has"


def test_the_words_above_hide_no_metric() -> None:
    assert _WORDS.isdisjoint(told())
    assert {
        "mostrador_outbox_oldest_seconds",
        "http_request_duration_seconds_bucket",
        "process_start_time_seconds",
    } <= set(told())


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_an_alert_says_what_is_wrong_and_where_to_read_on(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in ("page", "ticket")
    assert alert["annotations"]["summary"]
    assert alert["annotations"]["runbook_url"] == f"docs/guides/on-call.md#{alert['alert'].lower()}"
    assert f"\n### {alert['alert']}\n" in GUIDE.read_text()
    assert set(alert) <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"\d+[smh]", alert.get("for", "1m"))


def test_the_guide_speaks_of_no_alert_that_is_gone() -> None:
    text = GUIDE.read_text()
    section = text[text.index("## Alerts") : text.index("\n## ", text.index("## Alerts") + 1)]
    assert re.findall(r"^### (\w+)$", section, re.MULTILINE) == [alert["alert"] for alert in ALERTS]


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_agrees() -> None:
    done = subprocess.run(
        ["promtool", "check", "config", "prometheus.yml"], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_scrape_config_knows_every_process() -> None:
    from native.ports import SERVICES, Ports

    config = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    [job] = config["scrape_configs"]
    found = {(t["labels"]["service"], t["labels"]["process"]): t["targets"] for t in job["static_configs"]}
    ports = Ports(8080)
    assert found == {
        (service, process): [f"127.0.0.1:{port(service)}"]
        for process, port in (("web", ports.web), ("worker", ports.worker))
        for service in SERVICES
    }


def test_the_dashboard_is_what_its_source_says() -> None:
    spec = importlib.util.spec_from_file_location("dashboard", FOLDER / "dashboard.py")
    assert spec is not None
    assert spec.loader is not None
    source = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(source)
    assert (FOLDER / "dashboard.json").read_text() == source.text()
    panels = source.dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in panels
        for x in range(panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["h"])
    ]
    assert len(set(cells)) == len(cells), "two panels lie upon each other"
