"""Go through a plan as a driver does with a watch and the road map, and name what is wrong with it.

Nothing here is taken from the solver: driving times are asked of the network anew, hours of the
gates at the very moment, and all arithmetic is that of ``datetime``. So a mistake of the solver is
found and not repeated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from geo.visits import meals
from geo.visits.meals import way
from geo.visits.moments import at
from geo.visits.trip import DayPlan, Plan, Visit
from geo.visits.verify_ways import Driver
from geo.visits.world import World


def rehearse(plan: Plan, world: World) -> list[str]:
    """Go through a plan as a driver would, and return every fault as a sentence with its place and
    moment; none if it holds.

    Checked are the ways (who drives where, through which gate, how long and how far), moments and
    clocks, hours of the gates with the reserve before they close, windows, lunch wherever it is
    eaten, days, nights, pins, that every stop is visited once or left out, the slack, and the sum
    on the road. That a stop one must see is left out is not a fault of the plan, which says so
    itself.

    Raises
    ------
    NotFoundError
        The network has no such vehicle profile.
    """
    naive = [
        f"{what}: the time {moment:%H:%M} has no zone."
        for what, moment in _moments(plan)
        if moment.utcoffset() is None
    ]
    if naive:
        return naive
    driver = Driver(plan.trip, world)
    driver.read_the_map(plan)
    return [
        *_whole(plan),
        *_nights(plan),
        *_pins(plan),
        *(
            fault
            for day, wish in zip(plan.days, plan.trip.days, strict=False)
            for fault in driver.drive(day, wish)
        ),
        *driver.odometer(plan),
    ]


# Words --------------------------------------------------------------------------------------------


def _moments(plan: Plan) -> Iterator[tuple[str, datetime]]:
    for day in plan.days:
        yield from (
            (meal.what, moment) for meal in meals.of(day) for moment in (meal.start, meal.end)
        )
        for leg in day.legs:
            yield from ((way(leg), moment) for moment in (leg.depart, leg.arrive))
            if leg.crossing:
                yield from (
                    (leg.crossing.gate, moment)
                    for moment in (leg.crossing.arrive, leg.crossing.enter, leg.crossing.leave)
                )
        for visit in day.visits:
            moments = (visit.arrive, visit.start, visit.end, visit.leave)
            yield from ((visit.stop.place.name(), moment) for moment in moments)


# The plan as a whole ------------------------------------------------------------------------------


def _whole(plan: Plan) -> Iterator[str]:
    """Compare what is visited and what is left out with what was wished."""
    wished = {stop.place.id: stop for stop in plan.trip.stops}
    named = [visit.stop for day in plan.days for visit in day.visits]
    visited, left = (
        Counter(stop.place.id for stop in named),
        Counter(stop.place.id for stop in plan.left_out),
    )
    for key, stop in wished.items():
        name, moments = (
            stop.place.name(),
            [at(v.arrive) for day in plan.days for v in day.visits if v.stop.place.id == key],
        )
        if visited[key] > 1:
            yield f"{name}: it is visited {visited[key]} times, at {' and '.join(moments)}."
        if visited[key] and left[key]:
            yield f"{name}: it is visited at {moments[0]} and said to be left out."
        if left[key] > 1:
            yield f"{name}: it is left out {left[key]} times."
        if not visited[key] and not left[key]:
            yield f"{name}: it is neither visited nor said to be left out."
    for stop in (*named, *plan.left_out):
        if stop != wished.get(stop.place.id):
            yield (
                f"{stop.place.name()}: the trip has no such stop, or another place, length, window"
                " or pin for it."
            )


def _nights(plan: Plan) -> Iterator[str]:
    """Check where the days begin and end."""
    trip = plan.trip
    if [day.number for day in plan.days] != list(range(len(trip.days))):
        yield (
            f"The plan has the days {', '.join(str(day.number + 1) for day in plan.days)}; the trip"
            f" has {len(trip.days)}, in order."
        )
    before: DayPlan | None = None
    for day, wish in zip(plan.days, trip.days, strict=False):
        begin = wish.begin or (before.goal if before else None)
        if begin is not None and day.start != begin:
            yield (
                f"Day {day.number + 1}: it begins at {day.start.name()}, and should at"
                f" {begin.name()}."
            )
        if day.goal not in wish.ends:
            yield f"Day {day.number + 1}: it ends at {day.goal.name()}, where no end is allowed."
        if not day.legs and (day.visits or day.start.id != day.goal.id):
            yield (
                f"Day {day.number + 1}: no way leads from {day.start.name()} to {day.goal.name()}."
            )
        if before and before.legs and day.legs and day.legs[0].depart < before.legs[-1].arrive:
            yield (
                f"Day {day.number + 1}: it departs at {at(day.legs[0].depart)}, before the day"
                " before it has ended."
            )
        before = day


def _pins(plan: Plan) -> Iterator[str]:
    """Check the days and the order that stops are pinned to."""
    last: Visit | None = None
    for day in plan.days:
        for visit in day.visits:
            stop, moment = visit.stop, f"visited on day {day.number + 1} at {at(visit.arrive)}"
            if stop.day is not None and stop.day != day.number:
                yield f"{stop.place.name()}: it is {moment}, and is pinned to day {stop.day + 1}."
            if stop.order is not None:
                if (
                    last is not None
                    and last.stop.order is not None
                    and stop.order < last.stop.order
                ):
                    yield (
                        f"{stop.place.name()}: it is {moment}, after {last.stop.place.name()},"
                        " which should come later."
                    )
                last = visit
