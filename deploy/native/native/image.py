"""`image`: a service's image, of the repository as it stands, where Docker or Podman is."""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib

from native.errors import PlatformError
from native.services import commit, require_service
from native.settings import ROOT


def build_image(service: str) -> int:
    """Build `mostrador/<service>:<version>`; the builder's exit code."""
    require_service(service)
    engine = shutil.which("docker") or shutil.which("podman")
    if engine is None:
        raise PlatformError("Building an image takes Docker or Podman, and neither is installed here.")
    project = tomllib.loads((ROOT / "services" / service / "pyproject.toml").read_text())["project"]
    tag = f"mostrador/{service}:{project['version']}"
    arguments = ["--build-arg", f"VERSION={project['version']}", "--build-arg", f"COMMIT={commit()}"]
    file = f"services/{service}/Dockerfile"
    # Docker before 23 asks for its builder that knows mounted caches; Podman has but one.
    env = {**os.environ, "DOCKER_BUILDKIT": "1"}
    done = subprocess.run([engine, "build", "--file", file, "--tag", tag, *arguments, "."], cwd=ROOT, env=env)
    if done.returncode == 0:
        print(f"built: {tag}")
    return done.returncode
