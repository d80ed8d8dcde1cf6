"""Answers to other services."""

from __future__ import annotations

from chassis import schemas


class FoundUserOut(schemas.Schema):
    user_uid = schemas.Text()


class FoundUsersOut(schemas.Schema):
    """The users that a look-up by uids found."""

    users = schemas.List(schemas.Nested(FoundUserOut))
