"""Storing a product file in short transactions, so that tills and other accounts never wait for all of it.

Every line of the file is judged before the first transaction begins; each transaction then stores some of them whole. An
import that was interrupted has stored the lines before that point: the same file again stores the rest (ADR 0024).
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from catalog.domain.actors import Actor
from catalog.domain.errors import ChangedMeanwhile
from catalog.domain.product_file import Line
from catalog.usecases.import_plans import ImportPlan, plan_import
from catalog.usecases.imports import import_products, refresh_statistics
from chassis.db import Database

LINES_A_TRANSACTION = 500
"""The most; on a slow or busy machine fewer, until a transaction takes no longer than `SECONDS`."""
FEWEST_LINES = 50
SECONDS = 0.15
_MANY = 1000
_TRIES = 3


def import_file(database: Database, *, plan: ImportPlan, actor: Actor) -> None:
    """Store what the plan says, products in the order of their ids, new ones last; the lines' verdicts then say what was done.

    A line that can't be stored any more, because its product or supplier was changed since it was judged, becomes an error.
    ChangedMeanwhile when products keep changing; what was stored until then stays.
    """
    ids, new, lines = sorted(plan.existing), plan.new, LINES_A_TRANSACTION
    while ids or new:
        part = ImportPlan(existing={id_: plan.existing[id_] for id_ in ids[:lines]})
        if not ids:
            part, new = ImportPlan(new=new[:lines]), new[lines:]
        ids = ids[lines:]
        began = perf_counter()
        _store(database, part, actor)
        fitting = int(lines * SECONDS / (perf_counter() - began))
        lines = min(LINES_A_TRANSACTION, max(FEWEST_LINES, fitting))
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
