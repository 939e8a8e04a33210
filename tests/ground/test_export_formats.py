"""Files for GIS, CAD and spreadsheets: readers of other makers get every value back."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import ezdxf
import fiona
import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pyogrio
import pyproj
import pytest
import shapely
from ezdxf.document import Drawing

from geo import crs, export
from geo.errors import InputError
from geo.export import shapefile, xlsx
from geo.schema import LAYERS

ABOUT = export.About(
    "parks",
    "Parks",
    sources=("Sở Công Thương", "商务局"),
    licence="CC BY 4.0",
    as_of="2026-03",
    filters={"q": "<b>&"},
    total=9,
)
SAID = ("Parks: 9 of 9, where q = <b>&.", "Sở Công Thương; 商务局", "CC BY 4.0", "2026-03")
HOSTILE = (
    "=cmd|'/c calc'!A1",
    "{{7*7}}<img src=x>]]>",
    "Quote \" and ' and ; , \\ {\\fArial;x}",
    "Khu công nghiệp Hải Yên",
    "东兴边境经济合作区",
    "100%%d ^J \\U+0041 \\P",
    "#N/A",
    "@SUM(A1)",
    "line one\nline two",
)
LONG = "Tên " * 75
NEW = ("xlsx", "shp", "fgb", "parquet", "dxf")
SYSTEMS = (5899, 3405, 4545, 32648)


@pytest.fixture
def places() -> gpd.GeoDataFrame:
    """Nine points: a hostile text each, and everything unknown in one of them."""
    n = len(HOSTILE)
    return gpd.GeoDataFrame(
        {
            "name_en": pd.array(HOSTILE, dtype="str"),
            "name_zh": pd.array([None] * (n - 1) + ["北"], dtype="str"),
            "position_accuracy_m": [0.1 + 0.2, np.nan, -1e-7, 1e12, 0.0, 1.5, 2.5, 3.5, 4.5],
            "established_year": pd.array([2007, pd.NA, *range(7)], dtype="Int64"),
            "free": pd.array([True, pd.NA, False] * 3, dtype="boolean"),
            "nothing": pd.array([None] * n, dtype="str"),
        },
        index=pd.Index([f"p-{i}" for i in range(n)], name="id"),
        geometry=[shapely.Point(107 + i / 10, 21 + i / 100) for i in range(n)],
        crs=4326,
    )


def known(values: Any) -> list[Any]:
    """Return plain values, None where unknown."""
    return [None if pd.isna(value) else value for value in values]


def same_numbers(ours: Any, theirs: Any, rel: float) -> None:
    """Check that numbers are the same, and unknown in the same places."""
    np.testing.assert_allclose(np.array(ours, float), np.array(theirs, float), rtol=rel)


def on_disk(folder: Path, frame: pd.DataFrame, format_id: str, **more: Any) -> Path:
    path = folder / f"layer.{export.get(format_id).extension}"
    path.write_bytes(export.write(frame, format_id, ABOUT, **more))
    return path


def read(path: Path) -> pd.DataFrame:
    """Read a file with GDAL, GeoParquet with Polars by what its metadata say."""
    if path.suffix != ".parquet":
        return pyogrio.read_dataframe(path)
    table = pl.read_parquet(path)
    frame = pd.DataFrame({name: table[name].to_list() for name in table.columns}, dtype=object)
    geo = json.loads(pl.read_parquet_metadata(path).get("geo", "null"))
    if not geo:
        return frame
    column = geo["columns"][geo["primary_column"]]
    assert (geo["version"], column["encoding"]) == ("1.1.0", "WKB")
    shapes = shapely.from_wkb(np.array(frame[geo["primary_column"]], object))
    assert set(column["geometry_types"]) == {s.geom_type for s in shapes if s is not None}
    if "bbox" in column:
        assert column["bbox"] == list(shapely.total_bounds(shapes))
    system = pyproj.CRS.from_json_dict(column["crs"])
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=system)


def drawing_of(data: bytes) -> Drawing:
    drawing = ezdxf.read(io.TextIOWrapper(io.BytesIO(data), encoding="ascii"))
    audit = drawing.audit()
    assert not audit.errors
    assert not audit.fixes
    return drawing


def sheets(data: bytes) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(io.BytesIO(data))
    return {sheet.title: [tuple(cell.value for cell in row) for row in sheet] for sheet in book}


# Every value comes back ---------------------------------------------------------------------------


@pytest.mark.parametrize("epsg", [4326, 5899, 4490])
@pytest.mark.parametrize("format_id", ["fgb", "parquet"])
def test_what_goes_in_comes_back(
    tmp_path: Path, places: gpd.GeoDataFrame, format_id: str, epsg: int
) -> None:
    """Ids, texts, numbers, truth values, unknown values, positions to the last digit, system."""
    path = on_disk(tmp_path, places, format_id, epsg=epsg)
    back = read(path)
    back = back.set_index("id").loc[places.index]
    for name in places.columns.drop("geometry"):
        assert known(back[name]) == known(places[name]), name
    expected = crs.transform(
        shapely.get_coordinates(places.geometry), source=crs.WGS84, target=epsg
    )
    np.testing.assert_array_equal(shapely.get_coordinates(back.geometry), expected)
    assert back.crs.to_epsg() == epsg


def test_a_shapefile_comes_back(tmp_path: Path, places: gpd.GeoDataFrame) -> None:
    """Fiona, which has a GDAL of its own, reads the archive as it is: UTF-8, short names, and null
    where unknown.
    """
    path = on_disk(tmp_path, places, "shp", epsg=5899)
    with fiona.open(f"zip://{path}") as layer:
        rows = [feature["properties"] for feature in layer]
        points = [feature["geometry"]["coordinates"] for feature in layer]
        assert "VN-2000" in layer.crs_wkt
    with zipfile.ZipFile(path) as archive:
        assert archive.read("parks.cpg") == b"UTF-8"
        assert {name.partition(".")[0] for name in archive.namelist()} == {"parks", "readme"}
        readme = archive.read("readme.txt").decode("utf-8-sig")
    assert [row["id"] for row in rows] == list(places.index)
    assert [row["name_en"] for row in rows] == list(HOSTILE)
    for name in ("position_accuracy_m", "established_year"):
        short = re.search(rf"^(\w{{1,10}}) +{name} ", readme, re.M)
        assert short is not None
        same_numbers([row[short[1]] for row in rows], known(places[name]), rel=1e-12)
    assert [row["free"] for row in rows] == [1, None, 0] * 3
    assert {row["nothing"] for row in rows} == {None}
    expected = crs.transform(
        shapely.get_coordinates(places.geometry), source=crs.WGS84, target=5899
    )
    np.testing.assert_array_equal(points, expected)


def test_a_workbook_comes_back(places: gpd.GeoDataFrame) -> None:
    """Titles with units above, numbers as numbers, empty where unknown; and what a spreadsheet
    would run is a text, also after it was edited.
    """
    data = export.write(places, "xlsx", ABOUT)
    head, *rows = sheets(data)["Data"]
    assert head[:2] == ("Identifier", "English name")
    assert "Position accuracy (m)" in head
    by_title = dict(zip(head, zip(*rows, strict=True), strict=True))
    assert list(by_title["English name"]) == list(HOSTILE)
    accuracy = known(places["position_accuracy_m"])
    same_numbers(by_title["Position accuracy (m)"], accuracy, rel=1e-15)
    assert list(by_title["free"]) == [True, None, False] * 3
    assert set(by_title["nothing"]) == {None}
    longitude = next(title for title in head if title.startswith("Longitude"))
    np.testing.assert_allclose(by_title[longitude], shapely.get_x(places.geometry), atol=5e-7)
    sheet = openpyxl.load_workbook(io.BytesIO(data))["Data"]
    assert sheet.freeze_panes == "A2"
    assert sheet["A1"].font.bold
    for row in sheet:
        assert not [cell for cell in row if cell.data_type not in "snb"]
        texts = [cell for cell in row if str(cell.value).startswith(("=", "@", "#"))]
        assert all(cell.quotePrefix for cell in texts)


@pytest.mark.parametrize("epsg", SYSTEMS)
def test_a_drawing_comes_back(tmp_path: Path, places: gpd.GeoDataFrame, epsg: int) -> None:
    """Points to the millimetre with their identifiers, names beside them, in metres, named system;
    for ezdxf without a fault, and for GDAL as well.
    """
    path = on_disk(tmp_path, places, "dxf", epsg=epsg)
    drawing = drawing_of(path.read_bytes())
    assert drawing.header["$INSUNITS"] == ezdxf.units.M
    points = list(drawing.modelspace().query("POINT"))
    expected = crs.transform(
        shapely.get_coordinates(places.geometry), source=crs.WGS84, target=epsg
    )
    np.testing.assert_allclose([p.dxf.location.vec2 for p in points], expected, atol=6e-4)
    assert [p.get_xdata("ZONE_ATLAS")[0].value for p in points] == list(places.index)
    names = list(HOSTILE)
    names[-1] = "line one line two\n北"
    texts = list(drawing.modelspace().query("MTEXT"))
    assert [ezdxf.decode_dxf_unicode(text.plain_text()) for text in texts] == names
    assert {text.dxf.layer for text in texts} == {"parks-names"}
    np.testing.assert_allclose([t.dxf.insert.y for t in texts], expected[:, 1], atol=6e-4)
    assert read(path)["Text"].dropna().tolist() == names
    facts = dict(drawing.header.custom_vars)
    assert f"EPSG:{epsg}" in facts["notes"]


# Other shapes, tables, nothing --------------------------------------------------------------------


@pytest.fixture
def mixed(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Shapes of every kind, and two rows without a position."""
    square = shapely.box(107, 21, 108, 22)
    hole = shapely.Polygon(square.exterior, [shapely.box(107.2, 21.2, 107.4, 21.4).exterior])
    line = shapely.LineString([(107, 21), (107.5, 21.5), (108, 21)])
    shapes = [
        shapely.Point(107, 21),
        shapely.Point(),
        line,
        shapely.MultiLineString([line, [(107, 22), (108, 22)]]),
        hole,
        shapely.MultiPolygon([square, shapely.box(105, 20, 106, 21)]),
        shapely.MultiPoint([(107, 21), (108, 22)]),
        shapely.GeometryCollection([shapely.Point(1, 2), line]),
        None,
    ]
    return places.set_geometry(gpd.GeoSeries(shapes, index=places.index, crs=4326))


def test_shapes_of_every_kind_come_back(tmp_path: Path, mixed: gpd.GeoDataFrame) -> None:
    """In one file where the format can; a shapefile holds a kind each; a drawing draws each
    outline once and names each row once.
    """
    for format_id in ("fgb", "parquet"):
        path = on_disk(tmp_path, mixed, format_id)
        back = read(path)
        back = back.set_index("id").loc[mixed.index]
        for ours, theirs in zip(mixed.geometry, back.geometry, strict=True):
            if ours is None or ours.is_empty:
                assert theirs is None
            else:
                assert theirs.normalize().equals(ours.normalize())
    single = mixed.drop(index="p-7")  # no shapefile holds a collection
    path = on_disk(tmp_path, single, "shp")
    kinds = [pyogrio.read_dataframe(path, layer=name) for name, _ in pyogrio.list_layers(path)]
    back = pd.concat(kinds).set_index("id").loc[single.index]
    for ours, theirs in zip(single.geometry, back.geometry, strict=True):
        assert theirs is None if ours is None or ours.is_empty else theirs.equals(ours)
    drawing = drawing_of(export.write(mixed.drop(index="p-7"), "dxf", ABOUT, epsg=32648))
    drawn = drawing.modelspace()
    assert len(drawn.query("POINT")) == 3
    assert len(drawn.query("LWPOLYLINE")) == 1 + 2 + 2 + 2
    assert sum(line.closed for line in drawn.query("LWPOLYLINE")) == 4
    assert len(drawn.query("MTEXT")) == 6
    assert dict(drawing.header.custom_vars)["without position"] == "2"


def test_a_collection_is_drawn_and_no_shapefile(mixed: gpd.GeoDataFrame) -> None:
    """Its parts are in the drawing; a shapefile has no place for it, and says so."""
    row = mixed.loc[["p-7"]]
    drawn = drawing_of(export.write(row, "dxf", ABOUT, epsg=32648)).modelspace()
    assert [entity.dxftype() for entity in drawn] == ["POINT", "MTEXT", "LWPOLYLINE"]
    with pytest.raises(InputError, match="p-7"):
        export.write(row, "shp", ABOUT)


def test_tables_go_where_they_can(tmp_path: Path) -> None:
    """A table of times has no positions: columns come back from what holds tables, and the others
    name those.
    """
    times = pd.DataFrame({"from_id": ["a", "=b"], "travel_time_s": [60.5, np.nan]})
    for format_id in ("shp", "dxf", "kml"):
        with pytest.raises(InputError, match=r"Excel.*FlatGeobuf.*GeoParquet"):
            export.write(times, format_id, ABOUT, epsg=32648 if format_id == "dxf" else 4326)
    expected = {name: known(times[name]) for name in times}
    rows = sheets(export.write(times, "xlsx", ABOUT))["Data"]
    assert rows == [("from_id", "travel_time_s"), ("a", 60.5), ("=b", None)]
    for format_id in ("fgb", "parquet"):
        path = on_disk(tmp_path, times, format_id)
        back = read(path)
        assert {name: known(back[name]) for name in times} == expected


@pytest.mark.parametrize("layer_id", ["parks", "corridors"])
@pytest.mark.parametrize("format_id", NEW)
def test_nothing_is_an_answer(
    tmp_path: Path, places: gpd.GeoDataFrame, format_id: str, layer_id: str
) -> None:
    """An empty layer is a file that opens, with its columns."""
    about = replace(ABOUT, layer=layer_id)
    data = export.write(places.iloc[:0], format_id, about, epsg=32648)
    path = tmp_path / f"x.{export.get(format_id).extension}"
    path.write_bytes(data)
    if format_id == "xlsx":
        assert len(sheets(data)["Data"]) == 1
    elif format_id == "dxf":
        assert not list(drawing_of(data).modelspace())
    elif format_id == "parquet":
        assert list(read(path).columns) == ["id", *places.columns]
    else:
        assert pyogrio.read_info(path)["geometry_type"] == LAYERS[layer_id].geometry
        assert len(read(path)) == 0


@pytest.mark.parametrize("format_id", NEW)
def test_no_position_at_all(tmp_path: Path, places: gpd.GeoDataFrame, format_id: str) -> None:
    """Rows whose positions are all unknown are rows."""
    lost = places.set_geometry([None] * len(places), crs=4326)
    path = on_disk(tmp_path, lost, format_id, epsg=32648)
    if format_id == "dxf":
        assert not list(drawing_of(path.read_bytes()).modelspace())
    elif format_id == "xlsx":
        assert len(sheets(path.read_bytes())["Data"]) == 1 + len(places)
    elif format_id == "parquet":
        assert read(path).geometry.isna().all()
    else:
        assert pyogrio.read_dataframe(path).geometry.isna().sum() == len(places)


# What a file says of itself -----------------------------------------------------------------------


def sentences(data: bytes, format_id: str, folder: Path) -> Iterator[str]:
    """Yield what a file says of itself, as its reader shows it."""
    if format_id == "dxf":
        variables = drawing_of(data).header.custom_vars
        yield from (ezdxf.decode_dxf_unicode(f"{name}: {text}") for name, text in variables)
    elif format_id == "xlsx":
        yield from (" ".join(map(str, row)) for row in sheets(data)["About"])
    elif format_id == "shp":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield archive.read("readme.txt").decode("utf-8-sig")
    elif format_id == "parquet":
        about = json.loads(pl.read_parquet_metadata(io.BytesIO(data))["about"])
        assert about["count"] == about["total"] == 9
        yield f"9 of 9 {'; '.join(about['sources'])} {about['licence']} {about['as_of']}"
        yield " and ".join(f"{name} = {value}" for name, value in about["filters"].items())
    else:
        path = folder / "x.fgb"
        path.write_bytes(data)
        yield "\n".join(pyogrio.read_info(path)["layer_metadata"].values())


@pytest.mark.parametrize("format_id", NEW)
def test_a_file_says_what_it_is(tmp_path: Path, places: gpd.GeoDataFrame, format_id: str) -> None:
    """Source, licence, date, filter and count are inside."""
    data = export.write(places, format_id, ABOUT, epsg=32648)
    text = "\n".join(sentences(data, format_id, tmp_path))
    for fact in ("Sở Công Thương; 商务局", "CC BY 4.0", "2026-03", "q = <b>&"):
        assert fact in text
    assert re.search(r"9 of 9|[Cc]ount:? 9", text)


MAKE = """
import sys
import geopandas as gpd, shapely
from geo import export
frame = gpd.GeoDataFrame({"name_en": ["a", "ầ"]}, geometry=[shapely.Point(107, 21)] * 2, crs=4326)
about = export.About("parks", "Parks", as_of="2026")
for name in sys.argv[1:]:
    sys.stdout.buffer.write(export.write(frame, name, about, epsg=32648))
"""


def test_the_same_frame_gives_the_same_bytes_in_every_process() -> None:
    """At another second, with other seeds of hashes, in another process and time zone."""
    files = []
    for seed, zone in (("1", "UTC"), ("2", "Asia/Shanghai")):
        environment = {"PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": ":".join(sys.path)}
        files.append(
            subprocess.run(
                [sys.executable, "-c", MAKE, *NEW], env=environment, capture_output=True, check=True
            ).stdout
        )
        time.sleep(1.1)
    assert files[0] == files[1]
    assert len(files[0]) > 10_000


def test_the_clock_of_a_drawing_stands_for_it_alone(places: gpd.GeoDataFrame) -> None:
    """Who else writes with ezdxf still gets the time of writing."""
    export.write(places, "dxf", ABOUT, epsg=32648)
    assert not ezdxf.options.write_fixed_meta_data_for_testing


# Limits -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("epsg", [4326, 4490, 4756])
def test_degrees_are_not_drawn(places: gpd.GeoDataFrame, epsg: int) -> None:
    """The sentence names the systems in metres, each of which is drawn."""
    with pytest.raises(InputError, match="metres") as refused:
        export.write(places, "dxf", ABOUT, epsg=epsg)
    offered = [int(code) for code in re.findall(r"EPSG:(\d+) \(", " ".join(refused.value.faults))]
    assert {3405, 5899, 4545, 32648} <= set(offered)
    assert not {4326, 4490, 4756} & set(offered)
    for code in offered:
        assert export.write(places, "dxf", ABOUT, epsg=code)


def test_long_texts_are_cut_where_they_must_be(tmp_path: Path, places: gpd.GeoDataFrame) -> None:
    """A shapefile keeps as many whole letters as 254 bytes hold and says so; others keep all."""
    long = places.assign(name_en=LONG, name_zh="中" * 300)
    path = on_disk(tmp_path, long, "shp")
    short = read(path)
    for name, text in (("name_en", LONG), ("name_zh", "中" * 300)):
        (kept,) = set(short[name])
        assert text.startswith(kept)
        assert 251 <= len(kept.encode()) <= 254
    assert "name_en: 9 texts are longer" in "".join(sentences(path.read_bytes(), "shp", tmp_path))
    for format_id in ("fgb", "parquet"):
        path = on_disk(tmp_path, long, format_id)
        back = read(path)
        assert set(back["name_en"]) == {LONG}
    drawing = drawing_of(export.write(long, "dxf", ABOUT, epsg=32648))
    lines = LONG.strip(), "中" * 300
    for text in drawing.modelspace().query("MTEXT"):
        assert ezdxf.decode_dxf_unicode(text.plain_text()) == "\n".join(lines)
    for line in export.write(long, "dxf", ABOUT, epsg=32648).splitlines():
        assert len(line) <= 250


def test_a_cell_holds_so_much(places: gpd.GeoDataFrame) -> None:
    """A text longer than a cell is cut, a shape left out, and the sheet “About” says so."""
    line = shapely.LineString(np.column_stack([np.linspace(105, 108, 3000), np.full(3000, 21.5)]))
    long = places.iloc[:1].assign(name_en="x" * 40_000).set_geometry([line], crs=4326)
    book = sheets(export.write(long, "xlsx", replace(ABOUT, layer="corridors")))
    row = dict(zip(*book["Data"], strict=True))
    assert row["English name"] == "x" * (xlsx.MOST_LETTERS - 1) + "…"
    assert not any(str(value).startswith("LINESTRING") for value in row.values())
    notes = [" ".join(map(str, line)) for line in book["About"]]
    assert any("name_en 1 texts" in note and "cut" in note for note in notes)
    assert any("wkt 1 texts" in note and "left out" in note for note in notes)


def test_a_sheet_holds_so_many_rows(
    places: gpd.GeoDataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More are refused before anything is written."""
    monkeypatch.setattr(xlsx, "MOST_ROWS", 8)
    with pytest.raises(InputError, match="8 rows, and these are 9"):
        export.parts(places, "xlsx", ABOUT)
    assert export.write(places.iloc[:8], "xlsx", ABOUT)


@pytest.mark.parametrize("format_id", NEW)
def test_signs_that_no_file_can_hold_are_dropped(
    tmp_path: Path, places: gpd.GeoDataFrame, format_id: str
) -> None:
    """NUL, control characters and halves of letters do not break a file."""
    hostile = places.assign(name_en="a\x00\x0bb\ud800")
    path = on_disk(tmp_path, hostile, format_id, epsg=32648)
    if format_id == "xlsx":
        assert {row[1] for row in sheets(path.read_bytes())["Data"][1:]} == {"ab"}
    elif format_id == "dxf":
        assert len(drawing_of(path.read_bytes()).modelspace().query("MTEXT")) == 9
    elif format_id == "parquet":
        assert set(read(path)["name_en"]) == {"a\x00\x0bb?"}
    else:
        assert set(pyogrio.read_dataframe(path)["name_en"]) == {"ab"}


def test_names_of_fields_are_short_and_their_own() -> None:
    """Of every layer, and of names that are alike, long, empty or not ASCII: ten letters, each
    once, whatever the case; the same names every time.
    """
    layers = [list(layer.names) for layer in LAYERS.values()]
    alike = ["a" * 300, "a" * 301, "A" * 302, "position_accuracy_m", "position_accuracy_metres"]
    alike += [
        "",
        "tên",
        "名称",
        "名字",
        "a b",
        "a_b",
        "A_B",
        *(f"long_name_{i}" for i in range(120)),
    ]
    for names in [*layers, alike]:
        short = shapefile.short_names(names)
        assert len({name.lower() for name in short}) == len(names)
        assert all(re.fullmatch(r"[A-Za-z0-9_]{1,10}", name) for name in short)
        assert short == shapefile.short_names(names)
    assert shapefile.short_names(["name_en", "position_accuracy_m"])[0] == "name_en"


BIG = """
import resource, sys
import geopandas as gpd, numpy as np, pandas as pd, shapely
from geo import export
n = 100_000
points = shapely.points(np.linspace(104, 108, n), np.linspace(20, 22, n))
frame = gpd.GeoDataFrame({"name_en": pd.array([f"n {i}" for i in range(n)], dtype="str")},
                         index=pd.Index(range(n), name="id"), geometry=points, crs=4326)
size = 0
for part in export.parts(frame, sys.argv[1], export.About("parks", "Parks"), epsg=32648):
    assert len(part) < float(sys.argv[2])
    size += len(part)
try:  # what the parent held counts in maxrss
    text = open("/proc/self/status").read()
    peak_kb = int(text.partition("VmHWM:")[2].split()[0])
except OSError:
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(size, peak_kb // 1024)
"""


@pytest.mark.parametrize("format_id", NEW)
def test_a_hundred_thousand_rows(format_id: str) -> None:
    """They are written within some hundred MB beyond the frame; a drawing comes in parts."""
    most = 1e6 if format_id == "dxf" else 1e9
    done = subprocess.run(
        [sys.executable, "-c", BIG, format_id, str(most)],
        capture_output=True,
        check=True,
        text=True,
    )
    size, peak_mb = map(int, done.stdout.split())
    assert size > 500_000
    assert peak_mb < 700
