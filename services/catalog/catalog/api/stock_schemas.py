"""The shapes of adjustments and movements."""

from __future__ import annotations

import marshmallow as ma

from catalog.api.schemas import MAX_UNITS
from catalog.domain.models import MOVEMENT_KINDS
from catalog.ledger import MOVEMENT_ORDERINGS
from chassis.pagination import ListQuery
from chassis.schemas import Choice, Date, Integer, Ordering, Schema, Text


class Adjustment(Schema):
    delta = Integer(
        required=True, minimum=-MAX_UNITS, maximum=MAX_UNITS,
        validate=ma.validate.NoneOf([0], error="This value may not be zero."),
    )  # fmt: skip
    reason = Text(required=True, max_length=200)


class MovementQuery(ListQuery):
    ordering = Ordering(MOVEMENT_ORDERINGS)
    kind = Choice(MOVEMENT_KINDS)
    date_from = Date(metadata={"description": "A day of the account's time zone."})
    date_to = Date(metadata={"description": "The last day, included."})


class MovementOut(Schema):
    id = Integer()
    kind = Choice(MOVEMENT_KINDS)
    delta = Integer(metadata={"description": "Units that came (or, negative, went)."})
    balance = Integer(metadata={"description": "The stock after this movement."})
    order_uid = Text(allow_none=True)
    reason = Text(allow_none=True)
    user_uid = Text(allow_none=True, metadata={"description": "Who did it; null when the system did."})
    created_at = ma.fields.DateTime()
