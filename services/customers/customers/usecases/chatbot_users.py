"""The chatbot's users: register, rename, delete, and note that one has been heard of (001, ChatBot User Management)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from chassis.columns import UtcDateTime
from chassis.db import utcnow
from chassis.idempotency_keys import forget_answers
from chassis.prepared import prepared, prepared_insert
from chassis.problems import NotFound
from chassis.search import search_text
from customers.domain.errors import MobileNumberTaken
from customers.domain.models import ChatbotUser
from customers.domain.phones import keyed
from customers.queries import CHATBOT_USER, chatbot_user_dict, chatbot_user_row, phone_key

_INSERT = prepared_insert(ChatbotUser, returning=CHATBOT_USER, or_ignore=True)
_TOUCH = prepared(
    update(ChatbotUser)
    .where(ChatbotUser.phone_key == bindparam("key"))
    .values(last_interaction=bindparam("now", type_=UtcDateTime))
    .returning(ChatbotUser.mobile_number)
)

Precondition = Callable[[dict[str, Any]], None]


def create_chatbot_user(session: Session, *, mobile_number: str, name: str) -> dict[str, Any]:
    """Register one; MobileNumberTaken."""
    key = phone_key(session, mobile_number)
    # The index does not know of a number that was there twice before there were keys.
    if session.execute(select(ChatbotUser.mobile_number).where(ChatbotUser.phone_key == key).limit(1)).first():
        raise MobileNumberTaken
    words = search_text(mobile_number, name, key)
    row = _INSERT(
        session,
        {
            "mobile_number": mobile_number, "name": name, "search_text": words, "last_interaction": utcnow(),
            **keyed(mobile_number, key),
        },
    ).first()  # fmt: skip
    if row is None:
        raise MobileNumberTaken
    return chatbot_user_dict(row)


def update_chatbot_user(
    session: Session, *, mobile_number: str, changes: dict[str, Any], precondition: Precondition
) -> dict[str, Any]:
    """Change what is given; the interaction moves whatever is. NotFound, or what `precondition` raises."""
    row = chatbot_user_row(session, mobile_number, lock=True)
    precondition(chatbot_user_dict(row))
    name = changes.get("name", row.name)
    changed = (
        update(ChatbotUser)
        .where(ChatbotUser.mobile_number == row.mobile_number)
        .values(
            name=name,
            search_text=search_text(row.mobile_number, name, phone_key(session, mobile_number)),
            last_interaction=utcnow(),
        )
    )
    return chatbot_user_dict(session.execute(changed.returning(*CHATBOT_USER)).one())


def delete_chatbot_user(session: Session, *, mobile_number: str, precondition: Precondition) -> None:
    """Delete one for good. NotFound, or what `precondition` raises."""
    row = chatbot_user_row(session, mobile_number, lock=True)
    precondition(chatbot_user_dict(row))
    session.execute(delete(ChatbotUser).where(ChatbotUser.mobile_number == row.mobile_number))
    forget_answers(session, f"chatbot_user:{row.mobile_number}")


def note_interaction(session: Session, *, mobile_number: str) -> None:
    """The chatbot has just heard from this user. NotFound."""
    if _TOUCH(session, key=phone_key(session, mobile_number), now=utcnow()).first() is None:
        raise NotFound
