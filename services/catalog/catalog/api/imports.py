"""`/api/products/import/` and `/api/products/export/`: the catalogue as a CSV file, in and out."""

from __future__ import annotations

from collections import Counter
from typing import Any, BinaryIO

import marshmallow as ma
from flask import Response
from sqlalchemy.orm import Session

from catalog.api.actors import current_actor
from catalog.api.product_files import read_lines, write_lines
from catalog.api.uploads import uploaded
from catalog.domain.errors import ImportIncomplete, ImportRefused
from catalog.domain.product_file import CREATED, ERROR, UNCHANGED, UPDATED, Line
from catalog.file_queries import all_products, supplier_names
from catalog.usecases.import_plans import ImportPlan, plan_import
from catalog.workflows.import_files import import_file
from chassis import idempotency, web
from chassis.access import current_user, roles
from chassis.blueprint import Blueprint
from chassis.current import database, reading
from chassis.json import json_response
from chassis.schemas import Boolean, Choice, Integer, List, Nested, Schema, Text

LISTED = 5000
"""Lines that a report names one by one; of a larger file those with errors, then those with changes."""
_COUNTS = {"created": CREATED, "updated": UPDATED, "unchanged": UNCHANGED, "errors": ERROR}

blp = Blueprint("product files", __name__, tag="Products", description="The whole catalogue as a file.")


class ImportQuery(Schema):
    dry_run = Boolean(load_default=True, metadata={"description": "Only tell what would happen; the default."})
    decimal = Choice(
        ["comma", "dot"],
        metadata={
            "description": "How numbers are written: `1.234,50` (comma) or `1,234.50` (dot)."
            " By default comma in a file with `;` between its cells, dot in one with `,`."
        },
    )


class LineOut(Schema):
    line = Integer(metadata={"description": "The line of the file on which the product begins, from 1."})
    sku = Text()
    verdict = Choice([CREATED, UPDATED, UNCHANGED, ERROR])
    changes = ma.fields.Dict(
        metadata={
            "description": "What an updated product's fields were and become, by column:"
            ' `{"current_stock": {"before": 5, "after": 8}}`; `supplier` is an id.'
        }
    )
    errors = ma.fields.Dict(metadata={"description": "Messages by column; `line` for the line as a whole."})


class ImportOut(Schema):
    dry_run = Boolean()
    lines = Integer(metadata={"description": "Products in the file."})
    created = Integer()
    updated = Integer()
    unchanged = Integer()
    errors = Integer(metadata={"description": "Lines with errors; with any, nothing is imported."})
    stock_changes = Integer(metadata={"description": "Products that were there and get another stock."})
    complete = Boolean(
        metadata={"description": "Whether `verdicts` has every line, not only some of those with errors or changes."}
    )
    verdicts = List(Nested(LineOut))


@blp.post("/api/products/import/")
@blp.doc(operationId="importProductFile")
@roles("ADMIN", "OWNER")
@blp.files(request=["multipart/form-data", "application/octet-stream"])
@blp.query(ImportQuery)
@blp.response(200, ImportOut)
@uploaded
def import_(file: BinaryIO, query: dict[str, Any]) -> Response:
    """Create and change products by SKU; `?dry_run=false` does it, without it only the report is made.

    The body is a form with the part `file`, or the file itself as `application/octet-stream` or `text/csv`. With errors
    nothing is stored: a dry run answers 200, an import 400. An import that was interrupted, or answers 409, has stored some
    of the lines; send the same file again to store the rest.
    """
    lines = read_lines(file, decimal=query.get("decimal"))
    return _dry_run(lines) if query["dry_run"] else _import(lines)


@blp.get("/api/products/export/")
@blp.doc(operationId="exportProductFile")
@roles("ADMIN", "OWNER")
@blp.files(response=["text/csv"])
def export() -> Response:
    """All products as a CSV file that an import reads as what it was made of; no cell is a formula."""
    with reading() as session:
        suppliers = supplier_names(session)
    chunks = all_products(database(), current_user().account_id)
    headers = {"Content-Disposition": 'attachment; filename="products.csv"'}
    return Response(write_lines(chunks, suppliers), 200, headers, content_type="text/csv; charset=utf-8")


def _dry_run(lines: list[Line]) -> Response:
    _plan(lines)
    return json_response(_report(lines, dry_run=True))


@idempotency.idempotent  # not a dry run: it would answer for the import under the same key
def _import(lines: list[Line]) -> Response:
    plan = _plan(lines)
    if any(line.errors for line in lines):
        raise ImportRefused(_report(lines, dry_run=False))
    import_file(database(), plan=plan, actor=current_actor())
    report = _report(lines, dry_run=False)
    if report["errors"]:
        raise ImportIncomplete(report)
    return web.respond(200, _answer, report=report)


def _answer(_session: Session, *, report: dict[str, Any]) -> dict[str, Any]:
    return report


def _plan(lines: list[Line]) -> ImportPlan:
    with reading() as session:
        return plan_import(session, lines)


def _report(lines: list[Line], *, dry_run: bool) -> dict[str, Any]:
    complete = len(lines) <= LISTED
    named = lines
    if not complete:
        named = [line for line in lines if line.verdict == ERROR]
        named += [line for line in lines if line.verdict == UPDATED][: max(0, LISTED - len(named))]
        named = sorted(named[:LISTED], key=lambda line: line.number)
    verdicts = Counter(line.verdict for line in lines)
    return {
        "dry_run": dry_run,
        "lines": len(lines),
        **{name: verdicts[verdict] for name, verdict in _COUNTS.items()},
        "stock_changes": sum("current_stock" in line.changes for line in lines),
        "complete": complete,
        "verdicts": [_line_out(line) for line in named],
    }


def _line_out(line: Line) -> dict[str, Any]:
    changes = {
        "supplier" if name == "supplier_id" else name: {"before": before, "after": after}
        for name, (before, after) in line.changes.items()
    }
    return {"line": line.number, "sku": line.sku, "verdict": line.verdict, "changes": changes, "errors": line.errors}
