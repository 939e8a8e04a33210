"""Which features of a layer a query asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.schema import Layer
from webapp.ogc.parameters import Box


def matches(
    frame: gpd.GeoDataFrame, layer: Layer, filters: Iterable[str], query: Mapping[str, Any]
) -> NDArray[np.bool_]:
    """Return which rows meet the box and equal every given value; unknown equals nothing, no
    position meets no box."""
    meets = np.ones(len(frame), bool)
    for name in filters:
        if name in query:
            meets &= (frame[name] == query[name]).to_numpy(dtype=bool, na_value=False)
    if "bbox" in query:
        area = _area(query["bbox"])
        shapely.prepare(area)
        meets &= shapely.intersects(area, frame.geometry.to_numpy()) if layer.geometry else False
    return meets


def _area(box: Box) -> shapely.Geometry:
    """Build the shape of a box; a box without width or height is a line or a point, and still meets
    what lies on it.
    """
    west, south, east, north = box
    if west > east:
        return shapely.union_all(
            [
                _area((west, south, 180.0, north)) if west <= 180 else None,
                _area((-180.0, south, east, north)) if east >= -180 else None,
            ]
        )
    if west == east and south == north:
        return shapely.Point(west, south)
    if west == east or south == north:
        return shapely.LineString([(west, south), (east, north)])
    return shapely.box(west, south, east, north)
