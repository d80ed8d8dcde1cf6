"""What the gateway costs: requests per second and latency with and without its check, before an upstream that costs nothing,
with no session revoked and with ten thousand; how long a revocation takes; what slow clients and huge bodies cost the others.

`python benchmarks/gateway_cost.py [seconds]` needs nginx, njs and wrk; figures are for one nginx worker.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from gateway.tests.running import Gateway, eventually, free_port
from gateway.tests.stubs import Auth, service_token

REVOKED = 10_000
SLOW = 400
"""Clients that have begun a request and stopped: half of them in the head, half in the body."""
FAR = 2_000_000_000  # when tokens and revocations expire
PROTECTED = "/api/products/"
LIMITS = ("GENERAL", "PUBLIC", "SESSION", "LOGIN", "PIN")
UNLIMITED = {f"MOSTRADOR_LIMIT_{name}": "1000000/1000000" for name in LIMITS}

UPSTREAM = """
daemon off; pid {home}/pid; error_log stderr crit; {user}
events {{ worker_connections 512; }}
http {{
    access_log off; keepalive_requests 1000000;
    client_body_temp_path {home}; proxy_temp_path {home}; fastcgi_temp_path {home};
    uwsgi_temp_path {home}; scgi_temp_path {home};
    server {{ listen 127.0.0.1:{port}; location / {{ return 200 '{{"ok": true}}'; }} }}
}}
"""


def wrk(nginx: int, port: int, path: str, seconds: str, connections: int, token: str) -> str:
    before = cpu_seconds(nginx)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", f"http://127.0.0.1:{port}{path}"]
    output = subprocess.run(
        [*command, "-H", f"Authorization: Bearer {token}"], capture_output=True, text=True, check=True
    )
    words = output.stdout.split()
    rate, p50, p99 = (words[words.index(label) + 1] for label in ("Requests/sec:", "50%", "99%"))
    errors = "  ERRORS" if "Non-2xx" in output.stdout or "Socket" in output.stdout else ""
    cpu = (cpu_seconds(nginx) - before) / int(words[words.index("requests") - 1]) * 1e6
    return f"{rate:>10} req/s   p50 {p50:>8}   p99 {p99:>8}   CPU {cpu:5.1f} µs{errors}"


def cpu_seconds(pid: int) -> float:
    """What nginx's workers have used so far; steadier than a rate on a busy machine."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    fields = [Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split() for child in children]
    return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")


def push_times(gateway: Gateway, count: int) -> list[float]:
    """How long auth waits until the gateway has a revocation and the very next request is refused, in ms; sorted."""
    times = []
    for number in range(count):
        began = time.perf_counter()
        answer = gateway.push(service_token(), {"revocations": [{"sid": f"pushed-{number}", "exp": FAR}]})
        times.append((time.perf_counter() - began) * 1e3)
        assert answer.status == 204
    return sorted(times)


def many_revocations(gateway: Gateway, auth: Auth) -> None:
    """Start again with so many sessions revoked that auth lists them all, and measure as before."""
    auth.revoked = {f"revoked-{number}": FAR for number in range(REVOKED)}
    gateway.stop()
    began = time.perf_counter()
    gateway.start()
    print(
        f"start with {REVOKED} revoked sessions until it lets anybody in: {time.perf_counter() - began:.2f} s",
        flush=True,
    )
    assert gateway.call("GET", PROTECTED, token=auth.token(sid=f"revoked-{REVOKED - 1}")).status == 401


def hostile(gateway: Gateway, auth: Auth, seconds: str) -> None:
    """The same requests while a crowd trickles; how soon a body that is too large is refused."""
    assert gateway.nginx
    nginx, token = gateway.nginx.pid, auth.token(exp=FAR)
    bearer = f"POST {PROTECTED} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n"
    beginnings = (f"GET {PROTECTED} HTTP/1.1\r\nHost: a\r\nX-Slow: ", f"{bearer}Content-Length: 900\r\n\r\nx")
    before = memory_kb(nginx)
    with ExitStack() as stack:
        for number in range(SLOW):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", gateway.port)))
            connection.sendall(beginnings[number % 2].encode())
        for connections in (1, 16):
            figures = wrk(nginx, gateway.port, PROTECTED, seconds, connections, token)
            print(f"{SLOW} slow clients  protected route  c={connections:<3}{figures}", flush=True)
        print(f"{SLOW} slow clients  memory of nginx: {memory_kb(nginx) - before} kB more", flush=True)
    times = []
    for _ in range(300):
        began = time.perf_counter()
        with socket.create_connection(("127.0.0.1", gateway.port)) as connection:
            connection.sendall(f"{bearer}Content-Length: 2000000000\r\n\r\n".encode())
            assert b" 413 " in connection.recv(1 << 16)
        times.append((time.perf_counter() - began) * 1e3)
    times.sort()
    print(f"a body of 2 GB announced, none of it sent: refused after p50 {times[150]:.2f} ms, p99 {times[297]:.2f} ms")


def memory_kb(pid: int) -> int:
    """What nginx's master and workers hold of their own."""
    family = [str(pid), *Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    lines = [line for each in family for line in Path(f"/proc/{each}/smaps_rollup").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def main() -> None:
    seconds = sys.argv[1] if len(sys.argv) > 1 else "5"
    with tempfile.TemporaryDirectory() as folder:
        port, home = free_port(), Path(folder)
        (home / "upstream").mkdir()
        conf = home / "upstream" / "nginx.conf"
        user = "user root;" if os.geteuid() == 0 else ""
        conf.write_text(UPSTREAM.format(home=conf.parent, port=port, user=user))
        program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin") or "nginx"
        upstream = subprocess.Popen([program, "-e", "stderr", "-p", str(conf.parent), "-c", str(conf)])
        auth = Auth(free_port())
        addresses = {f"MOSTRADOR_{name}_ADDR": f"127.0.0.1:{port}" for name in ("AUTH", "CATALOG")}
        gateway = Gateway(
            home / "gateway", auth, {}, MOSTRADOR_AUTH_URL=f"http://{auth.address}", **addresses, **UNLIMITED
        )
        try:
            for revoked in (0, REVOKED):
                if revoked:
                    many_revocations(gateway, auth)
                else:
                    began = time.perf_counter()
                    gateway.start()
                    print(f"start until it lets anybody in: {time.perf_counter() - began:.2f} s", flush=True)
                token = auth.token(exp=FAR)
                eventually(lambda: gateway.call("GET", PROTECTED, token=token).status == 200)  # noqa: B023
                assert gateway.nginx
                for connections in (1, 16):
                    for name, pid, target, path in (
                        ("upstream alone", upstream.pid, port, PROTECTED),
                        ("public route", gateway.nginx.pid, gateway.port, "/.well-known/jwks.json"),
                        ("protected route", gateway.nginx.pid, gateway.port, PROTECTED),
                    ):
                        figures = wrk(pid, target, path, seconds, connections, token)
                        print(f"{revoked:>6} revoked  {name:<16} c={connections:<3}{figures}", flush=True)
                times = push_times(gateway, 300)
                print(
                    f"{revoked:>6} revoked  a revocation: p50 {times[150]:.2f} ms, p99 {times[297]:.2f} ms", flush=True
                )
            hostile(gateway, auth, seconds)
        finally:
            gateway.stop()
            auth.stop()
            upstream.terminate()
            upstream.wait()


if __name__ == "__main__":
    main()
