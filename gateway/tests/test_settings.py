"""A wrong environment or routes file is one clear sentence, and nothing is written."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from gateway.render import PACKAGE, render
from gateway.routes import load_routes
from gateway.settings import SettingsError, agent_settings, render_settings
from gateway.tests.stubs import SERVICE_KEYS

KEYS = ",".join(f"{pair}={key}" for pair, key in SERVICE_KEYS.items())
CONTENT = yaml.safe_load((PACKAGE / "routes.yaml").read_text())


def environ(home: Path, **changes: str) -> dict[str, str]:
    return {"MOSTRADOR_GATEWAY_HOME": str(home / "home"), "MOSTRADOR_SERVICE_KEYS": KEYS, **changes}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"MOSTRADOR_GATEWAY_HOME": ""}, "MOSTRADOR_GATEWAY_HOME is not set"),
        ({"MOSTRADOR_SERVICE_KEYS": "auth>sales=x"}, "MOSTRADOR_SERVICE_KEYS has no secret for auth>gateway"),
        ({"MOSTRADOR_PORT": "eighty"}, "MOSTRADOR_PORT must give host:port"),
        ({"MOSTRADOR_SALES_ADDR": "sales"}, "MOSTRADOR_SALES_ADDR must give host:port"),
        ({"MOSTRADOR_SALES_ADDR": "sales:80; return 200"}, "MOSTRADOR_SALES_ADDR must give host:port"),
        ({"MOSTRADOR_GATEWAY_INTERNAL_BIND": "8081"}, "MOSTRADOR_GATEWAY_INTERNAL_BIND must give host:port"),
        ({"MOSTRADOR_CORS_ORIGINS": "*"}, "MOSTRADOR_CORS_ORIGINS: '\\*' is not an origin"),
        ({"MOSTRADOR_CORS_ORIGINS": "http://a.example/"}, "MOSTRADOR_CORS_ORIGINS"),
        ({"MOSTRADOR_TRUSTED_PROXIES": "10.0.0.0/99"}, "MOSTRADOR_TRUSTED_PROXIES"),
        ({"MOSTRADOR_LIMIT_GENERAL": "many"}, "MOSTRADOR_LIMIT_GENERAL must look like 300/600"),
        ({"MOSTRADOR_LIMIT_GENERAL": "0/1"}, "MOSTRADOR_LIMIT_GENERAL must look like 300/600"),
        ({"MOSTRADOR_LIMIT_LUNCH": "1/1"}, "MOSTRADOR_LIMIT_LUNCH: there is no such limit"),
        ({"MOSTRADOR_SALES_ADDR": "sales:80,sales"}, "MOSTRADOR_SALES_ADDR must give host:port"),
        ({"MOSTRADOR_CONCURRENT": "many"}, "MOSTRADOR_CONCURRENT must be a whole number"),
        ({"MOSTRADOR_TLS": "on"}, "MOSTRADOR_TLS must be self-signed or off"),
        ({"MOSTRADOR_TLS_CERT": "/tmp/cert.pem"}, "wanted both or not at all"),
        ({"MOSTRADOR_TLS_CERT": "/no/c", "MOSTRADOR_TLS_KEY": "/no/k"}, "/no/c can't be read"),
        ({"MOSTRADOR_TLS_CERT": "/c; evil", "MOSTRADOR_TLS_KEY": "/k"}, "MOSTRADOR_TLS_CERT may only hold"),
        (
            {"MOSTRADOR_TLS": "off", "MOSTRADOR_TLS_CERT": "/c", "MOSTRADOR_TLS_KEY": "/k"},
            "where no certificate is given",
        ),
        ({"MOSTRADOR_REDIRECT_PORT": "80"}, "MOSTRADOR_REDIRECT_PORT sends to TLS"),
        (
            {"MOSTRADOR_TLS": "self-signed", "MOSTRADOR_REDIRECT_PORT": "x"},
            "MOSTRADOR_REDIRECT_PORT must give host:port",
        ),
        ({"MOSTRADOR_GATEWAY_WORKERS": "all"}, "MOSTRADOR_GATEWAY_WORKERS"),
        ({"MOSTRADOR_ACCESS_LOG": "/tmp/x; evil"}, "MOSTRADOR_ACCESS_LOG"),
        ({"MOSTRADOR_NGINX_JS_MODULE": "/nowhere.so"}, "njs module is not at /nowhere.so"),
    ],
)
def test_a_wrong_environment_is_named(tmp_path: Path, changes: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        render(environ(tmp_path, **changes))
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_what_is_wrong_in_one_line(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "gateway", "run"]
    done = subprocess.run(argv, env=environ(tmp_path, MOSTRADOR_PORT="x"), cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "gateway: MOSTRADOR_PORT must give host:port, not '127.0.0.1:x'\n"


def test_the_defaults_are_the_local_ports(tmp_path: Path) -> None:
    settings = render_settings(environ(tmp_path))
    assert (settings.bind, settings.internal_bind) == ("127.0.0.1:8080", "127.0.0.1:8081")
    assert list(settings.addresses.values()) == [(f"127.0.0.1:{port}",) for port in range(8091, 8096)]
    agent = agent_settings(environ(tmp_path))
    assert agent.jwks_url == "http://127.0.0.1:8091/api/auth/jwks/"
    assert agent.revocations_url == "http://127.0.0.1:8091/internal/revocations/"
    assert agent.service_key == SERVICE_KEYS["gateway>auth"]


def test_no_secret_is_written(tmp_path: Path) -> None:
    home = render(environ(tmp_path))
    for path in home.rglob("*"):
        assert path.is_dir() or not any(key in path.read_text() for key in SERVICE_KEYS.values())


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"prefix": "/api/lunch/", "service": "kitchen"}, "route /api/lunch/: unknown service 'kitchen'"),
        ({"prefix": "/api/lunch/"}, "route /api/lunch/: unknown service"),
        ({"prefix": "/api/products/", "service": "sales"}, "route /api/products/: listed twice"),
        ({"path": "/api/auth/login/", "service": "auth"}, "route /api/auth/login/: listed twice"),
        ({"path": "/api/v1/product", "service": "catalog"}, "route /api/v1/product: listed twice"),
        ({"prefix": "/api/lunch", "service": "sales"}, "paths on /api/ end with a slash"),
        ({"prefix": "/api/v1/lunch/", "service": "sales"}, "a prefix outside /api/ has no final slash"),
        ({"prefix": "/api/lunch/", "service": "sales", "public": ["GET"]}, "only a single path can be public"),
        ({"path": "/api/lunch/", "service": "sales", "public": ["EAT"]}, "public lists methods"),
        ({"path": "/api/lunch/", "service": "sales", "public": ["PUT"]}, "public lists methods"),
        ({"path": "/api/lunch/", "service": "sales", "limit": "lunch"}, "unknown limit 'lunch'"),
        ({"path": "/api/lunch/", "service": "sales", "body": "1 MB"}, "body looks like"),
        ({"path": "/api/lunch/", "service": "sales", "auth": False}, "unknown field auth"),
        ({"path": "/api/lunch/", "prefix": "/api/lunch/", "service": "sales"}, "either path or prefix"),
        ({"path": "/api/lunch/; }", "service": "sales"}, "not a plain path"),
        ({"path": "/internal/lunch", "service": "sales"}, "/internal is never routed"),
    ],
)
def test_a_wrong_route_is_named(tmp_path: Path, entry: dict[str, object], sentence: str) -> None:
    path = tmp_path / "routes.yaml"
    path.write_text(yaml.safe_dump({**CONTENT, "routes": [*CONTENT["routes"], entry]}))
    with pytest.raises(SettingsError, match=sentence):
        load_routes(path)


def test_a_limit_counts_by_address_or_token(tmp_path: Path) -> None:
    path = tmp_path / "routes.yaml"
    limits = {**CONTENT["limits"], "lunch": {"rate": 1, "burst": 1, "per": "table"}}
    path.write_text(yaml.safe_dump({**CONTENT, "limits": limits}))
    with pytest.raises(SettingsError, match="limit lunch: per is one of address, caller, token"):
        load_routes(path)


def test_a_start_forgets_that_an_earlier_one_was_ready_and_a_reload_does_not(tmp_path: Path) -> None:
    home = render(environ(tmp_path))
    left = [home / "deny" / ".ready-1", home / "run" / "nginx.pid", home / "deny" / "a-session"]
    for path in left:
        path.write_text("1")
    render(environ(tmp_path), reload=True)
    assert all(path.exists() for path in left)
    render(environ(tmp_path))
    assert [path.exists() for path in left] == [False, False, True]
