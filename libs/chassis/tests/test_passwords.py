"""Passwords: hashed, checked, and the same work for nobody."""

import pytest

from chassis.passwords import Passwords


@pytest.fixture
def passwords():
    return Passwords(time_cost=1, memory_kib=64, parallelism=1)


def test_a_password_is_verified_and_never_stored_readable(passwords):
    stored = passwords.hash("contraseña 123")
    assert stored.startswith("$argon2id$")
    assert passwords.verify(stored, "contraseña 123")
    assert not passwords.verify(stored, "contraseña 124")
    assert passwords.hash("contraseña 123") != stored


def test_nobody_has_no_password_but_costs_the_same(passwords, monkeypatch):
    verified = []
    monkeypatch.setattr(
        passwords, "_hasher", type("Spy", (), {"verify": lambda _, stored, given: verified.append(stored)})()
    )
    assert not passwords.verify(None, "anything at all")
    assert verified[0].startswith("$argon2id$v=19$m=64,t=1,p=1$")


def test_hashes_made_with_other_parameters_are_outdated(passwords):
    assert not passwords.outdated(passwords.hash("x"))
    assert passwords.outdated(Passwords(time_cost=2, memory_kib=64, parallelism=1).hash("x"))
