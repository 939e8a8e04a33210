"""Files that are right but unusual: merged cells, formulas, two features with one identifier, other
planets, shapes that are not points.
"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from geo.errors import InputError
from geo.exchange import doctor
from geo.exchange.doctor import Examination
from geo.exchange.known import Known

pytestmark = pytest.mark.usefixtures("in_this_process")
HERE = [107.3, 21.0]
THERE = [107.4, 21.1]


@pytest.fixture
def examine(known: Known, tmp_path: Path):  # type: ignore[no-untyped-def]
    def run(data: bytes, **answers: str) -> Examination:
        path = tmp_path / "file.dat"
        path.write_bytes(data)
        return doctor.examine(path, known, answers=answers)

    return run


def sheet(rows: list[list[Any]], *merged: str, empty_first: bool = False) -> bytes:
    """Write a workbook with cells that are made one."""
    book = openpyxl.Workbook()
    page = book.create_sheet("KCN") if empty_first else book.active
    assert page is not None
    for row in rows:
        page.append(row)
    for cells in merged:
        page.merge_cells(cells)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def geojson(*shapes: Any, ids: tuple[str, ...] = (), system: str = "") -> bytes:
    """Write shapes as features named A, B and so on."""
    features = [
        {
            "type": "Feature",
            "properties": {"name": f"KCN {'ABCDEFGH'[at]}", **({"id": ids[at]} if ids else {})},
            "geometry": shape if isinstance(shape, dict) or shape is None else point(*shape),
        }
        for at, shape in enumerate(shapes)
    ]
    crs = {"crs": {"type": "name", "properties": {"name": system}}} if system else {}
    return json.dumps({"type": "FeatureCollection", "features": features, **crs}).encode()


def point(*numbers: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": list(numbers)}


def test_merged_cells_are_asked_about(examine) -> None:  # type: ignore[no-untyped-def]
    """A province that is written once for three rows is a question; both answers settle it."""
    rows = [
        ["Danh mục"],
        ["Tỉnh", "Tên", "Kinh độ", "Vĩ độ"],
        ["Quảng Ninh", "KCN A1", 107.3, 21.0],
        [None, "KCN B1", 107.35, 21.01],
        [None, "KCN C1", 107.4, 21.02],
    ]
    data = sheet(rows, "A1:D1", "A3:A5")
    assert [question.key for question in examine(data).questions] == ["merged"]
    for answer, count in (("each", 3), ("first", 1)):
        exam = examine(data, merged=answer)
        assert exam.is_clear
        assert sum(row.get("province_en") == "Quang Ninh" for row in exam.rows) == count


def test_a_header_of_two_merged_rows_is_read(examine) -> None:  # type: ignore[no-untyped-def]
    """“Toạ độ” above X and Y, and the name beside them over both rows, is one header."""
    rows = [["Tên", "Tọa độ", None], [None, "Kinh độ", "Vĩ độ"], ["KCN A1", *HERE]]
    exam = examine(sheet(rows, "A1:A2", "B1:C1"))
    assert exam.is_clear
    assert [column.field for column in exam.mapping] == ["name", "lon", "lat"]
    assert list(exam.sure["name_vi" if "name_vi" in exam.sure else "name_en"]) == ["KCN A1"]


def test_an_empty_first_sheet_is_passed_over(examine) -> None:  # type: ignore[no-untyped-def]
    """The sheet that holds something is read."""
    exam = examine(sheet([["Tên", "Kinh độ", "Vĩ độ"], ["KCN A1", *HERE]], empty_first=True))
    assert exam.is_clear
    assert exam.part == "KCN"


def test_a_sheet_of_formulas_has_no_row_that_is_sure(examine) -> None:  # type: ignore[no-untyped-def]
    """Positions that are formulas are faults, and nothing of them is taken."""
    rows = [["Tên", "Kinh độ", "Vĩ độ"], *[[f"KCN {n}", "=107+0.3", "=21"] for n in range(5)]]
    exam = examine(sheet(rows))
    assert exam.sure.empty
    assert {fault.row for fault in exam.faults} == {2, 3, 4, 5, 6}


@pytest.mark.parametrize("key", ["x", "hai-yen-ip"])
def test_two_features_with_one_identifier_are_a_question(key: str, examine) -> None:  # type: ignore[no-untyped-def]
    """The second one is asked about in words that name the identifier, and is not taken."""
    exam = examine(geojson(HERE, THERE, ids=(key, key)), coordinates="EPSG:4326")
    (question,) = [question for question in exam.questions if question.key == "twice:2"]
    assert "identifier" in question.text
    assert 2 not in exam.sure.index


@pytest.mark.parametrize(
    "system", ["urn:ogc:def:crs:IAU:2015:49900", "IAU_2015:30100", "nonsense", "urn:x-mars:1"]
)
def test_a_map_of_another_planet_is_refused(system: str, examine) -> None:  # type: ignore[no-untyped-def]
    """What is not known to be of the Earth is not taken for WGS 84."""
    with pytest.raises(InputError, match="Earth"):
        examine(geojson(HERE, system=system))


def test_a_map_that_states_its_zone_is_believed(examine) -> None:  # type: ignore[no-untyped-def]
    """An old `crs` member with a zone of Viet Nam is followed."""
    exam = examine(geojson([448000, 2322000], system="urn:ogc:def:crs:EPSG::5899"))
    assert exam.system is not None
    assert exam.system.choice == "EPSG:5899"
    assert len(exam.sure) == 1


SQUARE = [[[107.3, 21.0], [107.32, 21.0], [107.32, 21.02], [107.3, 21.02], [107.3, 21.0]]]
BOW = [[[107.3, 21.0], [107.32, 21.02], [107.32, 21.0], [107.3, 21.02], [107.3, 21.0]]]


@pytest.mark.parametrize(
    ("shape", "notices"),
    [
        (point(*HERE, 12.5), 0),
        ({"type": "MultiPoint", "coordinates": [HERE]}, 0),
        ({"type": "MultiPoint", "coordinates": [HERE, THERE]}, 1),
        ({"type": "LineString", "coordinates": [HERE, THERE]}, 1),
        ({"type": "Polygon", "coordinates": SQUARE}, 1),
        ({"type": "Polygon", "coordinates": BOW}, 1),
        ({"type": "GeometryCollection", "geometries": [point(*HERE)]}, 1),
    ],
)
def test_a_layer_of_points_gets_points(shape: Any, notices: int, examine) -> None:  # type: ignore[no-untyped-def]
    """Heights are left out, and of another shape a point in it is taken, with a word about it."""
    exam = examine(geojson(shape))
    assert exam.is_clear
    assert len(exam.notices) == notices
    (sure,) = exam.sure.geometry
    assert sure.geom_type == "Point"
    assert not sure.has_z
    assert 107.29 <= sure.x <= 107.41
    assert 20.99 <= sure.y <= 21.11


def test_features_without_a_shape_are_faults(examine) -> None:  # type: ignore[no-untyped-def]
    """A missing and an empty shape, rings that are too short or open and a line of one point are
    named; the others are kept.
    """
    east, north = [HERE[0] + 0.01, HERE[1]], [HERE[0], HERE[1] + 0.01]
    broken = [
        {"type": "Polygon", "coordinates": [[HERE, HERE]]},
        {"type": "Polygon", "coordinates": [[HERE, east, north, [HERE[0] - 0.01, HERE[1]]]]},
        {"type": "LineString", "coordinates": [HERE]},
    ]
    empty = {"type": "GeometryCollection", "geometries": []}
    exam = examine(geojson(None, HERE, *broken, empty))
    assert [fault.row for fault in exam.faults] == [1, *range(3, 7)]
    assert list(exam.sure.index) == [2]


@pytest.mark.parametrize("number", ["9" * 400, "1e400", "inf", "nan", "٣٤", "10**9", "=1"])
def test_a_number_beyond_all_measure_is_a_fault(number: str, examine) -> None:  # type: ignore[no-untyped-def]
    """Such a coordinate is named, and such an area."""
    exam = examine(f"name,lon,lat,Area (ha)\nA,{number},21\nB,107.3,21,{number}\n".encode())
    assert 2 in {fault.row for fault in exam.faults}
    assert 2 not in exam.sure.index


def changed(data: bytes, rng: random.Random) -> bytes:
    """Cut a file off, or change some of its bytes."""
    if rng.random() < 0.3:
        return data[: rng.randrange(len(data))]
    damaged = bytearray(data)
    for _ in range(rng.choice((1, 5, 40))):
        at = rng.randrange(len(damaged))
        damaged[at : at + 1] = rng.randbytes(rng.randrange(3))
    return bytes(damaged)


MAPS: dict[str, Callable[[], bytes]] = {
    "GeoJSON": lambda: geojson(HERE, None, {"type": "Polygon", "coordinates": SQUARE}),
    "XLSX": lambda: sheet([["Tên", "Kinh độ", "Vĩ độ"], ["KCN A", *HERE]], "A1:A2"),
    "CSV": lambda: "Tên,Tọa độ,Diện tích\nKCN A,\"21°5'B 107°6'Đ\",1.234\n".encode(),
}


@pytest.mark.parametrize("kind", MAPS)
def test_damaged_files_are_read_or_refused(kind: str, examine) -> None:  # type: ignore[no-untyped-def]
    """A file that is cut off or changed is examined, or refused with a sentence."""
    rng = random.Random(kind)
    data = MAPS[kind]()
    sentences = []
    for _ in range(40):
        try:
            exam = examine(changed(data, rng))
        except InputError as error:
            sentences.append(str(error))
        else:
            assert len(exam.sure) <= len(exam.rows)
    assert all(sentence.endswith(".") for sentence in sentences)
