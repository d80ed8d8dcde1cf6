"""Receipts: what stands on them, on paper of both widths, as text, page and PDF."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
from datetime import UTC, datetime
from html import unescape
from itertools import pairwise

import pytest
import segno
import wcwidth
from sqlalchemy import update

from chassis.db import ALL_ACCOUNTS
from chassis.messaging.envelope import Event
from chassis.uids import new_uid
from sales.api import receipt_code, receipt_font
from sales.api.receipt_text import as_lines
from sales.api.receipt_webfont import web_font
from sales.domain.models import Order
from sales.domain.receipts import Line, Receipt

NASTY = "<b>Jabón \x1b@\\(1)\x07 ½ € 香皂</b>"


@pytest.fixture
def sold(client, catalog, database, deliver, make_order, maria):
    """A paid order of Maria's: three rates, one promotion."""
    data = {
        "account_id": 1, "account_uid": new_uid(), "company_name": "Abarrotes Lupita & Hijos", "currency": "MXN",
        "subscription_plan": "premium", "timezone": "America/Mexico_City",
    }  # fmt: skip
    deliver(Event(new_uid(), "/auth", "AccountRegistered", new_uid(), datetime.now(UTC), 1, 1, data))
    promotion = {"id": 4, "name": "Buen Fin", "discount_percent": "10.00", "target_audience": "ALL"}
    catalog.products[15]["promotion"] = promotion
    items = [{"product_id": id_, "quantity": units} for id_, units in ((15, 2), (20, 3), (30, 1))]
    order = make_order(customer=maria, items=items)
    client.post(f"/api/orders/{order['id']}/pay/", {"payment_method": "CARD"})
    with database.transaction(ALL_ACCOUNTS) as session:
        moment = datetime(2026, 11, 21, 15, 35, tzinfo=UTC)
        session.execute(update(Order).where(Order.id == order["id"]).values(paid_at=moment))
    return order


def receipt(client, order, query="", **headers):
    answer = client.get(f"/api/orders/{order['id']}/receipt/{query}", headers=headers)
    assert answer.status == 200, answer
    return answer


def code_of(order, columns):
    return "\n".join(line.center(columns).rstrip() for line in receipt_code.characters(order["ticket_folio"]))


def printed(text):
    """The lines before the code."""
    return text.split("\n\n")[0].splitlines()


def test_everything_stands_on_it(client, sold):
    answer = receipt(client, sold, "?width=58", **{"Accept-Language": "es-MX,es;q=0.9"})
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert (
        answer.data.decode()
        == f"""\
    Abarrotes Lupita & Hijos
--------------------------------
Folio: {sold["ticket_folio"]}
Fecha: 2026-11-21 09:35
Cajero: user1
Cliente: Maria González
--------------------------------
Coca Cola 600ml
  2 x 82.09               164.18
  (ahorro 18.24)
Bolillo
  3 x 18.50                55.50
Arroz 1 kg
  1 x 10.05                10.05
--------------------------------
Subtotal                  229.73
IVA 16% sobre 164.18       26.27
IVA 0% sobre 10.05          0.00
IVA exento sobre 55.50      0.00
================================
TOTAL                     256.00
================================
Usted ahorró               18.24
Pagado con               Tarjeta
Puntos ganados                 3
          * {sold["ticket_folio"]} *

{code_of(sold, 32)}
"""
    )


def test_the_wide_paper_and_english_are_what_nobody_has_to_ask_for(client, sold):
    lines = receipt(client, sold).data.decode().splitlines()
    assert max(map(len, lines)) == 48
    assert f"TOTAL{'256.00':>43}" in lines
    assert f"Paid with{'Card':>39}" in lines


@pytest.mark.parametrize(
    ("query", "accept", "type_"),
    [
        ("", "*/*", "text/plain; charset=utf-8"),
        ("", "application/json", "text/plain; charset=utf-8"),
        ("", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"),
        ("", "application/pdf", "application/pdf"),
        ("?format=pdf", "text/html", "application/pdf"),
        ("?format=HTML", "application/pdf", "text/html; charset=utf-8"),
        ("?format=text", "application/pdf", "text/plain; charset=utf-8"),
    ],
)
def test_the_form_is_asked_for_by_format_or_accept(client, sold, query, accept, type_):
    answer = receipt(client, sold, query, Accept=accept)
    assert (answer.headers["Content-Type"], answer.headers["Vary"]) == (type_, "Accept, Accept-Language")


@pytest.mark.parametrize("query", ["?format=doc", "?width=76", "?width=x"])
def test_another_form_is_refused(client, sold, query):
    assert client.get(f"/api/orders/{sold['id']}/receipt/{query}").status == 400


def test_the_page_says_the_same_and_carries_the_code(client, sold):
    answer = receipt(client, sold, "?format=html&width=58")
    assert "style-src 'unsafe-inline'" in answer.headers["Content-Security-Policy"], "else it would have no style"
    page = answer.data.decode()
    said = unescape(re.sub(r"<[^>]+>", " ", page.split("</style>")[1]))
    text = receipt(client, sold).data.decode()
    for figure in re.findall(r"\d+\.\d\d", text):
        assert figure in said
    assert "Abarrotes Lupita & Hijos" in said
    assert "Maria González" in said
    assert f"<title>{sold['ticket_folio']}</title>" in page
    assert "<svg" in page
    assert "width:58mm" in page
    assert not re.search(r"(src|href)=", page), "it loads nothing from anywhere"


def test_the_pdf_is_sound_and_says_the_same(client, sold):
    answer = receipt(client, sold, "?format=pdf&width=58")
    assert answer.headers["Content-Disposition"] == f'inline; filename="{sold["ticket_folio"]}.pdf"'
    file = answer.data
    assert file.startswith(b"%PDF-1.4\n")
    start = int(file.rsplit(b"startxref\n", 1)[1].split()[0])
    offsets = [int(line[:10]) for line in file[start:].split(b"\n")[3:9]]
    for number, offset in enumerate(offsets, start=1):
        assert file[offset:].startswith(b"%d 0 obj" % number)
    stream = re.search(rb"/Length (\d+) >>\nstream\n", file)
    assert file[stream.end() + int(stream[1]) :].startswith(b"\nendstream")
    shown = [re.sub(r"\\(.)", r"\1", line.decode("cp1252")) for line in re.findall(rb"\((.*)\) '\n", file)]
    assert shown == printed(receipt(client, sold, "?width=58").data.decode())
    assert file.count(b" re\n") > 100, "the squares of the code"


def test_the_printed_code_has_the_squares_of_the_drawn_one(client, sold):
    lines = receipt(client, sold, "?width=58").data.decode().split("\n\n")[1].splitlines()
    rows = []
    for line in lines:
        half = f"{line:<32}"[5:26]  # 21 squares wide, five to six columns free on both sides
        rows += [[square in "█▀" for square in half], [square in "█▄" for square in half]]
    assert rows[:-1] == receipt_code.modules(sold["ticket_folio"])
    assert rows[-1] == [False] * 21
    assert segno.make_qr(sold["ticket_folio"], error="m").symbol_size(scale=1, border=0) == (21, 21)


@pytest.mark.parametrize("form", ["text", "html", "pdf"])
@pytest.mark.parametrize(("state", "words"), [("PENDING", "NOT PAID"), ("CANCELLED", "CANCELLED")])
def test_what_is_not_paid_says_so(client, make_order, maria, form, state, words):
    order = make_order(customer=maria)
    if state == "CANCELLED":
        client.post(f"/api/orders/{order['id']}/cancel/", {})
    shown = receipt(client, order, f"?format={form}").data
    assert words.encode() in shown
    for absent in (b"Paid with", b"Points earned"):
        assert absent not in shown


def test_names_do_no_harm(client, catalog, make_order):
    catalog.products[15]["name"] = NASTY
    order = make_order(items=[{"product_id": 15, "quantity": 1}])
    text = receipt(client, order).data.decode()
    assert "<b>Jabón  @\\(1)  ½ € ??</b>" in text, "two spaces where the control characters were"
    assert "Customer" not in text
    page = receipt(client, order, "?format=html").data
    assert b"<b>" not in page
    assert b"&lt;b&gt;" in page
    assert b"@\\\\\\(1\\)" in receipt(client, order, "?format=pdf").data


WORLD = [
    "Кофе", "Ελληνικός", "香皂 (大)", "ラーメン", "김치", "قهوة", "קפה", "हिन्दी", "กาแฟ", "😀", "👨\u200d👩\u200d👧", "🇲🇽", "₽ → ★", "x\u030c",
    "Łódź", "𐐀",
]  # fmt: skip


def lines_of(pdf):
    """The lines of text in a PDF of ours, each character by its font's ToUnicode table."""
    objects = dict(re.findall(rb"(\d+) 0 obj\n(.*?)\nendobj\n", pdf, re.DOTALL))
    fonts = {}
    for number, at in re.findall(rb"/F(\d+) (\d+) 0 R", pdf):
        if table := re.search(rb"/ToUnicode (\d+) 0 R", objects[at]):
            pairs = re.findall(rb"^<(..)> <([0-9A-F]{4,})>$", objects[table[1]], re.MULTILINE)
            fonts[number] = {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs}
    lines = []
    for whole, mixed in re.findall(rb"^(?:\((.*)\) '|T\* (.*?) ?/F1 [\d.]+ Tf)$", objects[b"5"], re.MULTILINE):
        runs = [(b"1", whole)] if whole else re.findall(rb"/F(\d+) [\d.]+ Tf \((.*?)\) Tj ?", mixed)
        raw = [
            (font, re.sub(rb"\\(.)", lambda found: {b"r": b"\r", b"n": b"\n"}.get(found[1], found[1]), codes))
            for font, codes in runs
        ]
        lines.append(
            "".join("".join(fonts[f][c] for c in codes) if f in fonts else codes.decode("cp1252") for f, codes in raw)
        )
    return lines


@pytest.mark.parametrize("name", WORLD)
def test_pages_and_pdfs_show_every_script(client, catalog, make_order, name):
    catalog.products[15]["name"] = f"Uno {name} dos"
    order = make_order(items=[{"product_id": 15, "quantity": 1}])
    answer = receipt(client, order, "?format=html&width=58")
    assert f"<td>Uno {name} dos<br>" in answer.data.decode()
    assert "font-src data:" in answer.headers["Content-Security-Policy"]
    assert "@font-face" in answer.data.decode()
    [line] = [line for line in lines_of(receipt(client, order, "?format=pdf&width=58").data) if line.startswith("Uno")]
    joined = "\u200d" in name  # a joined emoji is drawn as its first part
    assert line.split() == ["Uno", *(["👨"] if joined else name.split()), "dos"]


def test_a_page_in_western_letters_needs_no_font(client, sold):
    assert b"@font-face" not in receipt(client, sold, "?format=html").data


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Кофе 250 г", "???? 250 ?"), ("香皂", "??"), ("👨\u200d👩\u200d👧", "?"), ("👍🏽", "?"), ("🇲🇽", "?"), ("नि", "?"), ("x\u030c", "?"),
        ("Jabo\u0301n €", "Jabón €"), ("\u202eabc\u202c", "abc"),
    ],
)  # fmt: skip
def test_a_printer_gets_one_question_mark_for_each_visible_character_that_it_lacks(
    client, catalog, make_order, name, shown
):
    catalog.products[15]["name"] = f"<{name}>"
    order = make_order(items=[{"product_id": 15, "quantity": 1}])
    assert f"<{shown}>" in receipt(client, order, "?width=58").data.decode().splitlines()


def test_wide_characters_keep_to_the_paper():
    shown = Receipt(
        "en", "香港" * 20, "F47AC10B", "", [("Cashier", "Анна" * 20)], [Line("香皂" * 60, 1, "1.00", "1.00", "")], [],
        ("TOTAL", "1.00"), [],
    )  # fmt: skip
    for columns in (32, 48):
        lines = list(as_lines(shown, columns=columns))
        assert max(map(wcwidth.width, lines)) <= columns
        assert "".join(lines).count("香皂") + "".join(lines).count("皂香") >= 59


def test_a_document_may_have_more_characters_than_one_font_has_codes():
    characters = [chr(0x4E00 + number) for number in range(1000)]
    glyphs = receipt_font.Glyphs()
    codes = [run for character in characters for run in glyphs.runs(character)]
    assert sorted({font for font, _ in codes}) == [1, 2, 3, 4]
    assert [character for font in glyphs.fonts() for character, _ in font] == characters
    assert {codes[0] for _, codes in codes} <= set(range(1, 256))


def test_the_font_of_a_page_is_sound():
    characters = receipt_font.lacking("Кофе 香皂 नि 😀")
    file = web_font(characters)
    assert len(file) % 4 == 0
    tables = {}
    for number in range(struct.unpack(">H", file[4:6])[0]):
        tag, sum_, at, length = struct.unpack(">4sIII", file[12 + 16 * number : 28 + 16 * number])
        padded = file[at : at + length + -length % 4]
        assert sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF == sum_
        tables[tag] = file[at : at + length]
    groups = [struct.unpack(">III", tables[b"cmap"][at : at + 12]) for at in range(28, len(tables[b"cmap"]), 12)]
    assert groups == [(ord(each), ord(each), glyph) for glyph, (each, _) in enumerate(characters, start=1)]
    offsets = struct.unpack(f">{len(characters) + 2}I", tables[b"loca"])
    assert offsets[-1] == len(tables[b"glyf"])
    assert all(later > sooner for sooner, later in pairwise(offsets)), "each character has a shape"


def test_long_names_and_amounts_keep_to_the_paper(client, catalog, make_order):
    catalog.products[15].update(name="Detergente " * 12, list_price="9999999.99")
    catalog.products[20]["name"] = "x" * 100
    order = make_order(items=[{"product_id": 15, "quantity": 800}, {"product_id": 20, "quantity": 1}])
    for width, columns in ((58, 32), (80, 48)):
        lines = receipt(client, order, f"?width={width}").data.decode().splitlines()
        assert max(map(len, lines)) == columns
        assert any(line.endswith("7999999992.00") for line in lines)


def test_a_company_not_heard_of_leaves_its_line_out(client, make_order):
    assert receipt(client, make_order()).data.decode().splitlines()[0].strip() == "*** NOT PAID ***"


def test_no_receipt_of_what_is_not_there(client, make_order):
    order = make_order()
    for answer in (
        client.get("/api/orders/999/receipt/"),
        client.get(f"/api/orders/{order['id']}/receipt/", account_id=2),
    ):
        assert (answer.status, answer.json) == (404, {"detail": "Not found."})


def test_a_web_that_prints_nothing_carries_no_code_library():
    look = "import sys, sales.app; sys.exit('segno' in sys.modules or 'wcwidth' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", look], check=False).returncode == 0
