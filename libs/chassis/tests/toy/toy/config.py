from dataclasses import dataclass
from typing import ClassVar

from chassis.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    service: ClassVar[str] = "toy"

    catalog_url: str = "http://127.0.0.1:1"
    batch: int = 5
    ratio: float = 0.5
    loud: bool = False
