"""The countries through which roads lead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import crs
from geo.errors import InputError, Message

if TYPE_CHECKING:
    import geopandas as gpd

NEAR_COUNTRY_M = 5_000
"""A point outside every country, on a pier or an islet that the outline lacks, belongs to the
nearest one within this.
"""


@dataclass(frozen=True, eq=False)
class Countries:
    """The codes of some countries in order, and their outlines.

    A country is a number, the place of its code.
    """

    codes: tuple[str, ...]
    outlines: gpd.GeoDataFrame

    @classmethod
    def of(
        cls, countries: gpd.GeoDataFrame, gates: gpd.GeoDataFrame, stated: Iterable[str] = ()
    ) -> Countries:
        """Return the countries of outlines and of gates, as :func:`geo.roads.borders.close` takes
        them, and those that roads state.
        """
        outlines = countries.dropna(subset="country")
        known = {*outlines["country"], *filter(None, stated)}
        roads = gates[gates["mode"] == "road"]
        if lacking := sorted({*roads["country"], *roads["opposite_country"]} - known):
            raise InputError(
                Message(
                    "The border cannot be closed, because a gate leads to %(countries)s, of"
                    " which there is no outline.",
                    {"countries": " and ".join(lacking)},
                )
            )
        codes = tuple(sorted({*known, *gates["country"], *gates["opposite_country"]}))
        return cls(codes, outlines)

    def near(self, lonlat: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the country of each point, -1 where none is near."""
        place = self.inside(lonlat)
        outside = np.flatnonzero(place < 0)
        if len(outside) and len(self.outlines):
            points = shapely.points(crs.mercator(lonlat[outside]))
            flat = shapely.transform(self.outlines.geometry.to_numpy(), crs.mercator)
            shape = np.asarray(shapely.STRtree(flat).nearest(points))
            near = distance_m(points, flat[shape]) <= NEAR_COUNTRY_M
            codes = self.outlines["country"].to_numpy(str)[shape[near]]
            place[outside[near]] = [self.codes.index(code) for code in codes]
        return place

    def inside(self, lonlat: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the country in whose outline each point lies, -1 for none."""
        place = np.full(len(lonlat), -1, np.int64)
        for code, shape in zip(self.outlines["country"], self.outlines.geometry, strict=True):
            shapely.prepare(shape)  # a hundred times faster for the many points of a network
            rest = np.flatnonzero(place < 0)
            inside = shapely.intersects_xy(shape, *lonlat[rest].T)
            place[rest[inside]] = self.codes.index(code)
        return place


def distance_m(points: Any, shapes: Any) -> NDArray[np.float64]:
    """Measure from points to the nearest points of shapes, pair by pair; both in the sphere's
    Mercator.
    """
    ends = shapely.get_coordinates(shapely.shortest_line(points, shapes)).reshape(-1, 2, 2)
    return crs.distance_m(crs.from_mercator(ends[:, 0]), crs.from_mercator(ends[:, 1]))
