"""The tables of the auth service."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from chassis.columns import UID_LENGTH
from chassis.db import Base, BigId, TenantOwned, UtcDateTime, utcnow
from chassis.throttle import Failures
from chassis.uids import new_uid

UNLIMITED = -1
UNKNOWN = "unknown"
CLIENT_TYPES = ("telegram_bot", "website", "mobile", UNKNOWN)


class Account(Base):
    """A company, the tenant. `active_users` is the number of its active users, kept in step by conditional updates."""

    __tablename__ = "accounts"
    __table_args__ = (
        CheckConstraint("active_users >= 0", name="active_users_not_negative"),
        CheckConstraint(f"max_users = {UNLIMITED} OR active_users <= max_users", name="active_users_within_plan"),
        Index(
            "ix_accounts_is_first", "is_first", unique=True,
            sqlite_where=text("is_first"), postgresql_where=text("is_first"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[str] = mapped_column(String(36), default=new_uid, unique=True)
    company_name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254), default="")
    street: Mapped[str] = mapped_column(String(200), default="")
    exterior_number: Mapped[str] = mapped_column(String(20), default="")
    interior_number: Mapped[str] = mapped_column(String(20), default="")
    neighborhood: Mapped[str] = mapped_column(String(100), default="")
    postal_code: Mapped[str] = mapped_column(String(10), default="")
    city: Mapped[str] = mapped_column(String(100), default="")
    state: Mapped[str] = mapped_column(String(100), default="")
    country: Mapped[str] = mapped_column(String(100), default="México")
    phone: Mapped[str] = mapped_column(String(20), default="")
    subscription_plan: Mapped[str] = mapped_column(String(20))
    max_locations: Mapped[int]
    max_users: Mapped[int]
    active_users: Mapped[int] = mapped_column(default=0)
    timezone: Mapped[str] = mapped_column(String(64), default="America/Mexico_City")
    currency: Mapped[str] = mapped_column(String(3), default="MXN")
    is_first: Mapped[bool] = mapped_column(default=False)
    """True for the one account that comes from the configuration."""
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class User(TenantOwned, Base):
    """A person who logs in. Soft-deleted ones stay, inactive."""

    __tablename__ = "users"
    __table_args__ = (
        ForeignKeyConstraint(["account_id"], ["accounts.id"]),
        UniqueConstraint("account_id", "uid"),
        Index(
            "ix_users_account_id_id", "account_id", "id",
            sqlite_where=text("is_active"), postgresql_where=text("is_active"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[str] = mapped_column(String(UID_LENGTH), default=new_uid)
    username: Mapped[str] = mapped_column(String(254))
    email: Mapped[str] = mapped_column(String(254))
    first_name: Mapped[str] = mapped_column(String(150))
    last_name: Mapped[str] = mapped_column(String(150))
    phone_number: Mapped[str] = mapped_column(String(20), default="")
    address: Mapped[str] = mapped_column(String(255), default="")
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str] = mapped_column(String(255))
    is_active: Mapped[bool] = mapped_column(default=True)
    is_blocked: Mapped[bool] = mapped_column(default=False)
    blocked_reason: Mapped[str | None] = mapped_column(String(255))
    blocked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expiry_date: Mapped[date | None] = mapped_column(Date)
    search_text: Mapped[str] = mapped_column(Text)
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class LoginName(Base):
    """A name somebody logs in by, an e-mail or a username: one space for both, across the platform, case-insensitive.

    Were they two, one user's username could be another's e-mail, and a login would not say whose it is.
    """

    __tablename__ = "login_names"

    name: Mapped[str] = mapped_column(String(512), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id), index=True)


class Client(TenantOwned, Base):
    """What auth knows of a B2B client from the service of customers: enough to name who logged in and to end it.

    `version` tells the newer of two states, `credentials_version` grows with each new PIN.
    """

    __tablename__ = "clients"
    __table_args__ = (UniqueConstraint("account_id", "uid"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    uid: Mapped[str] = mapped_column(String(UID_LENGTH))
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str] = mapped_column(String(20))
    is_active: Mapped[bool]
    credentials_version: Mapped[int]
    version: Mapped[int]


class LoginSession(TenantOwned, Base):
    """One login of a user or a client. `uid` is the `sid` in its tokens; `refresh_hash` the hash of the one refresh
    token that works. `slot` is the client type of which the user has one session at most (002), or NULL.
    """

    __tablename__ = "sessions"
    __table_args__ = (
        CheckConstraint("(user_id IS NULL) <> (client_id IS NULL)", name="one_principal"),
        Index(
            "ix_sessions_account_id_user_id", "account_id", "user_id",
            sqlite_where=text("revoked_at IS NULL"), postgresql_where=text("revoked_at IS NULL"),
        ),
        Index(
            "ix_sessions_account_id_client_id", "account_id", "client_id",
            sqlite_where=text("revoked_at IS NULL"), postgresql_where=text("revoked_at IS NULL"),
        ),
        Index(
            "ix_sessions_user_id_slot", "user_id", "slot", unique=True,
            sqlite_where=text("slot IS NOT NULL AND revoked_at IS NULL"),
            postgresql_where=text("slot IS NOT NULL AND revoked_at IS NULL"),
        ),
        Index(
            "ix_sessions_revocation_expires_at", "revocation_expires_at",
            sqlite_where=text("revocation_expires_at IS NOT NULL"),
            postgresql_where=text("revocation_expires_at IS NOT NULL"),
        ),
        Index("ix_sessions_expires_at", "expires_at"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    client_id: Mapped[int | None] = mapped_column(ForeignKey(Client.id))
    refresh_hash: Mapped[str] = mapped_column(String(64), unique=True)
    client_type: Mapped[str] = mapped_column(String(20), default=UNKNOWN)
    slot: Mapped[str | None] = mapped_column(String(20))
    device_name: Mapped[str] = mapped_column(String(100), default="")
    telegram_user_id: Mapped[int | None] = mapped_column(BigInteger)
    telegram_username: Mapped[str] = mapped_column(String(64), default="")
    user_agent: Mapped[str] = mapped_column(String(512), default="")
    ip_address: Mapped[str] = mapped_column(String(45), default="")
    access_seconds: Mapped[int] = mapped_column(server_default=text("3600"))
    """For how long its access tokens live."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_activity: Mapped[datetime] = mapped_column(UtcDateTime)
    """When its newest access token was issued: at the login or the last refresh."""
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoke_reason: Mapped[str | None] = mapped_column(String(20))
    revocation_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the last access token of a revoked session is over, and the gateways may forget it."""


class SpentRefreshToken(Base):
    """A refresh token that was exchanged for its successor; seen again, it tells of a theft."""

    __tablename__ = "spent_refresh_tokens"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey(LoginSession.id), index=True)
    spent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class LoginFailures(Failures):
    """The failed logins for one name, one phone or one address."""

    __tablename__ = "login_failures"


class RegistrationCount(Base):
    """How many companies were registered from an address (by its hash) on a day, UTC."""

    __tablename__ = "registration_counts"

    address: Mapped[str] = mapped_column(String(64), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    number: Mapped[int]

    __table_args__ = (Index(None, "day"),)


class SigningKey(Base):
    """A key that access tokens are signed with from `signs_from` until the next one's `signs_from`."""

    __tablename__ = "signing_keys"

    kid: Mapped[str] = mapped_column(String(36), primary_key=True)
    private_pem: Mapped[str] = mapped_column(Text)
    public_jwk: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    signs_from: Mapped[datetime] = mapped_column(UtcDateTime)


class PendingRevocation(Base):
    """A gateway that has not confirmed yet that it knows of a revoked session. `exp` in epoch seconds."""

    __tablename__ = "pending_revocations"

    gateway: Mapped[str] = mapped_column(String(255), primary_key=True)
    sid: Mapped[str] = mapped_column(String(36), primary_key=True)
    exp: Mapped[int] = mapped_column(BigInteger)


class AuditEntry(TenantOwned, Base):
    """A security event: what happened (`action`) to whom (`subject_…`), and who did it from where.

    Rows are only added: triggers refuse any change, and the deletion of all but old ones.

    What belongs to no account (a login by an unknown name, a new signing key) is the first account's: the operator's.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index(None, "account_id", "id"),
        Index(None, "account_id", "action", "id"),
        Index(None, "account_id", "subject_uid", "id"),
        Index(None, "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    action: Mapped[str] = mapped_column(String(30))
    subject_type: Mapped[str] = mapped_column(String(10))
    subject_uid: Mapped[str | None] = mapped_column(String(UID_LENGTH))
    subject_name: Mapped[str] = mapped_column(String(254))
    actor_uid: Mapped[str | None] = mapped_column(String(UID_LENGTH))
    actor_name: Mapped[str] = mapped_column(String(254))
    ip_address: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(512))
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
