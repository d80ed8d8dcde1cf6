"""Settings from the environment, typed, read once; a service's `config.py` extends `Settings`, nothing else reads it.

Every field `some_name` is the variable `MOSTRADOR_SOME_NAME`. A missing or malformed one is one clear sentence at start.
A secret (a field that is not shown, `repr=False`) may instead be a file of the field's name in `MOSTRADOR_SECRETS_DIR`:
that is how containers get theirs, out of sight of `docker inspect` and of every child process.
"""

from __future__ import annotations

import os
from dataclasses import MISSING, Field, dataclass, field, fields
from logging import getLevelNamesMapping
from pathlib import Path
from typing import Any, ClassVar, Self, get_type_hints

from environs import Env, EnvError

PREFIX = "MOSTRADOR_"
_READERS = {str: "str", int: "int", float: "float", bool: "bool", list[str]: "list"}


class SettingsError(SystemExit):
    """The environment lacks something or holds nonsense; the message says which variable and why."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What every service needs; a service's Config adds its own fields and names itself in `service`."""

    service: ClassVar[str] = ""

    database_url: str = field(repr=False)
    pooled_database_url: str = field(default="", repr=False)
    """The same database through a pooler of transactions (PgBouncer), for the web. The worker and commands hold locks and
    take long: they keep sessions of their own.
    """
    amqp_url: str = field(default="", repr=False)
    """A broker, or the nodes of a cluster with commas between them."""
    bind: str = "127.0.0.1:8000"
    worker_bind: str = "127.0.0.1:8001"
    web_workers: int = 1
    web_threads: int = 8
    jwks_url: str = ""
    jwt_issuer: str = "mostrador"
    jwt_audience: str = "mostrador-api"
    service_keys: list[str] = field(default_factory=list, repr=False)
    """`caller>callee=secret` of each pair this service takes part in."""
    log_level: str = "INFO"
    commit: str = ""
    """What the running code was built from; `/version` tells it."""
    failpoints: str = ""
    retry_delay: float = 5.0
    """Seconds until an event whose handler failed is tried again."""
    hold_sweep_after: float = 60.0
    """Seconds after which a hold that nobody confirmed is settled by asking the service that took it."""

    @classmethod
    def from_env(cls, **overrides: Any) -> Self:
        """Read all fields from the environment; `overrides` win (tests)."""
        env = Env(expand_vars=False)
        hints = get_type_hints(cls)
        values: dict[str, Any] = {}
        for item in fields(cls):
            if item.name in overrides:
                values[item.name] = overrides[item.name]
                continue
            read = getattr(env, _READERS[hints[item.name]])
            name = PREFIX + item.name.upper()
            try:
                if (secret := _from_file(item, name)) is not None:
                    values[item.name] = secret.split(",") if hints[item.name] == list[str] else secret
                elif item.default is not MISSING:
                    values[item.name] = read(name, item.default)
                elif item.default_factory is not MISSING:
                    values[item.name] = read(name, item.default_factory())
                else:
                    values[item.name] = read(name)
            except (EnvError, ValueError, OSError) as error:
                raise SettingsError(f"{cls.service}: {name}: {error}") from error
        if values["log_level"] not in getLevelNamesMapping():
            raise SettingsError(f"{cls.service}: {PREFIX}LOG_LEVEL: {values['log_level']!r} is no level; INFO is one")
        return cls(**values)

    def secret_for(self, caller: str, callee: str) -> str:
        """The shared secret of a pair; SettingsError when this service has no part in it."""
        pair = f"{caller}>{callee}="
        for entry in self.service_keys:
            if entry.startswith(pair):
                return entry[len(pair) :]
        raise SettingsError(f"{self.service}: {PREFIX}SERVICE_KEYS has no entry for {pair[:-1]}")


def _from_file(item: Field[Any], variable: str) -> str | None:
    """The secret's text, without the end of its last line; None when the variable is set or there is no such file."""
    folder = os.environ.get(PREFIX + "SECRETS_DIR")
    if item.repr or not folder or os.environ.get(variable):
        return None
    file = Path(folder) / item.name
    return file.read_text(encoding="utf-8").rstrip("\r\n") if file.exists() else None
