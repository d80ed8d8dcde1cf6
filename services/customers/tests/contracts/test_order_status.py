"""What customers makes of sales' answers about an order, as the contract shows them."""

from customers.clients.sales import Sales


def test_every_answer_is_understood(settings, sales, contracts):
    contract = contracts.internal("sales", "order_status")
    for example in contract["examples"]:
        sales.on(contract["method"], example["path"], example["status"], example["response"])
        uid, told = example["path"].split("/")[3], example["response"]
        fate = Sales(settings).fate_of(uid, account_id=7)
        known = (told["status"], told["payment_method"]) if example["status"] == 200 else (None, None)
        assert fate == known, example["name"]
        method, path, body, identity = sales.calls[-1]
        assert (method, path, body) == (contract["method"], example["path"], example["request"])
        assert identity.caller in contract["callers"]
