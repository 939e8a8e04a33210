"""Check that a trip does not contradict itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time
from itertools import pairwise
from math import isfinite

from geo.errors import InputError
from geo.visits.matrices import towns
from geo.visits.trip import (
    LEAST_WEIGHT,
    MOST_DAYS,
    MOST_RESERVE_S,
    MOST_STOPS,
    MOST_WEIGHT,
    Stop,
    Trip,
)

KINDS = ("passenger", "cargo")


def check(trip: Trip, faults: list[str] | None = None) -> None:
    """Refuse a trip that contradicts itself.

    Parameters
    ----------
    faults
        Found before; they are named with the others.

    Raises
    ------
    InputError
        Every fault, one line each.
    """
    found = [*(faults or []), *_faults_of_trip(trip), *_faults_of_days(trip)]
    for stop in trip.stops:
        found += [f"{stop.place.name()}: {fault}" for fault in _faults_of_stop(trip, stop)]
    if found:
        raise InputError("This trip cannot be planned.", found)


def _faults_of_trip(trip: Trip) -> Iterator[str]:
    if not trip.stops:
        yield "There are no stops."
    if len(trip.stops) > MOST_STOPS:
        yield f"There are {len(trip.stops)} stops; at most {MOST_STOPS} are planned at once."
    ids = [stop.place.id for stop in trip.stops]
    yield from (
        f"The stop “{one}” is listed {ids.count(one)} times."
        for one in dict.fromkeys(ids)
        if ids.count(one) > 1
    )
    every: dict[str, set[tuple[float, float, str, str]]] = {}
    for place in (*(stop.place for stop in trip.stops), *towns(trip)):
        every.setdefault(place.id, set()).add((place.lon, place.lat, place.country, place.timezone))
    yield from (
        f"The id “{one}” stands for {len(where)} places."
        for one, where in every.items()
        if len(where) > 1
    )
    if trip.kind not in KINDS:
        yield f"The kind of traffic is “{trip.kind}”; it can be {' or '.join(KINDS)}."
    if not 0 <= trip.reserve_s <= MOST_RESERVE_S:
        yield (
            f"The reserve before a gate closes is {trip.reserve_s / 60:g} min; it lies between 0"
            f" and {MOST_RESERVE_S / 60:g} min."
        )
    if trip.lunch:
        if not (isfinite(trip.lunch.length_s) and trip.lunch.length_s > 0):
            yield "Lunch takes no time, or an unknown one."
        try:
            first, last = time.fromisoformat(trip.lunch.from_), time.fromisoformat(trip.lunch.until)
        except ValueError:
            yield (
                f"Lunch from “{trip.lunch.from_}” until “{trip.lunch.until}”: times are written"
                " HH:MM."
            )
        else:
            if first.tzinfo or last.tzinfo:
                yield "Lunch is told by the clock of the place, without a zone."
            elif first > last:
                yield (
                    f"Lunch may begin from {trip.lunch.from_} until {trip.lunch.until}: that ends"
                    " before it begins."
                )


def _faults_of_days(trip: Trip) -> Iterator[str]:
    if not trip.days:
        yield "There are no days."
    if len(trip.days) > MOST_DAYS:
        yield f"There are {len(trip.days)} days; at most {MOST_DAYS} are planned at once."
    for number, day in enumerate(trip.days, 1):
        naive = _naive(day.start, day.end)
        if naive:
            yield f"Day {number}: a time without a zone."
        elif day.end < day.start:
            yield f"Day {number}: it ends before it begins."
        elif (day.end - day.start).days >= 7:
            yield f"Day {number}: it is longer than a week."
        if not day.ends:
            yield f"Day {number}: it has no place to end."
    if trip.days and trip.days[0].begin is None:
        yield "Day 1: it has no place to begin."
    for number, (one, other) in enumerate(pairwise(trip.days), 2):
        if not _naive(one.end, other.start) and other.start < one.end:
            yield f"Day {number}: it begins before day {number - 1} ends."


def _faults_of_stop(trip: Trip, stop: Stop) -> Iterator[str]:
    if not (isfinite(stop.visit_s) and stop.visit_s >= 0):
        yield "the visit takes less than no time, or an unknown one."
    if not LEAST_WEIGHT <= stop.weight <= MOST_WEIGHT:
        yield (
            f"the weight is {stop.weight:g}; it lies between {LEAST_WEIGHT:f} and"
            f" {MOST_WEIGHT:.0f}."
        )
    if stop.order is not None and stop.order < 0:
        yield "its place in the order is negative."
    if stop.day is not None and not 0 <= stop.day < len(trip.days):
        yield f"it is to be visited on day {stop.day + 1}; the trip has {len(trip.days)}."
    windows = stop.windows or ()
    if any(_naive(*window) for window in windows):
        yield "a window without a zone."
        return
    yield from (
        f"the window from {start:%Y-%m-%d %H:%M} ends before it begins."
        for start, end in windows
        if end < start
    )
    for (_, end), (start, _) in pairwise(windows):
        if start < end:
            yield (
                f"the window from {start:%Y-%m-%d %H:%M} begins before the one listed before it"
                " ends."
            )


def _naive(*moments: datetime) -> bool:
    return any(moment.utcoffset() is None for moment in moments)
