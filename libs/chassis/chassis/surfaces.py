"""The two faces of the API: POS (`/api/…/`, Django-REST style bodies) and B2B (`/api/v1/…`, no trailing slash, envelopes)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

Surface = Literal["pos", "b2b", "b2b-auth"]


def surface_of(path: str) -> Surface:
    """Which surface a path belongs to; the device-session paths (`/api/v1/auth/…/`) end in a slash and are POS."""
    if not path.startswith("/api/v1/"):
        return "pos"
    if path.startswith("/api/v1/auth/"):
        return "pos" if path.endswith("/") else "b2b-auth"
    return "b2b"


def timestamp() -> str:
    """Now, as the envelopes print it: `2023-10-27T10:00:00Z`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def success_body(surface: Surface, data: Any) -> dict[str, Any]:
    """A B2B answer in the shape of its surface."""
    if surface == "b2b-auth":
        return {"status": "success", "data": data}
    return {"data": data, "success": True, "status_message": "Success", "timestamp": timestamp()}


def error_body(
    surface: Surface, status: int, body: dict[str, Any], summary: str, fields: Mapping[str, Any]
) -> dict[str, Any]:
    """A problem in the shape of its surface. `body` is the POS form, `summary` the same in a line, `fields` are everywhere."""
    if surface == "pos":
        return body
    message = "unauthorized" if status == 401 else summary
    if surface == "b2b-auth":
        return {"status": "error", "message": message, **fields}
    return {"data": None, "success": False, "status_message": message, "timestamp": timestamp(), **fields}
