"""Make a trip of mappings, lists and text, every fault with the path where it stands; the keys are
in ``geo.visits.trip_file``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import pairwise
from typing import Any, TypeVar

from geo.errors import InputError, Message, NotFoundError, behind
from geo.hours import calendars, osm_hours
from geo.visits import openings, safe_yaml, trip_values
from geo.visits.gazetteer import LANGUAGES, Gazetteer
from geo.visits.trip import MOST_DAYS, MOST_STOPS, Day, Lunch, Place, Stop, Trip

MAX_WINDOWS = 100
VISIT_S = 3600.0
KINDS = ("passenger", "cargo")

KEYS: Mapping[str, tuple[str, ...]] = {
    "trip": (
        *(
            "title",
            "notes",
            "source",
            "vehicle",
            "avoid_unknown_hours",
            "closed_gates",
            "gate_reserve",
            "lunch",
            "hours",
            "visit",
        ),
        *("begin", "nights", "end", "days", "stops", "told"),
    ),
    "vehicle": ("profile", "country", "kind"),
    "lunch": ("length", "from", "until"),
    "day": ("date", "hours", "begin", "end"),
    "stop": (
        "site",
        "point",
        "visit",
        "hours",
        "windows",
        "must",
        "weight",
        "day",
        "order",
        "contact",
        "notes",
    ),
    "point": (
        "id",
        "name",
        "names",
        "lon",
        "lat",
        "position_accuracy_m",
        "country",
        "timezone",
        "contact",
    ),
    "names": LANGUAGES,
}
"""The keys of each mapping in a file, in the order in which they are written."""
INSTEAD = {
    ("day", "start"): Message(
        "unknown key; write “%(word)s” and “%(other)s”",
        {"word": "hours: 07:30-18:00", "other": "begin: <place>"},
    ),
    **{
        key: Message("unknown key; write “%(word)s”", {"word": word})
        for key, word in {
            ("day", "until"): "hours: 07:30-18:00",
            ("stop", "duration"): "visit: 45 min",
            ("stop", "optional"): "must: no",
            ("stop", "id"): "site: <id>",
            ("trip", "start"): "begin: <place>",
            ("trip", "closed"): "closed_gates: [<gate>]",
        }.items()
    },
}
"""What somebody who writes another key probably wants."""

TOLD = {
    "days": Message(
        "Hours of days without a zone are on the clock of the place where the day begins."
    ),
    "several": Message(
        "Where a day may begin on several clocks, its hours are on that of the first town of the"
        " night before."
    ),
    "stops": Message("Hours and windows of stops without a zone are on the clock of the stop."),
    "visit": Message("A visit without a length is taken to last 60 minutes."),
    "country": Message("A point without a country belongs to the country on whose land it lies."),
    "holidays": Message(
        "Not all public holidays of %(country)s in %(year)s are known yet; hours that"
        " depend on them"
        " may be wrong."
    ),
}
"""What is assumed, as ``Trip.told`` says it."""

T = TypeVar("T")


class TripReader:
    """Reads one trip and collects what is wrong with it; a part that is wrong reads as None."""

    def __init__(self, places: Gazetteer) -> None:
        self.known = places
        self.faults: list[str] = []
        self.told: dict[str, None] = {}
        self.met: dict[str, Place] = {}
        self.dates: dict[date, str] = {}

    # Plain values ---------------------------------------------------------------------------------

    def texts(self, value: Any, path: str = "", depth: int = 0) -> Any:
        """Make text of the numbers and truth values of JSON; text from YAML stays."""
        if depth > safe_yaml.MAX_DEPTH:
            self.faults.append(
                behind(
                    path,
                    Message("deeper than %(levels)s levels", {"levels": safe_yaml.MAX_DEPTH}),
                )
            )
            return ""
        if isinstance(value, Mapping):
            return {
                str(key): self.texts(one, f"{path}.{key}".lstrip("."), depth + 1)
                for key, one in value.items()
            }
        if isinstance(value, list | tuple):
            return [
                self.texts(one, f"{path}[{number}]", depth + 1) for number, one in enumerate(value)
            ]
        if value is None or isinstance(value, bool):
            return {None: "", True: "yes", False: "no"}[value]
        if isinstance(value, int | float):
            return (
                trip_values.said_number(value)
                if math.isfinite(value) and abs(value) < 1e15
                else str(value)
            )
        return str(value)

    def get(
        self, holder: Mapping[str, Any], key: str, path: str, parse: Callable[[str], T]
    ) -> T | None:
        """Read the text under a key; None where there is none or it is wrong."""
        value = holder.get(key, "")
        at = f"{path}.{key}".strip(".")
        if not isinstance(value, str):
            self.faults.append(
                behind(
                    at,
                    Message("must be text, not a list")
                    if isinstance(value, list)
                    else Message("must be text, not several keys"),
                )
            )
            return None
        return self.tried(value, at, parse) if value else None

    def tried(self, value: str, at: str, parse: Callable[[str], T]) -> T | None:
        try:
            return parse(value)
        except ValueError as error:
            self.faults.append(behind(at, error.args[0]))
        except (InputError, NotFoundError) as error:
            for fault in error.faults or (error.message,):
                self.faults.append(behind(at, fault))
        return None

    def keys(self, value: Any, kind: str, path: str) -> Mapping[str, Any] | None:
        """Return a mapping, with its unknown keys among the faults; None for anything else."""
        if not isinstance(value, Mapping):
            self.faults.append(
                behind(
                    path or "trip",
                    Message(
                        "must be keys with values, such as “%(example)s”",
                        {"example": f"{KEYS[kind][0]}: …"},
                    ),
                )
            )
            return None
        for key in value:
            if key not in KEYS[kind]:
                at = f"{path}.{key}".lstrip(".")
                fault = INSTEAD.get((kind, key)) or trip_values.unknown(
                    Message("unknown key"), key, KEYS[kind], most_listed=100
                )
                self.faults.append(behind(trip_values.cut(at), fault))
        return value

    def rows(
        self, holder: Mapping[str, Any], key: str, path: str, most: int
    ) -> list[tuple[str, Any]]:
        """Return the entries of a list, each with its path; one that is no list counts as a list of
        one.
        """
        value = holder.get(key, "")
        at = f"{path}.{key}".lstrip(".")
        if value == "":
            return []
        entries = value if isinstance(value, list) else [value]
        if len(entries) > most:
            self.faults.append(
                behind(
                    at,
                    Message(
                        "%(count)s entries; %(most)s are allowed",
                        {"count": len(entries), "most": most},
                    ),
                )
            )
        return [
            (f"{at}[{number}]" if isinstance(value, list) else at, one)
            for number, one in enumerate(entries[:most])
        ]

    # Places ---------------------------------------------------------------------------------------

    def place(self, value: Any, path: str) -> Place | None:
        """Read a place: an id of the data package, or a point."""
        if isinstance(value, str):
            found = self.tried(value, path, self.known.place) if value else None
            return None if found is None else self.met_before(found, path)
        point = self.keys(value, "point", path)
        return None if point is None else self.point(point, path)

    def point(self, point: Mapping[str, Any], path: str) -> Place | None:
        before = len(self.faults)
        names = {}
        if isinstance(point.get("names", ""), Mapping):
            given = self.keys(point["names"], "names", f"{path}.names") or {}
            names = {
                one: self.get(given, one, f"{path}.names", trip_values.name)
                for one in LANGUAGES
                if given.get(one, "")
            }
        elif point.get("names", ""):
            self.faults.append(
                behind(f"{path}.names", Message("must be names by language, such as “en: …”"))
            )
        if point.get("name", ""):
            names.setdefault("en", self.get(point, "name", path, trip_values.name))
        if not names and len(self.faults) == before:
            self.faults.append(behind(f"{path}.name", Message("is missing")))
        for key in ("lon", "lat"):
            if point.get(key, "") == "":
                self.faults.append(behind(f"{path}.{key}", Message("is missing")))
        lon, lat = (
            self.get(point, "lon", path, trip_values.within(180)),
            self.get(point, "lat", path, trip_values.within(90)),
        )
        accuracy = self.get(point, "position_accuracy_m", path, trip_values.positive)
        country = self.get(point, "country", path, trip_values.country)
        zone = self.get(point, "timezone", path, calendars.zone)
        contact = self.get(point, "contact", path, trip_values.line) or ""
        place_id = self.get(point, "id", path, trip_values.name)
        if len(self.faults) > before or lon is None or lat is None:
            return None
        if country is None:
            country = self.known.country_at(lon, lat)
            if country is None:
                self.faults.append(
                    behind(
                        path,
                        Message(
                            "lies at sea or in a country that is not on the map; write"
                            " its country, such"
                            " as “country: VN”"
                        ),
                    )
                )
                return None
            self.tell("country")
        timezone = self.known.timezones.get(country) if zone is None else zone.key
        if timezone is None:
            self.faults.append(
                behind(
                    f"{path}.timezone",
                    Message(
                        "the clock of %(country)s is unknown; write it, such as “timezone:"
                        " Asia/Bangkok”",
                        {"country": country},
                    ),
                )
            )
            return None
        found = Place(
            place_id or "",
            {key: str(name) for key, name in names.items()},
            lon,
            lat,
            accuracy,
            country,
            timezone,
            contact,
        )
        return self.met_before(found, path)

    def met_before(self, place: Place, path: str) -> Place:
        """Return a place an id if it has none, and see to it that no two places of the trip share
        one.
        """
        bare = replace(place, contact="")
        if not place.id:
            same = (key for key, one in self.met.items() if replace(one, id="") == bare)
            taken = {*self.met, *self.known.layer_of}
            place_id = next(same, None) or next(
                one for one in map("point-{}".format, range(1, 10_000)) if one not in taken
            )
            place, bare = replace(place, id=place_id), replace(bare, id=place_id)
        if self.met.setdefault(place.id, bare) != bare:
            self.faults.append(
                behind(
                    path,
                    Message(
                        "“%(text)s” is already the id of another place of the trip",
                        {"text": place.id},
                    ),
                )
            )
        return place

    def tell(self, what: str, **values: Any) -> None:
        self.told[Message(TOLD[what], values)] = None

    # Days -----------------------------------------------------------------------------------------

    def days(self, document: Mapping[str, Any]) -> list[Day | None]:
        """Read the days in their order; None for one that is wrong."""
        rows = self.rows(document, "days", "", MOST_DAYS)
        if not rows:
            self.faults.append(
                behind("days", Message("a trip has at least one day, such as “- date: 2026-12-01”"))
            )
        usual = self.get(document, "hours", "", trip_values.times_of_day)
        first = self.place(document.get("begin", ""), "begin")
        end, nights = (
            tuple(self.place(one, at) for at, one in self.rows(document, key, "", MOST_DAYS))
            for key in ("end", "nights")
        )
        found: list[Day | None] = []
        before: tuple[Place | None, ...] = ()
        for number, (path, row) in enumerate(rows):
            day = self.keys(row, "day", path)
            if day is None:
                found.append(None)
                before = ()
                continue
            begin = self.place(day.get("begin", ""), f"{path}.begin")
            if number == 0 and day.get("begin", "") == "":
                begin = first
                if document.get("begin", "") == "":
                    self.faults.append(
                        behind(
                            f"{path}.begin",
                            Message("where does the day begin? Write “begin: <place>”"),
                        )
                    )
            ends = tuple(self.place(one, at) for at, one in self.rows(day, "end", path, MOST_DAYS))
            if not ends:
                ends = nights if nights and number < len(rows) - 1 else end
            if not ends:
                self.faults.append(
                    behind(f"{path}.end", Message("where does the day end? Write “end: <place>”"))
                )
            clock = begin if begin is not None else next((one for one in before if one), None)
            if begin is None and len({one.timezone for one in before if one}) > 1:
                self.tell("several")
            span = self.day_span(day, path, usual, clock, missing=document.get("hours", "") == "")
            whole = (
                span is not None
                and bool(ends)
                and None not in ends
                and (begin is not None or bool(before))
            )
            found.append(
                Day(span[0], span[1], begin, tuple(one for one in ends if one))
                if span and whole
                else None
            )
            before = ends
        self.in_turn(found)
        return found

    def day_span(
        self,
        day: Mapping[str, Any],
        path: str,
        usual: tuple[Any, Any] | None,
        clock: Place | None,
        *,
        missing: bool,
    ) -> tuple[datetime, datetime] | None:
        """Read from when to when a day lasts: two moments, or a date with its own or the usual
        hours on the clock of a place.
        """
        when = self.get(day, "date", path, trip_values.day)
        if when:
            self.once(when, path)
        text = day.get("hours", "")
        if isinstance(text, str) and "/" in text:
            if clock is None:
                return None
            zoned = self.tried(
                text, f"{path}.hours", lambda text: trip_values.span(text, clock.zone)
            )
            if zoned is None:
                return None
            if zoned[1]:
                self.tell("days")
            if when and zoned[0][0].date() != when:
                self.faults.append(
                    behind(
                        f"{path}.date",
                        Message("the hours begin on %(date)s", {"date": zoned[0][0].date()}),
                    )
                )
            self.once(zoned[0][0].date(), path)
            return zoned[0]
        if day.get("date", "") == "":
            self.faults.append(behind(f"{path}.date", Message("is missing")))
        times = self.get(day, "hours", path, trip_values.times_of_day) if text else usual
        if text == "" and missing:
            self.faults.append(
                behind(
                    f"{path}.hours",
                    Message("is missing; write from when to when, such as “hours: 07:30-18:00”"),
                )
            )
        if times is None or when is None:
            return None
        if times[1] <= times[0]:
            self.faults.append(
                behind(
                    f"{path}.hours",
                    Message("the day has no hours")
                    if times[0] == times[1]
                    else Message("the day ends before it begins"),
                )
            )
            return None
        if clock is None:
            return None
        self.tell("days")
        start, end = (datetime.combine(when, one, clock.zone) for one in times)
        return start, end

    def once(self, when: date, path: str) -> None:
        if self.dates.setdefault(when, path) != path:
            self.faults.append(
                behind(
                    f"{path}.date",
                    Message(
                        "%(date)s is already the date of %(day)s",
                        {"date": when, "day": self.dates[when]},
                    ),
                )
            )

    def in_turn(self, days: Sequence[Day | None]) -> None:
        """See to it that each day comes after the one before."""
        there = [(number, day) for number, day in enumerate(days) if day is not None]
        for (_, one), (number, other) in pairwise(there):
            if other.start < one.end and other.date != one.date:
                self.faults.append(
                    behind(f"days[{number}]", Message("begins before the end of the day above it"))
                )

    # Stops ----------------------------------------------------------------------------------------

    def stops(self, document: Mapping[str, Any], days: Sequence[Day | None]) -> list[Stop | None]:
        """Read the stops; None for one that is wrong."""
        value = document.get("stops", "")
        if isinstance(value, list) and len(value) > MOST_STOPS:
            self.faults.append(
                behind(
                    "stops",
                    Message(
                        "%(count)s stops; %(most)s are allowed",
                        {"count": len(value), "most": MOST_STOPS},
                    ),
                )
            )
            return []
        rows = self.rows(document, "stops", "", MOST_STOPS)
        if not rows:
            self.faults.append(
                behind(
                    "stops", Message("a trip has at least one stop, such as “- site: hai-yen-ip”")
                )
            )
        usual = self.get(document, "visit", "", trip_values.seconds)
        seen: dict[str, str] = {}
        found = []
        for path, row in rows:
            stop = self.keys(row, "stop", path)
            found.append(None if stop is None else self.stop(stop, path, usual, days))
            place_id = found[-1].place.id if found[-1] else ""
            if place_id and seen.setdefault(place_id, path) != path:
                self.faults.append(
                    behind(
                        path,
                        Message(
                            "“%(text)s” is already %(stop)s",
                            {"text": place_id, "stop": seen[place_id]},
                        ),
                    )
                )
        return found

    def stop(
        self, stop: Mapping[str, Any], path: str, usual: float | None, days: Sequence[Day | None]
    ) -> Stop | None:
        before = len(self.faults)
        given = [key for key in ("site", "point") if stop.get(key, "") != ""]
        if len(given) != 1:
            wrong = (
                Message("is a site or a point, not both")
                if given
                else Message("names no place; write “site: <id>” or “point: …”")
            )
            self.faults.append(behind(path, wrong))
        place = self.place(stop[given[0]], f"{path}.{given[0]}") if len(given) == 1 else None
        visit_s = self.get(stop, "visit", path, trip_values.seconds)
        if stop.get("visit", "") == "":
            visit_s = usual or VISIT_S
            if usual is None:
                self.tell("visit")
        contact = self.get(stop, "contact", path, trip_values.line)
        if place is not None and contact:
            place = replace(place, contact=contact)
        must = self.get(stop, "must", path, trip_values.yes)
        weight = self.get(stop, "weight", path, trip_values.weight)
        order = self.get(stop, "order", path, trip_values.count)
        day = self.get(stop, "day", path, lambda text: _day_number(text, days))
        notes = self.get(stop, "notes", path, trip_values.line)
        windows = self.windows(stop, path, place, days)
        if (
            windows
            and visit_s
            and all((end - start).total_seconds() < visit_s for start, end in windows)
        ):
            self.faults.append(
                behind(
                    f"{path}.windows",
                    Message(
                        "none is as long as the visit of %(visit)s",
                        {"visit": trip_values.said_seconds(visit_s)},
                    ),
                )
            )
        if len(self.faults) > before or place is None or visit_s is None:
            return None
        return Stop(
            place,
            visit_s,
            windows,
            must is not False,
            1.0 if weight is None else weight,
            day,
            order,
            notes or "",
            hours="" if windows is None else str(stop.get("hours", "")),
        )

    def windows(
        self, stop: Mapping[str, Any], path: str, place: Place | None, days: Sequence[Day | None]
    ) -> tuple[tuple[datetime, datetime], ...] | None:
        """Read when a stop may be visited, in order and apart; None where nothing is said of it."""
        listed, opening = stop.get("windows", "") != "", stop.get("hours", "") != ""
        if listed and opening:
            self.faults.append(behind(path, Message("has hours and windows; write one of them")))
        if listed:
            zone = place.zone if place else calendars.zone("UTC")
            spans = []
            for at, text in self.rows(stop, "windows", path, MAX_WINDOWS):
                span = self.get({"": text}, "", at, lambda text: trip_values.span(text, zone))
                if span is not None:
                    spans.append(span[0])
                    if span[1]:
                        self.tell("stops")
            return tuple(osm_hours.merged(spans))
        if opening:
            somewhere = place or Place(
                "", {}, 0.0, 0.0, None, next(iter(self.known.timezones)), "UTC"
            )  # to read the text at least
            rule = self.get(stop, "hours", path, lambda text: openings.rule(text, somewhere))
            if rule is None or place is None or not any(days):
                return None
            self.tell("stops")
            return self.opening(rule, [day for day in days if day])
        return None

    def opening(self, rule: osm_hours.Rule, days: Sequence[Day]) -> openings.Windows:
        """Read opening hours as windows and mention the years whose holidays are not known."""
        for year in openings.incomplete_years(rule, days):
            self.tell("holidays", country=rule.country, year=year)
        return openings.windows(rule, days)

    # The whole ------------------------------------------------------------------------------------

    def trip(self, document: Any) -> Trip | None:
        """Read the trip; None, with the faults in ``faults``, where it is wrong."""
        whole = self.keys(document, "trip", "")
        if whole is None:
            return None
        title = self.get(whole, "title", "", trip_values.name)
        notes, source = (self.get(whole, key, "", trip_values.line) for key in ("notes", "source"))
        vehicle = (
            self.keys(whole["vehicle"], "vehicle", "vehicle")
            if whole.get("vehicle", "") != ""
            else None
        )
        vehicle = vehicle or {}
        profile = self.get(vehicle, "profile", "vehicle", trip_values.one_of(self.known.profiles))
        country = self.get(vehicle, "country", "vehicle", trip_values.country)
        kind = self.get(vehicle, "kind", "vehicle", trip_values.one_of(KINDS))
        avoid = self.get(whole, "avoid_unknown_hours", "", trip_values.yes)
        closed = [
            self.get({"": one}, "", at, trip_values.one_of(self.known.gates))
            for at, one in self.rows(whole, "closed_gates", "", 1000)
        ]
        reserve_s = self.get(whole, "gate_reserve", "", trip_values.reserve)
        lunch = self.lunch(whole)
        days = self.days(whole)
        stops = self.stops(whole, days)
        told = [
            self.get({"": one}, "", at, trip_values.line)
            for at, one in self.rows(whole, "told", "", 1000)
        ]
        if self.faults:
            return None
        return Trip(
            title or "",
            tuple(stop for stop in stops if stop),
            tuple(day for day in days if day),
            lunch,
            profile or Trip.profile,
            country,
            kind or Trip.kind,
            avoid is True,
            tuple(dict.fromkeys(one for one in closed if one)),
            tuple(dict.fromkeys([*(one for one in told if one), *self.told])),
            Trip.reserve_s if reserve_s is None else reserve_s,
            notes=notes or "",
            source=source or "",
        )

    def lunch(self, document: Mapping[str, Any]) -> Lunch | None:
        value = document.get("lunch", "")
        if value in ("", "none", "no"):
            return None
        if isinstance(value, str):
            value = {"length": value}
        lunch = self.keys(value, "lunch", "lunch")
        if lunch is None:
            return None
        if lunch.get("length", "") == "":
            self.faults.append(behind("lunch.length", Message("is missing, such as “45 min”")))
        length_s = self.get(lunch, "length", "lunch", trip_values.seconds)
        first, last = (
            self.get(lunch, key, "lunch", trip_values.time_of_day) for key in ("from", "until")
        )
        found = Lunch(
            length_s or 0.0,
            f"{first:%H:%M}" if first else Lunch.from_,
            f"{last:%H:%M}" if last else Lunch.until,
        )
        if found.until < found.from_:
            self.faults.append(
                behind(
                    "lunch.until",
                    Message(
                        "%(until)s is before %(begin)s",
                        {"until": found.until, "begin": found.from_},
                    ),
                )
            )
        return found


def _day_number(text: str, days: Sequence[Day | None]) -> int:
    """Read a day of the trip, by its number from 1 or its date, as a number from 0."""
    if re.fullmatch(r"\d{4}-.*", text):
        when = trip_values.day(text)
        found = next(
            (number for number, day in enumerate(days) if day is not None and day.date == when),
            None,
        )
        if found is None and None not in days:
            raise ValueError(Message("the trip has no day %(date)s", {"date": when}))
        return found or 0
    number = trip_values.count(text)
    if number > len(days):
        raise ValueError(Message("the trip has %(count)s days", {"count": len(days)}))
    return number - 1
