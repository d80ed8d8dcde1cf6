"""What failed logins are counted for: the name (or phone) that was tried, and the address it came from."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

from auth.domain.models import LoginFailures
from auth.domain.names import login_key
from chassis.throttle import Counted, Throttle, key_of


def throttle(seconds: float) -> Throttle:
    """The platform's failed logins within so many seconds."""
    return Throttle(LoginFailures, seconds)


def counted(
    *, name: str, ip: str, per_name: int, per_ip: int, kind: str = "name", user_id: int | None = None
) -> list[Counted]:
    """An attempt by a name (or what `kind` says, a phone) from an address, with their limits.

    That of a user who is logged in (`user_id`) counts for the user too, whose name may be another at each guess.
    """
    found = [Counted(key_of(kind, login_key(name)), per_name)]
    if user_id is not None:
        found.append(Counted(key_of("user", str(user_id)), per_name))
    if ip:
        found.append(Counted(key_of("ip", network(ip)), per_ip))
    return found


def network(ip: str) -> str:
    """Return what an address is counted as: itself, or an IPv6 address's /64."""
    # One IPv6 customer has a /64 of addresses to guess from.
    try:
        address = ip_address(ip)
    except ValueError:
        return ip
    return str(int(address) >> 64) if isinstance(address, IPv6Address) else ip
