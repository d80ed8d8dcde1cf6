"""What catalog makes of sales' answers about an order, as the contract shows them."""

from catalog.clients.sales import Sales


def test_every_answer_is_understood(settings, sales, contracts):
    contract = contracts.internal("sales", "order_status")
    for example in contract["examples"]:
        sales.on(contract["method"], example["path"], example["status"], example["response"])
        uid = example["path"].split("/")[3]
        status = Sales(settings).status_of(uid, account_id=7)
        assert status == (example["response"]["status"] if example["status"] == 200 else None), example["name"]
        method, path, body, identity = sales.calls[-1]
        assert (method, path, body) == (contract["method"], example["path"], example["request"])
        assert identity.caller in contract["callers"]
