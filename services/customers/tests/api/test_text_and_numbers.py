"""What counts as a text and as a number."""

import pytest

CLIENT = {"uid": "c1", "name": "Ana", "phone": "5529442641", "pin_code": "1234"}
BAD_NUMBERS = ["1e9999999", "-1e9999999", "1e-9999999", "１２", "NaN"]


@pytest.mark.parametrize("number", BAD_NUMBERS)
def test_what_is_no_plain_number_is_refused_everywhere(client, register, number):
    path = f"/api/customers/{register(credit_limit='100')}/"
    answers = (
        client.patch(path, {"credit_limit": number}),
        client.post(path + "pay-credit/", {"amount": number}),
        client.post(path + "points/", {"amount": number, "transaction_type": "EARN"}),
        client.post("/api/v1/client", {"data": [{**CLIENT, "discount": number}]}),
        client.get(f"/api/customers/?page={number}"),
        client.get(f"/api/v1/client?offset={number}"),
    )
    assert [answer.status for answer in answers] == [400] * len(answers)


@pytest.mark.parametrize("value", [5529442641.0, 1.5, True])
def test_a_float_is_no_text(client, register, value):
    told = {"phone_number": ["Not a valid string."]}
    person = {"first_name": "A", "last_name": "B", "phone_number": value}
    assert client.post("/api/customers/", person).json == told
    assert client.patch(f"/api/customers/{register()}/", {"phone_number": value}).json == told
    for field in ("phone", "pin_code", "uid", "name"):
        answer = client.post("/api/v1/client", {"data": [{**CLIENT, field: value}]})
        assert (answer.status, answer.json["status_message"]) == (400, f"data[0].{field}: Not a valid string.")
    bot = client.post("/api/chatbotusers/", {"mobile_number": value, "name": "Ana"})
    assert (bot.status, bot.json) == (400, {"mobile_number": ["Not a valid string."]})


@pytest.mark.parametrize("name", ["\u200b", "\u2060 \ufeff", "\u3164"])
def test_a_name_needs_a_visible_character(client, name):
    answer = client.post("/api/customers/", {"first_name": name, "last_name": name, "phone_number": "5512345678"})
    assert (answer.status, list(answer.json)) == (400, ["first_name", "last_name"])
    assert client.post("/api/v1/client", {"data": [{**CLIENT, "name": name}]}).status == 400
    assert client.post("/api/chatbotusers/", {"mobile_number": "5512345678", "name": name}).status == 400


def test_an_email_is_one_in_both_unicode_forms(client, register, shown):
    composed, decomposed = "jos\u00e9@x.mx", "jose\u0301@x.mx"
    customer = shown(register(email=decomposed))
    assert customer["email"] == composed
    person = {"first_name": "A", "last_name": "B", "phone_number": "5512345678"}
    assert client.post("/api/customers/", {**person, "email": composed}).status == 400, "a twin"
    assert client.post("/api/v1/client", {"data": [{**CLIENT, "email": decomposed}]}).status == 200
    twin = {**CLIENT, "uid": "c2", "phone": "5529442642", "email": composed}
    assert client.post("/api/v1/client", {"data": [twin]}).status == 400
    for form in (composed, decomposed):
        assert client.get(f"/api/customers/?email={form}").json == [customer]
        assert client.get(f"/api/v1/client/email/{form}").json["data"]["uid"] == "c1"


@pytest.mark.parametrize("email", ["a/b@x.mx", "a%b@x.mx", "a#b@x.mx", "a?b@x.mx", "a\u200bb@x.mx"])
def test_an_email_can_stand_in_a_path(client, email):
    answer = client.post("/api/v1/client", {"data": [{**CLIENT, "email": email}]})
    assert (answer.status, answer.json["status_message"]) == (400, "data[0].email: Enter a valid email address.")
