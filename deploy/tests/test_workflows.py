"""The workflows say what they mean: they parse, what they name exists, and they may read and no more."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(path.stem for path in FOLDER.glob("*.yml"))
SERVICES = sorted(path.name for path in (ROOT / "services").iterdir() if (path / "Dockerfile").exists())


def read(name: str) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load((FOLDER / f"{name}.yml").read_text())
    return found


def triggers(workflow: dict[Any, Any]) -> dict[str, Any]:
    found: dict[str, Any] = workflow[True]  # what YAML 1.1 makes of `on`
    return found


def steps(workflow: dict[Any, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job.get("steps", ())]


def test_there_is_one_a_service_one_that_they_share_and_one_for_all() -> None:
    assert sorted([*SERVICES, "platform", "service"]) == WORKFLOWS


@pytest.mark.parametrize("name", WORKFLOWS)
def test_it_may_only_read_and_runs_nothing_that_can_change(name: str) -> None:
    workflow = read(name)
    assert workflow["permissions"] == {"contents": "read"}
    assert not any("permissions" in job for job in workflow["jobs"].values())
    for step in steps(workflow):
        if "uses" in step:
            assert re.fullmatch(r"actions/\w+@[0-9a-f]{40}", step["uses"]), step["uses"]
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
        assert "${{" not in step.get("run", ""), "what an event says is no part of a script"
    assert "secrets" not in (FOLDER / f"{name}.yml").read_text()


@pytest.mark.parametrize("name", WORKFLOWS)
def test_it_ends_what_it_makes_obsolete_and_never_runs_for_hours(name: str) -> None:
    workflow = read(name)
    if "workflow_call" not in triggers(workflow):
        assert "github.ref" in workflow["concurrency"]["group"]
    assert all("uses" in job or job["timeout-minutes"] <= 45 for job in workflow["jobs"].values())


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_own_is_short_and_looks_at_all_that_it_stands_on(service: str) -> None:
    workflow = read(service)
    assert workflow["jobs"] == {service: {"uses": "./.github/workflows/service.yml", "with": {"service": service}}}
    filters = [triggers(workflow)[event]["paths"] for event in ("push", "pull_request")]
    assert filters[0] == filters[1]
    others = set(SERVICES) - {service}
    for pattern in filters[0]:
        assert any(ROOT.glob(pattern.replace("/**", "/*"))), f"{pattern} finds nothing"
        assert not any(f"services/{other}" in pattern for other in others)
    for needed in (f"services/{service}/**", "libs/**", "contracts/**", f".github/workflows/{service}.yml"):
        assert needed in filters[0]


@pytest.mark.parametrize("name", ["platform", "service"])
def test_every_step_of_ours_is_a_make_target_that_exists(name: str) -> None:
    makes = [step for step in steps(read(name)) if "make " in step.get("run", "") and "apt-get" not in step["run"]]
    assert {step["run"].split()[1] for step in makes} >= {"test", "contracts-check"}
    for step in makes:
        target = step["run"].split()[1]
        for folder in [f"services/{one}" for one in SERVICES] if "working-directory" in step else ["."]:
            if "working-directory" in step:
                assert step["working-directory"] == "services/${{ inputs.service }}"
            subprocess.run(["make", "-n", target], cwd=ROOT / folder, check=True, capture_output=True)


def test_a_services_checkout_has_what_it_needs_and_nothing_of_the_others() -> None:
    checkout = next(step for step in steps(read("service")) if "sparse-checkout" in step.get("with", {}))
    folders = checkout["with"]["sparse-checkout"].split("\n")
    assert [folder for folder in folders if folder] == ["services/${{ inputs.service }}", "libs", "contracts", "deploy"]
    # By itself such a checkout leaves out what stood there before, and fetches it later: in vain, for the credentials are gone.
    assert checkout["with"]["filter"].startswith("blob:limit=")
    assert checkout["with"]["fetch-depth"] == 0
