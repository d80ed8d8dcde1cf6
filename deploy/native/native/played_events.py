"""`python -m native.played_events SERVICE [TYPE …]`: events of the neighbours, from the examples in `contracts/events/`.

They are handed to the service's own handlers, as its worker does with what its queue brings: so no broker is needed.
Without types: all that the service hears, but for those that end something (`CustomerErased`), once.
"""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module

from chassis import logs, migrations
from chassis.db import Database
from chassis.messaging.envelope import Event
from chassis.messaging.handlers import handle
from chassis.messaging.subscriptions import subscriptions_of
from native.errors import PlatformError
from native.settings import ROOT

ENDINGS = ("Deleted", "Erased", "Cancelled", "Deactivated", "Revoked")


def play(service: str, types: Sequence[str]) -> list[str]:
    """The types that were played, each in its first example, to account 1."""
    settings = import_module(f"{service}.config").Config.from_env()
    logs.configure(service, "ERROR")
    subscriptions = subscriptions_of(service, settings)
    if unheard := [name for name in types if name not in subscriptions]:
        raise PlatformError(f"{service} does not hear {unheard[0]}; it hears {', '.join(sorted(subscriptions))}.")
    chosen = sorted(types or (name for name in subscriptions if not name.endswith(ENDINGS)))
    migrations.load_models(service)
    database = Database(settings.database_url, service=service, pool_size=1)
    try:
        for name in chosen:
            handle(database, subscriptions, [example_of(name, always=bool(types))])
    finally:
        database.dispose()
    return chosen


def example_of(name: str, *, always: bool) -> Event:
    """The first example as an event of now; the same event each time, which the inbox knows, unless `always`."""
    file = next(ROOT.glob(f"contracts/events/*/{name}.json"))
    data = json.loads(file.read_text())["examples"][0]
    now = datetime.now(UTC)
    # An aggregate's newest version wins, so what is played by hand is always the newest.
    version = int(now.timestamp()) if always else 1
    uid = str(uuid.uuid4() if always else uuid.uuid5(uuid.NAMESPACE_URL, name))
    subject = next((str(value) for field, value in data.items() if field.endswith("_uid")), uid)
    return Event(uid, f"/{file.parent.name}", name, subject, now, account_id=1, version=version, data=data)


if __name__ == "__main__":
    try:
        print(", ".join(play(sys.argv[1], sys.argv[2:])) or "nothing")
    except PlatformError as error:
        sys.exit(f"mostrador: {error}")
