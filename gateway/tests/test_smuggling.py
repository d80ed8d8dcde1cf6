"""Requests that nginx and a service could read differently, and headers that ride along."""

import pytest

from gateway.tests.conftest import Platform
from gateway.tests.running import send

SMUGGLED = b"GET /api/users/ HTTP/1.1\r\nHost: a\r\nX-Smuggled: 1\r\n\r\n"


def head(*lines: bytes) -> bytes:
    return b"\r\n".join([b"POST /api/auth/login/ HTTP/1.1", b"Host: a", *lines, b"", b""])


REFUSED = {
    "CL and TE": head(b"Content-Length: 5", b"Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "TE and CL": head(b"Transfer-Encoding: chunked", b"Content-Length: 5") + b"0\r\n\r\n",
    "two CL": head(b"Content-Length: 0", b"Content-Length: 60"),
    "two equal CL": head(b"Content-Length: 0", b"Content-Length: 0"),
    "a list of CL": head(b"Content-Length: 0, 0"),
    "CL with a sign": head(b"Content-Length: +0"),
    "CL below zero": head(b"Content-Length: -1"),
    "CL in hex": head(b"Content-Length: 0x0"),
    "CL beyond all": head(b"Content-Length: 99999999999999999999"),
    "CL with a space before the colon": head(b"Content-Length : 0"),
    "two TE": head(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "TE identity": head(b"Transfer-Encoding: identity"),
    "TE xchunked": head(b"Transfer-Encoding: xchunked"),
    "TE list": head(b"Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n",
    "TE with a space before the colon": head(b"Transfer-Encoding : chunked") + b"0\r\n\r\n",
    "TE in HTTP/1.0": head(b"Transfer-Encoding: chunked").replace(b"HTTP/1.1", b"HTTP/1.0") + b"0\r\n\r\n",
    "chunk size that overflows": head(b"Transfer-Encoding: chunked") + b"FFFFFFFFFFFFFFFFF\r\n",
    "chunk size that is none": head(b"Transfer-Encoding: chunked") + b"x\r\n",
    "two Host": head(b"Host: b"),
    "an empty Host first": b"POST /api/auth/login/ HTTP/1.1\r\nHost:\r\nHost: a\r\n\r\n",
    "a Host with a path": b"POST /api/auth/login/ HTTP/1.1\r\nHost: a/../b\r\n\r\n",
    "a header line that begins with a space": head(b" Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "a folded header": head(b"X-Folded: a", b" Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "a header without a colon": head(b"Transfer-Encoding chunked"),
    "NUL in a header": head(b"X-Nul: a\0b"),
    "CR in a header": head(b"X-Cr: a\rTransfer-Encoding: chunked"),
    "two Authorization": head(b"Authorization: Bearer a", b"Authorization: Bearer b"),
    "an unknown version": head().replace(b"HTTP/1.1", b"HTTP/2.0"),
}
PASSING = {
    "TE with an underscore": head(b"Transfer_Encoding: chunked", b"Content-Length: 0"),
    "CL with an underscore": head(b"Content_Length: 60", b"Content-Length: 0"),
    "a chunk extension": head(b"Transfer-Encoding: chunked") + b"1;a=b\r\nx\r\n0\r\n\r\n",
    "a trailer": head(b"Transfer-Encoding: chunked", b"Trailer: X-User-Id") + b"0\r\nX-User-Id: 7\r\n\r\n",
    "bare line feeds": head(b"Content-Length: 0").replace(b"\r\n", b"\n"),
    "an upgrade": head(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AA", b"Content-Length: 0"),
    "an expectation": head(b"Expect: 100-continue", b"Content-Length: 0"),
    "headers of one hop": head(b"Connection: keep-alive", b"Keep-Alive: 9", b"TE: trailers", b"Proxy-Connection: a",
                               b"Proxy-Authorization: b", b"Proxy: http://evil.example", b"Content-Length: 0"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_be_read_in_two_ways_is_refused(platform: Platform, name: str) -> None:
    answer = send(platform.gateway.port, REFUSED[name] + SMUGGLED)
    assert answer.status in (400, 413, 501, 505), name
    assert answer.headers["Connection"] == "close"
    platform.gateway.call("GET", "/healthz")  # by now it would have read on
    assert platform.seen() == []


@pytest.mark.parametrize("name", PASSING)
def test_a_service_sees_one_plain_request(platform: Platform, name: str) -> None:
    answer = send(platform.gateway.port, PASSING[name])
    assert answer.status == 200
    (seen,) = platform.seen()
    one_hop = {"transfer-encoding", "transfer_encoding", "content_length", "te", "trailer", "upgrade", "http2-settings",
               "keep-alive", "expect", "proxy", "proxy-connection", "proxy-authorization", "x-user-id"}  # fmt: skip
    assert one_hop & set(seen["headers"]) == {"http2-settings"} & set(seen["headers"])
    assert seen["headers"].get("connection") is None
    assert seen["headers"]["content-length"] == str(seen["size"])


def test_a_client_can_not_have_headers_dropped_on_the_way(platform: Platform) -> None:
    token = platform.auth.token()
    named = (
        "close, X-Request-Id, X-Forwarded-For, X-Forwarded-Proto, Authorization, Host, Idempotency-Key, Content-Length"
    )
    raw = (
        f"POST /api/orders/ HTTP/1.1\r\nHost: a\r\nConnection: {named}\r\nAuthorization: Bearer {token}\r\n"
        "Idempotency-Key: k\r\nContent-Length: 2\r\n\r\n{}"
    )
    answer = send(platform.gateway.port, raw.encode())
    headers = answer.json["headers"]
    assert headers["x-request-id"] == answer.headers["X-Request-Id"]
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["authorization"] == f"Bearer {token}"
    assert (headers["idempotency-key"], headers["content-length"], headers["host"]) == ("k", "2", "a")
