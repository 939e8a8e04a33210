"""Measure a click: one point joined to the roads, and the times from there to 200 places; in a
process and over HTTP.

Run ``python bench/lookup.py`` in an environment with networkx and pyroutingkit (left out where
missing) and scgraph-data; with ``--small`` only what is small, with ``--main-roads`` the built-in
network only. Networks are that one, those of ``engine.py``, taken as straight roads, and two
extracts of OpenStreetMap. The made ones are cut in two countries by a border in the middle, with 35
gates: the other roads across it are taken away."""

from __future__ import annotations

import http.client
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import engine
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo import Atlas, crs, layers
from geo.roads import access, contraction, gate_overlay, osm_download, snapping, storage, surfaces
from geo.roads.drive import MAIN_ROADS
from geo.roads.joining import Sides
from geo.roads.network import Manifest, Network

RUNS = 5
CLICKS = 1000
PLACES = 200
GATES = 35
MADE = ("AA", "BB")
"""The countries of a made network."""
OSMNX_NODES = 60_000
"""On larger networks its graph does not fit beside the others."""
CONNECTIONS = 16
REQUESTS = 200
"""Requests on each connection."""


def main() -> None:
    print("command   python " + " ".join(["bench/lookup.py", *sys.argv[1:]]))
    print(
        f"machine   {os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python"
        f" {platform.python_version()}"
    )
    print(
        f"clicks    {CLICKS} random points, each alone; {PLACES} random places; medians; answers"
        " compared with the engine's"
    )
    for module in (snapping, gate_overlay, contraction):
        module.warm_up()
    with tempfile.TemporaryDirectory() as folder:
        for name, network in networks():
            measure(name, network, Path(folder))


def networks() -> Iterator[tuple[str, Network]]:
    with tempfile.TemporaryDirectory() as home:
        yield MAIN_ROADS, Atlas.open(home=home).network()
    if "--main-roads" in sys.argv:
        return
    speeds = layers.read_table(layers.bundled(), "speeds")
    for name in ("hanoi.osm.pbf", "malta.osm.pbf"):
        path = engine.ROOT.parent / "shared" / "osm" / name
        if path.is_file():
            yield name, osm_download.read(path, speeds=speeds)
        else:
            print(f"{name} is not in {path.parent}: left out")
    yield "made, 50,000", two_countries(engine.made(50_000))
    if "--small" in sys.argv:
        return
    for roads in engine.world():
        yield roads.name, straight(roads)
    yield "made, 1,000,000", two_countries(engine.made(1_000_000))


def straight(roads: engine.Roads) -> Network:
    """Make a network of straight segments from the arcs of a graph; two arcs between two nodes are
    one segment each way.
    """
    arcs = roads.time_s.tocoo()
    n = roads.time_s.shape[0]
    pairs, back = np.unique(
        np.minimum(arcs.row, arcs.col).astype(np.int64) * n + np.maximum(arcs.row, arcs.col),
        return_inverse=True,
    )
    tail, head = (pairs // n).astype(np.int32), (pairs % n).astype(np.int32)
    ahead_s, back_s = np.full(len(pairs), np.inf), np.full(len(pairs), np.inf)
    ahead = arcs.row < arcs.col
    ahead_s[back[ahead]], back_s[back[~ahead]] = arcs.data[ahead], arcs.data[~ahead]
    # a segment has one time: where the two ways differ, the slower one
    time_s = np.where(
        np.isfinite(ahead_s) & np.isfinite(back_s),
        np.maximum(ahead_s, back_s),
        np.minimum(ahead_s, back_s),
    )
    m = len(pairs)
    return Network(
        manifest=Manifest(
            title="Made",
            source="made",
            licence="CC0-1.0",
            as_of=None,
            access_speed_kph={"car": 30.0},
            access_detour=1.4,
            snap_limit_m=30_000.0,
            road_classes=("road",),
            names=(),
            gates=(),
            countries=(),
        ),
        node_lonlat=np.ascontiguousarray(roads.lonlat),
        tail=tail,
        head=head,
        forward=np.isfinite(ahead_s),
        backward=np.isfinite(back_s),
        length_m=crs.distance_m(roads.lonlat[tail], roads.lonlat[head]),
        road_class=np.zeros(m, np.int16),
        name=np.full(m, -1, np.int32),
        gate=np.full(m, -1, np.int32),
        country=np.full(m, -1, np.int16),
        accessible=np.ones(m, bool),
        assumed=np.zeros(m, bool),
        shape_start=np.arange(0, 2 * m + 1, 2),
        shape_lonlat=np.column_stack([roads.lonlat[tail], roads.lonlat[head]]).reshape(-1, 2),
        time_s={"car": time_s},
    )


def two_countries(roads: engine.Roads) -> Network:
    """Cut a network in the middle, except at some roads both ways, which become gates of twenty
    minutes.
    """
    network = straight(roads)
    side = network.node_lonlat[:, 0] > np.median(network.node_lonlat[:, 0])
    across = np.flatnonzero(side[network.tail] != side[network.head])
    open_ = across[network.forward[across] & network.backward[across]]
    gates = np.random.default_rng(0).choice(open_, GATES, replace=False)
    gate = network.gate.copy()
    gate[gates] = np.arange(GATES)
    time_s = network.time_s["car"].copy()
    time_s[across] = np.inf
    time_s[gates] = network.time_s["car"][gates] + 1200
    country = np.where(side[network.tail], 1, 0).astype(np.int16)
    country[across] = -1
    manifest = replace(
        network.manifest, gates=tuple(f"gate-{i}" for i in range(GATES)), countries=MADE
    )
    return replace(network, manifest=manifest, gate=gate, country=country, time_s={"car": time_s})


def draw(network: Network, count: int, seed: int) -> gpd.GeoDataFrame:
    """Draw points beside roads: a random node, and some 200 m from there."""
    dice = np.random.default_rng(seed)
    main = np.flatnonzero(network.main("car"))
    lonlat = network.node_lonlat[dice.choice(main, count)] + dice.normal(0, 0.002, (count, 2))
    frame = gpd.GeoDataFrame(
        index=[f"p{i}" for i in range(count)], geometry=gpd.points_from_xy(*lonlat.T), crs=4326
    )
    if network.manifest.countries == MADE:
        middle = np.median(network.node_lonlat[:, 0])
        frame["country"] = np.where(lonlat[:, 0] > middle, "BB", "AA")
    return frame


def measure(name: str, network: Network, folder: Path) -> None:
    print(f"\n{name}: {network.node_count:,} nodes, {network.segment_count:,} segments")
    network = network.prepared()
    if len(network.hierarchies) > 1:  # the peers know one vehicle
        network = replace(network, hierarchies={"car": network.hierarchies["car"]})
    places, clicks = draw(network, PLACES, 1), draw(network, CLICKS, 2)
    path = storage.save(network, folder / "network")
    made_s, _ = engine.timed(lambda: surfaces.write(network, places, path))
    print(
        f"   surfaces       {made_s:.2f} s for both directions,"
        f" {surfaces.size_mb(network, places):.0f} MB"
    )
    opened = [engine.timed(lambda: storage.load(path)) for _ in range(RUNS)]
    network = opened[0][1]
    print(f"   opening        {statistics.median(seconds for seconds, _ in opened) * 1e3:.1f} ms")
    loaded_s, loaded = engine.timed(lambda: surfaces.load(network, places, path))
    lookup = loaded["car"]
    print(f"   opening the surfaces, their places joined to roads: {loaded_s * 1e3:.1f} ms")

    at = [
        (point[None], country)
        for point, country in zip(
            shapely.get_coordinates(clicks.geometry), countries(clicks), strict=True
        )
    ]
    snaps = [engine.timed(lambda p=p, c=c: network.snap(p, "car", country=c))[0] for p, c in at]
    print(f"   snap           ours {summary(snaps)}", end="")
    print(f"; a kept STRtree of Shapely, segment only, {summary(tree(network, at))}")
    answers = [
        engine.timed(lambda p=p, c=c: lookup.times(Sides.at(network, p, "car", country=c)))
        for p, c in at
    ]
    click = statistics.median(seconds for seconds, _ in answers)
    print(
        f"   click          ours {summary([seconds for seconds, _ in answers])}, snap included",
        flush=True,
    )
    truth = access.time_matrix(network, clicks.iloc[:50], places).to_numpy()
    answer = np.concatenate([answer for _, answer in answers[:50]])
    if not same(answer, truth):
        raise SystemExit("the lookups differ from the engine")
    plain = [
        engine.timed(lambda i=i: access.time_matrix(network, clicks.iloc[[i]], places))[0]
        for i in range(20)
    ]
    print(
        f"   click, fresh   ours {summary(plain)}: the engine without surfaces, all {PLACES} places"
        " snapped too"
    )
    for peer, ask in peers(network, places):
        times = [
            engine.timed(lambda p=p, ask=ask: ask(p))[0]
            for p, _ in at[: 3 if peer.startswith("NetworkX") else 200]
        ]
        print(
            f"      {peer:40} {summary(times)}, {statistics.median(times) / click:,.0f} x",
            flush=True,
        )
    table = [
        engine.timed(lambda: lookup.times(Sides.of(network, places, "car")))[0] for _ in range(RUNS)
    ]
    print(f"   200 x 200      ours {summary(table)} by lookup, snaps included")
    if network.manifest.gates:
        gate_off(network, lookup, at, clicks, places)
    if name != MAIN_ROADS and network.node_lonlat[:, 0].min() > 100:  # the app's map is of there
        over_http(network, folder)


def gate_off(
    network: Network,
    lookup: surfaces.Surfaces,
    at: Any,
    clicks: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
) -> None:
    """Close one gate after the other, ask at once, and compare with a network that is searched
    without that gate.
    """
    spent = []
    for i in range(20):
        begin = time.perf_counter()
        closed = network.with_waiting({network.manifest.gates[i]: np.inf})
        answer = replace(lookup, network=closed).times(
            Sides.at(closed, at[i][0], "car", country=at[i][1])
        )
        spent.append(time.perf_counter() - begin)
        if i < 2:
            searched = replace(closed, hierarchies={})
            truth = access.time_matrix(searched, clicks.iloc[[i]], places).to_numpy()
            if not same(answer, truth):
                raise SystemExit("with a gate closed the lookups differ from a search")
    print(
        f"   a gate closed  ours {summary(spent)} to the first click with it; equal to a search of"
        " the whole network without it"
    )


def same(answer: np.ndarray, truth: np.ndarray) -> bool:
    """Compare times kept in single precision, which has seven digits, with exact ones."""
    apart = np.abs(answer - truth)
    return bool(
        (np.isnan(answer) == np.isnan(truth)).all()
        and not (apart > np.maximum(0.02, 3e-7 * truth)).any()
    )


def countries(frame: gpd.GeoDataFrame) -> list[np.ndarray]:
    codes = frame["country"] if "country" in frame else [None] * len(frame)
    return [np.array([code], object) for code in codes]


def summary(times: list[float]) -> str:
    return (
        f"{statistics.median(times) * 1e3:.3f} ms (99 % below {np.percentile(times, 99) * 1e3:.3f})"
    )


# Peers --------------------------------------------------------------------------------------------


def tree(network: Network, at: Any) -> list[float]:
    usable = np.flatnonzero(network.usable("car"))
    lines = shapely.linestrings(
        crs.mercator(network.shape_lonlat),
        indices=np.repeat(np.arange(network.segment_count), np.diff(network.shape_start)),
    )
    index = shapely.STRtree(lines[usable])
    index.nearest(shapely.points(crs.mercator(at[0][0])))
    return [
        engine.timed(lambda p=p: index.nearest(shapely.points(crs.mercator(p))))[0]
        for p, _ in at[:200]
    ]


def peers(
    network: Network, places: gpd.GeoDataFrame
) -> Iterator[tuple[str, Callable[[np.ndarray], Any]]]:
    """Return what answers from the nearest node, which is found in a tree that is kept: less than
    is asked of ours."""
    from scipy.spatial import cKDTree

    graph = replace(network, bans={}).arcs("car").time_s  # the peers know no bans
    nodes = np.flatnonzero(network.main("car"))
    near = cKDTree(network.node_lonlat[nodes])
    goal = nodes[near.query(np.column_stack([places.geometry.x, places.geometry.y]))[1]]
    if find_spec("pyroutingkit"):
        import pyroutingkit

        arcs = graph.tocoo()
        lon, lat = np.ascontiguousarray(network.node_lonlat.T, np.float32)
        topology = pyroutingkit.CCHTopology()
        topology.build(arcs.row.astype(np.uint32), arcs.col.astype(np.uint32), lat, lon, len(lat))
        metric = pyroutingkit.CCHMetric(topology)
        metric.customize(np.maximum(np.rint(arcs.data * 1e3), 1).astype(np.uint32))
        ends = goal.astype(np.uint32)
        yield (
            "RoutingKit",
            lambda p: metric.distances_many_to_many(
                nodes[near.query(p)[1]].astype(np.uint32), ends
            ),
        )
    if find_spec("networkx"):
        import networkx as nx

        arcs = graph.tocoo()
        roads = nx.DiGraph()
        roads.add_weighted_edges_from(
            zip(arcs.row.tolist(), arcs.col.tolist(), arcs.data.tolist(), strict=True)
        )
        yield (
            "NetworkX",
            lambda p: nx.single_source_dijkstra_path_length(roads, int(nodes[near.query(p)[1]][0])),
        )
        if find_spec("osmnx") and network.node_count <= OSMNX_NODES:
            import osmnx as ox

            streets = nx.MultiDiGraph(roads, crs="EPSG:4326")
            for node, (x, y) in enumerate(network.node_lonlat.tolist()):
                streets.add_node(node, x=x, y=y)
            streets = ox.project_graph(streets)
            place = ox.projection.project_geometry

            def by_osmnx(p: np.ndarray) -> Any:
                point = place(shapely.Point(p[0]), to_crs=streets.graph["crs"])[0]
                return nx.single_source_dijkstra_path_length(
                    streets,
                    ox.nearest_nodes(streets, *shapely.get_coordinates(point)[0]),
                    weight="weight",
                )

            yield "NetworkX after osmnx.nearest_nodes", by_osmnx


# Over HTTP ----------------------------------------------------------------------------------------


def over_http(network: Network, folder: Path) -> None:
    """Serve the network with a data package of so many cities, most of them on it, and ask for
    times on several connections at once.
    """
    from webapp.store import Store

    data, home = folder / "data", folder / "home"
    for old in (data, home):
        shutil.rmtree(old, ignore_errors=True)
    shutil.copytree(layers.bundled(), data)
    cities = pd.read_csv(data / "cities.csv", dtype=str, keep_default_na=False)
    count = PLACES - len(cities)
    chosen = draw(network, count, 3).geometry
    rows = pd.concat([cities] * (count // len(cities) + 1), ignore_index=True).iloc[:count]
    rows = rows.assign(
        id=[f"place-{i}" for i in range(count)],
        country="VN",
        lon=chosen.x.round(5).to_numpy(),
        lat=chosen.y.round(5).to_numpy(),
    )
    pd.concat([cities, rows]).to_csv(data / "cities.csv", index=False)
    none = np.full(network.segment_count, -1)
    manifest = replace(
        network.manifest, countries=(), gates=()
    )  # the app knows the countries of its own map only
    bare = replace(
        network,
        manifest=manifest,
        gate=none.astype(np.int32),
        country=none.astype(np.int16),
    )
    path = storage.save(bare.prepared(), home / "networks" / "large")
    surfaces.write(storage.load(path), Store(data, home, "http://localhost").targets(), path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "webapp.cli.main",
        "--data",
        str(data),
        "serve",
        "--port",
        str(port),
    ]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, env=os.environ | {"ZONEATLAS_HOME": str(home)}
    ) as server:
        try:
            asked = load(port, draw(network, CONNECTIONS * REQUESTS, 4).geometry)
        finally:
            server.terminate()
    total = sum(asked)
    rate = len(asked) * CONNECTIONS / total
    print(
        f"   over HTTP      {CONNECTIONS} connections, {len(asked):,} clicks: {summary(asked)};"
        f" {rate:,.0f} answers a second",
        flush=True,
    )


def load(port: int, points: gpd.GeoSeries) -> list[float]:
    """Ask on all connections at once, the next question when the last is answered; the first of
    each does not count.
    """
    spent: list[float] = []
    wrong: list[str] = []

    def work(mine: list[Any]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for i, point in enumerate(mine):
            begin = time.perf_counter()
            connection.request(
                "GET", f"/api/times?lon={point.x:.5f}&lat={point.y:.5f}&profile=car&network=large"
            )
            answer = connection.getresponse()
            body = answer.read()
            if i:
                spent.append(time.perf_counter() - begin)
            if answer.status != 200 or b"place-0" not in body:
                wrong.append(body.decode(errors="replace")[:200])

    wait_for(port)
    workers = [
        threading.Thread(target=work, args=(list(points)[i::CONNECTIONS],))
        for i in range(CONNECTIONS)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if wrong:
        raise SystemExit(f"{len(wrong)} answers are wrong, the first: {wrong[0]}")
    return spent


def wait_for(port: int) -> None:
    for _ in range(600):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", "/api/times?lon=105.8&lat=21&profile=car&network=large")
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server does not answer")


if __name__ == "__main__":
    main()
