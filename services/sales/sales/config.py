"""Every environment variable of sales; nothing else reads the environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chassis.settings import Settings, SettingsError


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of sales beside those of every service."""

    service: ClassVar[str] = "sales"

    catalog_url: str = "http://127.0.0.1:8092"
    customers_url: str = "http://127.0.0.1:8094"
    auth_url: str = "http://127.0.0.1:8091"
    birthday_discount_percent: int = 10
    """Taken off every line on the customer's birthday, unless the product's promotion takes off more; 0 to 100."""
    order_expires_after_hours: float = 24.0
    """A PENDING order older than this is cancelled by the system; 0 means never."""

    def __post_init__(self) -> None:
        if not 0 <= self.birthday_discount_percent <= 100:
            raise SettingsError("sales: MOSTRADOR_BIRTHDAY_DISCOUNT_PERCENT must be from 0 to 100")
