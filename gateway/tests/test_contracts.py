"""Both sides of what the gateway and auth tell each other, as `contracts/internal/` shows it."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from gateway.tests.conftest import Platform
from gateway.tests.stubs import service_token
from gateway.tests.test_agent import Script, made_agent

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts" / "internal"


def contract(callee: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CONTRACTS / callee / f"{name}.json").read_text())
    return found


def test_the_internal_listener_answers_as_agreed(platform: Platform) -> None:
    agreed = contract("gateway", "revocations")
    assert (agreed["method"], agreed["path"], agreed["callers"]) == ("POST", "/revocations", ["auth"])
    for example in agreed["examples"]:
        answer = platform.gateway.push(service_token(), example["request"])
        told = json.loads(answer.body) if answer.body else None
        assert (answer.status, told) == (example["status"], example["response"]), example["name"]
    for ended in agreed["examples"][0]["request"]["revocations"]:
        assert platform.gateway.call("GET", "/api/products/", token=platform.auth.token(sid=ended["sid"])).status == 401


@pytest.mark.parametrize("example", contract("auth", "revocations")["examples"], ids=lambda example: example["name"])
def test_the_agent_understands_auths_list(example: dict[str, Any], tmp_path: Path) -> None:
    agent, auth = made_agent(tmp_path, time.monotonic), Script()
    agent.prune_due = float("inf")  # the example's session has run out by now
    auth.answers["revocations"] = example["response"]
    agent.fetch = auth.fetch  # type: ignore[method-assign, assignment]
    agent.tick()
    assert (tmp_path / "deny" / ".ready-77").exists(), "the list was taken"
    for listed in example["response"]["revocations"]:
        assert (tmp_path / "deny" / listed["sid"]).read_text() == str(listed["exp"])
