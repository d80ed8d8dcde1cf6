"""`chassis auth bootstrap`, `reset-password` and `rotate-keys`, and what the worker does by the clock."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, func, select, update

from auth.cli import bootstrap, reset_password, rotate_keys
from auth.config import Config
from auth.domain.models import Account, LoginFailures, PendingRevocation, SigningKey, SpentRefreshToken, User
from auth.sweeps import prune
from chassis.db import ALL_ACCOUNTS, utcnow

ADMIN = {
    "admin_email": "Jefa@Tienda.mx", "admin_username": "jefa", "admin_password": "muy secreta", "company_name": "La Tienda",
}  # fmt: skip


@pytest.fixture
def run(database, settings):
    """`run(command, *args, admin_email=…)` as the console script would."""

    def invoke(command, *args, stdin=None, **environment):
        config = Config(**{**settings.__dict__, **environment})
        service = SimpleNamespace(settings=config, database=lambda: database)
        return CliRunner().invoke(command, args, obj=service, input=stdin)

    return invoke


def count(database, column):
    with database.read(ALL_ACCOUNTS) as session:
        return session.execute(select(func.count(column))).scalar()


def test_bootstrap_makes_a_platform_that_one_can_log_in_to(nothing, run, door, client, published):
    result = run(bootstrap, **ADMIN)
    assert result.exit_code == 0, result.output
    assert "jefa" not in client.get("/readyz", role=None).json
    assert client.get("/readyz", role=None).status == 200
    user = door.login("jefa@tienda.mx", "muy secreta").json["user"]
    assert (user["role"], user["username"]) == ("ADMIN", "jefa")
    assert (user["account"]["company_name"], user["account"]["subscription_plan"]) == ("La Tienda", "premium")
    assert [event.type for event in published()] == ["AccountRegistered", "UserCreated"]


def test_bootstrap_again_changes_nothing(nothing, run, database, door, published):
    run(bootstrap, **ADMIN)
    result = run(bootstrap, **{**ADMIN, "admin_email": "other@tienda.mx", "admin_password": "another one"})
    assert result.exit_code == 0
    assert (count(database, Account.id), count(database, User.id), count(database, SigningKey.kid)) == (1, 1, 1)
    assert door.login("jefa@tienda.mx", "muy secreta").status == 200
    assert len(published()) == 2


def test_a_reset_password_is_printed_once_and_ends_all_sessions(nothing, run, door, client, published):
    run(bootstrap, **ADMIN)
    token = door.login("jefa@tienda.mx", "muy secreta").json["access"]
    result = run(reset_password, "JEFA")
    assert result.exit_code == 0, result.output
    password = result.output.split("password: ")[1].strip()
    assert door.login("jefa@tienda.mx", "muy secreta").status == 401
    assert door.login("jefa@tienda.mx", password).status == 200
    assert "SessionRevoked" in [event.type for event in published()]
    assert token not in result.output
    assert run(reset_password, "jefa@tienda.mx", "--stdin", stdin="otra contraseña\n").exit_code == 0
    assert door.login("jefa", "otra contraseña").status == 200


@pytest.mark.parametrize(
    ("user", "stdin", "sentence"),
    [
        ("nobody", "long enough\n", "There is no user 'nobody'."),
        ("jefa", "short\n", "8 to 128"),
        ("jefa", "a\tb" * 9, "control"),
    ],
)
def test_a_password_that_cannot_be_reset_stays(nothing, run, door, user, stdin, sentence):
    run(bootstrap, **ADMIN)
    result = run(reset_password, user, "--stdin", stdin=stdin)
    assert result.exit_code == 1
    assert sentence in result.output
    assert door.login("jefa@tienda.mx", "muy secreta").status == 200


def test_bootstrap_needs_no_credentials_once_it_is_done(run):
    assert run(bootstrap).exit_code == 0


@pytest.mark.parametrize("missing", ["admin_email", "admin_username", "admin_password"])
def test_bootstrap_says_what_is_missing(nothing, run, database, missing):
    result = run(bootstrap, **{**ADMIN, missing: ""})
    assert result.exit_code == 1
    assert f"MOSTRADOR_{missing.upper()}" in result.output
    assert count(database, Account.id) == 0


def test_bootstrap_refuses_a_short_password(nothing, run, database):
    assert run(bootstrap, **{**ADMIN, "admin_password": "short"}).exit_code == 1
    assert count(database, Account.id) == 0


def test_bootstrap_makes_a_missing_key_for_an_account_that_is_there(run, database):
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(delete(SigningKey))
    assert run(bootstrap, **ADMIN).exit_code == 0
    assert (count(database, SigningKey.kid), count(database, Account.id)) == (1, 1)


def test_rotate_keys_adds_one_that_signs_later(run, database):
    result = run(rotate_keys)
    assert result.exit_code == 0, result.output
    with database.read(ALL_ACCOUNTS) as session:
        newest = session.execute(select(SigningKey.signs_from).order_by(SigningKey.signs_from.desc())).scalars().first()
    assert timedelta(seconds=50) < newest - utcnow() <= timedelta(seconds=60)
    assert run(rotate_keys, "--ahead", "0").exit_code == 0
    assert count(database, SigningKey.kid) == 3


def test_what_is_over_is_forgotten_and_nothing_else(door, database, gateway, settings):
    door.login(password="wrong_password")
    gateway.down = True
    for _ in range(2):
        pair = door.login().json
        door.logout(door.refresh(pair["refresh"]).json["access"])
    prune(database, settings)
    columns = (LoginFailures.key, SpentRefreshToken.token_hash, PendingRevocation.sid)
    assert [count(database, column) for column in columns] == [2, 2, 2]
    past = utcnow() - timedelta(days=8)
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(LoginFailures).values(touched_at=past))
        session.execute(update(SpentRefreshToken).values(expires_at=past))
        session.execute(update(PendingRevocation).values(exp=int(past.timestamp())))
    prune(database, settings)
    assert [count(database, column) for column in columns] == [0, 0, 0]
