"""A network as a graph of OSMnx, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import networkx as nx
import numpy as np
import osmnx as ox
import pytest
from scipy.sparse.csgraph import dijkstra

from geo.errors import InputError, NotFoundError
from geo.roads import osm_graph
from geo.roads.network import ARRAYS, Network

Roads = Callable[..., Network]


@pytest.fixture(params=["grid", "border", "toy_network"])
def net(request: pytest.FixtureRequest) -> Network:
    network: Network = request.getfixturevalue(request.param)
    return network


def assert_same(net: Network, other: Network) -> None:
    assert net.manifest == other.manifest
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(net, name), getattr(other, name), err_msg=name)
        assert getattr(net, name).dtype == getattr(other, name).dtype, name
    assert net.profiles == other.profiles
    for profile in net.profiles:
        np.testing.assert_array_equal(net.time_s[profile], other.time_s[profile])


def test_a_graph_becomes_the_same_network(net: Network) -> None:
    """Nodes, segments, lengths, times and lines come back as they were, for every vehicle; ``home``
    is of networks whose border is open.
    """
    assert net.home is None
    assert {field.name for field in fields(Network) if field.init} == {
        *ARRAYS,
        "manifest",
        "time_s",
        "home",
        "bans",
        "hierarchies",
    }
    for profile in net.profiles:
        assert_same(osm_graph.from_graph(osm_graph.to_graph(net, profile)), net)
    # replaced, so that it is not known by the file in which it is kept
    assert osm_graph.from_graph(osm_graph.to_graph(net)).version == replace(net).version


def test_closed_gates_come_back(border: Network) -> None:
    """A gate that nobody may pass has an edge of infinite time, and comes back so."""
    closed = border.with_waiting({"gate": np.inf})
    assert_same(osm_graph.from_graph(osm_graph.to_graph(closed)), closed)


def test_a_road_of_its_own_time_each_way_becomes_two(roads: Roads) -> None:
    """A notebook may slow down one direction: the other keeps its time."""
    net = roads([(107, 21), (107.01, 21)], [(0, 1, 60)])
    graph = osm_graph.to_graph(net)
    graph.edges[0, 1, 0]["travel_time"] = 90.0
    changed = osm_graph.from_graph(graph)
    assert changed.segment_count == 2
    assert dijkstra(changed.arcs("car").time_s).tolist() == [[0, 90], [60, 0]]


def test_nodes_that_were_taken_out_stay_out(grid: Network) -> None:
    """A part that OSMnx cut out of the graph is a network with the same times inside it."""
    graph = ox.truncate.largest_component(osm_graph.to_graph(grid).subgraph(range(40)).copy())
    part = osm_graph.from_graph(graph)
    assert part.node_count == len(graph) < grid.node_count
    expected = nx.single_source_dijkstra_path_length(graph, next(iter(graph)), weight="travel_time")
    times = dijkstra(part.arcs("car").time_s, indices=[0])[0]
    assert dict(zip(graph, times, strict=True)) == pytest.approx(expected)


@pytest.mark.parametrize("profile", ["car", "truck"])
def test_shortest_paths_of_osmnx_take_our_time(net: Network, profile: str) -> None:
    """OSMnx finds a way that takes as long as ours, or an infinite one where there is none."""
    graph, ours = osm_graph.to_graph(net, profile), dijkstra(net.arcs(profile).time_s)
    dice = np.random.default_rng(7)
    for first, last in dice.integers(net.node_count, size=(60, 2)).tolist():
        route = ox.routing.shortest_path(graph, first, last, weight="travel_time")
        time_s = np.inf
        if route is not None and len(route) > 1:
            time_s = ox.routing.route_to_gdf(graph, route, weight="travel_time")[
                "travel_time"
            ].sum()
        assert (0 if first == last else time_s) == pytest.approx(ours[first, last], abs=1e-2)


def test_statistics_of_osmnx_work(grid: Network) -> None:
    """OSMnx counts the streets that there are, and measures their length."""
    stats = ox.stats.basic_stats(osm_graph.to_graph(grid))
    assert (stats["n"], stats["m"]) == (grid.node_count, 2 * grid.segment_count)
    assert stats["edge_length_total"] == pytest.approx(2 * grid.length_m.sum())
    assert stats["street_length_total"] == pytest.approx(grid.length_m.sum())


def test_osmnx_saves_and_loads_it(border: Network, tmp_path: Path) -> None:
    """A graph that went through a GraphML file has the same nodes, lengths and ways."""
    graph = osm_graph.to_graph(border)
    ox.save_graphml(graph, tmp_path / "roads.graphml")
    loaded = ox.load_graphml(tmp_path / "roads.graphml")
    for name in ("length", "travel_time"):
        before = nx.get_edge_attributes(graph, name)
        assert nx.get_edge_attributes(loaded, name) == pytest.approx(before)


def test_other_graphs_are_refused(border: Network) -> None:
    """A graph that is not of ours, or lacks its times, is named; an unknown vehicle, too."""
    with pytest.raises(InputError, match="zone_atlas"):
        osm_graph.from_graph(nx.MultiDiGraph(crs="epsg:4326"))
    graph = osm_graph.to_graph(border)
    for _, _, data in graph.edges(data=True):
        data["travel_time"] = "soon"
    with pytest.raises(InputError, match="soon"):
        osm_graph.from_graph(graph)
    with pytest.raises(NotFoundError, match="“bicycle”"):
        osm_graph.to_graph(border, "bicycle")


def test_a_network_without_roads_comes_back(border: Network) -> None:
    """A network of which no segment is left becomes a graph of nodes alone."""
    shut = replace(border, forward=border.forward & False, backward=border.backward & False)
    bare = osm_graph.from_graph(osm_graph.to_graph(shut))
    assert (bare.node_count, bare.segment_count) == (border.node_count, 0)
