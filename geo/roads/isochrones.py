"""Isochrones: the area from which, or to which, one drives at most so long.

A place lies inside exactly where :mod:`geo.roads.access` would give it a travel time within the
limit: the time on the road at the nearest point of the nearest road, plus the leg to that road.
That field is laid on a raster, and its contours are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil, cos, radians
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import crs
from geo.errors import InputError, Message, NotFoundError
from geo.roads import access, land
from geo.roads.network import Manifest, Network
from geo.roads.painted_roads import PaintedRoads, put_in_order
from geo.roads.snapping import plain

if TYPE_CHECKING:
    import geopandas as gpd

    from geo.roads.compiled import Ints

CELLS = 416
"""Cells along the longer side of the raster."""
LEAST_CELL_M = 5.0
MARGIN = 6
"""Cells around what the area may cover."""
LAYINGS = 4
"""How often the raster may be laid anew where the area turns out to need another box; the first or
the second nearly always fits.
"""
STEEP = 1.0
"""Times farther from a limit than a leg of so many cells count as just so far, for where a contour
runs between two cells.
"""
THIN = 0.05
"""So many cells a contour is drawn beside where it runs, at most, for half as many corners."""
DEGREE_M = 111_195.0
"""A degree on the mean sphere."""
MOST_LIMITS = 12
LAND_WIDTH_M = 40_000.0
"""Width of the margin around the roads within which a leg may still lead somewhere; the network's
snap limit may be less.
"""


def isochrones(
    network: Network,
    point: access.Points,
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
        Layer of one row; see :mod:`geo.roads.access` for the country of a point or gate.
    limits_s
        Travel times in seconds; a place exactly at a limit lies inside.
    towards
        Draw from where one reaches the point, rather than what one reaches from it; they differ
        where streets are one-way.
    countries
        Polygons with the column ``country``. Legs stay in the country of their road, and off the
        sea.

    Returns
    -------
    GeoDataFrame
        One row a limit, the largest first, so that smaller ones are drawn on top: ``limit_s``
        and the area as a valid MultiPolygon (WGS 84), empty where nothing is reached.

    Raises
    ------
    InputError
        No limit, too many, or one that is not a positive finite number.
    NotFoundError
        No road lies within the network's limit of the point.
    """
    import geopandas as gpd

    limits = descending(limits_s)
    shapes = areas(
        network,
        point,
        limits,
        profile=profile,
        towards=towards,
        countries=countries,
        cells=cells,
    )
    return gpd.GeoDataFrame({"limit_s": limits}, geometry=shapes, crs=crs.WGS84)


def descending(limits_s: Sequence[float]) -> list[float]:
    """Return each limit once, the largest first; `InputError` as :func:`isochrones` says."""
    limits = sorted({float(limit) for limit in limits_s}, reverse=True)
    if (
        not limits
        or len(limits) > MOST_LIMITS
        or not all(np.isfinite(limit) and limit > 0 for limit in limits)
    ):
        raise InputError(
            Message(
                "Isochrones need 1 to %(most)s limits, each a positive number of seconds.",
                {"most": MOST_LIMITS},
            )
        )
    return limits


def areas(
    network: Network,
    point: access.Points,
    limits_s: list[float],
    *,
    profile: str = "car",
    towards: bool = False,
    countries: gpd.GeoDataFrame | None = None,
    cells: int = CELLS,
) -> list[Any]:
    """Return the areas of :func:`isochrones` within limits that are `descending`, which are there
    sooner than a frame of them.
    """
    reach = access.reach(network, point, profile=profile, towards=towards)
    if not np.isfinite(reach.node_s).any():
        raise NotFoundError(
            Message(
                "No road of this network that one can turn off lies within %(km)s km of the point.",
                {"km": f"{network.manifest.snap_limit_m / 1000:g}"},
            )
        )
    joined = [_nothing() for _ in limits_s]
    outlines = {} if countries is None else land.by_country(countries)
    for code, roads in put_in_order(network, profile).items():
        drawn = _areas(network, roads, reach, profile, limits_s, towards, cells)
        if countries is not None and code >= 0:
            drawn = land.cut(drawn, outlines.get(network.manifest.countries[code], land.NOWHERE))
        joined = [land.joined(*pair) for pair in zip(joined, drawn, strict=True)]
    return joined


# From times to areas ------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Frame:
    """Where a raster lies: degrees of the middle of its first cell, size of a cell, and the
    latitude at which cells are square.
    """

    west: float
    south: float
    cell_m: float
    latitude: float
    width: int
    height: int

    @classmethod
    def around(cls, low: NDArray[np.float64], high: NDArray[np.float64], cells: int) -> _Frame:
        """Lay a raster from its south-western to its north-eastern corner, in degrees."""
        latitude = float(np.clip((low[1] + high[1]) / 2, -89.0, 89.0))
        wide_m, high_m = (high - low) * DEGREE_M * (cos(radians(latitude)), 1.0)
        cell_m = max(float(max(wide_m, high_m)) / cells, LEAST_CELL_M)
        margin = MARGIN * cell_m / DEGREE_M
        west, south = low[0] - margin / cos(radians(latitude)), low[1] - margin
        width, height = (ceil(size / cell_m) + 1 + 2 * MARGIN for size in (wide_m, high_m))
        return cls(float(west), float(south), cell_m, latitude, width, height)

    @property
    def per_degree(self) -> NDArray[np.float64]:
        """Cells a degree of longitude, and of latitude."""
        return np.array([cos(radians(self.latitude)), 1.0]) * (DEGREE_M / self.cell_m)

    @property
    def units(self) -> tuple[float, float, float, float, float]:
        """The frame as compiled code takes it."""
        from geo.roads._raster import UNIT

        per_x, per_y = (self.per_degree * UNIT).tolist()
        return self.west / UNIT, self.south / UNIT, per_x, per_y, self.latitude

    def lonlat(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn places on the raster, column before row, into WGS 84."""
        return places / self.per_degree + (self.west, self.south)

    def suits(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> bool:
        """Return whether the raster covers what lies between two corners and a cell around, and not
        much besides.
        """
        size = np.array([self.width - 1, self.height - 1])
        left, right = (
            (corner - (self.west, self.south)) * self.per_degree for corner in (low, high)
        )
        tight = (right - left).max() > 0.75 * size.max() - 2 * MARGIN or self.cell_m <= LEAST_CELL_M
        return bool((left >= 1).all() and (right <= size - 1).all() and tight)


def _areas(
    network: Network,
    roads: PaintedRoads,
    reach: access.Reach,
    profile: str,
    limits_s: list[float],
    towards: bool,
    cells: int,
) -> list[Any]:
    """Draw the areas of one country's roads on a raster of equal metres."""
    from geo.roads import _fields, _raster

    leg_s_m = network.manifest.access_detour / (network.manifest.access_speed_kph[profile] / 3.6)
    reach_m = min(network.manifest.snap_limit_m, LAND_WIDTH_M)
    node_s = plain(np.concatenate([reach.node_s, reach.end_s]), "f8")
    tail, head, way, segment_s, shape_start, place, along = roads.segments
    driven = _turned(way) if towards else way
    segments = (tail, head, driven, segment_s, shape_start, place, along)
    here, own = np.nonzero(reach.segments[:, None] == roads.ids)
    starts = plain(own, "i8"), plain(reach.fractions[here]), plain(reach.leg_s[here])
    unit_m = DEGREE_M * _raster.UNIT
    box = _raster.reached_box(
        roads.nodes[0],
        roads.nodes[1],
        node_s,
        limits_s[0],
        (1 / (leg_s_m * unit_m), reach_m / unit_m),
    )
    lines = [place[shape_start[k] : shape_start[k + 1]] for k in own]
    low, high = (
        np.vstack([[box[:2]], *lines]).min(axis=0),
        np.vstack([[box[2:]], *lines]).max(axis=0),
    )
    of_nodes = np.array(box).reshape(2, 2)
    for laying in range(LAYINGS):
        if not (low <= high).all():
            return [_nothing() for _ in limits_s]
        frame = _Frame.around(low * _raster.UNIT, high * _raster.UNIT, cells)
        cell_s, reach_cells = leg_s_m * frame.cell_m, reach_m / frame.cell_m
        paint = partial(
            _raster.paint,
            frame.units,
            frame.height,
            frame.width,
            roads.nodes,
            segments,
            roads.blocks,
            node_s,
            starts,
            limits_s[0],
            (1 / cell_s, reach_cells),
        )
        on_roads = frame.lonlat(paint(False)[2].reshape(2, 2)) / _raster.UNIT
        low, high = np.minimum(of_nodes[0], on_roads[0]), np.maximum(of_nodes[1], on_roads[1])
        if frame.suits(low * _raster.UNIT, high * _raster.UNIT) or laying == LAYINGS - 1:
            break
    time_s, away, _ = paint(True)
    later_s = limits_s[0] * 4 + 1e4  # a finite time beyond every limit
    distance, index = _fields.nearest(np.isfinite(away))
    field = _fields.surface(time_s, distance, index, cell_s, reach_cells, later_s)
    return list(_drawn(frame, field, limits_s, STEEP * cell_s))


def _turned(way: Ints) -> Ints:
    """Swap forward and backward."""
    return plain(np.array([0, 2, 1, 3], np.int8)[np.asarray(way)])


def _drawn(frame: _Frame, field: NDArray[np.float32], limits_s: list[float], steep_s: float) -> Any:
    """Draw what of a raster lies within each limit, as valid MultiPolygons; its rim is left out."""
    from geo.roads import _contours, _fields

    field[[0, -1]] = field[:, [0, -1]] = np.inf
    places, rings, polygons, of_limit = _contours.outlines(field, np.array(limits_s), steep_s)
    corners, start = _fields.thin(places, rings, THIN)
    return shapely.from_ragged_array(
        shapely.GeometryType.MULTIPOLYGON, frame.lonlat(corners), (start, polygons, of_limit)
    )


def _nothing() -> Any:
    return shapely.MultiPolygon()


def warm_up() -> None:
    """Compile everything, or load what was compiled before: some seconds once, so that the first
    area need not wait.
    """
    import geopandas as gpd

    manifest = Manifest(
        title="",
        source="",
        licence="",
        as_of=None,
        access_speed_kph={"car": 30.0},
        access_detour=1.0,
        snap_limit_m=1000.0,
        road_classes=(),
        names=(),
        gates=(),
        countries=(),
    )
    lonlat = np.array([[0.0, 0.0], [0.01, 0.0]])
    tiny = Network(
        manifest=manifest,
        node_lonlat=lonlat,
        tail=np.array([0], np.int32),
        head=np.array([1], np.int32),
        forward=np.ones(1, bool),
        backward=np.ones(1, bool),
        length_m=np.array([1113.0]),
        road_class=np.array([-1], np.int16),
        name=np.array([-1], np.int32),
        gate=np.array([-1], np.int32),
        country=np.array([-1], np.int16),
        accessible=np.ones(1, bool),
        assumed=np.zeros(1, bool),
        shape_start=np.array([0, 2]),
        shape_lonlat=lonlat,
        time_s={"car": np.array([60.0])},
    )
    isochrones(
        tiny, gpd.GeoDataFrame(geometry=gpd.points_from_xy([0.0], [0.0]), crs=crs.WGS84), [30.0]
    )
