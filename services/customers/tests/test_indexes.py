"""Indexes that lists and sweeps rely on: every foreign key has one, and partial ones stay partial."""

from chassis.testing_migrations import partial_indexes, test_every_foreign_key_has_an_index

__all__ = ["test_every_foreign_key_has_an_index"]

PARTIAL = {
    "ix_chatbot_users_unkeyed",
    "ix_clients_account_id_email",
    "ix_clients_account_id_id",
    "ix_clients_phone",
    "ix_clients_phone_key",
    "ix_clients_unkeyed",
    "ix_customers_account_id_email",
    "ix_customers_account_id_id",
    "ix_customers_account_id_phone_key",
    "ix_customers_account_id_phone_number",
    "ix_customers_unkeyed",
    "ix_idempotency_keys_about",
    "ix_payment_holds_held",
    "uq_points_transactions_earned_by_order",
}


def test_partial_indexes_stay_partial(database):
    assert partial_indexes(database) == PARTIAL
