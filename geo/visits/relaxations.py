"""The smallest changes of a trip that bring one stop more into its plan, each of them planned and
rehearsed.

A change counts when the stop is visited and so is every other stop of the plan, but for one that it
drops. It is offered only if the changed trip, written down and read again, is planned with that
stop: what somebody does who follows the advice."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from time import perf_counter
from typing import Any

from geo.errors import InputError
from geo.visits.appointments import nearest
from geo.visits.candidates import SIZES_S, STEP_S, Candidate, Candidates, Edit, smallest
from geo.visits.edits import moved, one_more_day, with_stop, without
from geo.visits.feasibility import TimeUp
from geo.visits.moments import between
from geo.visits.trip import MOST_DAYS, Plan, Stop, Trip
from geo.visits.why_words import SENTENCES, english, gate_names

FEW_TRIED = 3
"""Of a trip too large for a proof so many stops are tried to be left out, those that count least.
"""
DAYS_ADDED = 4
"""A day is added so many days after the last at most, which is the first beyond most weekends."""
DAYS_SOONER, DAYS_LATER = 14, 21
"""Within these a trip may be moved, but not to a day that has begun."""


@dataclass(frozen=True)
class Change:
    """A change that brings the stop in: a code of :data:`geo.visits.why_words.CHANGES` and its
    values.

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


@dataclass
class Changes(Candidates):
    """Looks for changes of a trip, and plans them.

    Attributes
    ----------
    rewrite
        Called with a changed trip; writes it down and reads that again. Raises `InputError` where
        the written trip has a fault.
    today
        After which a trip may begin.
    complete
        Whether everything has been tried, and what was not found is not possible.
    """

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
        candidates: list[Candidate] = []
        self.complete = self.complete and self.fits.exact(self.kept)
        try:
            candidates.extend(self._possible())
        except TimeUp:
            self.complete = False
        self.fits.until = perf_counter() + plan_s
        candidates.sort(key=lambda candidate: candidate.size_s)
        changes = [change for change in map(self._planned, candidates) if change]
        self.complete = self.complete and len(changes) == len(candidates)
        return tuple(changes)

    def _planned(self, candidate: Candidate) -> Change | None:
        """Plan and rehearse a change, and plan it once more from its written form; None if one of
        the plans does not hold.
        """
        kind, wished, values = candidate.kind, candidate.wished, candidate.values
        try:
            plan = self.fits.plan(candidate.kept, wished)
            if plan is None:
                return None
            if kind == "unknown_hours":
                values = {"gates": self._unknown(plan)}
            change = Change(kind, values, wished, plan, candidate.size_s)
            written = self.rewrite(wished)
            return change if _keeps(change, written, self.fits.whole(written)) else None
        except (InputError, TimeUp):
            return None

    def _possible(self) -> Iterator[Candidate]:
        """Return possible changes, those that are quickly found first."""
        if self.fits(self.kept):
            yield self.candidate("as_it_is", {"stop": self.stop})
            return
        yield from self._fewer()
        yield from self._one_thing()
        yield from self._reserve()
        yield from self._pins()
        yield from self._one_more_day()
        yield from self.times()
        yield from self.shorter()
        yield from self._other_hours()
        yield from self._other_dates()

    def _fewer(self) -> Iterator[Candidate]:
        """Leave out one that need not be visited, and drop one that was to be: each the one that
        counts least.
        """
        for kind, must in (("leave_out", False), ("drop", True)):
            others = sorted(
                (stop for stop in self.conflict if stop.must == must),
                key=lambda stop: (stop.weight, -stop.visit_s),
            )
            tried = others if self.fits.exact(self.kept) else others[:FEW_TRIED]
            rests = ((other, without(self.kept, other.place.id)) for other in tried)
            yield from self.first(
                Candidate(
                    kind,
                    {"stop": other},
                    rest,
                    without(self.wished, other.place.id) if must else self.wished,
                    SIZES_S[kind],
                )
                for other, rest in rests
            )

    def _one_thing(self) -> Iterator[Candidate]:
        """Leave out lunch, and what keeps one from a gate."""
        trip, gates = self.kept, self.fits.world.gates
        if trip.lunch:
            edit: Edit = partial(replace, lunch=None)
            yield from self.first([self.candidate("no_lunch", {}, edit, trip.lunch.length_s)])
        for gate in trip.closed:
            names = {"gate": gate_names(gates, gate)}
            edit = partial(replace, closed=tuple(other for other in trip.closed if other != gate))
            yield from self.first([self.candidate("open_gate", names, edit)])
        if trip.avoid_unknown_hours:
            edit = partial(replace, avoid_unknown_hours=False)
            yield from self.first([self.candidate("unknown_hours", {}, edit)])

    def _reserve(self) -> Iterator[Candidate]:
        """Find the greatest reserve before gates close with which the stop can be visited."""
        reserve_s = self.kept.reserve_s
        if len(self.kept.countries) < 2:
            return

        def less(trip: Trip, steps: int) -> Trip:
            return replace(trip, reserve_s=max(0.0, reserve_s - steps * STEP_S))

        steps = smallest(self.fits, partial(less, self.kept), math.ceil(reserve_s / STEP_S))
        if steps:
            left_s = less(self.kept, steps).reserve_s
            values = {"less_s": reserve_s - left_s, "reserve_s": left_s}
            edit = partial(less, steps=steps)
            yield self.candidate("smaller_reserve", values, edit, reserve_s - left_s)

    def _unknown(self, plan: Plan) -> tuple[dict[str, str], ...]:
        """Return the names of the gates of unknown hours in a plan."""
        crossings = [leg.crossing for day in plan.days for leg in day.legs if leg.crossing]
        used = dict.fromkeys(passed.gate for passed in crossings if not passed.hours_known)
        return tuple(gate_names(self.fits.world.gates, gate) for gate in used)

    def _pins(self) -> Iterator[Candidate]:
        """Pin the stop, or one it is in conflict with, to the nearest other day, or to none in the
        order.
        """
        dates, stops = [day.date for day in self.kept.days], (self.stop, *self.conflict)
        moves = [
            (abs(number - stop.day), stop, number)
            for stop in stops
            for number in range(len(dates))
            if stop.day is not None and number != stop.day
        ]
        yield from self.first(
            self.candidate(
                "another_day",
                {"stop": stop, "date": dates[number], "instead": dates[stop.day or 0]},
                partial(with_stop, key=stop.place.id, day=number),
            )
            for _, stop, number in sorted(moves, key=lambda move: move[0])
        )
        yield from self.first(
            self.candidate(
                "free_order", {"stop": stop}, partial(with_stop, key=stop.place.id, order=None)
            )
            for stop in stops
            if stop.order is not None
        )

    def _one_more_day(self) -> Iterator[Candidate]:
        """Add the next day that helps, as the hours of all stops are, or if the host of the stop
        agrees to receive one then.
        """
        stop, last, number = self.stop, self.kept.days[-1], len(self.kept.days)
        if number >= MOST_DAYS or last.end > last.start + timedelta(days=1):
            return
        dated = stop.windows is not None or any(other.hours for other in self.kept.stops)
        days = (
            self.candidate(
                "one_more_day",
                {"date": last.date + timedelta(days=by)},
                partial(one_more_day, days=by),
            )
            for by in range(1, DAYS_ADDED + 1 if dated else 2)
        )
        helpful = list(self.first(days))
        yield from helpful
        if helpful or stop.windows is None:
            return
        meeting = nearest(self.fits, one_more_day(self.kept), stop, range(number, number + 1))
        if meeting:
            when = {"start": meeting.first, "end": meeting.until}
            values = {"stop": stop, "date": last.date + timedelta(days=1)} | when
            edit: Edit = lambda trip: meeting.edit(one_more_day(trip))  # noqa: E731
            yield self.candidate("one_more_day_if", values, edit)

    def _other_hours(self) -> Iterator[Candidate]:
        """Ask the host of the stop, or of another that it is in conflict with, for other hours."""
        for stop in (self.stop, *self.conflict[:FEW_TRIED]):
            meeting = nearest(self.fits, self.kept, stop) if stop.windows is not None else None
            if meeting:
                first, last = meeting.first, meeting.last
                kind = "other_hours" if first < last else "other_hour"
                values = {"stop": stop, "start": first, "end": last, "date": first.date()}
                yield self.candidate(kind, values, meeting.edit, SIZES_S[kind] + meeting.off_s)
                return

    def _other_dates(self) -> Iterator[Candidate]:
        """Move the whole trip to the nearest dates on which all stops have hours and can be
        visited.
        """
        begin = self.kept.days[0].date
        soonest = (self.today - begin).days
        days = range(max(-DAYS_SOONER, soonest + 1), max(0, soonest) + DAYS_LATER + 1)
        moves = (
            self.candidate(
                "other_dates",
                {"date": begin + timedelta(days=by), "instead": begin},
                partial(moved, days=by),
            )
            for by in sorted(days, key=lambda by: (abs(by), -by))
            if by
        )
        yield from self.first(
            move for move in moves if all(_may_begin(move.kept, stop) for stop in move.kept.stops)
        )


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
