"""Folding of names for the search."""

from __future__ import annotations

from customers.domain.search import folded, searchable


def test_case_and_accents_do_not_matter():
    assert folded("GONZÁLEZ Ñandú Straße") == "gonzalez nandu strasse"


def test_a_customer_is_found_by_names_phone_and_email():
    assert searchable("María", "Ruiz", "55-1", "M@E.mx") == "maria ruiz 55-1 m@e.mx"
    assert searchable("María", "Ruiz", "55-1", None) == "maria ruiz 55-1"
