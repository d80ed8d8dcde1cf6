"""Played neighbours: what they answer to what they are asked."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from native.player import Player
from native.settings import ROOT

CONTRACTS = ROOT / "contracts" / "internal"


@pytest.fixture
def heard() -> list[str]:
    """What was played."""
    return []


@pytest.fixture
def player(heard: list[str]) -> Iterator[Player]:
    """All neighbours, trusting whoever says `sesame`."""
    callees = sorted(folder.name for folder in CONTRACTS.iterdir())
    player = Player(CONTRACTS, callees, trust=lambda _, token: token == "sesame", heard=heard.append)
    yield player
    player.close()


def ask(
    player: Player, callee: str, method: str, path: str, body: Any = None, token: str = "sesame"
) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(player.url(callee) + path, data, method=method)
    request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            raw = answer.read()
            return answer.status, json.loads(raw) if raw else None
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def test_every_example_that_went_well_is_answered_as_it_stands(player: Player) -> None:
    for file in CONTRACTS.glob("*/*.json"):
        call = json.loads(file.read_text())
        for example in call["examples"]:
            if example["status"] < 300 and "again" not in example["name"]:
                path, request = example.get("path", call["path"]), example["request"]
                status, _ = ask(player, file.parent.name, call["method"], path, request)
                assert status < 300, (file, example["name"])


def test_what_an_example_refuses_is_refused(player: Player) -> None:
    call = json.loads((CONTRACTS / "catalog" / "hold.json").read_text())
    refused = next(example for example in call["examples"] if example["name"] == "too little stock")
    body = {**refused["request"], "order_uid": "another"}
    assert ask(player, "catalog", "POST", "/internal/holds/", body) == (refused["status"], refused["response"])
    assert ask(player, "customers", "GET", "/internal/customers/999/")[0] == 404


def test_anything_else_gets_an_example_with_what_was_asked(player: Player, heard: list[str]) -> None:
    lines = [{"product_id": 3, "quantity": 9}, {"product_id": 77, "quantity": 4}]
    body = {"order_uid": "o-1", "user_uid": "u-1", "lines": lines}
    status, held = ask(player, "catalog", "POST", "/internal/holds/", body)
    assert (status, held["order_uid"]) == (200, "o-1")
    assert [(line["product_id"], line["quantity"]) for line in held["lines"]] == [(3, 9), (77, 4)]
    assert held["lines"][0]["name"] == "Café 250g", "a product of the examples is itself"
    assert ask(player, "customers", "GET", "/internal/customers/12/")[1]["customer_id"] == 12
    assert ask(player, "sales", "GET", "/internal/orders/o-1/")[1]["order_uid"] == "o-1"
    assert heard[0] == "catalog: POST /internal/holds/ → 200 (hold: enough of everything)"


def test_uids_are_looked_up(player: Player) -> None:
    _, found = ask(player, "catalog", "POST", "/internal/products/", {"uids": ["prod-456", "prod-new"]})
    assert [row["product_uid"] for row in found["products"]] == ["prod-456", "prod-new"]
    assert ask(player, "auth", "POST", "/internal/users/", {"uids": ["nobody"]}) == (200, {"users": []})


def test_strangers_and_unknown_calls_find_nothing(player: Player, heard: list[str]) -> None:
    for found in (
        ask(player, "catalog", "POST", "/internal/holds/", {}, token="guess"),
        ask(player, "catalog", "GET", "/internal/holds/"),
        ask(player, "catalog", "GET", "/internal/nothing/"),
        ask(player, "nobody", "GET", "/internal/holds/"),
    ):
        assert found == (404, {"detail": "Not found."})
    assert heard == []
