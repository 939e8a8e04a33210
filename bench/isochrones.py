"""Three isochrones at once: ours against the usual OSMnx notebook and Valhalla; how long, and how
many road points lie on the right side.

Run: python bench/isochrones.py [--small]
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from engine import ROOT, installed, made, timed

from geo import crs, layers
from geo.roads import access, contraction, isochrones, osm_download
from geo.roads.joining import Sides
from geo.roads.network import Manifest, Network

RUNS = 11
SLOW_RUNS = 5
ROAD_POINTS = 6000
EXTRACTS = {"hanoi.osm.pbf": (180, 360, 540), "malta.osm.pbf": (300, 600, 900)}
"""Limits in seconds; they hold some 7, 35 and 65 % of the roads of the first, and 15, 50 and 85 %
of the second.
"""
MADE = {"a part": (600, 1200, 1800), "all": (2400, 4800, 7200)}
EDGE_BUFFER_M, NODE_BUFFER_M = 25, 50
"""As in the OSMnx notebook on isochrones, remembered: ``make_iso_polys(G, edge_buff=25,
node_buff=50)``.
"""
NOWHERE = np.array([None], object)
"""The country of a point that names none."""
PACKAGES = (
    "numpy",
    "scipy",
    "numba",
    "shapely",
    "geopandas",
    "networkx",
    "pyvalhalla",
)


@dataclass(frozen=True)
class Task:
    """One network, one node of it to start from, the limits, and points on its roads with the time
    that `geo.roads.access` computes them.
    """

    network: Network
    node: int
    limits_s: tuple[int, ...]
    lonlat: np.ndarray
    time_s: np.ndarray

    @classmethod
    def of(cls, network: Network, limits_s: tuple[int, ...]) -> Task:
        main = network.main("car")
        lonlat = network.node_lonlat
        node = np.flatnonzero(main)[
            ((lonlat[main] - lonlat[main].mean(axis=0)) ** 2).sum(axis=1).argmin()
        ]
        roads = np.flatnonzero(
            main[network.tail]
            & main[network.head]
            & np.isfinite(network.time_s["car"])
            & (network.gate < 0)
        )
        dice = np.random.default_rng(0)
        drawn = dice.choice(
            roads, ROAD_POINTS, p=network.length_m[roads] / network.length_m[roads].sum()
        )
        lines = np.array([shapely.LineString(network.shape(segment)) for segment in drawn])
        points = shapely.get_coordinates(
            shapely.line_interpolate_point(lines, dice.random(ROAD_POINTS), normalized=True)
        )
        task = cls(network, int(node), limits_s, points, np.empty(0))
        times = access.time_matrix(network, task.point, layer(points)).to_numpy()[0]
        return cls(network, int(node), limits_s, points, times)

    @property
    def point(self) -> gpd.GeoDataFrame:
        return layer(self.network.node_lonlat[[self.node]])

    def right(self, areas: dict[int, Any], time_s: np.ndarray | None = None) -> str:
        """Return what share of the road points lies on the right side of each limit, and of all
        three.
        """
        truth, lonlat = (
            (self.time_s, self.lonlat)
            if time_s is None
            else (time_s[~np.isnan(time_s)], self.lonlat[~np.isnan(time_s)])
        )
        shares = [
            float((shapely.contains_xy(areas[limit], *lonlat.T) == (truth <= limit)).mean())
            for limit in self.limits_s
        ]
        return (
            f"{np.mean(shares):.2%} right ("
            + ", ".join(
                f"{limit / 60:g} min {share:.2%}"
                for limit, share in zip(self.limits_s, shares, strict=True)
            )
            + ")"
        )


def layer(lonlat: np.ndarray) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(*lonlat.T), crs=4326)


def main() -> None:
    print("command   python " + " ".join(["bench/isochrones.py", *sys.argv[1:]]))
    print(
        f"machine   {os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python"
        f" {platform.python_version()}"
    )
    print(
        "packages  "
        + ", ".join(
            f"{name} {installed(name) or 'is not installed: left out'}" for name in PACKAGES
        )
    )
    print(
        f"times     median (least) of {RUNS} runs in one process after one that does not count,"
        f" {SLOW_RUNS} where one takes over a second"
    )
    start = time.perf_counter()
    contraction.warm_up()
    isochrones.warm_up()
    print(
        f"compiled  in {time.perf_counter() - start:.1f} s (up to a minute the first time, kept on"
        " disk)\n",
        flush=True,
    )
    speeds = layers.read_table(layers.bundled(), "speeds")
    for name, limits_s in EXTRACTS.items():
        path = ROOT.parent / "shared" / "osm" / name
        if not path.is_file():
            print(f"{name} is not in {path.parent.name}: left out\n")
            continue
        task = Task.of(osm_download.read(path, speeds=speeds).prepared(), limits_s)
        ours = measure(name, task)
        if find_spec("networkx"):
            for title, drawn_by in (("OSMnx, buffered", buffered), ("OSMnx, hulls", hulls)):
                seconds, areas = repeated(drawn_by(task))
                line(title, seconds, task.right(unprojected(areas, task)), ours)
        if find_spec("valhalla"):
            with valhalla(task, path) as peer:
                seconds, answer = repeated(peer.draw)
                line("Valhalla", seconds, task.right(peer.areas(answer), peer.time_s), ours)
                print(f"      {peer.about(task)}")
        print(flush=True)
    if "--small" not in sys.argv:
        network = as_network(made(1_000_000)).prepared()
        for what, limits_s in MADE.items():
            measure(f"made, 1,000,000, {what} of it", Task.of(network, limits_s))
            print(flush=True)


def measure(name: str, task: Task) -> float:
    """Measure ours; return the median in seconds."""
    network = task.network
    print(f"{name}: {network.node_count:,} nodes, {network.segment_count:,} segments")
    print(
        "   limits of " + ", ".join(f"{limit / 60:g}" for limit in task.limits_s) + " min hold ",
        end="",
    )
    print(
        ", ".join(f"{(task.time_s <= limit).mean():.0%}" for limit in task.limits_s)
        + f" of {ROAD_POINTS:,} random points on its roads"
    )
    at, limits = network.node_lonlat[[task.node]], isochrones.descending(task.limits_s)

    def joined() -> Sides:
        return Sides.at(network, at, "car", country=NOWHERE)

    def ours() -> list[Any]:
        return isochrones.areas(network, joined(), limits)

    first_s, _ = timed(ours)
    seconds, areas = repeated(ours)
    if not shapely.is_valid(areas).all():
        raise SystemExit("an area is not valid")
    reach_s, _ = repeated(lambda: access.reach(network, joined()))
    verdict = task.right(dict(zip(map(int, limits), areas, strict=True)))
    line("ours", seconds, verdict)
    print(f"      of which times to all nodes {statistics.median(reach_s) * 1e3:.1f} ms", end="")
    print(f"; the first call, which puts the roads in order, {first_s * 1e3:.0f} ms")
    return statistics.median(seconds)


def repeated(question: Callable[[], Any]) -> tuple[list[float], Any]:
    first_s, answer = timed(question)
    return [timed(question)[0] for _ in range(SLOW_RUNS if first_s > 1 else RUNS)], answer


def line(name: str, seconds: list[float], verdict: str, ours_s: float | None = None) -> None:
    ratio = f", {statistics.median(seconds) / ours_s:,.1f} x" if ours_s else ""
    print(
        f"   {name:18}{statistics.median(seconds) * 1e3:10.1f} ms"
        f" ({min(seconds) * 1e3:.1f}){ratio}; {verdict}",
        flush=True,
    )


# Peers --------------------------------------------------------------------------------------------


def utm(lonlat: np.ndarray) -> int:
    return 32601 + int((lonlat[0, 0] + 180) // 6)


def graph_of(task: Task) -> Any:
    """Make what OSMnx would hand over after ``project_graph`` and ``add_edge_travel_times``: our
    network, in metres.
    """
    import networkx as nx

    network, zone = task.network, utm(task.network.node_lonlat)
    graph = nx.MultiDiGraph()
    xy = crs.transform(network.node_lonlat, source=4326, target=zone).tolist()
    graph.add_nodes_from((node, {"x": x, "y": y}) for node, (x, y) in enumerate(xy))
    shapes = crs.transform(network.shape_lonlat, source=4326, target=zone)
    for i in np.flatnonzero(np.isfinite(network.time_s["car"])).tolist():
        geometry = shapely.LineString(shapes[network.shape_start[i] : network.shape_start[i + 1]])
        for allowed, tail, head in (
            (network.forward[i], network.tail[i], network.head[i]),
            (network.backward[i], network.head[i], network.tail[i]),
        ):
            if allowed:
                graph.add_edge(
                    int(tail), int(head), time=float(network.time_s["car"][i]), geometry=geometry
                )
    return graph


def buffered(task: Task) -> Callable[[], dict[int, Any]]:
    """Return what buffers and unites the roads between the nodes reached, as the OSMnx
    notebook on isochrones does, but leaves holes open.
    """
    import networkx as nx

    graph = graph_of(task)

    def draw() -> dict[int, Any]:
        areas = {}
        for limit in sorted(task.limits_s, reverse=True):
            part = nx.ego_graph(graph, task.node, radius=limit, distance="time")
            nodes = gpd.GeoSeries(
                [shapely.Point(data["x"], data["y"]) for _, data in part.nodes(data=True)]
            ).buffer(NODE_BUFFER_M)
            roads = gpd.GeoSeries([data["geometry"] for *_, data in part.edges(data=True)]).buffer(
                EDGE_BUFFER_M
            )
            areas[limit] = gpd.GeoSeries([*nodes, *roads]).union_all()
        return areas

    return draw


def hulls(task: Task) -> Callable[[], dict[int, Any]]:
    """Return what draws the convex hull of the nodes reached."""
    import networkx as nx

    graph = graph_of(task)

    def draw() -> dict[int, Any]:
        areas = {}
        for limit in sorted(task.limits_s, reverse=True):
            part = nx.ego_graph(graph, task.node, radius=limit, distance="time")
            areas[limit] = (
                gpd.GeoSeries(
                    [shapely.Point(data["x"], data["y"]) for _, data in part.nodes(data=True)]
                )
                .union_all()
                .convex_hull
            )
        return areas

    return draw


def unprojected(areas: dict[int, Any], task: Task) -> dict[int, Any]:
    zone = utm(task.network.node_lonlat)
    return {
        limit: shapely.transform(area, lambda xy: crs.transform(xy, source=zone, target=4326))
        for limit, area in areas.items()
    }


@dataclass(frozen=True)
class Valhalla:
    """What draws three polygons in one request, by car; the times by its own matrix say which
    points should lie inside.
    """

    draw: Callable[[], Any]
    time_s: np.ndarray
    built_s: float

    @staticmethod
    def areas(answer: Any) -> dict[int, Any]:
        return {
            round(feature["properties"]["contour"] * 60): shapely.make_valid(
                shapely.from_geojson(json.dumps(feature))
            )
            for feature in answer["features"]
        }

    def about(self, task: Task) -> str:
        lost = int(np.isnan(self.time_s).sum())
        shares = ", ".join(f"{(self.time_s <= limit).mean():.0%}" for limit in task.limits_s)
        return (
            f"by its own matrix, which holds {shares} of the points"
            + (f"; {lost} points without a time left out" if lost else "")
            + f"; tiles built in {self.built_s:.1f} s"
        )


@contextmanager
def valhalla(task: Task, path: Path) -> Iterator[Valhalla]:
    """Build the tiles of Valhalla in a folder that is there as long as it is asked."""
    import valhalla as library

    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "tiles").mkdir()
        config = library.get_config(tile_extract="", tile_dir=f"{folder}/tiles")
        config["service_limits"]["auto"] |= {
            "max_matrix_location_pairs": ROAD_POINTS,
            "max_locations": ROAD_POINTS + 1,
        }
        config["thor"]["source_to_target_algorithm"] = (
            "timedistancematrix"  # one search for all points; the other takes minutes
        )
        Path(folder, "valhalla.json").write_text(json.dumps(config), encoding="utf-8")
        build = [
            str(Path(library.__file__).parent / "bin" / "valhalla_build_tiles"),
            "-c",
            f"{folder}/valhalla.json",
            str(path),
        ]
        built_s, _ = timed(lambda: subprocess.run(build, check=True, capture_output=True))
        actor = library.Actor(config)
        here = dict(zip(("lon", "lat"), task.network.node_lonlat[task.node].tolist(), strict=True))
        request = {
            "locations": [here],
            "costing": "auto",
            "contours": [{"time": limit / 60} for limit in task.limits_s],
            "polygons": True,
        }
        there = [{"lon": lon, "lat": lat} for lon, lat in task.lonlat.tolist()]
        matrix = actor.matrix({"sources": [here], "targets": there, "costing": "auto"})
        times = [target["time"] for target in matrix["sources_to_targets"][0]]
        time_s = np.array([np.nan if time is None else time for time in times], float)
        yield Valhalla(lambda: actor.isochrone(request), time_s, built_s)


# Networks -----------------------------------------------------------------------------------------


def as_network(roads: Any) -> Network:
    """Make a network of a graph: the two directions of a road are one segment."""
    arcs, n = roads.time_s.tocoo(), roads.time_s.shape[0]
    low, high = np.minimum(arcs.row, arcs.col).astype(np.int64), np.maximum(arcs.row, arcs.col)
    order = np.lexsort((arcs.row != low, low * n + high))
    _, first, count = np.unique((low * n + high)[order], return_index=True, return_counts=True)
    cell = order[first]
    tail, head, lonlat, m = (
        arcs.row[cell].astype(np.int32),
        arcs.col[cell].astype(np.int32),
        np.ascontiguousarray(roads.lonlat),
        len(cell),
    )
    return Network(
        manifest=Manifest(
            title=roads.name,
            source="made",
            licence="",
            as_of=None,
            access_speed_kph={"car": 30.0},
            access_detour=1.4,
            snap_limit_m=5000.0,
            road_classes=(),
            names=(),
            gates=(),
            countries=(),
        ),
        node_lonlat=lonlat,
        tail=tail,
        head=head,
        forward=np.ones(m, bool),
        backward=count == 2,
        length_m=crs.distance_m(lonlat[tail], lonlat[head]),
        road_class=np.full(m, -1, np.int16),
        name=np.full(m, -1, np.int32),
        gate=np.full(m, -1, np.int32),
        country=np.full(m, -1, np.int16),
        accessible=np.ones(m, bool),
        assumed=np.zeros(m, bool),
        shape_start=np.arange(0, 2 * m + 1, 2),
        shape_lonlat=np.column_stack([lonlat[tail], lonlat[head]]).reshape(-1, 2),
        time_s={"car": arcs.data[cell]},
    )


if __name__ == "__main__":
    main()
