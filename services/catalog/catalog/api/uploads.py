"""Files as request bodies: raw, or as the part `file` of a form. One at a time in a process, and never whole in memory."""

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
from chassis.problems import Problem, Unavailable
from chassis.text import cut

View = TypeVar("View", bound=Callable[..., Any])
MAX_UPLOAD = 32 * 1024 * 1024  # bytes, as the gateway lets through
IN_MEMORY = 256 * 1024
_RAW = ("text/csv", "text/plain", "application/csv", "application/vnd.ms-excel", "application/octet-stream")
_turn = threading.Lock()


class UnsupportedMediaType(Problem):
    """415: nothing that could be a file of products."""

    status = 415
    example: ClassVar[Mapping[str, Any]] = {"media_type": "application/json"}

    def __init__(self, media_type: str) -> None:
        super().__init__(f'Unsupported media type "{cut(media_type)}" in request.')


def uploaded(view: View) -> View:
    """Decorate a view that takes a file: it gets it as its first argument. 503 while another one is being worked on.

    A file occupies a thread and an interpreter for seconds, so a few of them at once would keep the tills waiting.
    """

    @functools.wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if not _turn.acquire(blocking=False):
            raise Unavailable("Another file is being imported, try again later.", retry_after=5)
        try:
            request.max_content_length = MAX_UPLOAD
            with _file() as file:
                g.body_digest = file_digest(cast("BufferedIOBase", file), "sha256").hexdigest()
                file.seek(0)
                return view(file, *args, **kwargs)
        finally:
            _turn.release()

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
