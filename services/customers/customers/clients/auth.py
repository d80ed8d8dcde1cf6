"""Tells auth of B2B clients whose sessions have to end, so that their tokens are dead when the user is answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chassis import logs
from chassis.http import InternalClient
from chassis.problems import Unavailable
from customers.config import Config

_log = logs.get(__name__)


class Auth:
    """Client of auth."""

    def __init__(self, settings: Config) -> None:
        self._client = InternalClient(settings, "auth", settings.auth_url)

    def clients_ended(self, states: Sequence[dict[str, Any]], *, account_id: int) -> None:
        """Tell the states (`client_facts.state`) after their commit. Never fails: `ClientChanged` says the same soon."""
        if not states:
            return
        try:
            answer = self._client.call(
                "POST", "/internal/clients/ended/", account_id=account_id, body={"clients": list(states)}
            )
        except Unavailable:
            return  # logged by the client
        if answer.status != 204:
            _log.error("clients_ended_refused", status=answer.status)
