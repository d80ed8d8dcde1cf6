"""Language tags and the tree of categories."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.category_tree import on_cycles
from catalog.domain.languages import normalized


@pytest.mark.parametrize(
    ("tag", "written"),
    [
        ("en", "en"), ("ES", "es"), ("es_mx", "es-MX"), ("zh-hant-tw", "zh-Hant-TW"), ("es-419", "es-419"),
        ("sl-ROZAJ-biske", "sl-rozaj-biske"), ("de-CH-1901", "de-CH-1901"), ("nah", "nah"), (" pt-br ", "pt-BR"),
        ("en-x-US", "en-x-us"), ("de-DE-u-CO-phonebk", "de-DE-u-co-phonebk"), ("zh-cmn-hans", "zh-cmn-Hans"),
    ],
)  # fmt: skip
def test_tags_are_written_as_usual(tag, written):
    assert normalized(tag) == written
    assert normalized(written) == written


@pytest.mark.parametrize(
    "tag",
    [
        "",
        "e",
        "english!",
        "en-",
        "-en",
        "12",
        "en--US",
        "en-a",
        "es mx",
        "ñ",
        "e1",
        "x" * 9,
        "en" + "-abcde" * 9,
        "es-٤١٩",
    ],
)
def test_what_is_no_tag(tag):
    assert normalized(tag) is None


@given(st.text(alphabet="aZ5-_x", max_size=40))
def test_a_written_tag_is_written_the_same_again(tag):
    written = normalized(tag)
    assert written is None or normalized(written) == written


@pytest.mark.parametrize(
    ("parents", "circling"),
    [
        ({"a": None, "b": "a", "c": "b"}, set()),
        ({"a": "a"}, {"a"}),
        ({"a": "c", "b": "a", "c": "b", "d": "c", "e": "d"}, {"a", "b", "c"}),
        ({"a": "gone"}, set()),
    ],
)
def test_cycles_are_found_and_what_hangs_below_them_is_not(parents, circling):
    assert on_cycles(parents, parents) == circling
    assert on_cycles(parents, list(parents)[::-1]) == circling
