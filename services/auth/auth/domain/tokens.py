"""What tokens hold. Access tokens are signed JWTs, refresh tokens 256 random bits of which only the hash is stored."""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256
from typing import Any

from auth.domain.principals import Principal
from chassis.uids import new_uid

# Clocks differ a little, and a token may be minted while its session is being revoked: revocations outlive tokens by this.
MARGIN_SECONDS = 60


def new_refresh_token() -> str:
    """A new refresh token."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """The form in which a refresh token is stored; 256 random bits need no salt."""
    return sha256(token.encode()).hexdigest()


def access_claims(
    principal: Principal, *, sid: str, client_type: str, now: datetime, seconds: int, issuer: str, audience: str
) -> dict[str, Any]:
    """The claims of an access token that lives `seconds` from `now`."""
    issued = int(now.timestamp())
    return {
        "type": "access", "iss": issuer, "aud": audience, "iat": issued, "nbf": issued, "exp": issued + seconds,
        "jti": new_uid(), "sid": sid, "sub": principal.uid, "user_id": principal.id, "account_id": principal.account_id,
        "email": principal.email, "username": principal.username, "role": principal.role, "kind": principal.kind,
        "client_type": client_type,
    }  # fmt: skip
