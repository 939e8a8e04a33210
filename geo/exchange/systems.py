"""The systems in which positions of a file may be written, and how well each fits what is known."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import pyproj
import pyproj.database
import pyproj.enums
from numpy.typing import NDArray

from geo import crs
from geo.errors import InputError, Message
from geo.exchange.known import Known
from geo.layers.region import MOVED_M, PROVINCE_M

Points = NDArray[np.float64]
SWAPPED = "-swapped"
GCJ02, BD09 = "GCJ-02", "BD-09"
MOST_TRIED = 200
"""So many rows tell which system fits."""
_USUAL = (5899, 9208, 9210, 9215, 9209, 9211, 9212, 9213, 9214, 9216, 9217, 9218, 3405, 3406)
_KINDS = ("VN-2000 / ", "CGCS2000 / 3-degree", "CGCS2000 / Gauss-Kruger")
_WGS84_ZONES = (32648, 32649, 32647)


@dataclass(frozen=True)
class System:
    """A system and an order of axes.

    Attributes
    ----------
    choice
        What a question is answered with: ``EPSG:9210``, ``EPSG:9210-swapped``, ``GCJ-02``.
    name
        For people.
    to_wgs84
        Takes (n, 2) points as they are written to longitude and latitude.
    """

    choice: str
    name: str
    to_wgs84: Callable[[Points], Points]


@cache
def metric(west: float, east: float) -> tuple[tuple[int, str], ...]:
    """Return the projected systems of both countries that are used between two meridians, the usual
    ones first.
    """
    zones = pyproj.database.query_crs_info("EPSG", pyproj.enums.PJType.PROJECTED_CRS)
    names = {int(zone.code): zone.name for zone in zones if not zone.deprecated}
    ours = {
        int(zone.code): zone.name
        for zone in zones
        if zone.name.startswith(_KINDS)
        and zone.area_of_use
        and zone.area_of_use.west <= east
        and zone.area_of_use.east >= west
    }
    ordered = [code for code in _USUAL if code in ours]
    ordered += [code for code in ours if code not in ordered] + list(_WGS84_ZONES)
    return tuple((code, names[code]) for code in dict.fromkeys(ordered))


def by_code(code: int, name: str = "", *, swapped: bool = False) -> System:
    """Return a system by its EPSG code; `InputError` where PROJ does not know it."""
    name = name or crs.SYSTEMS.get(code) or crs.known(code).name

    def to_wgs84(points: Points) -> Points:
        with np.errstate(all="ignore"):
            turned = points[:, ::-1] if swapped else points
            lonlat = crs.transform(turned, source=code, target=crs.WGS84).copy()
        beyond = ~np.isfinite(lonlat).all(axis=1) | (np.abs(lonlat) > (180, 90)).any(axis=1)
        lonlat[np.asarray(beyond)] = np.nan
        return lonlat

    choice = f"EPSG:{code}{SWAPPED if swapped else ''}"
    words = {"name": name}
    shown = Message("%(name)s, with the axes exchanged", words) if swapped else Message(name)
    return System(choice, shown, to_wgs84)


def degrees() -> list[System]:
    """Return what numbers in degrees may be."""
    return [
        by_code(crs.WGS84),
        by_code(crs.WGS84, swapped=True),
        System(GCJ02, Message("GCJ-02, as on Chinese online maps"), crs.from_gcj02),
        System(BD09, Message("BD-09, as on the maps of Baidu"), crs.from_bd09),
        by_code(4756),
        by_code(4756, swapped=True),
        System(
            GCJ02 + SWAPPED,
            Message("%(name)s, with the axes exchanged", {"name": GCJ02}),
            lambda points: crs.from_gcj02(points[:, ::-1]),
        ),
        System(
            BD09 + SWAPPED,
            Message("%(name)s, with the axes exchanged", {"name": BD09}),
            lambda points: crs.from_bd09(points[:, ::-1]),
        ),
    ]


def named(choice: str) -> System:
    """Return the system that an answer names; `InputError` where there is none of this name."""
    for system in degrees():
        if system.choice == choice:
            return system
    match = re.fullmatch(rf"EPSG:(\d{{4,6}})({SWAPPED})?", choice)
    if not match:
        raise InputError(
            Message(
                "“%(answer)s” is not a reference system; write it like EPSG:9210,"
                " EPSG:9210-swapped, GCJ-02 or BD-09.",
                {"answer": choice},
            )
        )
    return by_code(int(match[1]), swapped=bool(match[2]))


@dataclass(frozen=True)
class Fit:
    """How well a system fits.

    Attributes
    ----------
    inside
        Rows in the region.
    fits
        Rows that lie near a known site of their name, or else in their province.
    off_m
        How far they lie from there: of sites that are known by name, the length of the median way.
    scatter_m
        How far the rows differ in it.
    lonlat
        Where the system puts the rows.
    """

    system: System
    inside: int
    fits: int
    off_m: float
    scatter_m: float
    by_name: int
    lonlat: Points


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known of where the rows of a file lie.

    Attributes
    ----------
    known
        The atlas.
    sites
        Ids of the sites that a row may mean by its name.
    provinces
        English name of the province of each row, empty where it states none.
    """

    known: Known
    sites: Sequence[Sequence[str]]
    provinces: Sequence[str]

    @property
    def count(self) -> int:
        """How many rows say something of where they lie."""
        pairs = zip(self.sites, self.provinces, strict=True)
        return sum(bool(sites or province in self.known.by_province) for sites, province in pairs)

    @cached_property
    def _named(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The pairs of a row and a site that it may be by its name, if its position is known."""
        pairs = [
            (row, self.known.at[site]) for row, sites in enumerate(self.sites) for site in sites
        ]
        rows, at = np.array(pairs, int).reshape(-1, 2).T
        placed = np.isfinite(self.known.positions[at]).all(axis=1)
        return rows[placed], at[placed]

    @cached_property
    def _stating(self) -> dict[str, NDArray[np.intp]]:
        """The rows that tell where they lie by their province only, by it."""
        stating: dict[str, list[int]] = {}
        for row, (sites, province) in enumerate(zip(self.sites, self.provinces, strict=True)):
            if not sites and province in self.known.by_province:
                stating.setdefault(province, []).append(row)
        return {province: np.array(rows) for province, rows in stating.items()}

    def fit(self, system: System, pairs: Points) -> Fit:
        """Measure how well a system fits the first rows."""
        lonlat = system.to_wgs84(pairs)
        there = np.isfinite(lonlat).all(axis=1)
        inside = there & ~self.known.region.outside(lonlat)
        ways, limits_m = self._ways(lonlat, inside)
        fits = int((np.hypot(*ways.T) <= limits_m).sum())
        far = []
        for province, rows in self._stating.items():
            here = rows[inside[rows]]
            if len(here):
                own_m, other_m = self._apart_m(lonlat[here], province)
                far.append(own_m)
                fits += int(((own_m <= PROVINCE_M) & (other_m >= own_m / 2)).sum())
        if len(ways):
            middle = np.median(ways, axis=0)
            off_m = float(np.hypot(*middle))
            scatter_m = float(np.median(np.hypot(*(ways - middle).T)))
        else:
            off_m, scatter_m = (float(np.median(np.concatenate(far))) if far else np.inf), np.inf
        return Fit(system, int(inside.sum()), fits, off_m, scatter_m, len(ways), lonlat)

    def _ways(self, lonlat: Points, inside: NDArray[np.bool_]) -> tuple[Points, Points]:
        """Return for each row that has a name metres East and North from the nearest of its sites,
        and how many are usual.
        """
        rows, at = self._named
        rows, at = rows[inside[rows]], at[inside[rows]]
        if not len(rows):
            return np.empty((0, 2)), np.empty(0)
        azimuth, _, off_m = crs.geodesic().inv(*self.known.positions[at].T, *lonlat[rows].T)
        order = np.lexsort((off_m, rows))
        first = order[np.unique(rows[order], return_index=True)[1]]
        turn = np.radians(azimuth[first])
        ways = np.column_stack([np.sin(turn), np.cos(turn)]) * off_m[first, None]
        return ways, MOVED_M + self._accuracy_m[at[first]]

    @cached_property
    def _accuracy_m(self) -> Points:
        return np.array(list(self.known.accuracy_m.values()), float)

    def _apart_m(self, points: Points, province: str) -> tuple[Points, Points]:
        """Measure how far the nearest place of a province is, and the nearest of all."""
        flat = crs.mercator(points)
        scale = 6_371_008.8 * np.cos(np.radians(points[:, 1]))
        return (
            self.known.by_province[province].query(flat)[0] * scale,
            self.known.everywhere.query(flat)[0] * scale,
        )

    def in_country(self, lonlat: Points, country: str) -> NDArray[np.bool_]:
        """Find the rows whose site, or else the known place nearest to them, lies in a country."""
        there = np.isfinite(lonlat).all(axis=1)
        near = np.asarray(self.known.everywhere.query(crs.mercator(lonlat[there]))[1], int)
        inside = np.zeros(len(lonlat), np.bool_)
        inside[there] = (self.known.region.places["country"] == country).to_numpy(bool)[near]
        rows, at = self._named
        inside[rows] = (self.known.frame["country"] == country).to_numpy(bool)[at]
        return inside & there

    def place(self, point: Points) -> tuple[str, str, float]:
        """Return id, province and distance of the place that is nearest to a point."""
        near = int(self.known.everywhere.query(crs.mercator(point))[1])
        there = self.known.region.places
        apart = float(crs.distance_m(point, self.known.places[0][near]))
        return str(there.index[near]), str(there["province_en"].iloc[near]), apart

    def ranked(self, pairs: Points, systems: Sequence[System]) -> list[Fit]:
        """Return the systems in which some of the rows would lie in the region, the best first."""
        tried = [self.fit(system, pairs) for system in systems]
        order = {system.choice: number for number, system in enumerate(systems)}

        def rank(fit: Fit) -> tuple[Any, ...]:
            near = round(fit.off_m / 20) if np.isfinite(fit.off_m) else np.inf
            return -fit.fits, -fit.inside, near, order[fit.system.choice]

        return sorted((fit for fit in tried if fit.inside), key=rank)
