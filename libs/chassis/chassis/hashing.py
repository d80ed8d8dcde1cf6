"""Room for logins: limits what else a process hashes at once. A request without room gets 503 and has no effect.

A hash is slow by design, so a client that sends many of them could block all logins. Logins are not limited here.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from chassis.problems import Unavailable

_ROOM_SECONDS = 0.1  # longer than a few small batches take; a login behind it hardly notices
_TURN_SECONDS = 2.0
_MOST_THREADS = 4  # of one batch; each hash of a password takes 19 MiB


class HashingRoom:
    """Admits half of the web's `threads` to hashing that is no login: batches one at a time, single hashes one at a time."""

    def __init__(self, threads: int) -> None:
        self._admitted = threading.BoundedSemaphore(max(1, threads // 2))
        self._batch, self._single = threading.Lock(), threading.Lock()

    @contextmanager
    def for_batch(self) -> Iterator[int]:
        """This process' only batch in the block; how many threads it may hash with. Unavailable when there is no room."""
        with self._admit(retry_after=5), _turn(self._batch, retry_after=10):
            # A core is left for logins, where there are several.
            yield max(1, min(_MOST_THREADS, len(os.sched_getaffinity(0)) - 1))

    @contextmanager
    def for_one(self) -> Iterator[None]:
        """A hash or two in the block. Unavailable when there is no room."""
        with self._admit(retry_after=1), _turn(self._single, retry_after=1):
            yield

    @contextmanager
    def _admit(self, retry_after: int) -> Iterator[None]:
        if not self._admitted.acquire(timeout=_ROOM_SECONDS):
            raise Unavailable(retry_after=retry_after)
        try:
            yield
        finally:
            self._admitted.release()


@contextmanager
def _turn(lock: threading.Lock, retry_after: int) -> Iterator[None]:
    if not lock.acquire(timeout=_TURN_SECONDS):
        raise Unavailable(retry_after=retry_after)
    try:
        yield
    finally:
        lock.release()
