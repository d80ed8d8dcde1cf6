"""Failovers of PostgreSQL, tried for real while orders and events flow.

All services reach their databases through a forwarder. The server is made read-only, restarted, and replaced by a standby
that is promoted; the old one stays up, read-only, with the connections that were open. Tills insist on each request under its
Idempotency-Key. Afterwards orders, stock, points, credit and reports agree exactly with the answers that the tills got.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from forwarder import Forwarder
from sqlalchemy.engine import make_url

from cashier import SERVICES, Api, dead_letters, drained, eventually, new_customer, new_product
from native.platform import Platform
from native.ports import LOOPBACK
from native.postgres import Cluster, programs
from native.secrets import Secrets

TILLS = 4
WORKS_AGAIN_WITHIN = 5.0
STOCK, POINTS = 10_000, 100_000
METHODS = ("CASH", "CREDIT", "POINTS", "CARD")
PROCESSES = [f"{service}-{kind}" for service in SERVICES for kind in ("web", "worker")]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform of its own on PostgreSQL."""
    home = tmp_path_factory.mktemp("failover") / "home"
    with Platform(home, database="postgresql", env={"MOSTRADOR_RETRY_DELAY": "1"}) as running:
        yield running


@pytest.fixture(scope="module")
def primary(platform: Platform) -> Cluster:
    """The platform's cluster, for SQL."""
    password = Secrets(platform.settings.home).get("postgresql.superuser")
    return Cluster(platform.settings.home / "postgresql", platform.settings.ports.postgresql, password=password)


@pytest.fixture(scope="module")
def forwarder(platform: Platform, primary: Cluster) -> Iterator[Forwarder]:
    """The forwarder through which all services reach their databases from now on."""
    with Forwarder(primary.port) as between, ThreadPoolExecutor(len(PROCESSES)) as pool:

        def move(name: str) -> None:
            service = name.partition("-")[0]
            password = Secrets(platform.settings.home).get(f"postgresql.{service}")
            url = make_url(primary.url_of(service, service, password)).set(port=between.port)
            platform.restart(name, {"MOSTRADOR_DATABASE_URL": url.render_as_string(hide_password=False)})

        list(pool.map(move, PROCESSES))
        platform.wait_healthy()
        yield between


@pytest.fixture
def standby(primary: Cluster, tmp_path: Path) -> Iterator[Cluster]:
    """A copy of the primary that follows it."""
    copy = Cluster(tmp_path / "standby", password=primary.password)
    copy.folder.mkdir(mode=0o700)
    command = [str(programs() / "pg_basebackup"), "-h", LOOPBACK, "-p", str(primary.port), "-U", "postgres"]
    command += ["-D", str(copy.folder / "data"), "-R", "-X", "stream", "-c", "fast", "--no-sync"]
    subprocess.run(command, env={"PGPASSWORD": primary.password, "PATH": "/usr/bin:/bin"}, check=True)
    if os.getuid() == 0:
        owner = pwd.getpwnam("postgres")
        for path in (copy.folder, *copy.folder.rglob("*")):
            os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)
    with copy:
        yield copy
    shutil.rmtree(copy.folder)


@dataclass
class Shop:
    """Tills that sell until the shop closes, and the answers that they got."""

    platform: Platform
    owner: Api
    product: dict[str, Any] = field(init=False)
    customer: dict[str, Any] = field(init=False)
    answers: list[tuple[float, int]] = field(default_factory=list)
    sold: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {method: [] for method in METHODS})
    closing: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.product = new_product(self.owner, "100.00", tax_rate="0", current_stock=STOCK)
        self.customer = new_customer(self.owner, points=POINTS, limit="1000000.00")

    def work(self, number: int) -> None:
        """One till: an order and its payment, again and again."""
        admin = self.platform.admin
        till = Api(self.owner.url, admin.username, admin.password)
        items = [{"product_id": self.product["id"], "quantity": 1}]
        turn = number
        while not self.closing.is_set():
            method = METHODS[turn % len(METHODS)]
            turn += 1
            order = self._insist(till, "/api/orders/", {"customer": self.customer["id"], "items": items})
            self._insist(till, f"/api/orders/{order['id']}/pay/", {"payment_method": method})
            self.sold[method].append(order)

    def _insist(self, till: Api, path: str, body: Any) -> Any:
        """The answer to a request that is repeated until there is one; the others must be honest 503s."""
        key, deadline = {"Idempotency-Key": uuid.uuid4().hex}, time.monotonic() + 60
        while True:
            answer = till.ask("POST", path, body, **key)
            self.answers.append((time.monotonic(), answer.status_code))
            if answer.ok:
                return answer.json()
            assert answer.status_code in (409, 503), (answer.status_code, answer.text)
            assert answer.status_code == 409 or int(answer.headers["Retry-After"]) >= 1
            assert time.monotonic() < deadline, f"{path}: no answer within a minute"
            time.sleep(0.1)

    def count(self, status: int, since: float) -> int:
        """How many answers had the status since then (2: any success)."""
        return sum(at > since and status in (each, each // 100) for at, each in list(self.answers))

    def sells(self, tills: list[Future[None]]) -> None:
        """Wait until the tills sell."""
        self._until(lambda: self.count(2, 0) >= 10 * TILLS, tills, "nobody sells")

    def outage(self, what: str, tills: list[Future[None]], end: Callable[[], float]) -> None:
        """See that the tills are refused, end the outage, and see them sell again in time. `end` returns when writes work."""
        began = time.monotonic()
        self._until(lambda: self.count(503, began) >= 2 * TILLS, tills, f"{what}: nobody was refused")
        writable = end()
        self._until(lambda: self.count(2, writable) >= 10 * TILLS, tills, f"{what}: nobody sells")
        first = min(at for at, status in self.answers if at > writable and status < 300)
        refused = [at for at, status in self.answers if at > began and status == 503]
        print(
            f"{what}: {len(refused)} times 503 within {refused[-1] - refused[0]:.1f} s; after the server took writes the "
            f"first success came after {first - writable:.2f} s, the last 503 after {refused[-1] - writable:.2f} s"
        )
        assert first - writable < WORKS_AGAIN_WITHIN
        assert refused[-1] - writable < WORKS_AGAIN_WITHIN

    def _until(self, look: Callable[[], bool], tills: list[Future[None]], otherwise: str) -> None:
        def seen() -> bool:
            for till in tills:
                if till.done():
                    till.result()
            return look()

        eventually(seen, otherwise, 30)

    def complaints(self) -> list[str]:
        """Each figure that disagrees with the answers that the tills got."""
        sold = sum(len(orders) for orders in self.sold.values())
        totals = {method: [Decimal(order["final_amount"]) for order in orders] for method, orders in self.sold.items()}
        everything = [total for paid in totals.values() for total in paid]
        earned = sum(int((total / 100).quantize(Decimal(1), ROUND_HALF_UP)) for total in everything)
        spent = sum(int(total.to_integral_value(ROUND_CEILING)) for total in totals["POINTS"])
        customer = self.owner.get(f"/api/customers/{self.customer['id']}/")
        report = self.owner.ask("GET", "/api/analytics/sales-summary/").json().get("general_summary", {})
        figures = {
            "paid orders": (self._orders("status=PAID"), sold),
            "orders": (self._orders(""), sold),
            "stock": (self.owner.get(f"/api/products/{self.product['id']}/")["current_stock"], STOCK - sold),
            "credit": (Decimal(customer["credit_used"]), sum(totals["CREDIT"])),
            "points": (customer["current_points"], POINTS + earned - spent),
            "tickets": (report.get("total_tickets"), sold),
            "revenue": (Decimal(str(report.get("total_revenue", 0))), sum(everything)),
        }
        return [f"{what}: {seen}, not {told}" for what, (seen, told) in figures.items() if seen != told]

    def _orders(self, query: str) -> int:
        return int(self.owner.ask("GET", f"/api/orders/?page_size=1&{query}").headers["X-Total-Count"])


def dead_counted(platform: Platform) -> float:
    """How many messages the workers have put into the dead letters since they started."""
    figures = [requests.get(f"http://{LOOPBACK}:{platform.settings.ports.worker(each)}/metrics") for each in SERVICES]
    lines = [line for figure in figures for line in figure.text.splitlines()]
    return sum(float(line.split()[-1]) for line in lines if line.startswith("mostrador_events_dead_total "))


def test_sales_go_on_through_failovers_of_postgresql(
    platform: Platform, primary: Cluster, forwarder: Forwarder, standby: Cluster
) -> None:
    shop = Shop(platform, Api(platform.url, platform.admin.username, platform.admin.password))
    pids = {name: platform.pid(name) for name in PROCESSES}

    def make_read_only(value: str) -> None:
        primary.sql(f"ALTER SYSTEM SET default_transaction_read_only = {value}")
        primary.sql("SELECT pg_reload_conf()")

    def make_writable() -> float:
        make_read_only("off")
        return time.monotonic()

    def restarted() -> float:
        platform.start_process("postgresql")
        eventually(primary.answers, "PostgreSQL answers again")
        return time.monotonic()

    def replaced() -> float:
        # No transaction of the old primary may be lost: the standby has them all once it has replayed this far.
        end = primary.sql("SELECT pg_current_wal_lsn()")
        replayed = f"SELECT pg_last_wal_replay_lsn() >= '{end}'"
        eventually(lambda: standby.sql(replayed) == "t", "the standby has everything")
        # It inherits the primary's settings, which are in a file of the data folder.
        standby.sql("SELECT pg_promote()")
        forwarder.target = standby.port
        return time.monotonic()

    with ThreadPoolExecutor(TILLS) as pool:
        tills = [pool.submit(shop.work, number) for number in range(TILLS)]
        try:
            shop.sells(tills)
            make_read_only("on")
            shop.outage("made read-only", tills, make_writable)
            platform.stop_process("postgresql")
            shop.outage("restarted", tills, restarted)
            make_read_only("on")
            shop.outage("replaced by a standby", tills, replaced)
        finally:
            shop.closing.set()
    for till in tills:
        till.result()
    try:
        drained(platform)
        eventually(lambda: not shop.complaints(), "all figures agree with the tills")
    except AssertionError as late:
        raise AssertionError(shop.complaints()) from late
    assert set(dead_letters(platform).values()) == {0}
    assert dead_counted(platform) == 0
    assert {name: platform.pid(name) for name in PROCESSES} == pids, "nothing was restarted"
    assert all(len(orders) > 5 for orders in shop.sold.values()), shop.sold
