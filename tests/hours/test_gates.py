from __future__ import annotations

import random
import re
import shutil
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd
import pytest

from geo import layers, package_check
from geo.errors import InputError, NotFoundError
from geo.hours import calendars, gates
from geo.layers.provenance import Provenance


@pytest.fixture(scope="module")
def toy_gates(toy: Path) -> gpd.GeoDataFrame:
    return layers.read(toy, "gates")


@pytest.fixture(scope="module")
def crossings(toy: Path) -> pd.DataFrame:
    return layers.read_table(toy, "crossings")


def test_service_time_by_vehicle(toy_gates: gpd.GeoDataFrame, crossings: pd.DataFrame) -> None:
    """A car needs half an hour, a truck an hour; not through a railway station, nor a gate of a
    class that is not listed.
    """
    car = gates.service_time_s(toy_gates, crossings, "car")
    truck = gates.service_time_s(toy_gates, crossings, "truck")
    assert car["bridge"] == car["pass"] == 1800
    assert truck["bridge"] == 3600
    assert car[["ferry", "station"]].isna().all()


def test_a_truck_may_not_pass_a_gate_for_passengers(
    toy_gates: gpd.GeoDataFrame, crossings: pd.DataFrame
) -> None:
    """A gate known to clear no cargo is closed to trucks and open to cars, and the other way
    round.
    """
    assert pd.isna(gates.service_time_s(toy_gates, crossings, "truck")["pass"])
    for_cargo = toy_gates.assign(passengers=pd.array([False] * len(toy_gates), "boolean"))
    assert pd.isna(gates.service_time_s(for_cargo, crossings, "car")["bridge"])


def test_unknown_service_is_taken_as_given(
    toy_gates: gpd.GeoDataFrame, crossings: pd.DataFrame
) -> None:
    """Only a gate known to refuse passengers is closed to cars."""
    unknown = toy_gates.assign(passengers=pd.array([pd.NA] * len(toy_gates), "boolean"))
    assert gates.service_time_s(unknown, crossings, "car")["bridge"] == 1800


def test_a_pace_that_is_not_listed_is_quick(
    toy_gates: gpd.GeoDataFrame, crossings: pd.DataFrame
) -> None:
    """A bad day of trucks changes neither their quick one, nor cars, nor who may pass."""
    bad = crossings[crossings["profile"] == "truck"].assign(pace="bad", service_time_s=86400.0)
    both = pd.concat([crossings, bad])
    for profile in ("car", "truck"):
        quick = gates.service_time_s(toy_gates, crossings, profile)
        assert gates.service_time_s(toy_gates, both, profile).equals(quick)
        assert gates.service_time_s(toy_gates, both, profile, "usual").equals(quick)
        slow = gates.service_time_s(toy_gates, both, profile, "bad")
        assert slow.isna().equals(quick.isna())
        assert {*slow.dropna()} == ({86400.0} if profile == "truck" else {1800.0})


def test_a_truck_is_not_sent_where_trade_is_in_doubt(
    toy_gates: gpd.GeoDataFrame, crossings: pd.DataFrame
) -> None:
    """A gate of which nobody knows whether it clears cargo is closed to trucks, and open to
    cars.
    """
    unknown = toy_gates.assign(cargo=pd.array([pd.NA] * len(toy_gates), "boolean"))
    assert gates.service_time_s(unknown, crossings, "truck").isna().all()
    assert gates.service_time_s(unknown, crossings, "car")["bridge"] == 1800


def test_index_kept_and_argument_unchanged(
    toy_gates: gpd.GeoDataFrame, crossings: pd.DataFrame
) -> None:
    """The answer lies on the index of the gates in any order, and nothing given is changed."""
    turned = toy_gates.iloc[::-1]
    before = turned.copy(), crossings.copy()
    time = gates.service_time_s(turned, crossings, "car")
    assert list(time.index) == list(turned.index)
    assert time.name == "service_time_s"
    assert turned.equals(before[0])
    assert crossings.equals(before[1])


def test_a_profile_without_rules_passes_nowhere(
    toy_gates: gpd.GeoDataFrame, crossings: pd.DataFrame
) -> None:
    """No rule, no passage."""
    assert gates.service_time_s(toy_gates, crossings, "bicycle").isna().all()


# Hours --------------------------------------------------------------------------------------------

HANOI, BEIJING = ZoneInfo("Asia/Ho_Chi_Minh"), ZoneInfo("Asia/Shanghai")
COLUMNS = (
    "gate",
    "towards",
    "kind",
    "vehicle_country",
    "opening_hours",
    "last_entry",
    "closed_on",
    "workdays",
    "valid_from",
    "valid_to",
)
CLOCKS = pd.DataFrame(
    [("VN", "Asia/Ho_Chi_Minh", "Hà Nội"), ("CN", "Asia/Shanghai", "北京")],
    columns=["country", "timezone", "name"],
)
HALVES = "Mo-Fr 08:00-11:00,12:00-16:00"
SINCE = "2020-06-11"
PONTOON = [
    ("pontoon", None, None, None, HALVES, None, None, "VN;CN", SINCE, None),
    ("pontoon", "CN", None, "VN", HALVES, "15:00", None, "VN;CN", SINCE, None),
    ("pontoon", "VN", None, "CN", HALVES, "15:00", None, "VN;CN", SINCE, None),
]
"""A past notice of the pontoon at Km3+4, Mong Cai, of 11 June 2020: not what holds today."""


def border(**columns: dict[str, object]) -> gpd.GeoDataFrame:
    """Make the layer of a pontoon, a bridge that serves no cargo, and a ford of unknown hours;
    change the columns that are given.
    """
    frame = gpd.GeoDataFrame(
        {
            "country": "VN",
            "opposite_country": "CN",
            "cargo": pd.array([True, False, pd.NA], "boolean"),
            "passengers": pd.array([pd.NA, True, pd.NA], "boolean"),
            "opening_hours": ["Mo-Sa 07:00-17:00", "22:00-02:00", None],
            "source_kind": ["memory", "page", "memory"],
            "as_of": [None, "2023", None],
            "timezone": "Asia/Ho_Chi_Minh",
            "source": ["analyst memory", "https://example.org/bridge", "analyst memory"],
        },
        geometry=gpd.points_from_xy([107.95, 107.97, 105.0], [21.53, 21.54, 22.9]),
        index=["pontoon", "bridge", "ford"],
        crs=4326,
    )
    for name, values in columns.items():
        for gate, value in values.items():
            frame.loc[gate, name] = value
    return frame


def rows(*values: tuple[str | None, ...]) -> pd.DataFrame:
    table = pd.DataFrame(values, columns=COLUMNS)
    return table.assign(
        source=[f"notice {number}" for number in range(1, len(table) + 1)],
        source_kind="page",
        as_of="2020-06-11",
        notes=None,
    )


def at(text: str, zone: ZoneInfo = HANOI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.fixture(scope="module")
def pontoon() -> gates.Hours:
    return gates.Hours(border(), rows(*PONTOON), CLOCKS)


@pytest.mark.parametrize(
    ("towards", "vehicle", "time", "opens", "why"),
    [
        ("CN", "VN", "2020-06-24 10:30", "2020-06-24 10:30", "open"),
        ("CN", "VN", "2020-06-24 11:00", "2020-06-24 12:00", "closed"),
        ("CN", "VN", "2020-06-24 11:20", "2020-06-24 12:00", "closed"),
        ("CN", "VN", "2020-06-24 14:59", "2020-06-24 14:59", "open"),
        (
            "CN",
            "VN",
            "2020-06-24 15:00",
            "2020-06-29 08:00",
            "after_last_entry",
        ),  # Dragon Boat Festival in China, to Friday
        ("CN", "VN", "2020-06-17 15:10", "2020-06-18 08:00", "after_last_entry"),
        ("VN", "CN", "2020-06-17 15:10", "2020-06-18 08:00", "after_last_entry"),
        ("CN", "CN", "2020-06-17 15:10", "2020-06-17 15:10", "open"),
        ("VN", "VN", "2020-06-17 15:10", "2020-06-17 15:10", "open"),
        ("CN", None, "2020-06-17 15:10", "2020-06-17 15:10", "open"),
        ("CN", "CN", "2020-06-17 16:00", "2020-06-18 08:00", "closed"),
        ("CN", "VN", "2020-06-19 15:10", "2020-06-22 08:00", "after_last_entry"),
        (
            "CN",
            "VN",
            "2021-02-09 15:10",
            "2021-02-18 08:00",
            "after_last_entry",
        ),  # Tet, and China until the 17th
        ("CN", "VN", "2021-02-12 09:00", "2021-02-18 08:00", "holiday"),
        (
            "VN",
            "CN",
            "2021-04-29 16:30",
            "2021-05-06 08:00",
            "closed",
        ),  # 30 April and 1 May; China until the 5th
        (
            "CN",
            "VN",
            "2021-06-14 09:00",
            "2021-06-15 08:00",
            "holiday",
        ),  # Dragon Boat Festival, a holiday in China only
    ],
)
def test_the_pontoon_of_2020(
    pontoon: gates.Hours, towards: str, vehicle: str | None, time: str, opens: str, why: str
) -> None:
    """Who comes in the noon break waits for noon, who comes after the last entry for the next
    working day; who goes home may until four.
    """
    opening = pontoon.when_open("pontoon", towards, "cargo", at(time), vehicle)
    expected = at(opens)
    assert (opening.opens, opening.why, opening.known) == (expected, why, True)
    assert opening.open == (expected == at(time))
    assert opening.wait_s == (expected - at(time)).total_seconds()


def test_the_opening_says_until_when_and_who_says_so(pontoon: gates.Hours) -> None:
    """A Chinese truck on its way home may enter until four, a Vietnamese one until three; every
    notice has its own source.
    """
    home, away = (
        pontoon.when_open("pontoon", "CN", "cargo", at("2020-06-17 13:00"), country)
        for country in ("CN", "VN")
    )
    assert (home.until, away.until) == (at("2020-06-17 16:00"), at("2020-06-17 15:00"))
    assert (home.source, away.source) == ("notice 1", "notice 2")
    assert (home.source_kind, home.as_of) == ("page", "2020-06-11")
    holiday = pontoon.when_open("pontoon", "CN", "cargo", at("2021-02-12 09:00"))
    assert (holiday.holiday, holiday.until) == ("Tết Nguyên Đán", None)


def test_before_a_notice_the_layer_counts(pontoon: gates.Hours) -> None:
    """The day before the notice the remembered hours of the gate hold, and they are said to be
    remembered.
    """
    before = pontoon.when_open("pontoon", "CN", "cargo", at("2020-06-10 16:30"))
    assert (before.open, before.until, before.source_kind, before.source) == (
        True,
        at("2020-06-10 17:00"),
        "memory",
        "analyst memory",
    )
    assert not pontoon.when_open("pontoon", "CN", "cargo", at("2020-06-11 16:30")).open


def test_hours_are_on_the_clock_of_the_gate(pontoon: gates.Hours) -> None:
    """Half past eleven in Beijing is half past ten at the gate, and the answer stands on its
    clock.
    """
    opening = pontoon.when_open("pontoon", "CN", "cargo", at("2020-06-17 11:30", BEIJING), "VN")
    assert opening.open
    assert opening.opens is not None
    assert (opening.opens, opening.opens.tzinfo) == (at("2020-06-17 10:30"), HANOI)
    assert pontoon.zone("pontoon") == HANOI


def test_a_night_a_refusal_and_the_unknown(pontoon: gates.Hours) -> None:
    """The bridge is open over midnight and never for cargo; the ford is assumed open by day, and
    both say so.
    """
    night = pontoon.when_open("bridge", "VN", "passenger", at("2026-11-25 01:00"))
    assert (night.open, night.until, night.as_of) == (True, at("2026-11-25 02:00"), "2023")
    never = pontoon.when_open("bridge", "VN", "cargo", at("2026-11-25 01:00"))
    assert (never.open, never.opens, never.wait_s, never.why, never.known) == (
        False,
        None,
        float("inf"),
        "never",
        True,
    )
    assert (
        pontoon.intervals("bridge", "VN", "cargo", None, at("2026-11-01"), at("2026-12-01")) == []
    )
    day, dark = (
        pontoon.when_open("ford", "VN", "cargo", at(f"2026-11-25 {time}"))
        for time in ("12:00", "20:00")
    )
    assert (day.open, day.known, day.why, day.source) == (True, False, "assumed_daylight", None)
    assert (dark.open, dark.known, dark.why) == (False, False, "assumed_night")
    assert dark.opens is not None
    assert f"{dark.opens:%d %H}" == "26 06"
    assert not pontoon.known("ford", "VN", "cargo", None, at("2026-11-25 12:00"))
    assert pontoon.known("bridge", "VN", "cargo", None, at("2026-11-25 12:00"))


def test_a_gate_that_never_closes_and_one_that_stays_closed() -> None:
    """Where no end or no opening comes within thirty days, there is none to tell."""
    always = gates.Hours(border(opening_hours={"pontoon": "24/7", "bridge": "off"}), rows(), CLOCKS)
    assert always.when_open("pontoon", "CN", "cargo", at("2026-11-25 12:00")).until is None
    shut = always.when_open("bridge", "CN", "passenger", at("2026-11-25 12:00"))
    assert (shut.opens, shut.wait_s, shut.why) == (None, float("inf"), "closed")
    assert always.intervals("pontoon", "CN", "cargo", None, at("2026-11-25"), at("2027-02-01")) == [
        (at("2026-11-25"), at("2027-02-01"))
    ]


def test_a_year_without_holidays_is_told(pontoon: gates.Hours) -> None:
    """Hours that close on holidays are not known in a year without a list; nor is an opening that
    lies there.
    """
    far = pontoon.when_open("pontoon", "CN", "cargo", at("2050-06-15 09:00"))
    assert (far.open, far.known, far.why) == (True, False, "holidays_unknown")
    assert (
        pontoon.when_open("pontoon", "CN", "cargo", at("2050-04-30 09:00"), "CN").why == "holiday"
    )  # fixed by law
    assert not pontoon.known("pontoon", "CN", "cargo", "VN", at("2050-06-15 09:00"))
    last = next(
        year
        for year in range(2026, 2100)
        if not (calendars.has_data("VN", year + 1) and calendars.has_data("CN", year + 1))
    )
    into = pontoon.when_open("pontoon", "CN", "cargo", at(f"{last}-12-31 23:00"))
    assert (into.open, into.known) == (False, False)
    assert pontoon.known("pontoon", "CN", "cargo", None, at(f"{last}-12-31 23:00"))


# Which notice counts ------------------------------------------------------------------------------


def row(
    hours: str,
    *,
    scope: tuple[str | None, str | None, str | None] = (None, None, None),
    days: tuple[str | None, str | None],
) -> tuple:
    return ("pontoon", *scope, hours, None, None, None, *days)


def test_the_closer_notice_counts_and_then_the_later() -> None:
    """What speaks of more counts before what speaks of less, the newer notice before the one it
    follows, until its last day.
    """
    table = rows(
        row("08:00-09:00", days=(None, None)),
        row("09:00-10:00", days=("2026-01-01", None)),
        row("10:00-11:00", days=("2026-02-01", "2026-02-03")),
        row("11:00-12:00", scope=("CN", None, None), days=("2026-03-01", None)),
        row("12:00-13:00", scope=("CN", "cargo", None), days=(None, "2026-03-02")),
        row("13:00-14:00", scope=("CN", "cargo", "VN"), days=("2026-04-01", None)),
    )
    of = gates.Hours(border(), table, CLOCKS)

    def hour(
        day: str, towards: str = "VN", kind: str = "cargo", vehicle: str | None = None
    ) -> list[int]:
        spans = of.intervals(
            "pontoon", towards, kind, vehicle, at(day), at(day) + timedelta(days=1)
        )
        return [start.hour for start, _ in spans]

    assert hour("2025-12-31") == [8]
    assert hour("2026-01-01") == [9]
    assert [hour(f"2026-02-0{day}") for day in (1, 3, 4)] == [[10], [10], [9]]
    assert [hour(f"2026-03-0{day}", "CN", "passenger") for day in (1, 2)] == [[11], [11]]
    assert [hour(f"2026-03-0{day}", "CN") for day in (2, 3)] == [[12], [11]]
    assert [hour("2026-04-01", "CN", vehicle=vehicle) for vehicle in ("VN", "CN", None)] == [
        [13],
        [11],
        [11],
    ]
    assert len(of.notices("pontoon", date(2026, 3, 10))) == 5
    assert of.notices("pontoon", date(2026, 3, 10))[-1].general


def test_a_notice_may_speak_of_some_weekdays() -> None:
    """Every hour of two months, a notice of the weekend leaves the other days to the notice before
    it; a later closure of all days counts before both.
    """
    table = rows(
        ("pontoon", None, "cargo", None, "07:00-19:00", *[None] * 5),
        ("pontoon", None, "cargo", None, "off", *[None] * 4, "2026-03-06"),
        ("pontoon", None, "cargo", None, "08:00-11:00", *[None] * 3, "2026-03-07", None),
        ("pontoon", None, "cargo", None, "off", *[None] * 3, "2026-04-01", "2026-04-05"),
    ).assign(weekdays=["Mo;Tu;We;Th;Fr", "Sa;Su", "Sa;Su", None])
    of = gates.Hours(border(), table, CLOCKS)
    time = at("2026-02-20")
    while time < at("2026-04-20"):
        day = f"{time:%Y-%m-%d}"
        weekend = time.weekday() > 4
        expected = (8 <= time.hour < 11 and day >= "2026-03-07") if weekend else 7 <= time.hour < 19
        expected = expected and not "2026-04-01" <= day <= "2026-04-05"
        assert of.when_open("pontoon", "CN", "cargo", time).open == expected, time
        time += timedelta(hours=1)
    sources = {
        day: of.when_open("pontoon", "CN", "cargo", at(f"2026-03-{day} 09:00")).source
        for day in ("01", "06", "07")
    }
    assert sources == {"01": "notice 2", "06": "notice 1", "07": "notice 3"}


def test_notices_of_the_same_weekday_contradict_each_other() -> None:
    """Of two notices for Saturdays one has to be later; a notice for Sundays stands beside them."""
    both = rows(row("08:00-09:00", days=(None, None)), row("10:00-11:00", days=(None, None)))
    gates.Hours(border(), both.assign(weekdays=["Sa", "Su"]), CLOCKS)
    for weekdays in (["Sa", "Sa;Su"], ["Sa", None]):
        with pytest.raises(InputError) as caught:
            gates.Hours(border(), both.assign(weekdays=weekdays), CLOCKS)
        assert "neither is closer" in str(caught.value.faults)


def test_a_notice_ends_at_midnight() -> None:
    """A night that runs out of the days of a notice ends with them, and one that goes on in the
    next notice is one opening.
    """
    table = rows(
        row("22:00-02:00", days=("2026-03-10", "2026-03-11")),
        row("00:00-05:00", days=("2026-03-12", None)),
    )
    of = gates.Hours(border(), table, CLOCKS)
    spans = of.intervals(
        "pontoon", "CN", "cargo", None, at("2026-03-11 12:00"), at("2026-03-12 12:00")
    )
    assert spans == [(at("2026-03-11 22:00"), at("2026-03-12 05:00"))]
    assert of.when_open("pontoon", "CN", "cargo", at("2026-03-11 23:00")).until == at(
        "2026-03-12 05:00"
    )


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        (
            (("raft", None, None, None, "24/7", *[None] * 5),),
            "row 1 (raft): gate: there is no such gate",
        ),
        (
            (("pontoon", "LA", None, None, "24/7", *[None] * 5),),
            "towards: the gate leads to VN or CN, not to “LA”",
        ),
        (
            (("bridge", None, "cargo", None, "24/7", *[None] * 5),),
            "kind: the gate does not serve “cargo”",
        ),
        (
            (("pontoon", None, None, None, "Mo-Fr 8-17", *[None] * 5),),
            "row 1 (pontoon): “Mo-Fr 8-17”: opening_hours: is not understood (“expected",
        ),
        ((row("24/7", days=("2026-02-30", None)),), "valid_from: “2026-02-30” is not a date"),
        (
            (row("24/7", days=("2026-02-02", "2026-02-01")),),
            "valid_to: 2026-02-01 lies before valid_from, 2026-02-02",
        ),
        (
            (("pontoon", None, None, None, "24/7", "noon", "ZZ", None, None, None),),
            "closed_on: There is no calendar",
        ),
        (
            (row("24/7", days=(None, None)), row("off", days=(None, "2026-01-01"))),
            "pontoon: “24/7” (notice 1) and “off” (notice 2)",
        ),
        (
            (
                row("24/7", scope=("CN", None, None), days=(None, None)),
                row("off", scope=(None, "cargo", None), days=("2026-01-01", None)),
            ),
            "neither is closer",
        ),
    ],
)
def test_faults_of_the_table_are_named(values: tuple, fault: str) -> None:
    """A row of no gate, direction or day that there is, with hours that cannot be read, or in
    conflict with another, is refused.
    """
    with pytest.raises(InputError) as caught:
        gates.Hours(border(), rows(*values), CLOCKS)
    assert any(fault in sentence for sentence in caught.value.faults), caught.value.faults


def test_notices_that_do_not_meet_are_no_conflict() -> None:
    """Two directions, two kinds of traffic, or two times do not contradict each other."""
    leaving, back, cargo = ("CN", None, None), ("VN", None, None), (None, "cargo", None)
    for first, other in (
        (row("24/7", scope=leaving, days=(None, None)), row("off", scope=back, days=(None, None))),
        (
            row("24/7", scope=leaving, days=(None, "2026-01-01")),
            row("off", scope=cargo, days=("2026-01-02", None)),
        ),
    ):
        assert gates.Hours(border(), rows(first, other), CLOCKS).zone("pontoon") == HANOI


def test_faults_of_layer_and_clocks_are_named_together() -> None:
    """Hours and zone of a gate, a doubled clock and one without a zone come in one answer."""
    wrong = border(opening_hours={"pontoon": "daily"}, timezone={"ford": "Asia/Hanoi"})
    clocks = pd.concat([CLOCKS, CLOCKS.assign(timezone="Mars/Base")])
    with pytest.raises(InputError) as caught:
        gates.Hours(wrong, rows(), clocks)
    text = "\n".join(caught.value.faults)
    for part in (
        "pontoon: “daily”",
        "ford: timezone: “Asia/Hanoi”",
        "clocks: VN: “Mars/Base”",
        "clocks: VN: stands more than once",
    ):
        assert part in text


def test_wrong_questions(pontoon: gates.Hours) -> None:
    """An unknown gate is not found; a time without a zone or out of all years, and a wrong
    direction, traffic or vehicle, are refused.
    """
    with pytest.raises(NotFoundError, match="raft"):
        pontoon.when_open("raft", "CN", "cargo", at("2026-11-25"))
    with pytest.raises(NotFoundError, match="raft"):
        pontoon.notices("raft", date(2026, 1, 1))
    extremes = (
        moment.replace(tzinfo=UTC) for moment in (datetime(1969, 1, 1), datetime.min, datetime.max)
    )
    for moment in (datetime(2026, 11, 25), datetime.max, *extremes):
        with pytest.raises(InputError, match=r"has no zone|years 1970 to 2099"):
            pontoon.when_open("pontoon", "CN", "cargo", moment)
        with pytest.raises(InputError):
            pontoon.intervals("pontoon", "CN", "cargo", None, at("2026-11-25"), moment)
    with pytest.raises(InputError, match="before the start"):
        pontoon.intervals("pontoon", "CN", "cargo", None, at("2026-11-25"), at("2026-11-24"))
    with pytest.raises(InputError) as caught:
        pontoon.when_open("pontoon", "LA", "bicycle", at("2026-11-25"), "vn")
    assert [fault.split(":")[0] for fault in caught.value.faults] == [
        "towards",
        "kind",
        "vehicle_country",
    ]


def test_the_last_days_of_all_years(pontoon: gates.Hours) -> None:
    """Thirty days before the end of 2099 an answer still comes."""
    assert pontoon.when_open("bridge", "CN", "passenger", at("2099-12-31 23:00")).open
    assert pontoon.when_open("bridge", "CN", "passenger", at("2099-12-31 12:00")).opens == at(
        "2099-12-31 22:00"
    )


# Properties ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gate", "towards", "kind", "vehicle", "start", "days"),
    [
        ("pontoon", "CN", "cargo", "VN", "2021-02-08", 3),
        ("pontoon", "CN", "cargo", "CN", "2020-06-09", 5),
        ("bridge", "VN", "passenger", None, "2026-12-30", 4),
        ("ford", "VN", "cargo", "VN", "2026-10-30", 4),
    ],
)
def test_intervals_agree_with_every_minute(
    pontoon: gates.Hours,
    gate: str,
    towards: str,
    kind: str,
    vehicle: str | None,
    start: str,
    days: int,
) -> None:
    """Minute by minute, a gate is open exactly in its intervals, until their end, and otherwise
    opens with the next one.
    """
    first, last = at(start), at(start) + timedelta(days=days)
    spans = pontoon.intervals(gate, towards, kind, vehicle, first, last)
    assert spans == sorted(spans)
    assert all(span[0] < span[1] for span in spans)
    assert all(span[1] < other[0] for span, other in pairwise(spans))
    for minute in range(days * 24 * 60):
        time = first + timedelta(minutes=minute)
        opening = pontoon.when_open(gate, towards, kind, time, vehicle)
        within = next((span for span in spans if span[0] <= time < span[1]), None)
        assert opening.open == (within is not None), time
        if within and within[1] < last:
            assert opening.until == within[1]
        coming = next((span[0] for span in spans if span[0] > time), None)
        if within is None and coming is not None:
            assert opening.opens == coming
            assert opening.wait_s == (coming - time).total_seconds()


@pytest.mark.parametrize(
    ("gate", "towards", "kind", "vehicle", "start", "days"),
    [
        ("pontoon", "CN", "cargo", "VN", "2020-06-09", 4),
        ("pontoon", "CN", "cargo", "CN", "2021-02-08", 3),
        ("bridge", "VN", "passenger", None, "2026-12-30", 3),
        ("ford", "VN", "cargo", "VN", "2026-10-31", 2),
    ],
)
def test_hours_of_a_day_agree_with_every_minute(
    pontoon: gates.Hours,
    gate: str,
    towards: str,
    kind: str,
    vehicle: str | None,
    start: str,
    days: int,
) -> None:
    """Asked at any minute, it closes when the first minute comes at which it is closed, and lets in
    until the first of no entry.
    """
    first = at(start)
    minutes = [first + timedelta(minutes=minute) for minute in range((days + 2) * 24 * 60)]
    enters = [pontoon.when_open(gate, towards, kind, time, vehicle) for time in minutes]
    is_open = [entry.open or entry.why == "after_last_entry" for entry in enters]
    for number in range(0, days * 24 * 60, 7):
        time = minutes[number]
        of_day = pontoon.of_day(gate, towards, kind, vehicle, time)
        midnight = number - number % (24 * 60)
        within = [
            any(start <= minutes[minute] < end for start, end in of_day.openings)
            for minute in range(midnight, midnight + 24 * 60)
        ]
        assert within == is_open[midnight : midnight + 24 * 60], time
        for end, opened in (
            (of_day.closes, is_open),
            (of_day.last_entry, [entry.open for entry in enters]),
        ):
            after = next(
                (minutes[minute] for minute in range(number, len(minutes)) if not opened[minute]),
                None,
            )
            if not opened[number]:
                assert end is None
            elif end is not None:
                assert end - timedelta(minutes=1) < after <= end + timedelta(minutes=1)  # type: ignore[operator]
            else:
                assert after is None or after - time >= timedelta(days=1)


def test_hours_of_a_day_are_written_with_who_says_so(pontoon: gates.Hours) -> None:
    """Halves of a day, nights, and the whole day; a notice has its host for a source, the layer
    none of its own, the unknown none.
    """
    notice = pontoon.of_day("pontoon", "CN", "cargo", "VN", at("2020-06-17 14:30"))
    assert (notice.text(), notice.last_entry, notice.closes) == (
        "08:00–11:00, 12:00–16:00",
        at("2020-06-17 15:00"),
        at("2020-06-17 16:00"),
    )
    assert notice.notice is not None
    assert (
        notice.notice.hosts(),
        notice.is_near(at("2020-06-17 14:00")),
        notice.is_near(at("2020-06-17 14:01")),
    ) == (
        ("notice 2",),
        False,
        True,
    )
    night = pontoon.of_day("bridge", "CN", "passenger", None, at("2026-11-30 23:30"))
    assert (night.text(), night.closes) == ("00:00–02:00, 22:00–24:00", at("2026-12-01 02:00"))
    assert night.notice is not None
    assert night.notice.hosts() == ()
    unknown = pontoon.of_day("ford", "CN", "cargo", None, at("2026-11-30 12:00"))
    assert unknown.notice is None
    assert re.fullmatch(r"06:\d\d–17:\d\d", unknown.text())
    always = gates.Hours(border(opening_hours={"pontoon": "24/7"}), rows(), CLOCKS).of_day(
        "pontoon", "CN", "cargo", None, at("2026-11-30 12:00")
    )
    assert (always.text(), always.closes, always.is_near(at("2026-11-30 23:59"))) == (
        "",
        None,
        False,
    )
    never = pontoon.of_day("bridge", "CN", "cargo", None, at("2026-11-30 12:00"))
    assert (never.openings, never.text()) == ((), "–")


def test_the_pontoon_agrees_with_its_notice(pontoon: gates.Hours) -> None:
    """Every half-hour of five months, Tet in them, it is open as a plain reading of the notice and
    both lists of holidays says.
    """
    vn, cn = (calendars.year_of(country, 2021).holidays for country in ("VN", "CN"))
    off = vn.keys() | cn.keys()
    time = at("2021-01-01")
    while time < at("2021-06-01"):
        working = (
            time.weekday() < 5
            and time.date() not in off
            and (8 <= time.hour < 11 or 12 <= time.hour < 16)
        )
        for vehicle, latest in (("VN", 15), ("CN", 16)):
            assert pontoon.when_open("pontoon", "CN", "cargo", time, vehicle).open == (
                working and time.hour < latest
            ), time
        time += timedelta(minutes=30)


def test_ends_are_exact(pontoon: gates.Hours) -> None:
    """A microsecond before noon it is closed, at noon open; a microsecond before closing open, at
    closing not.
    """
    tick = timedelta(microseconds=1)
    for moment, opened in ((at("2020-06-17 12:00"), True), (at("2020-06-17 16:00"), False)):
        assert pontoon.when_open("pontoon", "CN", "cargo", moment).open is opened
        assert pontoon.when_open("pontoon", "CN", "cargo", moment - tick).open is not opened


def test_the_zone_of_the_question_does_not_matter(pontoon: gates.Hours) -> None:
    """The same moment gives the same answer, in whichever zone it is written."""
    random_ = random.Random(7)
    zones = [
        BEIJING,
        UTC,
        ZoneInfo("America/New_York"),
        timezone(timedelta(hours=-11, minutes=-30)),
    ]
    for _ in range(100):
        moment = at("2020-06-01") + timedelta(seconds=random_.randrange(400 * 86400))
        for gate, kind in (("pontoon", "cargo"), ("bridge", "passenger"), ("ford", "cargo")):
            expected = pontoon.when_open(gate, "CN", kind, moment, "VN")
            later = moment + timedelta(days=3)
            spans = pontoon.intervals(gate, "CN", kind, "VN", moment, later)
            for zone in zones:
                assert (
                    pontoon.when_open(gate, "CN", kind, moment.astimezone(zone), "VN") == expected
                )
                assert pontoon.known(
                    gate, "CN", kind, "VN", moment.astimezone(zone)
                ) == pontoon.known(gate, "CN", kind, "VN", moment)
                assert (
                    pontoon.intervals(
                        gate, "CN", kind, "VN", moment.astimezone(zone), later.astimezone(zone)
                    )
                    == spans
                )


# The data that comes along ------------------------------------------------------------------------


def test_the_bundled_hours() -> None:
    """Bac Luan II admits tourists from eight to three, Hoanh Mo on weekdays in two windows; its
    cargo is unknown; Tet 2023 was closed.
    """
    of = gates.Hours.read(layers.bundled())
    tourists = of.intervals(
        "mong-cai-bac-luan-2", "CN", "passenger", None, at("2026-11-25"), at("2026-11-26")
    )
    assert tourists == [(at("2026-11-25 08:00"), at("2026-11-25 15:00"))]
    assert (
        len(of.intervals("hoanh-mo", "VN", "passenger", None, at("2026-11-23"), at("2026-11-30")))
        == 10
    )
    assert not of.known("hoanh-mo", "VN", "cargo", None, at("2026-11-25"))
    assert of.when_open("huu-nghi", "CN", "cargo", at("2023-01-22 09:00")).opens == at(
        "2023-01-28 07:00"
    )
    assert of.when_open("mong-cai-bac-luan-1", "CN", "cargo", at("2026-11-25 09:00")).why == "never"


@pytest.mark.parametrize(
    ("gate", "kind", "day", "beijing"),
    [
        ("mong-cai-bac-luan-1", "passenger", "2026-11-25", ["08:00-21:00"]),
        ("huu-nghi", "passenger", "2026-11-25", ["08:00-21:00"]),
        ("huu-nghi", "cargo", "2022-11-25", ["08:00-19:00"]),
        ("hoanh-mo", "passenger", "2026-11-25", ["09:00-10:00", "16:00-17:00"]),
        ("mong-cai-bac-luan-2", "cargo", "2026-11-28", ["09:00-12:00", "15:00-18:00"]),
    ],
)
def test_hours_that_china_published_stand_on_the_clock_of_the_gate(
    gate: str, kind: str, day: str, beijing: list[str]
) -> None:
    """What the Chinese side announced on its own clock, or a page states on both, is what the
    table says on the clock of the gate.
    """
    of = gates.Hours.read(layers.bundled())
    spans = of.intervals(gate, "CN", kind, None, at(day), at(day) + timedelta(days=1))
    assert [
        "-".join(f"{moment.astimezone(BEIJING):%H:%M}" for moment in span) for span in spans
    ] == beijing


def test_lorries_pass_bac_luan_2_on_weekends_since_the_pilot(bundled: gates.Hours) -> None:
    """No Saturday before 7 March 2026, two windows since; of week days only memory speaks."""
    before, after, friday = (
        bundled.when_open("mong-cai-bac-luan-2", "CN", "cargo", at(f"2026-{time}"))
        for time in ("02-28 09:00", "03-07 09:00", "03-06 17:30")
    )
    assert (before.open, after.open, friday.open) == (False, True, True)
    assert before.opens == at("2026-03-02 07:00")
    assert (before.source_kind, after.source_kind, friday.source_kind) == ("page", "page", "memory")
    assert after.until == at("2026-03-07 11:00")
    assert (after.known, friday.known) == (True, False)


def test_the_new_year_of_each_gate_is_its_own(bundled: gates.Hours) -> None:
    """In 2024 Coc Nam stayed shut four days longer than Huu Nghi, and Chi Ma was never shut."""
    shut = {
        gate: [
            day
            for day in range(6, 19)
            if not bundled.when_open(gate, "CN", "cargo", at(f"2024-02-{day:02d} 12:00")).open
        ]
        for gate in ("huu-nghi", "coc-nam", "na-nua", "chi-ma", "kim-thanh")
    }
    assert shut == {
        "huu-nghi": [10, 11, 12, 13],
        "coc-nam": [*range(10, 18)],
        "na-nua": [*range(7, 18)],
        "chi-ma": [],
        "kim-thanh": [],
    }


def test_gates_are_what_they_are_today() -> None:
    """Ta Lung is international since September 2025; where trade is in doubt it is not stated, and
    no lorry is led there; Hekou's old bridge is for people on foot.
    """
    frame = layers.read(layers.bundled(), "gates")
    assert frame.loc["ta-lung", "kind"] == "international"
    assert frame.loc["bac-phong-sinh", "kind"] == frame.loc["hoanh-mo", "kind"]
    table = layers.read_table(layers.bundled(), "crossings")
    truck, car = (gates.service_time_s(frame, table, profile) for profile in ("truck", "car"))
    doubtful = ["ly-van", "po-peo", "po-nhung", "binh-nghi"]
    assert frame.loc[doubtful, "cargo"].isna().all()
    assert truck[doubtful].isna().all()
    assert pd.isna(car["lao-cai-road"])
    assert truck[["ta-lung", "huu-nghi", "kim-thanh", "mong-cai-bac-luan-2"]].notna().all()
    e_visa = {*frame.index[frame["e_visa"].fillna(False)]}
    assert {"tra-linh", "thanh-thuy", "dong-dang-rail", "lao-cai-rail"} <= e_visa
    sources = Provenance.read(layers.bundled())
    assert all(sources.stated("gates", gate, "e_visa") for gate in e_visa)


def test_the_check_of_a_package_reads_the_hours(toy: Path, tmp_path: Path) -> None:
    """Hours that contradict each other or cannot be read are faults of the package; those of the
    toy have none.
    """
    folder = shutil.copytree(toy, tmp_path / "toy")
    assert package_check.check_tables(folder)["gate_hours"] == []
    with (folder / "gate_hours.csv").open("a", encoding="utf-8") as file:
        file.write("bridge,,cargo,,daily,,,,,,,made up,memory,2026\n")
    assert any(
        "bridge" in fault and "“daily”" in fault
        for fault in package_check.check_tables(folder)["gate_hours"]
    )


def test_hours_are_quick() -> None:
    """Ten days of all bundled gates in both directions take no second, and a thousand questions
    afterwards neither.
    """
    of = gates.Hours.read(layers.bundled())
    frame = layers.read(layers.bundled(), "gates")
    began = perf_counter()
    for gate in frame.index:
        for towards in frame.loc[gate, ["country", "opposite_country"]]:
            of.intervals(gate, towards, "passenger", None, at("2026-11-25"), at("2026-12-05"))
    assert perf_counter() - began < 1
    began = perf_counter()
    for hour in range(1000):
        of.when_open("hoanh-mo", "CN", "passenger", at("2026-11-25") + timedelta(minutes=hour))
    assert perf_counter() - began < 1


@pytest.fixture(scope="module")
def bundled() -> gates.Hours:
    return gates.Hours.read(layers.bundled())


def test_remembered_hours_count_but_are_not_known(bundled: gates.Hours) -> None:
    """The hours of a gate that rest on memory say when it is open; known are those that anybody can
    read.
    """
    noon = at("2026-03-03 12:00")
    remembered = bundled.when_open("tra-linh", "CN", "passenger", noon)
    assert (remembered.open, remembered.known, remembered.source_kind, remembered.why) == (
        True,
        False,
        "memory",
        "open",
    )
    assert not bundled.known("tra-linh", "CN", "passenger", None, noon)
    read = bundled.when_open("mong-cai-bac-luan-2", "CN", "passenger", noon)
    assert (read.open, read.known, read.source_kind) == (True, True, "page")
    frame = layers.read(layers.bundled(), "gates")
    sources = Provenance.read(layers.bundled())
    for key in frame.index[frame["opening_hours"].notna()]:
        served = bundled.when_open(str(key), "CN", "passenger", noon).why != "never"
        if served and all(notice.general for notice in bundled.notices(str(key), noon.date())):
            assert bundled.known(str(key), "CN", "passenger", None, noon) == (
                sources.mark("gates", str(key), "opening_hours") != "memory"
            ), key


@pytest.mark.parametrize(
    ("day", "known"),
    [
        *(
            ("2026-02-13", True),
            ("2026-02-16", False),
            ("2026-02-17", False),
            ("2026-02-23", False),
            ("2026-02-24", True),
        ),
        *(
            ("2027-02-04", False),
            ("2027-02-06", False),
            ("2027-02-12", False),
            ("2027-02-13", True),
            ("2027-05-03", True),
        ),
    ],
)
def test_cargo_at_the_lunar_new_year_is_not_known(
    bundled: gates.Hours, day: str, known: bool
) -> None:
    """Tet and the Spring Festival, holidays and weekends beside them, decreed or not; passengers
    have their hours on all days.
    """
    noon = at(f"{day} 12:00")
    cargo = bundled.when_open("kim-thanh", "CN", "cargo", noon)
    assert (cargo.open, cargo.known, cargo.why) == (True, known, "open" if known else "new_year")
    assert bundled.known("kim-thanh", "CN", "cargo", None, noon) == known
    assert bundled.known("kim-thanh", "CN", "passenger", None, noon)


def test_a_notice_of_the_new_year_itself_is_known(bundled: gates.Hours) -> None:
    """What was announced for Tet 2024 counts, on its days."""
    announced = bundled.when_open("huu-nghi", "CN", "cargo", at("2024-02-11 12:00"))
    assert (announced.open, announced.source_kind) == (False, "page")
    assert bundled.known("huu-nghi", "CN", "cargo", None, at("2024-02-11 12:00"))
    assert not bundled.known("huu-nghi", "CN", "cargo", None, at("2024-02-14 12:00"))
