"""What 10, 100 and 1,000 shops would ask of the platform: measured costs times an assumed shop, and a queue before the cores.

    python benchmarks/scale.py            prints the tables of docs/scaling.md
    python benchmarks/scale.py --write    puts them into it

Nothing is started or loaded. The same program gives the same figures on every machine.
"""

from __future__ import annotations

import argparse
import heapq
import random
from collections.abc import Iterator
from itertools import accumulate
from math import ceil
from pathlib import Path

from scale_inputs import (
    ANSWER_DAYS,
    BUSY,
    COSTS,
    HANDLED,
    INBOX_DAYS,
    LOOSE,
    POSTGRESQL,
    PUBLISHED,
    SERVICES,
    SHOP,
    SQLITE,
    WEB_POOL,
    WORKER_POOL,
    Rows,
)

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "scaling.md"
SHOPS = (10, 100, 1_000)


def web_cpu() -> dict[str, float]:
    """CPU ms of each service's web for an order and what is read around it."""
    found = {service: COSTS.web.get(service, 0.0) for service in SERVICES}
    found["catalog"] += SHOP.looked_up * COSTS.looked_up + SHOP.searched * COSTS.searched
    found["analytics"] += COSTS.report * SHOP.reports_a_day / SHOP.orders_a_day
    found["auth"] += COSTS.refresh * SHOP.tills / (3_600 * SHOP.peak)  # a token lasts an hour
    return found


def requests_per_order() -> float:
    """Through the gateway: create, pay, and the reads around them."""
    return 2 + SHOP.looked_up + SHOP.searched + SHOP.reports_a_day / SHOP.orders_a_day


def cpu_per_order() -> float:
    """CPU ms of all processes for an order with everything around it."""
    reads = (requests_per_order() - 2) * COSTS.gateway
    return sum(web_cpu().values()) + sum(COSTS.worker.values()) + COSTS.servers + reads


def bytes_a_year(rows: Rows, shops: int) -> dict[str, float]:
    """What each service's database holds after a year, what it forgets by itself included."""
    orders = SHOP.orders_a_year
    kept = {
        "sales": orders * (rows.order + SHOP.lines * rows.line),
        "catalog": orders * (rows.hold + SHOP.lines * rows.movement),
        "customers": orders * SHOP.with_customer * (rows.points + 0.95 * 40),  # and a row in purchase_days
        "analytics": orders * (rows.fact + SHOP.lines * rows.fact_line) + rows.rollups,
    }
    kept["sales"] += 2 * rows.answer * ANSWER_DAYS * SHOP.orders_a_day
    for service, events in HANDLED.items():
        kept[service] += events * rows.handled * INBOX_DAYS * SHOP.orders_a_day
    return {service: LOOSE * shops * size for service, size in kept.items()}


def processes(shops: int) -> dict[str, int]:
    """Web processes that keep each below BUSY in the busiest hour."""
    peak = shops * SHOP.peak
    return {service: max(1, ceil(peak * ms / 1_000 / BUSY)) for service, ms in web_cpu().items()}


def waits(shops: int, cores: int, *, orders: int = 1_500) -> float | None:
    """p99 in ms of what a cashier waits for an order or a payment on the strongest day; None when the cores don't suffice.

    The day's hours are shortened until the day has `orders`, so that the rates stay; arrivals are Poisson, the CPU of a piece
    of work varies (gamma, shape 2) about what was measured. Whatever is asked first is done first, by any core that is free.
    What the disk, the network and a process' interpreter lock add is not in it.
    """
    if shops * SHOP.peak * cpu_per_order() / 1_000 >= 0.95 * cores:
        return None
    chance = random.Random(shops * 1_000 + cores)
    free = [0.0] * cores
    seconds = []
    for at, ms, waited_for in sorted(_work(shops, orders, chance)):
        begun = max(at, heapq.heappop(free))
        ended = begun + ms * chance.gammavariate(2.0, 0.5) / 1_000
        heapq.heappush(free, ended)
        if waited_for:
            seconds.append(ended - at)
    return 1_000 * sorted(seconds)[int(0.99 * len(seconds))]


def _work(shops: int, orders: int, chance: random.Random) -> Iterator[tuple[float, float, bool]]:
    """When, how many ms, and whether a cashier waits for it: of all orders of a shortened day."""
    day = [weight / sum(SHOP.hours) for weight in SHOP.hours]
    a_day = shops * SHOP.orders_a_day * SHOP.strongest_day
    hour_seconds = 3_600 * orders / a_day
    scanned = 0.3 * hour_seconds  # before the order; and as long until it is paid
    begins = [number * hour_seconds for number in range(len(day))]
    sale = sum(COSTS.web.values()) + COSTS.servers * COSTS.servers_waited_for
    after = sum(COSTS.worker.values()) + COSTS.servers * (1 - COSTS.servers_waited_for)
    for begin in chance.choices(begins, cum_weights=list(accumulate(day)), k=orders):
        created = begin + hour_seconds * chance.random()
        paid = created + scanned * chance.random()
        yield created, sale * 0.65, True
        yield paid, sale * 0.35, True
        yield created + 0.1, after / 2, False
        yield paid + 0.1, after / 2, False
        for ms, times in ((COSTS.looked_up, SHOP.looked_up), (COSTS.searched, SHOP.searched)):
            for _ in range(int(times) + (chance.random() < times % 1)):
                yield max(0.0, created - scanned * chance.random()), ms + COSTS.gateway, False
        if chance.random() < SHOP.reports_a_day / SHOP.orders_a_day:
            yield paid, COSTS.report, False


def load_table() -> list[list[str]]:
    """What is asked, by the number of shops."""
    table = [["", *(f"{shops:,} shops" for shops in SHOPS)]]

    def row(what: str, values: Iterator[str]) -> None:
        table.append([what, *values])

    peaks = {shops: shops * SHOP.peak for shops in SHOPS}
    row("orders a day", (f"{shops * SHOP.orders_a_day:,}" for shops in SHOPS))
    row("orders/s, busiest hour of the strongest day", (f"{peak:.2f}" for peak in peaks.values()))
    row("requests/s through the gateway then", (f"{peak * requests_per_order():.1f}" for peak in peaks.values()))
    row("events/s published, handled", (
        f"{peak * sum(PUBLISHED.values()):.1f}, {peak * sum(HANDLED.values()):.1f}" for peak in peaks.values()
    ))  # fmt: skip
    for service, commits in COSTS.commits.items():
        row(f"commits/s, {service}", (f"{peak * commits:.1f}" for peak in peaks.values()))
    row("CPU cores in use then", (f"{peak * cpu_per_order() / 1_000:.2f}" for peak in peaks.values()))
    for service in ("catalog", "sales"):
        row(f"… of it the web of {service}", (f"{peak * web_cpu()[service] / 1_000:.3f}" for peak in peaks.values()))
    counted = {shops: sum(processes(shops).values()) for shops in SHOPS}
    row("web processes", (f"{count}" for count in counted.values()))
    row(
        "connections to PostgreSQL, at most",
        (f"{count * WEB_POOL + len(SERVICES) * WORKER_POOL}" for count in counted.values()),
    )
    row("memory of all Python processes and the broker", (
        f"{((count + len(SERVICES)) * COSTS.process_mb + COSTS.broker_mb) / 1_000:.1f} GB" for count in counted.values()
    ))  # fmt: skip
    return table


def size_table() -> list[list[str]]:
    """What the databases hold after a year."""
    table = [["GB after a year: SQLite, PostgreSQL", *(f"{shops:,} shops" for shops in SHOPS)]]
    sizes = {shops: (bytes_a_year(SQLITE, shops), bytes_a_year(POSTGRESQL, shops)) for shops in SHOPS}
    for service in ("catalog", "sales", "customers", "analytics"):
        table.append([service, *(", ".join(f"{each[service] / 1e9:,.1f}" for each in sizes[shops]) for shops in SHOPS)])
    table.append(
        ["in all", *(", ".join(f"{sum(each.values()) / 1e9:,.1f}" for each in sizes[shops]) for shops in SHOPS)]
    )
    return table


def wait_table() -> list[list[str]]:
    """The queue before the cores."""
    cores = (1, 2, 4, 8)
    table = [["p99 of a cashier's request, ms", *(f"{count} core{'s' * (count > 1)}" for count in cores)]]
    for shops in (100, 1_000, 2_500, 5_000):
        found = (waits(shops, count) for count in cores)
        table.append([f"{shops:,} shops", *("too few" if each is None else f"{each:.0f}" for each in found)])
    return table


def limit_table() -> list[list[str]]:
    """How many shops until each part is full, with all else unlimited."""
    web, year = web_cpu(), sum(bytes_a_year(POSTGRESQL, 1).values())
    parts = [
        ("1 TB of disk, a year (PostgreSQL)", 1e12 / year),
        ("2 cores for everything", 2_000 / cpu_per_order() / SHOP.peak),
        ("web of catalog, one process", 1_000 / web["catalog"] / SHOP.peak),
        ("web of sales, one process", 1_000 / web["sales"] / SHOP.peak),
        ("consumer of analytics, one process", COSTS.events_per_second / HANDLED["analytics"] / SHOP.peak),
        ("worker of customers, one process", 1_000 / COSTS.worker["customers"] / SHOP.peak),
        ("gateway, one nginx worker", COSTS.gateway_per_second / requests_per_order() / SHOP.peak),
    ]
    rows = [[part, f"{_rounded(shops):,}"] for part, shops in sorted(parts, key=lambda each: each[1])]
    return [["full at 100 %", "shops"], *rows]


def _rounded(number: float) -> int:
    """To two digits: the constants are no better."""
    return int(float(f"{number:.2g}"))


TABLES = {"load": load_table, "sizes": size_table, "waits": wait_table, "limits": limit_table}


def markdown(table: list[list[str]]) -> str:
    """A table as the document has it."""
    head, *rows = table
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def written(document: str) -> str:
    """The document with all tables as they come out now."""
    for name, made in TABLES.items():
        before, mark, rest = document.partition(f"<!-- scale.py: {name} -->\n")
        if not mark:
            raise SystemExit(f"{DOCUMENT.name} has no place for the table {name}.")
        after = rest[rest.index("\n<!-- end -->") :]
        document = before + mark + markdown(made()) + after
    return document


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="put the tables into docs/scaling.md")
    if parser.parse_args().write:
        DOCUMENT.write_text(written(DOCUMENT.read_text()))
        return
    print("\n\n".join(markdown(made()) for made in TABLES.values()))


if __name__ == "__main__":
    main()
