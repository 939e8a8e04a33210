"""A plan as it is read: a row a step with every clock, and what is odd about a day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date

from geo.atlas import Atlas
from geo.hours import calendars
from geo.visits.plan_steps import Itinerary, Step
from geo.visits.plan_words import remarks_on
from geo.visits.trip import DayPlan, Place, Plan, Visit
from webapp import labels
from webapp.explore import gate_hours
from webapp.i18n import current, in_script
from webapp.i18n import gettext as _


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
    """A day as it is read: its rows, and what is odd about its date."""

    plan: DayPlan
    rows: tuple[Row, ...]
    remarks: tuple[str, ...]

    @property
    def number(self) -> int:
        """Return its number, from 1."""
        return self.plan.number + 1

    @property
    def drive_s(self) -> float:
        """Return how long one drives."""
        return sum(leg.drive_s for leg in self.plan.legs)

    @property
    def length_m(self) -> float:
        """Return how far one drives."""
        return sum(leg.length_m for leg in self.plan.legs)


def clocks(opened: Atlas) -> tuple[Clock, ...]:
    """Return the clocks of the data package."""
    shown = []
    for _key, row in opened.table("clocks").iterrows():
        own, read = str(row["name"]), labels.name(row)
        label = own if own == read else f"{own} ({read})"
        shown.append(Clock(own, label, ZoneInfo(row["timezone"])))
    return tuple(shown)


def both(moment: datetime, shown: Iterable[Clock]) -> str:
    """Write a moment on every clock: `16:30 Hà Nội · 17:30 北京`."""
    return " · ".join(f"{clock.time(moment)} {clock.name}" for clock in shown)


def place_name(place: Place) -> str:
    """Name a place in the language of the request."""
    return in_script(place.name(current().data))


def length(seconds: float) -> str:
    """Write a length of time as it is, to the minute, in hours and minutes."""
    minutes = int(seconds // 60)
    hours, rest = divmod(minutes, 60)
    key = "min" if not hours else "h" if not rest else "h.min"
    return str(labels.TEXTS[key]).format(h=hours, m=rest).replace(" ", "\N{NO-BREAK SPACE}")


def itinerary(opened: Atlas, plan: Plan) -> Itinerary:
    """Build the steps of a plan in the language of the moment."""
    names = {clock.zone.key: clock.name for clock in clocks(opened)}
    return Itinerary(plan, current().data, opened.layer("gates"), names, opened.hours, _)


def of(opened: Atlas, plan: Plan) -> list[Agenda]:
    """Write every day of a plan."""
    steps = itinerary(opened, plan)
    return [
        Agenda(
            day,
            tuple(_rows(steps, day.number)) if day.legs else (),
            tuple(_remarks(steps, day.number)),
        )
        for day in plan.days
    ]


# The rows of a day --------------------------------------------------------------------------------


def _rows(steps: Itinerary, number: int) -> Iterator[Row]:
    for step in steps.of_day(number):
        name, names = place_name(step.place), _other_names(step.place)
        if step.kind == "begin":
            text = _("Leave %(place)s", place=name)
            yield Row("start", step.start, step.start, text, names=names)
        elif step.kind == "drive":
            yield from _drive(step)
        elif step.kind == "gate":
            yield _passage(step, steps, names)
        elif step.visit:
            notes = tuple(_notes(step, step.visit))
            yield Row("visit", step.start, step.end, name, step.number, names, notes, step.place.id)
        elif step.kind != "lunch":
            text = _("Arrive in %(place)s", place=name)
            yield Row("end", step.arrive, step.arrive, text, names=names)
        elif step.way < 0:  # lunch on the way parts the row of its drive
            yield Row("lunch", step.start, step.end, _("Lunch at %(place)s", place=name))


def _other_names(place: Place) -> tuple[tuple[str, str], ...]:
    """Return the other names of a place with the tag of their language."""
    row = {f"name_{code}": text for code, text in place.names.items()}
    return tuple((tag, text) for tag, text in labels.all_names(row) if text != place_name(place))


def _drive(step: Step) -> Iterator[Row]:
    """Write a drive, in two rows around the lunch on it; one of no length only beside a gate."""
    if step.drive_s < 1 and step.leg and step.leg.crossing is None:
        return
    text = _("Drive %(time)s, %(length)s") if step.sets_out else _("Drive on %(time)s, %(length)s")
    text %= {
        "time": labels.duration(step.drive_s),
        "length": labels.kilometres(step.length_m),
    }
    if step.lunch is None:
        yield Row("drive", step.start, step.end, text)
        return
    start, end = step.lunch
    if step.start < start:
        yield Row("drive", step.start, start, text)
    yield Row("lunch", start, end, _("Lunch on the way"))
    if end < step.end:
        yield Row("drive", end, step.end, _("Drive on"))


def _passage(step: Step, steps: Itinerary, names: tuple[tuple[str, str], ...]) -> Row:
    crossing, trip = step.crossing, steps.plan.trip
    assert crossing
    assert step.hours
    hours, badge = gate_hours.on_day(step.hours, step.start, steps.clocks[step.place.timezone])
    notes = [hours]
    holidays = (
        calendars.day_in(country, crossing.enter.date()).holiday for country in trip.countries
    )
    if trip.kind == "cargo" and any(holidays):
        notes.append(_("Cargo gates usually close on public holidays; ask before you go"))
    if step.wait_s >= 60:
        notes.append(_("Wait %(time)s for the gate to open", time=length(step.wait_s)))
    notes.append(
        _("Formalities %(time)s, assumed; a queue is not in it", time=length(crossing.service_s))
    )
    text = _(
        "Cross at %(gate)s to %(country)s",
        gate=place_name(step.place),
        country=labels.label(crossing.towards),
    )
    return Row("gate", step.arrive, step.end, text, names=names, notes=tuple(notes), badge=badge)


def _notes(step: Step, visit: Visit) -> Iterator[str]:
    if step.wait_s >= 60:
        yield _("Wait %(time)s until the visit can begin", time=length(step.wait_s))
    yield (
        _("Up to %(time)s late is fine", time=length(visit.slack_s))
        if visit.slack_s >= 60
        else _("Not a minute to spare")
    )
    yield from filter(None, (visit.stop.notes, step.place.contact))


# The date of a day --------------------------------------------------------------------------------


def _remarks(steps: Itinerary, number: int) -> Iterator[str]:
    day, language = steps.date(number), current()
    weekday = str(format_date(day, "EEEE", locale=language.locale))
    return map(
        steps.said,
        remarks_on(steps.plan.trip, day, language.data, weekday, labels.label, _holiday),
    )


def _holiday(day: calendars.DayIn) -> str:
    country = labels.label(day.country)
    names = country if day.name == day.holiday else f"{day.holiday}, {country}"
    return _("%(holiday)s (%(country)s)", holiday=day.name, country=names)
