"""A sale by a client that openapi-python-client made from the API document: log in, list products, order, pay.

Run by `tests/test_generated_clients.py`, with the generated package on the path: `sale.py URL USERNAME PASSWORD SKU`.
"""

from __future__ import annotations

import io
import json
import sys
from typing import TypeVar

from mostrador_client import AuthenticatedClient, Client
from mostrador_client.api.login import log_in
from mostrador_client.api.orders import create_order, get_order, pay_order
from mostrador_client.api.products import create_product, import_product_file, list_products
from mostrador_client.api.reports import get_sales_summary
from mostrador_client.models import (
    Detail,
    ImportOut,
    ImportProductFileFilesBody,
    ItemCreate,
    ListProductsOrderingItem,
    Login,
    LoginOut,
    OrderCreate,
    OrderCreatedOut,
    OrderOut,
    OrderPaidOut,
    OrderPay,
    OrderPayPaymentMethod,
    ProductCreate,
    ProductOut,
)
from mostrador_client.types import File

T = TypeVar("T")


def expect(kind: type[T], answer: object) -> T:
    """Return the answer if it is of this kind."""
    if not isinstance(answer, kind):
        raise SystemExit(f"{kind.__name__} expected: {answer}")
    return answer


def main(url: str, username: str, password: str, sku: str) -> None:
    """Sell two pieces and print what the client read."""
    stranger = Client(base_url=url)
    login = expect(LoginOut, log_in.sync(client=stranger, body=Login(username=username, password=password)))
    shop = AuthenticatedClient(base_url=url, token=login.access)

    article = ProductCreate(name="Café molido 500 g", sku=sku, price="89.50", current_stock=12)
    expect(ProductOut, create_product.sync(client=shop, body=article, idempotency_key=f"product {sku}"))
    file = File(io.BytesIO(f"sku,price\n{sku},91.00\n".encode()), "prices.csv", "text/csv")
    dry_run = expect(ImportOut, import_product_file.sync(client=shop, body=ImportProductFileFilesBody(file=file)))

    by = [ListProductsOrderingItem.PRICE_DESC, ListProductsOrderingItem.NAME]
    listed = list_products.sync_detailed(client=shop, sku=sku, ordering=by, page_size=5)
    products = [expect(ProductOut, one) for one in expect(list, listed.parsed)]

    items = [ItemCreate(product_id=products[0].id, quantity=2)]
    order = expect(OrderCreatedOut, create_order.sync(client=shop, body=OrderCreate(items=items)))
    cash = OrderPay(payment_method=OrderPayPaymentMethod.CASH)
    paid = expect(OrderPaidOut, pay_order.sync(order.id, client=shop, body=cash))
    read = expect(OrderOut, get_order.sync(order.id, client=shop))
    assert read.paid_at == paid.paid_at

    unknown = get_order.sync_detailed(2**53 - 1, client=shop)
    get_sales_summary.sync(client=shop, start_date=order.created_at.date())
    print(
        json.dumps(
            {
                "products": [product.sku for product in products],
                "total": listed.headers["X-Total-Count"],
                "order": order.id,
                "amount": order.final_amount,
                "status": paid.status,
                "method": read.payment_method,
                "unknown": [unknown.status_code, expect(Detail, unknown.parsed).to_dict()],
                "updated": dry_run.updated,
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
