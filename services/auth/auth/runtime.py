"""What the running app of this service carries beside its database and settings."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from auth.clients.customers import Customers
from auth.clients.gateways import Gateways
from auth.config import Config
from auth.domain.passwords import UserPasswords
from auth.keystore import KeyStore
from auth.logins import Logins
from auth.user_batches import LIGHTER_KIB, UserBatches
from chassis.db import Database
from chassis.hashing import HashingRoom

EXTENSION = "auth"


@dataclass(frozen=True, slots=True)
class Runtime:
    """The parts that live as long as the process."""

    keystore: KeyStore
    passwords: UserPasswords
    logins: Logins
    user_batches: UserBatches

    @property
    def room(self) -> HashingRoom:
        """For hashes that no login waits for."""
        return self.user_batches.room


def assemble(settings: Config, database: Database) -> Runtime:
    """The parts for these settings; opens nothing yet, so that the web server may fork."""
    keystore = KeyStore(database, settings)
    passwords, room = passwords_of(settings), HashingRoom(settings.web_threads)
    logins = Logins(settings, database, keystore, passwords, room, Gateways(settings), Customers(settings))
    lighter = UserPasswords(time_cost=1, memory_kib=min(LIGHTER_KIB, settings.argon2_memory_kib), parallelism=1)
    user_batches = UserBatches(database, passwords, lighter, settings.batch_hash_seconds, room)
    return Runtime(keystore, passwords, logins, user_batches)


def passwords_of(settings: Config) -> UserPasswords:
    """The hasher with the configured parameters."""
    return UserPasswords(
        time_cost=settings.argon2_time_cost, memory_kib=settings.argon2_memory_kib,
        parallelism=settings.argon2_parallelism,
    )  # fmt: skip


def runtime() -> Runtime:
    """Those of the running app."""
    found: Runtime = current_app.extensions[EXTENSION]
    return found
