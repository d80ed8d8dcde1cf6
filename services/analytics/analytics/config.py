"""Every environment variable of this service: those that all services share, and none of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chassis.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """The analytics service's settings."""

    service: ClassVar[str] = "analytics"
