"""PINs and phones: no database, no HTTP."""

from __future__ import annotations

import pytest

from customers.domain.phones import plain_phone
from customers.domain.pins import Pins


def made(pepper):
    return Pins(pepper=pepper, time_cost=1, memory_kib=64)


def test_a_pin_is_verified_and_never_stored_readable():
    pins = made("pepper")
    stored = pins.hash("1234")
    assert stored.startswith("$argon2id$")
    assert pins.verify(stored, "1234")
    assert not pins.verify(stored, "1235")
    assert pins.hash("1234") != stored
    assert not pins.verify(None, "1234")


def test_a_stolen_hash_tells_nothing_without_the_pepper():
    stored = made("pepper").hash("1234")
    assert not made("guess").verify(stored, "1234")
    assert not any(made("")._passwords.verify(stored, f"{pin:04}") for pin in range(1200, 1300))


@pytest.mark.parametrize("written", ["+52 55 1234 5678", "+52 (55) 1234-5678", "+52.55.1234.5678", " +525512345678 "])
def test_one_number_has_many_spellings(written):
    assert plain_phone(written) == "+525512345678"
