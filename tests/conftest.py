"""Black-box tests: a whole platform as `make up` starts it, used only through its gateway."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

sys.path.insert(0, str(Path(__file__).parent))

from cashier import Api, Shop
from native.platform import Platform
from processes import python_memory

COMPANY = {
    "full_name": "Ana Ruiz", "company_name": "Tecnología del Centro", "company_email": "contacto@empresa.com",
    "street": "Av. Principal", "exterior_number": "123", "interior_number": "A", "neighborhood": "Centro",
    "postal_code": "12345", "city": "Ciudad de México", "state": "CDMX", "country": "México", "phone": "5551234567",
    "subscription_plan": "freemium",
}  # fmt: skip


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def started(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform on each kind of database, without demo data."""
    with Platform(tmp_path_factory.mktemp("platform") / "home", database=request.param) as running:
        yield running


@pytest.fixture(scope="session")
def idle_memory(started: Platform) -> int:
    """What its Python processes take together before anybody uses it, kB."""
    return python_memory(started)


@pytest.fixture(scope="session")
def platform(started: Platform, idle_memory: int) -> Platform:
    """The platform, in use."""
    return started


@pytest.fixture
def api(platform: Platform) -> Api:
    """The administrator, freshly logged in."""
    return Api(platform.url, platform.admin.username, platform.admin.password)


@pytest.fixture
def shop(api: Api) -> Shop:
    """A product, a customer."""
    return Shop(api)


@pytest.fixture
def company(platform: Platform) -> Api:
    """An account of its own, so that its whole inventory is known."""
    email = f"owner-{uuid.uuid4().hex[:8]}@example.com"
    body = {"email": email, "password": "password123", **COMPANY}
    answer = requests.post(platform.url + "/api/auth/register/", json=body, timeout=15)
    assert answer.status_code == 201, answer.text
    return Api(platform.url, email, "password123")
