"""Logs: one JSON object a line on stderr, with the request's id, trace, account and user on every line."""

from __future__ import annotations

import contextlib
import logging.config
import os
import sys
import time
from datetime import UTC, datetime
from typing import Any

import orjson

from chassis import tracing

# structlog takes rich along where it is installed, for a console renderer that nobody looks at here: 5 MB in each process.
_rich: Any = sys.modules.setdefault("rich", None)  # type: ignore[arg-type]
import structlog  # noqa: E402

if _rich is None:
    del sys.modules["rich"]

_SHARED: list[Any] = [
    tracing.add_to_line,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


_ready: dict[str, Any] = {"service": "", "written": False}


def _name(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    event["service"] = _ready["service"]
    return event


def _dumps(event: dict[str, Any], **_: Any) -> str:
    return orjson.dumps(event, default=str).decode()


def dict_config(level: str = "INFO") -> dict[str, Any]:
    """The stdlib logging configuration; gunicorn takes it as it is."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    _name,
                    structlog.processors.format_exc_info,
                    structlog.processors.JSONRenderer(serializer=_dumps),
                ],
                "foreign_pre_chain": _SHARED,
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {
            "pika": {"level": "CRITICAL"},  # it logs every failed try to connect with a stack; the worker logs its own
            "gunicorn.error": {"level": "INFO", "propagate": True, "handlers": []},
        },
    }


def configure(service: str, level: str = "INFO") -> None:
    """Set logging up for this process; every line says which service wrote it."""
    _ready.update(service=service, written=logging.getLevelNamesMapping()[level] <= logging.INFO)
    logging.config.dictConfig(dict_config(level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


_second = [(0, "")]  # as text, made once a second
_UNREAD = contextlib.suppress(OSError)  # stderr may be gone


def hot() -> bool:
    """Whether the INFO lines of hot paths are wanted. They pass the logging machinery by, at a tenth of its cost."""
    return bool(_ready["written"])


def beginning(event: str, **fields: Any) -> str:
    """The beginning of a hot line, up to and with the comma after what every such line has alike."""
    return orjson.dumps({"service": _ready["service"], "level": "info", "event": event, **fields})[:-1].decode() + ","


def now() -> str:
    """The time as the lines have it."""
    at = time.time()
    second, text = _second[0]
    if second != int(at):
        second = int(at)
        text = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        _second[0] = second, text
    return f"{text}.{int((at - second) * 1_000_000):06}Z"


def write(lines: str) -> None:
    """Write finished lines, each with its end, in one go."""
    with _UNREAD:
        os.write(2, lines.encode())


def get(name: str) -> Any:
    """A logger: `log = logs.get(__name__)`; `log.info("order_paid", order_uid=…)`."""
    return structlog.stdlib.get_logger(name)
