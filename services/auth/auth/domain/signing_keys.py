"""Signing keys: how one is made, which one signs, which are published.

All of it follows from each key's `signs_from`: a key is published from its making on, signs from `signs_from` until its
successor does, and stays published until the last token it can have signed is over. So a rotation is one INSERT.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Protocol, TypeVar

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import RSAAlgorithm

BITS = 2048


class Dated(Protocol):
    """A key as far as the rules go."""

    @property
    def kid(self) -> str: ...
    @property
    def signs_from(self) -> datetime: ...


Key = TypeVar("Key", bound=Dated)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key pair ready to be stored."""

    kid: str
    private_pem: str
    public_jwk: dict[str, Any]


def generate(passphrase: str) -> NewKey:
    """A new RSA pair, the private half encrypted. Takes a good part of a second."""
    return seal(rsa.generate_private_key(public_exponent=65537, key_size=BITS), secrets.token_hex(8), passphrase)


def seal(key: rsa.RSAPrivateKey, kid: str, passphrase: str) -> NewKey:
    """A key pair in the form in which it is stored."""
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode()))
    public = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    jwk = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": public["n"], "e": public["e"]}
    return NewKey(kid, pem.decode(), jwk)


def unseal(private_pem: str, passphrase: str) -> rsa.RSAPrivateKey:
    """The private half; ValueError when the passphrase is wrong."""
    key = load_pem_private_key(private_pem.encode(), passphrase.encode())
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("not an RSA key")
    return key


def signer(keys: Sequence[Key], now: datetime) -> Key | None:
    """The key that signs now; `keys` in the order of `signs_from`."""
    return next((key for key in reversed(keys) if key.signs_from <= now), None)


def retired(keys: Sequence[Key], now: datetime, outlived_by: timedelta) -> list[Key]:
    """The keys of which no token can be alive: their successor has been signing for `outlived_by`."""
    return [key for key, successor in pairwise(keys) if successor.signs_from + outlived_by <= now]
