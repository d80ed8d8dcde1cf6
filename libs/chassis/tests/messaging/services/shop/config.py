from __future__ import annotations

from typing import ClassVar

from chassis.settings import Settings


class Config(Settings):
    service: ClassVar[str] = "shop"
