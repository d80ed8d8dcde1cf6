"""Analytics under load: a million paid orders as events into an empty database, and what each report takes then.

    python benchmarks/analytics.py --orders 100000 [--orders 1000000] [--database sqlite|postgresql] [--folder DIR]

Events go through the service's own handler in batches of the consumer's size, without a broker; reports through its web app,
without the gateway, one after the other. `--folder` keeps the database for another look.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import create_engine, text

from chassis import migrations
from chassis.db import Database
from chassis.messaging.envelope import Event
from chassis.messaging.handlers import handle
from chassis.uids import new_uid
from native.postgres import Cluster

sys.path.remove(str(Path(__file__).resolve().parent))  # this file has the service's name

from analytics.app import create_app
from analytics.config import Config
from analytics.consumers import SUBSCRIPTIONS

ACCOUNT, PRODUCTS, CUSTOMERS, LINES, DAYS = 1, 1_000, 2_000, 3, 730
BATCH = 200
LAST = datetime(2026, 10, 31, 23, 0, tzinfo=UTC)


def event(producer: str, type_: str, version: int, data: dict[str, Any], at: datetime) -> Event:
    """A fact of the account's."""
    return Event(
        id=new_uid(), source=f"/{producer}", type=type_, subject=new_uid(), time=at, account_id=ACCOUNT, version=version,
        data=data,
    )  # fmt: skip


def catalogue() -> Iterator[Event]:
    """The products and the customers."""
    for id_ in range(1, PRODUCTS + 1):
        data = {
            "product_id": id_, "product_uid": new_uid(), "sku": f"SKU-{id_}", "name": f"Producto {id_}", "price": "10.00",
            "tax_rate": "16.00", "final_price": "11.60", "current_stock": id_ % 97, "low_stock_threshold": 10,
            "supplier_id": None, "is_active": True,
        }  # fmt: skip
        yield event("catalog", "ProductCreated", 1, data, LAST)
    for id_ in range(1, CUSTOMERS + 1):
        data = {"customer_id": id_, "customer_uid": new_uid(), "full_name": f"Cliente {id_}", "email": None}
        yield event("customers", "CustomerCreated", 1, data, LAST)


def paid_orders(count: int) -> Iterator[Event]:
    """Orders of three lines over two years of opening hours, oldest first, half of them of known customers."""
    rng = random.Random(count)
    step = timedelta(days=DAYS) / count
    for number in range(count):
        paid_at = LAST - step * (count - number)
        items, total = [], 0
        for product in rng.sample(range(1, PRODUCTS + 1), LINES):
            quantity = rng.randint(1, 5)
            total += 1000 * quantity
            items.append(
                {
                    "product_id": product, "product_name": f"Producto {product}", "quantity": quantity,
                    "amount": f"{10 * quantity}.00",
                }
            )  # fmt: skip
        uid, amount = new_uid(), total * 116 // 100
        data = {
            "order_id": number + 1, "order_uid": uid, "ticket_folio": f"{number:08X}",
            "customer_id": rng.randint(1, CUSTOMERS) if number % 2 else None, "customer_name": "Cliente",
            "payment_method": rng.choice(("CASH", "CARD")), "final_amount": f"{amount // 100}.{amount % 100:02}",
            "paid_at": f"{paid_at:%Y-%m-%dT%H:%M:%S.%fZ}", "items": items,
        }  # fmt: skip
        yield event("sales", "OrderPaid", 2, data, paid_at)


def load(database: Database, events: Iterator[Event]) -> tuple[int, float, float]:
    """Hand over all events; how many, and the seconds and CPU seconds that the handling took."""
    count, seconds, cpu = 0, 0.0, 0.0
    while batch := list(islice(events, BATCH)):
        began, used = time.monotonic(), time.process_time()
        handle(database, SUBSCRIPTIONS, batch)
        seconds, cpu = seconds + time.monotonic() - began, cpu + time.process_time() - used
        count += len(batch)
    return count, seconds, cpu


def caller(config: dict[str, Any], folder: Path) -> Any:
    """`get(path)`: an answer of the web app to an administrator, and the milliseconds it took."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    entry = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    jwks = folder / "jwks.json"
    jwks.write_text(json.dumps({"keys": [{**entry, "kid": "bench", "alg": "RS256", "use": "sig"}]}))
    client = create_app(Config.from_env(**config, jwks_url=jwks.as_uri(), log_level="WARNING")).test_client()
    now = int(time.time())
    claims = {
        "user_id": 1, "email": "a@x.mx", "username": "a", "role": "ADMIN", "sub": new_uid(), "jti": new_uid(),
        "sid": new_uid(), "account_id": ACCOUNT, "client_type": "unknown", "iss": "mostrador", "aud": "mostrador-api",
        "iat": now, "nbf": now, "exp": now + 3600, "type": "access",
    }  # fmt: skip
    token = jwt.encode(claims, key, algorithm="RS256", headers={"kid": "bench"})

    def get(path: str) -> tuple[Any, float]:
        began = time.monotonic()
        answer = client.get(f"/api/analytics/{path}", headers={"Authorization": f"Bearer {token}"})
        return answer, 1000 * (time.monotonic() - began)

    return get


def reports() -> dict[str, str]:
    """Every report, those of a period over 30 and 365 days."""
    found = {}
    for days in (30, 365):
        start, end = (LAST - timedelta(days=days)).date(), (LAST - timedelta(days=1)).date()
        period = f"start_date={start}&end_date={end}"
        found[f"sales summary, {days} days"] = f"sales-summary/?{period}"
        found[f"product ranking, {days} days"] = f"product-ranking/?{period}&criterion=both"
        found[f"customer sales, {days} days"] = f"customer-sales/?customer_id=7&{period}"
        found[f"sales velocity, {days} days"] = f"sales-velocity/?identifier=SKU-7&period_days={days}"
    return found | {
        "low stock": "reports/low-stock/",
        "dead inventory": "reports/dead-inventory/",
        "inventory valuation": "inventory-valuation/",
        "sales summary as a chart": "sales-summary/?format=svg",
    }


def measure(kind: str, orders: int, folder: Path, repeats: int) -> dict[str, Any]:
    """Load, size and reports at one number of orders."""
    with ExitStack() as stack:
        if kind == "postgresql":
            cluster = stack.enter_context(Cluster(folder / "pg"))
            with create_engine(cluster.url, isolation_level="AUTOCOMMIT").connect() as connection:
                connection.execute(text("CREATE DATABASE analytics TEMPLATE template0 ENCODING 'UTF8'"))
            url = cluster.url.rsplit("/", 1)[0] + "/analytics"
        else:
            url = f"sqlite:///{folder}/analytics.db"
        database = Database(url, service="analytics", statement_timeout=None)
        stack.callback(database.dispose)
        migrations.upgrade(database)
        load(database, catalogue())
        count, seconds, cpu = load(database, paid_orders(orders))
        if kind == "postgresql":
            with database.engine.connect() as connection:
                size = connection.execute(text("SELECT pg_database_size('analytics')")).scalar_one()
        else:
            size = (folder / "analytics.db").stat().st_size
        get = caller({"database_url": url}, folder)
        took = {}
        for name, path in reports().items():
            answer, first = get(path)
            assert answer.status_code == 200, (name, answer.get_data())
            times = sorted(get(path)[1] for _ in range(repeats))
            took[name] = (
                f"p50 {times[len(times) // 2]:.1f}, p95 {times[int(len(times) * 0.95)]:.1f}, first {first:.1f} ms"
            )
        return {
            "database": kind,
            "orders": count,
            "events/s": round(count / seconds),
            "events a CPU second of the consumer": round(count / cpu),
            "MB a million orders": round(size / count),
            "peak memory MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            **took,
        }


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, action="append", help="how many; may be given several times")
    parser.add_argument("--database", action="append", choices=["sqlite", "postgresql"])
    parser.add_argument("--repeats", type=int, default=100, help="requests a report")
    parser.add_argument("--folder", type=Path, help="keep the databases here")
    asked = parser.parse_args()
    for kind in asked.database or ["sqlite"]:
        for orders in asked.orders or [100_000]:
            with tempfile.TemporaryDirectory(prefix="mostrador-bench-") as made:
                folder = (asked.folder or Path(made)) / f"{kind}-{orders}"
                folder.mkdir(parents=True)
                print(json.dumps(measure(kind, orders, folder, asked.repeats), indent=2))


if __name__ == "__main__":
    main()
