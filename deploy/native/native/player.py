"""Neighbours of a service that runs alone: their internal calls, answered from the examples in `contracts/internal/`.

Whoever asks exactly what an example asks gets its answer, refusals too. Anything else gets the first example that went
well, with what was asked in place of what the example asked: so any product exists, and costs what the example's costs.
"""

from __future__ import annotations

import copy
import json
import re
import threading
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from native.ports import LOOPBACK

Trust = Callable[[str, str], bool]
"""Whether a callee takes a caller's token."""

_CORRELATION = re.compile(r".*_uid")
"""Fields that are new in every request, and so never those of an example."""


class Contract:
    """One internal call and its examples."""

    def __init__(self, file: Path) -> None:
        written = json.loads(file.read_text())
        self.name, self.method, self.examples = file.stem, written["method"], written["examples"]
        self._path = re.compile(re.sub(r"\\{\w+\\}", "([^/]+)", re.escape(written["path"])))
        self._template = written["path"]

    def takes(self, method: str, path: str) -> bool:
        return method == self.method and self._path.fullmatch(path) is not None

    def answer(self, path: str, body: Any) -> tuple[str, int, Any]:
        """Name of the example that was played, status, body."""
        for example in self.examples:
            if example.get("path", path) == path and _same(example["request"], body):
                return example["name"], example["status"], _echoed(self.examples, example, body)
        for example in self.examples:
            if example["status"] < 300:
                answer = _echoed(self.examples, example, body)
                return example["name"], example["status"], self._with_path(answer, example.get("path", path), path)
        raise LookupError(f"{self._template} has no example that went well")

    def _with_path(self, answer: Any, example_path: str, path: str) -> Any:
        """What the example's path named, and its answer repeats, becomes what the asker's path names."""
        shown, asked = self._path.fullmatch(example_path), self._path.fullmatch(path)
        if not (isinstance(answer, dict) and shown and asked):
            return answer
        named = dict(zip(shown.groups(), asked.groups(), strict=True))
        return {
            field: type(value)(named[str(value)]) if isinstance(value, int | str) and str(value) in named else value
            for field, value in answer.items()
        }


def _same(shown: Any, asked: Any) -> bool:
    if isinstance(shown, dict) and isinstance(asked, dict):
        names = {name for name in shown.keys() | asked.keys() if not _CORRELATION.fullmatch(name)}
        return all(name in shown and name in asked and _same(shown[name], asked[name]) for name in names)
    return bool(shown == asked)


def _echoed(examples: Sequence[dict[str, Any]], example: dict[str, Any], asked: Any) -> Any:
    """The example's answer to `asked`: equal names, equal values; of a list what was asked for, one by one."""
    answer, shown = copy.deepcopy(example["response"]), example["request"]
    if not (isinstance(answer, dict) and isinstance(asked, dict)) or example["status"] >= 300:
        return answer
    for name, value in asked.items():
        if isinstance(value, list) and value and name in answer and isinstance(value[0], dict):
            answer[name] = [_row(examples, name, element) for element in value]
        elif not isinstance(value, list | dict) and name in answer:
            answer[name] = value
    if isinstance(asked.get("uids"), list) and isinstance(shown, dict):
        for name, rows in answer.items():
            answer[name] = _looked_up(examples, name, asked["uids"]) if isinstance(rows, list) else rows
    return answer


def _row(examples: Sequence[dict[str, Any]], name: str, asked: dict[str, Any]) -> dict[str, Any]:
    """The row of an answer for one row of a request: that of the same id if an example has it, else any, renamed."""
    rows = _rows(examples, name)
    known = [row for row in rows if all(row.get(key) == value for key, value in asked.items() if key.endswith("_id"))]
    row = (known or rows)[0]
    return {**row, **{key: value for key, value in asked.items() if key in row}}


def _looked_up(examples: Sequence[dict[str, Any]], name: str, uids: list[str]) -> list[dict[str, Any]]:
    """A row for each uid, but for those that the examples ask for and don't find."""
    rows = _rows(examples, name)
    key = next(key for key in rows[0] if key.endswith("_uid"))
    known = {row[key]: row for row in rows}
    unknown = {uid for example in examples for uid in example["request"]["uids"]} - known.keys()
    return [known.get(uid, {**rows[0], key: uid}) for uid in uids if uid not in unknown]


def _rows(examples: Sequence[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [row for example in examples if example["status"] < 300 for row in example["response"][name]]


class Player:
    """Serves `http://…/<callee>/internal/…` from a thread; `heard` is told what was played, in a line."""

    def __init__(self, contracts: Path, callees: Sequence[str], *, trust: Trust, heard: Callable[[str], None]) -> None:
        self._contracts = {
            name: [Contract(file) for file in sorted((contracts / name).glob("*.json"))] for name in callees
        }
        self._trust, self._heard = trust, heard
        self._server = ThreadingHTTPServer((LOOPBACK, 0), self._handler())
        self._server.daemon_threads = True
        serve = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        serve.start()

    def url(self, callee: str) -> str:
        """Where a service finds that neighbour."""
        return f"http://{LOOPBACK}:{self._server.server_address[1]}/{callee}"

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()

    def play(self, method: str, path: str, token: str, raw: bytes) -> tuple[int, Any]:
        """Status and body of one call."""
        callee, _, rest = path.removeprefix("/").partition("/")
        contract = next((one for one in self._contracts.get(callee, ()) if one.takes(method, f"/{rest}")), None)
        if contract is None or not self._trust(callee, token):
            return 404, {"detail": "Not found."}
        name, status, body = contract.answer(f"/{rest}", json.loads(raw) if raw else None)
        self._heard(f"{callee}: {method} /{rest} → {status} ({contract.name}: {name})")
        return status, body

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        player = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                token = self.headers.get("Authorization", "").removeprefix("Bearer ")
                status, body = player.play(self.command, self.path, token, raw)
                told = b"" if body is None else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - http.server's names

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler
