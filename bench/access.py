"""Access tables and snapping, ours against what one writes with OSMnx and NetworkX; prints its own
setting.

Run: python bench/access.py
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import geopandas as gpd
import networkx as nx
import numpy as np
import osmnx as ox
import pandas as pd
import shapely

from geo import Atlas, crs, layers
from geo.proximity import lonlat
from geo.roads import access
from geo.roads.network import Manifest, Network

RUNS = 7
PROFILE = "car"
GRID_SIDE = 250
SNAPS = 50
EVERY = 10
"""Of so many parks the peer is asked for the ways of one."""


def main() -> None:
    print("command   python bench/access.py")
    print(
        f"machine   {os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python"
        f" {platform.python_version()}"
    )
    print(
        "packages  "
        + ", ".join(
            f"{name} {version(name)}" for name in ("numpy", "scipy", "shapely", "networkx", "osmnx")
        )
    )
    print(f"times     median of {RUNS} runs in one process, after one run that does not count\n")
    folder = layers.bundled()
    roads = Atlas.open().network()
    parks = layers.read(folder, "parks")
    goals = pd.concat(
        [
            layers.read(folder, name)[["country", "geometry"]]
            for name in ("gates", "ports", "airports")
        ]
    )
    table(roads, parks, goals, opposite=layers.read(folder, "gates")["opposite_country"])
    print()
    snap("main roads", roads, lonlat(parks))
    print()
    rng = np.random.default_rng(0)
    snap(
        "made grid",
        grid(GRID_SIDE),
        rng.uniform([104, 20], [104 + 0.01 * GRID_SIDE, 20 + 0.01 * GRID_SIDE], (SNAPS, 2)),
    )


def table(
    roads: Network, parks: gpd.GeoDataFrame, goals: gpd.GeoDataFrame, *, opposite: pd.Series
) -> None:
    """Every park to every gate, port and airport."""
    print(
        f"A  access table on the main roads: {len(parks)} parks x {len(goals)} gates, ports"
        f" and airports, by {PROFILE}"
    )
    graph = multidigraph(roads)
    print(
        f"   graph: {roads.node_count} nodes, {roads.segment_count} segments;"
        f" {graph.number_of_edges()} edges in NetworkX"
    )
    there = gpd.GeoDataFrame(goals, crs=crs.WGS84).assign(
        opposite_country=opposite.reindex(goals.index)
    )
    whole_s = median(lambda: access.travel_times(roads, parks, there, profile=PROFILE))
    few = parks.iloc[::EVERY]
    print(
        "   ours, places where they are: edge snap, both sides of a gate, legs, length, gates"
        f" passed  {whole_s:8.3f} s"
    )

    plane = ox.project_graph(graph)
    joined = ox.project_graph(multidigraph(roads, simple(roads)))
    nodes = [np.array(ox.nearest_nodes(joined, *in_plane(joined, frame))) for frame in (few, goals)]
    at_nodes = [places_at(roads, which) for which in nodes]
    ours_s, ours = timed(lambda: access.travel_times(roads, *at_nodes, profile=PROFILE))
    peer_s, peer = once(lambda: by_osmnx(plane, joined, few, goals))
    worst_s = np.nanmax(np.abs(ours["travel_time_s"].to_numpy().reshape(peer.shape) - peer))
    same = bool(
        (np.isnan(peer) == ours["travel_time_s"].isna().to_numpy().reshape(peer.shape)).all()
    )
    print(
        f"   ours, {len(few)} parks, moved to their nearest nodes: the peer's question      "
        "     "
        f"    {ours_s:8.3f} s"
    )
    print(
        "   peer: osmnx.nearest_nodes on all places, networkx.single_source_dijkstra per park     "
        f"    {peer_s:8.3f} s"
    )
    print(
        f"   ratio {peer_s / ours_s:.1f} on the peer's question, a park"
        f" {peer_s / len(few) / (whole_s / len(parks)):.1f} for ours with all it returns besides"
    )
    print(
        f"   answers: {peer.size} pairs, unreachable the same: {same}; largest difference"
        f" {worst_s:.4f} s"
    )
    if not same or worst_s > 0.1:
        raise SystemExit("the answers differ")


def snap(title: str, roads: Network, points: np.ndarray) -> None:
    """One point a call, as on a click on the map."""
    print(
        f"B  snap, one point a call, on the {title}: {roads.node_count} nodes,"
        f" {roads.segment_count} segments, {len(points)} points"
    )
    roads = replace(roads)
    start = time.perf_counter()
    roads.snap(points[:1], PROFILE)
    print(
        "   ours, first call, which makes the index that is kept                                  "
        f"    {time.perf_counter() - start:8.3f} s"
    )
    graph = multidigraph(roads, roads.usable(PROFILE))
    plane = ox.project_graph(graph)
    x, y = in_plane(plane, gpd.GeoDataFrame(geometry=gpd.points_from_xy(*points.T), crs=crs.WGS84))
    few = min(10, len(points))
    ours_s = median(lambda: [roads.snap(point[None], PROFILE) for point in points]) / len(points)
    nodes_s = (
        median(lambda: [ox.nearest_nodes(plane, *at) for at in zip(x[:few], y[:few], strict=True)])
        / few
    )
    print(
        "   ours: nearest point of the nearest segment of the main component                      "
        f"    {ours_s * 1000:8.3f} ms a point"
    )
    print(
        "   peer: osmnx.nearest_nodes, the nearest node of the projected graph                    "
        f"    {nodes_s * 1000:8.3f} ms a point"
    )
    edges_s = statistics.median(
        row[0]
        for row in (
            once(lambda at=at: ox.nearest_edges(plane, *at))
            for at in zip(x[:5], y[:5], strict=True)
        )
    )
    print(
        "   peer: osmnx.nearest_edges, the nearest edge without the place on it (five calls)      "
        f"    {edges_s * 1000:8.3f} ms a point"
    )
    print(
        f"   ratio {nodes_s / ours_s:.1f} to nearest_nodes, {edges_s / ours_s:.1f} to nearest_edges"
    )
    together = [
        median(lambda: roads.snap(points, PROFILE)),
        median(lambda: ox.nearest_nodes(plane, x, y)),
        statistics.median(once(lambda: ox.nearest_edges(plane, x, y))[0] for _ in range(5)),
    ]
    print(
        "   all points in one call: ours {:.3f} s, nearest_nodes {:.3f} s,"
        " nearest_edges {:.3f} s".format(*together)
    )
    ours = roads.snap(points, PROFILE)
    known = ours.segment >= 0
    to_node_m = crs.distance_m(points, roads.node_lonlat[np.array(ox.nearest_nodes(plane, x, y))])
    edges = ox.nearest_edges(plane, x[known], y[known])
    to_edge_m = np.array(
        [
            distance_to_m(graph, edge, point)
            for edge, point in zip(edges, points[known], strict=True)
        ]
    )
    farther = int((ours.distance_m[known] > to_node_m[known] * 1.005 + 1).sum())
    agree = int((np.abs(ours.distance_m[known] - to_edge_m) <= 0.005 * to_edge_m + 1).sum())
    print(
        f"   answers: {known.sum()} of {len(points)} points within the limit of"
        f" {roads.manifest.snap_limit_m / 1000:g} km;",
        end=" ",
    )
    print(
        f"never farther than the peer's node: {farther == 0}; as near as the peer's edge (0.5 %):"
        f" {agree} of {len(to_edge_m)}"
    )
    if farther or agree < len(to_edge_m):
        raise SystemExit("the answers differ")


def simple(roads: Network) -> np.ndarray:
    """Return the segments between nodes at which a place is joined to one and the same road by us
    and by the peer: one may turn off all roads there, and drive them both ways.
    """
    usable = roads.usable(PROFILE)
    other = ~(usable & roads.forward & roads.backward)
    beside = np.zeros(roads.node_count, bool)
    beside[roads.tail[other]] = beside[roads.head[other]] = True
    return ~other & ~beside[roads.tail] & ~beside[roads.head]


def by_osmnx(
    plane: nx.MultiDiGraph,
    joined: nx.MultiDiGraph,
    origins: gpd.GeoDataFrame,
    destinations: gpd.GeoDataFrame,
) -> np.ndarray:
    """Tabulate times between nearest nodes as notebooks with OSMnx do; seconds, NaN for no way."""
    sources = ox.nearest_nodes(joined, *in_plane(joined, origins))
    goals = ox.nearest_nodes(joined, *in_plane(joined, destinations))
    rows = []
    for source in sources:
        times, _paths = nx.single_source_dijkstra(plane, source, weight="travel_time")
        rows.append([times.get(goal, np.nan) for goal in goals])
    return np.array(rows)


def multidigraph(roads: Network, kept: np.ndarray | None = None) -> nx.MultiDiGraph:
    """Make the same network, or the segments that are kept, a graph as OSMnx makes them: one edge a
    direction, the gates among them.
    """
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for node, (lon, lat) in enumerate(roads.node_lonlat):
        graph.add_node(node, x=float(lon), y=float(lat))
    time_s = roads.time_s[PROFILE]
    for segment in np.flatnonzero(np.isfinite(time_s) & (True if kept is None else kept)):
        tail, head = int(roads.tail[segment]), int(roads.head[segment])
        about = {
            "osmid": int(segment),
            "length": float(roads.length_m[segment]),
            "travel_time": float(time_s[segment]),
        }
        line = shapely.LineString(roads.shape(segment))
        if roads.forward[segment]:
            graph.add_edge(tail, head, **about, geometry=line)
        if roads.backward[segment]:
            graph.add_edge(head, tail, **about, geometry=line.reverse())
    graph.remove_nodes_from([node for node, degree in list(graph.degree()) if not degree])
    return graph


def in_plane(plane: nx.MultiDiGraph, places: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray]:
    there = places.geometry.to_crs(plane.graph["crs"])
    return there.x.to_numpy(), there.y.to_numpy()


def places_at(roads: Network, nodes: np.ndarray) -> gpd.GeoDataFrame:
    """Return the nodes as places, each in the country of its roads: at a gate two nodes have one
    position.
    """
    country = np.full(roads.node_count, -1)
    inside = roads.country >= 0
    for ends in (roads.tail, roads.head):
        country[ends[inside]] = roads.country[inside]
    codes = np.array([*roads.manifest.countries, None], object)[country[nodes]]
    return gpd.GeoDataFrame(
        {"country": codes}, geometry=gpd.points_from_xy(*roads.node_lonlat[nodes].T), crs=crs.WGS84
    )


def distance_to_m(graph: nx.MultiDiGraph, edge: tuple[int, int, int], point: np.ndarray) -> float:
    line = shapely.transform(graph.edges[edge]["geometry"], crs.mercator)
    here = shapely.Point(crs.mercator(point))
    foot = shapely.get_coordinates(line.interpolate(line.project(here)))[0]
    return float(crs.distance_m(point, crs.from_mercator(foot)))


def grid(side: int) -> Network:
    """Make streets every hundredth of a degree, a minute from crossing to crossing."""
    nodes = np.arange(side * side).reshape(side, side)
    tail = np.concatenate([nodes[:, :-1].ravel(), nodes[:-1].ravel()]).astype(np.int32)
    head = np.concatenate([nodes[:, 1:].ravel(), nodes[1:].ravel()]).astype(np.int32)
    lonlat_ = np.stack(
        np.meshgrid(104 + 0.01 * np.arange(side), 20 + 0.01 * np.arange(side)), axis=-1
    ).reshape(-1, 2)
    m = len(tail)
    minute, both = np.full(m, 60.0), np.ones(m, bool)
    return Network(
        manifest=Manifest(
            "Made grid",
            "made up",
            "",
            None,
            {PROFILE: 36.0},
            1.0,
            5000.0,
            ("street",),
            (),
            (),
            (),
        ),
        node_lonlat=lonlat_,
        tail=tail,
        head=head,
        forward=both,
        backward=both,
        length_m=np.full(m, 1000.0),
        road_class=np.zeros(m, np.int16),
        name=np.full(m, -1, np.int32),
        gate=np.full(m, -1, np.int32),
        country=np.full(m, -1, np.int16),
        accessible=np.ones(m, bool),
        assumed=np.zeros(m, bool),
        shape_start=np.arange(0, 2 * m + 1, 2, dtype=np.int64),
        shape_lonlat=np.column_stack([lonlat_[tail], lonlat_[head]]).reshape(-1, 2),
        time_s={PROFILE: minute},
    )


def once(call: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    answer = call()
    return time.perf_counter() - start, answer


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    call()
    runs = [once(call) for _ in range(RUNS)]
    return statistics.median(run[0] for run in runs), runs[-1][1]


def median(call: Callable[[], Any]) -> float:
    return timed(call)[0]


if __name__ == "__main__":
    main()
