"""`/api/v1/currency`: currencies and their rates."""

from __future__ import annotations

from typing import Any

from flask import Response

from catalog import b2b_queries
from catalog.api.b2b_schemas import READERS, WRITERS, CurrencyCode, CurrencyOut, CurrencyUpsert
from catalog.usecases.b2b_currencies import delete_currencies, upsert_currencies
from chassis import b2b
from chassis.access import roles
from chassis.blueprint import Blueprint
from chassis.current import reading
from chassis.problems import NotFound

blp = Blueprint("b2b_currencies", __name__, tag="B2B currencies", description="Currencies and their rates.")


@blp.post("/api/v1/currency")
@blp.doc(operationId="upsertB2BCurrencies")
@roles(*WRITERS)
@blp.batch(CurrencyUpsert, unique="code")
@blp.response(200, b2b.UIDS)
def upsert(elements: list[dict[str, Any]]) -> Response:
    """Create or change currencies."""
    return b2b.respond(upsert_currencies, elements=elements)


@blp.get("/api/v1/currency")
@blp.doc(operationId="listB2BCurrencies")
@roles(*READERS)
@blp.query(b2b.OffsetQuery)
@blp.response(200, b2b.page(CurrencyOut))
def index(query: dict[str, Any]) -> Response:
    """The account's currencies."""
    with reading() as session:
        return b2b.listed(session, b2b_queries.currencies(), query, b2b_queries.currency_out)


@blp.get("/api/v1/currency/<code>")
@blp.doc(operationId="getB2BCurrency")
@roles(*READERS)
@blp.response(200, b2b.one(CurrencyOut))
def retrieve(code: str) -> Response:
    """One currency."""
    with reading() as session:
        return b2b.found(b2b_queries.find_currency(session, code.upper()))


@blp.delete("/api/v1/currency/<code>")
@blp.doc(operationId="deleteB2BCurrency")
@roles(*WRITERS)
@blp.response(200, b2b.DONE)
def delete(code: str) -> Response:
    """Delete one currency."""
    return b2b.done("currency deleted successfully", delete_currencies, codes=[code.upper()], unknown=NotFound)


@blp.delete("/api/v1/currency")
@blp.doc(operationId="deleteB2BCurrencies")
@roles(*WRITERS)
@blp.batch(CurrencyCode)
@blp.response(200, b2b.DONE)
def delete_batch(codes: list[str]) -> Response:
    """Delete currencies; unknown codes are ignored."""
    return b2b.done("currencies deleted successfully", delete_currencies, codes=codes)
