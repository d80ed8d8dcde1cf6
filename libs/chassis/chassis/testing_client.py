"""The tests' HTTP client: calls as a role or as a service, and holds every answer against the schema it is documented with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import marshmallow as ma
import orjson
from flask import Flask

from chassis.forwarding import HEADER, credential
from chassis.identity import sign_service_token
from chassis.settings import SettingsError
from chassis.testing_documents import published_document


class ApiAnswer:
    """`status`, decoded `json` (None without a body), `headers`, raw `data`."""

    def __init__(self, response: Any) -> None:
        self.status: int = response.status_code
        self.headers = response.headers
        self.data: bytes = response.get_data()
        self.json: Any = orjson.loads(self.data) if self.data and "json" in (response.mimetype or "") else None

    def __repr__(self) -> str:
        return f"<{self.status} {self.data[:500]!r}>"


class ApiClient:
    """Calls an app in the test process, as an ADMIN of account 1 unless told otherwise. `role=None` sends no token."""

    def __init__(self, app: Flask, token_for: Callable[..., str]) -> None:
        self.app, self.token_for = app, token_for

    def call(
        self, method: str, path: str, body: Any = None, *, role: str | None = "ADMIN", account_id: int = 1, user_id: int = 1,
        token: str | None = None, headers: dict[str, str] | None = None, data: bytes | None = None,
        content_type: str = "application/json",
    ) -> ApiAnswer:  # fmt: skip
        """One request; `data` sends raw bytes, of that type, instead of `body` as JSON."""
        sent = dict(headers or {})
        if token or role:
            sent["Authorization"] = f"Bearer {token or self.token_for(role, account_id=account_id, user_id=user_id)}"
        return self._send(method, path, body, sent, data, content_type)

    def internal(
        self, caller: str, method: str, path: str, body: Any = None, *, account_id: int | None = 1
    ) -> ApiAnswer:
        """An internal call as the service `caller`; with a secret that it made up where it shares none with the callee."""
        settings = self.app.extensions["mostrador"]["settings"]
        try:
            secret = settings.secret_for(caller, settings.service)
        except SettingsError:
            secret = "made up by somebody who was told no secret"  # noqa: S105
        token = sign_service_token(secret, caller=caller, callee=settings.service, account_id=account_id)
        return self._send(method, path, body, {"Authorization": f"Bearer {token}"}, None, "application/json")

    def _send(
        self, method: str, path: str, body: Any, headers: dict[str, str], data: bytes | None, content_type: str
    ) -> ApiAnswer:
        # As through the gateway, unless a test says otherwise.
        headers = {HEADER: credential(self.app.extensions["mostrador"]["settings"]) or "", **headers}
        raw = data if data is not None else (orjson.dumps(body, default=str) if body is not None else None)
        # A client of its own each time, so that threads may share this one.
        response = self.app.test_client().open(
            path, method=method, data=raw, headers=headers, content_type=content_type if raw is not None else None
        )
        answer = ApiAnswer(response)
        self._check_documented(method, path, answer)
        return answer

    def get(self, path: str, **how: Any) -> ApiAnswer:
        return self.call("GET", path, **how)

    def post(self, path: str, body: Any = None, **how: Any) -> ApiAnswer:
        return self.call("POST", path, body, **how)

    def put(self, path: str, body: Any = None, **how: Any) -> ApiAnswer:
        return self.call("PUT", path, body, **how)

    def patch(self, path: str, body: Any = None, **how: Any) -> ApiAnswer:
        return self.call("PATCH", path, body, **how)

    def delete(self, path: str, body: Any = None, **how: Any) -> ApiAnswer:
        return self.call("DELETE", path, body, **how)

    def _check_documented(self, method: str, path: str, answer: ApiAnswer) -> None:
        """The answer is as published, and a 2xx one has exactly the fields of the schema its view documents: none leaked."""
        if document := published_document(self.app.name):
            media_type = (answer.headers.get("Content-Type") or "").split(";")[0] if answer.data else ""
            document.check(self.app, method, path, answer.status, media_type, answer.json)
        if not 200 <= answer.status < 300 or answer.json is None:
            return
        adapter = self.app.url_map.bind("")
        endpoint, _ = adapter.match(path.split("?")[0], method=method)
        apidoc = getattr(self.app.view_functions[endpoint], "_apidoc", {})
        responses = apidoc.get("response", {}).get("responses", {})
        possible = [one["schema"] for one in responses.get(answer.status, []) if one.get("schema") is not None]
        # An answer may be a list or, in its place, an object.
        for schema in [one for one in possible if one.many == isinstance(answer.json, list)] or possible:
            _same_fields(answer.json, schema, f"{method} {path}")


def _same_fields(value: Any, schema: ma.Schema, where: str) -> None:
    if schema.many and isinstance(value, list):
        for item in value:
            _object_fields(item, schema, where)
        return
    _object_fields(value, schema, where)


def _object_fields(value: Any, schema: ma.Schema, where: str) -> None:
    assert isinstance(value, dict), f"{where}: an object is documented, the answer is {type(value).__name__}"
    names = {field.data_key or name: field for name, field in schema.fields.items()}
    optional = {name for name, field in names.items() if field.metadata.get("optional")}
    assert set(value) - set(names) == set(), f"{where}: undocumented fields {set(value) - set(names)}"
    assert set(names) - set(value) - optional == set(), f"{where}: missing fields {set(names) - set(value) - optional}"
    for name, field in names.items():
        inner = value.get(name)
        if isinstance(field, ma.fields.Nested) and inner is not None:
            _same_fields(inner, field.schema, f"{where}.{name}")
        if isinstance(field, ma.fields.List) and isinstance(field.inner, ma.fields.Nested):
            for item in inner or []:
                _object_fields(item, field.inner.schema, f"{where}.{name}")
