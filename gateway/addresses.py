"""Which addresses stand behind the services' names. nginx looks a name up once, when it reads its configuration, and does
not start with one that nobody knows; containers come and go. So the gateway looks names up itself, and goes on looking. Of
several instances it takes those that answer: nginx itself can only go by the answers that clients get.
"""

import json
import socket
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from pathlib import Path

RECORD = "conf/instances.json"
"""In the gateway's folder: what its configuration was written with."""

PROBE_SECONDS = 3.0
"""An instance that takes longer to say that it is alive counts as gone while another one answers."""

Instances = dict[str, list[str]]
"""`ip:port` of each instance of a service, in order; empty while nobody knows its name."""


def look_up(addresses: Mapping[str, Iterable[str]], known: Mapping[str, list[str]]) -> Instances:
    """The instances behind each service's `host:port`s. While no name of it is known, those that it had stay."""
    return {
        service: answering(
            sorted({found for address in listed for found in instances(address)}) or list(known.get(service, ()))
        )
        for service, listed in addresses.items()
    }


def answering(all_: list[str]) -> list[str]:
    """Return the instances that answer; all of them while none does, or if there is only one."""
    if len(all_) < 2:
        return all_
    with ThreadPoolExecutor(len(all_)) as pool:
        alive = list(pool.map(answers, all_))
    return [instance for instance, answered in zip(all_, alive, strict=True) if answered] or all_


def answers(instance: str) -> bool:
    """Whether an instance answers HTTP, whatever it says."""
    connection = HTTPConnection(instance, timeout=PROBE_SECONDS)
    try:
        connection.request("GET", "/livez")
        connection.getresponse().read()
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
    return True


def instances(address: str) -> list[str]:
    """All that a name stands for, of IPv4 if there is any: whoever listens on both is there already."""
    host, _, port = address.rpartition(":")
    for family, form in ((socket.AF_INET, "{}:{}"), (socket.AF_INET6, "[{}]:{}")):
        try:
            found = socket.getaddrinfo(host, None, family, socket.SOCK_STREAM)
        except OSError:
            continue
        return sorted({form.format(entry[4][0], port) for entry in found})
    return []


def recorded(home: Path) -> Instances:
    """What the configuration in that folder was written with; nothing where there is none."""
    try:
        known: Instances = json.loads((home / RECORD).read_text())
    except FileNotFoundError:
        return {}
    return known
