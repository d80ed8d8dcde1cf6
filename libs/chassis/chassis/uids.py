"""Identifiers: UUIDv7 text, which sorts by the time it was made (kind to indexes, telling in logs)."""

from __future__ import annotations

import uuid6


def new_uid() -> str:
    """A new uid."""
    return str(uuid6.uuid7())
