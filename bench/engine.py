"""The road engine against SciPy, NetworkX, pandana and RoutingKit: preparation, surfaces, tables,
paths; prints its own setting.

Run: python bench/engine.py [--made-only] [--small]
"""

from __future__ import annotations

import multiprocessing
import os
import platform
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, files, version
from importlib.util import find_spec
from itertools import pairwise
from math import log
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra

from geo.roads import contraction

ROOT = Path(__file__).resolve().parent.parent
RUNS = 5
POINTS = 200
AT_ONCE = 64
SCIPY_ORIGINS = 10
PACKAGES = ("numpy", "scipy", "numba", "networkx", "pandana", "pyroutingkit", "scgraph_data")
COLOURS = {"RoutingKit": "#b35806", "pandana": "#7a3b8f", "SciPy": "#3b7d3b", "NetworkX": "#8a1c2b"}
DIFFERENCE = 3e-3
"""Largest share by which answers may differ: RoutingKit and pandana round every arc, some of a
second, to a millisecond.
"""


@dataclass(frozen=True)
class Roads:
    """The largest strongly connected component of a network: seconds by arc, and where the nodes
    lie.
    """

    name: str
    time_s: Any
    lonlat: np.ndarray


def main() -> None:
    print("command   python " + " ".join(["bench/engine.py", *sys.argv[1:]]))
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
        f"times     median of {RUNS} runs in one process, ours on one core, new points at each run;"
        " answers compared at each run"
    )
    start = time.perf_counter()
    contraction.warm_up()
    print(
        f"compiled  in {time.perf_counter() - start:.1f} s (some 30 s the first time, kept on"
        " disk)\n",
        flush=True,
    )
    sizes = [measure(roads) for roads in networks()]
    if "--plot" in sys.argv:
        plot(sizes, Path(sys.argv[sys.argv.index("--plot") + 1]))
    synthetic = [size for size in sizes if size["name"].startswith("made")]
    for small, large in pairwise(synthetic):
        steps = log(large["nodes"] / small["nodes"])
        grown = {
            what: log(large[what] / small[what]) / steps
            for what in small
            if what not in ("name", "nodes", "peers")
        }
        print(
            f"growth from {small['nodes']:,} to {large['nodes']:,} nodes, as exponents of the"
            " number of nodes:"
        )
        print("   " + ", ".join(f"{what} {exponent:.2f}" for what, exponent in grown.items()))


def installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


# Networks -----------------------------------------------------------------------------------------


def networks() -> Iterator[Roads]:
    if "--made-only" not in sys.argv:
        yield from extracts()
    yield made(50_000)
    if "--small" in sys.argv:
        return
    if "--made-only" not in sys.argv:
        yield from world()
    yield made(1_000_000)


def extracts() -> Iterator[Roads]:
    """Read the OpenStreetMap extracts, by car."""
    from geo import layers
    from geo.roads import osm_download

    speeds = layers.read_table(layers.bundled(), "speeds")
    for name in ("hanoi.osm.pbf", "malta.osm.pbf"):
        path = ROOT.parent / "shared" / "osm" / name
        if not path.is_file():
            print(f"{name} is not in {path.parent}: left out\n")
            continue
        start = time.perf_counter()
        network = osm_download.read(path, speeds=speeds)
        # turns are free, because no peer knows bans: turns.py measures what they cost
        graph = replace(network, bans={}).arcs("car").time_s
        print(f"{name}: read in {time.perf_counter() - start:.1f} s")
        yield strong(name, graph, network.node_lonlat)


def world() -> Iterator[Roads]:
    """Read the world highways of scgraph-data from its source text: kilometres, driven here at 60
    km/h.
    """
    ours = (
        [file for file in files("scgraph_data") or [] if file.name == "world_highways.py"]
        if installed("scgraph_data")
        else []
    )
    if not ours:
        print("world highways: scgraph-data is not installed, left out\n")
        return
    text = Path(str(ours[0].locate())).read_text(encoding="utf-8")
    arcs, nodes = (text[text.index(f"{name}=[") + len(name) + 1 :] for name in ("graph", "nodes"))
    arcs, nodes = arcs[: arcs.index("]")], nodes[: nodes.index("]]")]
    count = np.array([row.count(":") for row in arcs.split("}, {")])
    pairs = np.array(re.findall(r"[\d.e+-]+", arcs), float).reshape(-1, 2)
    tail, head, km = np.repeat(np.arange(len(count)), count), pairs[:, 0].astype(int), pairs[:, 1]
    other = tail != head
    graph = csr_matrix(
        (np.maximum(km[other] * 60, 1e-3), (tail[other], head[other])), shape=(len(count),) * 2
    )
    lonlat = np.array(re.findall(r"[\d.e+-]+", nodes), float).reshape(-1, 2)[:, ::-1]
    yield strong("world highways of scgraph-data", graph, lonlat)


def made(size: int) -> Roads:
    """Make a network: a square grid 150 m wide, its nodes moved by up to 35 %, roads up to 30 %
    longer than straight.

    Every 8th, 32nd and 128th line is a main road (45, 70, 100 km/h instead of 25). Of the small
    streets a quarter is missing and 15 % of the others are one-way."""
    rng = np.random.default_rng(0)
    side = round(size**0.5)
    line = np.arange(side)
    node = np.arange(side * side).reshape(side, side)
    xy = np.stack(np.meshgrid(line, line), -1).reshape(-1, 2) + rng.uniform(
        -0.35, 0.35, (side * side, 2)
    )
    level = np.select([line % 128 == 0, line % 32 == 0, line % 8 == 0], [3, 2, 1], 0)
    tail, head = (
        np.r_[node[:, :-1].ravel(), node[:-1].ravel()],
        np.r_[node[:, 1:].ravel(), node[1:].ravel()],
    )
    class_ = np.r_[np.repeat(level, side - 1), np.tile(level, side - 1)]
    length_m = np.hypot(*(xy[tail] - xy[head]).T) * 150 * rng.uniform(1, 1.3, len(tail))
    time_s = length_m / (np.array([25, 45, 70, 100])[class_] / 3.6)
    kept = (class_ > 0) | (rng.random(len(tail)) > 0.25)
    back = kept & ((class_ > 0) | (rng.random(len(tail)) > 0.15))
    ends = np.r_[tail[kept], head[back]], np.r_[head[kept], tail[back]]
    graph = csr_matrix((np.r_[time_s[kept], time_s[back]], ends), shape=(side * side,) * 2)
    return strong(f"made, {size:,}", graph, [105, 20] + xy * 150 / 111_000)


def strong(name: str, graph: Any, lonlat: np.ndarray) -> Roads:
    label = connected_components(graph, connection="strong")[1]
    main = np.flatnonzero(label == np.bincount(label).argmax())
    part = csr_matrix(graph[main][:, main])
    part.sort_indices()
    return Roads(name, part, lonlat[main])


# Measuring ----------------------------------------------------------------------------------------


def timed(question: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    answer = question()
    return time.perf_counter() - start, answer


def measure(roads: Roads) -> dict[str, Any]:
    """Ask ours and the peers the same; return the figures of ours whose growth is of interest."""
    n = roads.time_s.shape[0]
    print(f"{roads.name}: {n:,} nodes, {roads.time_s.nnz:,} arcs")
    prepared = [timed(lambda: contraction.build(roads.time_s)) for _ in range(RUNS)]
    ours_s, ours = statistics.median(seconds for seconds, _ in prepared), prepared[0][1]
    stored_mb = sum(getattr(ours, name).nbytes for name in contraction.ARRAYS) / 1e6
    peak_mb = peak(roads)
    print(
        f"   preparation    ours {ours_s:8.2f} s, {stored_mb:.1f} MB kept, {peak_mb:.0f} MB more at"
        " the peak",
        end="",
    )
    print(f", {len(ours.up_head) / n:.2f} arcs up and {len(ours.down_tail) / n:.2f} down a node")
    peers = {name: peer for name, find in PEERS.items() if (peer := find(roads)) is not None}
    draws = [np.random.default_rng(run).integers(0, n, (2, POINTS)) for run in range(RUNS + 1)]

    one_s = [timed(lambda d=d: contraction.one_to_all(ours, d[0, :1]))[0] for d in draws][1:]
    many = [
        timed(lambda d=d: contraction.one_to_all(ours, d[0, :AT_ONCE], dtype=np.float32))[0]
        for d in draws
    ][1:]
    scipy = [timed(lambda d=d: dijkstra(roads.time_s, indices=d[0, :1])) for d in draws][1:]
    for (_, truth), draw in zip(scipy, draws[1:], strict=True):
        agree("one to all", contraction.one_to_all(ours, draw[0, :1]), truth, 1e-9)
    single, together, truth_s = (
        statistics.median(one_s),
        statistics.median(many),
        statistics.median(s for s, _ in scipy),
    )
    print(
        f"   one to all     ours {single * 1e3:8.2f} ms; {together / AT_ONCE * 1e3:.2f} ms each of"
        f" {AT_ONCE} at once, single precision",
        end="",
    )
    print(f"; SciPy {truth_s * 1e3:.0f} ms, {truth_s / single:.0f} x")

    tables = [timed(lambda d=d: contraction.many_to_many(ours, *d)) for d in draws][1:]
    table_s = statistics.median(seconds for seconds, _ in tables)
    print(f"   {POINTS} x {POINTS}      ours {table_s * 1e3:8.2f} ms")
    peer_tables = {}
    for name, peer in peers.items():
        theirs_s = [peer.table(d) for d in draws][1:]
        peer_s = peer_tables[name] = statistics.median(seconds for seconds, _ in theirs_s)
        tolerance = 1e-9 if peer.exact else DIFFERENCE
        worst = max(
            agree(name, mine[: len(theirs)], theirs, tolerance)
            for (_, mine), (_, theirs) in zip(tables, theirs_s, strict=True)
        )
        scaled = (
            f", {peer.origins} of {POINTS} origins a run, scaled" if peer.origins < POINTS else ""
        )
        print(
            f"      {name:13}{peer_s * 1e3:12.1f} ms, {peer_s / table_s:10,.1f} x; answers differ"
            f" by {worst:.0e} at most{scaled}",
            flush=True,
        )

    pairs = draws[1].T[: RUNS * 10]
    ways = [timed(lambda p=p: contraction.path(ours, *p)) for p in pairs]
    for (_, (nodes, _)), pair in zip(ways, pairs, strict=True):
        total = sum(roads.time_s[a, b] for a, b in pairwise(nodes))
        agree(
            "path", np.array([total]), contraction.many_to_many(ours, pair[:1], pair[1:])[0], 1e-9
        )
    few = [timed(lambda d=d: contraction.many_to_many(ours, d[0, :1], d[1]))[0] for d in draws][1:]
    path_s = statistics.median(seconds for seconds, _ in ways)
    print(f"   1 x {POINTS}        ours {statistics.median(few) * 1e3:8.2f} ms")
    line = (
        f"   path           ours {path_s * 1e3:8.3f} ms,"
        f" {statistics.median(len(nodes) for _, (nodes, _) in ways):.0f} nodes"
    )
    for name, peer in peers.items():
        if peer.path is not None:
            theirs = statistics.median(
                timed(lambda p=p, peer=peer: peer.path(*p))[0] for p in pairs
            )
            line += f"; {name} {theirs * 1e3:.3f} ms, {theirs / path_s:.1f} x"
    print(line + "\n", flush=True)
    return {
        "name": roads.name,
        "nodes": n,
        "preparation": ours_s,
        "memory kept": stored_mb,
        "memory at the peak": peak_mb,
        "one to all": single,
        "table": table_s,
        "path": path_s,
        "peers": peer_tables,
    }


def plot(sizes: list[dict[str, Any]], path: Path) -> None:
    """Draw the time of a table against the number of nodes, ours and the peers', both on scales of
    powers of ten.
    """
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update(
        {"svg.hashsalt": "zone-atlas", "svg.fonttype": "none", "font.size": 10}
    )
    from matplotlib import pyplot

    sizes = sorted(sizes, key=lambda size: size["nodes"])
    figure, axes = pyplot.subplots(figsize=(7.2, 4.6), layout="constrained")
    nodes = [size["nodes"] for size in sizes]
    axes.plot(
        nodes,
        [size["table"] for size in sizes],
        "o-",
        color="#0b4f6c",
        linewidth=2.5,
        label="Zone Atlas",
    )
    for (name, colour), mark in zip(COLOURS.items(), "s^Dv", strict=True):
        known = [(size["nodes"], size["peers"][name]) for size in sizes if name in size["peers"]]
        if known:
            axes.plot(*zip(*known, strict=True), f"{mark}--", color=colour, label=name)
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="junctions",
        ylabel=f"seconds for {POINTS} × {POINTS} travel times, prepared",
    )
    for size in sizes:
        short = size["name"].split(",")[0].split(".")[0].removesuffix(" of scgraph-data")
        axes.annotate(
            short,
            (size["nodes"], size["table"]),
            textcoords="offset points",
            xytext=(0, -14),
            ha="center",
            fontsize=8,
        )
    axes.margins(y=0.08)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, metadata={"Date": None})


def agree(what: str, ours: np.ndarray, theirs: np.ndarray, tolerance: float) -> float:
    """Return the largest share by which two answers differ; stop where it is too large."""
    same = np.isinf(ours) == np.isinf(theirs)
    apart = np.abs(ours - theirs)[np.isfinite(ours)] / np.maximum(theirs[np.isfinite(ours)], 1.0)
    worst = float(apart.max(initial=0))
    if not same.all() or worst > tolerance:
        raise SystemExit(f"\n{what}: the answers differ, by a share of up to {worst:g}")
    return worst


def peak(roads: Roads) -> float:
    """Return the MB that preparation takes at its peak beyond what was there before, in a process
    of its own; Linux only."""
    if not Path("/proc/self/clear_refs").exists():
        return float("nan")
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_peak, roads.time_s).result()


def _peak(graph: Any) -> float:
    contraction.warm_up()
    before = memory_kb("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the peak so far
    contraction.build(graph)
    return (memory_kb("VmHWM") - before) / 1e3


def memory_kb(what: str) -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split(f"{what}:")[1].split()[0])


# Peers --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Peer:
    """A table by a peer: how long it takes for all origins, and its first rows."""

    table: Callable[[np.ndarray], tuple[float, np.ndarray]]
    origins: int = POINTS
    exact: bool = False
    path: Callable[[int, int], Any] | None = None


def by_scipy(roads: Roads) -> Peer:
    def table(draw: np.ndarray) -> tuple[float, np.ndarray]:
        seconds, table = timed(lambda: dijkstra(roads.time_s, indices=draw[0, :SCIPY_ORIGINS]))
        return seconds * POINTS / SCIPY_ORIGINS, table[:, draw[1]]

    return Peer(table, origins=SCIPY_ORIGINS, exact=True)


def by_networkx(roads: Roads) -> Peer | None:
    if not find_spec("networkx"):
        return None
    import networkx as nx

    arcs = roads.time_s.tocoo()
    graph = nx.DiGraph()
    graph.add_weighted_edges_from(
        zip(arcs.row.tolist(), arcs.col.tolist(), arcs.data.tolist(), strict=True), weight="time_s"
    )

    def table(draw: np.ndarray) -> tuple[float, np.ndarray]:
        seconds, table = timed(
            lambda: nx.single_source_dijkstra_path_length(graph, int(draw[0, 0]), weight="time_s")
        )
        return seconds * POINTS, np.array([[table[int(target)] for target in draw[1]]])

    return Peer(table, origins=1, exact=True)


def by_pandana(roads: Roads) -> Peer | None:
    if not find_spec("pandana"):
        return None
    import pandana
    import pandas as pd

    arcs = roads.time_s.tocoo()
    x, y = (pd.Series(column) for column in roads.lonlat.T)
    ends = pd.Series(arcs.row), pd.Series(arcs.col)
    with silence():
        seconds, graph = timed(
            lambda: pandana.Network(x, y, *ends, pd.DataFrame({"time_s": arcs.data}), twoway=False)
        )
    print(f"      {'pandana':13}{seconds:10.2f} s", flush=True)

    def table(draw: np.ndarray) -> tuple[float, np.ndarray]:
        pairs = np.repeat(draw[0], POINTS), np.tile(draw[1], POINTS)
        seconds, table = timed(lambda: graph.shortest_path_lengths(*pairs, imp_name="time_s"))
        return seconds, np.array(table).reshape(POINTS, POINTS)

    return Peer(table, path=lambda a, b: graph.shortest_path(int(a), int(b), imp_name="time_s"))


@contextmanager
def silence() -> Iterator[None]:
    """Keep what compiled code prints off the screen."""
    sys.stdout.flush()
    screen = os.dup(1)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    try:
        yield
    finally:
        os.dup2(screen, 1)
        os.close(screen)


def by_routingkit(roads: Roads) -> Peer | None:
    if not find_spec("pyroutingkit"):
        return None
    import pyroutingkit

    arcs = roads.time_s.tocoo()
    lon, lat = np.ascontiguousarray(
        roads.lonlat.T, np.float32
    )  # a column of the table would be read wrongly, without an error
    topology = pyroutingkit.CCHTopology()
    ends = arcs.row.astype(np.uint32), arcs.col.astype(np.uint32)
    order_s, _ = timed(lambda: topology.build(*ends, lat, lon, len(lat)))
    metric = pyroutingkit.CCHMetric(topology)
    seconds, _ = timed(
        lambda: metric.customize(np.maximum(np.rint(arcs.data * 1e3), 1).astype(np.uint32))
    )
    print(
        f"      {'RoutingKit':13}{order_s + seconds:10.2f} s, of which its order {order_s:.2f} s",
        flush=True,
    )

    def table(draw: np.ndarray) -> tuple[float, np.ndarray]:
        seconds, table = timed(lambda: metric.distances_many_to_many(*draw.astype(np.uint32)))
        times = np.asarray(table, np.float64).reshape(POINTS, POINTS) / 1e3
        return seconds, np.where(
            np.asarray(table).reshape(times.shape) == pyroutingkit.INF_WEIGHT, np.inf, times
        )

    return Peer(table, path=lambda a, b: metric.query(int(a), int(b)))


PEERS: dict[str, Callable[[Roads], Peer | None]] = {
    "RoutingKit": by_routingkit,
    "pandana": by_pandana,
    "SciPy": by_scipy,
    "NetworkX": by_networkx,
}

if __name__ == "__main__":
    main()
