"""What is said of the hours of gates: notices, read from the tables, and which of them counts for
whom and when.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any, TypeAlias
from zoneinfo import ZoneInfo

from geo.errors import InputError, Message, behind
from geo.hours import calendars, osm_hours
from geo.hours.osm_hours import merged
from geo.schema import unfold
from geo.schema.tables import WEEKDAYS

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

KINDS = {"passenger": "passengers", "cargo": "cargo"}
"""Kinds of traffic, and the column of the layer ``gates`` that says whether a gate serves them."""
PUBLISHED = ("survey", "page", "code")
"""Kinds of sources that anybody can read; the others rest on memory."""
_HOST = re.compile(r"https?://(?:www\.)?([^/?#:@\[\]]+)")
Row: TypeAlias = Mapping[Hashable, Any]
SCOPE = ("towards", "kind", "vehicle_country")
"""What narrows a row of ``gate_hours``: the more of it is filled, the closer the row."""


@dataclass(frozen=True)
class Notice:
    """What somebody has said about the hours of a gate.

    Attributes
    ----------
    towards, kind, vehicle_country
        For whom; None means any.
    rule
        The hours.
    valid_from, valid_to
        First and last day on the clock of the gate; None where it is not stated.
    weekdays
        Days of the week of which it speaks, Monday is 0; none for all of them.
    general
        Whether it is what the layer ``gates`` says of the gate as a whole.
    """

    towards: str | None
    kind: str | None
    vehicle_country: str | None
    rule: osm_hours.Rule
    valid_from: date | None
    valid_to: date | None
    source: str
    source_kind: str | None
    as_of: str | None
    notes: str = ""
    weekdays: frozenset[int] = frozenset()
    general: bool = False

    @property
    def closeness(self) -> tuple[int, date]:
        """Return what one notice wins by over another: more of its scope is stated; or else it
        began later."""
        stated = sum(getattr(self, name) is not None for name in SCOPE)
        return (-1 if self.general else stated), self.valid_from or date.min

    def hosts(self) -> tuple[str, ...]:
        """Return the sources of the hours, of an address its host; none of what the layer says,
        whose source is that of the whole gate.
        """
        sources = () if self.general else unfold(self.source)
        return tuple(host[1] if (host := _HOST.match(source)) else source for source in sources)

    def covers(self, day: date) -> bool:
        """Return whether it is valid on a day, and speaks of it."""
        speaks = not self.weekdays or day.weekday() in self.weekdays
        return speaks and (self.valid_from or day) <= day <= (self.valid_to or day)


@dataclass(frozen=True)
class Place:
    """Where a gate is: its clock, the countries on its two sides, and the kinds of traffic it
    serves.
    """

    zone: ZoneInfo
    countries: tuple[str, str]
    lonlat: tuple[float, float]
    serves: frozenset[str]


@dataclass(frozen=True)
class Gate:
    """What is known of the hours of a gate: its notices, the closest first, and the hours where
    none of them counts.
    """

    place: Place
    daylight: osm_hours.Rule
    notices: tuple[Notice, ...]


@dataclass(frozen=True)
class Question:
    """One kind of traffic in one direction: the notices that speak of it, the closest first."""

    gate: Gate
    kind: str
    never: bool
    notices: tuple[Notice, ...]
    _months: dict[date, osm_hours.Month] = field(default_factory=dict, repr=False, compare=False)

    def at(self, day: date) -> Notice | None:
        """Return the notice that counts on a day; None where nothing is known."""
        return next((notice for notice in self.notices if notice.covers(day)), None)

    def rule(self, day: date) -> osm_hours.Rule:
        """Return the hours that count on a day, daylight where nothing is known."""
        notice = self.at(day)
        return notice.rule if notice else self.gate.daylight

    def known(self, day: date) -> bool:
        """Check whether the hours of a day are published, its holidays are known, and nothing
        usually stands against them.
        """
        notice = self.at(day)
        published = (
            notice is not None
            and notice.source_kind in PUBLISHED
            and notice.rule.complete(day.year)
        )
        return self.never or (published and not self.new_year(day))

    def new_year(self, day: date) -> bool:
        """Check whether cargo is asked for on a day of the lunar new year of either country, of
        which no notice speaks.

        A notice speaks of it that ends, or whose hours follow holidays.
        """
        notice = self.at(day)
        if self.kind != "cargo" or (
            notice is not None and (notice.valid_to is not None or notice.rule.calendars)
        ):
            return False
        keep = [country for country in self.gate.place.countries if country in calendars.NEW_YEAR]
        return any(day in calendars.new_year_days(country, day.year) for country in keep)

    def month(self, first: date) -> osm_hours.Month:
        """Return the hours of the month that begins on a day, each day by the notice that counts on
        it.
        """
        month = self._months.get(first)
        if month is None:
            if len(self._months) >= osm_hours.MAX_MONTHS:
                self._months.clear()
            month = self._months[first] = self._computed(first)
        return month

    def _computed(self, first: date) -> osm_hours.Month:
        after = osm_hours.next_month(first)
        edges = {first, after}
        for notice in self.notices:
            ends = notice.valid_from, notice.valid_to and notice.valid_to + osm_hours.DAY
            edges |= {day for day in ends if day and first < day < after}
        if any(notice.weekdays for notice in self.notices):
            edges |= {first + n * osm_hours.DAY for n in range((after - first).days)}
        if len(edges) == 2:
            return self.rule(first).month(first.year, first.month)
        openings: list[osm_hours.Span] = []
        entries: list[osm_hours.Span] = []
        for day, end in pairwise(sorted(edges)):
            month = self.rule(day).month(first.year, first.month)
            between = (
                osm_hours.midnight(day, self.gate.place.zone),
                osm_hours.midnight(end, self.gate.place.zone),
            )
            openings += osm_hours.cut(month.openings, *between)
            entries += osm_hours.cut(month.entries, *between)
        return osm_hours.Month(
            tuple(merged(openings)),
            tuple(merged(entries)),
        )

    def openings(self, start: datetime, end: datetime) -> list[osm_hours.Span]:
        """Return the times between two moments in which the gate is open, last entry or not, joined
        where they touch.
        """
        months = self._between(start, end)
        return osm_hours.cut(
            merged(span for month in months for span in month.openings), start, end
        )

    def entries(self, moment: datetime, end: datetime) -> list[osm_hours.Span]:
        """Return the times in which one may enter that end after a moment and begin before `end`,
        joined where they touch.
        """
        months = self._between(moment, end)
        spans = merged(span for month in months for span in month.entries)
        return [span for span in spans if span[1] > moment and span[0] < end]

    def _between(self, start: datetime, end: datetime) -> Iterator[osm_hours.Month]:
        zone = self.gate.place.zone
        day, last = start.astimezone(zone).date().replace(day=1), end.astimezone(zone).date()
        while not self.never and day <= last and day.year in osm_hours.YEARS:
            yield self.month(day)
            day = osm_hours.next_month(day)


def read(
    gates: gpd.GeoDataFrame, gate_hours: pd.DataFrame, clocks: pd.DataFrame
) -> dict[str, Gate]:
    """Read what is said of each gate, by its id.

    Raises
    ------
    InputError
        Hours cannot be read, a row is of no gate or direction that there is, a clock has no zone,
        or two rows that state as much, though of different things, speak of the same moment; every
        fault is named with its gate.
    """
    faults: list[str] = []
    for row in clocks.to_dict("records"):
        _zone(f"clocks: {row['country']}", row["timezone"], faults)
    twice = clocks.loc[clocks["country"].duplicated(), "country"].unique()
    faults += [behind(f"clocks: {country}", Message("stands more than once")) for country in twice]
    rows: dict[str, Row] = {str(key): row for key, row in gates.to_dict("index").items()}
    places = {key: _place(key, row, faults) for key, row in rows.items()}
    notices = {key: _general(key, row, places[key], faults) for key, row in rows.items()}
    for number, row in enumerate(gate_hours.to_dict("records"), start=1):
        where = Message("gate_hours, row %(n)s (%(gate)s)", {"n": number, "gate": row["gate"]})
        if row["gate"] in places:
            notices[row["gate"]] += _notices(where, row, places[row["gate"]], faults)
        else:
            faults.append(behind(where, behind("gate", Message("there is no such gate"))))
    for key, of in notices.items():
        faults += [
            behind(key, fault)
            for first, second in combinations(of, 2)
            if (fault := _tie(first, second))
        ]
    if faults:
        raise InputError(Message("The opening hours of the gates have faults:"), faults)
    return {
        key: Gate(
            place,
            osm_hours.Rule(osm_hours.DAYLIGHT, place.zone, place.countries[0], place.lonlat),
            tuple(sorted(notices[key], key=lambda notice: notice.closeness, reverse=True)),
        )
        for key, place in places.items()
    }


def _place(key: str, row: Row, faults: list[str]) -> Place:
    """Read where a gate is, and add the fault of its zone."""
    return Place(
        _zone(f"{key}: timezone", row["timezone"], faults),
        (str(row["country"]), str(row["opposite_country"])),
        (row["geometry"].x, row["geometry"].y),
        frozenset(kind for kind, column in KINDS.items() if str(row[column]) != "False"),
    )


def _general(key: str, row: Row, place: Place, faults: list[str]) -> list[Notice]:
    """Read what the layer ``gates`` says of the hours, and add their faults."""
    text = _text(row.get("opening_hours"))
    rule = _rule(key, text, place, faults) if text else None
    if rule is None:
        return []
    kind, as_of = (_text(row.get(name)) for name in ("source_kind", "as_of"))
    return [
        Notice(None, None, None, rule, None, None, str(row["source"]), kind, as_of, general=True)
    ]


def _notices(where: str, row: Row, place: Place, faults: list[str]) -> list[Notice]:
    """Read a row of the table ``gate_hours``, and add its faults; nothing where it has any."""
    before = len(faults)
    towards, kind, vehicle_country = (_text(row.get(name)) for name in SCOPE)
    if towards is not None and towards not in place.countries:
        faults.append(behind(where, not_towards(place, towards)))
    if kind is not None and kind not in place.serves:
        idle = Message("the gate does not serve “%(kind)s”", {"kind": kind})
        faults.append(behind(where, behind("kind", idle)))
    valid_from, valid_to = (
        _day(where, name, row.get(name), faults) for name in ("valid_from", "valid_to")
    )
    if valid_from and valid_to and valid_to < valid_from:
        dates = {"last": valid_to, "first": valid_from}
        early = Message("%(last)s lies before valid_from, %(first)s", dates)
        faults.append(behind(where, behind("valid_to", early)))
    closed_on, workdays = (unfold(row.get(name)) for name in ("closed_on", "workdays"))
    rule = _rule(
        where,
        _text(row.get("opening_hours")) or "",
        place,
        faults,
        _text(row.get("last_entry")),
        closed_on,
        workdays,
    )
    if rule is None or len(faults) > before:
        return []
    source_kind, as_of, notes = (_text(row.get(name)) for name in ("source_kind", "as_of", "notes"))
    return [
        Notice(
            towards,
            kind,
            vehicle_country,
            rule,
            valid_from,
            valid_to,
            str(row["source"]),
            source_kind,
            as_of,
            notes or "",
            frozenset(map(WEEKDAYS.index, unfold(row.get("weekdays")))),
        )
    ]


def not_towards(place: Place, country: str) -> Message:
    """Return the fault of a direction that a gate does not have."""
    sides = {"one": place.countries[0], "other": place.countries[1], "text": country}
    wrong = Message("the gate leads to %(one)s or %(other)s, not to “%(text)s”", sides)
    return behind("towards", wrong)


def _tie(first: Notice, second: Notice) -> str | None:
    """Return why two notices contradict each other; None where they do not."""
    scopes = [tuple(getattr(notice, name) for name in SCOPE) for notice in (first, second)]
    if first.weekdays and second.weekdays and not first.weekdays & second.weekdays:
        return None
    as_close = first.general == second.general and first.closeness[0] == second.closeness[0]
    meet = all(None in pair or pair[0] == pair[1] for pair in zip(*scopes, strict=True))
    overlap = (first.valid_from or date.min) <= (second.valid_to or date.max) and (
        second.valid_from or date.min
    ) <= (first.valid_to or date.max)
    superseded = scopes[0] == scopes[1] and first.valid_from != second.valid_from
    if not (as_close and meet and overlap) or superseded:
        return None
    return Message(
        "“%(one)s” (%(source)s) and “%(other)s” (%(other_source)s) count at the same time, and"
        " neither is closer",
        {
            "one": first.rule.text,
            "source": first.source,
            "other": second.rule.text,
            "other_source": second.source,
        },
    )


def _rule(
    where: str, text: str, place: Place, faults: list[str], *more: Any
) -> osm_hours.Rule | None:
    try:
        return osm_hours.Rule(text, place.zone, place.countries[0], place.lonlat, *more)
    except InputError as error:
        faults.extend(behind(where, behind(f"“{text}”", fault)) for fault in error.faults)
        return None


def _day(where: str, name: str, value: object, faults: list[str]) -> date | None:
    text = _text(value)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        odd = Message("“%(text)s” is not a date", {"text": text})
        faults.append(behind(where, behind(name, odd)))
        return None


def _zone(where: str, name: Any, faults: list[str]) -> ZoneInfo:
    try:
        return calendars.zone(str(name))
    except InputError as error:
        faults.append(behind(where, error.message))
        return calendars.zone("UTC")


def _text(value: Any) -> str | None:
    """Return a cell as text, None where it is empty."""
    import pandas as pd

    return None if value is None or pd.isna(value) or not str(value).strip() else str(value).strip()
