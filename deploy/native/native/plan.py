"""Everything that one platform consists of, from its settings: servers, services, gateway, and their order."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from native.errors import SettingsError
from native.gateway import gateway_environment, gateway_processes
from native.ports import SERVICES
from native.postgres import Cluster
from native.rabbitmq import Node
from native.secrets import Admin, Secrets
from native.servers import Process, private_folder
from native.services import environment, service_processes
from native.settings import Settings


@dataclass(frozen=True, slots=True)
class Plan:
    """What `up` starts. Making one writes secrets and server configurations into the home, and creates the cluster."""

    settings: Settings
    admin: Admin
    cluster: Cluster | None
    """None with SQLite."""
    role_passwords: dict[str, str]
    node: Node | None
    """None when the settings name a broker."""
    environments: dict[str, dict[str, str]]
    """Each service's own."""
    processes: list[Process]


def needed_ports(settings: Settings) -> list[tuple[str, int]]:
    """What each port that the platform will listen on is for, and the port."""
    ports = settings.ports
    wanted = [("gateway", ports.gateway), ("gateway's internal listener", ports.gateway_internal)]
    wanted += [(f"{service}'s web", ports.web(service)) for service in SERVICES]
    wanted += [(f"{service}'s worker", ports.worker(service)) for service in SERVICES]
    if not settings.amqp_url:
        wanted += [("RabbitMQ", ports.amqp), ("RabbitMQ's Erlang", ports.erlang), ("epmd", ports.epmd)]
    if settings.database == "postgresql":
        wanted += [("PostgreSQL", ports.postgresql)]
    return wanted


def make_plan(settings: Settings) -> Plan:
    """The whole platform of these settings."""
    secrets, ports, home = Secrets(settings.home), settings.ports, settings.home
    processes: list[Process] = []

    cluster, passwords = None, {}
    if settings.database == "postgresql":
        cluster = Cluster(home / "postgresql", ports.postgresql, password=secrets.get("postgresql.superuser"))
        passwords = {service: secrets.get(f"postgresql.{service}") for service in SERVICES}
        processes.append(cluster.process())

    node = None
    if not settings.amqp_url:
        node = Node(
            home / "rabbitmq",
            ports.amqp,
            erlang_port=ports.erlang,
            epmd_port=ports.epmd,
            password=secrets.get("rabbitmq.password"),
            cookie=secrets.get("rabbitmq.cookie"),
            services={service: secrets.get(f"rabbitmq.{service}") for service in SERVICES},
        )
        processes += node.processes()

    environments = {}
    for service in SERVICES:
        if cluster:
            database_url = cluster.url_of(service, service, passwords[service])
        else:
            database_url = f"sqlite:///{private_folder(home / 'data') / service}.db"
        amqp_url = node.url_of(service) if node else settings.amqp_url
        env = environment(service, settings, secrets, database_url=database_url, amqp_url=amqp_url)
        environments[service] = env
        processes += service_processes(service, settings, env)
    processes += gateway_processes(settings, secrets)
    return Plan(settings, secrets.admin(settings), cluster, passwords, node, environments, processes)


def check_settings(plan: Plan) -> None:
    """SettingsError when a service or the gateway would not start with its environment: at once, not after a wait."""
    from gateway import settings as gateway_settings  # a checkout of one service has no gateway
    from gateway.tls import certificate

    for service, env in plan.environments.items():
        config = importlib.import_module(f"{service}.config").Config
        with _environ(env):
            try:
                config.from_env()
            except SystemExit as error:
                raise SettingsError(f"{error}.") from None
    try:
        wanted = gateway_settings.render_settings(gateway_environment(plan.settings, Secrets(plan.settings.home)))
        if not wanted.tls.self_signed:
            certificate(wanted.tls, Path(wanted.home), "127.0.0.1")
    except gateway_settings.SettingsError as error:
        raise SettingsError(f"{error}.") from None


@contextmanager
def _environ(env: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(env)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
