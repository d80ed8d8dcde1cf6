"""Logging in, refreshing and logging out: what takes several transactions, because hashing, signing and calling the
gateways must happen between them and never within one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from auth import queries
from auth.clients.customers import Customers
from auth.clients.gateways import Gateways
from auth.config import Config
from auth.domain.errors import (
    AlreadyLoggedIn,
    NameTaken,
    NoActiveAccount,
    SessionEnded,
    TooManyFailures,
    UserBlocked,
    WrongCurrentPassword,
)
from auth.domain.names import phone_tail, split_full_name
from auth.domain.passwords import UserPasswords
from auth.domain.plans import OWNER
from auth.domain.principals import Principal, principal_of_client, principal_of_user
from auth.domain.tokens import access_claims, new_refresh_token, token_hash
from auth.keystore import KeyStore
from auth.revocations import deliver, revoking_of
from auth.usecases import audit
from auth.usecases.accounts import open_account
from auth.usecases.audit import Actor, Subject, subject_of
from auth.usecases.clients import KnownClient, keep_clients
from auth.usecases.registrations import check_registrations, count_registration
from auth.usecases.sessions import (
    Device,
    Opening,
    Revoking,
    exchange_refresh,
    open_client_session,
    open_user_session,
)
from auth.usecases.throttle import counted, throttle
from auth.usecases.users import Ending, NewUser, change_password, keep_password_hash
from chassis import logs
from chassis.db import ALL_ACCOUNTS, Database, utcnow
from chassis.hashing import HashingRoom
from chassis.problems import Problem
from chassis.throttle import Counted
from chassis.uids import new_uid

log = logs.get(__name__)
_REFUSED_FOR: dict[type[Problem], str] = {UserBlocked: "blocked", AlreadyLoggedIn: "already_logged_in"}


@dataclass(frozen=True, slots=True)
class Tokens:
    """A pair for `holder`; `access` lives `access_seconds`, until `expires_at`."""

    holder: Principal
    access: str
    refresh: str
    access_seconds: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A login that succeeded: the row of the user (`queries.user_by_login`) or client, the session, its tokens."""

    row: Any
    session_id: int
    tokens: Tokens


class Logins:
    """The doors of the platform, on one database with one set of keys."""

    def __init__(
        self, settings: Config, database: Database, keystore: KeyStore, passwords: UserPasswords, room: HashingRoom,
        gateways: Gateways, customers: Customers,
    ) -> None:  # fmt: skip
        self._settings, self._database, self._keystore = settings, database, keystore
        self._passwords, self._room, self._gateways, self._customers = passwords, room, gateways, customers
        self._throttle = throttle(settings.login_failures_seconds)

    @property
    def revoking(self) -> Revoking:
        """How this platform's sessions are ended."""
        return revoking_of(self._settings)

    def log_in(
        self, *, name: str, password: str, device: Device, exclusive: bool = False, b2b: bool = False
    ) -> LoggedIn:
        """A new session of a user; `exclusive`: the only one of its client type; `b2b`: with that surface's lifetimes.

        NoActiveAccount, TooManyFailures; to one who knows the password UserBlocked, AlreadyLoggedIn.
        """
        with self._database.read(ALL_ACCOUNTS) as session:
            user: Any = queries.user_by_login(session, name)
            attempt = self._attempt(session, name, device)
        fault = _fault(user, right=self._right(user, password))
        opening, refresh = self._opening(exclusive=exclusive, b2b=b2b)
        now = utcnow()

        def open_session(session: Session) -> int | Problem:
            if queries.blocked(user, now):
                return UserBlocked(user.blocked_reason, user.blocked_until)
            opened = open_user_session(session, user=user, opening=opening, device=device, now=now)
            return NoActiveAccount() if opened is None else opened

        principal = principal_of_user(user) if user else None
        session_id = self._settle(attempt, device, principal, fault, open_session)
        if self._passwords.stale(user.password_hash, password):
            self._rehash(user, password)
        tokens = self._tokens(
            principal_of_user(user), opening.sid, device.client_type, opening.access_seconds, now, refresh
        )
        return LoggedIn(user, session_id, tokens)

    def log_in_client(self, *, phone: str, pin_code: str, device: Device) -> LoggedIn:
        """A new session of a B2B client. NoActiveAccount, TooManyFailures; Unavailable while customers does not answer."""
        with self._database.read(ALL_ACCOUNTS) as session:
            attempt = self._attempt(session, phone_tail(phone), device, kind="phone")
        found: Any = self._customers.client_of_pin(phone, pin_code)
        with self._database.read(ALL_ACCOUNTS) as session:
            known = found or queries.client_by_phone(session, phone_tail(phone))
        opening, refresh = self._opening(b2b=True)
        now = utcnow()

        def open_session(session: Session) -> int | Problem:
            told = KnownClient(**asdict(found), is_active=True)
            [client] = keep_clients(session, [told], now=now, revoking=self.revoking)
            if not client.is_active or client.credentials_version != found.credentials_version:
                return NoActiveAccount()  # changed since customers answered
            if queries.uids_of_users(session, client.account_id, [client.uid]):
                log.error("uid_of_user_and_client", account_id=client.account_id, uid=client.uid)
                return NoActiveAccount()  # its token would be taken for the user's
            return open_client_session(session, client=client, opening=opening, device=device, now=now)

        principal = principal_of_client(known) if known else None
        session_id = self._settle(attempt, device, principal, None if found else "wrong_pin", open_session)
        self.tell_gateways()  # of sessions under an earlier PIN, if this login is the first to tell of the new one
        holder = principal_of_client(found)
        tokens = self._tokens(holder, opening.sid, device.client_type, opening.access_seconds, now, refresh)
        return LoggedIn(found, session_id, tokens)

    def register(
        self, *, email: str, password: str, full_name: str, plan: str, company_email: str, company: Mapping[str, Any],
        device: Device,
    ) -> LoggedIn:  # fmt: skip
        """A new account on `plan` with its OWNER, who is logged in: all of it or nothing. NameTaken, TooManyRegistrations."""
        first_name, last_name = split_full_name(full_name)
        ip, most = device.ip_address, self._settings.registrations_per_address
        with self._database.read(ALL_ACCOUNTS) as session:
            check_registrations(session, ip=ip, most=most, now=utcnow())
        with self._room.for_one():
            password_hash = self._passwords.hash(password)
        owner = NewUser(
            username=email, email=email, password_hash=password_hash, role=OWNER, first_name=first_name, last_name=last_name,
        )  # fmt: skip
        opening, refresh = self._opening()
        now = utcnow()
        by = Actor(owner.uid, email, device.ip_address, device.user_agent)
        with self._database.transaction(ALL_ACCOUNTS) as session:
            count_registration(session, ip=ip, most=most, now=now)
            open_account(
                session,
                plan=plan,
                user=owner,
                by=by,
                words=NameTaken.words_003,
                email=company_email or email,
                **company,
            )
            user: Any = queries.user_by_login(session, email)
            session_id = open_user_session(session, user=user, opening=opening, device=device, now=now)
            if not isinstance(session_id, int):
                raise RuntimeError("a user that this transaction has made can be logged in")
        tokens = self._tokens(
            principal_of_user(user), opening.sid, device.client_type, opening.access_seconds, now, refresh
        )
        return LoggedIn(user, session_id, tokens)

    def change_password(
        self, *, user_id: int, sid: str, current: str, new: str, device: Device, ending: Ending
    ) -> None:
        """Give a user, who is logged in by the session `sid`, another password; the other sessions end.

        WrongCurrentPassword, which counts as a failed login, and TooManyFailures.
        """
        with self._room.for_one():
            user, attempt, right = self._try_current(user_id, current, device)
            new_hash = self._passwords.hash(new) if right else ""

        def change(session: Session) -> int | Problem:
            changed = change_password(session, user=user, new_hash=new_hash, sid=sid, ending=ending)
            return 1 if changed else WrongCurrentPassword()

        fault = None if right else "wrong_password"
        self._settle(attempt, device, principal_of_user(user), fault, change, refusal=WrongCurrentPassword)
        self.tell_gateways()

    def confirm(self, *, user_id: int, current: str, device: Device) -> None:
        """Make sure that a user, who is logged in, knows their password.

        WrongCurrentPassword, which counts as a failed login, and TooManyFailures.
        """
        with self._room.for_one():
            user, attempt, right = self._try_current(user_id, current, device)
        fault = None if right else "wrong_password"
        self._settle(attempt, device, principal_of_user(user), fault, lambda _: 1, refusal=WrongCurrentPassword)

    def refresh(self, *, token: str, by: Actor) -> Tokens:
        """The next pair of a session; InvalidToken or SessionEnded."""
        successor, now = new_refresh_token(), utcnow()
        with self._database.transaction(ALL_ACCOUNTS) as session:
            outcome = exchange_refresh(
                session, old_hash=token_hash(token), new_hash=token_hash(successor), now=now,
                seconds=self._settings.refresh_seconds, grace=self._settings.refresh_grace_seconds,
                revoking=self.revoking, by=by,
            )  # fmt: skip
        if isinstance(outcome, Problem):  # raised after the commit: a theft must end the session
            self.tell_gateways()
            raise outcome
        return self._tokens(outcome.principal, outcome.sid, outcome.client_type, outcome.access_seconds, now, successor)

    def tell_gateways(self) -> None:
        """Tell the gateways of the sessions that were just ended; call it after the commit, before the answer."""
        deliver(self._database, self._gateways)

    def _right(self, user: Any | None, password: str) -> bool:
        """Whether it is the user's password; with None (nobody of this name) it takes as long and is False."""
        right = self._passwords.verify(user.password_hash if user else None, password)
        if user and not right and self._passwords.outdated(user.password_hash):
            # A large batch's lighter hashes are compared in a tenth of the time, which would tell that there is somebody.
            self._passwords.verify(None, password)
        return right

    def _try_current(self, user_id: int, current: str, device: Device) -> tuple[Any, list[Counted], bool]:
        """An active user, the attempt that this is, and whether `current` is the user's password."""
        with self._database.read(ALL_ACCOUNTS) as session:
            user = queries.user_with_password(session, user_id)
            if user is None:
                raise SessionEnded
            attempt = self._attempt(session, user.email, device, user_id=user_id)
        return user, attempt, self._passwords.verify(user.password_hash, current)

    def _attempt(
        self, session: Session, name: str, device: Device, *, kind: str = "name", user_id: int | None = None
    ) -> list[Counted]:
        attempt = counted(
            name=name, kind=kind, user_id=user_id, ip=device.ip_address,
            per_name=self._settings.login_failures_per_name, per_ip=self._settings.login_failures_per_ip,
        )  # fmt: skip
        if wait := self._throttle.retry_after(session, attempt, now=utcnow()):
            raise TooManyFailures(wait)
        return attempt

    def _settle(
        self, attempt: Sequence[Counted], device: Device, principal: Principal | None, fault: str | None,
        proceed: Callable[[Session], int | Problem], *, refusal: type[Problem] = NoActiveAccount,
    ) -> int:  # fmt: skip
        """Take the attempt's place among the others; `proceed`, or refuse it for its `fault` and write that down."""
        with self._database.transaction(ALL_ACCOUNTS) as session:
            settled = self._throttle.settle(session, attempt, failed=fault is not None, now=utcnow())
            if settled.wait is not None:
                outcome: int | Problem = TooManyFailures(settled.wait)
            else:
                outcome = refusal() if fault else proceed(session)
                if isinstance(outcome, Problem):
                    reason = fault or _REFUSED_FOR.get(type(outcome), "changed_meanwhile")
                    _write_down(session, principal, device, reason, failed=fault is not None, locked=settled.locked)
        if isinstance(outcome, Problem):  # raised after the commit: the failure must count
            raise outcome
        return outcome

    def _opening(self, *, exclusive: bool = False, b2b: bool = False) -> tuple[Opening, str]:
        refresh = new_refresh_token()
        access_seconds = self._settings.b2b_access_seconds if b2b else self._settings.access_seconds
        seconds = self._settings.refresh_seconds
        return Opening(new_uid(), token_hash(refresh), seconds, access_seconds, exclusive), refresh

    def _rehash(self, user: Any, password: str) -> None:
        new_hash = self._passwords.hash(password)
        with self._database.transaction(ALL_ACCOUNTS) as session:
            keep_password_hash(session, user_id=user.id, old_hash=user.password_hash, new_hash=new_hash)

    def _tokens(
        self, holder: Principal, sid: str, client_type: str, seconds: int, now: datetime, refresh: str
    ) -> Tokens:
        claims = access_claims(
            holder, sid=sid, client_type=client_type, now=now, seconds=seconds,
            issuer=self._settings.jwt_issuer, audience=self._settings.jwt_audience,
        )  # fmt: skip
        expires_at = datetime.fromtimestamp(claims["exp"], UTC)
        return Tokens(holder, self._keystore.sign(claims), refresh, seconds, expires_at)


def _fault(user: Any, *, right: bool) -> str | None:
    """Why it is no login, for the audit trail; None when it is one."""
    if user is None:
        return "unknown_name"
    if not right:
        return "wrong_password"
    if not user.is_active:
        return "deleted"
    return "expired" if queries.expired(user, utcnow()) else None


def _write_down(
    session: Session, principal: Principal | None, device: Device, reason: str, *, failed: bool, locked: bool
) -> None:
    # A name that is nobody's is not written down: people do type their passwords there.
    subject = subject_of(principal) if principal else Subject("login")
    account_id = principal.account_id if principal else None
    details = {"reason": reason, "client_type": device.client_type}
    entries = [audit.Entry(audit.LOGIN_FAILED if failed else audit.LOGIN_REFUSED, account_id, subject, details)]
    if locked:
        entries.append(audit.Entry(audit.LOGIN_LOCKED, account_id, subject, details))
    audit.record_all(session, entries, by=Actor(ip_address=device.ip_address, user_agent=device.user_agent))
