"""Lunch as the rehearsal sees it: where and when one eats on a day, whether one has to, and how
long a way takes with lunch on it.

Nothing here is taken from the solver.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest
from zoneinfo import ZoneInfo

from geo.visits.moments import NEVER, at, between, clock, later, length, shows
from geo.visits.trip import Day, DayPlan, Leg, Lunch, Span

TOLERANCE_S = 1.0
"""Plans hold whole seconds, rounded up, and the network has fractions: each part of a way may be
off by so much.
"""


@dataclass(frozen=True)
class Meal:
    """A lunch of a plan: a place or a way in words, from when to when, and the clock that counts
    there.
    """

    what: str
    start: datetime
    end: datetime
    zone: ZoneInfo


def dial(what: str, moment: datetime, zone: ZoneInfo) -> Iterator[str]:
    """Check that a moment is the time on the clock of a place."""
    if not shows(moment, zone):
        yield (
            f"{what}: {at(moment)} is not the time on the clock there, which is"
            f" {at(moment.astimezone(zone))} ({zone.key})."
        )


def way(leg: Leg) -> str:
    """Write between which places a way leads."""
    return f"{leg.start.name()} – {leg.goal.name()}"


def behind(leg: Leg) -> bool:
    """Check whether lunch on a way is eaten behind its gate."""
    return leg.lunch is not None and leg.crossing is not None and leg.lunch[0] >= leg.crossing.leave


def of(day: DayPlan) -> list[Meal]:
    """Return every lunch of a day, in the order of time: where it begins, on its ways, and at its
    stops.
    """
    meals = (
        [Meal(f"{day.start.name()}, before setting out", *day.lunch, day.start.zone)]
        if day.lunch
        else []
    )
    for leg, visit in zip_longest(day.legs, day.visits):
        if leg.lunch:
            zone = leg.goal.zone if behind(leg) else leg.start.zone
            meals.append(Meal(f"{way(leg)}, on the way", leg.lunch[0], leg.lunch[1], zone))
        if visit and visit.lunch:
            place, (start, end) = visit.stop.place, visit.lunch
            meals.append(Meal(place.name(), start, end, place.zone))
    return meals


@dataclass(frozen=True)
class Lunchtime:
    """The lunch of one day: on the date on which the day begins, on whatever clock."""

    lunch: Lunch
    day: date

    def opens(self, zone: ZoneInfo) -> datetime:
        return clock(self.day, self.lunch.from_, zone)

    def closes(self, zone: ZoneInfo) -> datetime:
        return clock(self.day, self.lunch.until, zone)

    def eat(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """Return the end of a lunch that begins as soon as one may eat; never, if it is too late
        for it.
        """
        return self.drive(moment, zone, 0.0)

    def drive(self, moment: datetime, zone: ZoneInfo, drive_s: float) -> datetime:
        """Return when one has driven for so long who stops for lunch as soon as one may eat; never,
        if it is too late for it.
        """
        if moment is NEVER:
            return NEVER
        start = max(moment, self.opens(zone))
        if start > later(self.closes(zone), TOLERANCE_S):
            return NEVER
        return later(start, self.lunch.length_s + max(0.0, drive_s - between(moment, start)))

    def too_early(self, arrive: datetime, zone: ZoneInfo) -> bool:
        """Check whether whoever arrives at a moment need not have eaten."""
        return arrive <= later(self.closes(zone), TOLERANCE_S)

    def too_late(self, depart: datetime, zone: ZoneInfo) -> bool:
        """Check whether whoever sets out at a moment need not eat any more."""
        return depart >= self.closes(zone)


def faults(day: DayPlan, wish: Day, lunch: Lunch | None) -> Iterator[str]:
    """Check that one eats once on a day that is out over lunch: at the right time, long enough, and
    beside nothing else.
    """
    meals, first, last = of(day), day.legs[0], day.legs[-1]
    if lunch is None:
        yield from (
            f"{meal.what}: a lunch is taken at {at(meal.start)}, and the trip has none."
            for meal in meals
        )
        return
    time = Lunchtime(lunch, wish.date)
    for meal in meals:
        for moment in (meal.start, meal.end):
            yield from dial(meal.what, moment, meal.zone)
        length_s = between(meal.start, meal.end)
        if abs(length_s - lunch.length_s) > TOLERANCE_S:
            yield (
                f"{meal.what}: the lunch at {at(meal.start)} takes {length(length_s)}, and should"
                f" {length(lunch.length_s)}."
            )
        if not time.opens(meal.zone) <= meal.start <= time.closes(meal.zone):
            yield (
                f"{meal.what}: the lunch begins at {at(meal.start)}, not between {lunch.from_} and"
                f" {lunch.until}."
            )
    if day.lunch and not wish.start <= day.lunch[0] <= day.lunch[1] <= first.depart:
        stated = f"the lunch from {at(day.lunch[0])} to {at(day.lunch[1])}"
        yield (
            f"{meals[0].what}: {stated} lies outside of the time from {at(wish.start)} to"
            f" {at(first.depart)}."
        )
    for leg in day.legs:
        spans: list[Span] = [(leg.depart, leg.arrive)]
        if leg.crossing:
            spans = [(leg.depart, leg.crossing.arrive), (leg.crossing.leave, leg.arrive)]
        if leg.lunch and not any(
            start <= leg.lunch[0] <= leg.lunch[1] <= end for start, end in spans
        ):
            where = "neither before nor behind the gate" if leg.crossing else "outside of the way"
            yield (
                f"{way(leg)}: the lunch from {at(leg.lunch[0])} to {at(leg.lunch[1])} lies {where}."
            )
    if len(meals) > 1:
        yield f"{meals[1].what}: a second lunch on day {day.number + 1}, at {at(meals[1].start)}."
    if (
        not meals
        and not time.too_late(first.depart, day.start.zone)
        and not time.too_early(last.arrive, day.goal.zone)
    ):
        until = f"it departs at {at(first.depart)} and arrives at {at(last.arrive)}"
        yield (
            f"Day {day.number + 1}: no lunch is taken between {lunch.from_} and {lunch.until},"
            f" though {until}."
        )
