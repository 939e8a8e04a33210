"""Measure how preparing and serving grow with a region: from 62,500 to a million junctions, 6,250
to 100,000 sites, 312 to 5,000 ports.

Run ``python bench/growth.py``; it needs the extra ``cluster`` and 20 GB of disk. ``--junctions N``
measures one size. Each size is prepared in a process of its own; the surfaces of the first
``COLUMNS`` ports are made once on two Dask workers and once in one process, and must be the same to
the bit; all is then served by two processes. Memory is what the processes hold together, what they
share counted once."""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
from _packages import enlarged
from _servers import free_port
from engine import made
from lookup import straight
from page import ask, wait_for

from geo import Atlas
from geo.roads import cluster, contraction, storage, surfaces

JUNCTIONS = (62_500, 250_000, 1_000_000)
SITES_OF, PORTS_OF = 10, 200
"""So many junctions have a site, and a port."""
COLUMNS = 40
NAME = "made"
WEST, SOUTH = 105.1, 20.75
"""The corner of the made region: up to a million junctions, all of it lies in Viet Nam."""
QUESTIONS = {
    "a click": "/api/times?lon={lon}&lat={lat}&",
    "a sheet": "/sites/{site}?",
    "the ranking": "/rank?edited=1&w_port=40&w_people=35&",
    "with other weights": "/rank?edited=1&w_port=20&w_people=35&",
}


@dataclass
class Prepared:
    """What it took to prepare a region, in seconds and megabytes."""

    junctions: int
    segments: int
    prepare_s: float
    peak_mb: float
    kept_mb: float
    cluster_s: float
    alone_s: float
    all_surfaces_mb: float


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--junctions", type=int, action="append")
    parser.add_argument("--prepare", nargs=2, metavar=("HOME", "DATA"), help=argparse.SUPPRESS)
    parser.add_argument("--scheduler", help=argparse.SUPPRESS)
    options = parser.parse_args()
    sizes = options.junctions or JUNCTIONS
    if options.prepare:
        home, data = map(Path, options.prepare)
        print(json.dumps(asdict(prepare(sizes[0], home, data, options.scheduler))))
        return
    print(
        f"command   python bench/growth.py {' '.join(sys.argv[1:])}\n"
        f"machine   {os.cpu_count()} cores, {platform.machine()}, Python"
        f" {platform.python_version()}, numba {version('numba')}, distributed"
        f" {version('distributed')}"
    )
    rows = [measure(size) for size in sizes]
    if len(rows) > 1:
        print("\nexponents, from the smallest to the largest region (1: as fast as it grows)")
        for name in rows[0]:
            few, many = rows[0][name], rows[-1][name]
            print(f"   {name:22} {np.log(many / few) / np.log(sizes[-1] / sizes[0]):5.2f}")


def measure(junctions: int) -> dict[str, float]:
    """Prepare and serve one size; returns what is to be compared with other sizes."""
    sites, ports = junctions // SITES_OF, junctions // PORTS_OF
    print(f"\n{junctions:,} junctions, {sites:,} sites, {ports:,} ports", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        home, data = Path(folder) / "home", Path(folder) / "data"
        reach = junctions**0.5 * 150 / 111_000
        box = WEST, SOUTH, WEST + reach, SOUTH + reach
        enlarged(data, parks=sites, ports=ports, box=box)
        with scheduler() as address:
            command = [sys.executable, __file__, "--junctions", str(junctions)]
            command += ["--prepare", str(home), str(data), "--scheduler", address]
            printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        prepared = Prepared(**json.loads(printed.splitlines()[-1]))
        print(
            f"   prepared in {prepared.prepare_s:.1f} s for cars ({prepared.segments:,} segments),"
            f" at most {prepared.peak_mb:.0f} MB, {prepared.kept_mb:.0f} MB kept\n"
            f"   surfaces of {COLUMNS} ports: two workers {prepared.cluster_s:.2f} s, one process"
            f" {prepared.alone_s:.2f} s; of all they would take {prepared.all_surfaces_mb:,.0f} MB",
            flush=True,
        )
        answers, held_mb = serve(home, data)
    return {
        "preparing": prepared.prepare_s,
        "memory of preparing": prepared.peak_mb,
        "surfaces": prepared.cluster_s,
        **answers,
        "memory of serving": held_mb,
    }


def prepare(junctions: int, home: Path, data: Path, address: str) -> Prepared:
    roads = made(junctions)
    network = straight(replace(roads, lonlat=roads.lonlat - [105, 20] + [WEST, SOUTH]))
    manifest = replace(network.manifest, countries=("VN",))
    network = replace(network, manifest=manifest, country=np.zeros_like(network.country))
    contraction.warm_up()
    begin = time.perf_counter()
    network = network.prepared()
    prepare_s = time.perf_counter() - begin
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    folder = storage.save(network, home / "networks" / NAME)
    kept_mb = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    ports = Atlas.open(data, home=home).layer("ports").iloc[-COLUMNS:]
    (home / "alone").mkdir()
    (home / "cluster").mkdir()
    begin = time.perf_counter()
    surfaces.write(network, ports, home / "alone")
    alone_s = time.perf_counter() - begin
    begin = time.perf_counter()
    surfaces.write(network, ports, home / "cluster", run=cluster.runner(address))
    cluster_s = time.perf_counter() - begin
    made_alone = sorted((home / "alone").glob("surface.*"))
    if not made_alone:
        raise SystemExit("No port is joined to a road.")
    for path in made_alone:
        if path.read_bytes() != (home / "cluster" / path.name).read_bytes():
            raise SystemExit(f"The surfaces differ: {path.name}")
    targets = Atlas.open(data, home=home).targets()
    size_mb = surfaces.size_mb(network, targets)
    return Prepared(
        network.node_count,
        network.segment_count,
        prepare_s,
        peak_mb,
        kept_mb,
        cluster_s,
        alone_s,
        size_mb,
    )


@contextmanager
def scheduler() -> Iterator[str]:
    """Start two workers of one thread each; yields where their scheduler answers."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=None
    ) as started:
        yield started.scheduler_address


def serve(home: Path, data: Path) -> tuple[dict[str, float], float]:
    """Serve with two processes; returns seconds by question, and the most megabytes they held."""
    port = free_port()
    command = ["--data", str(data), "serve", "--port", str(port), "--workers", "2"]
    server = subprocess.Popen(
        [sys.executable, "-m", "webapp.cli.main", *command],
        stdout=subprocess.DEVNULL,
        env=os.environ | {"ZONEATLAS_HOME": str(home)},
    )
    times_s, held_mb = {}, 0.0
    try:
        begin = time.perf_counter()
        wait_for(server, f"http://127.0.0.1:{port}/")
        print(f"   the map is served after {time.perf_counter() - begin:.1f} s")
        wait_for(server, f"http://127.0.0.1:{port}/sites/van-don-ez")
        print(f"   the first of two processes is ready after {time.perf_counter() - begin:.1f} s")
        for name, question in QUESTIONS.items():
            path = question.format(lon=WEST + 0.05, lat=SOUTH + 0.05, site="dong-mai-ip-1")
            answers = []
            for _ in range(5):
                url = f"http://127.0.0.1:{port}{path}network={NAME}&profile=car"
                answers.append(ask(url).whole_s)
                held_mb = max(held_mb, shared_mb(server.pid))
            times_s[f"{name}, first"], times_s[f"{name}, then"] = answers[0], min(answers[1:])
            print(
                f"   {name:22} first {answers[0] * 1000:8.1f} ms, then"
                f" {min(answers[1:]) * 1000:8.1f} ms",
                flush=True,
            )
        print(f"   both processes held at most {held_mb:.0f} MB together")
    finally:
        server.terminate()
        server.wait()
    return times_s, held_mb


def shared_mb(leader: int) -> float:
    """Return the memory of a process and its children, what they share divided among them."""
    listed = subprocess.run(
        ["ps", "-o", "pid=", "-p", str(leader), "--ppid", str(leader)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    held = 0
    for pid in listed:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
        held += int(text.split("Pss:")[1].split()[0])
    return held / 1024


if __name__ == "__main__":
    main()
