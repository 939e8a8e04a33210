"""What tags mean."""

from __future__ import annotations

import numpy as np
import pytest

from geo.roads import osm_tags


@pytest.mark.parametrize(
    ("text", "kph"),
    [
        ("50", 50),
        ("50 mph", 80.4672),
        ("50mph", 80.4672),
        ("30 knots", 55.56),
        ("60 km/h", 60),
        ("50;60", 50),
        ("60|40", 40),
        ("none;80", 80),
        ("walk", 5),
        *(
            (word, np.inf)
            for word in (
                "none",
                "signals",
                "VN:urban",
                "0",
                "",
                "50 furlongs",
                "-20",
                "80 @ (22:00-06:00)",
            )
        ),
    ],
)
def test_limit(text: str, kph: float) -> None:
    """Limits in km/h, mph and knots are understood, of several the lowest; anything else is
    unknown.
    """
    assert np.nan_to_num(osm_tags.limit_kph(text), nan=np.inf) == pytest.approx(kph)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("25", 1500),
        ("1:20", 4800),
        ("01:20", 4800),
        ("00:05:30", 330),
        ("100:00", 360_000),
        ("PT1H20M", 4800),
        ("PT71M", 4260),
        ("PT21.2S", 21.2),
        ("P1DT2H", 93_600),
        *(
            (word, np.inf)
            for word in (
                "",
                "0",
                "0:00",
                "1:75",
                "P",
                "PT",
                "P3Y",
                "20 minutes",
                "1h",
                "-5",
                "1:2:3:4",
                "9" * 400,
            )
        ),
    ],
)
def test_duration(text: str, seconds: float) -> None:
    """Durations are understood in the spellings that OpenStreetMap documents; anything else is
    unknown.
    """
    assert np.nan_to_num(osm_tags.duration_s(text), nan=np.inf) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("tags", "boards"),
    [
        ({"motor_vehicle": "yes"}, True),
        ({"motorcar": "designated"}, True),
        ({"vehicle": "permissive"}, True),
        ({"hgv": "yes", "access": "no"}, True),
        ({"motor_vehicle": "no", "motorcar": "yes"}, True),
        ({"motor_vehicle": "yes", "motorcar": "no"}, False),
        ({"motor_vehicle": "no", "hgv": "yes"}, False),
        ({"access": "private"}, False),
        ({"access": "yes"}, None),
        ({"foot": "yes"}, None),
        ({"motor_vehicle": "unknown"}, None),
        ({}, None),
    ],
)
def test_ferry(tags: dict[str, str], boards: bool | None) -> None:
    """The most specific tag decides whether cars may board, trucks speak for cars, and silence
    does not count.
    """
    assert osm_tags.ferry_admits(tags) is boards


@pytest.mark.parametrize(
    ("tags", "stops"),
    [
        *(({"barrier": kind}, True) for kind in sorted(osm_tags.STOPS_CARS)),
        *(
            ({"barrier": kind}, False)
            for kind in (
                "gate",
                "lift_gate",
                "swing_gate",
                "sliding_gate",
                "toll_booth",
                "border_control",
            )
        ),
        *(
            ({"barrier": kind}, False)
            for kind in ("cattle_grid", "entrance", "height_restrictor", "kerb", "yes")
        ),
        *(({"barrier": "bollard", key: "permissive"}, False) for key in osm_tags.CAR_KEYS),
        *(({"barrier": "gate", key: "private"}, True) for key in osm_tags.CAR_KEYS),
        ({"barrier": "gate", "access": "forestry"}, True),
        ({"barrier": "gate", "access": "no", "motor_vehicle": "destination"}, False),
        ({"barrier": "gate", "access": "yes", "motorcar": "no"}, True),
        ({"barrier": "gate", "access": "delivery"}, False),
        ({"barrier": "border_control", "access": "no", "motor_vehicle": "private"}, False),
    ],
)
def test_barrier(tags: dict[str, str], stops: bool) -> None:
    """The kind of barrier decides unless a tag says who may pass, the most specific first."""
    assert osm_tags.stops_cars(tags) is stops


@pytest.mark.parametrize(
    ("tags", "may"),
    [
        ({}, True),
        ({"hgv": "no"}, False),
        ({"hgv": "designated"}, True),
        ({"maxweight": "19.9"}, False),
        ({"maxweight": "20"}, True),
        ({"maxweight": "7,5 t"}, False),
        ({"maxweight": "16000 kg"}, False),
        ({"maxweight": "40 st"}, True),
        ({"maxweight": "unsigned"}, True),
        ({"maxheight": "3.9 m"}, False),
        ({"maxheight": "4"}, True),
        ({"maxheight": "12'6\""}, False),
        ({"maxheight": "14 ft"}, True),
        ({"maxheight": "default"}, True),
        ({"maxheight": "4.5;3.8"}, False),
    ],
)
def test_truck_limit(tags: dict[str, str], may: bool) -> None:
    """A container truck needs 4.0 m and 20 t and no ban; what cannot be read closes nothing."""
    assert osm_tags.truck_may(tags) is may


@pytest.mark.parametrize(
    ("tags", "text"),
    [
        ({"name": "Phố Huế"}, "Phố Huế"),
        ({"ref": "QL1"}, "QL1"),
        ({"name": "Đường Giải Phóng", "ref": "QL1"}, "Đường Giải Phóng (QL1)"),
        ({"name": "QL1", "ref": "QL1"}, "QL1"),
        ({}, ""),
    ],
)
def test_label(tags: dict[str, str], text: str) -> None:
    """A road is called by its name and its number, and each only once."""
    assert osm_tags.label(tags) == text


def test_joined_edge_keeps_one_text_a_tag() -> None:
    """Where OSMnx has joined ways, the slowest class stays, a ban of one counts, and what it does
    not know is not a tag.
    """
    edge = {
        "highway": ["primary", "residential"],
        "maxspeed": ["50", "30"],
        "hgv": ["designated", "no"],
        "name": float("nan"),
        "length": 3.0,
    }
    tags = osm_tags.edge_tags(edge, {"primary": 60.0, "residential": 30.0})
    assert tags == {"highway": "residential", "maxspeed": "30;50", "hgv": "no"}
    assert osm_tags.edge_driveable(edge)
    assert not osm_tags.edge_driveable({"highway": "footway"})
    assert osm_tags.edge_driveable({"highway": ["footway", "primary"]})
