"""Why a stop is not in a plan and what would help, in the language of the request, each change with the address of the changed trip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _

from geo.visits import triptext
from geo.visits.changes import Change
from geo.visits.itinerary import Stop, Trip
from geo.visits.whynot import SENTENCES, WhyNot
from webapp import agenda, labels
from webapp.languages import N_, current, day
from webapp.triplink import DayLine, Lines

MARKED = (
    N_("%(stop)s is in the plan: on day %(day)s, from %(start)s to %(end)s."),
    N_("%(stop)s fits beside all the others; the plan is not proven to be the best, and does without it."),
    N_("No road on these maps comes within %(limit_km)s km of %(stop)s; the nearest is %(distance_km)s km away."),
    N_("No road on these maps comes near %(stop)s, which may be an island."),
    N_("The roads on these maps do not lead to %(stop)s from where the days begin, or not to where they end."),
    N_("No gate on the way to %(stop)s lets this vehicle pass."),
    N_("The way to %(stop)s leads through gates that the trip takes as closed: %(gates)s."),
    N_("The way to %(stop)s leads through gates of unknown hours, which the trip avoids: %(gates)s."),
    N_("The gates on the way to %(stop)s are not open on the days of the trip when one could pass: %(gates)s."),
    N_("The gates on the way to %(stop)s close too soon for the reserve of %(reserve_s)s before closing: %(gates)s."),
    N_("%(stop)s may be visited at no time of the days that are left for it."),
    N_("The visit of %(stop)s takes %(visit_s)s; the longest window has %(window_s)s."),
    N_("Even as the only stop of day %(day)s, a visit of %(stop)s ends at %(finish)s at the earliest; its window closes at %(closes)s."),
    N_(
        "Even as the only stop of day %(day)s, %(stop)s lets one arrive in the evening at %(arrive)s at the earliest; the day "
        "ends at %(end)s."
    ),
    N_("Even as the only stop of day %(day)s, %(stop)s lets one arrive only on the next day, at %(arrive)s; the day ends at %(end)s."),
    N_("With lunch there is no time for %(stop)s, even as the only stop of a day."),
    N_("%(stop)s does not fit into the days, even alone."),
    N_("%(stop)s would fit alone, but not together with %(stops)s."),
    N_("%(stop)s would fit alone; the days are too full for it beside %(count)s other stops of the plan."),
    N_("%(stop)s would fit alone; together with the %(count)s stops of the plan no way was found."),
    N_("In the time given no reason was found."),
    N_("Say that %(stop)s must be visited; nothing else has to change."),
    N_("Start %(by_s)s earlier on day %(day)s, at %(start)s."),
    N_("End %(by_s)s later on day %(day)s, at %(end)s."),
    N_("Start %(by_s)s earlier and end %(by_s)s later on day %(day)s: from %(start)s to %(end)s."),
    N_("Stay %(by_s)s less at %(stop)s: %(visit_s)s."),
    N_("Visit %(stop)s on %(date)s instead of %(instead)s."),
    N_("Let %(stop)s come at any place in the order."),
    N_("Use the gate %(gate)s, which the trip takes as closed."),
    N_("Use gates of unknown hours: %(gates)s."),
    N_("Leave out lunch."),
    N_("Enter the gates up to %(less_s)s nearer to their closing, with a reserve of %(reserve_s)s."),
    N_("Leave out %(stop)s, which need not be visited."),
    N_("Drop %(stop)s, though it was to be visited."),
    N_("Add a day: %(date)s, with the hours of the day before."),
)
"""The sentences of :data:`geo.visits.whynot.SENTENCES`, for the translators; a test compares."""


EXAMPLES = (
    N_("Survey of Mong Cai, Hai Ha and Quang Yen in two days"),
    N_("Mong Cai and Dongxing, over the border and back"),
    N_("An investor's three days in Hai Phong and Quang Ninh"),
)
"""Titles of the worked examples, for the translators; a test compares."""


def explained(found: WhyNot, lines: Lines, trip: Trip, clocks: tuple[agenda.Clock, ...]) -> dict[str, Any]:
    """Give reasons and changes as sentences; `trip` is what `lines` were read as."""
    return {
        "reasons": [sentence(one.code, one.values, clocks) for one in found.reasons],
        "changes": [{"text": sentence(one.kind, one.values, clocks), "lines": changed(lines, trip, one)} for one in found.changes],
        "complete": found.complete,
    }


def sentence(code: str, values: Mapping[str, Any], clocks: tuple[agenda.Clock, ...]) -> str:
    """Write a reason or a change."""
    return str(_(SENTENCES[code], **{name: _word(name, value, clocks) for name, value in values.items()}))


def _word(name: str, value: Any, clocks: tuple[agenda.Clock, ...]) -> str:
    if isinstance(value, tuple):
        return str(_(" and ")).join(_word(name, one, clocks) for one in value)
    if isinstance(value, Stop):
        return agenda.place_name(value.place)
    if isinstance(value, Mapping):
        return str(value.get(current().code) or next(iter(value.values())))
    if isinstance(value, datetime):
        return agenda.both(value, clocks)
    if isinstance(value, date):
        return day(value.isoformat())
    if name == "day":
        return str(value + 1)
    if name.endswith("_s"):
        return agenda.length(value)
    return labels.decimal(value, 1) if isinstance(value, float) else str(value)


def changed(lines: Lines, trip: Trip, change: Change) -> Lines:
    """Write a change into the form: what differs between the trip and the changed one, and nothing else."""
    before = {stop.place.id: (stop, line) for stop, line in zip(trip.stops, lines.stops, strict=True)}
    stops = []
    for stop in change.trip.stops:
        was, line = before[stop.place.id]
        if stop.visit_s != was.visit_s:
            line = replace(line, visit=f"{stop.visit_s / 60:g} min")
        if stop.must != was.must:
            line = replace(line, must="yes" if stop.must else "no")
        if stop.day != was.day:
            line = replace(line, day="" if stop.day is None else change.trip.days[stop.day].date.isoformat())
        if stop.order is None and was.order is not None:
            line = replace(line, order="")
        stops.append(line)
    days = []
    for number, one in enumerate(change.trip.days):
        if number < len(lines.days):
            same = (one.start, one.end) == (trip.days[number].start, trip.days[number].end)
            line_ = lines.days[number]
            days.append(line_ if same else replace(line_, hours=_hours(one.start, one.end)))
        else:
            days.append(DayLine(one.date.isoformat(), _hours(one.start, one.end), "", lines.days[-1].end))
    return replace(
        lines, stops=tuple(stops), days=tuple(days), closed=change.trip.closed, avoid=change.trip.avoid_unknown_hours,
        lunch=lines.lunch if change.trip.lunch else "",
        reserve=lines.reserve if change.trip.reserve_s == trip.reserve_s else triptext.said_seconds(change.trip.reserve_s),
    )  # fmt: skip


def _hours(start: datetime, end: datetime) -> str:
    return f"{start:%H:%M}-{end:%H:%M}"
