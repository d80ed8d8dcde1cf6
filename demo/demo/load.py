"""Puts the demo shop into a running platform: the catalogue through the gateway, the past orders by sales' import.

Can be run again: what is there is found by barcode, phone number or name, and known orders are not imported twice.
"""

import argparse
import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import requests

from demo import catalogue
from demo.catalogue import Customer, Employee, Product, Supplier
from demo.history import ORDERS, history
from demo.orders import PastOrder

TIMEOUT = 30.0  # seconds, a request
LOADED_EVERY = 50  # items between two lines of progress
ORDERS_FILE = "demo-orders.jsonl"

Item = TypeVar("Item")


class LoadFailed(Exception):
    """The platform gave an answer with which loading cannot go on; the message says which."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many of each the demo shop has now; `created` counts what this run had to make."""

    suppliers: int
    products: int
    customers: int
    employees: int
    orders: int
    created: int


class PosClient:
    """The POS API as one ADMIN or OWNER sees it."""

    def __init__(self, gateway_url: str) -> None:
        self._url = gateway_url.rstrip("/")
        self._session = requests.Session()
        self.created = 0

    def __enter__(self) -> "PosClient":
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def log_in(self, login: str, password: str) -> str:
        """Returns the id of the account that is logged in to."""
        answer = self._send("POST", "auth/login/", json={"email": login, "password": password})
        session = self._body(answer, 200)
        self._session.headers["Authorization"] = f"Bearer {session['access']}"
        return str(session["user"]["account"]["id"])

    def create(self, path: str, body: dict[str, Any], *, unique: tuple[str, ...] = ()) -> dict[str, Any] | None:
        """The row as created; None if a row with the same value in a `unique` field is there already."""
        answer = self._send("POST", path, json=body)
        if answer.status_code == 400 and any(field in answer.json() for field in unique):
            return None
        row: dict[str, Any] = self._body(answer, 201)
        self.created += 1
        return row

    def find(self, path: str, query: dict[str, str], field: str, value: str) -> dict[str, Any] | None:
        """The row of the list at `path` whose `field` is exactly `value`."""
        rows = self._body(self._send("GET", path, params=query), 200)
        return next((row for row in rows if row[field] == value), None)

    def _send(self, method: str, path: str, **content: Any) -> requests.Response:
        try:
            return self._session.request(method, f"{self._url}/api/{path}", timeout=TIMEOUT, **content)
        except requests.RequestException as error:
            raise LoadFailed(f"{method} /api/{path}: {error}") from error

    @staticmethod
    def _body(answer: requests.Response, expected: int) -> Any:
        if answer.status_code != expected:
            request = f"{answer.request.method} {answer.request.path_url}"
            raise LoadFailed(f"{request} answered {answer.status_code}: {answer.text[:300]}")
        return answer.json()


def load(
    gateway_url: str,
    login: str,
    password: str,
    import_orders: Callable[[Path], None],
    workdir: Path,
    employees_password: str,
    *,
    end: datetime | None = None,
    orders: int = ORDERS,
    tell: Callable[[str], None] = print,
) -> Loaded:
    """Loads everything and returns the counts. `import_orders` gets a file of one JSON order a line, written in
    `workdir` and removed once it is imported; it must skip uids it knows. The orders end at `end` (default: now).
    Raises LoadFailed if an answer is not the expected one.
    """
    with PosClient(gateway_url) as pos:
        account = pos.log_in(login, password)
        suppliers = load_suppliers(pos, catalogue.suppliers())
        tell(f"demo: {len(suppliers)} suppliers")
        products = list(_told(load_products(pos, catalogue.products(), suppliers), "products", tell))
        customers = list(_told(load_customers(pos, catalogue.customers()), "customers", tell))
        cashiers = load_employees(pos, catalogue.employees(), employees_password)
        tell(f"demo: {len(cashiers)} employees")
        created = pos.created

    end = end or datetime.now(UTC)
    past = history(products, customers, cashiers, end=end, orders=orders, account=account)
    workdir.mkdir(parents=True, exist_ok=True)
    path = workdir / ORDERS_FILE
    written = write_orders(past, path)
    tell(f"demo: {written} orders written, importing")
    import_orders(path)
    path.unlink()
    tell("demo: orders imported")
    return Loaded(len(suppliers), len(products), len(customers), len(cashiers), written, created)


def load_suppliers(pos: PosClient, suppliers: Iterable[Supplier]) -> dict[str, int]:
    """Supplier's name → id. A name is not unique in the API, so each is looked for before it is created."""
    ids = {}
    for supplier in suppliers:
        row = pos.find("suppliers/", {"search": supplier.name}, "name", supplier.name)
        row = row or pos.create("suppliers/", asdict(supplier))
        ids[supplier.name] = int(_found(row, "supplier", supplier.name)["id"])
    return ids


def load_products(pos: PosClient, products: Iterable[Product], suppliers: dict[str, int]) -> Iterator[Product]:
    """Yields each product with the API's id and uid."""
    for product in products:
        body = {
            "name": product.name,
            "sku": product.sku,
            "price": str(product.price),
            "tax_rate": product.tax_rate,
            "current_stock": product.current_stock,
            "low_stock_threshold": product.low_stock_threshold,
            "supplier": suppliers[product.supplier],
        }
        row = pos.create("products/", body, unique=("sku",))
        row = row or pos.find("products/", {"sku": product.sku}, "sku", product.sku)
        row = _found(row, "product", product.sku)
        yield replace(product, id=int(row["id"]), uid=str(row["uid"]))


def load_customers(pos: PosClient, customers: Iterable[Customer]) -> Iterator[Customer]:
    """Yields each customer with the API's id."""
    for customer in customers:
        body = {field: value for field, value in asdict(customer).items() if value and field != "id"}
        phone = customer.phone_number
        row = pos.create("customers/", body, unique=("phone_number", "email"))
        row = row or pos.find("customers/", {"search": phone}, "phone_number", phone)
        yield replace(customer, id=int(_found(row, "customer", phone)["id"]))


def load_employees(pos: PosClient, employees: Iterable[Employee], password: str) -> list[str]:
    """The cashiers' usernames. One that exists keeps its password."""
    usernames = []
    for employee in employees:
        body = asdict(employee) | {"password": password, "role": "EMPLOYEE"}
        pos.create("users/", body, unique=("username", "email"))
        usernames.append(employee.username)
    return usernames


def write_orders(orders: Iterable[PastOrder], path: Path) -> int:
    """Writes one JSON object a line and returns their number."""
    written = 0
    with path.open("w", encoding="utf-8") as file:
        for order in orders:
            file.write(json.dumps(order.to_record(), ensure_ascii=False, separators=(",", ":")) + "\n")
            written += 1
    return written


def _found(row: dict[str, Any] | None, kind: str, value: str) -> dict[str, Any]:
    if row is None:
        raise LoadFailed(f"{kind} {value}: reported as existing, but not found")
    return row


def _told(items: Iterable[Item], kind: str, tell: Callable[[str], None]) -> Iterator[Item]:
    count = 0
    for item in items:
        yield item
        count += 1
        if count % LOADED_EVERY == 0:
            tell(f"demo: {count} {kind} …")
    tell(f"demo: {count} {kind}")


def main(arguments: list[str] | None = None) -> int:
    """The command `python -m demo.load`; 1 with a sentence on stderr if it fails."""
    parser = argparse.ArgumentParser(prog="python -m demo.load", description="Loads the demo shop through the gateway.")
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="the gateway (default: %(default)s)")
    parser.add_argument("--login", required=True, help="e-mail or username of an ADMIN or OWNER")
    parser.add_argument("--password-file", required=True, type=Path, help="file with that user's password")
    parser.add_argument("--employees-password-file", type=Path, help="the cashiers' password (default: the same file)")
    parser.add_argument(
        "--import-command", default="chassis sales import-orders", help="run with the file's path added"
    )
    parser.add_argument("--orders", type=int, default=ORDERS, help="how many past orders (default: %(default)s)")
    options = parser.parse_args(arguments)

    def import_orders(path: Path) -> None:
        # Whoever starts this program names the command; no shell sees it.
        subprocess.run([*shlex.split(options.import_command), str(path)], check=True)  # noqa: S603

    try:
        password = options.password_file.read_text(encoding="utf-8").strip()
        employees_file = options.employees_password_file or options.password_file
        employees_password = employees_file.read_text(encoding="utf-8").strip()
        with TemporaryDirectory(prefix="mostrador-demo-") as workdir:
            load(
                options.url,
                options.login,
                password,
                import_orders,
                Path(workdir),
                employees_password,
                orders=options.orders,
            )
    except (LoadFailed, OSError, subprocess.CalledProcessError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
