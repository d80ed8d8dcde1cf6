"""The OpenAPI document of the toy service: what it takes from marks, schemas and code."""

import json

import pytest
from flask import Flask

from chassis.apidocs.documents import merged, service_document
from chassis.apidocs.reach import Reader
from chassis.apidocs.refusals import of_problems
from chassis.apidocs.shapes import NameTaken, Shapes
from chassis.problems import Conflict, Invalid, NotFound, Problem
from chassis.schemas import Amount, Choice, Integer, List, Nested, Schema, Text, Uid
from chassis.testing_documents import PublishedDocument

FIELDS = {
    "id": 1,
    "name": "abc",
    "price": "18.50",
    "uid": "a",
    "note": "x",
    "issued_at": 1,
    "expires_at": 2,
    "gadget/uid": "g-1",
}
TOO_LONG = {"name": ["Ensure this field has no more than 20 characters."]}


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    """Of the toy service, without a database or anything else."""
    folder = tmp_path_factory.mktemp("toy")
    (folder / "toy" / "api").mkdir(parents=True)
    (folder / "toy" / "api" / "examples.yaml").write_text(
        json.dumps({"fields": FIELDS, "operations": {"POST /api/widgets/": {"refused (too long)": TOO_LONG}}})
    )
    return service_document("toy", folder)


@pytest.fixture
def paths(document):
    return document["paths"]


def examples(response):
    return [one["value"] for one in response["content"]["application/json"]["examples"].values()]


def test_only_what_the_outside_may_know_is_there(paths):
    assert "/api/widgets/" in paths
    assert not any(path.startswith(("/internal", "/livez", "/metrics")) for path in paths)


def test_roles_and_security_come_from_the_marks(paths):
    remove = paths["/api/widgets/{widget_id}/"]["delete"]
    assert (remove["x-roles"], remove["security"]) == (["ADMIN", "OWNER"], [{"bearer": []}])
    assert "ADMIN, OWNER" in remove["description"]
    broken = paths["/api/v1/auth/broken"]["get"]
    assert (broken["x-roles"], broken["security"]) == (["anybody"], [])
    assert "401" not in broken["responses"]


def test_what_a_view_can_run_into_comes_from_its_code(paths):
    create = paths["/api/widgets/"]["post"]
    assert create["responses"].keys() >= {"201", "400", "401", "403", "409", "422", "default"}
    assert {"name": ["This field is required."], "price": ["This field is required."]} in examples(
        create["responses"]["400"]
    )
    assert "Idempotency-Key" in [one["name"] for one in create["parameters"]]
    show = paths["/api/widgets/{widget_id}/"]["get"]
    assert show["responses"].keys() >= {"304", "404"}
    assert "409" not in show["responses"]
    remove = paths["/api/widgets/{widget_id}/"]["delete"]
    assert "412" in remove["responses"]


def test_what_any_request_may_get_stands_in_one_response(paths, document):
    [create, gadgets] = paths["/api/widgets/"]["post"], paths["/api/v1/gadget"]["post"]
    assert create["responses"]["default"] == {"$ref": "#/components/responses/Error"}
    assert gadgets["responses"]["default"] == {"$ref": "#/components/responses/B2bError"}
    shared = document["components"]["responses"]["Error"]
    assert all(status in shared["description"] for status in ("413", "414", "429", "431", "500", "502", "503", "504"))
    assert shared["headers"].keys() == {"Retry-After"}
    assert len(examples(shared)) == 8


def test_marks_name_the_operation_and_its_tag(paths, document):
    upsert = paths["/api/v1/gadget"]["post"]
    assert (upsert["operationId"], upsert["tags"]) == ("upsertGadgets", ["Gadgets"])
    create = paths["/api/widgets/"]["post"]
    assert (create["operationId"], create["tags"]) == ("widgets_create", ["widgets"])
    assert {tag["name"] for tag in document["tags"]} >= {"Gadgets", "widgets"}


def test_the_fields_to_order_by_are_listed(paths):
    [ordering] = [one for one in paths["/api/widgets/"]["get"]["parameters"] if one["name"] == "ordering"]
    assert ordering["schema"]["items"]["enum"] == ["name", "price", "-name", "-price"]
    assert ordering["schema"]["items"]["x-enum-varnames"] == ["NAME", "PRICE", "NAME_DESC", "PRICE_DESC"]
    assert ordering["explode"] is False


def test_a_refusal_that_no_class_tells_stands_among_the_examples(paths):
    told = paths["/api/widgets/"]["post"]["responses"]["400"]["content"]["application/json"]["examples"]
    assert told["too_long"] == {"summary": "too long", "value": TOO_LONG}


def test_an_example_of_a_parameter_may_depend_on_what_it_stands_after(paths):
    [uid] = [one for one in paths["/api/v1/gadget/{uid}"]["get"]["parameters"] if one["in"] == "path"]
    assert uid["example"] == "g-1"
    [widget] = [one for one in paths["/api/widgets/{widget_id}/"]["get"]["parameters"] if one["in"] == "path"]
    assert widget["example"] == 1


def test_errors_have_the_shape_of_the_surface(paths, document):
    told = paths["/api/v1/gadget"]["post"]["responses"]["400"]["content"]["application/json"]
    assert told["schema"] == {"$ref": "#/components/schemas/Failure"}
    assert {one["value"]["success"] for one in told["examples"].values()} == {False}
    assert document["components"]["responses"]["Unauthorized"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/Detail"
    }


def test_batches_and_envelopes(document):
    schemas = document["components"]["schemas"]
    batch = schemas["GadgetUpsertBatch"]["properties"]["data"]
    assert batch == {
        "type": "array", "items": {"$ref": "#/components/schemas/GadgetUpsert"}, "minItems": 1, "maxItems": 1000,
    }  # fmt: skip
    assert schemas["GadgetOutPage"]["properties"].keys() == {
        "data", "success", "status_message", "timestamp", "metadata",
    }  # fmt: skip


class Inner(Schema):
    uid = Uid(required=True)


class Thing(Schema):
    name = Text(required=True, max_length=5)
    price = Amount(minimum=0, allow_none=True)
    size = Integer(minimum=1, maximum=9, load_default=3)
    color = Choice(["red", "blue"], allow_none=True)
    inner = List(Nested(Inner), empty=False)
    id = Integer()
    kind = Choice(["A", "B"], normalize=str.upper)


def test_a_request_is_held_to_what_its_fields_are_held_to():
    shapes = Shapes()
    assert shapes.of(Thing, "request") == {"$ref": "#/components/schemas/Thing"}
    thing = shapes.components["Thing"]
    assert thing["required"] == ["name"]
    assert thing["properties"]["name"] == {"type": "string", "minLength": 1, "maxLength": 5}
    assert thing["properties"]["size"] == {
        "type": "integer", "format": "int32", "minimum": 1, "maximum": 9, "default": 3,
    }  # fmt: skip
    assert thing["properties"]["color"] == {"anyOf": [{"type": "string", "enum": ["red", "blue"]}, {"type": "null"}]}
    number, text, null = thing["properties"]["price"]["anyOf"]
    assert (number, null) == ({"type": "number", "minimum": 0, "maximum": 9999999999.99}, {"type": "null"})
    assert text["pattern"] == r"^\d+(\.\d{1,2})?$"
    assert thing["properties"]["inner"]["minItems"] == 1
    assert thing["properties"]["id"] == {"type": "integer", "format": "int64", "maximum": 2**53}
    assert thing["properties"]["kind"] == {"type": "string", "enum": ["A", "B"], "description": "In any case."}


def test_an_answer_has_all_of_its_fields_and_money_as_the_surface_has_it():
    text, number = Shapes(), Shapes()
    text.of(Thing, "answer")
    number.of(Thing, "answer", numbers=True)
    assert text.components["Thing"]["required"] == ["name", "price", "size", "color", "inner", "id", "kind"]
    assert text.components["Thing"]["properties"]["price"]["type"] == ["string", "null"]
    assert number.components["Thing"]["properties"]["price"]["type"] == ["number", "null"]


def test_two_schemas_of_one_name_are_refused():
    shapes = Shapes()
    shapes.of(Thing, "request")
    with pytest.raises(NameTaken, match="Thing"):
        shapes.of(type("Thing", (Schema,), {"other": Text()}), "request")


def of_service(path, **schemas):
    reference = {"$ref": f"#/components/schemas/{next(iter(schemas))}"}
    answer = {"description": "OK", "content": {"application/json": {"schema": reference}}}
    return {
        "paths": {path: {"get": {"responses": {"200": answer}}}},
        "tags": [],
        "components": {"schemas": schemas, "responses": {}},
    }


def test_merging_keeps_what_is_equal_once_and_renames_what_is_not():
    line = {"$ref": "#/components/schemas/Line"}
    documents = {
        "sales": of_service("/a", Order={"items": line}, Line={"type": "object"}, Detail={"type": "string"}),
        "catalog": of_service("/b", Order={"items": line}, Line={"type": "array"}, Detail={"type": "string"}),
    }
    whole = merged(documents, {})
    # Order differs too, because the line that it refers to does.
    assert whole["components"]["schemas"].keys() == {"Detail", "SalesOrder", "SalesLine", "CatalogOrder", "CatalogLine"}
    assert whole["components"]["schemas"]["SalesOrder"] == {"items": {"$ref": "#/components/schemas/SalesLine"}}
    told = whole["paths"]["/b"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert told == {"$ref": "#/components/schemas/CatalogOrder"}
    with pytest.raises(ValueError, match="two services"):
        merged({"sales": documents["sales"], "other": documents["sales"]}, {})


class Busy(Conflict):
    """Somebody else was faster."""


class Desk:
    def __init__(self, till: "Till") -> None:
        self._till = till

    def serve(self) -> None:
        self._till.open()


class Till:
    def open(self) -> None:
        raise Busy


def desk() -> Desk:
    return Desk(Till())


def by_a_method():
    desk().serve()


def turned_into_something_else():
    try:
        desk().serve()
    except Conflict:
        raise NotFound from None


def passed_on():
    try:
        desk().serve()
    except Conflict as error:
        raise remade(error) from error


def remade(error: Problem) -> Problem:
    return Problem(error.detail)


@pytest.mark.parametrize(
    ("view", "problems"),
    [
        (by_a_method, {Busy}),
        (turned_into_something_else, {NotFound}),
        (passed_on, {Busy}),
        (lambda: None, set()),
    ],
)
def test_what_code_can_raise_is_followed_through_calls_and_handlers(view, problems):
    assert Reader(__name__).view(view).problems == problems


def test_a_problem_is_shown_with_the_arguments_of_the_class_that_takes_them():
    class Short(Invalid):
        example = {"left": 2}

        def __init__(self, left):
            super().__init__({"quantity": [f"Only {left}."]})

    class Shorter(Short):
        pass

    told = [refusal.problem.body for refusal in of_problems({Short, Shorter, Busy})]
    assert told == [{"detail": Conflict.detail}, {"quantity": ["Only 2."]}, {"quantity": ["Only 2."]}]


@pytest.mark.parametrize(
    ("method", "path", "status", "media_type", "body", "complaint"),
    [
        ("GET", "/api/widgets/1/", 200, "application/json", {"id": 1, "name": "a", "price": "1.00"}, None),
        (
            "GET",
            "/api/widgets/1/",
            200,
            "application/json",
            {"id": 1, "name": "a", "price": 1.0},
            "unlike its document",
        ),
        ("GET", "/api/widgets/1/", 404, "application/json", {"detail": "Not found."}, None),
        ("GET", "/api/widgets/1/", 404, "application/json", {"message": "Not found."}, "unlike its document"),
        ("GET", "/api/widgets/1/", 418, "application/json", {}, "doesn't know"),
        ("GET", "/api/widgets/1/", 200, "text/csv", None, "with text/csv"),
        ("GET", "/api/widgets/1/", 200, "", None, "without the body"),
        ("DELETE", "/api/widgets/1/", 204, "", None, None),
        ("PUT", "/api/widgets/1/", 405, "application/json", {}, None),
        ("GET", "/nowhere", 404, "application/json", {}, None),
    ],
)
def test_the_tests_client_finds_answers_that_the_document_does_not_have(
    document, method, path, status, media_type, body, complaint
):
    app = Flask("toy")
    for rule, verb in (("/api/widgets/<int:widget_id>/", "GET"), ("/api/widgets/<int:widget_id>/", "DELETE")):
        app.add_url_rule(rule, endpoint=verb, methods=[verb])
    published = PublishedDocument(document)
    if complaint is None:
        published.check(app, method, path, status, media_type, body)
    else:
        with pytest.raises(AssertionError, match=complaint):
            published.check(app, method, path, status, media_type, body)
