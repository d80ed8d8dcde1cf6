"""One number is one person, however it is written: customers, the chatbot's users and B2B clients, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from click.testing import CliRunner
from sqlalchemy import bindparam, func, insert, select, text, update

from chassis import migrations
from chassis.columns import UtcDateTime
from chassis.db import ALL_ACCOUNTS, utcnow
from chassis.tenants import Tenant
from customers.cli import reconcile
from customers.domain.clients import Client
from customers.domain.models import ChatbotUser, Customer
from customers.sweeps import key_phones

CUSTOMERS, CHATBOT_USERS, CLIENTS = "/api/customers/", "/api/chatbotusers/", "/api/v1/client"
WRITTEN = [
    "5544332211", "55 4433 2211", "(55) 4433-2211", "+525544332211", "+52 55 4433 2211", "+5215544332211",
    "+52 1 55 4433 2211", "525544332211", "044 55 4433 2211", "01 55 4433 2211",
]  # fmt: skip
PHONE_TAKEN = {"phone_number": ["customer with this phone number already exists."]}
NUMBER_TAKEN = {"mobile_number": ["chat bot users with this mobile number already exists."]}
TAKEN = "data[0].phone: client with this phone already exists."
HIDALGO = {"first_name": "Ana", "last_name": "Hidalgo"}


@pytest.fixture
def live_in(database):
    """`live_in(2, "America/New_York")`: what customers keeps of an account."""

    def tell(account_id, zone):
        with database.transaction(account_id) as session:
            session.execute(insert(Tenant).values(account_id=account_id, timezone=zone, version=1))

    return tell


@pytest.fixture
def ask(client):
    """`ask(phone)`: the uid of the client who logs in by it."""

    def call(phone, pin_code="1234", status=200):
        body = {"phone": phone, "pin_code": pin_code}
        answer = client.internal("auth", "POST", "/internal/clients/pin/", body, account_id=None)
        assert answer.status == status
        return answer.json["client"] and answer.json["client"]["uid"] if status == 200 else None

    return call


def put(client, uid, phone, **how):
    body = {"data": [{"uid": uid, "name": uid, "phone": phone, "pin_code": "1234"}]}
    return client.post(CLIENTS, body, **how)


def ids_of(answer):
    assert answer.status == 200
    return [row["id"] for row in answer.json]


@pytest.mark.parametrize("number", WRITTEN)
def test_one_number_is_one_customer_however_it_is_written(client, register, number):
    first = register("55 4433 2211")
    answer = client.post(CUSTOMERS, {**HIDALGO, "phone_number": number})
    assert (answer.status, answer.json) == (400, PHONE_TAKEN)
    assert client.get(f"{CUSTOMERS}{first}/").json["phone_number"] == "55 4433 2211", "answered as typed"
    other = register("5500000000")
    assert client.patch(f"{CUSTOMERS}{other}/", {"phone_number": number}).json == PHONE_TAKEN
    changed = client.patch(f"{CUSTOMERS}{first}/", {"phone_number": number})
    assert (changed.status, changed.json["phone_number"]) == (200, number), (
        "one's own number can be written differently"
    )


@pytest.mark.parametrize("number", WRITTEN)
@pytest.mark.parametrize("stored", ["55 4433 2211", "+5215544332211"])
def test_filters_and_search_find_a_customer_however_the_number_is_written(client, register, stored, number):
    first, _ = register(stored), register("5544332212")
    for query in (f"phone_number={quote(number)}", f"search={quote(number)}"):
        assert ids_of(client.get(f"{CUSTOMERS}?{query}")) == [first], query


def test_a_part_of_a_number_is_found(client, register):
    first, second = register("55 4433 2211"), register("(55) 4433-9911")
    assert ids_of(client.get(f"{CUSTOMERS}?search=554433")) == [first, second]
    assert ids_of(client.get(f"{CUSTOMERS}?search=33-99")) == [second]


@pytest.mark.parametrize("query", ["+525544332211", " 525544332211", "+52%2055%204433%202211", "%2B525544332211"])
def test_an_unencoded_plus_is_a_plus(client, register, query):
    register("5255443322")
    first = register("+52 55 4433 2211")
    assert ids_of(client.get(f"{CUSTOMERS}?phone_number={query}")) == [first]


def test_a_foreign_number_without_its_plus_is_still_a_foreign_one(client, register):
    american, mexican = register("+12025550123"), register("2025550123")
    assert ids_of(client.get(f"{CUSTOMERS}?phone_number=+1 202 555 0123")) == [american]
    assert ids_of(client.get(f"{CUSTOMERS}?phone_number=202 555 0123")) == [mexican]


@pytest.mark.parametrize("number", ["555-9876", "1", "55 ext. 9", "-", "abc", "+", "０"])
def test_what_is_no_number_is_taken_as_before(client, register, number):
    first = register(number)
    assert client.post(CUSTOMERS, {**HIDALGO, "phone_number": number}).json == PHONE_TAKEN
    assert ids_of(client.get(f"{CUSTOMERS}?phone_number={quote(number)}")) == [first]


def test_a_deleted_customers_number_is_free_in_every_form(client, register):
    client.delete(f"{CUSTOMERS}{register('55 4433 2211')}/")
    second = register("+525544332211")
    assert client.post(f"{CUSTOMERS}{second}/erase/").status == 204
    register("5544332211")


def test_an_erased_customer_leaves_no_key(client, register, database):
    id_ = register("55 4433 2211")
    assert client.post(f"{CUSTOMERS}{id_}/erase/").status == 204
    key_phones(database, None)
    with database.read(1) as session:
        row = session.execute(select(Customer.phone_key, Customer.phone_keyed, Customer.search_text)).one()
    assert tuple(row) == (None, "", "")


@pytest.mark.parametrize("number", WRITTEN)
def test_one_number_is_one_chatbot_user_however_it_is_written(client, number):
    made = client.post(CHATBOT_USERS, {"mobile_number": "55 4433 2211", "name": "Juan"})
    assert made.status == 201
    if number[0] != "(":
        answer = client.post(CHATBOT_USERS, {"mobile_number": number, "name": "Ana"})
        assert (answer.status, answer.json) == (400, NUMBER_TAKEN)
    assert client.get(f"{CHATBOT_USERS}?search={quote(number)}").json == [made.json]
    for written in (number, number.replace("+", " ")):
        one = f"{CHATBOT_USERS}{quote(written, safe='')}/"
        assert client.get(one).json["mobile_number"] == "55 4433 2211", "answered as typed"
        assert client.post(f"{one}interactions/").status == 204
        assert client.patch(one, {"name": "Juanito"}).json["mobile_number"] == "55 4433 2211"
    assert client.get(f"{CHATBOT_USERS}?search=5544332211").json[0]["name"] == "Juanito"
    assert client.delete(one).status == 204
    assert client.get(one).status == 404


@pytest.mark.parametrize("number", WRITTEN)
def test_one_number_is_one_client_however_it_is_written(client, ask, number):
    assert put(client, "a", "55 4433 2211").status == 200
    assert put(client, "b", number).json["status_message"] == TAKEN
    assert put(client, "b", number, account_id=2).json["status_message"] == TAKEN, "across the platform"
    assert ask(number) == "a"
    assert put(client, "a", number).status == 200
    two = [{"uid": uid, "name": uid, "phone": phone, "pin_code": "1234"} for uid, phone in
           (("c", "5599999999"), ("d", "+52 55 9999 9999"))]  # fmt: skip
    assert client.post(CLIENTS, {"data": two}).json["status_message"] == "data[1].phone: The same as data[0]."


def test_a_number_passes_to_another_client_in_another_form(client, ask):
    assert put(client, "a", "5544332211").status == put(client, "b", "5500000000").status == 200
    swapped = [{"uid": "a", "phone": "+525500000000"}, {"uid": "b", "phone": "+5215544332211"}]
    assert client.post(CLIENTS, {"data": swapped}).status == 200
    assert (ask("5544332211"), ask("5500000000")) == ("b", "a")


@pytest.mark.parametrize("first", range(3))
def test_wrong_pins_are_counted_for_a_number_however_it_is_written(client, ask, first):
    assert put(client, "a", "5544332211").status == 200
    for turn in range(10):
        assert ask(WRITTEN[(first + turn) % len(WRITTEN)], "0000") is None
    for number in WRITTEN:
        ask(number, status=429)


def test_clients_of_two_countries_may_share_a_national_number(client, ask, live_in):
    live_in(2, "America/New_York")
    assert put(client, "mexican", "2025550123").status == 200
    assert put(client, "american", "(202) 555-0123", account_id=2).status == 200
    assert (ask("+522025550123"), ask("+1 202 555 0123")) == ("mexican", "american")
    pin = {"data": [{"uid": "american", "pin_code": "9876"}]}
    assert client.post(CLIENTS, pin, account_id=2).status == 200
    assert (ask("2025550123"), ask("2025550123", "9876")) == ("mexican", "american"), "the PIN decides"
    assert put(client, "c", "+12025550123").json["status_message"] == TAKEN


def test_a_national_number_of_two_clients_with_one_pin_needs_its_country_code(client, ask, live_in):
    live_in(2, "America/New_York")
    assert put(client, "mexican", "+522025550123").status == 200
    assert put(client, "american", "+12025550123", account_id=2).status == 200
    assert ask("2025550123") is None
    assert ask("+12025550123") == "american"


def test_an_accounts_country_is_its_time_zones(client, live_in):
    live_in(2, "US/Eastern")  # an old name of America/New_York
    made = client.post(CUSTOMERS, {**HIDALGO, "phone_number": "202 555 0123"}, account_id=2)
    assert made.status == 201
    for number in ("+12025550123", "1-202-555-0123"):
        assert client.post(CUSTOMERS, {**HIDALGO, "phone_number": number}, account_id=2).json == PHONE_TAKEN
    assert client.post(CUSTOMERS, {**HIDALGO, "phone_number": "+522025550123"}, account_id=2).status == 201


def test_an_account_that_moves_has_its_numbers_read_in_its_new_country(client, register, deliver, event_of, database):
    register("202 555 0123")
    assert ids_of(client.get(f"{CUSTOMERS}?phone_number=+12025550123")) == []
    moved = {
        "account_id": 1, "account_uid": "a", "company_name": "A", "subscription_plan": "premium",
        "timezone": "America/Chicago", "currency": "USD",
    }  # fmt: skip
    deliver(event_of("AccountUpdated", moved, version=9))
    assert key_phones(database, None) == 1
    assert len(ids_of(client.get(f"{CUSTOMERS}?phone_number=+12025550123"))) == 1
    assert key_phones(database, None) == 0


@pytest.mark.parametrize("kind", ["customers", "chatbot_users", "clients"])
def test_of_forms_at_once_one_is_stored(client, kind):
    numbers = [number for number in WRITTEN if number[0] != "("] * 3

    def store(number):
        if kind == "customers":
            return client.post(CUSTOMERS, {**HIDALGO, "phone_number": number}).status
        if kind == "chatbot_users":
            return client.post(CHATBOT_USERS, {"mobile_number": number, "name": "A"}).status
        return client.post(CLIENTS, {"data": [{"name": "A", "phone": number, "pin_code": "1234"}]}).status

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(store, numbers))
    assert statuses == [201 if kind != "clients" else 200] + [400] * (len(numbers) - 1)


def test_the_migration_keys_what_is_there(client, database):
    migrations.downgrade(database, "0006")
    with database.engine.begin() as connection:
        for id_, number in enumerate(["5544332211", "+52 55 4433 2211", "abc"], start=1):
            connection.execute(
                text(
                    "INSERT INTO customers (id, uid, first_name, last_name, phone_number, is_frequent, current_points,"
                    " credit_limit, credit_used, search_text, version, created_at, updated_at, account_id)"
                    " VALUES (:id, :number, 'A', 'B', :number, false, 0, 0, 0, 'a b', 1, :now, :now, 1)"
                ).bindparams(bindparam("now", type_=UtcDateTime)),
                {"id": id_, "number": number, "now": utcnow()},
            )
    migrations.upgrade(database)
    assert ids_of(client.get(f"{CUSTOMERS}?phone_number=55 4433 2211")) == [1, 2]
    assert ids_of(client.get(f"{CUSTOMERS}?phone_number=abc")) == [3]
    assert key_phones(database, None) == 0


@pytest.fixture
def twins(database):
    """Rows as the version before stored them: no keys, and the same number twice."""
    with database.transaction(1) as session:
        for number in ("5544332211", "+52 55 4433 2211"):
            session.execute(insert(Customer).values(**HIDALGO, phone_number=number, search_text="ana hidalgo"))
            session.execute(insert(Client).values(uid=number[-3:] + number[:1], name="A", phone=number, pin_hash=""))
            session.execute(
                insert(ChatbotUser).values(
                    mobile_number=number, name="A", search_text="a", last_interaction=func.current_timestamp()
                )
            )
    assert key_phones(database, None) == 6
    assert key_phones(database, None) == 0


def test_twins_from_before_stay_readable_and_get_no_more(client, twins):
    found = client.get(f"{CUSTOMERS}?phone_number=55 4433 2211").json
    assert [row["phone_number"] for row in found] == ["5544332211", "+52 55 4433 2211"]
    assert client.patch(f"{CUSTOMERS}{found[1]['id']}/", {"last_name": "Mora"}).status == 200
    assert client.patch(f"{CUSTOMERS}{found[1]['id']}/", {"phone_number": "(55) 4433 2211"}).status == 200
    for id_ in (found[0]["id"], found[1]["id"]):  # also while only the twin is left
        assert client.post(CUSTOMERS, {**HIDALGO, "phone_number": "5544332211"}).json == PHONE_TAKEN
        assert client.delete(f"{CUSTOMERS}{id_}/").status == 204
    assert client.post(CUSTOMERS, {**HIDALGO, "phone_number": "5544332211"}).status == 201


def test_a_twin_among_the_chatbots_users_is_addressed_by_its_own_characters(client, twins):
    for number in ("5544332211", "+52 55 4433 2211"):
        one = f"{CHATBOT_USERS}{quote(number)}/"
        assert client.get(one).json["mobile_number"] == number
        answer = client.post(CHATBOT_USERS, {"mobile_number": "5215544332211", "name": "B"})
        assert answer.json == NUMBER_TAKEN
        assert client.delete(one).status == 204


def test_twins_among_clients_keep_their_numbers(client, twins, ask):
    with_twins = [row["phone"] for row in client.get(CLIENTS).json["data"]]
    assert with_twins == ["5544332211", "+52 55 4433 2211"]
    assert put(client, "c", "5544332211").json["status_message"] == TAKEN


def test_reconcile_names_twins(twins, database):
    done = CliRunner().invoke(reconcile, obj=SimpleNamespace(database=lambda: database))
    assert done.exit_code == 0
    same = "+525544332211 stands in 2 rows, from before it was unique: +52 55 4433 2211, 5544332211"
    tables = ("customers", "clients", "chatbot_users")
    assert done.output.splitlines()[:3] == [f"{table}: {same}" for table in tables]


def test_a_number_that_the_version_before_changes_is_keyed_again(client, register, database):
    id_ = register("5544332211")
    with database.transaction(1) as session:
        session.execute(update(Customer).where(Customer.id == id_).values(phone_number="55 0000 0000"))
    assert key_phones(database, None) == 1
    assert ids_of(client.get(f"{CUSTOMERS}?phone_number=5500000000")) == [id_]
    assert ids_of(client.get(f"{CUSTOMERS}?phone_number=5544332211")) == []
    with database.read(ALL_ACCOUNTS) as session:
        assert session.scalars(select(Customer.phone_twin)).all() == [""]
