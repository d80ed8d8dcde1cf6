"""The defaults that each service's README names are those of its settings, and those of the chassis are what they were."""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from importlib import import_module
from typing import Any

import pytest

from chassis import idempotency_keys, identity
from chassis.messaging import consumer, delivery, relay, topology
from chassis.settings import PREFIX, Settings
from native.ports import SERVICES
from native.settings import ROOT

CHASSIS = {
    "web_workers": 1,
    "web_threads": 8,
    "jwt_issuer": "mostrador",
    "jwt_audience": "mostrador-api",
    "log_level": "INFO",
    "failpoints": "",
    "retry_delay": 5.0,
    "hold_sweep_after": 60.0,
}
LIMITS = {
    (delivery, "ATTEMPTS"): 5,
    (topology, "DELIVERY_LIMIT"): 5,
    (consumer, "BATCH"): 100,
    (consumer, "PREFETCH"): 200,
    (relay, "BATCH"): 200,
    (relay, "LONGEST_DELAY"): 60.0,
    (identity, "LEEWAY"): 5,
    (identity, "SERVICE_TOKEN_LIFE"): 60,
}


def documented(service: str) -> dict[str, str]:
    """The defaults in the table of a README, by the name of the setting."""
    text = (ROOT / "services" / service / "README.md").read_text()
    found: dict[str, str] = {}
    for line in text.partition("## Environment")[2].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if PREFIX not in cells[0] or len(cells) < 2:
            continue
        names = re.findall(r"`(\w+)`", cells[0])
        values = [value.strip(" `") for value in (cells[1].split(",") if len(names) > 1 else [cells[1]])]
        for number, name in enumerate(names):
            if name.startswith("_"):  # `MOSTRADOR_ARGON2_TIME_COST` `_MEMORY_KIB`: another ending of the first
                known = {field.name for field in fields(config(service))}
                words = names[0].split("_")
                stems = ("_".join(words[:end]) + name for end in range(len(words), 0, -1))
                name = next(full for full in stems if full.removeprefix(PREFIX).lower() in known)
            found[name.removeprefix(PREFIX).lower()] = values[number if len(values) == len(names) else 0]
    return found


def config(service: str) -> Any:
    return import_module(f"{service}.config").Config


@pytest.mark.parametrize("service", SERVICES)
def test_the_readmes_defaults_are_those_of_the_settings(service: str) -> None:
    told = documented(service)
    inherited = {field.name for field in fields(Settings)}
    for field in fields(config(service)):
        if field.name not in told:
            assert field.name in inherited or not field.repr, f"{service}'s README does not name {field.name}"
        elif field.default_factory is not MISSING and (listed := field.default_factory()):
            assert told[field.name] == ",".join(listed), field.name
        elif field.default is MISSING:
            assert told[field.name] in ("required", "", "none"), field.name
        elif field.default != "":
            shown = told[field.name]
            same = shown == field.default if isinstance(field.default, str) else float(shown) == float(field.default)
            assert same, f"{service}: {field.name} is {field.default!r}, its README says {shown}"


def test_the_chassis_defaults() -> None:
    assert {field.name: field.default for field in fields(Settings) if field.name in CHASSIS} == CHASSIS


def test_the_chassis_limits() -> None:
    assert {(module, name): getattr(module, name) for module, name in LIMITS} == LIMITS
    assert idempotency_keys.KEPT_FOR.total_seconds() == 24 * 3600
