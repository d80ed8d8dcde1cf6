"""Pure parts: settings, money, fields, messages, surfaces."""

from datetime import date
from decimal import Decimal

import marshmallow as ma
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import schemas
from chassis.languages import to_spanish
from chassis.money import round_half_up, to_cents
from chassis.settings import SettingsError
from chassis.surfaces import surface_of
from toy.config import Config


@pytest.mark.parametrize(
    ("amount", "rounded"), [("0.005", "0.01"), ("0.015", "0.02"), ("2.675", "2.68"), ("-0.005", "-0.01"), ("1", "1.00")]
)
def test_rounding_is_half_up(amount, rounded):
    assert str(round_half_up(Decimal(amount))) == rounded


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_cents_are_exact(amount):
    assert Decimal(to_cents(amount)) / 100 == amount


def test_money_refuses_floats_and_fractions():
    for bad in (0.1, Decimal("0.001"), Decimal("NaN"), Decimal("Infinity")):
        with pytest.raises(ValueError):
            to_cents(bad)


class Everything(schemas.Schema):
    text = schemas.Text(max_length=3)
    note = schemas.Text(blank=True)
    code = schemas.Code(max_length=9)
    uid = schemas.Uid()
    email = schemas.Email(max_length=30)
    integer = schemas.Integer()
    whole = schemas.Integer(minimum=1)
    amount = schemas.Amount(minimum=0)
    day = schemas.Date()
    choice = schemas.Choice(("CASH", "CARD"))
    flag = schemas.Boolean()
    items = schemas.List(schemas.Integer(), empty=False)


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        ("text", " ab ", "ab"), ("text", 12, "12"), ("email", "Ana@Shop.MX", "ana@shop.mx"), ("whole", "5", 5),
        ("whole", 5.0, 5), ("amount", 18.5, Decimal("18.50")), ("amount", "18.5", Decimal("18.50")),
        ("amount", "1e2", Decimal("100.00")), ("day", "2024-02-29", date(2024, 2, 29)), ("choice", "CASH", "CASH"),
        ("flag", True, True), ("items", [1, "2"], [1, 2]), ("amount", ".5", Decimal("0.50")), ("amount", "5.", Decimal(5)),
        ("text", "fe\u0301", "f\u00e9"), ("email", "jose\u0301@shop.mx", "jos\u00e9@shop.mx"),
        ("uid", "e\u0301", "\u00e9"), ("text", "\u200d\u00b7", "\u200d\u00b7"), ("note", " \u200b\u2060", ""),
        ("code", "\ufeffKO\u200b-6\u00ad00\u202c", "KO-600"), ("code", "e\u200b\u0301", "\u00e9"),
    ],
)  # fmt: skip
def test_fields_read(field, value, read):
    assert Everything().load({field: value}) == {field: read}


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("text", "", "This field may not be blank."),
        ("text", "abcd", "Ensure this field has no more than 3 characters."),
        ("text", None, "This field may not be null."),
        ("text", "a\x00", "Not a valid string."),
        ("text", 1.5, "Not a valid string."),
        ("text", 7501055300075.0, "Not a valid string."),
        ("text", True, "Not a valid string."),
        ("email", 1.5, "Not a valid string."),
        ("text", "\u200b\u2060", "This field may not be blank."),
        ("text", " \u3164\u2800 \ufeff", "This field may not be blank."),
        ("code", "\u200b\u200d", "This field may not be blank."),
        ("uid", "a\u200b", "Enter a valid uid: no spaces, no control characters, none of / ? # % ; \\."),
        ("uid", "a\ufe0f", "Enter a valid uid: no spaces, no control characters, none of / ? # % ; \\."),
        ("email", "ana", "Enter a valid email address."),
        ("email", "\u0390" * 20 + "@shop.mx", "Ensure this field has no more than 30 characters."),
        ("integer", "-9007199254740993", "Ensure this value is greater than or equal to -9007199254740992."),
        ("whole", "x", "A valid integer is required."),
        ("whole", True, "A valid integer is required."),
        ("whole", 1.5, "A valid integer is required."),
        ("whole", 0, "Ensure this value is greater than or equal to 1."),
        ("amount", "NaN", "A valid number is required."),
        ("amount", "1_000", "A valid number is required."),
        ("amount", "\uff11\uff12", "A valid number is required."),
        ("amount", "1e9999999", "A valid number is required."),
        ("amount", "1e-9999999", "A valid number is required."),
        ("integer", "\uff11\uff12", "A valid integer is required."),
        ("integer", 1e22, "A valid integer is required."),
        ("day", "202\uff13-01-01", "Date has wrong format. Use one of these formats instead: YYYY-MM-DD."),
        ("amount", "1e999", "Ensure that there are no more than 12 digits in total."),
        ("amount", "0.001", "Ensure that there are no more than 2 decimal places."),
        ("amount", -1, "Ensure this value is greater than or equal to 0."),
        ("day", "2023-02-29", "Date has wrong format. Use one of these formats instead: YYYY-MM-DD."),
        ("day", "2023-1-1", "Date has wrong format. Use one of these formats instead: YYYY-MM-DD."),
        ("choice", "GOLD", '"GOLD" is not a valid choice.'),
        ("choice", "G" * 1_000_000, f'"{"G" * 99}…" is not a valid choice.'),
        ("flag", "perhaps", "Must be a valid boolean."),
        ("items", [], "This list may not be empty."),
    ],
)
def test_fields_refuse(field, value, message):
    with pytest.raises(ma.ValidationError) as caught:
        Everything().load({field: value})
    assert caught.value.messages == {field: [message]}


def test_unknown_fields_are_ignored():
    assert Everything().load({"color": "red"}) == {}


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        ('"GOLD" is not a valid choice.', '"GOLD" no es una elección válida.'),
        ({"a": [{"b": ["This field is required."]}]}, {"a": [{"b": ["Este campo es requerido."]}]}),
        (
            "Invalid data. Expected a dictionary, but got list.",
            "Datos inválidos. Se esperaba un objeto, pero llegó list.",
        ),
        ("Stock insuficiente", "Stock insuficiente"),
    ],
)
def test_only_standard_messages_are_translated(english, spanish):
    assert to_spanish(english) == spanish


@pytest.mark.parametrize(
    ("path", "surface"),
    [
        ("/api/orders/", "pos"), ("/api/v1/auth/token/", "pos"), ("/api/v1/auth/logout", "b2b-auth"),
        ("/api/v1/product", "b2b"), ("/api/v1/product/", "b2b"), ("/api/v1", "pos"), ("/x", "pos"),
    ],
)  # fmt: skip
def test_surfaces(path, surface):
    assert surface_of(path) == surface


def test_settings_come_typed_from_the_environment(monkeypatch):
    monkeypatch.setenv("MOSTRADOR_DATABASE_URL", "sqlite:////tmp/x.db")
    monkeypatch.setenv("MOSTRADOR_BATCH", "7")
    monkeypatch.setenv("MOSTRADOR_LOUD", "true")
    monkeypatch.setenv("MOSTRADOR_SERVICE_KEYS", "sales>toy=a=b,toy>sales=c")
    config = Config.from_env()
    assert (config.batch, config.loud, config.ratio) == (7, True, 0.5)
    assert config.secret_for("sales", "toy") == "a=b"
    assert "a=b" not in repr(config)
    with pytest.raises(SettingsError):
        config.secret_for("auth", "toy")


@pytest.mark.parametrize(("name", "value"), [("MOSTRADOR_BATCH", "seven"), ("MOSTRADOR_DATABASE_URL", None)])
def test_a_bad_setting_is_named(monkeypatch, name, value):
    monkeypatch.setenv("MOSTRADOR_DATABASE_URL", "sqlite:////tmp/x.db")
    if value is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        Config.from_env()


def test_a_secret_may_be_a_file_and_nothing_else_may(monkeypatch, tmp_path):
    (tmp_path / "database_url").write_text("sqlite:////tmp/from-file.db\n")
    (tmp_path / "service_keys").write_text("sales>toy=a=b,toy>sales=c\n")
    (tmp_path / "batch").write_text("7\n")
    monkeypatch.setenv("MOSTRADOR_SECRETS_DIR", str(tmp_path))
    monkeypatch.delenv("MOSTRADOR_DATABASE_URL", raising=False)
    monkeypatch.delenv("MOSTRADOR_SERVICE_KEYS", raising=False)
    config = Config.from_env()
    assert (config.database_url, config.amqp_url, config.batch) == ("sqlite:////tmp/from-file.db", "", 5)
    assert (config.secret_for("sales", "toy"), config.secret_for("toy", "sales")) == ("a=b", "c")
    monkeypatch.setenv("MOSTRADOR_DATABASE_URL", "sqlite:////tmp/x.db")
    assert Config.from_env().database_url == "sqlite:////tmp/x.db", "the variable wins"


def test_a_secret_that_cannot_be_read_is_named(monkeypatch, tmp_path):
    (tmp_path / "database_url").mkdir()
    monkeypatch.setenv("MOSTRADOR_SECRETS_DIR", str(tmp_path))
    monkeypatch.delenv("MOSTRADOR_DATABASE_URL", raising=False)
    with pytest.raises(SettingsError, match=r"MOSTRADOR_DATABASE_URL: .*database_url"):
        Config.from_env()
