"""Straight-line nearness: geodesic distances on the WGS 84 ellipsoid, and which polygon a point
lies in.

A straight line is a lower bound for any road. It stands beside the road figures of
:mod:`geo.roads.access`, never instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import crs
from geo.errors import InputError, Message

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from scipy.spatial import cKDTree
    from shapely.geometry.base import BaseGeometry

Points: TypeAlias = NDArray[np.float64]
Near: TypeAlias = tuple[int, NDArray[np.intp], Points]
"""The row of an origin, and the rows and distances of what is near it."""

SPHERE_ERROR = 1.01
"""A sphere differs from the ellipsoid by at most 0.6 % in distance, so candidates are sought 1 %
farther out.
"""
SMALLEST_RADIUS_M = 6_335_000.0
"""The WGS 84 ellipsoid curves nowhere tighter than with this radius, along the meridian at the
equator.
"""

FEW = 8
"""So few polygons are looked at one after the other for a single point, without an index."""


def lonlat(points: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return the coordinates of a point layer, (n, 2) in the order of its rows; NaN for a missing
    point.
    """
    shapes = points.geometry.to_numpy()
    return np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)])


def distance_table(origins: gpd.GeoDataFrame, destinations: gpd.GeoDataFrame) -> pd.DataFrame:
    """Measure every distance between two point layers.

    Returns
    -------
    DataFrame
        ``from_id``, ``to_id``, ``distance_m``; one row a pair, in the order of origins, then of
        destinations.
    """
    import pandas as pd

    distance = crs.distance_m(lonlat(origins)[:, None], lonlat(destinations)[None])
    pairs = pd.MultiIndex.from_product(
        [origins.index, destinations.index], names=["from_id", "to_id"]
    )
    return pd.DataFrame({"distance_m": distance.ravel()}, index=pairs).reset_index()


def nearest(
    origins: gpd.GeoDataFrame, destinations: gpd.GeoDataFrame, *, k: int = 1
) -> pd.DataFrame:
    """Find the `k` nearest destinations of each origin.

    Returns
    -------
    DataFrame
        ``from_id``, ``to_id``, ``rank`` (from 1), ``distance_m``; nearest first, ties in the order
        of destinations. An origin without a position has no rows.
    """
    if k < 1:
        raise InputError(Message("k must be 1 or more."))

    def chords(tree: cKDTree, units: Points) -> Points:
        farthest = np.asarray(tree.query(units, k=[min(k, tree.n)])[0])[:, 0]
        return farthest * SPHERE_ERROR

    pairs = [
        (row, near[:k], distance[:k])
        for row, near, distance in _near(origins, destinations, chords)
    ]
    table = _pairs(origins, destinations, pairs)
    ranks = [np.arange(1, len(near) + 1) for _, near, _ in pairs]
    table.insert(2, "rank", np.concatenate([np.empty(0, int), *ranks]))
    return table


def within(
    origins: gpd.GeoDataFrame, destinations: gpd.GeoDataFrame, distance_m: float
) -> pd.DataFrame:
    """Find every destination at most `distance_m` from each origin.

    Returns
    -------
    DataFrame
        ``from_id``, ``to_id``, ``distance_m``, nearest first.
    """
    if not distance_m >= 0:
        raise InputError(Message("distance_m must be 0 or more."))
    angle = min(
        distance_m * SPHERE_ERROR / 6_371_008.8, np.pi
    )  # mean radius R1 of GRS 80 (Moritz 2000)

    def chords(_tree: cKDTree, units: Points) -> Points:
        return np.full(len(units), 2 * np.sin(angle / 2))

    pairs = [
        (row, near[distance <= distance_m], distance[distance <= distance_m])
        for row, near, distance in _near(origins, destinations, chords)
    ]
    return _pairs(origins, destinations, pairs)


class Locator:
    """Says in which polygon a point lies; made once for many questions.

    Parameters
    ----------
    polygons, column
        A layer of polygons, and the column to answer with.
    """

    def __init__(self, polygons: gpd.GeoDataFrame, column: str) -> None:
        self.shapes = np.array(polygons.geometry.array, object)
        self.values = polygons[column].to_numpy(object)
        shapely.prepare(self.shapes)
        self.tree = shapely.STRtree(self.shapes)
        self.plane = shapely.transform(self.shapes, crs.mercator)

    @cached_property
    def coasts(self) -> list[tuple[shapely.STRtree, NDArray[np.object_]]]:
        """The outline of each polygon in the plane, piece by piece, which is searched faster."""
        pieces = [_pieces(shape) for shape in self.plane]
        return [(shapely.STRtree(lines), lines) for lines in pieces]

    def find(
        self, points: NDArray[np.float64], *, within_m: float | NDArray[np.float64]
    ) -> NDArray[np.object_]:
        """Find the polygon of each point.

        Parameters
        ----------
        points
            (n, 2) WGS 84.
        within_m
            A point outside all polygons gets the nearest one within this distance, or that of its
            row: coasts are drawn coarsely, and quays and reclaimed land lie outside them.

        Returns
        -------
        array
            (n,) values of the column, None where no polygon is near enough.
        """
        points = np.asarray(points, float)
        limit_m = np.broadcast_to(within_m, len(points))
        values = np.full(len(points), None, object)
        known = np.flatnonzero(np.isfinite(points).all(axis=1))
        if len(known) == 1 and len(self.shapes) <= FEW:
            inside = np.flatnonzero(shapely.intersects_xy(self.shapes, *points[known[0]]))
            values[known] = self.values[inside[0]] if len(inside) else None
        else:
            at, polygon = self.tree.query(shapely.points(points[known]))
            x, y = points[known[at]].T
            inside = shapely.intersects_xy(self.shapes[polygon], x, y)
            values[known[at[inside]]] = self.values[polygon[inside]]
        outside = known[[values[row] is None for row in known]]
        if len(outside):
            values[outside] = self._nearest(points[outside], limit_m[outside])
        return values

    def _nearest(self, points: Points, limit_m: Points) -> NDArray[np.object_]:
        """Find the polygon that is nearest to each point outside them, None beyond a limit."""
        angle = limit_m / SMALLEST_RADIUS_M
        farther = np.radians(np.abs(points[:, 1])) + angle
        reach = angle / np.maximum(np.cos(farther), 0.01)
        flat = crs.mercator(points)
        values, least_m = np.full(len(points), None, object), np.full(len(points), np.inf)
        for value, bounds, (coast, lines) in zip(
            self.values, shapely.bounds(self.plane), self.coasts, strict=True
        ):
            far = (flat < bounds[:2] - reach[:, None]) | (flat > bounds[2:] + reach[:, None])
            rows = np.flatnonzero(~far.any(axis=1))
            if not len(rows) or not len(lines):
                continue
            origins = np.asarray(shapely.points(flat[rows]), object)
            at, line = coast.query_nearest(
                origins, max_distance=max(reach[rows].max(), 1e-12), all_matches=False
            )
            rows = rows[at]
            ways = shapely.get_coordinates(shapely.shortest_line(origins[at], lines[line]))
            feet = crs.from_mercator(ways.reshape(-1, 2, 2)[:, 1])
            apart_m = crs.distance_m(points[rows], feet).reshape(-1)
            nearer = (apart_m < least_m[rows]) & (apart_m <= limit_m[rows])
            least_m[rows[nearer]], values[rows[nearer]] = apart_m[nearer], value
        return values


def _pieces(shape: BaseGeometry) -> NDArray[np.object_]:
    """Return the pieces of the lines around a shape, each between two of its corners."""
    rings = shapely.get_rings(shapely.get_parts(shape))
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    joined = np.flatnonzero(ring[1:] == ring[:-1])
    lines = shapely.linestrings(np.stack([corners[joined], corners[joined + 1]], axis=1))
    return np.asarray(lines, object).reshape(-1)


def _unit(points: Points) -> Points:
    lon, lat = np.radians(points).T
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def _near(
    origins: gpd.GeoDataFrame,
    destinations: gpd.GeoDataFrame,
    chords: Callable[[cKDTree, Points], Points],
) -> Iterator[Near]:
    """Find the destinations within a chord of the unit sphere of each origin, and more, the nearest
    first.
    """
    from scipy.spatial import cKDTree

    from_, to = lonlat(origins), lonlat(destinations)
    rows = np.flatnonzero(np.isfinite(from_).all(axis=1))
    columns = np.flatnonzero(np.isfinite(to).all(axis=1))
    if not (len(rows) and len(columns)):
        return
    tree, units = cKDTree(_unit(to[columns])), _unit(from_[rows])
    balls = tree.query_ball_point(units, chords(tree, units) + 1e-12)
    for row, candidates in zip(rows, balls, strict=True):
        near = columns[np.sort(np.array(candidates, int))]
        distance = crs.distance_m(from_[row], to[near])
        order = np.argsort(distance, kind="stable")
        yield int(row), near[order], distance[order]


def _pairs(
    origins: gpd.GeoDataFrame, destinations: gpd.GeoDataFrame, pairs: Sequence[Near]
) -> pd.DataFrame:
    import pandas as pd

    rows = np.repeat([row for row, _, _ in pairs], [len(near) for _, near, _ in pairs]).astype(int)
    nears = np.concatenate([np.empty(0, int), *(near for _, near, _ in pairs)])
    return pd.DataFrame(
        {
            "from_id": origins.index.to_numpy()[rows],
            "to_id": destinations.index.to_numpy()[nears],
            "distance_m": np.concatenate([np.empty(0), *(distance for _, _, distance in pairs)]),
        }
    )
