"""A trip in the address: what the form holds, the link that says the same, and what :mod:`geo.visits.tripfile` reads.

``stop=texhong-hai-ha~visit:90 min~hours:08:00-11:30`` is a place and what is wished of it, parts set off by ``~``;
``day=2026-12-01~07:30-18:00~begin:ha-long~end:ha-long`` a day.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import quote, urlencode

from flask_babel import gettext as _

from geo.errors import InputError
from geo.faults import number
from webapp.store import CORRIDORS

STOP_FIELDS = ("place", "name", "visit", "hours", "must", "weight", "day", "order", "contact", "notes")
DAY_FIELDS = ("date", "hours", "begin", "end")
TRIP = ("title", "stop", "day", "lunch", "profile", "network", "closed", "vehicle", "traffic", "avoid")
"""Parameters that make up a trip."""
HOURS = "07:30-18:00"
"""Working hours of a day that somebody adds."""
VISIT = "60 min"
"""Length of a visit that somebody adds."""
_MOMENTS = re.compile(r"\s*\d{4}-\d\d-\d\d[T ][^,;/]*/[^,;/]*")


@dataclass(frozen=True)
class StopLine:
    """A stop as the form holds it: texts, empty where nothing is said.

    ``place`` an id or ``lon,lat``; ``hours`` opening hours, or moments from when to when, separated by commas.
    """

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
class Lines:
    """A whole trip as the form holds it."""

    title: str = ""
    stops: tuple[StopLine, ...] = ()
    days: tuple[DayLine, ...] = ()
    lunch: str = ""
    profile: str = "car"
    network: str = CORRIDORS
    closed: tuple[str, ...] = ()
    vehicle: str = ""
    traffic: str = "passenger"
    avoid: bool = False

    @classmethod
    def of_query(cls, values: Mapping[str, Any]) -> Lines:
        """Read it from a query that :mod:`webapp.args` has read; `InputError` names every part that is not understood."""
        faults: list[str] = []
        stops = [_read(StopLine, "stop", text, (), faults) for text in values.get("stop", ())]
        days = [_read(DayLine, "day", text, ("hours",), faults) for text in values.get("day", ())]
        if faults:
            raise InputError(_("The address has a fault:") if len(faults) == 1 else _("The address has faults:"), faults)
        return cls(
            title=values.get("title", ""), stops=tuple(stops), days=tuple(days), lunch=values.get("lunch", ""),
            profile=values.get("profile", "car"), network=values.get("network", CORRIDORS), closed=tuple(values.get("closed", ())),
            vehicle=values.get("vehicle", ""), traffic=values.get("traffic", "passenger"), avoid="avoid" in values,
        )  # fmt: skip

    @classmethod
    def of_mapping(cls, given: Mapping[str, Any]) -> Lines:
        """Read it from what a trip file holds."""
        vehicle, lunch = given.get("vehicle", {}), given.get("lunch", "")
        if isinstance(lunch, Mapping):
            lunch = " ".join(
                [str(lunch.get("length", "")), "-".join(filter(None, (lunch.get("from", ""), lunch.get("until", ""))))]
            ).strip()
        days = list(given.get("days", ()))
        return cls(
            title=given.get("title", ""),
            stops=tuple(_stop(one, given.get("visit", VISIT)) for one in given.get("stops", ())),
            days=tuple(
                DayLine(
                    one["date"],
                    one.get("hours", given.get("hours", HOURS)),
                    _place(one.get("begin", given.get("begin", "") if number == 0 else ""))[0],
                    ",".join(_places(one.get("end", (number < len(days) - 1 and given.get("nights")) or given.get("end", "")))),
                )
                for number, one in enumerate(days)
            ),
            lunch=lunch,
            profile=vehicle.get("profile", "car"),
            closed=tuple(given.get("closed_gates", ())),
            vehicle=vehicle.get("country", ""),
            traffic=vehicle.get("kind", "passenger"),
            avoid=given.get("avoid_unknown_hours", "no") == "yes",
        )

    def mapping(self) -> dict[str, Any]:
        """Give what :func:`geo.visits.tripfile.read` reads."""
        out: dict[str, Any] = {"title": self.title or _("Field visit")}
        out["vehicle"] = {"profile": self.profile, "kind": self.traffic} | ({"country": self.vehicle} if self.vehicle else {})
        if self.avoid:
            out["avoid_unknown_hours"] = "yes"
        if self.closed:
            out["closed_gates"] = list(self.closed)
        if self.lunch:
            length, __, window = self.lunch.rpartition(" ")
            from_, __, until = window.partition("-")
            out["lunch"] = {"length": length, "from": from_, "until": until} if length and until else self.lunch
        called = self.point_names()
        out["days"] = [_day(one, called) for one in self.days]
        out["stops"] = [_wish(one, called) for one in self.stops]
        return out

    def point_names(self) -> dict[str, str]:
        """Name every ``lon,lat``: as its stop is named, or else by number, since a name must not hold a position."""
        ends = [one for line in self.days for text in (line.begin, line.end) for one in split_places(text)]
        given = {one.place: one.name for one in self.stops if one.name}
        points = [one for one in dict.fromkeys([*(line.place for line in self.stops), *ends]) if "," in one]
        return {one: given.get(one) or _("Point %(n)s", n=number) for number, one in enumerate(points, 1)}

    def query(self) -> list[tuple[str, str]]:
        """Give it as a readable query."""
        out = [("title", self.title)] if self.title else []
        out += [("day", _write(one, ("hours",))) for one in self.days]
        out += [("stop", _write(one, ())) for one in self.stops]
        usual = Lines()
        for name in ("lunch", "profile", "network", "vehicle", "traffic"):
            if getattr(self, name) != getattr(usual, name):
                out.append((name, getattr(self, name)))
        if self.closed:
            out.append(("closed", ",".join(self.closed)))
        return [*out, *([("avoid", "1")] if self.avoid else [])]

    def link(self) -> str:
        """Give the query as text, with the signs left readable that an address may hold."""
        return urlencode(self.query(), safe="~:,;@/", quote_via=quote)


def _read(line: Any, name: str, text: str, bare: tuple[str, ...], faults: list[str]) -> Any:
    """Take a line apart: the first part is what it is about, parts without a name are those of `bare`, the others ``name:value``."""
    known = [one.name for one in fields(line)]
    head, *parts = text.split("~")
    found: dict[str, str] = {}
    unnamed = list(bare)
    for part in parts:
        key, colon, value = part.partition(":")
        if colon and key in known[1:]:
            found[key] = value
        elif unnamed:
            found[unnamed.pop(0)] = part
        else:
            faults.append(_("%(name)s: “%(text)s” is not one of %(known)s", name=name, text=part[:40], known=", ".join(known[1:])))
    return line(head, **found)


def _write(line: Any, bare: tuple[str, ...]) -> str:
    """Put a line together, without what goes without saying."""
    parts = []
    for one in fields(line):
        value = getattr(line, one.name).replace("~", "-")
        if one.name == fields(line)[0].name or one.name in bare:
            parts.append(value)
        elif value != one.default:
            parts.append(f"{one.name}:{value}")
    return "~".join(parts)


def _place(given: Any) -> tuple[str, str]:
    """Give a place of a file as id or ``lon,lat``, and its name where it is a point."""
    if isinstance(given, Mapping):
        point = given.get("point", given)
        names = point.get("names", {})
        return f"{point['lon']},{point['lat']}", point.get("name") or next(iter(names.values()), "")
    return str(given), ""


def _places(given: Any) -> list[str]:
    return [_place(one)[0] for one in given] if isinstance(given, list) else [_place(given)[0]] if given else []


def _stop(given: Mapping[str, Any], visit: str) -> StopLine:
    place, name = _place(given.get("site") or given.get("point", ""))
    kept = {key: str(given[key]) for key in ("visit", "hours", "must", "weight", "day", "order", "contact", "notes") if key in given}
    windows = given.get("windows", "")
    if windows:
        kept["hours"] = windows if isinstance(windows, str) else ", ".join(windows)
    return replace(StopLine(place, visit=visit), name=name, **kept)


def _day(line: DayLine, called: Mapping[str, str]) -> dict[str, Any]:
    out: dict[str, Any] = {"date": line.date, "hours": line.hours}
    if line.begin:
        out["begin"] = _named(line.begin, called)
    ends = [_named(one, called) for one in split_places(line.end)]
    if ends:
        out["end"] = ends[0] if len(ends) == 1 else ends
    return out


def _wish(line: StopLine, called: Mapping[str, str]) -> dict[str, Any]:
    place = _named(line.place, called)
    out: dict[str, Any] = {"site" if isinstance(place, str) else "point": place}
    out |= {
        key: value
        for key in ("visit", "hours", "must", "weight", "day", "order", "contact", "notes")
        if (value := getattr(line, key)) != "" and (key, value) != ("must", "yes")
    }
    if _MOMENTS.match(line.hours):
        out["windows"] = [one.strip() for one in re.split("[,;]", out.pop("hours"))]
    return out


def _named(text: str, called: Mapping[str, str]) -> Any:
    """Give an id as it is, and ``lon,lat`` as a point with a name."""
    lon, comma, lat = text.partition(",")
    name = called.get(text) or called.get(next(iter(split_places(text)), ""), text)
    return {"name": name, "lon": lon.strip(), "lat": lat.strip()} if comma else text


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
