"""Why a stop is not in a plan, and the smallest changes of the trip that bring it in, each of them
planned and rehearsed.

A change counts when the stop is visited and so is every other stop of the plan, but for one that it
drops."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Any

import numpy as np

from geo.errors import Message, NotFoundError
from geo.roads.network import Network
from geo.visits import trip_file
from geo.visits.candidates import Edit, smallest
from geo.visits.edits import with_day, with_stop
from geo.visits.feasibility import Fits, TimeUp, warm_up
from geo.visits.gazetteer import Gazetteer
from geo.visits.matrices import FAR, Tables, towns
from geo.visits.moments import later
from geo.visits.relaxations import Change, Changes
from geo.visits.trip import Plan, Stop, Trip
from geo.visits.why_words import SENTENCES, english, gate_names
from geo.visits.world import World

DAY_S = 24 * 3600.0
FEW = 3
"""So many stops are named as those that leave no room; of more it is said that the days are full.
"""
FAR_AWAY_M = 500_000.0
"""Beyond this nobody asks how far away the nearest road is."""


@dataclass(frozen=True)
class Reason:
    """Why a stop is not in the plan: a code of :data:`geo.visits.why_words.REASONS` and its
    values.
    """

    code: str
    values: dict[str, Any]

    def __str__(self) -> str:
        return SENTENCES[self.code] % english(self.values)


@dataclass(frozen=True)
class WhyNot:
    """The answer: reasons, changes with the smallest first, and whether everything that is known
    here has been tried.
    """

    stop: Stop
    reasons: tuple[Reason, ...]
    changes: tuple[Change, ...]
    complete: bool


def explain(
    plan: Plan,
    stop_id: str,
    world: World,
    *,
    seconds: float = 2.0,
    tables: Tables | None = None,
    rewrite: Edit | None = None,
    today: date | None = None,
) -> WhyNot:
    """Find why a stop is not in a plan, and the smallest change of each kind that brings it in.

    For trips of more than :data:`geo.visits.planner.EXACT` stops a plan that is not found may
    exist; then the answer is never complete.

    Parameters
    ----------
    seconds
        How long the search may take; what has been found by then is given. To plan the changed
        trips anew may take as long again.
    tables
        Of the trip of the plan, if they are at hand.
    rewrite
        Called with a changed trip to write it in the form in which somebody would follow the
        advice, and to read that again; a change is offered only if the plan of what was read holds.
        None: as a trip file.
    today
        Trips are moved to later days only; None: by the clock of this machine.

    Raises
    ------
    NotFoundError
        The trip has no such stop.
    """
    warm_up()
    until = time.perf_counter() + seconds
    trip = plan.trip
    stop = next((stop for stop in trip.stops if stop.place.id == stop_id), None)
    if stop is None:
        raise NotFoundError(Message("The trip has no stop “%(stop)s”.", {"stop": stop_id}))
    visits = {visit.stop.place.id: (day.number, visit) for day in plan.days for visit in day.visits}
    if stop_id in visits:
        number, visit = visits[stop_id]
        values = {"stop": stop, "day": number, "start": visit.start, "end": visit.end}
        return WhyNot(stop, (Reason("visited", values),), (), True)
    lost = _no_road(world.network, stop, trip.profile)
    if lost:
        return WhyNot(stop, (lost,), (), True)
    fits = Fits(world, tables or Tables.of(trip, world), until)
    forced = replace(stop, must=True)
    kept = replace(
        trip, stops=(*(other for other in trip.stops if other.place.id in visits), forced)
    )
    stops = [
        other if other.place.id in visits else replace(other, must=other is stop)
        for other in trip.stops
    ]
    wished = replace(trip, stops=tuple(stops))
    search = _Search(fits, kept, forced)
    reasons = search.reasons()
    rewrite = rewrite or partial(_as_file, Gazetteer({"gates": world.gates}, {}, (trip.profile,)))
    looked = Changes(
        fits, kept, wished, forced, search.conflict, rewrite, today or date.today(), search.complete
    )
    return WhyNot(stop, reasons, looked.find(seconds), looked.complete)


def _as_file(places: Gazetteer, trip: Trip) -> Trip:
    """Write a trip as a file, with all that is known of its places, and read it again."""
    return trip_file.read(trip_file.write(trip), places)


# Reasons ------------------------------------------------------------------------------------------


def _no_road(network: Network, stop: Stop, profile: str) -> Reason | None:
    """Return how far the nearest road is from a stop that is joined to none."""
    place = stop.place
    point, country = np.array([[place.lon, place.lat]]), np.array([place.country], object)
    if network.snap(point, profile, country=country).segment[0] >= 0:
        return None
    limit_m = network.manifest.snap_limit_m
    wide = replace(
        network, manifest=replace(network.manifest, snap_limit_m=max(FAR_AWAY_M, limit_m))
    )
    distance_m = float(wide.snap(point, profile, country=country).distance_m[0])
    if np.isnan(distance_m):
        return Reason("no_road_at_all", {"stop": stop})
    return Reason(
        "no_road",
        {"stop": stop, "limit_km": limit_m / 1000, "distance_km": round(distance_m / 1000, 1)},
    )


class _AlwaysOpen:
    """Hours of gates that never close, to see whether it is the hours that are in the way."""

    def intervals(
        self,
        _gate: str,
        _towards: str,
        _kind: str,
        _country: str | None,
        start: datetime,
        end: datetime,
    ) -> list[Any]:
        return [(start, end)]

    def known(self, *_: Any) -> bool:
        return True


class _Search:
    """Looks for reasons, for a trip that has the stops of the plan and the one that is asked for,
    the last.
    """

    def __init__(self, fits: Fits, kept: Trip, stop: Stop) -> None:
        self.fits, self.kept, self.stop, self.key = fits, kept, stop, stop.place.id
        self.complete = True
        self.conflict: tuple[Stop, ...] = kept.stops[:-1]

    def _reason(self, code: str, **values: Any) -> Reason:
        """Return a reason that names the stop."""
        return Reason(code, {"stop": self.stop} | values)

    def reasons(self) -> tuple[Reason, ...]:
        """Return all reasons that are found in time."""
        try:
            alone = replace(self.kept, stops=(self.stop,))
            reasons = (
                [self._together()]
                if self.fits(alone)
                else list(self._windows() or self._alone(alone))
            )
        except TimeUp:
            self.complete, reasons = False, [Reason("not_found", {})]
        return tuple(reasons)

    def _together(self) -> Reason:
        """Find the smallest set of stops that leaves no room."""
        others = self.kept.stops[:-1]
        if not self.fits.exact(self.kept):
            if self.fits(self.kept):
                return self._reason("fits")
            return self._reason("conflict_many", count=len(others))
        possible = self.fits.subsets(self.kept)
        with_it = np.arange(len(possible) // 2, len(possible))
        bad = with_it[~possible[with_it]]
        if not len(bad):
            return self._reason("fits")
        smallest = int(min(bad.tolist(), key=lambda stops: (stops.bit_count(), stops)))
        self.conflict = tuple(stop for i, stop in enumerate(others) if smallest >> i & 1)
        code = "conflict" if len(self.conflict) <= FEW else "crowded"
        return self._reason(code, stops=self.conflict, count=len(self.conflict))

    def _days(self) -> list[int]:
        return [number for number in range(len(self.kept.days)) if self.stop.day in (None, number)]

    def _windows(self) -> list[Reason]:
        """Compare the windows with the days and with the visit."""
        if self.stop.windows is None:
            return []
        days = [self.kept.days[number] for number in self._days()]
        if not any(
            start < day.end and end > day.start for start, end in self.stop.windows for day in days
        ):
            return [self._reason("windows_outside")]
        longest = max((end - start).total_seconds() for start, end in self.stop.windows)
        if longest < self.stop.visit_s:
            values = {"visit_s": self.stop.visit_s, "window_s": longest}
            return [self._reason("visit_too_long", **values)]
        return []

    def _alone(self, alone: Trip) -> Iterator[Reason]:
        """Find what keeps out a stop that does not even fit alone: roads, gates, windows, the end
        of the day, lunch.
        """
        patient = replace(alone, lunch=None)
        for number in range(len(alone.days)):
            patient = with_day(patient, number, later_s=DAY_S)
        if not self.fits(with_stop(patient, self.key, windows=None)):
            yield self._gates(with_stop(patient, self.key, windows=None))
            return
        if self._abroad() and self._gates_open(alone):
            yield self._gates(alone)
            return
        late = self._all_late(alone) or self._all_late(
            replace(alone, lunch=None)
        )  # lunch itself may be impossible on the way
        if late:
            yield min(late, key=lambda pair: pair[0])[1]
        if alone.lunch and self.fits(replace(alone, lunch=None)):
            yield self._reason("lunch")
        elif not late:
            yield self._reason("days")

    def _all_late(self, alone: Trip) -> list[tuple[float, Reason]]:
        return [
            late
            for number in self._days()
            if (late := self._late(with_stop(alone, self.key, day=number), number))
        ]

    def _late(self, alone: Trip, number: int) -> tuple[float, Reason] | None:
        """Return how much a day, or else the last window on it, would have to be longer for the
        stop alone, and to the minute."""
        day = alone.days[number]
        steps = smallest(
            self.fits, lambda step: with_day(alone, number, later_s=60 * step), round(DAY_S / 60)
        )
        if steps:
            arrive = later(day.end, 60 * steps).astimezone(day.end.tzinfo)
            code = "home_late" if arrive.date() == day.end.date() else "home_next_day"
            return steps, self._reason(code, day=number, arrive=arrive, end=day.end)
        last = max(
            (span for span in self.stop.windows or () if span[0] < day.end and span[1] > day.start),
            default=None,
        )
        if last is None:
            return None
        start, closes = last
        patient = with_day(alone, number, later_s=DAY_S)

        def longer(step: int) -> Trip:
            return with_stop(patient, self.key, windows=((start, later(closes, 60 * step)),))

        closing = closes.astimezone(self.stop.place.zone)
        steps = smallest(self.fits, longer, 1439 - closing.hour * 60 - closing.minute)
        if not steps:
            return None
        finish = later(closing, 60 * steps).astimezone(closing.tzinfo)
        return steps, self._reason("closes", day=number, finish=finish, closes=closing)

    def _gates(self, alone: Trip) -> Reason:
        """Return which gates are in the way to a stop, alone: those that are closed, avoided, or
        not open when one could pass."""
        trip = self.kept
        passable = self._passable() if self._abroad() else []
        if not self._gates_open(replace(alone, closed=(), avoid_unknown_hours=False)):
            only_over_gates = all(town.country != self.stop.place.country for town in towns(trip))
            return self._reason("no_gate" if only_over_gates and not passable else "no_way")
        closed = [gate for gate in passable if gate in trip.closed]
        unknown = [gate for gate in passable if gate not in closed and not self._known(gate)]
        if closed and self.fits(replace(alone, closed=tuple(set(trip.closed) - set(closed)))):
            return self._of_gates("gates_closed", closed)
        if (
            unknown
            and trip.avoid_unknown_hours
            and self.fits(replace(alone, avoid_unknown_hours=False))
        ):
            return self._of_gates("hours_unknown", unknown)
        if len(closed) == len(passable):
            return self._of_gates("gates_closed", closed)
        rest = [gate for gate in passable if gate not in closed]
        if trip.reserve_s and self.fits(replace(alone, reserve_s=0.0)):
            return self._of_gates("gates_reserve", rest, reserve_s=trip.reserve_s)
        soon = [
            gate
            for gate in rest
            if self._gates_open(
                replace(alone, closed=tuple(other for other in passable if other != gate))
            )
        ]
        return self._of_gates("gates_shut", soon or rest)

    def _gates_open(self, alone: Trip) -> bool:
        """Return whether the stop would fit alone if gates never closed."""
        tables = replace(self.fits.tables, hours=_AlwaysOpen(), _kept={})
        return replace(self.fits, tables=tables, _days={})(alone)

    def _abroad(self) -> bool:
        """Return whether one may come to the stop from another country."""
        return any(town.country != self.stop.place.country for town in towns(self.kept))

    def _passable(self) -> list[str]:
        """Return the gates that the vehicle may pass, if open, between a town and the stop."""
        tables, country = self.fits.tables, self.stop.place.country
        here = tables.rows([self.stop.place])
        there = tables.rows([town for town in towns(self.kept) if town.country != country])
        return [
            gate
            for number, (gate, sides, _) in enumerate(tables.gates)
            if country in sides
            and (tables.from_gate_s[here, number] < FAR).all()
            and (tables.to_gate_s[there, number] < FAR).any()
        ]

    def _known(self, gate: str) -> bool:
        trip, towards = self.kept, self.stop.place.country
        return all(
            self.fits.world.hours.known(gate, towards, trip.kind, trip.vehicle_country, day.start)
            for day in trip.days
        )

    def _of_gates(self, code: str, gates: list[str], **values: Any) -> Reason:
        names = tuple(gate_names(self.fits.world.gates, gate) for gate in gates)
        return self._reason(code, gates=names, **values)
