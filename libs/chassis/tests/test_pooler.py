"""The web behind a pooler of transactions: the sessions are the pooler's, and must begin as ours would."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from chassis.db import ALL_ACCOUNTS, Database
from chassis.service import web_database
from chassis.settings import Settings

SETTINGS = {
    "timezone": "'UTC'", "lock_timeout": "'2s'", "idle_in_transaction_session_timeout": "'30s'", "statement_timeout": "'5s'",
}  # fmt: skip


@pytest.fixture
def url(database):
    """A database on PostgreSQL whose sessions begin as they come."""
    if database.dialect == "sqlite":
        pytest.skip("SQLite has no sessions to pool")
    yield database.url.render_as_string(hide_password=False)
    with database.engine.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {database.url.database} RESET ALL"))
        connection.commit()


@pytest.fixture
def web(url):
    """The web's database, as its settings have it."""
    found = web_database(Settings(database_url="postgresql+psycopg://nobody@127.0.0.1:1/none", pooled_database_url=url))
    yield found
    found.dispose()


def begin_with(database: Database, **settings: str) -> None:
    with database.engine.connect() as connection:
        for name, value in settings.items():
            connection.execute(text(f"ALTER DATABASE {database.url.database} SET {name} = {value}"))
        connection.commit()


def test_sessions_without_the_settings_are_refused_and_named(database, web):
    begin_with(database, **{name: value for name, value in SETTINGS.items() if name != "lock_timeout"})
    refused = pytest.raises(OperationalError, match=r"must begin with \{'lock_timeout': '2000'\}")
    with refused, web.read(ALL_ACCOUNTS) as session:
        session.execute(text("SELECT 1"))


def test_with_them_it_works_and_leaves_no_statement_in_a_session(database, web):
    begin_with(database, **SETTINGS)
    for _ in range(8):  # psycopg prepares what it sees for the sixth time
        with web.read(ALL_ACCOUNTS) as session:
            assert session.execute(text("SELECT current_setting('lock_timeout')")).scalar() == "2s"
    with web.transaction(ALL_ACCOUNTS) as session:
        assert session.execute(text("SELECT count(*) FROM pg_prepared_statements")).scalar() == 0


def test_a_session_of_our_own_has_its_own_time_limit_whatever_the_role_has(database, url):
    begin_with(database, **SETTINGS)
    patient = Database(url, service="toy", statement_timeout=None)
    with patient.read(ALL_ACCOUNTS) as session:
        assert session.execute(text("SELECT current_setting('statement_timeout')")).scalar() == "0"
    patient.dispose()
