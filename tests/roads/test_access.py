from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from geo import crs, layers
from geo.errors import InputError, NotFoundError
from geo.proximity import lonlat
from geo.roads import access, routing, within
from geo.roads.network import Network

Points = Callable[..., gpd.GeoDataFrame]
Roads = Callable[..., Network]
Crossing = Callable[[int, int], tuple[float, float]]


def minutes(table: pd.DataFrame) -> list[float]:
    return (table["travel_time_s"] / 60).tolist()


@pytest.fixture(scope="module")
def scattered(points: Points) -> gpd.GeoDataFrame:
    """Fifteen places all over the grid, off its streets."""
    lonlat = np.random.default_rng(3).uniform([107, 21], [107.12, 21.12], (15, 2))
    return points({f"p{i}": tuple(place) for i, place in enumerate(lonlat)})


# The table


def test_grid_counts_in_the_head(grid: Network, points: Points, crossing: Crossing) -> None:
    """From the corner to column i, row j it is i + j minutes and kilometres, all pairs in order,
    nothing changed.
    """
    corner = points({"corner": crossing(0, 0)})
    everywhere = points({f"{i},{j}": crossing(i, j) for j in range(13) for i in range(13)})
    before = corner.copy(), everywhere.copy()
    table = access.travel_times(grid, corner, everywhere)
    assert list(table["to_id"]) == list(everywhere.index)
    assert minutes(table) == pytest.approx([i + j for j in range(13) for i in range(13)], abs=1e-6)
    np.testing.assert_allclose(
        table["length_m"], [1000 * (i + j) for j in range(13) for i in range(13)], atol=1e-3
    )
    assert (table["gates"] == "").all()
    assert corner.equals(before[0])
    assert everywhere.equals(before[1])


def test_truck_takes_its_own_time(grid: Network, points: Points, crossing: Crossing) -> None:
    """Each vehicle has its own times over the same length."""
    a, b = points({"a": crossing(0, 0)}), points({"b": crossing(3, 0)})
    car, truck = (access.travel_times(grid, a, b, profile=profile) for profile in ("car", "truck"))
    assert minutes(car) == pytest.approx([3])
    assert minutes(truck) == pytest.approx([6])
    assert truck["length_m"][0] == car["length_m"][0]


def test_a_point_off_the_road_pays_for_its_leg(
    grid: Network, points: Points, crossing: Crossing
) -> None:
    """The leg of a point is driven at 36 km/h, 10 m a second, and its length is told."""
    a = points({"a": crossing(0, 0)})
    west = points({"west": tuple(pyproj.Geod(ellps="WGS84").fwd(*crossing(0, 0), 270, 600)[:2])})
    there = access.travel_times(grid, a, west).iloc[0]
    assert there["to_snap_m"] == pytest.approx(600, abs=0.1)
    assert there["from_snap_m"] == pytest.approx(0, abs=1e-6)
    assert there["travel_time_s"] == pytest.approx(60, abs=0.01)
    assert there["length_m"] == pytest.approx(600, abs=0.1)


def test_a_point_is_no_way_from_itself(grid: Network, scattered: gpd.GeoDataFrame) -> None:
    """From a point to itself it is 0 s and 0 m, also off the road, and the route there has no
    length.
    """
    table = access.travel_times(grid, scattered, scattered)
    own = table[table["from_id"] == table["to_id"]]
    assert (own["travel_time_s"] == 0).all()
    assert (own["length_m"] == 0).all()
    here = scattered.iloc[[0]]
    assert access.route(grid, here, here)[["length_m", "travel_time_s"]].to_numpy().sum() == 0


def test_times_obey_the_triangle_inequality(grid: Network, scattered: gpd.GeoDataFrame) -> None:
    """No way by a third place is quicker; on two-way streets the way back takes as long; no road is
    shorter than the bird's.
    """
    n = len(scattered)
    table = access.travel_times(grid, scattered, scattered)
    t = table["travel_time_s"].to_numpy().reshape(n, n)
    assert (t[:, None] <= t[:, :, None] + t[None] + 1e-6).all()
    np.testing.assert_allclose(t, t.T, atol=1e-6)


def test_unreachable_is_nan(grid: Network, points: Points, crossing: Crossing) -> None:
    """A place far from every road has no time, length or gates, but its distance; one that is
    unknown has not even that.
    """
    a = points({"a": crossing(0, 0)})
    far = points({"far": (120, 21), "unknown": (np.nan, np.nan), "near": crossing(1, 0)})
    table = access.travel_times(grid, a, far).set_index("to_id")
    for column in ("travel_time_s", "length_m", "to_snap_m", "gates"):
        assert table[column].isna().tolist() == [True, True, False], column
    assert table["distance_m"].isna().tolist() == [False, True, False]
    assert access.travel_times(grid, far, a)["travel_time_s"].isna().tolist() == [True, True, False]


@pytest.mark.parametrize("empty_side", ["origins", "destinations", "both"])
def test_empty_layers_give_an_empty_table(
    grid: Network, points: Points, crossing: Crossing, empty_side: str
) -> None:
    """Nothing in, nothing out, with the same columns."""
    none, single = points({}), points({"a": crossing(0, 0)})
    a = single if empty_side == "destinations" else none
    b = single if empty_side == "origins" else none
    table = access.travel_times(grid, a, b)
    assert len(table) == 0
    assert list(table.columns) == list(access.travel_times(grid, single, single).columns)


def test_unknown_vehicle_is_refused(grid: Network, points: Points, crossing: Crossing) -> None:
    """A vehicle that the network does not know is an error that names those it knows."""
    a = points({"a": crossing(0, 0)})
    with pytest.raises(NotFoundError, match="car, truck"):
        access.travel_times(grid, a, a, profile="bicycle")


def test_chunks_do_not_matter(
    grid: Network, scattered: gpd.GeoDataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table is the same when the origins are worked off one at a time."""
    whole = access.travel_times(grid, scattered, scattered)
    monkeypatch.setattr(routing, "CELLS_AT_ONCE", 1)
    pd.testing.assert_frame_equal(access.travel_times(grid, scattered, scattered), whole)


# Directions


def test_one_way_ring(roads: Roads, points: Points) -> None:
    """On a one-way ring of three minutes the neighbour ahead is a minute away and the one behind
    two.
    """
    nodes = [(107, 21), (107.01, 21), (107, 21.01)]
    ring = roads(nodes, [(0, 1, 60), (1, 2, 60), (2, 0, 60)], one_way=[0, 1, 2])
    corners = points({"a": nodes[0], "b": nodes[1], "c": nodes[2]})
    assert minutes(access.travel_times(ring, corners.iloc[[0]], corners)) == pytest.approx(
        [0, 1, 2]
    )


def test_backwards_on_a_one_way_street_is_all_the_way_round(roads: Roads, points: Points) -> None:
    """Of two places on one street the one behind is reached by driving the whole ring."""
    nodes = [(107, 21), (107.01, 21), (107, 21.01)]
    ring = roads(nodes, [(0, 1, 60), (1, 2, 60), (2, 0, 60)], one_way=[0, 1, 2])
    both = points({"quarter": (107.0025, 21), "half": (107.005, 21)})
    assert minutes(access.travel_times(ring, both, both)) == pytest.approx(
        [0, 0.25, 2.75, 0], abs=1e-6
    )


def test_along_a_slow_street_or_round_it(roads: Roads, points: Points) -> None:
    """Between two places on a street of an hour the way round by a fast street counts where it is
    quicker.
    """
    net = roads([(107, 21), (107.01, 21)], [(0, 1, 3600), (0, 1, 60)], snap_limit_m=10)
    shape = net.shape_lonlat.copy()
    bent = np.insert(
        shape, 3, [107.005, 21.005], axis=0
    )  # the fast street is drawn aside, so that nothing snaps to it
    net = replace(net, shape_lonlat=bent, shape_start=np.array([0, 2, 5]))
    ends = points({"west": (107.001, 21), "middle": (107.005, 21), "east": (107.009, 21)})
    table = access.travel_times(net, ends.iloc[[0]], ends)
    assert minutes(table) == pytest.approx([0, 24, 6 + 1 + 6], abs=1e-4)


def test_parallel_streets_take_the_quickest(roads: Roads, points: Points) -> None:
    """Two streets between the same crossings are neither added up nor mixed up."""
    nodes = [(107, 21), (107.01, 21), (107.02, 21), (107.03, 21)]
    net = roads(nodes, [(0, 1, 60), (1, 2, 100), (1, 2, 40), (2, 1, 70), (2, 3, 60)])
    ends = points({"a": nodes[0], "b": nodes[3]})
    table = access.travel_times(net, ends, ends)
    assert table["travel_time_s"].tolist() == pytest.approx([0, 160, 160, 0])
    assert access.route(net, ends.iloc[[0]], ends.iloc[[1]])["name"].tolist() == [
        "",
        "Street 0",
        "Street 2",
        "Street 4",
        "",
    ]


# Against NetworkX


def random_roads(seed: int, roads: Roads) -> tuple[Network, np.random.Generator]:
    """A town of 25 crossings with one-way, parallel, circular, timeless and closed streets, some
    cut off from the rest.
    """
    rng = np.random.default_rng(seed)
    n, m = 25, 60
    nodes = rng.uniform([107, 21], [107.1, 21.1], (n, 2))
    ends = rng.integers(0, n, (m, 2))
    ends[:6] = ends[6:12]  # parallel
    ends[12:14, 1] = ends[12:14, 0]  # from a crossing to itself; drawn as a point
    time = rng.integers(0, 600, m).astype(float) + rng.random(m)
    truck = np.where(rng.random(m) < 0.15, np.inf, 2 * time)
    segments = [(int(a), int(b), float(s)) for (a, b), s in zip(ends, time, strict=True)]
    return (
        roads(
            nodes,
            segments,
            one_way=np.flatnonzero(rng.random(m) < 0.3),
            truck_s=truck,
            snap_limit_m=1500,
        ),
        rng,
    )


def by_networkx(net: Network, places: gpd.GeoDataFrame, profile: str) -> np.ndarray:
    """Work the table out with NetworkX alone: every street is cut at every place that is joined to
    it.
    """
    graph = nx.MultiDiGraph()
    snap = net.snap(lonlat(places), profile)
    speed = net.manifest.access_speed_kph[profile] / 3.6
    for segment in range(net.segment_count):
        time = net.time_s[profile][segment]
        if not np.isfinite(time):
            continue
        here = np.flatnonzero(snap.segment == segment)
        here = here[np.argsort(snap.fraction[here])]
        stops = [
            (0.0, int(net.tail[segment])),
            *((snap.fraction[i], f"foot {i}") for i in here),
            (1.0, int(net.head[segment])),
        ]
        for (f, a), (g, b) in pairwise(stops):
            if net.forward[segment] or f == g:
                graph.add_edge(a, b, s=time * (g - f))
            if net.backward[segment] or f == g:
                graph.add_edge(b, a, s=time * (g - f))
    for i in np.flatnonzero(snap.segment >= 0):
        leg = snap.distance_m[i] * net.manifest.access_detour / speed
        graph.add_edge(f"place {i}", f"foot {i}", s=leg)
        graph.add_edge(f"foot {i}", f"place {i}", s=leg)
    n = len(places)
    seconds = np.full((n, n), np.nan)
    for i in np.flatnonzero(snap.segment >= 0):
        times = nx.single_source_dijkstra_path_length(graph, f"place {i}", weight="s")
        seconds[i] = [times.get(f"place {j}", np.nan) for j in range(n)]
    return seconds


@pytest.mark.parametrize("profile", ["car", "truck"])
@pytest.mark.parametrize("seed", range(12))
def test_table_equals_networkx(roads: Roads, points: Points, seed: int, profile: str) -> None:
    """On random towns every time is that of NetworkX on a graph cut at the places themselves."""
    net, rng = random_roads(seed, roads)
    places = points(
        {
            f"p{i}": tuple(place)
            for i, place in enumerate(rng.uniform([107, 21], [107.1, 21.1], (14, 2)))
        }
    )
    table = access.travel_times(net, places, places, profile=profile)
    seconds = table["travel_time_s"].to_numpy().reshape(14, 14)
    assert np.isfinite(seconds).sum() > 50
    np.testing.assert_allclose(seconds, by_networkx(net, places, profile), atol=0.05)


@pytest.mark.parametrize("seed", range(6))
def test_route_adds_up_to_the_table(roads: Roads, points: Points, seed: int) -> None:
    """The steps of a route sum to the time and length of the table, touch each other, and lead from
    point to point.
    """
    net, rng = random_roads(seed, roads)
    places = points(
        {
            f"p{i}": tuple(place)
            for i, place in enumerate(rng.uniform([107, 21], [107.1, 21.1], (8, 2)))
        }
    )
    table = access.travel_times(net, places, places).set_index(["from_id", "to_id"])
    for (a, b), row in table.iterrows():
        start, end = places.loc[[a]], places.loc[[b]]
        if np.isnan(row["travel_time_s"]):
            with pytest.raises(NotFoundError):
                access.route(net, start, end)
            continue
        steps = access.route(net, start, end)
        assert steps["travel_time_s"].sum() == pytest.approx(row["travel_time_s"], abs=0.05)
        assert steps["length_m"].sum() == pytest.approx(row["length_m"], abs=1e-3)
        line = [shapely.get_coordinates(geometry) for geometry in steps.geometry]
        for before, after in pairwise(line):
            np.testing.assert_allclose(before[-1], after[0], atol=1e-9)
        np.testing.assert_allclose(
            [line[0][0], line[-1][-1]], [*lonlat(start), *lonlat(end)], atol=1e-9
        )


# Nearest, people


def test_nearest_of_the_table(grid: Network, points: Points, crossing: Crossing) -> None:
    """Quickest first, ranked from 1, in the order of origins; of equals the earlier row; what is
    unreachable never counts.
    """
    origins = points({"z": crossing(0, 0), "a": crossing(12, 12), "lost": (120, 21)})
    goals = points(
        {"far": (121, 21), "two": crossing(2, 0), "one": crossing(0, 1), "other": crossing(1, 0)}
    )
    table = access.travel_times(grid, origins, goals)
    before = table.copy()
    best = access.nearest(table, k=2)
    assert list(zip(best["from_id"], best["to_id"], best["rank"], strict=True)) == [
        ("z", "one", 1),
        ("z", "other", 2),
        ("a", "two", 1),
        ("a", "one", 2),
    ]
    assert len(access.nearest(table, k=99)) == 6
    pd.testing.assert_frame_equal(table, before)
    with pytest.raises(InputError, match="k must"):
        access.nearest(table, k=0)


def test_people_at_the_limit_count(grid: Network, points: Points, crossing: Crossing) -> None:
    """Of people living 0, 1, 2 … minutes away those up to the limit are counted, the limit
    included.
    """
    origins = points({"corner": crossing(0, 0), "lost": (120, 21)})
    people = points(
        {f"{i}": crossing(i, 0) for i in range(13)}, population=[10**i for i in range(13)]
    )
    counts = within.people_within(grid, origins, people, [0, 120, 179, 180])
    assert list(counts.index) == ["corner", "lost"]
    assert list(counts.columns) == [0, 120, 179, 180]
    assert counts.loc["corner"].tolist() == [1, 111, 111, 1111]
    assert counts.loc["lost"].isna().all()


@pytest.mark.parametrize("limit_s", [1200.0, 3600.0, 20_000.0])
def test_people_are_counted_the_same_beyond_gates_and_in_parts(
    real_network: Network, monkeypatch: pytest.MonkeyPatch, limit_s: float
) -> None:
    """The count is that of a table of all times, near a gate and far from any, however few places
    are held at once.
    """
    folder = layers.bundled()
    parks = layers.read(folder, "parks")
    near = parks.loc[["hai-yen-ip", "dong-mai-ip"]]
    cities = layers.read(folder, "cities").assign(population=1.0)
    time_s = access.time_matrix(real_network, near, cities)
    wanted = (time_s <= limit_s).sum(axis=1).to_numpy(float)
    assert wanted.any()
    for cells in (within.CELLS_AT_ONCE, 1):
        monkeypatch.setattr(within, "CELLS_AT_ONCE", cells)
        counts = within.people_within(real_network, near, cities, [limit_s, 0.0])
        assert counts[limit_s].tolist() == wanted.tolist()


def test_an_access_profile_steps_where_something_is_reached(
    grid: Network, points: Points, crossing: Crossing
) -> None:
    """From the corner 1 person lives 0, 10 live 2 and 100 + 1000 live 3 minutes away; each step is
    there once, and nothing is changed.
    """
    origins = points({"corner": crossing(0, 0), "lost": (120, 21)})
    places = {
        "here": crossing(0, 0),
        "two": crossing(1, 1),
        "three": crossing(3, 0),
        "too": crossing(0, 3),
        "island": (125, 21),
    }
    people = points(places, population=[1, 10, 100, 1000, 10_000])
    before = origins.copy(), people.copy()
    table = within.profile_within(grid, origins, people, amount="population")
    assert list(table.columns) == ["from_id", "travel_time_s", "reached"]
    corner = table[table["from_id"] == "corner"]
    assert corner["travel_time_s"].tolist() == pytest.approx([0, 120, 180])
    assert corner["reached"].tolist() == [1, 11, 1111]
    lost = table[table["from_id"] == "lost"]
    assert lost["travel_time_s"].tolist() == [0]
    assert lost["reached"].isna().all()
    assert origins.equals(before[0])
    assert people.equals(before[1])


def test_an_access_profile_holds_what_counting_gives(
    grid: Network, scattered: gpd.GeoDataFrame
) -> None:
    """Read at any limit, the profile says what `people_within` counts there; no place counts for
    itself.
    """
    people = scattered.assign(population=range(1, len(scattered) + 1))
    own = people["population"]
    limits = [0.0, 300.0, 600.0, 1500.0, 1e6]
    counts = within.people_within(grid, scattered, people, limits)
    table = within.profile_within(grid, scattered, people, amount="population")
    for key, steps in table.groupby("from_id"):
        read = steps.set_index("travel_time_s")["reached"].reindex(limits, method="ffill")
        np.testing.assert_allclose(read, counts.loc[key] - own[key])
    alone = within.profile_within(grid, scattered.iloc[:0], people)
    assert list(alone.columns) == list(table.columns)
    assert not len(alone)
    each = within.profile_within(grid, scattered, people).groupby("from_id")["reached"].last()
    assert (each == len(people) - 1).all()


# Borders


@pytest.fixture(scope="module")
def frontier(roads: Roads) -> Network:
    """Two parallel roads of two minutes, AA in the south and BB in the north; a gate of ten minutes
    joins their middles.
    """
    nodes = [(107, 21), (107.01, 21), (107.02, 21), (107, 21.02), (107.01, 21.02), (107.02, 21.02)]
    segments = [(0, 1, 60), (1, 2, 60), (3, 4, 60), (4, 5, 60), (1, 4, 600)]
    return roads(
        nodes,
        segments,
        gate_of={4: "gate"},
        country_of=["AA", "AA", "BB", "BB", ""],
        truck_s=[120, 120, 120, 120, np.inf],
    )


@pytest.fixture(scope="module")
def towns(points: Points) -> gpd.GeoDataFrame:
    return points({"south": (107, 21), "north": (107, 21.02)}, country=["AA", "BB"])


def test_the_border_is_passed_at_the_gate(frontier: Network, towns: gpd.GeoDataFrame) -> None:
    """To the other country it is a minute, ten at the gate, a minute; the gate is named and is a
    step of the route.
    """
    table = access.travel_times(frontier, towns, towns)
    assert minutes(table) == pytest.approx([0, 12, 12, 0])
    assert table["gates"].tolist() == ["", "gate", "gate", ""]
    steps = access.route(frontier, towns.loc[["south"]], towns.loc[["north"]])
    assert steps["kind"].tolist() == ["access", "road", "gate", "road", "access"]
    assert steps.set_index("kind").loc["gate", "gate"] == "gate"
    assert steps.set_index("kind").loc["gate", "travel_time_s"] == 600


def test_a_closed_gate_is_no_way(frontier: Network, towns: gpd.GeoDataFrame) -> None:
    """Where a truck may not pass the only gate, the other country is out of its reach, and the
    route says so.
    """
    table = access.travel_times(frontier, towns, towns, profile="truck")
    assert table["travel_time_s"].isna().tolist()[1:3] == [True, True]
    assert table["gates"].isna().tolist()[1:3] == [True, True]
    with pytest.raises(NotFoundError):
        access.route(frontier, towns.loc[["south"]], towns.loc[["north"]], profile="truck")


def test_a_gate_is_reached_on_ones_own_side(
    frontier: Network, towns: gpd.GeoDataFrame, points: Points
) -> None:
    """From either of its countries a gate is a minute away, and the way to it does not pass through
    it.
    """
    gate = points({"gate": (107.01, 21.01)}, country=["AA"], opposite_country=["BB"])
    legs = crs.distance_m([107.01, 21.01], [[107.01, 21], [107.01, 21.02]]) / 10
    table = access.travel_times(frontier, towns, gate)
    np.testing.assert_allclose(table["travel_time_s"], 60 + legs, atol=0.01)
    assert table["gates"].tolist() == ["", ""]
    back = access.travel_times(frontier, gate, towns)
    np.testing.assert_allclose(back["travel_time_s"], 60 + legs, atol=0.01)


def test_a_gate_without_a_road_on_ones_own_side_is_not_reached(
    roads: Roads, points: Points
) -> None:
    """A gate whose road ends on the other side is not reached through another gate."""
    nodes = [(107, 21), (107.01, 21), (107, 21.02), (107.2, 21.02)]
    net = roads(
        nodes,
        [(0, 1, 60), (2, 3, 600), (0, 2, 600)],
        gate_of={2: "open"},
        country_of=["AA", "BB", ""],
        snap_limit_m=3000,
    )
    gates = points(
        {"open": (107, 21.01), "beyond": (107.2, 21.01)},
        country=["AA", "AA"],
        opposite_country=["BB", "BB"],
    )
    home = points({"home": (107.01, 21)}, country=["AA"])
    table = access.travel_times(net, home, gates)
    assert table["travel_time_s"].isna().tolist() == [False, True]
    assert np.isfinite(
        access.travel_times(net, points({"abroad": (107.1, 21.02)}, country=["BB"]), gates)[
            "travel_time_s"
        ]
    ).all()


# Routes


def test_route_joins_pieces_of_one_street(
    grid: Network, points: Points, crossing: Crossing
) -> None:
    """Each step is one street, in the direction of travel, with legs at both ends."""
    steps = access.route(grid, points({"a": crossing(0, 0)}), points({"b": crossing(2, 0)}))
    assert steps["kind"].tolist() == ["access", "road", "road", "access"]
    assert steps.crs == 4326
    assert steps.geometry[1].coords[0] == pytest.approx(crossing(0, 0))
    assert steps.geometry[2].coords[-1] == pytest.approx(crossing(2, 0))


def test_route_says_why_there_is_none(grid: Network, points: Points, crossing: Crossing) -> None:
    """No road at the start, no road at the end and more than one point are three different
    sentences.
    """
    a, far = points({"a": crossing(0, 0)}), points({"far": (120, 21)})
    with pytest.raises(NotFoundError, match="start"):
        access.route(grid, far, a)
    with pytest.raises(NotFoundError, match="destination"):
        access.route(grid, a, far)
    with pytest.raises(InputError, match="one origin"):
        access.route(grid, points({"a": crossing(0, 0), "b": crossing(1, 0)}), a)


@pytest.mark.parametrize("way_in_nodes", [0, 10**9], ids=["unpacked", "walked back"])
def test_prepared_network_gives_the_same_answers(
    real_network: Network, monkeypatch: pytest.MonkeyPatch, way_in_nodes: int
) -> None:
    """Times, lengths, gates, routes, people and reach do not depend on how they are computed; all
    gates included.
    """
    plain, prepared = replace(real_network, hierarchies={}), real_network
    assert tuple(prepared.hierarchies) == prepared.profiles
    monkeypatch.setattr(routing, "WAY_IN_NODES", way_in_nodes)
    folder = layers.bundled()
    parks, gates = layers.read(folder, "parks").iloc[::12], layers.read(folder, "gates")
    for profile in real_network.profiles:
        for ends in ((parks, gates), (gates, parks)):  # from few to many, and from many to few
            slow, fast = (
                access.travel_times(net, *ends, profile=profile) for net in (plain, prepared)
            )
            assert slow["gates"].str.contains(";").any()
            pd.testing.assert_frame_equal(slow, fast)
        slow_times, other = (
            access.time_matrix(net, parks, gates, profile=profile) for net in (plain, prepared)
        )
        pd.testing.assert_frame_equal(slow_times, other)
        for towards in (False, True):
            here, there = (
                access.reach(net, parks.iloc[[0]], profile=profile, towards=towards).node_s
                for net in (plain, prepared)
            )
            np.testing.assert_allclose(here, there, rtol=1e-9)
    for net in (plain, prepared):
        steps = access.route(net, parks.iloc[[0]], gates.loc[["kim-thanh"]], profile="truck")
        total = access.travel_times(
            net, parks.iloc[[0]], gates.loc[["kim-thanh"]], profile="truck"
        ).iloc[0]
        assert steps["travel_time_s"].sum() == pytest.approx(total["travel_time_s"], abs=0.01)
        assert steps["length_m"].sum() == pytest.approx(total["length_m"], abs=0.01)
