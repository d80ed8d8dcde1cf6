"""What the running app of this service carries beside its database and settings."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from chassis.db import Database
from chassis.hashing import HashingRoom
from chassis.throttle import Throttle
from customers.client_batches import ClientBatches
from customers.clients.auth import Auth
from customers.config import Config
from customers.domain.clients import PinFailures
from customers.domain.pins import Pins
from customers.pin_check import PinCheck

EXTENSION = "customers"


@dataclass(frozen=True, slots=True)
class Runtime:
    """The parts that live as long as the process."""

    check_pin: PinCheck
    client_batches: ClientBatches
    auth: Auth


def assemble(settings: Config, database: Database) -> Runtime:
    """The parts for these settings."""
    pins = Pins(
        pepper=settings.pin_pepper, time_cost=settings.pin_argon2_time_cost, memory_kib=settings.pin_argon2_memory_kib
    )
    throttle, auth = Throttle(PinFailures, settings.pin_failures_seconds), Auth(settings)
    return Runtime(
        PinCheck(database, pins, throttle, settings.pin_failures_per_phone),
        ClientBatches(database, pins, HashingRoom(settings.web_threads), auth),
        auth,
    )


def runtime() -> Runtime:
    """Those of the running app."""
    found: Runtime = current_app.extensions[EXTENSION]
    return found
