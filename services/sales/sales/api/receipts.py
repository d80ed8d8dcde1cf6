"""An order's receipt: for a printer, a screen, or to keep."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from chassis.blueprint import Blueprint
from chassis.current import reading
from chassis.problems import NotFound
from chassis.tenants import zone_of
from sales import queries
from sales.api import schemas
from sales.api.receipt_html import as_html
from sales.api.receipt_pdf import as_pdf
from sales.api.receipt_text import COLUMNS, as_text
from sales.domain.receipts import WORDS, Receipt, receipt

TEXT, HTML, PDF = "text/plain", "text/html", "application/pdf"
TYPES = {"text": TEXT, "html": HTML, "pdf": PDF}
POLICY = "default-src 'none'; style-src 'unsafe-inline'; font-src data:; frame-ancestors 'none'"
"""What a page needs that carries its style and its font and loads nothing; the gateway passes it on instead of its own."""

blp = Blueprint("receipts", __name__, tag="Orders", description="Receipts of orders")


@blp.get("/api/orders/<int:order_id>/receipt/")
@blp.doc(operationId="getReceipt")
@blp.query(schemas.ReceiptQuery)
@blp.files(response=[TEXT, HTML, PDF])
def show(query: dict[str, Any], order_id: int) -> Response:
    """The receipt as text, HTML or PDF (`format`, else `Accept`) in the language of `Accept-Language`; says so if not paid."""
    type_ = TYPES[query["format"]] if "format" in query else request.accept_mimetypes.best_match(TYPES.values(), TEXT)
    found = _receipt(order_id)
    body = _rendered(found, str(type_), int(query["width"]))
    answer = Response(body, 200, content_type=type_ if type_ == PDF else f"{type_}; charset=utf-8")
    answer.headers["Vary"] = "Accept, Accept-Language"
    if type_ == HTML:
        answer.headers["Content-Security-Policy"] = POLICY
    if type_ == PDF:
        answer.headers["Content-Disposition"] = f'inline; filename="{found.folio}.pdf"'
    return answer


def _receipt(order_id: int) -> Receipt:
    language = request.accept_languages.best_match(WORDS, "en")
    with reading() as session:
        found = queries.find_for_receipt(session, order_id)
        if found is None:
            raise NotFound
        order, lines = found
        company, zone = queries.company_name(session), zone_of(session)
    return receipt(order, lines, company=company, zone=zone, language=str(language))


def _rendered(shown: Receipt, type_: str, width: int) -> str | bytes:
    if type_ == PDF:
        return as_pdf(shown, width=width)
    return as_html(shown, width=width) if type_ == HTML else as_text(shown, columns=COLUMNS[width])
