"""A till in a terminal: scan, quote, order, pay, print; through the gateway, with nothing but HTTP.

    export SHOP_URL=http://127.0.0.1:8080 SHOP_LOGIN=… SHOP_PASSWORD=…   # `make up` prints them
    .venv/bin/python examples/pos_client.py

Each line is a command (`help` lists them) or what a scanner types: a SKU. The till calculates nothing: every price, tax,
discount and total is the API's. What the network does to it is in `mostrador.py`.
"""

from __future__ import annotations

import argparse
import cmd
import getpass
import os
import platform
import re
import sys
from typing import Any

from mostrador import POS, LoggedOut, Mostrador, Refused, Unreachable


class Till(cmd.Cmd):
    """One cashier, one cart, one order at a time."""

    def __init__(self, shop: Mostrador, *, input_is_typed: bool) -> None:
        super().__init__()
        self.shop = shop
        self.prompt = "> " if input_is_typed else ""
        self.cart: dict[int, int] = {}
        self.customer: dict[str, Any] | None = None
        self.order: dict[str, Any] | None = None

    # --- the cart

    def do_find(self, text: str) -> None:
        """find TEXT: products whose name or SKU has all of these words."""
        found = self.shop.get("/api/products/", search=text, page=1, page_size=20)
        for product in found:
            print(f"{product['sku']:<16} {product['name']:<32} {product['final_price']:>10}  {_left(product)}")
        if not found:
            print(f"Nothing is called {text!r}.")

    def do_add(self, line: str) -> None:
        """add SKU [UNITS]: put a product on the cart; a SKU alone on a line does so, too."""
        sku, _, units = line.strip().partition(" ")
        found = self.shop.get("/api/products/", sku=sku) if sku else []
        if not found:
            print(f"! No product has the SKU {sku!r}.")
        elif not re.fullmatch(r"[1-9]\d{0,8}", units.strip() or "1"):
            print(f"! {units!r} is no number of units.")
        else:
            [product] = found
            self.cart[product["id"]] = self.cart.get(product["id"], 0) + int(units or 1)
            print(f"{self.cart[product['id']]} x {product['name']} at {product['final_price']}  {_left(product)}")

    def do_customer(self, phone: str) -> None:
        """customer PHONE: whose sale it is; without a number: nobody's."""
        self.customer = None
        if not phone:
            return
        found = self.shop.get("/api/customers/", phone_number=phone)
        if not found:
            print(f"! No customer has the number {phone}.")
            return
        [self.customer] = found
        print(
            f"{found[0]['first_name']} {found[0]['last_name']}: {found[0]['current_points']} points, "
            f"{found[0]['available_credit']} of credit left"
        )

    def do_clear(self, _: str) -> None:
        """clear: empty the cart."""
        self.cart.clear()
        self.customer = None

    # --- the sale

    def do_quote(self, _: str) -> None:
        """quote: what the cart would cost now, with its discounts; makes and takes nothing."""
        quote = self.shop.post("/api/orders/quote/", self._basket())
        for item in quote["items"]:
            why = f"  -{item['discount']['percent']} % {item['discount']['kind']}" if item["discount"] else ""
            short = "" if item["is_available"] else f"  ! only {item['available']} left"
            print(f"{item['quantity']} x {item['product_name']}: {item['amount']} + {item['tax_amount']}{why}{short}")
        print(
            f"To pay: {quote['final_amount']}, of which tax {quote['total_tax']}; earns {quote['points_earned']} points"
        )

    def do_order(self, _: str) -> None:
        """order: take the cart's products off the shelf; then pay or cancel."""
        self.order = self.shop.post("/api/orders/", self._basket())
        self.do_clear("")
        print(f"Order {self.order['id']}, ticket {self.order['ticket_folio']}: {self.order['final_amount']} to pay")

    def do_pay(self, method: str) -> None:
        """pay CASH|CARD|POINTS|CREDIT: the order is paid."""
        if self._has_order():
            paid = self.shop.post(f"{self._order_path()}pay/", {"payment_method": method.upper()})
            print(
                f"{paid['status']}: {paid['final_amount']} {paid['payment_method']}, {paid['points_earned']} points earned"
            )

    def do_cancel(self, _: str) -> None:
        """cancel: give up an order that is not paid; its products go back."""
        if self._has_order():
            print(self.shop.post(f"{self._order_path()}cancel/", {})["detail"])

    def do_receipt(self, _: str) -> None:
        """receipt: of the last order, for a printer of 58 mm."""
        if self._has_order():
            print(self.shop.get(f"{self._order_path()}receipt/", format="text", width="58"), end="")

    # --- the session

    def do_login(self, name: str, password: str = "") -> None:
        """login NAME: open a session, e.g. when the last one is over; cart and order stay."""
        password = password or getpass.getpass()
        user = self.shop.log_in(POS, email=name, password=password)["user"]
        print(f"{user['full_name'] or user['username']} ({user['role']}) at {user['account']['company_name']}")

    def do_logout(self, _: str) -> bool:
        """logout: end the session and the program."""
        self.shop.log_out()
        print("Logged out.")
        return True

    def do_EOF(self, _: str) -> bool:  # noqa: N802 - cmd's name for the end of the input
        """Ctrl-D: the same as logout."""
        return self.do_logout("")

    # --- how it reads and speaks

    def onecmd(self, line: str) -> bool:
        """One line; whatever is refused is shown, and the till goes on."""
        try:
            return bool(super().onecmd(line))
        except LoggedOut as over:
            print(f"! {over} `login NAME` opens a session.")
        except Refused as refused:
            print("\n".join(f"! {line}" for line in str(refused).splitlines()))
        except Unreachable as silence:
            print(f"! {silence} Nobody knows whether it was done: repeat the line, it is done once.")
        return line in ("EOF", "logout")

    def default(self, line: str) -> None:
        """What is no command was scanned."""
        self.do_add(line)

    def emptyline(self) -> bool:
        """Nothing, instead of the last command once more."""
        return False

    def _basket(self) -> dict[str, Any]:
        items = [{"product_id": product, "quantity": units} for product, units in self.cart.items()]
        return {"customer": self.customer and self.customer["id"], "items": items}

    def _has_order(self) -> bool:
        if self.order is None:
            print("! There is no order yet.")
        return self.order is not None

    def _order_path(self) -> str:
        assert self.order
        return f"/api/orders/{self.order['id']}/"


def _left(product: dict[str, Any]) -> str:
    return f"({product['available_to_sell']} left)"


def main() -> int:
    """Command line; 1 when nobody could log in."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--url", default=os.environ.get("SHOP_URL", "http://127.0.0.1:8080"))
    parser.add_argument("--login", default=os.environ.get("SHOP_LOGIN"), help="e-mail or username")
    parser.add_argument("--password", default=os.environ.get("SHOP_PASSWORD"), help="asked for if it is missing")
    given = parser.parse_args()
    if not given.login:
        parser.error("--login (or SHOP_LOGIN) is needed; `make up` prints one")
    shop = Mostrador(given.url)
    shop.http.headers["User-Agent"] = f"pos_client on {platform.node()}"  # so one knows it among one's sessions
    till = Till(shop, input_is_typed=sys.stdin.isatty())
    try:
        till.do_login(given.login, given.password)
        till.cmdloop()
    except KeyboardInterrupt:
        till.onecmd("logout")
    except (Refused, Unreachable) as problem:
        print(f"! {problem}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
