"""Check that a trip does not contradict itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time
from itertools import pairwise
from math import isfinite

from geo.errors import InputError, Message, behind
from geo.hours.gate_notices import KINDS
from geo.visits.matrices import towns
from geo.visits.trip import (
    LEAST_WEIGHT,
    MOST_DAYS,
    MOST_RESERVE_S,
    MOST_STOPS,
    MOST_WEIGHT,
    Lunch,
    Stop,
    Trip,
)


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
    all_faults = [*(faults or []), *_faults_of_trip(trip), *_faults_of_days(trip)]
    for stop in trip.stops:
        all_faults += [behind(stop.place.name(), fault) for fault in _faults_of_stop(trip, stop)]
    if all_faults:
        raise InputError(Message("This trip cannot be planned."), all_faults)


def _faults_of_trip(trip: Trip) -> Iterator[str]:
    if not trip.stops:
        yield Message("There are no stops.")
    if len(trip.stops) > MOST_STOPS:
        yield Message(
            "There are %(count)s stops; at most %(most)s are planned at once.",
            {"count": len(trip.stops), "most": MOST_STOPS},
        )
    ids = [stop.place.id for stop in trip.stops]
    yield from (
        Message(
            "The stop “%(id)s” is listed %(count)s times.", {"id": one, "count": ids.count(one)}
        )
        for one in dict.fromkeys(ids)
        if ids.count(one) > 1
    )
    every: dict[str, set[tuple[float, float, str, str]]] = {}
    for place in (*(stop.place for stop in trip.stops), *towns(trip)):
        every.setdefault(place.id, set()).add((place.lon, place.lat, place.country, place.timezone))
    yield from (
        Message("The id “%(id)s” stands for %(count)s places.", {"id": one, "count": len(where)})
        for one, where in every.items()
        if len(where) > 1
    )
    if trip.kind not in KINDS:
        yield Message(
            "The kind of traffic is “%(kind)s”; it can be %(kinds)s.",
            {"kind": trip.kind, "kinds": " or ".join(KINDS)},
        )
    if not 0 <= trip.reserve_s <= MOST_RESERVE_S:
        yield (
            Message(
                "The reserve before a gate closes is %(reserve)s min; it lies between 0 and"
                " %(most)s min.",
                {
                    "reserve": f"{trip.reserve_s / 60:g}",
                    "most": f"{MOST_RESERVE_S / 60:g}",
                },
            )
        )
    if trip.lunch:
        yield from _faults_of_lunch(trip.lunch)


def _faults_of_lunch(lunch: Lunch) -> Iterator[str]:
    if not (isfinite(lunch.length_s) and lunch.length_s > 0):
        yield Message("Lunch takes no time, or an unknown one.")
    try:
        first, last = time.fromisoformat(lunch.from_), time.fromisoformat(lunch.until)
    except ValueError:
        yield (
            Message(
                "Lunch from “%(from)s” until “%(until)s”: times are written HH:MM.",
                {"from": lunch.from_, "until": lunch.until},
            )
        )
    else:
        if first.tzinfo or last.tzinfo:
            yield Message("Lunch is told by the clock of the place, without a zone.")
        elif first > last:
            yield (
                Message(
                    "Lunch may begin from %(from)s until %(until)s: that ends before it begins.",
                    {"from": lunch.from_, "until": lunch.until},
                )
            )


def _faults_of_days(trip: Trip) -> Iterator[str]:
    if not trip.days:
        yield Message("There are no days.")
    if len(trip.days) > MOST_DAYS:
        yield Message(
            "There are %(count)s days; at most %(most)s are planned at once.",
            {"count": len(trip.days), "most": MOST_DAYS},
        )
    for number, day in enumerate(trip.days, 1):
        naive = _naive(day.start, day.end)
        if naive:
            yield Message("Day %(day)s: a time without a zone.", {"day": number})
        elif day.end < day.start:
            yield Message("Day %(day)s: it ends before it begins.", {"day": number})
        elif (day.end - day.start).days >= 7:
            yield Message("Day %(day)s: it is longer than a week.", {"day": number})
        if not day.ends:
            yield Message("Day %(day)s: it has no place to end.", {"day": number})
    if trip.days and trip.days[0].begin is None:
        yield Message("Day 1: it has no place to begin.")
    for number, (one, other) in enumerate(pairwise(trip.days), 2):
        if not _naive(one.end, other.start) and other.start < one.end:
            yield Message(
                "Day %(day)s: it begins before day %(before)s ends.",
                {"day": number, "before": number - 1},
            )


def _faults_of_stop(trip: Trip, stop: Stop) -> Iterator[str]:
    if not (isfinite(stop.visit_s) and stop.visit_s >= 0):
        yield Message("the visit takes less than no time, or an unknown one.")
    if not LEAST_WEIGHT <= stop.weight <= MOST_WEIGHT:
        yield (
            Message(
                "the weight is %(weight)s; it lies between %(least)s and %(most)s.",
                {
                    "weight": f"{stop.weight:g}",
                    "least": f"{LEAST_WEIGHT:f}",
                    "most": f"{MOST_WEIGHT:.0f}",
                },
            )
        )
    if stop.order is not None and stop.order < 0:
        yield Message("its place in the order is negative.")
    if stop.day is not None and not 0 <= stop.day < len(trip.days):
        yield Message(
            "it is to be visited on day %(day)s; the trip has %(count)s.",
            {"day": stop.day + 1, "count": len(trip.days)},
        )
    windows = stop.windows or ()
    if any(_naive(*window) for window in windows):
        yield Message("a window without a zone.")
        return
    yield from (
        Message(
            "the window from %(start)s ends before it begins.", {"start": f"{start:%Y-%m-%d %H:%M}"}
        )
        for start, end in windows
        if end < start
    )
    for (_, end), (start, _) in pairwise(windows):
        if start < end:
            yield (
                Message(
                    "the window from %(start)s begins before the one listed before it ends.",
                    {"start": f"{start:%Y-%m-%d %H:%M}"},
                )
            )


def _naive(*moments: datetime) -> bool:
    return any(moment.utcoffset() is None for moment in moments)
