"""Load on a platform of its own: product read, order + pay, time until a sale is in the report, and what it costs to idle.

    python benchmarks/run.py --database sqlite --database postgresql     (wants wrk: apt-get install wrk)

Everything goes through the gateway. The load generator runs on the same cores; figures are for comparing, with their ratio.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import requests

from native.platform import Platform

HERE = Path(__file__).resolve().parent
CONNECTIONS = 8


class Session:
    """An administrator's calls."""

    def __init__(self, platform: Platform) -> None:
        self.url = platform.url
        self.http = requests.Session()
        login = {"username": platform.admin.username, "password": platform.admin.password}
        self.token = self.post("/api/auth/login/", login)["access"]
        self.http.headers["Authorization"] = f"Bearer {self.token}"

    def post(self, path: str, body: Any) -> Any:
        """A POST that must succeed."""
        answer = self.http.post(self.url + path, json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def tickets(self) -> int:
        """Tickets in the sales summary."""
        answer = self.http.get(self.url + "/api/analytics/sales-summary/", timeout=10)
        return 0 if answer.status_code == 400 else int(answer.json()["general_summary"]["total_tickets"])


def wrk(*arguments: str, seconds: int, connections: int = CONNECTIONS, threads: int = 2) -> str:
    """Run wrk; its output."""
    command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--latency", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def figures(output: str) -> dict[str, Any]:
    """Rate and latencies of a wrk run."""
    found: dict[str, Any] = {"req/s": float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1])}  # type: ignore[index]
    for percent in ("50%", "99%"):
        found[f"p{percent[:-1]}"] = re.search(rf"^\s+{percent}\s+(\S+)$", output, re.M)[1]  # type: ignore[index]
    errors = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    found["errors"] = int(errors[1]) if errors else 0
    return found


def cpu_seconds(platform: Platform) -> dict[str, float]:
    """CPU time used so far by each process and what it forked."""
    ticks = os.sysconf("SC_CLK_TCK")
    used: dict[str, float] = {}
    for name, state in platform.states().items():
        total = 0.0
        for pid in family(state.pid):
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += (int(fields[11]) + int(fields[12])) / ticks
        used[name] = total
    return used


def family(pid: int) -> list[int]:
    """A process and all below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(below for child in children for below in family(int(child)))]


def pss_mb(pid: int) -> float:
    """Proportional memory of a process, MB."""
    return int(re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)[1]) / 1000  # type: ignore[index]


def idle(platform: Platform, seconds: float = 10) -> dict[str, Any]:
    """Memory of the Python processes and the CPU share of each process with nothing to do."""
    before = cpu_seconds(platform)
    time.sleep(seconds)  # the measurement itself
    after = cpu_seconds(platform)
    shares = {name: round(100 * (after[name] - before[name]) / seconds, 2) for name in before}
    python = sum(
        pss_mb(pid)
        for state in platform.states().values()
        for pid in family(state.pid)
        if "python" in Path(f"/proc/{pid}/exe").resolve().name
    )
    return {"python PSS MB": round(python), "CPU %": dict(sorted(shares.items(), key=lambda item: -item[1]))}


def make_products(session: Session, count: int = 40) -> list[int]:
    """Products with plenty of stock."""
    return [
        session.post(
            "/api/products/",
            {"name": f"Product {n}", "sku": f"BENCH-{n}", "price": "18.50", "tax_rate": "0.16", "current_stock": 10**6},
        )["id"]
        for n in range(count)
    ]


def order_and_pay(platform: Platform, session: Session, products: list[int], seconds: int) -> dict[str, Any]:
    """Orders of three lines, each paid in cash, from eight cashiers; CPU a pair by process."""
    before, tickets = cpu_seconds(platform), session.tickets()
    script = ["-s", str(HERE / "order_pay.lua"), platform.url, "--", session.token, *map(str, products)]
    output = wrk(*script, seconds=seconds, threads=CONNECTIONS)
    counts = re.search(r"pairs=(\d+) failures=(\d+) seconds=([\d.]+)", output)
    assert counts, output
    paid, failures, elapsed = int(counts[1]), int(counts[2]), float(counts[3])
    ended = time.monotonic()
    while session.tickets() < tickets + paid and time.monotonic() < ended + 120:
        time.sleep(0.05)
    after = cpu_seconds(platform)
    cpu = {name: round(1000 * (after[name] - before[name]) / max(1, paid), 2) for name in before}
    return {
        "pairs/s": round(paid / elapsed, 1),
        "failures": failures,
        "p50 a request": figures(output)["p50"],
        "p99 a request": figures(output)["p99"],
        "all in the report after (s)": round(time.monotonic() - ended, 2),
        "CPU ms a pair": {name: ms for name, ms in sorted(cpu.items(), key=lambda item: -item[1]) if ms >= 0.01},
        "CPU ms a pair in all": round(sum(cpu.values()), 2),
    }


def lag(session: Session, products: list[int], rate: int = 50, seconds: int = 15) -> dict[str, Any]:
    """From the answer of pay to the sale being in the report, at `rate` orders a second."""
    base, seen, paid = session.tickets(), [], []
    stop = threading.Event()

    def watch() -> None:
        watcher = requests.Session()
        watcher.headers.update(session.http.headers)
        count = base
        while not stop.is_set():
            answer = watcher.get(session.url + "/api/analytics/sales-summary/", timeout=10)
            now = time.monotonic()
            tickets = 0 if answer.status_code == 400 else answer.json()["general_summary"]["total_tickets"]
            seen.extend([now] * (tickets - count))
            count = tickets
            stop.wait(0.004)

    watching = threading.Thread(target=watch)
    watching.start()
    began = time.monotonic()
    for number in range(rate * seconds):
        order = session.post("/api/orders/", {"items": [{"product_id": products[number % 40], "quantity": 1}]})
        session.post(f"/api/orders/{order['id']}/pay/", {"payment_method": "CASH"})
        paid.append(time.monotonic())
        stop.wait(max(0.0, began + (number + 1) / rate - time.monotonic()))
    ended = time.monotonic()
    while len(seen) < len(paid) and time.monotonic() < ended + 30:
        time.sleep(0.05)
    stop.set()
    watching.join()
    lags = sorted(1000 * (shown - at) for shown, at in zip(seen, paid, strict=False))
    return {
        "orders/s": round(len(paid) / (ended - began), 1),
        "p50 ms": round(lags[len(lags) // 2]),
        "p99 ms": round(lags[int(len(lags) * 0.99)]),
        "max ms": round(lags[-1]),
        "missing": len(paid) - len(lags),
    }


def measure(database: str, seconds: int) -> dict[str, Any]:
    """All figures on one kind of database."""
    folder = Path(tempfile.mkdtemp(prefix="mostrador-bench-"))
    try:
        # One address sends all the load: the limits for one client would be measured otherwise.
        unlimited = {
            f"MOSTRADOR_LIMIT_{name}": "1000000/1000000" for name in ("GENERAL", "PUBLIC", "SESSION", "LOGIN", "PIN")
        }
        platform = Platform(folder / "home", database=database, env=unlimited)
        platform.start()
        platform.stop()
        began = time.monotonic()
        with platform:
            results: dict[str, Any] = {"second start (s)": round(time.monotonic() - began, 1)}
            results["idle"] = idle(platform)
            session = Session(platform)
            products = make_products(session)
            header = ["-H", f"Authorization: Bearer {session.token}"]
            one = f"{platform.url}/api/products/{products[0]}/"
            wrk(*header, one, seconds=2)
            before = cpu_seconds(platform)
            output = wrk(*header, one, seconds=seconds)
            after = cpu_seconds(platform)
            read = figures(output)
            answered = read["req/s"] * seconds
            read["CPU ms a request"] = {
                name: round(1000 * (after[name] - before[name]) / answered, 3) for name in ("catalog-web", "gateway")
            }
            results["product by id"] = read
            results["product list of 50"] = figures(
                wrk(*header, f"{platform.url}/api/products/?page=1&page_size=50", seconds=seconds)
            )
            results["order + pay"] = order_and_pay(platform, session, products, seconds)
            results["paid to visible"] = lag(session, products)
            return results
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--database", action="append", choices=["sqlite", "postgresql"])
    parser.add_argument("--seconds", type=int, default=10)
    given = parser.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("wrk is not installed: apt-get install wrk")
    for database in given.database or ["sqlite", "postgresql"]:
        print(json.dumps({database: measure(database, given.seconds)}, indent=2), flush=True)


if __name__ == "__main__":
    main()
