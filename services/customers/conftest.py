"""Names the service under test for the chassis' pytest plugin."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def service_name() -> str:
    return "customers"
