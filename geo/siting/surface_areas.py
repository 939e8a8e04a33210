"""A surface as areas: where what is shown is at least as good as each of some bounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from geo.roads import _contours, _fields
from geo.siting.surface import Blocks, Values

THIN = 0.1
"""So many cells an outline is drawn beside where it runs, at most, for half as many corners."""


def areas(
    values: Values, blocks: Blocks, bounds: Sequence[float], *, rising: bool, steep: float
) -> list[Any]:
    """Return for each bound the area where values are as good or better, as valid MultiPolygons
    (WGS 84).

    Parameters
    ----------
    values
        (h, w), the north first; NaN lies in no area.
    rising
        Whether less is better.
    steep
        A value farther from a bound counts as just so far, for where an outline runs between two
        cells.
    """
    raster = np.flipud(values if rising else -values)
    raster = np.pad(np.where(np.isnan(raster), np.inf, raster), 1, constant_values=np.inf)
    limits = np.array(bounds if rising else [-bound for bound in bounds], float)
    places, rings, polygons, of_limit = _contours.outlines(
        np.ascontiguousarray(raster, np.float32), limits, steep
    )
    corners, start = _fields.thin(places, rings, THIN)
    lonlat = blocks.lonlat(corners - 1)
    shapes: Any = shapely.from_ragged_array(
        shapely.GeometryType.MULTIPOLYGON, lonlat, (start, polygons, of_limit)
    )
    return list(shapes)
