from __future__ import annotations

from catalog.domain.search import MAX_LENGTH, folded


def test_case_accents_and_gaps_vanish():
    assert folded("Café Ñandú", None, "KO-1") == "cafe nandu ko-1"


def test_what_folding_makes_longer_still_fits():
    assert len(folded("ﷺ" * 400)) == MAX_LENGTH
