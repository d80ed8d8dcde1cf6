"""Kubernetes manifests as a cluster would get them: what `kubectl kustomize FOLDER` prints, for the parts of kustomize used here."""

from __future__ import annotations

import re
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from platform_facts import ROOT

KUBERNETES = ROOT / "deploy" / "kubernetes"
KNOWN = {"apiVersion", "kind", "resources", "namespace", "images", "patches"}
Object = dict[str, Any]


def load_all(text: str) -> list[Object]:
    """All documents of a YAML stream, by the fast loader where PyYAML has it."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [one for one in yaml.load_all(text, Loader=loader) if one]


def objects(folder: str) -> list[Object]:
    """All objects of a folder below deploy/kubernetes, patched."""
    return deepcopy(_objects((KUBERNETES / folder).resolve()))


@cache
def _objects(folder: Path) -> list[Object]:
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text())
    assert set(kustomization) <= KNOWN, f"{folder}: this resolver does not know {set(kustomization) - KNOWN}"
    found: list[Object] = []
    for resource in kustomization["resources"]:
        path = (folder / resource).resolve()
        found += deepcopy(_objects(path)) if path.is_dir() else load_all(path.read_text())
    for one in found:
        if kustomization.get("namespace") and one["kind"] != "Namespace":
            one["metadata"]["namespace"] = kustomization["namespace"]
        for image in kustomization.get("images", []):
            for container in containers(one):
                if container["image"] == image["name"]:
                    container["image"] += ":" + image["newTag"]
    for patch in kustomization.get("patches", []):
        _apply(patch, found)
    return found


def _apply(patch: dict[str, Any], found: list[Object]) -> None:
    target = patch["target"]
    matched = [
        one for one in found if one["kind"] == target["kind"] and re.fullmatch(target["name"], one["metadata"]["name"])
    ]
    assert matched, f"nothing to patch: {target}"
    for operation in yaml.safe_load(patch["patch"]):
        assert operation["op"] == "replace"
        *way, last = operation["path"].strip("/").split("/")
        for place in matched:
            for step in way:
                place = place[step]
            assert last in place, f"{operation['path']} of {target} is not there to be replaced"
            place[last] = operation["value"]


def pod(one: Object) -> dict[str, Any] | None:
    """The pod template of a workload; None for everything else."""
    return one["spec"]["template"] if one["kind"] in ("Deployment", "StatefulSet", "Job") else None


def containers(one: Object) -> list[dict[str, Any]]:
    """All containers of a workload, those that run first included."""
    template = pod(one)
    return [*template["spec"].get("initContainers", []), *template["spec"]["containers"]] if template else []


def named(found: list[Object], kind: str, name: str) -> Object:
    """The one object of that kind and name."""
    (one,) = [one for one in found if one["kind"] == kind and one["metadata"]["name"] == name]
    return one


def of_kind(found: list[Object], *kinds: str) -> list[Object]:
    return [one for one in found if one["kind"] in kinds]
