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
from geo.visits import relaxations, trip_file
from geo.visits.edits import with_day, with_stop
from geo.visits.feasibility import Fits, TimeUp, warm_up
from geo.visits.gazetteer import Gazetteer
from geo.visits.matrices import FAR, Tables, towns
from geo.visits.moments import later
from geo.visits.relaxations import Change, Changes, Edit, english, gate_names, smallest
from geo.visits.trip import Plan, Stop, Trip
from geo.visits.world import World

DAY_S = 24 * 3600.0
FEW = 3
"""So many stops are named as those that leave no room; of more it is said that the days are full.
"""
FAR_AWAY_M = 500_000.0
"""Beyond this nobody asks how far away the nearest road is."""

SENTENCES = {
    # why it is not in the plan
    "visited": Message("%(stop)s is in the plan: on day %(day)s, from %(start)s to %(end)s."),
    "fits": (
        Message(
            "%(stop)s fits beside all the others; the plan is not proven to be the best, and does"
            " without it."
        )
    ),
    "no_road": (
        Message(
            "No road on these maps comes within %(limit_km)s km of %(stop)s; the nearest is"
            " %(distance_km)s km away."
        )
    ),
    "no_road_at_all": Message("No road on these maps comes near %(stop)s, which may be an island."),
    "no_way": (
        Message(
            "The roads on these maps do not lead to %(stop)s from where the days"
            " begin, or not to where"
            " they end."
        )
    ),
    "no_gate": Message("No gate on the way to %(stop)s lets this vehicle pass."),
    "gates_closed": (
        Message("The way to %(stop)s leads through gates that the trip takes as closed: %(gates)s.")
    ),
    "hours_unknown": (
        Message(
            "The way to %(stop)s leads through gates of unknown hours, which the trip avoids:"
            " %(gates)s."
        )
    ),
    "gates_shut": (
        Message(
            "The gates on the way to %(stop)s are not open on the days of the trip"
            " when one could pass:"
            " %(gates)s."
        )
    ),
    "gates_reserve": (
        Message(
            "The gates on the way to %(stop)s close too soon for the reserve of"
            " %(reserve_s)s before"
            " closing: %(gates)s."
        )
    ),
    "windows_outside": Message(
        "%(stop)s may be visited at no time of the days that are left for it."
    ),
    "visit_too_long": (
        Message("The visit of %(stop)s takes %(visit_s)s; the longest window has %(window_s)s.")
    ),
    "closes": (
        Message(
            "Even as the only stop of day %(day)s, a visit of %(stop)s ends at %(finish)s at the"
            " earliest; its window closes at %(closes)s."
        )
    ),
    "home_late": (
        Message(
            "Even as the only stop of day %(day)s, %(stop)s lets one arrive in the evening at"
            " %(arrive)s at the earliest; the day ends at %(end)s."
        )
    ),
    "home_next_day": (
        Message(
            "Even as the only stop of day %(day)s, %(stop)s lets one arrive only on"
            " the next day, at"
            " %(arrive)s; the day ends at %(end)s."
        )
    ),
    "lunch": Message("With lunch there is no time for %(stop)s, even as the only stop of a day."),
    "days": Message("%(stop)s does not fit into the days, even alone."),
    "conflict": Message("%(stop)s would fit alone, but not together with %(stops)s."),
    "crowded": (
        Message(
            "%(stop)s would fit alone; the days are too full for it beside %(count)s"
            " other stops of the"
            " plan."
        )
    ),
    "conflict_many": (
        Message(
            "%(stop)s would fit alone; together with the %(count)s stops of the plan"
            " no way was found."
        )
    ),
    "not_found": Message("In the time given no reason was found."),
    **relaxations.SENTENCES,
}
"""Why a stop is not in the plan and what brings it in, by code; the web app translates these
sentences.
"""


@dataclass(frozen=True)
class Reason:
    """Why a stop is not in the plan: a code of ``SENTENCES`` and its values.

    Values are not words yet: ``day`` counts from 0, names that end in ``_s`` are seconds, stops and
    moments are what they are, gates are their names by language."""

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
    """Say why a stop is not in a plan, and find the smallest change of each kind that brings it in.

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
    stop = next((one for one in trip.stops if one.place.id == stop_id), None)
    if stop is None:
        raise NotFoundError(Message("The trip has no stop “%(stop)s”.", {"stop": stop_id}))
    visits = {visit.stop.place.id: (day.number, visit) for day in plan.days for visit in day.visits}
    if stop_id in visits:
        number, visit = visits[stop_id]
        return WhyNot(
            stop,
            (
                Reason(
                    "visited", {"stop": stop, "day": number, "start": visit.start, "end": visit.end}
                ),
            ),
            (),
            True,
        )
    lost = _no_road(world.network, stop, trip.profile)
    if lost:
        return WhyNot(stop, (lost,), (), True)
    fits = Fits(world, tables or Tables.of(trip, world), until)
    forced = replace(stop, must=True)
    kept = replace(trip, stops=(*(one for one in trip.stops if one.place.id in visits), forced))
    also_lost = {one.place.id for one in plan.left_out} - {stop_id}
    wished = replace(
        trip,
        stops=tuple(
            (
                forced
                if one is stop
                else replace(one, must=False)
                if one.place.id in also_lost
                else one
            )
            for one in trip.stops
        ),
    )
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
        """Find the smallest set of stops beside which there is no room."""
        others = self.kept.stops[:-1]
        if not self.fits.exact(self.kept):
            return Reason("fits", {"stop": self.stop}) if self.fits(self.kept) else self._many()
        possible = self.fits.subsets(self.kept)
        with_it = np.arange(len(possible) // 2, len(possible))
        bad = with_it[~possible[with_it]]
        if not len(bad):
            return Reason("fits", {"stop": self.stop})
        smallest = int(min(bad.tolist(), key=lambda one: (one.bit_count(), one)))
        self.conflict = tuple(one for i, one in enumerate(others) if smallest >> i & 1)
        code = "conflict" if len(self.conflict) <= FEW else "crowded"
        return Reason(
            code, {"stop": self.stop, "stops": self.conflict, "count": len(self.conflict)}
        )

    def _many(self) -> Reason:
        return Reason("conflict_many", {"stop": self.stop, "count": len(self.kept.stops) - 1})

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
            return [Reason("windows_outside", {"stop": self.stop})]
        longest = max((end - start).total_seconds() for start, end in self.stop.windows)
        if longest < self.stop.visit_s:
            return [
                Reason(
                    "visit_too_long",
                    {"stop": self.stop, "visit_s": self.stop.visit_s, "window_s": longest},
                )
            ]
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
            yield min(late, key=lambda one: one[0])[1]
        if alone.lunch and self.fits(replace(alone, lunch=None)):
            yield Reason("lunch", {"stop": self.stop})
        elif not late:
            yield Reason("days", {"stop": self.stop})

    def _all_late(self, alone: Trip) -> list[tuple[float, Reason]]:
        return [
            found
            for number in self._days()
            if (found := self._late(with_stop(alone, self.key, day=number), number))
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
            return steps, Reason(
                code, {"stop": self.stop, "day": number, "arrive": arrive, "end": day.end}
            )
        last = max(
            (one for one in self.stop.windows or () if one[0] < day.end and one[1] > day.start),
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
        return steps, Reason(
            "closes", {"stop": self.stop, "day": number, "finish": finish, "closes": closing}
        )

    def _gates(self, alone: Trip) -> Reason:
        """Return which gates are in the way to a stop, alone: those that are closed, avoided, or
        not open when one could pass."""
        trip = self.kept
        passable = self._passable() if self._abroad() else []
        if not self._gates_open(replace(alone, closed=(), avoid_unknown_hours=False)):
            only_over_gates = all(town.country != self.stop.place.country for town in towns(trip))
            return Reason(
                "no_gate" if only_over_gates and not passable else "no_way", {"stop": self.stop}
            )
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
            return Reason(
                "gates_reserve",
                self._of_gates("gates_shut", rest).values | {"reserve_s": trip.reserve_s},
            )
        soon = [
            gate
            for gate in rest
            if self._gates_open(
                replace(alone, closed=tuple(one for one in passable if one != gate))
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

    def _of_gates(self, code: str, gates: list[str]) -> Reason:
        return Reason(
            code,
            {
                "stop": self.stop,
                "gates": tuple(gate_names(self.fits.world.gates, gate) for gate in gates),
            },
        )
