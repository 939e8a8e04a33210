"""Examine a folder of files of strangers, and hold what becomes of each against another reader.

Run ``python bench/foreign.py FOLDER``; with ``--damage`` also a cut and a changed copy of each file
that is valid, with ``--list`` also a line for each file that is not read whole. A file is valid
where another reader takes it: csv, json, sqlite3, zipfile, an XML parser, ezdxf, or a few lines
here. It is read whole where it has as many rows as that reader counts in the part that was read;
what is asked about the rows does not matter here. The reader runs apart, as it does for a person.
"""

from __future__ import annotations

import argparse
import collections
import csv
import io
import json
import platform
import re
import sqlite3
import struct
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import ezdxf.recover
import shapely

from geo import layers
from geo.errors import InputError
from geo.exchange import doctor, encodings, reading
from geo.exchange.known import Known
from geo.exchange.table import Table
from webapp import i18n
from webapp.catalogues import province_names

ENDINGS = ("csv", "tsv", "xlsx", "geojson", "json", "gpkg", "zip", "kml", "kmz", "gpx", "dxf")
read_apart = reading.read_apart


@dataclass
class Result:
    """What became of a file.

    Attributes
    ----------
    expected
        Rows by the other reader; None where it refuses the file, or does not know.
    wrong
        Why the other reader refuses it.
    rows
        Rows that were read; None where the file was refused or broke the doctor.
    reason
        Why it was refused.
    asked
        Whether anything was asked or told.
    """

    name: str
    expected: int | None = None
    wrong: str = ""
    rows: int | None = None
    reason: str = ""
    crash: str = ""
    asked: bool = False
    seconds: float = 0.0


# Other readers ------------------------------------------------------------------------------------


def count(data: bytes, ending: str, table: Table | None) -> int:
    """Return the rows that another reader counts in the part that was read; raise for what is
    malformed.
    """
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if archive.testzip():
                raise ValueError("a file of the archive is damaged")
            names = archive.namelist()
            if "xl/workbook.xml" in names:
                return sheet_rows(data, table)
            return archive_rows(archive, names, table)
    if data.startswith(b"SQLite"):
        return gpkg_rows(data, table)
    if ending in ("geojson", "json"):
        return geojson_rows(data)
    if ending in ("kml", "gpx"):
        return xml_rows(data, ending, table)
    if ending == "dxf":
        return dxf_rows(data)
    if ending == "gpkg":
        raise ValueError("not a database")
    if ending in ("zip", "kmz", "xlsx"):
        raise ValueError("not an archive")
    return csv_rows(data, table)


def sheet_rows(data: bytes, table: Table | None) -> int:
    """Count the rows with a cell in a sheet, by its XML."""
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        sheets = {node.get("name", ""): node for node in book.iter(f"{space}sheet")}
        node = sheets[table.part] if table else next(iter(sheets.values()))
        links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        wanted = next(value for key, value in node.attrib.items() if key.endswith("}id"))
        target = next(link.get("Target", "") for link in links if link.get("Id") == wanted)
        path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        sheet = ElementTree.fromstring(archive.read(path))
        texts = []
        if "xl/sharedStrings.xml" in archive.namelist():
            shared = ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))
            texts = ["".join(part.itertext()).strip() for part in shared]

    def filled(cell: ElementTree.Element) -> bool:
        value = "".join(cell.itertext()).strip()
        return bool(texts[int(value)]) if cell.get("t") == "s" and value else bool(value)

    return sum(any(map(filled, row.iter(f"{space}c"))) for row in sheet.iter(f"{space}row"))


def archive_rows(archive: zipfile.ZipFile, names: list[str], table: Table | None) -> int:
    """Count the placemarks or the rows of a Shapefile in an archive."""
    kml = [name for name in names if name.lower().endswith(".kml")]
    if kml:
        return xml_rows(archive.read("doc.kml" if "doc.kml" in kml else kml[0]), "kml", table)
    stems = sorted(name[:-4] for name in names if name.lower().endswith(".shp"))
    if not stems:
        raise ValueError("no map in the archive")
    stem = table.part if table else stems[0]
    files = {name[-3:].lower(): archive.read(name) for name in names if name[:-4] == stem}
    shapes = shape_count(files["shp"], files["shx"])
    if "dbf" in files:
        rows, head, width = struct.unpack("<IHH", files["dbf"][4:12])
        if len(files["dbf"]) < head + rows * width:
            raise ValueError("the table of the Shapefile is cut off")
        return int(rows)
    return shapes


def shape_count(data: bytes, index: bytes) -> int:
    """Count the shapes of a Shapefile by its index."""
    if struct.unpack(">I", data[:4])[0] != 9994:
        raise ValueError("not a Shapefile")
    entries = list(struct.iter_unpack(">II", index[100:]))
    if any(2 * (at + length) + 8 > len(data) for at, length in entries):
        raise ValueError("the Shapefile is cut off")
    return len(entries)


def gpkg_rows(data: bytes, table: Table | None) -> int:
    """Count the rows of a table of a GeoPackage that is whole."""
    connection = sqlite3.connect(":memory:")
    connection.deserialize(data[:18] + b"\1\1" + data[20:])  # without its journal
    if connection.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
        raise ValueError("the database is damaged")
    found = connection.execute(
        "SELECT table_name FROM gpkg_contents WHERE data_type IN ('features', 'attributes')"
    ).fetchall()
    part = table.part if table else found[0][0]
    return int(connection.execute(f'SELECT count(*) FROM "{part}"').fetchone()[0])


def geojson_rows(data: bytes) -> int:
    """Count the features, each of which has a geometry or none."""
    value = json.loads(data.decode("utf-8-sig"))

    if value.get("type") != "FeatureCollection":
        shapely.from_geojson(json.dumps(value))
        return 1
    for feature in value["features"]:
        if feature["type"] != "Feature":
            raise ValueError("not a feature")
        if feature["geometry"]:
            shapely.from_geojson(json.dumps(feature["geometry"]))
    return len(value["features"])


def xml_rows(data: bytes, ending: str, table: Table | None) -> int:
    """Count the placemarks of KML, or the points that were read of GPX."""
    root = ElementTree.fromstring(data)
    counts = collections.Counter(str(node.tag).rpartition("}")[2] for node in root.iter())
    if ending == "kml":
        return placemarks(root)
    parts = {"waypoints": "wpt", "routes": "rte", "tracks": "trk", "route_points": "rtept"}
    tag = parts.get(table.part, "trkpt") if table else "wpt"
    return counts[tag]


def placemarks(element: ElementTree.Element) -> int:
    """Count the placemarks that are not in another one, nor in changes of another document."""
    name = str(element.tag).rpartition("}")[2]
    if name == "Placemark":
        return 1
    return 0 if name in ("Update", "NetworkLinkControl") else sum(map(placemarks, element))


def dxf_rows(data: bytes) -> int:
    """Count the places of points and texts in the model space."""
    drawing, _ = ezdxf.recover.read(io.BytesIO(data))
    points = set()
    for entity in drawing.modelspace().query("POINT TEXT MTEXT"):
        at = entity.dxf.location if entity.dxftype() == "POINT" else entity.dxf.insert
        points.add(shapely.Point(round(at.x, 6), round(at.y, 6)).wkt)
    return len(points)


def csv_rows(data: bytes, table: Table | None) -> int:
    """Count the rows that are not empty."""
    encoding = table.encoding if table else encodings.readings(data)[0].encoding
    text = encodings.decode(data, encoding) or ""
    if "\0" in text:
        raise ValueError("zeros in the text")
    best = max(";\t|,", key=text[:65536].count)
    return sum(
        any(cell.strip() for cell in row)
        for row in csv.reader(io.StringIO(text, newline=None), delimiter=best, strict=True)
    )


# The doctor ---------------------------------------------------------------------------------------


def look(path: Path, known: Known) -> Result:
    """Examine a file, and read it another way."""
    result = Result(path.name)
    tables: list[Table] = []

    def kept(*arguments: Any) -> Table:
        tables.append(read_apart(*arguments))
        return tables[-1]

    reading.read_apart = kept  # type: ignore[assignment]
    before = time.monotonic()
    try:
        exam = doctor.examine(path, known)
        result.asked = bool(exam.questions or exam.faults or exam.notices)
    except InputError as error:
        result.reason = i18n.said(error.message)
    except Exception as error:
        result.crash = repr(error)
    result.seconds = time.monotonic() - before
    table = tables[-1] if tables else None
    if table and not result.reason:
        result.rows = (
            sum(any(cell is not None for cell in row) for row in table.rows)
            if table.shapes is None
            else len(table.rows)
        )
    try:
        result.expected = count(path.read_bytes(), path.suffix[1:].lower(), table)
    except Exception as error:
        result.wrong = f"{type(error).__name__}: {error}"[:100]
    return result


def damaged(path: Path, folder: Path) -> Iterator[Path]:
    """Write a cut and a changed copy of a file."""
    data = path.read_bytes()
    cut = folder / f"cut_{path.name}"
    cut.write_bytes(data[: len(data) * 2 // 3])
    yield cut
    changed = folder / f"changed_{path.name}"
    at = len(data) // 2
    changed.write_bytes(
        data[:at] + bytes(255 - byte for byte in data[at : at + 40]) + data[at + 40 :]
    )
    yield changed


def verdict(result: Result) -> str:
    """Return what became of a file, in a word."""
    if result.crash:
        return "crashed"
    if result.wrong:
        if result.rows is None:
            return "malformed, refused"
        return "malformed, asked" if result.asked else "malformed, taken silently"
    if result.rows is None:
        return "valid, refused"
    whole = (
        result.rows >= (result.expected or 0)  # those of blocks, which it does not follow
        if result.name.endswith(".dxf")
        else result.rows == result.expected
    )
    return "valid, read whole" if whole else "valid, other rows"


def show(title: str, results: list[Result], listed: bool) -> None:
    """Print the counts of a collection."""
    counts = collections.Counter(verdict(result) for result in results)
    longest = max((result.seconds for result in results), default=0)
    print(f"{title}: {len(results)} files, each at most {longest:.1f} s")
    for name, number in sorted(counts.items()):
        print(f"   {number:5} {name}")
        if "refused" in name:
            reasons = collections.Counter(
                re.sub(r"“[^”]*”", "“…”", re.sub(r"\d+", "N", result.reason))
                for result in results
                if verdict(result) == name
            )
            for reason, times in reasons.most_common():
                print(f"         {times:5} {reason[:120]}")
    for result in results if listed else ():
        if verdict(result) not in ("valid, read whole", "malformed, refused"):
            print(f"   {verdict(result)}: {result.name}: {result}")


def main() -> None:
    """Print the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--damage", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--every", type=int, default=1, help="take every N-th file only")
    options = parser.parse_args()
    words = [word for word in sys.argv[1:] if word != str(options.folder)]
    print("command   python " + " ".join(["bench/foreign.py", "FOLDER", *words]))
    print(
        f"machine   {platform.machine()}, {platform.system()}, Python {platform.python_version()}"
    )
    known = Known.read(layers.bundled(), "parks", province_names)
    paths = [p for p in sorted(options.folder.rglob("*")) if p.suffix[1:].lower() in ENDINGS]
    results = [look(path, known) for path in paths[:: options.every]]
    show("as they are", results, options.list)
    if options.damage:
        valid = {r.name for r in results if verdict(r) == "valid, read whole"}
        with tempfile.TemporaryDirectory() as name:
            copies = [
                look(copy, known)
                for path in paths
                if path.name in valid
                for copy in damaged(path, Path(name))
            ]
        show("damaged copies", copies, options.list)


if __name__ == "__main__":
    main()
