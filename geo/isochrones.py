"""Isochrones: the area from which, or to which, one drives at most so long.

A place lies inside exactly where :mod:`geo.access` would give it a travel time within the limit: the time on the road at
the nearest point of the nearest road, plus the leg to that road. That field is laid on a raster, and its contours are drawn.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import access, crs
from geo.errors import InputError, NotFoundError
from geo.network import Network

if TYPE_CHECKING:
    import geopandas as gpd

CELLS = 512
"""Cells along the longer side of the raster."""
MOST_LIMITS = 12
LAND_WIDTH_M = 40_000.0
"""Width of the margin around the roads within which a leg may still lead somewhere; the network's snap limit may be less."""


def isochrones(
    network: Network,
    point: gpd.GeoDataFrame,
    limits_s: Sequence[float],
    *,
    profile: str = "car",
    towards: bool = False,
    countries: gpd.GeoDataFrame | None = None,
    cells: int = CELLS,
) -> gpd.GeoDataFrame:
    """Draw the area within each limit.

    Parameters
    ----------
    point
        Layer of one row; see :mod:`geo.access` for the country of a point or gate.
    limits_s
        Travel times in seconds; a place exactly at a limit lies inside.
    towards
        Draw from where one reaches the point, rather than what one reaches from it; they differ where streets are one-way.
    countries
        Polygons with the column ``country``. Legs stay in the country of their road, and off the sea.

    Returns
    -------
    GeoDataFrame
        One row a limit, the largest first, so that smaller ones are drawn on top: ``limit_s``, ``coarse``, and the area as a
        valid MultiPolygon (WGS 84), empty where nothing is reached.

    Raises
    ------
    InputError
        No limit, too many, or one that is not a positive finite number.
    NotFoundError
        No road lies within the network's limit of the point.
    """
    import geopandas as gpd

    limits = sorted({float(limit) for limit in limits_s}, reverse=True)
    if not limits or len(limits) > MOST_LIMITS or not all(np.isfinite(limit) and limit > 0 for limit in limits):
        raise InputError(f"Isochrones need 1 to {MOST_LIMITS} limits, each a positive number of seconds.")
    reach = access.reach(network, point, profile=profile, towards=towards)
    if not np.isfinite(reach.node_s).any():
        raise NotFoundError(f"No road of this network lies within {network.manifest.snap_limit_m / 1000:g} km of the point.")
    lonlat, time_s, country = _samples(network, reach, profile, limits[0], towards, cells)
    leg_s_m = network.manifest.access_detour / (network.manifest.access_speed_kph[profile] / 3.6)
    areas = [_nothing() for _ in limits]
    for code in np.unique(country):
        mine = country == code
        found = _areas(lonlat[mine], time_s[mine], limits, leg_s_m, min(network.manifest.snap_limit_m, LAND_WIDTH_M), cells)
        if countries is not None and code >= 0:
            land = shapely.union_all(countries.geometry[countries["country"] == network.manifest.countries[code]])
            found = [_polygons(shapely.intersection(area, land)) for area in found]
        areas = [_polygons(shapely.union(one, other)) for one, other in zip(areas, found, strict=True)]
    return gpd.GeoDataFrame({"limit_s": limits, "coarse": network.manifest.coarse}, geometry=areas, crs=crs.WGS84)


def _samples(
    network: Network, reach: access.Reach, profile: str, limit_s: float, towards: bool, cells: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int16]]:
    """Sample the roads around what is reached, closely enough for the raster: points, times (inf beyond), countries."""
    tail_s, head_s = reach.node_s[network.tail], reach.node_s[network.head]
    segment_s = network.time_s[profile]
    ahead, back = (network.backward, network.forward) if towards else (network.forward, network.backward)
    near = np.minimum(tail_s, head_s) <= limit_s
    near[reach.segments[reach.segments >= 0]] = True
    corners = network.node_lonlat[np.concatenate([network.tail[near], network.head[near]])]
    west, south = corners.min(axis=0)
    east, north = corners.max(axis=0)
    step_m = max(float(crs.distance_m([west, south], [east, north])) / cells / 2, 5.0)
    # the roads around, reached or not: an area ends where a road begins that is reached later
    margin = 0.05 * max(east - west, north - south) + 0.01
    first = network.shape_lonlat[network.shape_start[:-1]]
    box = (first >= (west - margin, south - margin)).all(axis=1) & (first <= (east + margin, north + margin)).all(axis=1)
    main = network.main(profile)
    ids = np.flatnonzero((near | box) & main[network.tail] & main[network.head] & np.isfinite(segment_s) & (network.gate < 0))
    points, fraction, of = _along(network, ids, step_m)
    segment = ids[of]
    times = np.full(len(points), np.inf)
    np.minimum(times, np.where(ahead[segment], tail_s[segment] + fraction * segment_s[segment], np.inf), out=times)
    np.minimum(times, np.where(back[segment], head_s[segment] + (1 - fraction) * segment_s[segment], np.inf), out=times)
    for start, at, leg_s in zip(reach.segments, reach.fractions, reach.leg_s, strict=True):
        own = np.flatnonzero(segment == start)
        allowed = np.where(fraction[own] >= at, ahead[start], back[start])
        direct = leg_s + np.abs(fraction[own] - at) * segment_s[start]
        times[own] = np.where(allowed, np.minimum(times[own], direct), times[own])
    return points, times, network.country[segment]


def _along(network: Network, ids: NDArray[np.int64], step_m: float) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Put points on segments, at most `step_m` apart: (k, 2) WGS 84, fraction of the segment, which of `ids`."""
    count = np.diff(network.shape_start)[ids]
    of = np.repeat(np.arange(len(ids)), count)
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    shape = network.shape_lonlat[np.repeat(network.shape_start[ids], count) + within]
    pair = np.flatnonzero(of[1:] == of[:-1])
    start, end = shape[pair], shape[pair + 1]
    east = (end[:, 0] - start[:, 0]) * np.cos(np.radians((end[:, 1] + start[:, 1]) / 2))
    size_m = np.hypot(east, end[:, 1] - start[:, 1]) * 111_195.0  # metres a degree on the mean sphere: only shares are used
    total = np.bincount(of[pair], size_m, minlength=len(ids))
    before = np.cumsum(size_m) - size_m
    before -= (
        np.repeat(before[np.searchsorted(of[pair], np.arange(len(ids)))], np.bincount(of[pair], minlength=len(ids))) if len(pair) else 0
    )
    pieces = np.maximum(np.ceil(size_m / step_m).astype(int), 1) + 1
    which = np.repeat(np.arange(len(pair)), pieces)
    share = (np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)) / np.repeat(pieces - 1, pieces)
    points = start[which] + share[:, None] * (end - start)[which]
    owner = of[pair][which]
    with np.errstate(invalid="ignore"):
        fraction = np.where(total[owner] > 0, (before[which] + share * size_m[which]) / total[owner], 0.0)
    return points, np.clip(fraction, 0.0, 1.0), owner


def _areas(
    lonlat: NDArray[np.float64], time_s: NDArray[np.float64], limits: list[float], leg_s_m: float, reach_m: float, cells: int
) -> list[Any]:
    """Draw the areas of one country's roads on a raster of equal metres."""
    from contourpy import FillType, contour_generator
    from scipy.ndimage import distance_transform_edt

    reached = time_s <= limits[0]
    if not reached.any():
        return [_nothing() for _ in limits]
    centre = lonlat[reached].mean(axis=0)
    scale = np.array([np.cos(np.radians(centre[1])), 1.0]) * 111_195.0
    xy = (lonlat - centre) * scale
    leg_m = min(reach_m, limits[0] / leg_s_m)
    low, high = xy[reached].min(axis=0), xy[reached].max(axis=0)
    cell_m = max(float((high - low).max()) / cells, 5.0)
    margin = min(leg_m, 0.25 * float((high - low).max()) + 2_000) + 3 * cell_m
    low, high = low - margin, high + margin
    cell_m = max(float((high - low).max()) / cells, 5.0)
    width, height = (np.ceil((high - low) / cell_m).astype(int) + 1).tolist()
    column, row = np.rint((xy - low) / cell_m).astype(int).T
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    field = np.full(height * width, np.nan)
    flat = row[inside] * width + column[inside]
    order = np.lexsort((time_s[inside], flat))
    firsts = order[np.append(True, np.diff(flat[order]) > 0)]
    field[flat[firsts]] = time_s[inside][firsts]
    field = field.reshape(height, width)
    away, (near_row, near_column) = distance_transform_edt(np.isnan(field), return_indices=True)
    later = limits[0] * 4 + 1e4  # a finite time beyond every limit, so that contours can be interpolated
    road = np.minimum(np.nan_to_num(field[near_row, near_column], nan=later, posinf=later), later)
    field = np.where(away * cell_m <= reach_m, road + away * cell_m * leg_s_m, later)
    x, y = low[0] + np.arange(width) * cell_m, low[1] + np.arange(height) * cell_m
    generator = contour_generator(x, y, field, fill_type=FillType.OuterOffset)
    areas = []
    for limit in limits:
        polygons = []
        for points, offsets in zip(*generator.filled(-1.0, limit), strict=True):
            rings = [points[a:b] / scale + centre for a, b in itertools.pairwise(offsets)]
            polygons.append(shapely.Polygon(rings[0], [ring for ring in rings[1:] if len(ring) > 3]))
        areas.append(_polygons(shapely.union_all(shapely.make_valid(np.array(polygons, dtype=object))) if polygons else _nothing()))
    return areas


def _nothing() -> Any:
    return shapely.MultiPolygon()


def _polygons(shape: Any) -> Any:
    """Keep only the polygons of a shape, as one MultiPolygon."""
    parts = shapely.get_parts(shapely.make_valid(shape))
    flat = [polygon for part in parts for polygon in shapely.get_parts(part) if polygon.geom_type == "Polygon" and polygon.area > 0]
    return shapely.MultiPolygon(flat)
