"""What was understood of the trip in a form or a link, and what was not, in the words of the form,
with the places that may be meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from geo.atlas import Atlas
from geo.errors import InputError, Message
from geo.text import short
from geo.visits import trip_file
from geo.visits.place_texts import split_places
from geo.visits.trip import Trip
from webapp import lookup
from webapp.i18n import N_, lazy_gettext, said
from webapp.i18n import gettext as _
from webapp.trips.address import Lines

FORM = {
    "where does the day begin? Write “begin: <place>”": N_("where does the day begin?"),
    "where does the day end? Write “end: <place>”": N_("where does the day end?"),
    "is missing; write from when to when, such as “hours: 07:30-18:00”": N_(
        "is missing; write from when to when, such as “07:30-18:00”"
    ),
    "lies at sea or in a country that is not on the map; write its country, such as"
    " “country: VN”": N_("lies at sea or in a country that is not on the map"),
    "the clock of %(country)s is unknown; write it, such as “timezone: Asia/Bangkok”": N_(
        "the clock of %(country)s is unknown"
    ),
    "a trip has at least one day, such as “- date: 2026-12-01”": N_("a trip has at least one day"),
    "a trip has at least one stop, such as “- site: hai-yen-ip”": N_(
        "a trip has at least one stop"
    ),
    "names no place; write “site: <id>” or “point: …”": N_("names no place"),
}
"""What a sentence of the library that names keys of a file is in a form, which has none."""
NO_PLACE = "there is no place “%(text)s”"
_ROW = re.compile(r"(?:stops|days)\[\d+\]")
FIELDS = {
    "stops": {
        "visit": lazy_gettext("Visit"),
        "hours": lazy_gettext("Visiting hours"),
        "windows": lazy_gettext("Visiting hours"),
        "must": lazy_gettext("Must visit"),
        "weight": lazy_gettext("Weight if optional"),
        "day": lazy_gettext("Only on day"),
        "order": lazy_gettext("Place in the order"),
        "contact": lazy_gettext("Contact"),
        "notes": lazy_gettext("Notes"),
        "point.name": lazy_gettext("Name"),
    },
    "days": {
        "date": lazy_gettext("Date"),
        "hours": lazy_gettext("Hours"),
        "begin": lazy_gettext("From"),
        "end": lazy_gettext("To"),
    },
    "": {
        "title": lazy_gettext("Title"),
        "stops": lazy_gettext("Stops"),
        "days": lazy_gettext("Days"),
        "lunch": lazy_gettext("Lunch"),
        "gate_reserve": lazy_gettext("Buffer at gates"),
        "vehicle.profile": lazy_gettext("Vehicle"),
        "vehicle.country": lazy_gettext("Registered in"),
        "vehicle.kind": lazy_gettext("Traffic"),
        "closed_gates": lazy_gettext("Assumed closed"),
        "avoid_unknown_hours": lazy_gettext("Avoid gates of unknown hours"),
        "notes": lazy_gettext("Notes"),
        "source": lazy_gettext("Source"),
    },
}
"""What the form calls the keys of :mod:`geo.visits.trip_file`, in a stop, in a day and beside them.
"""
MOST_CHOICES = 12
"""So many places are offered for a name."""
_PATH = re.compile(r"(?:(stops|days)(?:\[(\d+)\])?\.?)?([a-z_.]*)(?:\[(\d+)\])?(?:\.[a-z_.]*)?")


@dataclass(frozen=True)
class Fault:
    """What is wrong with a part of the form.

    ``row`` and ``number`` (from 0) say of which stop or day, "" and -1 of neither; ``field`` is its
    label, "" where it is the row as a whole; ``path`` is that of :mod:`geo.visits.trip_file`;
    ``choices`` are places that may be meant, by id and description, and ``more`` counts those that
    are not listed."""

    path: str
    row: str
    number: int
    field: str
    sentence: str
    choices: tuple[tuple[str, str], ...] = ()
    more: int = 0

    @property
    def where(self) -> str:
        """Return the row and the field, as the form calls them."""
        return row_name(self.row, self.number, self.field)

    @property
    def folded_away(self) -> bool:
        """Return whether its field lies in what a stop shows only when asked."""
        return self.row == "stops" and bool(self.field) and not self.path.endswith(".visit")

    @property
    def here(self) -> str:
        """Return the sentence as it is shown in its row."""
        return self._behind(self.field)

    def __str__(self) -> str:
        return self._behind(self.where)

    def _behind(self, field: str) -> str:
        sentence = self.sentence
        return _("%(field)s: %(sentence)s", field=field, sentence=sentence) if field else sentence


@dataclass(frozen=True)
class Reading:
    """A trip as it was understood.

    Attributes
    ----------
    lines
        What the form holds.
    kept
        The same without the stops that were not understood.
    trip
        The trip of those that are kept; None where that is not a trip.
    message
        What heads the faults, in English.
    """

    lines: Lines
    kept: Lines
    trip: Trip | None
    message: str = ""
    faults: tuple[Fault, ...] = ()

    @property
    def odd(self) -> dict[int, str]:
        """Return what is wrong with each stop that was not understood, by number from 0."""
        first = {
            fault.number: str(fault)
            for fault in reversed(self.faults)
            if fault.row == "stops" and fault.number >= 0
        }
        return dict(sorted(first.items()))

    def of(self, row: str, number: int) -> list[Fault]:
        """List the faults of a stop or day."""
        return [fault for fault in self.faults if (fault.row, fault.number) == (row, number)]

    def understood(self) -> Trip:
        """Return the trip of the stops that were understood; `InputError` where there is none."""
        return self.trip or self.whole()

    def whole(self) -> Trip:
        """Return the trip; `InputError` names every fault."""
        if self.trip is None or self.faults:
            raise InputError(self.message, map(str, self.faults))
        return self.trip

    def restored(self, kept: Lines) -> Lines:
        """Put the stops that were not understood back into lines in which the others have
        changed.
        """
        stops = list(kept.stops)
        for number in sorted(self.odd):
            stops.insert(number, self.lines.stops[number])
        return replace(kept, stops=tuple(stops))


def read(opened: Atlas, lines: Lines) -> Reading:
    """Read the trip that a form or a link holds, without the stops that are not understood if there
    are others.
    """
    places = opened.places
    try:
        return Reading(lines, lines, trip_file.read(lines.mapping(), places))
    except InputError as error:
        faults = tuple(_fault(opened, lines, text) for text in error.faults)
        reading = Reading(lines, lines, None, error.message, faults)
    odd = reading.odd
    if not odd or len(odd) == len(lines.stops):
        return reading
    kept = replace(
        lines, stops=tuple(stop for number, stop in enumerate(lines.stops) if number not in odd)
    )
    try:
        return replace(reading, kept=kept, trip=trip_file.read(kept.mapping(), places))
    except InputError:
        return reading


def row_name(row: str, number: int, field: str = "") -> str:
    """Name a stop, a day or a field of it as the form does."""
    if number < 0:
        return field
    name = _("Day %(n)s", n=number + 1) if row == "days" else _("Stop %(n)s", n=number + 1)
    return _("%(row)s, %(field)s", row=name, field=field) if field else name


def _parts(path: str) -> tuple[str, int, str, int]:
    """Take a path apart: ``days[1].end[0]`` into days, 1, end, 0; a number that is not there is
    -1.
    """
    match = _PATH.fullmatch(path)
    row, number, key, part = match.groups() if match else (None, None, path, None)
    if row and number is None:
        return "", -1, row, -1
    return row or "", int(number or -1) if row else -1, key, -1 if part is None else int(part)


def _field(row: str, key: str) -> str:
    """Return the label of a key; "" where it is the place of a stop."""
    label = FIELDS[row].get(key) or FIELDS[row].get(key.split(".")[0])
    return str(label) if label else "" if row == "stops" else key.replace("_", " ")


def _of_form(fault: str, word: Callable[[str], str]) -> str:
    """Return a fault of the library in the language of the request and the words of the form.

    Parameters
    ----------
    word
        Called with the path of a stop or day, such as ``stops[0]``, or the id of a place that
        stands there; returns what the form calls it.
    """
    if not isinstance(fault, Message):
        return said(fault)
    inner = fault.values.get("fault")
    if isinstance(inner, Message) and inner.text == NO_PLACE:
        fault = inner
    values = fault.values
    if any(
        name in ("stop", "day") and _ROW.fullmatch(str(value)) for name, value in values.items()
    ):
        values = {
            name: word(str(value)) if name != "date" else value for name, value in values.items()
        }
    return said(Message(FORM.get(fault.text, fault.text), values))


def _fault(opened: Atlas, lines: Lines, text: str) -> Fault:
    """Write a fault of :mod:`geo.visits.trip_file` in the words of the form."""
    path = text.values.get("path", "") if isinstance(text, Message) else ""
    if not isinstance(text, Message) or not path or " " in path:
        return Fault("", "", -1, "", said(text))
    row, number, key, part = _parts(path)
    names = lookup.named(opened)
    sentence = _of_form(
        text.values["fault"], lambda value: names.get(value) or row_name(*_parts(value)[:2])
    )
    fault = Fault(path, row, number, _field(row, key), sentence)
    name = _place(lines, row, number, key, part)
    if name is None or name in opened.places.layer_of:
        return fault
    places = lookup.choices(opened, name)
    if not places:
        return fault
    sentence = (
        _("several places are called “%(text)s”; choose one.", text=short(name))
        if len(lookup.finder(opened)(name)) > 1
        else _("there is no place “%(text)s”; choose the one you mean.", text=short(name))
    )
    choices = tuple((place, lookup.described(opened, place)) for place in places[:MOST_CHOICES])
    return replace(fault, sentence=sentence, choices=choices, more=len(places) - len(choices))


def _place(lines: Lines, row: str, number: int, key: str, part: int) -> str | None:
    """Return the text that names the place of a path; None where the path is not that of a place by
    name.
    """
    if row == "stops" and key == "site":
        return lines.stops[number].place
    if row == "days" and key == "begin":
        return lines.days[number].begin or None
    if row == "days" and key == "end":
        return dict(enumerate(split_places(lines.days[number].end))).get(max(part, 0))
    return None


def chosen(lines: Lines, path: str, place: str) -> Lines:
    """Put the id of a place where a path such as ``stops[1].site`` or ``days[0].end[1]`` leads;
    what leads nowhere changes nothing.
    """
    row, number, key, part = _parts(path)
    rows: list[Any] = list(getattr(lines, row)) if row else []
    if not 0 <= number < len(rows):
        return lines
    line = rows[number]
    if row == "stops" and key == "site":
        twice = any(stop.place == place for stop in lines.stops)  # is in it already
        rows[number : number + 1] = [] if twice else [replace(line, place=place)]
    elif row == "days" and key == "begin":
        rows[number] = replace(line, begin=place)
    elif row == "days" and key == "end":
        ends = [
            place if at == max(part, 0) else end for at, end in enumerate(split_places(line.end))
        ]
        rows[number] = replace(line, end=",".join(dict.fromkeys(ends)))
    return replace(lines, stops=tuple(rows)) if row == "stops" else replace(lines, days=tuple(rows))
