"""The internal listener: auth's word is on disk, and holds, before auth answers its own client."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.tests.conftest import Platform
from gateway.tests.running import Gateway, call
from gateway.tests.stubs import SERVICE_KEYS, Auth, Service, service_token

EXP = int(time.time()) + 600


def one(sid: str, exp: object = EXP) -> dict[str, object]:
    return {"revocations": [{"sid": sid, "exp": exp}]}


def test_the_very_next_request_is_refused(platform: Platform) -> None:
    for number in range(50):
        sid = f"next-request-{number}"
        token = platform.auth.token(sid=sid)
        assert platform.gateway.call("GET", "/api/products/", token=token).status == 200  # and now it is cached
        assert platform.gateway.push(service_token(), one(sid)).status == 204
        for path in ("/api/products/", "/api/orders/", "/api/v1/client", "/api/auth/refresh-all/"):
            assert platform.gateway.call("GET", path, token=token).status == 401


def test_a_session_ends_for_all_of_its_tokens_and_no_other_session_does(platform: Platform) -> None:
    tokens = [platform.auth.token(sid="many-tokens", jti=str(number)) for number in range(3)]
    other = platform.auth.token(sid="many-tokens-too")
    assert platform.gateway.push(service_token(), one("many-tokens")).status == 204
    assert {platform.gateway.call("GET", "/api/products/", token=token).status for token in tokens} == {401}
    assert platform.gateway.call("GET", "/api/products/", token=other).status == 200


def test_many_sessions_end_at_once(platform: Platform) -> None:
    sids = [f"batch-{number}" for number in range(1000)]
    body = {"revocations": [{"sid": sid, "exp": EXP} for sid in sids]}
    assert platform.gateway.push(service_token(), body).status == 204
    written = [(platform.gateway.home / "deny" / sid).stat().st_mtime_ns for sid in sids]
    assert platform.gateway.push(service_token(), body).status == 204  # and again: nothing changes, nothing is written
    assert [(platform.gateway.home / "deny" / sid).stat().st_mtime_ns for sid in sids] == written
    for sid in (sids[0], sids[500], sids[999]):
        assert platform.gateway.call("GET", "/api/products/", token=platform.auth.token(sid=sid)).status == 401


def test_under_load_no_request_passes_after_the_push(platform: Platform) -> None:
    sid = "under-load"
    token = platform.auth.token(sid=sid)
    pushed = threading.Event()

    def hammer() -> list[tuple[bool, int]]:
        answers: list[tuple[bool, int]] = []
        while len(answers) < 400:
            sent_after = pushed.is_set()
            answers.append((sent_after, platform.gateway.call("GET", "/api/products/", token=token).status))
            if sent_after and len([1 for after, _ in answers if after]) >= 20:
                break
        return answers

    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(hammer) for _ in range(4)]
        assert platform.gateway.push(service_token(), one(sid)).status == 204
        pushed.set()
        answers = [answer for run in runs for answer in run.result()]
    assert {status for after, status in answers if after} == {401}
    assert {status for _, status in answers} <= {200, 401}


def signed_by_hand(**header: str) -> str:
    """The right secret and HMAC-SHA256, under any header."""
    claims = service_token().split(".")[1]
    signed = f"{base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b'=').decode()}.{claims}"
    digest = hmac.new(SERVICE_KEYS["auth>gateway"].encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


FORGED: dict[str, Callable[[], str]] = {
    "no token": lambda: "",
    "garbage": lambda: "x",
    "garbage in parts": lambda: "a.b.c",
    "another secret": lambda: service_token(secret="not-the-secret-of-this-pair" * 3),
    "the secret of another pair": lambda: service_token(secret=SERVICE_KEYS["gateway>auth"]),
    "another pair": lambda: service_token("gateway>auth"),
    "another pair in the header": lambda: service_token(headers={"kid": "gateway>auth"}),
    "expired": lambda: service_token(exp=int(time.time()) - 1),
    "without expiry": lambda: service_token(exp=None),
    "for another service": lambda: service_token(aud="sales"),
    "by another service": lambda: service_token(iss="sales"),
    "HS512": lambda: service_token(algorithm="HS512"),
    "another algorithm in the header": lambda: signed_by_hand(alg="none", kid="auth>gateway"),
    "no algorithm": lambda: signed_by_hand(kid="auth>gateway"),
    "cut": lambda: service_token()[:-1],
    "lengthened": lambda: service_token() + "A",
    "unsigned": lambda: service_token().rpartition(".")[0] + ".",
}


@pytest.mark.parametrize("name", FORGED)
def test_only_auth_may_end_sessions(platform: Platform, name: str) -> None:
    sid = f"forged-{name}".replace(" ", "-")
    assert platform.gateway.push(FORGED[name](), one(sid)).status == 401
    assert not (platform.gateway.home / "deny" / sid).exists()


def test_a_token_made_by_hand_can_be_right(platform: Platform) -> None:
    token = signed_by_hand(alg="HS256", kid="auth>gateway")
    assert platform.gateway.push(token, one("by-hand")).status == 204


def test_a_users_token_ends_no_session(platform: Platform) -> None:
    assert platform.gateway.push(platform.auth.token(), one("by-a-user")).status == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"null", 400),
        ({}, 422),
        ({"revocations": {}}, 422),
        ({"revocations": []}, 422),
        ({"revocations": [{"sid": "x", "exp": EXP}] * 1001}, 422),
        ({"revocations": [{"sid": "x"}]}, 422),
        (one("x", "tomorrow"), 422),
        (one("x", None), 422),
        (one("../x"), 422),
        (one(".ready"), 422),
        (one(""), 422),
        (one("x" * 65), 422),
        ({"revocations": [{"sid": "good-one", "exp": EXP}, None]}, 422),
        ({"revocations": [{"sid": "good-one", "exp": EXP}, {"sid": "a/b", "exp": EXP}]}, 422),
    ],
)
def test_a_bad_list_changes_nothing(platform: Platform, body: object, status: int) -> None:
    before = sorted((platform.gateway.home / "deny").iterdir())
    assert platform.gateway.push(service_token(), body).status == status
    assert sorted((platform.gateway.home / "deny").iterdir()) == before


def test_the_internal_listener_has_two_paths(platform: Platform) -> None:
    internal = platform.gateway.internal_port
    assert call(internal, "GET", "/healthz").json == {"status": "ok"}
    assert platform.gateway.push(service_token(), one("x"), method="PUT").status == 405
    assert call(internal, "GET", "/api/products/").status == 404


def test_ten_thousand_sessions_ended_before_the_start_and_one_more(
    backends: dict[str, Service], auth: Auth, make_gateway: Callable[..., Gateway]
) -> None:
    auth.revoked = {f"ended-{number}": EXP for number in range(10_000)}
    gateway = make_gateway(auth, backends).start()
    for number in (0, 5_000, 9_999):
        assert gateway.call("GET", "/api/products/", token=auth.token(sid=f"ended-{number}")).status == 401
    token = auth.token(sid="not-yet")
    assert gateway.call("GET", "/api/products/", token=token).status == 200
    assert gateway.push(service_token(), one("not-yet")).status == 204
    assert gateway.call("GET", "/api/products/", token=token).status == 401
