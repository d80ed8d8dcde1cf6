"""A resource with everything the chassis offers to a view."""

from threading import Event

from flask import Flask, request
from sqlalchemy import delete, select

from chassis import schemas, web
from chassis.access import internal, public, roles
from chassis.blueprint import Blueprint
from chassis.conditional import check_if_match, detail
from chassis.current import reading
from chassis.db import insert_for
from chassis.idempotency import idempotent
from chassis.ordering import order_by
from chassis.pagination import ListQuery, listed
from chassis.problems import Invalid, NotFound, Problem
from chassis.service import create_service
from toy import b2b_gadgets
from toy.config import Config
from toy.domain.models import Widget

blp = Blueprint("widgets", __name__)
COLUMNS = (Widget.id, Widget.name, Widget.price)
ORDERINGS = {"name": Widget.name, "price": Widget.price}
refusing = {"on": False}
held_up: list[Event] = []  # the next request waits in its transaction for the first of these


class WidgetCreate(schemas.Schema):
    name = schemas.Text(required=True, max_length=5)
    price = schemas.Amount(required=True, minimum=0)


class WidgetQuery(ListQuery):
    ordering = schemas.Ordering(ORDERINGS)


class WidgetOut(schemas.Schema):
    id = schemas.Integer()
    name = schemas.Text()
    price = schemas.Amount()


def make_widget(session, *, name, price):
    statement = insert_for(session, Widget).values(name=name, price=price).on_conflict_do_nothing().returning(*COLUMNS)
    row = session.execute(statement).first()
    if row is None:
        raise Invalid({"name": ["widget with this name already exists."]})
    if held_up:
        assert held_up.pop().wait(20)
    if refusing["on"]:
        raise Problem("not now", status=409)
    return row._asdict()


def find_widget(session, widget_id):
    row = session.execute(select(*COLUMNS).where(Widget.id == widget_id)).first()
    if row is None:
        raise NotFound
    return row._asdict()


def remove_widget(session, *, widget_id):
    check_if_match(find_widget(session, widget_id))
    session.execute(delete(Widget).where(Widget.id == widget_id))


@blp.post("/api/widgets/")
@idempotent
@blp.body(WidgetCreate)
@blp.response(201, WidgetOut)
def create(body):
    return web.respond(201, make_widget, **body)


@blp.get("/api/widgets/")
@blp.query(WidgetQuery)
@blp.response(200, WidgetOut(many=True))
def index(query):
    with reading() as session:
        statement = select(*COLUMNS).order_by(*order_by(query.get("ordering"), ORDERINGS, [Widget.id]))
        return listed(session, statement, query, lambda row: row._asdict())


@blp.get("/api/widgets/<int:widget_id>/")
@blp.response(200, WidgetOut)
def one(widget_id):
    with reading() as session:
        return detail(find_widget(session, widget_id))


@blp.delete("/api/widgets/<int:widget_id>/")
@roles("ADMIN", "OWNER")
@blp.response(204)
def remove(widget_id):
    return web.respond(204, remove_widget, widget_id=widget_id)


@blp.get("/api/v1/widget")
def b2b():
    raise Invalid({"data": {0: {"uid": ["This field is required."]}}})


@blp.get("/api/widgets/refused/")
@blp.get("/api/v1/widget/refused")
def refused():
    why = request.args["why"]
    raise Problem(why, body={"detail": why, "lines": [{"why": [why], "count": 1}]})


@blp.get("/api/v1/auth/broken")
@public
def broken():
    raise RuntimeError("a secret in a stack")


@blp.get("/internal/widgets/<int:widget_id>/")
@internal("sales")
def served(widget_id):
    with reading() as session:
        return detail(find_widget(session, widget_id))


def create_app(config: Config | None = None) -> Flask:
    return create_service(config or Config.from_env(), blp, b2b_gadgets.blp)
