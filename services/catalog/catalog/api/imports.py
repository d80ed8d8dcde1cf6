"""`/api/products/import/` and `/api/products/export/`: the catalogue as a CSV file, in and out."""

from __future__ import annotations

from typing import Any, BinaryIO

import marshmallow as ma
from flask import Response

from catalog.api.actors import current_actor
from catalog.api.product_files import read_lines, write_lines
from catalog.api.uploads import uploaded
from catalog.domain.errors import ImportRefused
from catalog.domain.product_file import CREATED, ERROR, UNCHANGED, UPDATED
from catalog.file_queries import all_products, supplier_names
from catalog.usecases.import_plans import ImportPlan, plan_import
from catalog.usecases.imports import import_products
from chassis import idempotency, web
from chassis.access import current_user, roles
from chassis.blueprint import Blueprint
from chassis.current import database, reading
from chassis.json import json_response
from chassis.schemas import Boolean, Choice, Integer, List, Nested, Schema, Text

LISTED = 5000
"""Lines that a report names one by one; of a larger file it names those with errors only."""

blp = Blueprint("product files", __name__, tag="Products", description="The whole catalogue as a file.")


class ImportQuery(Schema):
    dry_run = Boolean(load_default=True, metadata={"description": "Only tell what would happen; the default."})


class LineOut(Schema):
    line = Integer(metadata={"description": "Where the product begins in the file; the header is line 1."})
    sku = Text()
    verdict = Choice([CREATED, UPDATED, UNCHANGED, ERROR])
    errors = ma.fields.Dict(metadata={"description": "Messages by column; `line` for the line as a whole."})


class ImportOut(Schema):
    dry_run = Boolean()
    lines = Integer(metadata={"description": "Products in the file."})
    created = Integer()
    updated = Integer()
    unchanged = Integer()
    errors = Integer(metadata={"description": "Lines with errors; with any, nothing is imported."})
    complete = Boolean(metadata={"description": "Whether `verdicts` has every line, not only those with errors."})
    verdicts = List(Nested(LineOut))


@blp.post("/api/products/import/")
@blp.doc(operationId="importProductFile")
@roles("ADMIN", "OWNER")
@blp.files(request=["multipart/form-data", "application/octet-stream"])
@uploaded
@blp.query(ImportQuery)
@blp.response(200, ImportOut)
def import_(file: BinaryIO, query: dict[str, Any]) -> Response:
    """Create and change products by SKU, all lines or none; `?dry_run=false` does it, without it only the report is made.

    The body is a form with the part `file`, or the file itself as `application/octet-stream` or `text/csv`.
    With errors a dry run answers 200, an import 400.
    """
    if query["dry_run"]:
        return json_response(_report(_planned(file), dry_run=True))
    return _import(file)


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


@idempotency.idempotent  # not a dry run: it would answer for the import under the same key
def _import(file: BinaryIO) -> Response:
    plan = _planned(file)
    report = _report(plan, dry_run=False)
    if report["errors"]:
        raise ImportRefused(report)
    return web.respond(200, import_products, plan=plan, report=report, actor=current_actor())


def _planned(file: BinaryIO) -> ImportPlan:
    lines = read_lines(file)
    with reading() as session:
        return plan_import(session, lines)


def _report(plan: ImportPlan, *, dry_run: bool) -> dict[str, Any]:
    complete = len(plan.lines) <= LISTED
    told = [
        {"line": line.number, "sku": line.sku, "verdict": verdict, "errors": line.errors}
        for line, verdict in zip(plan.lines, plan.verdicts, strict=True)
        if complete or verdict == ERROR
    ]
    return {
        "dry_run": dry_run,
        "lines": len(plan.lines),
        "created": plan.verdicts.count(CREATED),
        "updated": plan.verdicts.count(UPDATED),
        "unchanged": plan.verdicts.count(UNCHANGED),
        "errors": plan.verdicts.count(ERROR),
        "complete": complete,
        "verdicts": told[:LISTED],
    }
