"""In which country each way of a source lies, as the script that makes the table of roads says."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import geopandas as gpd
import numpy as np
import pytest
import shapely

SCRIPT = Path(__file__).parents[2] / "data/roads/sides.py"
M = 1e-5
"""A step of the grid in degrees, about a metre."""


@pytest.fixture(scope="module")
def sides() -> ModuleType:
    """The script, loaded as what it is."""
    spec = importlib.util.spec_from_file_location("roads_sides", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


OUTLINES = gpd.GeoDataFrame(
    {"country": ["VN", "CN"]},
    geometry=[shapely.box(0, -1, 1, 0), shapely.box(0, 0, 1, 1)],
    crs=4326,
)
"""Two countries that meet at latitude 0, China in the north."""


def divided(
    sides: ModuleType, *ways: tuple[list[tuple[int, int]], dict[str, str]]
) -> list[list[tuple[str, list[tuple[int, int]]]]]:
    """Return the parts of each way with their countries; points in metres, north of the border
    above zero.
    """
    number: dict[tuple[int, int], int] = {}
    for points, _ in ways:
        for point in points:
            number.setdefault(point, len(number))
    places = {node: (x + 50_000, y) for (x, y), node in number.items()}
    tagged = [
        ({"highway": "secondary", "source": "osm-2021-08"} | tags, [number[p] for p in points])
        for points, tags in ways
    ]
    result: list[list[tuple[str, list[tuple[int, int]]]]] = [[] for _ in ways]
    for side in sides.divided(tagged, places, OUTLINES):
        points = [places[node] for node in side.nodes]
        result[side.way].append((side.country, [(x - 50_000, y) for x, y in points]))
    return result


def test_a_road_along_the_border_lies_where_it_begins_and_ends(sides: ModuleType) -> None:
    """A road of Viet Nam whose bends lie beyond the outline is whole and Vietnamese."""
    bends = [(0, -20), (500, 80), (1000, 60), (1500, 90), (2000, -20)]
    assert divided(sides, (bends, {})) == [[("VN", bends)]]


def test_a_road_across_the_border_is_divided_where_it_crosses(sides: ModuleType) -> None:
    """On the outline, at the last of three crossings: at a bend of 15 m it comes back."""
    line = [(0, -900), (100, -600), (150, 15), (200, -15), (300, -200), (310, 200), (400, 900)]
    ((first, second),) = divided(sides, (line, {}))
    assert first == ("VN", [*line[:5], (305, 0)])
    assert second == ("CN", [(305, 0), *line[5:]])


def test_a_bridge_is_divided_in_the_middle_of_the_river(sides: ModuleType) -> None:
    """A road of two points is divided as well, unless it crosses at one of them: then it is whole
    on the side on which it lies.
    """
    bridge = [(0, -40), (0, 60)]
    assert divided(sides, (bridge, {})) == [[("VN", [(0, -40), (0, 0)]), ("CN", [(0, 0), (0, 60)])]]
    quay = [(0, -2), (0, 60)]
    assert divided(sides, (quay, {})) == [[("CN", quay)]]


@pytest.mark.parametrize(
    ("tags", "country"),
    [
        ({"ref": "G219"}, "CN"),
        ({"ref": "S312"}, "CN"),
        ({"ref": "QL.1"}, "VN"),
        ({"ref": "ĐT.341"}, "VN"),
        ({"source": "osm-2021-02"}, "CN"),
        ({"source": "zone-atlas-join"}, "CN"),
    ],
)
def test_signs_and_sources_of_one_country_outweigh_the_outlines(
    sides: ModuleType, tags: dict[str, str], country: str
) -> None:
    """A road with a number of one country lies in it on either side of the outline, and so does a
    road of a source that holds no others.
    """
    for y in (-300, 300):
        line = [(0, y), (500, y)]
        assert divided(sides, (line, tags)) == [[(country, line)]]


def test_a_short_piece_between_roads_of_one_country_lies_there(sides: ModuleType) -> None:
    """A road goes on over 400 m beyond the outline and comes back, cut in three by junctions: all
    of it is Vietnamese. A piece of 4 km is not taken over, nor one that meets a Chinese road.
    """
    west, east = [(0, -300), (100, 40)], [(500, 40), (600, -300)]
    piece = [(100, 40), (500, 40)]
    parts = divided(sides, (west, {}), (piece, {}), (east, {}))
    assert {country for way in parts for country, _ in way} == {"VN"}
    long = [(100, 40), (300, 2500), (500, 40)]
    assert divided(sides, (west, {}), (long, {}), (east, {}))[1] == [("CN", long)]
    chinese = ([(500, 40), (500, 900)], {"ref": "G219"})
    assert divided(sides, (west, {}), (piece, {}), (east, {}), chinese)[1] == [("CN", piece)]


def test_a_way_over_a_gate_is_divided_at_the_gate(sides: ModuleType) -> None:
    """Each half is of the country of the road that it meets, wherever the outline runs; between
    two roads of one country it is whole.
    """
    gate = {"source": "zone-atlas-gate"}
    south, north = [(0, -900), (0, -400)], [(0, -100), (0, 900)]
    across = [(0, -400), (0, -200), (0, -100)]
    parts = divided(sides, (south, {}), (north, {"ref": "G219"}), (across, gate))
    assert parts[2] == [("VN", across[:2]), ("CN", across[1:])]
    other = [(0, -100), (800, -100)]
    within = [(0, -900), (10, -500), (800, -100)]
    parts = divided(sides, (south, {}), (other, {"ref": "QL.4"}), (within, gate))
    assert parts[2] == [("VN", within)]


def test_a_gate_between_roads_that_do_not_meet_gets_a_way(sides: ModuleType) -> None:
    """Roads of both countries pass the gate: it is joined to the nearest point of each. Where they
    meet nearby, or only one of them is near, nothing is added.
    """
    places = {
        0: (50_000, -900),
        1: (50_000, -40),
        2: (50_000, 300),
        3: (51_000, 300),
        4: (52_500, 0),
    }
    south = sides.Side(0, [0, 1], "VN", sure=True)
    north = sides.Side(1, [2, 3], "CN", sure=True)
    gate = (50_010 * M, 10 * M, 500.0)
    assert list(sides.without_road([south, north], places, [gate])) == [[1, (50_010, 10), 2]]
    assert list(sides.without_road([south], places, [gate])) == []
    meeting = [sides.Side(2, [1, 3], "VN", sure=True)]
    assert list(sides.without_road([south, north, *meeting], places, [gate])) == []
    far = (53_500 * M, 0.0, 500.0)
    assert list(sides.without_road([south, north], places, [far])) == []


@pytest.mark.parametrize("seed", range(8))
def test_parts_make_up_the_way(sides: ModuleType, seed: int) -> None:
    """Whatever the ways, their parts one after the other are the ways again, in one country or two,
    and a way that begins and ends on one side is whole.
    """
    rng = np.random.default_rng(seed)
    ways = [
        (
            [(int(x), int(y)) for x, y in rng.integers(-2000, 2000, (rng.integers(2, 9), 2))],
            {"source": str(rng.choice(["osm-2021-08", "osm-2021-08", "zone-atlas-gate"]))},
        )
        for _ in range(30)
    ]
    for (points, tags), parts in zip(ways, divided(sides, *ways), strict=True):
        joined = parts[0][1] + [point for _, more in parts[1:] for point in more[1:]]
        joints = [more[0] for _, more in parts[1:]]
        assert [point for point in joined if point not in joints or point in points] == points
        assert len(parts) <= 2
        same = (points[0][1] < 0) == (points[-1][1] < 0)
        if tags["source"] == "osm-2021-08" and same:
            assert len(parts) == 1
