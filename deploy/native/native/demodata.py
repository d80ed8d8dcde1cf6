"""The demo shop, loaded into a platform once: at its first start, if wanted then."""

from __future__ import annotations

import sys
from collections.abc import Callable

from native.secrets import Admin
from native.settings import Settings


def load_demo_once(settings: Settings, admin: Admin, say: Callable[[str, str], None]) -> None:
    """Load it if this home was first started with MOSTRADOR_DEMO=1 and has not got it yet.

    The first start decides: a shop that began without must not find a stranger's orders among its own later.
    """
    record = settings.home / f"demo.{settings.database}"
    if not record.exists():
        record.write_text("wanted" if settings.demo else "declined")
    if record.read_text() != "wanted":
        return
    say("demo data", "loading")
    load_demo(settings, admin)
    record.write_text("loaded")


def load_demo(settings: Settings, admin: Admin) -> None:
    """Fill the running platform through its own doors."""
    from demo.load import main

    sales_import = [sys.executable, "-m", "native", "run", "sales"]
    main(settings.url, admin.email, admin.password, sales_import)
