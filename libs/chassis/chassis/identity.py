"""Who is calling: verifies a user's access token (RS256 by JWKS) or a service's token (HS256, a secret a pair)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import jwt

from chassis.keys import Keyring
from chassis.problems import InvalidToken
from chassis.settings import Settings

REQUIRED_CLAIMS = ["exp", "iat", "iss", "aud", "sub", "sid", "jti"]
LEEWAY = 5  # seconds; the gateway allows the same
SERVICE_TOKEN_LIFE = 60
CLIENT = "CLIENT"
"""The role of B2B clients; every other one is a user's."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A verified user (or B2B client) and what the token says of them."""

    user_id: int
    uid: str
    username: str
    email: str
    role: str
    account_id: int
    kind: str
    """`user` or `client`: what `user_id` and `uid` count among."""
    sid: str
    jti: str
    client_type: str
    issued_at: int
    """Seconds since 1970, as `expires_at`."""
    expires_at: int


@dataclass(frozen=True, slots=True)
class ServiceIdentity:
    """A verified service and the account it acts for, if any."""

    caller: str
    account_id: int | None


class TokenVerifier:
    """Verifies access tokens; a token's signature is checked once, its times at every request."""

    _CACHE_SIZE = 4096

    def __init__(self, keyring: Keyring, *, issuer: str, audience: str) -> None:
        self._keyring, self._issuer, self._audience = keyring, issuer, audience
        self._verified: dict[bytes, tuple[Identity, float, float]] = {}

    def verify(self, token: str) -> Identity:
        """The identity in `token`; InvalidToken when anything at all is wrong with it."""
        digest = sha256(token.encode()).digest()
        known = self._verified.get(digest)
        if known is None:
            known = self._check(token)
            if len(self._verified) >= self._CACHE_SIZE:
                self._verified.clear()
            self._verified[digest] = known
        identity, not_before, expires = known
        now = time.time()
        if now >= expires + LEEWAY or now < not_before - LEEWAY:
            self._verified.pop(digest, None)
            raise InvalidToken
        return identity

    def _check(self, token: str) -> tuple[Identity, float, float]:
        try:
            header = jwt.get_unverified_header(token)
            kid = header.get("kid")
            key = self._keyring.find(kid) if isinstance(kid, str) and header.get("alg") == "RS256" else None
            if key is None or "crit" in header:
                raise InvalidToken
            claims = jwt.decode(
                token, key, algorithms=["RS256"], issuer=self._issuer, audience=self._audience,
                leeway=LEEWAY, options={"require": REQUIRED_CLAIMS, "strict_aud": True},
            )  # fmt: skip
            if claims.get("type") != "access":
                raise InvalidToken
            return _identity(claims), float(claims.get("nbf", claims["iat"])), float(claims["exp"])
        except (jwt.PyJWTError, KeyError, TypeError, ValueError) as error:
            raise InvalidToken from error


def _identity(claims: dict[str, Any]) -> Identity:
    account, user = claims["account_id"], claims["user_id"]
    if type(account) is not int or type(user) is not int:
        raise InvalidToken
    role = str(claims["role"])
    kind = "client" if role == CLIENT else "user"
    if claims.get("kind", kind) != kind:  # tokens issued before the claim existed have none
        raise InvalidToken
    return Identity(
        user_id=user, uid=claims["sub"], username=str(claims["username"]), email=str(claims["email"]),
        role=role, account_id=account, kind=kind, sid=str(claims["sid"]), jti=str(claims["jti"]),
        client_type=str(claims.get("client_type", "unknown")), issued_at=int(claims["iat"]), expires_at=int(claims["exp"]),
    )  # fmt: skip


def sign_service_token(secret: str, *, caller: str, callee: str, account_id: int | None) -> str:
    """A token with which `caller` calls `callee` for the next minute, acting for `account_id` (or for none)."""
    now = int(time.time())
    claims: dict[str, Any] = {"iss": caller, "aud": callee, "iat": now, "exp": now + SERVICE_TOKEN_LIFE}
    if account_id is not None:
        claims["account_id"] = account_id
    return jwt.encode(claims, secret, algorithm="HS256", headers={"kid": f"{caller}>{callee}"})


def verify_service_token(token: str, settings: Settings) -> ServiceIdentity:
    """The service behind an internal call to this service; InvalidToken otherwise."""
    try:
        kid = str(jwt.get_unverified_header(token).get("kid"))
        caller, _, callee = kid.partition(">")
        if callee != settings.service:
            raise InvalidToken
        claims = jwt.decode(
            token, settings.secret_for(caller, callee), algorithms=["HS256"], issuer=caller, audience=callee,
            leeway=LEEWAY, options={"require": ["exp", "iat", "iss", "aud"], "strict_aud": True},
        )  # fmt: skip
        account = claims.get("account_id")
        if account is not None and type(account) is not int:
            raise InvalidToken
        return ServiceIdentity(caller, account)
    except (jwt.PyJWTError, SystemExit) as error:
        raise InvalidToken from error
