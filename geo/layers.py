"""Read layers from a data package or a file of one's own, checking every row and naming every fault at once."""

from __future__ import annotations

import csv
import difflib
import json
import math
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo import crs
from geo.errors import InputError, NotFoundError
from geo.schema import LAYERS, TABLES, Field, Layer

__all__ = [
    "LAYERS",
    "TABLES",
    "Field",
    "Layer",
    "bundled",
    "check",
    "describe",
    "get",
    "names",
    "read",
    "read_file",
    "read_table",
    "unfold",
]

Row = dict[str, Any]
POSITION = ("lon", "lat")
MAX_FAULTS = 200
MAX_FILE_BYTES = 200 * 1024**2
_PANDAS_TYPES = {"string": "str", "list": "str", "number": "float64", "integer": "Int64", "boolean": "boolean"}


def bundled() -> Path:
    """Give the data package that comes with Zone Atlas: inside an installed wheel, or ``data/`` of the repository."""
    here = Path(__file__).resolve().parent
    installed = here / "_data"
    return installed if installed.is_dir() else here.parent / "data"


def get(layer_id: str) -> Layer:
    """Look a layer up by its id; `NotFoundError` lists those there are."""
    if layer_id not in LAYERS:
        raise NotFoundError(f"There is no layer “{layer_id}”; there are {', '.join(LAYERS)}.")
    return LAYERS[layer_id]


def describe(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """Read ``datapackage.json``: what the package is, and title, sources and licences of each resource."""
    path = Path(folder) / "datapackage.json"
    if not path.is_file():
        raise NotFoundError(f"{Path(folder)} is no data package: it holds no datapackage.json.")
    try:
        package = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is not JSON: {error}.") from None
    if not isinstance(package, dict) or not isinstance(package.get("resources"), list):
        raise InputError(f"{path} lists no resources.")
    return package


def read(folder: str | os.PathLike[str], layer_id: str) -> Any:
    """Read a layer of a data package.

    Returns
    -------
    GeoDataFrame
        Indexed by ``id``, in the order of the file, WGS 84; columns in the order of the layer's table, without ``id``,
        ``lon`` and ``lat``; unknown values are NaN or NA. A table without geometry comes as a DataFrame.

    Raises
    ------
    NotFoundError
        No such layer, or no such file in the package.
    InputError
        The rows have faults; every one is listed with its row and field.
    """
    layer = get(layer_id)
    folder = Path(folder)
    rows, faults = _csv_rows(folder / f"{layer.id}.csv", layer.fields)
    shapes = None
    if layer.vertices:
        shapes = _lines(folder, layer, rows)
        faults += [f"{row['_at']}: geometry: has no two vertices" for row, shape in zip(rows, shapes, strict=True) if shape is None]
    return _frame(layer, rows, shapes, faults, origin=f"{layer.id}.csv")


def read_table(folder: str | os.PathLike[str], name: str) -> pd.DataFrame:
    """Read a table that is no layer (see ``TABLES``), with a plain integer index; errors as :func:`read`."""
    if name not in TABLES:
        raise NotFoundError(f"There is no table “{name}”; there are {', '.join(TABLES)}.")
    fields = TABLES[name]
    rows, faults = _csv_rows(Path(folder) / f"{name}.csv", fields)
    _refuse(f"{name}.csv", faults + _row_faults(rows, fields))
    return _typed(rows, fields)


def read_file(path: str | os.PathLike[str], layer_id: str, *, epsg: int = crs.WGS84) -> Any:
    """Read a CSV or GeoJSON file that somebody brings, as the given layer; errors and result as :func:`read`.

    Our own downloads come back equal: their last column ``about`` is ignored, the apostrophe before a text that a
    spreadsheet would run is taken away, and ``x, y`` stand for ``lon, lat`` in a projected system.

    Parameters
    ----------
    epsg
        Reference system of the columns ``lon`` and ``lat`` (east, north) of a CSV file. GeoJSON is always WGS 84.
    """
    layer = get(layer_id)
    path = Path(path)
    if not path.is_file():
        raise NotFoundError(f"There is no file {path}.")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise InputError(f"{path.name} is larger than {MAX_FILE_BYTES // 1024**2} MB.")
    suffix = path.suffix.lower()
    if suffix == ".csv":
        if layer.geometry == "LineString":
            raise InputError(f"The layer {layer.id} has lines; bring them as GeoJSON.")
        rows, faults = _csv_rows(path, layer.fields)
        if epsg != crs.WGS84:
            _to_wgs84(rows, epsg)
        return _frame(layer, rows, None, faults, origin=path.name)
    if suffix in (".geojson", ".json"):
        rows, shapes, faults = _geojson_rows(path, layer)
        return _frame(layer, rows, shapes, faults, origin=path.name)
    raise InputError(f"{path.name}: layers are read from .csv and .geojson files.")


def check(folder: str | os.PathLike[str]) -> dict[str, list[str]]:
    """Check a whole data package.

    Returns
    -------
    dict
        For each layer and table its faults, an empty list where there is none. Beyond each row: ids are unique over all
        layers, corridors, vertices and policies that are referred to exist, and a node has one position.
    """
    folder = Path(folder)
    describe(folder)
    report: dict[str, list[str]] = {}
    frames: dict[str, Any] = {}
    for layer in LAYERS.values():
        try:
            frames[layer.id] = read(folder, layer.id)
            report[layer.id] = []
        except (InputError, NotFoundError) as error:
            report[layer.id] = list(getattr(error, "faults", ())) or [str(error)]
    for name in TABLES:
        try:
            frames[name] = read_table(folder, name)
            report[name] = []
        except (InputError, NotFoundError) as error:
            report[name] = list(getattr(error, "faults", ())) or [str(error)]
    seen: dict[str, str] = {}
    for layer_id in LAYERS:
        for key in frames.get(layer_id, pd.DataFrame()).index:
            if key in seen:
                report[layer_id].append(f"id “{key}” is also in {seen[key]}")
            seen[key] = layer_id
    if "parks" in frames and "policies" in frames:
        known = set(frames["policies"].index)
        for key, policies in frames["parks"]["policies"].dropna().items():
            report["parks"] += [f"{key}: policies: “{one}” is not in policies" for one in unfold(policies) if one not in known]
    if "corridor_vertices" in frames and "corridors" in frames:
        vertices = frames["corridor_vertices"]
        unknown = sorted(set(vertices["corridor_id"]) - set(frames["corridors"].index))
        report["corridor_vertices"] += [f"corridor_id: “{one}” is not in corridors" for one in unknown]
        spread = vertices.dropna(subset="node_id").groupby("node_id")[["lon", "lat"]].nunique().max(axis=1)
        report["corridor_vertices"] += [f"node “{one}” has more than one position" for one in spread.index[spread > 1]]
    if "corridor_vertices" in frames and "interchanges" in frames:
        ends = set(zip(frames["corridor_vertices"]["corridor_id"], frames["corridor_vertices"]["seq"], strict=True))
        for link in frames["interchanges"].itertuples():
            for corridor, seq in ((link.corridor_id, link.seq), (link.other_corridor_id, link.other_seq)):
                if (corridor, seq) not in ends:
                    report["interchanges"].append(f"{link.name_en}: “{corridor}” has no vertex {seq}")
    return report


def names(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Give every name of a feature, without the unknown ones."""
    return tuple(value for key, value in row.items() if "name_" in str(key) and isinstance(value, str) and value)


def unfold(value: object) -> tuple[str, ...]:
    """Split the value of a ``list`` field; unknown gives an empty tuple."""
    return tuple(part.strip() for part in value.split(";") if part.strip()) if isinstance(value, str) else ()


# Reading ---------------------------------------------------------------------------------------------------------------


def _csv_rows(path: Path, fields: Sequence[Field]) -> tuple[list[Row], list[str]]:
    """Read the rows as text, and the faults of the table's form; a line that does not fit the header gives no row."""
    if not path.is_file():
        raise NotFoundError(f"There is no file {path}.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = [name.strip() for name in next(reader, [])]
            faults = _header_faults(header, fields)
            rows: list[Row] = []
            for cells in reader:
                if not cells:
                    continue
                if len(cells) != len(header):
                    faults.append(f"line {reader.line_num}: has {len(cells)} cells, the header {len(header)}")
                    continue
                rows.append(
                    {name: cell.strip() or None for name, cell in zip(header, cells, strict=True)} | {"_at": f"line {reader.line_num}"}
                )
    except UnicodeDecodeError:
        raise InputError(f"{path.name} is not UTF-8 text.") from None
    except csv.Error as error:
        raise InputError(f"{path.name} is not a CSV table: {error}.") from None
    return rows, faults


def _geojson_rows(path: Path, layer: Layer) -> tuple[list[Row], list[Any], list[str]]:
    """Read the rows as text, their shapes, and the faults of the table's form and of its shapes."""
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
        features = document["features"]
        if document["type"] != "FeatureCollection" or not isinstance(features, list):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(f"{path.name} is not a GeoJSON FeatureCollection.") from None
    rows: list[Row] = []
    shapes: list[Any] = []
    faults: list[str] = []
    present: set[str] = set()
    for number, feature in enumerate(features, start=1):
        at = f"feature {number}"
        properties = feature.get("properties") if isinstance(feature, dict) else None
        if not isinstance(properties, dict):
            faults.append(f"{at}: has no properties")
            continue
        row: Row = {key: _text(value) for key, value in properties.items() if key not in POSITION}  # the geometry says it
        if row.get("id") is None and feature.get("id") is not None:
            row["id"] = _text(feature["id"])
        shape = None
        try:
            shape = shapely.force_2d(shapely.from_geojson(json.dumps(feature.get("geometry")))) if feature.get("geometry") else None
            fault = _shape_fault(shape, layer)
        except (shapely.GEOSException, ValueError, TypeError, RecursionError):
            fault = "cannot be read"
        if fault and layer.geometry:
            faults.append(f"{at}: geometry: {fault}")
        present |= row.keys()
        rows.append(row | {"_at": at})
        shapes.append(shape)
    return rows, shapes, _header_faults(sorted(present), _without_position(layer.fields)) + faults


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ";".join(str(one) for one in value)
    return str(value).strip() or None


def _lines(folder: Path, layer: Layer, rows: list[Row]) -> list[Any]:
    assert layer.vertices is not None
    vertices = read_table(folder, layer.vertices).sort_values(["corridor_id", "seq"], kind="stable")
    lines = {key: group[["lon", "lat"]].to_numpy() for key, group in vertices.groupby("corridor_id")}
    keys = [row.get("id") for row in rows]
    return [shapely.LineString(lines[key]) if len(lines.get(key, ())) > 1 else None for key in keys]


def _frame(layer: Layer, rows: list[Row], shapes: list[Any] | None, faults: list[str], *, origin: str) -> Any:
    """Refuse the rows or make the layer of them; `shapes` is None where the columns ``lon`` and ``lat`` hold the points."""
    _refuse(origin, faults + _row_faults(rows, layer.fields if shapes is None else _without_position(layer.fields)))
    frame = _typed(rows, layer.fields).set_index("id")
    if layer.geometry is None:
        return frame
    geometry = shapely.points(frame["lon"], frame["lat"]) if shapes is None else shapes
    return gpd.GeoDataFrame(frame.drop(columns=list(POSITION), errors="ignore"), geometry=geometry, crs=crs.WGS84)


def _typed(rows: list[Row], fields: Sequence[Field]) -> pd.DataFrame:
    columns: dict[str, Any] = {}
    for field in fields:
        cells = [row.get(field.name) for row in rows]
        values: Any = cells
        if field.type == "number":
            values = [math.nan if cell is None else float(cell) for cell in cells]
        elif field.type == "integer":
            values = [pd.NA if cell is None else int(float(cell)) for cell in cells]
        elif field.type == "boolean":
            values = [pd.NA if cell is None else cell == "true" for cell in cells]
        columns[field.name] = pd.array(values, dtype=_PANDAS_TYPES[field.type]) if field.type != "number" else np.array(values, float)
    return pd.DataFrame(columns)


def _to_wgs84(rows: list[Row], epsg: int) -> None:
    for row in rows:
        east, north = _number(row.get("lon")), _number(row.get("lat"))
        if east is not None and north is not None:
            lon, lat = crs.transform([[east, north]], source=epsg, target=crs.WGS84)[0]
            row |= {"lon": repr(float(lon)), "lat": repr(float(lat))}


# Faults ----------------------------------------------------------------------------------------------------------------


def _refuse(origin: str, faults: list[str]) -> None:
    if not faults:
        return
    shown = faults[:MAX_FAULTS]
    if len(faults) > MAX_FAULTS:
        shown.append(f"and {len(faults) - MAX_FAULTS} more")
    raise InputError(f"{origin} has {len(faults)} {'fault' if len(faults) == 1 else 'faults'}; nothing was changed:", shown)


def _header_faults(header: Iterable[str], fields: Sequence[Field]) -> list[str]:
    header = list(header)
    known = [field.name for field in fields]
    missing = [f"column “{field.name}” is missing" for field in fields if field.required and field.name not in header]
    faults = []
    for name in dict.fromkeys(header):
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            faults.append(f"column “{name}” is unknown" + (f"; did you mean “{close[0]}”?" if close else ""))
        elif header.count(name) > 1:
            faults.append(f"column “{name}” stands {header.count(name)} times")
    return missing + faults


def _row_faults(rows: list[Row], fields: Sequence[Field]) -> list[str]:
    """List the faults of all rows; a column that is missing altogether is a fault of the header, not of its rows."""
    present = {name for row in rows for name in row}
    faults: list[str] = []
    seen: dict[str, str] = {}
    unique = fields[0].name == "id"
    for row in rows:
        at = f"{row['_at']}" + (f" ({row['id']})" if unique and row.get("id") else "")
        swapped = _swapped(_number(row.get("lon")), _number(row.get("lat")))
        if swapped:
            faults.append(f"{at}: lon, lat: {swapped}")
        for field in fields:
            if field.name not in present or (swapped and field.name in POSITION):
                continue
            fault = _cell_fault(row.get(field.name), field)
            if fault:
                faults.append(f"{at}: {field.name}: {fault}")
        if unique and row.get("id"):
            if row["id"] in seen:
                faults.append(f"{at}: id: stands already in {seen[row['id']]}")
            seen.setdefault(row["id"], row["_at"])
    return faults


def _shape_fault(shape: Any, layer: Layer) -> str | None:
    if shape is None or shape.is_empty:
        return "is empty"
    if shape.geom_type != layer.geometry:
        return f"is a {shape.geom_type}, the layer has {layer.geometry}"
    for lon, lat in shapely.get_coordinates(shape):
        if swapped := _swapped(lon, lat):
            return swapped
        if not (abs(lon) <= 180 and abs(lat) <= 90):
            return f"{lon:.10g}, {lat:.10g} is no longitude and latitude in degrees"
    return None


def _without_position(fields: Sequence[Field]) -> tuple[Field, ...]:
    return tuple(field for field in fields if field.name not in POSITION)


def _swapped(lon: float | None, lat: float | None) -> str | None:
    if lon is None or lat is None or not 90 < abs(lat) <= 180 or abs(lon) > 90:
        return None
    return f"{lon:.10g}, {lat:.10g} look swapped: longitude stands before latitude"


def _cell_fault(cell: str | None, field: Field) -> str | None:
    if cell is None:
        return "is empty" if field.required else None
    if field.type in ("number", "integer"):
        number = _number(cell)
        if number is None:
            return f"“{_short(cell)}” is not a number"
        if field.type == "integer" and number != int(number):
            return f"{cell} is not a whole number"
        if field.minimum is not None and number < field.minimum:
            return f"{cell} is below {field.minimum:g}"
        if field.maximum is not None and number > field.maximum:
            return f"{cell} is above {field.maximum:g}"
        return None
    if field.type == "boolean":
        return None if cell in ("true", "false") else f"“{_short(cell)}” is neither true nor false"
    if field.allowed:
        parts = unfold(cell) if field.type == "list" else (cell,)
        wrong = [part for part in parts if part not in field.allowed]
        return f"“{_short(wrong[0])}” is unknown; allowed are {', '.join(field.allowed)}" if wrong else None
    if field.pattern and not re.fullmatch(field.pattern, cell):
        return f"“{_short(cell)}” has not the form {field.pattern}"
    return None


def _number(cell: str | None) -> float | None:
    """Read a finite ASCII number; anything else, such as ``1_000``, ``NaN`` or ``１０``, is none."""
    if cell is None or not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", cell, re.ASCII):
        return None
    number = float(cell)
    return number if math.isfinite(number) else None


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
