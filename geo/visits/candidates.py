"""Changes of a trip that may bring a stop in, before they are planned: how they are made and
compared, and the least by which a day would have to be longer or a visit shorter.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time
from functools import partial
from typing import Any, TypeVar

from geo.visits.edits import with_day, with_stop
from geo.visits.feasibility import Fits
from geo.visits.moments import between
from geo.visits.trip import Stop, Trip

STEP_S = 300.0
"""Changes of time are looked for in steps of five minutes."""
MOST_S = 3 * 3600.0
"""Nobody starts, ends or stays so much earlier, later or shorter than this for one stop more."""
LEAST_SHARE = 0.5
"""A visit of less than this share of what was wished is another visit."""
Edit = Callable[[Trip], Trip]
T = TypeVar("T")

SIZES_S = {
    "as_it_is": 0.0,
    "unknown_hours": 900.0,
    "free_order": 900.0,
    "open_gate": 1800.0,
    "another_day": 1800.0,
    "other_hours": 3600.0,
    "other_hour": 3600.0,
    "leave_out": 5400.0,
    "drop": 4 * 3600.0,
    "other_dates": 6 * 3600.0,
    "one_more_day": 8 * 3600.0,
    "one_more_day_if": 9 * 3600.0,
}
"""How much a change that is not one of time weighs beside those that are, so that the smallest
comes first: our estimate.
"""
SIDES = {"start_earlier": (1, 0), "end_later": (0, 1), "longer_day": (1, 1)}
"""Whether a day begins earlier, and whether it ends later."""


@dataclass(frozen=True)
class Candidate:
    """A change that may be possible: the trip with the stops of the plan, and the one that is
    wished.
    """

    kind: str
    values: dict[str, Any]
    kept: Trip
    wished: Trip
    size_s: float


@dataclass
class Candidates:
    """Looks for changes of a trip that make room for a stop.

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
        Stops of the plan that leave no room: a smaller change has to do with one of
        them.
    """

    fits: Fits
    kept: Trip
    wished: Trip
    stop: Stop
    conflict: tuple[Stop, ...]

    def candidate(
        self,
        kind: str,
        values: dict[str, Any],
        edit: Edit = lambda trip: trip,
        size_s: float | None = None,
    ) -> Candidate:
        """Return a change of both trips; its size is that of its kind where none is named."""
        size_s = SIZES_S[kind] if size_s is None else size_s
        return Candidate(kind, values, edit(self.kept), edit(self.wished), size_s)

    def first(self, candidates: Iterable[Candidate]) -> Iterator[Candidate]:
        """Return the first that is possible, if there is one."""
        for candidate in candidates:
            if self.fits(candidate.kept):
                yield candidate
                return

    def times(self) -> Iterator[Candidate]:
        """Find the least time by which a day would have to be longer."""
        early, late = (
            [self._room(number, side) for number in range(len(self.kept.days))] for side in (-1, 1)
        )
        rooms = {"start_earlier": early, "end_later": late, "longer_day": map(min, early, late)}
        best = [round(MOST_S / STEP_S) + 1]
        for kind, sides in SIDES.items():
            longer = partial(_longer, sides=sides)
            most = min(best) if kind == "longer_day" else best[0]
            least = self._least(longer, list(enumerate(rooms[kind])), most)
            if least:
                number, steps = least
                best.append(steps)
                by_s = steps * STEP_S
                edit: Edit = partial(longer, number=number, steps=steps)
                day = edit(self.kept).days[number]
                values = {"day": number, "by_s": by_s, "start": day.start, "end": day.end}
                yield self.candidate(kind, values, edit, sum(sides) * by_s)

    def shorter(self) -> Iterator[Candidate]:
        """Find the least time by which a visit would have to be shorter."""
        most = round(MOST_S / STEP_S) + 1
        room = [
            (stop, min(most - 1, int(stop.visit_s * (1 - LEAST_SHARE) // STEP_S)))
            for stop in (self.stop, *self.conflict)
        ]
        least = self._least(_less, room, most)
        if least:
            stop, by_s = least[0], least[1] * STEP_S
            values = {"stop": stop, "by_s": by_s, "visit_s": stop.visit_s - by_s}
            edit = partial(_less, stop=stop, steps=least[1])
            yield self.candidate("shorter_visit", values, edit, by_s)

    def _least(
        self, change: Callable[[Trip, T, int], Trip], room: list[tuple[T, int]], most: int
    ) -> tuple[T, int] | None:
        """Find the one of several things that has to be changed by the fewest steps, fewer than
        `most` and at most its own room; None where not even all of them together suffice.
        """
        whole = self.kept
        for thing, steps in room:
            whole = change(whole, thing, steps)
        if not self.fits(whole):
            return None
        least = None
        for thing, steps in room:
            build = partial(change, self.kept, thing)
            fewer = smallest(self.fits, build, min(steps, most - 1))
            if fewer:
                least, most = (thing, fewer), fewer
        return least

    def _room(self, number: int, side: int) -> int:
        """Return by how many steps a day may begin earlier, on the same date and side of lunch, or
        end later; apart from other days.
        """
        day, days, lunch = self.kept.days[number], self.kept.days, self.kept.lunch
        if side > 0:
            room_s = [between(day.end, other.start) for other in days[number + 1 :]]
        else:
            times = [
                datetime.combine(day.date, time.fromisoformat(hour), day.start.tzinfo)
                for hour in (["00:00", lunch.until] if lunch else ["00:00"])
            ]
            room_s = [
                between(moment, day.start)
                for moment in (*times, *(other.end for other in days[:number]))
                if moment <= day.start
            ]
        return max(0, int(min([MOST_S, *room_s]) // STEP_S))


def _longer(trip: Trip, number: int, steps: int, sides: tuple[int, int]) -> Trip:
    earlier_s, later_s = (side * steps * STEP_S for side in sides)
    return with_day(trip, number, earlier_s=earlier_s, later_s=later_s)


def _less(trip: Trip, stop: Stop, steps: int) -> Trip:
    return with_stop(trip, stop.place.id, visit_s=stop.visit_s - steps * STEP_S)


def smallest(fits: Callable[[Trip], bool], build: Callable[[int], Trip], most: int) -> int | None:
    """Return the least number of steps, from 1 to `most`, with which a trip is possible; None where
    there is none.
    """
    if most < 1 or not fits(build(most)):
        return None
    return 1 + bisect_left(range(1, most), True, key=lambda steps: fits(build(steps)))
