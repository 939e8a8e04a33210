"""Why a stop is not in a plan and what would help, in the language of the moment, each change with
the form of the changed trip.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from geo.visits import trip_values
from geo.visits.trip import Day, Stop, Trip
from geo.visits.trip_values import said_hours, said_span
from geo.visits.whynot import SENTENCES, WhyNot
from webapp import labels
from webapp.i18n import N_, current, weekday
from webapp.i18n import gettext as _
from webapp.trips import agenda
from webapp.trips.address import DayLine, Lines, StopLine

EXAMPLES = (
    N_("Survey of Mong Cai, Hai Ha and Quang Yen in two days"),
    N_("Mong Cai and Dongxing, over the border and back"),
    N_("An investor's three days in Hai Phong and Quang Ninh"),
)
"""Titles of the worked examples, for the translators; a test compares."""


@dataclass(frozen=True)
class Change:
    """A change that would help, in words, and the form of the changed trip."""

    text: str
    lines: Lines


@dataclass(frozen=True)
class Explained:
    """Why a stop is left out and what would help; ``complete`` if everything was tried."""

    reasons: list[str]
    changes: list[Change]
    complete: bool


def explained(why: WhyNot, lines: Lines, trip: Trip, clocks: tuple[agenda.Clock, ...]) -> Explained:
    """Return reasons and changes as sentences; `trip` is what `lines` were read as."""
    return Explained(
        [sentence(reason.code, reason.values, clocks) for reason in why.reasons],
        [
            Change(sentence(change.kind, change.values, clocks), changed(lines, trip, change.trip))
            for change in why.changes
        ],
        why.complete,
    )


def sentence(code: str, values: Mapping[str, Any], clocks: tuple[agenda.Clock, ...]) -> str:
    """Write a reason or a change."""
    return str(
        _(SENTENCES[code], **{name: _word(name, value, clocks) for name, value in values.items()})
    )


def _word(name: str, value: Any, clocks: tuple[agenda.Clock, ...]) -> str:
    if isinstance(value, tuple):
        return str(_(" and ")).join(_word(name, part, clocks) for part in value)
    if isinstance(value, Stop):
        return agenda.place_name(value.place)
    if isinstance(value, Mapping):
        return str(value.get(current().code) or next(iter(value.values())))
    if isinstance(value, datetime):
        return agenda.both(value, clocks)
    if isinstance(value, date):
        return weekday(value.isoformat())
    if name == "day":
        return str(value + 1)
    if name.endswith("_s"):
        return agenda.length(value)
    return labels.decimal(value, 1) if isinstance(value, float) else str(value)


def changed(lines: Lines, trip: Trip, wish: Trip) -> Lines:
    """Write a changed trip into the form: what differs between it and the trip that the form was
    read as, and nothing else.
    """
    before = {
        stop.place.id: (stop, line) for stop, line in zip(trip.stops, lines.stops, strict=True)
    }
    stops = [_stop_line(*before[stop.place.id], stop, trip, wish) for stop in wish.stops]
    days = [
        _day_line(line, was, day)
        for line, was, day in zip(lines.days, trip.days, wish.days, strict=False)
    ]
    days += [
        DayLine(day.date.isoformat(), said_hours(day.start, day.end), "", days[-1].end)
        for day in wish.days[len(days) :]
    ]
    return replace(
        lines,
        stops=tuple(stops),
        days=tuple(days),
        closed=wish.closed,
        avoid=wish.avoid_unknown_hours,
        lunch=lines.lunch if wish.lunch else "",
        reserve=lines.reserve
        if wish.reserve_s == trip.reserve_s
        else trip_values.said_seconds(wish.reserve_s),
    )


def _stop_line(was: Stop, line: StopLine, stop: Stop, trip: Trip, wish: Trip) -> StopLine:
    if stop.visit_s != was.visit_s:
        line = replace(line, visit=f"{stop.visit_s / 60:g} min")
    if stop.must != was.must:
        line = replace(line, must="yes" if stop.must else "no")
    date, before = (
        None if each.day is None else whole.days[each.day].date
        for each, whole in ((stop, wish), (was, trip))
    )
    if date != before:
        line = replace(line, day=date.isoformat() if date else "")
    if stop.order is None and was.order is not None:
        line = replace(line, order="")
    if stop.hours != was.hours or (not stop.hours and stop.windows != was.windows):
        line = replace(line, hours=", ".join(said_span(*window) for window in stop.windows or ()))
    return line


def _day_line(line: DayLine, was: Day, day: Day) -> DayLine:
    if (day.start, day.end) == (was.start, was.end):
        return line
    same = (day.start.timetz(), day.end.timetz()) == (was.start.timetz(), was.end.timetz())
    hours = line.hours if same and "/" not in line.hours else said_hours(day.start, day.end)
    return replace(line, date=day.date.isoformat(), hours=hours)
