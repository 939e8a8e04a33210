"""CSV (RFC 4180)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo import crs
from geo.export.about import MEMBER, About
from geo.export.frames import (
    DECIMALS,
    ROWS_AT_ONCE,
    cell,
    columns,
    has_geometry,
    rounded,
    shapes,
)
from geo.schema import LAYERS
from geo.text import guarded

DECIMALS_PROJECTED = 3


def parts(frame: pd.DataFrame, about: About) -> Iterator[bytes]:
    """Write UTF-8 with a byte order mark, without which Excel garbles Vietnamese and Chinese, some
    rows at a time.

    Points become ``lon, lat``, or ``x, y`` (east, north) in a projected system; other shapes become
    ``wkt``."""
    layer, points = LAYERS.get(about.layer), False
    if has_geometry(frame):
        system = frame.crs
        assert system is not None  # geo.export.parts put it there
        kinds = set(shapely.get_type_id(shapes(frame)))
        points = kinds <= {-1, 0} and not (layer and layer.geometry == "LineString")
        if (epsg := system.to_epsg()) != crs.WGS84:
            note = f"Coordinates: EPSG:{epsg}, {system.name}, east before north."
            about = replace(about, notes=(*about.notes, note))
    facts = " ".join(about.lines())
    for at in range(0, max(1, len(frame)), ROWS_AT_ONCE):
        some = frame.iloc[at : at + ROWS_AT_ONCE]
        table = columns(some) | (_positions(some, points) if has_geometry(some) else {})
        if layer:
            table = {name: table[name] for name in layer.names if name in table} | table
        table[MEMBER] = [facts] * len(some)
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        if not at:
            writer.writerow(map(guarded, table))
        writer.writerows(zip(*(map(_cell, values) for values in table.values()), strict=True))
        yield text.getvalue().encode("utf-8" if at else "utf-8-sig")


def _positions(frame: gpd.GeoDataFrame, points: bool) -> dict[str, list[Any]]:
    """Return the columns that hold the shapes."""
    degrees = frame.crs is not None and frame.crs.is_geographic
    decimals = DECIMALS if degrees else DECIMALS_PROJECTED
    drawn = rounded(shapes(frame), decimals)
    if not points:
        return {"wkt": list(shapely.to_wkt(drawn, rounding_precision=decimals))}
    east, north = ("lon", "lat") if degrees else ("x", "y")
    return {east: _or_none(shapely.get_x(drawn)), north: _or_none(shapely.get_y(drawn))}


def _cell(value: object) -> str:
    return guarded(value) if isinstance(value, str) else cell(value)


def _or_none(values: NDArray[np.float64]) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]
