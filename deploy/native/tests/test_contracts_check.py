"""What the contracts check catches, kind by kind, and what it lets pass."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from native.contracts.check import breaks
from native.contracts.tree import Tree

EVENT = {
    "$id": "urn:mostrador:events:sales:OrderPaid:1",
    "type": "object",
    "properties": {
        "order_id": {"type": "integer", "minimum": 1},
        "customer_id": {"type": ["integer", "null"]},
        "method": {"enum": ["CASH", "CARD"]},
        "total": {"type": "string", "pattern": "^\\d+$", "maxLength": 9},
        "items": {
            "type": "array",
            "items": {"type": "object", "properties": {"sku": {"type": "string"}}, "required": ["sku"]},
        },
    },
    "required": ["order_id", "customer_id", "method", "total", "items"],
    "additionalProperties": False,
}
CALL = {
    "callers": ["sales", "analytics"],
    "method": "POST",
    "path": "/internal/holds/{uid}/",
    "examples": [
        {"name": "a", "request": {"uid": "x", "lines": [{"id": 1}]}, "status": 200, "response": {"price": "1.00"}},
        {"name": "b", "request": {"uid": "x", "lines": []}, "status": 409, "response": {"detail": "no"}},
    ],
}
ERROR = {"type": "object", "properties": {"detail": {"type": "string"}}, "required": ["detail"]}
API = {
    "openapi": "3.0.3",
    "security": [{"bearer": []}],
    "components": {
        "schemas": {
            "Order": {
                "type": "object",
                "properties": {
                    "id": {"type": "integer"},
                    "note": {"type": "string", "nullable": True},
                    "part_of": {"$ref": "#/components/schemas/Order"},
                },
                "required": ["id"],
            },
            "OrderCreate": {
                "type": "object",
                "properties": {"quantity": {"type": "number"}, "note": {"type": "string", "maxLength": 100}},
                "required": ["quantity"],
            },
        },
    },
    "paths": {
        "/api/orders/": {
            "get": {
                "security": [],
                "parameters": [{"in": "query", "name": "page", "schema": {"type": "integer"}}],
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}}
                },
            },
            "post": {
                "x-roles": ["ADMIN", "CLIENT"],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/OrderCreate"}}},
                },
                "responses": {
                    "201": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}},
                    "404": {"description": "no such product"},
                    "400": {"content": {"application/json": {"schema": {"oneOf": [ERROR, {"type": "array"}]}}}},
                },
            },
        },
        "/api/orders/{id}/": {
            "delete": {
                "parameters": [{"in": "path", "name": "id", "required": True, "schema": {"type": "integer"}}],
                "responses": {"204": {"description": "gone"}},
            },
        },
    },
}
REVISION = '"""first"""\nrevision = "0001"\ndef upgrade():\n    op.create_table("orders")\n'


def tree() -> Tree:
    return copy.deepcopy(
        Tree({"sales/OrderPaid": EVENT}, {"catalog/hold": CALL}, {"sales": API}, {"sales/0001_first.py": REVISION})
    )


def event(tree: Tree) -> Any:
    return tree.events["sales/OrderPaid"]


def call(tree: Tree) -> Any:
    return tree.internal["catalog/hold"]


def path(tree: Tree, name: str = "/api/orders/") -> Any:
    return tree.openapi["sales"]["paths"][name]


def schema(tree: Tree, name: str) -> Any:
    return tree.openapi["sales"]["components"]["schemas"][name]


def kinds(tree: Tree) -> Any:
    """What a refusal may look like."""
    return path(tree)["post"]["responses"]["400"]["content"]["application/json"]["schema"]["oneOf"]


def default_instead(tree: Tree, status: str, answer: Any) -> None:
    """Describe a status of POST /api/orders/ by the operation's `default`."""
    del path(tree)["post"]["responses"][status]
    path(tree)["post"]["responses"]["default"] = answer


def put(into: Any, **what: Any) -> None:
    into.update(what)


def revision(tree: Tree, body: str, docstring: str = "second") -> None:
    tree.revisions["sales/0002_second.py"] = (
        f'"""{docstring}"""\ndef upgrade():\n    {body}\ndef downgrade():\n    op.drop_table("x")\n'
    )


def also(type_: str) -> Callable[[Tree], None]:
    """An optional field more in the event."""
    return lambda tree: put(event(tree)["properties"], tip={"type": type_})


BREAKING: dict[str, tuple[Callable[[Tree], object], str]] = {
    # events: whoever reads or tells them in the old form
    "removed field": (lambda t: event(t)["properties"].pop("total"), "event sales/OrderPaid: total: removed field"),
    "removed field of a line": (
        lambda t: event(t)["properties"]["items"]["items"]["properties"].pop("sku"),
        "event sales/OrderPaid: items[].sku: removed field",
    ),
    "narrowed type": (
        lambda t: put(event(t)["properties"]["customer_id"], type="integer"),
        "event sales/OrderPaid: customer_id: narrowed type: integer or null became integer",
    ),
    "widened type": (
        lambda t: put(event(t)["properties"]["order_id"], type=["integer", "null"]),
        "event sales/OrderPaid: order_id: widened type: integer became integer or null",
    ),
    "changed type": (
        lambda t: put(event(t)["properties"], order_id={"type": "string"}),
        "event sales/OrderPaid: order_id: changed type: integer became string",
    ),
    "narrowed enum": (
        lambda t: put(event(t)["properties"]["method"], enum=["CASH"]),
        'event sales/OrderPaid: method: narrowed enum: "CARD" is no longer allowed',
    ),
    "widened enum": (
        lambda t: put(event(t)["properties"]["method"], enum=["CASH", "CARD", "POINTS"]),
        'event sales/OrderPaid: method: widened enum: "POINTS" is new',
    ),
    "narrowed bound": (
        lambda t: put(event(t)["properties"]["total"], maxLength=5),
        "event sales/OrderPaid: total: narrowed maxLength: 9 became 5",
    ),
    "widened bound": (
        lambda t: put(event(t)["properties"]["order_id"], minimum=0),
        "event sales/OrderPaid: order_id: widened minimum: 1 became 0",
    ),
    "changed pattern": (
        lambda t: put(event(t)["properties"]["total"], pattern="^\\d$"),
        "event sales/OrderPaid: total: changed pattern: ^\\d+$ became ^\\d$",
    ),
    "new required field": (
        lambda t: (also("string")(t), event(t)["required"].append("tip")),
        "event sales/OrderPaid: tip: new required field",
    ),
    "no longer required": (
        lambda t: event(t)["required"].remove("total"),
        "event sales/OrderPaid: total: may be missing from now on",
    ),
    "renamed event": (
        lambda t: put(t.events, **{"sales/OrderSettled": t.events.pop("sales/OrderPaid")}),
        "event sales/OrderPaid: renamed to sales/OrderSettled",
    ),
    "removed event": (lambda t: t.events.clear(), "event sales/OrderPaid: removed event"),
    "another producer": (
        lambda t: put(t.events, **{"till/OrderPaid": t.events.pop("sales/OrderPaid")}),
        "event sales/OrderPaid: renamed to till/OrderPaid",
    ),
    "another version": (
        lambda t: put(event(t), **{"$id": "urn:mostrador:events:sales:OrderPaid:2"}),
        "event sales/OrderPaid: $id became urn:mostrador:events:sales:OrderPaid:2, "
        "which consumers of urn:mostrador:events:sales:OrderPaid:1 refuse",
    ),
    "what can't be compared": (
        lambda t: put(event(t), **{"not": {"required": ["order_id"]}}),
        "event sales/OrderPaid: changed not, of which nothing is known to be safe",
    ),
    # internal calls
    "removed call": (lambda t: t.internal.clear(), "internal POST catalog /internal/holds/{}/: removed endpoint"),
    "another path": (
        lambda t: put(call(t), path="/internal/stock/{uid}/"),
        "internal POST catalog /internal/holds/{}/: removed endpoint",
    ),
    "removed caller": (
        lambda t: call(t)["callers"].remove("sales"),
        "internal POST catalog /internal/holds/{}/: sales may no longer call it",
    ),
    "new required field in a request": (
        lambda t: [put(example["request"], user="u") for example in call(t)["examples"]],
        "internal POST catalog /internal/holds/{}/: request: user: new required field",
    ),
    "narrowed type in a request": (
        lambda t: put(call(t)["examples"][0]["request"]["lines"][0], id="1"),
        "internal POST catalog /internal/holds/{}/: request: lines[].id: changed type: integer became string",
    ),
    "removed field in an answer": (
        lambda t: call(t)["examples"][0]["response"].pop("price"),
        "internal POST catalog /internal/holds/{}/: answer 200: price: removed field",
    ),
    "an answer that may be null": (
        lambda t: call(t)["examples"].append({**call(t)["examples"][0], "response": {"price": None}}),
        "internal POST catalog /internal/holds/{}/: answer 200: price: widened type: string became null or string",
    ),
    "removed status of a call": (
        lambda t: call(t)["examples"].pop(),
        "internal POST catalog /internal/holds/{}/: removed status 409",
    ),
    # the public APIs
    "removed operation": (lambda t: path(t).pop("post"), "api sales: POST /api/orders/: removed operation"),
    "removed path": (
        lambda t: t.openapi["sales"]["paths"].pop("/api/orders/{id}/"),
        "api sales: DELETE /api/orders/{}/: removed operation",
    ),
    "removed API": (lambda t: t.openapi["sales"].pop("paths"), "api sales: GET /api/orders/: removed operation"),
    "removed parameter": (
        lambda t: path(t)["get"]["parameters"].clear(),
        "api sales: GET /api/orders/: query parameter page: removed parameter",
    ),
    "new required parameter": (
        lambda t: path(t)["get"]["parameters"].append({"in": "query", "name": "day", "required": True}),
        "api sales: GET /api/orders/: query parameter day: new required parameter",
    ),
    "a parameter that has become required": (
        lambda t: put(path(t)["get"]["parameters"][0], required=True),
        "api sales: GET /api/orders/: query parameter page: is required from now on",
    ),
    "narrowed parameter": (
        lambda t: put(path(t)["get"]["parameters"][0]["schema"], maximum=50),
        "api sales: GET /api/orders/: query parameter page: narrowed maximum: None became 50",
    ),
    "narrowed parameter in the path": (
        lambda t: put(path(t, "/api/orders/{id}/")["delete"]["parameters"][0]["schema"], minimum=1),
        "api sales: DELETE /api/orders/{}/: path parameter 1: narrowed minimum: None became 1",
    ),
    "a token is wanted": (lambda t: path(t)["get"].pop("security"), "api sales: GET /api/orders/: wants a token from now on"),
    "a role that is shut out": (
        lambda t: put(path(t)["post"], **{"x-roles": ["ADMIN"]}),
        "api sales: POST /api/orders/: CLIENT may no longer ask it",
    ),
    "removed status": (
        lambda t: path(t)["post"]["responses"].pop("404"),
        "api sales: POST /api/orders/: removed status 404",
    ),
    "removed kind of content in the default that replaces a status": (
        lambda t: default_instead(t, "400", {"description": "any error"}),
        "api sales: POST /api/orders/: answer 400: no application/json any more",
    ),
    "a format that excludes values": (
        lambda t: put(schema(t, "OrderCreate")["properties"]["note"], format="date"),
        "api sales: POST /api/orders/: request: note: changed format: None became date",
    ),
    "removed kind of error": (
        lambda t: kinds(t).pop(0),
        "api sales: POST /api/orders/: answer 400: narrowed: one of the alternatives is gone or says less",
    ),
    "another kind of error instead": (
        lambda t: kinds(t).__setitem__(0, {"type": "string"}),
        "api sales: POST /api/orders/: answer 400: narrowed: one of the alternatives is gone or says less",
    ),
    "removed kind of content": (
        lambda t: path(t)["post"]["responses"].update({"201": {"description": "made"}}),
        "api sales: POST /api/orders/: answer 201: no application/json any more",
    ),
    "removed field of an answer": (
        lambda t: schema(t, "Order")["properties"].pop("note"),
        "api sales: GET /api/orders/: answer 200: note: removed field",
    ),
    "an answer's field that may be missing": (
        lambda t: schema(t, "Order")["required"].clear(),
        "api sales: GET /api/orders/: answer 200: id: may be missing from now on",
    ),
    "widened answer": (
        lambda t: put(schema(t, "Order")["properties"]["id"], nullable=True),
        "api sales: GET /api/orders/: answer 200: id: widened type: integer became integer or null",
    ),
    "narrowed type of a request": (
        lambda t: put(schema(t, "OrderCreate")["properties"]["quantity"], type="integer"),
        "api sales: POST /api/orders/: request: quantity: narrowed type: number became integer",
    ),
    "new required field of a request": (
        lambda t: put(schema(t, "OrderCreate"), required=["quantity", "till"], properties={
            **schema(t, "OrderCreate")["properties"], "till": {"type": "string"},
        }),
        "api sales: POST /api/orders/: request: till: new required field",
    ),
    "a request's field that has become required": (
        lambda t: schema(t, "OrderCreate")["required"].append("note"),
        "api sales: POST /api/orders/: request: note: is required from now on",
    ),
    "narrowed request": (
        lambda t: put(schema(t, "OrderCreate")["properties"]["note"], maxLength=10),
        "api sales: POST /api/orders/: request: note: narrowed maxLength: 100 became 10",
    ),
    "a request that takes no other fields": (
        lambda t: put(schema(t, "OrderCreate"), additionalProperties=False),
        "api sales: POST /api/orders/: request: narrowed: other fields are refused from now on",
    ),
    # migrations
    "changed revision": (
        lambda t: put(t.revisions, **{"sales/0001_first.py": REVISION.replace("orders", "tickets")}),
        "migration sales/0001_first.py: a revision that was there is not changed but followed by another",
    ),
    "dropped column": (
        lambda t: revision(t, 'batch_op.drop_column("note")'),
        "migration sales/0002_second.py: drop_column note while the code of before still needs it",
    ),
    "renamed column": (
        lambda t: revision(t, 'op.alter_column("orders", "note", new_column_name="remark")'),
        "migration sales/0002_second.py: alter_column orders, note gives it another name",
    ),
    "dropped column in SQL": (
        lambda t: revision(t, 'op.execute(sa.text("ALTER TABLE orders drop column note"))'),
        "migration sales/0002_second.py: execute drop column note while the code of before still needs it",
    ),
    "renamed table in SQL that has a name": (
        lambda t: revision(t, "op.execute(RENAME)", 'second"""\nRENAME = """ALTER TABLE orders RENAME TO tickets'),
        "migration sales/0002_second.py: execute RENAME TO tickets while the code of before still needs it",
    ),
    "column that must be filled": (
        lambda t: revision(t, 'op.add_column("orders", sa.Column("till", sa.Integer(), nullable=False))'),
        "migration sales/0002_second.py: add_column till is NOT NULL without a server default: "
        "the code of before can't insert",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BREAKING)
def test_a_breaking_change_is_named(case: str) -> None:
    change, sentence = BREAKING[case]
    now = tree()
    change(now)
    assert sentence in list(breaks(tree(), now))


ADDITIVE: dict[str, Callable[[Tree], object]] = {
    "nothing": lambda t: None,
    "a new event": lambda t: put(t.events, **{"sales/OrderReturned": EVENT}),
    "an optional field of an event": also("string"),
    "other words": lambda t: put(event(t)["properties"]["total"], description="What the customer pays."),
    "a new call": lambda t: put(t.internal, **{"catalog/prices": {**CALL, "path": "/internal/prices/"}}),
    "a call's file by another name": lambda t: put(t.internal, **{"catalog/take": t.internal.pop("catalog/hold")}),
    "another name in a call's path": lambda t: put(call(t), path="/internal/holds/{order_uid}/"),
    "a new caller": lambda t: call(t)["callers"].append("customers"),
    "an optional field of a call": lambda t: put(call(t)["examples"][0]["request"], hint="soon"),
    "a new field in a call's answer": lambda t: put(call(t)["examples"][0]["response"], tax="0.16"),
    "other values in an example": lambda t: put(call(t)["examples"][0]["response"], price="2.00"),
    "a new operation": lambda t: put(path(t), put={"responses": {}}),
    "an optional parameter": lambda t: path(t)["get"]["parameters"].append({"in": "query", "name": "day"}),
    "another name in a path": lambda t: t.openapi["sales"]["paths"].update(
        {"/api/orders/{order_id}/": t.openapi["sales"]["paths"].pop("/api/orders/{id}/")}
    ),
    "an operation of another service now": lambda t: put(t.openapi, till=t.openapi.pop("sales")),
    "no token any more": lambda t: put(path(t)["post"], security=[]),
    "a new status": lambda t: put(path(t)["post"]["responses"], **{"429": {"description": "slow down"}}),
    "a default that describes a status": lambda t: default_instead(t, "400", path(t)["post"]["responses"]["400"]),
    "an integer's width": lambda t: put(schema(t, "Order")["properties"]["id"], format="int64"),
    "one more kind of error": lambda t: kinds(t).append({"type": "string"}),
    "a new field of an answer": lambda t: put(schema(t, "Order")["properties"], folio={"type": "string"}),
    "a narrower answer": lambda t: schema(t, "Order")["properties"]["note"].pop("nullable"),
    "an optional field of a request": lambda t: put(schema(t, "OrderCreate")["properties"], till={"type": "string"}),
    "a request's field that may be left out": lambda t: schema(t, "OrderCreate")["required"].clear(),
    "a wider request": lambda t: put(schema(t, "OrderCreate")["properties"]["note"], maxLength=200),
    "a new table": lambda t: revision(t, 'op.create_table("tills")'),
    "rows that are filled by SQL": lambda t: revision(
        t, "op.execute(\"UPDATE orders SET note = '' WHERE note IS NULL\")"
    ),
    "a new column": lambda t: revision(t, 'op.add_column("orders", sa.Column("till", sa.Integer(), nullable=True))'),
    "a new column with a default": lambda t: revision(
        t, 'op.add_column("orders", sa.Column("till", sa.Integer(), server_default="0", nullable=False))'
    ),
    "a contraction that says why": lambda t: revision(
        t, 'op.drop_column("orders", "note")', "Contract: nobody reads it since 1.2"
    ),
}


@pytest.mark.parametrize("case", ADDITIVE)
def test_an_additive_change_passes(case: str) -> None:
    now = tree()
    ADDITIVE[case](now)
    assert list(breaks(tree(), now)) == []
