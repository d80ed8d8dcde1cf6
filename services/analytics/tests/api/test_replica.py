"""Reports from a replica: the web reads there, the worker counts in the database itself."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from analytics.app import create_app
from chassis.testing_client import ApiClient


@pytest.fixture
def replica(database, tmp_path):
    """`replica()` brings the copy up to date, what a streaming replica does by itself."""
    if database.dialect == "postgresql":
        pytest.skip("a copied file stands for a replica")

    def copy():
        with (
            closing(sqlite3.connect(database.url.database)) as origin,
            closing(sqlite3.connect(tmp_path / "replica.db")) as to,
        ):
            origin.backup(to)

    copy()
    return copy


def test_reports_are_as_old_as_the_replica_and_say_so(settings, token_for, tmp_path, replica, client, sell):
    app = create_app(replace(settings, read_database_url=f"sqlite:///{tmp_path}/replica.db"))

    def told(api):
        answer = api.get("/api/analytics/sales-summary/?start_date=2023-10-01&end_date=2023-10-31")
        return answer.status, answer.json, answer.headers.get("X-Data-As-Of")

    reader = ApiClient(app, token_for)
    nothing = told(reader)
    sell("2023-10-05T14:00", "CASH", [(1, "Mouse", 2, "100.00")])
    assert told(client) != nothing == told(reader)
    app.extensions["mostrador"]["database"].dispose()
    replica()
    assert told(reader) == told(client)
    assert reader.get("/readyz", role=None).status == 200
