"""A trip as lines of text: what an address, a form and a file hold of it, before anybody asks what
it means; :mod:`geo.visits.trip_file` reads it.

In an address ``texhong-hai-ha~visit:90 min~hours:08:00-11:30`` is a place and what is wished of
it, parts set off by ``~``; ``2026-12-01~07:30-18:00~begin:ha-long~end:ha-long`` a day;
``107.95,21.52~vi:Kho~country:VN`` what else a file says of a point."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Self

from geo.errors import Message
from geo.roads import default_network
from geo.visits.place_texts import named, place_text, split_places
from geo.visits.trip import Day, Lunch, Stop, Trip
from geo.visits.trip_values import said_hours, said_number, said_seconds, said_span

HOURS = "07:30-18:00"
"""Working hours of a day that somebody adds."""
VISIT = "60 min"
"""Length of a visit that somebody adds."""
TILDE = "\u223c"
"""Stands for ``~`` within a part."""
POINT_KEYS = {
    "id": "id",
    "accuracy": "position_accuracy_m",
    "country": "country",
    "timezone": "timezone",
}
"""Parts of a point and their keys in a file, beside its names."""
_MOMENTS = re.compile(r"\s*\d{4}-\d\d-\d\d[T ][^,;/]*/[^,;/]*")


@dataclass(frozen=True)
class Line:
    """Texts, empty where nothing is said."""

    BARE: ClassVar[int] = 1
    """So many parts are written without their names; the first is what the line is about."""

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the names of its parts."""
        return tuple(part.name for part in fields(cls))

    @classmethod
    def parse(cls, text: str, name: str, faults: list[str]) -> Self:
        """Read a line of an address; parts that are not understood are among the faults, which
        call the line by its name.
        """
        first, *known = cls.names()
        head, *parts = (part.replace(TILDE, "~") for part in text.split("~"))
        texts, bare = {first: head}, known[: cls.BARE - 1]
        for part in parts:
            key, colon, value = part.partition(":")
            if colon and key in known:
                texts[key] = value
            elif bare:
                texts[bare.pop(0)] = part
            else:
                values = {"name": name, "text": part[:40], "known": ", ".join(known)}
                faults.append(Message("%(name)s: “%(text)s” is not one of %(known)s", values))
        return cls(**texts)

    def text(self) -> str:
        """Write the line for an address, without what goes without saying."""
        texts = [(part, getattr(self, part.name).replace("~", TILDE)) for part in fields(self)]
        return "~".join(
            [text for _, text in texts[: self.BARE]]
            + [f"{part.name}:{text}" for part, text in texts[self.BARE :] if text != part.default]
        )


@dataclass(frozen=True)
class StopLine(Line):
    """A stop.

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

    @classmethod
    def of(cls, stop: Stop, days: Sequence[Day]) -> StopLine:
        """Write a stop of a trip with these days, its place as its id."""
        return cls(
            stop.place.id,
            visit=said_seconds(stop.visit_s),
            hours=stop.hours or ", ".join(said_span(*window) for window in stop.windows or ()),
            must="yes" if stop.must else "no",
            weight="" if stop.weight == 1 else said_number(stop.weight),
            day="" if stop.day is None else days[stop.day].date.isoformat(),
            order="" if stop.order is None else str(stop.order),
            contact=stop.place.contact,
            notes=stop.notes,
        )

    @classmethod
    def of_mapping(cls, stop: Mapping[str, Any], visit: str, days: Sequence[DayLine]) -> StopLine:
        """Read what a file holds of a stop, which is visited for so long where it does not say."""
        place = stop.get("site") or stop.get("point") or ""
        point = place if isinstance(place, Mapping) else {}
        day, windows = stop.get("day", ""), listed(stop.get("windows"))
        return cls(
            place_text(place),
            visit=stop.get("visit") or visit,
            hours=", ".join(windows) or stop.get("hours", ""),
            must="yes" if is_yes(stop.get("must") or "yes") else "no",
            day=days[int(day) - 1].date if day.isdecimal() and 0 < int(day) <= len(days) else day,
            contact=stop.get("contact") or point.get("contact", ""),
            **{key: stop.get(key, "") for key in ("weight", "order", "notes")},
        )

    def mapping(self) -> dict[str, Any]:
        """Write what a file holds of the stop beside its place."""
        written: dict[str, Any] = {
            name: text
            for name in self.names()[2:]
            if (text := getattr(self, name)) and (name, text) != ("must", "yes")
        }
        if _MOMENTS.match(self.hours):
            written["windows"] = [span.strip() for span in re.split("[,;]", written.pop("hours"))]
        return written


@dataclass(frozen=True)
class DayLine(Line):
    """A day; ``end`` may name several places, separated by commas."""

    BARE = 2

    date: str
    hours: str = HOURS
    begin: str = ""
    end: str = ""

    @classmethod
    def of(cls, day: Day) -> DayLine:
        """Write date and hours of a day."""
        return cls(day.date.isoformat(), said_hours(day.start, day.end))

    def mapping(self, points: Mapping[str, Any]) -> dict[str, Any]:
        """Write what a file holds of the day, with these points by ``lon,lat``."""
        begin, ends = self.begin, [named(end, points) for end in split_places(self.end)]
        return (
            {"date": self.date, "hours": self.hours}
            | ({"begin": named(begin, points)} if begin else {})
            | ({"end": ends if len(ends) > 1 else ends[0]} if ends else {})
        )


@dataclass(frozen=True)
class PointLine(Line):
    """What a file says of the point ``lon,lat``: names by language, where it is not a stop with a
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

    @classmethod
    def of_mapping(cls, point: Mapping[str, Any]) -> PointLine:
        """Read what a file holds of a point."""
        names = point.get("names") or {}
        return cls(
            place_text(point),
            names.get("en") or point.get("name", ""),
            names.get("vi", ""),
            names.get("zh", ""),
            **{part: point.get(key, "") for part, key in POINT_KEYS.items()},
        )

    def mapping(self, name: str) -> dict[str, Any]:
        """Write what a file holds of the point, which is called so if it has no other name."""
        names = {"en": self.en, "vi": self.vi, "zh": self.zh}
        lon, __, lat = self.place.partition(",")
        return {
            **({"names": filled(names)} if self.vi or self.zh else {"name": name}),
            "lon": lon.strip(),
            "lat": lat.strip(),
            **filled({key: getattr(self, part) for part, key in POINT_KEYS.items()}),
        }


@dataclass(frozen=True)
class Lines:
    """A whole trip."""

    title: str = ""
    stops: tuple[StopLine, ...] = ()
    days: tuple[DayLine, ...] = ()
    lunch: str = ""
    reserve: str = ""
    profile: str = "car"
    network: str = field(default_factory=default_network.name)
    closed: tuple[str, ...] = ()
    vehicle: str = ""
    traffic: str = "passenger"
    avoid: bool = False
    notes: str = ""
    source: str = ""
    points: tuple[PointLine, ...] = ()

    @classmethod
    def of_trip(cls, trip: Trip) -> Self:
        """Write a trip, its places as their ids; where days begin and end is left out."""
        lunch, reserve_s = trip.lunch, trip.reserve_s
        return cls(
            title=trip.title,
            stops=tuple(StopLine.of(stop, trip.days) for stop in trip.stops),
            days=tuple(map(DayLine.of, trip.days)),
            lunch=f"{said_seconds(lunch.length_s)} {lunch.from_}-{lunch.until}" if lunch else "",
            reserve="" if reserve_s == Trip.reserve_s else said_seconds(reserve_s),
            profile=trip.profile,
            closed=trip.closed,
            vehicle=trip.vehicle_country or "",
            traffic=trip.kind,
            avoid=trip.avoid_unknown_hours,
            notes=trip.notes,
            source=trip.source,
        )

    @classmethod
    def of_mapping(cls, trip: Mapping[str, Any]) -> Self:
        """Read what a trip file holds; of one in which :func:`geo.visits.trip_file.read` finds no
        fault nothing is lost.
        """
        vehicle, stops, days = trip.get("vehicle") or {}, listed(trip.get("stops")), _days(trip)
        points: dict[str, PointLine] = {}
        for place in (*(stop.get("site") or stop.get("point") for stop in stops), *_ends(trip)):
            if isinstance(place, Mapping):
                points.setdefault(place_text(place), PointLine.of_mapping(place))
        lines = cls(
            title=trip.get("title", ""),
            stops=tuple(
                StopLine.of_mapping(stop, trip.get("visit") or VISIT, days) for stop in stops
            ),
            days=days,
            lunch=_lunch(trip.get("lunch", "")),
            reserve=trip.get("gate_reserve") or "",
            profile=vehicle.get("profile") or "car",
            closed=tuple(listed(trip.get("closed_gates"))),
            vehicle=vehicle.get("country", ""),
            traffic=vehicle.get("kind") or "passenger",
            avoid=is_yes(trip.get("avoid_unknown_hours") or "no"),
            notes=trip.get("notes", ""),
            source=trip.get("source", ""),
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
        known, names = {line.place: line for line in self.points}, self.point_names()
        stops = {line.place: line.name for line in self.stops if line.name}
        points = {}
        for place, name in names.items():
            line = known.get(place, PointLine(place))
            points[place] = replace(line, en=stops.get(place) or line.en).mapping(name)
        days = [line.mapping(points) for line in self.days]
        places = [(named(line.place, points), line) for line in self.stops]
        rows = [
            {"site" if isinstance(place, str) else "point": place} | line.mapping()
            for place, line in places
        ]
        return {**self.head(), "days": days, "stops": rows}

    def head(self) -> dict[str, Any]:
        """Write what a file holds beside days and stops."""
        length, __, window = self.lunch.rpartition(" ")
        from_, __, until = window.partition("-")
        whole = {"length": length, "from": from_, "until": until}
        return filled(
            {
                "title": self.title or self.untitled(),
                "notes": self.notes,
                "source": self.source,
                "vehicle": filled(
                    {"profile": self.profile, "kind": self.traffic, "country": self.vehicle}
                ),
                "avoid_unknown_hours": "yes" if self.avoid else "",
                "closed_gates": list(self.closed),
                "gate_reserve": self.reserve,
                "lunch": whole if length and until else self.lunch,
            }
        )

    def written(self) -> dict[str, Any]:
        """Write what a trip file holds: without a title that nobody has given, and with days by
        number, so that dates can be changed.
        """
        written = self.numbered().mapping()
        return written if self.title else {key: written[key] for key in written if key != "title"}

    def numbered(self) -> Self:
        """Return the lines with the days of stops by number instead of by date."""
        number = {line.date: str(number) for number, line in enumerate(self.days, 1)} | {"": ""}
        stops = (replace(line, day=number.get(line.day, line.day)) for line in self.stops)
        return replace(self, stops=tuple(stops))

    def point_names(self) -> dict[str, str]:
        """Name every ``lon,lat``: as its stop is named, or else by number, since a name must not
        hold a position.
        """
        names = {line.place: line.en or line.vi or line.zh for line in self.points}
        names |= {line.place: line.name for line in self.stops if line.name}
        texts = (text for day in self.days for text in (day.begin, day.end))
        ends = (place for text in texts for place in split_places(text))
        places = dict.fromkeys([*(line.place for line in self.stops), *ends])
        points = [place for place in places if "," in place]
        return {
            place: names.get(place) or self.unnamed(number)
            for number, place in enumerate(points, 1)
        }

    def untitled(self) -> str:
        """Return the title of a trip without one."""
        return ""

    def unnamed(self, number: int) -> str:
        """Return the name of a point without one."""
        return f"Point {number}"


# What a file holds --------------------------------------------------------------------------------


def filled(written: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is not empty."""
    return {key: value for key, value in written.items() if value not in ("", [])}


def listed(value: Any) -> list[Any]:
    """Return the entries of a list, of which a single one may stand alone."""
    return value if isinstance(value, list) else [value] if value else []


def is_yes(text: str) -> bool:
    """Return whether a text means yes."""
    return text.lower() in ("yes", "true")


def _days(trip: Mapping[str, Any]) -> tuple[DayLine, ...]:
    rows, days = listed(trip.get("days")), []
    for at, day in enumerate(rows):
        hours = day.get("hours") or trip.get("hours") or HOURS
        begin = day.get("begin") or (at == 0 and trip.get("begin")) or ""
        ends = day.get("end") or (at < len(rows) - 1 and trip.get("nights")) or trip.get("end")
        date = day.get("date") or hours[:10]  # of a moment
        days.append(
            DayLine(date, hours, place_text(begin), ",".join(map(place_text, listed(ends))))
        )
    return tuple(days)


def _ends(trip: Mapping[str, Any]) -> Iterable[Any]:
    """List all places where days begin and end."""
    for part in (trip, *listed(trip.get("days"))):
        for key in ("begin", "nights", "end"):
            yield from listed(part.get(key))


def _lunch(lunch: str | Mapping[str, str]) -> str:
    if isinstance(lunch, str):
        return "" if lunch in ("none", "no") else lunch
    from_, until = lunch.get("from") or Lunch.from_, lunch.get("until") or Lunch.until
    return f"{lunch['length']} {from_}-{until}"
