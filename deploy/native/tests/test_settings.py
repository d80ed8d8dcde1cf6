"""What the environment may say, and the sentence for what it may not."""

from pathlib import Path

import pytest

from native.errors import SettingsError
from native.settings import ROOT, read_settings


def test_nothing_set_means_sqlite_on_8080_in_the_repository() -> None:
    settings = read_settings({})
    assert (settings.port, settings.home, settings.database, settings.demo) == (8080, ROOT / ".run", "sqlite", True)
    assert (settings.url, settings.certificate) == ("http://127.0.0.1:8080", None)


def test_a_relative_home_is_meant_from_the_repository() -> None:
    assert read_settings({"MOSTRADOR_HOME": "other"}).home == ROOT / "other"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "0"),
        ("PORT", "65530"),
        ("DATABASE", "oracle"),
        ("DEMO", "maybe"),
        ("AMQP_URL", "localhost:5672"),
        ("AMQP_URL", "amqp://shop:secret@broker:99999/"),
        ("ADMIN_PASSWORD", "short"),
        ("ADMIN_EMAIL", "nobody"),
    ],
)
def test_nonsense_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"MOSTRADOR_{name}"):
        read_settings({f"MOSTRADOR_{name}": value})


def test_the_control_socket_of_a_deep_home_still_fits(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["folder-with-a-long-name"] * 8)
    socket = read_settings({"MOSTRADOR_HOME": str(deep)}).control_socket
    assert len(str(socket)) < 100
    assert socket != read_settings({"MOSTRADOR_HOME": str(deep / "other")}).control_socket


def test_tunables_go_to_the_services_and_nothing_else_does() -> None:
    environ = {
        "MOSTRADOR_LOG_LEVEL": "DEBUG",
        "MOSTRADOR_LIMIT_LOGIN": "5/5",
        "MOSTRADOR_ADMIN_PASSWORD": "long enough",
        "MOSTRADOR_SERVICE_KEYS": "sales>catalog=1",
        "MOSTRADOR_DATABASE_URL": "sqlite://",
        "MOSTRADOR_CATALOG_ADDR": "127.0.0.1:1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318",
        "PATH": "/bin",
    }
    assert read_settings(environ).tunables == {
        "MOSTRADOR_LOG_LEVEL": "DEBUG",
        "MOSTRADOR_LIMIT_LOGIN": "5/5",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318",
    }


def test_with_tls_the_address_says_so() -> None:
    own = read_settings({"MOSTRADOR_TLS": "self-signed", "MOSTRADOR_HOME": "/srv/shop"})
    assert (own.url, own.certificate) == ("https://127.0.0.1:8080", Path("/srv/shop/gateway/tls/cert.pem"))
    given = read_settings({"MOSTRADOR_TLS_CERT": "/etc/cert.pem", "MOSTRADOR_TLS_KEY": "/etc/key.pem"})
    assert (given.url, given.certificate) == ("https://127.0.0.1:8080", None)
    assert read_settings({"MOSTRADOR_TLS": "off"}).url == "http://127.0.0.1:8080"
