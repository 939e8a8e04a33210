"""What the buttons of the form do to a trip."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from werkzeug.datastructures import MultiDict

from geo.atlas import Atlas
from geo.visits.trip_lines import StopLine
from webapp import lookup
from webapp.trips import fields, readings
from webapp.trips.address import Lines
from webapp.trips.days import next_day, settled

T = TypeVar("T")


def edited(opened: Atlas, query: MultiDict[str, str]) -> Lines:
    """Read the form and do what the button is for that was pressed."""
    values, lines = fields.read(query)
    find = lookup.finder(opened)
    days = (
        replace(day, begin=lookup.meant(day.begin, find), end=lookup.meant(day.end, find))
        for day in lines.days
    )
    lines = replace(lines, days=tuple(days))
    button, __, which = values.get("do", "").partition(":")
    if button == "add" or "add" in values:
        place = lookup.meant(values.get("add", ""), find)
        if place and all(stop.place != place for stop in lines.stops):
            lines = replace(lines, stops=(*lines.stops, StopLine(place)))
    lines = _pressed(opened, lines, button, which, values.get("ids", "").split())
    return settled(opened, lines)


def _pressed(opened: Atlas, lines: Lines, button: str, which: str, ids: list[str]) -> Lines:
    """Do what a button is for.

    Parameters
    ----------
    which
        What follows the colon of its name.
    ids
        Of stops in a plan.
    """
    if button == "remove":
        return replace(lines, stops=_without(lines.stops, which))
    if button == "day":
        return replace(lines, days=(*lines.days, next_day(lines)))
    if button.startswith("day-"):
        return replace(lines, days=_without(lines.days, button[4:]))
    if button == "order":
        orders = {key: str(number) for number, key in enumerate(ids, 1)}
        return _changed(
            opened, lines, lambda key, stop: replace(stop, order=orders.get(key, ""), day="")
        )
    if button == "pin" and which.isdecimal() and int(which) < len(lines.days):
        day = lines.days[int(which)].date
        names = (day, str(int(which) + 1))
        return _changed(
            opened,
            lines,
            lambda key, stop: (
                replace(stop, day="" if stop.day in names else day) if key in ids else stop
            ),
        )
    if button == "free":
        return replace(lines, stops=tuple(replace(stop, order="", day="") for stop in lines.stops))
    if button == "open":
        return replace(lines, closed=())
    if button == "choose":
        path, __, place = which.partition(":")
        return readings.chosen(lines, path, place)
    return lines


def _without(rows: Sequence[T], number: str) -> tuple[T, ...]:
    return tuple(row for at, row in enumerate(rows) if str(at) != number)


def _changed(opened: Atlas, lines: Lines, change: Callable[[str, StopLine], StopLine]) -> Lines:
    """Change stops by the id that they have in a plan, which for a point is another than in the
    form.
    """
    reading = readings.read(opened, lines)
    keys = iter(() if reading.trip is None else [stop.place.id for stop in reading.trip.stops])
    stops = tuple(
        change(next(keys, stop.place) if number not in reading.odd else stop.place, stop)
        for number, stop in enumerate(lines.stops)
    )
    return replace(lines, stops=stops)
