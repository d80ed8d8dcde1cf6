"""`make contracts-check`: a working tree against a revision of its repository."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from native.contracts.check import check
from native.errors import PlatformError


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one event in its only commit."""
    folder = tmp_path / "contracts" / "events" / "sales"
    folder.mkdir(parents=True)
    (folder / "OrderPaid.json").write_text(json.dumps({"type": "object"}))
    (tmp_path / "services").mkdir()
    (tmp_path / "services" / "README").touch()
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        identity = ["-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *identity, *command], cwd=tmp_path, check=True)
    return tmp_path


def test_the_working_tree_is_held_against_a_revision(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(repository) == 0
    assert capsys.readouterr().out.startswith("Nothing has broken since HEAD: 1 events")
    (repository / "contracts" / "events" / "sales" / "OrderPaid.json").unlink()
    assert check(repository, "HEAD") == 1
    assert "  BREAKS    event sales/OrderPaid: removed event\n" in capsys.readouterr().out
    accepted = repository / "contracts" / "accepted-breaks.txt"
    accepted.write_text("# reasons\nevent sales/OrderPaid: removed event # nobody has heard it since 1.4\n")
    assert check(repository, "HEAD") == 0
    assert "  accepted  event sales/OrderPaid: removed event\n" in capsys.readouterr().out


def test_the_newest_tag_is_what_is_compared_with(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    subprocess.run(["git", "tag", "v1"], cwd=repository, check=True)
    for base in ("", "0" * 40):
        assert check(repository, base) == 0
        assert "since v1" in capsys.readouterr().out


def test_a_service_that_is_not_checked_out_is_not_missed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    migrations = repository / "services" / "sales" / "migrations"
    migrations.mkdir(parents=True)
    (migrations / "0001_first.py").write_text('revision = "0001"\n')
    for command in (["add", "."], ["commit", "-q", "-m", "sales"]):
        identity = ["-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *identity, *command], cwd=repository, check=True)
    (migrations / "0001_first.py").unlink()
    assert check(repository) == 1
    assert "migration sales/0001_first.py: removed revision" in capsys.readouterr().out
    migrations.rmdir()
    migrations.parent.rmdir()
    assert check(repository) == 0


def test_an_unknown_revision_is_one_sentence(repository: Path) -> None:
    with pytest.raises(PlatformError, match=r"git archive: .*nowhere"):
        check(repository, "nowhere")
