"""Every environment variable of this service: those that all services share, and one of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from chassis.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """The analytics service's settings."""

    service: ClassVar[str] = "analytics"

    read_database_url: str = field(default="", repr=False)
    """A replica of the database, for the web: reports may be some seconds old, and say so (`X-Data-As-Of`)."""
