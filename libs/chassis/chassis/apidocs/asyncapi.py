"""The events as an AsyncAPI 3 document: schemas and examples of `contracts/events/`, envelope and listeners from the code."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import chassis
from chassis.apidocs.examples import Json
from chassis.messaging.envelope import CONTENT_TYPE, Event
from chassis.messaging.topology import EXCHANGE

_TEXT = {"type": "string", "minLength": 1, "maxLength": 255}
_COUNT = {"type": "integer", "minimum": 0}
_HEAD = """Facts that the services tell each other, as CloudEvents 1.0 in structured JSON over RabbitMQ.

A fact is published if and only if its transaction was committed, and may arrive more than once and in any order: a listener
knows it by its `id`, and sets state only from a higher `aggregateversion` than it has. Fields that a listener doesn't know
it ignores. Money is text with two decimals, times are UTC."""


def asyncapi_document(events: Path, heard: Mapping[str, Sequence[str]]) -> Json:
    """Of the folder `contracts/events`; `heard`: the event types that each service listens to."""
    channels: Json = {}
    operations: Json = {}
    messages: Json = {}
    for file in sorted(events.glob("*/*.json")):
        schema: Json = json.loads(file.read_text(encoding="utf-8"))
        producer, name = file.parent.name, file.stem
        key = f"{producer}.{name}"
        messages[name] = _message(producer, name, schema)
        channels[name] = {
            "address": key,
            "title": schema["title"],
            "messages": {name: {"$ref": f"#/components/messages/{name}"}},
            "bindings": {
                "amqp": {
                    "is": "routingKey",
                    "exchange": {"name": EXCHANGE, "type": "topic", "durable": True, "autoDelete": False, "vhost": "/"},
                    "bindingVersion": "0.3.0",
                }
            },
        }
        operations[f"{producer}.tells.{name}"] = _operation("send", producer, name)
        for service in (one for one, types in heard.items() if name in types):
            operations[f"{service}.hears.{name}"] = _operation("receive", service, name)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Mostrador: events",
            "version": chassis.__version__,
            "description": _HEAD,
            "license": {"name": "MIT"},
            "tags": [{"name": service} for service in heard],
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {
            "broker": {"host": "localhost:5672", "protocol": "amqp", "description": "`MOSTRADOR_AMQP_URL` says where."}
        },
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }


def _operation(action: str, service: str, name: str) -> Json:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{name}"},
        "messages": [{"$ref": f"#/channels/{name}/messages/{name}"}],
        "tags": [{"name": service}],
    }


def _message(producer: str, name: str, schema: Json) -> Json:
    data = {
        key: value for key, value in schema.items() if key not in ("$schema", "$id", "title", "description", "examples")
    }
    return {
        "name": name,
        "title": schema["title"],
        "description": schema["description"],
        "contentType": CONTENT_TYPE,
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": _envelope(producer, name, data),
        },
        "examples": [{"payload": _example(producer, name, one)} for one in schema["examples"]],
    }


def _envelope(producer: str, name: str, data: Json) -> Json:
    example = _example(producer, name, {})
    fixed = ("specversion", "source", "type", "datacontenttype", "dataschema")
    properties: dict[str, Any] = {key: {"const": example[key]} for key in fixed}
    properties |= {
        "id": {"type": "string", "format": "uuid"},
        "subject": {**_TEXT, "description": "The uid of the aggregate that it is about."},
        "time": {"type": "string", "format": "date-time"},
        "accountid": {**_COUNT, "description": "The company that it happened in."},
        "aggregateversion": {**_COUNT, "description": "The aggregate's version after it."},
        "traceparent": {"type": "string"},
        "requestid": {"type": "string"},
        "data": data,
    }
    return {"type": "object", "properties": properties, "required": list(example)}


def _example(producer: str, name: str, data: Json) -> Json:
    uids = (value for key, value in data.items() if key.endswith("uid") and value)
    event = Event(
        id="01939d60-2c00-7000-8000-000000000001", source=f"/{producer}", type=name,
        subject=next(uids, "01939d60-2b00-7000-8000-000000000001"), time=datetime(2023, 10, 27, 15, 35, tzinfo=UTC),
        account_id=1, version=1, data=data,
    )  # fmt: skip
    found: Json = json.loads(event.to_bytes())
    return found
