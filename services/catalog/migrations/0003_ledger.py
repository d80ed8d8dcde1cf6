"""The ledger names more kinds of movements, and refuses to have its rows changed or deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

KINDS = "kind IN ('initial', 'order', 'cancel', 'adjustment')"
MORE_KINDS = "kind IN ('initial', 'order', 'cancel', 'release', 'adjustment', 'import', 'b2b')"
RETURNED = sa.text("kind IN ('cancel', 'release')")


def upgrade() -> None:
    _replace_kinds(MORE_KINDS)
    op.create_index(
        "uq_stock_movements_returned",
        "stock_movements",
        ["order_uid", "product_id"],
        unique=True,
        sqlite_where=RETURNED,
        postgresql_where=RETURNED,
    )
    if _on_sqlite():
        # A batch operation on this table makes it anew, without its triggers: whoever needs one makes them anew too.
        for change in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER stock_movements_no_{change} BEFORE {change.upper()} ON stock_movements "
                "BEGIN SELECT RAISE(ABORT, 'the stock ledger is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the stock ledger is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER stock_movements_append_only BEFORE UPDATE OR DELETE ON stock_movements "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change()"
    )


def downgrade() -> None:
    """Releases become cancellations, imports and settings by other systems adjustments."""
    if _on_sqlite():
        for change in ("update", "delete"):
            op.execute(f"DROP TRIGGER stock_movements_no_{change}")
    else:
        op.execute("DROP TRIGGER stock_movements_append_only ON stock_movements")
        op.execute("DROP FUNCTION refuse_ledger_change()")
    op.drop_index("uq_stock_movements_returned", "stock_movements")
    op.execute("UPDATE stock_movements SET kind = 'cancel' WHERE kind = 'release'")
    op.execute("UPDATE stock_movements SET kind = 'adjustment' WHERE kind IN ('import', 'b2b')")
    _replace_kinds(KINDS)


def _replace_kinds(condition: str) -> None:
    with op.batch_alter_table("stock_movements") as batch_op:
        batch_op.drop_constraint(op.f("ck_stock_movements_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_stock_movements_kind"), condition)


def _on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
