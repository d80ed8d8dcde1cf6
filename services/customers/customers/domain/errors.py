"""What can be wrong with a customer, in the API documents' words."""

from __future__ import annotations

from collections.abc import Iterable

from chassis.problems import Invalid


class AlreadyRegistered(Invalid):
    """Another living customer of the account has this phone number or e-mail (001, 12, Case A)."""

    def __init__(self, fields: Iterable[str]) -> None:
        super().__init__({field: [f"customer with this {field.replace('_', ' ')} already exists."] for field in fields})
