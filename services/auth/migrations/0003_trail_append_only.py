"""The audit trail refuses to have its entries changed, or deleted while they are young; spent tokens by session."""

from alembic import op

revision = "0003"
down_revision = "0002"

REFUSAL = "the audit trail is append-only"


def upgrade() -> None:
    op.create_index("ix_spent_refresh_tokens_session_id", "spent_refresh_tokens", ["session_id"])
    if _on_sqlite():
        # A batch operation on this table makes it anew, without its triggers: whoever needs one makes them anew too.
        op.execute(
            "CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )
        op.execute(
            "CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries "
            f"WHEN OLD.at > datetime('now', '-30 days') BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"
    )
    op.execute(
        "CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries "
        "FOR EACH ROW WHEN (OLD.at > now() - interval '30 days') EXECUTE FUNCTION refuse_audit_change()"
    )


def downgrade() -> None:
    on = "" if _on_sqlite() else " ON audit_entries"
    for change in ("update", "delete"):
        op.execute(f"DROP TRIGGER audit_entries_no_{change}{on}")
    if not _on_sqlite():
        op.execute("DROP FUNCTION refuse_audit_change()")
    op.drop_index("ix_spent_refresh_tokens_session_id", "spent_refresh_tokens")


def _on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
