"""The ledgers of points and credit refuse to have their lines changed or deleted."""

from alembic import op

revision = "0006"
down_revision = "0005"

LEDGERS = ("points_transactions", "credit_transactions")
REFUSAL = "this ledger is append-only"


def upgrade() -> None:
    if _on_sqlite():
        # A batch operation on these tables makes them anew, without their triggers: whoever needs one makes them anew too.
        for ledger in LEDGERS:
            for change in ("update", "delete"):
                op.execute(
                    f"CREATE TRIGGER {ledger}_no_{change} BEFORE {change.upper()} ON {ledger} "
                    f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
    )
    for ledger in LEDGERS:
        op.execute(
            f"CREATE TRIGGER {ledger}_append_only BEFORE UPDATE OR DELETE ON {ledger} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change()"
        )


def downgrade() -> None:
    if _on_sqlite():
        for ledger in LEDGERS:
            for change in ("update", "delete"):
                op.execute(f"DROP TRIGGER {ledger}_no_{change}")
        return
    for ledger in LEDGERS:
        op.execute(f"DROP TRIGGER {ledger}_append_only ON {ledger}")
    op.execute("DROP FUNCTION refuse_ledger_change()")


def _on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
