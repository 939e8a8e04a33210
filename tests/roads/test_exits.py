"""Points join only roads that one can turn off: by tags, on a few roads, and on real extracts."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import osmnx as ox
import pandas as pd
import pytest
import shapely
from cross import NODES, SPEEDS, STEP, STREET, xml
from scipy.sparse.csgraph import dijkstra

from geo import crs
from geo.roads import access, isochrones, osm_download, osm_file, osm_graph, osm_simplify, osm_tags
from geo.roads.network import Network

SHARED = Path(os.environ.get("ZONEATLAS_TEST_OSM", Path(__file__).parents[3] / "shared" / "osm"))
FERRY_SPEEDS = pd.concat(
    [
        SPEEDS,
        pd.DataFrame(
            {"profile": ["car", "truck"], "road_class": "ferry", "speed_kph": [12.0, 10.0]}
        ),
    ]
)
MOTORWAY, TRUNK = {"highway": "motorway"}, {"highway": "trunk"}
Points = Callable[..., gpd.GeoDataFrame]
Way = tuple[list[int], dict[str, str]]


def read(folder: Path, *ways: Way, nodes: dict[int, tuple[float, float]] = NODES) -> Network:
    """Read a network from the given ways."""
    path = folder / "roads.osm"
    path.write_text(xml(nodes, list(ways)), encoding="utf-8")
    return osm_file.read(path, speeds=FERRY_SPEEDS)


def joined(net: Network, x: float, y: float = 0.1, profile: str = "car") -> tuple[float, float]:
    """Return where on the roads a point is joined, both in steps of the streets."""
    at = net.snap(np.array([[x * STEP, y * STEP]]), profile).lonlat[0] / STEP
    return round(float(at[0]), 3), round(float(at[1]), 3)


# Tags


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "motorway"},
        {"highway": "motorway_link"},
        {"highway": "trunk_link"},
        {"highway": "tertiary_link"},
        {"highway": "trunk", "motorroad": "yes"},
        {"highway": "primary", "bridge": "yes"},
        {"highway": "primary", "bridge": "viaduct"},
        {"highway": "residential", "tunnel": "yes"},
        {"highway": "service", "tunnel": "building_passage"},
    ],
)
def test_roads_that_one_cannot_turn_off(tags: Mapping[str, str]) -> None:
    """A motorway, a motorroad, a link, a bridge and a tunnel are entered and left at their ends."""
    assert not osm_tags.accessible(tags)
    assert not osm_tags.edge_accessible(tags)


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "trunk"},
        {"highway": "primary", "motorroad": "no"},
        {"highway": "residential", "bridge": "no", "tunnel": "no"},
        {"highway": "living_street"},
        {"highway": "road"},
    ],
)
def test_roads_that_one_can_turn_off(tags: Mapping[str, str]) -> None:
    """Every other road has houses and crossings along it, a trunk road too."""
    assert osm_tags.accessible(tags)
    assert osm_tags.edge_accessible(tags)


def test_an_edge_of_several_ways() -> None:
    """Where OSMnx has joined a street and a bridge it cannot be told which part is which."""
    assert osm_tags.edge_accessible({"highway": ["trunk", "primary"], "bridge": np.nan})
    assert not osm_tags.edge_accessible({"highway": ["trunk", "motorway"]})
    assert not osm_tags.edge_accessible({"highway": "primary", "bridge": ["no", "yes"]})


# A few roads


@pytest.mark.parametrize("file", ["osm", "unsimplified", "simplified"])
def test_a_motorway_goes_on_as_a_trunk_road(tmp_path: Path, file: str) -> None:
    """They meet at a point of two roads and are kept apart there: beside the trunk road a point
    joins it, and beside the motorway it joins the point where the trunk road begins.
    """
    ways: list[Way] = [([1, 2, 3, 4], MOTORWAY), ([4, 5, 6, 7], TRUNK)]
    net = read(tmp_path, *ways)
    if file != "osm":
        graph = ox.graph_from_xml(
            tmp_path / "roads.osm", simplify=file == "simplified", retain_all=True
        )
        ox.save_graphml(graph, tmp_path / "roads.graphml")
        net = osm_download.read(tmp_path / "roads.graphml", speeds=SPEEDS)
    if file == "simplified":
        assert not net.accessible.any()
        assert net.manifest.notes == (
            "1 edge of several ways has a motorway, link, bridge or tunnel among them: no point is"
            " joined to any part of it.",
        )
        return
    assert (net.node_count, sorted(net.accessible)) == (3, [False, True])
    assert joined(net, 5.5) == (5.5, 0)
    assert joined(net, 2.5) == (4, 0)


def test_the_road_beside_a_motorway(tmp_path: Path) -> None:
    """A point between a motorway and a street joins the street, though it is farther."""
    nodes = NODES | {50 + i: (i * STEP, STEP) for i in range(1, 6)}
    street = list(range(51, 56))
    for road in (MOTORWAY, TRUNK | {"motorroad": "yes"}, {"highway": "primary_link"}):
        ways: list[Way] = [([1, 2, 3, 4, 5], road), (street, STREET), ([1, 51], STREET)]
        net = read(tmp_path, *ways, ([5, 55], STREET), nodes=nodes)
        for profile in ("car", "truck"):
            assert joined(net, 2.7, 0.1, profile) == (2.7, 1)


@pytest.mark.parametrize("tags", [{"bridge": "yes"}, {"tunnel": "yes"}])
def test_a_bridge_is_a_piece_of_its_own(tmp_path: Path, tags: dict[str, str]) -> None:
    """A street over a bridge stays one street for the traffic, and takes points on either side of
    the bridge.
    """
    whole = read(tmp_path, ([1, 2, 3, 4, 5], STREET))
    net = read(tmp_path, ([1, 2], STREET), ([2, 3, 4], STREET | tags), ([4, 5], STREET))
    assert (whole.segment_count, net.segment_count) == (1, 3)
    assert [joined(net, x)[0] for x in (1.5, 2.4, 3.6, 4.5)] == [1.5, 2, 4, 4.5]
    for profile, time_s in whole.time_s.items():
        assert net.time_s[profile].sum() == pytest.approx(time_s.sum())
    assert net.length_m.sum() == pytest.approx(whole.length_m.sum())


def test_only_a_motorway(tmp_path: Path) -> None:
    """A point beside roads that all are motorways is joined to none of them."""
    net = read(tmp_path, ([1, 2, 3], MOTORWAY))
    assert net.snap(np.array([[2 * STEP, 0]]), "car").segment.tolist() == [-1]


def test_an_area_has_a_gap_along_a_motorway(tmp_path: Path, points: Points) -> None:
    """One drives over a motorway and is at its other end soon, but beside its middle one is not."""
    nodes = {i: (i * 0.02, 0.0) for i in range(1, 6)}
    net = read(tmp_path, ([1, 2], STREET), ([2, 3, 4], MOTORWAY), ([4, 5], STREET), nodes=nodes)
    at = points({"start": (0.025, 0)})
    (area,) = isochrones.isochrones(net, at, [650]).geometry
    middle, end = shapely.Point(0.06, 0.0), shapely.Point(0.085, 0.0)
    assert (area.contains(middle), area.contains(end)) == (False, True)
    there = points({"middle": (0.06, 0), "end": (0.085, 0)})
    middle_s, end_s = access.travel_times(net, at, there)["travel_time_s"]
    assert (middle_s > 650, end_s < 650) == (True, True)


def test_a_graph_keeps_what_is_accessible(tmp_path: Path) -> None:
    """A network that became a graph of OSMnx and came back takes points where it took them."""
    net = read(tmp_path, ([1, 2, 3, 4], MOTORWAY), ([4, 5, 6, 7], TRUNK))
    again = osm_graph.from_graph(osm_graph.to_graph(net))
    np.testing.assert_array_equal(again.accessible, net.accessible)


# Random roads


def drawn(seed: int) -> osm_simplify.Roads:
    """Draw random roads on a grid of points: ways of three steps, some one-way, some closed."""
    dice = np.random.default_rng(seed)
    side = 9
    lonlat = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2) * 0.01
    grid = np.arange(side * side).reshape(side, side)
    tail = np.concatenate([grid[:, :-1].ravel(), grid[:-1].ravel()])
    head = np.concatenate([grid[:, 1:].ravel(), grid[1:].ravel()])
    kept = dice.random(len(tail)) < 0.6
    tail, head = tail[kept], head[kept]
    k = len(tail)
    way = np.arange(k) // 3
    ways = int(way.max()) + 1
    oneway = dice.choice([-1, 0, 0, 0, 1], ways)[way]
    return osm_simplify.Roads(
        lonlat + dice.normal(0, 0.001, lonlat.shape),
        tail,
        head,
        oneway >= 0,
        oneway <= 0,
        way,
        dice.choice(["primary", "residential"], ways).tolist(),
        [""] * ways,
        np.full(ways, np.nan),
        np.ones(ways, bool),
        accessible=dice.random(ways) < 0.6,
    )


@pytest.mark.parametrize("seed", range(20))
def test_the_rule_changes_no_time_between_junctions(seed: int) -> None:
    """Lengths and times between the junctions of a network are what they are without the rule,
    and every junction of before is one.
    """
    roads = drawn(seed)
    free = replace(roads, accessible=np.ones(len(roads.road_class), bool))
    net, without = (
        osm_simplify.build(drawing, speeds=SPEEDS, title="drawn", source="test")
        for drawing in (roads, free)
    )
    at = {tuple(place): i for i, place in enumerate(net.node_lonlat.tolist())}
    same = [at[tuple(place)] for place in without.node_lonlat.tolist()]
    assert net.node_count > without.node_count
    for weight in ("car", "length"):
        if weight == "length":
            net, without = (replace(n, time_s={weight: n.length_m}) for n in (net, without))
        ours, theirs = dijkstra(net.arcs(weight).time_s), dijkstra(without.arcs(weight).time_s)
        np.testing.assert_allclose(ours[np.ix_(same, same)], theirs, rtol=1e-9)


def test_without_tags_the_classes_tell() -> None:
    """Roads of which only the class is known: motorways, links, ferries and what is planned take
    no points.
    """
    names = ["primary", "motorway", "primary_link", "ferry", "planned_primary", "residential"]
    roads = replace(drawn(0), road_class=names, accessible=None)
    assert roads.joinable.tolist() == [True, False, False, False, False, True]
    roads = replace(roads, accessible=np.array([False, *[True] * 5]))
    assert roads.joinable.tolist() == [False, True, True, False, False, True]


# Real places


def closed_by(tags: Mapping[str, str]) -> bool:
    """Return whether no point may join a way, by the words of the rule, written down again."""
    kind = tags.get("highway", "")
    return (
        kind in {"motorway", "motorway_link", "trunk_link", "primary_link", "secondary_link"}
        or kind == "tertiary_link"
        or tags.get("motorroad") == "yes"
        or tags.get("route") == "ferry"
        or any(tags.get(key) not in (None, "no") for key in ("bridge", "tunnel"))
    )


def steps_of(path: Path) -> tuple[set[frozenset[tuple[float, float]]], ...]:
    """Return the steps of the ways of a file that points may join, and of those they may not."""
    steps: tuple[set[frozenset[tuple[float, float]]], ...] = (set(), set())
    ways = (
        osmium.FileProcessor(str(path))
        .with_locations()
        .with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
    )
    for way in ways:
        tags = {tag.k: tag.v for tag in way.tags}
        if not (osm_tags.driveable(tags) or tags.get("route") == "ferry"):
            continue
        line = [
            (round(node.lon, 7), round(node.lat, 7)) for node in way.nodes if node.location.valid()
        ]
        steps[closed_by(tags)].update(map(frozenset, pairwise(line)))
    return steps


@pytest.mark.parametrize("name", ["hoan_kiem.osm", "hanoi.osm.pbf", "malta.osm.pbf"])
def test_no_point_joins_a_closed_road(name: str) -> None:
    """Random points, and points beside every kind of closed road, join the nearest road that one
    can turn off, as measured to each of them in turn.
    """
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"needs shared/osm/{name}")
    net = osm_file.read(path, speeds=FERRY_SPEEDS)
    free, closed = steps_of(path)
    assert closed
    line = np.repeat(np.arange(net.segment_count), np.diff(net.shape_start) - 1)
    first = np.delete(np.arange(len(net.shape_lonlat)), net.shape_start[1:] - 1)
    ends = np.stack([net.shape_lonlat[first], net.shape_lonlat[first + 1]], axis=1)
    names = [frozenset(map(tuple, pair)) for pair in np.round(ends, 7).tolist()]
    may = np.array([name in free for name in names])
    may_not = np.array([name in closed for name in names])
    only = may ^ may_not  # two ways may be drawn over each other
    assert only.mean() > 0.99
    np.testing.assert_array_equal(net.accessible[line][only], may[only])

    dice = np.random.default_rng(5)
    beside = ends[dice.choice(np.flatnonzero(~net.accessible[line]), 150)].mean(axis=1)
    around = net.node_lonlat[dice.integers(net.node_count, size=150)]
    places = np.concatenate(
        [beside + dice.normal(0, 1e-5, beside.shape), around + dice.normal(0, 0.003, around.shape)]
    )
    for profile in net.profiles:
        snap = net.snap(places, profile)
        main = net.main(profile)
        mine = main[net.tail] & main[net.head] & np.isfinite(net.time_s[profile])
        usable = mine[line] & (may | ~only & net.accessible[line])
        flat = np.asarray(shapely.linestrings(crs.mercator(ends[usable])), object)
        here = shapely.points(crs.mercator(places))
        known = snap.segment >= 0
        assert known.mean() > 0.8
        assert net.accessible[snap.segment[known]].all()
        best = [flat[shapely.distance(flat, point).argmin()] for point in here]
        feet = shapely.get_coordinates(shapely.shortest_line(here, best))[1::2]
        nearest_m = crs.distance_m(places, crs.from_mercator(feet))
        np.testing.assert_allclose(snap.distance_m[known], nearest_m[known], rtol=1e-4, atol=0.01)
        assert (nearest_m[~known] > 0.99 * net.manifest.snap_limit_m).all()
