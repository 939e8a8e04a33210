"""Read layers from a data package or a file of one's own, checking every row and naming every fault
at once.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geo import crs
from geo.errors import InputError, Message, NotFoundError
from geo.layers import rows as rows_of
from geo.layers import validation as faults_of
from geo.layers.region import Region
from geo.layers.validation import Row
from geo.schema import LARGE, LAYERS, OPTIONAL, TABLES, Field, Layer, unfold

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

__all__ = [
    "LARGE",
    "LAYERS",
    "TABLES",
    "bundled",
    "describe",
    "get",
    "names",
    "narrow",
    "read",
    "read_columns",
    "read_countries",
    "read_file",
    "read_table",
    "unfold",
]

MAX_FILE_BYTES = 200 * 1024**2
OUTLINES = "basemap/countries.geojson"
"""File of a data package that tells in which country a point lies; a package may come without it.
"""


def bundled() -> Path:
    """Return the data package that comes with Zone Atlas: inside an installed wheel, or ``data/``
    of the repository."""
    here = Path(__file__).resolve().parents[1]
    installed = here / "_data"
    return installed if installed.is_dir() else here.parent / "data"


def get(layer_id: str) -> Layer:
    """Look a layer up by its id; `NotFoundError` lists those there are."""
    if layer_id not in LAYERS:
        raise NotFoundError(
            Message(
                "There is no layer “%(layer)s”; there are %(known)s.",
                {"layer": layer_id, "known": ", ".join(LAYERS)},
            )
        )
    return LAYERS[layer_id]


def describe(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """Read ``datapackage.json``: what the package is, and title, sources and licences of each
    resource.
    """
    path = Path(folder) / "datapackage.json"
    if not path.is_file():
        raise NotFoundError(
            Message(
                "%(folder)s is not a data package: it has no datapackage.json.",
                {"folder": Path(folder)},
            )
        )
    try:
        package = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(
            Message("%(path)s is not JSON: %(error)s.", {"path": path, "error": error})
        ) from None
    if not isinstance(package, dict) or not isinstance(package.get("resources"), list):
        raise InputError(Message("%(path)s lists no resources.", {"path": path}))
    return package


def read(folder: str | os.PathLike[str], layer_id: str) -> Any:
    """Read a layer of a data package.

    Returns
    -------
    GeoDataFrame
        Indexed by ``id``, in the order of the file, WGS 84; columns in the order of the layer's
        table, without ``id``, ``lon`` and ``lat``; unknown values are NaN or NA. A table without
        geometry comes as a DataFrame; an optional one whose file is not there is empty.

    Raises
    ------
    NotFoundError
        No such layer, or no such file in the package.
    InputError
        The rows have faults; every one is listed with its row and field.
    """
    layer = get(layer_id)
    folder = Path(folder)
    path = folder / f"{layer.id}.csv"
    left_out = layer.optional and not path.is_file()
    rows, faults = ([], []) if left_out else rows_of.csv_rows(path, layer.fields)
    return _frame(layer, rows, None, faults, origin=f"{layer.id}.csv")


def read_table(folder: str | os.PathLike[str], name: str) -> pd.DataFrame:
    """Read a table that is not a layer (see ``TABLES``), with a plain integer index; errors as
    :func:`read`.

    A table of ``OPTIONAL`` whose file is not there is empty.
    """
    return rows_of.typed(*_table(folder, name))


def read_columns(folder: str | os.PathLike[str], name: str) -> dict[str, list[Any]]:
    """Read the same table as columns of plain values, None for what is unknown: without pandas it
    is there sooner.
    """
    return rows_of.columns(*_table(folder, name))


def _table(folder: str | os.PathLike[str], name: str) -> tuple[list[Row], Sequence[Field]]:
    """Return the rows of such a table as text without faults, and its fields."""
    if name not in TABLES:
        raise NotFoundError(
            Message(
                "There is no table “%(name)s”; there are %(known)s.",
                {"name": name, "known": ", ".join(TABLES)},
            )
        )
    fields = TABLES[name]
    path = Path(folder) / f"{name}.csv"
    rows, faults = (
        rows_of.csv_rows(path, fields) if path.is_file() or name not in OPTIONAL else ([], [])
    )
    faults_of.refuse(f"{name}.csv", faults + faults_of.row_faults(rows, fields))
    return rows, fields


def read_countries(folder: str | os.PathLike[str]) -> gpd.GeoDataFrame | None:
    """Read the outlines of the countries of a data package, with the column ``country``; None where
    it draws none.

    Raises
    ------
    InputError
        The file holds no such outlines.
    """
    import geopandas as gpd

    path = Path(folder) / OUTLINES
    if not path.is_file():
        return None
    try:
        frame = gpd.read_file(path, engine="pyogrio")
    except Exception:  # whatever GDAL raises for what is not a map
        raise InputError(Message("%(file)s cannot be read.", {"file": OUTLINES})) from None
    if frame.empty or not isinstance(frame, gpd.GeoDataFrame) or "country" not in frame:
        raise InputError(
            Message("%(file)s holds no outlines with a column “country”.", {"file": OUTLINES})
        )
    if frame["country"].isna().any() or not frame.geom_type.isin(("Polygon", "MultiPolygon")).all():
        raise InputError(
            Message(
                "%(file)s holds something else than polygons of countries.",
                {"file": OUTLINES},
            )
        )
    return frame


def read_file(
    path: str | os.PathLike[str],
    layer_id: str,
    *,
    epsg: int = crs.WGS84,
    region: Region | None = None,
) -> Any:
    """Read a CSV or GeoJSON file that somebody brings, as the given layer; errors and result as
    :func:`read`.

    Our own downloads come back equal: their last column ``about`` is ignored, the apostrophe before
    a text that a spreadsheet would run is taken away, and ``x, y`` stand for ``lon, lat`` in a
    projected system.

    Parameters
    ----------
    epsg
        Reference system of the columns ``lon`` and ``lat`` (east, north) of a CSV file, and of a
        GeoJSON file whose member ``crs`` names no other.
    region
        Where the places may lie; each position that does not fit its country, its province or the
        region is a fault.
    """
    layer = get(layer_id)
    path = Path(path)
    if not path.is_file():
        raise NotFoundError(Message("There is no file %(path)s.", {"path": path}))
    if path.stat().st_size > MAX_FILE_BYTES:
        raise InputError(
            Message(
                "%(file)s is larger than %(most)s MB.",
                {"file": path.name, "most": MAX_FILE_BYTES // 1024**2},
            )
        )
    suffix = path.suffix.lower()
    if suffix == ".csv":
        rows, faults = rows_of.csv_rows(path, layer.fields, exported=True)
        if layer.has(faults_of.LINE):
            raw = rows_of.lines(rows)
            return _placed(layer, rows, raw, faults, epsg, region, path.name)
        written = rows_of.positions(rows)
        if epsg != crs.WGS84:
            faults += rows_of.to_wgs84(rows, epsg, far=region is None)
        if region and layer.geometry:
            faults += region.row_faults(rows, rows_of.positions(rows), written, epsg)
        return _frame(layer, rows, None, faults, origin=path.name)
    if suffix in (".geojson", ".json"):
        document = rows_of.collection(path)
        epsg = rows_of.stated_epsg(document, epsg, path.name)
        rows, raw, faults = rows_of.geojson_rows(document, layer)
        return _placed(layer, rows, raw, faults, epsg, region, path.name)
    raise InputError(
        Message("%(file)s: layers are read from .csv and .geojson files.", {"file": path.name})
    )


def names(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return every name of a feature, without the unknown ones."""
    return tuple(
        value
        for key, value in row.items()
        if "name_" in str(key) and isinstance(value, str) and value
    )


def narrow(frame: Any, filters: Mapping[str, Any]) -> Any:
    """Keep the rows that match every filter.

    Parameters
    ----------
    filters
        ``bbox`` (west, south, east, north); ``sector`` for list fields; any other key is a column
        whose value must be one of those given.

    Raises
    ------
    InputError
        The layer has no such column.
    """
    import geopandas as gpd

    kept = np.ones(len(frame), bool)
    for key, wanted in filters.items():
        if key == "bbox" and isinstance(frame, gpd.GeoDataFrame):
            west, south, east, north = wanted
            bounds = frame.geometry.bounds
            inside_lon = (bounds["maxx"] >= west) & (bounds["minx"] <= east)
            if west > east:
                inside_lon = (bounds["maxx"] >= west) | (bounds["minx"] <= east)
            kept &= (inside_lon & (bounds["maxy"] >= south) & (bounds["miny"] <= north)).to_numpy()
        elif key == "sector" and "sectors" in frame.columns:
            kept &= np.array(
                [not set(wanted).isdisjoint(unfold(value)) for value in frame["sectors"]], bool
            )
        elif key in frame.columns:
            kept &= frame[key].isin(wanted).to_numpy(bool)
        else:
            raise InputError(Message("This layer cannot be filtered by %(key)s.", {"key": key}))
    return frame[kept]


# Reading ------------------------------------------------------------------------------------------


def _placed(
    layer: Layer,
    rows: list[Row],
    raw: list[Any],
    faults: list[str],
    epsg: int,
    region: Region | None,
    origin: str,
) -> Any:
    """Make the layer of rows with their shapes as they were written, in whatever system."""
    shapes, wrong = rows_of.shapes_to_wgs84(rows, raw, layer, epsg)
    faults += wrong
    if region and layer.geometry:
        faults += region.row_faults(
            rows, rows_of.first_points(shapes), rows_of.first_points(raw), epsg
        )
    return _frame(layer, rows, shapes, faults, origin=origin)


def _frame(
    layer: Layer, rows: list[Row], shapes: list[Any] | None, faults: list[str], *, origin: str
) -> Any:
    """Refuse the rows or make the layer of them; `shapes` is None where the columns ``lon`` and
    ``lat`` hold the points, or ``wkt`` the lines.
    """
    import geopandas as gpd

    faults_of.refuse(
        origin,
        faults
        + faults_of.row_faults(
            rows, layer.fields if shapes is None else faults_of.without_position(layer.fields)
        ),
    )
    frame = rows_of.typed(rows, layer.fields).set_index("id")
    if layer.geometry is None:
        return frame
    if shapes is not None:
        geometry: Any = shapes
    elif layer.has(faults_of.LINE):
        geometry = shapely.from_wkt(frame[faults_of.LINE].to_numpy(object))
    else:
        geometry = shapely.points(frame["lon"], frame["lat"])
    return gpd.GeoDataFrame(
        frame.drop(columns=[*faults_of.POSITION, faults_of.LINE], errors="ignore"),
        geometry=geometry,
        crs=crs.WGS84,
    )
