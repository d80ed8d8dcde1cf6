"""Every environment variable of this service."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import ClassVar

from chassis.money import ZERO, to_cents
from chassis.settings import Settings, SettingsError


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

    auth_url: str = "http://127.0.0.1:8091"
    """Who ends the sessions of clients that were switched off, deleted or given another PIN."""
    sales_url: str = "http://127.0.0.1:8093"
    """Where the worker asks about the orders of unconfirmed payment holds."""
    default_credit_limit: str = "2000.00"
    """What a customer without a credit line gets on becoming frequent; 0 gives none."""
    points_by_hand_per_day: int = 10_000
    """Points that an employee can add by hand on one day; 0: as many as they like. ADMIN and OWNER always can."""

    def __post_init__(self) -> None:
        try:
            if to_cents(Decimal(self.default_credit_limit)) >= 0:
                return
        except (InvalidOperation, ValueError):
            pass
        raise SettingsError("customers: MOSTRADOR_DEFAULT_CREDIT_LIMIT must be an amount of money, not below 0")

    @property
    def credit_for_frequent(self) -> Decimal:
        """`default_credit_limit` as money."""
        return Decimal(self.default_credit_limit).quantize(ZERO)
