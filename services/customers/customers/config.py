"""Every environment variable of this service."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from chassis.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """The customers service's settings; `MOSTRADOR_` + the upper-case name is the variable."""

    service: ClassVar[str] = "customers"

    pin_pepper: str = field(repr=False)
    """Keys the hashes of clients' PINs; a database without it tells no PIN. Change it, and no PIN is right any more."""
    pin_argon2_time_cost: int = 1
    pin_argon2_memory_kib: int = 1024
    pin_failures_per_phone: int = 10
    pin_failures_seconds: int = 900
