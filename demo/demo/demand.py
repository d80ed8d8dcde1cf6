"""When people come and what they then want: the patterns of the CSV files as weights that `history` draws from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from demo import catalogue
from demo.catalogue import OpenHour, Product

# Monday to Sunday: the week ends strong, the weekend is for the large shopping.
WEEKDAY_FACTORS = (0.85, 0.85, 0.9, 0.95, 1.15, 1.25, 1.1)
PAYDAY_FACTOR = 1.3
DAYS_OF_PAYDAY = 3
YEARLY_GROWTH = 0.2
STORE = "store"  # the season that concerns the number of orders, not a product


@dataclass(frozen=True, slots=True)
class Slot:
    """One open hour of one day; `day` and `hour` are in the shop's zone, `opens_at` is the same as an instant."""

    day: date
    hour: OpenHour
    opens_at: datetime


@dataclass(frozen=True, slots=True)
class Wants:
    """Weights of all products at some time, in the products' order, plain and running totals."""

    weights: list[float]
    cumulative: list[float]


def is_weekend(day: date) -> bool:
    return day.weekday() >= 5


def is_payday(day: date) -> bool:
    """Wages are paid on the 15th and on the last of the month; on the Friday before if that is a weekend."""
    last = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    nominal = day.replace(day=15) if day.day <= 15 else last
    return day == nominal - timedelta(days=max(0, nominal.weekday() - 4))


def has_just_been_paid(day: date) -> bool:
    return any(is_payday(day - timedelta(days=ago)) for ago in range(DAYS_OF_PAYDAY))


def season_factors(day: date) -> dict[str, float]:
    """Season → factor on that day. Each season's rows cover the whole year."""
    return {season.name: season.factor for season in catalogue.seasons() if season.covers(day)}


def slots(end: datetime, days: int, zone: ZoneInfo) -> list[Slot]:
    """All open hours that lie wholly within the `days` days before `end`, oldest first."""
    hours = catalogue.open_hours()
    start = end - timedelta(days=days)
    first = start.astimezone(zone).date()
    found = []
    for day in (first + timedelta(days=n) for n in range(days + 1)):
        for hour in hours:
            opens_at = datetime(day.year, day.month, day.day, hour.hour, tzinfo=zone)
            if start <= opens_at and opens_at + timedelta(hours=1) <= end:
                found.append(Slot(day, hour, opens_at))
    return found


class Demand:
    """The patterns for one list of products. Answers are kept: a year has some 300 different ones."""

    def __init__(self, products: Sequence[Product]) -> None:
        self._products = products
        self._appetites = catalogue.category_appetites()
        self._factors: dict[date, dict[str, float]] = {}
        self._wants: dict[tuple[object, ...], Wants] = {}

    def busyness(self, slot: Slot, since: date) -> float:
        """Relative number of orders in a slot; `since` is the day on which growth starts to count."""
        day = slot.day
        busyness = slot.hour.weekend if is_weekend(day) else slot.hour.weekday
        busyness *= WEEKDAY_FACTORS[day.weekday()] * self._seasons_of(day)[STORE]
        if has_just_been_paid(day):
            busyness *= PAYDAY_FACTOR
        return busyness * (1 + YEARLY_GROWTH * (day - since).days / 365)

    def wants(self, slot: Slot) -> Wants:
        """What is wanted in a slot. A weight of 0 means out of season or never bought."""
        factors = self._seasons_of(slot.day)
        weekend = is_weekend(slot.day)
        key = (tuple(factors.values()), slot.hour.daypart, weekend)
        if key not in self._wants:
            weights = [self._weight(product, factors, slot.hour.daypart, weekend) for product in self._products]
            self._wants[key] = Wants(weights, list(accumulate(weights)))
        return self._wants[key]

    def _weight(self, product: Product, factors: dict[str, float], daypart: str, weekend: bool) -> float:
        appetite = self._appetites[product.category]
        seasonal = factors[product.season] if product.season else 1.0
        return product.weight * seasonal * appetite[daypart] * (appetite["weekend"] if weekend else 1.0)

    def _seasons_of(self, day: date) -> dict[str, float]:
        if day not in self._factors:
            self._factors[day] = season_factors(day)
        return self._factors[day]
