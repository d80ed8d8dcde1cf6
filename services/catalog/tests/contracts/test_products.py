"""What sales asks of products by their uids, replayed from the contract."""

from __future__ import annotations


def test_products_are_found_as_the_contract_says(client, contracts):
    contract = contracts.internal("catalog", "products")
    known = contract["examples"][0]["response"]["products"]
    rows = [{"uid": row["product_uid"], "price": row["price"], "active": row["is_active"]} for row in known]
    assert client.post("/api/v1/product", {"data": [*rows, {"uid": "prod-999", "price": 1}]}).status == 200
    name = {"product_uid": "prod-456", "language": "en", "name": known[0]["name"]}
    assert client.post("/api/v1/product/description", {"data": [name]}).status == 200
    assert client.delete("/api/v1/product/prod-999").status == 200
    for example in contract["examples"]:
        for caller in contract["callers"]:
            answer = client.internal(caller, contract["method"], example["path"], example["request"])
            assert (answer.status, answer.json) == (example["status"], example["response"]), example["name"]


def test_they_are_for_sales_and_its_account_only(client):
    path, body = "/internal/products/", {"uids": ["prod-456"]}
    assert client.post("/api/v1/product", {"data": [{"uid": "prod-456", "price": 1}]}).status == 200
    assert len(client.internal("sales", "POST", path, body).json["products"]) == 1
    assert client.internal("sales", "POST", path, body, account_id=2).json == {"products": []}
    assert client.internal("analytics", "POST", path, body).status == 404  # they share no secret
    assert client.post(path, body).status == 404
