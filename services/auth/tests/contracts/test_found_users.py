"""What sales asks of users by their uids, replayed from the contract."""

from sqlalchemy import update

from auth.domain.models import User
from chassis.db import ALL_ACCOUNTS


def name_user(database, row, uid):
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(User).where(User.id == row["id"]).values(uid=uid))


def test_users_are_found_as_the_contract_says(client, contracts, database, employee, employee_body):
    contract = contracts.internal("auth", "users")
    name_user(database, employee, "user-456")
    gone = client.post("/api/users/", {**employee_body, "username": "gone", "email": "gone@enterprise.com"}).json
    name_user(database, gone, "nobody")
    assert client.delete(f"/api/users/{gone['id']}/").status in (200, 204)
    for example in contract["examples"]:
        for caller in contract["callers"]:
            answer = client.internal(caller, contract["method"], example["path"], example["request"])
            assert (answer.status, answer.json) == (example["status"], example["response"]), example["name"]


def test_they_are_for_sales_and_its_account_only(client, database, employee):
    path, body = "/internal/users/", {"uids": ["user-456"]}
    name_user(database, employee, "user-456")
    assert len(client.internal("sales", "POST", path, body).json["users"]) == 1
    assert client.internal("sales", "POST", path, body, account_id=2).json == {"users": []}
    assert client.internal("gateway", "POST", path, body).status == 403
    assert client.post(path, body).status == 404
