"""gunicorn's thread worker, with threads that stay with a busy connection and connections that survive a refused body; its
refusals in JSON; and its logger without an access log.

The stock worker hands a connection back to its main thread after every answer and has it dispatched anew for the next request:
two changes of thread a request, under one interpreter lock. The gateway keeps its connections busy, so a thread that has
answered looks a few milliseconds for the next request on the same one, unless other connections wait for a thread.
"""

from __future__ import annotations

import select
import time
from typing import Any

import orjson
from gunicorn import util
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

LINGER_MS = 4
UNREAD_BYTES, UNREAD_SECONDS = 64 * 1024 * 1024, 5
"""Of a refused request's body; no route takes half as much, and the gateway sends none before it has all of it."""


class LingeringThreadWorker(ThreadWorker):  # type: ignore[misc]
    """`gthread` that answers the next request of a connection in the thread that answered the last one."""

    def handle(self, conn: Any) -> Any:
        """Serve requests of `conn` while they follow closely; then as the stock worker."""
        while (kept := super().handle(conn)) is True and self._next_follows(conn):
            pass
        return kept

    def _keepalive_after(self, conn: Any, keepalive: Any) -> bool:
        """Read what the service left unread, all of it. The stock worker hangs up after 64 KiB, when its answer has promised
        the gateway to stay: the next request on that connection, somebody else's, then got a 502.
        """
        deadline = time.monotonic() + UNREAD_SECONDS
        return bool(keepalive) and bool(conn.parser.finish_body(deadline=deadline, max_bytes=UNREAD_BYTES))

    def _next_follows(self, conn: Any) -> bool:
        if not self.alive or conn.is_http2 or not self.tpool._work_queue.empty():
            return False
        if conn.parser.unreader.buf.getvalue():
            return True  # it has been read already, together with the last one
        poll = select.poll()
        poll.register(conn.sock, select.POLLIN)
        return bool(poll.poll(LINGER_MS))


def refuse(client: Any, status: int, reason: str, _told: str) -> None:
    """Answer what gunicorn could not read, e.g. a header with control characters: as the services do, not with a page."""
    body = orjson.dumps({"detail": f"{reason.capitalize()}."})
    head = (
        f"HTTP/1.1 {status} {reason}",
        "Connection: close",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    util.write_nonblock(client, "\r\n".join((*head, "", "")).encode("latin1") + body)


util.write_error = refuse


class ServerLogger(Logger):  # type: ignore[misc]
    """gunicorn's own messages only: with a logging configuration it would write every access, as the gateway does."""

    def access(self, *_: Any) -> None:
        """Nothing."""
