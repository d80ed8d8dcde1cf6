"""What scale.py reckons with: a shop as we assume it, what was measured of the platform (README.md here), sizes of rows."""

from __future__ import annotations

from dataclasses import dataclass, field

SERVICES = ("auth", "catalog", "sales", "customers", "analytics")


@dataclass(frozen=True)
class Shop:
    """A shop as we imagine it. The hours are the demo shop's on a weekday."""

    orders_a_day: int = 300
    lines: int = 3
    tills: int = 3
    with_customer: float = 0.43
    """Share of orders with a customer (the demo's year)."""
    looked_up: float = 3.0
    """Products read by code for an order, a scan each."""
    searched: float = 0.5
    """Lists of 50 products read for an order."""
    reports_a_day: int = 20
    days_a_year: int = 360
    strongest_day: float = 1.5
    """Orders of the strongest day (payday, before Christmas) against an ordinary one."""
    hours: tuple[float, ...] = (
        0.55, 0.90, 0.75, 0.65, 0.65, 0.75, 0.95, 1.20, 1.00, 0.70, 0.80, 1.15, 1.40, 1.25, 0.80, 0.35,
    )  # fmt: skip
    """Weights of the open hours, 7 to 22."""

    @property
    def busiest_hour(self) -> float:
        return max(self.hours) / sum(self.hours)

    @property
    def peak(self) -> float:
        """Orders a second in the busiest hour of the strongest day."""
        return self.orders_a_day * self.strongest_day * self.busiest_hour / 3_600

    @property
    def orders_a_year(self) -> float:
        return self.orders_a_day * self.days_a_year


@dataclass(frozen=True)
class Costs:
    """Measured: benchmarks/README.md, PostgreSQL where both databases were; CPU in ms, sizes in bytes."""

    # An order of three lines, created and paid in cash. Web: while the cashier waits; worker: afterwards. How a service's
    # figure divides into the two is from a short run on a busy machine, of which only the shares are used.
    web: dict[str, float] = field(default_factory=lambda: {"catalog": 6.0, "sales": 8.1})
    worker: dict[str, float] = field(
        default_factory=lambda: {"catalog": 2.6, "sales": 1.2, "customers": 3.2, "analytics": 6.7}
    )
    servers: float = 9.8
    """PostgreSQL, RabbitMQ and gateway together, for the same order."""
    servers_waited_for: float = 0.6
    """The share of it that the cashier waits for (assumed: the rest is the workers' statements and the broker)."""
    looked_up: float = 1.70
    searched: float = 7.45
    report: float = 30.0
    gateway: float = 0.18
    refresh: float = 5.1
    commits: dict[str, float] = field(
        default_factory=lambda: {"catalog": 3.3, "sales": 4.7, "customers": 1.7, "analytics": 0.8}
    )
    events_per_second: int = 2_800
    """Handled by analytics' consumer in a second of CPU."""
    gateway_per_second: int = 12_600
    """Protected requests that one gateway worker passes."""
    process_mb: float = 68.0
    """A Python process, its share of what is shared included (681 MB, ten processes, idle)."""
    broker_mb: float = 168.0


@dataclass(frozen=True)
class Rows:
    """Measured: bytes of a row with its indexes, freshly packed, in the demo's year and in 356 orders through the gateway."""

    order: int
    line: int
    hold: int
    movement: int
    points: int
    fact: int
    fact_line: int
    handled: int
    answer: int
    rollups: int
    """Of a shop and year, in bytes: they go with the products and days, not the orders (211 products)."""


SQLITE = Rows(453, 116, 826, 188, 208, 207, 48, 161, 720, 860_000)
POSTGRESQL = Rows(532, 222, 998, 356, 297, 280, 179, 154, 781, 5_400_000)
LOOSE = 1.3
"""What a table in use takes against a freshly packed one (assumed)."""

PUBLISHED = {"StockReserved": 1.0, "OrderCreated": 1.0, "OrderPaid": 1.0, "PointsChanged": Shop.with_customer}
HANDLED = {"catalog": 1.0, "customers": 1.0, "analytics": 2.0}
"""Events of an order that a service's inbox takes down."""
INBOX_DAYS, ANSWER_DAYS = 14, 1
BUSY = 0.6
"""A Python process computes on one core; it is given this much of one in the busiest hour."""
WEB_POOL, WORKER_POOL = 8, 4
"""Connections a process may hold: MOSTRADOR_WEB_THREADS, and worker.py's."""

SHOP, COSTS = Shop(), Costs()
