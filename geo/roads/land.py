"""Areas cut to the land of a country, and joined across borders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Geometry

if TYPE_CHECKING:
    import geopandas as gpd

NOWHERE = np.empty(0, object)
"""The polygons of a country that is not drawn."""
GROWN = (0.0, 0.01, 0.03, 0.1)
"""By so much of itself the box is widened in which a country is cut out, until that succeeds."""


def cut(areas: list[Geometry], country: NDArray[np.object_]) -> list[Geometry]:
    """Cut areas, the largest first, to a country: only what of its outline lies around each is
    looked at, and nothing where that is all land.
    """
    parts = []
    for area in areas:
        if not shapely.is_empty(area):
            country = around(country, shapely.bounds(area))
            area = _cut(area, country)
        parts.append(area)
    return parts


def by_country(countries: gpd.GeoDataFrame) -> dict[str, NDArray[np.object_]]:
    """Return the polygons of each country."""
    shapes: dict[str, list[Geometry]] = {}
    for code, shape in zip(countries["country"], countries.geometry.array, strict=True):
        shapes.setdefault(code, []).append(shape)
    return {code: np.array(own, object) for code, own in shapes.items()}


def around(country: NDArray[np.object_], box: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return what of a country lies in a box and some way around, as valid shapes."""
    west, south, east, north = box
    for grown in GROWN:  # where the box only touches the outline, what GEOS cuts out is not valid
        wide, high = grown * (east - west), grown * (north - south)
        near = shapely.clip_by_rect(country, west - wide, south - high, east + wide, north + high)
        near = near[~shapely.is_empty(near)]
        if shapely.is_valid(near).all():
            return near
    return np.asarray(shapely.make_valid(near), object)  # takes longer than all the rest


def _cut(area: Geometry, country: NDArray[np.object_]) -> Geometry:
    outline: Geometry = (
        country[0] if len(country) == 1 else shapely.union_all(country)
    )  # uniting even one shape takes longer than all the rest
    shapely.prepare(outline)
    if shapely.covers(outline, area):
        return area
    return _polygons(shapely.intersection(area, outline))


def joined(one: Geometry, other: Geometry) -> Geometry:
    """Join the areas of two countries."""
    if shapely.is_empty(one) or shapely.is_empty(other):
        return one if shapely.is_empty(other) else other
    return _polygons(shapely.union(one, other))


def _polygons(shape: Geometry) -> Geometry:
    """Return what valid shapes share, or cover, as one MultiPolygon; lines and points, where areas
    only touch, are left out.
    """
    if isinstance(shape, shapely.MultiPolygon):
        return shape
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.MultiPolygon(
        [part for part in parts if isinstance(part, shapely.Polygon) and part.area > 0]
    )
