"""Tests that every service has of its contracts, both sides; its tests/contracts/test_both_sides.py imports them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from typing import Any

import jsonschema
import pytest
from flask import Flask

from chassis.access import route_table
from chassis.messaging.envelope import Event
from chassis.messaging.handlers import Subscriptions
from chassis.testing_events import Contracts


# A service's own fixtures count on a database, so every test here has one.
@pytest.mark.usefixtures("settings")
def test_our_events_are_described_whole(contracts: Contracts, service_name: str) -> None:
    """A consumer can be written from the schema and its examples alone. The first example has every field."""
    for file in sorted((contracts.folder / "events" / service_name).glob("*.json")):
        schema = json.loads(file.read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["$id"] == f"urn:mostrador:events:{service_name}:{file.stem}:1", file
        assert schema["additionalProperties"] is False, file
        assert all(described.get("description") for described in schema["properties"].values()), file
        assert set(schema["required"]) <= set(schema["properties"]) == set(schema["examples"][0]), file
        for example in schema["examples"]:
            jsonschema.Draft202012Validator(schema).validate(example)


def test_we_take_every_event_that_we_hear(
    contracts: Contracts,
    subscriptions: Subscriptions,
    event_of: Callable[..., Event],
    deliver: Callable[..., list[Event]],
) -> None:
    """As its producer shows it, without the fields that it may lack, and with fields of later versions."""
    for type_ in subscriptions:
        _, schema = contracts.event(type_)
        for example in schema["examples"]:
            for data in _variants(example, schema):
                deliver(replace(event_of(type_), data=data))


def _variants(example: dict[str, Any], schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield example
    yield {name: value for name, value in example.items() if name in schema["required"]}
    yield {**example, "of_a_later_version": {"unknown": True}}


def test_our_internal_routes_are_those_of_the_contracts(app: Flask, contracts: Contracts, service_name: str) -> None:
    """None without a contract, none of the contracts without a route, and for the callers that it names."""
    served = {
        (method, re.sub(r"<[^>]*>", "{}", path)): set(access.callers)
        for method, path, access in route_table(app)
        if path.startswith("/internal/")
    }
    agreed = {}
    for file in (contracts.folder / "internal" / service_name).glob("*.json"):
        call = contracts.internal(service_name, file.stem)
        agreed[call["method"], re.sub(r"{[^}]*}", "{}", call["path"])] = set(call["callers"])
    assert served == agreed


def test_the_secrets_of_our_calls_are_known(settings: Any, contracts: Contracts, service_name: str) -> None:
    """Whoever calls, or is called, by a contract has the pair's secret and the callee's address."""
    config = import_module(f"{service_name}.config").Config
    for file in contracts.folder.glob("internal/*/*.json"):
        callee, callers = file.parent.name, contracts.internal(file.parent.name, file.stem)["callers"]
        if service_name in callers:
            assert settings.secret_for(service_name, callee)
            addresses = [name for name in config.__dataclass_fields__ if name.endswith(("_url", "_urls"))]
            assert any(name.startswith(callee) for name in addresses), f"{service_name} has no address of {callee}"


@pytest.mark.usefixtures("settings")
def test_each_internal_call_has_a_test_here(
    contracts: Contracts, service_name: str, request: pytest.FixtureRequest
) -> None:
    """Callee and callers alike test against the examples, by the call's name."""
    folder = request.path.parents[1]
    tests = "\n".join(path.read_text() for path in folder.rglob("*.py"))
    for file in contracts.folder.glob("internal/*/*.json"):
        callee = file.parent.name
        if service_name in (callee, *contracts.internal(callee, file.stem)["callers"]):
            assert f'"{file.stem}"' in tests, f"no test of {callee}'s {file.stem} in {folder}"


__all__ = [
    "test_each_internal_call_has_a_test_here",
    "test_our_events_are_described_whole",
    "test_our_internal_routes_are_those_of_the_contracts",
    "test_the_secrets_of_our_calls_are_known",
    "test_we_take_every_event_that_we_hear",
]
