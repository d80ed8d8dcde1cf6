"""What counts as a text and as a number, in JSON, in the query and in a file."""

import unicodedata

import pytest

BAD_NUMBERS = ["1e9999999", "-1e9999999", "1e-9999999", "１２", "١٢", "NaN", "1_0"]
COLUMN = {"price": "A valid number is required.", "current_stock": "A valid integer is required."}


@pytest.mark.parametrize("number", BAD_NUMBERS)
@pytest.mark.parametrize("field", COLUMN)
def test_what_is_no_plain_number_is_refused_everywhere(client, product, field, number):
    body = {"name": "x", "sku": "x", "price": "1", field: number}
    made = client.post("/api/products/", body)
    changed = client.patch(f"/api/products/{product()['id']}/", {field: number})
    for answer in (made, changed):
        assert (answer.status, answer.json) == (400, {field: [COLUMN[field]]})
    file = f"sku,name,price,{'current_stock' if field != 'price' else 'low_stock_threshold'}\n"
    file += f"x,x,{number},1\n" if field == "price" else f"x,x,1,{number}\n"
    answer = client.post("/api/products/import/?dry_run=true", data=file.encode(), content_type="text/csv")
    assert (answer.status, list(answer.json["verdicts"][0]["errors"])) == (200, [field])


@pytest.mark.parametrize("number", BAD_NUMBERS)
def test_other_numbers_too(client, product, number):
    of = product()
    answers = (
        client.post("/api/v1/product", {"data": [{"uid": of["uid"], "price": number}]}),
        client.post("/api/v1/currency", {"data": [{"code": "USD", "name": "Dollar", "rate": number}]}),
        client.post("/api/promotions/", {"product": of["id"], "name": "x", "discount_percent": number}),
        client.get(f"/api/products/?supplier={number}"),
        client.get(f"/api/products/?page={number}"),
        client.get(f"/api/v1/product?limit={number}"),
    )
    assert [answer.status for answer in answers] == [400] * len(answers)


@pytest.mark.parametrize("rate", ["１６", "1e9999999", "0.1６", "nan", "inf", "1e400", "9" * 5000])
def test_a_tax_rate_of_a_file_has_plain_digits(client, rate):
    file = f"sku,name,price,tax_rate\nx,x,1,{rate}\n".encode()
    answer = client.post("/api/products/import/", data=file, content_type="text/csv")
    [message] = answer.json["verdicts"][0]["errors"]["tax_rate"]
    assert message.endswith('" is not a valid choice.')
    assert len(message) < 150


@pytest.mark.parametrize("field", ["sku", "name"])
@pytest.mark.parametrize("value", [7501055300075.0, 1.5, True, False])
def test_a_float_is_no_text(client, product, field, value):
    answer = client.post("/api/products/", {"name": "x", "sku": "x", "price": 1, field: value})
    assert (answer.status, answer.json) == (400, {field: ["Not a valid string."]})
    b2b = client.post("/api/v1/product", {"data": [{"uid": value, "price": 1}]})
    assert (b2b.status, b2b.json["status_message"]) == (400, "data[0].uid: Not a valid string.")


def test_an_integer_is_a_text(client, product):
    assert product(sku=7501055300075, name=7)["sku"] == "7501055300075"


@pytest.mark.parametrize("name", ["\u200b", "\u2060 \ufeff", "\u3164", "\u2800\u00ad"])
def test_a_name_needs_a_visible_character(client, name):
    blank = ["This field may not be blank."]
    assert client.post("/api/products/", {"name": name, "sku": name, "price": 1}).json == {"name": blank, "sku": blank}
    assert client.post("/api/suppliers/", {"name": name}).json == {"name": blank}


def test_text_is_stored_in_one_unicode_form_however_it_comes(client, product):
    decomposed = unicodedata.normalize("NFD", "Piñón-É")
    made = product(name=decomposed, sku=decomposed)
    assert made["name"] == made["sku"] == "Piñón-É"
    assert (
        client.get(f"/api/products/?sku={decomposed}").json == client.get("/api/products/?sku=Piñón-É").json == [made]
    )
    assert client.get(f"/api/products/?search={decomposed}").json == [made]
    uids = [{"uid": form, "parent_uid": None} for form in (decomposed, "Piñón-É")]
    assert client.post("/api/v1/category", {"data": uids}).status == 400, "one category twice"
    for uid in uids:
        assert client.post("/api/v1/category", {"data": [uid]}).json["data"] == ["Piñón-É"]
        assert client.get(f"/api/v1/category/{uid['uid']}").json["data"]["uid"] == "Piñón-É"
    file = f"sku,name,price,is_active\n{decomposed},{decomposed},{made['price']},{unicodedata.normalize('NFD', 'sí')}\n"
    answer = client.post("/api/products/import/", data=file.encode(), content_type="text/csv")
    assert answer.json["unchanged"] == 1


@pytest.mark.parametrize("sku", ["KO\u200b-600", "\ufeffKO-600", "KO-\u00ad600\u202c"])
def test_invisible_characters_are_removed_from_a_sku(client, product, sku):
    made = product(sku="KO-600")
    assert client.post("/api/products/", {"name": "x", "sku": sku, "price": 1}).status == 400, "a twin"
    assert client.get(f"/api/products/?sku={sku}").json == [made]


def test_verdicts_cut_long_values(client):
    long = "x" * 60_000
    for column in ("tax_rate", "supplier", "is_active", "price", "name"):
        file = f"sku,{column}\nA,{long}\n".encode()
        answer = client.post("/api/products/import/", data=file, content_type="text/csv")
        assert (answer.status, len(answer.data) < 700) == (200, True), answer
    answer = client.post("/api/products/import/", data=f"sku,{long}\n".encode(), content_type="text/csv")
    assert (answer.status, len(answer.data) < 1200) == (400, True)
