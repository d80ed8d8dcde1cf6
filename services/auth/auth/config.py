"""Every setting of the auth service; nothing else reads the environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from auth.domain.plans import PLANS
from chassis.settings import Settings, SettingsError


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """The service's settings; `MOSTRADOR_` + the upper-case name is the variable."""

    service: ClassVar[str] = "auth"

    signing_key_passphrase: str = field(repr=False)
    """Private keys stand encrypted with it in the database."""
    gateway_internal_urls: list[str] = field(default_factory=list)
    """Internal listeners of all gateways; each is told of a revoked session before the client is answered."""

    admin_email: str = ""
    admin_username: str = ""
    admin_password: str = field(default="", repr=False)
    company_name: str = "Mostrador"

    customers_url: str = "http://127.0.0.1:8094"
    """Where a B2B client's PIN is checked."""

    access_seconds: int = 3600
    b2b_access_seconds: int = 900
    """The same on the B2B surface (004)."""
    refresh_seconds: int = 7 * 24 * 3600
    refresh_grace_seconds: float = 10.0
    """A refresh token used again this soon after its rotation is a lost answer or a second tab, later it is theft."""

    argon2_time_cost: int = 2
    argon2_memory_kib: int = 19456
    argon2_parallelism: int = 1

    batch_hash_seconds: float = 12.0
    """For so long the passwords of a batch of users get full hashes; the rest get lighter ones."""

    login_failures_per_name: int = 10
    login_failures_per_ip: int = 100
    login_failures_seconds: int = 900

    registration_plans: list[str] = field(default_factory=lambda: list(PLANS))
    """Plans that a company may choose when it registers."""
    registrations_per_address: int = 1000
    """How many companies one address may register on a day (UTC); 0 closes registration."""

    session_days: int = 30
    """How long a session is remembered after it has ended or run out."""
    audit_days: int = 400
    """How long the audit trail is kept; at least 30 days."""

    key_cache_seconds: float = 5.0
    """How old the keys in this process' memory may be."""
    key_publish_ahead_seconds: float = 60.0
    """A new key is published this long before it signs, so that every verifier knows it by then."""

    def __post_init__(self) -> None:
        if unknown := set(self.registration_plans) - PLANS.keys():
            known = ", ".join(PLANS)
            raise SettingsError(f"auth: MOSTRADOR_REGISTRATION_PLANS: no plan {min(unknown)!r}; there are: {known}")

    @property
    def longest_access_seconds(self) -> int:
        """For so long an access token of any surface may live."""
        return max(self.access_seconds, self.b2b_access_seconds)
