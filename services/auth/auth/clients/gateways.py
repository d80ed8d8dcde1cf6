"""The gateways' internal listeners: where a revoked session is made known."""

from __future__ import annotations

from typing import Any

from auth.config import Config
from chassis import logs
from chassis.http import InternalClient
from chassis.problems import Unavailable

MOST = 100
"""Revocations in one call: each is a file that the gateway takes up to a millisecond to write, while its other requests wait."""
TIMEOUT_SECONDS = 0.5
log = logs.get(__name__)


class _GatewayClient(InternalClient):
    OPEN_SECONDS = 1.0  # a gateway that is back should hear of the very next logout


class Gateways:
    """All gateways of the platform; `urls` are the bases of their internal listeners."""

    def __init__(self, settings: Config) -> None:
        self.urls = settings.gateway_internal_urls
        self._clients = {url: _GatewayClient(settings, "gateway", url, timeout=TIMEOUT_SECONDS) for url in self.urls}

    def tell(self, url: str, revocations: list[dict[str, Any]]) -> bool:
        """Tell one gateway of at most MOST revocations `{"sid", "exp"}`; whether it has them. Never raises."""
        try:
            answer = self._clients[url].call("POST", "/revocations", account_id=None, body={"revocations": revocations})
        except Unavailable:
            return False  # logged by the client
        if answer.status != 204:
            log.error("revocations_refused", gateway=url, status=answer.status)
        return answer.status == 204
