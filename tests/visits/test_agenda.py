"""The plan as it is read: hours of gates and who says so, ways before and behind a gate, weekends
and holidays in the head of a day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

import geopandas as gpd
import numpy as np
import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from test_gates import CLOCKS, border, rows

from geo import layers
from geo.hours import gates
from geo.roads import access
from geo.roads.network import Network
from geo.visits import planner, trip_file
from geo.visits.gazetteer import Gazetteer
from geo.visits.matrices import domestic
from geo.visits.trip import Leg, Place, Plan
from geo.visits.world import World
from webapp import labels
from webapp.cli.main import main
from webapp.explore import gate_hours
from webapp.trips import agenda

pytest_plugins = ("web",)
DATA = layers.bundled()
HOME = "~begin:mong-cai~end:mong-cai"
IN_TOWN = "mong-cai-bac-luan-1"
"""The gate that people take from Mong Cai to Dongxing; the hours of the other one have a source."""


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """Compile the planner first, as `zoneatlas serve` does: no page waits that long."""
    planner.warm_up()


def query(day: str, *stops: str, **more: str) -> str:
    return urlencode([("day", day), *(("stop", stop) for stop in stops), *more.items()])


def page(client: FlaskClient, asked: str, lang: str = "en") -> str:
    """Read the plan of a query as it stands on the page."""
    answer = client.get(f"/trip?{asked}&whole=1&lang={lang}")
    assert answer.status_code == 200
    return answer.text


def sheet(client: FlaskClient, asked: str, lang: str = "en") -> str:
    return client.get(f"/trip/plan.sheet.html?{asked}&lang={lang}").text


def row(text: str, kind: str) -> str:
    """Return the first row of a kind, as text."""
    match = re.search(rf'<tr class="{kind}".*?</tr>', text, re.DOTALL)
    assert match, kind
    return " ".join(re.sub(r"<[^>]+>", " ", match[0]).split())


# Hours of gates -----------------------------------------------------------------------------------

SAID = {
    "a page of some year": (
        query(f"2026-12-08~09:00-18:30{HOME}", "dongxing-border-ecz"),
        "Open 07:00–20:00 Hà Nội (web source, 2023)",
    ),
    "a page": (
        query(f"2026-12-08~09:00-18:30{HOME}", "dongxing-border-ecz", closed=IN_TOWN),
        "Open 08:00–15:00 Hà Nội (en.sggp.org.vn, web source, Dec 11, 2023)",
    ),
    "memory": (
        query("2026-12-08~08:00-18:30~begin:cao-bang~end:cao-bang", "jingxi~visit:60 min"),
        "Open 07:00–17:00 Hà Nội (unverified; ask before you go)",
    ),
}


@pytest.mark.parametrize("of", SAID)
@pytest.mark.parametrize("where", [page, sheet])
def test_a_gate_shows_its_hours_and_who_says_so(client: FlaskClient, of: str, where: Any) -> None:
    """On page and paper a gate's row has the hours of that day in that direction, on its clock,
    with source and date.
    """
    asked, expected = SAID[of]
    assert expected in row(where(client, asked), "gate")


def test_the_command_line_shows_hours_too(tmp_path: Any) -> None:
    """The steps that are printed hold the hours of each gate, their source, and the date's
    remarks.
    """
    path = tmp_path / "trip.yaml"
    path.write_text(
        "days: [{date: 2027-02-07, hours: 07:30-18:00, begin: mong-cai, end: mong-cai}]\nstops:"
        f" [{{site: dongxing-border-ecz}}]\nclosed_gates: [{IN_TOWN}]\n"
    )
    text = CliRunner().invoke(main, ["trip", "plan", str(path), "--no-why"]).output
    assert text.count("Open 08:00–15:00 Hà Nội (en.sggp.org.vn, web source, Dec 11, 2023)") == 2
    assert "! Sunday" in text
    assert "! Second Day of Lunar New Year (Mùng hai Tết Nguyên Đán, Viet Nam)" in text


def on_day(enter: str, **columns: Any) -> tuple[str, str]:
    """Write the hours of a gate that is open from 08:00 to 15:00, on a day at which one enters at
    some time.
    """
    hours = gates.Hours(
        border(),
        rows(
            (
                "pontoon",
                None,
                None,
                None,
                "08:00-15:00",
                columns.get("last"),
                None,
                None,
                None,
                None,
            )
        ),
        CLOCKS,
    )
    moment = datetime.fromisoformat(f"2026-12-08T{enter}").replace(tzinfo=hours.zone("pontoon"))
    return gate_hours.on_day(hours.of_day("pontoon", "CN", "cargo", None, moment), moment, "Hà Nội")


def test_a_gate_that_closes_soon_has_a_badge(app: Flask) -> None:
    """Within an hour of the real closing, or of a last entry before it, a badge has the minutes
    that are left; before that none.
    """
    with app.test_request_context("/"):
        assert [on_day(time)[1] for time in ("13:59", "14:00:01", "14:51", "14:59:30")] == [
            "",
            "closes in 59 min",
            "closes in 9 min",
            "closes in 0 min",
        ]
        assert on_day("14:10", last="14:30") == (
            "Open 08:00–15:00 Hà Nội, last entry 14:30 (notice 1, web source, Jun 11, 2020)",
            "last entry in 20 min",
        )


def test_unknown_hours_are_called_unknown(app: Flask) -> None:
    """A gate of which nobody has said anything shows the daylight that is assumed, and asks to be
    asked; remembered hours do too.
    """
    hours = gates.Hours(border(), rows(), CLOCKS)
    with app.test_request_context("/"):
        moment = datetime(2026, 12, 8, 12, tzinfo=hours.zone("ford"))
        ford, pontoon = (
            gate_hours.on_day(hours.of_day(gate, "CN", "cargo", None, moment), moment, "Hà Nội")[0]
            for gate in ("ford", "pontoon")
        )
    assert re.fullmatch(
        r"Hours not known, daylight assumed: 06:\d\d–17:\d\d Hà Nội; ask before you go", ford
    )
    assert pontoon == "Open 07:00–17:00 Hà Nội (unverified; ask before you go)"


# Before and behind a gate -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plans_abroad(real_network: Network) -> list[Plan]:
    """Plan the worked examples and trips from four border towns to the parks that are near on the
    other side.
    """
    places, hours = Gazetteer.read(DATA), gates.Hours.read(DATA)
    tables = layers.read(DATA, "gates"), layers.read_table(DATA, "crossings")
    world = World(real_network, *tables, hours)
    texts = list(trip_file.examples(DATA).values())
    for town, stops in (
        ("mong-cai", ("jiangping-ip", "dongxing-border-ecz")),
        ("lang-son", ("pingxiang", "pingxiang-cbz")),
        ("nanning", ("hai-yen-ip",)),
    ):
        sites = "".join(f"  - {{site: {stop}, visit: 30 min}}\n" for stop in stops)
        days = "".join(
            f"  - {{date: 2026-12-{day}, hours: 06:00-21:00, begin: {town}, end: {town}}}\n"
            for day in ("08", "09")
        )
        texts.append(f"days:\n{days}stops:\n{sites}")
    return [planner.plan(trip_file.read(text, places), world, seconds=1) for text in texts]


def over_gates(plans: list[Plan]) -> Iterator[Leg]:
    return (leg for plan in plans for day in plan.days for leg in day.legs if leg.crossing)


def test_both_parts_of_a_leg_are_the_whole(plans_abroad: list[Plan]) -> None:
    """Times and lengths before and behind a gate add up to those of the leg, and the times are
    those between its moments.
    """
    legs = list(over_gates(plans_abroad))
    assert len(legs) >= 8
    for leg in legs:
        crossing = leg.crossing
        assert crossing is not None
        assert leg.before_s + leg.behind_s == leg.drive_s
        assert leg.before_m + leg.behind_m == pytest.approx(leg.length_m)
        assert min(leg.before_s, leg.behind_s, leg.before_m, leg.behind_m) >= 0
        eaten = getattr(leg, "lunch", None)
        meals = [0.0, 0.0]
        if eaten:
            meals[0 if eaten[0] < crossing.enter else 1] = (eaten[1] - eaten[0]).total_seconds()
        assert (crossing.arrive - leg.depart).total_seconds() - meals[0] == pytest.approx(
            leg.before_s, abs=1
        )
        assert (leg.arrive - crossing.leave).total_seconds() - meals[1] == pytest.approx(
            leg.behind_s, abs=1
        )


def test_the_part_before_a_gate_is_the_way_there(
    plans_abroad: list[Plan], real_network: Network
) -> None:
    """Driven by itself, with all gates closed, the way to the gate has the length and the time of
    the part before it.
    """
    roads, layer = domestic(real_network), layers.read(DATA, "gates")
    for leg in over_gates(plans_abroad):
        assert leg.crossing is not None
        steps = access.route(roads, point(leg.start), layer.loc[[leg.crossing.gate]])
        assert float(steps["length_m"].sum()) == pytest.approx(leg.before_m, abs=1)
        assert float(steps["travel_time_s"].sum()) == pytest.approx(leg.before_s, abs=1)


def point(place: Place) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"country": [place.country]},
        index=[place.id],
        geometry=gpd.points_from_xy([place.lon], [place.lat]),
        crs=4326,
    )


def test_a_leg_over_a_gate_is_told_before_and_behind_it(
    app: Flask, plans_abroad: list[Plan]
) -> None:
    """The rows before and behind a gate each have their own time and length, and a day's rows never
    say more driving than its head.
    """
    with app.test_request_context("/"):
        for plan in plans_abroad:
            for day in agenda.of(app.extensions["zoneatlas"], plan):
                texts = [
                    row.text for row in day.rows if row.kind == "drive" and row.text != "Drive on"
                ]  # after lunch on the way
                for leg in day.plan.legs:
                    if leg.crossing:
                        before, behind = texts.pop(0), texts.pop(0)
                        assert (
                            before == f"Drive {labels.duration(leg.before_s)},"
                            f" {labels.kilometres(leg.before_m)}"
                        )
                        assert (
                            behind == f"Drive on {labels.duration(leg.behind_s)},"
                            f" {labels.kilometres(leg.behind_m)}"
                        )
                    elif leg.drive_s >= 1:
                        assert texts.pop(0).startswith("Drive ")
                assert not texts
                moments = np.array(
                    [(row.begin.timestamp(), row.until.timestamp()) for row in day.rows]
                ).ravel()
                assert (np.diff(moments) >= 0).all()


# The head of a day --------------------------------------------------------------------------------

CLOSED, UNKNOWN = (
    "offices and cargo gates usually closed",
    "public holidays of 2027 not officially known yet: China, Viet Nam",
)
SPRING = "Chinese New Year (Spring Festival) (春节, China)"
HEADS = {
    "2026-12-08": [],
    "2026-12-12": ["Saturday", "offices usually closed"],
    "2026-02-17": [SPRING, "Lunar New Year (Tết Nguyên Đán, Viet Nam)", CLOSED],
    "2026-10-10": [
        "Saturday, worked in exchange for another day off: China",
        "offices usually closed",
    ],
    "2027-02-07": [
        "Sunday",
        SPRING,
        "Second Day of Lunar New Year (Mùng hai Tết Nguyên Đán, Viet Nam)",
        CLOSED,
        UNKNOWN,
    ],
}


@pytest.mark.parametrize("day", HEADS)
@pytest.mark.parametrize("where", [page, sheet])
def test_the_head_of_a_day_names_weekends_and_holidays(
    client: FlaskClient, day: str, where: Any
) -> None:
    """Of both countries of a trip, with what they mean for offices and gates, and holidays that are
    not decreed yet.
    """
    text = where(client, query(f"{day}~07:30-18:30{HOME}", "dongxing-border-ecz"))
    match = re.search(r'<p class="(?:date-)?remarks">(.*?)</p>', text)
    assert (match[1].split(" · ") if match else []) == HEADS[day]


def test_only_countries_of_the_trip_count(client: FlaskClient) -> None:
    """China's National Day is nothing to a trip inside Viet Nam, and is to one that crosses the
    border.
    """
    inside, abroad = (
        page(client, query(f"2026-10-01~07:30-18:30{HOME}", stop))
        for stop in ("hai-yen-ip", "dongxing-border-ecz")
    )
    assert "National Day" not in inside
    assert "National Day (国庆节, China)" in abroad


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "vi",
            ("Chủ Nhật", "Mùng hai Tết Nguyên Đán (Việt Nam)", "Tết Nguyên Đán (春节, Trung Quốc)"),
        ),
        ("zh", ("星期日", "春节初二（Mùng hai Tết Nguyên Đán, 越南）", "春节（中国）")),
    ],
)
def test_the_head_of_a_day_speaks_the_readers_language(
    client: FlaskClient, lang: str, words: tuple[str, ...]
) -> None:
    """Weekday and holidays in the language of the page, with the official name of the country
    beside it, and no English left.
    """
    text = page(client, query(f"2027-02-07~07:30-18:30{HOME}", "dongxing-border-ecz"), lang)
    head = re.search(r'<p class="date-remarks">(.*?)</p>', text)
    assert head
    assert [word for word in words if word in head[1]] == list(words)
    assert not re.search("usually|officially|exchange", head[1])


def test_cargo_on_a_holiday_is_warned_at_the_gate(client: FlaskClient) -> None:
    """A lorry on the first day of Tet reads at the gate that cargo gates usually close; a car does
    not, nor a lorry on a Tuesday.
    """
    lorry = {"profile": "truck", "traffic": "cargo"}
    warned = [
        "Cargo gates usually close on public holidays"
        in page(client, query(f"{day}~07:30-18:00{HOME}", "dongxing-cbecz", **more))
        for day, more in (("2027-02-06", lorry), ("2027-02-06", {}), ("2026-12-08", lorry))
    ]
    assert warned == [True, False, False]
    assert date(2027, 2, 6).weekday() == 5
