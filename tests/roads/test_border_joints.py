"""Roads that state their country: they are parted from those of other countries, and joined at
gates alone.
"""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from geo.roads import borders, osm_simplify
from geo.roads.network import Network

Row = tuple[str, list[tuple[float, float]], bool]
"""A country or nothing, the points of a road, and whether it is one-way."""

CROSSINGS = pd.DataFrame(
    [("car", "international", "passengers", 600.0)],
    columns=["profile", "kind", "needs", "service_time_s"],
)
SPEEDS = pd.DataFrame(
    [("car", kind, 36.0) for kind in ("road", "motorway", "bridge", "access")],
    columns=["profile", "road_class", "speed_kph"],
)
OUTLINES = gpd.GeoDataFrame(
    {"country": ["AA", "BB", "CC"]},
    geometry=[shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(0, 1, 2, 2)],
    crs=4326,
)
NO_ROAD = np.inf


def gates(*where: tuple[float, float]) -> gpd.GeoDataFrame:
    """Return gates between AA and BB at these points."""
    count = len(where)
    columns = {
        "kind": ["international"] * count,
        "mode": ["road"] * count,
        "cargo": pd.array([True] * count, "boolean"),
        "passengers": pd.array([True] * count, "boolean"),
        "country": ["AA"] * count,
        "opposite_country": ["BB"] * count,
        "position_accuracy_m": [300.0] * count,
    }
    index = pd.Index([f"gate-{i}" for i in range(count)], name="id", dtype="str")
    return gpd.GeoDataFrame(
        columns, index=index, geometry=[shapely.Point(point) for point in where], crs=4326
    )


def built(*rows: Row, kinds: list[str] | None = None) -> Network:
    """Return the open network of roads that meet where they share a point."""
    number: dict[tuple[float, float], int] = {}
    for _, points, _ in rows:
        for point in points:
            number.setdefault(point, len(number))
    steps = [(i, pair) for i, (_, points, _) in enumerate(rows) for pair in pairwise(points)]
    way = np.array([i for i, _ in steps])
    count = len(rows)
    roads = osm_simplify.Roads(
        lonlat=np.array(list(number)),
        tail=np.array([number[a] for _, (a, _) in steps]),
        head=np.array([number[b] for _, (_, b) in steps]),
        forward=np.ones(len(steps), bool),
        backward=~np.array([one_way for _, _, one_way in rows])[way],
        way=way,
        road_class=kinds or ["road"] * count,
        label=[""] * count,
        limit_kph=np.full(count, np.nan),
        truck=np.ones(count, bool),
        accessible=np.array([kind != "bridge" for kind in kinds or ["road"] * count]),
        home=[home for home, _, _ in rows],
    )
    return osm_simplify.build(roads, speeds=SPEEDS, title="roads", source="test")


def closed(net: Network, layer: gpd.GeoDataFrame) -> Network:
    return borders.close(net, OUTLINES, layer, CROSSINGS)[0]


def ends(network: Network) -> dict[tuple[str, float, float], int]:
    """Return the node of each point at which a road of a country ends, by country and place."""
    codes = (*network.manifest.countries, "")
    return {
        (codes[country], *np.round(network.node_lonlat[node], 6).tolist()): node
        for node, country in (
            pair
            for side in (network.tail, network.head)
            for pair in zip(side.tolist(), network.country.tolist(), strict=True)
        )
        if country >= 0
    }


def times(network: Network, *, passed: bool = False) -> NDArray[np.float64]:
    """Return the seconds from every node to every other by car, or the gates that are `passed`."""
    drive = network.time_s["car"]
    ways = (
        (network.tail, network.head, network.forward),
        (
            network.head,
            network.tail,
            network.backward,
        ),
    )
    tail, head, taken = (np.concatenate(parts) for parts in zip(*ways, strict=True))
    segment = np.tile(np.arange(network.segment_count), 2)
    taken &= np.isfinite(drive[segment])
    frame = pd.DataFrame({"tail": tail, "head": head, "s": drive[segment], "segment": segment})
    frame = frame[taken].sort_values("s").drop_duplicates(["tail", "head"])
    shape = (network.node_count, network.node_count)
    graph = coo_matrix((frame["s"] + 1e-9, (frame["tail"], frame["head"])), shape).tocsr()
    seconds, before = dijkstra(graph, return_predecessors=True)
    if not passed:
        return seconds
    through = {
        (a, b): int(network.gate[i] >= 0)
        for a, b, i in frame[["tail", "head", "segment"]].itertuples(index=False)
    }
    count = np.full(shape, -1.0)
    for start in range(len(count)):
        for goal in np.flatnonzero(np.isfinite(seconds[start])):
            node, count[start, goal] = goal, 0
            while before[start, node] >= 0:
                count[start, goal] += through[before[start, node], node]
                node = before[start, node]
    return count


def test_a_road_is_whole_wherever_the_outline_runs() -> None:
    """A road of AA that runs 300 m inside the outline of BB, and one of BB that begins at its
    middle, are both as they were, and no way leads from one to the other.
    """
    along: Row = ("AA", [(1.003, 0.3), (1.003, 0.5), (1.003, 0.7)], False)
    off: Row = ("BB", [(1.003, 0.5), (1.2, 0.5)], False)
    net = built(along, off)
    shut = closed(net, gates())
    at, seconds = ends(shut), times(shut)
    whole_s = net.time_s["car"]
    assert seconds[at["AA", 1.003, 0.3], at["AA", 1.003, 0.7]] == pytest.approx(
        np.sort(whole_s)[[1, 2]].sum(), rel=1e-4
    )
    assert shut.length_m.sum() == pytest.approx(net.length_m.sum())
    assert np.isfinite(seconds[at["BB", 1.003, 0.5], at["BB", 1.2, 0.5]])
    assert not np.isfinite(seconds[at["AA", 1.003, 0.3], at["BB", 1.2, 0.5]])


def test_a_gate_joins_the_roads_that_meet_there() -> None:
    """Over a gate one drives both ways, in its service time more than without a border, however far
    the outlines are from it.
    """
    rows: list[Row] = [
        ("AA", [(1.2, 0.5), (1.25, 0.5)], False),
        ("BB", [(1.25, 0.5), (1.3, 0.5)], False),
    ]
    net = built(*rows)
    shut, report = borders.close(net, OUTLINES, gates((1.251, 0.5)), CROSSINGS)
    at, seconds = ends(shut), times(shut)
    here, there = at["AA", 1.2, 0.5], at["BB", 1.3, 0.5]
    for way_s in (seconds[here, there], seconds[there, here]):
        assert way_s == pytest.approx(net.time_s["car"].sum() + 600)
    assert report["verdict"].tolist() == ["matched"]
    assert report[["lon", "lat"]].iloc[0].tolist() == pytest.approx([1.25, 0.5])
    assert set(shut.country.tolist()) == {0, 1, -1}


def test_one_passes_a_gate_as_its_roads_lead() -> None:
    """From a one-way road of AA one comes to BB and not back."""
    net = built(
        ("AA", [(0.9, 0.5), (1.0, 0.5)], True),
        ("BB", [(1.0, 0.5), (1.1, 0.5)], False),
    )
    shut = closed(net, gates((1.0, 0.5)))
    at, seconds = ends(shut), times(shut)
    here, there = at["AA", 0.9, 0.5], at["BB", 1.1, 0.5]
    assert np.isfinite(seconds[here, there])
    assert seconds[there, here] == NO_ROAD


def test_two_carriageways_pass_one_gate() -> None:
    """Carriageways that meet those of the other country in two points both stay open."""
    net = built(
        ("AA", [(0.8, 0.5), (0.9, 0.5)], False),
        ("BB", [(1.2, 0.5), (1.1, 0.5)], False),
        ("AA", [(0.9, 0.5), (1.0, 0.5)], True),
        ("AA", [(1.0, 0.5005), (0.9, 0.5)], True),
        ("BB", [(1.0, 0.5), (1.1, 0.5)], True),
        ("BB", [(1.1, 0.5), (1.0, 0.5005)], True),
    )
    shut = closed(net, gates((1.0, 0.5)))
    at, seconds = ends(shut), times(shut)
    here, there = at["AA", 0.9, 0.5], at["BB", 1.1, 0.5]
    assert np.isfinite([seconds[here, there], seconds[there, here]]).all()
    assert shut.manifest.gates == ("gate-0",)


@pytest.mark.parametrize("kinds", [None, ["road", "bridge"], ["bridge", "road"]])
def test_a_gate_elsewhere_on_the_road_does_not_count(kinds: list[str] | None) -> None:
    """A road of BB that passes a gate without meeting a road of AA there is not opened 20 km off,
    where it does meet one, be it by a bridge.
    """
    net = built(
        ("AA", [(0.95, 0.5), (1.0, 0.5)], False),
        ("BB", [(1.0, 0.5), (1.1, 0.5), (1.2, 0.5)], False),
        kinds=kinds,
    )
    shut, report = borders.close(net, OUTLINES, gates((1.2, 0.501)), CROSSINGS)
    assert report["verdict"].tolist() == ["cut", "no road"]
    assert report["distance_m"].iloc[0] == pytest.approx(22_263, rel=0.01)
    at, seconds = ends(shut), times(shut)
    assert seconds[at["AA", 0.95, 0.5], at["BB", 1.2, 0.5]] == NO_ROAD


def test_roads_without_a_country_lie_by_the_outlines() -> None:
    """A road that states nothing is cut where it leaves the outline; one that goes on from it and
    states the country of that side goes on.
    """
    net = built(
        ("", [(0.8, 0.5), (0.99, 0.5), (1.01, 0.5), (1.2, 0.5)], False),
        ("BB", [(1.2, 0.5), (1.4, 0.5)], False),
    )
    shut = closed(net, gates())
    at, seconds = ends(shut), times(shut)
    assert np.isfinite(seconds[at["BB", 1.01, 0.5], at["BB", 1.4, 0.5]])
    assert not np.isfinite(seconds[at["AA", 0.8, 0.5], at["BB", 1.4, 0.5]])


def test_three_countries_meet_in_a_point() -> None:
    """Each pair has its own joint, so that nobody passes a third country for free."""
    net = built(
        ("AA", [(0.9, 0.9), (1.0, 1.0)], False),
        ("BB", [(1.1, 0.9), (1.0, 1.0)], False),
        ("CC", [(1.0, 1.1), (1.0, 1.0)], False),
    )
    shut, report = borders.close(net, OUTLINES, gates((1.0, 1.0)), CROSSINGS)
    assert sorted(report["verdict"]) == ["cut", "cut", "matched"]
    at, seconds = ends(shut), times(shut)
    assert np.isfinite(seconds[at["AA", 0.9, 0.9], at["BB", 1.1, 0.9]])
    assert not np.isfinite(seconds[at["AA", 0.9, 0.9], at["CC", 1.0, 1.1]])


def test_the_open_network_is_as_before() -> None:
    """Closing changes neither the network nor its countries, and can be done again."""
    net = built(
        ("AA", [(0.9, 0.5), (1.0, 0.5)], False),
        ("BB", [(1.0, 0.5), (1.1, 0.5)], False),
    )
    first, second = closed(net, gates((1.0, 0.5))), closed(net, gates((1.0, 0.5)))
    assert net.home is not None
    assert net.home.tolist() == ["AA", "BB"]
    assert net.node_count == 3
    assert first.home is None
    assert first.version == second.version


@pytest.mark.parametrize("seed", range(12))
def test_inside_a_country_nothing_changes_and_between_two_every_way_passes_a_gate(
    seed: int,
) -> None:
    """On a grid of streets, each of either country at random, the ways between junctions of a
    country are those of its own streets alone; with gates every way between the two passes an odd
    number of them, and every other one an even number.
    """
    rng = np.random.default_rng(seed)
    side = np.round(0.8 + 0.05 * np.arange(7), 2).tolist()
    rows: list[Row] = []
    for x in range(7):
        for y in range(7):
            for dx, dy in ((1, 0), (0, 1)):
                if x + dx < 7 and y + dy < 7 and rng.random() < 0.8:
                    home = "AA" if x + rng.normal(0, 1) < 3 else "BB"
                    line = [(side[x], side[y]), (side[x + dx], side[y + dy])]
                    rows.append((home, line[:: rng.choice([-1, 1])], bool(rng.random() < 0.2)))
    net = built(*rows)
    shut = closed(net, gates())
    at, seconds = ends(shut), times(shut)
    for country in ("AA", "BB"):
        own = built(*(row for row in rows if row[0] == country))
        alone, here = times(own), [key for key in at if key[0] == country]
        index = {tuple(np.round(xy, 6).tolist()): i for i, xy in enumerate(own.node_lonlat)}
        known = [key for key in here if key[1:] in index]
        assert len(known) > 5
        ours = seconds[np.ix_([at[key] for key in known], [at[key] for key in known])]
        theirs = alone[np.ix_([index[key[1:]] for key in known], [index[key[1:]] for key in known])]
        np.testing.assert_allclose(ours, theirs)
    where = [(float(x), float(y)) for x, y in rng.choice(side, (6, 2))]
    opened = closed(net, gates(*where))
    at, count = ends(opened), times(opened, passed=True)
    keys = list(at)
    number = np.array([at[key] for key in keys])
    homes = np.array([key[0] for key in keys])
    passed = count[np.ix_(number, number)]
    reached, abroad = passed >= 0, homes[:, None] != homes
    assert (passed[reached & abroad] % 2 == 1).all()
    assert (passed[reached & ~abroad] % 2 == 0).all()
