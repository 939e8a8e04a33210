"""Match-making: sheets as they come, every fault of a bad one, the sites and reasons for each
company, and the workbook.
"""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

from geo import layers
from geo.siting import (
    companies,
    company_sheet,
    matching,
    ranking,
    screening,
    sheet_header,
    sheet_process,
    workbook,
)
from geo.siting.companies import COLUMNS, Company, Sheet
from geo.siting.examples import Example
from geo.siting.examples import read as read_examples
from geo.siting.measures import criteria as criteria_rows
from geo.siting.sheet_faults import SENTENCES, Fault, SheetError
from geo.text import fold

ROOT = Path(__file__).resolve().parents[2]
INF, NAN = np.inf, np.nan


@pytest.fixture(scope="module")
def examples() -> dict[str, Example]:
    return read_examples(layers.bundled())


@pytest.fixture(scope="module")
def words(examples: dict[str, Example]) -> companies.Words:
    return companies.words(examples, layers.read(layers.bundled(), "parks"))


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Four sites: near and small, far and large, one of which nothing is known, one that no road
    reaches.
    """
    frame = pd.DataFrame(
        {
            "sectors": pd.Series(
                [("electronics",), ("electronics", "textiles"), None, ("textiles",)], dtype=object
            ),
            "country": ["VN", "VN", "VN", "CN"],
            "province_en": ["Bac Ninh", "Lang Son", "Lang Son", "Guangxi"],
            "kind": "industrial_park",
            "role": "site",
            "tenants": pd.Series([None] * 4, dtype=object),
            "availability": pd.Series([None] * 4, dtype=object),
            "land_ha": [50.0, 400, NAN, 100],
            "rent_term_low_usd_m2": [120.0, 60, NAN, NAN],
            "occupancy_pct": [NAN, NAN, NAN, NAN],
            "gate_truck_s": [3600.0, 7200, NAN, INF],
            "port_truck_s": [7200.0, 3600, NAN, INF],
            "quay_truck_s": [7200.0, 3600, NAN, INF],
            "depot_truck_s": [1800.0, 3600, NAN, INF],
            "airport_truck_s": [1800.0, 9000, NAN, INF],
            "city_truck_s": [600.0, 600, NAN, INF],
            "people_60min": [1e6, 2e5, NAN, 1e5],
        },
        index=pd.Index(["near", "far", "dark", "island"], name="id"),
    )
    return frame.astype(
        {"country": "str", "province_en": "str", "tenants": "str", "availability": "str"}
    )


def book(rows: list[list[Any]], *, merge: str = "") -> bytes:
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)  # type: ignore[union-attr]
    if merge:
        workbook.active.merge_cells(merge)  # type: ignore[union-attr]
    held = io.BytesIO()
    workbook.save(held)
    return held.getvalue()


def sheet(*rows: str) -> bytes:
    return "\n".join(rows).encode()


def faults(data: bytes, words: companies.Words) -> list[str]:
    with pytest.raises(SheetError) as caught:
        company_sheet.read(data, words)
    return list(caught.value.faults)


# Reading


@pytest.mark.parametrize(
    "header",
    [
        "company;sector;country;province;area_ha;max_gate_min",
        "Tên công ty;Ngành;Quốc gia;Tỉnh;Diện tích (ha);Cửa khẩu (phút)",
        "公司名称;行业;国家;省份;面积（公顷）;口岸（分钟）",
        "COMPANY;Industry;Country;Province;Area, ha;Max gate (min)".replace(
            "Area, ha", "Area (ha)"
        ),
    ],
)
def test_headers_are_understood_in_three_languages(header: str, words: companies.Words) -> None:
    """The same sheet in any language gives the same company, also with a mark before it."""
    read = company_sheet.read(
        b"\xef\xbb\xbf" + sheet(header, "A;Electronics;VN;Bắc Ninh;12,5;90"), words
    )
    assert read.companies == (
        Company(2, "A", ("electronics",), ("VN",), ("Bac Ninh",), 12.5, 90.0),
    )
    assert [note.code for note in read.notes] == ["decoded"]


def test_a_workbook_and_a_csv_give_the_same(words: companies.Words) -> None:
    """Numbers as numbers or as text, blank rows left out, rows counted as the spreadsheet does."""
    rows: list[list[Any]] = [
        ["company", "area_ha", "notes"],
        ["A", 2.5, "x"],
        [None, None, None],
        ["B", 3, None],
    ]
    text = sheet("company,area_ha,notes", "A,2.5,x", ",,", "B,3,")
    assert (
        company_sheet.read(book(rows), words).companies == company_sheet.read(text, words).companies
    )
    assert [company.row for company in company_sheet.read(text, words).companies] == [2, 4]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["2,5", "1,500"], [2.5, 1.5]),
        (["2.5", "1,500"], [2.5, 1500]),
        (["1.500", "12.345,5"], [1500, 12345.5]),
        (["1,234,567 m2", "1,500 m2"], [123.4567, 0.15]),
        (["0,125"], [0.125]),
        (["1 500"], [1500]),
        (["5 ha", "50000 m2", "75 亩"], [5, 5, 5]),
        (["5 ha", "6"], [5, 6]),
        (["５"], [5]),
        (["", "7"], [None, 7]),
    ],
)
def test_decimals_and_units_are_told_apart_by_column(
    cells: list[str], values: list[float], words: companies.Words
) -> None:
    """One cell that leaves no doubt decides for its column; a unit that is written is converted."""
    read = company_sheet.read(
        sheet(
            "company;area_ha".replace("_ha", ""), *(f"c{i};{cell}" for i, cell in enumerate(cells))
        ),
        words,
    )
    assert [company.area_ha for company in read.companies] == values


def test_the_unit_of_the_header_holds_for_its_column(words: companies.Words) -> None:
    """Square metres in the header, hours in the cells."""
    read = company_sheet.read(
        sheet(
            "company;Diện tích (m²);Cửa khẩu;max rent",
            "A;50000;1,5 giờ;$80",
            "B;2 ha;30 phút;90 USD/m²",
        ),
        words,
    )
    assert [
        (company.area_ha, company.max_gate_min, company.max_rent_usd_m2)
        for company in read.companies
    ] == [
        (5, 90, 80),
        (2, 30, 90),
    ]


NAMES = "公司名称;行业;面积\n联想（北京）;汽车;5\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (NAMES.encode(), "UTF-8"),
        (NAMES.encode("utf-8-sig"), "UTF-8"),
        (NAMES.encode("utf-16"), "UTF-16"),
        (b"\xfe\xff" + NAMES.replace(";", "\t").encode("utf-16-be"), "UTF-16"),
        (NAMES.encode("gb18030"), "GB18030"),
        (NAMES.replace("公司名称;行业;面积", "company;sector;area").encode("gb18030"), "GB18030"),
    ],
)
def test_a_csv_is_read_as_spreadsheets_save_it(
    data: bytes, encoding: str, words: companies.Words
) -> None:
    """The same company from each encoding, which is told; also by the reader apart."""
    expected = Sheet(
        (Company(2, "联想（北京）", ("automobile",), area_ha=5.0),),
        (Fault("decoded", values={"encoding": encoding}),),
    )
    assert company_sheet.read(data, words) == expected
    assert sheet_process.read_apart(data, words) == expected


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("company;notes\nAn Phát;Tỉnh Hưng Yên\n", "cp1258"),
        ("Tên công ty;Diện tích\nAn Phát;5\n", "cp1258"),
        ("company\nSociété Générale\n", "cp1252"),
        ("公司名称;行业\n聯想;汽車\n", "big5"),
        ("颜色\n联想\n", "gb18030"),
    ],
)
def test_another_encoding_is_never_guessed(
    text: str, encoding: str, words: companies.Words
) -> None:
    """Bytes that GB18030 would take as well are refused, unless known headers and usual Chinese
    characters come out.
    """
    plain = unicodedata.normalize("NFD", text) if encoding == "cp1258" else text
    data = plain.encode(encoding, "ignore")
    with pytest.raises(UnicodeDecodeError):
        data.decode()
    assert faults(data, words) == [SENTENCES["encoding"]]


def test_faults_of_a_sheet_that_was_decoded_say_so(words: companies.Words) -> None:
    """The encoding may be the reason."""
    sentences = faults("公司;行业\nA;魔法\n".encode("gb18030"), words)
    assert "魔法" in sentences[0]
    assert sentences[1] == "The CSV file was read as GB18030 text."


BAD = sheet(
    "company;sector;area;max_gate_min;max_rent_usd_m2;people_60min;province",
    "A;Electronics;5 ha;1,5;1,500;=1+1;Hanoi",
    ";Magic;500;2.5;80;lots;Atlantis",
    "C;=HYPERLINK(1);50000 m2;-5;1.500;5;Hanoi",
)


def test_every_fault_is_named_by_row_and_column(words: companies.Words) -> None:
    """Where no row is without a fault, one error for the whole sheet."""
    sentences = faults(BAD, words)
    starts = [sentence.split(":")[0] for sentence in sentences]
    assert starts == [
        *("row 2, column D", "row 2, column E", "row 2, column F"),
        *(
            "row 3, column A",
            "row 3, column B",
            "row 3, column C",
            "row 3, column F",
            "row 3, column G",
        ),
        *("row 4, column B", "row 4, column D", "row 4, column E"),
    ]
    assert "has a decimal ,, and “2.5” in row 3" in sentences[0]
    assert "may mean 1500 or 1.500" in sentences[1]
    assert "formula" in sentences[2]
    assert "has no unit, and others of the column are in ha, m2" in sentences[5]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "no rows"),
        (b"company\n", "no rows"),
        (b"area_ha\n5\n", "“company” is missing"),
        (b"companies,are_ha\nA,5\n", "did you mean “area_ha”"),
        (b"firms,colour\nA,5\n", "“colour” is not recognised"),
        (b"company,area,area_ha\nA,5,5\n", "is already in column B"),
        (b"company,area (acre)\nA,5\n", "unit “acre” of the header"),
        (b"company,area\nA,2,5\n", "has 3 cells, the header 2"),
        (b"company,area\nA,5-10-15\n", "not a number"),
        ("company,area\nA,≤5 ha\n", "a maximum, and this column holds a minimum"),
        (b"company,max_gate_min\nA,at least 1 h\n", "a minimum, and this column holds a maximum"),
        (b"company,area\nA,nan\n", "not a number"),
        (b"company,area\nA,1e5\n", "not a number"),
        (b"company,area\nA,90000\n", "another unit"),
        (b'company,area\n"A,5\n', "damaged"),
        (b"company\n\xff\xfe\n", "UTF-8"),
        (b"\xd0\xcf\x11\xe0\x00\x00", "neither an XLSX nor a CSV"),
        (b"PK\x03\x04 nothing", "damaged"),
        ("company\n" + "x" * 201, "longer than 200"),
        ("company\n" + "x\n" * 5001, "at most 5000"),
        ("x" * (1024 * 1024 + 1), "larger"),
    ],
)
def test_a_bad_file_is_a_sentence(data: bytes | str, sentence: str, words: companies.Words) -> None:
    """Whatever comes, the answer says what is wrong with it."""
    assert any(
        sentence in text for text in faults(data.encode() if isinstance(data, str) else data, words)
    )


def test_merged_cells_and_formulas_of_a_workbook_are_named(words: companies.Words) -> None:
    """A formula in a text column is text; anywhere else it is a fault, and so is every merged
    range.
    """
    sentences = faults(
        book(
            [["company", "area_ha", "sector"], ["A", "=1+1", "=2"], ["B", 5, "Electronics"]],
            merge="A1:B1",
        ),
        words,
    )
    assert "A1:B1 are merged" in sentences[0]
    assert faults(book([["company", "area_ha"], ["A", "=1+1"]]), words) == [
        "row 2, column B: " + SENTENCES["formula"]
    ]
    (company,) = company_sheet.read(
        book([["company", "notes"], ["=1+1", "=cmd|' /C calc'!A0"]]), words
    ).companies
    assert (company.company, company.notes) == ("=1+1", "=cmd|' /C calc'!A0")


def changed(data: bytes, name: str, text: bytes) -> bytes:
    held = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for member in source.namelist():
            target.writestr(member, text if member == name else source.read(member))
    return held.getvalue()


def test_bombs_are_not_opened(words: companies.Words) -> None:
    """Neither entities nor an archive that unpacks to more than a table could be; nor a cell in the
    last row of all.
    """
    good = book([["company"], ["A"]])
    laughs = (
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'
    )
    assert "damaged" in faults(changed(good, "xl/worksheets/sheet1.xml", laughs), words)[0]
    assert (
        "damaged"
        in faults(
            changed(good, "xl/worksheets/sheet1.xml", laughs.decode().encode("utf-16")), words
        )[0]
    )
    assert (
        "larger"
        in faults(
            changed(good, "xl/theme/theme1.xml", b" " * (company_sheet.MAX_UNPACKED_BYTES + 1)),
            words,
        )[0]
    )
    workbook = openpyxl.Workbook()
    workbook.active.append(["company"])  # type: ignore[union-attr]
    workbook.active.cell(1_048_576, 1, "A")  # type: ignore[union-attr]
    held = io.BytesIO()
    workbook.save(held)
    assert "beyond row" in faults(held.getvalue(), words)[0]


def test_the_same_name_twice_and_a_former_province_are_told(words: companies.Words) -> None:
    """No fault, but said."""
    read = company_sheet.read(sheet("company;province", "A;Bac Giang", "a ;Bắc Ninh"), words)
    assert [company.province for company in read.companies] == [("Bac Ninh",)] * 2
    assert [note.code for note in read.notes] == ["decoded", "former", "repeated"]


def test_every_name_of_a_sector_has_one_meaning(words: companies.Words) -> None:
    """Each sector and example is found by its code and its names, and no header means two
    columns.
    """
    assert all(
        words["sector"][fold(name)]
        for names in companies.SECTOR_NAMES.values()
        for name in names.split(", ")
    )
    called = [
        fold(text) for name in COLUMNS for text in (name, *companies.HEADERS[name].split(", "))
    ]
    assert len(called) == len(set(called))
    for language in ("en", "vi", "zh"):
        titles = [workbook.title_of(name, language) for name in COLUMNS]
        assert sheet_header.header_of(1, titles, []) == (
            list(COLUMNS),
            sheet_header.header_of(1, titles, [])[1],
            [],
        )


# As people fill sheets in


@pytest.fixture(scope="module")
def spoken(examples: dict[str, Example]) -> companies.Words:
    """Words with the provinces in three languages, as the app knows them."""
    local = {
        "Bac Ninh": ["Bắc Ninh", "北宁"],
        "Hai Phong": ["Hải Phòng", "海防"],
        "Guangxi": ["Quảng Tây", "广西"],
    }
    return companies.words(
        examples, layers.read(layers.bundled(), "parks"), lambda name: [name, *local.get(name, ())]
    )


def test_the_header_is_found_below_titles(spoken: companies.Words) -> None:
    """In a CSV with commas in the title and in a workbook with a merged title; rows keep the
    numbers of the spreadsheet.
    """
    text = "Nhu cầu thuê đất, quý 4, năm 2026\n\nTên công ty;Diện tích (ha);Tỉnh\nA;5;Hải Phòng\n"
    rows: list[list[Any]] = [
        ["2026年用地需求表", None, None],
        [None] * 3,
        ["公司名称", "面积（公顷）", "省份"],
        ["A", 5, "海防市"],
    ]
    for data in (text.encode(), book(rows, merge="A1:C1")):
        read = company_sheet.read(data, spoken)
        assert read.companies == (Company(4, "A", province=("Hai Phong",), area_ha=5.0),)
        assert [note.code for note in read.notes if note.code != "decoded"] == ["titles"]


def test_columns_that_are_not_known_are_noted(spoken: companies.Words) -> None:
    """A contact, a column without a header, a misspelt one: each is named, and the companies are
    matched by the rest.
    """
    read = company_sheet.read(
        sheet("公司名称;联系人;面积;area_hha;", "A;张三;5;7;x", "B;李四;6;;"), spoken
    )
    assert [(company.company, company.area_ha) for company in read.companies] == [
        ("A", 5),
        ("B", 6),
    ]
    assert [(note.code, note.column) for note in read.notes[1:]] == [
        ("header", "B"),
        ("header_close", "D"),
        ("outside", "E"),
    ]


def test_good_rows_are_matched_while_bad_ones_are_listed(spoken: companies.Words) -> None:
    """What is left out and what is matched are all the rows, each in one of them."""
    rows = ["A;5;Hanoi", ";5;Hanoi", "C;lots;Hanoi", "D;7;Atlantis", "E;8", "F;9;"]
    read = company_sheet.read(sheet("company;area_ha;province", *rows), spoken)
    assert [company.row for company in read.companies] == [2, 7]
    assert [fault.row for fault in read.left_out] == [3, 4, 5, 6]
    merged = book([["company", "area_ha"], ["A", 5], ["B", 6], [None, 7], ["D", 8]], merge="A3:A4")
    assert [company.company for company in company_sheet.read(merged, spoken).companies] == [
        "A",
        "D",
    ]


@pytest.mark.parametrize(
    "cell",
    [
        "Bắc Ninh",
        "tỉnh Bắc Ninh",
        "Tỉnh Bắc Ninh",
        "BAC NINH",
        "BacNinh",
        "北宁",
        "北宁省",
        "Bac Ninh province",
        "Bắc Ninh、海防市",
    ],
)
def test_provinces_are_known_with_and_without_their_kind(
    cell: str, spoken: companies.Words
) -> None:
    """In three languages; TP., thành phố and 市 as well."""
    read = company_sheet.read(
        sheet(
            "company;province",
            f"A;{cell}",
            "B;TP. Hải Phòng",
            "C;thành phố Hải Phòng",
            "D;广西壮族自治区",
        ),
        spoken,
    )
    assert read.left_out == ()
    first, *rest = read.companies
    assert first.province[0] == "Bac Ninh"
    assert [company.province for company in rest] == [("Hai Phong",), ("Hai Phong",), ("Guangxi",)]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        *(
            ("汽车零部件", "automobile"),
            ("电子信息", "electronics"),
            ("Linh kiện điện tử", "electronics"),
            ("electronc", "electronics"),
        ),
        *(("化工新材料", "chemicals"), ("sản xuất dệt may", "textiles")),
    ],
)
def test_sectors_are_known_in_the_words_of_companies(
    cell: str, code: str, spoken: companies.Words
) -> None:
    """A longer name stands for the sector in it, and says so; what has nothing of a sector is left
    out.
    """
    read = company_sheet.read(sheet("company;sector", f"A;{cell}", "B;魔法"), spoken)
    assert read.companies[0].sector == (code,)
    assert [fault.row for fault in read.left_out] == [3]


@pytest.mark.parametrize(
    "cell",
    ["", "-", "—", "不限", "无", "any", "No limit", "không giới hạn", "Không yêu cầu", "n/a"],
)
def test_words_for_no_limit_set_none(cell: str, spoken: companies.Words) -> None:
    """In numbers and in choices."""
    read = company_sheet.read(
        sheet("company;sector;country;province;area_ha;max_gate_min", "A" + f";{cell}" * 5), spoken
    )
    assert read.companies == (Company(2, "A"),)


@pytest.mark.parametrize("cell", ["?", "#N/A", "…", "x", "ask"])
def test_what_says_nothing_of_a_limit_is_not_taken_for_none(
    cell: str, spoken: companies.Words
) -> None:
    """A question mark or an error of the spreadsheet is a fault of its row, not a company that
    takes anything.
    """
    for column in ("area_ha", "max_gate_min", "province"):
        assert {
            fault.row
            for fault in company_sheet.read(
                sheet(f"company;{column}", f"A;{cell}", "B;"), spoken
            ).left_out
        } == {2}


@pytest.mark.parametrize(
    ("header", "cells", "values"),
    [
        ("Diện tích", ["50.000 m2"], [5]),
        ("Diện tích", ["1.500 m2", "2,5 ha"], [0.15, 2.5]),
        (
            "用地面积",
            ["50,000平方米", "3万平方米", "150亩", "5公顷以上", "约5公顷"],
            [5, 3, 10, 5, 5],
        ),
        (
            "area",
            ["50-100", "from 5 to 10 ha", "at least 7", "7 – 9 ha", "100-50 ha"],
            [50, 5, 7, 7, 50],
        ),
        ("area", ["5000 m2 - 1 ha", "1 ha - 5000 m2"], [0.5, 0.5]),
        ("Diện tích (ha)", ["từ 5 đến 10", "tối thiểu 7,5", "8 ha trở lên"], [5, 7.5, 8]),
        (
            "到口岸时间",
            ["≤1小时", "1小时30分钟", "90分钟以内", "30-60分钟", "不超过2小时"],
            [60, 90, 90, 60, 120],
        ),
        (
            "Cửa khẩu",
            ["dưới 60 phút", "1 giờ 30 phút", "tối đa 2 giờ", "1,5 giờ"],
            [60, 90, 120, 90],
        ),
        (
            "max_gate_min",
            ["<= 90", "max 2 h", "maximum 75 min", "30-45 min", "1 h 5 min", "2 h - 90 min"],
            [90, 120, 75, 45, 65, 120],
        ),
    ],
)
def test_amounts_are_read_as_people_write_them(
    header: str, cells: list[str], values: list[float], spoken: companies.Words
) -> None:
    """The end of a range that sets the limit; thousands by the language of the header."""
    read = company_sheet.read(
        sheet(f"company;{header}", *(f"c{i};{cell}" for i, cell in enumerate(cells))), spoken
    )
    assert read.left_out == ()
    assert [company.area_ha or company.max_gate_min for company in read.companies] == values


def test_a_range_never_asks_for_more_than_its_kinder_end(spoken: companies.Words) -> None:
    """A site that would do at one end of the range is not refused: random ranges, both kinds of
    column.
    """
    dice = random.Random(13)
    for _ in range(200):
        low, high = sorted(dice.sample(range(1, 900), 2))
        (company,) = company_sheet.read(
            sheet("company;area_ha;max_port_min", f"A;{low}-{high};{low} - {high}"), spoken
        ).companies
        assert (company.area_ha, company.max_port_min) == (low, high)


# Apart


def test_the_reader_apart_reads_the_same(words: companies.Words) -> None:
    """Companies, what is told, and faults come through the other process unchanged."""
    good = sheet("company;area_ha;sector", "Ý;2,5;汽车", "Ý;3,5;")
    assert sheet_process.read_apart(good, words) == company_sheet.read(good, words)
    assert sheet_process.read_apart(book([["company", "area_ha"], ["A", 5]]), words).companies == (
        Company(2, "A", area_ha=5.0),
    )
    mixed = sheet("title", "company;area_ha;colour", "A;2-3;x", "B;lots;y")
    assert sheet_process.read_apart(mixed, words) == company_sheet.read(mixed, words)
    assert len(company_sheet.read(mixed, words).left_out) == 1
    with pytest.raises(SheetError) as caught:
        sheet_process.read_apart(BAD, words)
    assert list(caught.value.faults) == faults(BAD, words)


@pytest.mark.parametrize(
    "deed",
    [
        "import socket; socket.socket().connect(('127.0.0.1', 9))",
        "open('/tmp/written-by-a-sheet', 'w')",
        "import os; os.system('true')",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.remove('/tmp/nothing')",
        "bytearray(2 * 1024**3)",
    ],
)
def test_the_reader_apart_can_do_nothing_else(deed: str) -> None:
    """No network, no file written, no program started, no memory without end."""
    code = (
        f"from geo.siting import sheet_process\nsheet_process._confine()\ntry:\n    {deed}\nexcept (PermissionError,"  # noqa: E501
        " MemoryError) as error: print('refused')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "refused\n", done.stderr


def test_a_reader_that_does_not_end_is_a_fault(
    words: companies.Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is ended, and the file is to blame."""
    monkeypatch.setattr(sheet_process, "TIMEOUT_S", 0.01)
    with pytest.raises(SheetError, match="took longer"):
        sheet_process.read_apart(b"company\nA\n", words)


# Matching


def test_the_best_sites_come_with_their_reasons(
    table: pd.DataFrame, examples: dict[str, Example]
) -> None:
    """What fails a limit is out, what is known to meet it says by how much, and what is unknown
    says so and comes last.
    """
    (match,) = matching.match(
        [Company(2, "A", ("electronics",), ("VN",), area_ha=40, max_gate_min=100)], table, examples
    )
    assert [park.id for park in match.parks] == ["near", "dark"]
    near, dark = match.parks
    margins = {
        reason.limit: (reason.value, reason.margin)
        for reason in near.reasons
        if reason.value == reason.value
    }
    assert margins == {"area_needed": (50, 10), "max_gate": (60, 40)}
    assert [reason.limit for reason in dark.reasons if not reason.known] == [
        "sector",
        "area_needed",
        "max_gate",
    ]
    assert np.isnan(dark.score)
    assert dark.low <= dark.high
    assert "occupancy" in match.left_out


def test_a_company_that_asks_too_much_is_told_what_would_help(
    table: pd.DataFrame, examples: dict[str, Example]
) -> None:
    """The limit that leaves nothing, and the smallest change by which one site passes."""
    asked = Company(2, "A", country=("CN",), area_ha=250)
    (match,) = matching.match([asked], table, examples)
    assert (match.left, match.parks, match.blocked) == (0, (), "area_needed")
    changes = {name: relaxed.added or relaxed.value for name, relaxed in match.relaxed}
    assert changes == {"area_needed": 100.0, "country": ("VN",)}


def test_the_sites_left_are_those_of_the_funnel(
    table: pd.DataFrame, examples: dict[str, Example]
) -> None:
    """For any requirement the same sites stay as the screening of the investor's table leaves."""
    dice = np.random.default_rng(1)
    asked = []
    for row in range(200):
        area, gate, rent = (
            float(dice.integers(1, most)) if dice.random() < 0.6 else None
            for most in (500, 150, 150)
        )
        sector = tuple(
            dice.choice(["electronics", "textiles", "electricity"], dice.integers(3), replace=False)
        )
        asked.append(Company(row, f"c{row}", sector, (), (), area, gate, None, None, rent))
    for match in matching.match(asked, table, examples, k=10):
        left = screening.screen(
            table, list(matching.limits_of(match.company, examples).values())
        ).remaining
        assert {park.id for park in match.parks} == set(left)
        assert match.left == len(left)


def test_the_order_is_that_of_the_ranking(examples: dict[str, Example]) -> None:
    """Scores, order, ranges and strengths are those that :func:`geo.siting.ranking.rank` gives for
    the sites that are left.
    """
    dice = np.random.default_rng(2)
    names = [row.column.format(profile="car") for row in criteria_rows().values()]
    cells = dice.integers(1, 9, (60, len(names))).astype(float)
    cells[dice.random(cells.shape) < 0.1], cells[dice.random(cells.shape) < 0.05] = np.nan, np.inf
    table = pd.DataFrame(cells, columns=names, index=[f"s{i}" for i in range(60)]).assign(
        kind="industrial_park", role="site", tenants=None, availability=None
    )
    for area in (None, 3.0, 5.0, 8.0):
        for sector in ("electronics", "logistics", "textiles", "shipbuilding"):
            (match,) = matching.match(
                [Company(2, "A", (sector,), area_ha=area)],
                table.assign(sectors=None),
                examples,
                60,
                profile="car",
            )
            left = table.loc[
                [
                    park.id
                    for park in sorted(
                        match.parks, key=lambda park: list(table.index).index(park.id)
                    )
                ]
            ]
            weights = {
                name: weight
                for name, weight in matching.weights_of(match.company, examples).items()
                if weight
            }
            criteria = [
                row.criterion("car", "linear", *ends)
                for name, row in criteria_rows().items()
                for ends in [(0, area or 100) if name == "area" else (None, None)]
                if name in weights and name not in match.left_out
            ]
            ranked = ranking.rank(
                left, criteria, {criterion.id: weights[criterion.id] for criterion in criteria}
            )
            sure = [park for park in match.parks if park.score == park.score]
            assert [park.id for park in sure] == list(ranked.order)
            assert [park.score for park in sure] == ranked.scores[ranked.order].tolist()
            for park in match.parks:
                if park.id not in ranked.unknown.index:
                    assert park.low == park.score == park.high
                    continue
                assert (park.low, park.high) == tuple(
                    ranked.unknown.loc[park.id, ["score_low", "score_high"]]
                )
            for park in sure:
                best = (
                    ranked.parts.loc[park.id][ranked.raw.loc[park.id].notna()]
                    .sort_values(ascending=False, kind="stable")
                    .index[: len(park.strengths)]
                )
                assert park.strengths == tuple(
                    (name, ranked.raw.at[park.id, name]) for name in best
                )


def test_the_table_is_not_changed(table: pd.DataFrame, examples: dict[str, Example]) -> None:
    """Companies with the same requirement get the same answer under their own name."""
    before = table.copy(deep=True)
    first, second = matching.match([Company(2, "A"), Company(3, "B")], table, examples)
    pd.testing.assert_frame_equal(table, before)
    assert first.parks is second.parks
    assert (first.company.company, second.company.company) == ("A", "B")


# The workbook


HOSTILE = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", "a\x00b\x0b", "x" * 40_000)


def test_nothing_in_the_workbook_is_a_formula(
    table: pd.DataFrame, examples: dict[str, Example]
) -> None:
    """Names of companies and of sites, notes and sources are texts, whatever they begin with."""
    asked = [Company(i, text, notes=text) for i, text in enumerate(HOSTILE)]
    data = workbook.to_xlsx(
        matching.match(asked, table, examples), dict.fromkeys(table.index, "=1+1"), notes=[HOSTILE]
    )
    for worksheet in openpyxl.load_workbook(io.BytesIO(data)):
        cells = [cell for row in worksheet.iter_rows() for cell in row if cell.value is not None]
        assert cells
        assert all(cell.data_type in ("s", "n") for cell in cells)
        assert not [
            cell.value
            for cell in cells
            if str(cell.value).startswith(("=", "+", "-", "@", "\t", "＝"))
        ]
    again = workbook.to_xlsx(
        matching.match(asked, table, examples), dict.fromkeys(table.index, "=1+1"), notes=[HOSTILE]
    )
    assert data == again


def test_the_sheet_to_fill_in_reads_back(words: companies.Words) -> None:
    """The template is taken as it is, once a company stands in it; and companies written as CSV
    come back equal.
    """
    assert faults(workbook.template([("a", "b")]), words) == [
        "The sheet holds no rows below its header."
    ]
    asked = [
        Company(
            2,
            "=A",
            ("electronics", "electricity"),
            ("VN",),
            ("Hanoi", "Lang Son"),
            2.125,
            90,
            1e-6,
            0,
            1234.5,
            1_000_000,
            "-x, “y”",
        ),
        Company(5, "B"),
    ]
    assert list(company_sheet.read(workbook.to_csv(asked).encode(), words).companies) == asked


def test_faults_survive_json() -> None:
    """Each sentence can be filled in with what a fault carries."""
    fault = Fault("word", 3, "B", {"text": "50 % {{7*7}}", "known": "a"})
    assert (
        str(Fault(**json.loads(json.dumps(fault.__dict__))))
        == "row 3, column B: “50 % {{7*7}}” is not recognised; choose from: a"
    )
