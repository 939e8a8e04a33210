"""Read layers from a data package or a file of one's own, checking every row and naming every fault at once."""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo import crs, gatehours
from geo import faults as faults_of
from geo.errors import InputError, NotFoundError
from geo.faults import Row
from geo.schema import LAYERS, OPTIONAL, TABLES, Field, Layer, unfold

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

MAX_FAULTS = 200
MAX_FILE_BYTES = 200 * 1024**2
FAR = 10.0
"""Degrees a point may lie outside the area of its system: regional zones are stretched, exchanged columns land farther off."""
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
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
    """Read a table that is no layer (see ``TABLES``), with a plain integer index; errors as :func:`read`.

    A table of ``OPTIONAL`` whose file is not there is empty.
    """
    if name not in TABLES:
        raise NotFoundError(f"There is no table “{name}”; there are {', '.join(TABLES)}.")
    fields = TABLES[name]
    path = Path(folder) / f"{name}.csv"
    rows, faults = _csv_rows(path, fields) if path.is_file() or name not in OPTIONAL else ([], [])
    faults_of.refuse(f"{name}.csv", faults + faults_of.row_faults(rows, fields))
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
        rows, faults = _csv_rows(path, layer.fields, exported=True)
        if epsg != crs.WGS84:
            faults += _to_wgs84(rows, epsg)
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
        layers, corridors, vertices and policies that are referred to exist, a node has one position, and the opening hours of
        all gates can be read and do not contradict each other.
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
    if "aliases" in frames:
        unknown = sorted(set(frames["aliases"]["place"]) - seen.keys())
        report["aliases"] += [f"place: “{one}” is in no layer" for one in unknown]
    if {"gates", "gate_hours", "clocks"} <= frames.keys():
        try:
            gatehours.read(frames["gates"], frames["gate_hours"], frames["clocks"])
        except InputError as error:
            report["gate_hours"] += error.faults
    return report


def names(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Give every name of a feature, without the unknown ones."""
    return tuple(value for key, value in row.items() if "name_" in str(key) and isinstance(value, str) and value)


# Reading ---------------------------------------------------------------------------------------------------------------


def _csv_rows(path: Path, fields: Sequence[Field], *, exported: bool = False) -> tuple[list[Row], list[str]]:
    """Read the rows as text, and the faults of the table's form; a line that does not fit the header gives no row.

    With `exported` the marks are undone that :mod:`geo.export` puts into a CSV file.
    """
    if not path.is_file():
        raise NotFoundError(f"There is no file {path}.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = [name.strip() for name in next(reader, [])]
            if exported:
                header = [{"x": "lon", "y": "lat"}.get(name, name) for name in header]
            faults = faults_of.header_faults([name for name in header if not (exported and name == "about")], fields)
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
    for row in rows if exported else ():
        row.pop("about", None)
        row.update({key: cell[1:] for key, cell in row.items() if cell and cell[0] == "'" and cell[1:2] in _FORMULA})
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
        row: Row = {key: _text(value) for key, value in properties.items() if key not in faults_of.POSITION}  # the geometry says it
        if row.get("id") is None and feature.get("id") is not None:
            row["id"] = _text(feature["id"])
        shape = None
        try:
            shape = shapely.force_2d(shapely.from_geojson(json.dumps(feature.get("geometry")))) if feature.get("geometry") else None
            fault = faults_of.shape_fault(shape, layer)
        except (shapely.GEOSException, ValueError, TypeError, RecursionError):
            fault = "cannot be read"
        if fault and layer.geometry:
            faults.append(f"{at}: geometry: {fault}")
        present |= row.keys()
        rows.append(row | {"_at": at})
        shapes.append(shape)
    return rows, shapes, faults_of.header_faults(sorted(present), faults_of.without_position(layer.fields)) + faults


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
    faults_of.refuse(
        origin, faults + faults_of.row_faults(rows, layer.fields if shapes is None else faults_of.without_position(layer.fields))
    )
    frame = _typed(rows, layer.fields).set_index("id")
    if layer.geometry is None:
        return frame
    geometry = shapely.points(frame["lon"], frame["lat"]) if shapes is None else shapes
    return gpd.GeoDataFrame(frame.drop(columns=list(faults_of.POSITION), errors="ignore"), geometry=geometry, crs=crs.WGS84)


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


def _to_wgs84(rows: list[Row], epsg: int) -> list[str]:
    """Put lon and lat of every row into WGS 84; give the rows that lie far from the area for which the system is made."""
    area = crs.area_of_use(epsg)
    faults = []
    for row in rows:
        east, north = faults_of.number(row.get("lon")), faults_of.number(row.get("lat"))
        if east is None or north is None:
            continue
        lon, lat = (float(one) for one in crs.transform([[east, north]], source=epsg, target=crs.WGS84)[0])
        if area and not (area[0] - FAR <= lon <= area[2] + FAR and area[1] - FAR <= lat <= area[3] + FAR):
            faults.append(f"{row['_at']}: lon, lat: {row['lon']}, {row['lat']} lie far from the area of EPSG:{epsg}; is east before north?")
        row |= {"lon": repr(lon), "lat": repr(lat)} if np.isfinite([lon, lat]).all() else {"lon": None, "lat": None}
    return faults
