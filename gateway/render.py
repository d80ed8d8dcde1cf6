"""Writes the gateway's folder, ready for nginx to start in, from routes.yaml and the environment."""

import base64
import hashlib
import ipaddress
import json
import os
import re
import resource
from collections.abc import Mapping
from pathlib import Path

import jinja2

from gateway.addresses import RECORD, Instances, look_up, recorded
from gateway.documents import docs
from gateway.routes import Routes, load_routes, locations
from gateway.settings import SERVICES, RenderSettings, SettingsError, render_settings
from gateway.tls import certificate

PACKAGE = Path(__file__).resolve().parent
FOLDERS = ("cache", "conf", "deny", "keys", "run", "tmp", "verdicts")
MOST_FILES = 16384  # half of them connections
# What a client could use to pass for somebody else, or to make a service see another request than nginx did.
STRIPPED_HEADERS = (
    *("Forwarded", "X-Real-IP", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Client-IP"),
    *("X-Forwarded-Server", "X-Forwarded-Ssl", "X-Forwarded-Scheme", "X-Forwarded-By", "X-Forwarded-Uri", "X-Scheme"),
    *("X-Original-Host", "X-Host", "X-Cluster-Client-IP", "True-Client-IP", "CF-Connecting-IP", "Front-End-Https"),
    *("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-URL", "X-Rewrite-URL"),
    *("X-User-Id", "X-User-Role", "X-User", "X-Role", "X-Account-Id", "X-Session-Id", "X-Service", "X-Script-Name"),
    *("X-Forwarded-User", "X-Forwarded-Email", "X-Remote-User", "Remote-User", "X-Auth-User", "X-Tenant-Id"),
    # Of one hop only; nginx drops Connection, Keep-Alive, TE, Transfer-Encoding and Upgrade by itself.
    *("Proxy", "Proxy-Connection", "Proxy-Authorization", "Proxy-Authenticate", "Trailer"),
)
ADDRESS = re.compile(r"[A-Za-z0-9_.-]+:[0-9]{1,5}")
ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")
WORD = re.compile(r"[A-Za-z0-9_./:-]+")


def check(settings: RenderSettings) -> None:
    """Refuse what would break out of the configuration or make nginx fail later; raises SettingsError."""
    addresses = {"MOSTRADOR_PORT": settings.bind, "MOSTRADOR_GATEWAY_INTERNAL_BIND": settings.internal_bind}
    addresses |= {"MOSTRADOR_REDIRECT_PORT": settings.tls.redirect_bind} if settings.tls.redirect_bind else {}
    services = [
        (f"MOSTRADOR_{name.upper()}_ADDR", value) for name, all_ in settings.addresses.items() for value in all_
    ]
    for name, value in [*addresses.items(), *services]:
        if not ADDRESS.fullmatch(value):
            raise SettingsError(f"{name} must give host:port, not {value!r}")
    for origin in settings.cors_origins:
        if not ORIGIN.fullmatch(origin):
            raise SettingsError(f"MOSTRADOR_CORS_ORIGINS: {origin!r} is not an origin like https://shop.example")
    for network in settings.trusted_proxies:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            raise SettingsError(f"MOSTRADOR_TRUSTED_PROXIES: {error}") from error
    if not re.fullmatch(r"auto|[1-9][0-9]?", settings.workers):
        raise SettingsError(f"MOSTRADOR_GATEWAY_WORKERS must be a number or auto, not {settings.workers!r}")
    words = {
        "MOSTRADOR_GATEWAY_HOME": settings.home,
        "MOSTRADOR_ACCESS_LOG": settings.access_log,
        "MOSTRADOR_NGINX_JS_MODULE": settings.js_module,
        "MOSTRADOR_TLS_CERT": settings.tls.certificate or ".",
        "MOSTRADOR_TLS_KEY": settings.tls.key or ".",
        "the gateway's own folder": str(PACKAGE),
    }
    for name, value in words.items():
        if not WORD.fullmatch(value):
            raise SettingsError(f"{name} may only hold letters, digits and . _ / : -, not {value!r}")
    if not Path(settings.js_module).exists():
        raise SettingsError(f"nginx's njs module is not at {settings.js_module} (MOSTRADOR_NGINX_JS_MODULE)")


def nginx_conf(settings: RenderSettings, routes: Routes, upstreams: Instances) -> str:
    """The text of nginx.conf."""
    unknown = set(settings.limits) - set(routes.limits)
    if unknown:
        raise SettingsError(f"MOSTRADOR_LIMIT_{unknown.pop().upper()}: there is no such limit in routes.yaml")
    changed = {
        name: routes.limits[name]._replace(rate=rate, burst=burst) for name, (rate, burst) in settings.limits.items()
    }
    environment = jinja2.Environment(  # noqa: S701 (not HTML)
        loader=jinja2.FileSystemLoader(PACKAGE),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    listed = list(locations(routes))
    return environment.get_template("nginx.conf.j2").render(
        settings=settings,
        routes=routes,
        upstreams=upstreams,
        locations=listed,
        sent_once={location.sent_once: location for location in listed if not location.public},
        limits=routes.limits | changed,
        concurrent=settings.concurrent or routes.concurrent,
        stripped_headers=STRIPPED_HEADERS,
        package=PACKAGE,
        files=min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], MOST_FILES),
        certificate=certificate(settings.tls, Path(settings.home), settings.bind.partition(":")[0]),
        # Browsers remember it for a year: never for a certificate that they have to be talked into.
        transport_security="" if settings.tls.self_signed else "max-age=31536000",
        front_policy=front_policy(),
        docs=docs(),
        as_root=os.geteuid() == 0,
    )


def front_style() -> str:
    return (PACKAGE / "pages" / "front.css").read_text()


def front_page() -> str:
    """The page that njs/front.js fills in; its style stands in it."""
    return (PACKAGE / "pages" / "front.html").read_text().replace("[[style]]", front_style())


def front_policy() -> str:
    """What the page may load: nothing but its own style, told by its hash."""
    style = base64.b64encode(hashlib.sha256(front_style().encode()).digest()).decode()
    nothing = ("default-src", "base-uri", "form-action", "frame-ancestors")
    return "; ".join([*(f"{what} 'none'" for what in nothing), f"style-src 'sha256-{style}'", "img-src data:"])


def njs_settings(settings: RenderSettings) -> str:
    """The module that njs/*.js import as settings.js."""
    values = {
        "home": settings.home,
        "issuer": settings.jwt_issuer,
        "audience": settings.jwt_audience,
        "services": SERVICES,
    }
    return f"export default {json.dumps(values)};\n"


def write_home(settings: RenderSettings, routes: Routes, *, reload: bool) -> None:
    """Lay out the folder. Unless a running nginx is only to be reloaded, forget that one was ready."""
    home = Path(settings.home)
    upstreams = look_up(settings.addresses, recorded(home))
    conf = nginx_conf(settings, routes, upstreams)
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)
    for folder in FOLDERS:
        (home / folder).mkdir(exist_ok=True)
    if not reload:
        (home / "run" / "nginx.pid").unlink(missing_ok=True)
        for sentinel in (home / "deny").glob(".ready-*"):
            sentinel.unlink(missing_ok=True)
    for name, text in (
        ("conf/front.html", front_page()),
        ("conf/settings.js", njs_settings(settings)),
        (RECORD, json.dumps(upstreams)),
        ("conf/nginx.conf", conf),
    ):
        beside = home / f"{name}.new"  # whoever reads meanwhile finds the old one whole
        beside.unlink(missing_ok=True)
        beside.touch(mode=0o600)  # nginx.conf holds the credentials
        beside.write_text(text)
        beside.replace(home / name)


def render(environ: Mapping[str, str], *, reload: bool = False) -> Path:
    """Write the gateway's folder from the environment and return it; raises SettingsError."""
    settings = render_settings(environ)
    check(settings)
    write_home(settings, load_routes(PACKAGE / "routes.yaml"), reload=reload)
    return Path(settings.home)
