"""Keys for trying one service alone: what auth would sign users' tokens with, made once in the home of that run."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from native.secrets import Secrets, write_private
from native.services import PAIRS

KID = "alone"
LIFE = 24 * 3600


def signing_key(secrets: Secrets) -> rsa.RSAPrivateKey:
    """The private key of this home."""

    def make() -> str:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        form = serialization.PrivateFormat.PKCS8
        return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()

    key = serialization.load_pem_private_key(secrets.get("signing-key", make).encode(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def jwks_file(secrets: Secrets) -> Path:
    """The key set that a service verifies tokens with, as a file."""
    entry = jwt.algorithms.RSAAlgorithm.to_jwk(signing_key(secrets).public_key(), as_dict=True)
    file = secrets.file("jwks.json")
    write_private(file, json.dumps({"keys": [{**entry, "kid": KID, "alg": "RS256", "use": "sig"}]}))
    return file


def user_token(secrets: Secrets) -> str:
    """An access token as auth would make it: user 1, ADMIN of account 1."""
    now = int(time.time())
    claims = {
        "user_id": 1, "email": "admin@example.com", "username": "admin", "role": "ADMIN", "account_id": 1,
        "sub": "01939d5f-0c00-7000-8000-000000000001", "jti": str(uuid.uuid4()), "sid": str(uuid.uuid4()),
        "client_type": "unknown", "iss": "mostrador", "aud": "mostrador-api", "iat": now, "nbf": now, "exp": now + LIFE,
        "type": "access",
    }  # fmt: skip
    return jwt.encode(claims, signing_key(secrets), algorithm="RS256", headers={"kid": KID})


def neighbour_trust(service: str, secrets: Secrets) -> Callable[[str, str], bool]:
    """Whether a neighbour would take a token: it is this service's, signed with the secret of the two."""

    def takes(callee: str, token: str) -> bool:
        if f"{service}>{callee}" not in PAIRS:
            return False
        try:
            jwt.decode(token, secrets.pair(service, callee), algorithms=["HS256"], issuer=service, audience=callee)
        except jwt.PyJWTError:
            return False
        return True

    return takes
