"""What the shipped files are held against: the settings that services really read, the architecture's table of callers."""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from gateway.routes import load_routes

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("auth", "catalog", "sales", "customers", "analytics")
PREFIX = "MOSTRADOR_"
IMAGE_SETTINGS = {"MOSTRADOR_BIND", "MOSTRADOR_WORKER_BIND", "MOSTRADOR_SECRETS_DIR", "MOSTRADOR_COMMIT"}
"""What a service's Dockerfile sets itself."""


@cache
def pairs() -> frozenset[tuple[str, str]]:
    """Caller and callee of each row under "Internal calls" in docs/architecture.md."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    section = text.partition("## Internal calls")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([a-z, ]+) \| ([a-z, ]+) \|", section, re.MULTILINE)
    found = {
        (caller, callee)
        for callers, callees in rows
        for caller in callers.split(", ")
        for callee in callees.split(", ")
        if caller != "caller"
    }
    assert ("sales", "catalog") in found
    return frozenset(found)


def callers_of(callee: str) -> set[str]:
    """Who may call a service: the callers of the table, the gateway, and everybody who verifies tokens with auth's keys."""
    keys = set(SERVICES) - {"auth"} if callee == "auth" else set()
    return {caller for caller, called in pairs() if called == callee} | {"gateway"} | keys


@cache
def settings_of(service: str) -> dict[str, Any]:
    """The fields of a service's Config by name."""
    return {item.name: item for item in fields(import_module(f"{service}.config").Config)}


def secrets_of(service: str) -> set[str]:
    """The settings that may be files."""
    return {name for name, item in settings_of(service).items() if not item.repr}


def required_of(service: str) -> set[str]:
    """The settings without which no process of the service starts."""
    return {
        name
        for name, item in settings_of(service).items()
        if item.default is MISSING and item.default_factory is MISSING
    }


@cache
def slowest_request(service: str = "") -> int:
    """Seconds that the gateway waits for a service's slowest answer; of all services without one."""
    routes = load_routes(ROOT / "gateway" / "routes.yaml").routes
    return max(route.timeout for route in routes if service in ("", route.service))
