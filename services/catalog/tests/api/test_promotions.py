"""`/api/promotions/` as 001 §18–19 and its error cases B, E and F print it."""

from __future__ import annotations

import pytest

from chassis.testing import counted_statements

FIELDS = [
    "id", "name", "description", "discount_percent", "start_date", "end_date", "target_audience", "is_active", "product",
]  # fmt: skip
BLACK_FRIDAY = {
    "name": "Black Friday", "description": "50% off on electronics", "discount_percent": 50.00,
    "start_date": "2023-11-24", "end_date": "2023-11-26", "target_audience": "ALL",
}  # fmt: skip
CASE_B = {"end_date": ["La fecha de finalización debe ser posterior a la fecha de inicio."]}
NOT_FOUND = (404, {"detail": "Not found."})


def case_f(start, end):
    message = "Ya existe una promoción activa para este producto en las fechas seleccionadas"
    return {"non_field_errors": [f"{message} ({start} a {end})."]}


def days(start, end):
    return {"start_date": start, "end_date": end}


def test_created_as_the_document_shows(client, product, published):
    made = product()
    answer = client.post("/api/promotions/", {**BLACK_FRIDAY, "product": made["id"]}, role="OWNER")
    assert answer.status == 201
    assert list(answer.json) == FIELDS
    id_ = answer.json["id"]
    assert answer.json == {
        **BLACK_FRIDAY, "id": id_, "discount_percent": "50.00", "is_active": True, "product": made["id"]
    }  # fmt: skip
    assert client.get(f"/api/promotions/{id_}/", role="EMPLOYEE").json == answer.json
    (event,) = published("PromotionChanged")
    assert (event.version, event.data["promotion_uid"]) == (1, event.subject)
    assert {name: event.data[name] for name in FIELDS[1:-1]} == {name: answer.json[name] for name in FIELDS[1:-1]}
    assert (event.data["promotion_id"], event.data["product_id"]) == (id_, made["id"])
    assert (event.data["product_uid"], event.data["is_deleted"]) == (made["uid"], False)


def test_listed_as_the_document_shows(client, product, promotion):
    promotion(product())
    summer = {
        "name": "Summer Sale", "description": "Valid for frequent customers only", "discount_percent": "15.00",
        "start_date": "2023-06-01", "end_date": "2023-06-30", "target_audience": "FREQUENT_ONLY", "is_active": True,
    }  # fmt: skip
    made = product()
    id_ = promotion(made, **summer)["id"]
    answer = client.get(f"/api/promotions/?product={made['id']}", role="EMPLOYEE")
    assert (answer.status, answer.json) == (200, [{"id": id_, **summer, "product": made["id"]}])
    assert answer.headers["X-Total-Count"] == "1"


def test_only_what_it_needs_is_required(client, product):
    required = ["name", "product", "discount_percent", "start_date", "end_date"]
    answer = client.post("/api/promotions/", {})
    assert (answer.status, answer.json) == (400, {name: ["This field is required."] for name in required})
    body = {"name": "X", "product": product()["id"], "discount_percent": "5", **days("2026-01-01", "2026-01-01")}
    made = client.post("/api/promotions/", body).json
    assert (made["target_audience"], made["is_active"], made["description"]) == ("ALL", True, None)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"name": ""}, {"name": ["This field may not be blank."]}),
        ({"name": "x" * 201}, {"name": ["Ensure this field has no more than 200 characters."]}),
        ({"product": 99}, {"product": ['Invalid pk "99" - object does not exist.']}),
        ({"product": None}, {"product": ["This field may not be null."]}),
        ({"product": "x"}, {"product": ["A valid integer is required."]}),
        ({"discount_percent": "x"}, {"discount_percent": ["A valid number is required."]}),
        ({"discount_percent": 0}, {"discount_percent": ["Ensure this value is greater than or equal to 0.01."]}),
        ({"discount_percent": -5}, {"discount_percent": ["Ensure this value is greater than or equal to 0.01."]}),
        ({"discount_percent": 100.01}, {"discount_percent": ["Ensure this value is less than or equal to 100."]}),
        (
            {"discount_percent": "9.999"},
            {"discount_percent": ["Ensure that there are no more than 2 decimal places."]},
        ),
        (
            {"start_date": "24/11/2023"},
            {"start_date": ["Date has wrong format. Use one of these formats instead: YYYY-MM-DD."]},
        ),
        (
            {"end_date": "2023-02-30"},
            {"end_date": ["Date has wrong format. Use one of these formats instead: YYYY-MM-DD."]},
        ),
        ({"target_audience": "VIP"}, {"target_audience": ['"VIP" is not a valid choice.']}),
        ({"is_active": "perhaps"}, {"is_active": ["Must be a valid boolean."]}),
        (days("2023-11-27", "2023-11-26"), CASE_B),
    ],
)
def test_bad_fields_on_create_and_update(client, product, promotion, published, change, error):
    made = promotion(product(), **BLACK_FRIDAY)
    for answer in (
        client.post("/api/promotions/", {**BLACK_FRIDAY, "product": product()["id"], **change}),
        client.patch(f"/api/promotions/{made['id']}/", change),
    ):
        assert (answer.status, answer.json) == (400, error)
    assert client.get("/api/promotions/").json == [made]
    assert len(published("PromotionChanged")) == 1


@pytest.mark.parametrize("percent", ["0.01", "100", 33.33])
def test_the_bounds_of_the_percentage_are_allowed(product, promotion, percent):
    assert promotion(product(), discount_percent=percent)["discount_percent"] == f"{float(percent):.2f}"


def test_dates_are_checked_together_with_those_that_stay(client, product, promotion):
    made = promotion(product(), **days("2026-03-10", "2026-03-20"))
    path = f"/api/promotions/{made['id']}/"
    for change in ({"end_date": "2026-03-09"}, {"start_date": "2026-03-21"}):
        answer = client.patch(path, change)
        assert (answer.status, answer.json) == (400, CASE_B)
    assert client.get(path).json == made
    assert client.patch(path, {"end_date": "2026-03-10"}).json == {**made, "end_date": "2026-03-10"}, "a single day"


@pytest.mark.parametrize("method", ["put", "patch"])
def test_update_is_partial(client, product, promotion, published, method):
    made = promotion(product(), **BLACK_FRIDAY)
    change = {"name": "Ciber Lunes", "discount_percent": "12.5", "end_date": "2023-11-27", "id": 77, "version": 9}
    answer = getattr(client, method)(f"/api/promotions/{made['id']}/", change)
    assert answer.status == 200
    assert answer.json == {**made, "name": "Ciber Lunes", "discount_percent": "12.50", "end_date": "2023-11-27"}
    assert client.get(f"/api/promotions/{made['id']}/").json == answer.json
    assert client.get("/api/promotions/?search=ciber").json == [answer.json]
    assert client.get("/api/promotions/?search=friday").json == []
    assert [event.version for event in published("PromotionChanged")] == [1, 2]
    assert published("PromotionChanged")[1].data["discount_percent"] == "12.50"


def test_an_update_that_changes_nothing_tells_nothing(client, product, promotion, published):
    made = promotion(product())
    assert client.put(f"/api/promotions/{made['id']}/", made).json == made
    assert len(published("PromotionChanged")) == 1


@pytest.mark.parametrize(
    ("start", "end", "free"),
    [
        ("2024-01-01", "2024-01-04", True),
        ("2024-01-01", "2024-01-05", False),
        ("2024-01-05", "2024-01-05", False),
        ("2024-01-06", "2024-01-08", False),
        ("2024-01-01", "2024-12-31", False),
        ("2024-01-10", "2024-01-12", False),
        ("2024-01-11", "2024-01-12", True),
    ],
)
@pytest.mark.parametrize("audience", ["ALL", "FREQUENT_ONLY"])
def test_overlap_is_case_f_whatever_the_audience(client, product, promotion, published, start, end, free, audience):
    made = product()
    promotion(made, **days("2024-01-05", "2024-01-10"))
    body = {"name": "B", "product": made["id"], "discount_percent": 5, "target_audience": audience, **days(start, end)}
    answer = client.post("/api/promotions/", body)
    if free:
        assert answer.status == 201
    else:
        assert (answer.status, answer.json) == (400, case_f(start, end))
        assert len(published("PromotionChanged")) == 1
    assert client.post("/api/promotions/", {**body, "product": product()["id"]}).status == 201, "another product's days"


def test_an_update_may_not_overlap_either(client, product, promotion):
    made, other = product(), product()
    promotion(made, **days("2024-01-05", "2024-01-10"))
    second = promotion(made, **days("2024-02-01", "2024-02-05"))
    idle = promotion(made, is_active=False, **days("2024-01-07", "2024-01-07"))
    elsewhere = promotion(other, **days("2024-01-01", "2024-01-05"))
    for refused, change, dates in (
        (second, {"start_date": "2024-01-10"}, ("2024-01-10", "2024-02-05")),
        (idle, {"is_active": True}, ("2024-01-07", "2024-01-07")),
        (elsewhere, {"product": made["id"]}, ("2024-01-01", "2024-01-05")),
    ):
        path = f"/api/promotions/{refused['id']}/"
        answer = client.patch(path, change)
        assert (answer.status, answer.json) == (400, case_f(*dates))
        assert client.get(path).json == refused
    assert client.patch(f"/api/promotions/{second['id']}/", {"start_date": "2024-01-11"}).status == 200
    moved = client.patch(f"/api/promotions/{elsewhere['id']}/", {"product": made["id"], "end_date": "2024-01-04"})
    assert (moved.status, moved.json["product"]) == (200, made["id"])


def test_inactive_and_deleted_ones_take_no_day(client, product, promotion):
    made = product()
    idle = promotion(made, is_active=False)
    promotion(made, is_active=False)
    gone = promotion(made)
    client.delete(f"/api/promotions/{gone['id']}/")
    last = promotion(made)
    assert client.patch(f"/api/promotions/{idle['id']}/", {"is_active": True}).status == 400
    client.patch(f"/api/promotions/{last['id']}/", {"is_active": False})
    assert client.patch(f"/api/promotions/{idle['id']}/", {"is_active": True}).json["is_active"] is True


def test_employees_may_only_read(client, product, promotion, published):
    made = promotion(product())
    path = f"/api/promotions/{made['id']}/"
    for answer in (
        client.post("/api/promotions/", {**BLACK_FRIDAY, "product": product()["id"]}, role="EMPLOYEE"),
        client.put(path, {"name": "x"}, role="EMPLOYEE"),
        client.patch(path, {"name": "x"}, role="EMPLOYEE"),
        client.delete(path, role="EMPLOYEE"),
    ):
        assert (answer.status, answer.json) == (403, {"detail": "You do not have permission to perform this action."})
    assert client.get("/api/promotions/", role="EMPLOYEE").json == [made]
    assert len(published("PromotionChanged")) == 1


def test_delete(client, product, promotion, published):
    path = f"/api/promotions/{promotion(product())['id']}/"
    assert (client.delete(path).status, client.delete(path).status) == (204, 404)
    for answer in (client.get(path), client.patch(path, {"name": "x"})):
        assert (answer.status, answer.json) == NOT_FOUND
    assert client.get("/api/promotions/").json == []
    told = published("PromotionChanged")
    assert [(event.version, event.data["is_deleted"]) for event in told] == [(1, False), (2, True)]


def test_a_deleted_product_takes_its_promotions_along(client, product, promotion, published):
    made = product()
    gone = [promotion(made, **days(f"2024-0{month}-01", f"2024-0{month}-02"))["id"] for month in (1, 2)]
    kept = promotion(product())
    client.delete(f"/api/products/{made['id']}/")
    assert client.get("/api/promotions/").json == [kept]
    told = [event.data for event in published("PromotionChanged") if event.data["is_deleted"]]
    assert [data["promotion_id"] for data in told] == gone
    answer = client.post("/api/promotions/", {**BLACK_FRIDAY, "product": made["id"]})
    assert (answer.status, answer.json) == (400, {"product": [f'Invalid pk "{made["id"]}" - object does not exist.']})


def test_an_inactive_product_may_have_one(client, product, promotion):
    made = product(is_active=False)
    promotion(made, discount_percent=50)
    assert client.patch(f"/api/products/{made['id']}/", {"is_active": True}).json["discounted_price"] == "9.25"


def test_list_filters_and_orders(client, product, promotion):
    cola, cafe = product(), product()
    past = promotion(cola, name="Día de Muertos", discount_percent=30, **days("2001-11-01", "2001-11-02"))
    now = promotion(cola, name="Siempre", description="Café y más", **days("2002-01-01", "2999-01-01"))
    idle = promotion(cafe, name="Apagada", is_active=False, discount_percent=5)
    club = promotion(cafe, name="Club", target_audience="FREQUENT_ONLY", discount_percent=20)
    every = [past["id"], now["id"], idle["id"], club["id"]]

    def ids(query=""):
        return [row["id"] for row in client.get(f"/api/promotions/?{query}").json]

    assert ids() == every
    assert ids(f"product={cola['id']}") == every[:2]
    assert ids("product=999") == []
    assert ids("is_active=false") == [idle["id"]]
    assert ids("target_audience=FREQUENT_ONLY") == [club["id"]]
    assert ids("running=true") == [now["id"], club["id"]]
    assert ids("running=false") == [past["id"], idle["id"]]
    assert ids("search=dia") == [past["id"]]
    assert ids("search=CAFE+mas") == [now["id"]]
    assert ids("ordering=-discount_percent") == [past["id"], club["id"], now["id"], idle["id"]]
    assert ids("ordering=name") == [idle["id"], club["id"], past["id"], now["id"]]
    assert ids("ordering=start_date,-end_date") == [idle["id"], club["id"], past["id"], now["id"]]
    assert ids("page=2&page_size=3") == every[3:]
    for query, error in (
        ("ordering=version", {"ordering": ['"version" is not a valid choice.']}),
        ("product=x", {"product": ["A valid integer is required."]}),
        ("target_audience=x", {"target_audience": ['"x" is not a valid choice.']}),
    ):
        answer = client.get(f"/api/promotions/?{query}")
        assert (answer.status, answer.json) == (400, error)


def test_etags(client, product, promotion):
    path = f"/api/promotions/{promotion(product())['id']}/"
    tag = client.get(path).headers["ETag"]
    assert client.get(path, headers={"If-None-Match": tag}).status == 304
    assert client.patch(path, {"name": "A"}, headers={"If-Match": tag}).status == 200
    assert client.patch(path, {"name": "B"}, headers={"If-Match": tag}).status == 412
    assert client.delete(path, headers={"If-Match": tag}).status == 412
    assert client.get(path).json["name"] == "A"
    assert client.delete(path, headers={"If-Match": client.get(path).headers["ETag"]}).status == 204


def test_a_repeated_key_makes_one_promotion(client, product):
    body = {**BLACK_FRIDAY, "product": product()["id"]}
    first, again = (client.post("/api/promotions/", body, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status, again.data) == (201, first.data)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(client.get("/api/promotions/").json) == 1
    other = client.post("/api/promotions/", {**body, "name": "x"}, headers={"Idempotency-Key": "k"})
    assert other.status == 422


def test_another_account_sees_nothing(client, product, promotion, published):
    mine, theirs = product(), product(account_id=2)
    made = promotion(mine)
    path = f"/api/promotions/{made['id']}/"
    assert client.get("/api/promotions/", account_id=2).json == []
    for answer in (
        client.get(path, account_id=2), client.patch(path, {"name": "x"}, account_id=2), client.delete(path, account_id=2)
    ):  # fmt: skip
        assert (answer.status, answer.json) == NOT_FOUND
    for answer in (
        client.patch(path, {"product": theirs["id"]}),
        client.post("/api/promotions/", {**BLACK_FRIDAY, "product": theirs["id"]}),
    ):
        assert answer.json == {"product": [f'Invalid pk "{theirs["id"]}" - object does not exist.']}
    assert client.get(path).json == made
    assert len(published("PromotionChanged")) == 1


def test_writes_take_few_statements(client, app, product):
    """Creating: the product's row, the promotion, its history, the event. Changing: found, taken, read again, checked, written, told."""
    body = {**BLACK_FRIDAY, "product": product()["id"]}
    with counted_statements(app) as made:
        id_ = client.post("/api/promotions/", body).json["id"]
    with counted_statements(app) as changed:
        assert client.patch(f"/api/promotions/{id_}/", {"name": "x"}).status == 200
    assert (len(made), len(changed)) == (4, 6), (made, changed)
