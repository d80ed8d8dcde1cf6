"""Logs: one JSON object a line on stderr, with the request's id and account bound to every line."""

from __future__ import annotations

import logging.config
from typing import Any

import orjson
import structlog

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


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
    logging.config.dictConfig(dict_config(level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            _naming(service),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _naming(service: str) -> Any:
    def add(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
        event["service"] = service
        return event

    return add


def get(name: str) -> Any:
    """A logger: `log = logs.get(__name__)`; `log.info("order_paid", order_uid=…)`."""
    return structlog.stdlib.get_logger(name)
