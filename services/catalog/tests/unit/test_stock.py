from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.stock import Held, after_release, became_low, merged


def test_lines_of_one_product_add_up_and_stand_in_order_of_ids():
    lines = [(7, 3), (2, 1), (7, 2)]
    wanted = merged({"product_id": id_, "quantity": quantity} for id_, quantity in lines)
    assert list(wanted.items()) == [(2, 1), (7, 5)]


def test_low_stock_is_told_when_it_begins_only():
    assert became_low((11, 10), (10, 10))
    assert became_low((11, 10), (11, 20))
    assert not became_low((10, 10), (9, 10))
    assert not became_low((12, 10), (11, 10))
    assert not became_low((5, 10), (11, 10))


def test_a_release_takes_ones_own_hold_first_then_the_oldest():
    holds = [Held("a", 2), Held("me", 3), Held("b", 4)]
    assert after_release(holds, 2, "me") == {"me": 1}
    assert after_release(holds, 4, "me") == {"me": 0, "a": 1}
    assert after_release(holds, 9, "me") == {"me": 0, "a": 0, "b": 0}
    assert after_release(holds, 3, "stranger") == {"a": 0, "me": 2}


@given(st.dictionaries(st.sampled_from("abcde"), st.integers(1, 50), min_size=1), st.data())
def test_a_release_gives_back_exactly_what_was_asked(quantities, data):
    holds = [Held(*pair) for pair in quantities.items()]
    units = data.draw(st.integers(1, sum(quantities.values())))
    remaining = after_release(holds, units, "c")
    assert sum(quantities[user] - left for user, left in remaining.items()) == units
    assert all(0 <= left <= quantities[user] for user, left in remaining.items())
