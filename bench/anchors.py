"""The anchors in one run: tables, clicks, isochrones and the way from a file to the first table
against OSRM, Valhalla, RoutingKit, pandana and OSMnx; items of OGC API against pygeoapi and tipg.

Run: python bench/anchors.py [--small] [--pygeoapi PYTHON] [--tipg PYTHON] [--without-roads]
The peers: as `file.py` says, from Python 3.12 on; for items wrk, and the Python of an environment
with pygeoapi and waitress, and of one with tipg and uvicorn (Debian: postgresql-15-postgis-3)."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import file
import isochrones as drawing
import numpy as np
import server
from _peers import CONTENDERS, POINTS, WHOLE, Answer, Ask, Job, Places
from _servers import ITEMS, TIPG_ITEMS, compare, features, pygeoapi, tipg, zone_atlas
from engine import timed

from geo.roads import isochrones, storage, surfaces
from geo.roads.joining import Sides
from geo.roads.network import Network

RUNS = 5
LONG_S = 5.0
"""What takes a peer longer is asked once."""
CLICKS, FEW_CLICKS = 40, 3
SECONDS = 3
Click = Callable[[tuple[float, float]], Any]
LEFT_OUT = (WHOLE, "Valhalla")
"""Contenders of `file.py` that are slower than another form of the same."""

SETTING = f"""\
times     medians of {RUNS} rounds in which all take turns; what takes longer than {LONG_S:g} s is
          asked once. “x” is how many times as long as ours
table     {POINTS} x {POINTS} car times between random points on the roads, everything warm, other
          points in each round, snapping included; OSMnx: 10 of the origins, scaled up
click     from one point to {POINTS} places that stay the same; snapping of the point included.
          Ours looks the places up in surfaces, made beforehand, as the server does; RoutingKit,
          pandana and OSMnx keep the nodes of the places, OSRM and Valhalla join them at each click
areas     what one reaches by car within three limits, as polygons; OSMnx buffers the roads
file      from the file to the first full table: import, read, prepare, tabulate, each in a fresh
          process; RoutingKit and pandana get our arrays and our reading is counted as theirs
items     pages of the 238 parks as GeoJSON, wrk on {server.CONNECTIONS} connections for {SECONDS}
          s a run; one process each: ours and pygeoapi with waitress, tipg with uvicorn and PostGIS.
          tipg puts the parks in the order of their ids
answers   compared: ours with a search without preparation, RoutingKit and pandana with ours (their
          own nodes), OSMnx with ours at its nodes, OSRM and Valhalla at their own speeds"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--small", action="store_true", help="the first extract only")
    parser.add_argument("--without-roads", action="store_true", help="items only")
    parser.add_argument("--pygeoapi", metavar="PYTHON")
    parser.add_argument("--tipg", metavar="PYTHON")
    options = parser.parse_args()
    begun = time.perf_counter()
    print(
        f"command   python bench/anchors.py {' '.join(sys.argv[1:])}\n"
        f"machine   {os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python"
        f" {platform.python_version()}\n"
        "packages  "
        + ", ".join(
            f"{name} {file.installed(name) or 'is not installed: left out'}"
            for name in (*file.PACKAGES, "shapely", "waitress")
        )
        + "".join(f", {name} {version_in(options, name)}" for name in ("pygeoapi", "tipg"))
    )
    print(SETTING, flush=True)
    if not options.without_roads:
        for name in file.EXTRACTS[:1] if options.small else file.EXTRACTS:
            path = file.ROOT.parent / "shared" / "osm" / name
            if path.is_file():
                with tempfile.TemporaryDirectory(prefix="zone-atlas-bench-") as folder:
                    roads(path, Path(folder))
            else:
                print(f"\n{name} is not in {path.parent.name}: left out")
    items(options.pygeoapi, options.tipg)
    print(f"\nall of it in {(time.perf_counter() - begun) / 60:.1f} minutes")


def version_in(options: argparse.Namespace, name: str) -> str:
    python = getattr(options, name)
    if not python:
        return "is not named: left out"
    code = f"from importlib.metadata import version; print(version({name!r}))"
    return subprocess.run(
        [python, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


def rounds(asked: dict[str, Callable[[int], Any]]) -> dict[str, float]:
    """Ask everybody once without counting, then by turns with the number of the round; return the
    median of each in seconds, with what was not asked but scaled up.
    """

    def seconds(ask: Callable[[int], Any], turn: int) -> float:
        spent_s, answer = timed(partial(ask, turn))
        return spent_s + (answer.unasked_s if isinstance(answer, Answer) else 0.0)

    first = {name: seconds(ask, RUNS) for name, ask in asked.items()}
    spent: dict[str, list[float]] = {name: [] for name in asked}
    for turn in range(RUNS):
        for name, ask in asked.items():
            if first[name] <= LONG_S:
                spent[name].append(seconds(ask, turn))
    return {name: statistics.median(spent[name] or [first[name]]) for name in asked}


def line(what: str, seconds: dict[str, float]) -> None:
    ours, *peers = seconds.items()
    ratios = ", ".join(f"{name} {time_s / ours[1]:,.1f} x" for name, time_s in peers)
    print(f"   {what:8}ours {ours[1] * 1e3:9.3f} ms; {ratios}", flush=True)


# Roads --------------------------------------------------------------------------------------------


def roads(extract: Path, folder: Path) -> None:
    """Measure everything on the roads of one extract."""
    names = [
        name
        for name, contender in CONTENDERS.items()
        if name not in LEFT_OUT and all(map(file.installed, contender.needs))
    ]
    (folder / "job.json").write_text(f'{{"extract": "{extract}"}}', encoding="utf-8")
    sizes = file.ask("make", folder)
    print(
        f"\n{extract.name}: {extract.stat().st_size / 1e6:.1f} MB,"
        f" {sizes['junctions']:,} junctions, {sizes['segments']:,} segments"
    )
    for name in CONTENDERS.keys() - {*names, *LEFT_OUT}:
        print(f"   {name}: not installed, left out")
    from_file(names, folder)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        started = {}
        for number, name in enumerate(names):
            own = Path(scratch, str(number))  # OSRM takes no space in a path
            own.mkdir()
            with silent():  # pandana writes how far it is
                started[name] = CONTENDERS[name].begin(Job.of(folder), own)
        tables_and_clicks(started, Job.of(folder).points, folder)
    areas(storage.load(folder / "saved"), extract)


@contextmanager
def silent() -> Iterator[None]:
    """Keep the output closed, for libraries in C, too."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def from_file(names: list[str], folder: Path) -> None:
    """Measure the way from the file to the first table, and compare the tables."""
    file.ask("ours", folder)  # does not count: compiles, and reads the file from the disk
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for turn in range(RUNS):
        for name in names:
            if turn == 0 or sum(runs[name][0]["seconds"].values()) <= LONG_S:
                runs[name].append(file.ask(name, folder))
    results = {name: file.Result.of(name, runs[name]) for name in names}
    line("file", {name: result.total_s for name, result in results.items()})
    for name, result in results.items():
        stages = ", ".join(f"{stage} {time_s:.2f}" for stage, time_s in result.seconds.items())
        print(
            f"      {name:22}{result.total_s:7.2f} s: {stages}; CPU {result.cpu_s:.1f} s,"
            f" {result.runs} runs; {file.answers(name, folder)}"
        )
    readers = [name for name in names if CONTENDERS[name].reads and name != "ours"]
    if readers:
        best = min(readers, key=lambda name: results[name].total_s)
        share = results["ours"].total_s / results[best].total_s
        cpu = results["ours"].cpu_s / results[best].cpu_s
        print(
            f"      ours takes {share:.2f} of {best}, the best that reads the file; CPU {cpu:.2f}"
        )


def tables_and_clicks(started: dict[str, Ask], points: Places, folder: Path) -> None:
    """Measure warm tables and clicks, which must answer as the table does."""
    places = points[:POINTS]

    def table(ask: Ask) -> Callable[[int], Any]:
        windows = [points[20 * turn :][:POINTS] for turn in range(RUNS + 1)]
        return lambda turn: ask(windows[turn], windows[turn])

    line("table", rounds({name: table(ask) for name, ask in started.items()}))
    known = {name: started[name](places[:FEW_CLICKS], places).times for name in started}

    def click_of(ask: Ask) -> Click:
        return lambda at: ask([at], places).times

    clicked = {name: click_of(ask) for name, ask in started.items()}
    clicked["ours"] = lookup(folder, places)
    spent: dict[str, list[float]] = {name: [] for name in clicked}
    for name, click in clicked.items():
        answer = np.array([np.ravel(click(at)) for at in places[:FEW_CLICKS]], float)
        apart = np.abs(answer - np.array(known[name], float))
        if not (np.isnan(apart) | (apart <= 1)).mean() > 0.99:
            raise SystemExit(f"{name}: a click differs from the table, by {np.nanmax(apart):.1f} s")
    for turn in range(RUNS):
        for name, click in clicked.items():
            mine = spent[name]
            slow = bool(mine) and mine[0] > 0.05
            for at in points[POINTS + turn :: RUNS][: FEW_CLICKS if slow else CLICKS]:
                mine.append(timed(partial(click, at))[0])
    line("click", {name: statistics.median(seconds) for name, seconds in spent.items()})


def lookup(folder: Path, places: Places) -> Click:
    """Return what answers clicks from surfaces, as the server does."""
    network, layer = storage.load(folder / "saved"), drawing.layer(np.array(places))
    layer.index = [f"p{number}" for number in range(len(layer))]
    surfaces.write(network, layer, folder / "saved")
    kept, nowhere = surfaces.load(network, layer, folder / "saved")["car"], np.array([None], object)
    return lambda at: kept.times(Sides.at(network, np.array([at]), "car", country=nowhere))


def areas(network: Network, extract: Path) -> None:
    """Measure three isochrones, and count the points of the roads on the right side."""
    task = drawing.Task.of(network, drawing.EXTRACTS[extract.name])
    at, verdicts = network.node_lonlat[[task.node]], {}
    limits = isochrones.descending(task.limits_s)

    def ours() -> list[Any]:
        point = Sides.at(network, at, "car", country=drawing.NOWHERE)
        return isochrones.areas(network, point, limits)

    drawn: dict[str, Callable[[], Any]] = {"ours": ours}
    with ExitStack() as stack:
        if file.installed("pyvalhalla"):
            peer = stack.enter_context(drawing.valhalla(task, extract))
            drawn["Valhalla"] = peer.draw
            verdicts["Valhalla"] = task.right(peer.areas(peer.draw()), peer.time_s)
        if file.installed("networkx"):
            drawn["OSMnx, buffered"] = drawing.buffered(task)
        shapes = drawn["ours"]()
        verdicts["ours"] = task.right(dict(zip(map(int, limits), shapes, strict=True)))
        line("areas", rounds({name: partial(again, draw) for name, draw in drawn.items()}))
    for name, verdict in verdicts.items():
        print(f"      {name:10}{verdict}")


def again(draw: Callable[[], Any], _: int) -> Any:
    """Draw the same in every round."""
    return draw()


# Items --------------------------------------------------------------------------------------------


def items(by_pygeoapi: str | None, by_tipg: str | None) -> None:
    """Measure pages of ten and of a hundred parks; all parks must lie in the same places."""
    if shutil.which("wrk") is None:
        print("\nwrk is not installed: items left out")
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        addresses = {"Zone Atlas": stack.enter_context(zone_atlas(folder))[1] + "/ogc" + ITEMS}
        if by_pygeoapi:
            addresses["pygeoapi"] = stack.enter_context(pygeoapi(folder, by_pygeoapi)) + ITEMS
        if by_tipg:
            addresses["tipg"] = stack.enter_context(tipg(by_tipg)) + TIPG_ITEMS
        ours, *peers = (features(address.format(limit=1000)) for address in addresses.values())
        for theirs in peers:
            compare(ours, theirs)
        for limit in (10, 100):
            page(limit, {name: address.format(limit=limit) for name, address in addresses.items()})


def page(limit: int, addresses: dict[str, str]) -> None:
    print(f"\nitems, limit={limit}")
    alone: dict[str, list[server.Load]] = {name: [] for name in addresses}
    many: dict[str, list[server.Load]] = {name: [] for name in addresses}
    for _ in range(RUNS):
        for name, address in addresses.items():
            alone[name].append(server.load(address, 1, 1))
            many[name].append(server.load(address, SECONDS))
    a_second = {
        name: statistics.median(run.a_second for run in runs) for name, runs in many.items()
    }
    for name, address in addresses.items():
        with urlopen(address, timeout=60) as answer:
            size = len(answer.read())
        ratio = a_second["Zone Atlas"] / a_second[name]
        print(
            f"   {name:12}{server.line(alone[name], many[name])}; {size / 1e3:.0f} kB"
            + ("" if name == "Zone Atlas" else f"; ours {ratio:.1f} x"),
            flush=True,
        )


if __name__ == "__main__":
    main()
