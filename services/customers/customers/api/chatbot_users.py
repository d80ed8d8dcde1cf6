"""`/api/chatbotusers/`: the people whom the chatbot knows, by mobile number (001, 24 and 25); ADMIN and OWNER only."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from chassis import idempotency, web
from chassis.access import roles
from chassis.blueprint import Blueprint
from chassis.conditional import check_if_match, detail, etag_of
from chassis.current import reading, writing
from chassis.json import json_response
from chassis.pagination import listed
from customers import queries
from customers.api.schemas import ChatbotUserCreate, ChatbotUserOut, ChatbotUserPatch, ChatbotUserQuery
from customers.usecases.chatbot_users import (
    create_chatbot_user,
    delete_chatbot_user,
    note_interaction,
    update_chatbot_user,
)

blp = Blueprint("chatbot_users", __name__, tag="Chatbot users", description="The chatbot's users.")

_ONE = "/api/chatbotusers/<string:mobile_number>/"


@blp.get("/api/chatbotusers/")
@blp.doc(operationId="listChatbotUsers")
@roles("ADMIN", "OWNER")
@blp.query(ChatbotUserQuery)
@blp.response(200, ChatbotUserOut(many=True))
def list_chatbot_users(query: dict[str, Any]) -> Response:
    """The chatbot's users by number; `search` looks at number and name."""
    with reading() as session:
        return listed(session, queries.chatbot_users(session, query), query, queries.chatbot_user_dict)


@blp.post("/api/chatbotusers/")
@blp.doc(operationId="createChatbotUser")
@roles("ADMIN", "OWNER")
@idempotency.idempotent
@blp.body(ChatbotUserCreate)
@blp.response(201, ChatbotUserOut)
def create(body: dict[str, Any]) -> Response:
    """Register a chatbot user."""

    def register(session: Session) -> dict[str, Any]:
        user = create_chatbot_user(session, **body)
        idempotency.about(f"chatbot_user:{user['mobile_number']}")
        return user

    return web.respond(201, register)


@blp.get(_ONE)
@blp.doc(operationId="getChatbotUser")
@roles("ADMIN", "OWNER")
@blp.response(200, ChatbotUserOut)
def show(mobile_number: str) -> Response:
    """One chatbot user, with an ETag."""
    with reading() as session:
        return detail(queries.chatbot_user_dict(queries.chatbot_user_row(session, mobile_number)))


@blp.route(_ONE, methods=["PUT", "PATCH"])
@blp.doc(operationId="updateChatbotUser")
@roles("ADMIN", "OWNER")
@blp.body(ChatbotUserPatch, partial=True)
@blp.response(200, ChatbotUserOut)
def change(body: dict[str, Any], mobile_number: str) -> Response:
    """Change a chatbot user's name; the number is what one is known by, and stays."""
    with writing() as session:
        answer = update_chatbot_user(session, mobile_number=mobile_number, changes=body, precondition=check_if_match)
    return json_response(answer, 200, {"ETag": etag_of(answer)})


@blp.delete(_ONE)
@blp.doc(operationId="deleteChatbotUser")
@roles("ADMIN", "OWNER")
@blp.response(204)
def delete(mobile_number: str) -> Response:
    """Delete a chatbot user for good."""
    return web.respond(204, delete_chatbot_user, mobile_number=mobile_number, precondition=check_if_match)


@blp.post(_ONE + "interactions/")
@blp.doc(operationId="recordChatbotInteraction")
@roles("ADMIN", "OWNER")
@idempotency.idempotent
@blp.response(204)
def interaction(mobile_number: str) -> Response:
    """The chatbot heard from this user just now."""
    return web.respond(204, note_interaction, mobile_number=mobile_number)
