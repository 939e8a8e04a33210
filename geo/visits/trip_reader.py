"""Make a trip of mappings, lists and text; the keys are in ``geo.visits.trip_file``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from itertools import pairwise

from geo.errors import Message
from geo.hours import osm_hours
from geo.hours.gate_notices import KINDS
from geo.visits import openings, trip_values
from geo.visits.gazetteer import Gazetteer
from geo.visits.place_reader import PlaceReader
from geo.visits.text_reader import Holder, Value
from geo.visits.trip import MOST_DAYS, MOST_STOPS, Day, Lunch, Place, Stop, Trip

MAX_WINDOWS = 100
MAX_LINES = 1000
"""Of gates that are taken as closed, and of what was assumed."""
VISIT_S = 3600.0


class TripReader(PlaceReader):
    """Reads one trip."""

    def __init__(self, places: Gazetteer) -> None:
        super().__init__(places)
        self.dates: dict[date, str] = {}

    # Days -----------------------------------------------------------------------------------------

    def days(self, trip: Holder) -> list[Day | None]:
        """Read the days in their order; None for one that is wrong."""
        rows = self.rows(trip, "days", "", MOST_DAYS)
        if not rows:
            text = Message("a trip has at least one day, such as “- date: 2026-12-01”")
            self.fault("days", text)
        usual = self.get(trip, "hours", "", trip_values.times_of_day)
        first = self.place(trip.get("begin", ""), "begin")
        end, nights = (self.places(trip, key, "") for key in ("end", "nights"))
        days: list[Day | None] = []
        before: tuple[Place | None, ...] = ()
        for number, (path, row) in enumerate(rows):
            day = self.keys(row, "day", path)
            if day is None:
                days.append(None)
                before = ()
                continue
            begin = self.place(day.get("begin", ""), f"{path}.begin")
            if number == 0 and day.get("begin", "") == "":
                begin = first
                if trip.get("begin", "") == "":
                    text = Message("where does the day begin? Write “begin: <place>”")
                    self.fault(f"{path}.begin", text)
            ends = self.places(day, "end", path)
            if not ends:
                ends = nights if nights and number < len(rows) - 1 else end
            if not ends:
                text = Message("where does the day end? Write “end: <place>”")
                self.fault(f"{path}.end", text)
            towns = [town for town in before if town]
            clock = begin or next(iter(towns), None)
            if begin is None and len({town.timezone for town in towns}) > 1:
                self.tell("several")
            span = self.day_span(day, path, usual, clock, missing=trip.get("hours", "") == "")
            known = tuple(town for town in ends if town)
            whole = ends and known == ends and (begin or before)
            days.append(Day(*span, begin, known) if span and whole else None)
            before = ends
        self.in_turn(days)
        return days

    def day_span(
        self,
        day: Holder,
        path: str,
        usual: tuple[time, time] | None,
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
            return None if clock is None else self.moments(text, path, when, clock)
        if day.get("date", "") == "":
            self.fault(f"{path}.date", Message("is missing"))
        times = self.get(day, "hours", path, trip_values.times_of_day) if text else usual
        if text == "" and missing:
            fault = Message("is missing; write from when to when, such as “hours: 07:30-18:00”")
            self.fault(f"{path}.hours", fault)
        if times is None or when is None:
            return None
        if times[1] <= times[0]:
            self.fault(
                f"{path}.hours",
                Message("the day has no hours")
                if times[0] == times[1]
                else Message("the day ends before it begins"),
            )
            return None
        if clock is None:
            return None
        self.tell("days")
        start, end = (datetime.combine(when, hour, clock.zone) for hour in times)
        return start, end

    def moments(
        self, text: str, path: str, when: date | None, clock: Place
    ) -> tuple[datetime, datetime] | None:
        """Read the two moments of a day, which begins on a date if one is given."""
        read = self.value(text, f"{path}.hours", lambda text: trip_values.span(text, clock.zone))
        if read is None:
            return None
        span, local = read
        begins = span[0].date()
        if local:
            self.tell("days")
        if when and begins != when:
            text = Message("the hours begin on %(date)s", {"date": begins})
            self.fault(f"{path}.date", text)
        self.once(begins, path)
        return span

    def once(self, when: date, path: str) -> None:
        """Check that no other day has the date."""
        if self.dates.setdefault(when, path) != path:
            values = {"date": when, "day": self.dates[when]}
            text = Message("%(date)s is already the date of %(day)s", values)
            self.fault(f"{path}.date", text)

    def in_turn(self, days: Sequence[Day | None]) -> None:
        """Check that each day comes after the one before."""
        there = [(number, day) for number, day in enumerate(days) if day is not None]
        for (_, before), (number, day) in pairwise(there):
            if day.start < before.end and day.date != before.date:
                self.fault(f"days[{number}]", Message("begins before the end of the day above it"))

    # Stops ----------------------------------------------------------------------------------------

    def stops(self, trip: Holder, days: Sequence[Day | None]) -> list[Stop | None]:
        """Read the stops; None for one that is wrong."""
        value = trip.get("stops", "")
        if isinstance(value, list) and len(value) > MOST_STOPS:
            counts = {"count": len(value), "most": MOST_STOPS}
            self.fault("stops", Message("%(count)s stops; %(most)s are allowed", counts))
            return []
        rows = self.rows(trip, "stops", "", MOST_STOPS)
        if not rows:
            text = Message("a trip has at least one stop, such as “- site: hai-yen-ip”")
            self.fault("stops", text)
        usual = self.get(trip, "visit", "", trip_values.seconds)
        seen: dict[str, str] = {}
        stops = []
        for path, row in rows:
            holder = self.keys(row, "stop", path)
            stop = None if holder is None else self.stop(holder, path, usual, days)
            stops.append(stop)
            if stop and seen.setdefault(stop.place.id, path) != path:
                values = {"text": stop.place.id, "stop": seen[stop.place.id]}
                self.fault(path, Message("“%(text)s” is already %(stop)s", values))
        return stops

    def stop(
        self, stop: Holder, path: str, usual: float | None, days: Sequence[Day | None]
    ) -> Stop | None:
        before = len(self.faults)
        kinds = [key for key in ("site", "point") if stop.get(key, "") != ""]
        if len(kinds) != 1:
            self.fault(
                path,
                Message("is a site or a point, not both")
                if kinds
                else Message("names no place; write “site: <id>” or “point: …”"),
            )
        place = self.place(stop[kinds[0]], f"{path}.{kinds[0]}") if len(kinds) == 1 else None
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
            values = {"visit": trip_values.said_seconds(visit_s)}
            text = Message("none is as long as the visit of %(visit)s", values)
            self.fault(f"{path}.windows", text)
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
        self, stop: Holder, path: str, place: Place | None, days: Sequence[Day | None]
    ) -> openings.Windows | None:
        """Read when a stop may be visited, in order and apart; None where nothing is said of it."""
        listed, opening = stop.get("windows", "") != "", stop.get("hours", "") != ""
        if listed and opening:
            self.fault(path, Message("has hours and windows; write one of them"))
        somewhere = place or Place(
            "", {}, 0.0, 0.0, None, next(iter(self.known.timezones), ""), "UTC"
        )  # to read the text at least
        if listed:
            spans = []
            for at, row in self.rows(stop, "windows", path, MAX_WINDOWS):
                read = self.value(row, at, lambda text: trip_values.span(text, somewhere.zone))
                if read is not None:
                    spans.append(read[0])
                    if read[1]:
                        self.tell("stops")
            return tuple(osm_hours.merged(spans))
        if opening:
            rule = self.get(stop, "hours", path, lambda text: openings.rule(text, somewhere))
            known = [day for day in days if day]
            if rule is None or place is None or not known:
                return None
            self.tell("stops")
            for year in openings.incomplete_years(rule, known):
                self.tell("holidays", country=rule.country, year=year)
            return openings.windows(rule, known)
        return None

    # The whole ------------------------------------------------------------------------------------

    def trip(self, document: Value) -> Trip | None:
        """Read the trip; None, with the faults in ``faults``, where it is wrong."""
        whole = self.keys(document, "trip", "")
        if whole is None:
            return None
        title = self.get(whole, "title", "", trip_values.name)
        notes, source = (self.get(whole, key, "", trip_values.line) for key in ("notes", "source"))
        vehicle = self.part(whole, "vehicle")
        profile = self.get(vehicle, "profile", "vehicle", trip_values.one_of(self.known.profiles))
        country = self.get(vehicle, "country", "vehicle", trip_values.country)
        kind = self.get(vehicle, "kind", "vehicle", trip_values.one_of(tuple(KINDS)))
        avoid = self.get(whole, "avoid_unknown_hours", "", trip_values.yes)
        closed = self.each(whole, "closed_gates", MAX_LINES, trip_values.one_of(self.known.gates))
        reserve_s = self.get(whole, "gate_reserve", "", trip_values.reserve)
        lunch = self.lunch(whole)
        days = self.days(whole)
        stops = self.stops(whole, days)
        told = self.each(whole, "told", MAX_LINES, trip_values.line)
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
            tuple(dict.fromkeys(closed)),
            tuple(dict.fromkeys([*told, *self.told])),
            Trip.reserve_s if reserve_s is None else reserve_s,
            notes=notes or "",
            source=source or "",
        )

    def part(self, holder: Holder, key: str) -> Holder:
        """Return a mapping inside of another; an empty one where there is none or it is wrong."""
        value = holder.get(key, "")
        return {} if value == "" else self.keys(value, key, key) or {}

    def lunch(self, trip: Holder) -> Lunch | None:
        value = trip.get("lunch", "")
        if value in ("", "none", "no"):
            return None
        lunch = self.keys({"length": value} if isinstance(value, str) else value, "lunch", "lunch")
        if lunch is None:
            return None
        if lunch.get("length", "") == "":
            self.fault("lunch.length", Message("is missing, such as “45 min”"))
        length_s = self.get(lunch, "length", "lunch", trip_values.seconds)
        first, last = (
            self.get(lunch, key, "lunch", trip_values.time_of_day) for key in ("from", "until")
        )
        from_ = f"{first:%H:%M}" if first else Lunch.from_
        until = f"{last:%H:%M}" if last else Lunch.until
        if until < from_:
            values = {"until": until, "begin": from_}
            self.fault("lunch.until", Message("%(until)s is before %(begin)s", values))
        return Lunch(length_s or 0.0, from_, until)


def _day_number(text: str, days: Sequence[Day | None]) -> int:
    """Read a day of the trip, by its number from 1 or its date, as a number from 0."""
    if re.fullmatch(r"\d{4}-.*", text):
        when = trip_values.day(text)
        dates = [day.date if day else None for day in days]
        if when not in dates and None not in dates:
            raise ValueError(Message("the trip has no day %(date)s", {"date": when}))
        return dates.index(when) if when in dates else 0
    number = trip_values.count(text)
    if number > len(days):
        raise ValueError(Message("the trip has %(count)s days", {"count": len(days)}))
    return number - 1
