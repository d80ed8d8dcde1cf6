"""What the chatbot says: one message in, one text out. It knows no terminal and no Telegram, and one chat from another.

Whoever shares a contact becomes a chatbot user (their number) and a customer (their points); with that they may order.
An order made here is PENDING: it is paid at the counter, and given up by the shop if nobody comes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from mostrador import LoggedOut, Mostrador, Refused, Unreachable

HELP = """/catalogo [página] - lo que vendemos
/buscar palabras - encuentra un producto
/agregar SKU [piezas] - lo pone en tu carrito
/vaciar - deja tu carrito vacío
/cotizar - cuánto cuesta tu carrito, con descuentos
/pedir - aparta tu carrito; se paga en la tienda
/cancelar - cancela tu último pedido
/puntos - tus puntos
/ayuda - esta lista"""
SHARE = "Comparte tu contacto para registrarte."
PAGE = 8


@dataclass(frozen=True)
class Contact:
    """A contact as Telegram shares it; `is_own` if it is the sender's and not somebody else's out of their phone book."""

    phone: str
    first_name: str
    last_name: str = ""
    is_own: bool = True


@dataclass(frozen=True)
class Message:
    """What somebody wrote or shared in a chat."""

    chat: int
    text: str = ""
    contact: Contact | None = None


@dataclass
class Chat:
    """What is known of a chat between two messages."""

    number: str = ""
    customer: int | None = None
    cart: dict[int, int] = field(default_factory=dict)
    order: dict[str, Any] | None = None


class Dialogue:
    """The bot's side of all chats."""

    def __init__(self, shop: Mostrador) -> None:
        self.shop = shop
        self.chats: dict[int, Chat] = {}
        self.commands: dict[str, Callable[[Chat, str], str]] = {
            "/start": self._start, "/ayuda": self._help, "/catalogo": self._catalogue, "/buscar": self._search,
            "/agregar": self._add, "/vaciar": self._empty, "/cotizar": self._quote, "/pedir": self._order,
            "/cancelar": self._cancel, "/puntos": self._points,
        }  # fmt: skip

    def answer(self, message: Message) -> str:
        """The answer to one message. LoggedOut when the bot itself is no longer logged in; nothing else is raised."""
        chat = self.chats.setdefault(message.chat, Chat())
        try:
            if message.contact:
                return self._register(chat, message.contact)
            self._note_interaction(chat)
            command, _, rest = message.text.strip().partition(" ")
            return self.commands.get(command.lower(), self._unknown)(chat, rest.strip())
        except LoggedOut:
            raise
        except Refused as refused:
            return str(refused)
        except Unreachable:
            return "La tienda no responde en este momento. Repite tu mensaje en un minuto: nada se pide dos veces."

    # --- who it is

    def _start(self, chat: Chat, _: str) -> str:
        return f"¡Hola! Soy el asistente de la tienda. {'' if chat.number else SHARE}\n{HELP}"

    def _register(self, chat: Chat, contact: Contact) -> str:
        if not contact.is_own:  # else anybody could look at anybody's points
            return "Ese contacto no es el tuyo."
        number = "+" + re.sub(r"\D", "", contact.phone)
        name = f"{contact.first_name} {contact.last_name}".strip()
        try:
            self.shop.post("/api/chatbotusers/", {"mobile_number": number, "name": name})
        except Refused as refused:
            if "mobile_number" not in refused.body or not self._is_known(number):
                raise
        customer = self._customer_of(number) or self.shop.post(
            "/api/customers/",
            {"first_name": contact.first_name, "last_name": contact.last_name or "-", "phone_number": number},
        )
        chat.number, chat.customer = number, customer["id"]
        return f"Listo, {customer['first_name']}. Tienes {customer['current_points']} puntos."

    def _is_known(self, number: str) -> bool:
        return bool(self.shop.get("/api/chatbotusers/", search=number))

    def _customer_of(self, number: str) -> dict[str, Any] | None:
        """The customer with this number, however the shop wrote it down."""
        found: list[dict[str, Any]] = self.shop.get("/api/customers/", phone_number=number)
        return found[0] if found else None

    def _note_interaction(self, chat: Chat) -> None:
        """The shop sees when it last heard from somebody; nobody waits for an answer because that fails."""
        if chat.number:
            try:
                self.shop.post(f"/api/chatbotusers/{quote(chat.number)}/interactions/")
            except LoggedOut:
                raise
            except (Refused, Unreachable):
                pass

    # --- what there is

    def _catalogue(self, _: Chat, page: str) -> str:
        number = int(page) if page.isdecimal() else 1
        found = self.shop.get("/api/products/", page=number, page_size=PAGE, ordering="name")
        more = f"\nMás: /catalogo {number + 1}" if len(found) == PAGE else ""
        return _products(found) + more

    def _search(self, _: Chat, text: str) -> str:
        return _products(self.shop.get("/api/products/", search=text, page=1, page_size=PAGE)) if text else HELP

    # --- the cart

    def _add(self, chat: Chat, line: str) -> str:
        sku, _, units = line.partition(" ")
        if not sku or not re.fullmatch(r"[1-9]\d{0,3}", units.strip() or "1"):
            return "Escribe /agregar SKU piezas, por ejemplo: /agregar KO-600-MX 2"
        found = self.shop.get("/api/products/", sku=sku)
        if not found:
            return f"No encontré el producto {sku}."
        chat.cart[found[0]["id"]] = chat.cart.get(found[0]["id"], 0) + int(units or 1)
        return f"En tu carrito: {chat.cart[found[0]['id']]} x {found[0]['name']}."

    def _empty(self, chat: Chat, _: str) -> str:
        chat.cart.clear()
        return "Tu carrito está vacío."

    def _quote(self, chat: Chat, _: str) -> str:
        if not chat.cart:
            return self._empty(chat, "")
        quote = self.shop.post("/api/orders/quote/", _basket(chat))
        lines = [
            f"{item['quantity']} x {item['product_name']}: ${item['amount']} + IVA ${item['tax_amount']}"
            + ("" if item["is_available"] else f" (solo quedan {item['available']})")
            for item in quote["items"]
        ]
        if quote["money_saved_total"] != "0.00":
            lines.append(f"Ahorras ${quote['money_saved_total']}")
        return "\n".join([*lines, f"Total: ${quote['final_amount']}. Ganas {quote['points_earned']} puntos."])

    # --- the order

    def _order(self, chat: Chat, _: str) -> str:
        if not chat.customer:
            return SHARE
        if not chat.cart:
            return self._empty(chat, "")
        chat.order = order = self.shop.post("/api/orders/", _basket(chat))
        chat.cart.clear()
        return f"Pedido {order['ticket_folio']} apartado: ${order['final_amount']}. Págalo en la tienda con ese folio."

    def _cancel(self, chat: Chat, _: str) -> str:
        if not chat.order:
            return "No tienes ningún pedido."
        done = self.shop.post(f"/api/orders/{chat.order['id']}/cancel/", {})
        chat.order = None
        return str(done["detail"])

    def _points(self, chat: Chat, _: str) -> str:
        if not chat.customer:
            return SHARE
        return f"Tienes {self.shop.get(f'/api/customers/{chat.customer}/')['current_points']} puntos."

    def _help(self, _chat: Chat, _: str) -> str:
        return HELP

    def _unknown(self, _chat: Chat, _: str) -> str:
        return f"No te entendí.\n{HELP}"


def _basket(chat: Chat) -> dict[str, Any]:
    return {"customer": chat.customer, "items": [{"product_id": p, "quantity": n} for p, n in chat.cart.items()]}


def _products(found: list[dict[str, Any]]) -> str:
    lines = (
        f"{p['sku']}  {p['name']}  ${p['final_price']}{'' if p['available_to_sell'] > 0 else '  (agotado)'}"
        for p in found
    )
    return "\n".join(lines) or "No encontré nada."
