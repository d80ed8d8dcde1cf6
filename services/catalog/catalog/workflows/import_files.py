"""Storing a product file in short transactions, so that tills and other accounts never wait for all of it.

Every line of the file is judged before the first transaction begins; each transaction then stores some of them whole. An
import that was interrupted has stored the lines before that point: the same file again stores the rest (ADR 0024).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catalog.domain.actors import Actor
from catalog.domain.errors import ChangedMeanwhile
from catalog.domain.product_file import Line
from catalog.usecases.import_plans import ImportPlan, plan_import
from catalog.usecases.imports import import_products, refresh_statistics
from chassis.db import Database

LINES_A_TRANSACTION = 500
_MANY = 1000
_TRIES = 3


def import_file(database: Database, *, plan: ImportPlan, actor: Actor) -> None:
    """Store what the plan says; the lines' verdicts then say what was done.

    A line that can't be stored any more, because its product or supplier was changed since it was judged, becomes an error.
    ChangedMeanwhile when products keep changing; what was stored until then stays.
    """
    for part in _parts(plan):
        _store(database, part, actor)
        database.give_way()
    if len(plan.new) >= _MANY:
        with database.transaction() as session:
            refresh_statistics(session)


def _store(database: Database, part: ImportPlan, actor: Actor) -> None:
    lines: Sequence[Line] = [*part.existing.values(), *part.new]
    for _ in range(_TRIES):
        try:
            with database.transaction() as session:
                import_products(session, plan=part, actor=actor)
            return
        except ChangedMeanwhile:
            with database.read() as session:
                part = plan_import(session, lines)
    raise ChangedMeanwhile


def _parts(plan: ImportPlan) -> Iterator[ImportPlan]:
    """Yield the plan in parts of one transaction each, products in the order of their ids, new ones last."""
    ids = sorted(plan.existing)
    for start in range(0, len(ids), LINES_A_TRANSACTION):
        yield ImportPlan(existing={id_: plan.existing[id_] for id_ in ids[start : start + LINES_A_TRANSACTION]})
    for start in range(0, len(plan.new), LINES_A_TRANSACTION):
        yield ImportPlan(new=plan.new[start : start + LINES_A_TRANSACTION])
