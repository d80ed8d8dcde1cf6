"""Catalog under load: product reads, stock takes, batches, imports and exports of 50,000 lines, and what a till feels meanwhile.

    python benchmarks/catalog.py --database sqlite --database postgresql     (wants wrk: apt-get install wrk)

A platform of its own; everything goes through the gateway but the stock take, which is sales' call and goes to catalog itself.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import requests
from run import CONNECTIONS, Session, cpu_seconds, family, figures, make_products, wrk

from chassis.identity import sign_service_token
from native.platform import Platform

LINES = 50_000
MB = 1024


def product_file(price: int, lines: int = LINES) -> bytes:
    """`lines` products of every column but the supplier."""
    header = "sku,name,price,tax_rate,current_stock,low_stock_threshold,is_active\n"
    return (
        header + "".join(f"IMP-{n:06},Producto número {n},{price}.50,0.16,{100 + price},5,true\n" for n in range(lines))
    ).encode()


def reads(platform: Platform, session: Session, products: list[int], seconds: int) -> dict[str, Any]:
    """Product by id, by SKU, list of 50: rate, latency, CPU of catalog's web process a request."""
    found = {}
    header = ["-H", f"Authorization: Bearer {session.token}"]
    for name, path in (
        ("product by id", f"/api/products/{products[0]}/"),
        ("product by SKU", "/api/products/?sku=BENCH-0"),
        ("list of 50", "/api/products/?page=1&page_size=50"),
    ):
        wrk(*header, platform.url + path, seconds=1)
        before = cpu_seconds(platform)["catalog-web"]
        found[name] = figures(wrk(*header, platform.url + path, seconds=seconds))
        used = cpu_seconds(platform)["catalog-web"] - before
        found[name]["CPU ms a request"] = round(1000 * used / (found[name]["req/s"] * seconds), 2)
    return found


def stock_takes(platform: Platform, account_id: int, products: list[int], seconds: int) -> dict[str, Any]:
    """Holds of three lines, as sales places them, from eight connections."""
    env = json.loads((platform.settings.processes / "sales-web.json").read_text())["env"]
    secret = re.search(r"sales>catalog=([^,]+)", env["MOSTRADOR_SERVICE_KEYS"])[1]  # type: ignore[index]
    token = sign_service_token(secret, caller="sales", callee="catalog", account_id=account_id)
    url, until = platform.service_url("catalog") + "/internal/holds/", time.monotonic() + seconds

    def take(index: int) -> list[float]:
        http, took, turn = requests.Session(), [], index
        http.headers["Authorization"] = f"Bearer {token}"
        while time.monotonic() < until:
            turn += 3
            lines = [{"product_id": products[(turn + n) % len(products)], "quantity": 1} for n in range(3)]
            began = time.monotonic()
            http.post(
                url, json={"order_uid": str(uuid.uuid4()), "user_uid": str(uuid.uuid4()), "lines": lines}, timeout=10
            ).raise_for_status()
            took.append(1000 * (time.monotonic() - began))
        return took

    before = cpu_seconds(platform)["catalog-web"]
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        took = sorted(each for taken in pool.map(take, range(CONNECTIONS)) for each in taken)
    used = cpu_seconds(platform)["catalog-web"] - before
    return {
        "a second": round(len(took) / seconds),
        "p50 ms": round(took[len(took) // 2], 1),
        "p99 ms": round(took[int(len(took) * 0.99)], 1),
        "CPU ms": round(1000 * used / len(took), 2),
    }


def batches(session: Session, rounds: int = 5) -> dict[str, Any]:
    """1,000 products upserted by another system, ms (median): new, changed in price and stock, unchanged."""
    took: dict[str, list[float]] = {"new": [], "changed": [], "unchanged": []}
    for turn in range(rounds):
        for name, price in (("new", 10), ("changed", 11), ("unchanged", 11)):
            data = [{"uid": f"b2b-{turn}-{n}", "price": price, "quantity": 10 * price} for n in range(1000)]
            began = time.monotonic()
            session.post("/api/v1/product", {"data": data})
            took[name].append(1000 * (time.monotonic() - began))
    return {name: round(sorted(taken)[len(taken) // 2]) for name, taken in took.items()}


def watched(platform: Platform, session: Session, product: int, work: Callable[[], None]) -> dict[str, Any]:
    """Run `work`; its seconds, the web process' highest memory, and what a till's reads and sales took meanwhile."""
    pids = family(platform.pid("catalog-web"))
    for pid in pids:
        Path(f"/proc/{pid}/clear_refs").write_text("5")  # forget the highest so far
    stop = threading.Event()
    reads: list[float] = []
    sales: list[float] = []
    failed: list[int] = []

    def till() -> None:
        http = requests.Session()
        http.headers.update(session.http.headers)
        while not stop.is_set():
            for took, call in (
                (reads, lambda: http.get(f"{session.url}/api/products/{product}/", timeout=40)),
                (
                    sales,
                    lambda: http.post(
                        f"{session.url}/api/orders/",
                        json={"items": [{"product_id": product, "quantity": 1}]},
                        timeout=40,
                    ),
                ),
            ):
                began = time.monotonic()
                answer = call()
                took.append(1000 * (time.monotonic() - began))
                if not answer.ok:
                    failed.append(answer.status_code)
            stop.wait(0.05)

    watching = threading.Thread(target=till)
    watching.start()
    began = time.monotonic()
    work()
    seconds = time.monotonic() - began
    stop.set()
    watching.join()
    peak = max(int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) for pid in pids)  # type: ignore[index]
    return {
        "seconds": round(seconds, 1),
        "RSS MB at most": round(peak / MB),
        "till: read ms p50, max": f"{sorted(reads)[len(reads) // 2]:.0f}, {max(reads):.0f}",
        "till: sale ms p50, max": f"{sorted(sales)[len(sales) // 2]:.0f}, {max(sales):.0f}",
        "till: refused": f"{len(failed)} of {len(reads) + len(sales)}",
    }


def files(platform: Platform, session: Session, product: int) -> dict[str, Any]:
    """50,000 lines judged, created, changed in every one, unchanged; and the export of them."""

    def import_(file: bytes, dry_run: str) -> Callable[[], None]:
        def post() -> None:
            answer = session.http.post(
                f"{session.url}/api/products/import/?dry_run={dry_run}", data=file,
                headers={"Content-Type": "text/csv"}, timeout=120,
            )  # fmt: skip
            assert answer.ok, (answer.status_code, answer.text[:300])

        return post

    def export() -> None:
        with session.http.get(f"{session.url}/api/products/export/", stream=True, timeout=120) as answer:
            size = sum(len(piece) for piece in answer.iter_content(65536))
        assert size > LINES * 30

    return {
        name: watched(platform, session, product, work)
        for name, work in (
            ("dry run of 50,000 new", import_(product_file(1), "true")),
            ("import of 50,000 new", import_(product_file(1), "false")),
            ("import of 50,000 changed in price and stock", import_(product_file(2), "false")),
            ("import of 50,000 unchanged", import_(product_file(2), "false")),
            ("export of 50,000", export),
        )
    }


def measure(database: str, seconds: int) -> dict[str, Any]:
    """All figures on one kind of database."""
    folder = Path(tempfile.mkdtemp(prefix="mostrador-bench-"))
    try:
        unlimited = {
            f"MOSTRADOR_LIMIT_{name}": "1000000/1000000" for name in ("GENERAL", "PUBLIC", "SESSION", "LOGIN", "PIN")
        }
        with Platform(folder / "home", database=database, env=unlimited) as platform:
            session = Session(platform)
            products = make_products(session, 60)
            account = session.http.get(platform.url + "/api/users/me/", timeout=10).json()["account"]["id"]
            results = {"files": files(platform, session, products[0])} if seconds == 0 else {}
            if seconds:
                results = {
                    **reads(platform, session, products, seconds),
                    "stock take of 3 lines": stock_takes(platform, account, products, seconds),
                    "upsert of 1,000, ms": batches(session),
                    "files": files(platform, session, products[0]),
                }
            return results
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--database", action="append", choices=["sqlite", "postgresql"])
    parser.add_argument("--seconds", type=int, default=6, help="of each load; 0 measures the files only")
    given = parser.parse_args()
    if given.seconds and not shutil.which("wrk"):
        raise SystemExit("wrk is not installed: apt-get install wrk")
    for database in given.database or ["sqlite", "postgresql"]:
        print(json.dumps({database: measure(database, given.seconds)}, indent=2, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
