"""`up` from the outside, with stubs in the services' place: start, stop, kill, and what is said when it can't."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from native import homes
from native.errors import NotReady
from native.health import answers_ok
from native.launch import is_alive, processes_of
from native.plan import needed_ports
from native.platform import Platform, eventually
from native.ports import LOOPBACK, free_ports, is_free

STUBS = (sys.executable, str(Path(__file__).parent / "stub_platform.py"))


def command(platform: Platform, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*platform.command, *arguments], env=platform.env, capture_output=True, text=True, timeout=30)


def home_pids(platform: Platform) -> list[int]:
    return list(processes_of(str(platform.settings.home)))


def assert_nothing_is_left(platform: Platform) -> None:
    assert home_pids(platform) == []
    assert [port for _, port in needed_ports(platform.settings) if not is_free(port)] == []


def test_start_dead_child_status_stop(platform: Platform) -> None:
    platform.start()
    assert answers_ok(f"{platform.url}/healthz")
    assert platform.admin.password in platform.log.read_text()

    dead = platform.kill("sales-worker")
    eventually(lambda: platform.pid("sales-worker") not in (0, dead), 10, "sales-worker was not started again")

    platform.restart("auth-web", {"MOSTRADOR_LOG_LEVEL": "DEBUG"})
    assert "MOSTRADOR_LOG_LEVEL=DEBUG" in Path(f"/proc/{platform.pid('auth-web')}/environ").read_text()

    eventually(lambda: command(platform, "status").returncode == 0, 10, "the status is not healthy")
    platform.stop_process("catalog-web")
    status = command(platform, "status")
    assert status.returncode == 1
    assert "catalog-web       stopped   failing" in status.stdout
    assert command(platform, "restart", "catalog-web").returncode == 0, "also of one that does not run"
    assert platform.pid("catalog-web")

    assert platform.stop() == 0
    assert_nothing_is_left(platform)


def test_ctrl_c_with_postgresql(folder: Path) -> None:
    platform = Platform(folder / "home", database="postgresql", command=STUBS)
    platform.start()
    assert platform.pid("postgresql")
    os.kill(platform.up_pid, signal.SIGINT)
    assert platform.wait() == 0
    assert_nothing_is_left(platform)


def test_a_given_broker_that_is_not_there_is_told(folder: Path) -> None:
    nowhere = free_ports(1)[0]
    platform = Platform(
        folder / "home", command=STUBS, env={"MOSTRADOR_AMQP_URL": f"amqp://a:b@{LOOPBACK}:{nowhere}/%2F"}
    )
    with pytest.raises(NotReady, match=f"No broker answers at {LOOPBACK}:{nowhere}"):
        platform.start()
    assert_nothing_is_left(platform)


def test_down_from_another_shell(platform: Platform) -> None:
    platform.start()
    assert command(platform, "down").stdout == "Stopped.\n"
    assert_nothing_is_left(platform)
    assert command(platform, "down").stdout == "Nothing was running.\n"


def test_a_second_up_leaves_the_first_alone(platform: Platform) -> None:
    platform.start()
    second = command(platform, "up")
    assert second.returncode == 1
    assert f"already runs in {platform.settings.home} (pid {platform.up_pid})" in second.stderr
    assert answers_ok(f"{platform.url}/healthz")


def test_a_killed_run_ends_and_does_not_hinder_the_next(platform: Platform) -> None:
    platform.start()
    password = platform.admin.password
    supervisord = int((platform.settings.home / "supervisord.pid").read_text())
    marks = {"MOSTRADOR_HOME": str(platform.settings.home), "MOSTRADOR_PROCESS": "catalog-web"}
    with subprocess.Popen(["/usr/bin/sleep", "600"], env=marks) as stray:
        for pid in (platform.up_pid, supervisord):
            os.kill(pid, signal.SIGKILL)
        assert platform.wait() == -signal.SIGKILL
        eventually(lambda: home_pids(platform) == [stray.pid], 20, "children outlived their supervisor")
        platform.start()
        assert not is_alive(stray.pid)
    assert platform.admin.password == password
    assert platform.stop() == 0
    assert_nothing_is_left(platform)


def test_a_busy_port_is_told_before_anything_starts(platform: Platform) -> None:
    with (
        socket.create_server((LOOPBACK, platform.settings.ports.web("sales"))),
        pytest.raises(NotReady, match=rf"Port \d+ \(sales's web\) is in use by .*pid {os.getpid()}"),
    ):
        platform.start()
    assert home_pids(platform) == []


def test_a_process_that_can_not_start_is_told_with_its_log(folder: Path) -> None:
    platform = Platform(folder / "home", command=STUBS, env={"STUB_CRASH": "sales-web"})
    with pytest.raises(NotReady, match=r"(?s)sales-web ends as soon as it is started.*told to crash"):
        platform.start()
    assert_nothing_is_left(platform)


def test_a_home_exported_in_a_shell_marks_nobody(platform: Platform) -> None:
    env = {**platform.env, "MOSTRADOR_HOME": str(platform.settings.home)}
    with subprocess.Popen(["/usr/bin/sleep", "60"], env=env) as bystander:
        platform.settings.home.mkdir()
        assert homes.end_leftovers(platform.settings) == []
        assert bystander.poll() is None
        bystander.kill()


def test_big_logs_are_cut_while_they_are_written(platform: Platform) -> None:
    from native.up import rotate_logs

    platform.settings.logs.mkdir(parents=True)
    log = platform.settings.logs / "sales-web.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"before\n" * 100)
        rotate_logs(platform.settings, limit=100)
        writer.write(b"after\n")
    assert log.read_text() == "after\n"
    assert log.with_name("sales-web.log.1").read_text().startswith("before\n")
