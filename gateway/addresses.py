"""Which addresses stand behind the services' names. nginx looks a name up once, when it reads its configuration, and does
not start with one that nobody knows; containers come and go. So the gateway looks names up itself, and goes on looking.
"""

import json
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path

RECORD = "conf/instances.json"
"""In the gateway's folder: what its configuration was written with."""

Instances = dict[str, list[str]]
"""`ip:port` of each instance of a service, in order; empty while nobody knows its name."""


def look_up(addresses: Mapping[str, Iterable[str]], known: Mapping[str, list[str]]) -> Instances:
    """The instances behind each service's `host:port`s. While no name of it is known, those that it had stay."""
    return {
        service: sorted({found for address in listed for found in instances(address)}) or list(known.get(service, ()))
        for service, listed in addresses.items()
    }


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
