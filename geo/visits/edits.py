"""Changes of a trip: a stop, a day or all dates are other ones; opening hours are read anew for
other dates, other windows stay.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from geo.visits import openings
from geo.visits.moments import later
from geo.visits.trip import Day, Trip


def with_stop(trip: Trip, key: str, **values: Any) -> Trip:
    """Return a trip in which the stop of that id has other values."""
    return replace(
        trip,
        stops=tuple(
            replace(stop, **values) if stop.place.id == key else stop for stop in trip.stops
        ),
    )


def without(trip: Trip, key: str) -> Trip:
    """Return a trip without the stop of that id."""
    return replace(trip, stops=tuple(stop for stop in trip.stops if stop.place.id != key))


def with_day(trip: Trip, number: int, *, earlier_s: float = 0.0, later_s: float = 0.0) -> Trip:
    """Return a trip of which one day begins earlier and ends later."""
    days = list(trip.days)
    start, end = days[number].start, days[number].end
    days[number] = replace(
        days[number],
        start=later(start, -earlier_s).astimezone(start.tzinfo),
        end=later(end, later_s).astimezone(end.tzinfo),
    )
    return replace(trip, days=tuple(days))


def one_more_day(trip: Trip, days: int = 1) -> Trip:
    """Return a trip with a day more, so many days after the last and like it; its stops are open on
    it only if their hours say so.
    """
    last, by = trip.days[-1], timedelta(days=days)
    return _with_days(trip, (*trip.days, Day(last.start + by, last.end + by, None, last.ends)))


def moved(trip: Trip, days: int) -> Trip:
    """Return a trip that begins so many days later, with each day at the same hours."""
    by = timedelta(days=days)
    return _with_days(
        trip, tuple(replace(day, start=day.start + by, end=day.end + by) for day in trip.days)
    )


def appointment(trip: Trip, key: str, number: int, first: datetime, last: datetime) -> Trip:
    """Return a trip in which the visit of a stop begins between two moments of a day, whatever the
    hours of its host were.
    """
    stop = next(stop for stop in trip.stops if stop.place.id == key)
    window = first, later(last, stop.visit_s).astimezone(last.tzinfo)
    return with_stop(
        trip, key, windows=(window,), hours="", day=None if stop.day is None else number
    )


def _with_days(trip: Trip, days: tuple[Day, ...]) -> Trip:
    stops = tuple(replace(stop, windows=openings.for_days(stop, days)) for stop in trip.stops)
    return replace(trip, days=days, stops=stops)
