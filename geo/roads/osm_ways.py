"""The ways and points of OpenStreetMap files, as arrays: cut to a region, and to the steps that
:mod:`geo.roads.osm_simplify` contracts."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geo.roads import osm_tags, osm_turns, whereabouts
from geo.roads.network import FERRY
from geo.roads.osm_simplify import Roads, counted
from geo.roads.osm_turns import Restriction, Steps

if TYPE_CHECKING:
    import geopandas as gpd

Box = tuple[float, float, float, float]
"""West, south, east, north, WGS 84."""


@dataclass
class Ways:
    """Ways as they come from the files, in growing arrays; :mod:`geo.roads.osm_file` fills them."""

    refs: array[int] = field(default_factory=lambda: array("q"))
    count: array[int] = field(default_factory=lambda: array("i"))
    direction: array[int] = field(default_factory=lambda: array("b"))
    road_class: list[str] = field(default_factory=list)
    label: list[str] = field(default_factory=list)
    limit_kph: array[float] = field(default_factory=lambda: array("d"))
    duration_s: array[float] = field(default_factory=lambda: array("d"))
    truck: array[int] = field(default_factory=lambda: array("b"))
    accessible: array[int] = field(default_factory=lambda: array("b"))
    taken: set[int] = field(default_factory=set)
    silent_ferries: set[int] = field(default_factory=set)
    restrictions: dict[int, Restriction] = field(default_factory=dict)
    number: array[int] = field(default_factory=lambda: array("q"))
    outside: int = 0

    def add(self, number: int, tags: Any, refs: list[int], ferry: bool) -> None:
        self.taken.add(number)
        self.number.append(number)
        self.refs.extend(refs)
        self.count.append(len(refs))
        self.direction.append(osm_tags.direction(tags))
        self.road_class.append(FERRY if ferry else sys.intern(tags.get("highway")))
        self.label.append(sys.intern(osm_tags.label(tags)))
        self.limit_kph.append(np.nan if ferry else osm_tags.limit_kph(tags.get("maxspeed", "")))
        self.duration_s.append(osm_tags.duration_s(tags.get("duration", "")) if ferry else np.nan)
        self.truck.append(osm_tags.truck_may(tags))
        self.accessible.append(osm_tags.accessible(tags))

    @property
    def of_ref(self) -> NDArray[np.int64]:
        """The number of the way of each reference to a point."""
        return np.repeat(np.arange(len(self.count)), np.frombuffer(self.count, np.int32))

    def only(self, inside: NDArray[np.bool_], points: Points) -> Ways:
        """Return the ways that have one of the points `inside`; how many others there are is told
        by ``outside``.
        """
        way = self.of_ref
        at = np.searchsorted(points.ids, np.frombuffer(self.refs, np.int64))
        kept = np.zeros(len(self.count), bool)
        kept[way[inside[at]]] = True
        numbers = np.flatnonzero(kept).tolist()
        return replace(
            self,
            refs=_picked(self.refs, kept[way]),
            road_class=[self.road_class[i] for i in numbers],
            label=[self.label[i] for i in numbers],
            count=_picked(self.count, kept),
            direction=_picked(self.direction, kept),
            limit_kph=_picked(self.limit_kph, kept),
            duration_s=_picked(self.duration_s, kept),
            truck=_picked(self.truck, kept),
            accessible=_picked(self.accessible, kept),
            number=_picked(self.number, kept),
            outside=len(kept) - len(numbers),
        )


def _picked(values: array[Any], kept: NDArray[np.bool_]) -> array[Any]:
    """Return those values of a growing array that are kept."""
    picked: array[Any] = array(values.typecode)
    picked.frombytes(np.frombuffer(values, values.typecode)[kept].tobytes())
    return picked


@dataclass
class Points:
    """Positions of the points of the roads, NaN until found; which of them lie nowhere on Earth;
    whom their barriers stop.
    """

    ids: NDArray[np.int64]
    lonlat: NDArray[np.float64]
    nowhere: NDArray[np.bool_]
    stops_cars: NDArray[np.bool_]
    stops_trucks: NDArray[np.bool_]

    @classmethod
    def of(cls, refs: NDArray[np.int64]) -> Points:
        ids = np.unique(refs)
        return cls(ids, np.full((len(ids), 2), np.nan), *np.zeros((3, len(ids)), bool))

    def inside(self, boxes: Sequence[Box]) -> NDArray[np.bool_]:
        """Return which points lie in one of the boxes."""
        inside = np.zeros(len(self.ids), bool)
        for west, south, east, north in boxes:
            above = (self.lonlat >= (west, south)).all(axis=1)
            inside |= above & (self.lonlat <= (east, north)).all(axis=1)
        return inside


def roads_of(
    ways: Ways, points: Points, boxes: Sequence[Box], countries: gpd.GeoDataFrame | None
) -> tuple[Roads, list[str]]:
    """Cut the ways to steps, and the steps apart at barriers; with notes on what was left out."""
    at = np.searchsorted(points.ids, np.frombuffer(ways.refs, np.int64))
    way = ways.of_ref
    placed = np.isfinite(points.lonlat[:, 0])
    taken = (way[1:] == way[:-1]) & (at[1:] != at[:-1]) & placed[at[1:]] & placed[at[:-1]]
    if boxes:
        inside = points.inside(boxes)[at]
        taken &= inside[1:] | inside[:-1]
    step = np.flatnonzero(taken)
    oneway = np.frombuffer(ways.direction, np.int8)[way[step]]
    ends = np.concatenate([at[step], at[step + 1]])
    inside = (
        np.bincount(ends, minlength=len(points.ids)) > 1
    )  # a barrier where a road ends anyway changes nothing
    cut = points.stops_cars & inside
    low = points.stops_trucks & inside & ~cut
    barred = low[ends].reshape(2, -1).any(axis=0)
    # Where cars are stopped every step has an end of its own.
    loose = np.flatnonzero(cut[ends])
    lonlat = np.concatenate([points.lonlat, points.lonlat[ends[loose]]])
    ends[loose] = len(points.ids) + np.arange(len(loose))
    tail, head = ends.reshape(2, -1)
    bans, fates = osm_turns.banned(
        ways.restrictions.values(),
        Steps(
            *(tail, head, oneway >= 0, oneway <= 0, way[step]),
            points=points.ids,
            ways=np.frombuffer(ways.number, np.int64),
        ),
    )
    roads = Roads(
        lonlat=lonlat,
        tail=tail,
        head=head,
        forward=oneway >= 0,
        backward=oneway <= 0,
        way=way[step],
        road_class=ways.road_class,
        label=ways.label,
        limit_kph=np.frombuffer(ways.limit_kph, np.float64),
        truck=np.frombuffer(ways.truck, np.int8).astype(bool),
        duration_s=np.frombuffer(ways.duration_s, np.float64),
        barred=barred,
        accessible=np.frombuffer(ways.accessible, np.int8).astype(bool),
        bans=bans,
        **whereabouts.named(points.lonlat[at], way, ways.road_class, countries),
    )
    missing = int((~placed[at]).sum())
    return roads, _notes(ways, points, fates, missing, int(cut.sum()), int(low.sum()))


def _notes(
    ways: Ways, points: Points, fates: Mapping[str, int], missing: int, cut: int, low: int
) -> list[str]:
    """Return sentences on what was left out or assumed, from what became of turn restrictions, and
    the numbers of references without a position and of barriers that stop cars and trucks.
    """
    ferries = ways.road_class.count(FERRY)
    untimed = ferries - sum(duration_s > 0 for duration_s in ways.duration_s)
    how = (
        f"taken, {untimed} at an assumed speed because no duration is tagged; the wait is not"
        " counted."
    )
    notes = [
        *((fates.get(fate, 0), *texts) for fate, texts in osm_turns.NOTES.items()),
        (
            missing,
            "reference to a point without a position: a road ends there.",
            "references to points without a position: roads end there.",
        ),
        (
            int((points.nowhere & np.isnan(points.lonlat[:, 0])).sum()),
            "point at 0° 0° or outside the Earth was left out.",
            "points at 0° 0° or outside the Earth were left out.",
        ),
        (ferries, f"ferry is {how}", f"ferries are {how}"),
        (
            len(ways.silent_ferries),
            "ferry does not say whether it takes cars and was left out.",
            "ferries do not say whether they take cars and were left out.",
        ),
        (
            cut,
            "barrier stops cars: the road ends on either side.",
            "barriers stop cars: the roads end on either side.",
        ),
        (
            low,
            "barrier is closed to the truck only.",
            "barriers are closed to the truck only.",
        ),
        (
            ways.outside,
            "way outside the region is left out.",
            "ways outside the region are left out.",
        ),
    ]
    return [counted(*note) for note in notes if note[0]]
