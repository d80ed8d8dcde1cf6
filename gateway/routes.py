"""Reads and checks routes.yaml: the step between the readable file and the nginx template."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from gateway.settings import SERVICES, SettingsError

PUBLIC_METHODS = ("GET", "HEAD", "POST")
COUNTED = ("address", "caller", "token")
SESSION_LIMIT = "session"  # protected routes have it beside their own
PATH = re.compile(r"/[A-Za-z0-9._/-]+")
BODY = re.compile(r"[1-9][0-9]*[km]")


@dataclass(frozen=True, slots=True)
class Route:
    """One entry of the routes file; `prefix` tells whether `path` also stands for all that is below it."""

    path: str
    prefix: bool
    service: str
    public: tuple[str, ...]
    limit: str
    body: str
    timeout: int

    @property
    def slash_style(self) -> bool:
        """On /api/, but not on /api/v1/, every path ends with a slash and is redirected when it does not."""
        return self.path.startswith("/api/") and not self.path.startswith("/api/v1/")


class Limit(NamedTuple):
    """`rate` requests per second and `burst` more at once, counted `per` address, caller or access token (see routes.yaml)."""

    rate: int
    burst: int
    per: str


@dataclass(frozen=True, slots=True)
class Routes:
    """The whole routes file; `concurrent` is for one client address."""

    limits: dict[str, Limit]
    concurrent: int
    no_store: frozenset[str]
    routes: tuple[Route, ...]

    @property
    def longest(self) -> int:
        """Seconds that the slowest route may take."""
        return max(route.timeout for route in self.routes)


@dataclass(frozen=True, slots=True)
class Location:
    """One nginx location; `adds_slash`: a request without the final slash is answered 308."""

    match: str
    route: str
    adds_slash: bool
    service: str
    public: tuple[str, ...]
    limits: tuple[str, ...]
    body: str
    timeout: int

    @property
    def sent_once(self) -> str:
        """The named location for what must never be sent to a service twice; many locations share one."""
        return "@" + "-".join((self.service, *self.limits, self.body, str(self.timeout)))


def locations(routes: Routes) -> Iterator[Location]:
    """The nginx locations that stand for the routes.

    nginx answers a path that lacks only the final slash of a location with a redirect of its own (301, which turns a
    POST into a GET). So every location that ends with a slash gets a twin without: on /api/ it answers 308, elsewhere
    it is a path like any other below its prefix, and protected.
    """
    listed = {route.path for route in routes.routes}
    for route in routes.routes:
        bare = route.path.rstrip("/")
        limits = (route.limit,) if route.public else (route.limit, SESSION_LIMIT)
        proxied = partial(
            Location, route=route.path, adds_slash=route.slash_style, service=route.service, limits=limits,
            body=route.body, timeout=route.timeout,
        )  # fmt: skip
        if route.prefix:
            yield proxied(f"= {bare}", public=())
            yield proxied(f"{bare}/", public=())
            continue
        yield proxied(f"= {route.path}", public=route.public)
        if route.path != bare and bare not in listed:
            yield proxied(f"= {bare}", public=())


def load_routes(path: Path) -> Routes:
    """Read and check a routes file; raises SettingsError that names the entry and what is wrong with it."""
    content = yaml.safe_load(path.read_text())
    services, limits = content["services"], content["limits"]
    unknown = set(services) ^ set(SERVICES)
    if unknown:
        raise SettingsError(f"{path.name}: services must be {', '.join(SERVICES)}; see {', '.join(sorted(unknown))}")
    routes = tuple(
        parse_route(entry, services=services, limits=limits, body=content["body"], timeout=content["timeout"])
        for entry in content["routes"]
    )
    refuse_doubles(routes)
    return Routes(
        limits={name: parse_limit(name, limit) for name, limit in limits.items()},
        concurrent=int(content["concurrent"]),
        no_store=frozenset(name for name, options in services.items() if options.get("no_store")),
        routes=routes,
    )


def parse_limit(name: str, entry: dict[str, Any]) -> Limit:
    limit = Limit(int(entry["rate"]), int(entry["burst"]), str(entry["per"]))
    if limit.per not in COUNTED:
        raise SettingsError(f"limit {name}: per is one of {', '.join(COUNTED)}")
    return limit


def parse_route(
    entry: dict[str, Any], *, services: Iterable[str], limits: Iterable[str], body: str, timeout: int
) -> Route:
    unknown = set(entry) - {"path", "prefix", "service", "public", "limit", "body", "timeout"}
    require(not unknown, entry, lambda: f"unknown field {', '.join(sorted(unknown))}")
    require(("path" in entry) != ("prefix" in entry), entry, lambda: "needs either path or prefix")
    route = Route(
        path=str(entry.get("prefix") or entry.get("path")),
        prefix="prefix" in entry,
        service=str(entry.get("service")),
        public=tuple(entry.get("public", ())),
        limit=entry.get("limit", "general"),
        body=str(entry.get("body", body)),
        timeout=int(entry.get("timeout", timeout)),
    )
    require(route.service in services, entry, lambda: f"unknown service {route.service!r}")
    require(route.limit in limits, entry, lambda: f"unknown limit {route.limit!r}")
    require(
        set(route.public) <= set(PUBLIC_METHODS), entry, lambda: f"public lists methods: {', '.join(PUBLIC_METHODS)}"
    )
    require(not (route.public and route.prefix), entry, lambda: "only a single path can be public")
    require(bool(BODY.fullmatch(route.body)), entry, lambda: "body looks like 64k or 1m")
    require(bool(PATH.fullmatch(route.path)) and "//" not in route.path, entry, lambda: "not a plain path")
    require(not route.path.startswith("/internal"), entry, lambda: "/internal is never routed")
    if route.slash_style:
        require(route.path.endswith("/"), entry, lambda: "paths on /api/ end with a slash")
    elif route.prefix:
        require(not route.path.endswith("/"), entry, lambda: "a prefix outside /api/ has no final slash")
    return route


def refuse_doubles(routes: tuple[Route, ...]) -> None:
    """Two entries for one path, or an exact path that a prefix already stands for, are a mistake."""
    seen: set[str] = set()
    for route in routes:
        key = route.path.rstrip("/") if route.prefix else route.path
        if key in seen:
            raise SettingsError(f"route {route.path}: listed twice")
        seen.add(key)


def require(condition: bool, entry: dict[str, Any], problem: Callable[[], str]) -> None:
    if not condition:
        raise SettingsError(f"route {entry.get('path') or entry.get('prefix')}: {problem()}")
