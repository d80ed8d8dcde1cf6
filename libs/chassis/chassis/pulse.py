"""The sign of life that each of a worker's threads gives, so that one that hangs is noticed and not only one that died."""

from __future__ import annotations

import time
from contextvars import ContextVar

_of_this_thread: ContextVar[Pulse | None] = ContextVar("pulse", default=None)


def alive() -> None:
    """A sign of life from within long work, a handler's: the thread has not stuck. Without effect where nobody watches."""
    if (pulse := _of_this_thread.get()) is not None:
        pulse.beat()


class Pulse:
    """`beat(state)` at each turn of the thread's loop; silent for more than `limit` seconds means stuck."""

    def __init__(self, name: str, limit: float = 60.0, *, ready: bool = True) -> None:
        self.name = name
        self.ready = ready
        """Whether the thread does its work; one that has to connect first sets this when it has, and again when it lost it."""
        self.limit = limit
        self.state = "starting"
        self._last = time.monotonic()

    def watch(self) -> None:
        """From now on `alive` in this thread is a beat of this pulse."""
        _of_this_thread.set(self)

    def beat(self, state: str | None = None) -> None:
        """The thread is alive; `state` says in a word or two what it is at."""
        if state is not None:
            self.state = state
        self._last = time.monotonic()

    @property
    def age(self) -> float:
        """Seconds since the last beat."""
        return time.monotonic() - self._last

    @property
    def stuck(self) -> bool:
        """No beat for longer than the limit."""
        return self.age > self.limit
