"""The font of a PDF receipt for what Courier lacks: bitmaps of GNU Unifont as Type 3 fonts, as many as are needed.

A character takes one or two of the printer's columns, as in a terminal. Letters are not joined, and are drawn from left
to right, whatever the script.
"""

from __future__ import annotations

import lzma
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

_FILE = Path(__file__).parent / "unifont" / "unifont.hex.xz"
_UNKNOWN = "\u25af"  # an empty box
_COLUMN, _HEIGHT, _BELOW = 600, 960, -120
"""Of a glyph, in thousandths of the font's size; `_BELOW` is its lower edge. Courier's column is as wide."""
_PER_FONT = 255


class Glyphs:
    """The characters of one document that Courier lacks, and the codes that they get."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, int], int] = {}

    def runs(self, line: str) -> Iterator[tuple[int, bytes]]:
        """(Font, codes) of the parts of a line: font 0 is Courier in cp1252, the others are numbered from 1."""
        import wcwidth  # here, so that a web that prints nothing does not carry it

        for cluster in wcwidth.iter_graphemes(line):
            try:
                yield 0, cluster.encode("cp1252")
                continue
            except UnicodeEncodeError:
                room = wcwidth.width(cluster)
            for character in cluster:
                columns = _columns(character, room)
                if columns is None:
                    continue
                room -= columns
                try:
                    # An accent without a glyph of its own may follow a letter of Courier's.
                    yield 0, character.encode("cp1252")
                except UnicodeEncodeError:
                    code = self._codes.setdefault((character, columns), len(self._codes))
                    yield 1 + code // _PER_FONT, bytes([code % _PER_FONT + 1])
            if room > 0:
                yield 0, b" " * room

    def fonts(self) -> list[list[tuple[str, int]]]:
        """The (character, columns) of each font from number 1, in the order of their codes from 1."""
        known = list(self._codes)
        return [known[start : start + _PER_FONT] for start in range(0, len(known), _PER_FONT)]


def _columns(character: str, room: int) -> int | None:
    """How many columns the character takes of those that its cluster has left; None if it is not drawn."""
    import wcwidth

    columns = 1 if "\U0001f1e6" <= character <= "\U0001f1ff" else max(0, wcwidth.wcwidth(character))  # a flag is two
    category = unicodedata.category(character)
    if columns == 0 and category == "Mc" and room > 0:
        columns = 1  # a vowel sign beside its letter
    if columns > room or category == "Cf" or (columns == 0 and not bitmap(character)):
        return None  # a joined emoji is drawn as its first part
    return columns


def lacking(text: str) -> list[tuple[str, int]]:
    """The (character, columns) that Western code pages lack and Unifont may draw, by code point."""
    import wcwidth

    characters = {character for character in text if not character.encode("cp1252", "ignore")}
    # Joiners have no bitmap, but a browser takes a cluster from one font only.
    drawn = (each for each in sorted(characters) if bitmap(each) or wcwidth.wcwidth(each) == 0)
    return [(each, 1 if unicodedata.category(each) == "Mc" else max(0, wcwidth.wcwidth(each))) for each in drawn]


def procedure(character: str, columns: int) -> bytes:
    """The content stream that draws a glyph; one of no columns is drawn over the glyph before."""
    pixels = bitmap(character) or bitmap(_UNKNOWN)
    width = 8 if len(pixels) == 32 else 16
    drawn = _COLUMN * (2 if columns == 2 and width == 16 else 1)
    left = 0 if columns else -_COLUMN
    return (
        f"{columns * _COLUMN} 0 {left} {_BELOW} {left + drawn} {_BELOW + _HEIGHT} d1\n"
        f"{drawn} 0 0 {_HEIGHT} {left} {_BELOW} cm\n"
        f"BI /W {width} /H 16 /IM true /D [1 0] /F /AHx ID\n{pixels}>\nEI"
    ).encode()


def unicode_map(characters: list[str]) -> bytes:
    """The ToUnicode table of a font, so that its text can be found and copied."""
    rows = (f"<{code:02X}> <{text.encode('utf-16-be').hex().upper()}>" for code, text in enumerate(characters, start=1))
    parts = list(rows)
    blocks = (parts[start : start + 100] for start in range(0, len(parts), 100))
    body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CMapName /Receipt def\n/CMapType 2 def\n"
        f"1 begincodespacerange\n<00> <FF>\nendcodespacerange\n{body}\nendcmap\nend\nend"
    ).encode()


@lru_cache(maxsize=4096)
def bitmap(character: str) -> str:
    """A glyph's rows as hexadecimal digits, 32 of them or 64; empty for a character that Unifont lacks."""
    before = f"\n{ord(character):04X}:".encode()
    start = _glyphs().find(before)
    if start < 0:
        return ""
    start += len(before)
    return _glyphs()[start : _glyphs().index(b"\n", start)].decode()


@cache
def _glyphs() -> bytes:
    return b"\n" + lzma.decompress(_FILE.read_bytes())
