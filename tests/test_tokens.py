"""Access tokens in a running platform: each service verifies them itself, and nobody learns who has an account."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cashier import Api, From
from native.platform import Platform

PATHS = {
    "auth": "/api/users/me/",
    "catalog": "/api/products/",
    "sales": "/api/orders/",
    "customers": "/api/customers/",
    "analytics": "/api/analytics/sales-summary/",
}
INVALID = {"detail": "Given token not valid for any token type", "code": "token_not_valid"}
READ_KEY = """
import os, sqlalchemy as sa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
with sa.create_engine(os.environ["MOSTRADOR_DATABASE_URL"]).connect() as connection:
    kid, pem = connection.execute(sa.text("SELECT kid, private_pem FROM signing_keys ORDER BY signs_from")).first()
key = load_pem_private_key(pem.encode(), os.environ["MOSTRADOR_SIGNING_KEY_PASSPHRASE"].encode())
print(kid, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())
"""


class Forger:
    """One who holds the platform's own signing key, so that each token is wrong in one way only."""

    def __init__(self, platform: Platform, claims: dict[str, Any]) -> None:
        env = json.loads((platform.settings.processes / "auth-web.json").read_text())["env"]
        found = subprocess.run([sys.executable, "-c", READ_KEY], env=env, capture_output=True, text=True, check=True)
        self.kid, _, self.pem = found.stdout.partition(" ")
        self.claims = claims
        public = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256).prepare_key(self.pem).public_key()
        self.public_pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.other = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def sign(self, *, key: Any = None, algorithm: str = "RS256", kid: str | None = "", **changes: Any) -> str:
        """The real claims with `changes` (None leaves a claim out), signed."""
        claims = {name: value for name, value in {**self.claims, **changes}.items() if value is not None}
        headers = {} if kid is None else {"kid": kid or self.kid}
        return jwt.encode(claims, key or self.pem, algorithm=algorithm, headers=headers)

    def by_hand(self, header: dict[str, Any], signature: bytes = b"") -> str:
        """The real claims under any header."""
        return b".".join(_encoded(part) for part in (_json(header), _json(self.claims), signature)).decode()

    def hmac(self, secret: bytes) -> str:
        """HS256 with what everybody can read."""
        head = self.by_hand({"alg": "HS256", "typ": "JWT", "kid": self.kid}).rpartition(".")[0]
        return f"{head}.{_encoded(hmac.digest(secret, head.encode(), hashlib.sha256)).decode()}"

    def tampered(self) -> str:
        """Another role over a signature that was good."""
        head, _, signature = self.sign().split(".")
        return f"{head}.{_encoded(_json({**self.claims, 'account_id': 2})).decode()}.{signature}"


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _encoded(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")


HOUR = 3600
HOSTILE: dict[str, Callable[[Forger], str]] = {
    "alg none": lambda by: by.by_hand({"alg": "none", "typ": "JWT"}),
    "alg none with the kid": lambda by: by.by_hand({"alg": "none", "kid": by.kid}),
    "HS256 with the public key": lambda by: by.hmac(by.public_pem),
    "RS512": lambda by: by.sign(algorithm="RS512"),
    "PS256": lambda by: by.sign(algorithm="PS256"),
    "another key under this kid": lambda by: by.sign(key=by.other),
    "unknown kid": lambda by: by.sign(kid="somebody"),
    "no kid": lambda by: by.sign(kid=None),
    "wrong issuer": lambda by: by.sign(iss="somebody"),
    "wrong audience": lambda by: by.sign(aud="other-api"),
    "several audiences": lambda by: by.sign(aud=["mostrador-api", "other-api"]),
    "expired": lambda by: by.sign(exp=int(time.time()) - 10),
    "without an end": lambda by: by.sign(exp=None),
    "not yet valid": lambda by: by.sign(nbf=int(time.time()) + HOUR),
    "without a session": lambda by: by.sign(sid=None),
    "not an access token": lambda by: by.sign(type="refresh"),
    "tampered": lambda by: by.tampered(),
    "cut": lambda by: by.sign()[:-8],
}


@pytest.fixture(scope="module")
def forger(platform: Platform) -> Forger:
    user = Api(platform.url, platform.admin.username, platform.admin.password)
    return Forger(platform, jwt.decode(user.tokens["access"], options={"verify_signature": False}))


@pytest.mark.parametrize("service", PATHS)
def test_no_service_trusts_the_gateway_for_the_token(platform: Platform, forger: Forger, service: str) -> None:
    def ask(base: str, token: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}", "X-User-Id": "1", "X-Account-Id": "1"}
        return requests.get(base + PATHS[service], headers=headers, timeout=5)

    for base in (platform.service_url(service), platform.url):
        assert ask(base, forger.sign()).status_code != 401, (
            "made right, it passes: the cases below fail for their reason"
        )
        for name, forge in HOSTILE.items():
            answer = ask(base, forge(forger))
            assert (answer.status_code, answer.json()) == (401, INVALID), (name, answer.text)
            assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.fixture
def without_limits(platform: Platform) -> Iterator[None]:
    """Failed logins are not counted out, so that hundreds can be measured."""
    many = {"MOSTRADOR_LOGIN_FAILURES_PER_NAME": "100000", "MOSTRADOR_LOGIN_FAILURES_PER_IP": "100000"}
    platform.restart("auth-web", many)
    platform.wait_healthy()
    yield
    platform.restart("auth-web", dict.fromkeys(many))
    platform.wait_healthy()


@pytest.mark.usefixtures("without_limits")
def test_neither_words_nor_time_tell_who_has_an_account(platform: Platform, api: Api) -> None:
    if platform.settings.database != "sqlite":
        pytest.skip("what is measured is the hashing, and that is the same on both")
    gone = {
        "username": f"gone_{uuid.uuid4().hex[:8]}", "email": f"{uuid.uuid4().hex[:8]}@example.com",
        "password": "password123", "first_name": "Laura", "last_name": "Mendez",
    }  # fmt: skip
    made = api.post("/api/users/", gone)
    assert api.ask("DELETE", f"/api/users/{made['id']}/").status_code == 204
    kinds = {
        "unknown": ("nobody@example.com", "password123"),
        "wrong": (platform.admin.email, "password123"),
        "deleted": (gone["email"], gone["password"]),
    }
    door, times, answers = requests.Session(), {kind: [] for kind in kinds}, set()
    # Failed logins are counted by address, and the tests that follow want to log in from theirs.
    door.mount("http://", From("127.0.0.77"))
    for _ in range(200):
        for kind, (name, password) in kinds.items():  # in turn, so that the machine's moods are shared
            started = time.perf_counter()
            answer = door.post(
                platform.service_url("auth") + "/api/auth/login/", json={"email": name, "password": password}, timeout=5
            )
            times[kind].append(time.perf_counter() - started)
            answers.add((answer.status_code, answer.text))
    assert answers == {(401, '{"detail":"No active account found with the given credentials"}')}
    medians = {kind: statistics.median(taken) for kind, taken in times.items()}
    assert max(medians.values()) < 1.1 * min(medians.values()), medians
