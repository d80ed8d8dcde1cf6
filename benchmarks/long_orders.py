"""Lists of orders of 500 lines each: how long a page takes, and how much memory sales' web takes for it.

    python benchmarks/long_orders.py [--database sqlite] [--database postgresql] [--orders 1000] [--lines 500]

The orders are imported into a platform of its own. `beside` is a till that reads a small order while the page is made.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from run import Session, family

from native.platform import Platform


def records(orders: int, lines: int) -> Iterator[dict[str, Any]]:
    """Orders of the past, for `import-orders`."""
    item = {
        "product_name": "Coca Cola 600ml", "quantity": 2, "unit_price": "18.50", "tax_rate": "0.16",
        "tax_amount": "5.92", "discount_amount": "0.00", "amount": "37.00", "sku": "7501055300075",
    }  # fmt: skip
    for number in range(orders):
        here = 1 if number == 0 else lines
        items = [{**item, "product_id": each + 1, "product_uid": f"prod-{each}"} for each in range(here)]
        subtotal, tax = 37 * here, round(5.92 * here, 2)
        yield {
            "uid": f"00000000-0000-7000-8000-{number:012d}", "ticket_folio": f"{number:08X}", "customer_id": None,
            "customer_name": "", "cashier": "Ana", "created_at": "2024-01-02T10:00:00Z", "paid_at": "2024-01-02T10:01:00Z",
            "payment_method": "CASH", "items": items, "subtotal": f"{subtotal}.00", "total_tax": f"{tax:.2f}",
            "final_amount": f"{subtotal + tax:.2f}", "money_saved_total": "0.00",
        }  # fmt: skip


def memory_mb(pids: list[int], field: str) -> float:
    """VmRSS or VmHWM of the largest process, MB."""
    lines = [line for pid in pids for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
    return max(int(line.split()[1]) for line in lines if line.startswith(f"{field}:")) / 1000


def page(platform: Platform, session: Session, path: str) -> dict[str, Any]:
    """One page, its time and memory, and how a till fares beside it."""
    pids = family(platform.pid("sales-web"))
    for pid in pids:
        Path(f"/proc/{pid}/clear_refs").write_text("5")  # resets the peak
    before, over, waits = memory_mb(pids, "VmRSS"), threading.Event(), []
    till = Session(platform)

    def read_beside() -> None:
        while not over.is_set():
            began = time.perf_counter()
            till.http.get(f"{till.url}/api/orders/1/", timeout=15).raise_for_status()
            waits.append(time.perf_counter() - began)

    reading = threading.Thread(target=read_beside)
    reading.start()
    began = time.perf_counter()
    answer = session.http.get(session.url + path, timeout=60, stream=True)
    parts = answer.iter_content(65536)
    size = len(next(parts))
    until_first = time.perf_counter() - began
    size += sum(map(len, parts))
    seconds = time.perf_counter() - began
    over.set()
    reading.join()
    return {
        "page": path,
        "MB of JSON": round(size / 1e6, 1),
        "first byte, last byte s": [round(until_first, 2), round(seconds, 2)],
        "MB of memory: before, at most": [round(before), round(memory_mb(pids, "VmHWM"))],
        "beside, at most ms": round(1000 * max(waits)),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--database", action="append", choices=["sqlite", "postgresql"])
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--lines", type=int, default=500)
    given = parser.parse_args()
    for database in given.database or ["sqlite"]:
        with (
            tempfile.TemporaryDirectory(prefix="mostrador-bench-") as folder,
            Platform(Path(folder) / "home", database=database) as platform,
        ):
            file = Path(folder) / "orders.jsonl"
            file.write_text("".join(json.dumps(each) + "\n" for each in records(given.orders, given.lines)))
            platform.run("sales", "import-orders", str(file))
            session = Session(platform)
            for path in ("/api/orders/?page=1&page_size=200&ordering=-id", "/api/orders/"):
                print(json.dumps({"database": database, **page(platform, session, path)}), flush=True)


if __name__ == "__main__":
    main()
