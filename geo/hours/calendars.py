"""Calendars of countries: public holidays, the weekends that are worked in exchange, and clocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from geo.errors import InputError, Message, NotFoundError

if TYPE_CHECKING:
    import pandas as pd

EXCHANGED = {"VN": {date(2026, 1, 2): (date(2026, 1, 10), "Ngày nghỉ (thay cho ngày 10/01/2026)")}}
"""By country, days off that the package ``holidays`` 0.109 lacks, each with the weekend day worked
for it and its name.

Source: letter 12729/VPCP-KGVX of 25 December 2025, as reported by 24h on 26 December 2025,
https://www.24h.com.vn/tin-tuc-trong-ngay/ai-duoc-hoan-doi-de-nghi-tet-duong-lich-4-ngay-c46a1724830.html
"""

LOCALES = {"en": "en_US", "vi": "vi", "zh": "zh_CN"}
"""What the package ``holidays`` calls our languages."""
EXCHANGE = {"en": "day off in exchange", "vi": "ngày nghỉ hoán đổi", "zh": "调休"}
IN_LIEU = {"en": "{name} (day in lieu)", "vi": "{name} (nghỉ bù)", "zh": "{name}（补假）"}
NAMES = {
    ("VN", "en"): {"29 of Lunar New Year": "Two days before Lunar New Year"},
    ("VN", "zh"): {
        "New Year's Day": "元旦",
        "29 of Lunar New Year": "腊月二十九",
        "Lunar New Year's Eve": "除夕",
        "Lunar New Year": "春节初一",
        "Second Day of Lunar New Year": "春节初二",
        "Third Day of Lunar New Year": "春节初三",
        "Fourth Day of Lunar New Year": "春节初四",
        "Fifth Day of Lunar New Year": "春节初五",
        "Hung Kings' Commemoration Day": "雄王节",
        "Liberation Day/Reunification Day": "南方解放日（统一日）",
        "International Labor Day": "国际劳动节",
        "National Day": "国庆节",
        "Vietnam Cultural Day": "越南文化日",
    },
    ("CN", "vi"): {
        "New Year's Day": "Tết Dương lịch",
        "Chinese New Year's Eve": "Giao thừa Tết Nguyên Đán",
        "Chinese New Year (Spring Festival)": "Tết Nguyên Đán",
        "Tomb-Sweeping Day": "Tết Thanh minh",
        "Labor Day": "Ngày Quốc tế Lao động",
        "Dragon Boat Festival": "Tết Đoan ngọ",
        "Mid-Autumn Festival": "Tết Trung thu",
        "National Day": "Quốc khánh",
    },
}
"""Holidays of a country in a language that the package does not have for it, or names otherwise, by
its English names.
"""


@dataclass(frozen=True)
class DayIn:
    """What a day is in a country.

    Attributes
    ----------
    holiday
        What it is called in that country; None if it is not a day off by law or decree, or the
        holidays of the country are unknown.
    name
        What the holiday is called in the language that was asked for, or in that of the country.
    weekend, worked
        Whether it is of a weekend, and whether that is worked in exchange for another day off.
    decreed
        Whether the holidays of its year are officially known.
    """

    country: str
    holiday: str | None
    name: str | None
    weekend: bool
    worked: bool
    decreed: bool


NEW_YEAR = {"VN": "Tết Nguyên Đán", "CN": "春节"}
"""By country, what the package ``holidays`` calls the first day of the lunar year."""
AROUND_NEW_YEAR = range(-1, 7)
"""Days from the first of the lunar year on which offices and cargo are closed or may be, whatever
is decreed: from its eve to the seventh.

Source: the closures of gates in 2023 and 2024 in ``gate_hours``, and the holidays of both countries
in these years. """


@dataclass(frozen=True)
class Year:
    """The calendar of a country in one year.

    Attributes
    ----------
    holidays
        Days off by law or decree, and what they are called in that country.
    worked
        Days of a weekend that are working days, in exchange for a day off.
    weekend
        Days of the week that are free, Monday is 0.
    decreed
        Whether the list is complete. Where days are exchanged by a decree of every year, the year
        before the decree has only the holidays of the law, with the days in lieu that are usual.
    """

    holidays: Mapping[date, str]
    worked: frozenset[date]
    weekend: frozenset[int]
    decreed: bool

    def is_workday(self, day: date) -> bool:
        """Return whether a day of that year is worked."""
        return day not in self.holidays and (
            day.weekday() not in self.weekend or day in self.worked
        )


@lru_cache(maxsize=256)
def year_of(country: str, year: int) -> Year:
    """Return the calendar of a country in a year, also of one whose list is not complete yet (see
    :class:`Year`).

    Raises
    ------
    NotFoundError
        There is no calendar for the country.

    Source: the package ``holidays``, which follows for China the yearly notices of the State
    Council since 2001, and for Viet Nam the Labour Code and the exchanges of days that the
    government has agreed to since 2010."""
    import holidays

    try:
        language = holidays.country_holidays(country).default_language
        calendar: Any = holidays.country_holidays(country, years=year, language=language)
    except NotImplementedError:
        raise NotFoundError(
            Message("There is no calendar of holidays for “%(country)s”.", {"country": country})
        ) from None
    known = _known_years(calendar)
    off = {day: str(name) for day, name in calendar.items() if day.year == year}
    worked = {day for day in calendar.weekend_workdays if day.year == year}
    for day, (instead, name) in EXCHANGED.get(country, {}).items():
        if day.year == year:
            off.setdefault(day, name)
        if instead.year == year:
            worked.add(instead)
    return Year(
        dict(sorted(off.items())), frozenset(worked), frozenset(calendar.weekend), year in known
    )


def _known_years(calendar: Any) -> range:
    """Return the years of complete lists.

    Where the package knows exchanged days, somebody decrees them year by year, and the list ends
    with the last decree it has; elsewhere holidays follow from a law."""
    exchanges = []
    for year, days in (getattr(calendar, "special_public_holidays", None) or {}).items():
        each = days if isinstance(days[0], tuple) else (days,)
        if any(len(day) >= 4 and all(isinstance(part, int) for part in day) for day in each):
            exchanges.append(year)
    if exchanges:
        return range(min(exchanges), max(exchanges) + 1)
    return range(calendar.start_year, calendar.end_year + 1)


def day_in(country: str, day: date, language: str | None = None) -> DayIn:
    """Return what a day is in a country; `language` is ``en``, ``vi`` or ``zh``."""
    try:
        year = year_of(country, day.year)
    except NotFoundError:
        return DayIn(country, None, None, weekend=False, worked=False, decreed=False)
    weekend = day.weekday() in year.weekend
    holiday = year.holidays.get(day)
    name = (_name_in(country, day, language) if holiday and language else None) or holiday
    return DayIn(country, holiday, name, weekend, weekend and day in year.worked, year.decreed)


def _name_in(country: str, day: date, language: str) -> str | None:
    """Return the name of a holiday in a language; None if it has none there."""
    english = _names(country, day.year, "en").get(day)
    if english is None or english.startswith("Day off (substituted"):
        return EXCHANGE.get(language)
    known = _names(country, day.year, language)
    own = NAMES.get((country, language), {})
    names = []
    for part in english.split("; "):
        plain = part.removesuffix(" (observed)")
        name = own.get(plain, plain if language == "en" else None)
        if name is None:
            return known.get(day)
        names.append(IN_LIEU[language].format(name=name) if plain != part else name)
    return "; ".join(names)


@lru_cache(maxsize=256)
def _names(country: str, year: int, language: str) -> Mapping[date, str]:
    """Return the holidays of a country in a language that the package has for it; none
    otherwise.
    """
    import holidays

    locale = LOCALES.get(language, "")
    if locale not in (holidays.country_holidays(country).supported_languages or ()):
        return {}
    return {
        day: str(name)
        for day, name in holidays.country_holidays(country, years=year, language=locale).items()
    }


def has_data(country: str, year: int) -> bool:
    """Return whether the holidays of a country are completely known for a year; errors as
    :func:`year_of`.
    """
    return year_of(country, year).decreed


@lru_cache(maxsize=256)
def new_year_days(country: str, year: int) -> frozenset[date]:
    """Return the days off around the lunar new year, weekends beside them included; none in a
    country that does not keep it.

    The year need not be decreed: the days around the first of the lunar year count anyway. Errors
    as :func:`year_of`."""
    calendar = year_of(country, year)
    first = next(
        (day for day, name in calendar.holidays.items() if name == NEW_YEAR.get(country)), None
    )
    if first is None:
        return frozenset()
    days = {first + timedelta(days=by) for by in AROUND_NEW_YEAR}
    for step in (timedelta(days=-1), timedelta(days=1)):
        day = first
        while day.year == year and not calendar.is_workday(day):
            days.add(day)
            day += step
    return frozenset(days)


# Clocks -------------------------------------------------------------------------------------------


def aware(moment: datetime, what: Message = Message("The time")) -> datetime:  # noqa: B008
    """Return a moment back that has a zone; `InputError` for one that has none."""
    if moment.utcoffset() is None:
        raise InputError(
            Message(
                "%(what)s %(moment)s has no zone.", {"what": what, "moment": moment.isoformat()}
            )
        )
    return moment


def zone(name: str) -> ZoneInfo:
    """Look a time zone up by its IANA name; `InputError` where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(Message("“%(text)s” is not an IANA time zone.", {"text": name})) from None


def zone_of(country: str, clocks: pd.DataFrame) -> ZoneInfo:
    """Return the clock of a country, from the table ``clocks``; `NotFoundError` where it has
    none.
    """
    rows = clocks.loc[clocks["country"] == country, "timezone"]
    if rows.empty:
        raise NotFoundError(
            Message(
                "There is no clock for “%(country)s”; there are %(known)s.",
                {"country": country, "known": ", ".join(sorted(clocks["country"]))},
            )
        )
    return zone(str(rows.iloc[0]))


def clock_name(country: str, clocks: pd.DataFrame, language: str | None = None) -> str:
    """Return the name of a country's clock: in the language of the country, or in ``en``, ``vi`` or
    ``zh``; errors as :func:`zone_of`.
    """
    zone_of(country, clocks)
    row = clocks[clocks["country"] == country].iloc[0]
    name = row.get(f"name_{language}") if language else None
    return str(name if isinstance(name, str) else row["name"])


def both_clocks(
    moment: datetime, countries: tuple[str, ...], clocks: pd.DataFrame
) -> tuple[tuple[str, datetime], ...]:
    """Write a moment on the clocks of some countries, such as the two sides of a gate.

    Returns
    -------
    tuple
        In the order of `countries`, each clock once: its name in the language of the country (see
        :func:`clock_name`), and the moment in its zone.

    Raises
    ------
    InputError
        The moment has no zone.
    NotFoundError
        A country has no clock.
    """
    aware(moment)
    pairs: dict[ZoneInfo, tuple[str, datetime]] = {}
    for country in countries:
        clock = zone_of(country, clocks)
        pairs.setdefault(clock, (clock_name(country, clocks), moment.astimezone(clock)))
    return tuple(pairs.values())
