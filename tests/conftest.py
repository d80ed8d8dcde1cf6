"""Black-box tests: a whole platform as `make up` starts it, used only through its gateway."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from cashier import Api, Shop
from native.platform import Platform


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def platform(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform on each kind of database, without demo data."""
    with Platform(tmp_path_factory.mktemp("platform") / "home", database=request.param) as running:
        yield running


@pytest.fixture
def api(platform: Platform) -> Api:
    """The administrator, freshly logged in."""
    return Api(platform.url, platform.admin.username, platform.admin.password)


@pytest.fixture
def shop(api: Api) -> Shop:
    """A product, a customer."""
    return Shop(api)
