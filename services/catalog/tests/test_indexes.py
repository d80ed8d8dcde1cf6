"""Indexes that lists and sweeps rely on: every foreign key has one, and partial ones stay partial."""

from chassis.testing_migrations import partial_indexes, test_every_foreign_key_has_an_index

__all__ = ["test_every_foreign_key_has_an_index"]

PARTIAL = {
    "ix_idempotency_keys_about",
    "ix_order_holds_created_at",
    "ix_products_without_key",
    "ix_promotions_account_id_product_id_start_date",
    "uq_products_account_id_sku",
    "uq_products_account_id_sku_key",
    "uq_stock_movements_returned",
}


def test_partial_indexes_stay_partial(database):
    assert partial_indexes(database) == PARTIAL
