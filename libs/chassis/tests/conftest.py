"""The chassis is tested through a toy service that uses all of it."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "toy"))


@pytest.fixture(scope="session")
def service_name() -> str:
    return "toy"


@pytest.fixture(scope="session")
def extra_settings(play) -> dict:
    return {"catalog_url": play("catalog").url}
