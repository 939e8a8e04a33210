"""The one walk of a plan: a list of steps (way, gate, visit, lunch, night), each with its place and
times, which page, files and command line write in their own form.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

import pandas as pd

from geo.errors import InputError, Message
from geo.hours.gates import Hours
from geo.hours.openings import DayHours
from geo.visits.gazetteer import LANGUAGES
from geo.visits.trip import Crossing, DayPlan, Leg, Place, Plan, Span, Visit

if TYPE_CHECKING:
    import geopandas as gpd

Kind = Literal["begin", "drive", "gate", "visit", "lunch", "night", "end"]

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Step:
    """A step of the plan.

    Attributes
    ----------
    day
        Number of the day, from 0.
    place
        Where it is, or where a way leads; without a position (NaN) for a gate that nobody has
        placed, and for lunch on the way.
    start, end
        On the clock of the place.
    arrive
        When one is there; at a gate and at a stop before ``start``, if one waits.
    wait_s
        How long one waits between ``arrive`` and ``start``; lunch is not waiting.
    label
        Visits are counted over the trip, ``01``; what comes after the third visit and before the
        fourth is ``03a``, ``03b``, so that the order of the labels as text is that of the trip.
    number
        Of a visit in the trip, from 1; 0 for all else.
    origin
        Where a way comes from.
    leg
        The way of the plan that a drive is on: there is one to its gate, and one on from there.
    way
        Number in its day of the way that a drive, a gate and lunch on the way are part of, from 0;
        -1 for all else.
    drive_s, length_m
        Of a drive; NaN for all else, and where nobody knows.
    lunch
        From when to when one eats on this drive; the lunch is also a step of its own after it.
    hours
        Of a gate, on that day.
    """

    kind: Kind
    day: int
    place: Place
    start: datetime
    end: datetime
    arrive: datetime
    wait_s: float = 0.0
    label: str = ""
    number: int = 0
    origin: Place | None = None
    leg: Leg | None = None
    way: int = -1
    drive_s: float = math.nan
    length_m: float = math.nan
    lunch: Span | None = None
    crossing: Crossing | None = None
    hours: DayHours | None = None
    visit: Visit | None = None

    @property
    def has_position(self) -> bool:
        """Return whether its place can be drawn."""
        return not math.isnan(self.place.lon)

    @property
    def sets_out(self) -> bool:
        """Return whether it is a drive with which a way of the plan begins."""
        return self.leg is not None and self.origin is self.leg.start


@dataclass(frozen=True)
class Itinerary:
    """A plan made ready to be written.

    Parameters
    ----------
    language
        ``en``, ``vi`` or ``zh``, of the names; those in the other languages are kept beside them.
    gates
        The layer ``gates``, for names and positions; without it a gate has its id.
    clocks
        Names of the clocks to be shown, by IANA zone, such as ``{"Asia/Ho_Chi_Minh": "Hà Nội"}``;
        without it those of the plan.
    hours
        Of the gates; without it there is only whether they are known.
    translate
        Called with an English text, returns it in the language; without it words are English.
    """

    plan: Plan
    language: str = "en"
    gates: gpd.GeoDataFrame | None = None
    clocks: Mapping[str, str] = field(default_factory=dict)
    hours: Hours | None = None
    translate: Callable[[str], str] = str
    steps: tuple[Step, ...] = field(init=False)

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise InputError(
                Message(
                    "There is no language “%(language)s”; there are %(known)s.",
                    {"language": self.language, "known": ", ".join(LANGUAGES)},
                )
            )
        object.__setattr__(self, "steps", tuple(self._labelled()))
        zones = dict.fromkeys([*self.clocks, *(step.place.timezone for step in self.steps)])
        names = {zone: zone.rpartition("/")[2].replace("_", " ") for zone in zones}
        object.__setattr__(self, "clocks", names | dict(self.clocks))

    @property
    def title(self) -> str:
        """Return the title of the trip, or what it is."""
        return clean(self.plan.trip.title) or self.said(Message("Field visit"))

    def said(self, text: str) -> str:
        """Return a sentence in the language; one that is not ours stays as it is."""
        return text.translated(self.translate) if isinstance(text, Message) else text

    def name(self, place: Place) -> str:
        """Return the name of a place in the language."""
        return clean(place.name(self.language))

    def other_names(self, place: Place) -> str:
        """Return its names in the other languages; empty where there are none."""
        shown = place.name(self.language)
        return " · ".join(
            dict.fromkeys(clean(name) for name in place.names.values() if name != shown)
        )

    def times(self, moment: datetime) -> str:
        """Write a moment on every clock, its own first: ``16:30 Hà Nội · 17:30 北京``."""
        here = _zone(moment)
        zones = sorted(self.clocks, key=lambda zone: zone != here)
        return " · ".join(
            f"{moment.astimezone(ZoneInfo(zone)):%H:%M} {self.clocks[zone]}" for zone in zones
        )

    def of_day(self, number: int) -> list[Step]:
        """Return the steps of a day."""
        return [step for step in self.steps if step.day == number]

    def date(self, number: int) -> date:
        """Return the date of a day."""
        return self.plan.trip.days[number].date

    # The steps in the order of time ---------------------------------------------------------------

    def _labelled(self) -> Iterator[Step]:
        width = max(2, len(str(sum(len(day.visits) for day in self.plan.days))))
        seen, between = 0, 0
        for step in self._walk():
            if step.kind == "visit":
                seen, between = seen + 1, 0
                yield replace(step, label=f"{seen:0{width}}", number=seen)
            else:
                yield replace(step, label=f"{seen:0{width}}{_letters(between)}")
                between += step.kind != "drive"

    def _walk(self) -> Iterator[Step]:
        days = self.plan.days
        for day, after in zip_longest(days, days[1:]):
            depart = self._departs(day)
            if day.lunch:
                yield _lunch(day.number, day.start, day.lunch)
            yield Step("begin", day.number, day.start, depart, depart, depart)
            for way, (leg, visit) in enumerate(zip_longest(day.legs, day.visits)):
                yield from self._leg(day.number, way, leg)
                if visit:
                    yield from _stay(day.number, visit)
            arrive = day.legs[-1].arrive if day.legs else depart
            if after is None:
                yield Step("end", day.number, day.goal, arrive, arrive, arrive)
            else:
                until = max(arrive, self._departs(after).astimezone(day.goal.zone))
                yield Step("night", day.number, day.goal, arrive, until, arrive)

    def _departs(self, day: DayPlan) -> datetime:
        """Return when one sets out; on a day without ways, when one could."""
        if day.legs:
            return day.legs[0].depart
        return self.plan.trip.days[day.number].start.astimezone(day.start.zone)

    def _leg(self, day: int, way: int, leg: Leg) -> Iterator[Step]:
        crossing, lunch = leg.crossing, leg.lunch
        gate = self._gate(crossing) if crossing else None
        behind = crossing is not None and lunch is not None and lunch[0] >= crossing.leave
        parts = [(leg.start, leg.goal, leg.depart, leg.arrive, leg.drive_s, leg.length_m)]
        if crossing and gate:
            parts = [
                (leg.start, gate, leg.depart, crossing.arrive, leg.before_s, leg.before_m),
                (gate, leg.goal, crossing.leave, leg.arrive, leg.behind_s, leg.behind_m),
            ]
        for origin, place, depart, arrive, drive_s, length_m in parts:
            start, end = depart.astimezone(place.zone), arrive.astimezone(place.zone)
            eaten = lunch if (origin is gate) == behind else None
            yield Step(
                "drive",
                day,
                place,
                start,
                end,
                end,
                origin=origin,
                leg=leg,
                way=way,
                drive_s=drive_s,
                length_m=length_m,
                lunch=eaten,
            )
            if eaten:
                yield _lunch(day, self._on_the_way(eaten[0]), eaten, way)
            if crossing and place is gate:
                yield self._passage(day, way, crossing, place)

    def _passage(self, day: int, way: int, crossing: Crossing, gate: Place) -> Step:
        trip, hours = self.plan.trip, None
        if self.hours is not None:
            hours = self.hours.of_day(
                crossing.gate, crossing.towards, trip.kind, trip.vehicle_country, crossing.enter
            )
        arrive, enter, leave = (
            moment.astimezone(gate.zone)
            for moment in (crossing.arrive, crossing.enter, crossing.leave)
        )
        return Step(
            "gate",
            day,
            gate,
            enter,
            leave,
            arrive,
            crossing.wait_s,
            way=way,
            crossing=crossing,
            hours=hours,
        )

    def _gate(self, crossing: Crossing) -> Place:
        key, zone = crossing.gate, _zone(crossing.arrive)
        if self.gates is None or key not in self.gates.index:
            return Place(key, {"en": key}, math.nan, math.nan, None, "", zone)
        row = self.gates.loc[key].to_dict()
        names = {code: row[f"name_{code}"] for code in LANGUAGES if pd.notna(row[f"name_{code}"])}
        point, accuracy_m = row["geometry"], float(row["position_accuracy_m"])
        return Place(key, names, point.x, point.y, accuracy_m, str(row["country"]), zone)

    def _on_the_way(self, moment: datetime) -> Place:
        """Return a place without a position, on the clock of a moment."""
        text = Message("On the way")
        names = {"en": str(text), self.language: self.said(text)}
        return Place("on-the-way", names, math.nan, math.nan, None, "", _zone(moment))


def _stay(day: int, visit: Visit) -> Iterator[Step]:
    """Return a visit, and the lunch at its place before or after it."""
    place, lunch = visit.stop.place, visit.lunch
    meal = [_lunch(day, place, lunch)] if lunch else []
    eats_first = lunch is not None and lunch[1] <= visit.start
    waits = visit.start - visit.arrive
    if lunch and eats_first:
        waits -= lunch[1] - lunch[0]
        yield from meal
    yield Step(
        "visit",
        day,
        place,
        visit.start,
        visit.end,
        visit.arrive,
        waits.total_seconds(),
        visit=visit,
    )
    if not eats_first:
        yield from meal


def _lunch(day: int, place: Place, meal: Span, way: int = -1) -> Step:
    return Step("lunch", day, place, *meal, meal[0], way=way)


def _zone(moment: datetime) -> str:
    """Return the IANA name of the clock on which a moment is."""
    return moment.tzinfo.key if isinstance(moment.tzinfo, ZoneInfo) else "UTC"


def _letters(number: int) -> str:
    """Return a, b, …, z, za, zb, …: as text in the order of the numbers."""
    return "z" * (number // 25) + chr(ord("a") + number % 25)


def clean(text: str) -> str:
    """Remove control characters, which neither XML nor iCalendar can hold; line feeds and tabs
    stay.
    """
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
