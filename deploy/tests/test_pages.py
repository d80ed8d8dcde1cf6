"""Each service's page (its README) names all that it owns, tells, hears, answers, calls and reads, and nothing that is not so;
the table of callers in docs/architecture.md, too.
"""

from __future__ import annotations

import json
import re
from dataclasses import fields

import pytest
import yaml

from chassis.settings import Settings
from chassis.testing import PAIRS as PAIRS_IN_TESTS
from native.services import PAIRS
from platform_facts import PREFIX, ROOT, SERVICES, pairs, settings_of


def page(service: str) -> str:
    return (ROOT / "services" / service / "README.md").read_text()


def events() -> dict[str, set[str]]:
    """By service, the events that it tells or hears."""
    document = yaml.load((ROOT / "contracts" / "asyncapi" / "mostrador.yaml").read_text(), yaml.CSafeLoader)
    found: dict[str, set[str]] = {service: set() for service in SERVICES}
    for operation in document["operations"]:
        service, _, name = operation.split(".")
        found[service].add(name)
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_it_names_the_events_that_it_tells_and_hears(service: str) -> None:
    known = {name for names in events().values() for name in names}
    assert {word for word in re.findall(r"`(\w+)`", page(service)) if word in known} == events()[service]


@pytest.mark.parametrize("service", SERVICES)
def test_what_it_says_to_play_is_an_event_that_it_hears(service: str) -> None:
    (named,) = re.findall(r"^make play .* E=(\w+) for one of them$", page(service), re.MULTILINE)
    document = (ROOT / "contracts" / "asyncapi" / "mostrador.yaml").read_text()
    assert f"  {service}.hears.{named}:" in document


@pytest.mark.parametrize("service", SERVICES)
def test_it_names_the_tables_that_it_owns(service: str) -> None:
    migrations = (ROOT / "services" / service / "migrations").glob("*.py")
    tables = {name for file in migrations for name in re.findall(r'create_table\(\s*"(\w+)"', file.read_text())}
    assert len(tables) > 3
    assert {table for table in tables if f"`{table}`" not in page(service)} == set()


@pytest.mark.parametrize("service", SERVICES)
def test_it_names_the_variables_that_are_its_own(service: str) -> None:
    written = page(service)
    endings = tuple(re.findall(r"`(_[A-Z_]+)`", written))  # of several that begin alike only the first is written out
    own = set(settings_of(service)) - {item.name for item in fields(Settings)}
    variables = {PREFIX + name.upper() for name in own}
    assert {name for name in variables if f"`{name}`" not in written and not name.endswith(endings or ("-",))} == set()
    assert set(re.findall(rf"`{PREFIX}([A-Z0-9_]+)`", written)) <= {name.upper() for name in settings_of(service)}


@pytest.mark.parametrize("service", SERVICES)
def test_it_names_whom_it_calls_and_what_it_answers_to_others(service: str) -> None:
    written = page(service)
    for file in (ROOT / "contracts" / "internal").glob("*/*.json"):
        callee, contract = file.parent.name, json.loads(file.read_text())
        call = f"{contract['method']} {contract['path']}"
        if callee == service:
            assert call in written, "what others ask of it"
            assert all(caller in written for caller in contract["callers"])
        elif service in contract["callers"]:
            assert call in written.partition("Calls")[2], f"what it asks of {callee}"
            assert callee in written.partition("Calls")[2].lower()


def test_the_table_of_callers_is_who_shares_a_secret() -> None:
    assert {tuple(pair.split(">")) for pair in PAIRS} == pairs()
    assert sorted(PAIRS) == sorted(PAIRS_IN_TESTS)
