"""One contender of bench/file.py in a process of its own: import, read, prepare, tabulate; or open
what was saved.

Run by bench/file.py: python bench/_peers.py WHAT FOLDER, where `FOLDER/job.json` says the rest. At
the top only the standard library is imported: everything else counts."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

POINTS = 200
OSMNX_ORIGINS = 10
AGAIN_LIMIT_S = 5
"""A first table that took longer is not asked a second time."""


@dataclass
class Answer:
    """A table of seconds, origins down; None, NaN or inf for no way.

    `unasked_s` is what origins that were not asked would have taken besides. `ours` holds our own
    answer to the very same question, between the same nodes; it is called once all is measured."""

    times: Any
    unasked_s: float = 0.0
    ours: Callable[[], Any] | None = None


@dataclass
class Job:
    """What one contender is asked, how long each of its stages took, and the most memory that was
    held until its end.
    """

    folder: Path
    extract: Path
    points: list[tuple[float, float]]
    speeds: dict[str, float]
    seconds: dict[str, float] = field(default_factory=dict)
    peak_mb: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> Job:
        raw = json.loads((folder / "job.json").read_text(encoding="utf-8"))
        points = [(lon, lat) for lon, lat in raw.get("points", [])]
        return cls(folder, Path(raw["extract"]), points, raw.get("speeds", {}))

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - start
        self.peak_mb[name] = max(used.ru_maxrss for used in usage()) * 1024 / 1e6


def usage() -> list[Any]:
    """Return what this process and those that it called have used."""
    return [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]


Places = list[tuple[float, float]]
Ask = Callable[[Places, Places], Answer]
"""Asks for the times from some places to others."""


class Snapped:
    """Joins places to a peer's nodes, and keeps those of the last targets, as ours are kept."""

    def __init__(self, find: Callable[[Places], Any]) -> None:
        self.find = find
        self.targets: Places | None = None
        self.nodes: Any = None

    def __call__(self, sources: Places, targets: Places) -> tuple[Any, Any]:
        """Return the nodes of the sources, and of the targets."""
        if targets is not self.targets:
            self.targets, self.nodes = targets, self.find(targets)
        return self.nodes if sources is targets else self.find(sources), self.nodes


def main() -> None:
    what, job = sys.argv[1], Job.of(Path(sys.argv[2]))
    if what == "make":
        make(job)
    elif what in OPENERS:
        write(job, what, open_saved(OPENERS[what], job))
    else:
        write(job, what, contend(what, job))


def write(job: Job, what: str, answer: dict[str, Any]) -> None:
    (job.folder / f"{what}.json").write_text(json.dumps(answer), encoding="utf-8")


def contend(what: str, job: Job) -> dict[str, Any]:
    """Let a contender go all the way, and keep its table beside the job."""
    with tempfile.TemporaryDirectory(dir=job.folder) as scratch:
        ask = CONTENDERS[what].begin(job, Path(scratch))
        with job.stage("table"):
            points = job.points[:POINTS]
            answer = ask(points, points)
        cpu_s = sum(used.ru_utime + used.ru_stime for used in usage()) + answer.unasked_s
        first_s = job.seconds["table"]
        job.seconds["table"] += answer.unasked_s
        if first_s < AGAIN_LIMIT_S and not answer.unasked_s:
            with job.stage("again"):
                points = job.points[POINTS:]
                ask(points, points)
    import numpy as np

    np.save(job.folder / f"{what}.npy", np.array(answer.times, float))
    if answer.ours is not None:
        np.save(job.folder / f"{what}.ours.npy", np.array(answer.ours(), float))
    return {"seconds": job.seconds, "peak_mb": job.peak_mb, "cpu_s": cpu_s}


# Ours ---------------------------------------------------------------------------------------------


def read(job: Job) -> Any:
    from geo.roads import osm_download

    return osm_download.read(job.extract)


def by_ours(job: Job, _: Path) -> Ask:
    with job.stage(
        "import"
    ):  # what geo imports only when it is needed is imported here, so that the stages are clean
        import osmium  # noqa: F401

        from geo.roads import access, compiled, osm_download  # noqa: F401

    with job.stage("read"):
        network = read(job)
    with job.stage("prepare"):
        network = network.prepared()

    return lambda sources, targets: Answer(tabulate(network, sources, targets))


def tabulate(network: Any, sources: Places, targets: Places) -> Any:
    import numpy as np

    from geo.roads import access

    return access.seconds(network, np.array(sources), np.array(targets), profile="car")


def make(job: Job) -> None:
    """Make what the others need, none of it counted: points on the roads, XML for OSMnx, saved
    networks, some exact answers.
    """
    import numpy as np

    from geo.roads import class_speeds, storage

    network = read(job)
    usable = (
        np.isfinite(network.time_s["car"])
        & network.main("car")[network.tail]
        & network.main("car")[network.head]
    )
    segments, rng = np.flatnonzero(usable), np.random.default_rng(0)
    share = network.length_m[segments] / network.length_m[segments].sum()
    points = [
        on_road(network.shape(segment), rng)
        for segment in rng.choice(segments, 2 * POINTS, p=share)
    ]
    rows = class_speeds.rows_of(class_speeds.bundled())
    speeds = class_speeds.by_class(rows, ())["car"]  # those that hold anywhere, as ours here
    answer = {"extract": str(job.extract), "points": points, "speeds": speeds}
    (job.folder / "job.json").write_text(json.dumps(answer), encoding="utf-8")
    np.save(job.folder / "plain.npy", tabulate(network, points[:OSMNX_ORIGINS], points[:POINTS]))
    storage.save(network.prepared(), job.folder / "saved")
    arrays = {path.stem: np.load(path) for path in sorted((job.folder / "saved").glob("*.npy"))}
    if arrays:
        np.savez(job.folder / "arrays.npz", **arrays)
    sizes = {"junctions": network.node_count, "segments": network.segment_count}
    write(
        job, "make", sizes | {"driveable_ways": filter_roads(job.extract, job.folder / "roads.osm")}
    )


def on_road(shape: Any, rng: Any) -> tuple[float, float]:
    """Draw a point of a line: any of its pieces, anywhere on it."""
    piece, share = rng.integers(len(shape) - 1), rng.random()
    lon, lat = shape[piece] * (1 - share) + shape[piece + 1] * share
    return round(float(lon), 7), round(float(lat), 7)


def filter_roads(extract: Path, goal: Path) -> int:
    """Write the ways on which a car may drive, by our rule, and their nodes as XML; return their
    number. Write the whole file too.
    """
    import osmium

    from geo.roads import osm_tags

    with osmium.SimpleWriter(str(goal.with_name("whole.osm")), overwrite=True) as writer:
        for thing in osmium.FileProcessor(str(extract)):
            writer.add(thing)
    count = 0
    with osmium.BackReferenceWriter(str(goal), ref_src=str(extract), overwrite=True) as writer:
        for way in osmium.FileProcessor(str(extract), osmium.osm.WAY).with_filter(
            osmium.filter.KeyFilter("highway")
        ):
            if osm_tags.driveable({tag.k: tag.v for tag in way.tags}):
                writer.add(way)
                count += 1
    return count


# Peers that read the file themselves --------------------------------------------------------------


def by_osmnx(job: Job, _: Path, *, file: str) -> Ask:
    with job.stage("import"):
        import networkx as nx
        import osmnx as ox
        import sklearn.neighbors  # noqa: F401  # nearest_nodes uses it on a graph in degrees
    with job.stage("read"):
        graph = ox.graph_from_xml(job.folder / file)
    roads_only = (
        file == "roads.osm"
    )  # the whole file has footpaths and buildings too: no speeds, it is asked for lengths
    with job.stage("prepare"):
        if roads_only:
            graph = ox.add_edge_speeds(graph, hwy_speeds=job.speeds, fallback=job.speeds["road"])
            graph = ox.add_edge_travel_times(graph)
        graph = ox.truncate.largest_component(graph, strongly=True)
    snapped = Snapped(lambda places: list(ox.nearest_nodes(graph, *zip(*places, strict=True))))

    def ask(sources: Places, targets: Places) -> Answer:
        origins, nodes = snapped(sources, targets)
        start = time.perf_counter()
        times = []
        for origin in origins[:OSMNX_ORIGINS]:
            seconds, _ = nx.single_source_dijkstra(
                graph, origin, weight="travel_time" if roads_only else "length"
            )
            times.append([seconds[node] for node in nodes])
        asked_s = time.perf_counter() - start

        def ours() -> Any:
            """Answer between the junctions that lie where the peer's nodes do; NaN where there is
            none.
            """
            import numpy as np
            from scipy.spatial import KDTree

            ox.save_graphml(graph, job.folder / "saved.graphml")
            network = replace(read(job), bans={}).prepared()  # OSMnx knows no bans
            tree = KDTree(network.node_lonlat)
            places = [
                np.array([(graph.nodes[node]["x"], graph.nodes[node]["y"]) for node in some])
                for some in (origins[:OSMNX_ORIGINS], nodes)
            ]
            (from_m, from_), (to_m, to) = (tree.query(lonlat) for lonlat in places)
            seconds = between(network, from_, to)
            seconds[from_m > 1e-7] = np.nan
            seconds[:, to_m > 1e-7] = np.nan
            return seconds

        return Answer(
            times,
            unasked_s=asked_s * (len(origins) / min(len(origins), OSMNX_ORIGINS) - 1),
            ours=ours if roads_only else None,
        )

    return ask


def between(network: Any, sources: Any, targets: Any) -> Any:
    """Tabulate our car times between nodes of a prepared network."""
    from geo.roads import contraction

    return contraction.many_to_many(network.hierarchies["car"], sources, targets)


def by_osrm(job: Job, scratch: Path, algorithm: str) -> Ask:
    with job.stage("import"):
        import osrm
    home = Path(osrm.__file__).parent
    base = scratch / "roads.osrm"
    steps = {"CH": ["contract"], "MLD": ["partition", "customize"]}[algorithm]
    with job.stage("read"):
        call(
            home / "bin" / "osrm-extract",
            "-p",
            home / "share" / "profiles" / "car.lua",
            "-o",
            base,
            job.extract,
        )
    with job.stage("prepare"):
        for step in steps:
            call(home / "bin" / f"osrm-{step}", base)
        # -1 is no limit on the number of points
        engine = osrm.OSRM(
            storage_config=str(base),
            algorithm=algorithm,
            use_shared_memory=False,
            max_locations_distance_table=-1,
        )

    def ask(sources: Places, targets: Places) -> Answer:
        if sources is targets:
            asked = osrm.TableParameters(coordinates=targets, annotations=["duration"])
        else:
            asked = osrm.TableParameters(
                coordinates=sources + targets,
                sources=list(range(len(sources))),
                destinations=list(range(len(sources), len(sources) + len(targets))),
                annotations=["duration"],
            )
        answer = engine.Table(asked)
        return Answer(
            [[None if cell is None else float(cell) for cell in row] for row in answer["durations"]]
        )

    return ask


def by_valhalla(job: Job, scratch: Path, algorithm: str) -> Ask:
    with job.stage("import"):
        import valhalla
    tiles, config = scratch / "tiles", scratch / "valhalla.json"
    tiles.mkdir()
    options = valhalla.get_config(tile_extract="", tile_dir=tiles)
    for option in (
        "traffic_extract",
        "admin",
        "landmarks",
        "timezone",
        "transit_dir",
        "transit_feeds_dir",
    ):
        options["mjolnir"].pop(option, None)  # files that are not there
    options["service_limits"]["auto"] |= {
        "max_matrix_location_pairs": POINTS**2,
        "max_locations": 2 * POINTS,
    }
    options["thor"]["source_to_target_algorithm"] = algorithm
    config.write_text(json.dumps(options), encoding="utf-8")
    with job.stage("read"):
        call(
            Path(valhalla.__file__).parent / "bin" / "valhalla_build_tiles",
            "-c",
            config,
            job.extract,
        )
        actor = valhalla.Actor(config)

    def ask(sources: Places, targets: Places) -> Answer:
        from_, to = (
            [{"lon": lon, "lat": lat} for lon, lat in places] for places in (sources, targets)
        )
        question = {"sources": from_, "targets": to, "costing": "auto", "verbose": False}
        return Answer(actor.matrix(question)["sources_to_targets"]["durations"])

    return ask


def call(*command: Any) -> None:
    done = subprocess.run(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode:
        raise SystemExit(f"{command[0]} failed:\n{done.stdout.decode(errors='replace')[-2000:]}")


# Peers that take our arrays -----------------------------------------------------------------------


def read_arcs(job: Job) -> tuple[Any, Any, Any]:
    """Read the file by ours: the network, the nodes of its main component, and their arcs. Turns
    are free, because peers that take arcs know no bans.
    """
    import numpy as np

    network = replace(read(job), bans={})
    nodes = np.flatnonzero(network.main("car"))
    return network, nodes, network.arcs("car").time_s[nodes][:, nodes].tocoo()


def by_pandana(job: Job, _: Path) -> Ask:
    with job.stage("import"):
        import numpy as np
        import osmium  # noqa: F401
        import pandana
        import pandas as pd
        import scipy.sparse.csgraph  # noqa: F401

    with job.stage("read"):
        network, nodes, arcs = read_arcs(job)
    with job.stage("prepare"):
        x, y = (pd.Series(column) for column in network.node_lonlat[nodes].T)
        graph = pandana.Network(
            x,
            y,
            pd.Series(arcs.row),
            pd.Series(arcs.col),
            pd.DataFrame({"time_s": arcs.data}),
            twoway=False,
        )

    def nodes_of(places: Places) -> Any:
        x, y = (pd.Series(column) for column in np.array(places).T)
        return graph.get_node_ids(x, y).to_numpy()

    snapped = Snapped(nodes_of)

    def ask(sources: Places, targets: Places) -> Answer:
        from_, to = snapped(sources, targets)
        seconds = graph.shortest_path_lengths(
            np.repeat(from_, len(to)), np.tile(to, len(from_)), imp_name="time_s"
        )
        return Answer(
            np.array(seconds).reshape(len(from_), -1),
            ours=lambda: between(network.prepared(), nodes[from_], nodes[to]),
        )

    return ask


def by_routingkit(job: Job, _: Path) -> Ask:
    with job.stage("import"):
        import numpy as np
        import osmium  # noqa: F401
        import pyroutingkit
        import scipy.sparse.csgraph  # noqa: F401
        from scipy.spatial import KDTree

    with job.stage("read"):
        network, nodes, arcs = read_arcs(job)
    with job.stage("prepare"):
        # a column of the table would be read wrongly, without an error
        lon, lat = np.ascontiguousarray(network.node_lonlat[nodes].T, np.float32)
        topology = pyroutingkit.CCHTopology()
        topology.build(arcs.row.astype(np.uint32), arcs.col.astype(np.uint32), lat, lon, len(nodes))
        metric = pyroutingkit.CCHMetric(topology)
        metric.customize(np.maximum(np.rint(arcs.data * 1e3), 1).astype(np.uint32))
        tree = KDTree(network.node_lonlat[nodes])
    snapped = Snapped(lambda places: tree.query(np.array(places))[1].astype(np.uint32))

    def ask(sources: Places, targets: Places) -> Answer:
        from_, to = snapped(sources, targets)
        seconds = np.asarray(metric.distances_many_to_many(from_, to)).reshape(len(from_), -1)
        times = np.where(seconds == pyroutingkit.INF_WEIGHT, np.inf, seconds / 1e3)
        return Answer(times, ours=lambda: between(network.prepared(), nodes[from_], nodes[to]))

    return ask


@dataclass(frozen=True)
class Contender:
    """How a contender begins, the packages without which it is left out, and whether it reads
    OpenStreetMap files itself.
    """

    begin: Callable[[Job, Path], Ask]
    needs: tuple[str, ...] = ()
    reads: bool = True


WHOLE = "OSMnx, whole file"
CONTENDERS: dict[str, Contender] = {
    "ours": Contender(by_ours),
    "OSRM CH": Contender(partial(by_osrm, algorithm="CH"), ("osrm-bindings",)),
    "OSRM MLD": Contender(partial(by_osrm, algorithm="MLD"), ("osrm-bindings",)),
    "Valhalla": Contender(partial(by_valhalla, algorithm="select_optimal"), ("pyvalhalla",)),
    "Valhalla, one to many": Contender(
        partial(by_valhalla, algorithm="timedistancematrix"), ("pyvalhalla",)
    ),
    "OSMnx": Contender(partial(by_osmnx, file="roads.osm"), ("osmnx", "networkx", "scikit-learn")),
    WHOLE: Contender(partial(by_osmnx, file="whole.osm"), ("osmnx", "networkx", "scikit-learn")),
    "RoutingKit": Contender(by_routingkit, ("pyroutingkit",), reads=False),
    "pandana": Contender(by_pandana, ("pandana",), reads=False),
}


# Opening ------------------------------------------------------------------------------------------


def open_saved(opener: Callable[[Path], Callable[[], Any]], job: Job) -> dict[str, float]:
    """Time the opening alone, and how much more memory the process holds after it; Linux only.

    Ours maps files into memory and reads little of them: a first table afterwards shows what is put
    off."""
    load = opener(job.folder)
    before = resident_mb()
    start = time.perf_counter()
    kept = load()
    answer = {"seconds": time.perf_counter() - start, "grown_mb": resident_mb() - before}
    if opener is open_ours:
        start = time.perf_counter()
        tabulate(kept, job.points[:POINTS], job.points[:POINTS])
        answer |= {"table_s": time.perf_counter() - start, "table_grown_mb": resident_mb() - before}
    return answer


def resident_mb() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) * 1024 / 1e6


def open_ours(folder: Path) -> Callable[[], Any]:
    import numba  # noqa: F401

    from geo.roads import storage

    return lambda: storage.load(folder / "saved")


def open_npz(folder: Path) -> Callable[[], Any]:
    import numpy as np

    return lambda: dict(np.load(folder / "arrays.npz"))


def open_graphml(folder: Path) -> Callable[[], Any]:
    import osmnx as ox

    return lambda: ox.load_graphml(folder / "saved.graphml")


OPENERS: dict[str, Callable[[Path], Callable[[], Any]]] = {
    "open ours": open_ours,
    "open npz": open_npz,
    "open GraphML": open_graphml,
}

if __name__ == "__main__":
    main()
