"""What holds for all users of an account together: the places of its plan, and that somebody manages it.

Lock order: the account's row, users' rows by id, sessions. Who holds the account's row changes its users alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from auth import queries
from auth.domain.errors import LastManager, UserLimitReached
from auth.domain.models import UNLIMITED, Account, User
from auth.domain.plans import MANAGERS
from chassis.problems import NotFound


def hold_account(session: Session, account_id: int) -> None:
    """Keep others from adding, ending, promoting or demoting users of the account until the transaction ends."""
    # Not FOR UPDATE: new users' foreign keys may go on looking at the row.
    session.execute(select(Account.id).where(Account.id == account_id).with_for_update(key_share=True))


def take_places(session: Session, account_id: int, number: int = 1) -> None:
    """Count more active users, in one statement with the plan's limit: the last place goes to one. UserLimitReached."""
    fits = or_(Account.max_users == UNLIMITED, Account.active_users + number <= Account.max_users)
    taken = session.execute(
        update(Account)
        .where(Account.id == account_id, fits)
        .values(active_users=Account.active_users + number)
        .returning(Account.id)
    ).first()
    if taken is None:
        limit = session.execute(select(Account.max_users).where(Account.id == account_id)).scalar()
        if limit is None:
            raise NotFound
        raise UserLimitReached(limit)


def free_places(session: Session, account_id: int, number: int) -> None:
    """Count fewer active users."""
    session.execute(update(Account).where(Account.id == account_id).values(active_users=Account.active_users - number))


def keep_a_manager(session: Session, account_id: int, *, now: datetime) -> None:
    """LastManager when nobody is left who manages the account for good; call it after the change, holding the account."""
    left = select(User.id).where(User.account_id == account_id, _manages_for_good(now)).limit(1)
    if session.execute(left).first() is None:
        raise LastManager


def manages_for_good(user: Any, now: datetime) -> bool:
    """Whether this row of an active user is one of those that `keep_a_manager` counts."""
    return user.role in MANAGERS and user.expiry_date is None and not queries.blocked(user, now)


def _manages_for_good(now: datetime) -> ColumnElement[bool]:
    unblocked = or_(User.is_blocked.is_(False), User.blocked_until <= now)
    return and_(User.is_active, User.role.in_(MANAGERS), unblocked, User.expiry_date.is_(None))
