"""Measure what the server gives, with wrk as the client: how long an answer takes alone, how many
a second sixteen connections get, and how long the slowest of a hundred takes.

Run ``python bench/server.py``; wrk must be installed (Debian: ``apt install wrk``). With
``--pygeoapi PYTHON``, the Python of an environment that has pygeoapi and waitress, the same parks
are served by pygeoapi as well, as it reads them from GeoJSON, by the same server with as many
threads. ``--workers N`` is handed to ``zoneatlas serve``.

Of every address five runs, the contenders by turns; medians. The answers of both are compared
first: the same features with the same geometry."""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from _servers import ITEMS, compare, features, pygeoapi, zone_atlas

RUNS = 5
SECONDS = 5
CONNECTIONS = 16
ONE_CLIENT = 8
"""Connections of one client that the server lets wait for what is heavy."""
OURS = {
    "times": "/api/times?lon=106.9&lat=21.02",
    "table": "/table",
    "a sheet": "/sites/dong-mai-ip",
    "the start page": "/",
}
HEAVY = {
    "access": "/api/access?lon=106.9&lat=21.02",
    "route": "/api/route?from=dong-mai-ip&to=mong-cai",
    "isochrones": "/api/isochrones?lon=106.9&lat=21.02",
    "rank": "/rank?example=electronics",
}
"""What is heavy, and stands in a queue."""
NEW = {
    "times": "/api/times?lon=106.{run}%04d&lat=21.02",
    "access": "/api/access?lon=106.{run}%04d&lat=21.02",
    "route": "/api/route?from=106.{run}%04d,21.02&to=mong-cai",
    "isochrones": "/api/isochrones?lon=106.{run}%04d&lat=21.02",
    "rank": "/rank?edited=1&w_gate=%d&w_port=3{run}",
}
"""Questions that are all new: each run has a number, each question of a run another."""
COUNTING = """
local n = 0
request = function()
  n = n + 1
  return wrk.format("GET", string.format("{path}", n))
end
"""


@dataclass(frozen=True)
class Load:
    """What one run of wrk printed."""

    a_second: float
    median_ms: float
    tail_ms: float
    faults: int


@dataclass(frozen=True)
class Row:
    """The medians of some runs of one question."""

    name: str
    a_second: float
    tail_ms: float

    @classmethod
    def of(cls, name: str, runs: Sequence[Load]) -> Row:
        return cls(
            name,
            statistics.median(run.a_second for run in runs),
            statistics.median(run.tail_ms for run in runs),
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pygeoapi", metavar="PYTHON")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument("--plot", type=Path, metavar="FILE", help="an SVG; needs matplotlib")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not installed.")
    print(
        f"command   python bench/server.py {' '.join(sys.argv[1:])}\n"
        f"machine   {os.cpu_count()} cores, {platform.machine()}, Python"
        f" {platform.python_version()}, Flask {version('flask')}, waitress {version('waitress')}\n"
        f"load      wrk, {CONNECTIONS} connections where not said, {options.seconds} s a run, on"
        f" the same cores; medians of {RUNS} runs"
    )
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        _, ours = stack.enter_context(zone_atlas(folder, workers=options.workers))
        peer = None
        if options.pygeoapi:
            peer = stack.enter_context(pygeoapi(folder, options.pygeoapi))
        rows: list[Row] = []
        for limit in (100, 10):
            rows += items(ours, peer, limit, options.seconds)
        for paths, connections in ((OURS, CONNECTIONS), (HEAVY, ONE_CLIENT)):
            print(f"\nwhat only Zone Atlas answers, {connections} connections")
            for name, path in paths.items():
                address = ours + path
                alone = [load(address, 1, 1) for _ in range(RUNS)]
                runs = [load(address, options.seconds, connections) for _ in range(RUNS)]
                print(f"   {name:16} {line(alone, runs)}", flush=True)
                rows.append(Row.of(name, runs))
        print(f"\neach question a new one, {ONE_CLIENT} connections")
        for name, path in NEW.items():
            alone = [load(ours, 1, 1, path.format(run=run)) for run in range(RUNS)]
            runs = [
                load(ours, options.seconds, ONE_CLIENT, path.format(run=RUNS + run))
                for run in range(RUNS)
            ]
            print(f"   {name:16} {line(alone, runs)}", flush=True)
            rows.append(Row.of(f"{name}, new", runs))
    if options.plot:
        plot(rows, options.plot)


def items(ours: str, peer: str | None, limit: int, seconds: int) -> list[Row]:
    """Compare pages of so many parks."""
    path = ITEMS.format(limit=limit)
    contenders = {"Zone Atlas": f"{ours}/ogc{path}"}
    if peer:
        contenders["pygeoapi"] = peer + path
        compare(*(features(address) for address in contenders.values()))
    print(f"\nitems, limit={limit}")
    alone: dict[str, list[Load]] = {name: [] for name in contenders}
    runs: dict[str, list[Load]] = {name: [] for name in contenders}
    for _ in range(RUNS):
        for name, address in contenders.items():
            alone[name].append(load(address, 1, 1))
            runs[name].append(load(address, seconds))
    for name in contenders:
        print(f"   {name:16} {line(alone[name], runs[name])}", flush=True)
    if peer:
        mine, theirs = (
            statistics.median(run.a_second for run in runs[name]) for name in contenders
        )
        print(f"   ratio            {mine / theirs:.1f}")
    return [Row.of(f"items, limit={limit}, {name}", runs[name]) for name in contenders]


def line(alone: Sequence[Load], runs: Sequence[Load]) -> str:
    faults = sum(run.faults for run in runs)
    return (
        f"alone {statistics.median(run.median_ms for run in alone):7.2f} ms;"
        f" {statistics.median(run.a_second for run in runs):8.1f} a second, 99 % within"
        f" {statistics.median(run.tail_ms for run in runs):7.1f} ms"
        + (f"; {faults} answers were refused or none" if faults else "")
    )


def load(
    address: str, seconds: int, connections: int = CONNECTIONS, counting: str | None = None
) -> Load:
    """Run wrk once, and let the server finish what wrk left; `counting` is a path that holds the
    number of the question.
    """
    time.sleep(0.5)
    command = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds}s",
        "--latency",
        "--timeout",
        "30s",
        address,
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        if counting:
            script.write(COUNTING.replace("{path}", counting))
            script.flush()
            command[-1:] = ["-s", script.name, address]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    a_second = float(_first(r"Requests/sec:\s+([\d.]+)", printed))
    middle_ms, tail_ms = (_milliseconds(share, printed) for share in ("50%", "99%"))
    faults = re.search(r"Non-2xx or 3xx responses: (\d+)", printed)
    lost = re.search(r"connect (\d+), read (\d+), write (\d+), timeout (\d+)", printed)
    return Load(
        a_second,
        middle_ms,
        tail_ms,
        (int(faults[1]) if faults else 0) + (sum(map(int, lost.groups())) if lost else 0),
    )


def _milliseconds(share: str, text: str) -> float:
    latency = _first(rf"{share}\s+([\d.]+(?:us|ms|s|m))", text)
    number = float(latency.rstrip("mus"))
    return number * {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}[latency.lstrip("0123456789.")]


def _first(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        raise SystemExit(f"wrk printed something else:\n{text}")
    return match[1]


def plot(rows: Sequence[Row], path: Path) -> None:
    """Draw how many answers a second there are, and how long the slowest of a hundred takes."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update(
        {"svg.hashsalt": "zone-atlas", "svg.fonttype": "none", "font.size": 10}
    )
    from matplotlib import pyplot

    names = [row.name for row in rows]
    colours = ["#8a8a8a" if "pygeoapi" in name else "#0b4f6c" for name in names]
    figure, (many, slow) = pyplot.subplots(
        1, 2, figsize=(9, 4.6), sharey=True, layout="constrained"
    )
    for axes, values, label in (
        (many, [row.a_second for row in rows], "answers a second"),
        (slow, [row.tail_ms for row in rows], "99 % within, ms"),
    ):
        bars = axes.barh(names, values, color=colours)
        axes.bar_label(bars, fmt="%.0f", padding=3, fontsize=8)
        axes.set(xscale="log", xlabel=label)
        axes.margins(x=0.2)
    many.invert_yaxis()
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
