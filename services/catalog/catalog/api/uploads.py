"""Files as request bodies: raw, or as the part `file` of a form. One at a time of an account, and never whole in memory."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import file_digest
from io import BufferedIOBase
from shutil import copyfileobj
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, ClassVar, TypeVar, cast

from flask import g, request

from catalog.api.product_files import BadFile
from chassis.access import current_user
from chassis.problems import Problem, Unavailable
from chassis.text import cut

View = TypeVar("View", bound=Callable[..., Any])
MAX_UPLOAD = 32 * 1024 * 1024  # bytes, as the gateway lets through
IN_MEMORY = 256 * 1024
_RAW = ("text/csv", "text/plain", "application/csv", "application/vnd.ms-excel", "application/octet-stream")
WAIT = 20.0
"""Seconds that a file waits for its turn before it is answered 503."""


class Turns:
    """Which accounts' files are being worked on in this process. An account's files queue, `at_once` accounts run at a time.

    A file occupies a thread and an interpreter for seconds: more of them, or more of them waiting, would slow down the tills.
    """

    def __init__(self, at_once: int, *, waiting: int = 1) -> None:
        self._at_once, self._may_wait = at_once, waiting
        self._changed = threading.Condition()
        self._running: set[int] = set()
        self._waiting = 0

    @contextmanager
    def turn(self, account_id: int) -> Iterator[None]:
        """Run the block when it is this account's turn; 503 when too many wait, or after `WAIT` seconds."""
        with self._changed:
            self._wait_for(lambda: account_id not in self._running and len(self._running) < self._at_once)
            self._running.add(account_id)
        try:
            yield
        finally:
            with self._changed:
                self._running.remove(account_id)
                self._changed.notify_all()

    def _wait_for(self, ready: Callable[[], bool]) -> None:
        if ready():
            return
        refused = Unavailable("Another file is being imported, try again later.", retry_after=5)
        if self._waiting >= self._may_wait:
            raise refused
        self._waiting += 1
        try:
            if not self._changed.wait_for(ready, timeout=WAIT):
                raise refused
        finally:
            self._waiting -= 1


IMPORTS, DRY_RUNS = Turns(2), Turns(1)
"""Kept apart: a dry run keeps nobody's import waiting."""


class UnsupportedMediaType(Problem):
    """415: nothing that could be a file of products."""

    status = 415
    example: ClassVar[Mapping[str, Any]] = {"media_type": "application/json"}

    def __init__(self, media_type: str) -> None:
        super().__init__(f'Unsupported media type "{cut(media_type)}" in request.')


def uploaded(view: View) -> View:
    """Decorate a view that takes a file and a query with `dry_run`: it gets the file as its first argument. 503 when busy."""

    @functools.wraps(view)
    def wrapped(query: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
        turns = DRY_RUNS if query["dry_run"] else IMPORTS
        with turns.turn(current_user().account_id):
            request.max_content_length = MAX_UPLOAD
            with _file() as file:
                g.body_digest = file_digest(cast("BufferedIOBase", file), "sha256").hexdigest()
                file.seek(0)
                return view(file, query, *args, **kwargs)

    return wrapped  # type: ignore[return-value]


@contextmanager
def _file() -> Iterator[BinaryIO]:
    if request.mimetype == "multipart/form-data":
        part = request.files.get("file")
        if part is None:
            raise BadFile("No file was submitted.")
        with part.stream as stream:
            yield cast("BinaryIO", stream)
        return
    if request.mimetype not in _RAW:
        raise UnsupportedMediaType(request.mimetype)
    with SpooledTemporaryFile(max_size=IN_MEMORY) as spool:
        copyfileobj(request.stream, spool)
        spool.seek(0)
        yield cast("BinaryIO", spool)
