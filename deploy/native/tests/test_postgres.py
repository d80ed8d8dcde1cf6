"""The private PostgreSQL cluster."""

from pathlib import Path

import psycopg
import pytest

from native.ports import is_free
from native.postgres import Cluster


def connect(cluster: Cluster, role: str, password: str, database: str) -> psycopg.Connection:
    return psycopg.connect(cluster.url_of(database, role, password).replace("+psycopg", ""))


def test_a_role_enters_its_own_database_only(folder: Path) -> None:
    with Cluster(folder / "postgresql", fast=True) as cluster:
        for _ in range(2):  # making them again changes nothing
            cluster.ensure_databases({"auth": "one", "sales": "two"})
        with connect(cluster, "auth", "one", "auth") as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("auth",)
        for other in ("sales", "postgres", "template1"):
            with pytest.raises(psycopg.OperationalError, match="permission denied"):
                connect(cluster, "auth", "one", other)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            connect(cluster, "auth", "two", "auth")
    assert is_free(cluster.port)


def test_what_was_committed_survives_kill_and_stop(folder: Path) -> None:
    with Cluster(folder / "postgresql") as cluster:
        cluster.sql("CREATE TABLE note (text text); INSERT INTO note VALUES ('kept')")
        cluster.kill()
        assert not cluster.answers()
        cluster.start()
        assert cluster.sql("SELECT text FROM note") == "kept"
        cluster.stop()
        cluster.start()
        assert cluster.sql("SELECT text FROM note") == "kept"
