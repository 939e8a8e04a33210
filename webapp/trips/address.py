"""A trip in the address: what the form holds, the link that says the same, and what
:mod:`geo.visits.trip_file` reads.

``stop=texhong-hai-ha~visit:90 min~hours:08:00-11:30`` is a place and what is wished of it, parts
set off by ``~``; ``day=2026-12-01~07:30-18:00~begin:ha-long~end:ha-long`` a day;
``point=107.95,21.52~vi:Kho~country:VN`` what else a file says of a point."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import quote, urlencode

import numpy as np

from geo.errors import InputError
from geo.layers.validation import number
from geo.roads.drive import CORRIDORS
from geo.visits.trip import Lunch
from webapp.i18n import gettext as _

STOP_FIELDS = (
    "place",
    "name",
    "visit",
    "hours",
    "must",
    "weight",
    "day",
    "order",
    "contact",
    "notes",
)
DAY_FIELDS = ("date", "hours", "begin", "end")
POINT_KEYS = {
    "id": "id",
    "accuracy": "position_accuracy_m",
    "country": "country",
    "timezone": "timezone",
}
"""Parts of a point and their keys in a file, beside its names."""
TRIP = (
    *(
        "title",
        "stop",
        "day",
        "lunch",
        "reserve",
        "profile",
        "network",
        "closed",
        "vehicle",
        "traffic",
        "avoid",
    ),
    *("notes", "source", "point"),
)
"""Parameters that make up a trip."""
HOURS = "07:30-18:00"
"""Working hours of a day that somebody adds."""
VISIT = "60 min"
"""Length of a visit that somebody adds."""
TILDE = "\u223c"
"""Stands for ``~`` within a part."""
_MOMENTS = re.compile(r"\s*\d{4}-\d\d-\d\d[T ][^,;/]*/[^,;/]*")


@dataclass(frozen=True)
class StopLine:
    """A stop as the form holds it: texts, empty where nothing is said.

    ``place`` an id or ``lon,lat``; ``hours`` opening hours, or moments from when to when, separated
    by commas."""

    place: str
    name: str = ""
    visit: str = VISIT
    hours: str = ""
    must: str = "yes"
    weight: str = ""
    day: str = ""
    order: str = ""
    contact: str = ""
    notes: str = ""


@dataclass(frozen=True)
class DayLine:
    """A day as the form holds it; ``end`` may name several places, separated by commas."""

    date: str
    hours: str = HOURS
    begin: str = ""
    end: str = ""


@dataclass(frozen=True)
class PointLine:
    """What a file says of the point ``lon,lat``: names by language, where it is no stop with a
    name, and the keys of ``POINT_KEYS``.
    """

    place: str
    en: str = ""
    vi: str = ""
    zh: str = ""
    id: str = ""
    accuracy: str = ""
    country: str = ""
    timezone: str = ""

    def name(self) -> str:
        """Return the first name that there is."""
        return self.en or self.vi or self.zh


@dataclass(frozen=True)
class Lines:
    """A whole trip as the form holds it."""

    title: str = ""
    stops: tuple[StopLine, ...] = ()
    days: tuple[DayLine, ...] = ()
    lunch: str = ""
    reserve: str = ""
    profile: str = "car"
    network: str = CORRIDORS
    closed: tuple[str, ...] = ()
    vehicle: str = ""
    traffic: str = "passenger"
    avoid: bool = False
    notes: str = ""
    source: str = ""
    points: tuple[PointLine, ...] = ()

    @classmethod
    def of_query(cls, values: Mapping[str, Any]) -> Lines:
        """Read it from a query that :mod:`webapp.args` has read; `InputError` names every part that
        is not understood.
        """
        faults: list[str] = []
        stops = [_read(StopLine, "stop", text, (), faults) for text in values.get("stop", ())]
        days = [_read(DayLine, "day", text, ("hours",), faults) for text in values.get("day", ())]
        points = [_read(PointLine, "point", text, (), faults) for text in values.get("point", ())]
        if faults:
            raise InputError(
                _("The address has a fault:") if len(faults) == 1 else _("The address has faults:"),
                faults,
            )
        return cls(
            title=values.get("title", ""),
            stops=tuple(stops),
            days=tuple(days),
            lunch=values.get("lunch", ""),
            reserve=values.get("reserve", ""),
            profile=values.get("profile", "car"),
            network=values.get("network", CORRIDORS),
            closed=tuple(values.get("closed", ())),
            vehicle=values.get("vehicle", ""),
            traffic=values.get("traffic", "passenger"),
            avoid="avoid" in values,
            notes=values.get("notes", ""),
            source=values.get("source", ""),
            points=tuple(points),
        )

    @classmethod
    def of_mapping(cls, given: Mapping[str, Any]) -> Lines:
        """Read it from what a trip file holds; of one in which :func:`geo.visits.trip_file.read`
        finds no fault nothing is lost.
        """
        vehicle, days = given.get("vehicle") or {}, _days(given)
        stops = _rows(given.get("stops"))
        places = [*(stop.get("site") or stop.get("point") for stop in stops), *_day_places(given)]
        points: dict[str, PointLine] = {}
        for point in (_point(place) for place in places if isinstance(place, Mapping)):
            points.setdefault(point.place, point)
        lines = cls(
            title=given.get("title", ""),
            stops=tuple(_stop(stop, given.get("visit") or VISIT, days) for stop in stops),
            days=days,
            lunch=_lunch(given.get("lunch", "")),
            reserve=given.get("gate_reserve") or "",
            profile=vehicle.get("profile") or "car",
            closed=tuple(_rows(given.get("closed_gates"))),
            vehicle=vehicle.get("country", ""),
            traffic=vehicle.get("kind") or "passenger",
            avoid=_yes(given.get("avoid_unknown_hours") or "no"),
            notes=given.get("notes", ""),
            source=given.get("source", ""),
        )
        usual = lines.point_names()  # which nobody has given
        en = {
            place: "" if point.en == usual[place] else point.en for place, point in points.items()
        }
        stops_at = {stop.place for stop in lines.stops}
        kept = (
            replace(point, en="" if place in stops_at else en[place])
            for place, point in points.items()
        )
        return replace(
            lines,
            stops=tuple(replace(stop, name=en.get(stop.place, "")) for stop in lines.stops),
            points=tuple(point for point in kept if point != PointLine(point.place)),
        )

    def mapping(self) -> dict[str, Any]:
        """Write what :func:`geo.visits.trip_file.read` reads."""
        out: dict[str, Any] = {"title": self.title or _("Field visit")}
        out |= {key: text for key, text in (("notes", self.notes), ("source", self.source)) if text}
        out["vehicle"] = {"profile": self.profile, "kind": self.traffic} | (
            {"country": self.vehicle} if self.vehicle else {}
        )
        if self.avoid:
            out["avoid_unknown_hours"] = "yes"
        if self.closed:
            out["closed_gates"] = list(self.closed)
        if self.reserve:
            out["gate_reserve"] = self.reserve
        if self.lunch:
            length, __, window = self.lunch.rpartition(" ")
            from_, __, until = window.partition("-")
            out["lunch"] = (
                {"length": length, "from": from_, "until": until}
                if length and until
                else self.lunch
            )
        points = self._points()
        out["days"] = [_day(line, points) for line in self.days]
        out["stops"] = [_wish(line, points) for line in self.stops]
        return out

    def written(self) -> dict[str, Any]:
        """Write what a trip file holds: without a title that nobody has given, and with days by
        number, so that dates can be changed.
        """
        number = {line.date: str(number) for number, line in enumerate(self.days, 1)}
        out = self.mapping()
        out["stops"] = [
            stop | ({"day": number.get(stop["day"], stop["day"])} if "day" in stop else {})
            for stop in out["stops"]
        ]
        return out if self.title else {key: value for key, value in out.items() if key != "title"}

    def point_names(self) -> dict[str, str]:
        """Name every ``lon,lat``: as its stop is named, or else by number, since a name must not
        hold a position.
        """
        ends = [
            one
            for line in self.days
            for text in (line.begin, line.end)
            for one in split_places(text)
        ]
        given = {line.place: line.name() for line in self.points} | {
            one.place: one.name for one in self.stops if one.name
        }
        points = [
            one
            for one in dict.fromkeys([*(line.place for line in self.stops), *ends])
            if "," in one
        ]
        return {
            one: given.get(one) or _("Point %(n)s", n=number)
            for number, one in enumerate(points, 1)
        }

    def _points(self) -> dict[str, dict[str, Any]]:
        """Write every ``lon,lat`` as a file does."""
        known = {line.place: line for line in self.points}
        stops = {line.place: line.name for line in self.stops}
        out = {}
        for place, name in self.point_names().items():
            line = known.get(place, PointLine(place))
            names = {"en": stops.get(place) or line.en, "vi": line.vi, "zh": line.zh}
            several = (
                {language: text for language, text in names.items() if text}
                if line.vi or line.zh
                else {}
            )
            lon, __, lat = place.partition(",")
            kept = {key: text for part, key in POINT_KEYS.items() if (text := getattr(line, part))}
            out[place] = {
                **({"names": several} if several else {"name": name}),
                "lon": lon.strip(),
                "lat": lat.strip(),
                **kept,
            }
        return out

    def query(self) -> list[tuple[str, str]]:
        """Return it as a readable query."""
        out = [("title", self.title)] if self.title else []
        out += [("day", _write(one, ("hours",))) for one in self.days]
        out += [("reserve", self.reserve)] if self.reserve else []
        out += [("stop", _write(one, ())) for one in self.stops]
        usual = Lines()
        for name in ("lunch", "profile", "network", "vehicle", "traffic", "notes", "source"):
            if getattr(self, name) != getattr(usual, name):
                out.append((name, getattr(self, name)))
        if self.closed:
            out.append(("closed", ",".join(self.closed)))
        out += [("point", text) for text in self.point_texts()]
        return [*out, *([("avoid", "1")] if self.avoid else [])]

    def point_texts(self) -> list[str]:
        """Write the points as parts of a query."""
        return [_write(line, ()) for line in self.points]

    def link(self) -> str:
        """Return the query as text, with the signs left readable that an address may hold."""
        return urlencode(self.query(), safe="~:,;@/", quote_via=quote)


def _read(line: Any, name: str, text: str, bare: tuple[str, ...], faults: list[str]) -> Any:
    """Take a line apart: the first part is what it is about, parts without a name are those of
    `bare`, the others ``name:value``.
    """
    known = [one.name for one in fields(line)]
    head, *parts = text.split("~")
    found: dict[str, str] = {}
    unnamed = list(bare)
    for part in parts:
        key, colon, value = part.partition(":")
        if colon and key in known[1:]:
            found[key] = value.replace(TILDE, "~")
        elif unnamed:
            found[unnamed.pop(0)] = part.replace(TILDE, "~")
        else:
            faults.append(
                _(
                    "%(name)s: “%(text)s” is not one of %(known)s",
                    name=name,
                    text=part[:40],
                    known=", ".join(known[1:]),
                )
            )
    return line(head.replace(TILDE, "~"), **found)


def _write(line: Any, bare: tuple[str, ...]) -> str:
    """Put a line together, without what goes without saying."""
    parts = []
    for one in fields(line):
        value = getattr(line, one.name).replace("~", TILDE)
        if one.name == fields(line)[0].name or one.name in bare:
            parts.append(value)
        elif value != one.default:
            parts.append(f"{one.name}:{value}")
    return "~".join(parts)


# What a file holds --------------------------------------------------------------------------------


def _rows(given: Any) -> list[Any]:
    """Return the entries of a list, of which a single one may stand alone."""
    return given if isinstance(given, list) else [given] if given else []


def _yes(text: str) -> bool:
    return text.lower() in ("yes", "true")


def _place(given: Any) -> str:
    """Return a place as an id or ``lon,lat``."""
    return _point(given).place if isinstance(given, Mapping) else str(given)


def _point(given: Mapping[str, Any]) -> PointLine:
    names = given.get("names") or {}
    kept = {part: given.get(key, "") for part, key in POINT_KEYS.items()}
    lonlat = ",".join(_coordinate(given[key]) for key in ("lon", "lat"))
    return PointLine(
        lonlat,
        names.get("en") or given.get("name", ""),
        names.get("vi", ""),
        names.get("zh", ""),
        **kept,
    )


def _coordinate(text: str) -> str:
    """Write a coordinate as :func:`split_places` knows it again."""
    return (
        text
        if re.fullmatch(r"-?\d+(\.\d+)?", text, re.ASCII)
        else np.format_float_positional(float(text), trim="-")
    )


def _days(given: Mapping[str, Any]) -> tuple[DayLine, ...]:
    days, out = _rows(given.get("days")), []
    for at, day in enumerate(days):
        hours = day.get("hours") or given.get("hours") or HOURS
        begin = day.get("begin") or (at == 0 and given.get("begin")) or ""
        ends = day.get("end") or (at < len(days) - 1 and given.get("nights")) or given.get("end")
        date = day.get("date") or hours[:10]  # of a moment
        out.append(DayLine(date, hours, _place(begin), ",".join(map(_place, _rows(ends)))))
    return tuple(out)


def _day_places(given: Mapping[str, Any]) -> list[Any]:
    """List all places where days begin and end."""
    return [
        place
        for part in (given, *_rows(given.get("days")))
        for key in ("begin", "nights", "end")
        for place in _rows(part.get(key))
    ]


def _lunch(given: Any) -> str:
    if isinstance(given, Mapping):
        return (
            f"{given['length']}"
            f" {given.get('from') or Lunch.from_}-{given.get('until') or Lunch.until}"
        )
    return "" if given in ("none", "no") else str(given)


def _stop(given: Mapping[str, Any], visit: str, days: tuple[DayLine, ...]) -> StopLine:
    place = given.get("site") or given.get("point") or ""
    kept = {key: str(given[key]) for key in ("hours", "weight", "order", "notes") if given.get(key)}
    day, windows = given.get("day", ""), _rows(given.get("windows"))
    if windows:
        kept["hours"] = ", ".join(windows)
    return StopLine(
        _place(place),
        visit=given.get("visit") or visit,
        must="yes" if _yes(given.get("must") or "yes") else "no",
        day=days[int(day) - 1].date if day.isdecimal() and 0 < int(day) <= len(days) else day,
        contact=given.get("contact")
        or (place.get("contact", "") if isinstance(place, Mapping) else ""),
        **kept,
    )


def _day(line: DayLine, points: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {"date": line.date, "hours": line.hours}
    if line.begin:
        out["begin"] = _named(line.begin, points)
    ends = [_named(one, points) for one in split_places(line.end)]
    if ends:
        out["end"] = ends[0] if len(ends) == 1 else ends
    return out


def _wish(line: StopLine, points: Mapping[str, Any]) -> dict[str, Any]:
    place = _named(line.place, points)
    out: dict[str, Any] = {"site" if isinstance(place, str) else "point": place}
    out |= {
        key: value
        for key in ("visit", "hours", "must", "weight", "day", "order", "contact", "notes")
        if (value := getattr(line, key)) != "" and (key, value) != ("must", "yes")
    }
    if _MOMENTS.match(line.hours):
        out["windows"] = [one.strip() for one in re.split("[,;]", out.pop("hours"))]
    return out


def _named(text: str, points: Mapping[str, Any]) -> Any:
    """Return an id as it is, and ``lon,lat`` as a point with a name."""
    lon, comma, lat = text.partition(",")
    known = points.get(text) or points.get(next(iter(split_places(text)), ""))
    return known or ({"name": text, "lon": lon.strip(), "lat": lat.strip()} if comma else text)


def position(text: str) -> tuple[float, float] | None:
    """Read ``lon,lat`` in degrees; None where it is not a position."""
    lon, comma, lat = text.partition(",")
    east, north = number(lon), number(lat)
    if not comma or east is None or north is None or abs(east) > 180 or abs(north) > 90:
        return None
    return east, north


def split_places(text: str) -> list[str]:
    """Take apart places that are set off by commas, of which ``lon,lat`` holds one itself."""
    out: list[str] = []
    for part in filter(None, (one.strip() for one in text.split(","))):
        number = part.replace(".", "", 1).replace("-", "", 1).isdigit()
        if number and out and out[-1].replace(".", "", 1).replace("-", "", 1).isdigit():
            out[-1] += f",{part}"
        else:
            out.append(part)
    return out
