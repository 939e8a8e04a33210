"""When a stop may be visited: opening hours as they were written, read for the days of a trip."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from geo.errors import InputError, Message
from geo.hours import osm_hours
from geo.text import short
from geo.visits.trip import Day, Place, Stop

MORE = timedelta(days=7)
"""Hours are read for so much longer than a trip, so that a longer trip can be tried."""

Windows = tuple[tuple[datetime, datetime], ...]


def rule(text: str, place: Place) -> osm_hours.Rule:
    """Read opening hours in OpenStreetMap syntax, on the clock and with the holidays of a place.

    Raises
    ------
    ValueError
        They are not understood; the sentence says why.
    """
    try:
        return _rule(text, place.timezone, place.country, (place.lon, place.lat))
    except InputError as error:
        faults = {
            f"n{n}": fault.values["fault"] if isinstance(fault, Message) else fault
            for n, fault in enumerate(error.faults)
        }
        listed = "; ".join(f"%({name})s" for name in faults)
        raise ValueError(
            Message(
                "“%(text)s” are no opening hours: %(why)s; write them like “Mo-Fr"
                " 08:00-11:30,13:30-17:00; PH off”",
                {"text": short(text), "why": Message(listed, faults)},
            )
        ) from None


@lru_cache(256)
def _rule(text: str, timezone: str, country: str, lonlat: tuple[float, float]) -> osm_hours.Rule:
    """Read hours once for all days that are tried: a rule keeps the months that it has computed."""
    return osm_hours.Rule(text, ZoneInfo(timezone), country, lonlat)


def windows(rule: osm_hours.Rule, days: Sequence[Day]) -> Windows:
    """Return opening hours as windows on their clock, from the first of some days to :data:`MORE`
    after the last.
    """
    first, last = _range(rule, days)
    months = sorted({(day.year, day.month) for day in _dates(first, last)})
    spans = osm_hours.merged(span for month in months for span in rule.month(*month).openings)
    start, end = (
        datetime.combine(day, time.min, rule.zone) for day in (first, last + timedelta(days=1))
    )
    return tuple(
        (opens.astimezone(rule.zone), closes.astimezone(rule.zone))
        for opens, closes in osm_hours.cut(spans, start, end)
    )


def incomplete_years(rule: osm_hours.Rule, days: Sequence[Day]) -> list[int]:
    """List the years of :func:`windows` of which not every holiday that counts is known."""
    return [
        year
        for year in sorted({day.year for day in _dates(*_range(rule, days))})
        if not rule.complete(year)
    ]


def for_days(stop: Stop, days: Sequence[Day]) -> Windows | None:
    """Read the windows of a stop for the days of another trip: anew where it has opening hours,
    else those it has.
    """
    return windows(rule(stop.hours, stop.place), days) if stop.hours else stop.windows


def _range(rule: osm_hours.Rule, days: Sequence[Day]) -> tuple[date, date]:
    first = min(day.start for day in days).astimezone(rule.zone).date()
    return first, max(day.end for day in days).astimezone(rule.zone).date() + MORE


def _dates(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))
