"""Signing keys: adding one, and forgetting those of which no token is alive."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from auth.domain.models import SigningKey
from auth.domain.signing_keys import NewKey, retired
from auth.queries import signing_keys
from chassis.db import insert_for, utcnow


def add_key(session: Session, *, key: NewKey, ahead: timedelta = timedelta(0)) -> datetime:
    """Publish a key that signs `ahead` from now; answers that moment."""
    signs_from = utcnow() + ahead
    session.execute(
        insert_for(session, SigningKey).values(
            kid=key.kid, private_pem=key.private_pem, public_jwk=key.public_jwk, signs_from=signs_from
        )
    )
    return signs_from


def forget_retired_keys(session: Session, *, outlived_by: timedelta) -> list[str]:
    """Delete the keys whose successor has been signing for `outlived_by`; their kids."""
    kids = [key.kid for key in retired(signing_keys(session), utcnow(), outlived_by)]
    if kids:
        session.execute(delete(SigningKey).where(SigningKey.kid.in_(kids)))
    return kids
