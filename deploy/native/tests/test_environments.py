"""What each process of the native platform is given, and no more."""

from pathlib import Path

import pytest

from native.plan import make_plan
from native.settings import Settings


@pytest.fixture
def environments(folder: Path) -> dict[str, dict[str, str]]:
    """The environment of each process by name."""
    plan = make_plan(Settings(home=folder / "home", admin_password="of the first start"))
    return {process.name: dict(process.env) for process in plan.processes}


def test_webs_get_no_broker_and_workers_each_a_user_of_their_own(environments: dict[str, dict[str, str]]) -> None:
    services = [name.removesuffix("-web") for name in environments if name.endswith("-web")]
    assert len(services) == 5
    urls = set()
    for service in services:
        assert "MOSTRADOR_AMQP_URL" not in environments[f"{service}-web"]
        url = environments[f"{service}-worker"]["MOSTRADOR_AMQP_URL"]
        assert url.startswith(f"amqp://{service}:")
        urls.add(url)
    assert len(urls) == 5


def test_no_process_keeps_the_administrators_password(environments: dict[str, dict[str, str]]) -> None:
    for name, env in environments.items():
        assert not [variable for variable in env if "ADMIN" in variable], name
        assert "of the first start" not in env.values(), name


def test_a_broker_of_ones_own_is_used_as_it_is_given(folder: Path) -> None:
    url = "amqp://shared:secret@broker.example:5672/%2F"
    plan = make_plan(Settings(home=folder / "home", amqp_url=url))
    given = {process.env.get("MOSTRADOR_AMQP_URL") for process in plan.processes if process.group == "workers"}
    assert given == {url}
