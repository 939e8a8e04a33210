"""CSV (RFC 4180)."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo import crs
from geo.export.about import MEMBER, About
from geo.export.frames import DECIMALS, cell, columns, has_geometry, rounded, shapes
from geo.schema import LAYERS
from geo.text import guarded

DECIMALS_PROJECTED = 3


def write(frame: pd.DataFrame, about: About) -> bytes:
    """Write UTF-8 with a byte order mark, without which Excel garbles Vietnamese and Chinese.

    Points become ``lon, lat``, or ``x, y`` (east, north) in a projected system; other shapes become
    ``wkt``."""
    table = columns(frame)
    layer = LAYERS.get(about.layer)
    if has_geometry(frame):
        system = frame.crs
        assert system is not None  # geo.export.write put it there
        degrees = system.is_geographic
        decimals = DECIMALS if degrees else DECIMALS_PROJECTED
        drawn = rounded(shapes(frame), decimals)
        if set(shapely.get_type_id(drawn)) <= {-1, 0} and not (
            layer and layer.geometry == "LineString"
        ):
            east, north = ("lon", "lat") if degrees else ("x", "y")
            table |= {
                east: _or_none(shapely.get_x(drawn)),
                north: _or_none(shapely.get_y(drawn)),
            }
        else:
            table["wkt"] = list(shapely.to_wkt(drawn, rounding_precision=decimals))
        if (epsg := system.to_epsg()) != crs.WGS84:
            note = f"Coordinates: EPSG:{epsg}, {system.name}, east before north."
            about = replace(about, notes=(*about.notes, note))
    if layer:
        table = {name: table[name] for name in layer.names if name in table} | table
    table[MEMBER] = [" ".join(about.lines())] * len(frame)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(map(guarded, table))
    writer.writerows(zip(*(map(_cell, values) for values in table.values()), strict=True))
    return text.getvalue().encode("utf-8-sig")


def _cell(value: object) -> str:
    return guarded(value) if isinstance(value, str) else cell(value)


def _or_none(values: NDArray[np.float64]) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]
