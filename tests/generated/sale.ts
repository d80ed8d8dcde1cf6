// A sale by a client that openapi-typescript made from the API document: log in, list products, order, pay.
// Its types are the point: `tsc --strict` accepts this file only while the document says what the API takes and answers.

import createClient from "openapi-fetch";
import type { components, paths } from "./mostrador.js";

declare const process: { argv: string[]; stdout: { write(text: string): void } };

const [url, username, password, sku] = process.argv.slice(2) as [string, string, string, string];
// Reports and receipts are files, too; this client reads JSON.
const shop = createClient<paths, "application/json">({ baseUrl: url });

const { data: login, error: refused } = await shop.POST("/api/auth/login/", { body: { username, password } });
if (!login) throw new Error(JSON.stringify(refused));
shop.use({
    onRequest({ request }) {
        request.headers.set("Authorization", `Bearer ${login.access}`);
        return request;
    },
});

const created = await shop.POST("/api/products/", {
    body: { name: "Café molido 500 g", sku, price: "89.50", tax_rate: "16.00", current_stock: 12, low_stock_threshold: 3 },
    params: { header: { "Idempotency-Key": `product ${sku}` } },
});
if (!created.data) throw new Error(JSON.stringify(created.error));

const list = await shop.GET("/api/products/", { params: { query: { sku, ordering: ["-price", "name"], page_size: 5 } } });
if (!list.data) throw new Error(JSON.stringify(list.error));
const [product] = list.data;
if (!product) throw new Error("the new product is not in the list");

const ordered = await shop.POST("/api/orders/", { body: { items: [{ product_id: product.id, quantity: 2 }] } });
if (!ordered.data) throw new Error(JSON.stringify(ordered.error));
const path = { order_id: ordered.data.id };
const paid = await shop.POST("/api/orders/{order_id}/pay/", { params: { path }, body: { payment_method: "CASH" } });
if (!paid.data) throw new Error(JSON.stringify(paid.error));

const read = await shop.GET("/api/orders/{order_id}/", { params: { path } });
const method: components["schemas"]["OrderPay"]["payment_method"] | null | undefined = read.data?.payment_method;

const unknown = await shop.GET("/api/orders/{order_id}/", { params: { path: { order_id: 2 ** 53 - 1 } } });
const report = await shop.GET("/api/analytics/sales-summary/", { params: { query: { start_date: "2020-01-01" } } });
const revenue: number | undefined = report.data?.general_summary.total_revenue;

process.stdout.write(
    JSON.stringify({
        products: list.data.map((one) => one.sku),
        total: list.response.headers.get("X-Total-Count"),
        order: ordered.data.id,
        amount: ordered.data.final_amount,
        status: paid.data.status,
        method,
        unknown: [unknown.response.status, unknown.error],
        revenue: typeof revenue,
    }),
);
