"""Tenancy in one place: every row has an account, and no statement can forget it.

The account in force is a context variable: a request sets it from its verified token, a consumer from its event.
A hook on every session adds `account_id = …` to each SELECT, UPDATE and DELETE on tenant-owned models, and a column
default fills it in on INSERT. Code that really means all accounts says so with ALL_ACCOUNTS.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from sqlalchemy import BigInteger, Integer
from sqlalchemy.orm import Mapped, ORMExecuteState, mapped_column, with_loader_criteria


class AllAccounts:
    """The type of ALL_ACCOUNTS: infrastructure that belongs to no single account."""

    def __repr__(self) -> str:
        return "ALL_ACCOUNTS"


ALL_ACCOUNTS: Final = AllAccounts()
Tenant = int | AllAccounts

_tenant: ContextVar[Tenant | None] = ContextVar("tenant", default=None)


class NoTenant(RuntimeError):
    """A tenant-owned table was touched with no account in force: a programming error, never a user's."""


class CrossTenantInsert(RuntimeError):
    """A row was to be inserted with no single account in force and without an account_id of its own."""


def tenant() -> Tenant | None:
    """The account in force, ALL_ACCOUNTS, or None."""
    return _tenant.get()


def set_tenant(account: Tenant | None) -> None:
    """Put an account in force for the rest of this context (a request's thread; the chassis clears it after)."""
    _tenant.set(account)


@contextmanager
def acting_for(account: Tenant) -> Iterator[None]:
    """Within the block every session acts for `account`."""
    token = _tenant.set(account)
    try:
        yield
    finally:
        _tenant.reset(token)


def _account_of_new_row() -> int:
    account = _tenant.get()
    if not isinstance(account, int):
        raise CrossTenantInsert("an insert outside one account must name its account_id")
    return account


# BIGINT keys on PostgreSQL; SQLite's rowid alias must be spelled INTEGER to number itself.
BigId = BigInteger().with_variant(Integer, "sqlite")


class TenantOwned:
    """Mixin of every model whose rows belong to an account. Indexes of such a table start with `account_id`."""

    account_id: Mapped[int] = mapped_column(BigInteger, default=_account_of_new_row, nullable=False)


def scope_to_tenant(state: ORMExecuteState) -> None:
    """Session hook (`do_orm_execute`): restrict the statement to the account in force.

    Statements that don't go through mapped classes can't be restricted, so they are refused outright.
    """
    account = _tenant.get()
    if account is ALL_ACCOUNTS or state.is_insert:
        return
    if not state.is_orm_statement:
        raise NoTenant("write the statement with mapped classes, or run it for ALL_ACCOUNTS")
    if account is None:
        if any(issubclass(mapper.class_, TenantOwned) for mapper in state.all_mappers):
            raise NoTenant("no account is in force")
        return
    state.statement = state.statement.options(
        with_loader_criteria(TenantOwned, lambda cls: cls.account_id == account, include_aliases=True)
    )
