"""Refuse a document that breaks the rules of its format, with the place where it does so: GDAL
passes over much of that without a word."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import struct
from collections.abc import Iterator
from typing import Any, NoReturn
from xml.parsers import expat

from geo.errors import InputError, Message
from geo.text import short

_DEPTHS = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}
"""How many lists deep the positions of a geometry stand."""
_COLLECTIONS = ("FeatureCollection", "Feature", "GeometryCollection")
_GPX_POINTS = ("wpt", "rtept", "trkpt")
_DXF_POSITIONS = (b"10", b"20", b"11", b"21")
"""Codes of groups that hold a coordinate. Source: Autodesk, DXF Reference."""


# Tables -------------------------------------------------------------------------------------------


def csv_quotes(text: str, delimiter: str) -> None:
    """Check that every quoted cell of a table has an end, and that there the cell ends: one without
    swallows the rows below it.

    Raises
    ------
    InputError
        One does not.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for _ in reader:
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            Message("The quoted cell that begins in line %(line)s has no end.", {"line": line})
            if "unexpected end" in str(error)
            else Message("Text behind a closing quotation mark in line %(line)s.", {"line": line})
        ) from None


# GeoJSON ------------------------------------------------------------------------------------------


def geojson(data: bytes) -> bytes | None:
    """Check a document of GeoJSON; return it as a collection, None where it is another kind of
    JSON.

    Raises
    ------
    InputError
        It breaks the rules of JSON or of GeoJSON.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(Message("GeoJSON has to be written in UTF-8; this is not.")) from None
    try:
        document = _parsed(text)
    except json.JSONDecodeError as error:
        document = _sequence(text)
        if document is None:
            raise InputError(
                Message(
                    "The file is not valid JSON: line %(line)s, column %(column)s.",
                    {"line": error.lineno, "column": error.colno},
                )
            ) from None
        data = json.dumps(document, ensure_ascii=False).encode()
    kind = document.get("type") if isinstance(document, dict) else None
    if kind not in _DEPTHS and kind not in _COLLECTIONS:
        return None
    if kind == "FeatureCollection":
        features = document.get("features")
        if not isinstance(features, list):
            raise InputError(Message("The collection has no list of features."))
        for number, feature in enumerate(features, 1):
            _check_feature(feature, number)
    elif kind == "Feature":
        _check_feature(document, 1)
    else:
        _check_geometry(document, 1)
    return data


def _parsed(text: str) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) < len(pairs):  # programs differ in which of them they read
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError(
                Message(
                    "“%(name)s” stands twice in one object of the file.", {"name": short(twice)}
                )
            )
        return members

    def constant(name: str) -> NoReturn:
        raise InputError(Message("%(name)s is not a number that JSON knows.", {"name": name}))

    return json.loads(text, object_pairs_hook=once, parse_constant=constant)


def _sequence(text: str) -> dict[str, Any] | None:
    """Read one feature a line, as in RFC 8142; None where it is something else."""
    lines = [line.strip("\x1e \t\r") for line in text.split("\n")]
    try:
        features = [_parsed(line) for line in lines if line]
    except json.JSONDecodeError:
        return None
    if len(features) < 2 or any(not isinstance(feature, dict) for feature in features):
        return None
    return {"type": "FeatureCollection", "features": features}


def _check_feature(feature: Any, number: int) -> None:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise InputError(Message("Number %(n)s of the features is not a feature.", {"n": number}))
    if not isinstance(feature.get("properties"), dict | None):
        raise InputError(
            Message("The properties of feature %(n)s are not an object.", {"n": number})
        )
    if feature.get("geometry") is not None:
        _check_geometry(feature["geometry"], number)


def _check_geometry(geometry: Any, number: int) -> None:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind == "GeometryCollection" and isinstance(geometry.get("geometries"), list):
        for part in geometry["geometries"]:
            _check_geometry(part, number)
    elif kind not in _DEPTHS or not _is_placed(geometry.get("coordinates"), _DEPTHS[kind]):
        raise InputError(
            Message("The geometry of feature %(n)s is not one of GeoJSON.", {"n": number})
        )


def _is_placed(parts: Any, depth: int) -> bool:
    """Check that positions stand as deep as they should. A ring that is not closed is a fault of
    its row.
    """
    if not isinstance(parts, list):
        return False
    if not parts:  # an empty geometry
        return True
    if depth == 0:
        return len(parts) >= 2 and all(
            isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            for value in parts
        )
    return all(part and _is_placed(part, depth - 1) for part in parts)


# XML ----------------------------------------------------------------------------------------------


def xml(data: bytes, kind: str) -> None:
    """Check a document of KML or GPX and the positions in it.

    Raises
    ------
    InputError
        It breaks the rules of XML, or a position is not one.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    text: list[str] = []
    inside = False

    def place(name: str) -> str:
        return name.rpartition(":")[2]

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        if kind == "GPX" and place(name) in _GPX_POINTS:
            pair = [attributes.get("lon", ""), attributes.get("lat", "")]
            if not _is_pair(pair):
                _refuse_position(parser.CurrentLineNumber, ", ".join(pair))
        elif kind != "GPX" and place(name) == "coordinates":
            inside = True
            text.clear()

    def characters(some: str) -> None:
        if inside:
            text.append(some)

    def end(name: str) -> None:
        nonlocal inside
        if inside and place(name) == "coordinates":
            inside = False
            for position in re.sub(r"\s*,\s*", ",", "".join(text)).split():
                if not _is_position(position.split(",")):
                    _refuse_position(parser.CurrentLineNumber, position)

    parser.StartElementHandler = start
    parser.CharacterDataHandler = characters
    parser.EndElementHandler = end
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        if error.code == expat.errors.codes[expat.errors.XML_ERROR_UNKNOWN_ENCODING]:
            return
        raise InputError(
            Message(
                "The file is not valid XML: line %(line)s, column %(column)s.",
                {"line": error.lineno, "column": error.offset + 1},
            )
        ) from None


def _refuse_position(line: int, text: str) -> NoReturn:
    raise InputError(
        Message("Line %(line)s: “%(text)s” is not a position.", {"line": line, "text": short(text)})
    )


def _is_pair(pair: list[str]) -> bool:
    return _is_position(pair) and abs(float(pair[0])) <= 180 and abs(float(pair[1])) <= 90


def _is_position(parts: list[str]) -> bool:
    try:
        numbers = [float(part) for part in parts if part]
    except ValueError:
        return False
    return len(numbers) >= 2 and all(parts[:2]) and all(map(math.isfinite, numbers))


# Drawings and Shapefiles --------------------------------------------------------------------------


def dxf(data: bytes) -> bytes:
    """Check a drawing that is written as text; return it without the remarks before it.

    Raises
    ------
    InputError
        It is cut off, or a coordinate is not a number.
    """
    if data.startswith(b"AutoCAD Binary DXF"):
        return data
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").strip().split(b"\n")
    while lines[0].strip() == b"999":
        del lines[:2]
    ends = [at for at, code, value in _groups(lines) if (code, value) == (b"0", "EOF")]
    if not ends:
        raise InputError(Message("The drawing has no end: the file is cut off."))
    del lines[ends[0] + 2 :]
    for at, code, value in _groups(lines):
        if code in _DXF_POSITIONS and not _is_position([value, "0"]):
            _refuse_position(at + 2, value)
    return b"\n".join(lines) + b"\n"


def _groups(lines: list[bytes]) -> Iterator[tuple[int, bytes, str]]:
    for at in range(0, len(lines) - 1, 2):
        yield at, lines[at].strip(), lines[at + 1].strip().decode("latin-1")


def shapefile(parts: dict[str, bytes]) -> None:
    """Check that no file of a Shapefile is cut off, by its endings.

    Raises
    ------
    InputError
        One is, or there are not as many shapes as rows.
    """
    for ending in (".shp", ".shx"):
        data = parts.get(ending, b"")
        if not data:
            raise InputError(Message("The Shapefile has no file %(ending)s.", {"ending": ending}))
        if len(data) < 100 or len(data) < 2 * struct.unpack(">i", data[24:28])[0]:
            raise InputError(
                Message("The file %(ending)s of the Shapefile is cut off.", {"ending": ending})
            )
    if ".dbf" not in parts:
        return
    data = parts[".dbf"]
    rows, head, width = struct.unpack("<IHH", data[4:12]) if len(data) >= 12 else (1, 0, 0)
    if len(data) < head + rows * width:
        raise InputError(
            Message("The file %(ending)s of the Shapefile is cut off.", {"ending": ".dbf"})
        )
    shapes = (2 * struct.unpack(">i", parts[".shx"][24:28])[0] - 100) // 8
    if rows and shapes != rows:
        raise InputError(Message("The Shapefile has not as many shapes as rows."))
