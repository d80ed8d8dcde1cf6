"""What every endpoint of the B2B surface does, seen from outside."""

import time
from datetime import UTC, datetime
from threading import Thread

import pytest

from chassis.errors import render
from chassis.problems import Problem
from chassis.testing import counted_statements

PATH = "/api/v1/gadget"
SPANISH = {"Accept-Language": "es"}
TIMESTAMP = "2023-10-27T10:00:00Z"


@pytest.fixture
def put(client):
    """`put({"uid": …}, …)`: one upsert that is accepted; the uids."""

    def put(*elements, **how):
        answer = client.post(PATH, {"data": list(elements)}, **how)
        assert answer.status == 200, answer
        return answer.json["data"]

    return put


def failure(answer):
    """(status, message) of an error, which must be the envelope."""
    assert answer.json.keys() == {"data", "success", "status_message", "timestamp"}, answer
    assert (answer.json["data"], answer.json["success"]) == (None, False)
    assert len(answer.json["timestamp"]) == len(TIMESTAMP)
    assert answer.json["timestamp"].endswith("Z")
    return (answer.status, answer.json["status_message"])


def test_an_upsert_creates_and_changes_and_answers_the_uids_in_order(client, put):
    made = put({"uid": "prod-123", "price": 10}, {"price": "7.5"})
    assert made[0] == "prod-123"
    assert put({"uid": "prod-123", "price": 18.5}) == ["prod-123"]
    answer = client.get(f"{PATH}/prod-123")
    assert answer.json.pop("timestamp")
    assert answer.json == {
        "data": {"uid": "prod-123", "price": 18.5, "note": None}, "success": True, "status_message": "Success",
    }  # fmt: skip
    assert b'"price":18.50' in answer.data, "a JSON number in cents"
    assert client.get(f"{PATH}/{made[1]}").json["data"]["price"] == 7.5


def test_one_that_the_client_has_already_is_not_sent_again(client, put):
    put({"uid": "a", "price": 1})
    tag = client.get(f"{PATH}/a").headers["ETag"]
    assert tag.startswith('W/"'), "the envelope's time is another one each time"
    for known in (tag, tag.removeprefix("W/"), f'"x", {tag}'):
        again = client.get(f"{PATH}/a", headers={"If-None-Match": known})
        assert (again.status, again.data, again.headers["ETag"]) == (304, b"", tag)
    put({"uid": "a", "price": 2})
    changed = client.get(f"{PATH}/a", headers={"If-None-Match": tag})
    assert (changed.status, changed.json["data"]["price"]) == (200, 2)
    assert changed.headers["ETag"] != tag


def test_fields_that_an_element_leaves_out_stay_and_null_empties(client, put):
    put(
        {"uid": "a", "price": 1, "note": "x"},
        {"uid": "b", "price": 2, "note": "y"},
        {"uid": "c", "price": 3, "note": "z"},
    )
    put({"uid": "c", "note": None}, {"uid": "a", "price": 9}, {"uid": "b"}, {"uid": "d", "price": 4})
    rows = [tuple(row.values()) for row in client.get(PATH).json["data"]]
    assert rows == [("a", 9, "x"), ("b", 2, "y"), ("c", 3, None), ("d", 4, None)]
    put({"uid": "a"})
    assert client.get(f"{PATH}/a").json["data"] == {"uid": "a", "price": 9, "note": "x"}


def test_a_use_case_names_bad_elements_and_nothing_is_changed(client):
    elements = [{"uid": "a", "price": 1}, {"uid": "b"}, {"note": "x"}]
    answer = client.post(PATH, {"data": elements})
    assert failure(answer) == (400, "data[1].price: This field is required.; data[2].price: This field is required.")
    assert client.get(PATH).json["data"] == []


def test_a_thousand_are_one_statement(app, client):
    elements = [{"uid": f"u{index}", "price": index} | ({"note": "n"} if index % 2 else {}) for index in range(1000)]
    for _ in range(2):
        started = time.perf_counter()
        with counted_statements(app) as statements:
            assert client.post(PATH, {"data": elements}).status == 200
        assert len(statements) == 1
        assert time.perf_counter() - started < 5
    assert client.get(f"{PATH}?limit=1000&offset=999").json["metadata"] == {"offset": 999, "limit": 1000, "total": 1000}


def test_accounts_have_uids_of_their_own(client, put):
    put({"uid": "a", "price": 1})
    put({"uid": "a", "price": 2}, account_id=2)
    assert client.get(f"{PATH}/a").json["data"]["price"] == 1
    assert client.delete(PATH, {"data": ["a"]}, account_id=2).status == 200
    assert client.get(f"{PATH}/a").json["data"]["price"] == 1
    assert client.get(f"{PATH}/a", account_id=2).status == 404


def test_crossing_batches_never_wait_for_each_other(client, put):
    uids = [f"u{index}" for index in range(50)]
    failed = []

    def write(order):
        for price in range(5):
            # different fields in each half: still one order of rows
            batch = [{"uid": uid, "price": price} | ({"note": "n"} if at < 25 else {}) for at, uid in enumerate(order)]
            answer = client.post(PATH, {"data": batch})
            if answer.status != 200:
                failed.append(answer)

    threads = [Thread(target=write, args=(order,)) for order in (uids, uids[::-1], uids[25:] + uids[:25])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "data: This field is required."),
        ({"data": None}, "data: This field may not be null."),
        ({"data": {"uid": "a"}}, "data: Expected a list of items."),
        ({"data": []}, "data: This list may not be empty."),
        ({"data": [{"price": 1}] * 1001}, "data: Ensure this field has no more than 1000 elements."),
        ([], "Invalid data. Expected a dictionary, but got list."),
        ({"data": [{"price": 1}, 5]}, "data[1]: Invalid data. Expected a dictionary."),
        (
            {"data": [{"price": 1}] * 3 + [{"price": "x", "uid": "a b"}, {"price": -1}]},
            "data[3].uid: Enter a valid uid: no spaces, no control characters, none of / ? # % ; \\. data[3].price: A valid number is required.; "
            "data[4].price: Ensure this value is greater than or equal to 0.",
        ),
        ({"data": [{"uid": "a", "price": 1}, {"uid": "a", "price": 2}]}, "data[1].uid: The same as data[0]."),
    ],
)
def test_a_bad_batch_is_told_by_index_and_field(client, body, message):
    status, told = failure(client.post(PATH, body))
    assert (status, told.replace("\\.; data", "\\. data")) == (400, message)
    assert client.get(PATH).json["metadata"]["total"] == 0


def test_batches_of_uids_and_of_keys(client, put):
    put({"uid": "a", "price": 1}, {"uid": "b", "price": 1})
    assert failure(client.delete(PATH, {"data": ["a", 7, "", "a", {}]})) == (
        400, "data[2]: This field may not be blank.; data[4]: Not a valid string.",
    )  # fmt: skip
    assert failure(client.delete(PATH, {"data": ["a", "b", "a"]})) == (400, "data[2]: The same as data[0].")
    answer = client.delete(PATH, {"data": ["a", "unknown"]})
    assert (answer.status, answer.json["data"]) == (200, "deleted successfully")
    assert [row["uid"] for row in client.get(PATH).json["data"]] == ["b"]
    keys = [{"uid": "a", "note": "x"}, {"uid": "a", "note": "y"}, {"uid": "a", "note": "x"}]
    assert failure(client.delete(f"{PATH}/note", {"data": keys})) == (400, "data[2].note: The same as data[0].")
    assert client.delete(f"{PATH}/note", {"data": keys[:2]}).status == 200


@pytest.mark.parametrize("uid", ["prod-123", "a", "x" * 64, "ñandú_1.5+b@c:d,e~", 7])
def test_uids_that_clients_give(client, put, uid):
    put({"uid": uid, "price": 1})
    assert client.get(f"{PATH}/{uid}").json["data"]["uid"] == str(uid)


@pytest.mark.parametrize(
    "uid",
    [
        "x" * 65,
        "a b",
        "a/b",
        "a?b",
        "a#b",
        "a%b",
        "a;b",
        "a\\b",
        "a\tb",
        "a\u200bb",
        "a\u00a0b",
        ".",
        "..",
        "",
        None,
        True,
    ],
)
def test_uids_that_could_not_stand_in_a_path_are_refused(client, uid):
    status, message = failure(client.post(PATH, {"data": [{"uid": uid, "price": 1}]}))
    assert (status, message.partition(":")[0]) == (400, "data[0].uid")


def test_lists_have_metadata(client, put):
    put(*({"uid": f"u{index}", "price": 1} for index in range(5)))
    answer = client.get(f"{PATH}?offset=1&limit=2").json
    assert [row["uid"] for row in answer["data"]] == ["u1", "u2"]
    assert answer["metadata"] == {"offset": 1, "limit": 2, "total": 5}
    assert client.get(PATH).json["metadata"] == {"offset": 0, "limit": 100, "total": 5}
    past = client.get(f"{PATH}?offset=9").json
    assert (past["data"], past["metadata"]["total"]) == ([], 5)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "limit=x", "limit=-1", "offset=-1", "offset=1.5", "offset=x"]
)
def test_a_bad_page_is_a_400(client, query):
    status, message = failure(client.get(f"{PATH}?{query}"))
    assert (status, message.partition(":")[0]) == (400, query.partition("=")[0])


def test_every_error_has_the_envelope(client):
    assert failure(client.get(PATH, role=None)) == (401, "unauthorized")
    assert failure(client.get(PATH, token="x")) == (401, "unauthorized")
    assert failure(client.post(PATH, {}, role="CLIENT")) == (403, "You do not have permission to perform this action.")
    assert failure(client.get(f"{PATH}/none")) == (404, "Not found.")
    assert failure(client.get("/api/v1/nothing")) == (404, "Not found.")
    assert failure(client.get(f"{PATH}/")) == (404, "Not found."), "no slash is ever added or dropped"
    assert failure(client.put(PATH)) == (405, 'Method "PUT" not allowed.')
    assert failure(client.post(PATH, data=b"{"))[0] == 400
    assert failure(client.post(PATH, data=b"[" + b" " * 1024 * 1024)) == (413, "Request body is too large.")
    assert failure(client.get(f"{PATH}/broken", role=None)) == (500, "A server error occurred.")


def test_errors_are_had_in_spanish(client):
    answer = client.post(PATH, {"data": [{}, {"price": "x"}]}, headers=SPANISH)
    assert failure(answer) == (400, "data[1].price: Se requiere un número válido.")
    assert failure(client.post(PATH, {}, headers=SPANISH))[1] == "data: Este campo es requerido."
    assert failure(client.get(f"{PATH}/none", headers=SPANISH))[1] == "No encontrado."


def test_below_auth_the_shape_is_another(client, token_for):
    token = token_for("CLIENT", sub="client-123", iat=1_700_000_000, exp=4_000_000_000)
    answer = client.get("/api/v1/auth/whoami", token=token)
    whoami = {"uid": "client-123", "issued_at": 1_700_000_000, "expires_at": 4_000_000_000}
    assert answer.json == {"status": "success", "data": whoami}
    refused = client.get("/api/v1/auth/whoami", role=None)
    assert (refused.status, refused.json) == (401, {"status": "error", "message": "unauthorized"})
    forbidden = client.get("/api/v1/auth/whoami", role="EMPLOYEE")
    assert forbidden.json == {"status": "error", "message": "You do not have permission to perform this action."}


def test_a_client_may_use_neither_the_pos_nor_views_without_a_mark(client):
    answer = client.get("/api/widgets/", role="CLIENT")
    assert (answer.status, answer.json) == (403, {"detail": "You do not have permission to perform this action."})
    assert failure(client.delete(f"{PATH}/note", {}, role="CLIENT"))[0] == 403
    assert client.get(PATH, role="CLIENT").status == 200


def test_a_leaked_field_inside_the_envelope_fails_the_test_that_sees_it(client):
    with pytest.raises(AssertionError, match="secret"):
        client.get(f"{PATH}/a/leak")


@pytest.mark.parametrize(
    ("path", "rest"),
    [
        ("/api/gadgets/", {"detail": "Blocked."}),
        ("/api/v1/auth/login", {"status": "error", "message": "Blocked."}),
        ("/api/v1/gadget", {"data": None, "success": False, "status_message": "Blocked."}),
    ],
)
def test_what_a_program_has_to_know_of_a_problem_stands_on_every_surface(app, path, rest):
    problem = Problem("Blocked.", status=403, fields={"until": datetime(2026, 1, 2, 3, 4, 5, 6, UTC), "why": None})
    with app.test_request_context(path):
        answer = render(problem)
    told = answer.get_json()
    told.pop("timestamp", None)
    assert (answer.status_code, told) == (403, {**rest, "until": "2026-01-02T03:04:05Z", "why": None})
