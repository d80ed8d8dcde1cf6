"""Batches of users at once: the plan's last places, names that cross, uids that two create."""

from collections import Counter

from sqlalchemy import func, select

from auth.domain.models import Account, LoginName, User
from chassis.db import ALL_ACCOUNTS
from chassis.testing_concurrency import together

THREADS = 16
PATH = "/api/v1/user"


def person(name, **changes):
    return {"uid": name, "username": name, "email": f"{name}@x.com", "password": "password123"} | changes


def test_the_last_places_go_to_whole_batches(client, company, database):
    account_id = company("dos")["account"]["id"]

    def make(number):
        elements = [person(f"u{number}-{part}") for part in "ab"]
        return client.post(PATH, {"data": elements}, account_id=account_id)

    assert Counter(answer.status for answer in together(THREADS, make)) == {200: 2, 403: THREADS - 2}
    with database.read(ALL_ACCOUNTS) as session:
        mine = session.scalar(select(func.count(User.id)).where(User.account_id == account_id))
        places = session.scalar(select(Account.active_users).where(Account.id == account_id))
    assert mine == places == 5


def test_batches_of_the_same_users_in_any_order_all_succeed(client, database):
    people = [person(f"u{number}") for number in range(20)]

    def write(number):
        order = people if number % 2 else people[::-1]
        return client.post(PATH, {"data": [{**each, "first_name": f"N{number}"} for each in order]})

    assert Counter(answer.status for answer in together(THREADS, write)) == {200: THREADS}
    with database.read(ALL_ACCOUNTS) as session:
        assert session.scalar(select(func.count(User.id))) == 21
        assert len(set(session.scalars(select(User.first_name).where(User.uid != "x")).all())) == 2  # one wrote last


def test_names_that_accounts_want_in_crossing_orders_go_to_one_each(client, company, database):
    accounts = [1, *[company(f"c{number}", plan="premium")["account"]["id"] for number in range(3)]]
    names = [f"n{number}" for number in range(10)]

    def want(number):
        order = names if number % 2 else names[::-1]
        return client.post(PATH, {"data": [person(each) for each in order]}, account_id=accounts[number % 4])

    answers = together(THREADS, want)
    assert {answer.status for answer in answers} == {200, 400}
    with database.read(ALL_ACCOUNTS) as session:
        owners = session.scalars(
            select(User.account_id).join(LoginName, LoginName.user_id == User.id).where(LoginName.name.in_(names))
        ).all()
        users = session.scalar(select(func.count(User.id)).where(User.uid.in_(names)))
    assert (len(owners), len(set(owners)), users) == (10, 1, 10)


def test_two_managers_who_demote_each_other(client, database):
    client.post(PATH, {"data": [person("a", user_role="admin"), person("b", user_role="admin")]})
    with database.read(ALL_ACCOUNTS) as session:
        first = session.scalar(select(User.uid).where(User.username == "admin_user"))
    assert client.delete(f"{PATH}/{first}").status == 200
    answers = together(THREADS, lambda n: client.post(PATH, {"data": [{"uid": "ab"[n % 2], "user_role": "employee"}]}))
    assert {answer.status for answer in answers} == {200, 400}
    with database.read(ALL_ACCOUNTS) as session:
        assert session.scalar(select(func.count(User.id)).where(User.role == "ADMIN", User.is_active)) == 1
