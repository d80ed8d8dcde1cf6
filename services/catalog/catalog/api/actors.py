"""The user of a request, as use cases take it."""

from __future__ import annotations

from catalog.domain.actors import Actor
from chassis.access import current_user


def current_actor() -> Actor:
    """The user who makes this request."""
    user = current_user()
    return Actor(user.uid, user.username)
