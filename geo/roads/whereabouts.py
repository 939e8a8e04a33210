"""Where ways lie: their country and terrain, as the table of speeds names them.

Ways are given by their points in order: (k, 2) positions, WGS 84, NaN where unknown, and the (k,)
number of the way of each, which does not fall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import crs
from geo.roads.countries import Countries

if TYPE_CHECKING:
    import geopandas as gpd

MAIN = frozenset({"trunk", "primary", "secondary", "tertiary"})
"""Classes by which terrain is judged: roads that follow the ground."""
TO_A_DEGREE = 10
"""Cells are tenths of a degree; a cell is judged with the eight around it."""
WINDING = 150.0
"""Roads that turn by more degrees to a kilometre lie in the mountains. **Source:** the rule by
which ``roads.csv`` was made."""
EARTH_M = 6_371_000.0
TOLERANCE_M = 10.0
"""Lines are judged without points that move them by less: every hand draws bends differently."""


class Named(TypedDict):
    """The country and terrain of each way, as :class:`geo.roads.osm_simplify.Roads` takes them."""

    country: list[str] | None
    terrain: list[str] | None


def named(
    lonlat: NDArray[np.float64],
    way: NDArray[np.int64],
    road_class: Sequence[str],
    outlines: gpd.GeoDataFrame | None,
) -> Named:
    """Return country and terrain of each way; neither is known without outlines of countries."""
    if outlines is None:
        return {"country": None, "terrain": None}
    return {
        "country": countries(lonlat, way, len(road_class), outlines),
        "terrain": terrains(lonlat, way, road_class),
    }


def countries(
    lonlat: NDArray[np.float64], way: NDArray[np.int64], ways: int, outlines: gpd.GeoDataFrame
) -> list[str]:
    """Return the country of the middle of each way, empty where none is near.

    Parameters
    ----------
    ways
        How many ways there are.
    outlines
        Polygons with the column country, WGS 84.
    """
    middle = _middles(lonlat, way, ways)
    placed = np.flatnonzero(np.isfinite(middle[:, 0]))
    codes = tuple(sorted(set(outlines["country"])))
    place = np.full(ways, -1)
    place[placed] = Countries(codes, outlines).near(middle[placed])
    return [codes[code] if code >= 0 else "" for code in place.tolist()]


def terrains(
    lonlat: NDArray[np.float64], way: NDArray[np.int64], road_class: Sequence[str]
) -> list[str]:
    """Return for each way whether the main roads around it wind as in mountains; empty where there
    are none.
    """
    xy, line = _main_roads(lonlat, way, road_class)
    leg = np.diff(xy, axis=0)
    same = line[1:] == line[:-1]
    legs_km = np.hypot(*leg.T) * _true_size(xy[:-1, 1]) / 1000
    heading = np.degrees(np.arctan2(leg[:, 1], leg[:, 0]))
    turn = np.abs((np.diff(heading) + 180) % 360 - 180)
    bends = np.flatnonzero(same[1:] & same[:-1])
    cells = _Cells.over(lonlat)
    turned = cells.sums(xy[1:-1][bends], turn[bends])
    length = cells.sums((xy[:-1] + xy[1:])[same] / 2, legs_km[same])
    at = cells.of(_middles(lonlat, way, len(road_class)))
    words = np.array(["plain", "mountain", ""], object)
    kind = np.where(length > 0, (turned > WINDING * length).astype(int), 2)
    known = at >= 0
    return words[np.where(known, kind[np.maximum(at, 0)], 2)].tolist()


def _middles(lonlat: NDArray[np.float64], way: NDArray[np.int64], ways: int) -> NDArray[np.float64]:
    """Return the middle point of each way, NaN where it has none with a position."""
    placed = np.flatnonzero(np.isfinite(lonlat[:, 0]))
    number, first, size = np.unique(way[placed], return_index=True, return_counts=True)
    middle = np.full((ways, 2), np.nan)
    middle[number] = lonlat[placed[first + size // 2]]
    return middle


def _main_roads(
    lonlat: NDArray[np.float64], way: NDArray[np.int64], road_class: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the points of the main roads in the sphere's Mercator, which keeps angles, without
    small bends, and the line of each.
    """
    main = np.array([name in MAIN for name in road_class], bool)
    at = np.flatnonzero(np.isfinite(lonlat[:, 0]) & main[way])
    at = at[np.bincount(way[at], minlength=len(main))[way[at]] > 1]
    if not len(at):
        return np.empty((0, 2)), np.empty(0, np.int64)
    first, line = np.unique(way[at], return_index=True, return_inverse=True)[1:]
    flat = crs.mercator(lonlat[at])
    lines = shapely.linestrings(flat, indices=line)
    thin = shapely.simplify(lines, TOLERANCE_M / _true_size(flat[first, 1]))
    return shapely.get_coordinates(thin, return_index=True)


def _true_size(y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how many metres a radian of the sphere's Mercator has there."""
    size: NDArray[np.float64] = EARTH_M / np.cosh(y)
    return size


class _Cells:
    """The cells between the westernmost and the easternmost point, and a rim around them."""

    def __init__(self, west: int, south: int, wide: int, high: int) -> None:
        self.corner, self.shape = np.array([west, south]), (wide, high)

    @classmethod
    def over(cls, lonlat: NDArray[np.float64]) -> _Cells:
        cell = np.floor(lonlat[np.isfinite(lonlat[:, 0])] * TO_A_DEGREE).astype(int)
        if not len(cell):
            return cls(0, 0, 1, 1)
        low, high = cell.min(axis=0) - 1, cell.max(axis=0) + 1
        return cls(*low.tolist(), *(high - low + 1).tolist())

    def of(self, lonlat: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the number of the cell of each point, -1 for those without a position."""
        known = np.isfinite(lonlat[:, 0])
        place = np.floor(np.where(known[:, None], lonlat, 0) * TO_A_DEGREE).astype(int)
        x, y = (place - self.corner).T
        return np.where(known, x * self.shape[1] + y, -1)

    def sums(self, xy: NDArray[np.float64], amount: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of the amounts at some points in each cell and the eight around it."""
        at = self.of(crs.from_mercator(xy))
        grid = np.bincount(at, amount, minlength=self.shape[0] * self.shape[1]).reshape(self.shape)
        rim = np.pad(grid, 1)
        wide, high = self.shape
        around: NDArray[np.float64] = np.sum(
            [rim[i : i + wide, j : j + high] for i in range(3) for j in range(3)], axis=0
        )
        return around.ravel()
