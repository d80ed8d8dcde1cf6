"""The service under test, with its first account, and a key that the tests' own tokens are signed with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import update

from auth.domain.models import SigningKey
from auth.domain.signing_keys import NewKey, seal
from auth.usecases.accounts import bootstrap, open_account
from auth.usecases.audit import SYSTEM
from auth.usecases.users import NewUser
from chassis.db import ALL_ACCOUNTS, Database, utcnow
from chassis.passwords import Passwords
from chassis.testing import KID
from chassis.testing_client import ApiAnswer, ApiClient

PASSPHRASE = "passphrase-of-the-tests"  # noqa: S105
PASSWORD = "secure_password"  # noqa: S105
CHEAP = {"argon2_time_cost": 1, "argon2_memory_kib": 64, "argon2_parallelism": 1}


@pytest.fixture(scope="session")
def service_name() -> str:
    return "auth"


@pytest.fixture(scope="session")
def gateway(play: Callable[[str], Any]) -> Any:
    """The played gateway."""
    return play("gateway")


@pytest.fixture(scope="session")
def customers(play: Callable[[str], Any]) -> Any:
    """The played service of customers."""
    return play("customers")


@pytest.fixture(scope="session")
def extra_settings(gateway: Any, customers: Any) -> dict[str, Any]:
    return {
        "signing_key_passphrase": PASSPHRASE, "key_cache_seconds": 0.0, "gateway_internal_urls": [gateway.url],
        "customers_url": customers.url,
        "login_failures_per_ip": 100, **CHEAP,
    }  # fmt: skip


@pytest.fixture(scope="session")
def passwords() -> Passwords:
    return Passwords(time_cost=1, memory_kib=64, parallelism=1)


@pytest.fixture(scope="session")
def password_hash(passwords: Passwords) -> str:
    return passwords.hash(PASSWORD)


@pytest.fixture(scope="session")
def test_key(signing_key: rsa.RSAPrivateKey) -> NewKey:
    return seal(signing_key, KID, PASSPHRASE)


@pytest.fixture(autouse=True)
def _platform(
    request: pytest.FixtureRequest, _empty_database: None, gateway: Any, password_hash: str, test_key: NewKey
) -> None:
    """Account 1 (premium) with its ADMIN, user 1, and a gateway that takes everything."""
    if "database" not in request.fixturenames:
        return
    gateway.reset()
    gateway.on("POST", "/revocations", 204)
    if "nothing" in request.fixturenames:
        return
    database: Database = request.getfixturevalue("database")
    with database.transaction(ALL_ACCOUNTS) as session:
        bootstrap(
            session, company_name="Abarrotes Lupita", email="admin@enterprise.com", username="admin_user",
            password_hash=password_hash, key=test_key,
        )  # fmt: skip
        # Keys of the tests sign from a little earlier, whatever the clock's resolution.
        session.execute(update(SigningKey).values(signs_from=utcnow() - timedelta(seconds=1)))


@pytest.fixture
def nothing(database: Database) -> Database:
    """A database that is migrated and empty: who asks for it gets no account 1."""
    return database


@pytest.fixture
def company(database: Database, password_hash: str) -> Callable[..., dict[str, Any]]:
    """`company("dos", plan="freemium")`: another account with its OWNER, who is answered."""

    def make(name: str, plan: str = "freemium") -> dict[str, Any]:
        owner = NewUser(
            username=f"owner_{name}", email=f"owner@{name}.com", first_name="Olga", last_name="Ríos",
            password_hash=password_hash, role="OWNER",
        )  # fmt: skip
        with database.transaction(ALL_ACCOUNTS) as session:
            made = open_account(session, plan=plan, company_name=name, user=owner, by=SYSTEM)
        assert made is not None
        return made

    return make


@dataclass
class Door:
    """Logs in, refreshes and logs out over HTTP, from an address of its own."""

    client: ApiClient

    def login(self, name: str = "admin@enterprise.com", password: str = PASSWORD, ip: str = "10.1.2.3") -> ApiAnswer:
        headers = {"X-Forwarded-For": ip, "User-Agent": "Chatbot/1.0"}
        return self.client.post("/api/auth/login/", {"email": name, "password": password}, role=None, headers=headers)

    def device(self, client_type: str | None = "telegram_bot", ip: str = "10.1.2.3", **fields: Any) -> ApiAnswer:
        """A login by 002, as the first account's ADMIN unless `fields` name another."""
        body = {"username": "admin_user", "password": PASSWORD, "client_type": client_type, **fields}
        body = {name: value for name, value in body.items() if value is not None}
        headers = {"X-Forwarded-For": ip, "User-Agent": "Chatbot/1.0"}
        return self.client.post("/api/v1/auth/token/", body, role=None, headers=headers)

    def refresh(self, token: str) -> ApiAnswer:
        return self.client.post("/api/auth/refresh/", {"refresh": token}, role=None)

    def logout(self, access: str, refresh: str | None = None) -> ApiAnswer:
        return self.client.post("/api/auth/logout/", {"refresh": refresh}, token=access)


@pytest.fixture
def door(client: ApiClient) -> Door:
    return Door(client)


@pytest.fixture
def employee_body() -> dict[str, Any]:
    """001's body for a new user."""
    return {
        "username": "employee_01", "email": "employee@enterprise.com", "password": "password123", "first_name": "Laura",
        "last_name": "Mendez", "phone_number": "555-9876", "address": "Second Ave 45", "role": "EMPLOYEE",
    }  # fmt: skip


@pytest.fixture
def employee(client: ApiClient, employee_body: dict[str, Any]) -> dict[str, Any]:
    """User 2, an employee of account 1."""
    made = client.post("/api/users/", employee_body)
    assert made.status == 201, made
    return dict(made.json)
