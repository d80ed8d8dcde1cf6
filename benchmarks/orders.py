"""Orders of three lines, created and paid, through the gateway: by each payment method, how many, how fast, at whose cost.

    python benchmarks/orders.py --database sqlite --database postgresql [--method CASH --method CREDIT …] [--seconds 8]

Eight cashiers on a platform of its own. The load runs on the same cores; CPU a pair is the steadier figure.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psycopg
from run import CONNECTIONS, Session, cpu_seconds, make_products

from native.platform import Platform
from native.ports import SERVICES
from native.postgres import Cluster
from native.secrets import Secrets

METHODS = ("CASH", "POINTS", "CREDIT")
UNLIMITED = {f"MOSTRADOR_LIMIT_{name}": "1000000/1000000" for name in ("GENERAL", "PUBLIC", "SESSION", "LOGIN", "PIN")}


def make_customer(session: Session, number: int) -> int:
    """A customer with points and credit for thousands of orders."""
    body = {"first_name": "Maria", "last_name": "González", "phone_number": f"55{number:08}"}
    made: int = session.post("/api/customers/", {**body, "credit_limit": "9999999.00"})["id"]
    points = {"amount": 100_000, "transaction_type": "EARN", "description": "Benchmark"}
    for _ in range(10):
        session.post(f"/api/customers/{made}/points/", points)
    return made


class Counted:
    """What each service's database has done so far: statements and commits. Only of PostgreSQL: SQLite counts neither."""

    def __init__(self, platform: Platform) -> None:
        self.url = ""
        if platform.settings.database != "postgresql":
            return
        password = Secrets(platform.settings.home).get("postgresql.superuser")
        cluster = Cluster(platform.settings.home / "postgresql", platform.settings.ports.postgresql, password=password)
        self.url = cluster.url.replace("postgresql+psycopg", "postgresql")
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET shared_preload_libraries = pg_stat_statements")
        platform.restart("postgresql")
        platform.wait_healthy()
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION pg_stat_statements")

    def now(self) -> dict[str, tuple[int, int]]:
        """By database: statements (BEGIN, COMMIT and the like aside), commits."""
        if not self.url:
            return {}
        with psycopg.connect(self.url, autocommit=True) as connection:
            rows = connection.execute(
                """
                SELECT datname, (SELECT coalesce(sum(calls), 0) FROM pg_stat_statements
                                 WHERE dbid = datid AND query !~* '^(BEGIN|COMMIT|ROLLBACK|SET|SHOW|DEALLOCATE)'), xact_commit
                FROM pg_stat_database WHERE datname = ANY(%s)
                """,
                [list(SERVICES)],
            )
            return {name: (int(statements), commits) for name, statements, commits in rows}


def pay(
    platform: Platform, counted: Counted, method: str, products: list[int], customers: list[int], seconds: float
) -> dict[str, Any]:
    """Create and pay for `seconds` from CONNECTIONS cashiers, each with a customer of its own."""
    taken: dict[str, list[float]] = {"create": [], "pay": []}
    failed: list[int] = []
    cashiers = [Session(platform) for _ in range(CONNECTIONS)]
    before, done = cpu_seconds(platform), counted.now()
    ends = time.monotonic() + seconds

    def sell(cashier: Session, customer: int) -> None:
        chance = random.Random(customer)

        def timed(what: str, path: str, body: Any) -> Any:
            began = time.perf_counter()
            answer = cashier.http.post(cashier.url + path, json=body, timeout=15)
            taken[what].append(1000 * (time.perf_counter() - began))
            if not answer.ok:
                failed.append(answer.status_code)
            return answer.json()

        while time.monotonic() < ends:
            items = [{"product_id": product, "quantity": 1} for product in chance.sample(products, 3)]
            order = timed("create", "/api/orders/", {"customer": customer, "items": items})
            if "id" in order:
                timed("pay", f"/api/orders/{order['id']}/pay/", {"payment_method": method})

    threads = [threading.Thread(target=sell, args=pair) for pair in zip(cashiers, customers, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pairs = len(taken["pay"])
    time.sleep(2)  # the workers' share of the last ones; part of the measurement
    after = cpu_seconds(platform)
    cpu = {name: round(1000 * (after[name] - before[name]) / pairs, 2) for name in before}
    ranked = {what: sorted(each) for what, each in taken.items()}
    return {
        "pairs/s": round(pairs / seconds, 1),
        "failed": len(failed),
        **{
            f"{what} p50, p95, p99 ms": [round(each[int(len(each) * share)], 1) for share in (0.5, 0.95, 0.99)]
            for what, each in ranked.items()
        },
        "statements, commits a pair": {
            name: [round((now - then) / pairs, 1) for now, then in zip(both, done[name], strict=True)]
            for name, both in counted.now().items()
        },
        "CPU ms a pair": {name: ms for name, ms in sorted(cpu.items(), key=lambda item: -item[1]) if ms >= 0.05},
        "CPU ms a pair in all": round(sum(cpu.values()), 1),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--database", action="append", choices=["sqlite", "postgresql"])
    parser.add_argument("--method", action="append", choices=METHODS)
    parser.add_argument("--seconds", type=float, default=8)
    given = parser.parse_args()
    for database in given.database or ["sqlite"]:
        with (
            tempfile.TemporaryDirectory(prefix="mostrador-bench-") as folder,
            Platform(Path(folder) / "home", database=database, env=UNLIMITED) as platform,
        ):
            counted, session = Counted(platform), Session(platform)
            products = make_products(session)
            customers = [make_customer(session, number) for number in range(CONNECTIONS)]
            for method in given.method or METHODS:
                result = pay(platform, counted, method, products, customers, given.seconds)
                print(json.dumps({"database": database, "method": method, **result}), flush=True)


if __name__ == "__main__":
    main()
