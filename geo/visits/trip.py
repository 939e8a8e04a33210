"""What a field visit is made of: places, stops, days and vehicle on the one hand, and the plan that
follows on the other.

Every moment is an aware ``datetime`` in the zone of the place where it stands; every length of time
is in seconds."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

Proof = Literal["proven", "unproven"]
Span = tuple[datetime, datetime]
"""From when to when."""

MOST_STOPS, MOST_DAYS = 150, 31
"""Of a trip, wherever it is read, changed or planned."""
LEAST_WEIGHT, MOST_WEIGHT = 1e-6, 1e6
"""Of a stop: weights are added as whole millionths."""
MOST_RESERVE_S = 4 * 3600.0
"""No reserve at the gates is longer."""


@dataclass(frozen=True)
class Place:
    """A point of a trip.

    Attributes
    ----------
    id
        Of a place of the data package, or one made up for a point; unlike that of any other place
        of the trip.
    names
        By language: ``en``, ``vi``, ``zh``; at least one of them.
    lon, lat
        WGS 84.
    position_accuracy_m
        How far off the point may be; None where nobody says.
    country
        ISO 3166-1, two letters.
    timezone
        IANA, of that place.
    contact
        Whom to ask for, and how; empty where unknown.
    """

    id: str
    names: dict[str, str]
    lon: float
    lat: float
    position_accuracy_m: float | None
    country: str
    timezone: str
    contact: str = ""

    @property
    def zone(self) -> ZoneInfo:
        """Return the clock of the place."""
        return ZoneInfo(self.timezone)

    def name(self, language: str = "en") -> str:
        """Return the name in a language, or else in the first there is."""
        return self.names.get(language) or next(iter(self.names.values()))


@dataclass(frozen=True)
class Stop:
    """A place to be visited.

    Attributes
    ----------
    visit_s
        How long the visit takes.
    windows
        Each from when to when a visit may take place, in order and apart; the whole visit lies in
        one of them. None: at any time.
    must
        Whether the trip fails without it. Of the others as much ``weight`` as possible is visited,
        each from LEAST_WEIGHT to MOST_WEIGHT.
    day
        Number of the only day on which it may be visited, from 0; None: any.
    order
        Its place among the stops with an order: they are visited in this order, whatever comes
        between. None: free.
    notes
        As somebody wrote them.
    hours
        The opening hours from which ``windows`` were read for the days of the trip, in
        OpenStreetMap syntax; empty where windows were given as moments or not at all.
    """

    place: Place
    visit_s: float
    windows: tuple[Span, ...] | None = None
    must: bool = True
    weight: float = 1.0
    day: int | None = None
    order: int | None = None
    notes: str = ""
    hours: str = ""


@dataclass(frozen=True)
class Lunch:
    """A break of ``length_s`` that begins between two times of the day, on the clock where one is:
    ``HH:MM``, text.

    It is taken once a day: where the day begins, at a stop before or after the visit, or on the
    way, where over a gate the clock is that of the side on which one eats. It is left out on a day
    on which one sets out at ``until`` or later, or has arrived by then; the date is that on which
    the day begins."""

    length_s: float
    from_: str = "11:30"
    until: str = "13:00"


@dataclass(frozen=True)
class Day:
    """A day of a trip.

    Attributes
    ----------
    start, end
        When one may leave at the earliest and must have arrived at the latest.
    begin
        Where it begins; None: where the day before ended.
    ends
        Where it may end: one of these.
    """

    start: datetime
    end: datetime
    begin: Place | None
    ends: tuple[Place, ...]

    @property
    def date(self) -> date:
        """Return the date at its beginning."""
        return self.start.date()


@dataclass(frozen=True)
class Trip:
    """What somebody wants: which stops, in which days, with what vehicle.

    Attributes
    ----------
    profile
        Vehicle of the network: ``car``, ``truck``.
    vehicle_country
        Where it is registered, ISO 3166-1; hours of gates may depend on it. None: unknown.
    kind
        Of traffic: ``passenger`` or ``cargo``.
    avoid_unknown_hours
        Whether gates are passed by whose hours are not published for the day; otherwise remembered
        hours count, or daylight, and the plan says so.
    closed
        Gates that are taken as closed.
    reserve_s
        One enters a gate at least so long before it closes; hours that go on, such as through the
        night, do not close.
    told
        What was assumed when the trip was read, one sentence each: a time without a zone, a visit
        without a length. Two trips that differ in nothing else are equal.
    notes, source
        For people: as somebody wrote them.
    """

    title: str
    stops: tuple[Stop, ...]
    days: tuple[Day, ...]
    lunch: Lunch | None = None
    profile: str = "car"
    vehicle_country: str | None = None
    kind: str = "passenger"
    avoid_unknown_hours: bool = False
    closed: tuple[str, ...] = ()
    told: tuple[str, ...] = field(default=(), compare=False)
    reserve_s: float = 1800.0
    notes: str = ""
    source: str = ""

    @property
    def countries(self) -> tuple[str, ...]:
        """Return the countries of its places, in the order of their codes."""
        ends = (
            place for day in self.days for place in (*([day.begin] if day.begin else []), *day.ends)
        )
        return tuple(
            sorted({place.country for place in (*(stop.place for stop in self.stops), *ends)})
        )


# The plan -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Crossing:
    """A passage of the border.

    Attributes
    ----------
    gate
        Its id in the layer ``gates``.
    towards
        Country one comes to.
    arrive, enter, leave
        When one is there, when the gate lets one in, and when one has passed; on the clock of the
        gate.
    hours_known
        Whether it is published when this gate is open on this day, as
        :attr:`geo.hours.gates.Opening.known` has it; otherwise the hours are remembered, or
        daylight is assumed.
    """

    gate: str
    towards: str
    arrive: datetime
    enter: datetime
    leave: datetime
    hours_known: bool

    @property
    def wait_s(self) -> float:
        """Return the wait for the gate to open; a queue is not in it."""
        return (self.enter - self.arrive).total_seconds()

    @property
    def service_s(self) -> float:
        """Return the time of the formalities."""
        return (self.leave - self.enter).total_seconds()


@dataclass(frozen=True)
class Leg:
    """A way between two places, over one gate at most.

    ``depart`` on the clock of ``start``, ``arrive`` on that of ``goal``; ``drive_s`` and
    ``length_m`` without the gate. ``before_s`` and ``before_m`` are what lies before the gate of
    the two, NaN where no roads were asked or there is no gate. ``lunch``: from when to when one
    eats on the way, on the clock of ``start`` or, behind the gate, of ``goal``; None where one does
    not."""

    start: Place
    goal: Place
    depart: datetime
    arrive: datetime
    drive_s: float
    length_m: float
    crossing: Crossing | None = None
    lunch: Span | None = None
    before_s: float = math.nan
    before_m: float = math.nan

    @property
    def behind_s(self) -> float:
        """Return the time at the wheel behind the gate."""
        return self.drive_s - self.before_s

    @property
    def behind_m(self) -> float:
        """Return the length of the way behind the gate."""
        return self.length_m - self.before_m


@dataclass(frozen=True)
class Visit:
    """A stop in the plan, on its own clock.

    Attributes
    ----------
    arrive, start, end, leave
        Between ``arrive`` and ``start`` one waits or eats, between ``end`` and ``leave`` one eats.
    lunch
        When one eats here: from, to; None otherwise.
    slack_s
        How much later one may arrive here with everything after it still possible.
    """

    stop: Stop
    arrive: datetime
    start: datetime
    end: datetime
    leave: datetime
    lunch: Span | None
    slack_s: float


@dataclass(frozen=True)
class DayPlan:
    """A day of the plan: ways and visits in turn, beginning and ending with a way; no ways at all
    where one stays where one is.

    ``lunch``: from when to when one eats where the day begins, before setting out; None where one
    does not."""

    number: int
    start: Place
    goal: Place
    legs: tuple[Leg, ...]
    visits: tuple[Visit, ...]
    lunch: Span | None = None

    @property
    def on_road_s(self) -> float:
        """Return driving and formalities, without waiting."""
        return sum(
            leg.drive_s + (leg.crossing.service_s if leg.crossing else 0.0) for leg in self.legs
        )


@dataclass(frozen=True)
class Plan:
    """A trip with its times.

    Attributes
    ----------
    left_out
        Stops that are not visited; with a stop one must see among them the trip as wished is
        impossible.
    proof
        Whether no better plan exists: more must-see stops, then more weight, then less time on the
        road.
    on_road_s
        Driving and formalities of all days, without waiting: what is made small.
    faults
        What :mod:`geo.visits.verify` found wrong when it went through the plan; empty when it
        holds.
    """

    trip: Trip
    days: tuple[DayPlan, ...]
    left_out: tuple[Stop, ...]
    proof: Proof
    on_road_s: float
    faults: tuple[str, ...] = ()

    @property
    def feasible(self) -> bool:
        """Return whether every stop one must see is in it and nothing is wrong with it."""
        return not self.faults and not any(stop.must for stop in self.left_out)
