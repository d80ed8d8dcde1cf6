"""Keep the projection of accounts' companies: the newest name that auth told, in whatever order it is heard."""

from __future__ import annotations

from sqlalchemy.orm import Session

from chassis.db import insert_for
from sales.domain.models import Company


def remember_company(session: Session, *, account_id: int, name: str, version: int) -> None:
    """The name of this account's company, as of the account's `version`."""
    row = insert_for(session, Company).values(account_id=account_id, name=name, version=version)
    session.execute(
        row.on_conflict_do_update(
            index_elements=[Company.account_id],
            set_={"name": row.excluded.name, "version": row.excluded.version},
            where=Company.version < row.excluded.version,
        )
    )
