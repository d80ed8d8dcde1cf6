"""The few settings of a native run, read from the environment once."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from native.errors import SettingsError
from native.ports import BLOCK, Ports

ROOT = Path(__file__).resolve().parents[3]
"""The repository's root."""

_OWN = re.compile(
    r"MOSTRADOR_(PORT|HOME|PROCESS|DEMO|DATABASE|ADMIN_.*|TEST_.*|SERVICE_KEYS|SIGNING_KEY_PASSPHRASE|PIN_PEPPER|GATEWAY_HOME|.*_URLS?|.*_ADDR|.*BIND)"
)
"""Variables that the native run reads or makes itself. Any other MOSTRADOR_ variable, and every OTEL_ one, is a tunable of a
service or of the gateway and goes to their processes as it is.
"""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One platform: its port block, its folder, its first administrator (empty: made up), its servers."""

    port: int = 8080
    home: Path = ROOT / ".run"
    admin_email: str = ""
    admin_username: str = ""
    admin_password: str = field(default="", repr=False)
    database: str = "sqlite"
    amqp_url: str = field(default="", repr=False)
    """A broker that is already there; empty: a private node is started."""
    demo: bool = True
    tunables: Mapping[str, str] = field(default_factory=dict)
    """MOSTRADOR_LOG_LEVEL and whatever else the services and the gateway understand."""

    @property
    def ports(self) -> Ports:
        return Ports(self.port)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def tls(self) -> str:
        """`self-signed`, `given` or empty: what the gateway shows to clients."""
        if self.tunables.get("MOSTRADOR_TLS_CERT"):
            return "given"
        mode = self.tunables.get("MOSTRADOR_TLS", "").lower()
        return "" if mode == "off" else mode

    @property
    def certificate(self) -> Path | None:
        """The gateway's own certificate, for clients to trust; None without one."""
        return self.home / "gateway" / "tls" / "cert.pem" if self.tls == "self-signed" else None

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def processes(self) -> Path:
        """One file a process: command, environment, log."""
        return self.home / "processes"

    @property
    def control_socket(self) -> Path:
        """supervisord's socket; in the temporary folder when the home's path is too long for one (107 bytes)."""
        socket = self.home / "supervisor.sock"
        # supervisord binds `<path>.<pid>` first and links it.
        if len(os.fsencode(socket)) <= 95:
            return socket
        short = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"mostrador-{os.getuid()}-{short}" / "supervisor.sock"


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of this environment; SettingsError with a sentence for a value that can't be used."""

    def value(name: str, default: str = "") -> str:
        return environ.get(f"MOSTRADOR_{name}", "").strip() or default

    port = value("PORT", "8080")
    if not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535 - BLOCK + 1):
        raise SettingsError(f"MOSTRADOR_PORT must be a number from 1 to {65535 - BLOCK + 1}, not {port!r}.")
    database = value("DATABASE", "sqlite").lower()
    if database not in ("sqlite", "postgresql"):
        raise SettingsError(f"MOSTRADOR_DATABASE must be sqlite or postgresql, not {database!r}.")
    demo = value("DEMO", "1").lower()
    if demo not in ("0", "1", "no", "yes", "false", "true"):
        raise SettingsError(f"MOSTRADOR_DEMO must be 1 or 0, not {demo!r}.")
    amqp_url = value("AMQP_URL")
    if amqp_url and (urlsplit(amqp_url).scheme not in ("amqp", "amqps") or not urlsplit(amqp_url).hostname):
        raise SettingsError("MOSTRADOR_AMQP_URL must look like amqp://user:password@host:5672/%2F.")
    try:
        urlsplit(amqp_url).port  # noqa: B018 (raises for a number that is no port)
    except ValueError:
        raise SettingsError("MOSTRADOR_AMQP_URL has a port above 65535.") from None
    if (email := value("ADMIN_EMAIL")) and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", email):
        raise SettingsError(f"MOSTRADOR_ADMIN_EMAIL must be an e-mail address, not {email!r}.")
    password = environ.get("MOSTRADOR_ADMIN_PASSWORD", "")
    if password and not 8 <= len(password) <= 128:
        raise SettingsError("MOSTRADOR_ADMIN_PASSWORD must have 8 to 128 characters.")
    return Settings(
        port=int(port),
        home=(ROOT / Path(value("HOME", ".run")).expanduser()).resolve(),
        admin_email=email,
        admin_username=value("ADMIN_USERNAME"),
        admin_password=password,
        database=database,
        amqp_url=amqp_url,
        demo=demo in ("1", "yes", "true"),
        tunables={
            name: environ[name]
            for name in environ
            if name.startswith(("MOSTRADOR_", "OTEL_")) and not _OWN.fullmatch(name)
        },
    )
