"""Logging in, refreshing, and how soon a revoked token is refused, on a platform of its own, through the gateway.

    python benchmarks/auth.py --database sqlite --database postgresql [--tries 200] [--seconds 8]

What the token check costs a request stands in gateway_cost.py. The load runs on the same cores as the platform.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import requests
from run import cpu_seconds

from native.platform import Platform

PATHS = {
    "auth": "/api/users/me/",
    "catalog": "/api/products/?page_size=1",
    "sales": "/api/orders/?page_size=1",
    "customers": "/api/customers/?page_size=1",
    "analytics": "/api/analytics/sales-summary/",
}
MANY = {
    **{f"MOSTRADOR_LIMIT_{name}": "1000000/1000000" for name in ("GENERAL", "PUBLIC", "SESSION", "LOGIN", "PIN")},
}  # fmt: skip
THREADS = 8


def log_in(http: requests.Session, platform: Platform) -> dict[str, Any]:
    """A new session's tokens."""
    body = {"username": platform.admin.username, "password": platform.admin.password}
    answer = http.post(platform.url + "/api/auth/login/", json=body, timeout=10)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def rate(platform: Platform, seconds: float, what: str) -> dict[str, Any]:
    """`login` or `refresh`: how many a second from THREADS clients, and what one costs in CPU."""
    taken: list[float] = []
    before = cpu_seconds(platform)
    ends = time.monotonic() + seconds

    def client() -> None:
        http = requests.Session()
        tokens = log_in(http, platform)
        while time.monotonic() < ends:
            started = time.perf_counter()
            if what == "refresh":
                answer = http.post(platform.url + "/api/auth/refresh/", json={"refresh": tokens["refresh"]}, timeout=10)
                answer.raise_for_status()
                tokens = answer.json()
            else:
                log_in(http, platform)
            taken.append(time.perf_counter() - started)

    threads = [threading.Thread(target=client) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = cpu_seconds(platform)
    cpu = {name: 1000 * (after[name] - before[name]) / len(taken) for name in ("auth-web", "gateway")}
    ranked = sorted(taken)
    return {
        "a second": round(len(taken) / seconds, 1),
        "p50 ms": round(1000 * ranked[len(ranked) // 2], 1),
        "p99 ms": round(1000 * ranked[int(len(ranked) * 0.99)], 1),
        "CPU ms": {name: round(ms, 2) for name, ms in cpu.items()},
    }


def let_through(platform: Platform, tries: int) -> dict[str, Any]:
    """Log out, then ask at once with the dead token: requests let through, and ms from the one answer to the other."""
    found = {}
    for service, path in PATHS.items():
        passed, taken, endings = 0, [], []
        door, other = requests.Session(), requests.Session()
        other.get(platform.url + "/api/auth/jwks/", timeout=5)  # its connection stands: nothing is lost on making one
        for _ in range(tries):
            tokens = log_in(door, platform)
            headers = {"Authorization": f"Bearer {tokens['access']}"}
            if other.get(platform.url + path, headers=headers, timeout=10).status_code == 401:
                raise SystemExit("a living token was refused")
            started = time.perf_counter()
            door.post(platform.url + "/api/auth/logout/", json={}, headers=headers, timeout=10).raise_for_status()
            answered = time.perf_counter()
            passed += other.get(platform.url + path, headers=headers, timeout=10).status_code != 401
            taken.append(time.perf_counter() - answered)
            endings.append(answered - started)
        found[service] = {
            "let through": passed,
            "refused after ms (p50)": round(1000 * statistics.median(taken), 2),
            "logout ms (p50)": round(1000 * statistics.median(endings), 2),
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--database", action="append", choices=["sqlite", "postgresql"])
    parser.add_argument("--tries", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=8)
    options = parser.parse_args()
    for database in options.database or ["sqlite"]:
        with (
            tempfile.TemporaryDirectory(prefix="mostrador-bench-") as folder,
            Platform(Path(folder) / "home", database=database, env=MANY) as platform,
        ):
            print(json.dumps({"database": database, "logins": rate(platform, options.seconds, "login")}), flush=True)
            print(json.dumps({"refreshes": rate(platform, options.seconds, "refresh")}), flush=True)
            print(json.dumps({f"of {options.tries} dead tokens": let_through(platform, options.tries)}), flush=True)


if __name__ == "__main__":
    main()
