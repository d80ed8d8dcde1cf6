"""Lists: `page`, `page_size`, `X-Total-Count` and `Link` (RFC 8288) for plain arrays, or count/next/previous/results.

Without `page` a list returns at most 1,000 rows, which are the first five of the largest pages: `Link` leads to the sixth.
A page past the end is empty; a `page_size` above 200 is 200.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from sqlalchemy import Row, Select
from sqlalchemy.orm import Session

from chassis import schemas
from chassis.json import json_response, streamed_array
from chassis.prepared import PreparedList, counting

MAX_PAGE_SIZE = 200
DEFAULT_PAGE_SIZE = 50
UNPAGED_LIMIT = 1000
MAX_LINK = 16 * 1024
"""Characters. A longer `Link` is left out: the gateway has room for 32 KB of headers."""


class ListQuery(schemas.Schema):
    """What every list takes; a resource's query adds its filters and `ordering`."""

    page = schemas.Integer(minimum=1, metadata={"description": "From 1; a page past the end is empty."})
    page_size = schemas.Integer(
        minimum=1, metadata={"description": "Rows a page, 50 by default; more than 200 is 200."}
    )
    search = schemas.Text(max_length=200, metadata={"description": "A part of one of the texts that are looked at."})


def listed(
    session: Session,
    statement: Select[*tuple[Any, ...]] | PreparedList,
    query: Mapping[str, Any],
    to_dict: Callable[[Any], Any],
    *,
    values: Mapping[str, Any] | None = None,
    enveloped: bool = False,
    whole_page: bool = False,
) -> Response:
    """Answer with one page of `statement`'s rows, each through `to_dict`. `values` are those of its bound parameters.

    With `whole_page` it takes the page's rows and gives the list of answers, so that what belongs to them is fetched by
    one statement. Where that could fill the memory it gives an iterator of such lists, and the answer is streamed.
    """
    paged = "page" in query or "page_size" in query or enveloped
    number = query.get("page", 1) if paged else 1
    size = min(query.get("page_size", DEFAULT_PAGE_SIZE), MAX_PAGE_SIZE) if paged else UNPAGED_LIMIT
    offset = (number - 1) * size
    rows, total = rows_and_total(session, statement, values, offset=offset, limit=size)
    if paged:
        links = _links(query, number, number, size, total)
    else:
        links = _links(query, 1, size // MAX_PAGE_SIZE, MAX_PAGE_SIZE, total, page_size=MAX_PAGE_SIZE)
    items = to_dict(rows) if whole_page else [to_dict(row) for row in rows]
    headers = {"X-Total-Count": str(total)}
    link = ", ".join(f'<{url}>; rel="{rel}"' for rel, url in links.items())
    if len(link) <= MAX_LINK:
        headers["Link"] = link
    if isinstance(items, Iterator):
        return streamed_array(items, 200, headers)
    if enveloped:
        body = {"count": total, "next": links.get("next"), "previous": links.get("prev"), "results": items}
        return json_response(body, 200, headers)
    return json_response(items, 200, headers)


def rows_and_total(
    session: Session,
    statement: Select[*tuple[Any, ...]] | PreparedList,
    values: Mapping[str, Any] | None = None,
    *,
    offset: int,
    limit: int,
) -> tuple[Sequence[Row[Any]], int]:
    """A part of `statement`'s rows and how many there are in all; no count is made when the part itself tells."""
    if isinstance(statement, PreparedList):
        rows = statement.rows(session, values or {}, offset=offset, limit=limit)
    else:
        rows = session.execute(statement.limit(limit).offset(offset), values).all()
    if len(rows) < limit and (rows or offset == 0):
        return rows, offset + len(rows)
    if isinstance(statement, PreparedList):
        return rows, statement.count(session, values or {})
    return rows, session.execute(counting(statement), values).scalar_one()


def _links(query: Mapping[str, Any], shown: int, through: int, size: int, total: int, **more: int) -> dict[str, str]:
    """Where to go from the pages `shown` to `through`, with the arguments that the list knows and `more`."""
    last = max(1, -(-total // size))
    pages = {"first": 1, "prev": shown - 1, "next": through + 1, "last": last}
    # Relative to the host: the gateway's name is the client's business.
    # Neither an unknown argument nor an empty one changes the list.
    given = [(name, value) for name, value in request.args.items(multi=True) if value != ""]
    arguments = [(name, value) for name, value in given if name in query and name != "page"]
    return {
        rel: f"{request.path}?{urlencode([*arguments, *more.items(), ('page', page)])}"
        for rel, page in pages.items()
        if 1 <= page <= last
    }
