"""Charts of reports, as SVG: drawn by pygal on the server, kept until a figure of the account changes."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from flask import request
from sqlalchemy.orm import Session

from analytics.queries.freshness import Fresh
from chassis.tenancy import tenant
from chassis.tenants import local_date

KEPT = 64
"""Charts that are kept, some 10 to 40 kB each."""
_MOST_BARS = 62
_MOST_LABELS = 31
_MOST_VALUES = 14
_LONGEST_LABEL = 32
_LABELS_WIDTH, _LETTER_WIDTH = 760, 8


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars from left to right, or lying one below the other; a line where there are too many for bars.

    `money`: the values are amounts, shown with cents; otherwise whole numbers.
    """

    title: str
    labels: Sequence[str]
    values: Sequence[float]
    across: str
    up: str
    money: bool = True
    lying: bool = False


_kept: OrderedDict[Hashable, bytes] = OrderedDict()
_lock = threading.Lock()


def cache_key(session: Session, fresh: Fresh) -> Hashable:
    """Of the chart that this request asks for: equal only while no figure of the account and no date has changed."""
    return tenant(), fresh, local_date(session), request.full_path


def drawn(key: Hashable, chart: Callable[[], Chart]) -> bytes:
    """The chart's SVG: the one that is kept under the key, or a new one."""
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    svg = _draw(chart())
    with _lock:
        _kept[key] = svg
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return svg


def _draw(chart: Chart) -> bytes:
    pygal, style = _pygal()
    many = len(chart.values) > _MOST_BARS
    kind = pygal.HorizontalBar if chart.lying else pygal.Line if many else pygal.Bar
    labels, values = [_shown(label) for label in chart.labels], list(chart.values)
    if chart.lying:  # pygal begins at the bottom
        labels, values = labels[::-1], values[::-1]
    look = style(
        background="#ffffff", plot_background="#ffffff", foreground="#333333", foreground_strong="#111111",
        foreground_subtle="#dddddd", colors=("#1f6feb",), guide_stroke_color="#e4e4e4", major_guide_stroke_color="#d0d0d0",
        guide_stroke_dasharray="0", major_guide_stroke_dasharray="0", font_family="system-ui, sans-serif",
        title_font_size=18, label_font_size=12, major_label_font_size=12, value_font_size=11, opacity=".9", opacity_hover="1",
    )  # fmt: skip
    of_a_line = {"fill": True, "show_dots": False}
    plot: Any = kind(
        title=_shown(chart.title, 100), x_title=chart.up if chart.lying else chart.across, js=[], show_legend=False,
        y_title=chart.across if chart.lying else chart.up, width=960,
        height=max(480, 120 + 20 * len(values)) if chart.lying else 480, margin=24, zero=0, include_x_axis=True,
        print_values=chart.lying or len(values) <= _MOST_VALUES, print_values_position="top", print_zeroes=False,
        value_formatter=_money if chart.money else _units, order_min=None if chart.money else 0, style=look,
        disable_xml_declaration=True, **({} if chart.lying else _below(labels)), **(of_a_line if kind is pygal.Line else {}),
    )  # fmt: skip
    plot.x_labels = labels
    plot.add(chart.up, values)
    root = plot.render_tree()
    for parent in list(root.iter()):
        for script in [child for child in parent if str(child.tag).endswith("script")]:
            parent.remove(script)  # nothing in a picture runs
    for value in root.iterfind(".//text[@class='value']"):
        _beside_its_bar(value, chart)
    drawing: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return drawing


def _below(labels: Sequence[str]) -> dict[str, Any]:
    """How the labels of standing bars and lines are set: level if there is room, and not more of them than can be read."""
    every = 1 if len(labels) <= _MOST_LABELS else -(-len(labels) // (_MOST_LABELS * 3 // 4))
    fit = sum((len(label) + 2) * _LETTER_WIDTH for label in labels[::every]) <= _LABELS_WIDTH
    few = {"x_labels_major_every": every, "show_minor_x_labels": False} if every > 1 else {}
    return {"x_label_rotation": 0 if fit else 35, **few}


def _beside_its_bar(value: Any, chart: Chart) -> None:
    # pygal puts the middle of the text there where the bar ends.
    if chart.lying:
        value.set("text-anchor", "start")
    else:
        value.set("y", str(float(value.get("y")) - 3))


def _pygal() -> tuple[Any, Any]:
    # Here, not above: 6 MB that a web process which nobody asks for charts doesn't need.
    import pygal
    from pygal.style import Style

    # It hooks itself into every import of the process, for plugins that we don't have, in a way that Python 3.12 removed.
    sys.meta_path[:] = [finder for finder in sys.meta_path if not type(finder).__module__.startswith("pygal")]
    return pygal, Style


_JOINERS = "\u200c\u200d"


def _shown(text: str, longest: int = _LONGEST_LABEL) -> str:
    # XML has no control characters, not even escaped. Joiners are no such: letters and emoji would fall apart.
    plain = "".join(each if each.isprintable() or each in _JOINERS else " " for each in text)
    return plain if len(plain) <= longest else plain[: longest - 1].rstrip(_JOINERS) + "…"


def _money(value: float) -> str:
    return f"{value:,.2f}"


def _units(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"
