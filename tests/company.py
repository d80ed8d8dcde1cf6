"""A company of its own for whoever wants to break things: a user of every role, and something of everything."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import requests

PASSWORD, PIN = "securePass123", "1234"
ROLES = ("OWNER", "ADMIN", "EMPLOYEE", "CLIENT")


class Company:
    """Registered with the platform at `url`. `headers(role)` are those of a logged-in one, `known` what can be asked for.

    The OWNER is logged in at the counter's surface, the ADMIN and the CLIENT at the B2B surface, the EMPLOYEE on a device.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = requests.Session()
        self.found()

    def found(self) -> None:
        """Register the company, hire its people and fill its shelves; once more if the last one is ruined."""
        self.tail = uuid.uuid4().hex[:12]
        self._tokens: dict[str, str] = {}
        self.known: dict[str, list[Any]] = {}
        body = {"email": self._email("OWNER"), "password": PASSWORD, "full_name": "Ana Paz", "company_name": "Tienda"}
        owner = self._post("/api/auth/register/", body)
        self._tokens["OWNER"] = owner["tokens"]["access"]
        for role in ("ADMIN", "EMPLOYEE", "EMPLOYEE ", " EMPLOYEE"):
            body = {"email": self._email(role), "password": PASSWORD, "full_name": "Luz Mar", "role": role.strip()}
            self._note("user_id", self._post("/api/users/", body)["id"])
        del self.known["user_id"][:2]  # nobody is to delete who has a role to play
        self._note("account_id", owner["user"]["account"]["id"])
        self._stock_shelves()
        self._open_b2b()
        for _ in range(3):  # sessions that may be ended
            body = {"username": self._email("OWNER"), "password": PASSWORD}
            self._note("session_id", self._post("/api/auth/login/", body)["session_id"])

    def headers(self, role: str) -> dict[str, str]:
        """The headers of a logged-in user of that role."""
        if role not in self._tokens:
            self._tokens[role] = self._log_in(role)
        return {"Authorization": f"Bearer {self._tokens[role]}"}

    def renew(self, role: str) -> None:
        """Log in again, because a request has ended the session; a new company if even that is no longer possible."""
        self._tokens.pop(role, None)
        try:
            self._tokens[role] = self._log_in(role)
        except AssertionError:
            self.found()

    def _email(self, role: str) -> str:
        return f"{role.lower().replace(' ', '-')}.{self.tail}@example.com"

    def _log_in(self, role: str) -> str:
        name: dict[str, str] = {"username": self._email(role), "password": PASSWORD}
        if role == "OWNER":
            return str(self._post("/api/auth/login/", name)["access"])
        if role == "EMPLOYEE":
            return str(self._post("/api/v1/auth/token/", {**name, "client_type": "mobile"})["access"])
        if role == "CLIENT":
            name = {"phone": self._phone, "pin_code": PIN}
        return str(self._post("/api/v1/auth/login", name)["data"]["access_token"])

    def _stock_shelves(self) -> None:
        for number in range(4):
            supplier = self._made("supplier_id", "/api/suppliers/", {"name": f"Distribuidora {number}"})
            fields = {"name": f"Cola {number}", "sku": f"KO-{number}", "price": "18.50", "current_stock": 100_000}
            product = self._made("product_id", "/api/products/", {**fields, "supplier": supplier["id"]})
            self._note("product_uid", product["uid"])
            days = {"start_date": "2020-01-01", "end_date": "2099-12-31", "target_audience": "ALL"}
            promotion = {"name": "Oferta", "product": product["id"], "discount_percent": 5, **days}
            self._made("promotion_id", "/api/promotions/", promotion)
            names = {"first_name": "Maria", "last_name": "González", "phone_number": f"55{number}"}
            customer = self._made("customer_id", "/api/customers/", {**names, "credit_limit": "500.00"})
            bonus = {"amount": 1000, "transaction_type": "EARN", "description": "Bonus"}
            self._post(f"/api/customers/{customer['id']}/points/", bonus)
            items = [{"product_id": product["id"], "quantity": 1}]
            order = self._made("order_id", "/api/orders/", {"customer": customer["id"], "items": items})
            if number == 0:
                self._post(f"/api/orders/{order['id']}/pay/", {"payment_method": "CASH"})
            self._made("mobile_number", "/api/chatbotusers/", {"mobile_number": f"+52155{number}", "name": "Juan"})

    def _open_b2b(self) -> None:
        self._phone = f"+52{uuid.uuid4().int % 10**10:010}"
        client = {"name": "Abarrotes", "phone": self._phone, "email": self._email("client"), "pin_code": PIN}
        [self.client_uid] = self._batch("client_uid", "/api/v1/client", client)
        for number in range(3):
            self._batch("category_uid", "/api/v1/category", {"uid": f"cat-{number}"})
            value = {"uid": f"val-{number}", "language": "es", "name": "Rojo"}
            self._post("/api/v1/attribute/value", {"data": [value]})
            self._note("value_uid", value["uid"])
            attribute = {
                "uid": f"attr-{number}",
                "product_uid": self.known["product_uid"][0],
                "value_uid": f"val-{number}",
            }
            self._batch("attribute_uid", "/api/v1/attribute", attribute)
            self._batch("order_uid", "/api/v1/order", {"uid": f"order-{number}", "user_uid": self.client_uid})
        self._batch("code", "/api/v1/currency", {"code": "EUR", "name": "Euro", "rate": 0.85})
        self.known |= {"language": ["es", "en"], "status": ["pending", "shipped"], "email": [self._email("client")]}
        self.known |= {"user_uid": [self.client_uid], "parent_uid": ["cat-0"], "username": [self._email("ADMIN")]}

    def _note(self, name: str, value: Any) -> None:
        self.known.setdefault(name, []).append(value)

    def _made(self, name: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = self._post(path, body)
        self._note(name, made.get(name, made.get("id")))
        return made

    def _batch(self, name: str, path: str, element: Mapping[str, Any]) -> list[Any]:
        uids: list[Any] = self._post(path, {"data": [element]})["data"]
        self.known.setdefault(name, []).extend(uids)
        return uids

    def _post(self, path: str, body: Any) -> Any:
        token = self._tokens.get("OWNER")
        headers = {"Authorization": f"Bearer {token}"} if token and "auth/" not in path else {}
        answer = self.http.post(self.url + path, json=body, headers=headers, timeout=15)
        assert answer.ok, (path, answer.status_code, answer.text)
        return answer.json()
