"""Opening hours on a clock, calendars and clocks."""

from __future__ import annotations

import random
import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from geo.errors import InputError, NotFoundError
from geo.hours import calendars, osm_hours
from geo.hours.osm_hours import Rule

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
BEIJING = ZoneInfo("Asia/Shanghai")
MONG_CAI = (107.97, 21.54)
CLOCKS = pd.DataFrame(
    [
        ("VN", "Asia/Ho_Chi_Minh", "Hà Nội", "Hanoi", "Hà Nội", "河内"),
        ("CN", "Asia/Shanghai", "北京", "Beijing", "Bắc Kinh", "北京"),
        ("LA", "Asia/Vientiane", "ວຽງຈັນ", "Vientiane", None, None),
    ],
    columns=["country", "timezone", "name", "name_en", "name_vi", "name_zh"],
)


def rule(text: str, *, zone: ZoneInfo = HANOI, country: str = "VN", **more: object) -> Rule:
    return Rule(text, zone, country, MONG_CAI, **more)  # type: ignore[arg-type]


def entries(of: Rule, *days: str) -> list[str]:
    """Return when one may enter, on the clock of the rule, between the beginning of the first and
    the end of the last day."""
    first, last = date.fromisoformat(days[0]), date.fromisoformat(days[-1])
    spans: list[osm_hours.Span] = []
    day = first.replace(day=1)
    while day <= last:
        spans += of.month(day.year, day.month).entries
        day = (day + timedelta(days=32)).replace(day=1)
    cut = osm_hours.cut(
        osm_hours.merged(spans),
        osm_hours.midnight(first, of.zone),
        osm_hours.midnight(last + osm_hours.DAY, of.zone),
    )
    return [
        f"{start.astimezone(of.zone):%d %H:%M}–{end.astimezone(of.zone):%d %H:%M}"
        for start, end in cut
    ]


# Hours --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "days", "expected"),
    [
        (
            "Mo-Fr 08:00-11:00,12:00-16:00",
            ("2026-11-27", "2026-11-28"),
            ["27 08:00–27 11:00", "27 12:00–27 16:00"],
        ),
        ("24/7", ("2026-11-30", "2026-12-01"), ["30 00:00–02 00:00"]),
        ('24/7 "by train schedule"', ("2026-11-30",), ["30 00:00–01 00:00"]),
        (
            "22:00-02:00",
            ("2026-12-31", "2027-01-01"),
            ["31 00:00–31 02:00", "31 22:00–01 02:00", "01 22:00–02 00:00"],
        ),
        (
            "Sa-Mo 10:00-12:00",
            ("2026-11-27", "2026-12-01"),
            ["28 10:00–28 12:00", "29 10:00–29 12:00", "30 10:00–30 12:00"],
        ),
        ("off", ("2026-11-01", "2026-11-30"), []),
    ],
)
def test_hours_of_a_few_days(text: str, days: tuple[str, ...], expected: list[str]) -> None:
    """Halves of a day, nights, weeks that wrap and gates that never close come out as written, over
    the ends of months and years.
    """
    assert entries(rule(text), *days) == expected


def test_daylight_is_where_the_gate_is() -> None:
    """The sun rises at Mong Cai shortly after six in November; farther west, on the same clock,
    later.
    """
    east, west = (
        Rule(osm_hours.DAYLIGHT, HANOI, "VN", lonlat).month(2026, 11).entries[21]
        for lonlat in (MONG_CAI, (102.2, 22.4))
    )
    assert f"{east[0].astimezone(HANOI):%H}" == "06"
    assert timedelta(minutes=15) < west[0] - east[0] < timedelta(minutes=35)


def test_tet_and_spring_festival_are_in_it() -> None:
    """PH off closes Viet Nam's Tet of 2021 from Wednesday to Tuesday; China's Spring Festival
    closed from Thursday to Wednesday.
    """
    week = ("2021-02-09", "2021-02-18")
    assert [span[:2] for span in entries(rule("Mo-Su 08:00-16:00; PH off"), *week)] == [
        "09",
        "17",
        "18",
    ]
    assert [
        span[:2] for span in entries(rule("Mo-Su 08:00-16:00; PH off", country="CN"), *week)
    ] == ["09", "10", "18"]
    assert [
        span[:2] for span in entries(rule("Mo-Su 08:00-16:00", closed_on=("VN", "CN")), *week)
    ] == ["09", "18"]


def test_holidays_have_hours_of_their_own() -> None:
    """PH among days of the week, before hours and alone means the dates of the holidays; a comment
    that names them means nothing.
    """
    days = ("2026-04-29", "2026-05-01")  # Wednesday, and two holidays
    assert entries(rule("Mo-Fr 08:00-16:00; PH 09:00-12:00"), *days) == [
        "29 08:00–29 16:00",
        "30 09:00–30 12:00",
        "01 09:00–01 12:00",
    ]
    assert entries(rule("Mo-Fr 08:00-16:00; Su,PH off"), *days) == ["29 08:00–29 16:00"]
    assert entries(rule("Su,PH 10:00-11:00"), *days) == ["30 10:00–30 11:00", "01 10:00–01 11:00"]
    assert entries(rule("PH"), *days) == ["30 00:00–02 00:00"]
    assert entries(rule("PH 10:00-11:00"), "2026-07-01", "2026-07-31") == []
    assert len(entries(rule('Mo-Fr 08:00-16:00 "not on PH; ask"'), *days)) == 3


def test_a_holiday_closes_from_midnight_to_midnight() -> None:
    """A night that runs into a holiday ends at midnight."""
    assert entries(rule("22:00-02:00", closed_on=("VN",)), "2026-11-23", "2026-11-25") == [
        *("23 00:00–23 02:00", "23 22:00–24 00:00", "25 00:00–25 02:00", "25 22:00–26 00:00"),
    ]


def test_a_worked_weekend_is_open() -> None:
    """China worked on Saturday 14 February 2026: who follows its working days is open as on Friday;
    who follows both countries, is not.
    """
    text = "Mo-Th 08:00-16:00; Fr 08:00-11:00,12:00-15:00"
    saturday = "2026-02-14"
    assert entries(rule(text, workdays=("CN",)), saturday) == [
        "14 08:00–14 11:00",
        "14 12:00–14 15:00",
    ]
    assert entries(rule(text, workdays=("CN", "VN")), saturday) == []
    assert entries(rule(text), saturday) == []
    assert entries(rule(text, workdays=("CN",)), "2026-02-15") == []
    assert entries(rule("Mo-Fr 08:00-16:00", workdays=("CN",)), "2026-01-04") == [
        "04 08:00–04 16:00"
    ]  # a Sunday, like Friday
    assert entries(rule(text, workdays=("CN",)), "2026-02-16", "2026-02-23") == []


@pytest.mark.parametrize(
    ("text", "last_entry", "expected"),
    [
        ("08:00-11:00,12:00-16:00", "15:00", ["25 08:00–25 11:00", "25 12:00–25 15:00"]),
        ("08:00-11:00,12:00-16:00", "10:30", ["25 08:00–25 10:30"]),
        ("08:00-11:00,12:00-16:00", "30 min", ["25 08:00–25 10:30", "25 12:00–25 15:30"]),
        ("08:00-08:20,12:00-16:00", "30 min", ["25 12:00–25 15:30"]),
        ("22:00-02:00", "25:30", ["25 00:00–25 01:30", "25 22:00–26 00:00"]),
        ("22:00-02:00", "30 min", ["25 00:00–25 01:30", "25 22:00–26 00:00"]),
        ("24/7", "15:00", ["25 00:00–25 15:00"]),
        ("24/7", "30 min", ["25 00:00–26 00:00"]),
    ],
)
def test_last_entry(text: str, last_entry: str, expected: list[str]) -> None:
    """From a time of the day on, or so long before each closing, nobody enters."""
    assert entries(rule(text, last_entry=last_entry), "2026-11-25") == expected


def test_hours_follow_the_clock_through_summer_time() -> None:
    """Where clocks change, eight o'clock stays eight o'clock, also on a weekend worked in
    exchange.
    """
    berlin = rule("08:00-10:00", zone=ZoneInfo("Europe/Berlin"), country="DE")
    assert entries(berlin, "2026-03-28", "2026-03-29") == ["28 08:00–28 10:00", "29 08:00–29 10:00"]
    spans = berlin.month(2026, 3).entries
    assert (spans[27][0] - spans[26][0], spans[28][0] - spans[27][0]) == (
        timedelta(hours=24),
        timedelta(hours=23),
    )


def test_months_are_whatever_was_asked_before() -> None:
    """A month kept comes out as one computed anew, however many were asked for in between, and
    neighbours touch where hours go on.
    """
    kept, months = (
        rule("22:00-02:00", last_entry="25:00"),
        [(year, month) for year in range(2020, 2027) for month in range(1, 13)],
    )
    random.Random(1).shuffle(months)
    for year, month in months:
        assert kept.month(year, month) == rule("22:00-02:00", last_entry="25:00").month(year, month)
    january, february = rule("24/7").month(2026, 1), rule("24/7").month(2026, 2)
    assert january.entries[-1][1] == february.entries[0][0]


@pytest.mark.parametrize(
    ("text", "more", "fault"),
    [
        ("Mo-Fr 8-17", {}, "opening_hours: is not understood (“expected"),
        ("", {}, "opening_hours"),
        ("from dawn on", {}, "opening_hours: is not understood (“expected"),
        ("SH off", {}, "school holidays"),
        ("24/7 unknown", {}, "unknown hours"),
        ("Mo-Fr 12:00+", {}, "open end"),
        ("Mo-Fr 08:00-12:00 || 13:00-14:00", {}, "fallback"),
        ("Mo-Fr 08:00-12:00, PH off", {}, "PH in"),
        ("2026 Feb PH off", {}, "PH in"),
        ("24/7", {"last_entry": "noon"}, "last_entry"),
        ("24/7", {"closed_on": ("ZZ",)}, "closed_on: There is no calendar"),
        ("24/7", {"workdays": ("ZZ",)}, "workdays: There is no calendar"),
        ("PH off", {"country": "ZZ"}, "opening_hours: There is no calendar"),
        ("Mo-Fr 08:00-12:00; PH off", {"workdays": ("VN",)}, "workdays: the hours name holidays"),
    ],
)
def test_hours_that_cannot_be_read_are_refused(
    text: str, more: dict[str, object], fault: str
) -> None:
    """What the syntax does not know, or the evaluation would take for something else, is refused
    with its text and its reason.
    """
    with pytest.raises(InputError) as caught:
        rule(text, **more)  # type: ignore[arg-type]
    assert f"“{text}”" in caught.value.message
    assert any(fault in sentence for sentence in caught.value.faults), caught.value.faults


def test_every_fault_is_named() -> None:
    """Three faults of a row come in one answer."""
    with pytest.raises(InputError) as caught:
        rule("whenever", last_entry="late", closed_on=("ZZ",))
    assert len(caught.value.faults) == 3


# Calendars ----------------------------------------------------------------------------------------


def test_holidays_of_two_countries() -> None:
    """Lists hold Tet, Spring Festival and days off in exchange, in order, named in the language of
    the country.
    """
    vn, cn = (calendars.year_of(country, 2026).holidays for country in ("VN", "CN"))
    assert vn[date(2026, 2, 17)] == "Tết Nguyên Đán"
    assert cn[date(2026, 2, 17)] == "春节"
    assert {date(2026, 8, 31), date(2026, 1, 2)} <= vn.keys()
    assert date(2026, 2, 23) in cn
    assert list(vn) == sorted(vn)
    assert {day.year for day in (*vn, *cn)} == {2026}


def test_workdays() -> None:
    """A weekend worked in exchange is a working day, a Monday of Tet is none."""
    vn, cn = (calendars.year_of(country, 2026) for country in ("VN", "CN"))
    assert cn.is_workday(date(2026, 2, 14))
    assert vn.is_workday(date(2026, 1, 10))
    assert not vn.is_workday(date(2026, 1, 2))
    assert not vn.is_workday(date(2026, 2, 14))
    assert not vn.is_workday(date(2026, 2, 16))
    assert vn.is_workday(date(2026, 11, 25))


def test_the_own_exchanges_are_news_to_the_package() -> None:
    """An exchange of days that we add goes from here as soon as the package has it."""
    import holidays

    for country, exchanges in calendars.EXCHANGED.items():
        assert not set(exchanges) & set(
            holidays.country_holidays(country, years={day.year for day in exchanges})
        )


@pytest.mark.parametrize("country", ["VN", "CN"])
def test_a_year_without_a_list_is_told(country: str) -> None:
    """Before a year's decree its list is not complete, nor is it too far back."""
    assert calendars.has_data(country, 2026)
    for year in (1999, 2050):
        assert not calendars.has_data(country, year)


def test_holidays_of_the_law_need_no_decree() -> None:
    """Where no days are exchanged, the list of a year to come is known; a single extra holiday of
    the past does not change that.
    """
    assert calendars.has_data("DE", 2050)
    assert calendars.has_data("GB", 2050)


def test_a_country_without_calendar() -> None:
    """A country that does not exist has no list."""
    with pytest.raises(NotFoundError, match="ZZ"):
        calendars.year_of("ZZ", 2026)


@pytest.mark.parametrize("country", ["VN", "CN"])
def test_every_holiday_has_a_name_in_each_language(country: str) -> None:
    """From 2023 on each day off of both countries is named in English, Vietnamese and Chinese, and
    by the official name besides.
    """
    for year in range(2023, 2029):
        for day, official in calendars.year_of(country, year).holidays.items():
            names = {
                language: calendars.day_in(country, day, language)
                for language in ("en", "vi", "zh")
            }
            assert {day.holiday for day in names.values()} == {official}
            assert re.fullmatch(r"[A-Za-z0-9 '/;()-]+", names["en"].name or ""), (day, names["en"])
            assert re.search("[\u4e00-\u9fff]", names["zh"].name or ""), (day, names["zh"])
            assert not re.search("Day|Year|Festival", names["zh"].name or "")
            assert not re.search("[\u4e00-\u9fff]|Day|Year|Festival", names["vi"].name or ""), (
                day,
                names["vi"],
            )
            assert (
                names[{"VN": "vi", "CN": "zh"}[country]].name == official
                or "交" in official
                or "thay cho" in official
                or "调休" in official
            )


@pytest.mark.parametrize(
    ("country", "day", "expected"),
    [
        (
            "VN",
            "2027-02-07",
            ("Second Day of Lunar New Year", "Mùng hai Tết Nguyên Đán", True, False, False),
        ),
        ("CN", "2026-10-05", ("National Day (day in lieu)", "国庆节（补假）", False, False, True)),
        ("CN", "2026-02-14", (None, None, True, True, True)),
        ("VN", "2026-01-10", (None, None, True, True, True)),
        (
            "VN",
            "2026-01-02",
            ("day off in exchange", "Ngày nghỉ (thay cho ngày 10/01/2026)", False, False, True),
        ),
        ("VN", "2026-12-08", (None, None, False, False, True)),
        ("ZZ", "2026-12-08", (None, None, False, False, False)),
    ],
)
def test_what_a_day_is_in_a_country(country: str, day: str, expected: tuple[object, ...]) -> None:
    """Holiday in the reader's words and in those of the country, weekend, worked in exchange, and
    whether its year is decreed.
    """
    calendar_day = calendars.day_in(country, date.fromisoformat(day), "en")
    assert (
        calendar_day.name,
        calendar_day.holiday,
        calendar_day.weekend,
        calendar_day.worked,
        calendar_day.decreed,
    ) == expected


def test_hours_know_when_their_holidays_end() -> None:
    """Hours that ask for holidays are complete in years with a list; those that ask for none,
    always; the law's holidays count anyway.
    """
    assert rule("Mo-Fr 08:00-16:00", closed_on=("VN", "CN")).complete(2026)
    far = rule("Mo-Su 08:00-16:00; PH off")
    assert not far.complete(2050)
    assert rule("Mo-Su 08:00-16:00").complete(2050)
    assert entries(far, "2050-04-30") == []
    assert far.holiday(date(2050, 4, 30)) == "Ngày Chiến thắng"


# Clocks -------------------------------------------------------------------------------------------


def test_a_moment_on_both_clocks() -> None:
    """Half past four in Hanoi is half past five in Beijing, whichever zone it is written in; a
    clock of the same name stands once.
    """
    moment = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
    pairs = calendars.both_clocks(moment, ("VN", "CN", "VN"), CLOCKS)
    assert [f"{time:%H:%M} {name}" for name, time in pairs] == ["16:30 Hà Nội", "17:30 北京"]
    assert pairs == calendars.both_clocks(moment.astimezone(BEIJING), ("VN", "CN"), CLOCKS)


def test_clocks_by_country() -> None:
    """A clock has a zone, and a name in its own language and in others where there is one."""
    assert calendars.zone_of("CN", CLOCKS) == BEIJING
    assert [
        calendars.clock_name("CN", CLOCKS, language) for language in (None, "en", "vi", "zh")
    ] == [
        "北京",
        "Beijing",
        "Bắc Kinh",
        "北京",
    ]
    assert calendars.clock_name("LA", CLOCKS, "vi") == "ວຽງຈັນ"


def test_clocks_that_are_not_there() -> None:
    """A country without a clock, a time without a zone and a zone that nobody knows are refused."""
    with pytest.raises(NotFoundError, match="“TH”; there are CN, LA, VN"):
        calendars.zone_of("TH", CLOCKS)
    with pytest.raises(InputError, match="has no zone"):
        calendars.both_clocks(datetime(2026, 11, 25), ("VN",), CLOCKS)
    for name in ("Asia/Hanoi", "../passwd", "", "Asia"):
        with pytest.raises(InputError, match="is not an IANA time zone"):
            calendars.zone(name)
