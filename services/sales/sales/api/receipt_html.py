"""A receipt as a page of its own: for a screen, an e-mail, or any printer."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from html import escape

from sales.api import receipt_code, receipt_font
from sales.api.receipt_webfont import web_font
from sales.domain.receipts import Receipt

_STYLE = (
    "body{font:13px/1.4 monospace,sans-serif,Receipt;color:#000;background:#fff;margin:0 auto;padding:8px;box-sizing:border-box}"
    "h1{font-size:15px}h1,.notice,figure{text-align:center;margin:8px 0}.notice{font-weight:bold;font-size:17px}"
    "table{width:100%;border-collapse:collapse;border-top:1px dashed;margin-top:6px}td{vertical-align:top;padding:1px 0}"
    "td:last-child{text-align:right;white-space:nowrap}.total td{font-weight:bold;font-size:16px}@page{margin:0}"
)

# Chromium keeps the first words as it drew them before the font was there; with another spacing it draws them again.
_AGAIN = "@keyframes again{from{letter-spacing:.01px}}body{animation:again .3s}"


def as_html(receipt: Receipt, *, width: int) -> str:
    """The receipt as HTML for paper `width` millimetres wide; everything that came from outside is escaped."""
    notice = f'<p class="notice">{escape(receipt.notice)}</p>' if receipt.notice else ""
    lines = "".join(
        f"<tr><td>{escape(line.name)}<br>{line.quantity} &times; {line.unit_price}"
        + (f"<br>({escape(line.saved)})" if line.saved else "")
        + f"</td><td>{line.amount}</td></tr>"
        for line in receipt.lines
    )
    return (
        f'<!doctype html><html lang="{receipt.language}"><head><meta charset="utf-8"><title>{receipt.folio}</title>'
        f"<style>{_font(receipt)}{_STYLE}body{{width:{width}mm}}</style></head><body><h1>{escape(receipt.company)}</h1>{notice}"
        f"{_table(receipt.head)}<table>{lines}</table>{_table(receipt.sums)}{_table([receipt.total], 'total')}"
        f"{_table(receipt.foot)}<figure>{receipt_code.svg(receipt.folio)}<figcaption>{receipt.folio}</figcaption></figure>"
        "</body></html>\n"
    )


def _font(receipt: Receipt) -> str:
    """A font of what Western computers may lack: the last one that a browser looks into."""
    words = (receipt.company, *(value for _, value in receipt.head), *(line.name for line in receipt.lines))
    characters = receipt_font.lacking("".join(words))
    if not characters:
        return ""
    data = b64encode(web_font(characters)).decode()
    return f"@font-face{{font-family:Receipt;src:url(data:font/ttf;base64,{data})}}{_AGAIN}"


def _table(pairs: Iterable[tuple[str, str]], name: str = "") -> str:
    rows = "".join(f"<tr><td>{escape(what)}</td><td>{escape(value)}</td></tr>" for what, value in pairs)
    if not rows:
        return ""
    return f'<table class="{name}">{rows}</table>' if name else f"<table>{rows}</table>"
