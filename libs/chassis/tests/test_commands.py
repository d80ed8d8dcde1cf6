"""`chassis SERVICE …` by hand, when what it needs is away: a sentence for whoever is on call, not a stack."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TOY = Path(__file__).parent / "toy"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["dead", "list"], "chassis toy: the broker is away or refuses: toy.dead-letters: AMQPConnectionError"),
        (["migrate"], "chassis toy: the database is away: unable to open database file"),
    ],
)
def test_what_is_away_is_one_sentence(command: list[str], said: str) -> None:
    environ = {
        **os.environ,
        "PYTHONPATH": str(TOY),
        "MOSTRADOR_DATABASE_URL": "sqlite:////none/none.db",
        "MOSTRADOR_AMQP_URL": "amqp://nobody:nothing@127.0.0.1:1/%2F",
    }
    done = subprocess.run(
        [sys.executable, "-m", "chassis", "toy", *command], env=environ, capture_output=True, text=True
    )
    *logged, last = done.stderr.splitlines()
    assert (done.returncode, last.rstrip()) == (1, said)
    assert all(line.startswith("{") for line in logged), "no stack"
