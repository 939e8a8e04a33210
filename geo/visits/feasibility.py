"""Whether all stops of a trip can be visited, asked again and again of slightly changed trips: what
:mod:`geo.visits.whynot` is built on.

The places stay the same, so driving times are asked for once; and a day that a change leaves alone
is not planned anew."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geo.errors import InputError
from geo.visits import planner
from geo.visits.joined_days import JoinedDays, Sums, begins_of_days, ends_of_days, orders
from geo.visits.matrices import FAR, Tables, places_of
from geo.visits.trip import Day, Lunch, Place, Plan, Proof, Stop, Trip
from geo.visits.verify import rehearse
from geo.visits.world import World

if TYPE_CHECKING:
    from geo.visits._day_rules import Model

QUICK_S = 0.1
"""How long a search may take for one question about a trip that is too large for a proof."""
SEARCH_S = 0.3
"""How long a plan of such a trip is looked for before a change of it is offered."""


@cache
def warm_up() -> None:
    """Compile what is needed, or load what was compiled before, so that this is not taken from the
    time of a question.
    """
    places = tuple(
        Place(str(one), {"en": str(one)}, 0, 0, None, "VN", "Asia/Ho_Chi_Minh") for one in range(2)
    )
    start = datetime(2026, 1, 5, 8, tzinfo=places[0].zone)
    days = tuple(
        Day(
            start + timedelta(days=one),
            start + timedelta(days=one, hours=8),
            places[0],
            (places[0],),
        )
        for one in range(2)
    )
    tables = Tables(places, np.full((2, 2), 60))
    fits = Fits(None, tables)  # type: ignore[arg-type]
    fits.subsets(Trip("", (Stop(places[1], 60),), days, Lunch(60)))


class TimeUp(Exception):
    """The time for the search is over."""


@dataclass(eq=False)
class Fits:
    """Answers whether all stops of a trip can be visited, until a moment of ``time.perf_counter``.

    Attributes
    ----------
    tables
        Of a trip with all the places.
    """

    world: World
    tables: Tables
    until: float = math.inf
    _days: dict[Any, NDArray[Any]] = field(default_factory=dict, repr=False)

    def exact(self, trip: Trip) -> bool:
        """Return whether a “no” is certain for a trip of this size, and a plan the best one."""
        return len(trip.stops) <= planner.EXACT

    def __call__(self, trip: Trip) -> bool:
        """Return whether every stop can be visited; for a larger trip, whether a plan for that was
        found.

        Raises
        ------
        TimeUp
            The time is over.
        """
        if self.exact(trip):
            return bool(self.subsets(trip)[-1])
        self.check_time()
        try:
            return not planner.solve(trip, self.tables, seconds=QUICK_S).left_out
        except InputError:  # a day that cannot even be driven without a stop
            return False

    def subsets(self, trip: Trip) -> NDArray[np.bool_]:
        """Say of each set of stops of a small trip, bit i for stop i, whether all of it can be
        visited.

        Raises
        ------
        TimeUp
            The time is over, or the days are too long and too free for a proof.
        """
        from geo.visits import _fits as compiled

        model = self.tables.model(trip)
        fixed, ends = ends_of_days(trip)
        lowest, highest = orders(model)
        total: Any = np.zeros((1 << model.stops, 1), np.bool_)
        total[0] = True
        for number, begins in enumerate(begins_of_days(fixed, ends)):
            self.check_time()
            today = self._day(model, number, begins, ends[number], cheapest=False)
            before = total if fixed[number] < 0 else total.any(axis=1, keepdims=True)
            total = compiled.joined(before, today, lowest, highest) if number else today[0]
        possible: NDArray[np.bool_] = total.any(axis=1)
        return possible

    def plan(self, trip: Trip, wished: Trip) -> Plan | None:
        """Return a rehearsed plan that visits all stops of a trip, as one for a trip that has other
        stops too; None where there is none.

        Parameters
        ----------
        wished
            The trip that the plan is for: with the same days, and with all stops and pins.

        Raises
        ------
        TimeUp
            The time is over.
        """
        found = self._pinned(trip) if self.exact(trip) else self._planned(trip)
        if found is None:
            return None
        as_wished = {stop.place.id: stop for stop in wished.stops}
        visited = {stop.place.id for stop in trip.stops}
        days = tuple(
            replace(
                day,
                visits=tuple(
                    replace(visit, stop=as_wished[visit.stop.place.id]) for visit in day.visits
                ),
            )
            for day in found.days
        )
        left_out = tuple(stop for stop in wished.stops if stop.place.id not in visited)
        proof: Proof = "proven" if self.exact(trip) and not left_out else "unproven"
        plan = replace(found, trip=wished, days=days, left_out=left_out, proof=proof)
        faults = rehearse(plan, self.world)
        return None if faults else plan

    def whole(self, trip: Trip) -> Plan:
        """Plan a trip with all its stops, as somebody does who asks for it anew; lengths of ways
        stay unknown.

        Raises
        ------
        TimeUp
            The time is over.
        InputError
            The trip cannot be planned.
        """
        self.check_time()
        known = {place.id: place for place in self.tables.places}
        same = all(
            _whereabouts(place) == _whereabouts(known.get(place.id)) for place in places_of(trip)
        )
        tables = self.tables if same else Tables.of(trip, self.world)
        return planner.solve(trip, tables, seconds=SEARCH_S)

    def check_time(self) -> None:
        """Stop where the time is over."""
        if time.perf_counter() > self.until:
            raise TimeUp

    def _planned(self, trip: Trip) -> Plan | None:
        self.check_time()
        found = planner.plan(trip, self.world, seconds=QUICK_S, rehearse=False, tables=self.tables)
        return None if found.left_out else found

    def _pinned(self, trip: Trip) -> Plan | None:
        """Plan with each stop pinned to the day on which it is best visited, which takes no time
        any more.
        """
        model = self.tables.model(trip)
        joined = JoinedDays.of(trip, model)
        for number, begins in enumerate(joined.begins):
            self.check_time()
            joined.join(self._day(model, number, begins, joined.ends[number], cheapest=True))
        chosen = (1 << len(trip.stops)) - 1
        if joined.total[-1][chosen].min() >= FAR:
            return None
        shares = joined.shares(chosen)
        days = [
            next(day for day, share in enumerate(shares) if share.stops >> number & 1)
            for number in range(len(trip.stops))
        ]
        pinned = (replace(stop, day=day) for stop, day in zip(trip.stops, days, strict=True))
        return self._planned(replace(trip, stops=tuple(pinned)))

    def _day(
        self, model: Model, number: int, begins: list[int], ends: list[int], *, cheapest: bool
    ) -> NDArray[Any]:
        """Return the least sums of a day (begins, sets, ends), or only what it has time for."""
        nodes = np.array(ends)
        return np.stack(
            [self._from(model, number, begin, nodes, cheapest=cheapest) for begin in begins]
        )

    def _from(
        self, model: Model, number: int, begin: int, ends: Sums, *, cheapest: bool
    ) -> NDArray[Any]:
        """Return the same of a day that begins at a node, (sets, ends).

        Kept for days that are the same in all that counts.
        """
        from geo.visits import _exact, _fits

        n, g = model.stops, model.passages
        entry = np.asarray(model.entry_start)[number * g : (number + 1) * g + 1]
        open_ = np.asarray(model.begin_start)[number * n : (number + 1) * n + 1]
        counts = (
            *(
                model.way_start,
                model.way,
                model.visit_s,
                model.order,
                model.lunch[number],
                model.day[number],
                ends,
            ),
            *(
                entry - entry[0],
                model.entry[entry[0] : entry[-1]],
                open_ - open_[0],
                model.begin[open_[0] : open_[-1]],
            ),
        )
        key = cheapest, begin, model.lunch_s, *(np.asarray(array).tobytes() for array in counts)
        if key not in self._days:
            if cheapest:
                best, *_, enough = _exact.one_day(
                    model, number, begin, ends, (1 << n) - 1, planner.LABELS
                )
                if not enough:
                    raise TimeUp
                self._days[key] = best
            else:
                self._days[key] = _fits.time_for(model, number, begin, ends)
        return self._days[key]


def _whereabouts(place: Place | None) -> tuple[float, float, str] | None:
    return None if place is None else (place.lon, place.lat, place.country)
