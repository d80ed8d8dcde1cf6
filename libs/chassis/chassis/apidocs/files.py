"""The API's documents as files of the repository, and what stands in them: `contracts/openapi/`, `postman/`, `asyncapi/`."""

from __future__ import annotations

import json
import re
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import yaml

import chassis
from chassis.apidocs.documents import merged, service_document
from chassis.apidocs.examples import Json

SERVICES = ("auth", "catalog", "sales", "customers", "analytics")
PLATFORM = "mostrador"


def service_file(root: Path, service: str) -> tuple[Path, Json]:
    """Where a service's OpenAPI document is kept, and what belongs there."""
    document = service_document(service, root / "services" / service)
    return root / "contracts" / "openapi" / f"{service}.yaml", document


def written(root: Path) -> dict[Path, str]:
    """The text of every document, by its path."""
    found: dict[Path, str] = {}
    documents: dict[str, Json] = {}
    # A process each: no two services' models fit into one.
    with get_context("fork").Pool(2, maxtasksperchild=1) as pool:
        for service, (path, document) in zip(SERVICES, pool.map(partial(service_file, root), SERVICES), strict=True):
            documents[service] = document
            found[path] = as_yaml(document)
    platform = merged(documents, _info(root))
    folder = root / "contracts" / "openapi"
    found[folder / f"{PLATFORM}.yaml"] = as_yaml(platform)
    found[folder / f"{PLATFORM}.json"] = as_json(platform)
    return found


def as_json(document: Json) -> str:
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
