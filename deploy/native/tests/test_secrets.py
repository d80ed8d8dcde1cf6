"""Secrets: random, made once, for the owner alone; each process gets its own and no more."""

import stat
from pathlib import Path

from native.gateway import gateway_processes
from native.plan import make_plan
from native.ports import SERVICES
from native.secrets import Secrets
from native.settings import Settings


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_secret_is_the_same_at_the_next_start_and_private(tmp_path: Path) -> None:
    first = Secrets(tmp_path).get("broker")
    assert Secrets(tmp_path).get("broker") == first
    assert Secrets(tmp_path).get("cookie") != first
    assert len(first) >= 32
    assert mode(tmp_path / "secrets") == 0o700
    assert mode(tmp_path / "secrets" / "broker") == 0o600


def test_the_first_start_decides_the_administrator(tmp_path: Path) -> None:
    made = Secrets(tmp_path).admin(Settings(admin_email="ana@shop.mx"))
    assert made.email == "ana@shop.mx"
    assert len(made.password) >= 12
    (tmp_path / "migrated.sqlite.json").touch()
    assert Secrets(tmp_path).admin(Settings(admin_email="other@shop.mx", admin_password="other-password")) == made


def test_a_given_password_is_taken(tmp_path: Path) -> None:
    assert Secrets(tmp_path).admin(Settings(admin_password="given by me")).password == "given by me"


def test_a_service_knows_the_pairs_it_takes_part_in_and_no_others(tmp_path: Path) -> None:
    plan = make_plan(Settings(home=tmp_path))

    def pairs(env: dict[str, str]) -> set[str]:
        return {entry.partition("=")[0] for entry in env["MOSTRADOR_SERVICE_KEYS"].split(",") if entry}

    assert pairs(plan.environments["analytics"]) == {"gateway>analytics"}, "by which it knows the gateway's requests"
    assert pairs(plan.environments["auth"]) == {
        "auth>customers",
        "sales>auth",
        "customers>auth",
        "gateway>auth",
        "auth>gateway",
    }
    gateway = gateway_processes(plan.settings, Secrets(tmp_path))[0]
    assert pairs(dict(gateway.env)) == {"auth>gateway", *(f"gateway>{service}" for service in SERVICES)}


def test_the_administrator_and_the_key_passphrase_are_for_auth_alone(tmp_path: Path) -> None:
    environments = make_plan(Settings(home=tmp_path)).environments
    holders = {
        service for service in SERVICES for name in environments[service] if "ADMIN" in name or "PASSPHRASE" in name
    }
    assert holders == {"auth"}


def test_the_pepper_of_the_pins_is_for_customers_alone(tmp_path: Path) -> None:
    environments = make_plan(Settings(home=tmp_path)).environments
    assert [service for service in SERVICES if "MOSTRADOR_PIN_PEPPER" in environments[service]] == ["customers"]


def test_each_service_has_a_database_of_its_own(tmp_path: Path) -> None:
    environments = make_plan(Settings(home=tmp_path)).environments
    assert len({env["MOSTRADOR_DATABASE_URL"] for env in environments.values()}) == len(SERVICES)
    assert environments["sales"]["MOSTRADOR_DATABASE_URL"] == f"sqlite:///{tmp_path}/data/sales.db"
