"""The font of a receipt's page for the characters that the reader's computer may lack: bitmaps of GNU Unifont as TrueType.

Written by hand, because a library that writes fonts weighs 30 MB. Table formats: the OpenType specification.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from sales.api.receipt_font import bitmap

_PIXEL = 64
_EM, _ASCENT, _DESCENT = 16 * _PIXEL, 14 * _PIXEL, -2 * _PIXEL
_NAME = "Receipt"


def web_font(characters: Sequence[tuple[str, int]]) -> bytes:
    """A TrueType font of these (character, columns), in the order of their code points; one of no columns is overlaid."""
    shapes = [_shape("\u25af", 1), *(_shape(character, columns) for character, columns in characters)]
    advances = [_EM // 2, *(columns * _EM // 2 for _, columns in characters)]
    glyphs, offsets = b"", [0]
    for shape in shapes:
        glyphs += _glyph(shape)
        offsets.append(len(glyphs))
    metrics = b"".join(
        struct.pack(">Hh", advance, min((left for left, *_ in shape), default=0))
        for advance, shape in zip(advances, shapes, strict=True)
    )
    most = max(map(len, shapes))
    return _file(
        {
            "OS/2": _os2(characters),
            "cmap": _cmap([character for character, _ in characters]),
            "glyf": glyphs,
            "head": struct.pack(
                ">IIIIHHqqhhhhHHhhh", 0x10000, 0x10000, 0, 0x5F0F3CF5, 0, _EM, 0, 0, -_EM, _DESCENT, _EM, _ASCENT, 0, 8, 2,
                1, 0,
            ),
            "hhea": struct.pack(
                ">I3hH3h8hH", 0x10000, _ASCENT, _DESCENT, 0, _EM, -_EM, 0, _EM, 1, *[0] * 7, len(shapes)
            ),
            "hmtx": metrics,
            "loca": struct.pack(f">{len(offsets)}I", *offsets),
            "maxp": struct.pack(">I14H", 0x10000, len(shapes), 4 * most, most, 0, 0, 1, *[0] * 8),
            "name": _names(),
            "post": struct.pack(">IIhh5I", 0x30000, 0, -_PIXEL, _PIXEL, 1, 0, 0, 0, 0),
        }
    )  # fmt: skip


def _shape(character: str, columns: int) -> list[tuple[int, int, int]]:
    """The runs of dark pixels, each as (left, right, bottom) in the font's units."""
    rows = bitmap(character)
    width = 8 if len(rows) == 32 else 16
    digits, runs = width // 4, []
    # In as many columns as the character takes; one of none stands over the character before.
    scale, shift = (_PIXEL * 8 * columns // width, 0) if columns else (_PIXEL, -width * _PIXEL)
    for y in range(len(rows) // digits):
        dark = f"{int(rows[y * digits : (y + 1) * digits], 16):0{width}b}"
        start = 0
        for part in dark.replace("01", "0 1").replace("10", "1 0").split(" "):
            if "1" in part:
                left = shift + start * scale
                runs.append((left, left + len(part) * scale, _ASCENT - (y + 1) * _PIXEL))
            start += len(part)
    return runs


def _glyph(runs: Sequence[tuple[int, int, int]]) -> bytes:
    """A glyph of rectangles, each one pixel high."""
    if not runs:
        return b""
    corners = [
        corner
        for left, right, bottom in runs
        for corner in ((left, bottom), (left, bottom + _PIXEL), (right, bottom + _PIXEL), (right, bottom))
    ]
    steps = [(x - x0, y - y0) for (x0, y0), (x, y) in zip([(0, 0), *corners], corners, strict=False)]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    data = struct.pack(">5h", len(runs), min(xs), min(ys), max(xs), max(ys))
    data += struct.pack(f">{len(runs)}HH", *range(3, 4 * len(runs), 4), 0) + b"\1" * len(corners)
    data += b"".join(struct.pack(f">{len(steps)}h", *(step[axis] for step in steps)) for axis in (0, 1))
    return data + b"\0" * (-len(data) % 4)


def _cmap(characters: Sequence[str]) -> bytes:
    groups = b"".join(
        struct.pack(">III", ord(each), ord(each), glyph) for glyph, each in enumerate(characters, start=1)
    )
    return struct.pack(">HHHHIHHIII", 0, 1, 3, 10, 12, 12, 0, 16 + len(groups), 0, len(characters)) + groups


def _os2(characters: Sequence[tuple[str, int]]) -> bytes:
    codes = [min(ord(each), 0xFFFF) for each, _ in characters]
    return struct.pack(
        ">HhHHH11h10s4I4sHHHhhhHHIIhhHHH", 4, _EM // 2, 400, 5, 0, *[_EM // 2] * 10, 0, b"\0" * 10, 0, 0, 0, 0, b"    ",
        0x40, min(codes), max(codes), _ASCENT, _DESCENT, 0, _ASCENT, -_DESCENT, 1, 0, 8 * _PIXEL, 10 * _PIXEL, 0, 32, 1,
    )  # fmt: skip


def _names() -> bytes:
    text, kinds = _NAME.encode("utf-16-be"), (1, 2, 4, 6)  # family, style, full name, PostScript's
    records = b"".join(struct.pack(">6H", 3, 1, 0x409, kind, len(text), 0) for kind in kinds)
    return struct.pack(">3H", 0, len(kinds), 6 + len(records)) + records + text


def _file(tables: dict[str, bytes]) -> bytes:
    power = 1 << (len(tables).bit_length() - 1)
    head = struct.pack(">IHHHH", 0x10000, len(tables), 16 * power, power.bit_length() - 1, 16 * (len(tables) - power))
    at = len(head) + 16 * len(tables)
    records, body = b"", b""
    for tag, data in sorted(tables.items()):
        padded = data + b"\0" * (-len(data) % 4)
        sum_ = sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF
        records += struct.pack(">4sIII", tag.encode(), sum_, at + len(body), len(data))
        body += padded
    return head + records + body
