"""The rows of a file as text, before they are believed: CSV tables and GeoJSON collections, and
their positions in WGS 84.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import crs
from geo.errors import InputError, Message, NotFoundError, behind
from geo.layers import validation as faults_of
from geo.layers.validation import Row
from geo.schema import Field, Layer
from geo.text import unguarded

if TYPE_CHECKING:
    import pandas as pd

FAR = 10.0
"""Degrees a point may lie outside the area of its system: regional zones are stretched, exchanged
columns land farther off.
"""
UNREADABLE = object()
"""Stands for a shape that cannot be read."""
_PANDAS_TYPES: dict[str, Any] = {
    "string": "str",
    "list": "str",
    "line": "str",
    "number": "float64",
    "integer": "Int64",
    "boolean": "boolean",
}


def csv_rows(
    path: Path, fields: Sequence[Field], *, exported: bool = False
) -> tuple[list[Row], list[str]]:
    """Read the rows as text, and the faults of the table's form; a line that does not fit the
    header gives no row.

    With `exported` the marks are undone that :mod:`geo.export` puts into a CSV file.
    """
    if not path.is_file():
        raise NotFoundError(Message("There is no file %(path)s.", {"path": path}))
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = [name.strip() for name in next(reader, [])]
            if exported:
                header = [{"x": "lon", "y": "lat"}.get(name, name) for name in header]
            faults = faults_of.header_faults(
                [name for name in header if not (exported and name == "about")], fields
            )
            rows: list[Row] = []
            for cells in reader:
                if not cells:
                    continue
                if len(cells) != len(header):
                    counts = {"cells": len(cells), "columns": len(header)}
                    few = Message("has %(cells)s cells, the header %(columns)s", counts)
                    faults.append(behind(faults_of.line({"_at": reader.line_num}), few))
                    continue
                row: Row = dict(zip(header, [cell.strip() or None for cell in cells], strict=True))
                row["_at"] = reader.line_num
                rows.append(row)
    except UnicodeDecodeError:
        raise InputError(Message("%(file)s is not UTF-8 text.", {"file": path.name})) from None
    except csv.Error as error:
        raise InputError(
            Message(
                "%(file)s is not a CSV table: %(error)s.",
                {"file": path.name, "error": f"“{error}”"},
            )
        ) from None
    for row in rows if exported else ():
        row.pop("about", None)
        row.update({key: unguarded(cell) for key, cell in row.items() if isinstance(cell, str)})
    return rows, faults


def collection(path: Path) -> dict[str, Any]:
    """Read a GeoJSON FeatureCollection."""
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
        if document["type"] != "FeatureCollection" or not isinstance(document["features"], list):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(
            Message("%(file)s is not a GeoJSON FeatureCollection.", {"file": path.name})
        ) from None
    collection: dict[str, Any] = document
    return collection


def stated_epsg(document: dict[str, Any], epsg: int, name: str) -> int:
    """Read the member ``crs`` that older programs write; without it the coordinates are in the
    system `epsg`.

    Source
    ------
    GeoJSON 2008, section 3. RFC 7946 dropped the member, and GDAL and QGIS still write it for any
    system but WGS 84."""
    if document.get("crs") is None:
        return epsg
    try:
        words = str(document["crs"]["properties"]["name"])
    except (KeyError, TypeError):
        words = ""
    named = re.fullmatch(
        r"(?:urn:ogc:def:crs:)?(?:EPSG:[\d.]*:?(\d{4,6})|OGC:[\d.]*:?CRS84)", words, re.IGNORECASE
    )
    if not named:
        raise InputError(
            Message(
                "%(name)s has a member “crs” that is not understood; it should name a system"
                " such as EPSG:5899.",
                {"name": name},
            )
        )
    stated = int(named[1] or crs.WGS84)
    if epsg not in (crs.WGS84, stated):
        raise InputError(
            Message(
                "%(name)s says that it is in EPSG:%(stated)s, not in EPSG:%(epsg)s.",
                {"name": name, "stated": stated, "epsg": epsg},
            )
        )
    return stated


def geojson_rows(document: dict[str, Any], layer: Layer) -> tuple[list[Row], list[Any], list[str]]:
    """Read the rows as text, their shapes as they are written, and the faults of the table's form
    and of shapes that cannot be read.
    """
    features = document["features"]
    rows: list[Row] = []
    shapes: list[Any] = []
    faults: list[str] = []
    present: set[str] = set()
    for number, feature in enumerate(features, start=1):
        at = Message("feature %(number)s", {"number": number})
        properties = feature.get("properties") if isinstance(feature, dict) else None
        if not isinstance(properties, dict):
            faults.append(behind(at, Message("has no properties")))
            continue
        row: Row = {
            key: _text(value)
            for key, value in properties.items()
            if key not in (*faults_of.POSITION, faults_of.LINE)
        }  # the geometry says it
        if row.get("id") is None and feature.get("id") is not None:
            row["id"] = _text(feature["id"])
        shape: Any = None
        try:
            if feature.get("geometry"):
                shape = shapely.force_2d(shapely.from_geojson(json.dumps(feature["geometry"])))
        except (shapely.GEOSException, ValueError, TypeError, RecursionError):
            shape = UNREADABLE
        present |= row.keys()
        rows.append(row | {"_at": at})
        shapes.append(shape)
    return (
        rows,
        shapes,
        faults_of.header_faults(sorted(present), faults_of.without_position(layer.fields)) + faults,
    )


def shapes_to_wgs84(
    rows: list[Row], shapes: list[Any], layer: Layer, epsg: int
) -> tuple[list[Any], list[str]]:
    """Put shapes into WGS 84, and list what is wrong with them."""
    changed: list[Any] = []
    faults: list[str] = []
    for row, shape in zip(rows, shapes, strict=True):
        fault: str | None = None
        if shape is UNREADABLE:
            shape, fault = None, Message("cannot be read")
        elif shape is not None and epsg != crs.WGS84:
            fault = _degrees_in_metres(shapely.get_coordinates(shape), epsg)
            if fault is None:
                shape = shapely.transform(
                    shape, lambda xy: crs.transform(xy, source=epsg, target=crs.WGS84)
                )
        fault = fault or faults_of.shape_fault(shape, layer)
        if fault and layer.geometry:
            faults.append(behind(faults_of.line(row), behind("geometry", fault)))
        changed.append(shape)
    return changed, faults


def _degrees_in_metres(points: NDArray[np.float64], epsg: int) -> str | None:
    """Find degrees where a system counts metres: no zone of the earth has its origin within 180 m
    of a place on land.
    """
    if crs.known(epsg).is_geographic or not len(points) or not (abs(points) <= (180, 90)).all():
        return None
    return Message(
        "%(lon)s, %(lat)s are degrees, and EPSG:%(epsg)s counts metres",
        {"lon": f"{points[0, 0]:.10g}", "lat": f"{points[0, 1]:.10g}", "epsg": epsg},
    )


def first_points(shapes: list[Any]) -> NDArray[np.float64]:
    """Return the first point of each shape, (n, 2); NaN where there is none."""
    points = [
        (
            (np.nan, np.nan)
            if shape in (None, UNREADABLE) or shape.is_empty
            else shapely.get_coordinates(shape)[0]
        )
        for shape in shapes
    ]
    return np.array(points, float).reshape(-1, 2)


def lines(rows: list[Row]) -> list[Any]:
    """Take the lines out of the column ``wkt``: None where it is empty."""
    shapes: list[Any] = []
    for row in rows:
        cell = row.pop(faults_of.LINE, None)
        try:
            shapes.append(cell and shapely.from_wkt(cell))
        except shapely.GEOSException:
            shapes.append(UNREADABLE)
    return shapes


def positions(rows: list[Row]) -> NDArray[np.float64]:
    """Return the numbers in ``lon`` and ``lat``, (n, 2); NaN where there is none."""
    cells = [[faults_of.number(row.get(name)) for name in faults_of.POSITION] for row in rows]
    return np.array(cells, float).reshape(-1, 2)


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ";".join(map(str, value))
    text = (
        str(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )  # JSON may hold halves of pairs
    return text.strip() or None


def columns(rows: list[Row], fields: Sequence[Field]) -> dict[str, list[Any]]:
    """Return the values of each field by its type, None where there is none."""
    types: dict[str, Callable[[str], Any]] = {
        "number": float,
        "integer": lambda cell: int(float(cell)),
        "boolean": lambda cell: cell.lower() == "true",
    }
    values: dict[str, list[Any]] = {field.name: [] for field in fields}
    for part in faults_of.parts(rows):
        for field in fields:
            cells = (row.get(field.name) for row in part)
            if convert := types.get(field.type):
                cells = (cell if cell is None else convert(cell) for cell in cells)
            values[field.name].extend(cells)
    return values


def typed(rows: list[Row], fields: Sequence[Field]) -> pd.DataFrame:
    """Return the same as a frame, NaN or NA where there is none."""
    import pandas as pd

    values = columns(rows, fields)
    return pd.DataFrame(
        {
            field.name: np.array(values[field.name], float)
            if field.type == "number"
            else pd.array(values[field.name], dtype=_PANDAS_TYPES[field.type])
            for field in fields
        }
    )


def to_wgs84(rows: list[Row], epsg: int, *, far: bool) -> list[str]:
    """Put lon and lat of every row into WGS 84; list those in degrees, and with `far` those far
    from the area of the system.
    """
    area = crs.known(epsg).area_of_use
    faults: list[str] = []
    for row in rows:
        east, north = faults_of.number(row.get("lon")), faults_of.number(row.get("lat"))
        if east is None or north is None:
            continue
        if wrong := _degrees_in_metres(np.array([[east, north]]), epsg):
            faults.append(behind(faults_of.line(row), behind("lon, lat", wrong)))
            continue
        lon, lat = crs.transform([[east, north]], source=epsg, target=crs.WGS84)[0].tolist()
        if (
            far
            and area
            and not (
                area.west - FAR <= lon <= area.east + FAR
                and area.south - FAR <= lat <= area.north + FAR
            )
        ):
            away = Message(
                "%(lon)s, %(lat)s lie far from the area of EPSG:%(epsg)s; is east before north?",
                {"lon": row["lon"], "lat": row["lat"], "epsg": epsg},
            )
            faults.append(behind(faults_of.line(row), behind("lon, lat", away)))
        row |= (
            {"lon": repr(lon), "lat": repr(lat)}
            if np.isfinite([lon, lat]).all()
            else {"lon": None, "lat": None}
        )
    return faults
