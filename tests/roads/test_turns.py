"""Banned turns: every answer against a search over segments instead of junctions, on networks made
by chance.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo.roads import access, borders, isochrones, osm_graph, routing, storage, surfaces, turns
from geo.roads.joining import Sides
from geo.roads.network import Network

Roads = Callable[..., Network]
Points = Callable[..., gpd.GeoDataFrame]
Ban = tuple[int, ...]
MEMORY = 3
"""Ends at which one has arrived that a ban of these tests depends on, at most."""
SEEDS = range(10)
MS = 2e-3


def by_chance(roads: Roads, seed: int, *, gates: bool = False) -> Network:
    """Return a small network with one-way streets, dead ends, parallel and circular roads, and many
    bans, some of the way back; with `gates` of two countries and with gates between them.
    """
    dice = np.random.default_rng(seed)
    n = int(dice.integers(4, 8))
    nodes = [(107 + x, 21 + y) for x, y in dice.uniform(0, 0.3, (n, 2)).tolist()]
    ends = [sorted(pair) for pair in dice.integers(0, n, (3 * n, 2)).tolist()]
    ends = [(a, b) for a, b in ends if not gates or a != b]
    half = n // 2
    sides = ["AA" if b < half else "BB" if a >= half else "" for a, b in ends]
    of_gate = {i: f"gate {i}" for i, side in enumerate(sides) if gates and not side}
    network = roads(
        nodes,
        [(a, b, float(dice.uniform(60, 600))) for a, b in ends],
        one_way=[i for i in range(len(ends)) if dice.random() < 0.3],
        gate_of=of_gate,
        country_of=sides if gates else None,
        truck_s=dice.uniform(100, 900, len(ends)).tolist(),
    )
    return replace(
        network, bans={profile: some_bans(network, dice) for profile in network.profiles}
    )


def some_bans(network: Network, dice: np.random.Generator) -> np.ndarray:
    """Ban a third of the turns that one can make at the junctions, and some over a segment or two
    between junctions.
    """
    ends = range(2 * network.segment_count)
    leaving: dict[int, list[int]] = {}
    for end in ends:
        leaving.setdefault(node_at(network, end), []).append(end)
    bans = []
    journeys = [(arrive,) for arrive in ends]
    for share in (0.35, 0.1, 0.02):
        journeys = [
            (*journey, leave)
            for journey in journeys
            for leave in leaving[node_at(network, journey[-1] ^ (len(journey) > 1))]
        ]
        bans += [journey for journey in journeys if dice.random() < share]
    return turns.table(bans)


def node_at(network: Network, end: int) -> int:
    """Return the node at an end: 2 i is the tail of segment i, 2 i + 1 its head."""
    return int((network.head if end % 2 else network.tail)[end // 2])


def leaves(network: Network, end: int) -> bool:
    """Return whether one may drive into a segment by this end."""
    return bool((network.backward if end % 2 else network.forward)[end // 2])


def makes(banned: set[Ban], journey: Ban) -> bool:
    """Return whether the last turn of a journey is banned: the end at which it arrives first, and
    those by which it leaves one after the other.
    """
    parts = [
        ((journey[i] ^ 1) if i else journey[0], *journey[i + 1 :]) for i in range(len(journey) - 1)
    ]
    return any(part in banned for part in parts)


def at_junction(network: Network, segment: int, fraction: float) -> int | None:
    """Return the junction at which a place on a segment lies; None if between two."""
    return node_at(network, 2 * segment + int(fraction)) if fraction in (0, 1) else None


def by_segments(network: Network, profile: str, where: list[tuple[int, float]]) -> np.ndarray:
    """Return the times between places on segments, by a search whose states are segments that are
    driven in one direction: each turn is looked up, and no junction is copied. A place at a
    junction is on none of its roads.
    """
    seconds = network.time_s[profile]
    banned = set(turns.sequences(network.banned(profile)))
    usable = [
        end
        for end in range(2 * network.segment_count)
        if leaves(network, end) and np.isfinite(seconds[end // 2])
    ]
    at_node = {
        node: [end for end in usable if node_at(network, end) == node]
        for node in range(network.node_count)
    }
    times = np.full((len(where), len(where)), np.inf)
    for i, (segment, fraction) in enumerate(where):
        arrived: dict[tuple[int, ...], float] = {}
        here = at_junction(network, segment, fraction)
        ways = [(1, 1 - fraction), (0, fraction)]
        queue = [
            (seconds[segment] * share, (2 * segment + side,))
            for side, share in ways
            if here is None and leaves(network, 2 * segment + 1 - side)
        ]
        free = at_node.get(-1 if here is None else here, [])
        queue += [(seconds[end // 2], (end ^ 1,)) for end in free]
        heapq.heapify(queue)
        onto = [(0.0, leave) for leave in free]
        while queue:
            time, journey = heapq.heappop(queue)
            if journey in arrived:
                continue
            arrived[journey] = time
            for leave in at_node[node_at(network, journey[-1])]:
                if not makes(banned, (journey[0], *(end ^ 1 for end in journey[1:]), leave)):
                    onto.append((time, leave))
                    longer = (*journey, leave ^ 1)[-MEMORY:]
                    heapq.heappush(queue, (time + seconds[leave // 2], longer))
        for j, (goal, at) in enumerate(where):
            along = (network.forward if at >= fraction else network.backward)[segment]
            if goal == segment and (along or at == fraction):
                times[i, j] = seconds[segment] * abs(at - fraction)
            there = at_junction(network, goal, at)
            if there is not None and there == here:
                times[i, j] = 0
            for journey, time in arrived.items():
                if node_at(network, journey[-1]) == there:
                    times[i, j] = min(times[i, j], time)
            for time, leave in onto:
                if leave // 2 == goal:
                    share = 1 - at if leave % 2 else at
                    times[i, j] = min(times[i, j], time + seconds[goal] * share)
    return times


def middles(network: Network, points: Points) -> gpd.GeoDataFrame:
    """Return points on the segments, each at another share of its length."""
    where = {}
    for segment in range(network.segment_count):
        share = (segment * 0.37) % 0.8 + 0.1
        (x0, y0), (x1, y1) = network.shape(segment)[[0, -1]]
        where[str(segment)] = (x0 + share * (x1 - x0), y0 + share * (y1 - y0))
    return points(where)


def truth(network: Network, layer: gpd.GeoDataFrame, profile: str) -> np.ndarray:
    """Return the times that the search over segments finds between points, legs included."""
    sides = Sides.of(network, layer, profile)
    joined = sides.joined
    places = list(
        zip(sides.snap.segment[joined].tolist(), sides.snap.fraction[joined].tolist(), strict=True)
    )
    times = np.full((len(layer), len(layer)), np.inf)
    legs = sides.leg_s[joined]
    times[np.ix_(joined, joined)] = (
        by_segments(network, profile, places) + legs[:, None] + legs[None]
    )
    times[np.arange(len(layer)), np.arange(len(layer))] = 0.0
    times[np.isnan(sides.leg_s)] = np.inf
    times[:, np.isnan(sides.leg_s)] = np.inf
    return np.where(np.isfinite(times), times, np.nan)


@pytest.mark.parametrize("gates", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_times_are_those_of_a_search_over_segments(
    seed: int, gates: bool, roads: Roads, points: Points
) -> None:
    """Tables of both vehicles, searched, prepared and looked up, are what the search over segments
    finds: no banned turn is made, and no way that avoids them is missed.
    """
    network = by_chance(roads, seed, gates=gates)
    layer = middles(network, points)
    prepared = network.prepared()
    for profile in network.profiles:
        right = truth(network, layer, profile)
        for net in (network, prepared):
            times = access.time_matrix(net, layer, layer, profile=profile).to_numpy()
            np.testing.assert_allclose(times, right, atol=MS)
        kept = surfaces.build(prepared, layer, profile)
        sides = Sides.of(prepared, layer, profile)
        np.testing.assert_allclose(kept.times(sides), right, atol=0.02)
        np.testing.assert_allclose(kept.times(sides, towards=True), right.T, atol=0.02)


def test_bans_matter_by_chance(roads: Roads, points: Points) -> None:
    """The networks of these tests are not so simple that the bans change nothing."""
    slower = 0
    for seed in SEEDS:
        network = by_chance(roads, seed)
        layer = middles(network, points)
        free = access.time_matrix(replace(network, bans={}), layer, layer, profile="car")
        slower += int((access.time_matrix(network, layer, layer) > free + MS).to_numpy().sum())
    assert slower > 1000


@pytest.mark.parametrize("seed", SEEDS)
def test_fewer_bans_make_no_way_longer(seed: int, roads: Roads, points: Points) -> None:
    """Without one ban or without any, no way takes longer."""
    network = by_chance(roads, seed)
    layer = middles(network, points)
    bans = network.banned("car")
    times = by_place(network, layer)
    for kept in (np.arange(len(bans)) != len(bans) // 2, np.zeros(len(bans), bool)):
        fewer = by_place(replace(network, bans={"car": bans[kept]}), layer)
        assert (fewer <= times + MS).all()


def by_place(network: Network, layer: gpd.GeoDataFrame) -> np.ndarray:
    """Return the times between points on their roads, whatever the network takes for usable."""
    where = [(segment, (segment * 0.37) % 0.8 + 0.1) for segment in range(len(layer))]
    return by_segments(network, "car", where)


@pytest.mark.parametrize("seed", SEEDS)
def test_joined_points_come_and_go(seed: int, roads: Roads, points: Points) -> None:
    """Points are joined only to roads from which one comes everywhere and to which one comes from
    everywhere, bans considered.
    """
    network = by_chance(roads, seed)
    layer = middles(network, points)
    joined = Sides.of(network, layer, "car").joined
    times = access.time_matrix(network, layer, layer).to_numpy()
    assert np.isfinite(times[np.ix_(joined, joined)]).all()


@pytest.mark.parametrize("gates", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_way_makes_no_banned_turn(seed: int, gates: bool, roads: Roads, points: Points) -> None:
    """The segments of a way follow one another by turns that are allowed, take its time, and have
    its length; so does what the route draws.
    """
    network = by_chance(roads, seed, gates=gates)
    banned = set(turns.sequences(network.banned("car")))
    layer = middles(network, points)
    sides = Sides.of(network, layer, "car")
    for net in (network, network.prepared()):
        table = access.travel_times(net, layer, layer, profile="car").set_index(
            ["from_id", "to_id"]
        )
        for start, goal in pairwise(layer.index[sides.joined]):
            expected = table.loc[start, goal]
            if not expected["travel_time_s"] < np.inf:
                continue
            ends = [Sides.of(net, layer.loc[[key]], "car") for key in (start, goal)]
            answer = routing.solve(net, "car", *ends, detail=True, path=True)
            drawn = access.route(net, layer.loc[[start]], layer.loc[[goal]], profile="car")
            assert drawn["travel_time_s"].sum() == pytest.approx(expected["travel_time_s"], abs=MS)
            assert drawn["length_m"].sum() == pytest.approx(expected["length_m"], abs=0.1)
            passed = drawn.loc[drawn["kind"] == "gate", "gate"].tolist()
            assert passed == [gate for gate in (expected["gates"] or "").split(";") if gate]
            if answer.path is None:
                continue
            nodes, between = (part.tolist() for part in answer.path)
            a, b = answer.ends[0, 0].tolist()
            snaps = [end.snap for end in ends]
            first, last = (int(snap.segment[0]) for snap in snaps)
            ways = journeys_of(network, nodes, [first, *between, last], (a % 2, b % 2))
            on_road = [
                at_junction(network, int(snap.segment[0]), float(snap.fraction[0])) != node
                for snap, node in zip(snaps, (nodes[0], nodes[-1]), strict=True)
            ]  # a point at a junction is on no road
            journeys = [way[1 - on_road[0] : len(way) - 1 + on_road[1]] for way in ways]
            assert any(
                not any(makes(banned, way[:i]) for i in range(2, len(way) + 1)) for way in journeys
            )


def journeys_of(
    network: Network, nodes: list[int], segments: list[int], ends: tuple[int, int]
) -> list[Ban]:
    """Return the journeys from the first segment, left at one of its ends, to the last one, entered
    at one of its ends; a road that begins and ends at one junction may be driven either way round.
    """
    ways: list[Ban] = [(2 * segments[0] + ends[0],)]
    assert node_at(network, ways[0][0]) == nodes[0]
    for segment, node, after in zip(segments[1:-1], nodes, nodes[1:], strict=False):
        ways = [
            (*way, leave)
            for way in ways
            for leave in (2 * segment, 2 * segment + 1)
            if leaves(network, leave)
            and node_at(network, leave) == node
            and node_at(network, leave ^ 1) == after
        ]
    last = 2 * segments[-1] + ends[1]
    assert node_at(network, last) == nodes[-1]
    assert ways
    return [(*way, last) for way in ways]


def test_a_point_at_a_junction_is_there_whichever_way_one_comes(
    roads: Roads, points: Points
) -> None:
    """Who starts at a junction itself has come by no road, and who stops there turns into none."""
    nodes = [(107, 21), (107.01, 21), (107.02, 21), (107.01, 21.01)]
    network = roads(nodes, [(0, 1, 60), (1, 2, 60), (1, 3, 60)])
    network = replace(network, bans={"car": np.array([(1, 4)], np.int32)})
    layer = points({"west": (107, 21), "middle": (107.01, 21), "north": (107.01, 21.01)})
    for net in (network, network.prepared()):
        times = access.time_matrix(net, layer, layer)
        assert times.loc["middle"].tolist() == [60, 0, 60]
        assert times["middle"].tolist() == [60, 0, 60]
        # straight on to the end of the eastern road, and back
        assert times.loc["west", "north"] == 240
        assert times.loc["north", "west"] == 120


def lattice(roads: Roads, seed: int, side: int = 6) -> Network:
    """Return a grid of streets a minute long, with a fifth of its turns banned."""
    dice = np.random.default_rng(seed)
    nodes = [(107 + 0.01 * x, 21 + 0.01 * y) for y in range(side) for x in range(side)]
    east = [(i, i + 1, 60) for i in range(side * side) if i % side < side - 1]
    network = roads(nodes, east + [(i, i + side, 60) for i in range(side * (side - 1))])
    bans = some_bans(network, dice)
    return replace(network, bans={"car": bans[dice.random(len(bans)) < 0.6]})


@pytest.mark.parametrize("towards", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_areas_end_where_one_may_not_turn(
    seed: int, towards: bool, roads: Roads, points: Points
) -> None:
    """The middle of a street lies in an isochrone exactly where the time to it is within the limit,
    on a network that is prepared and on another.
    """
    network = lattice(roads, seed)
    streets = network.node_lonlat[network.tail] / 2 + network.node_lonlat[network.head] / 2
    layer = points({str(i): tuple(place) for i, place in enumerate(streets.tolist())})
    # one comes to no point of a street into which no turn is left: that is joined to another one
    layer = layer[Sides.of(network, layer, "car").snap.distance_m < 1]
    start = layer.iloc[[len(layer) // 2]]
    times = access.time_matrix(network, *((layer, start) if towards else (start, layer)))
    limits = [135.0, 255.0]
    differs = 0
    for net in (network, network.prepared()):
        areas = isochrones.isochrones(net, start, limits, towards=towards)
        for limit, area in zip(areas["limit_s"], areas.geometry, strict=True):
            inside = shapely.contains(area, layer.geometry.to_numpy())
            np.testing.assert_array_equal(inside, times.to_numpy().ravel() <= limit)
            free = replace(network, bans={})
            ends = (layer, start) if towards else (start, layer)
            differs += int((access.time_matrix(free, *ends).to_numpy().ravel() <= limit).sum())
            differs -= int(inside.sum())
    assert differs > 0


def test_bans_are_kept_with_the_network(roads: Roads, points: Points, tmp_path: Path) -> None:
    """A network that is saved, or turned into a graph and back, bans the same turns and answers the
    same; its version tells it from one without bans.
    """
    network = by_chance(roads, 3)
    layer = middles(network, points)
    right = access.time_matrix(network, layer, layer)
    storage.save(network.prepared(), tmp_path / "turns")
    copies = [storage.load(tmp_path / "turns"), osm_graph.from_graph(osm_graph.to_graph(network))]
    for copy in copies:
        for profile in network.profiles:
            np.testing.assert_array_equal(copy.banned(profile), network.banned(profile))
        np.testing.assert_allclose(access.time_matrix(copy, layer, layer), right, atol=MS)
    assert replace(copies[1]).version == replace(network).version
    assert replace(network, bans={}).version != replace(network).version


def test_a_closed_gate_keeps_the_bans(roads: Roads, points: Points) -> None:
    """Waiting at a gate changes nothing about where one may turn."""
    network = by_chance(roads, 5, gates=True)
    assert network.manifest.gates
    layer = middles(network, points)
    for wait_s in (100.0, np.inf):
        waits = network.prepared().with_waiting(dict.fromkeys(network.manifest.gates, wait_s))
        times = access.time_matrix(waits, layer, layer).to_numpy()
        np.testing.assert_allclose(times, truth(waits, layer, "car"), atol=MS)


def over_the_border(roads: Roads, *, turned: bool) -> Network:
    """Return a road from the south that meets a road to the east, half a minute long, and one over
    the border, drawn from either side, which another one continues in the north.
    """
    south, middle, north, east = (107, 20.96), (107, 20.98), (107, 21.04), (107.01, 20.98)
    shape = np.array([middle, (107, 20.999), (107, 21.001), north])
    ends = (2, 1) if turned else (1, 2)
    network = roads(
        [south, middle, north, east, (107, 21.06)],
        [(0, 1, 60), (*ends, 300), (1, 3, 30), (2, 4, 60)],
    )
    lines = [network.shape(i) for i in range(4)]
    lines[1] = shape[:: -1 if turned else 1]
    return replace(
        network,
        shape_start=np.cumsum([0, *map(len, lines)]),
        shape_lonlat=np.concatenate(lines),
    )


@pytest.mark.parametrize("over", [False, True])
@pytest.mark.parametrize("turned", [False, True])
def test_the_border_moves_no_ban(turned: bool, over: bool, roads: Roads, points: Points) -> None:
    """Where a road is cut in three at the border, a ban on turning into it, or on going on behind
    it, holds as before: coming from the south one turns back first, at the end of the eastern road
    or on the step that crosses, 200 m.
    """
    countries = gpd.GeoDataFrame(
        {"country": ["AA", "BB"]},
        geometry=[shapely.box(106, 20, 108, 21), shapely.box(106, 21, 108, 22)],
        crs=4326,
    )
    gates = gpd.GeoDataFrame(
        {
            "name_en": "Gate",
            "kind": "international",
            "mode": "road",
            "cargo": True,
            "passengers": True,
            "country": "AA",
            "opposite_country": "BB",
            "position_accuracy_m": 100.0,
        },
        index=["gate"],
        geometry=gpd.points_from_xy([107], [21]),
        crs=4326,
    )
    crossings = pd.DataFrame(
        {"profile": ["car", "truck"], "kind": "international", "needs": ["passengers", "cargo"]}
    ).assign(service_time_s=0.0)
    layer = points(
        {"south": (107, 20.97), "north": (107, 21.03), "beyond": (107, 21.05)},
        country=["AA", "BB", "BB"],
    )
    network = over_the_border(roads, turned=turned)
    ban = (1, 3 if turned else 2, *([6] if over else []))
    times = []
    for bans in ([], [ban]):
        net = replace(network, bans={"car": turns.table(bans)})
        closed, _ = borders.close(net, countries, gates, crossings)
        assert closed.segment_count == 6
        prepared = closed.prepared()
        times.append(access.time_matrix(closed, layer, layer))
        again = access.time_matrix(prepared, layer, layer)
        np.testing.assert_allclose(again, times[-1], atol=MS)
    longer = (times[1] - times[0]).round().astype(int)
    assert longer.loc["south"].tolist() == ([0, 0, 20] if over else [0, 60, 60])
    assert not longer.loc[["north", "beyond"]].any(axis=None)
