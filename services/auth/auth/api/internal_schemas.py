"""Answers to other services."""

from __future__ import annotations

import marshmallow as ma

from chassis import schemas


class FoundUserOut(schemas.Schema):
    user_uid = schemas.Text()


class FoundUsersOut(schemas.Schema):
    """The users that a look-up by uids found."""

    users = schemas.List(schemas.Nested(FoundUserOut))


class KindsOut(schemas.Schema):
    """`user` by each uid that is a user's."""

    kinds = ma.fields.Dict(keys=schemas.Text(), values=schemas.Text())


class ClientStateIn(schemas.Schema):
    """The data of a `ClientChanged`, with its version."""

    client_id = schemas.Integer(required=True)
    client_uid = schemas.Uid(required=True)
    name = schemas.Text(required=True, allow_none=True)
    email = schemas.Text(required=True, allow_none=True)
    phone = schemas.Text(required=True, allow_none=True)
    active = schemas.Boolean(required=True)
    deleted = schemas.Boolean(required=True)
    credentials_version = schemas.Integer(required=True)
    version = schemas.Integer(required=True)


class ClientsEnded(schemas.Schema):
    """Clients whose sessions have to end."""

    clients = schemas.List(schemas.Nested(ClientStateIn), required=True, empty=False)
