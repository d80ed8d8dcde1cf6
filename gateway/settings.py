"""Every environment variable of the gateway; nothing else here reads the environment.

Standard library only, and little of it: the agent, which lives as long as the gateway, imports this module.
"""

import hashlib
import hmac
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

SERVICES = ("auth", "catalog", "sales", "customers", "analytics")


class SettingsError(Exception):
    """The environment or the routes file does not describe a gateway; the text says what to change."""


class AgentSettings(NamedTuple):
    """What the side process needs: the gateway's folder, where and as whom to ask auth, and whose addresses to watch."""

    home: str
    jwks_url: str
    revocations_url: str
    service_key: str
    addresses: dict[str, tuple[str, ...]]


class TlsSettings(NamedTuple):
    """`certificate` and `key` are files; empty: no TLS, or with `self_signed` a pair that the gateway makes itself."""

    certificate: str
    key: str
    self_signed: bool
    redirect_bind: str
    """A second, plain listener that sends everybody to the TLS one; empty: none."""


class RenderSettings(NamedTuple):
    """What the configuration is made from. `limits` holds overrides as (requests per second, burst)."""

    home: str
    bind: str
    internal_bind: str
    tls: TlsSettings
    addresses: dict[str, tuple[str, ...]]
    cors_origins: tuple[str, ...]
    trusted_proxies: tuple[str, ...]
    jwt_issuer: str
    jwt_audience: str
    limits: dict[str, tuple[int, int]]
    concurrent: int
    workers: str
    access_log: str
    js_module: str
    credentials: dict[str, str]
    """By which each service knows the gateway."""


def gateway_home(environ: Mapping[str, str]) -> str:
    """The absolute folder that holds everything the gateway writes."""
    home = environ.get("MOSTRADOR_GATEWAY_HOME", "")
    if not home:
        raise SettingsError("MOSTRADOR_GATEWAY_HOME is not set: the folder for everything the gateway writes")
    return str(Path(home).absolute())


def agent_settings(environ: Mapping[str, str]) -> AgentSettings:
    """Read the side process' settings; raises SettingsError."""
    auth_url = environ.get("MOSTRADOR_AUTH_URL") or "http://" + service_addresses(environ, "auth")[0]
    return AgentSettings(
        home=gateway_home(environ),
        jwks_url=environ.get("MOSTRADOR_JWKS_URL") or auth_url.rstrip("/") + "/api/auth/jwks/",
        revocations_url=auth_url.rstrip("/") + "/internal/revocations/",
        service_key=service_key(environ, "gateway>auth"),
        addresses={service: service_addresses(environ, service) for service in SERVICES},
    )


def render_settings(environ: Mapping[str, str]) -> RenderSettings:
    """Read the generator's settings; raises SettingsError."""
    service_key(environ, "auth>gateway")  # nginx reads it itself, when it starts: better to miss it now
    host = environ.get("MOSTRADOR_GATEWAY_HOST", "127.0.0.1")
    return RenderSettings(
        home=gateway_home(environ),
        bind=f"{host}:{environ.get('MOSTRADOR_PORT', '8080')}",
        internal_bind=environ.get("MOSTRADOR_GATEWAY_INTERNAL_BIND", "127.0.0.1:8081"),
        tls=tls_settings(environ, host),
        addresses={service: service_addresses(environ, service) for service in SERVICES},
        cors_origins=listed(environ.get("MOSTRADOR_CORS_ORIGINS", "http://localhost:3000,http://localhost:5173")),
        trusted_proxies=listed(environ.get("MOSTRADOR_TRUSTED_PROXIES", "")),
        jwt_issuer=environ.get("MOSTRADOR_JWT_ISSUER", "mostrador"),
        jwt_audience=environ.get("MOSTRADOR_JWT_AUDIENCE", "mostrador-api"),
        limits={
            name.removeprefix("MOSTRADOR_LIMIT_").lower(): limit(name, value)
            for name, value in environ.items()
            if name.startswith("MOSTRADOR_LIMIT_")
        },
        concurrent=number("MOSTRADOR_CONCURRENT", environ.get("MOSTRADOR_CONCURRENT", "0")),
        workers=environ.get("MOSTRADOR_GATEWAY_WORKERS", "1"),
        access_log=environ.get("MOSTRADOR_ACCESS_LOG", "/dev/stdout"),
        js_module=environ.get("MOSTRADOR_NGINX_JS_MODULE", "/usr/lib/nginx/modules/ngx_http_js_module.so"),
        credentials={service: credential(environ, service) for service in SERVICES},
    )


def tls_settings(environ: Mapping[str, str], host: str) -> TlsSettings:
    """Whether and with what the public listener speaks TLS."""
    mode = environ.get("MOSTRADOR_TLS", "").lower()
    certificate, key = environ.get("MOSTRADOR_TLS_CERT", ""), environ.get("MOSTRADOR_TLS_KEY", "")
    if mode not in ("", "off", "self-signed"):
        raise SettingsError(f"MOSTRADOR_TLS must be self-signed or off, not {mode!r}")
    if bool(certificate) != bool(key):
        raise SettingsError("MOSTRADOR_TLS_CERT and MOSTRADOR_TLS_KEY are wanted both or not at all")
    if certificate and mode:
        raise SettingsError("MOSTRADOR_TLS says where no certificate is given; drop it, or MOSTRADOR_TLS_CERT and _KEY")
    redirect_port = environ.get("MOSTRADOR_REDIRECT_PORT", "")
    if redirect_port and not (certificate or mode == "self-signed"):
        raise SettingsError("MOSTRADOR_REDIRECT_PORT sends to TLS, and there is none: see MOSTRADOR_TLS_CERT")
    redirect_bind = f"{host}:{redirect_port}" if redirect_port else ""
    return TlsSettings(certificate, key, mode == "self-signed", redirect_bind)


def service_addresses(environ: Mapping[str, str], service: str) -> tuple[str, ...]:
    """`host:port` of each instance of a service; by default one, at its place in the local block of ports."""
    default = f"127.0.0.1:{8091 + SERVICES.index(service)}"
    return listed(environ.get(f"MOSTRADOR_{service.upper()}_ADDR", "")) or (default,)


def service_key(environ: Mapping[str, str], pair: str) -> str:
    """The secret of one `caller>callee` pair in MOSTRADOR_SERVICE_KEYS."""
    for entry in listed(environ.get("MOSTRADOR_SERVICE_KEYS", "")):
        name, _, secret = entry.partition("=")
        if name == pair and secret:
            return secret
    raise SettingsError(f"MOSTRADOR_SERVICE_KEYS has no secret for {pair}")


def credential(environ: Mapping[str, str], service: str) -> str:
    """What the gateway proves itself by to a service, so that its X-Forwarded-For counts; empty where they share no secret.

    Derived from the pair's secret, which is itself sent nowhere; `chassis.forwarding` derives the same.
    """
    try:
        secret = service_key(environ, f"gateway>{service}")
    except SettingsError:
        return ""
    return hmac.new(secret.encode(), b"forwarded", hashlib.sha256).hexdigest()


def limit(name: str, value: str) -> tuple[int, int]:
    """Parse `rate/burst`, both whole numbers; the rate in requests per second, at least 1."""
    rate, _, burst = value.partition("/")
    if not (rate.isdecimal() and burst.isdecimal() and int(rate) > 0):
        raise SettingsError(f"{name} must look like 300/600 (requests per second/burst), not {value!r}")
    return int(rate), int(burst)


def number(name: str, value: str) -> int:
    if not value.isdecimal():
        raise SettingsError(f"{name} must be a whole number, not {value!r}")
    return int(value)


def listed(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())
