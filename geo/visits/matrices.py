"""Driving times of a trip: between its places, and to both sides of the gates; and the trip as
arrays for the compiled planners.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from math import ceil, floor
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import Message, NotFoundError
from geo.hours import osm_hours
from geo.roads import access
from geo.roads.network import Network
from geo.visits.trip import Place, Trip

if TYPE_CHECKING:
    import geopandas as gpd

    from geo.visits._day_rules import Model
    from geo.visits.world import World

Seconds = NDArray[np.int64]
FAR = 1 << 61
"""No way; as in the compiled code."""


@dataclass(frozen=True)
class Passage:
    """A gate in one direction: from which country to which; its number among the gates, and its
    clock.
    """

    gate: str
    home: str
    towards: str
    number: int
    zone: ZoneInfo


@dataclass(frozen=True, eq=False)
class Tables:
    """On-road seconds, whole ones, FAR where there is no way; of places and gates, whatever is to
    be visited and when.

    Attributes
    ----------
    places
        The n places.
    drive_s
        (n, n) on the roads of one country; between places of two countries it is not read.
    gates
        Id, countries and clock of each of m gates that the vehicle may pass.
    service_s
        (m,) formalities.
    to_gate_s, from_gate_s
        (n, m) from a place to its side of a gate, and back.
    hours
        A :class:`geo.hours.gates.Hours`; None without gates.
    """

    places: tuple[Place, ...]
    drive_s: Seconds
    gates: tuple[tuple[str, tuple[str, str], ZoneInfo], ...] = ()
    service_s: Seconds = field(default_factory=lambda: np.empty(0, np.int64))
    to_gate_s: Seconds = field(default_factory=lambda: np.empty((0, 0), np.int64))
    from_gate_s: Seconds = field(default_factory=lambda: np.empty((0, 0), np.int64))
    hours: Any = None
    _kept: dict[Any, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls,
        trip: Trip,
        world: World,
    ) -> Tables:
        """Ask the roads for all places of a trip, each country by itself, and all gates that its
        vehicle may pass.

        Raises
        ------
        NotFoundError
            The network has no such vehicle.
        """
        places = places_of(trip)
        gates, service = world.gates, world.service_s(trip.profile)
        usable = gates[
            service.notna()
            & gates["opposite_country"].notna()
            & gates.index.isin(world.network.manifest.gates)
        ]
        time_s = access.time_matrix(
            domestic(world.network), *2 * (points(places, usable),), profile=trip.profile
        ).to_numpy()
        whole, n = whole_seconds(time_s), len(places)
        zones = (
            [ZoneInfo(str(one)) if pd.notna(one) else ZoneInfo("UTC") for one in usable["timezone"]]
            if "timezone" in usable
            else []
        )
        sides = zip(usable["country"], usable["opposite_country"], strict=True)
        return cls(
            places=places,
            drive_s=whole[:n, :n],
            gates=tuple(
                zip(usable.index, sides, zones or [ZoneInfo("UTC")] * len(usable), strict=True)
            ),
            service_s=np.ceil(service[usable.index].to_numpy(float)).astype(np.int64),
            to_gate_s=whole[:n, n:],
            from_gate_s=whole[n:, :n].T,
            hours=world.hours,
        )

    def passages(self, trip: Trip) -> tuple[Passage, ...]:
        """Return the gates that a trip may use, in both directions."""
        return tuple(
            Passage(gate, home, towards, number, zone)
            for number, (gate, sides, zone) in enumerate(self.gates)
            if gate not in trip.closed
            for home, towards in (sides, sides[::-1])
        )

    def entries(self, trip: Trip, passage: Passage) -> list[tuple[int, int]]:
        """Return the spans within which one may enter a gate during a trip, with its reserve before
        the gate closes.
        """
        start, end = trip.days[0].start, max(day.end for day in trip.days)
        asked = (passage.gate, passage.towards, trip.kind, trip.vehicle_country)
        key = (*asked, trip.avoid_unknown_hours, trip.reserve_s, start, end)
        if key not in self._kept:
            reserve = timedelta(seconds=trip.reserve_s)
            open_ = osm_hours.merged(
                self.hours.intervals(*asked, start, end + reserve)
            )  # beyond the trip, to see whether it closes by then
            spans = [
                (_first(since), min(_last(until - reserve), _first(until) - 1))
                for since, until in open_
            ]
            if trip.avoid_unknown_hours:
                days = [span for one in spans for span in _by_day(*one, passage.zone)]
                spans = [
                    span
                    for span in days
                    if self.hours.known(*asked, datetime.fromtimestamp(span[0], passage.zone))
                ]
            self._kept[key] = [span for span in spans if span[0] <= span[1]]
        return self._kept[key]

    def rows(self, places: Sequence[Place]) -> NDArray[np.int64]:
        """Return the number of each place.

        Raises
        ------
        NotFoundError
            A place whose times are not in these tables.
        """
        number = {place.id: row for row, place in enumerate(self.places)}
        missing = [place.id for place in places if place.id not in number]
        if missing:
            raise NotFoundError(
                Message(
                    "These tables have no times for %(missing)s.", {"missing": ", ".join(missing)}
                )
            )
        return np.array([number[place.id] for place in places], np.int64)

    def model(self, trip: Trip) -> Model:
        """Return a trip as arrays: its stops are the first nodes, and :func:`towns` follow."""
        from geo.visits._day_rules import Model, spans

        nodes = [*(stop.place for stop in trip.stops), *towns(trip)]
        way_start, way, least_s = self._ways(trip, nodes)
        passages = self.passages(trip)
        seconds = [(_first(day.start), _last(day.end)) for day in trip.days]
        open_ = [self.entries(trip, passage) if way_start[-1] else [] for passage in passages]
        entry_start, entry = spans([_within(one, *day) for day in seconds for one in open_])
        begin_start, begin = spans(
            [
                _begins(trip, stop, number, *day)
                for number, day in enumerate(seconds)
                for stop in range(len(trip.stops))
            ]
        )
        return Model(
            stops=len(trip.stops),
            nodes=len(nodes),
            passages=len(passages),
            way_start=way_start,
            way=way,
            least_s=least_s,
            entry_start=entry_start,
            entry=entry,
            begin_start=begin_start,
            begin=begin,
            visit_s=np.array([ceil(stop.visit_s) for stop in trip.stops], np.int64),
            order=np.array(
                [-1 if stop.order is None else stop.order for stop in trip.stops], np.int64
            ),
            lunch_s=ceil(trip.lunch.length_s) if trip.lunch else 0,
            lunch=np.array(
                [
                    [lunch_time(trip, number, node) for node in nodes]
                    for number in range(len(seconds))
                ],
                np.int64,
            ),
            day=np.array(seconds, np.int64),
        )

    def _ways(self, trip: Trip, nodes: list[Place]) -> tuple[Seconds, Seconds, Seconds]:
        """Return the ways between all nodes: where they start, their rows, and the cheapest of each
        pair.
        """
        row = self.rows(nodes)
        country = np.array([place.country for place in nodes])
        n = len(nodes)
        alike = country[:, None] == country
        none = np.zeros((n, n), np.int64)
        drive_s = np.where(alike, self.drive_s[np.ix_(row, row)], FAR)
        kinds = [np.stack([drive_s, none, none, drive_s, none - 1], axis=-1)]
        for number, one in enumerate(self.passages(trip)):
            over = (country[:, None] == one.home) & (country == one.towards)
            if not over.any():
                continue
            to_s, on_s = self.to_gate_s[row, one.number], self.from_gate_s[row, one.number]
            there = over & (to_s[:, None] < FAR) & (on_s < FAR)
            service_s = self.service_s[one.number]
            cost_s = np.where(there, np.where(there, to_s[:, None] + service_s + on_s, 0), FAR)
            parts = (
                np.broadcast_to(to_s[:, None], (n, n)),
                none + service_s,
                np.broadcast_to(on_s, (n, n)),
                cost_s,
                none + number,
            )
            kinds.append(np.stack(parts, axis=-1))
        every = np.stack(kinds, axis=2).reshape(n * n, len(kinds), 5)
        order = np.argsort(every[:, :, 3], axis=1, kind="stable")
        every = np.take_along_axis(every, order[:, :, None], axis=1)
        exists = every[:, :, 3] < FAR
        start = np.append(0, exists.sum(axis=1).cumsum()).astype(np.int64)
        return (
            start,
            np.ascontiguousarray(every[exists]),
            np.ascontiguousarray(every[:, 0, 3].reshape(n, n)),
        )


def places_of(trip: Trip) -> tuple[Place, ...]:
    """Return every place of a trip once."""
    return tuple(
        {place.id: place for place in [*(stop.place for stop in trip.stops), *towns(trip)]}.values()
    )


def towns(trip: Trip) -> tuple[Place, ...]:
    """Return the places where days begin and end, each once."""
    found = [
        place for day in trip.days for place in (*([day.begin] if day.begin else []), *day.ends)
    ]
    return tuple({place.id: place for place in found}.values())


def domestic(network: Network) -> Network:
    """Return the network with every gate closed: what remains are the roads of each country."""
    return network.with_waiting(dict.fromkeys(network.manifest.gates, np.inf))


def points(places: Sequence[Place], gates: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Make one point layer of places and then gates, as :mod:`geo.roads.access` takes it."""
    import geopandas as gpd

    lonlat = np.concatenate(
        [
            [(place.lon, place.lat) for place in places],
            np.column_stack([gates.geometry.x, gates.geometry.y]),
        ]
    )
    columns = {
        "country": [*(place.country for place in places), *gates["country"]],
        "opposite_country": (
            pd.Series([*[None] * len(places), *gates["opposite_country"]], dtype=object).to_numpy()
        ),
    }
    index = pd.Index(
        [*(f"place {place.id}" for place in places), *(f"gate {gate}" for gate in gates.index)],
        dtype="str",
        name="id",
    )
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(*lonlat.T), index=index, crs=4326)


def whole_seconds(time_s: NDArray[np.float64]) -> Seconds:
    """Round times up to whole seconds; NaN becomes FAR."""
    found = np.isfinite(time_s)
    return np.where(found, np.ceil(np.where(found, time_s, 0)).astype(np.int64), FAR)


def lunch_time(trip: Trip, day: int, place: Place) -> tuple[int, int]:
    """Return the first and the last moment at which lunch may begin at a place, on its clock."""
    if trip.lunch is None:
        return 0, 0
    date = trip.days[day].date
    first, last = (
        datetime.combine(date, time.fromisoformat(one), place.zone)
        for one in (trip.lunch.from_, trip.lunch.until)
    )
    return _first(first), _last(last)


def _begins(trip: Trip, number: int, day: int, first: int, last: int) -> list[tuple[int, int]]:
    """Return the spans within which a visit may begin on a day."""
    stop = trip.stops[number]
    if stop.day not in (None, day):
        return []
    windows = (
        [(first, last)]
        if stop.windows is None
        else [(_first(start), _last(end)) for start, end in stop.windows]
    )
    clipped = ((max(start, first), min(end, last) - ceil(stop.visit_s)) for start, end in windows)
    return [(start, end) for start, end in clipped if start <= end]


def _within(spans: list[tuple[int, int]], first: int, last: int) -> list[tuple[int, int]]:
    clipped = ((max(start, first), min(end, last)) for start, end in spans)
    return [(start, end) for start, end in clipped if start <= end]


def _by_day(first: int, last: int, zone: ZoneInfo) -> Iterator[tuple[int, int]]:
    """Cut a span where a day begins on a clock."""
    while first <= last:
        day = datetime.fromtimestamp(first, zone).date() + timedelta(days=1)
        midnight = _first(datetime.combine(day, time(), zone))
        yield first, min(last, midnight - 1)
        first = midnight


def _first(moment: datetime) -> int:
    """Return the first whole second from a moment on."""
    return ceil(moment.timestamp())


def _last(moment: datetime) -> int:
    """Return the last whole second up to a moment."""
    return floor(moment.timestamp())
