"""What the running app of this service carries beside its database and settings."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from chassis.db import Database
from customers.client_batches import ClientBatches
from customers.config import Config
from customers.domain.pins import Pins
from customers.pin_check import PinCheck
from customers.usecases.pin_failures import Limit

EXTENSION = "customers"


@dataclass(frozen=True, slots=True)
class Runtime:
    """The parts that live as long as the process."""

    check_pin: PinCheck
    client_batches: ClientBatches


def assemble(settings: Config, database: Database) -> Runtime:
    """The parts for these settings."""
    pins = Pins(
        pepper=settings.pin_pepper, time_cost=settings.pin_argon2_time_cost, memory_kib=settings.pin_argon2_memory_kib
    )
    limit = Limit(settings.pin_failures_per_phone, settings.pin_failures_seconds)
    return Runtime(PinCheck(database, pins, limit), ClientBatches(database, pins))


def runtime() -> Runtime:
    """Those of the running app."""
    found: Runtime = current_app.extensions[EXTENSION]
    return found
