"""The row locks of catalog, as another transaction meets them. SQLite has one writer at a time and needs none."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from catalog.domain.b2b_models import Category
from catalog.domain.models import Product
from catalog.usecases.hold_statements import read_for_sale, take_for_sale
from catalog.usecases.locks import take_present, take_product, take_products
from catalog.usecases.rows import take_rows
from chassis.testing_concurrency import lock_on


@pytest.fixture(autouse=True)
def _postgresql(database):
    if database.dialect == "sqlite":
        pytest.skip("one writer at a time")


@pytest.mark.parametrize(
    ("take", "lock"),
    [
        (lambda session, id_: take_product(session, id_), "against writers"),
        (lambda session, id_: take_products(session, [id_]), "against writers"),
        (lambda session, id_: take_present(session, [id_]), "against writers"),
        (lambda session, id_: take_for_sale(session, [id_]), "against writers"),
        (lambda session, id_: read_for_sale(session, [id_]), ""),
    ],
    ids=["one", "several", "present", "for sale", "read for sale"],
)
def test_taking_products(database, product, take, lock):
    id_ = product()["id"]
    rows = select(Product.id).where(Product.id == id_)
    assert lock_on(database, lambda session: take(session, id_), rows) == lock


@pytest.mark.parametrize(("to_refer", "lock"), [(False, "alone"), (True, "shared")])
def test_taking_rows_by_their_keys(database, client, to_refer, lock):
    client.post("/api/v1/category", {"data": [{"uid": "c"}]})
    take = lambda session: take_rows(session, Category, ["uid"], ["c"], to_refer=to_refer)  # noqa: E731
    assert lock_on(database, take, select(Category.uid)) == lock
