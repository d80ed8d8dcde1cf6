"""Indexes that lists and sweeps rely on: every foreign key has one, and partial ones stay partial."""

from chassis.testing_migrations import partial_indexes, test_every_foreign_key_has_an_index

__all__ = ["test_every_foreign_key_has_an_index"]

PARTIAL = {
    "ix_idempotency_keys_about",
    "ix_paid_orders_account_id_customer_id_paid_at",
}


def test_partial_indexes_stay_partial(database):
    assert partial_indexes(database) == PARTIAL
