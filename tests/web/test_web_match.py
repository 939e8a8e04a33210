"""Match-making on the web: a sheet up, matches and reasons back as page and workbook; no sheet
reaches the server itself.
"""

from __future__ import annotations

import io
import random
import re

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from web import HOSTILE, Page, read
from werkzeug.test import TestResponse

from geo.siting import companies, sheet_process
from webapp.catalogues import LANGUAGES
from webapp.siting import match

pytest_plugins = ("web",)
GOOD = (
    "company;sector;country;province;area;max_gate_min;max_rent_usd_m2;notes\n"
    "An Phát;Điện tử;VN;;2,5 ha;180;150;first\n\nB 公司;;CN;Hà Nội;;;;\n"
)


@pytest.mark.parametrize("lang", ["en", "vi", "zh", "zh-Hant"])
def test_every_sector_is_listed_once(client: FlaskClient, lang: str) -> None:
    """Templates and sites share names of sectors."""
    page = Page(client.get(f"/match?lang={lang}").text)
    words = ("Sectors: ", "Ngành nghề: ", "产业：", "產業：")
    start = max(page.text.rfind(word) + len(word) for word in words if word in page.text)
    listed = page.text[start:].split(" This browser")[0].split("此")[0]
    names = re.split("[,、] ?", listed.strip())
    assert len(names) > 20
    assert len({name.casefold() for name in names}) == len(names)


def post(
    client: FlaskClient,
    data: str | bytes,
    /,
    lang: str = "en",
    onto: str = "/match",
    **fields: str,
) -> TestResponse:
    """Send a file as a browser does; written by hand, because the test client leaves its temporary
    files open.
    """
    raw = data.encode() if isinstance(data, str) else data
    parts = [
        f'--end\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    parts += [
        b'--end\r\nContent-Disposition: form-data; name="file"; filename="x.csv"\r\n\r\n',
        raw,
        b"\r\n--end--\r\n",
    ]
    return client.post(
        f"{onto}?lang={lang}",
        data=b"".join(parts),
        content_type="multipart/form-data; boundary=end",
    )


def test_the_page_says_what_the_sheet_must_hold(client: FlaskClient) -> None:
    """Every column is explained, and the form asks for a file."""
    page = read(client, "/match")
    assert all(name in page.text for name in companies.COLUMNS)
    assert page.one("input", type="file")["name"] == "file"
    assert page.one("form")["enctype"] == "multipart/form-data"


@pytest.mark.parametrize("lang", ["en", "vi", "zh"])
def test_the_sheet_to_fill_in_is_taken_in_its_language(client: FlaskClient, lang: str) -> None:
    """A company written into the template is matched."""
    answer = client.get(f"/match/template.xlsx?lang={lang}")
    assert answer.mimetype == match.XLSX
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    book.worksheets[0].append(["An Phát", "Electronics", "VN", None, 5])
    held = io.BytesIO()
    book.save(held)
    assert "An Phát" in Page(post(client, held.getvalue(), lang).text).headings


def test_each_company_has_its_sites_and_reasons(client: FlaskClient) -> None:
    """Margins, unknown values by name, the score; a company that asks for too much is told what
    would help.
    """
    answer = post(client, GOOD)
    assert answer.status_code == 200
    page = Page(answer.text)
    assert len([row for row in page.rows if "below your maximum" in " ".join(row)]) >= 3
    assert "unknown here" in page.text
    assert (
        "No site meets all limits. One would with: Country: China → allow also Viet Nam"
        in page.text
    )


def test_the_workbook_holds_what_the_page_shows(client: FlaskClient) -> None:
    """From the file, and from what the page carries, the same; with a sheet that says how to read
    it.
    """
    page = Page(post(client, GOOD).text)
    carried = page.one("input", name="sheet")["value"]
    direct = post(client, GOOD, format="xlsx")
    other = client.post(
        "/match?lang=en", data={"sheet": carried.replace("\n", "\r\n"), "format": "xlsx"}
    )
    assert direct.mimetype == other.mimetype == match.XLSX
    books = [openpyxl.load_workbook(io.BytesIO(answer.data)) for answer in (direct, other)]
    rows = [
        [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()] for book in books
    ]
    assert rows[0] == rows[1]
    assert {row[0] for row in rows[0][1:]} == {"An Phát", "B 公司"}
    assert all(str(row[4]) in page.text for row in rows[0][1:] if row[4])
    about = " ".join(str(cell.value) for row in books[0].worksheets[1].iter_rows() for cell in row)
    assert "Driving times without queues or opening hours" in about
    assert "Licence" in about


def test_another_vehicle_and_closed_gates_are_matched_and_told(client: FlaskClient) -> None:
    """The form carries how one drives; page, links and workbook say it; other times come out."""
    form = read(client, "/match", lang="en", profile="car", closed="huu-nghi", year=2030)
    assert form.facts["Assumed closed"].startswith("Huu Nghi")
    kept = {
        attributes["name"]: attributes["value"]
        for tag, attributes in form.elements
        if tag == "input" and attributes.get("type") == "hidden"
    }
    assert kept == {"closed": "huu-nghi", "year": "2030"}
    assert "Max. minutes by car" in form.text
    assert "profile=car" in next(link.href for link in form.links if "template.xlsx" in link.href)
    asked = "company;country;max_gate_min\nA;VN;90\n"
    page = Page(post(client, asked, profile="car", **kept).text)
    assert page.facts["Assumed closed"].startswith("Huu Nghi")
    assert page.facts["Year"].startswith("2030, with")
    assert any("profile=car" in link.href and "closed=huu-nghi" in link.href for link in page.links)
    book = openpyxl.load_workbook(
        io.BytesIO(post(client, asked, profile="car", format="xlsx", **kept).data)
    )
    notes = {row[0]: row[1] for row in book.worksheets[1].iter_rows(values_only=True)}
    assert {
        name: notes[name] for name in ("Vehicle", "Road network", "Assumed closed", "Year")
    } == {name: page.facts[name] for name in ("Vehicle", "Road network", "Assumed closed", "Year")}
    assert Page(post(client, asked).text).rows != page.rows


@pytest.mark.parametrize(
    "field", [{"profile": "tank"}, {"closed": "nowhere"}, {"network": "nowhere"}, {"year": "2031"}]
)
def test_a_drive_that_is_not_there_is_refused(client: FlaskClient, field: dict[str, str]) -> None:
    """In the address and in the form, in words."""
    assert client.get("/match", query_string=field).status_code in (400, 404)
    assert post(client, GOOD, **field).status_code in (400, 404)


MIXED = (
    "Nhu cầu 2026\nTên công ty;Tỉnh;Diện tích;Người liên hệ\nAn Phát;TP. Hải Phòng;50.000"
    " m2;Lan\nB;Atlantis;5 ha;\nC;tỉnh Bắc Ninh;;\n"
)


@pytest.mark.parametrize("lang", ["en", "vi", "zh"])
def test_good_rows_are_matched_and_the_others_listed(client: FlaskClient, lang: str) -> None:
    """What is wrong and how the sheet was read stand above the matches, without an English code in
    another language.
    """
    answer = post(client, MIXED, lang=lang)
    assert answer.status_code == 200
    page = Page(answer.text)
    assert {"An Phát", "C"} <= set(page.headings)
    assert "B" not in page.headings
    assert "Atlantis" in page.text
    assert "Người liên hệ" in page.text
    if lang != "en":
        assert not re.search(r"is not|Bac Ninh|column|row \d", page.text)


@pytest.mark.parametrize("lang", ["vi", "zh"])
def test_a_missing_column_is_called_as_the_template_calls_it(
    client: FlaskClient, lang: str
) -> None:
    """Sectors, provinces and columns are named in the language of the page."""
    missing = post(client, "area\n5\n", lang=lang).text
    assert {"vi": "Công ty", "zh": "公司"}[lang] in missing
    assert "“company”" not in missing
    unknown = Page(post(client, "company;sector;province\nA;魔法;Atlantis\n", lang=lang).text).text
    assert {"vi": "Bắc Ninh", "zh": "北宁"}[lang] in unknown
    assert "food_processing" not in unknown


def test_the_same_sheet_in_another_language_keeps_what_was_told(client: FlaskClient) -> None:
    """The page carries the sheet and the remarks; the language switch sends them again, and so does
    the workbook.
    """
    page = Page(post(client, MIXED).text)
    hidden = {
        attributes["name"]: attributes["value"]
        for tag, attributes in page.elements
        if tag == "input" and attributes.get("type") == "hidden"
    }
    again = client.post("/match?lang=vi", data=hidden)
    assert again.status_code == 200
    there = Page(again.text)
    assert "Atlantis" in there.text
    assert "An Phát" in there.headings
    switch = [
        attributes
        for tag, attributes in page.elements
        if tag == "button" and attributes.get("formaction", "").startswith("?lang=")
    ]
    assert [button["form"] for button in switch] == ["sheet-form"] * len(LANGUAGES)
    book = openpyxl.load_workbook(
        io.BytesIO(client.post("/match?lang=en", data=hidden | {"format": "xlsx"}).data)
    )
    assert "Atlantis" in " ".join(
        str(cell.value) for row in book.worksheets[1].iter_rows() for cell in row
    )


@pytest.mark.parametrize(
    "remarks",
    [
        *(
            "x",
            "[]",
            "[[], [], []]",
            '[[{"code": "none"}], []]',
            '[[{"code": "word"}], []]',
            '[[{"code": 1, "x": 2}], []]',
            "[[5], []]",
            "{}",
        ),
        '[[{"code": "word", "row": "{{7777*7}}", "values": {"text": [[1]], "known": {}}}], []]',
    ],
)
def test_remarks_that_are_not_ours_are_refused(client: FlaskClient, remarks: str) -> None:
    """A form made by hand is a sentence at worst."""
    answer = client.post("/match", data={"sheet": "company\nA\n", "remarks": remarks})
    assert answer.status_code in (200, 400)
    assert "54439" not in answer.text


def test_the_encoding_that_was_taken_is_told(client: FlaskClient) -> None:
    """A sheet as Chinese Excel saves it is read, and the page says as what; one in an unknown
    encoding is refused.
    """
    page = Page(post(client, "公司;面积\n联想;5\n".encode("gb18030")).text)
    assert "联想" in page.headings
    assert "read as GB18030 text" in page.text
    assert post(client, "company\nAn Phát\n".encode("cp1258", "ignore")).status_code == 400


def test_every_fault_is_shown_and_nothing_is_matched(client: FlaskClient) -> None:
    """400, all faults by row and column."""
    answer = post(client, "company;area;sector\nA;=1+1;Magic\n;5 x;\n")
    assert answer.status_code == 400
    page = Page(answer.text)
    for at in ("row 2, column B", "row 2, column C", "row 3, column A", "row 3, column B"):
        assert at in page.text
    assert "Score of 100" not in page.text


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00",
        b"\xff\xfe\x00",
        b"PK\x03\x04",
        b"PK\x03\x04" + b"\x00" * 500,
        b"%PDF-1.7",
        b"<html>",
        b"'",
        b'"',
        b";;;\n;;;",
        b"a\n" * 9000,
    ],
)
def test_no_file_is_a_failure_of_the_server(client: FlaskClient, raw: bytes) -> None:
    """Whatever is uploaded, the answer is a sentence."""
    assert post(client, raw).status_code == 400


def test_damaged_workbooks_are_sentences(client: FlaskClient) -> None:
    """A workbook with bytes changed at random is read, or refused in words."""
    book = openpyxl.Workbook()
    book.active.append(["company", "area_ha"])  # type: ignore[union-attr]
    book.active.append(["A", 5])  # type: ignore[union-attr]
    held = io.BytesIO()
    book.save(held)
    dice = random.Random(7)
    for _ in range(8):
        raw = bytearray(held.getvalue())
        for _ in range(20):
            raw[dice.randrange(4, len(raw))] = dice.randrange(256)
        assert post(client, bytes(raw)).status_code in (200, 400)


def test_a_form_with_something_else_is_refused(client: FlaskClient) -> None:
    """No file, unknown fields, another format, another method, too large."""
    assert client.post("/match").status_code == 400
    assert post(client, GOOD, format="pdf").status_code == 400
    assert post(client, GOOD, path="/etc/passwd").status_code == 400
    assert client.post("/match?x=1", data={"sheet": GOOD}).status_code == 400
    assert client.put("/match").status_code == 405
    assert post(client, "x" * (1024 * 1024 + 1)).status_code == 413


def test_what_stands_in_a_sheet_is_text(besieged: Flask) -> None:
    """Names, notes and faults are escaped, on hostile data too; the name of the file is not used at
    all.
    """
    client = besieged.test_client()
    for raw in (
        f"company;notes\n{HOSTILE};{HOSTILE}\n",
        f"company;sector\nA;{HOSTILE}\n",
        f"company;{HOSTILE}\nA;1\n",
    ):
        answer = client.post(
            "/match",
            data={"file": (io.BytesIO(raw.encode()), "../../" + HOSTILE)},
            content_type="multipart/form-data",
        )
        page = Page(answer.text)
        assert answer.status_code in (200, 400)
        assert HOSTILE[:30] in page.text
        assert not [
            element
            for element in page.elements
            if element[0] == "img"
            or "style" in element[1]
            or any(name.startswith("on") for name in element[1])
        ]
        assert not re.search(r"\b49(?=\s*<img)|\b49(?=\$)", answer.text)
        assert "form-action 'self'" in answer.headers["Content-Security-Policy"]


def test_a_formula_comes_back_as_text(client: FlaskClient) -> None:
    """In the workbook an apostrophe stands before it."""
    answer = post(client, "company;notes\n=1+1;@SUM(A1)\n", format="xlsx")
    cells = [
        cell
        for row in (
            openpyxl.load_workbook(io.BytesIO(answer.data)).worksheets[0].iter_rows(min_row=2)
        )
        for cell in row
    ]
    assert {"'=1+1", "'@SUM(A1)"} <= {cell.value for cell in cells}
    assert not [cell for cell in cells if cell.data_type == "f"]


def test_five_thousand_companies_are_matched(client: FlaskClient) -> None:
    """The page shows the first 200 and says so; the workbook holds all, as many as are taken."""
    head = "company;sector;area_ha;max_gate_min"
    rows = [f"Company {i};Electronics;{i % 40 + 1};{30 * (i % 10 + 1)}" for i in range(5000)]
    page = Page(post(client, "\n".join([head, *rows[:1250]])).text)
    assert "The first 200 of 1,250 companies" in page.text
    answer = post(client, "\n".join([head, *rows]), format="xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.data), read_only=True)
    assert (
        len({row[0] for row in book.worksheets[0].iter_rows(min_row=2, values_only=True)}) == 5000
    )


def test_a_reader_that_hangs_does_not_hold_the_server(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is given up, in words; and when all readers are busy, one is asked to come again."""
    monkeypatch.setattr(sheet_process, "TIMEOUT_S", 0.01)
    assert "took longer" in post(client, GOOD).text
    assert match._few.acquire(blocking=False)
    assert match._few.acquire(blocking=False)
    try:
        assert post(client, GOOD).status_code == 503
    finally:
        match._few.release()
        match._few.release()
