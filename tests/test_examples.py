"""The examples as their users run them: the README's lines as they stand there, a till and a chatbot, mishaps on the wire."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from cashier import ROOT, Api, Shop, eventually
from mishaps import BUSY, EXPIRED, LOST, Wire
from native.platform import Platform

EXAMPLES = ROOT / "examples"
PASSWORD = "securePass123"


def readme_lines(heading: str) -> list[str]:
    """The blocks of shell under a heading of the README, with the interpreter that runs this test."""
    section = (ROOT / "README.md").read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    blocks = re.findall(r"^```sh\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
    return [block.replace(".venv/bin/python", sys.executable) for block in blocks]


class Person:
    """Somebody with a login of the shop, who starts the examples."""

    def __init__(self, owner: Api, role: str = "EMPLOYEE") -> None:
        self.name = f"user_{uuid.uuid4().hex[:8]}"
        body = {"username": self.name, "email": f"{self.name}@example.com", "password": PASSWORD, "role": role}
        self.user = owner.post("/api/users/", {**body, "first_name": "Laura", "last_name": "Mendez"})
        self.url = owner.url

    def runs(
        self, example: str, *lines: str, url: str = "", password: str = PASSWORD, arguments: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Start it, type the lines, wait for its end."""
        shop = {"SHOP_URL": url or self.url, "SHOP_LOGIN": self.name, "SHOP_PASSWORD": password}
        return subprocess.run(
            [sys.executable, str(EXAMPLES / example), *arguments], input="".join(f"{line}\n" for line in lines),
            env={**os.environ, **shop}, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    def opens_the_till(self) -> subprocess.Popen[str]:
        """Start it, until it has greeted."""
        shop = {"SHOP_URL": self.url, "SHOP_LOGIN": self.name, "SHOP_PASSWORD": PASSWORD}
        till = subprocess.Popen(
            [sys.executable, "-u", str(EXAMPLES / "pos_client.py")], env={**os.environ, **shop}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert till.stdout
        assert till.stdout.readline().startswith("Laura Mendez")
        return till

    def sells(self, *lines: str, url: str = "") -> list[str]:
        """What the till shows for these lines, without the greeting and the goodbye."""
        done = self.runs("pos_client.py", *lines, "logout", url=url)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        greeting, *shown, goodbye = done.stdout.splitlines()
        assert (greeting, goodbye) == ("Laura Mendez (EMPLOYEE) at Mostrador", "Logged out."), done.stdout
        return shown


@pytest.fixture
def cashier(api: Api) -> Person:
    return Person(api)


@pytest.fixture
def wire(platform: Platform) -> Iterator[Wire]:
    with Wire(platform.url) as running:
        yield running


def orders_of(shop: Shop) -> list[dict[str, Any]]:
    """The orders that hold the shop's product."""
    found = shop.api.get("/api/orders/?page_size=200&page=1")
    return [order for order in found if any(item["product_id"] == shop.product["id"] for item in order["items"])]


def test_the_lines_of_the_readme(platform: Platform) -> None:
    admin = platform.admin
    shop = {"SHOP_URL": platform.url, "SHOP_LOGIN": admin.email, "SHOP_PASSWORD": admin.password}
    first_sale, by_hand = readme_lines("First requests")
    till, bot = readme_lines("Two clients")

    def shell(lines: str) -> str:
        done = subprocess.run(
            ["/bin/sh", "-e"], input=lines, env={**os.environ, **shop}, cwd=ROOT, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        return done.stdout

    for _ in range(2):  # a second run finds what the first one made
        assert shell(first_sale).endswith("done\n")
    if shutil.which("curl"):
        told = shell(by_hand)
        assert '"status":"PAID"' in told
        assert '"general_summary"' in told
    sold = shell(till)
    assert "! " not in sold
    assert re.search(r"^PAID: 64.38 CASH, 1 points earned$", sold, re.MULTILINE)
    assert "fue cancelada y el stock restaurado." in sold
    said = shell(bot)
    assert re.search(r"^@1 Pedido [0-9A-F]{8} apartado: \$42.92\.", said, re.MULTILINE)
    assert said.splitlines()[-1] == "@2 Comparte tu contacto para registrarte."


# --- the till


def test_a_day_at_the_till(shop: Shop, cashier: Person) -> None:
    sku, maria = shop.product["sku"], shop.customer
    shop.api.ask("PATCH", f"/api/customers/{maria['id']}/", {"credit_limit": "100.00"})
    bonus = {"amount": 50, "transaction_type": "EARN", "description": "Bonus"}
    shop.api.post(f"/api/customers/{maria['id']}/points/", bonus)
    shown = cashier.sells(
        f"find {sku}", "find nothing-like-it", sku, f"add {sku} 9", "add UNKNOWN", "quote", "order", "pay cash",
        sku, f"customer {maria['phone_number']}", "order", "pay POINTS", "receipt",
        sku, f"customer {maria['phone_number']}", "order", "pay CREDIT", "pay CARD", "cancel",
        f"add {sku} 2000", "quote", "order", "clear", "order",
        sku, "order", "pay POINTS", "cancel",
    )  # fmt: skip
    text = "\n".join(shown)
    told = [
        f"{sku:<16} Coca Cola 600ml {'21.46':>27}  (1000 left)", "Nothing is called 'nothing-like-it'.",
        "10 x Coca Cola 600ml at 21.46  (1000 left)", "! No product has the SKU 'UNKNOWN'.",
        "10 x Coca Cola 600ml: 185.00 + 29.60", "To pay: 214.60, of which tax 29.60; earns 0 points",
        ": 214.60 to pay", "PAID: 214.60 CASH, 0 points earned",
        "Maria González: 50 points, 100.00 of credit left", "PAID: 21.46 POINTS, 0 points earned", "Paid with",
        "PAID: 21.46 CREDIT, 0 points earned",
        "! No se puede pagar esta orden. Solo se permiten pagar órdenes PENDIENTES.",
        "! No se puede cancelar esta orden. Solo se permiten cancelar órdenes PENDIENTES.",
        "  ! only 988 left", "! Stock insuficiente para 'Coca Cola 600ml'. Disponible: 988, Solicitado: 2000",
        "! items: This list may not be empty.", "! An order without a customer cannot be paid with POINTS.",
        "fue cancelada y el stock restaurado.",
    ]  # fmt: skip
    at = 0
    for line in told:
        assert line in text[at:], f"{line!r} is missing after\n{text[:at]}\nin\n{text[at:]}"
        at = text.index(line, at)
    assert shop.stock == 1000 - 12
    assert shop.api.get(f"/api/customers/{maria['id']}/")["credit_used"] == "21.46"
    assert shop.points == 50 - 22


def test_a_wrong_password_ends_the_till_with_the_apis_words(cashier: Person, platform: Platform) -> None:
    done = cashier.runs("pos_client.py", "find x", password="wrong-password")
    assert (done.returncode, done.stdout) == (1, "! No active account found with the given credentials\n")
    nobody = cashier.runs("pos_client.py", "find x", url="http://127.0.0.1:9")
    assert (nobody.returncode, nobody.stdout) == (1, "! http://127.0.0.1:9 does not answer.\n")


def test_what_makes_no_sense_is_said_and_the_till_goes_on(shop: Shop, cashier: Person) -> None:
    sku = shop.product["sku"]
    shown = cashier.sells(
        f"add {sku} ²", f"add {sku} 0", f"add {sku} 9999999999", "add", "receipt", "", f"add {sku}  2 "
    )
    assert shown == [
        *(f"! {units!r} is no number of units." for units in ("²", "0", "9999999999")),
        "! No product has the SKU ''.", "! There is no order yet.", "2 x Coca Cola 600ml at 21.46  (1000 left)",
    ]  # fmt: skip


def test_ctrl_c_at_the_till_ends_its_session(cashier: Person) -> None:
    till = cashier.opens_the_till()
    till.send_signal(signal.SIGINT)
    shown, complaints = till.communicate(timeout=30)
    assert (till.returncode, shown, complaints) == (0, "Logged out.\n", "")


def test_lost_answers_and_a_busy_shop_charge_nobody_twice(shop: Shop, cashier: Person, wire: Wire) -> None:
    wire.mishap(LOST, "/api/orders/")
    wire.mishap(BUSY, "/api/orders/")
    wire.mishap(LOST, "/pay/", 2)
    shown = cashier.sells(
        shop.product["sku"], f"customer {shop.customer['phone_number']}", "order", "pay CASH", url=wire.url
    )
    assert shown[-1] == "PAID: 21.46 CASH, 0 points earned"
    [order] = orders_of(shop)
    assert (order["status"], shop.stock) == ("PAID", 999)
    made, paid = wire.keys("/api/orders/"), wire.keys("/pay/")
    assert (len(made), len(set(made)), len(paid), len(set(paid))) == (3, 1, 3, 1)
    assert None not in made + paid


def test_what_was_never_answered_is_done_once_when_the_cashier_repeats_it(
    shop: Shop, cashier: Person, wire: Wire
) -> None:
    wire.mishap(LOST, "/api/orders/", 4)
    sku = shop.product["sku"]
    shown = cashier.sells(sku, "order", "order", "pay CARD", sku, "order", "pay CARD", url=wire.url)
    assert shown[1] == (
        f"! {wire.url} does not answer. Nobody knows whether it was done: repeat the line, it is done once."
    )
    made = wire.keys("/api/orders/")
    assert (len(made), len(set(made[:5])), made[5] in made[:5]) == (6, 1, False)
    assert [order["status"] for order in orders_of(shop)] == ["PAID", "PAID"]
    assert shop.stock == 998


def test_a_token_that_is_over_is_renewed_unnoticed(shop: Shop, cashier: Person, wire: Wire) -> None:
    wire.mishap(EXPIRED, "/api/products/")
    wire.mishap(EXPIRED, "/api/orders/")
    shown = cashier.sells(shop.product["sku"], "order", "pay CASH", url=wire.url)
    assert shown[-1] == "PAID: 21.46 CASH, 0 points earned"
    assert len(wire.keys("/api/auth/refresh/")) == 2
    assert len(orders_of(shop)) == 1


def test_a_session_that_is_ended_from_elsewhere_can_be_opened_again(shop: Shop, cashier: Person) -> None:
    till = cashier.opens_the_till()
    shop.api.ask("PUT", f"/api/users/{cashier.user['id']}/block/", {"is_blocked": True})
    shop.api.ask("PUT", f"/api/users/{cashier.user['id']}/block/", {"is_blocked": False})
    shown, _ = till.communicate(f"{shop.product['sku']}\nlogout\n", timeout=30)
    assert shown.splitlines() == ["! Token has been revoked. Please login again. `login NAME` opens a session."] * 2
    assert till.returncode == 0


# --- the chatbot


def test_a_chat_from_the_contact_to_the_order(shop: Shop, api: Api) -> None:
    robot = Person(api, "OWNER")
    sku, phone = shop.product["sku"], shop.customer["phone_number"]
    own = f"/contacto +52{phone} Maria González"
    done = robot.runs(
        "chatbot.py", "/pedir", "/start", f"/reenviar +52{phone} Maria González", "/puntos", own, own, "", "hola", "/puntos",
        f"/buscar {sku}", "/catalogo", "/catalogo ²", f"/agregar {sku} 3", "/agregar NADA", "/agregar", "@2 /cotizar",
        f"@2 /agregar {sku} 5000", "@2 /cotizar", "@2 /pedir", "@2 /contacto +5299" + phone[2:] + " Juan", "@2 /pedir",
        "@2 /cancelar", "/cotizar", "/pedir", "/pedir", "/cancelar", "/cancelar",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    said = done.stdout.splitlines()
    known = "@1 Listo, Maria. Tienes 0 puntos."
    expected = [
        "@1 Comparte tu contacto para registrarte.", "@1 Ese contacto no es el tuyo.",
        "@1 Comparte tu contacto para registrarte.", known, known, "@1 No te entendí.", "@1 Tienes 0 puntos.",
        f"@1 {sku}  Coca Cola 600ml  $21.46", "@1 En tu carrito: 3 x Coca Cola 600ml.", "@1 No encontré el producto NADA.",
        "@1 Escribe /agregar SKU piezas, por ejemplo: /agregar KO-600-MX 2", "@2 Tu carrito está vacío.",
        "@2 En tu carrito: 5000 x Coca Cola 600ml.",
        "@2 5000 x Coca Cola 600ml: $92500.00 + IVA $14800.00 (solo quedan 1000)",
        "@2 Comparte tu contacto para registrarte.", "@2 Listo, Juan. Tienes 0 puntos.",
        "@2 Stock insuficiente para 'Coca Cola 600ml'. Disponible: 1000, Solicitado: 5000", "@2 No tienes ningún pedido.",
        "@1 3 x Coca Cola 600ml: $55.50 + IVA $8.88", "@1 Total: $64.38. Ganas 1 puntos.", "@1 Pedido ",
        "@1 Tu carrito está vacío.", "@1 La orden ", "@1 No tienes ningún pedido.",
    ]  # fmt: skip
    lines = iter(said)
    for line in expected:
        assert any(spoken.startswith(line) for spoken in lines), f"{line!r} is missing in\n{done.stdout}"
    assert shop.stock == 1000
    [order] = orders_of(shop)
    assert (order["status"], order["customer"]) == ("CANCELLED", shop.customer["id"])
    registered = api.get(f"/api/chatbotusers/%2B52{phone}/")
    assert (registered["mobile_number"], registered["name"]) == (f"+52{phone}", "Maria González")
    eventually(lambda: api.get(f"/api/customers/?phone_number=%2B5299{phone[2:]}"), "Juan is a customer now")


def test_the_bot_has_the_one_session_of_its_type_and_takes_over_from_a_dead_one(api: Api) -> None:
    robot = Person(api, "OWNER")
    login = {"username": robot.name, "password": PASSWORD, "client_type": "telegram_bot"}
    dead = requests.post(f"{api.url}/api/v1/auth/token/", json=login, timeout=15).json()
    refused = robot.runs("chatbot.py", "/ayuda")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "You are already logged in on telegram bot. Please logout first...\n"
    done = robot.runs("chatbot.py", "/ayuda", arguments=("--replace",))
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "@1 /catalogo [página] - lo que vendemos")
    token = {"Authorization": f"Bearer {dead['access']}"}
    assert requests.get(f"{api.url}/api/users/me/", headers=token, timeout=15).json()["code"] == "token_revoked"
    own = Api(api.url, robot.name, PASSWORD)
    assert [row["client_type"] for row in own.get("/api/v1/auth/sessions/")] == ["unknown"], "the bot logged out"


def test_a_customer_of_the_bot_meets_no_trouble_of_the_network(shop: Shop, api: Api, wire: Wire) -> None:
    robot = Person(api, "OWNER")
    wire.mishap(LOST, "/api/orders/")
    wire.mishap(EXPIRED, "/quote/")
    own = f"/contacto +52{shop.customer['phone_number']} Maria González"
    done = robot.runs(
        "chatbot.py", own, f"/agregar {shop.product['sku']}", "/cotizar", "/pedir", "/pedir", url=wire.url
    )
    said = done.stdout.splitlines()
    assert said[-2].startswith("@1 Pedido ")
    assert said[-1] == "@1 Tu carrito está vacío."
    assert len(orders_of(shop)) == 1
    assert wire.keys("/api/v1/auth/token/refresh/")
