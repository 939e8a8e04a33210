"""Why a stop is not in a plan and what would help, in the language of the request, each change with
the address of the changed trip.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _

from geo.visits import trip_values
from geo.visits.trip import Day, Stop, Trip
from geo.visits.trip_values import said_hours, said_span
from geo.visits.whynot import SENTENCES, WhyNot
from webapp import labels
from webapp.i18n import N_, current, weekday
from webapp.trips import agenda
from webapp.trips.address import DayLine, Lines, StopLine

MARKED = (
    N_("%(stop)s is in the plan: on day %(day)s, from %(start)s to %(end)s."),
    N_(
        "%(stop)s fits beside all the others; the plan is not proven to be the best, and does"
        " without it."
    ),
    N_(
        "No road on these maps comes within %(limit_km)s km of %(stop)s; the nearest is"
        " %(distance_km)s km away."
    ),
    N_("No road on these maps comes near %(stop)s, which may be an island."),
    N_(
        "The roads on these maps do not lead to %(stop)s from where the days begin, or not to where"
        " they end."
    ),
    N_("No gate on the way to %(stop)s lets this vehicle pass."),
    N_("The way to %(stop)s leads through gates that the trip takes as closed: %(gates)s."),
    N_(
        "The way to %(stop)s leads through gates of unknown hours, which the trip avoids:"
        " %(gates)s."
    ),
    N_(
        "The gates on the way to %(stop)s are not open on the days of the trip when one could pass:"
        " %(gates)s."
    ),
    N_(
        "The gates on the way to %(stop)s close too soon for the reserve of %(reserve_s)s before"
        " closing: %(gates)s."
    ),
    N_("%(stop)s may be visited at no time of the days that are left for it."),
    N_("The visit of %(stop)s takes %(visit_s)s; the longest window has %(window_s)s."),
    N_(
        "Even as the only stop of day %(day)s, a visit of %(stop)s ends at %(finish)s at the"
        " earliest; its window closes at %(closes)s."
    ),
    N_(
        "Even as the only stop of day %(day)s, %(stop)s lets one arrive in the evening at"
        " %(arrive)s at the earliest; the day ends at %(end)s."
    ),
    N_(
        "Even as the only stop of day %(day)s, %(stop)s lets one arrive only on the next day, at"
        " %(arrive)s; the day ends at %(end)s."
    ),
    N_("With lunch there is no time for %(stop)s, even as the only stop of a day."),
    N_("%(stop)s does not fit into the days, even alone."),
    N_("%(stop)s would fit alone, but not together with %(stops)s."),
    N_(
        "%(stop)s would fit alone; the days are too full for it beside %(count)s other stops of the"
        " plan."
    ),
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
    N_(
        "Enter the gates up to %(less_s)s nearer to their closing, with a reserve of %(reserve_s)s."
    ),
    N_("Leave out %(stop)s, which need not be visited."),
    N_("Drop %(stop)s, though it was to be visited."),
    N_("Add a day: %(date)s, with the hours of the day before."),
    N_(
        "Add a day: %(date)s, if the host of %(stop)s can also see you then, between %(start)s and"
        " %(end)s."
    ),
    N_(
        "Ask the host of %(stop)s for other hours: a visit that begins between %(start)s and"
        " %(end)s on %(date)s."
    ),
    N_("Ask the host of %(stop)s for another hour: a visit that begins at %(start)s on %(date)s."),
    N_("Move the whole trip: begin on %(date)s instead of %(instead)s."),
)
"""The sentences of :data:`geo.visits.whynot.SENTENCES`, for the translators; a test compares."""


EXAMPLES = (
    N_("Survey of Mong Cai, Hai Ha and Quang Yen in two days"),
    N_("Mong Cai and Dongxing, over the border and back"),
    N_("An investor's three days in Hai Phong and Quang Ninh"),
)
"""Titles of the worked examples, for the translators; a test compares."""


def explained(
    found: WhyNot, lines: Lines, trip: Trip, clocks: tuple[agenda.Clock, ...]
) -> dict[str, Any]:
    """Return reasons and changes as sentences; `trip` is what `lines` were read as."""
    return {
        "reasons": [sentence(one.code, one.values, clocks) for one in found.reasons],
        "changes": [
            {
                "text": sentence(one.kind, one.values, clocks),
                "lines": changed(lines, trip, one.trip),
            }
            for one in found.changes
        ],
        "complete": found.complete,
    }


def sentence(code: str, values: Mapping[str, Any], clocks: tuple[agenda.Clock, ...]) -> str:
    """Write a reason or a change."""
    return str(
        _(SENTENCES[code], **{name: _word(name, value, clocks) for name, value in values.items()})
    )


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
        None if one.day is None else each.days[one.day].date
        for one, each in ((stop, wish), (was, trip))
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
