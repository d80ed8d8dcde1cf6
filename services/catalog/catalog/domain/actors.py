"""Who changes prices and promotions, as the history of the change names them."""

from __future__ import annotations

from typing import NamedTuple


class Actor(NamedTuple):
    """A user, and the name the user has at the time of the change."""

    uid: str
    name: str
