from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geo.errors import InputError
from geo.roads import accuracy
from geo.roads.network import Network
from geo.siting import claims
from geo.siting.claim_reading import Claim
from geo.siting.claims import check

SPEEDS = pd.DataFrame({"profile": ["car", "truck"], "speed_kph": [60.0, 40.0]})
"""The streets of the grid allow a kilometre a minute."""


@pytest.fixture(scope="module")
def places(
    points: Callable[..., gpd.GeoDataFrame], crossing: Callable[[int, int], tuple[float, float]]
) -> gpd.GeoDataFrame:
    """A gate and a town of one name, diagonally behind each other; a port straight east; an
    airport; a port at sea.
    """
    rows = [
        (
            "gate-i",
            (6, 6),
            "gates",
            "Mong Cai (Bac Luan I)",
            "Móng Cái (Bắc Luân I)",
            "芒街（北仑一桥）",
            100,
        ),
        ("town", (12, 12), "cities", "Mong Cai", "Móng Cái", "芒街", 100),
        ("port", (10, 0), "ports", "Dinh Vu Port", "Cảng Đình Vũ", "亭武港", 100),
        (
            "airport",
            (0, 10),
            "airports",
            "Noi Bai International Airport",
            "Sân bay quốc tế Nội Bài",
            "内排国际机场",
            100,
        ),
        ("vague", (8, 0), "cities", "Vagueville", None, None, math.nan),
        ("atoll", (60, 60), "ports", "Atoll Port", None, None, 100),
    ]
    return points(
        {key: crossing(*where) for key, where, *_ in rows},
        layer=[row[2] for row in rows],
        name_en=[row[3] for row in rows],
        name_vi=[row[4] for row in rows],
        name_zh=[row[5] for row in rows],
        position_accuracy_m=[float(row[6]) for row in rows],
    )


@pytest.fixture(scope="module")
def site(
    points: Callable[..., gpd.GeoDataFrame], crossing: Callable[[int, int], tuple[float, float]]
) -> gpd.GeoDataFrame:
    return points({"site": crossing(0, 0)}, position_accuracy_m=[100.0])


@pytest.fixture(scope="module")
def winding(grid: Network) -> Network:
    """The grid with streets of one and a half kilometres: 18 km to the gate, 9.1 km straight."""
    return replace(grid, length_m=1.5 * grid.length_m)


@pytest.fixture(scope="module")
def read(
    site: gpd.GeoDataFrame, places: gpd.GeoDataFrame, grid: Network
) -> Callable[[str], tuple[Claim, ...]]:
    """Check a text about the crossing in the south-west corner of the grid."""
    return lambda text: check(text, site, places, grid, speeds=SPEEDS).claims


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (
            "5 km from Mong Cai gate",
            "impossible",
        ),  # 6 east and 6 north: some 9.1 km straight, 12 km by road
        ("9 km from Mong Cai gate", "straight_or_road"),
        ("12 km from Mong Cai gate", "road"),
        ("30 km from Mong Cai gate", "longer"),
        ("10 km from Dinh Vu port", "straight_or_road"),
        ("3 minutes to Mong Cai gate", "impossible"),  # 9.1 km at 60 km/h
        ("9.1 minutes to Mong Cai gate", "faster_than_road"),
        ("12 minutes to Mong Cai gate", "road"),
        ("1 hour to Mong Cai gate", "longer"),
        ("60 km from Atoll port", "impossible"),
        ("91 km from Atoll port", "straight_line"),
        ("120 km from Atoll port", "road_unknown"),
        ("2 km from Vagueville", "unsure"),
        ("within 15 minutes of Mong Cai gate", "road"),
        ("within 12 km of Mong Cai gate", "road"),
        ("within 5 km of Mong Cai gate", "impossible"),
        ("within 9 km of Mong Cai gate", "road"),
        ("more than 5 km from Mong Cai gate", "road"),
        ("more than 30 km from Mong Cai gate", "longer"),
        ("Mong Cai gate,30 km", "longer"),
        ("距 Mong Cai gate，30公里", "longer"),
        ("4 km from Ha Long Bay", "no_place"),
        ("4 km from Mong Cai bridge", "other_thing"),
    ],
)
def test_each_verdict(read: Callable[[str], tuple[Claim, ...]], text: str, verdict: str) -> None:
    """A claim is held against the straight line and the road, and what is below the straight line
    cannot be.
    """
    (claim,) = read(text)
    assert claim.verdict == verdict
    assert claim.verdict in claims.VERDICTS


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("5 km from Mong Cai gate", "impossible"),
        ("9 km from Mong Cai gate", "straight_line"),
        ("within 9 km of Mong Cai gate", "straight_line"),
        ("12 km from Mong Cai gate", "between"),
        ("within 12 km of Mong Cai gate", "straight_line"),
        ("18 km from Mong Cai gate", "road"),
        ("30 km from Mong Cai gate", "longer"),
    ],
)
def test_a_winding_road_is_told_from_the_straight_line(
    site: gpd.GeoDataFrame, places: gpd.GeoDataFrame, winding: Network, text: str, verdict: str
) -> None:
    """Where the road is twice the straight line, one is not taken for the other."""
    (claim,) = check(text, site, places, winding, speeds=SPEEDS)
    assert claim.verdict == verdict


def test_a_claim_carries_its_numbers(read: Callable[[str], tuple[Claim, ...]]) -> None:
    """Straight line, road, accuracies and differences stand beside the verdict, in metres and
    seconds.
    """
    text = "The park is only 5 km from Mong Cai gate."
    (claim,) = read(text)
    assert text[claim.start : claim.end] == claim.text == "5 km"
    assert (claim.measure, claim.low, claim.high, claim.rounding) == ("distance", 5000, 5000, 500)
    assert (claim.place, claim.candidates) == ("gate-i", ("gate-i",))
    assert claim.straight_m == pytest.approx(9100, rel=0.02)
    assert claim.accuracy_m == 200
    assert claim.road_m == pytest.approx(12_000, rel=0.01)
    assert claim.road_s == pytest.approx(720, rel=0.01)
    assert claim.fastest_s == pytest.approx((claim.straight_m - 200) / (60 / 3.6))
    assert claim.over_straight == 5000 - claim.straight_m
    assert claim.over_road == 5000 - claim.road_m


def test_accuracy_counts_for_the_claim(
    site: gpd.GeoDataFrame, places: gpd.GeoDataFrame, grid: Network, winding: Network
) -> None:
    """What is impossible for an exact position is not for one that may lie four kilometres off."""
    text = "5 km from Mong Cai gate"
    assert check(text, site, places, winding, speeds=SPEEDS).claims[0].verdict == "impossible"
    assert (
        check(text, site.assign(position_accuracy_m=4000.0), places, winding, speeds=SPEEDS)
        .claims[0]
        .verdict
        == "straight_line"
    )
    exact = check(
        text, site.drop(columns="position_accuracy_m"), places, grid, speeds=SPEEDS
    ).claims[0]
    assert (exact.accuracy_m, exact.verdict) == (100, "impossible")
    assert (
        check(text, site, places.drop(columns="position_accuracy_m"), grid, speeds=SPEEDS)
        .claims[0]
        .verdict
        == "unsure"
    )


def test_what_was_measured_decides_how_close_is_close(
    site: gpd.GeoDataFrame, places: gpd.GeoDataFrame, grid: Network
) -> None:
    """A length fits the 12 km by road, and a time the 12 minutes, within twice the deviation that
    was measured, and not beyond.
    """
    exact = site.assign(position_accuracy_m=0.0), places.assign(position_accuracy_m=0.0)
    for unit, share in (("km", accuracy.LENGTH_SHARE), ("minutes", accuracy.TIME_SHARE)):
        most = 12 * (1 + 2 * share)
        for value, verdict in ((most - 0.02, "road"), (most + 0.02, "longer")):
            (claim,) = check(f"{value:.2f} {unit} to Mong Cai gate", *exact, grid, speeds=SPEEDS)
            assert claim.verdict == verdict, claim.text


def test_no_way_is_told_from_no_road(points: Callable[..., Any], border: Network) -> None:
    """No way leads through a shut gate, and that is known; a place without a road is not."""
    there = points(
        {"north": (107.05, 21.01)},
        name_en=["Northtown"],
        country=["BB"],
        layer=["cities"],
        position_accuracy_m=[10.0],
    )
    here = points({"site": (107.05, 21.0)}, country=["AA"])
    shut = border.with_waiting({"gate": math.inf})
    (claim,) = check("3 km to Northtown", here, there, shut)
    assert (claim.verdict, claim.road_m, claim.road_s) == ("no_way", math.inf, math.inf)
    (claim,) = check("3 km to Northtown", here, there, border)
    assert claim.verdict == "between"


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("30 km", 30_000, 30_000),
        ("30km", 30_000, 30_000),
        ("３０ｋｍ", 30_000, 30_000),
        ("30-km", 30_000, 30_000),
        ("3,5 km", 3500, 3500),
        ("3.5 kilometres", 3500, 3500),
        ("1,200 m", 1200, 1200),
        ("1.200 mét", 1200, 1200),
        ("1.250 km", 1250, 1250),
        ("0.350 km", 350, 350),
        ("25–30 km", 25_000, 30_000),
        ("25 đến 30 cây số", 25_000, 30_000),
        ("25到30公里", 25_000, 30_000),
        ("30千米", 30_000, 30_000),
        ("500米", 500, 500),
        ("45 min", 2700, 2700),
        ("45 minutes", 2700, 2700),
        ("45 phút", 2700, 2700),
        ("45分钟", 2700, 2700),
        ("2 giờ", 7200, 7200),
        ("2小时", 7200, 7200),
        ("1.5 hours", 5400, 5400),
        ("2h30", 9000, 9000),
        ("1 giờ 30 phút", 5400, 5400),
        ("1小时30分", 5400, 5400),
        ("1 hour and 15 minutes", 4500, 4500),
        ("half an hour", 1800, 1800),
        ("nửa giờ", 1800, 1800),
        ("within 30 km", 0, 30_000),
        ("dưới 30 km", 0, 30_000),
        ("30分钟以内", 0, 1800),
        ("more than 30 km", 30_000, math.inf),
    ],
)
def test_quantities_in_three_languages(
    read: Callable[[str], tuple[Claim, ...]], text: str, low: float, high: float
) -> None:
    """Numbers with their units become metres and seconds."""
    (claim,) = read(f"Mong Cai: {text}")
    assert (claim.low, claim.high) == (low, high)


def test_about_widens_a_claim(read: Callable[[str], tuple[Claim, ...]]) -> None:
    """“About 30 km” may be off by a tenth more than thirty kilometres written to the kilometre."""
    for text in ("about 30 km from Mong Cai", "cách Móng Cái khoảng 30 km", "距芒街约30公里"):
        (claim,) = read(text)
        assert (claim.bound, claim.rounding) == ("about", 3500)


@pytest.mark.parametrize(
    "text",
    [
        "80 km/h",
        "60 km per hour",
        "area 300 ha",
        "30 m wide road",
        "đường rộng 30 m",
        "1200 m2",
        "30 km²",
        "QL18 mm",
        "Km3+4 min",
    ],
)
def test_what_is_no_distance_is_not_read(
    read: Callable[[str], tuple[Claim, ...]], text: str
) -> None:
    """Speeds, areas and widths are not claims."""
    assert read(f"Mong Cai gate: {text}") == ()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("30 km from Mong Cai", "town"),
        ("30 km from Mong Cai city", "town"),
        ("30 km from mong cai international border gate", "gate-i"),
        ("cách cửa khẩu quốc tế Móng Cái 30 km", "gate-i"),
        ("cach cua khau Mong Cai 30 km", "gate-i"),
        ("距芒街口岸30公里", "gate-i"),
        ("30 km from Bac Luan I", "gate-i"),
        ("30 km to TP. Móng Cái", "town"),
        ("30 km from MONG-CAI GATE", "gate-i"),
        ("Dinh Vu seaport: 30 km", "port"),
        ("cảng biển Đình Vũ 30 km", "port"),
        ("亭武港30公里", "port"),
        ("30 km from Noi Bai", "airport"),
        ("30 km from the airport of Noi Bai", "airport"),
        ("Cách sân bay Nội Bài 30 km", "airport"),
        ("距内排国际机场30公里", "airport"),
        ("30km về phía đông cửa khẩu Móng Cái", "gate-i"),
        ("30 km northeast of Mong Cai city", "town"),
        ("30 km from\nMong Cai gate", "gate-i"),
    ],
)
def test_places_in_three_languages(
    read: Callable[[str], tuple[Claim, ...]], text: str, place: str
) -> None:
    """A place is known by each of its names, with or without diacritics; the word beside it tells
    namesakes apart.
    """
    (claim,) = read(text)
    assert claim.place == place


def test_decomposed_letters_are_the_same(read: Callable[[str], tuple[Claim, ...]]) -> None:
    """Vietnamese pasted from a Mac, letter and mark apart, is read too, and its span is that of the
    text as it came.
    """
    import unicodedata

    text = unicodedata.normalize("NFD", "Cách cửa khẩu Móng Cái 45 phút")
    (claim,) = read(text)
    assert claim.place == "gate-i"
    assert (
        unicodedata.normalize("NFC", text[claim.start : claim.end + 1]).strip().startswith("45 phú")
    )


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("30 km (45 minutes) from Mong Cai gate", ["gate-i", "gate-i"]),
        ("30 km, 45 min from Mong Cai gate", ["gate-i", "gate-i"]),
        ("30 km from Mong Cai gate and 40 km from Dinh Vu port", ["gate-i", "port"]),
        (
            "Mong Cai gate, 30 km; Dinh Vu port: 40 km\nNoi Bai airport 2h30",
            ["gate-i", "port", "airport"],
        ),
        (
            "Cách cửa khẩu Móng Cái 30 km, cảng Đình Vũ 40 km và sân bay Nội Bài 90 phút",
            ["gate-i", "port", "airport"],
        ),
        ("距芒街口岸30公里，距亭武港40公里，距内排国际机场3小时", ["gate-i", "port", "airport"]),
        ("30 km Mong Cai gate 40 km Dinh Vu port", ["gate-i", "port"]),
        ("Mong Cai gate 30 km and airport 90 min", ["gate-i", ""]),
        ("30 km from the airport and 40 km from Mong Cai gate", ["", "gate-i"]),
        ("10 km from Springfield and Mong Cai gate", [""]),
        ("12 km from the Mong Cai - Noi Bai expressway, 30 km from Dinh Vu port", ["", "port"]),
    ],
)
def test_several_claims_find_their_places(
    read: Callable[[str], tuple[Claim, ...]], text: str, pairs: list[str]
) -> None:
    """Each quantity goes with its own place, and with none rather than a wrong one."""
    assert [claim.place for claim in read(text)] == pairs


def test_the_kindest_of_namesakes_counts(
    site: gpd.GeoDataFrame, places: gpd.GeoDataFrame, grid: Network
) -> None:
    """Where a name may mean two gates, the claim is held against the one that it fits, and both are
    named.
    """
    second = (
        places.loc[["port"]]
        .rename({"port": "gate-ii"})
        .assign(layer="gates", name_en="Mong Cai (Bac Luan II)")
    )
    both = pd.concat([places, second])
    for text, kept in (
        ("10 km from Mong Cai gate", "gate-ii"),
        ("12 km from Mong Cai gate", "gate-i"),
    ):
        (claim,) = check(text, site, both, grid, speeds=SPEEDS)
        assert (claim.place, set(claim.candidates)) == (kept, {"gate-i", "gate-ii"})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("A fine place.", "no_number"),
        ("30 km from here", "no_place"),
        ("30 km", "no_place"),
    ],
)
def test_nothing_recognised_has_a_code(
    site: gpd.GeoDataFrame, places: gpd.GeoDataFrame, grid: Network, text: str, code: str
) -> None:
    """Without a claim the answer says why; with one it does not."""
    checked = check(text, site, places, grid)
    assert checked.code == code
    assert all(claim.verdict == "no_place" for claim in checked)
    assert check("30 km from Mong Cai", site, places, grid).code is None


def test_the_site_itself_is_no_place(places: gpd.GeoDataFrame, grid: Network) -> None:
    """A text about the port that names the port means other places by its distances."""
    (claim,) = check(
        "Dinh Vu port lies 10 km from Mong Cai gate",
        places.loc[["port"]],
        places,
        grid,
        speeds=SPEEDS,
    )
    assert claim.place == "gate-i"


def test_top_speed_is_of_the_table_or_of_the_roads(grid: Network) -> None:
    """The highest speed of any vehicle in the table; without it that of the fastest street."""
    assert claims.top_speed_kph(grid, SPEEDS) == 60
    assert claims.top_speed_kph(grid) == pytest.approx(60)


def test_what_cannot_be_checked_is_refused(
    site: gpd.GeoDataFrame, places: gpd.GeoDataFrame, grid: Network
) -> None:
    """One site, places with their own ids, and a text of a brochure's length."""
    with pytest.raises(InputError):
        check("30 km", places, places, grid)
    with pytest.raises(InputError):
        check("30 km", site, pd.concat([places, places]), grid)
    for text in ("x" * 20_001, "3 km, " * 201):
        with pytest.raises(InputError):
            check(text, site, places, grid)


@pytest.mark.parametrize(
    "piece",
    [
        "30 km (",
        "1 ",
        " ",
        "mong cai ",
        "3 km from ",
        "\n-",
        "1,000",
        "a b ",
        "30 km, or ",
        "芒街30公里",
    ],
)
def test_long_texts_are_read_in_time(
    site: gpd.GeoDataFrame, places: gpd.GeoDataFrame, grid: Network, piece: str
) -> None:
    """No text makes the patterns run away."""
    import time

    start = time.perf_counter()
    many = 190 if "km" in piece or "公里" in piece else 19_000 // len(piece)
    check(f"3 km {piece * many} 3 km", site, places, grid)
    assert time.perf_counter() - start < 2


def test_a_place_far_away_in_the_text_is_not_meant(
    site: gpd.GeoDataFrame, places: gpd.GeoDataFrame, grid: Network
) -> None:
    """A name after hundreds of words belongs to no quantity before them; within a clause it
    does.
    """
    near, far = (
        check(f"3 km {'by car ' * n}to Mong Cai gate", site, places, grid).claims[0]
        for n in (20, 100)
    )
    assert near.place
    assert far.verdict == "no_place"


def test_random_texts_are_survived(
    site: gpd.GeoDataFrame, places: gpd.GeoDataFrame, grid: Network
) -> None:
    """Whatever is pasted gives claims inside the text, or a code."""
    rng = np.random.default_rng(7)
    parts = [
        "30",
        " km",
        "phút",
        "芒街",
        "口岸",
        "Mong Cai",
        " gate",
        ", ",
        ". ",
        "\n",
        "from ",
        "1.5",
        "-",
        "h",
        "(",
        ")",
        "Ữ",
        "ﬃ",
        "đến ",
        "²",
        "\0",
    ]
    for _ in range(150):
        text = "".join(rng.choice(parts, rng.integers(1, 25)))
        for claim in check(text, site, places, grid):
            assert text[claim.start : claim.end] == claim.text != ""
            assert claim.verdict in claims.VERDICTS
