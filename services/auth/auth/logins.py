"""Logging in, refreshing and logging out: what takes several transactions, because hashing, signing and calling the
gateways must happen between them and never within one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from auth import queries
from auth.clients.gateways import Gateways
from auth.config import Config
from auth.domain.errors import NoActiveAccount, TooManyFailures, UserBlocked
from auth.domain.tokens import MARGIN_SECONDS, access_claims, new_refresh_token, token_hash
from auth.keystore import KeyStore
from auth.revocations import deliver
from auth.usecases import throttle
from auth.usecases.sessions import Device, Revoking, exchange_refresh, open_session
from auth.usecases.users import keep_password_hash
from chassis.db import ALL_ACCOUNTS, Database, utcnow
from chassis.passwords import Passwords
from chassis.problems import Problem
from chassis.uids import new_uid


@dataclass(frozen=True, slots=True)
class Tokens:
    """A pair for the client."""

    access: str
    refresh: str


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A login that succeeded: the user's row (`queries.user_by_login`), the session's id, its tokens."""

    user: Any
    session_id: int
    tokens: Tokens


class Logins:
    """The doors of the platform, on one database with one set of keys."""

    def __init__(
        self, settings: Config, database: Database, keystore: KeyStore, passwords: Passwords, gateways: Gateways
    ) -> None:
        self._settings, self._database, self._keystore = settings, database, keystore
        self._passwords, self._gateways = passwords, gateways

    @property
    def revoking(self) -> Revoking:
        """How this platform's sessions are ended."""
        return Revoking(self._settings.access_seconds + MARGIN_SECONDS, self._gateways.urls)

    def log_in(self, *, name: str, password: str, device: Device) -> LoggedIn:
        """A new session. NoActiveAccount, UserBlocked (to one who knows the password) or TooManyFailures."""
        settings = self._settings
        window = settings.login_failures_seconds
        attempt = throttle.counted(
            name=name, ip=device.ip_address,
            per_name=settings.login_failures_per_name, per_ip=settings.login_failures_per_ip,
        )  # fmt: skip
        with self._database.read(ALL_ACCOUNTS) as session:
            if wait := throttle.retry_after(session, attempt, now=utcnow(), window=window):
                raise TooManyFailures(wait)
            user = queries.user_by_login(session, name)
        right = self._passwords.verify(user.password_hash if user else None, password)
        sid, refresh = new_uid(), new_refresh_token()
        with self._database.transaction(ALL_ACCOUNTS) as session:
            now = utcnow()
            admitted: Any = user if right and user and queries.may_log_in(user, now) else None
            wait = throttle.settle(session, attempt, failed=admitted is None, now=now, window=window)
            outcome: int | Problem = (
                TooManyFailures(wait) if wait else self._open(session, admitted, sid, refresh, device)
            )
        if isinstance(outcome, Problem):  # raised after the commit: the failure must count
            raise outcome
        if self._passwords.outdated(admitted.password_hash):
            self._rehash(admitted, password)
        return LoggedIn(admitted, outcome, Tokens(self._access(admitted, sid, device.client_type), refresh))

    def refresh(self, *, token: str) -> Tokens:
        """The next pair of a session; InvalidToken or SessionEnded."""
        successor = new_refresh_token()
        with self._database.transaction(ALL_ACCOUNTS) as session:
            outcome = exchange_refresh(
                session, old_hash=token_hash(token), new_hash=token_hash(successor), now=utcnow(),
                seconds=self._settings.refresh_seconds, grace=self._settings.refresh_grace_seconds,
                revoking=self.revoking,
            )  # fmt: skip
        if isinstance(outcome, Problem):  # raised after the commit: a theft must end the session
            self.tell_gateways()
            raise outcome
        turned, user = outcome
        return Tokens(self._access(user, turned.uid, turned.client_type), successor)

    def tell_gateways(self) -> None:
        """Tell the gateways of the sessions that were just ended; call it after the commit, before the answer."""
        deliver(self._database, self._gateways)

    def _open(self, session: Session, user: Any, sid: str, refresh: str, device: Device) -> int | Problem:
        now = utcnow()
        if user is None:
            return NoActiveAccount()
        if queries.blocked(user, now):
            return UserBlocked(user.blocked_reason, user.blocked_until)
        opened = open_session(
            session, user=user, sid=sid, refresh_hash=token_hash(refresh), device=device, now=now,
            seconds=self._settings.refresh_seconds,
        )  # fmt: skip
        return NoActiveAccount() if opened is None else opened

    def _rehash(self, user: Any, password: str) -> None:
        new_hash = self._passwords.hash(password)
        with self._database.transaction(ALL_ACCOUNTS) as session:
            keep_password_hash(session, user_id=user.id, old_hash=user.password_hash, new_hash=new_hash)

    def _access(self, user: Any, sid: str, client_type: str) -> str:
        return self._keystore.sign(
            access_claims(
                user, sid=sid, client_type=client_type, now=utcnow(), seconds=self._settings.access_seconds,
                issuer=self._settings.jwt_issuer, audience=self._settings.jwt_audience,
            )
        )  # fmt: skip
