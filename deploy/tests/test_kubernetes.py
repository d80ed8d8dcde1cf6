"""The Kubernetes manifests: valid to the letter, and in agreement with what the services read, answer and call."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from kubernetes_validate.utils import schema_contents
from referencing import Registry, Resource

from gateway.settings import render_settings
from manifests import KUBERNETES, Object, containers, load_all, named, objects, of_kind, pod
from platform_facts import (
    IMAGE_SETTINGS,
    PREFIX,
    ROOT,
    SERVICES,
    callers_of,
    pairs,
    required_of,
    secrets_of,
    settings_of,
    slowest_request,
)

VERSION = "1.33"
OVERLAYS = ("dev", "production")
CUSTOM: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "tests" / "custom_resources.yaml").read_text())
PROCESSES = [(service, kind) for service in SERVICES for kind in ("web", "worker", "migrate")]


@cache
def validator(kind: str, api_version: str) -> Any:
    """Kubernetes' own schema of a kind, every unknown key a fault."""
    api = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", api_version)
    folder = f"kubernetes-json-schema/v{VERSION}.0-local-strict"
    schema = schema_contents(f"{folder}/{kind.lower()}-{api}.json", VERSION)
    definitions = Resource.from_contents(definitions_of(folder))
    registry = definitions @ (Resource.from_contents(schema) @ Registry())
    return jsonschema.Draft202012Validator(schema, registry=registry)


@cache
def definitions_of(folder: str) -> Any:
    return schema_contents(f"{folder}/_definitions.json", VERSION)


def faults(one: Object) -> list[str]:
    custom = CUSTOM.get(f"{one['apiVersion']} {one['kind']}")
    if custom is not None:
        shape = {"properties": {"spec": custom}, "required": ["metadata", "spec"]}
        found = jsonschema.Draft202012Validator(shape).iter_errors(one)
    else:
        found = validator(one["kind"], one["apiVersion"]).iter_errors(one)
    return [f"{'.'.join(map(str, error.path))}: {error.message[:200]}" for error in found]


def workload(service: str, kind: str) -> Object:
    return named(objects(service), "Job" if kind == "migrate" else "Deployment", f"{service}-{kind}")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_object_is_valid_and_named_once(overlay: str) -> None:
    found = objects(f"overlays/{overlay}")
    wrong = {f"{one['kind']} {one['metadata']['name']}": faults(one) for one in found}
    assert {name: faults for name, faults in wrong.items() if faults} == {}
    assert len(wrong) == len(found), "two objects of one name"
    namespaces = {one["metadata"]["namespace"] for one in found if one["kind"] != "Namespace"}
    assert namespaces == {one["metadata"]["name"] for one in of_kind(found, "Namespace")}


def test_a_misspelt_key_and_an_unknown_kind_would_be_noticed() -> None:
    web = workload("sales", "web")
    web["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
    assert any("readynessProbe" in fault for fault in faults(web))
    cluster = named(objects("platform"), "Cluster", "postgresql")
    cluster["spec"]["instanses"] = 3
    assert any("instanses" in fault for fault in faults(cluster))
    with pytest.raises(FileNotFoundError):
        faults({"apiVersion": "apps/v1", "kind": "Deploiment"})


def test_kustomize_makes_the_same_of_it() -> None:
    if not shutil.which("kubectl"):
        pytest.skip("kubectl is not installed here")
    command = ["kubectl", "kustomize", str(KUBERNETES / "overlays" / "dev")]  # the one with patches
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def by_name(found: list[Object]) -> dict[tuple[str, str], Object]:
        return {(one["kind"], one["metadata"]["name"]): one for one in found}

    assert by_name(load_all(printed)) == by_name(objects("overlays/dev"))


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_whole_and_its_own(service: str) -> None:
    found = objects(service)
    kinds = sorted(one["kind"] for one in found)
    assert kinds == sorted(
        ["ServiceAccount", "Job", "Deployment", "Deployment", "Service", "Service", "HorizontalPodAutoscaler"]
        + ["PodDisruptionBudget"] * 2
        + ["NetworkPolicy"] * 3
    )
    for one in found:
        assert one["metadata"]["labels"]["app.kubernetes.io/name"] == service
        assert one["metadata"]["labels"]["app.kubernetes.io/part-of"] == "mostrador"
        assert re.fullmatch(f"{service}(-(web|worker|migrate))?", one["metadata"]["name"])
        assert {container["image"] for container in containers(one)} <= {f"mostrador/{service}"}
    for kind in ("web", "worker"):
        labels = pod(workload(service, kind))["metadata"]["labels"]  # type: ignore[index]
        for selector in (
            workload(service, kind)["spec"]["selector"]["matchLabels"],
            named(found, "Service", f"{service}-{kind}")["spec"]["selector"],
            named(found, "PodDisruptionBudget", f"{service}-{kind}")["spec"]["selector"]["matchLabels"],
            named(found, "NetworkPolicy", f"{service}-{kind}")["spec"]["podSelector"]["matchLabels"],
        ):
            assert selector == {"app.kubernetes.io/name": service, "app.kubernetes.io/component": kind}
            assert selector.items() <= labels.items()
        ports = {port["name"]: port["containerPort"] for port in containers(workload(service, kind))[0]["ports"]}
        (port,) = named(found, "Service", f"{service}-{kind}")["spec"]["ports"]
        assert ports == {port["targetPort"]: port["port"]} == {"http": 8000} if kind == "web" else {"metrics": 8001}
    scaled = named(found, "HorizontalPodAutoscaler", f"{service}-web")["spec"]
    assert scaled["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": f"{service}-web"}
    assert "replicas" not in workload(service, "web")["spec"], "the autoscaler's to say"
    assert scaled["minReplicas"] >= 2


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_pod_has_no_more_rights_than_it_needs(overlay: str) -> None:
    for one in objects(f"overlays/{overlay}"):
        template = pod(one)
        if not template:
            continue
        spec = template["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert (spec["securityContext"]["runAsUser"], spec["securityContext"]["runAsGroup"]) == (10001, 10001)
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
        writable = {volume["name"] for volume in spec["volumes"] if "emptyDir" in volume}
        assert {volume["name"] for volume in spec["volumes"]} - writable == {"secrets"}
        for container in containers(one):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert {"cpu", "memory"} == set(container["resources"]["requests"])
            assert "memory" in container["resources"]["limits"]
            assert re.fullmatch(r"mostrador/[a-z]+:[\w.-]+", container["image"])
            for mount in container["volumeMounts"]:
                assert mount.get("readOnly") or mount["name"] in writable
                assert mount["mountPath"] in ("/run/secrets", "/run/gateway", "/tmp")


@pytest.mark.parametrize(("service", "kind"), PROCESSES)
def test_a_process_gets_settings_that_it_reads_and_those_that_it_needs(service: str, kind: str) -> None:
    one = workload(service, kind)
    (secret,) = [volume["secret"] for volume in pod(one)["spec"]["volumes"] if volume["name"] == "secrets"]  # type: ignore[index]
    assert secret["secretName"] == service
    files = {item["key"] for item in secret["items"]}
    assert all(item["key"] == item["path"] for item in secret["items"])
    assert files <= secrets_of(service)
    assert ("amqp_url" in files) == (kind == "worker"), "only workers talk to the broker"
    assert ("admin_password" in files) == (service == "auth" and kind == "migrate")
    for container in containers(one):
        given = {entry["name"]: entry for entry in container.get("env", [])}
        names = {name.removeprefix(PREFIX).lower() for name in given}
        assert all(name.startswith(PREFIX) for name in given)
        assert not set(given) & IMAGE_SETTINGS
        assert names <= set(settings_of(service)), "no such settings"
        assert not names & secrets_of(service), "a secret in the environment"
        assert required_of(service) <= names | files
        if kind == "migrate":
            continue
        called = {callee for caller, callee in pairs() if caller == service}
        expected = {f"{callee}_url": f"http://{callee}-web:8000" for callee in called - {"gateway"}}
        expected["jwks_url"] = "http://auth-web:8000/api/auth/jwks/"
        urls = {
            name.removeprefix(PREFIX).lower(): entry["value"] for name, entry in given.items() if name.endswith("_URL")
        }
        assert urls == expected


@pytest.mark.parametrize(("service", "kind"), PROCESSES)
def test_it_runs_the_right_command_and_probes_ask_what_is_answered(service: str, kind: str) -> None:
    *_, container = containers(workload(service, kind))
    commands = [container.get("command") for container in containers(workload(service, kind))]
    if kind == "web":
        assert commands == [None], "the image's own"
    elif (service, kind) == ("auth", "migrate"):
        assert commands == [["chassis", "auth", "migrate"], ["chassis", "auth", "bootstrap"]]
    else:
        assert commands == [["chassis", service, kind]]
    module = {"web": "health.py", "worker": "worker_health.py", "migrate": ""}[kind]
    answered = set(re.findall(r'"(/\w+)"', (ROOT / "libs/chassis/chassis" / module).read_text())) if module else set()
    probes = {name: container[name]["httpGet"] for name in container if name.endswith("Probe")}
    assert len(probes) == (0 if kind == "migrate" else 3)
    for probe in probes.values():
        assert probe["path"] in answered
        assert probe["port"] in {port["name"] for port in container["ports"]}
    if kind == "web":
        assert (probes["readinessProbe"]["path"], probes["livenessProbe"]["path"]) == ("/readyz", "/livez")


def test_what_ends_has_the_time_for_what_it_has_in_hand() -> None:
    """What gunicorn allows itself, and then the cluster, `preStop` and the last keep-alive included."""
    (allowed,) = re.findall(
        r"^graceful_timeout = (\d+)", (ROOT / "libs/chassis/chassis/gunicorn_conf.py").read_text(), re.M
    )
    assert int(allowed) >= slowest_request()
    found = objects("platform")
    for one, slowest in [
        *((workload(service, "web"), slowest_request(service)) for service in SERVICES),
        (named(found, "StatefulSet", "gateway"), slowest_request()),
    ]:
        (container,) = containers(one)
        waits = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
        assert pod(one)["spec"]["terminationGracePeriodSeconds"] >= waits + slowest + 5, one["metadata"]["name"]  # type: ignore[index]


def peers(rules: list[dict[str, Any]], side: str) -> dict[str, set[int]]:
    """Each peer of a policy's rules and the ports: a service's name, `monitoring`, `dns`, `postgresql`, `rabbitmq`, `all`."""
    found: dict[str, set[int]] = {}
    for rule in rules:
        ports = {port["port"] for port in rule["ports"]}
        for peer in rule.get(side, [{}]):
            selector = peer.get("podSelector", {})
            labels = selector.get("matchLabels", {})
            namespace = peer.get("namespaceSelector", {}).get("matchLabels", {}).get("kubernetes.io/metadata.name")
            names = {name for term in selector.get("matchExpressions", []) for name in term["values"]}
            if namespace == "kube-system":
                names = {"dns"}
            elif namespace:
                names = {namespace}
            elif "cnpg.io/cluster" in labels:
                names = {labels["cnpg.io/cluster"]}
            elif "app.kubernetes.io/name" in labels:
                names = {labels["app.kubernetes.io/name"]}
            for name in names or {"all"}:
                found.setdefault(name, set()).update(ports)
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_policies_are_the_architectures_table_of_callers(service: str) -> None:
    found = {
        kind: named(objects(service), "NetworkPolicy", f"{service}-{kind}")["spec"]
        for kind in ("web", "worker", "migrate")
    }
    for spec in found.values():
        assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert peers(found["web"]["ingress"], "from") == {name: {8000} for name in callers_of(service) | {"monitoring"}}
    stores = {"dns": {53}, "postgresql": {5432}}
    called = {callee: {8081 if callee == "gateway" else 8000} for caller, callee in pairs() if caller == service}
    keys = {} if service == "auth" else {"auth": {8000}}
    assert peers(found["web"]["egress"], "to") == stores | called | keys
    assert peers(found["worker"]["ingress"], "from") == {"monitoring": {8001}}
    worker = peers(found["worker"]["egress"], "to")
    served = {name: worker.pop(name, None) for name in ("dns", "postgresql", "rabbitmq")}
    assert served == stores | {"rabbitmq": {5672}}
    assert worker.items() <= called.items()
    assert "ingress" not in found["migrate"]
    assert peers(found["migrate"]["egress"], "to") == stores


def test_the_rest_is_closed_and_the_stores_hear_services_only() -> None:
    found = objects("platform")
    closed = named(found, "NetworkPolicy", "closed")["spec"]
    assert closed == {
        "podSelector": {"matchLabels": {"app.kubernetes.io/part-of": "mostrador"}},
        "policyTypes": ["Ingress", "Egress"],
    }
    gateway = named(found, "NetworkPolicy", "gateway")["spec"]
    assert peers(gateway["ingress"], "from") == {"all": {8080}, "auth": {8081}}
    assert peers(gateway["egress"], "to") == {"dns": {53}} | {name: {8000} for name in SERVICES}
    database = peers(named(found, "NetworkPolicy", "postgresql")["spec"]["ingress"], "from")
    assert {name for name, ports in database.items() if 5432 in ports} == {*SERVICES, "postgresql", "cnpg-system"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_auth_tells_every_gateway_by_its_name(overlay: str) -> None:
    found = objects(f"overlays/{overlay}")
    gateway = named(found, "StatefulSet", "gateway")["spec"]
    internal = named(found, "Service", gateway["serviceName"])["spec"]
    assert internal["clusterIP"] == "None"
    assert internal["publishNotReadyAddresses"] is True
    (port,) = internal["ports"]
    names = [f"http://gateway-{n}.{gateway['serviceName']}:{port['port']}" for n in range(gateway["replicas"])]
    for kind in ("web", "worker"):
        given = {
            entry["name"]: entry["value"] for entry in containers(named(found, "Deployment", f"auth-{kind}"))[0]["env"]
        }
        assert given["MOSTRADOR_GATEWAY_INTERNAL_URLS"].split(",") == names


def test_the_gateway_finds_the_services(tmp_path: Path) -> None:
    found = objects("overlays/production")
    (container,) = containers(named(found, "StatefulSet", "gateway"))
    given = {entry["name"]: entry["value"] for entry in container["env"]}
    keys = {"MOSTRADOR_GATEWAY_HOME": str(tmp_path), "MOSTRADOR_SERVICE_KEYS": "auth>gateway=a,gateway>auth=b"}
    addresses = render_settings({**given, **keys}).addresses
    assert set(addresses) == set(SERVICES)
    for listed in addresses.values():
        for address in listed:
            name, _, port = address.partition(":")
            assert named(found, "Service", name)["spec"]["ports"][0]["port"] == int(port)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_postgresql_has_connections_for_all_services_rolled_out_at_their_largest(overlay: str) -> None:
    found = objects(f"overlays/{overlay}")
    cluster = named(found, "Cluster", "postgresql")["spec"]
    allowed = {role["name"]: role["connectionLimit"] for role in cluster["managed"]["roles"]}
    (a_worker,) = re.findall(r"pool_size=(\d+)", (ROOT / "libs/chassis/chassis/worker.py").read_text())
    for service in SERVICES:
        webs = named(found, "HorizontalPodAutoscaler", f"{service}-web")["spec"]["maxReplicas"]
        workers = named(found, "Deployment", f"{service}-worker")["spec"]["replicas"]
        # One more of each while they are replaced, and the migration.
        needed = (webs + 1) * settings_of(service)["web_threads"].default + (workers + 1) * int(a_worker) + 1
        assert needed <= allowed[service], service
    kept_by_postgresql_itself = 10
    assert (
        sum(allowed.values()) <= int(cluster["postgresql"]["parameters"]["max_connections"]) - kept_by_postgresql_itself
    )


def test_stores_know_every_service_and_nobody_else(tmp_path: Path) -> None:
    found = objects("platform")
    cluster = named(found, "Cluster", "postgresql")["spec"]
    assert [role["name"] for role in cluster["managed"]["roles"]] == list(SERVICES)
    assert cluster["postgresql"]["pg_hba"] == [
        *(f"hostssl {service} {service} all scram-sha-256" for service in SERVICES),
        f"host all {','.join(SERVICES)} all reject",
    ]
    databases = {one["spec"]["name"]: one["spec"]["owner"] for one in of_kind(found, "Database")}
    assert databases == {service: service for service in SERVICES}
    rights = {one["spec"]["user"]: one["spec"]["permissions"] for one in of_kind(found, "Permission")}
    assert set(rights) == {one["metadata"]["name"] for one in of_kind(found, "User")} == set(SERVICES)
    for service, right in rights.items():
        own = rf"^(mostrador|{service})\..*"
        assert right == {"configure": own, "write": rf"{own}|^amq\.default$", "read": own}
    topics = {one["spec"]["user"]: one["spec"]["permissions"] for one in of_kind(found, "TopicPermission")}
    assert topics == {
        service: {"exchange": "mostrador.events", "write": rf"^{service}\..*", "read": ".*"} for service in SERVICES
    }
    production = {
        one["kind"]: one["spec"] for one in of_kind(objects("overlays/production"), "Cluster", "RabbitmqCluster")
    }
    assert (production["Cluster"]["instances"], production["RabbitmqCluster"]["replicas"]) == (3, 3)


def test_the_script_makes_every_secret_that_is_referred_to(tmp_path: Path) -> None:
    command = ["sh", str(KUBERNETES / "secrets.sh"), str(tmp_path / "kept")]
    printed = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2)]
    assert printed[0] == printed[1], "made once"
    made = {one["metadata"]["name"]: set(one["stringData"]) for one in load_all(printed[0])}
    assert all(not faults(one) for one in load_all(printed[0]))
    for one in objects("overlays/production"):
        for volume in (pod(one) or {"spec": {"volumes": []}})["spec"]["volumes"]:
            if "secret" in volume:
                assert {item["key"] for item in volume["secret"]["items"]} <= made[volume["secret"]["secretName"]]
        for container in containers(one):
            for entry in container.get("env", []):
                if "valueFrom" in entry:
                    reference = entry["valueFrom"]["secretKeyRef"]
                    assert reference["key"] in made[reference["name"]]
        if one["kind"] == "User":
            assert made[one["spec"]["importCredentialsSecret"]["name"]] == {"username", "password"}
        if one["kind"] == "Cluster":
            for role in one["spec"]["managed"]["roles"]:
                assert made[role["passwordSecret"]["name"]] == {"username", "password"}


def test_the_script_prints_alerts_and_dashboard_as_they_stand() -> None:
    folder = ROOT / "deploy" / "observability"
    command = ["sh", str(KUBERNETES / "monitoring.sh")]
    rule, dashboard = load_all(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert (rule["apiVersion"], rule["kind"]) == ("monitoring.coreos.com/v1", "PrometheusRule")
    assert rule["spec"] == yaml.safe_load((folder / "alerts.yml").read_text())
    assert json.loads(dashboard["data"]["mostrador.json"]) == json.loads((folder / "dashboard.json").read_text())
    assert faults(dashboard) == []


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_team_releases_its_service_alone(overlay: str, service: str) -> None:
    alone = objects(f"overlays/{overlay}/{service}")
    images = {container["image"] for one in alone for container in containers(one)}
    assert len(images) == 1, "migrations, web and worker of one version"
    together = objects(f"overlays/{overlay}")
    assert all(one in together for one in alone)
    assert not of_kind(alone, "Namespace", "Cluster", "RabbitmqCluster", "StatefulSet")
