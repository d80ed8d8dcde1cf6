"""Brute force: so many failed logins for one name, or from one address, and no password is good for a while.

The failures of a name stand in one row that every attempt locks before it is told its outcome, so that a thousand
parallel guesses are told no more than ten in a row are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from ipaddress import IPv6Address, ip_address

from sqlalchemy import select
from sqlalchemy.orm import Session

from auth.domain.models import LoginFailures
from auth.domain.names import login_key
from chassis.db import insert_for


@dataclass(frozen=True, slots=True, order=True)
class Counted:
    """What failures are counted for, hashed (people do type passwords into the name's field), and its limit."""

    key: str
    limit: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What becomes of an attempt: seconds to `wait` if it does not count, and whether it `locked` the next ones out."""

    wait: int | None
    locked: bool = False


def counted(*, name: str, ip: str, per_name: int, per_ip: int, kind: str = "name") -> list[Counted]:
    """The name (or what `kind` says, a phone) and the address of an attempt, in the order in which rows are locked."""
    found = [Counted(_key(kind, login_key(name)), per_name)]
    if ip:
        found.append(Counted(_key("ip", _network(ip)), per_ip))
    return sorted(found)


def retry_after(session: Session, attempt: Sequence[Counted], *, now: datetime, window: int) -> int | None:
    """Seconds to wait while a limit is reached, None when there is none to wait; locks nothing."""
    columns = select(LoginFailures.key, LoginFailures.times)
    rows = session.execute(columns.where(LoginFailures.key.in_([each.key for each in attempt])))
    return _wait(attempt, {row.key: row.times for row in rows}, now, window)


def settle(session: Session, attempt: Sequence[Counted], *, failed: bool, now: datetime, window: int) -> Settled:
    """Take the attempt's place in the order of attempts, and count it if it `failed`.

    It has to wait when the attempts before it have used up a limit: then it counts for nothing, right or wrong.
    """
    insert = insert_for(session, LoginFailures).values(
        [{"key": each.key, "times": [], "touched_at": now} for each in attempt]
    )
    locked = session.execute(
        insert.on_conflict_do_update(
            index_elements=[LoginFailures.key], set_={"touched_at": insert.excluded.touched_at}
        ).returning(LoginFailures.key, LoginFailures.times)
    )
    times = {row.key: row.times for row in locked}
    wait = _wait(attempt, times, now, window)
    if wait is not None or not failed:
        return Settled(wait)
    times = {each.key: [*_recent(times[each.key], now, window), now.timestamp()] for each in attempt}
    insert = insert_for(session, LoginFailures).values(
        [{"key": each.key, "times": times[each.key], "touched_at": now} for each in attempt]
    )
    session.execute(
        insert.on_conflict_do_update(index_elements=[LoginFailures.key], set_={"times": insert.excluded.times})
    )
    return Settled(None, locked=any(len(times[each.key]) == each.limit for each in attempt))


def _wait(attempt: Sequence[Counted], times: dict[str, list[float]], now: datetime, window: int) -> int | None:
    waits = []
    for each in attempt:
        recent = _recent(times.get(each.key, []), now, window)
        if len(recent) >= each.limit:
            waits.append(recent[-each.limit] + window - now.timestamp())
    return max(1, math.ceil(max(waits))) if waits else None


def _recent(times: list[float], now: datetime, window: int) -> list[float]:
    return sorted(time for time in times if time > now.timestamp() - window)


def _key(kind: str, value: str) -> str:
    return sha256(f"{kind}\x1f{value}".encode()).hexdigest()


def _network(ip: str) -> str:
    # One IPv6 customer has a /64 of addresses to guess from.
    try:
        address = ip_address(ip)
    except ValueError:
        return ip
    return str(int(address) >> 64) if isinstance(address, IPv6Address) else ip
