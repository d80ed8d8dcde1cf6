"""SKUs are compared by the key that catalog compares them by: in one Unicode form, barcodes at 14 digits."""

import sqlalchemy as sa
from alembic import op

from chassis.codes import code_key

revision = "0006"
down_revision = "0005"

PAGE = 1000


def upgrade() -> None:
    connection = op.get_bind()
    page = sa.text(
        "SELECT account_id, product_id, sku, sku_key FROM catalog_products WHERE account_id > :account"
        " OR (account_id = :account AND product_id > :id) ORDER BY account_id, product_id LIMIT :page"
    )
    change = sa.text("UPDATE catalog_products SET sku_key = :key WHERE account_id = :account AND product_id = :id")
    searched = sa.text(
        "UPDATE catalog_products SET search_text = search_text || ' ' || :key"
        " WHERE account_id = :account AND product_id = :id"
    )
    last = {"account": -1, "id": 0}
    while rows := connection.execute(page, {**last, "page": PAGE}).all():
        last = {"account": rows[-1].account_id, "id": rows[-1].product_id}
        keyed = [(row, code_key(row.sku)) for row in rows]
        keys = [
            {"account": row.account_id, "id": row.product_id, "key": key} for row, key in keyed if key != row.sku_key
        ]
        barcodes = [
            {"account": row.account_id, "id": row.product_id, "key": key}
            for row, key in keyed
            if key.isdigit() and key != row.sku
        ]
        if keys:
            connection.execute(change, keys)
        if barcodes:
            connection.execute(searched, barcodes)


def downgrade() -> None:
    """The keys stay: the version before finds most products by them, and republishing writes its own."""
