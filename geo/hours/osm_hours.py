"""Opening hours in OpenStreetMap syntax: when one may enter, month by month, with real holidays and
last entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from geo.errors import InputError, Message, NotFoundError, behind
from geo.hours import calendars

Span = tuple[datetime, datetime]
"""From a moment until before another, both in UTC."""

YEARS = range(1970, 2100)
"""For which hours are computed: those of a Unix clock, and of calendars with a moon."""
DAYLIGHT = "sunrise-sunset"
MARGIN = timedelta(days=4)
"""Computed on either side of a month, so that a night or a weekend at its edge is whole."""
MAX_MONTHS = 60
"""So many months of a rule are kept; then they are computed anew."""
DAY = timedelta(days=1)
LAST_ENTRY = re.compile(r"(?P<hour>[0-4]\d):(?P<minute>[0-5]\d)|(?P<minutes>\d{1,3}) min")
DAYS = r"(?:(?:Mo|Tu|We|Th|Fr|Sa|Su)(?:-(?:Mo|Tu|We|Th|Fr|Sa|Su))?|PH)"
ON_DAYS = re.compile(rf"(?P<days>{DAYS}(?:,{DAYS})*)(?P<hours>\s.*)?", re.DOTALL)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
REFUSED = (
    (re.compile(r"\bSH\b"), Message("school holidays (SH) are not known here")),
    (re.compile(r"\bunknown\b"), Message("unknown hours have no row")),
    (re.compile(r"\d\+"), Message("an open end is not an hour")),
    (re.compile(r"\|\|"), Message("a fallback (||) is not understood here")),
)
"""What the syntax allows and the evaluation would quietly take for something else."""


@dataclass(frozen=True)
class Month:
    """The hours of a month: ``openings`` as written, ``entries`` when one may enter; in order,
    apart, cut to the month.
    """

    openings: tuple[Span, ...]
    entries: tuple[Span, ...]


@dataclass(frozen=True)
class Rule:
    """Hours as somebody wrote them down.

    Attributes
    ----------
    text
        OpenStreetMap syntax, on the clock of ``zone``. ``PH`` stands at the beginning of a rule
        only, alone or among days of the week: ``PH off``, ``Su,PH 09:00-12:00``; it means the
        holidays of ``country``.
    zone
        The clock.
    country
        Whose holidays ``PH`` means.
    lonlat
        Where the sun rises and sets.
    last_entry
        ``30 min``: nobody enters in the last half-hour of each opening. ``15:00``: nobody enters
        from then on, counted from the midnight before the opening began, so that ``25:30`` is half
        past one of the night; an opening of more than a day counts as one for each day. None: until
        it closes. The moment itself is too late, as that of closing is.
    closed_on
        Countries on whose holidays it is closed, from midnight to midnight.
    workdays
        Countries whose working days it follows: closed on a holiday of one of them, and on a
        weekend that all of them work in exchange for a day off, it is open as on the last day
        before that weekend.

    Raises
    ------
    InputError
        Something of it cannot be understood; every fault is named.
    """

    text: str
    zone: ZoneInfo
    country: str
    lonlat: tuple[float, float]
    last_entry: str | None = None
    closed_on: tuple[str, ...] = ()
    workdays: tuple[str, ...] = ()
    _months: dict[tuple[int, int], Month] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        faults: list[str] = [
            behind("opening_hours", fault) for fault in _text_faults(self.text, self.zone)
        ]
        if self.last_entry is not None and not LAST_ENTRY.fullmatch(self.last_entry):
            odd = Message(
                "“%(text)s” is neither a time, as 15:00, nor minutes before closing, as 30 min",
                {"text": self.last_entry},
            )
            faults.append(behind("last_entry", odd))
        if self.workdays and self._names_holidays:
            faults.append(behind("workdays", Message("the hours name holidays (PH) themselves")))
        for name in ("closed_on", "workdays"):
            faults += [
                behind(name, fault)
                for country in getattr(self, name)
                for fault in _country_faults(country)
            ]
        if self._names_holidays:
            faults += [behind("opening_hours", fault) for fault in _country_faults(self.country)]
        if faults:
            raise InputError(
                Message("The opening hours “%(text)s” cannot be read.", {"text": self.text}), faults
            )

    @property
    def _names_holidays(self) -> bool:
        return bool(re.search(r"\bPH\b", _unquoted(self.text)))

    @property
    def calendars(self) -> tuple[str, ...]:
        """Return the countries whose holidays count."""
        own = (self.country,) if self._names_holidays else ()
        return tuple(dict.fromkeys((*self.closed_on, *self.workdays, *own)))

    def complete(self, year: int) -> bool:
        """Return whether every holiday that counts is known for a year."""
        return all(calendars.has_data(country, year) for country in self.calendars)

    def holiday(self, day: date) -> str | None:
        """Name the holiday that counts on a day, in the language of its country; None where there
        is none.
        """
        names = (
            calendars.year_of(country, day.year).holidays.get(day) for country in self.calendars
        )
        return next((name for name in names if name), None)

    def month(self, year: int, month: int) -> Month:
        """Return the hours of a month on the clock of the rule."""
        hours = self._months.get((year, month))
        if hours is None:
            if len(self._months) >= MAX_MONTHS:
                self._months.clear()
            hours = self._months[year, month] = self._computed(year, month)
        return hours

    def _computed(self, year: int, month: int) -> Month:
        first = date(year, month, 1)
        after = next_month(first)
        days = [first - MARGIN + n * DAY for n in range((after - first + 2 * MARGIN).days)]
        openings = self._written(days)
        if self.workdays:
            openings = self._exchanged(openings, days)
        closed = [self._whole(day) for day in days if self._closed(day)]
        openings = merged(without(openings, closed))
        start, end = midnight(first, self.zone), midnight(after, self.zone)
        return Month(
            tuple(cut(openings, start, end)), tuple(cut(self._entries(openings), start, end))
        )

    def _written(self, days: list[date]) -> list[Span]:
        """Evaluate the text from the first to the last of some days, with the dates of the holidays
        in it.
        """
        import opening_hours

        holidays = (
            [day for day in days if day in calendars.year_of(self.country, day.year).holidays]
            if self._names_holidays
            else []
        )
        hours = opening_hours.OpeningHours(
            _with_dates(self.text, holidays),
            timezone=self.zone,
            coords=(self.lonlat[1], self.lonlat[0]),
            auto_country=False,
        )
        spans = hours.intervals(
            *(datetime.combine(day, time(tzinfo=self.zone)) for day in (days[0], days[-1]))
        )
        return merged(
            (span[0].astimezone(UTC), span[1].astimezone(UTC))
            for span in spans
            if span[2] == opening_hours.State.OPEN
        )

    def _closed(self, day: date) -> bool:
        return any(
            day in calendars.year_of(country, day.year).holidays
            for country in (*self.closed_on, *self.workdays)
        )

    def _exchanged(self, openings: list[Span], days: list[date]) -> list[Span]:
        """Open on each worked weekend as on the last day before that weekend."""
        for day in days[2:]:
            years = [calendars.year_of(country, day.year) for country in self.workdays]
            weekend = set().union(*(year.weekend for year in years))
            if day.weekday() not in weekend or not all(year.is_workday(day) for year in years):
                continue
            like = day
            while like.weekday() in weekend:
                like -= DAY
            moved = [
                (self._moved(start, day - like), self._moved(end, day - like))
                for start, end in cut(openings, *self._whole(like))
            ]
            openings = merged([*without(openings, [self._whole(day)]), *moved])
        return openings

    def _whole(self, day: date) -> Span:
        return midnight(day, self.zone), midnight(day + DAY, self.zone)

    def _moved(self, moment: datetime, by: timedelta) -> datetime:
        """Return the same time of another day on the clock of the rule."""
        return (moment.astimezone(self.zone) + by).astimezone(UTC)

    def _entries(self, openings: list[Span]) -> list[Span]:
        if self.last_entry is None:
            return openings
        match = LAST_ENTRY.fullmatch(self.last_entry)
        assert match is not None
        if match["minutes"]:
            before = timedelta(minutes=int(match["minutes"]))
            return [(start, end - before) for start, end in openings if start < end - before]
        days, hour = divmod(int(match["hour"]), 24)
        clock = time(hour, int(match["minute"]), tzinfo=self.zone)
        entries = []
        for start, end in self._daily(openings):
            day = start.astimezone(self.zone).date() + days * DAY
            entries.append((start, min(end, datetime.combine(day, clock).astimezone(UTC))))
        return merged(entries)

    def _daily(self, openings: list[Span]) -> Iterator[Span]:
        """Part the openings of more than a day at each midnight."""
        for start, end in openings:
            while end - start > DAY:
                next_day = midnight(start.astimezone(self.zone).date() + DAY, self.zone)
                yield start, next_day
                start = next_day
            yield start, end


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the beginning of a day on a clock, in UTC."""
    return datetime.combine(day, time(tzinfo=zone)).astimezone(UTC)


def next_month(first: date) -> date:
    """Return the first day of the month after that of a day."""
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


# Text ---------------------------------------------------------------------------------------------


def _unquoted(text: str) -> str:
    """Take the comments out of the text of opening hours."""
    return re.sub(r'"[^"]*"', '""', text)


def _rules(text: str) -> list[str]:
    """Part opening hours at each semicolon outside of a comment."""
    return [part.strip() for part in re.findall(r'(?:"[^"]*"|[^;"])+', text) if part.strip()]


def _with_dates(text: str, holidays: Iterable[date]) -> str:
    """Write the dates of holidays where opening hours say ``PH``; a rule for holidays alone is left
    out where there is none.
    """
    dates = ",".join(f"{day.year} {MONTHS[day.month - 1]} {day.day:02}" for day in holidays)
    rules = []
    for rule in _rules(text):
        match = ON_DAYS.fullmatch(rule)
        days = match["days"].split(",") if match else []
        if match is None or "PH" not in days:
            rules.append(rule)
            continue
        weekdays = ",".join(day for day in days if day != "PH")
        rules += [f"{days}{match['hours'] or ''}" for days in (weekdays, dates) if days]
    return "; ".join(rules) or "off"


def _text_faults(text: str, zone: ZoneInfo) -> list[str]:
    import opening_hours

    if not _rules(text):
        return [Message("is empty")]
    bare = _unquoted(text)
    faults: list[str] = [why for pattern, why in REFUSED if pattern.search(bare)]
    for rule in _rules(text):
        match = ON_DAYS.fullmatch(rule)
        rest = (match["hours"] or "") if match else rule
        if re.search(r"\bPH\b", _unquoted(rest)):
            faults.append(
                Message(
                    "PH in “%(rule)s” does not stand at the beginning, alone or among days of the"
                    " week",
                    {"rule": rule},
                )
            )
    if faults:
        return faults
    try:
        opening_hours.OpeningHours(
            _with_dates(text, [date(2026, 1, 1)]),
            timezone=zone,
            auto_country=False,
            auto_timezone=False,
        )
    # its stub leaves it out
    except opening_hours.ParserError as error:  # type: ignore[attr-defined]
        why = " ".join(str(error).split("= ")[-1].split())
        return [Message("is not understood (“%(error)s”)", {"error": why})]
    return []


def _country_faults(country: str) -> list[str]:
    try:
        calendars.year_of(country, YEARS[0])
    except NotFoundError as error:
        return [error.message]
    return []


# Spans --------------------------------------------------------------------------------------------


def merged(spans: Iterable[Span]) -> list[Span]:
    """Put spans in order and join those that touch; empty ones go."""
    apart: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if apart and start <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(apart[-1][1], end))
        else:
            apart.append((start, end))
    return apart


def cut(spans: Iterable[Span], start: datetime, end: datetime) -> list[Span]:
    """Keep of the spans what lies between two moments."""
    return [
        (max(begins, start), min(ends, end))
        for begins, ends in spans
        if begins < end and ends > start
    ]


def without(spans: Iterable[Span], holes: Iterable[Span]) -> list[Span]:
    """Take some spans out of others."""
    left = list(spans)
    for start, end in holes:
        parts = (
            part
            for begins, ends in left
            for part in ((begins, min(ends, start)), (max(begins, end), ends))
        )
        left = [part for part in parts if part[0] < part[1]]
    return left
