"""10,000 random changes of points and credit from 8 threads: afterwards, and at every look between, the books balance."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Event

from sqlalchemy import func, select

from chassis.db import ALL_ACCOUNTS
from chassis.messaging.handlers import handle
from chassis.problems import Problem
from chassis.uids import new_uid
from customers.domain.models import CreditTransaction, Customer, PaymentHold, PointsTransaction
from customers.queries import balance_differences
from customers.usecases.credit import pay_credit
from customers.usecases.holds import place_hold, release_holds
from customers.usecases.manual_points import record_points

OPERATIONS, THREADS = 10_000, 8
ACTOR = "00000000-0000-7000-8000-000000000007"


class Till:
    """One thread's work: random changes on a few customers, whom the other threads change too."""

    def __init__(self, number, database, subscriptions, ids, order_paid):
        self.rng = random.Random(number)
        self.database, self.subscriptions, self.ids, self.order_paid = database, subscriptions, ids, order_paid
        self.held: list[tuple[int, str, str]] = []
        self.refused = 0

    def run(self):
        kinds = [self.points] * 4 + [self.pay] * 4 + [self.hold] * 10 + [self.release] * 2 + [self.hear]
        done = 0
        while done < OPERATIONS // THREADS:
            try:
                done += self.rng.choice(kinds)() or 1
            except Problem:
                self.refused += 1
                done += 1

    def points(self):
        kind = self.rng.choice(["EARN", "REDEEM", "ADJUSTMENT"])
        amount = self.rng.randint(1, 200) * (self.rng.choice([1, -1]) if kind == "ADJUSTMENT" else 1)
        self.write(
            record_points, customer_id=self.anyone(), amount=amount, transaction_type=kind, description="",
            actor_uid=ACTOR, daily_cap=None,
        )  # fmt: skip

    def pay(self):
        amount = Decimal(self.rng.randint(1, 20_000)) / 100
        self.write(pay_credit, customer_id=self.anyone(), amount=amount, description="", actor_uid=ACTOR)

    def hold(self):
        uid, customer_id, method = new_uid(), self.anyone(), self.rng.choice(["POINTS", "CREDIT"])
        amount = Decimal(self.rng.randint(1, 40_000)) / 100
        self.write(
            place_hold, order_uid=uid, ticket_folio="F47AC10B", user_uid=ACTOR, customer_id=customer_id,
            payment_method=method, amount=amount,
        )  # fmt: skip
        self.held.append((customer_id, uid, method))

    def release(self):
        if self.held:
            self.write(release_holds, [self.held.pop()[1]])

    def hear(self):
        """What the consumer gets at once: orders paid with what was held, and others; each of them is a change."""
        held, self.held = self.held[:8], self.held[8:]
        events = [self.order_paid(id_, self.rng.randint(0, 3), uid=uid, method=method) for id_, uid, method in held]
        events += [self.order_paid(self.anyone(), self.rng.randint(1, 9)) for _ in range(24)]
        self.rng.shuffle(events)
        handle(self.database, self.subscriptions, events)
        return len(events)

    def anyone(self):
        return self.rng.choice(self.ids)

    def write(self, usecase, *args, **kw):
        with self.database.transaction(1) as session:
            usecase(session, *args, **kw)


def test_ledgers_and_balances_agree_after_ten_thousand_changes(database, subscriptions, register, order_paid):
    ids = [register(credit_limit="1500", points=500) for _ in range(6)]
    made = order_paid(1)  # validated once; the copies are cheap

    def event(customer_id, points, *, uid=None, method="CASH"):
        uid = uid or new_uid()
        data = {
            **made.data, "customer_id": customer_id, "points_earned": points, "order_uid": uid, "payment_method": method,
        }  # fmt: skip
        return type(made)(new_uid(), made.source, made.type, uid, made.time, 1, 2, data)

    tills = [Till(number, database, subscriptions, ids, event) for number in range(THREADS)]
    done, seen = Event(), []

    def watch():
        while not done.wait(0.25):
            with database.read(ALL_ACCOUNTS) as session:
                seen.append(balance_differences(session))

    with ThreadPoolExecutor(THREADS + 1) as pool:
        watcher = pool.submit(watch)
        for working in [pool.submit(till.run) for till in tills]:
            working.result()
        done.set()
        watcher.result()
    with database.read(ALL_ACCOUNTS) as session:
        assert balance_differences(session) == []
        rows = session.execute(select(Customer.current_points, Customer.credit_used, Customer.credit_limit)).all()
        lines = [
            session.scalar(select(func.count()).select_from(table)) for table in (PointsTransaction, CreditTransaction)
        ]
        states = set(session.scalars(select(PaymentHold.state)))
    assert all(points >= 0 and 0 <= used <= limit for points, used, limit in rows)
    assert len(seen) > 5
    assert not any(seen), "balance and ledger differed in the eyes of a reader"
    assert states == {"held", "confirmed", "released"}
    assert min(lines) > 500
    refused = sum(till.refused for till in tills)
    assert refused > 100
