"""The shapes of the audit trail."""

from __future__ import annotations

import marshmallow as ma

from auth.audit_queries import AUDIT_ORDERINGS
from auth.usecases.audit import ACTIONS
from chassis import schemas
from chassis.columns import UID_LENGTH
from chassis.pagination import ListQuery


class AuditQuery(ListQuery):
    """`search` looks at the names of subject and actor, and the user agent."""

    ordering = schemas.Ordering(AUDIT_ORDERINGS)
    action = schemas.Choice(ACTIONS)
    subject = schemas.Text(max_length=UID_LENGTH, metadata={"description": "The uid of whom or what it happened to."})
    actor = schemas.Text(max_length=UID_LENGTH, metadata={"description": "The uid of who did it."})
    ip_address = schemas.Text(max_length=45)
    date_from = schemas.Date(metadata={"description": "A day of the account's time zone."})
    date_to = schemas.Date(metadata={"description": "The last day, included."})


class SubjectOut(schemas.Schema):
    """Whom or what it happened to; a `login` by an unknown name has neither uid nor name."""

    type = schemas.Text()
    uid = schemas.Text(allow_none=True)
    name = schemas.Text()


class ActorOut(schemas.Schema):
    """Who did it; the platform itself is `system` and has no uid."""

    uid = schemas.Text(allow_none=True)
    name = schemas.Text()


class AuditEntryOut(schemas.Schema):
    """A security event."""

    id = schemas.Integer()
    at = ma.fields.AwareDateTime()
    action = schemas.Choice(ACTIONS)
    subject = schemas.Nested(SubjectOut)
    actor = schemas.Nested(ActorOut, allow_none=True)
    ip_address = schemas.Text()
    user_agent = schemas.Text()
    details = ma.fields.Dict()
