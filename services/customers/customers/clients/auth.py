"""Calls to auth: whose sessions have to end before the user is answered, and which uids are users'."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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

    def users_among(self, uids: Collection[str], *, account_id: int) -> set[str]:
        """Return the uids that are users', deleted ones included. Never fails: auth itself logs in no client with such a uid."""
        try:
            body = {"uids": sorted(uids)}
            answer = self._client.call("POST", "/internal/uids/", account_id=account_id, body=body)
        except Unavailable:
            return set()  # logged by the client
        if answer.status != 200:  # also an auth of the release before, which has no such path
            _log.error("uids_unchecked", status=answer.status)
            return set()
        return set(answer.data["kinds"])

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
