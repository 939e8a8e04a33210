"""Writing layers as files: what goes in comes back, unknown stays unknown, hostile text stays text,
bytes stay the same.
"""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from geo import Atlas, crs, export, layers
from geo.errors import InputError
from geo.export import geojson

HOSTILE = "{{7*7}}<img src=x onerror=alert(1)>]]>"
FORMULAS = ["=1+2", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"]
KML = "{http://www.opengis.net/kml/2.2}"
ABOUT = export.About(
    "ports",
    "Ports",
    description="Where ships land.",
    sources=("A survey", "A map"),
    licence="CC BY 4.0",
    attribution="The Surveyors",
    as_of="2026-03",
    filters={"name": "<b>&"},
    total=7,
    notes=("Positions are coarse.",),
)


@pytest.fixture
def places() -> gpd.GeoDataFrame:
    """Three points: hostile text, many unknowns, and no position; coordinates have more decimals
    than are written.
    """
    return gpd.GeoDataFrame(
        {
            "name_en": pd.array([HOSTILE, None, "Hòn Gai 鸿基"], dtype="str"),
            "notes": pd.array(['a;b, "c"\nd', None, "=1+2"], dtype="str"),
            "area_ha": [1.5, np.nan, 217133.0],
            "year": pd.array([2007, pd.NA, 2020], dtype="Int64"),
            "cargo": pd.array([True, pd.NA, False], dtype="boolean"),
            "nothing": pd.array([None, None, None], dtype="str"),
        },
        index=pd.Index(["a", "b", "c"], name="id"),
        geometry=[shapely.Point(107.123456789, 21), shapely.Point(105.5, 20.25), None],
        crs=4326,
    )


@pytest.fixture
def times() -> pd.DataFrame:
    """A table without index, with an unreachable pair."""
    return pd.DataFrame(
        {"from_id": ["a", "a"], "to_id": ["b", "c"], "travel_time_s": [60.0, np.nan]}
    )


def read(data: bytes) -> gpd.GeoDataFrame:
    with tempfile.NamedTemporaryFile(suffix=".gpkg" if data.startswith(b"SQLite") else "") as file:
        file.write(data)
        file.flush()
        return pyogrio.read_dataframe(file.name)


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def values(frame: pd.DataFrame) -> dict[str, list[Any]]:
    return {
        name: frame[name].astype(object).where(frame[name].notna(), None).tolist()
        for name in frame.columns
        if name != "geometry"
    }


# Round trips --------------------------------------------------------------------------------------


@pytest.mark.parametrize("format_id", ["geojson", "gpkg"])
def test_what_goes_in_comes_back(places: gpd.GeoDataFrame, format_id: str) -> None:
    """Ids, order, texts, numbers, truth values, positions; unknown and missing positions stay
    so.
    """
    back = read(export.write(places, format_id, ABOUT)).set_index("id")
    assert back.index.tolist() == ["a", "b", "c"]
    assert values(back) == values(places)
    assert shapely.equals_exact(
        back.geometry.iloc[:2].to_numpy(), places.geometry.iloc[:2].to_numpy(), tolerance=5e-7
    ).all()
    assert back.geometry.iloc[2] is None
    assert back.crs.to_epsg() == 4326


def test_csv_comes_back(places: gpd.GeoDataFrame) -> None:
    """Excel's byte order mark, CRLF, lon before lat, empty where unknown, plain truth values and
    whole numbers.
    """
    data = export.write(places, "csv", ABOUT)
    assert data.startswith(b"\xef\xbb\xbfid,")
    first, second, third = rows(data)
    assert set(first) == {"id", "lon", "lat", "about", *places.columns} - {"geometry"}
    assert list(first)[-1] == "about"
    assert first["name_en"] == HOSTILE
    assert first["notes"] == 'a;b, "c"\nd'
    assert (first["lon"], first["lat"], first["year"], first["cargo"]) == (
        "107.123457",
        "21",
        "2007",
        "true",
    )
    assert [second[name] for name in ("name_en", "area_ha", "year", "cargo", "nothing")] == [""] * 5
    assert (third["lon"], third["lat"], third["area_ha"], third["cargo"]) == (
        "",
        "",
        "217133",
        "false",
    )
    frame = pd.read_csv(io.BytesIO(data))
    assert frame["area_ha"].tolist()[::2] == [1.5, 217133.0]


def test_lines_go_to_csv_as_wkt(places: gpd.GeoDataFrame) -> None:
    """A line has no lon and lat."""
    lines = places.iloc[:1].set_geometry([shapely.LineString([(1, 2), (3.12345678, 4)])], crs=4326)
    (row,) = rows(export.write(lines, "csv", ABOUT))
    assert row["wkt"] == "LINESTRING (1 2, 3.123457 4)"
    assert "lon" not in row


def test_kml_holds_every_fact(places: gpd.GeoDataFrame) -> None:
    """Name and all facts of each place, as well-formed XML even where a text holds the end of a
    CDATA section.
    """
    root = ElementTree.fromstring(export.write(places, "kml", ABOUT))
    marks = root.findall(f".//{KML}Placemark")
    facts = [
        {element.get("name"): element.text for element in mark.iter(f"{KML}SimpleData")}
        for mark in marks
    ]
    assert [mark.findtext(f"{KML}name") for mark in marks] == [HOSTILE, None, "Hòn Gai 鸿基"]
    assert facts[0] == {
        "id": "a",
        "name_en": HOSTILE,
        "notes": 'a;b, "c"\nd',
        "area_ha": "1.5",
        "year": "2007",
        "cargo": "true",
    }
    assert facts[1] == {"id": "b"}
    assert [float(part) for part in marks[0].findtext(f".//{KML}coordinates", "").split(",")] == [
        107.123457,
        21,
    ]
    assert marks[2].find(f".//{KML}Point") is None


@pytest.mark.parametrize("format_id", ["geojson", "gpkg", "csv"])
def test_tables_without_geometry_are_written(times: pd.DataFrame, format_id: str) -> None:
    """A table of travel times: unreachable is null, a plain index is left out."""
    data = export.write(times, format_id, ABOUT)
    if format_id == "csv":
        assert [row["travel_time_s"] for row in rows(data)] == ["60", ""]
        assert list(rows(data)[0]) == ["from_id", "to_id", "travel_time_s", "about"]
    elif format_id == "geojson":
        features = json.loads(data)["features"]
        assert [feature["geometry"] for feature in features] == [None, None]
        assert [feature["properties"]["travel_time_s"] for feature in features] == [60, None]
    else:
        assert values(read(data)) == values(times)


@pytest.mark.parametrize("format_id", ["geojson", "gpkg", "csv", "kml"])
def test_an_empty_layer_is_written(places: gpd.GeoDataFrame, format_id: str) -> None:
    """Nothing matched is an answer, too."""
    data = export.write(places.iloc[:0], format_id, ABOUT)
    assert rows(data) == [] if format_id == "csv" else len(read(data)) == 0


# What a file says of itself -----------------------------------------------------------------------


def test_every_format_says_what_it_holds(places: gpd.GeoDataFrame, tmp_path: Path) -> None:
    """Title, count and total, filters, sources, licence, date and notes are inside; the count is
    that of the rows.
    """
    about = replace(ABOUT, count=99)
    inside = json.loads(export.write(places, "geojson", about))["about"]
    assert (inside["count"], inside["total"], inside["filters"], inside["licence"]) == (
        3,
        7,
        {"name": "<b>&"},
        "CC BY 4.0",
    )
    path = tmp_path / "places.gpkg"
    export.save(path, export.write(places, "gpkg", about))
    metadata = pyogrio.read_info(path)["layer_metadata"]
    assert (metadata["count"], metadata["sources"], metadata["filters"]) == (
        "3",
        "A survey; A map",
        "name = <b>&",
    )
    document = ElementTree.fromstring(export.write(places, "kml", about)).find(f"{KML}Document")
    assert document is not None
    texts = [
        rows(export.write(places, "csv", about))[2]["about"],
        metadata["DESCRIPTION"],
        (document.findtext(f"{KML}description") or "")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&"),
    ]
    for text in texts:
        for part in (
            "Ports: 3 of 7, where name = <b>&.",
            "A survey; A map",
            "CC BY 4.0",
            "The Surveyors",
            "2026-03",
            "Positions are coarse.",
        ):
            assert part in text


def test_the_same_frame_gives_the_same_bytes(places: gpd.GeoDataFrame) -> None:
    """Also a second later, in every format; and the frame is not changed."""
    before = places.copy()
    files = []
    for _ in range(2):
        files.append(
            {
                format_.id: export.write(
                    places, format_.id, ABOUT, epsg=32648 if format_.any_crs else 4326
                )
                for format_ in export.FORMATS.values()
            }
        )
        time.sleep(1.1)
    assert files[0] == files[1]
    pd.testing.assert_frame_equal(pd.DataFrame(places), pd.DataFrame(before))


def test_a_geopackage_is_dated_by_its_data(places: gpd.GeoDataFrame) -> None:
    """Its clock stands at the date of the data, and GDAL's clock runs on afterwards."""
    assert b"2026-03-01T00:00:00.000Z" in export.write(places, "gpkg", ABOUT)
    assert b"1970-01-01T00:00:00.000Z" in export.write(places, "gpkg", replace(ABOUT, as_of=None))
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None


# GeoJSON ------------------------------------------------------------------------------------------


def test_geojson_keeps_rfc_7946(places: gpd.GeoDataFrame) -> None:
    """Longitude first, six decimals, a box, no crs, counter-clockwise rings; from any system it
    comes out in WGS 84.
    """
    document = json.loads(export.write(places, "geojson", ABOUT))
    assert document["bbox"] == [105.5, 20.25, 107.123457, 21]
    assert "crs" not in document
    assert document["features"][0]["geometry"]["coordinates"] == [107.123457, 21]
    clockwise = places.iloc[:1].set_geometry(
        [shapely.Polygon([(0, 0), (0, 1), (1, 1), (1, 0)])], crs=4326
    )
    (polygon,) = export.features(clockwise)
    assert shapely.is_ccw(shapely.from_geojson(export.to_json(polygon["geometry"])).exterior)
    projected = crs.transform_frame(places.iloc[:2], 5899)
    assert (
        json.loads(export.write(projected, "geojson", ABOUT))["features"]
        == document["features"][:2]
    )


def test_a_broken_position_is_no_position(places: gpd.GeoDataFrame) -> None:
    """Empty shapes and NaN coordinates are null; the box is that of the known positions."""
    broken = places.set_geometry(
        [shapely.Point(), shapely.Point(np.nan, 3), shapely.LineString([(0, 0), (1, 1)])], crs=4326
    )
    document = json.loads(export.write(broken, "geojson", ABOUT))
    assert [feature["geometry"] is None for feature in document["features"]] == [True, True, False]
    assert document["bbox"] == [0, 0, 1, 1]


# Other systems ------------------------------------------------------------------------------------


def test_other_systems_go_out_as_geopackage_and_csv(places: gpd.GeoDataFrame) -> None:
    """VN-2000 Quang Ninh: both files hold the coordinates that `geo.crs` computes, CSV as x and y,
    and name the system.
    """
    expected = crs.transform(
        shapely.get_coordinates(places.geometry.iloc[:2]), source=4326, target=5899
    )
    back = read(export.write(places, "gpkg", ABOUT, epsg=5899))
    assert back.crs.to_epsg() == 5899
    np.testing.assert_allclose(shapely.get_coordinates(back.geometry.iloc[:2]), expected, atol=1e-6)
    table = rows(export.write(places, "csv", ABOUT, epsg=5899))
    np.testing.assert_allclose(
        [[float(row["x"]), float(row["y"])] for row in table[:2]], expected, atol=6e-4
    )
    assert "EPSG:5899" in table[0]["about"]
    assert "lon" in rows(export.write(places, "csv", ABOUT, epsg=4490))[0]


@pytest.mark.parametrize("format_id", ["geojson", "kml"])
def test_formats_in_wgs84_refuse_other_systems(places: gpd.GeoDataFrame, format_id: str) -> None:
    """The sentence names the formats that can."""
    with pytest.raises(InputError, match="GeoPackage"):
        export.write(places, format_id, ABOUT, epsg=5899)


# Refusals and hostile texts -----------------------------------------------------------------------


def test_wrong_things_are_refused(places: gpd.GeoDataFrame, times: pd.DataFrame) -> None:
    """Unknown formats, tables as KML, infinite numbers and positions: an error that names them,
    never a file.
    """
    with pytest.raises(InputError, match="geojson, gpkg, csv, kml, xlsx, shp"):
        export.write(places, "mif", ABOUT)
    with pytest.raises(InputError, match="table without positions"):
        export.write(times, "kml", ABOUT)
    with pytest.raises(InputError, match="travel_time_s"):
        export.write(times.assign(travel_time_s=np.inf), "csv", ABOUT)
    with pytest.raises(InputError, match="outside"):
        export.write(
            places.set_geometry([shapely.Point(np.inf, 0)] * 3, crs=4326), "geojson", ABOUT
        )


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_are_text_in_csv(places: gpd.GeoDataFrame, text: str) -> None:
    """No spreadsheet runs them; numbers below zero stay numbers; other formats need no
    apostrophe.
    """
    hostile = places.assign(notes=text, area_ha=-1.5)
    assert all(
        row["notes"] == f"'{text}" and row["area_ha"] == "-1.5"
        for row in rows(export.write(hostile, "csv", ABOUT))
    )
    assert read(export.write(hostile, "geojson", ABOUT))["notes"].tolist() == [text] * 3


def test_characters_that_xml_cannot_hold_are_dropped(places: gpd.GeoDataFrame) -> None:
    """One control character in a note must not break the whole file."""
    hostile = places.assign(notes="a\x00\x0bb\ufffe")
    root = ElementTree.fromstring(
        export.write(hostile, "kml", replace(ABOUT, filters={"q": "\x01"}))
    )
    assert "ab" in {element.text for element in root.iter(f"{KML}SimpleData")}
    assert read(export.write(hostile, "gpkg", ABOUT))["notes"].tolist() == ["ab"] * 3


# Saving -------------------------------------------------------------------------------------------


KILLED = """
import os, signal, sys
from geo import export
os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)
export.save(sys.argv[1], b"half" * 100_000)
"""


def test_a_killed_export_leaves_nothing_beside_its_goal(tmp_path: Path) -> None:
    """A process that is killed while it writes leaves the old file whole, and no other where files
    without a name are known.
    """
    path = tmp_path / "p.gpkg"
    export.save(path, b"old")
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert done.returncode < 0
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == (1 if hasattr(os, "O_TMPFILE") else 2)


def test_save_needs_no_files_without_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system has none, the file is written all the same, with the rights of any new
    file.
    """
    export.save(tmp_path / "a", b"1")
    monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    export.save(tmp_path / "b", b"2")
    assert {path.name: (path.read_bytes(), path.stat().st_mode) for path in tmp_path.iterdir()} == {
        "a": (b"1", (tmp_path / "b").stat().st_mode),
        "b": (b"2", (tmp_path / "b").stat().st_mode),
    }


def test_save_replaces_whole_or_not_at_all(tmp_path: Path) -> None:
    """The new file takes the place of the old one; nothing is left beside it; a folder that is not
    there is an error.
    """
    path = tmp_path / "a.csv"
    export.save(path, b"old")
    export.save(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(InputError, match="cannot be written"):
        export.save(tmp_path / "no" / "a.csv", b"")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        export.save(tmp_path / "folder", b"")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "folder"]


@pytest.mark.parametrize("most", [10_000, 0], ids=["kept", "too many to keep"])
def test_pages_of_serialised_features_are_the_features(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Whatever rows are asked for, in whatever order, their features and their box are those of a
    layer of these rows, positions that are unknown included.
    """
    monkeypatch.setattr("geo.export.geojson.MOST_KEPT", most)
    dice = np.random.default_rng(7)
    frame = layers.read(layers.bundled(), "parks").iloc[:60].copy()
    frame.loc[frame.index[::7], "geometry"] = None
    frame.loc[frame.index[3], "geometry"] = shapely.Point(np.nan, np.nan)
    kept = export.Serialized(frame)
    pages = [dice.choice(60, size, replace=False) for size in (0, 1, 5, 60)]
    for rows in (*pages, np.array([0, 3, 7])):
        page = frame.iloc[rows]
        read = json.loads(export.to_json(kept.of(rows)))
        assert read == json.loads(export.to_json(export.features(page)))
        assert kept.bbox(rows) == export.bbox(page)


@pytest.mark.parametrize("layer_id", ["parks", "corridors", "policies"])
@pytest.mark.parametrize("format_id", ["geojson", "csv"])
@pytest.mark.parametrize("epsg", [4326, 3405])
def test_a_file_in_parts_is_the_file(
    monkeypatch: pytest.MonkeyPatch, layer_id: str, format_id: str, epsg: int
) -> None:
    """However few rows are held at once, of a layer with as many or of none, the bytes are the
    same; and a fault is raised before the first of them.
    """
    atlas = Atlas.open()
    frame, about = atlas.layer(layer_id), atlas.about(layer_id)
    if format_id == "geojson" and epsg != 4326:
        with pytest.raises(InputError):
            export.parts(frame, format_id, about, epsg=epsg)
        return
    for rows in (0, 1, 14, len(frame)):
        some = frame.iloc[:rows]
        whole = export.write(some, format_id, about, epsg=epsg)
        with monkeypatch.context() as small:
            for module in ("geojson", "csv_table"):
                small.setattr(f"geo.export.{module}.ROWS_AT_ONCE", 7)
            parts = list(export.parts(some, format_id, about, epsg=epsg))
        assert b"".join(parts) == whole
        assert len(parts) >= rows / 7


@pytest.mark.parametrize("corners", [5, geojson.MANY - 2, geojson.MANY + 2, 3000])
def test_polygons_of_many_corners_are_written_as_those_of_few(corners: int) -> None:
    """With holes, with several parts, as polygon and as multipolygon, beside other geometries: what
    is read back is what shapely writes.
    """
    turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    ring = np.round(np.column_stack([105 + np.cos(turn), 21 + np.sin(turn)]), 6)
    hole = np.round(np.column_stack([105 + 0.1 * np.cos(-turn), 21 + 0.1 * np.sin(-turn)]), 6)
    with_hole, whole = shapely.Polygon(ring, [hole]), shapely.Polygon(np.add(ring, (5, 0)))
    shapes = np.array(
        [
            with_hole,
            whole,
            shapely.MultiPolygon([with_hole, whole]),
            shapely.MultiPolygon([whole]),
            shapely.MultiPolygon(),
            None,
            shapely.LineString(ring),
            shapely.force_3d(whole, 7.0),
        ],
        object,
    )
    for text, shape in zip(geojson._texts(shapes), shapes, strict=True):
        if shape is None:
            assert text is None
        else:
            assert json.loads(text or "") == json.loads(shapely.to_geojson(shape))
