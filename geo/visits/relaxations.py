"""The smallest changes of a trip that bring one stop more into its plan, each of them planned and
rehearsed.

A change counts when the stop is visited and so is every other stop of the plan, but for one that it
drops. It is offered only if the changed trip, written down and read again, is planned with that
stop: what somebody does who follows the advice."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial, reduce
from time import perf_counter
from typing import TYPE_CHECKING, Any

from geo.errors import InputError, Message
from geo.visits.appointments import nearest
from geo.visits.edits import moved, one_more_day, with_day, with_stop, without
from geo.visits.feasibility import Fits, TimeUp
from geo.visits.matrices import places_of
from geo.visits.moments import at, between, length
from geo.visits.trip import MOST_DAYS, Plan, Stop, Trip

if TYPE_CHECKING:
    import geopandas as gpd

STEP_S = 300.0
"""Changes of time are looked for in steps of five minutes."""
MOST_S = 3 * 3600.0
"""Nobody starts, ends or stays so much earlier, later or shorter than this for one stop more."""
LEAST_SHARE = 0.5
"""A visit of less than this share of what was wished is another visit."""

FEW_TRIED = 3
"""Of a trip too large for a proof so many stops are tried to be left out, those that count least.
"""
DAYS_ADDED = 4
"""A day is added so many days after the last at most, which is the first beyond most weekends."""
DAYS_SOONER, DAYS_LATER = 14, 21
"""Within these a trip may be moved, but not to a day that has begun."""

SENTENCES = {
    "as_it_is": Message("Say that %(stop)s must be visited; nothing else has to change."),
    "start_earlier": Message("Start %(by_s)s earlier on day %(day)s, at %(start)s."),
    "end_later": Message("End %(by_s)s later on day %(day)s, at %(end)s."),
    "longer_day": (
        Message(
            "Start %(by_s)s earlier and end %(by_s)s later on day %(day)s: from"
            " %(start)s to %(end)s."
        )
    ),
    "shorter_visit": Message("Stay %(by_s)s less at %(stop)s: %(visit_s)s."),
    "another_day": Message("Visit %(stop)s on %(date)s instead of %(instead)s."),
    "free_order": Message("Let %(stop)s come at any place in the order."),
    "open_gate": Message("Use the gate %(gate)s, which the trip takes as closed."),
    "unknown_hours": Message("Use gates of unknown hours: %(gates)s."),
    "no_lunch": Message("Leave out lunch."),
    "smaller_reserve": (
        Message(
            "Enter the gates up to %(less_s)s nearer to their closing, with a reserve"
            " of %(reserve_s)s."
        )
    ),
    "leave_out": Message("Leave out %(stop)s, which need not be visited."),
    "drop": Message("Drop %(stop)s, though it was to be visited."),
    "one_more_day": Message("Add a day: %(date)s, with the hours of the day before."),
    "one_more_day_if": (
        Message(
            "Add a day: %(date)s, if the host of %(stop)s can also see you then,"
            " between %(start)s and"
            " %(end)s."
        )
    ),
    "other_hours": (
        Message(
            "Ask the host of %(stop)s for other hours: a visit that begins between %(start)s and"
            " %(end)s on %(date)s."
        )
    ),
    "other_hour": (
        Message(
            "Ask the host of %(stop)s for another hour: a visit that begins at"
            " %(start)s on %(date)s."
        )
    ),
    "other_dates": Message("Move the whole trip: begin on %(date)s instead of %(instead)s."),
}
"""What may be changed, by code; the web app translates these sentences."""

Edit = Callable[[Trip], Trip]

SIZES_S = {
    **{
        "as_it_is": 0.0,
        "unknown_hours": 900.0,
        "free_order": 900.0,
        "open_gate": 1800.0,
        "another_day": 1800.0,
    },
    **{
        "leave_out": 5400.0,
        "drop": 4 * 3600.0,
        "one_more_day": 8 * 3600.0,
        "one_more_day_if": 9 * 3600.0,
    },
    **{"other_hours": 3600.0, "other_hour": 3600.0, "other_dates": 6 * 3600.0},
}
"""How much a change that is not one of time weighs beside those that are, so that the smallest
comes first: our estimate.
"""


@dataclass(frozen=True)
class Change:
    """A change that brings the stop in: a code of ``SENTENCES`` and its values.

    Values are not words yet: ``day`` counts from 0, names that end in ``_s`` are seconds, stops and
    moments are what they are, gates are their names by language.

    Attributes
    ----------
    trip
        The changed trip, in which the stop must be visited, and other stops that the plan leaves
        out need not.
    plan
        A plan of it with the stop and all others that were visited before, but for one that is
        dropped.
    size_s
        How much of a change it is, in seconds or what we think weighs as much; the smallest come
        first.
    """

    kind: str
    values: dict[str, Any]
    trip: Trip
    plan: Plan
    size_s: float

    def __str__(self) -> str:
        return SENTENCES[self.kind] % english(self.values)


# Words --------------------------------------------------------------------------------------------


def english(values: Mapping[str, Any]) -> dict[str, str]:
    """Write the values of a sentence in English."""
    return {name: _word(name, value) for name, value in values.items()}


def _word(name: str, value: Any) -> str:
    if isinstance(value, tuple):
        words = [_word(name, one) for one in value]
        return (
            " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
        )
    if isinstance(value, Stop):
        return value.place.name()
    if isinstance(value, Mapping):
        return str(value.get("en") or next(iter(value.values())))
    if isinstance(value, datetime):
        return at(value)
    if isinstance(value, date):
        return f"{value:%A, %Y-%m-%d}"
    if name == "day":
        return str(value + 1)
    return (
        length(value)
        if name.endswith("_s")
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )


def gate_names(gates: gpd.GeoDataFrame, gate: str) -> dict[str, str]:
    """Return the names of a gate by language."""
    row = gates.loc[gate]
    names = {language: row.get(f"name_{language}") for language in ("en", "vi", "zh")}
    return {language: name for language, name in names.items() if isinstance(name, str)} or {
        "en": gate
    }


# The search ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Found:
    """A change that is possible: the trip with the stops of the plan, and the one that is
    wished.
    """

    kind: str
    values: dict[str, Any]
    kept: Trip
    wished: Trip
    size_s: float


@dataclass
class Changes:
    """Looks for changes of a trip.

    Attributes
    ----------
    kept
        The trip with the stops of the plan, and last the one that is to be brought in.
    wished
        The trip with all its stops, that one among those one must see, and others that are left out
        not.
    stop
        The stop.
    conflict
        Stops of the plan beside which there is no room: a smaller change has to do with one of
        them.
    rewrite
        Called with a changed trip; writes it down and reads that again. Raises `InputError` where
        the written trip has a fault.
    today
        After which a trip may begin.
    complete
        Whether everything has been tried, and what was not found is not possible.
    """

    fits: Fits
    kept: Trip
    wished: Trip
    stop: Stop
    conflict: tuple[Stop, ...]
    rewrite: Edit
    today: date
    complete: bool = True

    def find(self, plan_s: float) -> tuple[Change, ...]:
        """Find the smallest change of each kind, the smallest of all first.

        Parameters
        ----------
        plan_s
            How long they may take to be planned, after the search; a change that is not reached is
            not offered.
        """
        found: list[_Found] = []
        self.complete = self.complete and self.fits.exact(self.kept)
        try:
            found.extend(self._possible())
        except TimeUp:
            self.complete = False
        self.fits.until = perf_counter() + plan_s
        changes = [self._planned(one) for one in sorted(found, key=lambda one: one.size_s)]
        self.complete = self.complete and None not in changes
        return tuple(change for change in changes if change)

    def _planned(self, found: _Found) -> Change | None:
        """Plan and rehearse a change, and plan it once more from its written form; None if one of
        the plans does not hold.
        """
        try:
            plan = self.fits.plan(found.kept, found.wished)
            if plan is None:
                return None
            values = (
                found.values | self._unknown(plan)
                if found.kind == "unknown_hours"
                else found.values
            )
            change = Change(found.kind, values, found.wished, plan, found.size_s)
            written = self.rewrite(found.wished)
            return change if _keeps(change, written, self.fits.whole(written)) else None
        except (InputError, TimeUp):
            return None

    def _possible(self) -> Iterator[_Found]:
        """Return possible changes, those that are quickly found first."""
        if self.fits(self.kept):
            yield self._found("as_it_is", {"stop": self.stop})
            return
        yield from self._fewer()
        if self.kept.lunch:
            yield from self._if(
                "no_lunch", {}, lambda trip: replace(trip, lunch=None), self.kept.lunch.length_s
            )
        yield from self._gates()
        yield from self._pins()
        yield from self._one_more_day()
        yield from self._times()
        yield from self._other_hours()
        yield from self._other_dates()

    def _found(
        self,
        kind: str,
        values: dict[str, Any],
        edit: Edit = lambda trip: trip,
        size_s: float | None = None,
    ) -> _Found:
        return _Found(
            kind,
            values,
            edit(self.kept),
            edit(self.wished),
            SIZES_S[kind] if size_s is None else size_s,
        )

    def _if(
        self, kind: str, values: dict[str, Any], edit: Edit, size_s: float | None = None
    ) -> Iterator[_Found]:
        found = self._found(kind, values, edit, size_s)
        if self.fits(found.kept):
            yield found

    def _fewer(self) -> Iterator[_Found]:
        """Leave out one that need not be visited, and drop one that was to be: each the one that
        counts least.
        """
        for kind, must in (("leave_out", False), ("drop", True)):
            others = sorted(
                (one for one in self.conflict if one.must == must),
                key=lambda one: (one.weight, -one.visit_s),
            )
            for other in others if self.fits.exact(self.kept) else others[:FEW_TRIED]:
                kept = without(self.kept, other.place.id)
                if self.fits(kept):
                    wished = without(self.wished, other.place.id) if must else self.wished
                    yield _Found(kind, {"stop": other}, kept, wished, SIZES_S[kind])
                    break

    def _gates(self) -> Iterator[_Found]:
        for gate in self.kept.closed:
            names = {"gate": gate_names(self.fits.world.gates, gate)}
            rest = tuple(one for one in self.kept.closed if one != gate)
            yield from self._if("open_gate", names, partial(replace, closed=rest))
        if self.kept.avoid_unknown_hours:
            yield from self._if("unknown_hours", {}, partial(replace, avoid_unknown_hours=False))
        yield from self._reserve()

    def _reserve(self) -> Iterator[_Found]:
        """Find the greatest reserve before gates close with which the stop can be visited."""
        reserve_s = self.kept.reserve_s
        if len({place.country for place in places_of(self.kept)}) < 2:
            return

        def less(trip: Trip, steps: int) -> Trip:
            return replace(trip, reserve_s=max(0.0, reserve_s - steps * STEP_S))

        steps = self.smallest(partial(less, self.kept), math.ceil(reserve_s / STEP_S))
        if steps:
            left_s = less(self.kept, steps).reserve_s
            values = {"less_s": reserve_s - left_s, "reserve_s": left_s}
            yield self._found(
                "smaller_reserve", values, lambda trip: less(trip, steps), reserve_s - left_s
            )

    def _unknown(self, plan: Plan) -> dict[str, Any]:
        used = [
            leg.crossing.gate
            for day in plan.days
            for leg in day.legs
            if leg.crossing and not leg.crossing.hours_known
        ]
        return {
            "gates": tuple(gate_names(self.fits.world.gates, gate) for gate in dict.fromkeys(used))
        }

    def _pins(self) -> Iterator[_Found]:
        """Pin the stop, or one it is in conflict with, to the nearest other day, or to none in the
        order.
        """
        dates = [day.date for day in self.kept.days]
        moves = [
            (abs(number - one.day), one, number)
            for one in (self.stop, *self.conflict)
            for number in range(len(dates))
            if one.day is not None and number != one.day
        ]
        for _, one, number in sorted(moves, key=lambda move: move[0]):
            values = {"stop": one, "date": dates[number], "instead": dates[one.day or 0]}
            found = self._found(
                "another_day", values, partial(with_stop, key=one.place.id, day=number)
            )
            if self.fits(found.kept):
                yield found
                break
        for one in (self.stop, *self.conflict):
            if one.order is not None:
                found = self._found(
                    "free_order", {"stop": one}, partial(with_stop, key=one.place.id, order=None)
                )
                if self.fits(found.kept):
                    yield found
                    break

    def _one_more_day(self) -> Iterator[_Found]:
        """Add the next day that helps, as the hours of all stops are, or if the host of the stop
        agrees to receive one then.
        """
        last = self.kept.days[-1]
        if len(self.kept.days) >= MOST_DAYS or last.end > last.start + timedelta(days=1):
            return
        dated = self.stop.windows is not None or any(stop.hours for stop in self.kept.stops)
        for by in range(1, DAYS_ADDED + 1 if dated else 2):
            found = self._found(
                "one_more_day",
                {"date": last.date + timedelta(days=by)},
                partial(one_more_day, days=by),
            )
            if self.fits(found.kept):
                yield found
                return
        longer, number = one_more_day(self.kept), len(self.kept.days)
        meeting = (
            nearest(self.fits, longer, self.stop, range(number, number + 1))
            if self.stop.windows is not None
            else None
        )
        if meeting:
            values = {
                "stop": self.stop,
                "date": last.date + timedelta(days=1),
                "start": meeting.first,
                "end": meeting.until,
            }
            yield self._found(
                "one_more_day_if", values, lambda trip: meeting.edit(one_more_day(trip))
            )

    def _other_hours(self) -> Iterator[_Found]:
        """Ask the host of the stop, or of another that it is in conflict with, for other hours."""
        for stop in (self.stop, *self.conflict[:FEW_TRIED]):
            meeting = nearest(self.fits, self.kept, stop) if stop.windows is not None else None
            if meeting:
                kind = "other_hours" if meeting.first < meeting.last else "other_hour"
                values = {
                    "stop": stop,
                    "start": meeting.first,
                    "end": meeting.last,
                    "date": meeting.first.date(),
                }
                yield self._found(kind, values, meeting.edit, SIZES_S[kind] + meeting.off_s)
                return

    def _other_dates(self) -> Iterator[_Found]:
        """Move the whole trip to the nearest dates on which all stops have hours and can be
        visited.
        """
        begin = self.kept.days[0].date
        days = range(
            max(-DAYS_SOONER, (self.today - begin).days + 1),
            max(0, (self.today - begin).days) + DAYS_LATER + 1,
        )
        for by in sorted(days, key=lambda by: (abs(by), -by)):
            found = self._found(
                "other_dates",
                {"date": begin + timedelta(days=by), "instead": begin},
                partial(moved, days=by),
            )
            if (
                by
                and all(_may_begin(found.kept, stop) for stop in found.kept.stops)
                and self.fits(found.kept)
            ):
                yield found
                return

    def _times(self) -> Iterator[_Found]:
        """Find the least time by which a day would have to be longer, or a visit shorter."""
        early = [self._room(number, -1) for number in range(len(self.kept.days))]
        late = [self._room(number, 1) for number in range(len(self.kept.days))]
        both = [min(pair) for pair in zip(early, late, strict=True)]
        best: dict[str, int] = {}
        for kind, room, sides in (
            ("start_earlier", early, (1, 0)),
            ("end_later", late, (0, 1)),
            ("longer_day", both, (1, 1)),
        ):
            most, found = round(MOST_S / STEP_S) + 1, None
            if kind == "longer_day":
                most = min([most, *best.values()])
            if not self.fits(
                reduce(
                    lambda trip, day: self._longer(trip, day[0], sides, day[1]),
                    enumerate(room),
                    self.kept,
                )
            ):
                continue  # not even with all days changed as far as they may be
            for number, steps in enumerate(room):
                fewer = self.smallest(
                    partial(self._longer, self.kept, number, sides), min(steps, most - 1)
                )
                if fewer:
                    most, found = fewer, number
            if found is not None:
                best[kind] = most
                edit = partial(
                    with_day,
                    number=found,
                    earlier_s=sides[0] * most * STEP_S,
                    later_s=sides[1] * most * STEP_S,
                )
                day = edit(self.kept).days[found]
                values = {"day": found, "by_s": most * STEP_S, "start": day.start, "end": day.end}
                yield self._found(kind, values, edit, sum(sides) * most * STEP_S)
        yield from self._shorter()

    def _longer(self, trip: Trip, number: int, sides: tuple[int, int], steps: int) -> Trip:
        return with_day(
            trip, number, earlier_s=sides[0] * steps * STEP_S, later_s=sides[1] * steps * STEP_S
        )

    def _room(self, number: int, side: int) -> int:
        """Return by how many steps a day may begin earlier, on the same date and side of lunch, or
        end later; apart from other days.
        """
        day, days, lunch = self.kept.days[number], self.kept.days, self.kept.lunch
        if side > 0:
            room_s = [between(day.end, one.start) for one in days[number + 1 :]]
        else:
            clock = ["00:00", lunch.until] if lunch else ["00:00"]
            times = [
                datetime.combine(day.date, time.fromisoformat(one), day.start.tzinfo)
                for one in clock
            ]
            room_s = [
                between(one, day.start)
                for one in (*times, *(other.end for other in days[:number]))
                if one <= day.start
            ]
        return max(0, int(min([MOST_S, *room_s]) // STEP_S))

    def _shorter(self) -> Iterator[_Found]:
        most, found = round(MOST_S / STEP_S) + 1, None
        room = [
            (one, min(most - 1, int(one.visit_s * (1 - LEAST_SHARE) // STEP_S)))
            for one in (self.stop, *self.conflict)
        ]
        if not self.fits(reduce(lambda trip, visit: self._less(trip, *visit), room, self.kept)):
            return  # not even with all of them as short as they may be
        for one, steps in room:
            fewer = self.smallest(partial(self._less, self.kept, one), min(most - 1, steps))
            if fewer:
                most, found = fewer, one
        if found is not None:
            values = {
                "stop": found,
                "by_s": most * STEP_S,
                "visit_s": found.visit_s - most * STEP_S,
            }
            yield self._found(
                "shorter_visit", values, lambda trip: self._less(trip, found, most), most * STEP_S
            )

    def _less(self, trip: Trip, stop: Stop, steps: int) -> Trip:
        return with_stop(trip, stop.place.id, visit_s=stop.visit_s - steps * STEP_S)

    def smallest(self, build: Callable[[int], Trip], most: int) -> int | None:
        """Return the least number of steps, at most so many, with which a trip is possible; None
        where there is none.
        """
        return smallest(self.fits, build, most)


def smallest(fits: Callable[[Trip], bool], build: Callable[[int], Trip], most: int) -> int | None:
    """Return the least number of steps, from 1 to `most`, with which a trip is possible; None where
    there is none.
    """
    if most < 1 or not fits(build(most)):
        return None
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(build(middle)) else (middle, high)
    return high


def _keeps(change: Change, written: Trip, plan: Plan) -> bool:
    """Check that a plan of a change, as it was read again, visits all the stops one must see, and
    others of as much weight.
    """
    if len(written.stops) != len(change.trip.stops):
        return False
    seen = {
        visit.stop.place.id for day in plan.days for visit in day.visits
    }  # as they are called there
    stops = [
        stop
        for stop, again in zip(change.trip.stops, written.stops, strict=True)
        if again.place.id in seen
    ]
    promised = [visit.stop for day in change.plan.days for visit in day.visits]
    musts = {stop.place.id for stop in promised if stop.must} <= {stop.place.id for stop in stops}
    return musts and plan.feasible and _worth(stops) >= _worth(promised)


def _worth(stops: Iterable[Stop]) -> float:
    """Add up the weights of stops that need not be visited."""
    return math.fsum(stop.weight for stop in stops if not stop.must)


def _may_begin(trip: Trip, stop: Stop) -> bool:
    """Check whether a visit has room in a window of the stop on some day, whatever else there is to
    do.
    """
    days = [day for number, day in enumerate(trip.days) if stop.day in (None, number)]
    spans = (
        (max(start, day.start), min(end, day.end))
        for day in days
        for start, end in stop.windows or ()
    )
    return stop.windows is None or any(between(start, end) >= stop.visit_s for start, end in spans)
