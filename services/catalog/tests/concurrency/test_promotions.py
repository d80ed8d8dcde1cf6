"""Promotions written at once: no day of a product ever has two active ones, whichever way they come about."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from catalog.domain.models import Promotion
from chassis.db import ALL_ACCOUNTS
from chassis.testing_concurrency import together


@pytest.fixture
def overlaps(database):
    """Pairs of active promotions of one product that share a day; it must be empty always."""

    def find() -> list[Any]:
        one, other = aliased(Promotion), aliased(Promotion)
        statement = select(one.id, other.id).where(
            one.product_id == other.product_id, one.id < other.id, one.is_active, other.is_active,
            one.deleted_at.is_(None), other.deleted_at.is_(None),
            one.start_date <= other.end_date, other.start_date <= one.end_date,
        )  # fmt: skip
        with database.read(ALL_ACCOUNTS) as session:
            return list(session.execute(statement))

    return find


def body_of(made: dict[str, Any], first: int, last: int, **fields: Any) -> dict[str, Any]:
    days = {"start_date": f"2026-05-{first:02}", "end_date": f"2026-05-{last:02}"}
    return {"name": "A", "product": made["id"], "discount_percent": 10, **days, **fields}


def test_of_many_that_overlap_one_is_made(client, product, published, overlaps):
    audience = ("ALL", "FREQUENT_ONLY")
    for _ in range(3):
        made = product()
        answers = together(
            16,
            lambda index, made=made: client.post(
                "/api/promotions/", body_of(made, 1 + index, 16 + index // 2, target_audience=audience[index % 2])
            ),
        )
        assert Counter(answer.status for answer in answers) == {201: 1, 400: 15}
        assert {str(answer.json) for answer in answers if answer.status == 400} == {
            "{'non_field_errors': ['Ya existe una promoción activa para este producto en las fechas seleccionadas"
            f" (2026-05-{1 + index:02} a 2026-05-{16 + index // 2:02}).']}}"
            for index, answer in enumerate(answers)
            if answer.status == 400
        }
    assert overlaps() == []
    assert len(published("PromotionChanged")) == 3


def test_those_that_share_no_day_are_all_made(client, product, overlaps):
    made = product()
    answers = together(16, lambda index: client.post("/api/promotions/", body_of(made, index + 1, index + 1)))
    assert {answer.status for answer in answers} == {201}
    assert overlaps() == []


def test_updates_can_not_bring_an_overlap_about(client, product, overlaps):
    """Dates that are moved, promotions that are switched on or moved to another product, and new ones, all at once."""
    first, second = product(), product()
    made = [
        client.post("/api/promotions/", body_of((first, second)[n % 2], n + 1, n + 1, is_active=n % 3 > 0)).json["id"]
        for n in range(12)
    ]

    def act(index: int) -> set[int]:
        statuses = set()
        for turn in range(4):
            id_ = made[(index * 5 + turn) % 12]
            change = (
                {"start_date": "2026-05-01", "end_date": "2026-05-06"},
                {"is_active": True},
                {"product": (first, second)[turn % 2]["id"]},
            )[(index + turn) % 3]
            statuses.add(client.patch(f"/api/promotions/{id_}/", change).status)
            statuses.add(client.post("/api/promotions/", body_of(first, 5 + turn, 20 + index)).status)
        return statuses

    assert set().union(*together(16, act)) <= {200, 201, 400, 409}
    assert overlaps() == []


def test_a_product_that_goes_leaves_no_promotion(client, product):
    for _ in range(4):
        made = product()

        def act(index: int, made: dict[str, Any] = made) -> Any:
            if index == 0:
                return client.delete(f"/api/products/{made['id']}/")
            return client.post("/api/promotions/", body_of(made, index, index))

        deleted, *created = together(8, act)
        assert deleted.status == 204
        assert {answer.status for answer in created} <= {201, 400}
        assert client.get("/api/promotions/").json == []


def test_postgresql_refuses_an_overlap_by_itself(database, product, promotion):
    if database.dialect == "sqlite":
        pytest.skip("SQLite has one writer at a time, and its statement looks")
    made = product()
    promotion(made)
    row = {
        "product_id": made["id"], "name": "B", "discount_percent": 5, "start_date": "2026-01-01", "end_date": "2026-01-01",
        "target_audience": "ALL", "search_text": "b", "account_id": 1,
    }  # fmt: skip
    with pytest.raises(IntegrityError, match="ex_promotions_product_id_dates"), database.transaction(1) as session:
        session.execute(insert(Promotion), [row])
