"""Frames as plain values and rounded shapes, which all formats write."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any, TypeAlias, TypeGuard

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray

from geo.schema import Layer

DECIMALS = 6
"""Decimals of a degree in text formats: 0.1 m, finer than any position here."""
DECIMALS_PROJECTED = 3
ROWS_AT_ONCE = 1000
"""Rows that a text format writes at once: some 1 MB, whatever the size of the layer."""
Shapes: TypeAlias = NDArray[np.object_]


def has_geometry(frame: pd.DataFrame) -> TypeGuard[gpd.GeoDataFrame]:
    """Return whether a frame is a layer rather than a table."""
    return isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None


def columns(frame: pd.DataFrame) -> dict[str, list[Any]]:
    """Return the named index and every column but the geometry as lists of plain values, None where
    unknown.
    """
    names, geometry = frame.index.names, None
    if has_geometry(frame):
        geometry = frame.active_geometry_name
        frame = pd.DataFrame(frame)
    levels = [] if names == [None] else range(len(names))
    values = [(names[level], frame.index.get_level_values(level).array) for level in levels]
    values += [(name, column.array) for name, column in frame.items() if name != geometry]
    return {str(name): _plain_values(column) for name, column in values}


def _plain_values(column: ExtensionArray) -> list[Any]:
    values, unknown = column.to_numpy(object, copy=True), column.isna()  # pandas itself is slower
    values[unknown] = None
    plain: list[Any] = values.tolist()
    return [_plain(value) for value in plain] if column.dtype.kind in "OMm" else plain


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return ";".join(map(str, value))
    return value.item() if isinstance(value, np.generic) else value


def cell(value: object) -> str:
    """Write a plain value as text; empty where it is unknown."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return "" if value is None else str(value)


def table(frame: pd.DataFrame, layer: Layer | None, points: bool) -> dict[str, list[Any]]:
    """Return :func:`columns` with those that hold the shapes, in the order of the layer: ``lon,
    lat``, or ``x, y`` (east, north) in a projected system, where all are points; ``wkt`` otherwise.
    """
    cells = columns(frame) | (_positions(frame, points) if has_geometry(frame) else {})
    if layer:
        cells = {name: cells[name] for name in layer.names if name in cells} | cells
    return cells


def are_points(frame: gpd.GeoDataFrame, layer: Layer | None) -> bool:
    """Check whether a table of the frame has two numbers for each position."""
    kinds = set(shapely.get_type_id(shapes(frame)))
    return kinds <= {-1, 0} and not (layer and layer.geometry == "LineString")


def _positions(frame: gpd.GeoDataFrame, points: bool) -> dict[str, list[Any]]:
    """Return the columns that hold the shapes."""
    degrees = frame.crs is not None and frame.crs.is_geographic
    decimals = DECIMALS if degrees else DECIMALS_PROJECTED
    drawn = rounded(shapes(frame), decimals)
    if not points:
        return {"wkt": list(shapely.to_wkt(drawn, rounding_precision=decimals))}
    east, north = ("lon", "lat") if degrees else ("x", "y")
    return {east: _or_none(shapely.get_x(drawn)), north: _or_none(shapely.get_y(drawn))}


def _or_none(values: NDArray[np.float64]) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]


def shapes(frame: gpd.GeoDataFrame) -> Shapes:
    """Return the shapes; None where a coordinate is unknown or the shape is empty."""
    known = np.array(frame.geometry.array, dtype=object)
    points, owner = shapely.get_coordinates(known, return_index=True)
    known[owner[np.isnan(points).any(axis=1)]] = None
    known[shapely.is_empty(known)] = None
    return known


def rounded(shapes: Shapes, decimals: int = DECIMALS) -> Shapes:
    """Round every coordinate."""
    return shapely.transform(  # type: ignore[call-overload]
        shapes, lambda points: np.round(points, decimals), include_z=None
    )  # its stub does not know that None leaves each shape its dimensions
