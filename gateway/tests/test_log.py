"""The access log and the traces: who asked for what, and nothing that is nobody's business."""

import json
import re
from typing import Any

import pytest

from gateway.tests.conftest import Platform
from gateway.tests.running import Answer, eventually

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def entries(platform: Platform, *answers: Answer) -> list[dict[str, Any]]:
    """The log's lines about requests; written once a second."""

    def lines() -> dict[str, dict[str, Any]]:
        parsed = (json.loads(line) for line in (platform.gateway.home / "access.log").read_text().splitlines())
        return {line["request_id"]: line for line in parsed}

    ids = [answer.headers["X-Request-Id"] for answer in answers]
    eventually(lambda: set(ids) <= set(lines()))
    return [lines()[each] for each in ids]


def test_a_line_of_json_for_each_request(platform: Platform) -> None:
    token = platform.auth.token(account_id=3, sub="user-9")
    sent = {"User-Agent": 'a "quoted" one', "traceparent": TRACE}
    path = '/api/products/7/?email=ana@example.com&"'
    answers = [
        platform.gateway.call("GET", path, sent, token=token) for _ in range(2)
    ]  # its signature checked, remembered
    for answer, line in zip(answers, entries(platform, *answers), strict=True):
        assert (line["account"], line["user"], line["trace_id"]) == ("3", "user-9", TRACE[3:35])
        assert (line["method"], line["route"], line["path"]) == ("GET", "/api/products/", "/api/products/7/")
        assert (line["client"], line["user_agent"]) == ("127.0.0.1", 'a "quoted" one')
        assert (line["status"], line["upstream"]) == (200, platform.services["catalog"].address)
        assert line["bytes"] == len(answer.body)
        assert 0 <= float(line["upstream_seconds"]) < line["seconds"] + 0.1 < 5


def test_nobody_is_named_whose_token_did_not_pass(platform: Platform) -> None:
    header, _, signature = platform.auth.token().split(".")
    claims = platform.auth.token(sub="somebody-else").split(".")[1]
    (platform.gateway.home / "deny" / "ended").write_text("9999999999")
    tokens = [f"{header}.{claims}.{signature}", platform.auth.token(sid="ended"), platform.auth.token(exp=1), ""]
    answers = [platform.gateway.call("GET", "/api/products/", token=token) for token in tokens]
    for line in entries(platform, *answers):
        assert (line["status"], line["account"], line["user"]) == (401, "", "")


def test_no_secret_and_nothing_personal_is_logged(platform: Platform) -> None:
    token = platform.auth.token()
    for path in (
        *(
            "/api/v1/user/email/xochitl@example.com",
            "/api/v1/client/email/xochitl%40example.com",
            "/api/nothing/xochitl@example.com",
        ),
        *(
            "/api/chatbotusers/5215550001987/",
            "/api/chatbotusers/+5215550001987/",
            "/api/products/?search=xochitl&token=hush",
        ),
    ):
        last = platform.gateway.call("GET", path, token=token)
    login = {"Content-Type": "application/json"}
    last = platform.gateway.call(
        "POST", "/api/v1/auth/login", login, b'{"phone": "5215550001987", "pin_code": "so-secret"}'
    )
    entries(platform, last)
    log = (platform.gateway.home / "access.log").read_text()
    for secret in (token, token.split(".")[2], "xochitl", "hush", "5215550001987", "so-secret"):
        assert secret not in log
    assert '"path":"/api/v1/user…"' in log
    assert '"path":"/api/chatbotusers/…"' in log


def test_a_trace_goes_on_or_begins(platform: Platform) -> None:
    token = platform.auth.token()

    def told(**sent: str) -> tuple[Answer, dict[str, str]]:
        answer = platform.gateway.call("GET", "/api/products/", sent, token=token)
        return answer, answer.json["headers"]

    answer, headers = told(traceparent=TRACE, tracestate="a=b")
    assert (headers["traceparent"], headers["tracestate"]) == (TRACE, "a=b")
    answer, headers = told(tracestate="a=b")
    request_id = answer.headers["X-Request-Id"]
    assert re.fullmatch(f"00-{request_id}-[0-9a-f]{{16}}-01", headers["traceparent"])
    assert "tracestate" not in headers
    assert entries(platform, answer)[0]["trace_id"] == request_id


@pytest.mark.parametrize(
    "traceparent",
    [
        "", "x", TRACE.upper(), TRACE[:-1], TRACE + "-00", TRACE.replace("00-", "ff-", 1), TRACE.replace("00-", "01-", 1),
        f"00-{'0' * 32}-00f067aa0ba902b7-01", f"00-{TRACE[3:35]}-{'0' * 16}-01", f"{TRACE}, {TRACE}", f" {TRACE[:-3]}",
        f"00-{'g' * 32}-00f067aa0ba902b7-01", f"{TRACE}\t{TRACE}",
    ],
)  # fmt: skip
def test_what_is_no_trace_is_not_passed_on(platform: Platform, traceparent: str) -> None:
    sent = {"traceparent": traceparent, "tracestate": "a=b"}
    answer = platform.gateway.call("GET", "/api/products/", sent, token=platform.auth.token())
    assert answer.json["headers"]["traceparent"].startswith(f"00-{answer.headers['X-Request-Id']}-")
    assert "tracestate" not in answer.json["headers"]
