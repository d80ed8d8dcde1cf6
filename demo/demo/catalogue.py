"""The shop as the CSV files under `data/` describe it. `history` draws orders from it, `load` sends it to the API."""

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Supplier:
    name: str
    rfc: str
    phone_number: str
    contact_person: str
    tax_address: str


@dataclass(frozen=True, slots=True)
class Product:
    """`price` is in MXN before tax, `sku` an EAN-13. `weight` says how often it is bought, relative to the others
    (0: never); `season` names rows of `seasons.csv`, empty means all year alike. `id` and `uid` are the API's,
    known once the product is loaded.
    """

    name: str
    sku: str
    price: Decimal
    tax_rate: str
    category: str
    supplier: str
    weight: float
    season: str
    current_stock: int
    low_stock_threshold: int
    id: int = 0
    uid: str = ""


@dataclass(frozen=True, slots=True)
class Customer:
    """`email` and `birth_date` (YYYY-MM-DD) may be empty. `id` is the API's, known once the customer is loaded."""

    first_name: str
    last_name: str
    phone_number: str
    email: str
    birth_date: str
    id: int = 0

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True, slots=True)
class Employee:
    username: str
    email: str
    first_name: str
    last_name: str
    phone_number: str


@dataclass(frozen=True, slots=True)
class Season:
    """From `first` to `last` (both "MM-DD", inclusive) demand is multiplied by `factor`."""

    name: str
    first: str
    last: str
    factor: float

    def covers(self, day: date) -> bool:
        return self.first <= f"{day:%m-%d}" <= self.last


@dataclass(frozen=True, slots=True)
class OpenHour:
    """One hour of the shop's day, with its share of the orders on weekdays and at weekends."""

    hour: int
    weekday: float
    weekend: float
    daypart: str


def read_rows(name: str) -> list[dict[str, str]]:
    """The rows of `data/<name>.csv`, as text."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def suppliers() -> list[Supplier]:
    return [Supplier(**row) for row in read_rows("suppliers")]


def products() -> list[Product]:
    return [
        Product(
            name=row["name"],
            sku=row["sku"],
            price=Decimal(row["price"]),
            tax_rate=row["tax_rate"],
            category=row["category"],
            supplier=row["supplier"],
            weight=float(row["weight"]),
            season=row["season"],
            current_stock=int(row["current_stock"]),
            low_stock_threshold=int(row["low_stock_threshold"]),
        )
        for row in read_rows("products")
    ]


def customers() -> list[Customer]:
    return [
        Customer(row["first_name"], row["last_name"], row["phone_number"], row["email"], row["birth_date"])
        for row in read_rows("customers")
    ]


def employees() -> list[Employee]:
    return [Employee(**row) for row in read_rows("employees")]


def seasons() -> list[Season]:
    return [Season(row["season"], row["first"], row["last"], float(row["factor"])) for row in read_rows("seasons")]


def open_hours() -> list[OpenHour]:
    return [
        OpenHour(int(row["hour"]), float(row["weekday"]), float(row["weekend"]), row["daypart"])
        for row in read_rows("hours")
    ]


def pairs() -> list[tuple[str, str]]:
    """Names of products that are often bought together, the one that is picked first to the left."""
    return [(row["product"], row["bought_with"]) for row in read_rows("pairs")]


def category_appetites() -> dict[str, dict[str, float]]:
    """Category → daypart (or "weekend") → how much it is wanted then."""
    return {
        row["category"]: {part: float(factor) for part, factor in row.items() if part != "category"}
        for row in read_rows("dayparts")
    }
