"""Every environment variable that catalog reads; nothing else in the package looks at the environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chassis.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """The chassis' settings and catalog's own."""

    service: ClassVar[str] = "catalog"

    sales_url: str = "http://127.0.0.1:8093"
    """Where the worker asks about the orders of unconfirmed holds."""
    cart_hold_minutes: int = 30
    """How long a cart keeps what was reserved last; then the hold lapses by itself."""
