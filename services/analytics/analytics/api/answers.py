"""A report's answer: JSON, CSV (`Accept: text/csv` or `?format=csv`) or a chart (`?format=svg`), and how fresh it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Response, request
from sqlalchemy import Select
from sqlalchemy.orm import Session

from analytics.api import charts
from analytics.queries.freshness import Fresh, freshness
from chassis import pagination, spreadsheets
from chassis.current import reading
from chassis.json import json_response
from chassis.problems import Problem

JSON, CSV, SVG = "application/json", "text/csv", "image/svg+xml"
DATA_AS_OF = {
    "X-Data-As-Of": {
        "description": "The time of the newest event that the figures contain.",
        "schema": {"type": "string", "format": "date-time"},
    }
}
_TYPES = {"json": JSON, "csv": CSV, "svg": SVG}

Query = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report in all its forms: the JSON's figures, the CSV's header and rows made of them, and charts by name.

    `name` is what a saved file is called.
    """

    name: str
    figures: Callable[[Session, Query], dict[str, Any]]
    table: Callable[[dict[str, Any]], Iterable[Sequence[Any]]]
    charts: Mapping[str, Callable[[Session, Query], charts.Chart]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A report that is a list of products; `nothing` is said instead of an empty one."""

    name: str
    rows: Callable[[Session, Query], Select[*tuple[Any, ...]] | None]
    fields: Mapping[str, str]
    nothing: str

    def out(self, row: Any) -> dict[str, Any]:
        """A row as the API shows it."""
        return {name: getattr(row, column) for name, column in self.fields.items()}


def answer(report: Report, query: Query) -> Response:
    """The report; `X-Data-As-Of` is the time of the newest event that is in its figures."""
    wanted = _wanted(query, [JSON, CSV, SVG] if report.charts else [JSON, CSV])
    with reading() as session:
        fresh = freshness(session)  # before the sums: they are never older than this says
        try:
            if wanted == SVG:
                return _finished(Response(_chart(session, report, query, fresh), mimetype=SVG), fresh)
            figures = report.figures(session, query)
        except Problem as problem:
            problem.headers = {**problem.headers, **_headers(fresh)}
            raise
    if wanted == CSV:
        return _file(report.name, report.table(figures), fresh)
    return _finished(json_response(figures, numbers=True), fresh)


def listing(report: Listing, query: Query) -> Response:
    """The list, by pages as all lists; a CSV always has all of it."""
    wanted = _wanted(query, [JSON, CSV])
    with reading() as session:
        fresh = freshness(session)
        statement = report.rows(session, query)
        if wanted == CSV:
            found = [] if statement is None else session.execute(statement).all()
            lines = ([getattr(row, column) for column in report.fields.values()] for row in found)
            return _file(report.name, [list(report.fields), *lines], fresh)
        nothing = {"message": report.nothing}
        if statement is None:
            return _finished(json_response(nothing), fresh)
        response = pagination.listed(session, statement, query, report.out)
    if response.headers["X-Total-Count"] == "0":
        response = json_response(nothing, 200, {"X-Total-Count": "0"})
    return _finished(response, fresh)


def _wanted(query: Query, possible: Sequence[str]) -> str:
    if "format" in query:
        return _TYPES[query["format"]]
    return request.accept_mimetypes.best_match(possible, default=JSON) or JSON


def _chart(session: Session, report: Report, query: Query, fresh: Fresh) -> bytes:
    name = query.get("chart", next(iter(report.charts)))
    return charts.drawn(charts.cache_key(session, fresh), lambda: report.charts[name](session, query))


def _file(name: str, rows: Iterable[Sequence[Any]], fresh: Fresh) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return _finished(Response(spreadsheets.csv_file(rows), 200, headers, content_type="text/csv; charset=utf-8"), fresh)


def _finished(response: Response, fresh: Fresh) -> Response:
    response.headers.update(_headers(fresh))
    response.headers["Vary"] = "Accept"
    return response


def _headers(fresh: Fresh) -> dict[str, str]:
    return {} if fresh.as_of is None else {"X-Data-As-Of": f"{fresh.as_of:%Y-%m-%dT%H:%M:%S.%fZ}"}
