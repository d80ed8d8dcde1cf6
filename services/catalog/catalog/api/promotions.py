"""`/api/promotions/`: employees read them, ADMIN and OWNER make them."""

from __future__ import annotations

from typing import Any

from flask import Response

from catalog import queries
from catalog.api.actors import current_actor
from catalog.api.schemas import PromotionCreate, PromotionOut, PromotionPatch, PromotionQuery
from catalog.usecases.promotions import create_promotion, delete_promotion, update_promotion
from chassis import conditional, idempotency, pagination, web
from chassis.access import roles
from chassis.blueprint import Blueprint
from chassis.current import reading
from chassis.problems import NotFound

blp = Blueprint("promotions", __name__, tag="Promotions", description="Percentages off a product between two dates.")


@blp.get("/api/promotions/")
@blp.doc(operationId="listPromotions")
@blp.query(PromotionQuery)
@blp.response(200, PromotionOut(many=True))
def list_promotions(query: dict[str, Any]) -> Response:
    """The account's promotions; `product` shows one product's, `running=true` those that count today."""
    with reading() as session:
        return pagination.listed(session, queries.promotions(session, query), query, queries.promotion_out)


@blp.post("/api/promotions/")
@blp.doc(operationId="createPromotion")
@roles("ADMIN", "OWNER")
@idempotency.idempotent
@blp.body(PromotionCreate)
@blp.response(201, PromotionOut)
def create(body: dict[str, Any]) -> Response:
    """A new promotion."""
    return web.respond(201, create_promotion, fields=body, actor=current_actor())


@blp.get("/api/promotions/<int:promotion_id>/")
@blp.doc(operationId="getPromotion")
@blp.response(200, PromotionOut)
def retrieve(promotion_id: int) -> Response:
    """One promotion."""
    with reading() as session:
        promotion = queries.find_promotion(session, promotion_id)
    if promotion is None:
        raise NotFound
    return conditional.detail(queries.promotion_out(promotion))


@blp.route("/api/promotions/<int:promotion_id>/", methods=["PUT", "PATCH"])
@blp.doc(operationId="updatePromotion")
@roles("ADMIN", "OWNER")
@blp.body(PromotionPatch, partial=True)
@blp.response(200, PromotionOut)
def change(body: dict[str, Any], promotion_id: int) -> Response:
    """Change a promotion: the given fields, by both methods."""
    return web.respond(
        200,
        update_promotion,
        promotion_id=promotion_id,
        changes=body,
        actor=current_actor(),
        precondition=conditional.check_if_match,
    )


@blp.delete("/api/promotions/<int:promotion_id>/")
@blp.doc(operationId="deletePromotion")
@roles("ADMIN", "OWNER")
@blp.response(204)
def delete(promotion_id: int) -> Response:
    """Delete a promotion; the product's price is the normal one again."""
    return web.respond(
        204, delete_promotion, promotion_id=promotion_id, actor=current_actor(), precondition=conditional.check_if_match
    )
