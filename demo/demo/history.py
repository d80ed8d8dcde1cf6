"""A year of orders, drawn from the demand patterns. The same arguments give the same orders, in order of payment."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from random import Random
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from demo import catalogue
from demo.catalogue import Customer, Product
from demo.demand import Demand, Slot, Wants, has_just_been_paid, slots
from demo.orders import OrderLine, PastOrder

ORDERS = 20_000
SEED = 1910
ZONE = "America/Mexico_City"

ANONYMOUS_SHARE = 0.45
LOYAL_CUSTOMERS = 20
VISITS_OF_THE_LOYAL = 4.0
# How often the other customers come, and how many of them: a few are registered but never came back.
VISITS, VISITS_SHARES = (0.0, 0.2, 0.6, 1.0, 2.0), (3, 20, 30, 30, 17)

BASKET_SIZES = range(1, 9)
SMALL_BASKETS = (34, 26, 17, 10, 6, 4, 2, 1)
LARGE_BASKETS = (18, 22, 20, 14, 10, 7, 5, 4)
QUANTITIES, QUANTITY_SHARES = (1, 2, 3, 4, 6), (76, 16, 4, 2, 2)
COMPANION_CHANCE = 0.35
FAVOURITE_CHANCE = 0.3
FAVOURITES = 3

# Monday is 0. On these days the cashier of that shift is off and the last cashier stands in.
DAYS_OFF = {1: 0, 2: 1, 6: 0}
AFTERNOON = 15


def history(
    products: Sequence[Product],
    customers: Sequence[Customer],
    cashiers: Sequence[str],
    *,
    end: datetime,
    days: int = 365,
    orders: int = ORDERS,
    seed: int = SEED,
    zone: str = ZONE,
    account: str = "1",
) -> Iterator[PastOrder]:
    """Exactly `orders` paid orders within the `days` days before `end` (aware).

    Some customers are loyal: they buy in every ISO calendar week of every month, counting a month's days only, as
    the rule for frequent customers has it (as far as there are orders enough). An order's uid depends on `account`
    and its position alone, so that a second load, on a later day, brings no uid that the first did not.
    Raises ValueError if nothing can be sold or the shop was not open in that time.
    """
    rng = Random(seed)
    shop = _Shop(rng, products, customers)
    moments = _moments(rng, shop.demand, slots(end, days, ZoneInfo(zone)), orders)
    buyers = _buyers(rng, shop, [slot.day for slot, _ in moments])
    for index, ((slot, paid_at), customer) in enumerate(zip(moments, buyers, strict=True)):
        lines = shop.basket(slot, customer)
        total = float(sum(line.amount for line in lines))
        yield PastOrder(
            uid=str(uuid5(NAMESPACE_URL, f"mostrador:demo:{account}:{index}")),
            ticket_folio=_folio(index),
            customer=customer,
            cashier=_cashier(cashiers, slot),
            created_at=paid_at - timedelta(seconds=rng.randrange(30, 240)),
            paid_at=paid_at,
            payment_method="CARD" if rng.random() < min(0.6, 0.18 + total / 800) else "CASH",
            lines=lines,
        )


class _Shop:
    """The customers' habits and the drawing of baskets."""

    def __init__(self, rng: Random, products: Sequence[Product], customers: Sequence[Customer]) -> None:
        if not any(product.weight for product in products):
            raise ValueError("no product that anyone buys")
        self.demand = Demand(products)
        self._rng = rng
        self._products = products
        self._lines: dict[tuple[int, int], OrderLine] = {}
        positions = {product.name: index for index, product in enumerate(products)}
        self._companions: dict[int, list[int]] = defaultdict(list)
        for name, other in catalogue.pairs():
            if name in positions and other in positions:
                self._companions[positions[name]].append(positions[other])

        self.customers = customers
        self.loyal = rng.sample(customers, min(LOYAL_CUSTOMERS, len(customers)))
        self.visits = [
            VISITS_OF_THE_LOYAL if customer in self.loyal else rng.choices(VISITS, VISITS_SHARES)[0]
            for customer in customers
        ]
        weights = [product.weight for product in products]
        self._favourites = {
            customer.phone_number: rng.choices(range(len(products)), weights, k=FAVOURITES) for customer in customers
        }

    def basket(self, slot: Slot, customer: Customer | None) -> tuple[OrderLine, ...]:
        """1–8 lines of different products that are in season, companions often together."""
        rng = self._rng
        wants = self.demand.wants(slot)
        large = customer is not None or has_just_been_paid(slot.day)
        size = rng.choices(BASKET_SIZES, LARGE_BASKETS if large else SMALL_BASKETS)[0]
        size = min(size, sum(weight > 0 for weight in wants.weights))
        chosen: list[int] = []
        if customer is not None and rng.random() < FAVOURITE_CHANCE:
            favourite = rng.choice(self._favourites[customer.phone_number])
            if wants.weights[favourite] > 0:
                chosen.append(favourite)
        while len(chosen) < size:
            product = self._next_product(wants, chosen)
            if product not in chosen:
                chosen.append(product)
        return tuple(self._line(product, rng.choices(QUANTITIES, QUANTITY_SHARES)[0]) for product in chosen)

    def _next_product(self, wants: Wants, chosen: list[int]) -> int:
        companions = self._companions.get(chosen[-1]) if chosen else None
        if companions and self._rng.random() < COMPANION_CHANCE:
            companion = self._rng.choice(companions)
            if wants.weights[companion] > 0:
                return companion
        return self._rng.choices(range(len(wants.weights)), cum_weights=wants.cumulative)[0]

    def _line(self, product: int, quantity: int) -> OrderLine:
        # A year has some 60,000 lines but only about a thousand different ones.
        key = (product, quantity)
        if key not in self._lines:
            self._lines[key] = OrderLine.of(self._products[product], quantity)
        return self._lines[key]


def _moments(rng: Random, demand: Demand, open_slots: list[Slot], orders: int) -> list[tuple[Slot, datetime]]:
    """Slots and instants of payment (UTC), oldest first."""
    if not open_slots:
        raise ValueError("the shop was not open between start and end")
    since = open_slots[0].day
    totals = list(accumulate(demand.busyness(slot, since) for slot in open_slots))
    drawn = rng.choices(open_slots, cum_weights=totals, k=orders)
    # From the fourth minute on: an order is begun up to four minutes before it is paid, and after the doors open.
    paid = [(slot, slot.opens_at.astimezone(UTC) + timedelta(seconds=rng.randrange(240, 3600))) for slot in drawn]
    return sorted(paid, key=lambda moment: moment[1])


def _buyers(rng: Random, shop: _Shop, days: list[date]) -> list[Customer | None]:
    """Who pays each of the orders of `days`; None is an anonymous buyer."""
    buyers: list[Customer | None] = [None] * len(days)
    if not any(shop.visits):
        return buyers
    weeks: dict[tuple[int, int, int], list[int]] = defaultdict(list)
    for index, day in enumerate(days):
        weeks[day.year, day.month, day.isocalendar().week].append(index)
    visits = list(accumulate(shop.visits))
    for indices in weeks.values():
        regulars = rng.sample(shop.loyal, min(len(shop.loyal), len(indices)))
        visited = dict(zip(rng.sample(indices, len(regulars)), regulars, strict=True))
        others = len(indices) - len(regulars)
        # The loyal are never anonymous, so the others are a little more often.
        anonymous = ANONYMOUS_SHARE * len(indices) / others if others else 0.0
        for index in indices:
            if index in visited:
                buyers[index] = visited[index]
            elif rng.random() >= anonymous:
                buyers[index] = rng.choices(shop.customers, cum_weights=visits)[0]
    return buyers


def _folio(index: int) -> str:
    # Multiplying by an odd number permutes the 32-bit numbers: unique folios that don't look like a counter.
    return f"{(index * 2_654_435_761 + 0x1D872B41) % 2**32:08X}"


def _cashier(cashiers: Sequence[str], slot: Slot) -> str:
    shift = 0 if slot.hour.hour < AFTERNOON else 1
    if DAYS_OFF.get(slot.day.weekday()) == shift:
        return cashiers[-1]
    return cashiers[shift % len(cashiers)]
