"""The pytest plugin of all services: their app on a real, migrated database of both kinds, callers, events in and out.

A service's conftest.py names it (`service_name`) and may add settings (`extra_settings`). Every test that asks for `database`,
`client` or `deliver` runs on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask
from sqlalchemy import create_engine, delete, event, inspect, text

from chassis import migrations, revocations
from chassis.db import ALL_ACCOUNTS, Base, Database
from chassis.tenants import zones_seen
from chassis.testing_client import ApiClient
from chassis.testing_concurrency import CALLERS
from chassis.testing_statements import watched_statements
from chassis.uids import new_uid

PAIRS = (
    "sales>catalog", "sales>customers", "sales>auth", "catalog>sales", "customers>sales", "customers>auth", "auth>customers",
    "auth>gateway", *(f"gateway>{service}" for service in ("auth", "catalog", "sales", "customers", "analytics")),
)  # fmt: skip
SERVICE_KEYS = [f"{pair}=test-secret-of-{pair.replace('>', '-to-')}-0123456789" for pair in PAIRS]
KID = "test-key"
_GATEWAY_SECRET = "test-secret-of-a-service-that-is-none-of-the-platform"  # noqa: S105

pytest_plugins = ["chassis.testing_events", "chassis.testing_services"]


@pytest.fixture(scope="session")
def service_name() -> str:
    raise NotImplementedError("the service's conftest.py names the service")


@pytest.fixture(scope="session")
def extra_settings() -> dict[str, Any]:
    """Settings of the service's own; its conftest overrides this."""
    return {}


@pytest.fixture(scope="session")
def postgresql_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The superuser's URL of a private cluster: the test run's, or one of this session's own."""
    if given := os.environ.get("MOSTRADOR_TEST_POSTGRESQL_URL"):
        yield given
        return
    cluster = import_module("native.postgres").Cluster(tmp_path_factory.mktemp("pg"), fast=True)
    with cluster:
        yield cluster.url


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database(
    request: pytest.FixtureRequest, service_name: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """The service's database, migrated; each kind in turn. It is emptied before every test."""
    if request.param == "sqlite":
        found = Database(
            f"sqlite:///{tmp_path_factory.mktemp('db')}/{service_name}.db", service=service_name, pool_size=CALLERS
        )
        # Tests kill processes, not the machine: nothing is to be waited for from the disk.
        event.listen(found.engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous=OFF"))
        migrations.upgrade(found)
        yield found
        found.dispose()
        return
    base = request.getfixturevalue("postgresql_url")
    name = f"test_{service_name}_{os.getpid()}"
    admin = create_engine(base, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"))
    found = Database(base.rsplit("/", 1)[0] + f"/{name}", service=service_name, pool_size=CALLERS)
    migrations.upgrade(found)
    yield found
    found.dispose()
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


_TRIGGERS = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")


@cache
def _tables_of(database: Database) -> frozenset[str]:
    """The tables that the migrations made; the process may have loaded the models of other databases too."""
    return frozenset(inspect(database.engine).get_table_names())


@pytest.fixture(scope="session", autouse=True)
def _every_statement_names_its_account() -> Iterator[None]:
    with watched_statements():
        yield


@pytest.fixture(autouse=True)
def _empty_database(request: pytest.FixtureRequest) -> None:
    if "database" not in request.fixturenames:
        return
    found: Database = request.getfixturevalue("database")
    migrations.load_models(found.service)
    there = _tables_of(found)
    tables = [table for table in Base.metadata.sorted_tables if table.name in there]
    with found.transaction(ALL_ACCOUNTS) as session:
        if found.dialect == "postgresql":
            session.execute(text(f"TRUNCATE {', '.join(table.name for table in tables)} RESTART IDENTITY CASCADE"))
        else:
            triggers = session.execute(_TRIGGERS).all()  # they keep ledgers from being emptied
            for name, _ in triggers:
                session.execute(text(f"DROP TRIGGER {name}"))
            for table in reversed(tables):
                session.execute(delete(table))
            for _, definition in triggers:
                session.execute(text(definition))
    zones_seen.clear()


@pytest.fixture(autouse=True)
def _revocations_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Webs do not look for revoked sessions, which they do by the clock: tests count statements and use dead tokens."""
    monkeypatch.setattr(revocations, "REFRESH_SECONDS", float("nan"))


@pytest.fixture
def revocations_read(monkeypatch: pytest.MonkeyPatch, _revocations_unread: None) -> None:
    """Webs look for revoked sessions at each request."""
    monkeypatch.setattr(revocations, "REFRESH_SECONDS", 0.0)


@pytest.fixture(scope="session")
def signing_key() -> rsa.RSAPrivateKey:
    """The key that the tests' tokens are signed with."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def jwks_file(signing_key: rsa.RSAPrivateKey, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The key set a service fetches, as a file."""
    entry = jwt.algorithms.RSAAlgorithm.to_jwk(signing_key.public_key(), as_dict=True)
    path: Path = tmp_path_factory.mktemp("keys") / "jwks.json"
    path.write_text(json.dumps({"keys": [{**entry, "kid": KID, "alg": "RS256", "use": "sig"}]}))
    return path


@pytest.fixture(scope="session")
def settings(database: Database, service_name: str, jwks_file: Path, extra_settings: dict[str, Any]) -> Any:
    """The service's Config on the test database."""
    return import_module(f"{service_name}.config").Config.from_env(
        database_url=database.url.render_as_string(hide_password=False), jwks_url=jwks_file.as_uri(),
        service_keys=[*SERVICE_KEYS, f"gateway>{service_name}={_GATEWAY_SECRET}"], log_level="WARNING",
        web_threads=CALLERS, **extra_settings,
    )  # fmt: skip


@pytest.fixture(scope="session")
def app(settings: Any, service_name: str) -> Iterator[Flask]:
    """The service's web app."""
    made: Flask = import_module(f"{service_name}.app").create_app(settings)
    yield made
    made.extensions["mostrador"]["database"].dispose()


@pytest.fixture(scope="session")
def token_for(signing_key: rsa.RSAPrivateKey) -> Callable[..., str]:
    """`token_for("EMPLOYEE", account_id=2, exp=…)`: an access token as auth would mint it; any claim can be overridden."""

    def make(role: str = "ADMIN", *, account_id: int = 1, user_id: int = 1, **claims: Any) -> str:
        now = int(time.time())
        full = {
            "user_id": user_id, "email": f"user{user_id}@example.com", "username": f"user{user_id}", "role": role,
            "sub": f"00000000-0000-7000-8000-{user_id:012d}", "jti": new_uid(), "sid": new_uid(), "account_id": account_id,
            "kind": "client" if role == "CLIENT" else "user", "client_type": "unknown", "iss": "mostrador",
            "aud": "mostrador-api", "iat": now, "nbf": now, "exp": now + 3600,
            "type": "access", **claims,
        }  # fmt: skip
        return jwt.encode(full, signing_key, algorithm="RS256", headers={"kid": KID})

    return make


@pytest.fixture
def client(app: Flask, database: Database, token_for: Callable[..., str]) -> ApiClient:
    """Calls the service: `client.post(path, body, role="EMPLOYEE")`, `client.internal("sales", "POST", path, body)`."""
    return ApiClient(app, token_for)


@contextmanager
def counted_statements(app_or_database: Flask | Database) -> Iterator[list[str]]:
    """The SQL statements that run in the block (BEGIN and COMMIT aside)."""
    found = (
        app_or_database.extensions["mostrador"]["database"] if isinstance(app_or_database, Flask) else app_or_database
    )
    seen: list[str] = []

    def record(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement != "BEGIN IMMEDIATE":
            seen.append(statement)

    event.listen(found.engine, "before_cursor_execute", record)
    try:
        yield seen
    finally:
        event.remove(found.engine, "before_cursor_execute", record)
