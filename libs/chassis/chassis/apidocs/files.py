"""The API's documents as files of the repository, and what stands in them: `contracts/openapi/` and `asyncapi/`."""

from __future__ import annotations

import json
import re
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import yaml

import chassis
from chassis.apidocs.asyncapi import asyncapi_document
from chassis.apidocs.documents import merged, service_document, settings_of
from chassis.apidocs.examples import Json
from chassis.messaging.subscriptions import subscriptions_of

SERVICES = ("auth", "catalog", "sales", "customers", "analytics")
PLATFORM = "mostrador"


def _of_service(root: Path, service: str) -> tuple[Json, list[str]]:
    """A service's OpenAPI document, and the events that it listens to."""
    heard = sorted(subscriptions_of(service, settings_of(service)))
    return service_document(service, root / "services" / service), heard


def written(root: Path) -> dict[Path, str]:
    """The text of every document, by its path."""
    found: dict[Path, str] = {}
    contracts, documents, heard = root / "contracts", dict[str, Json](), dict[str, list[str]]()
    # A process each: no two services' models fit into one.
    with get_context("fork").Pool(2, maxtasksperchild=1) as pool:
        for service, told in zip(SERVICES, pool.map(partial(_of_service, root), SERVICES), strict=True):
            documents[service], heard[service] = told
            found[contracts / "openapi" / f"{service}.yaml"] = as_yaml(documents[service])
    platform = merged(documents, _info(root))
    found[contracts / "openapi" / f"{PLATFORM}.yaml"] = as_yaml(platform)
    found[contracts / "openapi" / f"{PLATFORM}.json"] = as_json(platform)
    found[contracts / "asyncapi" / f"{PLATFORM}.yaml"] = as_yaml(asyncapi_document(contracts / "events", heard))
    return found


def as_json(document: Json) -> str:
    """Return the document as small as it can be."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


class _Dumper(yaml.CSafeDumper):
    """Without anchors: every part is read where it stands."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def as_yaml(document: Json) -> str:
    return yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


def _info(root: Path) -> Json:
    """The merged document's head; its description is `docs/api.md` without the title."""
    text = (root / "docs" / "api.md").read_text(encoding="utf-8")
    return {
        "title": "Mostrador",
        "version": chassis.__version__,
        "description": re.sub(r"\A# .*\n+", "", text).strip(),
        "license": {"name": "MIT", "identifier": "MIT"},
    }
