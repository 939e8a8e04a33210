"""Documents that break the rules of their format are refused with the place where they do; odd ones
that keep them are read whole."""

from __future__ import annotations

import io
import json
import re
import sqlite3
import struct
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pytest
import shapely

from geo.errors import InputError
from geo.exchange import formats, reading, sniffing
from geo.exchange.table import Table

POINT: dict[str, Any] = {"type": "Point", "coordinates": [107, 21]}
KML = '<kml xmlns="http://www.opengis.net/kml/2.2">{}</kml>'
PLACEMARK = "<Placemark><name>A</name><Point><coordinates>{}</coordinates></Point></Placemark>"
GPX = '<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1">{}</gpx>'
DXF = "0\nSECTION\n2\nENTITIES\n0\nPOINT\n8\n0\n10\n{}\n20\n21\n0\nENDSEC\n0\nEOF\n"


def feature(geometry: Any = POINT, **more: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"name": "A"}, "geometry": geometry} | more


def collection(*features: Any) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features})


def shaped(kind: str, coordinates: Any) -> str:
    return collection(feature(), feature({"type": kind, "coordinates": coordinates}))


WHOLE = collection(feature(), feature())
RING = [[107, 21], [108, 21], [108, 22]]
BROKEN = {
    "JSON cut off": (WHOLE[:-30], "line 1"),
    "JSON without its last sign": (WHOLE[:-1], "line 1"),
    "JSON and more": (WHOLE + "x", "line 1"),
    "not a number": (shaped("Point", [float("nan"), 21]), "NaN"),
    "a comma too many": (WHOLE.replace("}]}", "},]}"), "line 1"),
    "two members of one name": (WHOLE.replace('"name"', '"name": "B", "name"', 1), "name"),
    "a text among the features": (collection(feature(), "x"), "2"),
    "nothing among the features": (collection(feature(), None), "2"),
    "a feature of no type": (collection(feature(), feature(type="Feat")), "2"),
    "features that are not a list": ('{"type": "FeatureCollection", "features": {}}', "list"),
    "properties in a list": (collection(feature(), feature(properties=[1])), "2"),
    "an unknown geometry": (shaped("Pont", [107, 21]), "2"),
    "one coordinate": (shaped("Point", [107]), "2"),
    "coordinates that are texts": (shaped("Point", ["107", "21"]), "2"),
    "a coordinate left out": (shaped("Point", [None, 21]), "2"),
    "truths for coordinates": (shaped("Point", [True, False]), "2"),
    "a polygon without rings": (shaped("Polygon", RING), "2"),
    "KML cut off": (KML.format(PLACEMARK.format("107,21") * 3)[:-60], "line 1"),
    "KML with a bare ampersand": (KML.format("<name>A & B</name>"), "line 1"),
    "KML without a latitude": (KML.format("\n" + PLACEMARK.format("107")), "Line 2"),
    "KML with words for numbers": (KML.format("\n" + PLACEMARK.format("a,b")), "Line 2"),
    "GPX without a latitude": (GPX.format('\n<wpt lon="107"/>'), "Line 2"),
    "GPX with a word for a number": (GPX.format('\n<wpt lat="x" lon="107"/>'), "Line 2"),
    "GPX beyond the pole": (GPX.format('\n<wpt lat="95" lon="107"/>'), "Line 2"),
    "GPX cut off": (GPX.format('<wpt lat="21" lon="107"/>' * 3)[:-40], "line 1"),
    "DXF with a word for a number": (DXF.format("x"), "Line 10"),
    "DXF cut off": (DXF.format("107")[:-20], "cut off"),
    "DXF without points": (DXF.replace("POINT", "LINE").format("107"), "points"),
    "CSV with an open quotation": ('name,lon,lat\nA,107,21\n"B,107,21\nC,107,21\n', "line 3"),
    "CSV with text behind a quotation": ('name,lon,lat\n"A" B,107,21\n', "line 2"),
    "a letter": ("Dear colleague\nplease find the areas attached\n", "table"),
}


def read(path: Path, data: bytes | str) -> Table:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return reading.read_apart(path)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_document_is_refused_with_its_place(name: str) -> None:
    """The sentence names the place or the fault, and no row is taken."""
    text, place = BROKEN[name]
    with pytest.raises(InputError, match=re.escape(place)) as refused:
        formats.read(text.encode())
    assert str(refused.value) not in map(str, (sniffing.BROKEN, sniffing.UNKNOWN))


DEEP = KML.format("<Folder>" * 150 + PLACEMARK.format("107,21") + "</Folder>" * 150)
ODD = {
    "one feature a line": ("\n".join([json.dumps(feature())] * 3), 3),
    "a feature alone": (json.dumps(feature()), 1),
    "without geometry": (collection(feature(None), feature()), 2),
    "an empty geometry": (shaped("Polygon", []), 2),
    "heights": (shaped("LineString", [[107, 21, 5], [108, 21, None]][:1] * 2), 2),
    "KML without a declaration": (KML.format(PLACEMARK.format("107,21") * 2), 2),
    "KML of another version": (
        KML.replace("www.opengis.net", "earth.google.com").format(PLACEMARK.format("107,21,0")),
        1,
    ),
    "KML from Google with its other name spaces before": (
        KML.replace("<kml ", '<kml xmlns:atom="http://www.w3.org/2005/Atom" ').format(
            "<Document><Folder><Region/></Folder>" + PLACEMARK.format("107,21") + "</Document>"
        ),
        1,
    ),
    "KML in many folders": (DEEP, 1),
    "KML whose root is a placemark": (
        PLACEMARK.format("107,21").replace(">", ' xmlns="http://www.opengis.net/kml/2.2">', 1),
        1,
    ),
    "KML with an image, a link and a change": (
        KML.format(
            "<Document><GroundOverlay><name>x</name></GroundOverlay><NetworkLink><name>y</name>"
            "</NetworkLink>" + PLACEMARK.format("107, 21") + "</Document>"
        ),
        1,
    ),
    "KML with a remark of angles": ("<!-- <html> -->" + KML.format(PLACEMARK.format("1,2")), 1),
    "DXF with a remark": ("999\nmade by hand\n" + DXF.format("107"), 1),
    "DXF with more behind its end": (DXF.format("107") + "x\ny\nz\n", 1),
    "CSV with the ends of lines of old": ("name,lon,lat\rA,107,21\rB,107,21\r", 3),
    "CSV with lines in a cell": ('name,lon,lat\n"A\nB",107,21\n', 2),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_document_is_read_whole(tmp_path: Path, name: str) -> None:
    """As many rows are read as the document holds."""
    text, rows = ODD[name]
    assert len(read(tmp_path / "file", text).rows) == rows


def test_a_sheet_that_lies_about_its_size_is_read_whole(tmp_path: Path) -> None:
    """What a sheet says of its size bounds neither its rows nor its columns."""
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (["name", "lon", "lat"], ["A", 107, 21], ["B", 107, 22]):
        book.active.append(row)
    book.save(tmp_path / "book.xlsx")
    for size in ("A1", "A1:XFD1048576"):
        packed = io.BytesIO()
        with zipfile.ZipFile(tmp_path / "book.xlsx") as old, zipfile.ZipFile(packed, "w") as new:
            for part in old.namelist():
                text = old.read(part)
                new.writestr(
                    part,
                    re.sub(rb'<dimension ref="[^"]*"', f'<dimension ref="{size}"'.encode(), text),
                )
        assert read(tmp_path / "other.xlsx", packed.getvalue()).rows[2] == ["B", 107, 22]


def test_a_database_that_is_damaged_within_is_refused(tmp_path: Path) -> None:
    """A page that no row is read from may have hidden one."""
    path = tmp_path / "parks.gpkg"
    frame = gpd.GeoDataFrame(
        {"name": ["A"] * 900}, geometry=[shapely.Point(107, 21)] * 900, crs=4326
    )
    frame.to_file(path, driver="GPKG", engine="pyogrio")
    with sqlite3.connect(path) as connection:
        (root,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'parks'"
        ).fetchone()
    data = bytearray(path.read_bytes())
    (size,) = struct.unpack(">H", data[16:18])
    at = (root - 1) * size
    (cells,) = struct.unpack(">H", data[at + 3 : at + 5])
    data[at + 3 : at + 5] = struct.pack(">H", cells - 1)  # the last branch of the tree is lost
    with pytest.raises(InputError, match="database"):
        read(path, bytes(data))


def test_the_first_layer_with_rows_is_read(tmp_path: Path) -> None:
    """An empty layer before it is passed over."""
    frame = gpd.GeoDataFrame({"name": ["A"]}, geometry=[shapely.Point(107, 21)], crs=4326)
    path = tmp_path / "parks.gpkg"
    frame.iloc[:0].to_file(path, layer="empty", driver="GPKG", engine="pyogrio")
    frame.to_file(path, layer="full", driver="GPKG", engine="pyogrio")
    assert reading.read_apart(path).part == "full"


@pytest.mark.parametrize("ending", ["shp", "shx", "dbf"])
def test_a_shapefile_that_is_cut_off_or_lacks_a_file_is_refused(
    tmp_path: Path, ending: str
) -> None:
    """However much of a file is missing, no row is taken."""
    frame = gpd.GeoDataFrame({"name": ["A"] * 9}, geometry=[shapely.Point(107, 21)] * 9, crs=4326)
    frame.to_file(tmp_path / "a.shp", engine="pyogrio")
    files = {path.suffix[1:]: path.read_bytes() for path in tmp_path.glob("a.*")}
    for content in (files[ending][:-20], b"", None):
        if (ending, content) == ("dbf", None):  # rows without names
            continue
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            for name, whole in (files | {ending: content}).items():
                if whole is not None:
                    archive.writestr(f"a.{name}", whole)
        with pytest.raises(InputError):
            reading.read_apart(tmp_path / "a.zip")
