"""A connection to Mostrador, to be copied into a client of your own. It needs nothing but `requests`.

What it takes care of, so that the program on top of it need not:

- **Repeating.** A GET, and a POST under its `Idempotency-Key`, is sent again when no answer came or the answer says
  "later" (409, 429, 502, 503, 504), after as long as `Retry-After` says. The key makes that harmless: however often an
  order or a payment is sent, it happens once.
- **The key outlives the tries.** If none of them was answered, nobody knows what happened. So the next `post` of the
  same body to the same path goes under the same key.
- **Tokens.** An access token lives an hour; once it is over, the refresh token gets the next one and the request is sent again.
- **Words.** What is refused raises `Refused` with what the API says, ready to be shown.

One object for one thread.
"""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests

CONNECT_SECONDS, ANSWER_SECONDS = 3, 10
TRIES = 4
LONGEST_WAIT = 10.0
"""Seconds; who is told to come back later than that tells the user instead of waiting."""
LATER = (409, 429, 502, 503, 504)


@dataclass(frozen=True)
class LoginSurface:
    """Where one logs in, renews the tokens and logs out."""

    login: str
    refresh: str
    logout: str


POS = LoginSurface("/api/auth/login/", "/api/auth/refresh/", "/api/auth/logout/")
DEVICE = LoginSurface("/api/v1/auth/token/", "/api/v1/auth/token/refresh/", "/api/v1/auth/logout/")
"""Device sessions: one of each client type a user."""


class Refused(Exception):
    """The API said no: its status and its own words, a line each."""

    def __init__(self, status: int, body: Any) -> None:
        self.status, self.body = status, body
        super().__init__("\n".join(words(body)) or f"status {status}")


class LoggedOut(Refused):
    """The session is over: run out, ended from elsewhere, or never opened."""


class Unreachable(Exception):
    """No answer in all tries: what was asked for may have happened or not. The same `post` again finds out."""


def words(body: Any) -> Iterator[str]:
    """The messages in an error body: `{"detail": "…"}`, `{"sku": ["…"]}`, `{"items": [{}, {"product_id": ["…"]}]}`."""
    if isinstance(body, dict):
        for name in ("detail", "error"):
            if isinstance(body.get(name), str):
                yield body[name]
                return
        for name, value in body.items():
            for text in words(value):
                yield text if name in ("error", "non_field_errors") else f"{name}: {text}"
    elif isinstance(body, list):
        for value in body:
            yield from words(value)
    elif body is not None:
        yield str(body)


class Mostrador:
    """A user's connection to the API, through the gateway."""

    def __init__(self, url: str, *, language: str = "en", tries: int = TRIES) -> None:
        self.url = url.rstrip("/")
        self.tries = tries
        self.http = requests.Session()
        self.http.headers["Accept-Language"] = language
        self._surface = POS
        self._refresh = ""
        self._unanswered: dict[tuple[str, str], str] = {}

    # --- sessions

    def log_in(self, surface: LoginSurface, **body: Any) -> dict[str, Any]:
        """Open a session; the login's answer. Refused with what is wrong. A login is not repeated by itself."""
        self._forget()
        try:
            answer = _checked(self._once("POST", surface.login, body))
        except requests.RequestException as error:
            raise Unreachable(f"{self.url} does not answer.") from error
        self._surface = surface
        self._keep(answer)
        return dict(answer)

    def log_out(self) -> None:
        """End the session: both tokens are refused everywhere from then on."""
        try:
            self._ask("POST", self._surface.logout, {"refresh": self._refresh})
        finally:
            self._forget()

    def _renew(self) -> None:
        answer = self._once("POST", self._surface.refresh, {"refresh": self._refresh})
        if answer.status_code == 401:
            self._forget()
            raise LoggedOut(401, answer.json())
        self._keep(_checked(answer))

    def _keep(self, tokens: dict[str, str]) -> None:
        self._refresh = tokens["refresh"]  # a refresh token works once: each renewal brings the next
        self.http.headers["Authorization"] = f"Bearer {tokens['access']}"

    def _forget(self) -> None:
        self._refresh = ""
        self.http.headers.pop("Authorization", None)

    # --- requests

    def get(self, path: str, **query: Any) -> Any:
        """What a GET answers: JSON, or text if the answer is text."""
        return self._ask("GET", path, query=query, tries=self.tries)

    def post(self, path: str, body: Any = None) -> Any:
        """What a POST answers. It has its effect once, also if it is called again when its outcome was not known."""
        asked = path, json.dumps(body, sort_keys=True)
        key = self._unanswered.setdefault(asked, uuid.uuid4().hex)
        try:
            answer = self._ask("POST", path, body, key=key, tries=self.tries)
        except Refused as refused:
            if refused.status < 500 and refused.status not in (401, *LATER):
                del self._unanswered[asked]
            raise
        del self._unanswered[asked]
        return answer

    def _ask(
        self, method: str, path: str, body: Any = None, *, query: Any = None, key: str | None = None, tries: int = 1
    ) -> Any:
        for tried in range(1, tries + 1):
            try:
                answer = self._authorized(method, path, body, query=query, key=key)
            except requests.RequestException as error:
                if tried == tries:
                    raise Unreachable(f"{self.url} does not answer.") from error
                time.sleep(_pause(tried))  # a network that is gone tells nobody when it is back
                continue
            told = answer.headers.get("Retry-After", "")
            wait = float(told) if told.isdigit() else _pause(tried)
            if answer.status_code not in LATER or tried == tries or wait > LONGEST_WAIT:
                return _checked(answer)
            time.sleep(wait)  # as long as Retry-After asks
        raise AssertionError("the last try returns or raises")

    def _authorized(self, method: str, path: str, body: Any, *, query: Any, key: str | None) -> requests.Response:
        answer = self._once(method, path, body, query=query, key=key)
        if answer.status_code == 401 and self._refresh and answer.json().get("code") == "token_not_valid":
            self._renew()
            answer = self._once(method, path, body, query=query, key=key)
        return answer

    def _once(
        self, method: str, path: str, body: Any = None, *, query: Any = None, key: str | None = None
    ) -> requests.Response:
        headers = {"Idempotency-Key": key} if key else {}
        timeout = CONNECT_SECONDS, ANSWER_SECONDS
        return self.http.request(method, self.url + path, params=query, json=body, headers=headers, timeout=timeout)


def _pause(tried: int) -> float:
    """Seconds; longer each time, and never the same for all tills of a shop."""
    return random.uniform(0.1, 0.2) * 2.0**tried  # noqa: S311


def _checked(answer: requests.Response) -> Any:
    is_json = "json" in answer.headers.get("Content-Type", "") and answer.content
    body = answer.json() if is_json else answer.text
    if answer.ok:
        return body
    kind = LoggedOut if answer.status_code == 401 else Refused
    raise kind(answer.status_code, body if is_json else f"{answer.status_code} {answer.reason}")
