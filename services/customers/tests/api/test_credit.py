"""Store credit (001, 16–18): payments that end at zero, a ledger of what was really applied, exact answers."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

PAYMENT = {"amount": 200.00, "description": "Partial payment via Bank Transfer"}


@pytest.fixture
def debtor(register, hold):
    """A customer who bought for 550.50 on a credit of 2,000.00."""
    customer_id = register(credit_limit="2000")
    assert hold(customer_id, "CREDIT", "550.50").status == 200
    return f"/api/customers/{customer_id}/"


def test_the_documents_example(client, debtor):
    answer = client.post(debtor + "pay-credit/", PAYMENT, role="EMPLOYEE")
    assert (answer.status, answer.json) == (
        200,
        {"status": "success", "new_credit_used": "350.50", "available_credit": "1649.50"},
    )
    newest, oldest = client.get(debtor + "credit-history/", role="EMPLOYEE").json
    assert newest == {
        "id": newest["id"], "amount": "200.00", "transaction_type": "PAYMENT",
        "description": "Partial payment via Bank Transfer", "created_at": newest["created_at"],
    }  # fmt: skip
    assert oldest == {
        "id": oldest["id"], "amount": "550.50", "transaction_type": "CHARGE",
        "description": "Purchase - Ticket #F47AC10B", "created_at": oldest["created_at"],
    }  # fmt: skip
    shown = client.get(debtor).json
    assert (shown["credit_limit"], shown["credit_used"], shown["available_credit"]) == ("2000.00", "350.50", "1649.50")


def test_more_than_the_debt_ends_at_zero_and_the_ledger_says_what_was_applied(client, debtor, published, books_balance):
    for _ in range(2):  # the second finds no debt, and leaves no row
        answer = client.post(debtor + "pay-credit/", {"amount": "1000"})
        assert (answer.status, answer.json) == (
            200,
            {"status": "success", "new_credit_used": "0.00", "available_credit": "2000.00"},
        )
    assert [row["amount"] for row in client.get(debtor + "credit-history/").json] == ["550.50", "550.50"]
    told = [event.data for event in published("CreditChanged")]
    assert [(data["transaction_type"], data["amount"], data["credit_used"]) for data in told] == [
        (None, None, "0.00"), ("CHARGE", "550.50", "550.50"), ("PAYMENT", "550.50", "0.00"),
    ]  # fmt: skip
    books_balance()


@pytest.mark.parametrize("body", [{}, {"amount": ""}, {"amount": " "}, {"amount": None}, {"amount": 0}, {"amount": -5}])
def test_nothing_or_less_is_refused_in_the_documents_words(client, debtor, body):
    answer = client.post(debtor + "pay-credit/", body)
    assert (answer.status, answer.json) == (400, {"error": ["El monto del abono debe ser positivo."]})
    assert client.get(debtor).json["credit_used"] == "550.50"


@pytest.mark.parametrize(
    ("amount", "message"),
    [
        ("abc", "A valid number is required."),
        ("1.005", "Ensure that there are no more than 2 decimal places."),
        (True, "A valid number is required."),
        ("99999999999", "Ensure that there are no more than 12 digits in total."),
    ],
)
def test_what_is_no_amount_is_named(client, debtor, amount, message):
    assert client.post(debtor + "pay-credit/", {"amount": amount}).json == {"amount": [message]}
    assert client.get(debtor).json["credit_used"] == "550.50"


def test_the_history_filters_orders_searches_and_pages(client, debtor):
    for amount in ("1.00", "2.00"):
        client.post(debtor + "pay-credit/", {"amount": amount, "description": f"Abono {amount}"})

    def amounts(query):
        return [row["amount"] for row in client.get(debtor + "credit-history/" + query).json]

    assert amounts("") == ["2.00", "1.00", "550.50"]
    assert amounts("?transaction_type=CHARGE") == ["550.50"]
    assert amounts("?ordering=amount") == ["1.00", "2.00", "550.50"]
    assert amounts("?search=abono+1") == ["1.00"]
    assert amounts("?page=2&page_size=2") == ["550.50"]
    assert client.get(debtor + "credit-history/?transaction_type=EARN").status == 400


def test_unknown_deleted_and_foreign_customers_are_not_found(client, debtor, register):
    other = f"/api/customers/{register(account_id=2)}/"
    client.delete(debtor)
    for where in ("/api/customers/999/", debtor, other):
        assert client.post(where + "pay-credit/", PAYMENT).status == 404
        assert client.get(where + "credit-history/").status == 404


def test_a_retried_payment_counts_once(client, debtor):
    answers = [client.post(debtor + "pay-credit/", PAYMENT, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert answers[0].data == answers[1].data
    assert client.get(debtor).json["credit_used"] == "350.50"


def test_a_limit_below_the_debt_leaves_nothing_to_charge(client, debtor, hold):
    customer_id = int(debtor.split("/")[-2])
    shown = client.patch(debtor, {"credit_limit": 100}).json
    assert (shown["credit_used"], shown["available_credit"]) == ("550.50", "0.00")
    assert hold(customer_id, "CREDIT", "0.01").json["error"] == ["Crédito insuficiente. Disponible: $0.00"]
    assert client.post(debtor + "pay-credit/", {"amount": "500"}).json["available_credit"] == "49.50"


def test_many_payments_and_charges_at_once_stay_within_the_limit(client, register, hold, shown, books_balance):
    customer_id = register(credit_limit="1000")
    path = f"/api/customers/{customer_id}/"

    def work(number):
        if number % 4 == 3:
            return client.post(path + "pay-credit/", {"amount": "70"}).status
        return hold(customer_id, "CREDIT", "90").status

    with ThreadPoolExecutor(32) as pool:
        statuses = Counter(pool.map(work, range(64)))
    assert set(statuses) == {200, 400}
    assert 0 <= float(shown(customer_id)["credit_used"]) <= 1000
    books_balance()


def test_of_charges_at_once_only_what_the_limit_covers_goes_through(register, hold, shown, books_balance):
    customer_id = register(credit_limit="1000")
    with ThreadPoolExecutor(32) as pool:
        statuses = Counter(pool.map(lambda _: hold(customer_id, "CREDIT", "100").status, range(32)))
    assert statuses == {200: 10, 400: 22}
    assert shown(customer_id)["credit_used"] == "1000.00"
    books_balance()
