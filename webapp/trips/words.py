"""Why a stop is not in a plan and what would help, in the language of the moment, each change with
the form of the changed trip.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any, TypeVar

from geo.visits.trip import Stop, Trip
from geo.visits.trip_lines import DayLine, StopLine
from geo.visits.why_words import SENTENCES
from geo.visits.whynot import WhyNot
from webapp import labels
from webapp.i18n import N_, current, in_script, weekday
from webapp.i18n import gettext as _
from webapp.trips import agenda
from webapp.trips.address import Lines

Texts = TypeVar("Texts", Lines, StopLine, DayLine)

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
        return in_script(str(value.get(current().data) or next(iter(value.values()))))
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
    before, after = Lines.of_trip(trip), Lines.of_trip(wish)
    written = {was.place: (line, was) for line, was in zip(lines.stops, before.stops, strict=True)}
    stops = tuple(_edited(*written[stop.place], stop) for stop in after.stops)
    days = [_day(*three) for three in zip(lines.days, before.days, after.days, strict=False)]
    days += [replace(day, end=days[-1].end) for day in after.days[len(days) :]]
    return replace(_edited(lines, before, after), stops=stops, days=tuple(days))


def _day(line: DayLine, was: DayLine, day: DayLine) -> DayLine:
    if "/" in line.hours and day != was:  # moments, which move with the date
        return replace(line, date=day.date, hours=day.hours)
    return _edited(line, was, day)


def _edited(line: Texts, was: Texts, now: Texts) -> Texts:
    """Return a line with what differs between two others."""
    names = (part.name for part in fields(line))
    texts = ((name, getattr(now, name)) for name in names)
    return replace(line, **{name: text for name, text in texts if text != getattr(was, name)})
