"""The days that the page of a trip proposes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from geo import crs
from geo.atlas import Atlas
from geo.visits.place_texts import position
from geo.visits.trip_lines import DayLine
from webapp import lookup
from webapp.trips.address import Lines


def home(opened: Atlas, lines: Lines) -> str:
    """Propose where a trip begins and ends: the city nearest to its stops, by id; "" where no stop
    says where it is.
    """
    at = lookup.positions(opened)
    known = [where for stop in lines.stops if (where := at.get(stop.place) or position(stop.place))]
    cities = opened.layer("cities")
    if not known or not len(cities):
        return ""
    away = crs.distance_m(
        np.column_stack([cities.geometry.x, cities.geometry.y]), np.mean(known, axis=0)
    )
    return str(cities.index[int(np.argmin(away))])


def first_day(opened: Atlas, lines: Lines) -> tuple[DayLine, ...]:
    """Propose the day of a trip without days: the next on which people work, from and to
    :func:`home`; none where that is unknown.
    """
    town = home(opened, lines)
    when = date.today() + timedelta(days=1)
    while when.weekday() > 4:
        when += timedelta(days=1)
    return (DayLine(when.isoformat(), begin=town, end=town),) if town else ()


def next_day(lines: Lines) -> DayLine:
    """Propose one more day after the last, where it ended."""
    if not lines.days:
        return DayLine((date.today() + timedelta(days=1)).isoformat())
    last = lines.days[-1]
    try:
        when = (date.fromisoformat(last.date) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        when = ""
    return DayLine(when, last.hours, "", last.end)


def settled(opened: Atlas, lines: Lines) -> Lines:
    """Fill in where the first day begins and where days end, which are empty if the days came
    before the stops.
    """
    if not lines.days or not lines.stops:
        return lines
    begin = lines.days[0].begin or home(opened, lines)
    days = [replace(day, end=day.end or begin) for day in lines.days]
    return replace(lines, days=(replace(days[0], begin=begin), *days[1:]))
