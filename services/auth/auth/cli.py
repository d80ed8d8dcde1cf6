"""Commands of this service: `chassis auth bootstrap`, `reset-password`, `rotate-keys` and `republish`."""

from __future__ import annotations

import secrets
import sys
from datetime import timedelta
from typing import Any

import click
from sqlalchemy import bindparam, func, select

from auth import queries
from auth.clients.gateways import Gateways
from auth.domain.facts import account_fact, revocation_fact, user_fact
from auth.domain.models import Account, Client, LoginSession, User
from auth.domain.passwords import MAX_LENGTH, MIN_LENGTH, BadPassword, new_password
from auth.domain.signing_keys import generate
from auth.domain.usernames import BadUsername, is_foreign_email, new_username
from auth.revocations import deliver, revoking_of
from auth.runtime import passwords_of
from auth.usecases.accounts import bootstrap as make_first_account
from auth.usecases.audit import KEY_ROTATED, SYSTEM, Subject, record
from auth.usecases.keys import add_key
from auth.usecases.users import Ending, change_password
from chassis.cli import Service
from chassis.db import ALL_ACCOUNTS, UtcDateTime, utcnow
from chassis.messaging.outbox import Fact
from chassis.messaging.republish import Aggregate, republish_command
from chassis.text import lower


@click.command()
@click.pass_obj
def bootstrap(service: Service) -> None:
    """Make the first account, its ADMIN and the first signing key, from the environment; once, then does nothing."""
    settings, database = service.settings, service.database()
    with database.read(ALL_ACCOUNTS) as session:
        if queries.is_bootstrapped(session):
            click.echo("The first account is there.")
            return
    for name in ("admin_email", "admin_username", "admin_password"):
        if not getattr(settings, name):
            raise click.ClickException(f"MOSTRADOR_{name.upper()} is not set")
    if not MIN_LENGTH <= len(settings.admin_password) <= MAX_LENGTH:
        raise click.ClickException(f"MOSTRADOR_ADMIN_PASSWORD must have {MIN_LENGTH} to {MAX_LENGTH} characters")
    email = lower(settings.admin_email.strip())
    try:
        new_password(settings.admin_password)
        username = new_username(settings.admin_username)
    except BadPassword:
        raise click.ClickException("MOSTRADOR_ADMIN_PASSWORD has control or invisible characters") from None
    except BadUsername as bad:
        raise click.ClickException(f"MOSTRADOR_ADMIN_USERNAME: {bad}") from None
    if is_foreign_email(username, email):
        raise click.ClickException("MOSTRADOR_ADMIN_USERNAME is an e-mail, but not MOSTRADOR_ADMIN_EMAIL")
    password_hash = passwords_of(settings).hash(settings.admin_password)
    key = generate(settings.signing_key_passphrase)
    with database.transaction(ALL_ACCOUNTS) as session:
        made = make_first_account(
            session, company_name=settings.company_name, email=email, username=username,
            password_hash=password_hash, key=key,
        )  # fmt: skip
    click.echo(
        f"Account {settings.company_name!r} with {settings.admin_email}." if made else "The first account is there."
    )


@click.command("reset-password")
@click.argument("user", metavar="USER")
@click.option("--stdin", is_flag=True, help="Take the new password from the first line of standard input.")
@click.pass_obj
def reset_password(service: Service, user: str, stdin: bool) -> None:
    """Give USER (an e-mail or username) a new password, and end all of the user's sessions.

    The password is made up and printed, once.
    """
    settings, database = service.settings, service.database()
    password = sys.stdin.readline().rstrip("\r\n") if stdin else secrets.token_urlsafe(12)
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise click.ClickException(f"The password must have {MIN_LENGTH} to {MAX_LENGTH} characters.")
    try:
        new_password(password)
    except BadPassword:
        raise click.ClickException("The password has control or invisible characters.") from None
    password_hash = passwords_of(settings).hash(password)
    ending = Ending(by=SYSTEM, now=utcnow(), revoking=revoking_of(settings))
    with database.transaction(ALL_ACCOUNTS) as session:
        found = queries.user_by_login(session, user)
        if found is None or not found.is_active:
            raise click.ClickException(f"There is no user {user!r}.")
        if not change_password(session, user=found, new_hash=password_hash, sid="", ending=ending):
            raise click.ClickException("Somebody else changed the password at this moment. Try again.")
    deliver(database, Gateways(settings))
    click.echo(f"{found.email} has a new password, and has to log in again everywhere.")
    if not stdin:
        click.echo(f"password: {password}")
    if queries.blocked(found, ending.now) or queries.expired(found, ending.now):
        click.echo("The user is blocked or has expired, and can't log in before an administrator changes that.")


@click.command("rotate-keys")
@click.option("--ahead", type=float, help="Seconds until the new key signs; it is published at once.")
@click.pass_obj
def rotate_keys(service: Service, ahead: float | None) -> None:
    """Add a signing key. The present one goes on until the new one is known everywhere, then stays to verify."""
    seconds = service.settings.key_publish_ahead_seconds if ahead is None else ahead
    key = generate(service.settings.signing_key_passphrase)
    with service.database().transaction(ALL_ACCOUNTS) as session:
        signs_from = add_key(session, key=key, ahead=timedelta(seconds=seconds))
        subject = Subject("key", key.kid)
        record(session, KEY_ROTATED, account_id=None, subject=subject, by=SYSTEM, signs_from=signs_from.isoformat())
    click.echo(f"Key {key.kid} signs from {signs_from:%Y-%m-%dT%H:%M:%SZ}.")


def _account(row: Any) -> tuple[str, Fact]:
    return "AccountUpdated", account_fact(row)


def _user(row: Any) -> tuple[str, Fact]:
    return "UserUpdated" if row.is_active else "UserDeactivated", user_fact(row)


def _revocation(row: Any) -> tuple[str, Fact]:
    return "SessionRevoked", revocation_fact(row.uid, row.owner_uid, row.revoke_reason, row.revocation_expires_at)


_ACCOUNTS = select(
    Account.id, Account.uid, Account.company_name, Account.subscription_plan, Account.timezone, Account.currency,
    Account.version,
)  # fmt: skip
_USERS = select(
    User.id, User.uid, User.username, User.first_name, User.last_name, User.role, User.is_active, User.is_blocked,
    User.blocked_until, User.version,
)  # fmt: skip
_REVOCATIONS = (
    select(
        LoginSession.id, LoginSession.uid, LoginSession.revoke_reason, LoginSession.revocation_expires_at,
        func.coalesce(User.uid, Client.uid).label("owner_uid"),
    )
    .outerjoin(User, User.id == LoginSession.user_id)
    .outerjoin(Client, Client.id == LoginSession.client_id)
    .where(LoginSession.revocation_expires_at > bindparam("now", callable_=utcnow, type_=UtcDateTime))
)  # fmt: skip
STATE = (
    Aggregate("accounts", Account.id, _ACCOUNTS, _account, account=Account.id),
    Aggregate("users", User.id, _USERS, _user),
    Aggregate("revoked sessions", LoginSession.id, _REVOCATIONS, _revocation),
)

COMMANDS = [bootstrap, reset_password, rotate_keys, republish_command(*STATE)]
