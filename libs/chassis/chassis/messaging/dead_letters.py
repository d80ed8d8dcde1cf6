"""The dead letters of a service: look at them, give them back to the service once their cause is mended, or drop them."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click
import orjson
import pika
from pika.adapters.blocking_connection import BlockingChannel

from chassis.messaging.broker import BrokerLost, Message, blocking_channel, headers_of
from chassis.messaging.delivery import KEY_HEADER, REASON_HEADER
from chassis.messaging.publisher import Publisher
from chassis.messaging.topology import dead_of, inbox_of

_BATCH = 200


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A parked message. `id` is the event's where the message is readable, else the message's own."""

    id: str
    routing_key: str
    reason: str
    body: bytes


def list_dead(amqp_url: str, service: str, limit: int = 100) -> list[DeadLetter]:
    """The first `limit` dead letters; they all stay where they are."""
    with blocking_channel(amqp_url, f"{service}.dead-letters") as channel:
        # Closing the channel without an answer puts them back.
        return [_letter(*found) for found in _take(channel, dead_of(service), limit)]


def replay(amqp_url: str, service: str, ids: Collection[str] = ()) -> int:
    """Give dead letters back to the service's inbox with all their attempts before them: those of `ids`, or all.

    Returns how many. Each is taken off the dead letters after its copy was confirmed, so none can be lost.
    """
    moved = 0
    with _chosen(amqp_url, service, ids) as (channel, chosen), Publisher(amqp_url, f"{service}.replay") as publisher:
        for start in range(0, len(chosen), _BATCH):
            part = chosen[start : start + _BATCH]
            if publisher.publish([_fresh(service, letter) for letter in part]):
                raise BrokerLost(f"{service}: the inbox refused dead letters; those not yet moved are still there")
            for method, _, _ in part:
                channel.basic_ack(method.delivery_tag)
            moved += len(part)
    return moved


def purge(amqp_url: str, service: str, ids: Collection[str] = ()) -> int:
    """Drop dead letters for good: those of `ids`, or all that lie there now. Returns how many."""
    with _chosen(amqp_url, service, ids) as (channel, chosen):
        for method, _, _ in chosen:
            channel.basic_ack(method.delivery_tag)
        return len(chosen)


@contextmanager
def _chosen(
    amqp_url: str, service: str, ids: Collection[str]
) -> Iterator[tuple[BlockingChannel, list[tuple[Any, pika.BasicProperties, bytes]]]]:
    with blocking_channel(amqp_url, f"{service}.dead-letters") as channel:
        found = list(_take(channel, dead_of(service), None))
        yield channel, [each for each in found if not ids or _letter(*each).id in ids]


def _take(channel: BlockingChannel, queue: str, limit: int | None) -> Iterator[tuple[Any, pika.BasicProperties, bytes]]:
    # Until nothing is left: how long the queue is said to be is 0 while its leader is busy.
    for _ in itertools.count() if limit is None else range(limit):
        method, properties, body = channel.basic_get(queue)
        if method is None:
            return
        yield method, properties, body


def _letter(method: Any, properties: pika.BasicProperties, body: bytes) -> DeadLetter:
    headers = headers_of(properties)
    # A message that killed its workers was parked by the broker, which notes why in a header of its own.
    deaths = headers.get("x-death") or [{}]
    reason = deaths[0].get("reason") if deaths[0].get("reason") == "delivery_limit" else headers.get(REASON_HEADER)
    return DeadLetter(
        id=_event_id(body) or properties.message_id or f"#{method.delivery_tag}",
        routing_key=headers.get(KEY_HEADER) or method.routing_key,
        reason=str(reason or "unknown"),
        body=body,
    )


def _event_id(body: bytes) -> str | None:
    try:
        id_ = orjson.loads(body)["id"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    return id_ if isinstance(id_, str) else None


def _fresh(service: str, found: tuple[Any, pika.BasicProperties, bytes]) -> Message:
    method, old, body = found
    letter = _letter(method, old, body)
    properties = pika.BasicProperties(
        content_type=old.content_type,
        delivery_mode=pika.DeliveryMode.Persistent,
        message_id=old.message_id or letter.id,
        headers={KEY_HEADER: letter.routing_key},
    )
    return Message(properties.message_id, "", inbox_of(service), body, properties)


@click.group("dead")
def commands() -> None:
    """Messages that could not be handled: list, replay, purge."""


@commands.command("list")
@click.option("--limit", default=100, show_default=True, help="How many to show.")
@click.pass_obj
def list_command(service: Any, limit: int) -> None:
    """Show the dead letters, the oldest first; they stay."""
    letters = list_dead(service.settings.amqp_url, service.name, limit)
    for letter in letters:
        click.echo(f"{letter.id}  {letter.routing_key}  {letter.reason}")
    if not letters:
        click.echo("no dead letters")


@commands.command("replay")
@click.argument("ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Replay all of them.")
@click.pass_obj
def replay_command(service: Any, ids: tuple[str, ...], everything: bool) -> None:
    """Give the dead letters of these events back to the service."""
    click.echo(f"{replay(service.settings.amqp_url, service.name, _named(ids, everything))} replayed")


@commands.command("purge")
@click.argument("ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Drop all of them.")
@click.pass_obj
def purge_command(service: Any, ids: tuple[str, ...], everything: bool) -> None:
    """Drop the dead letters of these events for good."""
    click.echo(f"{purge(service.settings.amqp_url, service.name, _named(ids, everything))} purged")


def _named(ids: tuple[str, ...], everything: bool) -> tuple[str, ...]:
    if bool(ids) == everything:
        raise click.UsageError("name the events, or say --all")
    return ids
