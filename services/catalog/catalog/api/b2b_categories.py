"""`/api/v1/category`: the tree of categories."""

from __future__ import annotations

from typing import Any

from flask import Response

from catalog import b2b_queries
from catalog.api.b2b_schemas import (
    READERS,
    WRITERS,
    CategoryDescriptionKey,
    CategoryDescriptionOut,
    CategoryDescriptionUpsert,
    CategoryOut,
    CategoryUpsert,
)
from catalog.domain.b2b_models import CategoryDescription
from catalog.domain.languages import normalized
from catalog.usecases.b2b_categories import delete_categories, delete_category, upsert_categories
from catalog.usecases.b2b_texts import delete_texts, upsert_category_descriptions
from chassis import b2b
from chassis.access import roles
from chassis.blueprint import Blueprint
from chassis.current import reading
from chassis.problems import NotFound
from chassis.schemas import Uid

blp = Blueprint(
    "b2b_categories", __name__, tag="B2B categories", description="The tree of categories, in many languages."
)


@blp.post("/api/v1/category")
@blp.doc(operationId="upsertB2BCategories")
@roles(*WRITERS)
@blp.batch(CategoryUpsert)
@blp.response(200, b2b.UIDS)
def upsert(elements: list[dict[str, Any]]) -> Response:
    """Create categories, or move them below others; a parent may come in the same batch."""
    return b2b.respond(upsert_categories, elements=elements)


@blp.get("/api/v1/category")
@blp.doc(operationId="listB2BCategories")
@roles(*READERS)
@blp.query(b2b.OffsetQuery)
@blp.response(200, b2b.page(CategoryOut))
def index(query: dict[str, Any]) -> Response:
    """The account's categories."""
    with reading() as session:
        return b2b.listed(session, b2b_queries.categories(), query, b2b_queries.row_out)


@blp.get("/api/v1/category/<uid>")
@blp.doc(operationId="getB2BCategory")
@roles(*READERS)
@blp.response(200, b2b.one(CategoryOut))
def retrieve(uid: str) -> Response:
    """One category."""
    with reading() as session:
        return b2b.found(b2b_queries.find_category(session, uid))


@blp.delete("/api/v1/category/<uid>")
@blp.doc(operationId="deleteB2BCategory")
@roles(*WRITERS)
@blp.response(200, b2b.DONE)
def delete(uid: str) -> Response:
    """Delete one category, if nothing is in it."""
    return b2b.done("category deleted successfully", delete_category, uid=uid)


@blp.delete("/api/v1/category")
@blp.doc(operationId="deleteB2BCategories")
@roles(*WRITERS)
@blp.batch(Uid)
@blp.response(200, b2b.DONE)
def delete_batch(uids: list[str]) -> Response:
    """Delete categories, if nothing but each other is in them; unknown uids are ignored."""
    return b2b.done("categories deleted successfully", delete_categories, uids=uids)


@blp.get("/api/v1/category/parent/<parent_uid>")
@blp.doc(operationId="listB2BSubcategories")
@roles(*READERS)
@blp.query(b2b.WholeQuery)
@blp.response(200, b2b.page(CategoryOut))
def children(query: dict[str, Any], parent_uid: str) -> Response:
    """The categories right below one."""
    with reading() as session:
        return b2b.listed(session, b2b_queries.categories(parent_uid=parent_uid), query, b2b_queries.row_out)


@blp.post("/api/v1/category/description")
@blp.doc(operationId="describeB2BCategories")
@roles(*WRITERS)
@blp.batch(CategoryDescriptionUpsert, unique=("category_uid", "language"))
@blp.response(200, b2b.DONE)
def describe(elements: list[dict[str, Any]]) -> Response:
    """Describe categories in any number of languages."""
    return b2b.done("category descriptions updated successfully", upsert_category_descriptions, elements=elements)


@blp.get("/api/v1/category/description/<category_uid>")
@blp.doc(operationId="listB2BCategoryDescriptions")
@roles(*READERS)
@blp.response(200, b2b.many(CategoryDescriptionOut))
def descriptions(category_uid: str) -> Response:
    """A category's descriptions."""
    with reading() as session:
        return b2b.answer(b2b_queries.rows_out(session, b2b_queries.category_descriptions(category_uid)))


@blp.delete("/api/v1/category/description/<category_uid>/<language>")
@blp.doc(operationId="deleteB2BCategoryDescription")
@roles(*WRITERS)
@blp.response(200, b2b.DONE)
def delete_description(category_uid: str, language: str) -> Response:
    """Delete one description."""
    key = {"category_uid": category_uid, "language": normalized(language)}
    return b2b.done(
        "category description deleted successfully", delete_texts, model=CategoryDescription, owner="category_uid",
        keys=[key], unknown=NotFound,
    )  # fmt: skip


@blp.delete("/api/v1/category/description")
@blp.doc(operationId="deleteB2BCategoryDescriptions")
@roles(*WRITERS)
@blp.batch(CategoryDescriptionKey, unique=("category_uid", "language"))
@blp.response(200, b2b.DONE)
def delete_descriptions(keys: list[dict[str, Any]]) -> Response:
    """Delete descriptions; unknown ones are ignored."""
    return b2b.done(
        "category descriptions deleted successfully", delete_texts, model=CategoryDescription, owner="category_uid",
        keys=keys,
    )  # fmt: skip
