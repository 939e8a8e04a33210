"""Files of records: projects as departments of either side list them, which lie at the places that
they name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from geo import layers
from geo.exchange import bringing, doctor, money, releases
from geo.exchange import tables as tables_of
from geo.exchange.book import Book
from geo.exchange.bringing import Terms
from geo.exchange.doctor import Examination
from geo.exchange.known import BROUGHT, Known
from geo.schema import Layer
from geo.siting import projects
from webapp.catalogues import province_names

HEAD = (
    *("STT", "Tên dự án", "Địa điểm", "KCN", "Tỉnh", "Lĩnh vực", "Diện tích (ha)"),
    *("Tổng mức đầu tư (tỷ đồng)", "Chủ đầu tư", "Tình trạng", "Nguồn", "Ngày"),
)
TERMS = Terms("Department", "its list", "page", "2026-07")


@pytest.fixture(scope="module")
def known() -> Known:
    return Known.read(layers.bundled(), "projects", province_names)


def workbook(path: Path, *rows: tuple[Any, ...], head: tuple[str, ...] = HEAD) -> Path:
    """Write a list with a title above its header, as departments do."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (("DANH MỤC DỰ ÁN",), head, *rows):
        sheet.append(row)
    book.save(path)
    return path


def a_row(name: str = "Nhà máy cơ khí Hải Yên", **cells: Any) -> tuple[Any, ...]:
    """Make a row of that list."""
    usual = {
        "STT": 1,
        "Tên dự án": name,
        "Địa điểm": "Móng Cái",
        "KCN": "KCN Hải Yên",
        "Tỉnh": "Quảng Ninh",
        "Lĩnh vực": "Cơ khí; Điện tử",
        "Diện tích (ha)": 12.5,
        "Tổng mức đầu tư (tỷ đồng)": "1.250,5",
        "Chủ đầu tư": "Công ty A",
        "Tình trạng": "Kêu gọi đầu tư",
        "Nguồn": "QĐ 12/QĐ-UBND",
        "Ngày": "2026-05",
    }
    return tuple((usual | cells).values())


def statements(exam: Examination) -> dict[tuple[str, str], str | None]:
    """Return what the rows of a file state, by row and field."""
    brought = bringing.claims(exam, tables_of.read(layers.bundled()), "projects", TERMS)
    return {(claim.row_id, claim.field): claim.value for claim in brought.claims}


def test_a_list_in_vietnamese_is_read_whole(known: Known, tmp_path: Path) -> None:
    """Name, place, park, sectors, money, status: each as the atlas keeps it, nothing open."""
    exam = doctor.examine(workbook(tmp_path / "list.xlsx", a_row()), known, "projects")
    assert exam.is_clear, (exam.questions, exam.faults)
    row = dict(exam.rows[0])
    row.pop("_at")
    assert row == {
        "name_vi": "Nhà máy cơ khí Hải Yên",
        "place": "Móng Cái",
        "park": "hai-yen-ip",
        "province_en": "Quang Ninh",
        "country": "VN",
        "sectors": "mechanical_engineering;electronics",
        "area_ha": "12.5",
        "capital": "1250.5",
        "capital_unit": "billion_vnd",
        "investor": "Công ty A",
        "status": "calling_for_investment",
        "source": "QĐ 12/QĐ-UBND",
        "as_of": "2026-05",
    }


def test_a_list_in_chinese_is_read_whole(known: Known, tmp_path: Path) -> None:
    """GB 18030, hundreds of millions of yuan, mu: converted; the name stays as it is written."""
    path = tmp_path / "list.csv"
    path.write_text(
        "序号,项目名称,省份,行业,总投资（亿元）,占地面积（亩）,状态,来源,日期\n"
        "1,东兴电子信息产业园二期,广西,电子信息、物流,12.5,450,招商中,投资促进局,2026-04\n",
        encoding="gb18030",
    )
    exam = doctor.examine(path, known, "projects")
    assert exam.is_clear, (exam.questions, exam.faults)
    row = exam.rows[0]
    assert (row["name_zh"], row["country"]) == ("东兴电子信息产业园二期", "CN")
    assert (row["capital"], row["capital_unit"]) == ("1250", "million_cny")
    assert (row["area_ha"], row["sectors"]) == ("30", "electronics;logistics")
    new = {row_id for row_id, _ in statements(exam)}
    assert len(new) == 1
    assert new.isdisjoint(known.at)
    assert statements(exam)[new.pop(), "name_en"] == "东兴电子信息产业园二期"


def test_a_new_row_follows_from_a_release(known: Known, tmp_path: Path) -> None:
    """What a list states is in the next release, whole: it can be read, placed and found as a
    call of its sector."""
    exam = doctor.examine(workbook(tmp_path / "list.xlsx", a_row()), known, "projects")
    base, book = tables_of.read(layers.bundled()), Book.of(tmp_path / "home")
    brought = bringing.claims(exam, base, "projects", TERMS)
    assert not brought.left_out
    book.add(brought.claims, origin="list.xlsx", who="an")
    releases.release(
        book, layers.bundled(), tmp_path / "home", title="one", party="Department", who="an"
    )
    folder = releases.opened(tmp_path / "home", layers.bundled(), "", "1")
    frame = layers.read(folder, "projects")
    row = frame.loc["nha-may-co-khi-hai-yen"]
    assert row["name_en"] == "Nha may co khi Hai Yen"
    assert row["name_vi"] == "Nhà máy cơ khí Hải Yên"
    placed = projects.located(frame, lambda name: layers.read(folder, name))
    assert placed.loc["nha-may-co-khi-hai-yen", "place"] == "hai-yen-ip"
    assert "nha-may-co-khi-hai-yen" in projects.calling(frame, ["electronics"]).index


def test_a_name_of_several_parks_is_a_question(known: Known, tmp_path: Path) -> None:
    """“Đông Mai” is a park and a cluster. Until it is answered the row waits for nothing else;
    each choice that is offered settles it."""
    path = workbook(tmp_path / "list.xlsx", a_row(KCN="Đông Mai"))
    exam = doctor.examine(path, known, "projects")
    (question,) = exam.questions
    choices = [proposal.choice for proposal in question.proposals]
    assert {"dong-mai-ip", "dong-mai-ic", "none"} == set(choices)
    assert ("nha-may-co-khi-hai-yen", "park") not in statements(exam)
    assert ("nha-may-co-khi-hai-yen", "capital") in statements(exam)
    for choice in choices:
        settled = doctor.examine(path, known, "projects", answers={question.key: choice})
        assert settled.is_clear
        expected = None if choice == "none" else choice
        assert settled.rows[0].get("park") == expected


@pytest.mark.parametrize("cell", ["KCN Không Có", "=1+1", "<script>alert(1)</script>", "x" * 5000])
def test_a_park_that_is_not_known_is_a_fault(known: Known, tmp_path: Path, cell: str) -> None:
    """The cell is named with its row; everything else of the row is taken."""
    exam = doctor.examine(workbook(tmp_path / "list.xlsx", a_row(KCN=cell)), known, "projects")
    (fault,) = exam.faults
    assert (fault.row, fault.column) == (3, "KCN")
    assert len(str(fault.sentence)) < 400
    assert "park" not in exam.rows[0]
    assert exam.rows[0]["capital"] == "1250.5"


@pytest.mark.parametrize(
    ("header", "cell", "expected"),
    [
        ("Tổng mức đầu tư (tỷ đồng)", 1250.5, ("1250.5", "billion_vnd")),
        ("Vốn đầu tư (triệu đồng)", 850_000, ("850", "billion_vnd")),
        ("Tổng vốn đầu tư (triệu USD)", "263,7", ("263.7", "million_usd")),
        ("Total investment (USD)", "1,200,000,000", ("1200", "million_usd")),
        ("总投资（万元）", "35000", ("350", "million_cny")),
        ("总投资（亿美元）", 1.5, ("150", "million_usd")),
        ("Vốn đầu tư", "1.200 tỷ đồng", ("1200", "billion_vnd")),
        ("投资额", "3.5亿元", ("350", "million_cny")),
        ("Investment", "690 million USD", ("690", "million_usd")),
    ],
)
def test_money_in_any_unit(
    known: Known, tmp_path: Path, header: str, cell: Any, expected: tuple[str, str]
) -> None:
    """An amount and its unit, from the header or the cell, become those of the atlas."""
    head = tuple(header if name.startswith("Tổng mức") else name for name in HEAD)
    row = a_row(**{"Tổng mức đầu tư (tỷ đồng)": cell})
    exam = doctor.examine(workbook(tmp_path / "list.xlsx", row, head=head), known, "projects")
    if exam.questions:  # 1.200 may be either: settled as Vietnamese write it
        (question,) = exam.questions
        assert question.key.startswith("decimals:")
        answers = {question.key: "comma"}
        exam = doctor.examine(tmp_path / "list.xlsx", known, "projects", answers=answers)
    assert exam.is_clear, (exam.questions, exam.faults)
    assert (exam.rows[0]["capital"], exam.rows[0]["capital_unit"]) == expected


def test_money_without_a_unit_is_a_question(known: Known, tmp_path: Path) -> None:
    """No unit is assumed; an amount is never taken without one, nor a unit without an amount."""
    head = tuple("Vốn đầu tư" if name.startswith("Tổng mức") else name for name in HEAD)
    rows = (
        a_row(**{"Tổng mức đầu tư (tỷ đồng)": 500}),
        a_row("B", **{"Tổng mức đầu tư (tỷ đồng)": None}),
    )
    path = workbook(tmp_path / "list.xlsx", *rows, head=head)
    exam = doctor.examine(path, known, "projects")
    (question,) = exam.questions
    assert {proposal.choice for proposal in question.proposals} == set(money.USUAL)
    assert all("capital" not in row and "capital_unit" not in row for row in exam.rows)
    for proposal in question.proposals:
        answers = {question.key: proposal.choice}
        settled = doctor.examine(path, known, "projects", answers=answers)
        assert settled.is_clear
        assert settled.rows[0]["capital_unit"] == proposal.choice
        assert "capital_unit" not in settled.rows[1]


def test_a_column_of_other_things_ends_soon(known: Known, tmp_path: Path) -> None:
    """Thousands of names that no park has, and amounts without a unit, are a list of faults and a
    question.
    """
    rows = "".join(
        f"Factory {row},Quang Ninh,licensed,Nowhere {row},{row}\n" for row in range(5000)
    )
    path = tmp_path / "list.csv"
    path.write_text(f"name,province,status,park,capital\n{rows}")
    exam = doctor.examine(path, known, "projects")
    assert [question.key for question in exam.questions] == ["unit:capital"]
    assert len(exam.faults) == doctor.MOST_FAULTS


@pytest.mark.parametrize(
    "cell", ["=500*2", "viele", "9" * 400, 1e305, "1e400", "5 quintals", "12..5", "1.2.3,4"]
)
def test_money_that_is_none_is_a_fault(known: Known, tmp_path: Path, cell: str) -> None:
    """Each such cell is one fault with its row, and nothing of it is taken."""
    row = a_row(**{"Tổng mức đầu tư (tỷ đồng)": cell})
    exam = doctor.examine(workbook(tmp_path / "list.xlsx", row), known, "projects")
    assert [(fault.row, fault.column) for fault in exam.faults] == [(3, HEAD[7])]
    assert "capital" not in exam.rows[0]
    assert "capital_unit" not in exam.rows[0]


def test_positions_of_records_are_left_out_with_a_word(known: Known, tmp_path: Path) -> None:
    """Projects lie at the places that they name: a map of them is read, without its points."""
    path = tmp_path / "list.geojson"
    point = {"type": "Point", "coordinates": [107.9, 21.5]}
    feature = {
        "type": "Feature",
        "geometry": point,
        "properties": {"name_en": "Cold store", "province": "Quang Ninh", "status": "licensed"},
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    exam = doctor.examine(path, known, "projects")
    assert exam.is_clear
    assert any("positions" in str(notice) for notice in exam.notices)
    assert {field for _, field in statements(exam)} == {
        *("name_en", "province_en", "status", "country"),
    }


def test_a_known_project_is_recognised_by_its_name(known: Known, tmp_path: Path) -> None:
    """In full, in another case; what the list says anew is a statement on that row."""
    row = a_row("LITE-ON Quang Ninh  factory", KCN="song-khoai-ip", **{"Tình trạng": "operating"})
    exam = doctor.examine(workbook(tmp_path / "list.xlsx", row), known, "projects")
    assert exam.sites == ("project-lite-on-quang-ninh-factory",)
    stated = statements(exam)
    assert stated["project-lite-on-quang-ninh-factory", "status"] == "operating"
    assert ("project-lite-on-quang-ninh-factory", "country") not in stated  # nor is it in the list


@pytest.mark.parametrize("layer", BROUGHT, ids=lambda layer: layer.id)
def test_what_the_atlas_writes_it_reads(layer: Layer) -> None:
    """The file of each layer that can be brought is recognised row by row, and states nothing
    new without a date of its own."""
    source = layers.bundled() / f"{layer.id}.csv"
    known = Known.read(layers.bundled(), layer.id, province_names)
    exam = doctor.examine(source, known, layer.id)
    assert [site for site in exam.sites if site] == list(known.at)[: len(exam.sites)]
    assert not [fault for fault in exam.faults if fault.column in ("park", "port", "gates")]
