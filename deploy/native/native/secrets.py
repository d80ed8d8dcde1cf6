"""Everything secret of one platform: made once, at random, kept under `<home>/secrets` for its owner alone."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from native.settings import Settings


@dataclass(frozen=True, slots=True)
class Admin:
    """The first administrator's login."""

    email: str
    username: str
    password: str


class Secrets:
    """The secrets of a home; each is made when first asked for and is the same ever after."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "secrets"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)

    def get(self, name: str, make: Callable[[], str] = lambda: secrets.token_hex(24)) -> str:
        """The secret of that name (letters and digits unless `make` says otherwise)."""
        path = self.file(name)
        if not path.exists():
            write_private(path, make())
        return path.read_text()

    def password(self, name: str) -> str:
        """A secret that a person types: 16 characters."""
        return self.get(name, lambda: secrets.token_urlsafe(12))

    def pair(self, caller: str, callee: str) -> str:
        """What two processes sign their calls with, in that direction."""
        return self.get(f"pair.{caller}.{callee}")

    def file(self, name: str) -> Path:
        """Where a secret is kept."""
        return self.folder / name

    def admin(self, settings: Settings) -> Admin:
        """The login of the first start: what the settings say, else made up. Later settings don't change it, because
        the account is in the database by then.
        """
        return Admin(
            self.get("admin.email", lambda: settings.admin_email or "admin@mostrador.local"),
            self.get("admin.username", lambda: settings.admin_username or "admin"),
            self.get("admin.password", lambda: settings.admin_password or secrets.token_urlsafe(12)),
        )


def write_private(path: Path, text: str) -> None:
    """Write a file that was never readable by others and never half there."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600, exist_ok=False)
    new.write_text(text)
    new.rename(path)
