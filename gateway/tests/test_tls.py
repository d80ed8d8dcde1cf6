"""TLS: with a certificate of one's own making, or somebody's; HTTP/2; plain HTTP is sent there."""

import http.client
import socket
import ssl
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.settings import TlsSettings
from gateway.tests.running import Gateway, call, free_port
from gateway.tests.stubs import Auth, Service
from gateway.tls import certificate, is_good


def connect(gateway: Gateway, *, protocols: tuple[str, ...] = ("http/1.1",)) -> ssl.SSLSocket:
    """Over TLS, checking the certificate."""
    context = ssl.create_default_context(cafile=str(gateway.home / "tls" / "cert.pem"))
    context.set_alpn_protocols(list(protocols))
    return context.wrap_socket(socket.create_connection(("127.0.0.1", gateway.port), 10), server_hostname="127.0.0.1")


def get(gateway: Gateway, path: str, token: str = "") -> http.client.HTTPResponse:
    with connect(gateway) as connection:
        bearer = f"Authorization: Bearer {token}\r\n" if token else ""
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: shop.example\r\n{bearer}Connection: close\r\n\r\n".encode())
        response = http.client.HTTPResponse(connection)
        response.begin()
        response.body = response.read()  # type: ignore[attr-defined]
        return response


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def test_a_gateway_with_tls(backends: dict[str, Service], auth: Auth, make_gateway: Callable[..., Gateway]) -> None:
    gateway = make_gateway(auth, backends, MOSTRADOR_TLS="self-signed").start()
    folder = gateway.home / "tls"
    assert (folder / "key.pem").stat().st_mode & 0o777 == 0o600

    answer = get(gateway, "/api/products/", auth.token())
    assert answer.status == 200
    assert b'"x-forwarded-proto": "https"' in answer.body  # type: ignore[attr-defined]
    assert answer.headers["Strict-Transport-Security"] is None  # a browser that was talked into it would never forget

    for path in ("/", "/api/products?a=b", "/healthz", "/nowhere"):
        plain = call(gateway.port, "GET", path)
        assert (plain.status, plain.headers["Location"]) == (308, f"https://shop.example:8080{path}")
        assert plain.body == b""
    assert call(gateway.port, "POST", "/api/auth/login/", body=b"{}").status == 308

    with connect(gateway, protocols=("h2", "http/1.1")) as connection:
        assert connection.selected_alpn_protocol() == "h2"
        request = b"\x82\x87\x44\x08/healthz\x41\x04shop"  # GET, https, path, authority
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"") + frame(1, 5, 1, request))
        received = b""
        while b'{"status": "ok"}' not in received:
            received += connection.recv(4096)
        assert b"\x88" in received  # :status 200

    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", gateway.port)) as connection, pytest.raises(ssl.SSLError):
        old.wrap_socket(connection)

    made = (folder / "cert.pem").read_bytes()
    gateway.stop()
    redirect = str(free_port())
    given = {"MOSTRADOR_TLS_CERT": str(folder / "cert.pem"), "MOSTRADOR_TLS_KEY": str(folder / "key.pem")}
    del gateway.environ["MOSTRADOR_TLS"]
    gateway.environ |= {**given, "MOSTRADOR_REDIRECT_PORT": redirect}
    gateway.start_nginx()
    assert get(gateway, "/healthz").headers["Strict-Transport-Security"] == "max-age=31536000"
    answer = call(int(redirect), "GET", "/api/products/?a=b")
    assert (answer.status, answer.body) == (308, b"")
    assert answer.headers["Location"] == f"https://shop.example:{gateway.port}/api/products/?a=b"
    assert (folder / "cert.pem").read_bytes() == made


def test_a_certificate_is_made_anew_when_it_runs_out_or_is_for_another_host(tmp_path: Path) -> None:
    own = TlsSettings("", "", self_signed=True, redirect_bind="")

    def made(host: str) -> bytes:
        pair = certificate(own, tmp_path, host)
        assert pair
        return Path(pair[0]).read_bytes()

    first = made("0.0.0.0")
    assert made("127.0.0.1") == first
    assert not is_good(tmp_path / "tls" / "cert.pem", "192.0.2.7")
    second = made("192.0.2.7")
    assert second != first
    assert made("shop.example") not in (first, second)
    key, cert = tmp_path / "tls" / "key.pem", tmp_path / "tls" / "cert.pem"
    about = ["-days", "20", "-subj", "/CN=x", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(["openssl", "req", "-x509", "-key", key, "-out", cert, *about], check=True, capture_output=True)
    assert not is_good(cert, "127.0.0.1")
    assert made("127.0.0.1")
    assert is_good(cert, "127.0.0.1")
