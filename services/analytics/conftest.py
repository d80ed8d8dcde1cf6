"""Names the service under test for the chassis' pytest plugin."""

from __future__ import annotations

import hypothesis
import pytest

# Databases have slow moments on a busy machine; what is tested here is what comes out.
hypothesis.settings.register_profile("mostrador", deadline=None)
hypothesis.settings.load_profile("mostrador")


@pytest.fixture(scope="session")
def service_name() -> str:
    return "analytics"
