"""What stands behind the gateway in its tests: services that echo requests, and an auth with keys and revocations."""

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

SERVICE_KEYS = {
    "auth>gateway": "pushes-revocations" * 4,
    "gateway>auth": "asks-for-revocations" * 4,
    "gateway>catalog": "speaks-for-callers" * 4,
}


class Service:
    """Answers every request with what it saw of it, and remembers it in `seen`."""

    def __init__(self, name: str, port: int) -> None:
        self.name, self.port = name, port
        self.seen: list[dict[str, Any]] = []
        self.answers: dict[str, tuple[int, Any]] = {}
        self.policies: dict[str, str] = {}
        self.held: dict[str, threading.Event] = {}
        self.server: ThreadingHTTPServer | None = None
        self.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                service.handle(self, self.rfile.read(length))

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:  # nginx drops its idle connections when it ends
                pass

        self.server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def handle(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        seen = {
            "service": self.name,
            "method": request.command,
            "path": request.path,
            "headers": headers,
            "size": len(body),
        }
        if request.path == "/livez":  # the agent asks it of each of several instances
            self.reply(request, 200, {"status": "ok"})
            return
        self.seen.append(seen)
        if request.path in self.held:
            self.held[request.path].wait(20)
        status, content = self.answers.get(request.path, (200, seen))
        self.reply(request, status, content)

    def reply(self, request: BaseHTTPRequestHandler, status: int, content: Any) -> None:
        text = json.dumps(content).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(text)))
        for name in ("X-Request-Id", "Access-Control-Allow-Origin", "Cache-Control", "X-Frame-Options"):
            request.send_header(name, "the service's own")
        if request.path in self.policies:
            request.send_header("Content-Security-Policy", self.policies[request.path])
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(text)


class BreakingOff:
    """An instance that takes each request whole and hangs up: nobody knows what it has done.

    It sends first what `answers` has for the request's path. While it is `alive` it says so to who asks.
    """

    def __init__(self, port: int) -> None:
        self.address = f"127.0.0.1:{port}"
        self.requests: list[str] = []
        self.alive = True
        self.answers: dict[str, bytes] = {}
        self.listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                if not (request := connection.recv(65536)).startswith(b"GET /livez "):
                    self.requests.append(request.partition(b"\r\n")[0].decode())
                    connection.sendall(self.answers.get(request.split()[1].decode(), b""))
                elif self.alive:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    def stop(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Auth(Service):
    """Signs tokens, publishes its keys and lists the revocations it knows of."""

    def __init__(self, port: int) -> None:
        self.keys = {"first": rsa.generate_private_key(public_exponent=65537, key_size=2048)}
        self.revoked: dict[str, int] = {}
        self.jwks_fetches = 0
        self.revocation_fetches = 0
        super().__init__("auth", port)

    def handle(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        if request.path == "/api/auth/jwks/":
            self.jwks_fetches += 1
            self.reply(request, 200, {"keys": [self.jwk(kid) for kid in self.keys]})
        elif request.path == "/internal/revocations/":
            token = request.headers["Authorization"].removeprefix("Bearer ")
            assert jwt.get_unverified_header(token)["kid"] == "gateway>auth"
            jwt.decode(token, SERVICE_KEYS["gateway>auth"], algorithms=["HS256"], audience="auth", issuer="gateway")
            self.revocation_fetches += 1
            self.reply(request, 200, {"revocations": [{"sid": sid, "exp": exp} for sid, exp in self.revoked.items()]})
        else:
            super().handle(request, body)

    def jwk(self, kid: str) -> dict[str, Any]:
        return {
            **RSAAlgorithm.to_jwk(self.keys[kid].public_key(), as_dict=True),
            "kid": kid,
            "use": "sig",
            "alg": "RS256",
        }

    def token(self, *, kid: str = "first", headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """An access token; a claim given as None is left out."""
        content = token_claims(**claims)
        return jwt.encode(content, self.keys[kid], algorithm="RS256", headers={"kid": kid, **(headers or {})})


def token_claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    claims = {
        "iss": "mostrador",
        "aud": "mostrador-api",
        "type": "access",
        "sid": "session-1",
        "sub": "user-1",
        "user_id": 1,
    }
    claims |= {"iat": now, "nbf": now, "exp": now + 600, "account_id": 1, "role": "ADMIN", "jti": "1", **changes}
    return {name: value for name, value in claims.items() if value is not None}


def service_token(
    pair: str = "auth>gateway",
    *,
    secret: str | None = None,
    algorithm: str = "HS256",
    headers: dict[str, Any] | None = None,
    **changes: Any,
) -> str:
    """What auth shows to the internal listener; a claim given as None is left out."""
    caller, callee = pair.split(">")
    now = int(time.time())
    claims = {"iss": caller, "aud": callee, "iat": now, "exp": now + 60, **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(
        claims, secret or SERVICE_KEYS[pair], algorithm=algorithm, headers={"kid": pair, **(headers or {})}
    )
