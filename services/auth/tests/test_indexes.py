"""Indexes that lists and sweeps rely on: every foreign key has one, and partial ones stay partial."""

from chassis.testing_migrations import partial_indexes, test_every_foreign_key_has_an_index

__all__ = ["test_every_foreign_key_has_an_index"]

PARTIAL = {
    "ix_accounts_is_first",
    "ix_idempotency_keys_about",
    "ix_sessions_account_id_client_id",
    "ix_sessions_account_id_user_id",
    "ix_sessions_revocation_expires_at",
    "ix_sessions_user_id_slot",
    "ix_users_account_id_id",
}


def test_partial_indexes_stay_partial(database):
    assert partial_indexes(database) == PARTIAL
