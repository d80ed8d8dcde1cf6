"""How much may be hashed at once beside logins."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from queue import Queue
from threading import Event

import pytest

from chassis import hashing
from chassis.hashing import HashingRoom
from chassis.problems import Unavailable


def test_half_of_the_threads_are_admitted_and_the_rest_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "_TURN_SECONDS", 30.0)
    room, over = HashingRoom(8), Event()
    refused: Queue[Unavailable] = Queue()

    def hash_long() -> None:
        try:
            with room.for_one():
                assert over.wait(30)
        except Unavailable as problem:
            refused.put(problem)

    with ThreadPoolExecutor(7) as pool:
        done = [pool.submit(hash_long) for _ in range(7)]
        told = [refused.get(timeout=30) for _ in range(3)]  # one hashes, three wait for their turn
        over.set()
        assert [one.result(30) for one in done] == [None] * 7
    assert {(problem.status, problem.headers["Retry-After"]) for problem in told} == {(503, "1")}
    assert refused.empty()


def test_batches_hash_one_at_a_time_and_leave_a_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "_TURN_SECONDS", 0.01)
    for cores, threads in ((1, 1), (2, 1), (3, 2), (64, 4)):
        monkeypatch.setattr(hashing.os, "sched_getaffinity", lambda _pid, cores=cores: set(range(cores)))
        room = HashingRoom(8)
        with room.for_batch() as given:
            assert given == threads
            with pytest.raises(Unavailable) as refused, room.for_batch():
                pass
            assert refused.value.headers == {"Retry-After": "10"}
            with room.for_one():  # a person who is created meanwhile
                pass
        with room.for_batch():
            pass
