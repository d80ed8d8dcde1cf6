"""`GET /api/products/{id}/movements/`, and `chassis catalog reconcile`."""

from __future__ import annotations

from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import update

from catalog.cli import reconcile
from catalog.domain.models import ADJUSTMENT, Product
from catalog.usecases.hold_statements import record_movements
from chassis.cli import Service
from chassis.db import ALL_ACCOUNTS, utcnow
from chassis.testing import counted_statements

USER = "00000000-0000-7000-8000-00000000000{}"


def movements(client, made, query="", **how):
    return client.get(f"/api/products/{made['id']}/movements/{query}", **how)


@pytest.fixture
def moved(client, product, hold, release):
    """A product with five movements, and the uid of the order that came and went."""
    made = product(current_stock=10)
    uid = hold({made["id"]: 4}, user_id=3).json["order_uid"]
    release(uid)
    client.patch(f"/api/products/{made['id']}/", {"current_stock": 25}, user_id=2)
    client.post(f"/api/products/{made['id']}/adjust/", {"delta": -5, "reason": "Broken bottles"}, user_id=4)
    product(current_stock=77)
    return made, uid


def test_newest_first_with_who_and_why(client, moved):
    made, uid = moved
    answer = movements(client, made)
    assert [row.pop("created_at")[-1] for row in answer.json] == ["Z"] * 5
    fields = ("kind", "delta", "balance", "order_uid", "reason", "user_uid")
    assert [tuple(row[name] for name in fields) for row in answer.json] == [
        ("adjustment", -5, 20, None, "Broken bottles", USER.format(4)),
        ("adjustment", 15, 25, None, "set by hand", USER.format(2)),
        ("cancel", 4, 10, uid, None, None),
        ("order", -4, 6, uid, None, USER.format(3)),
        ("initial", 10, 10, None, None, USER.format(1)),
    ]
    assert answer.headers["X-Total-Count"] == "5"


def test_pages_and_filters(client, moved, app):
    made, uid = moved

    def found(query):
        return [row["balance"] for row in movements(client, made, query).json]

    page = movements(client, made, "?page=2&page_size=2")
    assert ([row["balance"] for row in page.json], page.headers["X-Total-Count"]) == ([10, 6], "5")
    assert 'rel="prev"' in page.headers["Link"]
    assert found("?kind=adjustment") == [20, 25]
    assert found("?ordering=delta") == [20, 6, 10, 10, 25]
    assert found("?search=BOTTLES") == [20]
    assert found(f"?search={uid}") == [10, 6]
    assert movements(client, made, "?kind=gift").json == {"kind": ['"gift" is not a valid choice.']}
    assert movements(client, made, "?date_from=1/2/2026").status == 400
    with counted_statements(app) as statements:
        movements(client, made, "?page=1")
    assert len(statements) == 2, "the product, its movements"


def test_dates_are_days_of_the_accounts_zone(client, product, database, deliver):
    deliver("AccountUpdated", {"timezone": "Asia/Tokyo"}, version=9)
    made = product(current_stock=0)
    midnight = utcnow().replace(hour=15, minute=0, second=0, microsecond=0)  # in Tokyo
    rows = [
        {"product_id": made["id"], "delta": 1, "balance": number + 1, "kind": ADJUSTMENT, "created_at": at}
        for number, at in enumerate((midnight - timedelta(seconds=1), midnight))
    ]
    with database.transaction(1) as session:
        record_movements(session, rows)
    before = (midnight + timedelta(hours=8)).date()
    after = (midnight + timedelta(hours=9)).date()
    assert before < after
    assert [row["balance"] for row in movements(client, made, f"?date_to={before}").json] == [1]
    assert [row["balance"] for row in movements(client, made, f"?date_from={after}").json] == [2]
    assert len(movements(client, made, f"?date_from={before}&date_to={after}").json) == 2


def test_who_may_look(client, moved, product):
    made, _ = moved
    assert movements(client, made, role="OWNER").status == 200
    assert movements(client, made, role="EMPLOYEE").status == 403
    assert movements(client, made, account_id=2).status == 404
    assert movements(client, {"id": 999}).status == 404


def test_reconcile_names_every_product_that_differs(database, product, monkeypatch):
    right, wrong = product(current_stock=3), product(current_stock=5, account_id=2)
    service = Service.__new__(Service)
    monkeypatch.setattr(service, "database", lambda: database, raising=False)
    answer = CliRunner().invoke(reconcile, obj=service)
    assert (answer.exit_code, answer.output) == (0, "every product's stock equals its ledger\n")
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(Product).where(Product.id == wrong["id"]).values(current_stock=4))
    answer = CliRunner().invoke(reconcile, obj=service)
    assert answer.exit_code == 1
    assert answer.output == f"account 2, product {wrong['id']}: stock 4, ledger 5\n"
    assert right["current_stock"] == 3
