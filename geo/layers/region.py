"""Where the places of a region may lie: inside its box, in the country and near the province that
their row names.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geo import crs, proximity
from geo.errors import Message, behind
from geo.layers.neighbours import Neighbours
from geo.layers.validation import Row, number, place

if TYPE_CHECKING:
    import geopandas as gpd

COAST_TOLERANCE_M = 2_000.0
"""How far outside the drawn outline a point still belongs to a country: quays and reclaimed land
lie up to 1.6 km outside it.
"""
SEA_TOLERANCE_M = 10_000.0
"""How far out at sea, where no other country is, a place may lie: a planned port lies 5.1 km off
the coast.
"""
BOX_MARGIN_DEG = 0.5
"""How far outside the box of its region a place may lie."""
MOST_TRIED = 100
"""So many rows tell in which other system a file may be written."""
PROVINCE_M = 40_000.0
"""A place this near to another of its province is not questioned. Farther ones are where another
province is twice as near, or where it is twice as far as the loneliest place that is known in its
province."""
MOVED_M = 5_000.0
"""A place that is known lies no farther than this, and the accuracy of both positions, from where
it is known to lie.
"""
ALIKE_M = 2_000.0
"""Systems that differ by less cannot be told apart: UTM and the three-degree zone of one meridian,
or two datums.
"""
MOST_NAMED = 3


@dataclass(frozen=True, eq=False)
class Region:
    """What a data package knows of where things lie.

    Attributes
    ----------
    box
        West, south, east, north in degrees; None where the package names none.
    countries
        Outlines with the column ``country``; None where the package draws none.
    places
        Points by id with the columns ``province_en`` and ``position_accuracy_m``.
    """

    box: tuple[float, float, float, float] | None
    countries: gpd.GeoDataFrame | None
    places: gpd.GeoDataFrame

    def row_faults(
        self, rows: list[Row], lonlat: NDArray[np.float64], written: NDArray[np.float64], epsg: int
    ) -> list[str]:
        """List the rows whose position does not fit what they say; first, if there is one, the
        system in which more of them would.

        Parameters
        ----------
        rows
            Cells as text; ``country``, ``opposite_country``, ``province_en``,
            ``position_accuracy_m`` and ``id`` count.
        lonlat
            (n, 2) WGS 84, NaN where unknown.
        written, epsg
            (n, 2) the same as it was written, east before north, and the system that was stated for
            it.
        """
        doubts, _ = self.doubts(rows, lonlat)
        inside = np.array(
            (abs(lonlat) <= (180, 90)).all(axis=1), bool
        )  # a number out of range is a fault of its cell
        if not any(doubts) and not (np.isfinite(lonlat).all(axis=1) & ~inside).any():
            return []
        first = slice(MOST_TRIED)
        fit = sum(
            not doubt for doubt, known in zip(doubts[first], inside[first], strict=True) if known
        )
        hint = self._system(rows[first], written[first], epsg, fit)
        return [
            *hint,
            *(
                behind(place(row), Message("position: %(fault)s", {"fault": doubt}))
                for row, doubt in zip(rows, doubts, strict=True)
                if doubt
            ),
        ]

    def outside(self, lonlat: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Find the points outside the box and its margin."""
        if self.box is None:
            return np.zeros(len(lonlat), np.bool_)
        low, high = np.array(self.box[:2]) - BOX_MARGIN_DEG, np.array(self.box[2:]) + BOX_MARGIN_DEG
        return np.array(((lonlat < low) | (lonlat > high)).any(axis=1), np.bool_)

    def doubts(
        self, rows: list[Row], lonlat: NDArray[np.float64]
    ) -> tuple[list[str], NDArray[np.float64]]:
        """Find what is wrong with each position, empty where nothing is; and how far it is from
        where it is known, or its province.
        """
        known = np.array(
            np.isfinite(lonlat).all(axis=1) & (abs(lonlat) <= (180, 90)).all(axis=1), bool
        )
        points = np.where(known[:, None], lonlat, np.nan)
        doubts, accuracy_m = [""] * len(rows), _accuracy_m(rows)
        own = self._own(rows)
        own_m, province_doubts = self._provinces(rows, points, own, accuracy_m)
        country_doubts = self._countries(rows, points, accuracy_m)
        moved_m, moved = self._moved(points, own, accuracy_m)
        for at in np.flatnonzero(known & self.outside(points)).tolist():
            box = ", ".join(f"{edge:g}" for edge in self.box or ())
            doubts[at] = Message(
                "%(point)s lies outside the region %(box)s",
                {"point": _written(points[at]), "box": box},
            )
        for less in (country_doubts, moved, province_doubts):
            for at, doubt in less.items():
                doubts[at] = doubts[at] or doubt
        return doubts, np.where(np.isfinite(moved_m), moved_m, own_m)

    def _countries(
        self, rows: list[Row], points: NDArray[np.float64], accuracy_m: NDArray[np.float64]
    ) -> dict[int, str]:
        doubts: dict[int, str] = {}
        if self.countries is None:
            return doubts
        west, south, east, north = self.countries.total_bounds
        drawn = np.array(((points >= (west, south)) & (points <= (east, north))).all(axis=1), bool)
        for column in ("country", "opposite_country"):
            stated = np.array([row.get(column) or "" for row in rows], object)
            for country, outline in self._outlines.items():
                mine = np.flatnonzero(drawn & (stated == country))
                if not len(mine):
                    continue
                abroad = self._anywhere.find(points[mine], within_m=0)
                limit_m = (
                    np.where([land is None for land in abroad], SEA_TOLERANCE_M, COAST_TOLERANCE_M)
                    + accuracy_m[mine]
                )
                there = outline.find(points[mine], within_m=limit_m)
                for at in np.flatnonzero([home is None for home in there]).tolist():
                    doubts[int(mine[at])] = Message(
                        "%(point)s lies in %(place)s, not within %(limit)s km of %(country)s",
                        {
                            "point": _written(points[mine[at]]),
                            "place": abroad[at] or Message("the sea or beyond the map"),
                            "limit": f"{limit_m[at] / 1000:.1f}",
                            "country": country,
                        },
                    )
        return doubts

    @cached_property
    def _outlines(self) -> dict[str, proximity.Locator]:
        assert self.countries is not None
        drawn = self.countries["country"]
        return {
            country: proximity.Locator(self.countries[drawn == country], "country")
            for country in sorted(set(drawn))
        }

    @cached_property
    def _anywhere(self) -> proximity.Locator:
        assert self.countries is not None
        return proximity.Locator(self.countries, "country")

    def _own(self, rows: list[Row]) -> NDArray[np.intp]:
        """Find the place that each row is by its id: its number, -1 where it is not known."""
        import pandas as pd

        return np.asarray(
            self.places.index.get_indexer(pd.Index([row.get("id") or "" for row in rows])), np.intp
        )

    @cached_property
    def _lonlat(self) -> NDArray[np.float64]:
        return proximity.lonlat(self.places)

    def _moved(
        self,
        points: NDArray[np.float64],
        own: NDArray[np.intp],
        accuracy_m: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], dict[int, str]]:
        """Measure how far each place that is known by its id lies from where it is known, NaN for
        others.
        """
        mine = np.flatnonzero(own >= 0)
        moved_m, limit_m = np.full(len(points), np.nan), MOVED_M + accuracy_m
        if len(mine):
            moved_m[mine] = crs.distance_m(points[mine], self._lonlat[own[mine]])
            limit_m[mine] += self.places["position_accuracy_m"].to_numpy(float)[own[mine]]
        with np.errstate(invalid="ignore"):
            far = np.flatnonzero(moved_m > limit_m).tolist()
        return moved_m, {
            at: Message(
                "%(point)s lies %(km)s km from where this place is known to be",
                {"point": _written(points[at]), "km": f"{moved_m[at] / 1000:.0f}"},
            )
            for at in far
        }

    @cached_property
    def _provinces_of(self) -> NDArray[np.object_]:
        return self.places["province_en"].to_numpy(object)

    @cached_property
    def _kept(self) -> dict[tuple[str, bool], Neighbours]:
        return {}

    def _neighbours(self, province: str, *, within: bool) -> Neighbours:
        """Return the places of a province, or all others; made when they are first asked for."""
        key = province, within
        if key not in self._kept:
            rows = np.flatnonzero((self._provinces_of == province) == within)
            self._kept[key] = Neighbours(self._lonlat, rows)
        return self._kept[key]

    @cached_property
    def _gaps_m(self) -> dict[str, float]:
        return {}

    def _gap_m(self, province: str) -> float:
        """Measure how far the loneliest place of a province is from the next of it; NaN where there
        is only one.
        """
        if province not in self._gaps_m:
            group = self._neighbours(province, within=True)
            _, apart_m = group.nearest(group.lonlat, group.rows)
            known = apart_m[np.isfinite(apart_m)]
            self._gaps_m[province] = float(known.max()) if len(known) else np.nan
        return self._gaps_m[province]

    def _provinces(
        self,
        rows: list[Row],
        points: NDArray[np.float64],
        own: NDArray[np.intp],
        accuracy_m: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], dict[int, str]]:
        doubts: dict[int, str] = {}
        own_m = np.full(len(rows), np.nan)
        stated = np.array([row.get("province_en") or "" for row in rows], object)
        known = np.isfinite(points).all(axis=1)
        for province in sorted(set(stated[known]) & set(self._provinces_of)):
            mine = np.flatnonzero(known & (stated == province))
            _, own_m[mine] = self._neighbours(province, within=True).nearest(
                points[mine], own[mine]
            )
            far = mine[own_m[mine] > PROVINCE_M + accuracy_m[mine]]
            if not len(far):
                continue
            others, near_m = self._neighbours(province, within=False).nearest(points[far], own[far])
            lonely = own_m[far] > 2 * self._gap_m(province)
            doubtful = (others >= 0) & (lonely | (near_m < own_m[far] / 2))
            for at in np.flatnonzero(doubtful).tolist():
                row = int(far[at])
                doubts[row] = Message(
                    "%(point)s lies %(far)s km from the next place of %(province)s and"
                    " %(near)s km from one of %(other)s",
                    {
                        "point": _written(points[row]),
                        "far": f"{own_m[row] / 1000:.0f}",
                        "province": province,
                        "near": f"{near_m[at] / 1000:.0f}",
                        "other": self._provinces_of[others[at]],
                    },
                )
        return own_m, doubts

    def _system(
        self, rows: list[Row], written: NDArray[np.float64], epsg: int, fit: int
    ) -> list[str]:
        """Name the systems, and the order of axes, in which most positions fit, nearest to where
        they are known or to their provinces.
        """
        tried: list[tuple[int, float, str]] = []
        for code, name in crs.systems().items():
            for turned in (False, True):
                if (code, turned) == (epsg, False):
                    continue
                lonlat = crs.transform(
                    written[:, ::-1] if turned else written, source=code, target=crs.WGS84
                )
                within = (
                    np.isfinite(lonlat).all(axis=1)
                    & (abs(lonlat) <= (180, 90)).all(axis=1)
                    & ~self.outside(lonlat)
                )
                if within.sum() <= fit or 2 * within.sum() < len(rows):
                    continue
                doubts, own_m = self.doubts(rows, lonlat)
                fits = int(sum(not doubt for doubt in np.array(doubts, object)[within]))
                if fits > fit and 2 * fits >= len(rows):
                    near_m = float(np.nanmean(own_m)) if np.isfinite(own_m).any() else np.inf
                    system = {"code": code, "name": name}
                    words = (
                        Message("EPSG:%(code)s (%(name)s, with the axes exchanged)", system)
                        if turned
                        else Message("EPSG:%(code)s (%(name)s)", system)
                    )
                    tried.append((fits, near_m, words))
        if not tried:
            return []
        most, least_m, _ = min(tried, key=lambda system: (-system[0], system[1]))
        alike = sorted(
            (near_m, words)
            for fits, near_m, words in tried
            if fits == most and near_m <= least_m + ALIKE_M
        )
        systems = reduce(
            lambda first, next_: Message("%(one)s or %(other)s", {"one": first, "other": next_}),
            (words for _, words in alike[:MOST_NAMED]),
        )
        return [
            Message(
                "%(count)s of %(total)s positions fit %(systems)s rather than EPSG:%(epsg)s",
                {"count": most, "total": len(rows), "systems": systems, "epsg": epsg},
            )
        ]


def _accuracy_m(rows: list[Row]) -> NDArray[np.float64]:
    """Read how far each position may be off, 0 where unknown."""
    return np.array([number(row.get("position_accuracy_m")) or 0.0 for row in rows])


def _written(point: Any) -> str:
    return f"{point[0]:.5g}, {point[1]:.5g}"
