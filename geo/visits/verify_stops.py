"""The part of the rehearsal that looks at stops: clocks, visits, windows, and what follows on what.

Nothing here is taken from the solver.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from geo.visits.meals import TOLERANCE_S, dial, way
from geo.visits.moments import NEVER, at, between, later, length
from geo.visits.trip import DayPlan, Stop, Visit


def sequence(day: DayPlan) -> Iterator[str]:
    """Check that ways and visits follow each other without a jump in place or time."""
    if len(day.legs) != len(day.visits) + 1:
        yield (
            f"Day {day.number + 1}: it has {len(day.legs)} ways and {len(day.visits)} visits; there"
            " is one way more than visits."
        )
        return
    places = [day.start, *(visit.stop.place for visit in day.visits), day.goal]
    for leg, start, goal in zip(day.legs, places, places[1:], strict=False):
        if leg.start != start or leg.goal != goal:
            yield (
                f"{way(leg)}: at {at(leg.depart)} the way should lead from {start.name()} to"
                f" {goal.name()}."
            )
    for visit, to, on in zip(day.visits, day.legs, day.legs[1:], strict=False):
        name = visit.stop.place.name()
        if visit.arrive != to.arrive:
            yield (
                f"{name}: the way there arrives at {at(to.arrive)}, the visit says"
                f" {at(visit.arrive)}."
            )
        if visit.leave != on.depart:
            yield f"{name}: one leaves at {at(visit.leave)}, the way on departs at {at(on.depart)}."


def visit_faults(visit: Visit) -> Iterator[str]:
    """Check one visit, and the lunch beside it."""
    stop, name, zone = visit.stop, visit.stop.place.name(), visit.stop.place.zone
    for moment in (visit.arrive, visit.start, visit.end, visit.leave):
        yield from dial(name, moment, zone)
    if visit.start < visit.arrive:
        yield (
            f"{name}: the visit begins at {at(visit.start)}, before the arrival at"
            f" {at(visit.arrive)}."
        )
    if abs(between(visit.start, visit.end) - stop.visit_s) > TOLERANCE_S:
        stated = length(between(visit.start, visit.end))
        yield (
            f"{name}: the visit from {at(visit.start)} to {at(visit.end)} takes {stated}, and needs"
            f" {length(stop.visit_s)}."
        )
    yield from _window(visit, name, zone)
    done = max(visit.end, visit.lunch[1]) if visit.lunch else visit.end
    if visit.leave != done:
        yield f"{name}: one leaves at {at(visit.leave)}, and is ready at {at(done)}."
    if visit.lunch is None:
        return
    start, end = visit.lunch
    if not (
        visit.arrive <= start <= end <= visit.start or visit.end <= start <= end <= visit.leave
    ):
        yield (
            f"{name}: the lunch from {at(start)} to {at(end)} lies neither before nor after the"
            " visit."
        )


def _window(visit: Visit, name: str, zone: ZoneInfo) -> Iterator[str]:
    windows = visit.stop.windows
    if windows is None or any(
        opens <= visit.start and visit.end <= closes for opens, closes in windows
    ):
        return
    for opens, closes in windows:
        if opens <= visit.start <= closes:
            yield (
                f"{name}: the visit ends at {at(visit.end)}, after the window closes at"
                f" {at(closes.astimezone(zone))}."
            )
            return
        if visit.start < opens < visit.end <= closes:
            yield (
                f"{name}: the visit begins at {at(visit.start)}, before the window opens at"
                f" {at(opens.astimezone(zone))}."
            )
            return
    yield (
        f"{name}: the visit from {at(visit.start)} to {at(visit.end)} lies in none of its windows."
    )


def seen(stop: Stop, arrive: datetime) -> datetime:
    """Return the end of the earliest visit from an arrival on."""
    if arrive is NEVER:
        return NEVER
    if stop.windows is None:
        return later(arrive, stop.visit_s)
    starts = (
        max(arrive, opens)
        for opens, closes in stop.windows
        if later(max(arrive, opens), stop.visit_s) <= later(closes, TOLERANCE_S)
    )
    return min((later(start, stop.visit_s) for start in starts), default=NEVER)
