"""What every service's surface does, seen from outside."""

import re
from datetime import timedelta
from threading import Event, Thread

import pytest
from sqlalchemy import select, update

from chassis import idempotency, idempotency_keys, pagination
from chassis.db import ALL_ACCOUNTS, utcnow
from chassis.idempotency_keys import IdempotencyKey, prune
from chassis.problems import Invalid
from chassis.testing import counted_statements
from toy import app as toy_app


def make(client, name="abc", **how):
    return client.post("/api/widgets/", {"name": name, "price": 18.5}, **how)


def test_a_created_row_is_read_again_in_one_statement(client, app):
    answer = make(client)
    assert (answer.status, answer.json["price"]) == (201, "18.50")
    with counted_statements(app) as statements:
        assert client.get(f"/api/widgets/{answer.json['id']}/").json == answer.json
    assert len(statements) == 1


def test_another_account_sees_nothing(client):
    made = make(client).json
    assert client.get("/api/widgets/", account_id=2).json == []
    assert client.get(f"/api/widgets/{made['id']}/", account_id=2).status == 404
    assert client.delete(f"/api/widgets/{made['id']}/", account_id=2).status == 404
    assert client.get("/api/widgets/").json == [made]


@pytest.mark.parametrize("number", [str(2**63 - 1), str(2**63), "9" * 20, "9" * 5000])
def test_a_number_beyond_all_ids_is_an_unknown_one_for_every_method_and_role(client, number):
    path = f"/api/widgets/{number}/"
    assert client.get(path).status == client.delete(path).status == 404
    assert client.post(path, {}).status == 405
    assert client.get(path, role=None).status == 401
    made = make(client).json
    assert client.get(f"/api/widgets/000{made['id']}/").json == made


@pytest.mark.parametrize(("stored", "asked"), [("Cafe\u0301", "Caf\u00e9"), ("Caf\u00e9", "Cafe\u0301")])
def test_text_is_one_in_both_unicode_forms(client, stored, asked):
    assert make(client, stored).json["name"] == "Caf\u00e9"
    assert make(client, asked).status == 400, "a twin"
    put = client.post("/api/v1/gadget", {"data": [{"uid": stored, "price": 1}]}, role="ADMIN")
    assert put.json["data"] == ["Caf\u00e9"]
    twins = {"data": [{"uid": stored}, {"uid": asked}]}
    assert client.post("/api/v1/gadget", twins, role="ADMIN").status == 400
    assert client.get(f"/api/v1/gadget/{asked}").json["data"]["uid"] == "Caf\u00e9"
    assert client.delete(f"/api/v1/gadget/{asked}", role="ADMIN").status == 200


def kept_refusals(database):
    with database.read(ALL_ACCOUNTS) as session:
        return session.scalars(select(IdempotencyKey.answer).where(IdempotencyKey.status >= 400)).all()


def test_kept_refusals_are_bounded_for_each_user(client, database, monkeypatch):
    monkeypatch.setattr(idempotency_keys, "MOST_REFUSALS", 3)
    for number in range(5):
        answer = make(client, "too long" * 10_000, headers={"Idempotency-Key": f"k{number}"})
        assert answer.status == 400
    make(client, "too long", headers={"Idempotency-Key": "other"}, user_id=2)
    make(client, "good", headers={"Idempotency-Key": "good"})
    assert len(kept_refusals(database)) == 4
    replayed = [
        "Idempotent-Replayed" in make(client, "too long" * 10_000, headers={"Idempotency-Key": f"k{number}"}).headers
        for number in (4, 3, 2, 0)
    ]
    assert replayed == [True, True, True, False]
    assert "Idempotent-Replayed" in make(client, "good", headers={"Idempotency-Key": "good"}).headers


def test_a_large_refusal_is_not_kept(client, database, monkeypatch):
    monkeypatch.setattr(idempotency, "LARGEST_REFUSAL", 50)
    headers = {"Idempotency-Key": "large"}
    assert make(client, "too long", headers=headers).status == 400
    again = make(client, "too long", headers=headers)
    assert (again.status, "Idempotent-Replayed" in again.headers) == (400, False)
    assert kept_refusals(database) == []


def test_refusals_at_once_are_bounded_and_wait_for_nobody(client, database, monkeypatch):
    monkeypatch.setattr(idempotency_keys, "MOST_REFUSALS", 2)
    answers = []

    def refuse(number):
        for attempt in range(5):
            answers.append(make(client, "too long", headers={"Idempotency-Key": f"{number}-{attempt}"}).status)

    threads = [Thread(target=refuse, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [400] * 40
    make(client, "too long", headers={"Idempotency-Key": "last"})
    assert len(kept_refusals(database)) == 2


def test_a_nul_in_a_path_is_an_unknown_row(client):
    assert client.get("/api/v1/gadget/a%00b").status == 404
    assert client.delete("/api/v1/gadget/%00", role="ADMIN").status == 404
    assert client.get("/api/v1/gadget/%00", role=None).status == 401


def test_field_errors_name_every_bad_field(client):
    answer = client.post("/api/widgets/", {"name": "toolong", "price": "x"})
    assert answer.status == 400
    assert answer.json == {
        "name": ["Ensure this field has no more than 5 characters."],
        "price": ["A valid number is required."],
    }


def test_standard_messages_are_spanish_on_request(client):
    spanish = {"Accept-Language": "es-MX,es;q=0.9,en;q=0.1"}
    assert client.post("/api/widgets/", {}, headers=spanish).json["name"] == ["Este campo es requerido."]
    assert client.get("/api/widgets/9/", headers=spanish).json == {"detail": "No encontrado."}
    answer = client.get("/api/widgets/", role=None, headers=spanish)
    assert answer.json == {"detail": "Las credenciales de autenticación no se proveyeron."}


@pytest.mark.parametrize(
    ("raw", "status", "starts"),
    [
        (b"{", 400, '{"detail":"JSON parse error'),
        (b"[]", 400, '{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}'),
        (b"\xff\xfe", 400, '{"detail":"JSON parse error'),
        (b"[" * 100_000, 400, '{"detail":"JSON parse error'),
        (b'"' + b"a" * (1024 * 1024) + b'"', 413, '{"detail":"Request body is too large."}'),
    ],
)
def test_a_body_that_is_no_object_is_a_clear_error(client, raw, status, starts):
    answer = client.post("/api/widgets/", data=raw)
    assert answer.status == status
    assert answer.data.decode().startswith(starts)


def test_messages_cut_long_values(client):
    long = "x" * 400_000
    answer = client.post("/api/widgets/", {"name": long, "price": long})
    assert (answer.status, len(answer.data) < 300) == (400, True)
    answer = client.get(f"/api/widgets/?ordering={'x' * 200}")
    assert answer.json == {"ordering": [f'"{"x" * 99}…" is not a valid choice.']}
    for headers in ({}, {"Accept-Language": "es"}):
        answer = client.get(f"/api/widgets/refused/?why={'x' * 60_000}", headers=headers)
        assert answer.json == {"detail": "x" * 999 + "…", "lines": [{"why": ["x" * 999 + "…"], "count": 1}]}
        answer = client.get(f"/api/v1/widget/refused?why={'x' * 60_000}", headers=headers)
        assert answer.json["status_message"] == "x" * 999 + "…"


def test_each_surface_has_its_own_error_shape(client):
    assert client.get("/nowhere").json == {"detail": "Not found."}
    b2b = client.get("/api/v1/widget")
    assert (b2b.status, b2b.json["success"], b2b.json["data"]) == (400, False, None)
    assert b2b.json["status_message"] == "data[0].uid: This field is required."
    assert client.get("/api/v1/widget", role=None).json["status_message"] == "unauthorized"
    assert client.put("/api/widgets/").json == {"detail": 'Method "PUT" not allowed.'}
    assert "GET" in client.put("/api/widgets/").headers["Allow"]


def test_a_bug_tells_the_client_nothing(client):
    answer = client.get("/api/v1/auth/broken", role=None)
    assert (answer.status, answer.json) == (500, {"status": "error", "message": "A server error occurred."})


def test_a_missing_slash_redirects_keeping_the_method_only_on_the_pos_surface(client):
    answer = client.post("/api/widgets?x=1", {"name": "abc", "price": 1})
    assert (answer.status, answer.headers["Location"]) == (308, "/api/widgets/?x=1")
    assert client.get("/api/v1/widget/").status == 404


def test_a_path_takes_plain_digits_only(client):
    id_ = make(client).json["id"]
    assert client.get(f"/api/widgets/{id_}/").status == 200
    for written in ("\N{ARABIC-INDIC DIGIT ONE}", "\N{FULLWIDTH DIGIT ONE}", "+1", "1.0"):
        assert client.get(f"/api/widgets/{written}/").status == 404, written


def test_roles_are_enforced(client):
    made = make(client, role="EMPLOYEE").json
    answer = client.delete(f"/api/widgets/{made['id']}/", role="EMPLOYEE")
    assert answer.json == {"detail": "You do not have permission to perform this action."}
    assert answer.status == 403
    assert client.get("/api/widgets/", role="CLIENT").status == 403
    assert client.delete(f"/api/widgets/{made['id']}/", role="OWNER").status == 204


def test_no_token_is_401_with_a_challenge(client):
    answer = client.get("/api/widgets/", role=None)
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.json == {"detail": "Authentication credentials were not provided."}


def test_lists_are_paged_and_say_the_total(client):
    for name in "abcde":
        make(client, name)
    page = client.get("/api/widgets/?page=2&page_size=2&ordering=-name")
    assert [row["name"] for row in page.json] == ["c", "b"]
    assert page.headers["X-Total-Count"] == "5"
    links = page.headers["Link"]
    for relation in ("first", "prev", "next", "last"):
        assert f'rel="{relation}"' in links
    assert "</api/widgets/?page_size=2&ordering=-name&page=3>; rel=" in links
    past = client.get("/api/widgets/?page=9")
    assert (past.status, past.json, past.headers["X-Total-Count"]) == (200, [], "5")
    assert client.get("/api/widgets/?page_size=1000").status == 200
    assert client.get("/api/widgets/?ordering=color").json == {"ordering": ['"color" is not a valid choice.']}
    client.post("/api/widgets/", {"name": "0", "price": 20})
    for several in (
        "ordering=-price,-name",
        "ordering=-price&ordering=-name",
        "ordering=-price&ordering=&ordering=-name",
    ):
        assert [row["name"] for row in client.get(f"/api/widgets/?{several}").json] == list("0edcba")
    assert len(client.get("/api/widgets/?page_size=4&page_size=2&page=1").json) == 2, (
        "the last of other arguments counts"
    )
    assert client.get("/api/widgets/?page=0").status == 400


def test_a_list_without_a_page_says_where_the_rest_is(client, monkeypatch):
    for name in "abcde":
        make(client, name)
    whole = client.get("/api/widgets/?ordering=-name")
    assert [row["name"] for row in whole.json] == list("edcba")
    one = "/api/widgets/?ordering=-name&page_size=200&page=1"
    assert whole.headers["Link"] == f'<{one}>; rel="first", <{one}>; rel="last"'
    monkeypatch.setattr(pagination, "UNPAGED_LIMIT", 2)
    monkeypatch.setattr(pagination, "MAX_PAGE_SIZE", 1)
    seen, answer = [], client.get("/api/widgets/?ordering=-name")
    assert (len(answer.json), answer.headers["X-Total-Count"]) == (2, "5")
    while answer is not None:
        seen += [row["name"] for row in answer.json]
        following = re.search(r'<([^>]*)>; rel="next"', answer.headers["Link"])
        answer = client.get(following[1]) if following else None
    assert seen == list("edcba"), "each row once"


def test_links_repeat_the_arguments_that_the_list_knows_and_no_others(client, monkeypatch):
    for name in "abc":
        make(client, name)
    long = "x" * 2500
    page = client.get(f"/api/widgets/?unknown={long}&page_size=2&page_size=&ordering=price&ordering=-name")
    one, two = (f"/api/widgets/?page_size=2&ordering=price&ordering=-name&page={number}" for number in (1, 2))
    assert page.headers["Link"] == f'<{one}>; rel="first", <{two}>; rel="next", <{two}>; rel="last"'
    monkeypatch.setattr(pagination, "MAX_LINK", 100)
    page = client.get("/api/widgets/?page_size=2&ordering=-name")
    assert (len(page.json), page.headers["X-Total-Count"]) == (2, "3")
    assert "Link" not in page.headers


def test_conditional_requests(client):
    made = make(client).json
    path = f"/api/widgets/{made['id']}/"
    tag = client.get(path).headers["ETag"]
    unchanged = client.get(path, headers={"If-None-Match": tag})
    assert (unchanged.status, unchanged.data) == (304, b"")
    assert client.delete(path, headers={"If-Match": '"stale"'}).status == 412
    assert client.get(path).status == 200
    assert client.delete(path, headers={"If-Match": tag}).status == 204


def test_a_retry_gets_the_first_answer(client):
    key = {"Idempotency-Key": "order-1"}
    first, again = make(client, headers=key), make(client, headers=key)
    assert again.data == first.data
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(client.get("/api/widgets/").json) == 1
    assert make(client, "xyz", headers=key).status == 422
    assert make(client, "xyz", headers={"Idempotency-Key": '"order-2"'}).status == 201
    assert make(client, "uvw", headers=key, user_id=2).status == 201, "keys of two users never meet"


def test_a_refused_request_is_replayed_and_a_passing_conflict_is_not(client):
    make(client)
    key = {"Idempotency-Key": "k"}
    assert make(client, headers=key).status == 400
    client.delete(f"/api/widgets/{client.get('/api/widgets/').json[0]['id']}/")
    assert make(client, headers=key).headers["Idempotent-Replayed"] == "true"
    toy_app.refusing["on"] = True
    try:
        assert make(client, headers={"Idempotency-Key": "k2"}).status == 409
    finally:
        toy_app.refusing["on"] = False
    assert client.get("/api/widgets/").json == [], "the refused insert was rolled back"
    assert make(client, headers={"Idempotency-Key": "k2"}).status == 201


def test_a_copy_that_runs_into_the_effect_of_the_first_gets_its_answer(client, monkeypatch):
    key = {"Idempotency-Key": "twin"}
    first = make(client, headers=key)
    answered, looks = idempotency._answered, iter([False, True])

    def refuse(*_args, **_how):
        raise Invalid({"name": ["is there already"]})

    # The copy looked for an answer just before there was one, and then found the widget made.
    monkeypatch.setattr(idempotency, "_answered", lambda key: answered(key) if next(looks) else None)
    monkeypatch.setattr(toy_app.web, "respond", refuse)
    again = make(client, headers=key)
    assert (again.status, again.data, again.headers["Idempotent-Replayed"]) == (201, first.data, "true")


def test_a_key_is_kept_for_24_hours_and_no_longer(client, database):
    def aged(hours):
        with database.transaction(ALL_ACCOUNTS) as session:
            session.execute(update(IdempotencyKey).values(created_at=utcnow() - timedelta(hours=hours)))
        return prune(database)

    key = {"Idempotency-Key": "day"}
    assert make(client, headers=key).status == 201
    assert aged(23.9) == 0
    assert make(client, headers=key).headers["Idempotent-Replayed"] == "true"
    assert aged(24.1) == 1


@pytest.mark.parametrize("key", ["", "a,b", "é", "x" * 256])
def test_a_malformed_key_is_refused(client, key):
    assert make(client, headers={"Idempotency-Key": key.encode().decode("latin-1")}).status == 400


def test_twenty_copies_at_once_have_one_effect_and_one_answer(client):
    answers = []
    threads = [
        Thread(target=lambda: answers.append(make(client, headers={"Idempotency-Key": "same"}))) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status for answer in answers} == {201}
    assert len({answer.data for answer in answers}) == 1
    assert len(client.get("/api/widgets/").json) == 1


def test_a_key_whose_first_request_still_runs_is_told_so_and_nothing_is_done_twice(client, database, monkeypatch):
    monkeypatch.setattr("chassis.db.BUSY_SECONDS", 0.5)
    go_on, key, first = Event(), {"Idempotency-Key": "slow"}, []
    toy_app.held_up.append(go_on)
    running = Thread(target=lambda: first.append(make(client, headers=key)))
    running.start()
    while toy_app.held_up:
        assert running.is_alive()
    try:
        # SQLite's one write lock doesn't say whose it is, so there it is the 503 of a busy database.
        assert make(client, headers=key).status == {"postgresql": 409, "sqlite": 503}[database.dialect]
    finally:
        go_on.set()
        running.join()
    assert first[0].status == 201
    assert make(client, headers=key).data == first[0].data
    assert len(client.get("/api/widgets/").json) == 1


def test_internal_paths_exist_for_their_callers_only(client):
    made = make(client).json
    path = f"/internal/widgets/{made['id']}/"
    assert client.get(path).status == 404
    assert client.get(path, role=None).status == 404


def test_health(client):
    assert client.get("/livez", role=None).json == {"status": "ok"}
    ready = client.get("/readyz", role=None)
    assert (ready.status, ready.json["checks"]) == (200, {"database": True, "keys": True})
    version = client.get("/version", role=None).json
    assert (version.pop("schema"), version) == (
        "0001", {"service": "toy", "version": None, "commit": None, "chassis": "0.1.0"},
    )  # fmt: skip
    assert b"http_request_duration_seconds" in client.get("/metrics", role=None).data
