"""`chassis sales import-orders`: past orders are stored and told once, refused with a sentence, and loaded fast."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

import sales.cli
from chassis.cli import Service
from chassis.db import ALL_ACCOUNTS
from chassis.testing import counted_statements
from sales.cli import import_orders_command, load
from sales.domain.models import Order
from sales.usecases.import_orders import RecordRefused

RECORD = {
    "uid": "0193a5f0-6c1d-7e52-8a77-3f4b9d2c0001",
    "ticket_folio": "1D872B41",
    "customer_id": 3,
    "customer_name": "José Núñez",
    "cashier": "caja2",
    "created_at": "2026-03-01T15:30:00.000000Z",
    "paid_at": "2026-03-01T15:33:20.000000Z",
    "payment_method": "CARD",
    "items": [
        {
            "product_id": 15, "product_uid": "01939d5e-0000-7000-8000-000000000015", "product_name": "Coca Cola 600ml",
            "quantity": 2, "unit_price": "86.21", "tax_rate": "16.00", "tax_amount": "27.59", "discount_amount": "0.00",
            "amount": "172.42",
        },
    ],
    "subtotal": "172.42",
    "total_tax": "27.59",
    "final_amount": "200.01",
    "money_saved_total": "0.00",
}  # fmt: skip


def record(number=1, **changes):
    made = copy.deepcopy(RECORD)
    made.update(uid=f"0193a5f0-6c1d-7e52-8a77-{number:012d}", ticket_folio=f"{number:08X}", **changes)
    return made


def lines(*records):
    return [json.dumps(each).encode() + b"\n" for each in records]


def stored(database):
    with database.read(ALL_ACCOUNTS) as session:
        return session.execute(select(func.count(Order.id))).scalar_one()


def test_an_imported_order_is_like_any_paid_one(client, database, published):
    assert load(database, lines(RECORD), account=1) == (1, 1)
    [order] = client.get("/api/orders/").json
    assert order == {
        "id": order["id"], "ticket_folio": "1D872B41", "status": "PAID", "created_at": "2026-03-01T15:30:00Z", "customer": 3,
        "customer_name": "José Núñez", "subtotal": "172.42", "total_tax": "27.59", "final_amount": "200.01",
        "money_saved_total": "0.00", "payment_method": "CARD", "paid_at": "2026-03-01T15:33:20Z",
        "items": [
            {
                "product_id": 15, "product_name": "Coca Cola 600ml", "quantity": 2, "unit_price": "86.21",
                "tax_amount": "27.59", "discount_amount": "0.00", "amount": "172.42",
            }
        ],
    }  # fmt: skip
    [event] = published()
    assert (event.type, event.subject, event.version, event.account_id) == ("OrderPaid", RECORD["uid"], 2, 1)
    assert event.time.isoformat() == "2026-03-01T15:33:20+00:00"
    assert (event.data["points_earned"], event.data["cashier"], event.data["cashier_id"]) == (2, "caja2", None)
    assert client.get("/api/orders/?search=nunez").json == [order]
    assert client.post(f"/api/orders/{order['id']}/cancel/", {}).status == 400


def test_known_orders_are_passed_over(client, database, published):
    load(database, lines(record(1), record(2)), account=1)
    assert load(database, lines(record(1), record(2), record(3), record(3)), account=1) == (4, 1)
    assert stored(database) == 3
    assert len(published("OrderPaid")) == 3


def test_orders_belong_to_the_account_they_are_imported_for(client, database, published):
    load(database, lines(RECORD), account=2)
    assert client.get("/api/orders/").json == []
    assert len(client.get("/api/orders/", account_id=2).json) == 1
    assert published()[0].account_id == 2


def test_the_sku_is_kept_where_it_is_given(client, database, published):
    given = record(1)
    given["items"][0]["sku"] = "KO-600-MX"
    load(database, lines(given, record(2)), account=1)
    assert [event.data["items"][0]["sku"] for event in published()] == ["KO-600-MX", ""]


def without(name):
    made = record(2)
    del made[name]
    return made


def with_item(**changes):
    made = record(2)
    made["items"][0].update(changes)
    return made


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (without("paid_at"), "no 'paid_at'"),
        (record(2, payment_method="BARTER"), "'BARTER' is neither CASH nor CARD"),
        (record(2, payment_method="CREDIT"), "'CREDIT' is neither CASH nor CARD"),
        (record(2, final_amount="200.02"), "final_amount is not subtotal + total_tax"),
        (record(2, subtotal="172.43", final_amount="200.02"), "subtotal is not the sum of the lines"),
        (record(2, subtotal=172.42), "money is a string"),
        (record(2, subtotal="172.425"), "fraction of a cent"),
        (record(2, subtotal="abc"), "order"),
        (record(2, paid_at="2026-03-01T15:33:20"), "no time zone"),
        (record(2, paid_at="2026-02-01T15:33:20Z"), "paid before it was made"),
        (record(2, items=[]), "no items"),
        (record(2) | {"ticket_folio": "XYZ"}, "eight hex digits"),
        (record(2) | {"uid": "7"}, "order '7'"),
        (with_item(quantity=0), "quantity is 0"),
        (with_item(quantity=3), "not unit_price × quantity"),
        (with_item(amount="-172.42"), "less than nothing"),
        ([1], "not a JSON object"),
    ],
)
def test_a_bad_record_is_refused_by_line_and_reason(database, published, bad, why):
    with pytest.raises(RecordRefused, match=r"^line 2: ") as refused:
        load(database, lines(record(1), bad), account=1)
    assert why in str(refused.value)
    assert (stored(database), published()) == (0, [])


def test_a_line_that_is_not_json_is_refused(database):
    with pytest.raises(RecordRefused, match=r"^line 2: "):
        load(database, [*lines(record(1)), b"{"], account=1)


def test_another_orders_folio_is_refused(database, published):
    load(database, lines(record(1)), account=1)
    taken = record(2) | {"ticket_folio": record(1)["ticket_folio"]}
    with pytest.raises(RecordRefused, match="ticket folio 00000001 is another order's already"):
        load(database, lines(record(3), taken), account=1)
    assert (stored(database), len(published())) == (1, 1)


def test_a_thousand_orders_take_three_statements(database):
    many = lines(*(record(number) for number in range(1, 1001)))
    with counted_statements(database) as seen:
        assert load(database, many, account=1) == (1000, 1000)
    # insertmanyvalues sends the orders in several chunks; lines and events are one executemany each
    assert len([statement for statement in seen if not statement.startswith("INSERT INTO orders")]) == 2, seen


def test_the_command(database, settings, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(Service, "__init__", lambda self, name: setattr(self, "name", name))
    service = Service("sales")
    service.settings = settings
    path = tmp_path / "orders.jsonl"
    path.write_bytes(b"".join(lines(record(1), record(2))) + b"\n")
    run = CliRunner().invoke(import_orders_command, [str(path)], obj=service)
    assert (run.exit_code, run.output) == (0, "2 orders imported, 0 known already\n")
    run = CliRunner().invoke(import_orders_command, [str(path)], obj=service)
    assert run.output == "0 orders imported, 2 known already\n"
    path.write_bytes(b"nonsense\n")
    run = CliRunner().invoke(import_orders_command, [str(path)], obj=service)
    assert run.exit_code == 1
    assert "line 1:" in run.output


def test_a_transaction_stores_few_lines_however_large_the_orders_are(database, monkeypatch):
    monkeypatch.setattr("sales.cli.ORDERS", 3)
    monkeypatch.setattr("sales.cli.LINES", 4)
    sizes = []
    store = sales.cli.import_orders

    def counted(session, *, past):
        sizes.append([len(items) for _, items in past])
        return store(session, past=past)

    monkeypatch.setattr("sales.cli.import_orders", counted)
    assert load(database, lines(*(record(number) for number in range(1, 6)), large(6, 3), large(7, 5)), account=1) == (
        7,
        7,
    )
    assert sizes == [[1, 1, 1], [1, 1], [3], [5]]
    assert stored(database) == 7


def large(number, items):
    """An order of so many equal lines."""
    totals = (("subtotal", "amount"), ("total_tax", "tax_amount"), ("money_saved_total", "discount_amount"))
    sums = {total: str(items * Decimal(RECORD["items"][0][part])) for total, part in totals}
    paid = str(Decimal(sums["subtotal"]) + Decimal(sums["total_tax"]))
    return record(number, items=RECORD["items"] * items, final_amount=paid, **sums)
