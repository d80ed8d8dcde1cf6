"""What the running app carries: its database and settings, for the views."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from chassis.db import Database
from chassis.settings import Settings

EXTENSION = "mostrador"


def database() -> Database:
    """This service's database."""
    found: Database = current_app.extensions[EXTENSION]["database"]
    return found


def settings() -> Any:
    """This service's settings (its own Config class)."""
    found: Settings = current_app.extensions[EXTENSION]["settings"]
    return found


def reading() -> AbstractContextManager[Session]:
    """A session for reads in the request's account."""
    return database().read()


def writing() -> AbstractContextManager[Session]:
    """A transaction in the request's account."""
    return database().transaction()
