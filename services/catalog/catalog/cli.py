"""Catalog's own commands: `chassis catalog reconcile` and `republish`."""

from __future__ import annotations

from typing import Any

import click
from sqlalchemy import select

from catalog.code_queries import sku_twins
from catalog.domain.b2b_models import Attribute, AttributeValue, Category
from catalog.domain.events import product_fact, promotion_fact
from catalog.domain.models import Product, Promotion
from catalog.ledger import stock_differences
from catalog.queries import PRODUCT, PROMOTION
from chassis.cli import Service
from chassis.db import ALL_ACCOUNTS
from chassis.messaging.outbox import Fact
from chassis.messaging.republish import Aggregate, republish_command
from chassis.text_forms import in_other_form


def _product(row: Any) -> tuple[str, Fact]:
    return "ProductUpdated" if row.deleted_at is None else "ProductDeleted", product_fact(row)


def _promotion(row: Any) -> tuple[str, Fact]:
    return "PromotionChanged", promotion_fact(row, product_uid=row.product_uid)


_PROMOTIONS = select(*PROMOTION, Product.uid.label("product_uid")).join(Product, Product.id == Promotion.product_id)
STATE = (
    Aggregate("products", Product.id, select(*PRODUCT, Product.deleted_at), _product),
    Aggregate("promotions", Promotion.id, _PROMOTIONS, _promotion),
)


@click.command()
@click.pass_obj
def reconcile(service: Service) -> None:
    """Compare every product's stock, of all accounts, with its ledger; exit 1 and name those that differ.

    Name the products, too, whose SKU means the same as another one's: twins from the time before SKUs had keys.
    Name uids in another Unicode form than the one they are looked up in.
    """
    with service.database().read(ALL_ACCOUNTS) as session:
        differences = stock_differences(session)
        twins = sku_twins(session)
        other_forms = in_other_form(session, Category.uid, Attribute.uid, AttributeValue.uid)
    for twin in twins:
        click.echo(
            f"account {twin.account_id}, product {twin.id}: SKU {twin.sku} means the same as {twin.other_sku}"
            f" of product {twin.other_id}"
        )
    for sentence in other_forms:
        click.echo(sentence)
    for account_id, product_id, stock, ledger in differences:
        click.echo(f"account {account_id}, product {product_id}: stock {stock}, ledger {ledger}")
    if differences:
        raise SystemExit(1)
    click.echo("every product's stock equals its ledger")


COMMANDS = [reconcile, republish_command(*STATE)]
