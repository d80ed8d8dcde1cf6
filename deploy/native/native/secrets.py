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

    def ignored(self, settings: Settings) -> list[str]:
        """Variables of the first administrator that say something else than the first start did."""
        if not self._decided():
            return []
        kept = {name: self.file(f"admin.{name}") for name in _given(settings)}
        return [
            f"MOSTRADOR_ADMIN_{name.upper()}"
            for name, value in _given(settings).items()
            if value and kept[name].exists() and kept[name].read_text() != value
        ]

    def admin(self, settings: Settings) -> Admin:
        """The login of the first start: what the settings say, else made up. Later settings don't change it, because
        the account is in the database by then.
        """
        if not self._decided():  # a first start that failed decides nothing
            for name, value in _given(settings).items():
                if value:
                    write_private(self.file(f"admin.{name}"), value)
        return Admin(
            self.get("admin.email", lambda: "admin@mostrador.local"),
            self.get("admin.username", lambda: "admin"),
            self.get("admin.password", lambda: secrets.token_urlsafe(12)),
        )

    def _decided(self) -> bool:
        return any(self.folder.parent.glob("migrated.*.json"))


def _given(settings: Settings) -> dict[str, str]:
    return {"email": settings.admin_email, "username": settings.admin_username, "password": settings.admin_password}


def write_private(path: Path, text: str) -> None:
    """Write a file that was never readable by others and never half there."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600, exist_ok=False)
    new.write_text(text)
    new.rename(path)
