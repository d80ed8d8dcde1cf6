"""A database that is unavailable: the web says 503 and when to come again, and the pool lets go of the old server."""

import sqlite3
import time
from types import SimpleNamespace

import psycopg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import InterfaceError, OperationalError

from chassis import sweeps
from chassis.db import ALL_ACCOUNTS, Database
from chassis.http import InternalClient
from chassis.outages import database_away, worth_retrying
from chassis.problems import Unavailable
from chassis.pulse import Pulse
from chassis.sweeps import Sweep, run_sweeps
from chassis.testing_outages import SQLSTATES, database_of, failing, read_only
from toy.domain.models import Widget

WIDGET = {"name": "w", "price": "1.00"}


def count(database):
    with database.read(ALL_ACCOUNTS) as session:
        return session.scalar(select(func.count()).select_from(Widget))


@pytest.mark.parametrize("sqlstate", SQLSTATES)
def test_an_outage_is_a_503_with_retry_after_and_leaves_nothing(client, database, sqlstate):
    with failing(database_of(client.app), sqlstate):
        for answer in (client.post("/api/widgets/", WIDGET), client.get("/api/widgets/")):
            assert answer.status == 503
            assert answer.headers["Retry-After"] == "1"
        assert client.get("/readyz").status == 503
    assert count(database) == 0
    assert client.post("/api/widgets/", WIDGET).status == 201


def test_after_a_failover_the_first_refused_write_replaces_all_connections(client, database):
    web = database_of(client.app)
    web.dispose()  # connections of other tests would be used first
    with read_only(web):
        assert client.get("/api/widgets/").status == 200
        assert client.post("/api/widgets/", WIDGET).status == 503
        # Connections of the read-only server go into the pool.
        with web.read(ALL_ACCOUNTS) as one, web.read(ALL_ACCOUNTS) as another:
            assert {session.scalar(text("SELECT 1")) for session in (one, another)} == {1}
    assert client.post("/api/widgets/", WIDGET).status == 503
    for number in range(5):
        assert client.post("/api/widgets/", {**WIDGET, "name": f"w{number}"}).status == 201
    assert count(database) == 5


def test_a_pool_whose_server_has_restarted_serves_the_next_request(client, database):
    if database.dialect == "sqlite":
        pytest.skip("SQLite has no server")
    web = database_of(client.app)
    with web.read(ALL_ACCOUNTS) as one, web.read(ALL_ACCOUNTS) as another:
        pids = [session.scalar(text("SELECT pg_backend_pid()")) for session in (one, another)]
    with database.read(ALL_ACCOUNTS) as session:
        session.execute(text("SELECT pg_terminate_backend(pid) FROM unnest(:pids) pid"), {"pids": pids})
        gone = text("SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(:pids)")
        while session.scalar(gone, {"pids": pids}):
            pass
    assert client.post("/api/widgets/", WIDGET).status == 201


def test_servers_that_cannot_be_reached_are_unavailable():
    for url in (
        "postgresql+psycopg://nobody@127.0.0.1:1/none",
        "postgresql+psycopg://nobody@no-such-host.invalid/none",
        "sqlite:////no/such/folder/none.db",
    ):
        nowhere = Database(url, service="toy")
        with pytest.raises(OperationalError) as caught, nowhere.read(ALL_ACCOUNTS) as session:
            session.execute(text("SELECT 1"))
        assert database_away(caught.value), url


def test_a_full_disk_is_unavailable_and_a_bug_is_not(database):
    if database.dialect == "sqlite":
        with pytest.raises(OperationalError) as full, database.transaction(ALL_ACCOUNTS) as session:  # noqa: PT012
            session.execute(text("PRAGMA max_page_count = 1"))
            session.execute(text("CREATE TABLE filling AS SELECT zeroblob(10000000) AS a"))
        database.dispose()
        assert database_away(full.value)
        assert not database_away(InterfaceError("INSERT", {}, sqlite3.InterfaceError("type 'object' is not supported")))
    with pytest.raises(Exception) as caught, database.read(ALL_ACCOUNTS) as session:
        session.execute(text("SELECT * FROM no_such_table"))
    assert not worth_retrying(caught.value)


@pytest.mark.parametrize("sqlstate", ["40001", "40P01", "55P03", "57014"])
def test_contention_is_worth_a_retry_but_no_outage(sqlstate):
    error = OperationalError("UPDATE", {}, psycopg.errors.lookup(sqlstate)("contention"))
    assert (database_away(error), worth_retrying(error)) == (False, True)


def test_a_sweep_that_an_outage_interrupts_runs_again_soon(monkeypatch, database):
    class Clock:
        now = 0.0

        def is_set(self):
            return self.now > 4000

        def wait(self, seconds):
            self.now += seconds

    clock, runs = Clock(), []

    def interrupted(_database, _settings):
        runs.append(clock.now)
        if len(runs) == 1:
            raise OperationalError("DELETE", {}, psycopg.errors.ReadOnlySqlTransaction("read-only"))

    monkeypatch.setattr(sweeps, "time", SimpleNamespace(monotonic=lambda: clock.now, perf_counter=time.perf_counter))
    run_sweeps([Sweep("hourly", 3600, interrupted)], database, None, clock, Pulse("sweeps"))
    assert len(runs) == 2
    assert runs[1] - runs[0] <= 3


def test_a_neighbour_that_says_when_to_come_again_is_asked_then(settings, play):
    catalog = play("catalog")
    catalog.reset()
    caller = SimpleNamespace(service="sales", web_threads=4, secret_for=settings.secret_for)
    calling = InternalClient(caller, "catalog", catalog.url, timeout=1)
    catalog.on("GET", "/internal/x", 503, {}, headers={"Retry-After": "1"})
    for _ in range(InternalClient.FAILURES_TO_OPEN):
        with pytest.raises(Unavailable) as refused:
            calling.call("GET", "/internal/x", account_id=1)
    with pytest.raises(Unavailable) as refused:
        calling.call("GET", "/internal/x", account_id=1)
    assert refused.value.headers["Retry-After"] == "1"
    assert len(catalog.calls) == InternalClient.FAILURES_TO_OPEN
