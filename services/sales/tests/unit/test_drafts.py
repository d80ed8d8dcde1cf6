"""Which discount a line gets, and what becomes of a product that is rung up twice."""

from __future__ import annotations

from decimal import Decimal as D  # noqa: N817 - a column of figures reads better

import pytest

from sales.domain.drafts import Buyer, Cashier, HeldLine, Promotion, draft_order, merged

CASHIER = Cashier(7, "0193a5e1-0000-7000-8000-000000000007", "caja1")


def buyer(*, frequent: bool = False, birthday: bool = False) -> Buyer:
    return Buyer(1, "0193a5e1-0000-7000-8000-000000000001", "Maria González", frequent, birthday)


def unit_price(promotion: Promotion | None, who: Buyer | None) -> D:
    held = HeldLine(1, "0193a5e1-0000-7000-8000-000000000011", "A", "Arroz", 1, D("100.00"), "16.00", promotion)
    draft = draft_order("uid", buyer=who, cashier=CASHIER, held=[held], birthday_percent=10)
    return draft.lines[0]["unit_price"]


ALL_5, ALL_25 = Promotion(1, "Julio", D(5), "ALL"), Promotion(2, "Buen Fin", D(25), "ALL")
FREQUENT_25 = Promotion(3, "Clientes", D(25), "FREQUENT_ONLY")


@pytest.mark.parametrize(
    ("promotion", "who", "price"),
    [
        (None, None, 100),
        (None, buyer(), 100),
        (None, buyer(birthday=True), 90),
        (ALL_25, None, 75),
        (ALL_25, buyer(), 75),
        (FREQUENT_25, None, 100),
        (FREQUENT_25, buyer(), 100),
        (FREQUENT_25, buyer(frequent=True), 75),
        (FREQUENT_25, buyer(birthday=True), 90),
        # never both: the better one
        (ALL_25, buyer(birthday=True), 75),
        (ALL_5, buyer(birthday=True), 90),
        (FREQUENT_25, buyer(frequent=True, birthday=True), 75),
    ],
)
def test_the_better_discount_counts(promotion, who, price):
    assert unit_price(promotion, who) == price


def test_lines_of_one_product_merge_where_it_was_first_rung_up():
    items = [{"product_id": 2, "quantity": 1}, {"product_id": 1, "quantity": 3}, {"product_id": 2, "quantity": 4}]
    assert list(merged(items).items()) == [(2, 5), (1, 3)]
