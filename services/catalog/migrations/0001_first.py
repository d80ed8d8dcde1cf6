"""The first tables: suppliers, products, the stock ledger, cart and order holds, and the chassis' own."""

import sqlalchemy as sa
from alembic import op

import chassis.columns
from chassis.tables import create_tables_1, drop_tables_1

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_tables_1()
    op.create_table(
        "order_holds",
        sa.Column("order_uid", sa.String(length=36), nullable=False),
        sa.Column("user_uid", sa.String(length=36), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("created_at", chassis.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("settled_at", chassis.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('held', 'confirmed', 'released')", name=op.f("ck_order_holds_state")),
        sa.PrimaryKeyConstraint("order_uid", name=op.f("pk_order_holds")),
    )
    with op.batch_alter_table("order_holds", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_order_holds_created_at"),
            ["created_at"],
            unique=False,
            sqlite_where=sa.text("state = 'held'"),
            postgresql_where=sa.text("state = 'held'"),
        )

    op.create_table(
        "suppliers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("phone_number", sa.String(length=20), nullable=True),
        sa.Column("contact_person", sa.String(length=200), nullable=True),
        sa.Column("rfc", sa.String(length=13), nullable=True),
        sa.Column("tax_address", sa.String(length=500), nullable=True),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("created_at", chassis.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", chassis.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", chassis.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppliers")),
        sa.UniqueConstraint("uid", name=op.f("uq_suppliers_uid")),
    )
    with op.batch_alter_table("suppliers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_suppliers_account_id_id"), ["account_id", "id"], unique=False)

    op.create_table(
        "products",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sku", sa.String(length=64), nullable=False),
        sa.Column("price", chassis.columns.Money(), nullable=False),
        sa.Column("tax_rate", sa.String(length=5), nullable=False),
        sa.Column("current_stock", sa.BigInteger(), nullable=False),
        sa.Column("low_stock_threshold", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", chassis.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", chassis.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", chassis.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("current_stock >= 0", name=op.f("ck_products_current_stock")),
        sa.CheckConstraint("low_stock_threshold >= 0", name=op.f("ck_products_low_stock_threshold")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_products_price")),
        sa.ForeignKeyConstraint(["supplier_id"], ["suppliers.id"], name=op.f("fk_products_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
        sa.UniqueConstraint("uid", name=op.f("uq_products_uid")),
    )
    with op.batch_alter_table("products", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_products_account_id_id"), ["account_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_products_supplier_id"), ["supplier_id"], unique=False)
        batch_op.create_index(
            "uq_products_account_id_sku",
            ["account_id", "sku"],
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    op.create_table(
        "cart_holds",
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_uid", sa.String(length=36), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("held_since", chassis.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("lapses_at", chassis.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_cart_holds_quantity")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_cart_holds_product_id")),
        sa.PrimaryKeyConstraint("product_id", "user_uid", name=op.f("pk_cart_holds")),
    )
    with op.batch_alter_table("cart_holds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cart_holds_lapses_at"), ["lapses_at"], unique=False)

    op.create_table(
        "stock_movements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("delta", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("order_uid", sa.String(length=36), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("actor_uid", sa.String(length=36), nullable=True),
        sa.Column("created_at", chassis.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('initial', 'order', 'cancel', 'adjustment')", name=op.f("ck_stock_movements_kind")
        ),
        sa.CheckConstraint("balance >= 0", name=op.f("ck_stock_movements_balance")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_stock_movements_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_movements")),
    )
    with op.batch_alter_table("stock_movements", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_stock_movements_account_id_product_id_id"), ["account_id", "product_id", "id"], unique=False
        )
        batch_op.create_index(
            "uq_stock_movements_order_uid_product_id_kind", ["order_uid", "product_id", "kind"], unique=True
        )


def downgrade() -> None:
    with op.batch_alter_table("stock_movements", schema=None) as batch_op:
        batch_op.drop_index("uq_stock_movements_order_uid_product_id_kind")
        batch_op.drop_index(batch_op.f("ix_stock_movements_account_id_product_id_id"))

    op.drop_table("stock_movements")
    with op.batch_alter_table("cart_holds", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cart_holds_lapses_at"))

    op.drop_table("cart_holds")
    with op.batch_alter_table("products", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_products_account_id_sku",
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_products_supplier_id"))
        batch_op.drop_index(batch_op.f("ix_products_account_id_id"))

    op.drop_table("products")
    with op.batch_alter_table("suppliers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_suppliers_account_id_id"))

    op.drop_table("suppliers")
    with op.batch_alter_table("order_holds", schema=None) as batch_op:
        batch_op.drop_index(
            batch_op.f("ix_order_holds_created_at"),
            sqlite_where=sa.text("state = 'held'"),
            postgresql_where=sa.text("state = 'held'"),
        )

    op.drop_table("order_holds")
    drop_tables_1()
