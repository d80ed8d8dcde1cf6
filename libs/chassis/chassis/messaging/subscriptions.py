"""What a service consumes: its own `consumers.SUBSCRIPTIONS`, and what the chassis projects for every service."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from chassis import revocations
from chassis.messaging.handlers import Subscriptions, with_settings


def subscriptions_of(service: str, settings: Any) -> Subscriptions:
    """The handlers of the service package `service`; none when it has no `consumers.py`."""
    module = f"{service}.consumers"
    if find_spec(module) is None:
        return {}
    return {**revocations.SUBSCRIPTIONS, **with_settings(import_module(module).SUBSCRIPTIONS, settings)}
