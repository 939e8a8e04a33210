"""A plan as it is read: one line a step with every clock, the bars of a timeline, and what is odd
about it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
from babel.dates import format_date
from markupsafe import Markup, escape

from geo.atlas import Atlas
from geo.hours import calendars
from geo.hours.gates import Hours
from geo.visits.trip import Crossing, DayPlan, Leg, Place, Plan, Trip, Visit
from webapp import labels
from webapp.explore import gate_hours
from webapp.i18n import current
from webapp.i18n import gettext as _

COLOURS = ("#0072b2", "#c25500", "#00805c", "#a8558a", "#7a6a00", "#5b3f94", "#8c1d2f", "#3c4250")
"""Of the days, on the map and in the list: Okabe and Ito (2008), darkened until white figures on
them can be read.
"""
LEFT, WIDTH, ROW = 8, 704, 26


@dataclass(frozen=True)
class Clock:
    """A clock that is shown: its name in its own language, for the reader as ``label``, and its
    zone.
    """

    name: str
    label: str
    zone: ZoneInfo

    def time(self, moment: datetime) -> str:
        """Write a moment on it, as hours and minutes."""
        return moment.astimezone(self.zone).strftime("%H:%M")


@dataclass(frozen=True)
class Row:
    """A line of a day.

    ``kind``: ``start``, ``drive``, ``gate``, ``visit``, ``lunch``, ``end``; ``begin`` and ``until``
    its moments; ``number`` of the visit in the trip, 0 for none; ``text`` in one line, ``names``
    the other names with their tags, ``notes`` below it; ``badge`` a warning in a few words."""

    kind: str
    begin: datetime
    until: datetime
    text: str
    number: int = 0
    names: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    stop: str = ""
    badge: str = ""


@dataclass(frozen=True)
class Agenda:
    """A day as it is read: ``rows``, its ``picture``, its ``colour``, sums in seconds and metres,
    and what is odd about its date.
    """

    plan: DayPlan
    number: int
    colour: str
    rows: tuple[Row, ...]
    picture: Markup
    drive_s: float
    length_m: float
    links: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def clocks(opened: Atlas) -> tuple[Clock, ...]:
    """Return the clocks of the data package."""
    out = []
    for _key, row in opened.table("clocks").iterrows():
        own, read = str(row["name"]), labels.name(row)
        out.append(Clock(own, own if own == read else f"{own} ({read})", ZoneInfo(row["timezone"])))
    return tuple(out)


def both(moment: datetime, shown: Iterable[Clock]) -> str:
    """Write a moment on every clock: `16:30 Hà Nội · 17:30 北京`."""
    return " · ".join(f"{one.time(moment)} {one.name}" for one in shown)


def place_name(place: Place) -> str:
    """Name a place in the language of the request."""
    return place.name(current().code)


def other_names(place: Place) -> tuple[tuple[str, str], ...]:
    """Return the other names of a place with the tag of their language."""
    row = {f"name_{code}": text for code, text in place.names.items()}
    return tuple((tag, text) for tag, text in labels.all_names(row) if text != place_name(place))


def of(opened: Atlas, plan: Plan) -> list[Agenda]:
    """Write every day of a plan."""
    shown = clocks(opened)
    signs = Signs(
        opened.layer("gates"),
        opened.hours,
        plan.trip,
        {one.zone.key: one.name for one in shown},
    )
    out = []
    before = 0
    for day in plan.days:
        rows = tuple(_rows(day, signs, plan.coarse, before))
        before += len(day.visits)
        colour = COLOURS[day.number % len(COLOURS)]
        out.append(
            Agenda(
                plan=day,
                number=day.number + 1,
                colour=colour,
                rows=rows,
                picture=_picture(day, rows, shown, colour),
                drive_s=sum(leg.drive_s for leg in day.legs),
                length_m=sum(leg.length_m for leg in day.legs),
                remarks=tuple(remarks(plan.trip, plan.trip.days[day.number].date)),
            )
        )
    return out


@dataclass(frozen=True)
class Signs:
    """What stands at the gates: the layer ``gates``, their hours for the traffic of a trip, names
    of their clocks by zone.
    """

    gates: pd.DataFrame
    hours: Hours
    trip: Trip
    clocks: dict[str, str]

    def read(self, crossing: Crossing) -> tuple[str, str]:
        """Return the hours of a gate on the day one enters it, with their source, and a warning if
        it closes soon after.
        """
        found = self.hours.of_day(
            crossing.gate,
            crossing.towards,
            self.trip.kind,
            self.trip.vehicle_country,
            crossing.enter,
        )
        zone = self.hours.zone(crossing.gate)
        return gate_hours.on_day(
            found, crossing.enter.astimezone(zone), self.clocks.get(zone.key, zone.key)
        )


def remarks(trip: Trip, day: date) -> Iterable[str]:
    """Write what is odd about a date in the countries of a trip: weekend, holidays, and holidays
    that are not decreed yet.
    """
    found = [calendars.day_in(country, day, current().code) for country in trip.countries]
    holidays = [one for one in found if one.holiday]
    if any(one.weekend for one in found):
        weekday = str(format_date(day, "EEEE", locale=current().locale))
        worked = ", ".join(str(labels.label(one.country)) for one in found if one.worked)
        yield (
            _(
                "%(day)s, worked in exchange for another day off: %(countries)s",
                day=weekday,
                countries=worked,
            )
            if worked
            else weekday
        )
    for one in holidays:
        country = str(labels.label(one.country))
        names = country if one.name == one.holiday else f"{one.holiday}, {country}"
        yield _("%(holiday)s (%(country)s)", holiday=one.name, country=names)
    if holidays:
        yield _("offices and cargo gates usually closed")
    elif any(one.weekend and not one.worked for one in found):
        yield _("offices usually closed")
    unknown = ", ".join(str(labels.label(one.country)) for one in found if not one.decreed)
    if unknown:
        yield _(
            "public holidays of %(year)s not officially known yet: %(countries)s",
            year=day.year,
            countries=unknown,
        )


def _rows(day: DayPlan, signs: Signs, coarse: bool, number: int) -> Iterable[Row]:
    if not day.legs:
        return
    first = day.legs[0]
    if day.lunch:
        yield Row("lunch", *day.lunch, _("Lunch at %(place)s", place=place_name(day.start)))
    yield Row(
        "start",
        first.depart,
        first.depart,
        _("Leave %(place)s", place=place_name(day.start)),
        names=other_names(day.start),
    )
    for step in day.steps():
        if isinstance(step, Leg):
            yield from _with_lunch(step, _way(step, signs, coarse))
        else:
            number += 1
            yield from _stay(step, number)
    last = day.legs[-1]
    yield Row(
        "end",
        last.arrive,
        last.arrive,
        _("Arrive in %(place)s", place=place_name(day.goal)),
        names=other_names(day.goal),
    )


def zone_names(opened: Atlas) -> dict[str, str]:
    """Return the names of the clocks by zone, as :mod:`geo.visits.plan_files` takes them."""
    return {one.zone.key: one.name for one in clocks(opened)}


def _way(leg: Leg, signs: Signs, coarse: bool) -> Iterable[Row]:
    crossing = leg.crossing
    if crossing is None:
        if leg.drive_s >= 1:
            yield Row(
                "drive",
                leg.depart,
                leg.arrive,
                _drive(_("Drive %(time)s, %(length)s"), leg.drive_s, leg.length_m, coarse),
            )
        return
    yield Row(
        "drive",
        leg.depart,
        crossing.arrive,
        _drive(_("Drive %(time)s, %(length)s"), leg.before_s, leg.before_m, coarse),
    )
    yield _passage(crossing, signs)
    yield Row(
        "drive",
        crossing.leave,
        leg.arrive,
        _drive(_("Drive on %(time)s, %(length)s"), leg.behind_s, leg.behind_m, coarse),
    )


def _drive(text: str, drive_s: float, length_m: float, coarse: bool) -> str:
    return text % {
        "time": labels.duration(drive_s, coarse),
        "length": labels.kilometres(length_m, coarse),
    }


def _passage(crossing: Crossing, signs: Signs) -> Row:
    gate = signs.gates.loc[crossing.gate]
    hours, badge = signs.read(crossing)
    notes = [hours]
    holidays = (
        calendars.day_in(country, crossing.enter.date()).holiday for country in signs.trip.countries
    )
    if signs.trip.kind == "cargo" and any(holidays):
        notes.append(_("Cargo gates usually close on public holidays; ask before you go"))
    if crossing.wait_s >= 60:
        notes.append(_("Wait %(time)s for the gate to open", time=length(crossing.wait_s)))
    notes.append(
        _("Formalities %(time)s, assumed; a queue is not in it", time=length(crossing.service_s))
    )
    title = _(
        "Cross at %(gate)s to %(country)s",
        gate=labels.name(gate),
        country=labels.label(crossing.towards),
    )
    names = tuple(labels.all_names(gate)[1:])
    return Row(
        "gate", crossing.arrive, crossing.leave, title, names=names, notes=tuple(notes), badge=badge
    )


def _with_lunch(leg: Leg, rows: Iterable[Row]) -> Iterable[Row]:
    """Part the row of a way on which one eats."""
    for row in rows:
        if (
            leg.lunch is None
            or row.kind != "drive"
            or not row.begin <= leg.lunch[0] < leg.lunch[1] <= row.until
        ):
            yield row
            continue
        start, end = leg.lunch
        if row.begin < start:
            yield replace(row, until=start)
        yield Row("lunch", start, end, _("Lunch on the way"))
        if end < row.until:
            yield Row("drive", end, row.until, _("Drive on"))


def _stay(visit: Visit, number: int) -> Iterable[Row]:
    lunch = visit.lunch
    meal = (
        []
        if lunch is None
        else [Row("lunch", *lunch, _("Lunch at %(place)s", place=place_name(visit.stop.place)))]
    )
    before = lunch is not None and lunch[0] < visit.start
    if before:
        yield from meal
    notes = []
    waits = (visit.start - (lunch[1] if before and lunch else visit.arrive)).total_seconds()
    if waits >= 60:
        notes.append(_("Wait %(time)s until the visit can begin", time=length(waits)))
    notes.append(
        _("Up to %(time)s late is fine", time=length(visit.slack_s))
        if visit.slack_s >= 60
        else _("Not a minute to spare")
    )
    place = visit.stop.place
    notes += [text for text in (visit.stop.notes, place.contact) if text]
    yield Row(
        "visit",
        visit.start,
        visit.end,
        place_name(place),
        number=number,
        names=other_names(place),
        notes=tuple(notes),
        stop=place.id,
    )
    if not before:
        yield from meal


def length(seconds: float) -> str:
    """Write a length of time as it is, to the minute, in hours and minutes."""
    minutes = int(seconds // 60)
    hours, rest = divmod(minutes, 60)
    key = "min" if not hours else "h" if not rest else "h.min"
    return str(labels.TEXTS[key]).format(h=hours, m=rest).replace(" ", "\N{NO-BREAK SPACE}")


# The picture --------------------------------------------------------------------------------------

FILLS = {"drive": "#b9c4cd", "gate": "#7a1f2b", "lunch": "#e5c07a", "wait": "#eef1f4"}


def _picture(day: DayPlan, rows: tuple[Row, ...], shown: tuple[Clock, ...], colour: str) -> Markup:
    """Draw a day as a bar between two clocks; the rows are its table."""
    if not rows:
        return Markup("")
    zone = rows[0].begin.tzinfo
    first = rows[0].begin.replace(minute=0, second=0, microsecond=0)
    last = rows[-1].until.astimezone(zone)
    last = (last + timedelta(minutes=59)).replace(minute=0, second=0, microsecond=0)
    span = max((last - first).total_seconds(), 3600.0)
    hours = int(span // 3600)
    height = ROW + 2 * 16

    def x(moment: datetime) -> float:
        return LEFT + (WIDTH - 2 * LEFT) * (moment - first).total_seconds() / span

    parts = [
        f'<rect x="{LEFT}" y="16" width="{WIDTH - 2 * LEFT}" height="{ROW}"'
        f' fill="{FILLS["wait"]}"/>'
    ]
    every = 1 if hours <= 14 else 2
    for hour in range(0, hours + 1, every):
        moment = first + timedelta(hours=hour)
        at = x(moment)
        parts.append(f'<path d="M{at:.1f} 13v{ROW + 6}" stroke="#8795a1" stroke-width=".7"/>')
        anchor = "start" if hour == 0 else "end" if hour + every > hours else "middle"
        for one, y in zip(shown[:2], (10, height - 4), strict=False):
            parts.append(
                f'<text x="{at:.1f}" y="{y}" text-anchor="{anchor}" font-size="10"'
                f' fill="#3c4a57">{one.time(moment)}</text>'
            )
    for row in rows:
        left, right = x(row.begin), x(row.until)
        if right - left < 0.5:
            continue
        fill = colour if row.kind == "visit" else FILLS.get(row.kind, FILLS["wait"])
        parts.append(
            f'<rect x="{left:.1f}" y="16" width="{right - left:.1f}" height="{ROW}" fill="{fill}"'
            ' stroke="#fff" stroke-width=".8"/>'
        )
        if row.number and right - left > 12:
            middle = (left + right) / 2
            parts.append(
                f'<text x="{middle:.1f}" y="{16 + ROW / 2 + 4.5}" text-anchor="middle"'
                f' font-size="13" font-weight="600" fill="#fff">{row.number}</text>'
            )
    told = _(
        "Day %(n)s from %(begin)s to %(end)s",
        n=day.number + 1,
        begin=both(rows[0].begin, shown),
        end=both(rows[-1].until, shown),
    )
    return Markup(
        f'<svg class="timeline" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' aria-label="{escape(told)}">{"".join(parts)}</svg>'
    )
