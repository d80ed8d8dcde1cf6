"""`/api/v1/attribute`: what products are like ("Color"), and the values of that ("Red")."""

from __future__ import annotations

from typing import Any

from flask import Response

from catalog import b2b_queries
from catalog.api.b2b_schemas import (
    READERS,
    WRITERS,
    AttributeDescriptionKey,
    AttributeDescriptionOut,
    AttributeDescriptionUpsert,
    AttributeOut,
    AttributeUpsert,
    AttributeValueKey,
    AttributeValueOut,
    AttributeValueUpsert,
    active_only,
)
from catalog.domain.b2b_models import AttributeDescription
from catalog.domain.languages import normalized
from catalog.usecases.b2b_attributes import (
    delete_attributes,
    delete_value,
    delete_values,
    upsert_attributes,
    upsert_values,
)
from catalog.usecases.b2b_texts import delete_texts, upsert_attribute_descriptions
from chassis import b2b
from chassis.access import roles
from chassis.blueprint import Blueprint
from chassis.current import reading
from chassis.problems import NotFound
from chassis.schemas import Uid

blp = Blueprint(
    "b2b_attributes", __name__, tag="B2B attributes", description="What products are like, and the values of that."
)


@blp.post("/api/v1/attribute")
@blp.doc(operationId="upsertB2BAttributes")
@roles(*WRITERS)
@blp.batch(AttributeUpsert)
@blp.response(200, b2b.UIDS)
def upsert(elements: list[dict[str, Any]]) -> Response:
    """Give products attributes, each with a value."""
    return b2b.respond(upsert_attributes, elements=elements)


@blp.get("/api/v1/attribute")
@blp.doc(operationId="listB2BAttributes")
@roles(*READERS)
@blp.query(b2b.OffsetQuery)
@blp.response(200, b2b.page(AttributeOut))
def index(query: dict[str, Any]) -> Response:
    """The attributes of the account's products; a client sees those of products for sale."""
    with reading() as session:
        return b2b.listed(session, b2b_queries.attributes(active_only=active_only()), query, b2b_queries.row_out)


@blp.get("/api/v1/attribute/<uid>")
@blp.doc(operationId="getB2BAttribute")
@roles(*READERS)
@blp.response(200, b2b.one(AttributeOut))
def retrieve(uid: str) -> Response:
    """One attribute."""
    with reading() as session:
        return b2b.found(b2b_queries.find_attribute(session, uid, active_only=active_only()))


@blp.delete("/api/v1/attribute/<uid>")
@blp.doc(operationId="deleteB2BAttribute")
@roles(*WRITERS)
@blp.response(200, b2b.DONE)
def delete(uid: str) -> Response:
    """Delete one attribute and its descriptions."""
    return b2b.done("attribute deleted successfully", delete_attributes, uids=[uid], unknown=NotFound)


@blp.delete("/api/v1/attribute")
@blp.doc(operationId="deleteB2BAttributes")
@roles(*WRITERS)
@blp.batch(Uid)
@blp.response(200, b2b.DONE)
def delete_batch(uids: list[str]) -> Response:
    """Delete attributes and their descriptions; unknown uids are ignored."""
    return b2b.done("attributes deleted successfully", delete_attributes, uids=uids)


@blp.get("/api/v1/attribute/product/<product_uid>")
@blp.doc(operationId="listB2BAttributesOfProduct")
@roles(*READERS)
@blp.query(b2b.WholeQuery)
@blp.response(200, b2b.page(AttributeOut))
def of_product(query: dict[str, Any], product_uid: str) -> Response:
    """A product's attributes."""
    with reading() as session:
        found = b2b_queries.attributes(active_only=active_only(), product_uid=product_uid)
        return b2b.listed(session, found, query, b2b_queries.row_out)


@blp.post("/api/v1/attribute/description")
@blp.doc(operationId="describeB2BAttributes")
@roles(*WRITERS)
@blp.batch(AttributeDescriptionUpsert, unique=("attribute_uid", "language"))
@blp.response(200, b2b.DONE)
def describe(elements: list[dict[str, Any]]) -> Response:
    """Name attributes in any number of languages."""
    return b2b.done("attribute descriptions updated successfully", upsert_attribute_descriptions, elements=elements)


@blp.get("/api/v1/attribute/description/<attribute_uid>")
@blp.doc(operationId="listB2BAttributeDescriptions")
@roles(*READERS)
@blp.response(200, b2b.many(AttributeDescriptionOut))
def descriptions(attribute_uid: str) -> Response:
    """An attribute's names."""
    with reading() as session:
        found = b2b_queries.attribute_descriptions(attribute_uid, active_only=active_only())
        return b2b.answer(b2b_queries.rows_out(session, found))


@blp.delete("/api/v1/attribute/description/<attribute_uid>/<language>")
@blp.doc(operationId="deleteB2BAttributeDescription")
@roles(*WRITERS)
@blp.response(200, b2b.DONE)
def delete_description(attribute_uid: str, language: str) -> Response:
    """Delete one name of an attribute."""
    key = {"attribute_uid": attribute_uid, "language": normalized(language)}
    return b2b.done(
        "attribute description deleted successfully", delete_texts, model=AttributeDescription, owner="attribute_uid",
        keys=[key], unknown=NotFound,
    )  # fmt: skip


@blp.delete("/api/v1/attribute/description")
@blp.doc(operationId="deleteB2BAttributeDescriptions")
@roles(*WRITERS)
@blp.batch(AttributeDescriptionKey, unique=("attribute_uid", "language"))
@blp.response(200, b2b.DONE)
def delete_descriptions(keys: list[dict[str, Any]]) -> Response:
    """Delete names of attributes; unknown ones are ignored."""
    return b2b.done(
        "attribute descriptions deleted successfully", delete_texts, model=AttributeDescription, owner="attribute_uid",
        keys=keys,
    )  # fmt: skip


@blp.post("/api/v1/attribute/value")
@blp.doc(operationId="upsertB2BAttributeValues")
@roles(*WRITERS)
@blp.batch(AttributeValueUpsert, unique=("uid", "language"))
@blp.response(200, b2b.DONE)
def name_values(elements: list[dict[str, Any]]) -> Response:
    """Name values in any number of languages; a value is made by its first name."""
    return b2b.done("attribute values updated successfully", upsert_values, elements=elements)


@blp.get("/api/v1/attribute/value/<uid>")
@blp.doc(operationId="getB2BAttributeValue")
@roles(*READERS)
@blp.response(200, b2b.many(AttributeValueOut))
def value(uid: str) -> Response:
    """A value's names."""
    with reading() as session:
        return b2b.answer(b2b_queries.rows_out(session, b2b_queries.attribute_values(uid)))


@blp.delete("/api/v1/attribute/value/<uid>/<language>")
@blp.doc(operationId="deleteB2BAttributeValue")
@roles(*WRITERS)
@blp.response(200, b2b.DONE)
def delete_one_value(uid: str, language: str) -> Response:
    """Delete one name of a value; not the last one while an attribute has the value."""
    return b2b.done(
        "attribute value deleted successfully", delete_value, key={"uid": uid, "language": normalized(language)}
    )


@blp.delete("/api/v1/attribute/value")
@blp.doc(operationId="deleteB2BAttributeValues")
@roles(*WRITERS)
@blp.batch(AttributeValueKey, unique=("uid", "language"))
@blp.response(200, b2b.DONE)
def delete_value_batch(keys: list[dict[str, Any]]) -> Response:
    """Delete names of values; unknown ones are ignored."""
    return b2b.done("attribute values deleted successfully", delete_values, keys=keys)
