"""What tags mean."""

from __future__ import annotations

import numpy as np
import pytest

from geo import osmtags


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
        *((word, np.inf) for word in ("none", "signals", "VN:urban", "0", "", "50 furlongs", "-20", "80 @ (22:00-06:00)")),
    ],
)
def test_limit(text: str, kph: float) -> None:
    """Limits in km/h, mph and knots are understood, of several the lowest; anything else is unknown."""
    assert np.nan_to_num(osmtags.limit_kph(text), nan=np.inf) == pytest.approx(kph)


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
    assert osmtags.truck_may(tags) is may


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
    assert osmtags.label(tags) == text


def test_joined_edge_keeps_one_text_a_tag() -> None:
    """Where OSMnx has joined ways, the slowest class stays, a ban of one counts, and what it does not know is no tag."""
    edge = {
        "highway": ["primary", "residential"],
        "maxspeed": ["50", "30"],
        "hgv": ["designated", "no"],
        "name": float("nan"),
        "length": 3.0,
    }
    tags = osmtags.edge_tags(edge, {"primary": 60.0, "residential": 30.0})
    assert tags == {"highway": "residential", "maxspeed": "30;50", "hgv": "no"}
    assert osmtags.edge_driveable(edge)
    assert not osmtags.edge_driveable({"highway": "footway"})
    assert osmtags.edge_driveable({"highway": ["footway", "primary"]})
