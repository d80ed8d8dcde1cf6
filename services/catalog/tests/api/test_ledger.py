"""The ledger as a table: nobody rewrites it, and many products are set in few statements."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from catalog.domain.errors import BelowReserved
from catalog.domain.models import B2B, StockMovement
from catalog.usecases.stock import set_stock
from chassis.db import ALL_ACCOUNTS
from chassis.testing import counted_statements

ACTOR = "00000000-0000-7000-8000-000000000001"


def ledger(database):
    with database.read(ALL_ACCOUNTS) as session:
        columns = (StockMovement.product_id, StockMovement.delta, StockMovement.balance, StockMovement.kind)
        return [tuple(row) for row in session.execute(select(*columns).order_by(StockMovement.id))]


@pytest.mark.parametrize("change", [update(StockMovement).values(delta=1), delete(StockMovement)])
def test_no_statement_changes_or_deletes_a_movement(database, product, change):
    product(current_stock=5)
    before = ledger(database)
    with pytest.raises(DBAPIError, match="append-only"), database.transaction(ALL_ACCOUNTS) as session:
        session.execute(change)
    assert ledger(database) == before != []


def test_many_products_are_set_in_few_statements(database, product, published, books_balance):
    same, more, less = (product(current_stock=stock)["id"] for stock in (5, 20, 20))
    already = len(published())
    wanted = {less: 3, same: 5, more: 50, 999: 7}
    with counted_statements(database) as statements, database.transaction(1) as session:
        after = set_stock(session, wanted, reason="count", actor_uid=ACTOR, kind=B2B)
    assert len(statements) == 6, "take, read, move, ledger, StockAdjusted, LowStockReached"
    assert {id_: row.current_stock for id_, row in after.items()} == {same: 5, more: 50, less: 3}
    assert ledger(database)[3:] == [(more, 30, 50, "b2b"), (less, -17, 3, "b2b")]
    told = [(event.type, event.data["product_id"], event.data["current_stock"]) for event in published()[already:]]
    assert told == [("StockAdjusted", more, 50), ("StockAdjusted", less, 3), ("LowStockReached", less, 3)]
    books_balance()


def test_setting_many_changes_nothing_when_one_is_in_a_cart(client, database, product, stock_of):
    free, held = product(current_stock=9)["id"], product(current_stock=9)["id"]
    client.post(f"/api/products/{held}/reserve/", {"amount": 4})
    with pytest.raises(BelowReserved) as refused, database.transaction(1) as session:
        set_stock(session, {free: 1, held: 3}, reason="count", actor_uid=None)
    assert refused.value.reserved == {held: 4}
    assert (stock_of(free), stock_of(held)) == (9, 9)
    with database.transaction(2) as session:
        assert set_stock(session, {free: 1}, reason="another account's", actor_uid=None) == {}
    assert stock_of(free) == 9
