"""Which discount a line gets, and what becomes of a product that is rung up twice."""

from __future__ import annotations

from decimal import Decimal as D  # noqa: N817 - a column of figures reads better

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales.domain.drafts import Buyer, Cashier, HeldLine, Promotion, draft_order, merged, price_lines
from sales.domain.errors import OrderTooLarge
from sales.domain.pricing import price_line

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


whole_percents = st.integers(min_value=0, max_value=100)
promotions = st.none() | st.builds(
    Promotion,
    st.just(1),
    st.just("Oferta"),
    st.decimals(min_value=D("0.01"), max_value=100, places=2),
    st.sampled_from(["ALL", "FREQUENT_ONLY"]),
)
buyers = st.none() | st.builds(
    Buyer, st.just(1), st.just("uid"), st.just("Maria"), is_frequent=st.booleans(), has_birthday=st.booleans()
)
held_lines = st.builds(
    HeldLine, st.just(1), st.just("uid"), st.just("A"), st.just("Arroz"), st.integers(min_value=1, max_value=1000),
    st.decimals(min_value=0, max_value=99_999, places=2), st.sampled_from(["16.00", "8.00", "0.00", "EXENT"]), promotions,
)  # fmt: skip


@given(st.lists(held_lines, min_size=1, max_size=10), buyers, whole_percents)
def test_discounts_never_stack(held, who, birthday_percent):
    draft = draft_order("uid", buyer=who, cashier=CASHIER, held=held, birthday_percent=birthday_percent)
    for line, priced in zip(held, draft.lines, strict=True):
        offers = [D(0)]
        if line.promotion and (line.promotion.target_audience == "ALL" or (who and who.is_frequent)):
            offers.append(line.promotion.discount_percent)
        if who and who.has_birthday:
            offers.append(D(birthday_percent))
        alone = [price_line(line.list_price, line.tax_rate, line.quantity, offer).amount for offer in offers]
        assert priced["amount"] == min(alone), "the price of the best offer alone, to the cent"


@given(st.lists(held_lines, min_size=1, max_size=10), buyers, whole_percents)
def test_the_header_is_the_sum_of_its_lines(held, who, birthday_percent):
    draft = draft_order("uid", buyer=who, cashier=CASHIER, held=held, birthday_percent=birthday_percent)
    sums = {name: sum(line[name] for line in draft.lines) for name in ("amount", "tax_amount", "discount_amount")}
    assert draft.totals == {
        "subtotal": sums["amount"],
        "total_tax": sums["tax_amount"],
        "final_amount": sums["amount"] + sums["tax_amount"],
        "money_saved_total": sums["discount_amount"],
    }
    assert all(line[name] >= 0 for line in draft.lines for name in (*sums, "unit_price"))
    assert sums["amount"] + sums["discount_amount"] == sum(line.list_price * line.quantity for line in held)


@given(held_lines, buyers, whole_percents)
def test_a_discount_is_explained_by_what_was_taken_off(line, who, birthday_percent):
    [(_, discount, price)] = price_lines([line], buyer=who, birthday_percent=birthday_percent)
    if discount is None:
        assert price.discount_amount == 0
    else:
        assert price == price_line(line.list_price, line.tax_rate, line.quantity, discount.percent)
        assert (discount.kind == "PROMOTION") == (discount.promotion is not None)


@pytest.mark.parametrize(
    ("list_price", "quantity", "promotion", "fits"),
    [
        ("86206896.55", 100, None, True),  # 8,620,689,655.00 and 16 % of it: a cent a piece more is too much
        ("86206896.56", 100, None, False),
        ("9999999999.99", 1, ALL_25, True),
        ("9999999999.99", 1, None, False),
        ("5000000000.00", 2, Promotion(1, "Gratis", D(100), "ALL"), False),
    ],
)
def test_an_order_has_an_end(list_price, quantity, promotion, fits):
    held = HeldLine(
        1, "0193a5e1-0000-7000-8000-000000000011", "A", "Arroz", quantity, D(list_price), "16.00", promotion
    )
    if fits:
        draft = draft_order("uid", buyer=None, cashier=CASHIER, held=[held], birthday_percent=10)
        assert draft.totals["final_amount"] <= D("9999999999.99")
    else:
        with pytest.raises(OrderTooLarge):
            draft_order("uid", buyer=None, cashier=CASHIER, held=[held], birthday_percent=10)


def test_lines_of_one_product_merge_where_it_was_first_rung_up():
    items = [{"product_id": 2, "quantity": 1}, {"product_id": 1, "quantity": 3}, {"product_id": 2, "quantity": 4}]
    assert list(merged(items).items()) == [(2, 5), (1, 3)]
