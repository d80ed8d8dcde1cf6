"""What the worker does by the clock: nothing of this service's own."""

from __future__ import annotations

from chassis.messaging import Sweep

SWEEPS: list[Sweep] = []
