"""`/api/auth/register/`: a company and its OWNER (003 §1)."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select, update

from auth.domain.models import Account, AuditEntry, LoginFailures, LoginName, LoginSession, RegistrationCount, User
from auth.sweeps import prune
from chassis.db import ALL_ACCOUNTS
from chassis.settings import SettingsError
from chassis.testing_concurrency import together

BODY = {
    "email": "admin@empresa.com", "password": "password123", "full_name": "Juan Pérez",
    "company_name": "Mi Empresa S.A.", "company_email": "contacto@empresa.com", "street": "Av. Principal",
    "exterior_number": "123", "interior_number": "A", "neighborhood": "Centro", "postal_code": "12345",
    "city": "Ciudad de México", "state": "CDMX", "country": "México", "phone": "5551234567",
    "subscription_plan": "freemium",
}  # fmt: skip


@pytest.fixture
def register(client):
    return lambda **changes: client.post("/api/auth/register/", {**BODY, **changes}, role=None)


@pytest.fixture
def everything(database):
    """How many rows there are of all that a registration makes."""

    def count():
        with database.read(ALL_ACCOUNTS) as session:
            models = (Account.id, User.id, LoginName.name, LoginSession.id, AuditEntry.id, LoginFailures.key)
            return [session.execute(select(func.count(column))).scalar() for column in models]

    return count


def test_003s_body_makes_an_account_with_its_owner_who_is_logged_in(register, client, door, gateway):
    answer = register()
    assert (answer.status, list(answer.json)) == (201, ["account", "user", "tokens"])
    account, user, tokens = answer.json.values()
    shown = {name: value for name, value in BODY.items() if name not in ("email", "password", "full_name")}
    shown["email"] = shown.pop("company_email")
    assert {name: account[name] for name in shown} == shown
    assert (account["id"], account["max_locations"], account["max_users"]) == (2, 1, 5)
    assert (account["timezone"], account["currency"]) == ("America/Mexico_City", "MXN")
    assert user["account"] == account
    assert {name: user[name] for name in ("id", "email", "username", "full_name", "user_type", "role")} == {
        "id": 2, "email": "admin@empresa.com", "username": "admin@empresa.com", "full_name": "Juan Pérez",
        "user_type": "inventarista", "role": "OWNER",
    }  # fmt: skip
    assert b"password123" not in answer.data
    assert client.get("/api/users/me/", token=tokens["access"]).json == user
    assert door.refresh(tokens["refresh"]).status == 200
    assert door.login("ADMIN@empresa.com", "password123").json["user"] == user
    assert client.get("/api/users/", token=tokens["access"]).json["count"] == 1, "another account's users are seen"


def test_it_is_told_and_written_down(register, published, client, door):
    account, user, _ = register(timezone="America/Tijuana", currency="USD").json.values()
    told = [event for event in published() if event.account_id == account["id"]]
    assert [(event.type, event.subject, event.version) for event in told] == [
        ("AccountRegistered", account["uid"], 1), ("UserCreated", user["uid"], 1),
    ]  # fmt: skip
    assert (told[0].data["timezone"], told[0].data["currency"]) == ("America/Tijuana", "USD")
    entries = client.get("/api/auth/audit/", account_id=account["id"]).json
    assert [(entry["action"], entry["actor"]["uid"]) for entry in reversed(entries)] == [
        ("account_registered", user["uid"]), ("user_created", user["uid"]), ("login", user["uid"]),
    ]  # fmt: skip


def test_the_minimum_and_the_plans(register, client):
    least = {name: BODY[name] for name in ("email", "password", "full_name", "company_name")}
    account, _, _ = client.post("/api/auth/register/", least, role=None).json.values()
    assert (account["email"], account["subscription_plan"], account["street"]) == ("admin@empresa.com", "freemium", "")
    assert account["country"] == "México"
    other = register(email="otra@empresa.com", subscription_plan="premium", street=None)
    assert (other.json["account"]["max_locations"], other.json["account"]["max_users"]) == (-1, -1)
    assert other.json["account"]["street"] == ""


@pytest.mark.parametrize("email", ["admin@enterprise.com", "ADMIN@Enterprise.com"])
def test_a_taken_email_leaves_nothing_behind(register, everything, published, email):
    before, events = everything(), published()
    answer = register(email=email)
    assert (answer.status, answer.json) == (400, {"email": ["Este email ya está registrado"]})
    assert (everything(), published()) == (before, events)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("email", "nobody", "Enter a valid email address."),
        ("company_email", "nobody", "Enter a valid email address."),
        ("password", "1234567", "Ensure this field has at least 8 characters."),
        ("full_name", " ", "This field may not be blank."),
        ("company_name", "", "This field may not be blank."),
        ("postal_code", "1" * 11, "Ensure this field has no more than 10 characters."),
        ("subscription_plan", "gold", '"gold" is not a valid choice.'),
        ("timezone", "Mars/Olympus", '"Mars/Olympus" is not a valid choice.'),
        ("timezone", "localtime", '"localtime" is not a valid choice.'),
        ("currency", "mxn", '"mxn" is not a valid choice.'),
    ],
)
def test_bad_values_are_told_and_make_nothing(register, everything, field, value, message):
    before = everything()
    answer = register(**{field: value})
    assert (answer.status, answer.json) == (400, {field: [message]})
    assert everything() == before


@pytest.mark.parametrize(
    ("language", "message"), [("en", "This field is required."), ("es-MX,es;q=0.9", "Este campo es requerido.")]
)
def test_required_fields_are_named_in_either_language(client, language, message):
    answer = client.post("/api/auth/register/", {}, role=None, headers={"Accept-Language": language})
    assert answer.json == {name: [message] for name in ("email", "password", "full_name", "company_name")}


def test_messages_cut_long_values(client):
    long = "x" * 150_000
    body = {"currency": long, "timezone": long, "subscription_plan": long, "email": long, "phone": long}
    answer = client.post("/api/auth/register/", body, role=None)
    assert (answer.status, len(answer.data) < 1500) == (400, True)


@pytest.fixture
def configured(app, monkeypatch):
    """`configured(registrations_per_address=2)`: other settings for this test."""
    parts, shared = app.extensions["auth"], app.extensions["mostrador"]

    def configure(**changes):
        changed = replace(shared["settings"], **changes)
        monkeypatch.setitem(shared, "settings", changed)
        monkeypatch.setattr(parts.logins, "_settings", changed)

    return configure


def test_only_plans_of_the_settings_may_be_chosen(register, configured, everything):
    configured(registration_plans=["freemium"])
    before = everything()
    answer = register(subscription_plan="premium")
    assert (answer.status, answer.json) == (400, {"subscription_plan": ['"premium" is not a valid choice.']})
    assert everything() == before
    assert register().status == 201


def test_an_address_registers_so_many_companies_a_day(client, configured, everything):
    configured(registrations_per_address=2)

    def register(number, ip):
        body = {**BODY, "email": f"o{number}@empresa.com"}
        return client.post("/api/auth/register/", body, role=None, headers={"X-Forwarded-For": ip})

    assert [register(number, "203.0.113.1").status for number in range(2)] == [201, 201]
    before = everything()
    refused = register(2, "203.0.113.1")
    assert (refused.status, refused.json) == (
        429, {"detail": "Too many companies were registered from this address today. Try again tomorrow."},
    )  # fmt: skip
    assert 0 < int(refused.headers["Retry-After"]) <= 86_400
    assert everything() == before
    assert register(3, "203.0.113.2").status == 201
    assert [register(4 + n, f"2001:db8::{n}").status for n in range(3)] == [201, 201, 429], "one /64 is one customer"
    assert register(0, "203.0.113.3").status == 400, "a name that is taken"
    assert [register(10 + n, "203.0.113.3").status for n in range(2)] == [201, 201], "a refusal does not count"


def test_the_address_is_the_gateways_word_not_the_clients(client, configured):
    configured(registrations_per_address=1)

    def register(number, **headers):
        body = {**BODY, "email": f"o{number}@empresa.com"}
        return client.post("/api/auth/register/", body, role=None, headers=headers).status

    forged = {"X-Gateway-Credential": "forged"}
    assert register(1, **forged, **{"X-Forwarded-For": "203.0.113.1"}) == 201
    assert register(2, **forged, **{"X-Forwarded-For": "203.0.113.2"}) == 429


def test_companies_at_once_stay_within_the_limit(client, configured, everything):
    configured(registrations_per_address=3)

    def register(number):
        body = {**BODY, "email": f"o{number}@empresa.com"}
        return client.post("/api/auth/register/", body, role=None).status

    assert sorted(together(8, register)) == [201] * 3 + [429] * 5


def test_yesterdays_counts_are_forgotten(register, database, settings):
    register()
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(RegistrationCount).values(day=date(2020, 1, 1)))
    prune(database, settings)
    with database.read(ALL_ACCOUNTS) as session:
        assert session.scalar(select(func.count(RegistrationCount.number))) == 0


def test_a_plan_that_is_none_stops_the_start(settings):
    with pytest.raises(SettingsError, match="no plan 'gold'; there are: freemium, premium"):
        replace(settings, registration_plans=["freemium", "gold"])
