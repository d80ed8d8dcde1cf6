"""Names the service under test for the chassis' pytest plugin."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(scope="session")
def service_name() -> str:
    return "customers"


@pytest.fixture(scope="session")
def extra_settings() -> dict[str, Any]:
    return {"pin_pepper": "pepper-of-the-tests", "pin_argon2_memory_kib": 64}
