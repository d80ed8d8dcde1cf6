"""The side process: what happens when auth, nginx or itself comes and goes."""

import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from gateway.addresses import RECORD, look_up
from gateway.agent import PRUNE_STEP, Agent, Unavailable, expiry, prune, verified_at
from gateway.settings import AgentSettings
from gateway.tests.running import Gateway, eventually
from gateway.tests.stubs import SERVICE_KEYS, Auth, service_token

MakeGateway = Callable[..., Gateway]


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def status(gateway: Gateway, token: str) -> int:
    return gateway.call("GET", "/api/sessions/", token=token).status


def statuses_until(gateway: Gateway, token: str, condition: Callable[[int], bool]) -> set[int]:
    """All answers on the way to the first that meets the condition."""
    seen: set[int] = set()

    def met() -> bool:
        latest = status(gateway, token)
        seen.add(latest)
        return condition(latest)

    eventually(met)
    return seen


def test_with_auth_away_at_the_start_the_gateway_waits_and_then_serves(auth: Auth, make_gateway: MakeGateway) -> None:
    token, revoked = auth.token(), auth.token(sid="revoked-long-ago")
    auth.revoked["revoked-long-ago"] = int(time.time()) + 600
    auth.stop()
    gateway = make_gateway(auth)
    gateway.start_nginx()
    gateway.start_agent()
    log = gateway.home.parent / "home0-agent.log"
    eventually(lambda: "unavailable" in log.read_text())
    assert gateway.call("GET", "/healthz").status == 503
    assert status(gateway, token) == 503
    assert status(gateway, "") == 401
    auth.start()
    gateway.wait_ready()
    assert (status(gateway, token), status(gateway, revoked)) == (200, 401)


def test_with_auth_away_later_nothing_changes(auth: Auth, make_gateway: MakeGateway) -> None:
    gateway = make_gateway(auth, {}).start()
    keys = (gateway.home / "keys" / "jwks.json").read_text()
    token = auth.token()
    auth.stop()
    gateway.call("GET", "/api/sessions/", token=auth.token(headers={"kid": "unheard-of"}))
    log = gateway.home.parent / "home0-agent.log"
    eventually(lambda: "unavailable" in log.read_text())
    assert (gateway.home / "keys" / "jwks.json").read_text() == keys
    assert status(gateway, token) == 502  # it passed the check, auth is not there to answer


def test_a_new_key_is_picked_up_within_a_second(auth: Auth, make_gateway: MakeGateway) -> None:
    gateway = make_gateway(auth).start()
    old = auth.token()
    assert status(gateway, old) == 200
    auth.keys["second"] = new_key()
    new = auth.token(kid="second")
    assert status(gateway, new) == 401
    eventually(lambda: status(gateway, new) == 200, seconds=1.5)
    assert status(gateway, old) == 200


def test_unknown_keys_cause_one_fetch_in_ten_seconds(auth: Auth, make_gateway: MakeGateway) -> None:
    gateway = make_gateway(auth).start()
    before = auth.jwks_fetches
    for number in range(300):
        assert status(gateway, auth.token(headers={"kid": f"unheard-of-{number}"})) == 401
    eventually(lambda: auth.jwks_fetches == before + 1)
    marker = gateway.home / "keys" / "unknown-kid"
    status(gateway, auth.token(headers={"kid": "one-more"}))
    eventually(marker.exists)
    ticks_pass = time.monotonic() + 1
    eventually(lambda: time.monotonic() > ticks_pass)
    assert auth.jwks_fetches == before + 1


def test_a_restarted_nginx_serves_only_after_it_heard_what_it_missed(auth: Auth, make_gateway: MakeGateway) -> None:
    gateway = make_gateway(auth).start()
    token = auth.token(sid="ended-while-down")
    assert status(gateway, token) == 200
    gateway.stop_agent()
    gateway.stop_nginx()
    auth.revoked["ended-while-down"] = int(time.time()) + 600
    gateway.start_nginx()
    assert status(gateway, token) == 503
    gateway.start_agent()
    gateway.wait_ready()
    assert status(gateway, token) == 401


def test_a_running_agent_notices_a_new_nginx(auth: Auth, make_gateway: MakeGateway) -> None:
    gateway = make_gateway(auth).start()
    gateway.stop_nginx()
    auth.revoked["ended-while-down"] = int(time.time()) + 600
    gateway.start_nginx()
    token = auth.token(sid="ended-while-down")
    seen = statuses_until(gateway, token, lambda latest: latest == 401)
    assert seen <= {503, 401}
    assert len(list((gateway.home / "deny").glob(".ready-*"))) == 1


def test_a_restarted_agent_causes_no_outage(auth: Auth, make_gateway: MakeGateway) -> None:
    gateway = make_gateway(auth).start()
    token, fetches = auth.token(), auth.revocation_fetches
    gateway.stop_agent()
    assert status(gateway, token) == 200
    auth.revoked["while-the-agent-was-down"] = int(time.time()) + 600
    gateway.start_agent()
    assert statuses_until(gateway, token, lambda _: auth.revocation_fetches > fetches) == {200}
    eventually(lambda: status(gateway, auth.token(sid="while-the-agent-was-down")) == 401)


def test_workers_that_outlived_their_master_do_not_block_a_new_start(auth: Auth, make_gateway: MakeGateway) -> None:
    gateway = make_gateway(auth).start()
    assert gateway.nginx
    gateway.nginx.kill()
    gateway.nginx.wait()
    assert gateway.listens()  # the orphans still do
    assert (
        gateway.push(service_token(), {"revocations": [{"sid": "to-an-orphan", "exp": time.time() + 600}]}).status
        == 204
    )
    first = gateway.nginx.pid
    gateway.start_nginx()
    second = gateway.nginx.pid
    assert second != first
    eventually(lambda: (gateway.home / "deny" / f".ready-{second}").exists())
    eventually(lambda: status(gateway, auth.token()) == 200)
    assert status(gateway, auth.token(sid="to-an-orphan")) == 401


def test_a_reload_keeps_the_gateway_ready(auth: Auth, make_gateway: MakeGateway) -> None:
    gateway = make_gateway(auth).start()
    gateway.stop_agent()
    assert gateway.command("reload").wait(10) == 0
    assert status(gateway, auth.token()) == 200


def test_another_address_behind_a_name_reaches_nginx_and_no_request_is_lost(
    auth: Auth, make_gateway: MakeGateway
) -> None:
    gateway = make_gateway(auth).start()
    record, token = gateway.home / RECORD, auth.token()
    now = json.loads(record.read_text())
    assert now["auth"] == [auth.address]
    assert gateway.nginx
    children = Path(f"/proc/{gateway.nginx.pid}/task/{gateway.nginx.pid}/children")
    before = children.read_text()
    # As if nginx had been started when the names stood for others.
    record.write_text(json.dumps(now | {"auth": ["127.0.0.1:1"], "sales": []}))
    log = gateway.home.parent / "home0-agent.log"
    seen = set()

    def followed() -> bool:
        seen.add(status(gateway, token))
        return "addresses changed" in log.read_text()

    eventually(followed)
    assert json.loads(record.read_text()) == now
    eventually(
        lambda: not set(before.split()) & set(children.read_text().split())
    )  # new workers, the old ones are gone
    seen.add(status(gateway, token))
    assert seen == {200}


def test_a_name_stands_for_all_its_addresses_and_an_unknown_one_for_those_it_had(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def answers(host: str, _port: object, family: socket.AddressFamily, _type: object) -> list[tuple[object, ...]]:
        if host == "sales-web" and family == socket.AF_INET:
            return [(family, 1, 6, "", (address, 0)) for address in ("172.18.0.9", "172.18.0.4", "172.18.0.9")]
        if host == "auth-web" and family == socket.AF_INET6:
            return [(family, 1, 6, "", ("fd00::2", 0, 0, 0))]
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", answers)
    named = {name: (f"{name}-web:8000",) for name in ("auth", "catalog", "customers")}
    named["sales"] = ("sales-web:8000", "sales-web:8001")
    assert look_up(named, {"catalog": ["172.18.0.5:8000"], "sales": ["172.18.0.7:8000"]}) == {
        "sales": ["172.18.0.4:8000", "172.18.0.4:8001", "172.18.0.9:8000", "172.18.0.9:8001"],
        "auth": ["[fd00::2]:8000"],
        "catalog": ["172.18.0.5:8000"],
        "customers": [],
    }


def test_nginx_starts_with_names_that_nobody_knows_and_answers_for_the_rest(
    auth: Auth, make_gateway: MakeGateway
) -> None:
    gateway = make_gateway(auth, MOSTRADOR_SALES_ADDR="no-such-host.invalid:8000").start()
    assert status(gateway, auth.token()) == 200
    answer = gateway.call("GET", "/api/orders/", token=auth.token())
    assert answer.status == 502
    assert answer.headers["Retry-After"]


def made_agent(home: Path, clock: Callable[[], float]) -> Agent:
    for folder in ("deny", "keys", "run"):
        (home / folder).mkdir()
    (home / "run" / "nginx.pid").write_text("77\n")
    settings = AgentSettings(
        str(home), "http://auth/jwks/", "http://auth/internal/revocations/", SERVICE_KEYS["gateway>auth"], {}
    )
    return Agent(settings, clock)


class Script:
    """Stands for auth in the tests of one agent: answers by URL, and counts."""

    def __init__(self) -> None:
        self.answers: dict[str, object] = {"jwks": {"keys": [{"kid": "1"}]}, "revocations": {"revocations": []}}
        self.asked: list[str] = []

    def fetch(self, url: str, headers: dict[str, str]) -> object:
        name = url.rstrip("/").rpartition("/")[2]
        self.asked.append(name)
        if name not in self.answers:
            raise Unavailable(name)
        return self.answers[name]


def test_the_agents_calendar(tmp_path: Path) -> None:
    now = [1000.0]
    agent, auth = made_agent(tmp_path, lambda: now[0]), Script()
    agent.fetch = auth.fetch  # type: ignore[method-assign, assignment]
    agent.tick()
    assert auth.asked == ["jwks", "revocations"]
    assert (tmp_path / "deny" / ".ready-77").exists()
    for now[0] in (1001, 1010, 1029):
        agent.tick()
    assert auth.asked == ["jwks", "revocations"]
    now[0] = 1031
    agent.tick()
    assert auth.asked[2:] == ["jwks"]
    now[0] = 1060.5
    agent.tick()
    assert auth.asked[3:] == ["revocations"]


def test_an_agent_that_is_started_again_vouches_without_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unlink, gone = Path.unlink, list[str]()
    agent = made_agent(tmp_path, lambda: 1000.0)
    agent.fetch = Script().fetch  # type: ignore[method-assign, assignment]
    for pid in (5, 77):  # an nginx before, and the one that runs
        (tmp_path / "deny" / f".ready-{pid}").touch()
    monkeypatch.setattr(Path, "unlink", lambda path: (gone.append(path.name), unlink(path)))
    agent.tick()
    assert (gone, agent.loaded_for) == ([".ready-5"], "77")


def test_while_auth_is_away_the_agent_asks_once_a_second(tmp_path: Path) -> None:
    now = [1000.0]
    agent, auth = made_agent(tmp_path, lambda: now[0]), Script()
    agent.fetch = auth.fetch  # type: ignore[method-assign, assignment]
    del auth.answers["revocations"]
    for tick in range(9):
        now[0] = 1000 + tick / 4
        agent.tick()
    assert auth.asked == ["jwks", "revocations", "revocations", "revocations"]
    assert not (tmp_path / "deny" / ".ready-77").exists()
    del auth.answers["jwks"]
    now[0] = 1040
    agent.tick()
    assert json.loads((tmp_path / "keys" / "jwks.json").read_text()) == {"keys": [{"kid": "1"}]}


def test_without_keys_the_agent_vouches_for_nothing(tmp_path: Path) -> None:
    agent, auth = made_agent(tmp_path, lambda: 1000.0), Script()
    agent.fetch = auth.fetch  # type: ignore[method-assign, assignment]
    del auth.answers["jwks"]
    agent.tick()
    assert list((tmp_path / "deny").iterdir()) == []


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"revocations": {}},
        {"revocations": [{}]},
        {"revocations": [1]},
        {"revocations": [{"sid": "../x", "exp": 1}]},
    ],
)
def test_an_answer_that_makes_no_sense_vouches_for_nothing(tmp_path: Path, answer: object) -> None:
    agent, auth = made_agent(tmp_path, lambda: 1000.0), Script()
    agent.fetch = auth.fetch  # type: ignore[method-assign, assignment]
    auth.answers["revocations"] = answer
    agent.tick()
    assert list((tmp_path / "deny").iterdir()) == []


def test_pruning_goes_in_steps_and_spares_what_still_counts(tmp_path: Path) -> None:
    for number in range(3 * PRUNE_STEP):
        (tmp_path / f"expired-{number}").write_text("100")
    for name, text in (("live", "9999999999"), ("cut-short", ""), (".ready-1", "")):
        (tmp_path / name).write_text(text)
    steps = len(list(prune(tmp_path, expiry, before=200)))
    assert steps == 3
    assert {path.name for path in tmp_path.iterdir()} == {"live", "cut-short", ".ready-1"}


def test_old_verdicts_go(tmp_path: Path) -> None:
    for name in ("old", "fresh"):
        (tmp_path / name).touch()
    os.utime(tmp_path / "old", (100, 100))
    list(prune(tmp_path, verified_at, before=200))
    assert [path.name for path in tmp_path.iterdir()] == ["fresh"]
