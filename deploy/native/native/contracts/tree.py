"""The contracts of a revision, or of the working tree: read once, kept by name."""

from __future__ import annotations

import io
import json
import re
import subprocess
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Self

import yaml

from native.errors import PlatformError

FOLDERS = ("contracts/*/*", "contracts/*/*/*", "services/*/migrations/*")


@dataclass(frozen=True, slots=True)
class Tree:
    """All that others rely on, by name."""

    events: dict[str, Any] = field(default_factory=dict)
    internal: dict[str, Any] = field(default_factory=dict)
    openapi: dict[str, Any] = field(default_factory=dict)
    revisions: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_files(cls, files: Iterable[tuple[str, bytes]]) -> Self:
        """From paths relative to the repository's root and what stands there; other files are passed over."""
        tree = cls()
        for path, content in files:
            if found := re.fullmatch(r"contracts/(events|internal)/(\w+/\w+)\.json", path):
                getattr(tree, found[1])[found[2]] = json.loads(content)
            elif found := re.fullmatch(r"contracts/openapi/(?!mostrador\.)(\w+)\.yaml", path):
                tree.openapi[found[1]] = _document(content)
            elif found := re.fullmatch(r"services/(\w+)/migrations/(\d+_\w+\.py)", path):
                tree.revisions[f"{found[1]}/{found[2]}"] = content.decode()
        return tree

    @classmethod
    def of_folder(cls, root: Path) -> Self:
        """What stands in the working tree, committed or not."""
        paths = [path for folder in FOLDERS for path in sorted(root.glob(folder)) if path.is_file()]
        return cls.of_files((path.relative_to(root).as_posix(), path.read_bytes()) for path in paths)

    @classmethod
    def of_revision(cls, root: Path, revision: str) -> Self:
        """What stood there at a commit, tag or branch; PlatformError when git doesn't know it."""
        archive = git(root, "archive", "--format=tar", revision, "contracts", "services")
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            members = [member for member in tar.getmembers() if member.isfile()]
            return cls.of_files((member.name, tar.extractfile(member).read()) for member in members)  # type: ignore[union-attr]


@cache
def _document(text: bytes) -> Any:
    """A large YAML document; one that has not changed is read once for both trees."""
    return yaml.load(text, Loader=yaml.CSafeLoader)


def git(root: Path, *arguments: str) -> bytes:
    """What a git command prints; PlatformError in git's own words when it fails or there is no git."""
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True)
    except FileNotFoundError:
        raise PlatformError("git is not installed: the version to compare with can't be read.") from None
    if done.returncode:
        raise PlatformError(f"git {arguments[0]}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
