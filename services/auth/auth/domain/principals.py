"""Principals: who a session belongs to, a user or a B2B client, in the words of the tokens' claims."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

CLIENT = "CLIENT"


@dataclass(frozen=True, slots=True)
class Principal:
    """`id` is a number among users or among clients, as `kind` says; `username` of a client is its phone."""

    kind: Literal["user", "client"]
    id: int
    uid: str
    account_id: int
    username: str
    email: str
    role: str


def principal_of_user(user: Any) -> Principal:
    """`user` has the user's columns."""
    return Principal("user", user.id, user.uid, user.account_id, user.username, user.email, user.role)


def principal_of_client(client: Any) -> Principal:
    """`client` has the client's columns."""
    return Principal("client", client.id, client.uid, client.account_id, client.phone, client.email or "", CLIENT)
