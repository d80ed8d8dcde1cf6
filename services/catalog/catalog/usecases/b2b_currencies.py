"""Currencies and their rates."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from catalog.domain.b2b_errors import refuse_incomplete
from catalog.domain.b2b_models import Currency
from catalog.usecases.rows import take_rows
from chassis.problems import Problem
from chassis.upserts import upsert


def upsert_currencies(session: Session, *, elements: Sequence[Mapping[str, Any]]) -> list[str]:
    """Create currencies or change them; their codes, in the order of the elements. A new one needs a name and a rate."""
    codes = [element["code"] for element in elements]
    there = {row.code for row in take_rows(session, Currency, ["code"], codes)}
    refuse_incomplete(elements, "code", there, ["name", "rate"])
    upsert(session, Currency, elements, key=["code"], returning=[Currency.code], new={"name": "", "rate": 1})
    return codes


def delete_currencies(session: Session, *, codes: Collection[str], unknown: type[Problem] | None = None) -> None:
    """Delete currencies; codes that name none are left out, unless all do and there is an `unknown` to raise."""
    if not take_rows(session, Currency, ["code"], codes) and unknown:
        raise unknown
    session.execute(delete(Currency).where(Currency.code.in_(codes)))
