"""From an OpenStreetMap file to the first full table, all preparation counted, ours against OSMnx,
OSRM, Valhalla, pandana, RoutingKit.

Run: python bench/file.py [--small]
The peers: pip install pandana pyroutingkit networkx osmnx pyvalhalla osrm-bindings (the last one
from Python 3.12 on)."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

# no more than this: Linux counts the size of this process to the peak of those it starts
import numpy as np
from _peers import CONTENDERS, WHOLE

ROOT = Path(__file__).resolve().parent.parent
WORKER = Path(__file__).resolve().with_name("_peers.py")
EXTRACTS = ("hanoi.osm.pbf", "malta.osm.pbf")
RUNS = 3
LONG_S = 30
"""A contender that needs longer is asked once."""

PACKAGES = (
    "numpy",
    "numba",
    "osmium",
    "geopandas",
    "networkx",
    "osmnx",
    "scikit-learn",
    "osrm-bindings",
    "pyvalhalla",
    "pandana",
    "pyroutingkit",
)
STAGES = ("import", "read", "prepare", "table")
DIFFERENCE = 3e-3
"""As in `engine.py`: RoutingKit and pandana round every arc to a millisecond."""

SETTING = """\
asked     import, read, prepare, and the first full table of 200 x 200 car times between the same
          random points on the roads
          (ours, OSRM and Valhalla join them to edges, the others to nodes; counted). Each run in
          a fresh process, the interpreter's own
          start left out; compiled code and files were read before, so their caches are warm. CPU:
          seconds of all cores together
ours      prepares car and truck, in two threads; no peer prepares a truck. Its compiled code is
          loaded within “prepare” and “table”
OSMnx     gets XML of the driveable ways alone, which is not counted and favours it; 10 of 200
          origins asked, scaled up. “Whole file”:
          all of the extract as XML, as a notebook reads it; graph_from_xml filters no roads
OSRM, Valhalla   with the car profile and options they ship, both cores; Valhalla reads and
          prepares in
          one step. Its own choice of
          algorithm, and “one to many”: timedistancematrix, the quicker one here
RoutingKit, pandana   read no such files: they get our arrays, our reading is counted as theirs"""


@dataclass
class Result:
    """The median run of a contender: seconds by stage, memory, and what its answers are worth."""

    name: str
    seconds: dict[str, float]
    peak_mb: float
    import_mb: float
    cpu_s: float
    runs: int
    answers: str = ""

    @property
    def total_s(self) -> float:
        return sum(self.seconds.get(stage, 0.0) for stage in STAGES)

    @property
    def work_s(self) -> float:
        return self.total_s - self.seconds["import"]

    @property
    def table_s(self) -> float:
        """A table once everything is warm; the first one where no second was asked."""
        return self.seconds.get("again", self.seconds["table"])

    @classmethod
    def of(cls, name: str, runs: list[dict[str, Any]]) -> Result:
        def median(what: str) -> dict[str, float]:
            return {
                stage: statistics.median(run[what][stage] for run in runs)
                for stage in runs[0][what]
            }

        peak = median("peak_mb")
        return cls(
            name,
            median("seconds"),
            peak["table"],
            peak["import"],
            statistics.median(run["cpu_s"] for run in runs),
            len(runs),
        )


def main() -> None:
    print("command   python " + " ".join(["bench/file.py", *sys.argv[1:]]))
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
        f"times     median of {RUNS} processes, their rounds taking turns; one process where it"
        f" needs more than {LONG_S} s"
    )
    print(SETTING, flush=True)
    pages = []
    for name in EXTRACTS[:1] if "--small" in sys.argv else EXTRACTS:
        path = ROOT.parent / "shared" / "osm" / name
        if not path.is_file():
            print(f"\n{name} is not in {path.parent}: left out")
            continue
        with tempfile.TemporaryDirectory(prefix="zone-atlas-bench-") as folder:
            pages.append(measure(path, Path(folder), cold=not pages))
    for line in (line for page in pages for line in page):
        print(line)


def installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


# Measuring ----------------------------------------------------------------------------------------


def measure(extract: Path, folder: Path, *, cold: bool) -> list[str]:
    """Let all contenders run on one extract; return the lines of its table for a README."""
    (folder / "job.json").write_text(json.dumps({"extract": str(extract)}), encoding="utf-8")
    answer = ask("make", folder)
    size = f"{extract.stat().st_size / 1e6:.1f} MB, {answer['driveable_ways']:,} driveable ways"
    network = f"{answer['junctions']:,} junctions, {answer['segments']:,} segments"
    print(f"\n{extract.name}: {size}, {network}")
    ask("ours", folder)  # does not count: compiles, and reads the file from the disk
    names = [
        name
        for name, contender in CONTENDERS.items()
        if all(installed(package) for package in contender.needs)
    ]
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for turn in range(RUNS):
        for name in names:
            if turn == 0 or sum(runs[name][0]["seconds"].values()) <= LONG_S:
                runs[name].append(ask(name, folder))
    results = {name: Result.of(name, runs[name]) for name in names}
    print(
        f"   {'seconds':22}{'import':>8}{'read':>8}{'prepare':>9}{'table':>9}"
        f"{'total':>8}{'again':>9}{'CPU':>7}",
        end="",
    )
    print(f"{'peak MB':>9}{'of import':>11}{'runs':>6}  answers")
    for result in results.values():
        result.answers = answers(result.name, folder)
        print(row(result), flush=True)
    for name in (name for name in CONTENDERS if name not in results):
        print(f"   {name}: not installed, left out")
    for line in ratios(results):
        print(f"   {line}")
    if cold:
        with tempfile.TemporaryDirectory(prefix="zone-atlas-bench-") as empty:
            compiled = Result.of("ours", [ask("ours", folder, NUMBA_CACHE_DIR=empty)])
        print(
            f"   compiling, the first time on a machine: {compiled.total_s:.1f} s to the first"
            f" table, {compiled.peak_mb:.0f} MB, once"
        )
    return [*page(f"{extract.name}, {size}", results), *opening(folder)]


def ask(what: str, folder: Path, **environment: str) -> dict[str, Any]:
    """Run one contender in a process of its own; return what it reports."""
    command = [sys.executable, str(WORKER), what, str(folder)]
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | environment,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"\n{what} failed:\n{done.stdout.decode(errors='replace')[-2000:]}")
    answer: dict[str, Any] = json.loads((folder / f"{what}.json").read_text(encoding="utf-8"))
    return answer


def row(result: Result) -> str:
    widths = {"import": 8, "read": 8, "prepare": 9, "table": 9, "total": 8, "again": 9}
    seconds = result.seconds | {"total": result.total_s}
    cells = [
        f"{seconds[what]:{width}.3f}" if what in seconds else f"{'–':>{width}}"
        for what, width in widths.items()
    ]
    return (
        f"   {result.name:22}{''.join(cells)}{result.cpu_s:7.1f}{result.peak_mb:9.0f}"
        f"{result.import_mb:11.0f}{result.runs:6}"
        f"  {result.answers}"
    )


# Answers ------------------------------------------------------------------------------------------


def answers(name: str, folder: Path) -> str:
    """Compare the tables; stop where they differ though they should not."""
    theirs = np.load(folder / f"{name}.npy")
    if name == "ours":
        plain = np.load(folder / "plain.npy")
        if not np.allclose(theirs[: len(plain)], plain, rtol=0, atol=0.002, equal_nan=True):
            raise SystemExit("\nours: the answers change when the network is prepared")
        return f"as without preparation, {len(plain)} origins"
    if name == WHOLE:
        return "lengths, not compared: it holds footpaths too"
    same_nodes = folder / f"{name}.ours.npy"
    ours = np.load(same_nodes) if same_nodes.is_file() else np.load(folder / "ours.npy")
    other = (ours > 0) & ~np.eye(*ours.shape, dtype=bool)
    share = theirs[other] / ours[other]
    lost = f", {np.isnan(share).sum()} pairs in one only" if np.isnan(share).any() else ""
    share = share[np.isfinite(share)]
    median = float(np.median(share))
    if not CONTENDERS[name].reads:
        apart = float((np.abs(theirs - ours) / np.maximum(ours, 1.0)).max())
        if not apart <= DIFFERENCE:
            raise SystemExit(f"\n{name}: the answers differ, by a share of up to {apart:g}")
        return f"differ by {apart:.0e} at most"
    if same_nodes.is_file():
        near = float((np.abs(share - 1) <= 0.02).mean())
        if abs(median - 1) > 0.01 or near < 0.8:
            raise SystemExit(
                f"\n{name}: the answers differ: {median:.4f} of ours in the median, {near:.0%} of"
                " pairs within 2 %"
            )
        return (
            f"same nodes and speeds: {median:.4f} of ours in the median, {near:.1%} of pairs within"
            f" 2 %{lost}"
        )
    return (
        f"own speeds: {median:.2f} of ours in the median, {(np.abs(share - 1) <= 0.5).mean():.0%}"
        f" of pairs within 50 %{lost}"
    )


# Words --------------------------------------------------------------------------------------------


def ratios(results: dict[str, Result]) -> list[str]:
    """Return how ours stands to the best peers."""
    ours = results["ours"]
    peers = [result for result in results.values() if result is not ours]
    readers, after = (
        [peer for peer in peers if CONTENDERS[peer.name].reads is reads] for reads in (True, False)
    )
    lines = []
    if readers:
        best = min(readers, key=lambda reader: reader.total_s)
        lines.append(
            f"file to table    {ours.total_s:.2f} s, {ours.total_s / best.total_s:.2f} of the best"
            f" peer that reads the file, {best.name}; without imports {ours.work_s:.2f} s,"
            f" {ours.work_s / best.work_s:.2f} of it; CPU {ours.cpu_s / best.cpu_s:.2f}, memory"
            f" {ours.peak_mb / best.peak_mb:.2f} of it"
        )
    if after:
        mine, *theirs = (
            result.seconds["prepare"] + result.seconds["table"] for result in (ours, *after)
        )
        shares = ", ".join(
            f"{mine / s:.2f} of {result.name}'s {s:.2f} s"
            for s, result in zip(theirs, after, strict=True)
        )
        lines.append(
            f"once it is read  {mine:.2f} s to prepare both vehicles and tabulate: {shares}, one"
            " vehicle"
        )
    for name in ("OSMnx", WHOLE):
        if osmnx := results.get(name):
            lines.append(
                f"{name:17}takes {osmnx.total_s / ours.total_s:.1f} x as long,"
                f" {osmnx.work_s / ours.work_s:.1f} x without imports; ours holds"
                f" {ours.peak_mb / osmnx.peak_mb:.2f} of its memory, beyond imports"
                f" {(ours.peak_mb - ours.import_mb) / (osmnx.peak_mb - osmnx.import_mb):.2f}"
            )
    if peers:
        shares = ", ".join(
            f"{peer.name} {peer.table_s / ours.table_s:,.1f} x"
            for peer in sorted(peers, key=lambda peer: peer.table_s)
        )
        lines.append(
            f"200 x 200, warm  ours {ours.table_s * 1e3:.1f} ms, snapping included; {shares}"
        )
    return lines


def page(title: str, results: dict[str, Result]) -> list[str]:
    lines = [
        "",
        f"**{title}**, seconds",
        "",
        (
            "| | import | read | prepare | first table | **total** | of ours | table again | CPU |"
            " peak memory |"
        ),
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    ours = results["ours"]
    for result in results.values():
        stages = " | ".join(
            f"{result.seconds[stage]:.2f}" if stage in result.seconds else "in read"
            for stage in STAGES
        )
        again = f"{result.seconds['again']:.3f}" if "again" in result.seconds else "–"
        name = result.name if CONTENDERS[result.name].reads else f"{result.name} after our reading"
        lines.append(
            f"| {name} | {stages} | **{result.total_s:.2f}**"
            f" | {result.total_s / ours.total_s:.1f} × |"
            f" {again} | {result.cpu_s:.1f} | {result.peak_mb:.0f} MB |"
        )
    return lines


def opening(folder: Path) -> list[str]:
    """Open what was saved, each in fresh processes."""
    saved = {
        "ours": ("our saved network, mapped into memory", folder / "saved"),
        "npz": ("the same arrays as one npz, read whole", folder / "arrays.npz"),
        "GraphML": ("`osmnx.load_graphml`", folder / "saved.graphml"),
    }
    lines = ["", "| opening | on disk | seconds | more memory |", "|---|---|---|---|"]
    for name, (title, path) in saved.items():
        if not path.exists():
            print(f"   open {name}: nothing was saved, left out")
            continue
        runs = [ask(f"open {name}", folder) for _ in range(RUNS)]
        seconds, grown_mb = (
            statistics.median(run[what] for run in runs) for what in ("seconds", "grown_mb")
        )
        files = path.glob("*") if path.is_dir() else [path]
        disk_mb = sum(file.stat().st_size for file in files) / 1e6
        later = ""
        if "table_s" in runs[0]:
            table_s, table_mb = (
                statistics.median(run[what] for run in runs)
                for what in ("table_s", "table_grown_mb")
            )
            later = (
                f"; then a first table in {table_s:.3f} s, compiled code loaded with it,"
                f" {table_mb:.1f} MB more in all"
            )
        print(
            f"   open {name:17}{seconds:8.4f} s, {grown_mb:7.1f} MB more memory, {disk_mb:.1f} MB"
            f" on disk{later}",
            flush=True,
        )
        lines.append(f"| {title} | {disk_mb:.1f} MB | {seconds:.4f} | {grown_mb:.1f} MB |")
    return lines


if __name__ == "__main__":
    main()
