"""What the worker does by the clock: nothing of this service's own (the chassis prunes inbox and idempotency keys)."""

from __future__ import annotations

from chassis.messaging import Sweep

SWEEPS: list[Sweep] = []
