"""Writes dashboard.json, the Grafana dashboard: `python deploy/observability/dashboard.py`. Edit here, never there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("dashboard.json")
S = 'service=~"$service"'

ROWS: dict[str, list[tuple[str, str, list[tuple[str, str]]]]] = {
    "Requests": [
        ("Requests", "reqps", [(f"service:http_requests:rate5m{{{S}}}", "{{service}}")]),
        ("Answered 5xx", "percentunit", [(f"service:http_errors:ratio5m{{{S}}}", "{{service}}")]),
        (
            "Slowest routes (p99)",
            "s",
            [
                (f"topk(10, service_route:http_duration_seconds:p99_5m{{{S}}})", "{{service}} {{method}} {{route}}"),
            ],
        ),
        (
            "By status",
            "reqps",
            [
                (
                    f"sum by (service, status) (rate(http_request_duration_seconds_count{{{S}}}[5m]))",
                    "{{service}} {{status}}",
                ),
            ],
        ),
    ],
    "Between services": [
        (
            "Internal calls",
            "reqps",
            [
                (
                    f"sum by (service, callee, outcome) (rate(mostrador_internal_call_seconds_count{{{S}}}[5m]))",
                    "{{service}} to {{callee}}: {{outcome}}",
                ),
            ],
        ),
        (
            "Internal calls (p99)",
            "s",
            [
                (
                    "histogram_quantile(0.99, sum by (service, callee, le) "
                    f"(rate(mostrador_internal_call_seconds_bucket{{{S}}}[5m])))",
                    "{{service}} to {{callee}}",
                ),
            ],
        ),
        (
            "Open circuits",
            "short",
            [(f"max by (service, callee) (mostrador_circuit_open{{{S}}})", "{{service}} to {{callee}}")],
        ),
    ],
    "Events": [
        (
            "Handled",
            "eps",
            [(f"sum by (service, type) (rate(mostrador_events_consumed_total{{{S}}}[5m]))", "{{service}} {{type}}")],
        ),
        (
            "Published",
            "eps",
            [(f"sum by (service) (rate(mostrador_events_published_total{{{S}}}[5m]))", "{{service}}")],
        ),
        ("From telling to effect (p99)", "s", [(f"service:event_lag_seconds:p99_5m{{{S}}}", "{{service}}")]),
        ("Waiting in the outbox", "short", [(f"mostrador_outbox_depth{{{S}}}", "{{service}}")]),
        ("Oldest in the outbox", "s", [(f"mostrador_outbox_oldest_seconds{{{S}}}", "{{service}}")]),
        ("Waiting in queues", "short", [(f"mostrador_queue_depth{{{S}}}", "{{service}}.{{queue}}")]),
        (
            "Failed, duplicate, dead",
            "eps",
            [
                (f"rate(mostrador_events_retried_total{{{S}}}[5m])", "{{service}} tried again"),
                (f"rate(mostrador_events_duplicate_total{{{S}}}[5m])", "{{service}} known already"),
                (f"rate(mostrador_events_dead_total{{{S}}}[5m])", "{{service}} dead"),
            ],
        ),
        (
            "Sweeps' findings",
            "short",
            [
                (f"increase(mostrador_sweep_found_total{{{S}}}[15m])", "{{service}} {{sweep}}"),
                (f'increase(mostrador_sweep_runs_total{{{S},outcome="failed"}}[15m])', "{{service}} {{sweep}} failed"),
            ],
        ),
    ],
    "Processes": [
        ("CPU", "percentunit", [(f"rate(process_cpu_seconds_total{{{S}}}[5m])", "{{service}}-{{process}}")]),
        ("Memory", "bytes", [(f"process_resident_memory_bytes{{{S}}}", "{{service}}-{{process}}")]),
        (
            "Database connections in use",
            "percentunit",
            [
                (f"mostrador_db_pool_in_use{{{S}}} / mostrador_db_pool_size{{{S}}}", "{{service}}-{{process}}"),
            ],
        ),
        (
            "What runs",
            "short",
            [
                (
                    f"count by (service, commit, chassis, schema) (mostrador_build_info{{{S}}})",
                    "{{service}} {{commit}} schema {{schema}}",
                ),
            ],
        ),
    ],
}


def dashboard() -> dict[str, Any]:
    """The dashboard in Grafana's model: rows of graphs, four abreast; the data source and the services are chosen above."""
    panels: list[dict[str, Any]] = []
    y = 0
    for row, graphs in ROWS.items():
        panels.append({"type": "row", "title": row, "collapsed": False, "gridPos": {"x": 0, "y": y, "w": 24, "h": 1}})
        y += 1
        for n, (title, unit, queries) in enumerate(graphs):
            panels.append(_graph(title, unit, queries, x=n % 4 * 6, y=y + n // 4 * 7))
        y += 7 * ((len(graphs) + 3) // 4)
    for number, panel in enumerate(panels, 1):
        panel["id"] = number
    services = {"type": "query", "name": "service", "label": "Service", "multi": True, "includeAll": True, "refresh": 2}
    return {
        "uid": "mostrador",
        "title": "Mostrador",
        "tags": ["mostrador"],
        "schemaVersion": 39,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {
            "list": [
                {"type": "datasource", "name": "prometheus", "label": "Prometheus", "query": "prometheus"},
                {**services, "datasource": _SOURCE, "query": "label_values(mostrador_build_info, service)",
                 "current": {"text": "All", "value": "$__all"}},
            ]
        },
        "panels": panels,
    }  # fmt: skip


_SOURCE = {"type": "prometheus", "uid": "${prometheus}"}


def _graph(title: str, unit: str, queries: list[tuple[str, str]], *, x: int, y: int) -> dict[str, Any]:
    targets = [
        {"refId": chr(ord("A") + n), "datasource": _SOURCE, "expr": expression, "legendFormat": legend}
        for n, (expression, legend) in enumerate(queries)
    ]
    return {
        "type": "timeseries",
        "title": title,
        "datasource": _SOURCE,
        "gridPos": {"x": x, "y": y, "w": 6, "h": 7},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "options": {
            "legend": {"displayMode": "list", "placement": "bottom"},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        "targets": targets,
    }


def text() -> str:
    """The file's content."""
    return json.dumps(dashboard(), indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
