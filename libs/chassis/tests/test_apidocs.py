"""The OpenAPI document of the toy service: what it takes from marks, schemas and code."""

import json

import pytest

from chassis.apidocs.documents import service_document
from chassis.apidocs.shapes import NameTaken, Shapes
from chassis.schemas import Amount, Choice, Integer, List, Nested, Schema, Text, Uid

FIELDS = {"id": 1, "name": "abc", "price": "18.50", "uid": "a", "size": 3, "color": "red", "note": "x", "code": "A"}


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    """Of the toy service, without a database or anything else."""
    folder = tmp_path_factory.mktemp("toy")
    (folder / "toy" / "api").mkdir(parents=True)
    (folder / "toy" / "api" / "examples.yaml").write_text(json.dumps({"fields": FIELDS}))
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
    assert create["responses"].keys() >= {"201", "400", "401", "403", "409", "413", "422", "429", "500", "503"}
    assert {"name": ["This field is required."], "price": ["This field is required."]} in examples(
        create["responses"]["400"]
    )
    assert "Idempotency-Key" in [one["name"] for one in create["parameters"]]
    show = paths["/api/widgets/{widget_id}/"]["get"]
    assert show["responses"].keys() >= {"304", "404"}
    assert "409" not in show["responses"]
    remove = paths["/api/widgets/{widget_id}/"]["delete"]
    assert "412" in remove["responses"]


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


def test_a_request_is_held_to_what_its_fields_are_held_to():
    shapes = Shapes()
    assert shapes.of(Thing, "request") == {"$ref": "#/components/schemas/Thing"}
    thing = shapes.components["Thing"]
    assert thing["required"] == ["name"]
    assert thing["properties"]["name"] == {"type": "string", "minLength": 1, "maxLength": 5}
    assert thing["properties"]["size"] == {"type": "integer", "minimum": 1, "maximum": 9, "default": 3}
    assert thing["properties"]["color"] == {"type": ["string", "null"], "enum": ["red", "blue", None]}
    number, text, null = thing["properties"]["price"]["anyOf"]
    assert (number, null) == ({"type": "number", "minimum": 0, "maximum": 9999999999.99}, {"type": "null"})
    assert text["pattern"] == r"^\d+(\.\d{1,2})?$"
    assert thing["properties"]["inner"]["minItems"] == 1


def test_an_answer_has_all_of_its_fields_and_money_as_the_surface_has_it():
    text, number = Shapes(), Shapes()
    text.of(Thing, "answer")
    number.of(Thing, "answer", numbers=True)
    assert text.components["Thing"]["required"] == ["name", "price", "size", "color", "inner"]
    assert text.components["Thing"]["properties"]["price"]["type"] == ["string", "null"]
    assert number.components["Thing"]["properties"]["price"]["type"] == ["number", "null"]


def test_two_schemas_of_one_name_are_refused():
    shapes = Shapes()
    shapes.of(Thing, "request")
    with pytest.raises(NameTaken, match="Thing"):
        shapes.of(type("Thing", (Schema,), {"other": Text()}), "request")
