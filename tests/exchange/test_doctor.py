"""Columns, numbers, known sites and answers: what the doctor asks, and what settles it."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import test_encodings as encoding_tests
from click.testing import CliRunner, Result

from geo import layers
from geo.errors import InputError
from geo.exchange import columns, doctor, mapping_file
from geo.exchange.doctor import Examination
from geo.exchange.known import Known, name_key
from geo.schema import LAYERS
from webapp.catalogues import province_names
from webapp.cli.main import main

pytestmark = pytest.mark.usefixtures("in_this_process")
HERE = "106.9,20.9"


@pytest.fixture
def examine(known: Known, tmp_path: Path):  # type: ignore[no-untyped-def]
    def run(text: str, answers: dict[str, str] | None = None, **more: object) -> Examination:
        path = tmp_path / "file.csv"
        path.write_text(text, encoding="utf-8")
        return doctor.examine(path, known, answers=answers, **more)  # type: ignore[arg-type]

    return run


def keys(exam: Examination) -> list[str]:
    return [question.key for question in exam.questions]


def faults(exam: Examination) -> list[tuple[int, str]]:
    return [(fault.row, fault.column) for fault in exam.faults]


# Columns ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", [layer for layer in LAYERS.values() if layer.place])
def test_every_field_is_known_by_its_name_and_title(layer) -> None:  # type: ignore[no-untyped-def]
    """The names and titles of the fields of a layer are exam again as columns of it."""
    header = [field.name for field in layer.fields]
    mapped, doubled = columns.mapped(header, layer, {})
    assert [column.field for column in mapped] == header
    assert not doubled
    titles = [field.title for field in layer.fields]
    mapped, _ = columns.mapped(titles, layer, {})
    assert [c.field for c, t in zip(mapped, titles, strict=True) if titles.count(t) == 1] == [
        field.name for field in layer.fields if titles.count(field.title) == 1
    ]


def test_columns_are_known_in_three_languages() -> None:
    """Headers in Vietnamese and Chinese, with units, in capitals and without marks, are mapped."""
    header = (
        "STT,TÊN KHU CÔNG NGHIỆP,Ten tinh,Tỉnh,KINH ĐỘ,vi do,Diện tích (ha),Chủ đầu tư",
        "序号,园区名称,x,省份,经度,北纬,规划面积（亩）,开发商",
    )
    wanted = ["", "name", "", "province_en", "lon", "lat", "area_ha", "developer"]
    mapped, _ = columns.mapped(header[0].split(","), LAYERS["parks"], {})
    assert [column.field for column in mapped] == wanted
    mapped, _ = columns.mapped(header[1].split(","), LAYERS["parks"], {})
    assert [column.field for column in mapped] == [*wanted[:2], "x", *wanted[3:]]
    assert mapped[6].unit == "mu"


def test_a_column_that_is_nearly_known_is_a_question(examine) -> None:  # type: ignore[no-untyped-def]
    """A misspelt header is a question with a proposal; an answer settles it either way."""
    text = f"name,lon,lat,Devoloper,Thing\nA,{HERE},Some Co,1\n"
    exam = examine(text)
    assert keys(exam) == ["column:Devoloper"]
    assert [p.choice for p in exam.questions[0].proposals] == ["developer", "none"]
    assert any("Thing" in notice for notice in exam.notices)
    assert examine(text, {"column:Devoloper": "developer"}).rows[0]["developer"] == "Some Co"
    left_out = examine(text, {"column:Devoloper": "none"})
    assert left_out.is_clear
    assert "developer" not in left_out.rows[0]
    with pytest.raises(InputError, match="choose from"):
        examine(text, {"column:Devoloper": "nonsense"})


def test_two_columns_of_one_field_are_a_question(examine) -> None:  # type: ignore[no-untyped-def]
    """Where two columns are called like one field, the second is not taken without a word."""
    text = f"name,lon,lat,Diện tích (ha),Tổng diện tích (ha)\nA,{HERE},5,6\n"
    exam = examine(text)
    assert keys(exam) == ["column:Tổng diện tích (ha)"]
    assert "area_ha" not in exam.sure
    assert examine(text, {keys(exam)[0]: "area_ha"}).rows[0]["area_ha"] == "6"
    assert examine(text, {keys(exam)[0]: "none"}).is_clear


# Numbers and words --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        (["1.234,5", "2.000"], ["1234.5", "2000"]),
        (["1,234.5", "2,000"], ["1234.5", "2000"]),
        (["1 234,5", "２０００"], ["1234.5", "2000"]),
        (["12,5", "7"], ["12.5", "7"]),
        (["1.000.000,0", "5"], ["1000000", "5"]),
        (["250 ha", "3 km²"], ["250", "300"]),
        (["1500亩", "10 公顷"], ["100", "10"]),
    ],
)
def test_numbers_of_both_sides_are_read(cells: list[str], wanted: list[str], examine) -> None:  # type: ignore[no-untyped-def]
    """Decimals and thousands of either language, full-width digits and units mean what they say."""
    table = pd.DataFrame({"name": ["A", "B"], "pos": ["106.9,20.9", "107.1,21.1"], "a": cells})
    table[["lon", "lat"]] = table.pop("pos").str.split(",", expand=True)
    table = table.rename(columns={"a": "Area (ha)"})
    exam = examine(table.to_csv(index=False))
    assert [row.get("area_ha") for row in exam.rows] == wanted, exam.faults
    assert not exam.questions


def test_a_number_that_may_be_two_is_a_question(examine) -> None:  # type: ignore[no-untyped-def]
    """1.234 without another number to tell is a question; both answers settle it."""
    text = f"name,lon,lat,Area (ha)\nA,{HERE},1.234\n"
    exam = examine(text)
    assert keys(exam) == ["decimals:Area (ha)"]
    assert examine(text, {keys(exam)[0]: "comma"}).rows[0]["area_ha"] == "1234"
    assert examine(text, {keys(exam)[0]: "point"}).rows[0]["area_ha"] == "1.234"


def test_a_unit_that_is_not_stated_is_a_question(examine) -> None:  # type: ignore[no-untyped-def]
    """An area without a unit is a question; the proposal that gives a usual park comes first."""
    text = "name,lon,lat,Diện tích\nA,{},{}\n"
    for value, unit in (("2300000", "m2"), ("250", "ha"), ("3750", "mu")):
        exam = examine(text.format(HERE, value))
        assert keys(exam) == ["unit:Diện tích"]
        assert exam.questions[0].proposals[0].choice == unit
        settled = examine(text.format(HERE, value), {"unit:Diện tích": unit})
        assert 200 < float(settled.rows[0]["area_ha"]) < 300
        assert settled.is_clear


def test_cells_that_cannot_be_are_faults(examine) -> None:  # type: ignore[no-untyped-def]
    """A word for a number, a share above a hundred and an unknown province are named by row and
    column, and the rest of the row is kept.
    """
    text = (
        "name,lon,lat,Area (ha),Occupancy,Province,Country\n"
        f"A,{HERE},many,50,Quảng Ninh,Việt Nam\nB,107.0,21.1,5,150,Atlantis,中国人\n"
    )
    exam = examine(text)
    assert (2, "Area (ha)") in faults(exam)
    assert {(3, "Occupancy"), (3, "Province"), (3, "Country")} <= set(faults(exam))
    assert exam.rows[0] | {"province_en": "Quang Ninh", "country": "VN"} == exam.rows[0]


# Known sites --------------------------------------------------------------------------------------


def test_known_sites_are_known_by_any_name(known: Known) -> None:
    """Every name of every park, also without marks or in capitals, leads to it and to no other."""
    for site, names in known.names.items():
        for name in names:
            assert known.called([name]) == ([site], True)
            assert known.called([name.upper()])[0] == [site]
        plain = name_key(names[0])
        assert known.called([plain])[0] == [site]


def test_a_known_site_elsewhere_is_a_question(examine, parks: pd.DataFrame) -> None:  # type: ignore[no-untyped-def]
    """A row of a known name near it is that site; far away it is a question, which an answer
    settles.
    """
    park = parks[parks["province_en"] == "Hai Phong"].iloc[3]
    other = parks[(parks["province_en"] == "Hai Phong")].sort_values("lon").iloc[-1]
    near = f"name,lon,lat\n{park['name_vi']},{park['lon']},{park['lat'] + 0.001}\n"
    exam = examine(near)
    assert exam.sites == (park["id"],)
    assert exam.is_clear
    text = (
        f"name,lon,lat\nKCN Z,106.7,20.85\n{park['name_vi']},{other['lon']},{other['lat'] + 0.03}\n"
    )
    exam = examine(text, {"coordinates": "EPSG:4326"})
    assert "site:3" in keys(exam)
    assert 3 not in exam.sure.index
    answers = {"coordinates": "EPSG:4326", "site:3": "new"}
    assert examine(text, answers).sites[1] == ""
    assert 3 in examine(text, answers).sure.index
    assert examine(text, answers | {"site:3": park["id"]}).sites[1] == park["id"]


def test_known_sites_need_no_positions(examine) -> None:  # type: ignore[no-untyped-def]
    """A list of areas of known sites is clear, and says that it holds no positions; a new site in
    it cannot be placed, which is a fault.
    """
    known_only = (
        "name,area (ha)\nKCN Đông Mai,167\nSong Khoai Industrial Park (Amata City Ha Long),714\n"
    )
    exam = examine(known_only)
    assert exam.is_clear
    assert exam.sites == ("dong-mai-ip", "song-khoai-ip")
    assert any("no positions" in str(notice) for notice in exam.notices)
    assert examine(known_only + "Quite Another Park,20\n").faults


def test_a_row_that_stands_twice_is_a_question(examine) -> None:  # type: ignore[no-untyped-def]
    """The same name twice is a question; kept or left out, it is settled."""
    text = "name,lon,lat\nKCN Một Hai,106.9,20.9\nB,106.95,20.9\nkcn mot hai,106.901,20.9\n"
    exam = examine(text)
    assert keys(exam) == ["twice:4"]
    assert list(exam.sure.index) == [2, 3]
    assert list(examine(text, {"twice:4": "keep"}).sure.index) == [2, 3, 4]
    assert list(examine(text, {"twice:4": "drop"}).sure.index) == [2, 3]


def test_answers_settle_every_question(known: Known, parks: pd.DataFrame, tmp_path: Path) -> None:
    """Whatever is asked of a file with every doubt, the first proposals as answers leave no
    question.
    """
    path = tmp_path / "file.csv"
    few = parks[parks["province_en"] == "Quang Ninh"].head(8)
    table = pd.DataFrame(
        {
            "Tên": [*few["name_vi"], few["name_vi"].iloc[0]],
            "Vĩ độ": [*few["lon"], few["lon"].iloc[0]],
            "Kinh độ": [*few["lat"], few["lat"].iloc[0]],
            "Diện tích": ["1.234"] * 9,
            "Chủ đầu tu tu": ["A"] * 9,
        }
    )
    path.write_bytes(table.to_csv(index=False).encode("utf-8"))
    answers: dict[str, str] = {}
    for _ in range(6):
        exam = doctor.examine(path, known, answers=answers)
        if not exam.questions:
            break
        answers |= {q.key: q.proposals[0].choice for q in exam.questions}
    assert not exam.questions
    assert {key.split(":")[0] for key in answers} >= {"coordinates", "unit", "decimals", "twice"}
    assert len(exam.sure) == 8


# The command --------------------------------------------------------------------------------------


def bring(*arguments: str, code: int) -> Result:
    result = CliRunner().invoke(main, ["bring", *arguments], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result


def test_the_command_keeps_a_mapping(parks: pd.DataFrame, tmp_path: Path) -> None:
    """What was answered and mapped once is kept in a file, and settles the next file."""
    few = parks[parks["province_en"] == "Hai Phong"].head(4)
    path, kept = tmp_path / "file.csv", tmp_path / "kept.json"
    table = few[["name_vi", "lat", "lon", "area_ha"]]
    table.columns = ["Ten goi", "lon", "lat", "S"]
    table.to_csv(path, index=False)
    before = path.read_bytes()
    exam = json.loads(bring(str(path), "--json", code=1).stdout)
    assert [question["key"] for question in exam["questions"]] == ["coordinates"]
    assert exam["questions"][0]["proposals"][0]["choice"] == "EPSG:4326-swapped"
    text = bring(
        *(str(path), "--answer", "coordinates=EPSG:4326-swapped", "--keep-mapping", str(kept)),
        code=0,
    ).stdout
    assert "Nothing was changed." in text
    mapping = json.loads(kept.read_text(encoding="utf-8"))
    assert mapping["columns"]["S"] == ""
    mapping["columns"]["S"] = "area_ha"
    kept.write_text(json.dumps(mapping), encoding="utf-8")
    result = bring(str(path), "--mapping", str(kept), "--answer", "unit:S=ha", "--json", code=0)
    exam = json.loads(result.stdout)
    assert [row["site"] for row in exam["rows"]] == list(few["id"])
    assert [float(row["area_ha"]) for row in exam["rows"]] == list(few["area_ha"])
    assert len(exam["sure"]) == 4
    assert path.read_bytes() == before


def test_the_command_reports_in_three_languages(tmp_path: Path) -> None:
    """The report is written in the language asked for, and without a file the exit code is 2."""
    path = tmp_path / "file.csv"
    path.write_text("name,lon,lat\nA,0,0\nB,107,21.1\n", encoding="utf-8")
    texts = []
    for language in ("en", "vi", "zh"):
        arguments = ["--lang", language, "bring", str(path)]
        result = CliRunner().invoke(main, arguments, catch_exceptions=False)
        assert result.exit_code == 1
        texts.append(result.stdout)
    assert len(set(texts)) == 3
    for missing in ("nothing.csv", str(tmp_path)):
        result = bring(missing, code=2)
        assert result.stdout == ""
        assert result.stderr.startswith("zoneatlas: ")
    bring(str(path), "--layer", "nothing", code=2)
    bring(str(path), "--answer", "coordinates=Mars", code=2)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"columns": {"a": "no_such"}}', '{"columns": {"a": 1}}', "[" * 9999],
)
def test_a_mapping_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    """A file that is not a mapping, or names an unknown field, is refused by its name."""
    path = tmp_path / "kept.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"kept\.json"):
        mapping_file.read(path, layers.get("parks"))


# What comes before the rows -----------------------------------------------------------------------


@pytest.mark.parametrize("layer", [layer.id for layer in LAYERS.values() if layer.place])
def test_our_own_layers_raise_nothing(layer: str) -> None:
    """Every layer of places that comes with Zone Atlas is read without a doubt, each row as the
    site that it is.
    """
    known = Known.read(layers.bundled(), layer, province_names)
    exam = doctor.examine(layers.bundled() / f"{layer}.csv", known, layer)
    assert exam.is_clear, (exam.questions, exam.faults)
    assert not exam.notices
    assert list(exam.sites) == list(known.frame.index)
    assert exam.sure.geometry.geom_equals(known.frame.geometry, align=False).all()


def test_a_layer_without_places_is_refused(tmp_path: Path) -> None:
    """Policies have no positions, so a file of them is not examined."""
    path = tmp_path / "file.csv"
    path.write_text("id,title\na,b\n")
    with pytest.raises(InputError, match="parks"):
        doctor.examine(path, layers.bundled(), "policies")


def test_a_doubtful_encoding_is_a_question(known: Known, tmp_path: Path) -> None:
    """Bytes that read well in two encodings are a question; each answer is taken at its word."""
    path = tmp_path / "file.csv"
    path.write_bytes(f"name,lon,lat\nMoä Boâng,{HERE}\n".encode("latin-1"))
    exam = doctor.examine(path, known)
    (question,) = exam.questions
    assert question.key == "encoding"
    assert exam.sure.empty
    assert {proposal.choice for proposal in question.proposals[:2]} == {"VNI", "TCVN3"}
    for encoding, name in (("VNI", "Mộ Bông"), ("TCVN3", "Moọ Boõng")):
        settled = doctor.examine(path, known, answers={"encoding": encoding})
        assert not settled.questions
        assert settled.rows[0]["name_vi"] == name
    with pytest.raises(InputError, match="encoding"):
        doctor.examine(path, known, answers={"encoding": "EBCDIC"})


def test_a_workbook_in_an_old_font_with_two_sheets_is_asked_about(
    known: Known, parks: pd.DataFrame, tmp_path: Path
) -> None:
    """Letters of an old font in a workbook, and which sheet is meant, are questions; answered, the
    rows are the sites that they are.
    """
    few = parks[parks["province_en"] == "Quang Ninh"].head(6)
    raw = (encoding_tests.tcvn3(name).decode("cp1252") for name in few["name_vi"])
    book = openpyxl.Workbook()
    book.create_sheet("Sheet3")
    book.create_sheet("KCN")
    book.worksheets[0].append(["Ghi chú"])
    book.worksheets[0].append(["không có gì"])
    book["KCN"].append(["Danh mục"])
    book["KCN"].append(["Tên", "Kinh độ", "Vĩ độ"])
    for name, lon, lat in zip(raw, few["lon"], few["lat"], strict=True):
        book["KCN"].append([name, lon, lat])
    path = tmp_path / "file.xlsx"
    book.save(path)
    exam = doctor.examine(path, known)
    assert keys(exam) == ["part", "font"]
    assert [proposal.choice for proposal in exam.questions[0].proposals] == ["KCN", "Sheet"]
    assert exam.sure.empty
    exam = doctor.examine(path, known, answers={"part": "KCN"})
    assert keys(exam) == ["font"]
    assert exam.questions[0].proposals[0].choice == "TCVN3"
    exam = doctor.examine(path, known, answers={"part": "KCN", "font": "TCVN3"})
    assert exam.is_clear
    assert list(exam.sites) == list(few["id"])
    with pytest.raises(InputError, match="KCN"):
        doctor.examine(path, known, answers={"part": "nothing"})
