"""The native run's tests: real servers, small stubs in the services' place."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from native.platform import Platform

STUBS = (sys.executable, str(Path(__file__).parent / "stub_platform.py"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder below one that only its owner may enter, as a home under /root is."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    return closed


@pytest.fixture
def platform(folder: Path) -> Iterator[Platform]:
    """A platform of stubs, not started; whatever becomes of it, it is ended."""
    platform = Platform(folder / "home", command=STUBS)
    yield platform
    if platform.is_started:
        platform.stop()
