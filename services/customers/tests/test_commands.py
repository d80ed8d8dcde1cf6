"""The commands: books that are compared with their ledgers, and a state that is told again."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from sqlalchemy import update

from chassis.db import ALL_ACCOUNTS
from customers.cli import COMMANDS, reconcile, republish
from customers.domain.models import Customer


@pytest.fixture
def run(database):
    def command(which):
        return CliRunner().invoke(which, obj=SimpleNamespace(database=lambda: database))

    return command


def test_books_that_balance(run, register, hold):
    hold(register(points=50, credit_limit="100"), "CREDIT", "70")
    hold(register(points=50, account_id=2), "POINTS", "10", account_id=2)
    done = run(reconcile)
    assert (done.exit_code, done.output) == (0, "every customer's points and debt equal their ledgers\n")


def test_differences_are_named(run, register, hold, database):
    register(points=9)
    points, debt = register(points=50), register(credit_limit="100")
    hold(debt, "CREDIT", "70")
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(Customer).where(Customer.id == points).values(current_points=49))
        session.execute(update(Customer).where(Customer.id == debt).values(credit_used=71))
    done = run(reconcile)
    assert done.exit_code == 1
    assert done.output.splitlines() == [
        f"customer {points}: points 49, ledger 50; credit used 0.00, ledger 0.00",
        f"customer {debt}: points 0, ledger 0; credit used 71.00, ledger 70.00",
    ]


def test_everybodys_present_state_is_told_again(run, client, register, published):
    living, deleted, erased = register("1"), register("2"), register("3")
    others = [register(str(number), account_id=2) for number in range(3)]
    client.patch(f"/api/customers/{living}/", {"first_name": "Ana"})
    client.delete(f"/api/customers/{deleted}/")
    client.post(f"/api/customers/{erased}/erase/")
    pin = {"uid": "c1", "name": "Abarrotes", "phone": "+525512345678", "pin_code": "1234"}
    assert client.post("/api/v1/client", {"data": [pin]}).status == 200
    before = published()
    done = run(republish)
    assert (done.exit_code, done.output) == (0, "6 customers\n1 clients\n")
    again = published()[len(before) :]
    told = {event.data["customer_id"]: event for event in again if "customer_id" in event.data}
    assert {id_: (told[id_].type, told[id_].version) for id_ in (living, deleted, erased)} == {
        living: ("CustomerUpdated", 2), deleted: ("CustomerDeleted", 2), erased: ("CustomerErased", 2),
    }  # fmt: skip
    assert told[living].data["first_name"] == "Ana"
    assert {told[id_].account_id for id_ in others} == {2}
    assert [event.data for event in again if event.type == "ClientChanged"] == [before[-1].data]
    assert not {event.id for event in before} & {event.id for event in again}


def test_the_commands_are_named():
    assert {command.name for command in COMMANDS} >= {"reconcile", "republish"}
