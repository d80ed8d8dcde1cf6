"""docker-compose.yml and prepare.sh: consistent with each other and with what the services read; nothing open that need not be."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.settings import render_settings
from native.rabbitmq import definitions
from platform_facts import PREFIX, ROOT, SERVICES, pairs, required_of, secrets_of, settings_of, slowest_request

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
PROCESSES = [name for name in CONTAINERS if name.partition("-")[0] in SERVICES]
ONCE = [name for name in CONTAINERS if name.endswith(("-migrate", "-bootstrap")) or name in ("demo", "examples")]
DEFAULT = re.compile(r"\$\{[A-Z_]+:-([^}]*)\}")


def resolved(text: str) -> str:
    """With the defaults that Compose would put in."""
    return DEFAULT.sub(r"\1", text)


def targets(name: str) -> dict[str, str]:
    """The secrets that a container sees: source by name of the file."""
    return {entry["target"]: entry["source"] for entry in CONTAINERS[name].get("secrets", [])}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in which prepare.sh was run; it holds nothing else."""
    root = tmp_path_factory.mktemp("checkout")
    (root / "deploy" / "compose").mkdir(parents=True)
    for script in ("compose/prepare.sh", "secrets.sh"):
        shutil.copy(ROOT / "deploy" / script, root / "deploy" / script)
    prepare(root)
    return root


def prepare(root: Path, **variables: str) -> str:
    env = {"PATH": os.environ["PATH"], **variables}
    command = ["sh", str(root / "deploy" / "compose" / "prepare.sh")]
    return subprocess.run(command, cwd="/", env=env, capture_output=True, text=True, check=True).stdout


def test_the_first_preparation_prints_the_login_and_what_the_readme_needs(tmp_path: Path) -> None:
    (tmp_path / "deploy" / "compose").mkdir(parents=True)
    for script in ("compose/prepare.sh", "secrets.sh"):
        shutil.copy(ROOT / "deploy" / script, tmp_path / "deploy" / script)
    told = prepare(tmp_path)
    password = (tmp_path / "deploy/compose/secrets/admin.password").read_text()
    assert f"SHOP_LOGIN=admin@mostrador.local SHOP_PASSWORD='{password}'" in told
    assert "/api/v1/schema/swagger-ui/" in told


@pytest.mark.parametrize(
    ("engine", "compose", "wanted"),
    [
        (None, None, ["not installed", "no 'compose' command"]),
        ("20.10.24+dfsg1", None, ["20.10.24+dfsg1 is too old: 23", "no 'compose' command"]),
        ("28.2.2", "v2.23.3", ["Compose 2.23.3 is too old: 2.24"]),
        ("23.0.0", "2.24.0", []),
        ("28.2.2", "v5.0.1", []),
    ],
)
def test_preparing_says_what_is_missing_or_too_old(
    prepared: Path, tmp_path: Path, engine: str | None, compose: str | None, wanted: list[str]
) -> None:
    """Debian 12's own packages are too old, and fail with a page of usage."""
    docker = tmp_path / "docker"
    if engine:
        plugin = f"echo {compose}" if compose else "exit 1"
        docker.write_text(f"#!/bin/sh\ncase $1 in version) echo {engine} ;; compose) {plugin} ;; esac\n")
        docker.chmod(0o755)
    for tool in (
        "sh",
        "cat",
        "chmod",
        "cut",
        "dirname",
        "git",
        "grep",
        "head",
        "mkdir",
        "mv",
        "od",
        "sed",
        "sort",
        "tr",
    ):
        (tmp_path / tool).symlink_to(shutil.which(tool) or tool)
    command = ["/bin/sh", str(prepared / "deploy" / "compose" / "prepare.sh")]
    done = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=True)
    assert bool(done.stderr) == bool(wanted), done.stderr
    for sentence in wanted:
        assert sentence in done.stderr


@pytest.mark.parametrize("name", [*(f"{service}-web" for service in SERVICES), "gateway"])
def test_what_ends_has_the_time_for_what_it_has_in_hand(name: str) -> None:
    assert int(CONTAINERS[name]["stop_grace_period"].removesuffix("s")) >= slowest_request() + 5


def test_every_service_has_its_migrations_its_web_and_its_worker() -> None:
    kinds = {name.partition("-")[2] for name in PROCESSES}
    assert kinds == {"migrate", "bootstrap", "web", "worker"}
    for service in SERVICES:
        assert CONTAINERS[f"{service}-migrate"]["command"] == ["chassis", service, "migrate"]
        assert CONTAINERS[f"{service}-worker"]["command"] == ["chassis", service, "worker"]
        assert "command" not in CONTAINERS[f"{service}-web"], "the image's own"
        assert {CONTAINERS[f"{service}-{kind}"]["image"] for kind in ("migrate", "web", "worker")} == {
            f"mostrador/{service}:${{MOSTRADOR_VERSION:-dev}}"
        }
        first = CONTAINERS[f"{service}-worker"]["depends_on"]
        assert first == {f"{service}-migrate": {"condition": "service_completed_successfully"}}
        assert CONTAINERS[f"{service}-migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_has_no_more_rights_than_it_needs(name: str) -> None:
    container = CONTAINERS[name]
    assert container["user"] == ("999:999" if name in ("postgres", "rabbitmq") else "10001:10001")
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert not {"cap_add", "privileged", "network_mode", "pid", "ipc", "devices"} & set(container)
    for mount in container["tmpfs"]:
        assert {"nosuid", "nodev"} <= set(mount.split(":")[1].split(",")), mount
    for volume in container.get("volumes", []):
        assert volume.split(":")[0] in COMPOSE["volumes"] or volume.endswith(":ro"), volume


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_is_bounded_comes_back_and_keeps_its_logs_small(name: str) -> None:
    container = CONTAINERS[name]
    assert set(container["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert set(container["logging"]["options"]) == {"max-size", "max-file"}
    assert container["restart"] == ("no" if name in ONCE else "unless-stopped")
    assert "container_name" not in container
    health = container.get("healthcheck")
    if name in ONCE:
        assert health == {"disable": True}
    elif name.endswith("-web") or name == "gateway":
        assert health is None, "the image's own"
    else:
        assert {"test", "interval", "timeout", "start_period", "retries"} == set(health or {})
        assert "'/readyz'" in health["test"][3] or name in ("postgres", "rabbitmq")


def test_only_the_gateway_is_reachable_and_on_the_loopback_unless_told_otherwise() -> None:
    published = {name: container["ports"] for name, container in CONTAINERS.items() if container.get("ports")}
    assert {name: [resolved(port) for port in ports] for name, ports in published.items()} == {
        "gateway": ["127.0.0.1:8080:8080"]
    }


def test_networks_lead_where_the_architecture_goes_and_no_further() -> None:
    outward = {name for name, network in COMPOSE["networks"].items() if not network.get("internal")}
    assert outward == {"outside"}
    of = {name: set(container["networks"]) for name, container in CONTAINERS.items()}
    assert {name for name, networks in of.items() if networks & outward} == {"gateway"}
    assert of["gateway"] == {"outside", "http"}
    assert (of["postgres"], of["rabbitmq"]) == ({"data"}, {"events"})
    for name in PROCESSES:
        service, _, kind = name.partition("-")
        assert "data" in of[name]
        assert ("events" in of[name]) == (kind == "worker")
        calls = {callee for caller, callee in pairs() if caller == service}
        if kind == "web":
            assert "http" in of[name]
        elif "http" in of[name]:
            assert calls, f"{name} calls nobody"


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_gets_settings_that_it_reads_and_those_that_it_needs(name: str) -> None:
    service, _, kind = name.partition("-")
    variables = {variable.removeprefix(PREFIX).lower() for variable in CONTAINERS[name].get("environment", {})}
    files = set(targets(name))
    assert variables <= set(settings_of(service)), "no such settings"
    assert not variables & secrets_of(service), "a secret in the environment"
    assert files <= secrets_of(service)
    assert required_of(service) <= variables | files
    assert ("amqp_url" in files) == (kind == "worker"), "only workers talk to the broker"
    assert ("admin_password" in files) == (kind == "bootstrap")
    if kind in ("web", "worker"):
        urls = {f"{callee}_url" for caller, callee in pairs() if caller == service and callee in SERVICES}
        assert {variable for variable in variables if variable.endswith("_url")} == urls | {"jwks_url"}
    for variable, value in CONTAINERS[name].get("environment", {}).items():
        host = re.fullmatch(r"http://([a-z-]+):(\d+).*", resolved(value))
        if variable.endswith(("_URL", "_URLS")):
            assert host, value
            assert host[1] in CONTAINERS
            assert set(CONTAINERS[host[1]]["networks"]) & (
                set(CONTAINERS[name]["networks"]) | set(CONTAINERS[f"{service}-web"]["networks"])
            )
            assert host[2] == ("8081" if host[1] == "gateway" else "8000")


def test_the_gateway_gets_what_it_reads(prepared: Path) -> None:
    keys = (prepared / "deploy/compose/secrets/mounted/gateway.service_keys").read_text()
    environment = {name: resolved(value) for name, value in CONTAINERS["gateway"]["environment"].items()}
    settings = render_settings(
        {"MOSTRADOR_GATEWAY_HOME": "/run/gateway", "MOSTRADOR_SERVICE_KEYS": keys, **environment}
    )
    assert settings.addresses == {service: (f"{service}-web:8000",) for service in SERVICES}
    assert targets("gateway") == {"service_keys": "gateway.service_keys"}


def test_prepare_makes_every_secret_that_is_mounted_and_no_other(prepared: Path) -> None:
    mounted = {path.name for path in (prepared / "deploy/compose/secrets/mounted").iterdir()}
    declared = {name: entry["file"] for name, entry in COMPOSE["secrets"].items()}
    assert declared == {name: f"deploy/compose/secrets/mounted/{name}" for name in declared}
    used = {source for name in CONTAINERS for source in targets(name).values()}
    assert used == set(declared)
    alone = {f"{service}.service_keys" for service in SERVICES if not any(service in pair for pair in pairs())}
    assert set(declared) <= mounted <= set(declared) | alone


def test_prepared_secrets_are_closed_to_others_good_and_given_to_their_owners_only(prepared: Path) -> None:
    folder = prepared / "deploy/compose/secrets"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir() if path.is_file()} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder / "mounted").iterdir()} == {0o644}
    random = [path.read_text() for path in folder.iterdir() if path.is_file() and not path.name.startswith("admin.")]
    assert all(re.fullmatch("[0-9a-f]{48}", text) for text in random)
    assert len(set(random)) == len(random)
    found: dict[str, set[str]] = {}
    for who in (*SERVICES, "gateway"):
        keys = (folder / "mounted" / f"{who}.service_keys").read_text()
        found[who] = {entry.partition("=")[0] for entry in keys.split(",") if entry}
        assert found[who] == {f"{caller}>{callee}" for caller, callee in pairs() if who in (caller, callee)}
    roles = dict(line.split() for line in (folder / "mounted/postgresql.roles").read_text().splitlines())
    for service in SERVICES:
        url = (folder / "mounted" / f"{service}.database_url").read_text()
        assert url == f"postgresql+psycopg://{service}:{roles[service]}@postgres:5432/{service}"


def test_the_brokers_users_reach_their_own_queues_and_the_shared_exchange(prepared: Path) -> None:
    folder = prepared / "deploy/compose/secrets/mounted"
    definitions = json.loads((folder / "rabbitmq.definitions.json").read_text())
    passwords = {user["name"]: user["password"] for user in definitions["users"]}
    for permission in definitions["permissions"]:
        service = permission["user"]
        assert (
            folder / f"{service}.amqp_url"
        ).read_text() == f"amqp://{service}:{passwords[service]}@rabbitmq:5672/%2F"
        for right in ("configure", "write", "read"):
            for name in (f"{service}.inbox", f"{service}.dead", "mostrador.events", "mostrador.unrouted"):
                assert re.search(permission[right], name), (right, name)
            for other in set(SERVICES) - {service}:
                assert not re.search(permission[right], f"{other}.inbox")
        assert re.search(permission["write"], "amq.default"), "retries go through it"
    assert {permission["user"] for permission in definitions["permissions"]} == set(passwords) == set(SERVICES)


def test_services_have_the_same_rights_in_the_broker_as_in_the_native_platform(prepared: Path) -> None:
    made = json.loads((prepared / "deploy/compose/secrets/mounted/rabbitmq.definitions.json").read_text())
    native = definitions("operator", "x", dict.fromkeys(SERVICES, "y"))
    for kind in ("permissions", "topic_permissions"):
        assert made[kind] == [right for right in native[kind] if right["user"] != "operator"]
    assert {right["user"] for right in made["topic_permissions"]} == set(SERVICES)


def test_preparing_again_changes_no_secret_and_tells_only_the_login(prepared: Path) -> None:
    folder = prepared / "deploy/compose/secrets"

    def contents() -> dict[str, str]:
        return {str(path): path.read_text() for path in folder.rglob("*") if path.is_file()}

    before = contents()
    told = prepare(prepared, MOSTRADOR_PORT="8090", MOSTRADOR_ADMIN_PASSWORD="something else")
    assert contents() == before
    assert "MOSTRADOR_PORT=8090\n" in (prepared / ".env").read_text()
    assert "http://127.0.0.1:8090" in prepare(prepared), "the port is remembered"
    assert "reset-password admin@mostrador.local" in told, "the password may be another one by now"
    for name, text in before.items():
        if "/admin." not in name and text:
            assert text not in told
    assert (folder / "admin.password").read_text() not in told
    for text in before.values():
        assert text in ("", (folder / "admin.email").read_text(), (folder / "admin.username").read_text()) or (
            text not in (prepared / ".env").read_text()
        )


def test_preparing_again_leaves_other_settings_alone(prepared: Path) -> None:
    file = prepared / ".env"
    before = file.read_text()
    others = "# of this shop\nMOSTRADOR_CORS_ORIGINS=https://shop.example\nMOSTRADOR_TRUSTED_PROXIES=$PROXY\n"
    file.write_text(others + before)
    for _ in range(2):
        prepare(prepared)
        assert file.read_text() == before + others
    file.write_text(before)
    assert "https://127.0.0.1" in prepare(prepared, MOSTRADOR_TLS="self-signed")


def test_the_brokers_log_is_not_of_health_checks() -> None:
    """Each greets and goes, which RabbitMQ finds worth two warnings."""
    assert "AMQP" in CONTAINERS["rabbitmq"]["healthcheck"]["test"][-1]
    configuration = (ROOT / "deploy/compose/rabbitmq.conf").read_text().splitlines()
    assert "log.connection.level = error" in configuration, "refused log-ins are errors"


def test_no_secret_stands_in_the_repository() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for line in text.splitlines():
        if re.search(r"(PASSWORD|PASSPHRASE|PEPPER|KEYS|SECRET|AMQP_URL|DATABASE_URL)", line):
            visitors_own = line.strip() == "SHOP_PASSWORD: ${SHOP_PASSWORD:-}"
            assert visitors_own or re.fullmatch(r"\s+POSTGRES_PASSWORD_FILE: /run/secrets/password", line), line
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {".env", "deploy/compose/secrets/"} <= set(ignored)
    for script in ("prepare.sh", "databases.sh"):
        assert os.access(ROOT / "deploy" / "compose" / script, os.X_OK)


def test_compose_itself_finds_no_fault(prepared: Path) -> None:
    if not shutil.which("docker") or subprocess.run(["docker", "compose", "version"], capture_output=True).returncode:
        pytest.skip("docker's compose plugin is not installed here")
    command = ["docker", "compose", "--project-directory", str(prepared), "-f", str(ROOT / "docker-compose.yml")]
    done = subprocess.run([*command, "--profile", "demo", "config", "-q"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
