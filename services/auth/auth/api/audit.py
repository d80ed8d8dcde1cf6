"""`/api/auth/audit/`: the account's security events."""

from __future__ import annotations

from typing import Any

from flask import Response

from auth.api.audit_schemas import AuditEntryOut, AuditQuery
from auth.audit_queries import audit_entries, entry_out
from auth.domain.plans import MANAGERS
from chassis.access import current_user, roles
from chassis.blueprint import Blueprint
from chassis.current import reading
from chassis.pagination import listed

blp = Blueprint(
    "audit", __name__, tag="Audit trail", url_prefix="/api/auth/audit", description="What happened, for managers."
)


@blp.get("/")
@blp.doc(operationId="listAuditEntries")
@roles(*MANAGERS)
@blp.query(AuditQuery)
@blp.response(200, AuditEntryOut(many=True))
def index(query: dict[str, Any]) -> Response:
    """What happened in the account, newest first; with the first account's also what belongs to none."""
    with reading() as session:
        statement = audit_entries(session, current_user().account_id, query)
        return listed(session, statement, query, entry_out)
