"""The shop's chatbot, driven from the terminal as Telegram would drive it; through the gateway only.

    export SHOP_URL=http://127.0.0.1:8080 SHOP_LOGIN=… SHOP_PASSWORD=…   # `make up` prints them
    .venv/bin/python examples/chatbot.py

    /start                                          what a person writes; the bot answers, in Spanish
    /contacto +525544332211 Maria González          the person shares the own contact: Telegram's button
    /reenviar +525500000000 Otra Persona            …or somebody else's, which opens nothing
    @2 /start                                       the same from another chat; every chat has a cart of its own

What the bot says is in `dialogue.py`. For real Telegram write a second `Transport`: `messages` from `getUpdates`
(`message.chat.id`, `message.text`, `message.contact`; `is_own` is `contact.user_id == from.id`), `send` with `sendMessage`.

The bot works as a user of the shop (ADMIN or OWNER: chatbot users are theirs) with a session of the type `telegram_bot`,
of which a user has one. If a bot died without logging out, the next one takes over with `--replace`.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import sys
from collections.abc import Iterator
from typing import Protocol

from dialogue import Contact, Dialogue, Message
from mostrador import DEVICE, POS, LoggedOut, Mostrador, Refused, Unreachable

CLIENT_TYPE = "telegram_bot"


class Transport(Protocol):
    """How messages come and go."""

    def messages(self) -> Iterator[Message]:
        """The messages as they come, until there will be no more."""

    def send(self, chat: int, text: str) -> None:
        """Write into a chat."""


class Terminal:
    """Every line of the standard input is a message; `@2 …` is one in chat 2."""

    def messages(self) -> Iterator[Message]:
        for line in sys.stdin:
            chat, text = 1, line.strip()
            if text.startswith("@"):
                number, _, text = text[1:].partition(" ")
                chat = int(number) if number.isdecimal() else 1
            command, phone, name, last_name = [*text.split(maxsplit=3), "", "", "", ""][:4]
            if command in ("/contacto", "/reenviar") and name:
                yield Message(chat, contact=Contact(phone, name, last_name, is_own=command == "/contacto"))
            elif text:
                yield Message(chat, text)

    def send(self, chat: int, text: str) -> None:
        print("\n".join(f"@{chat} {line}" for line in text.splitlines()), flush=True)


def run(shop: Mostrador, transport: Transport) -> None:
    """Answer until there are no more messages. LoggedOut when the session was ended from elsewhere."""
    dialogue = Dialogue(shop)
    for message in transport.messages():
        transport.send(message.chat, dialogue.answer(message))


def log_in(shop: Mostrador, login: str, password: str) -> None:
    """Open the user's one session of the bot's type. LoggedOut if there is one already, or the password is wrong."""
    shop.log_in(
        DEVICE, username=login, password=password, client_type=CLIENT_TYPE, device_name=f"chatbot on {platform.node()}"
    )


def end_the_last_one(url: str, login: str, password: str) -> None:
    """End the session that a dead bot left behind, from a session of another type."""
    other = Mostrador(url)
    other.log_in(POS, email=login, password=password)
    for session in other.get("/api/v1/auth/sessions/"):
        if session["client_type"] == CLIENT_TYPE:
            other.post(f"/api/v1/auth/sessions/{session['id']}/revoke/", {})
    other.log_out()


def main() -> int:
    """Command line; 1 when the bot could not log in or lost its session."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--url", default=os.environ.get("SHOP_URL", "http://127.0.0.1:8080"))
    parser.add_argument("--login", default=os.environ.get("SHOP_LOGIN"), help="the bot's user, ADMIN or OWNER")
    parser.add_argument("--password", default=os.environ.get("SHOP_PASSWORD"))
    parser.add_argument("--replace", action="store_true", help="end the session of a bot that died")
    given = parser.parse_args()
    if not given.login or not given.password:
        parser.error("--login and --password (or SHOP_LOGIN and SHOP_PASSWORD) are needed; `make up` prints them")
    shop = Mostrador(given.url, language="es")
    try:
        if given.replace:
            end_the_last_one(given.url, given.login, given.password)
        log_in(shop, given.login, given.password)
        with contextlib.suppress(KeyboardInterrupt):
            run(shop, Terminal())
        shop.log_out()
    except (LoggedOut, Refused, Unreachable) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
