"""One key per SKU: what `ko-1` and `KO-1`, or a UPC and the same EAN-13, have in common.

Of living twins only the oldest gets the key; the others keep their SKUs and stay as they are.
"""

import sqlalchemy as sa
from alembic import op

from chassis.codes import code_key

revision = "0008"
down_revision = "0007"

LIVING = sa.text("deleted_at IS NULL")
WITHOUT_KEY = sa.text("deleted_at IS NULL AND sku_key IS NULL")
PAGE = 1000


def upgrade() -> None:
    op.add_column("products", sa.Column("sku_key", sa.Text(), nullable=True))
    _fill()
    op.create_index(
        "uq_products_account_id_sku_key",
        "products",
        ["account_id", "sku_key"],
        unique=True,
        sqlite_where=LIVING,
        postgresql_where=LIVING,
    )
    op.create_index(
        "ix_products_without_key", "products", ["id"], sqlite_where=WITHOUT_KEY, postgresql_where=WITHOUT_KEY
    )


def downgrade() -> None:
    op.drop_index("ix_products_without_key", "products")
    op.drop_index("uq_products_account_id_sku_key", "products")
    op.drop_column("products", "sku_key")


def _fill() -> None:
    connection = op.get_bind()
    page = sa.text(
        "SELECT account_id, id, sku FROM products WHERE deleted_at IS NULL"
        " AND (account_id > :account OR (account_id = :account AND id > :id)) ORDER BY account_id, id LIMIT :page"
    )
    key = sa.text("UPDATE products SET sku_key = :key WHERE id = :id")
    searched = sa.text("UPDATE products SET search_text = search_text || ' ' || :key WHERE id = :id")
    account, id_, taken = -1, 0, set()
    while rows := connection.execute(page, {"account": account, "id": id_, "page": PAGE}).all():
        keys, barcodes = [], []
        for row in rows:
            if row.account_id != account:
                account, taken = row.account_id, set()
            id_, found = row.id, code_key(row.sku)
            if found.isdigit() and found != row.sku:
                barcodes.append({"id": id_, "key": found})
            if found not in taken:
                taken.add(found)
                keys.append({"id": id_, "key": found})
        if keys:
            connection.execute(key, keys)
        if barcodes:
            connection.execute(searched, barcodes)
