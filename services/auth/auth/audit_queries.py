"""The read side of the audit trail. Never writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from auth.domain.models import Account, AuditEntry
from chassis.ordering import order_by
from chassis.tenants import midnight

_ENTRY: tuple[Any, ...] = (
    AuditEntry.id, AuditEntry.at, AuditEntry.action, AuditEntry.subject_type, AuditEntry.subject_uid,
    AuditEntry.subject_name, AuditEntry.actor_uid, AuditEntry.actor_name, AuditEntry.ip_address, AuditEntry.user_agent,
    AuditEntry.details,
)  # fmt: skip
_EXACT = {
    "action": AuditEntry.action, "subject": AuditEntry.subject_uid, "actor": AuditEntry.actor_uid,
    "ip_address": AuditEntry.ip_address,
}  # fmt: skip
_SEARCHED = (AuditEntry.subject_name, AuditEntry.actor_name, AuditEntry.user_agent)
AUDIT_ORDERINGS: Mapping[str, Any] = {"id": AuditEntry.id, "at": AuditEntry.at}


def audit_entries(session: Session, account_id: int, query: Mapping[str, Any]) -> Select[Any]:
    """The account's entries that the filters leave, newest first. Dates are days of the account's time zone."""
    statement = select(*_ENTRY)
    for name, column in _EXACT.items():
        if name in query:
            statement = statement.where(column == query[name])
    if "date_from" in query or "date_to" in query:
        zone = ZoneInfo(session.execute(select(Account.timezone).where(Account.id == account_id)).scalar_one())
        if "date_from" in query:
            statement = statement.where(AuditEntry.at >= midnight(query["date_from"], zone))
        if "date_to" in query:
            statement = statement.where(AuditEntry.at < midnight(query["date_to"], zone, days_later=1))
    if "search" in query:
        statement = statement.where(or_(*(each.icontains(query["search"], autoescape=True) for each in _SEARCHED)))
    return statement.order_by(*order_by(query.get("ordering"), AUDIT_ORDERINGS, [AuditEntry.id.desc()]))


def entry_out(row: Any) -> dict[str, Any]:
    """An entry as it is answered; `actor` is null when it was nobody who is logged in."""
    known = row.actor_uid is not None or row.actor_name
    return {
        "id": row.id, "at": row.at, "action": row.action,
        "subject": {"type": row.subject_type, "uid": row.subject_uid, "name": row.subject_name},
        "actor": {"uid": row.actor_uid, "name": row.actor_name} if known else None,
        "ip_address": row.ip_address, "user_agent": row.user_agent, "details": row.details,
    }  # fmt: skip
