"""`/api/v1/product`: the products of the till, for other systems and wholesale clients."""

from __future__ import annotations

from typing import Any

from flask import Response

from catalog import b2b_queries
from catalog.api.actors import current_actor
from catalog.api.b2b_schemas import (
    READERS,
    WRITERS,
    B2bProductOut,
    ProductActive,
    ProductDescriptionKey,
    ProductDescriptionOut,
    ProductDescriptionUpsert,
    ProductStock,
    ProductUpsert,
    active_only,
)
from catalog.domain.b2b_models import ProductDescription
from catalog.domain.languages import normalized
from catalog.usecases.b2b_products import change_products, delete_products, upsert_products
from catalog.usecases.b2b_texts import delete_texts, upsert_product_descriptions
from chassis import b2b
from chassis.access import roles
from chassis.blueprint import Blueprint
from chassis.current import reading
from chassis.problems import NotFound
from chassis.schemas import Uid

blp = Blueprint(
    "b2b_products", __name__, tag="B2B products", description="The products of the till as other systems see them."
)


@blp.post("/api/v1/product")
@blp.doc(operationId="upsertB2BProducts")
@roles(*WRITERS)
@blp.batch(ProductUpsert)
@blp.response(200, b2b.UIDS)
def upsert(elements: list[dict[str, Any]]) -> Response:
    """Create or change products; a new one is sold under its uid as SKU, and named by its first description."""
    return b2b.respond(upsert_products, elements=elements, actor=current_actor())


@blp.get("/api/v1/product")
@blp.doc(operationId="listB2BProducts")
@roles(*READERS)
@blp.query(b2b.OffsetQuery)
@blp.response(200, b2b.page(B2bProductOut))
def index(query: dict[str, Any]) -> Response:
    """The account's products; a client sees those for sale."""
    with reading() as session:
        return b2b.listed(session, b2b_queries.products(active_only=active_only()), query, b2b_queries.row_out)


@blp.get("/api/v1/product/<uid>")
@blp.doc(operationId="getB2BProduct")
@roles(*READERS)
@blp.response(200, b2b.one(B2bProductOut))
def retrieve(uid: str) -> Response:
    """One product."""
    with reading() as session:
        return b2b.found(b2b_queries.find_product(session, uid, active_only=active_only()))


@blp.delete("/api/v1/product/<uid>")
@blp.doc(operationId="deleteB2BProduct")
@roles(*WRITERS)
@blp.response(200, b2b.DONE)
def delete(uid: str) -> Response:
    """Delete one product."""
    return b2b.done(
        "product deleted successfully", delete_products, uids=[uid], actor=current_actor(), unknown=NotFound
    )


@blp.delete("/api/v1/product")
@blp.doc(operationId="deleteB2BProducts")
@roles(*WRITERS)
@blp.batch(Uid)
@blp.response(200, b2b.DONE)
def delete_batch(uids: list[str]) -> Response:
    """Delete products; unknown uids are ignored."""
    return b2b.done("products deleted successfully", delete_products, uids=uids, actor=current_actor())


@blp.get("/api/v1/product/category/<category_uid>")
@blp.doc(operationId="listB2BProductsOfCategory")
@roles(*READERS)
@blp.query(b2b.OffsetQuery)
@blp.response(200, b2b.page(B2bProductOut))
def of_category(query: dict[str, Any], category_uid: str) -> Response:
    """The products of one category, not of those below it."""
    with reading() as session:
        found = b2b_queries.products(active_only=active_only(), category_uid=category_uid)
        return b2b.listed(session, found, query, b2b_queries.row_out)


@blp.post("/api/v1/product/stock")
@blp.doc(operationId="setB2BStock")
@roles(*WRITERS)
@blp.batch(ProductStock)
@blp.response(200, b2b.DONE)
def set_stock(elements: list[dict[str, Any]]) -> Response:
    """Set the stock of products; each change is a movement in the stock ledger."""
    return b2b.done("product stock updated successfully", change_products, elements=elements, actor=current_actor())


@blp.post("/api/v1/product/active")
@blp.doc(operationId="setB2BProductsActive")
@roles(*WRITERS)
@blp.batch(ProductActive)
@blp.response(200, b2b.DONE)
def set_active(elements: list[dict[str, Any]]) -> Response:
    """Say which products are for sale."""
    return b2b.done(
        "product active status updated successfully", change_products, elements=elements, actor=current_actor()
    )


@blp.post("/api/v1/product/description")
@blp.doc(operationId="describeB2BProducts")
@roles(*WRITERS)
@blp.batch(ProductDescriptionUpsert, unique=("product_uid", "language"))
@blp.response(200, b2b.DONE)
def describe(elements: list[dict[str, Any]]) -> Response:
    """Describe products in any number of languages."""
    return b2b.done("product descriptions updated successfully", upsert_product_descriptions, elements=elements)


@blp.get("/api/v1/product/description/<product_uid>")
@blp.doc(operationId="listB2BProductDescriptions")
@roles(*READERS)
@blp.response(200, b2b.many(ProductDescriptionOut))
def descriptions(product_uid: str) -> Response:
    """A product's descriptions."""
    with reading() as session:
        found = b2b_queries.product_descriptions(product_uid, active_only=active_only())
        return b2b.answer(b2b_queries.rows_out(session, found))


@blp.delete("/api/v1/product/description/<product_uid>/<language>")
@blp.doc(operationId="deleteB2BProductDescription")
@roles(*WRITERS)
@blp.response(200, b2b.DONE)
def delete_description(product_uid: str, language: str) -> Response:
    """Delete one description."""
    key = {"product_uid": product_uid, "language": normalized(language)}
    return b2b.done(
        "product description deleted successfully", delete_texts, model=ProductDescription, owner="product_uid", keys=[key],
        unknown=NotFound,
    )  # fmt: skip


@blp.delete("/api/v1/product/description")
@blp.doc(operationId="deleteB2BProductDescriptions")
@roles(*WRITERS)
@blp.batch(ProductDescriptionKey, unique=("product_uid", "language"))
@blp.response(200, b2b.DONE)
def delete_descriptions(keys: list[dict[str, Any]]) -> Response:
    """Delete descriptions; unknown ones are ignored."""
    return b2b.done(
        "product descriptions deleted successfully",
        delete_texts,
        model=ProductDescription,
        owner="product_uid",
        keys=keys,
    )
