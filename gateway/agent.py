"""The gateway's side process: `gateway agent`, one beside each nginx, over the same folder.

It keeps two things on disk in step with auth: the public keys, and the revocations that nginx missed while it was
down. nginx answers 503 on protected routes until this process has vouched that both are complete. And it has nginx
read its configuration anew when the names of services stand for other addresses than before.
"""

import base64
import hashlib
import hmac
import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gateway.addresses import look_up, recorded
from gateway.settings import AgentSettings, agent_settings

TICK_S = 0.25
RETRY_S = 1.0  # while auth does not answer
KEYS_S = 30.0
UNKNOWN_KID_S = 10.0  # at least so long between two fetches that a token's unknown key asked for
REVOCATIONS_S = 60.0  # auth pushes them; this heals what a push could not deliver
ADDRESSES_S = 2.0
PRUNE_S = 60.0
PRUNE_STEP = 200  # files looked at in one tick
EXPIRED_FOR_S = 60.0  # a file outlives its token, or its use as a verdict, by so much
TIMEOUT_S = 5.0
SESSION_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Unavailable(Exception):
    """Auth did not answer, or not what it should."""


class Agent:
    """All of its state is when to do what next; what it knows lies in the folder."""

    def __init__(self, settings: AgentSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self.settings = settings
        self.clock = clock
        self.keys_due = self.unknown_kid_due = self.prune_due = 0.0
        self.revocations_due = self.revocations_retry = 0.0
        self.keys_loaded = False
        self.loaded_for = ""  # pid of the nginx that was vouched for
        self.pruning: Iterator[None] | None = None
        self.trouble = ""
        home = Path(settings.home)
        self.deny, self.verdicts, self.jwks = home / "deny", home / "verdicts", home / "keys" / "jwks.json"
        for folder in (self.deny, self.verdicts, self.jwks.parent):  # nginx may not have been started yet
            folder.mkdir(parents=True, exist_ok=True)
        self.unknown_kid, self.pid_file = home / "keys" / "unknown-kid", home / "run" / "nginx.pid"

    def tick(self) -> None:
        """One round: fetch what is due, vouch for a new nginx, prune a little. Never raises for auth's sake."""
        now = self.clock()
        for step in (self.refresh_keys, self.load_revocations):
            try:
                step(now)
            except Unavailable as error:
                self.complain(str(error))
        self.prune(now)

    def refresh_keys(self, now: float) -> None:
        unknown = now >= self.unknown_kid_due and self.unknown_kid.exists()
        if now < self.keys_due and not unknown:
            return
        if unknown:
            self.unknown_kid_due = now + UNKNOWN_KID_S
            self.unknown_kid.unlink()
        self.keys_due = now + RETRY_S
        keys = self.fetch(self.settings.jwks_url, {}).get("keys")
        if not isinstance(keys, list) or not keys:
            raise Unavailable(f"{self.settings.jwks_url} lists no keys")
        write_atomically(self.jwks, json.dumps({"keys": keys}))
        self.keys_due = now + KEYS_S
        self.keys_loaded = True

    def load_revocations(self, now: float) -> None:
        """Write what auth lists, then vouch for the nginx that was already listening before auth was asked."""
        pid = self.nginx_pid()
        vouched = pid == self.loaded_for and (self.deny / f".ready-{pid}").exists()
        if not pid or not self.keys_loaded or now < (self.revocations_due if vouched else self.revocations_retry):
            return
        self.revocations_retry = self.revocations_due = now + RETRY_S
        headers = {"Authorization": f"Bearer {service_token(self.settings.service_key)}"}
        listed = self.fetch(self.settings.revocations_url, headers).get("revocations")
        if not isinstance(listed, list):
            raise Unavailable(f"{self.settings.revocations_url} lists no revocations")
        try:
            revocations = [(str(item["sid"]), int(item["exp"])) for item in listed]
        except (TypeError, KeyError, ValueError) as error:
            raise Unavailable(f"{self.settings.revocations_url}: {error!r}") from error
        self.revoke(revocations)
        self.revocations_due = now + REVOCATIONS_S
        if not vouched:
            ready = self.deny / f".ready-{pid}"
            # It may be there, from before this process was started again: then there is no moment without.
            write_atomically(ready, "")
            for older in set(self.deny.glob(".ready-*")) - {ready}:
                older.unlink()
            self.loaded_for = pid
            say("ready", nginx=pid, revocations=len(revocations))

    def revoke(self, revocations: list[tuple[str, int]]) -> None:
        """A file that is there ends the session, whatever it holds: written at once, thousands take no time."""
        known = {entry.name for entry in self.deny.iterdir()}
        for sid, exp in revocations:
            if not SESSION_ID.fullmatch(sid):
                raise Unavailable("auth listed a session id that is no file name")
            if sid not in known:
                (self.deny / sid).write_text(str(exp))

    def prune(self, now: float) -> None:
        if self.pruning is None and now >= self.prune_due:
            self.prune_due = now + PRUNE_S
            over = time.time() - EXPIRED_FOR_S
            self.pruning = chain(prune(self.deny, expiry, over), prune(self.verdicts, verified_at, over))
        if self.pruning is not None and next(self.pruning, self) is self:
            self.pruning = None

    def nginx_pid(self) -> str:
        try:
            return self.pid_file.read_text().strip()
        except FileNotFoundError:
            return ""

    def fetch(self, url: str, headers: dict[str, str]) -> dict[str, Any]:
        """GET a JSON object from auth; raises Unavailable."""
        parts = urlsplit(url)
        connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = connect(parts.netloc, timeout=TIMEOUT_S)
        try:
            connection.request("GET", parts.path, headers=headers)
            response = connection.getresponse()
            content = response.read()
            if response.status != 200:
                raise Unavailable(f"{url}: status {response.status}")
            body = json.loads(content)
        except (OSError, HTTPException, ValueError) as error:
            raise Unavailable(f"{url}: {error}") from error
        finally:
            connection.close()
        if not isinstance(body, dict):
            raise Unavailable(f"{url}: not a JSON object")
        if self.trouble:
            self.trouble = ""
            say("auth is back")
        return body

    def complain(self, trouble: str) -> None:
        """Say when auth goes away, not every second while it is."""
        if not self.trouble:
            say("auth is unavailable", error=trouble)
        self.trouble = trouble


def follow_addresses(settings: AgentSettings, pid: str) -> None:
    """Other containers behind a name, or one that is gone: nginx starts new workers that know them, the old ones end what
    they have begun.
    """
    home = Path(settings.home)
    known = recorded(home)
    found = look_up(settings.addresses, known)
    if not known or found == known or Path("/proc", pid or "-", "comm").read_text() != "nginx\n":
        return
    subprocess.run([sys.executable, "-m", "gateway", "reload"], check=True, stdout=subprocess.DEVNULL)
    say("addresses changed", **{name: found[name] for name in found if found[name] != known.get(name)})


def prune(folder: Path, time_of: Callable[[Path], float], before: float) -> Iterator[None]:
    """Delete the files whose time (Unix seconds) lies before that one, some files a step."""
    for seen, path in enumerate(folder.iterdir(), start=1):
        if not path.name.startswith(".") and time_of(path) < before:
            path.unlink()
        if seen % PRUNE_STEP == 0:
            yield


def verified_at(path: Path) -> float:
    """When nginx last checked the signature of a token."""
    return path.stat().st_mtime


def expiry(path: Path) -> float:
    """When the token of a revocation expires; a file that a crash left empty counts as a day old token's."""
    text = path.read_text()
    return float(text) if text.isdecimal() else path.stat().st_mtime + 86_400


def write_atomically(path: Path, text: str) -> None:
    temporary = path.with_name(f".new-{path.name}")
    temporary.write_text(text)
    temporary.replace(path)


def service_token(secret: str) -> str:
    """A token that lets the gateway call auth's internal endpoints for a minute."""
    now = int(time.time())
    header = {"alg": "HS256", "typ": "JWT", "kid": "gateway>auth"}
    claims = {"iss": "gateway", "aud": "auth", "iat": now, "exp": now + 60}
    signed = b".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
    signature = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return b".".join((signed, base64url(signature))).decode()


def base64url(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def say(event: str, **fields: object) -> None:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    print(json.dumps({"time": stamp, "service": "gateway-agent", "event": event, **fields}), flush=True)


def run_agent(environ: Mapping[str, str]) -> None:
    """Keep the folder up to date until SIGTERM; raises SettingsError."""
    agent = Agent(agent_settings(environ))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    # A thread of its own: while nobody answers for names, keys and revocations are not to wait.
    threading.Thread(target=keep_following, args=(agent, stop), daemon=True).start()
    while not stop.is_set():
        agent.tick()
        stop.wait(TICK_S)


def keep_following(agent: Agent, stop: threading.Event) -> None:
    while not stop.wait(ADDRESSES_S):
        try:
            follow_addresses(agent.settings, agent.nginx_pid())
        except (OSError, subprocess.CalledProcessError) as error:
            say("addresses could not be followed", error=str(error))
