"""Measure how long visitors wait: alone, beside a heavy user on eight connections, beside idle and
slow connections and rude ones, and how long three hundred wait who come at once.

Run ``python bench/load.py``; it serves the bundled data from a process of its own and asks only
that. ``--workers N`` is handed to ``zoneatlas serve``, ``--parks N`` makes the package larger. wrk
(Debian: ``apt install wrk``) is the client of the three hundred. Times are in milliseconds: what
one visitor sees who asks for one page after another."""

from __future__ import annotations

import argparse
import http.client
import itertools
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path

import numpy as np
from _packages import enlarged
from server import load

from geo import Atlas, layers

SECONDS = 10.0
CONNECTIONS = 8
HELD = 150
LATEST_S = 30.0
AT_ONCE = 300
READY_S = 300
LIGHT = ("/", "/sites/van-don-ez", "/static/app.css", "/ogc/collections/gates/items?f=json")
HEAVY = {
    "rankings": "/rank?edited=1&w_gate=40.{n:04}&w_port=35",
    "isochrones": "/api/isochrones?lon=106.{n:04}&lat=20.86",
    "plans of trips": (
        "/trip/plan.gpx?day=2026-12-01~08:00-18:00~begin:ha-noi~end:ha-noi&stop=dong-mai-ip~visit:{n}%20min"
    ),
}


ALL_OF_THEM = "/ogc/collections/parks/items?f=json&limit=10000&offset={n}"
ASKING_FOR_ALL = 50
"""Connections that each ask for a page of ten thousand features."""
RUDE = 20
"""Connections that leave as soon as the answer begins, and come again."""
DISTINCT = ("/api/times?lon=106.{n:04}&lat=21.02", "/rank?edited=1&w_gate=40.{n:04}&w_port=35")
"""Questions that nobody has asked before, and nobody asks again."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--parks", type=int, default=0)
    options = parser.parse_args()
    print(
        f"command   python bench/load.py {' '.join(sys.argv[1:])}\n"
        f"machine   {os.cpu_count()} cores, {platform.machine()}, Python"
        f" {platform.python_version()}, Flask {version('flask')}, waitress {version('waitress')}\n"
        f"visitor   asks for {', '.join(LIGHT)} in turn for {SECONDS:.0f} s\n"
    )
    label = f"beside {{}} on {CONNECTIONS} connections"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        data = enlarged(folder / "data", parks=options.parks) if options.parks else layers.bundled()
        server, port = stack.enter_context(serving(data, folder / "home", options.workers))
        measure(port, "alone")
        for name, address in HEAVY.items():
            with pressing(port, address, CONNECTIONS) as answers:
                measure(port, label.format(name))
            print(f"      the heavy user got {line(answers)}")
        with ExitStack() as held:
            for number in range(2 * HELD):
                held.enter_context(connection(port, idle=number < HELD))
            measure(port, f"beside {HELD} idle and {HELD} slow connections")
        with leaving(port) as left:
            measure(port, f"beside {RUDE} connections that leave in mid-answer")
        print(f"      they left {left[0]} times")
        with pressing(port, ALL_OF_THEM, ASKING_FOR_ALL) as answers:
            measure(port, f"beside {ASKING_FOR_ALL} connections that ask for 10,000 features each")
        print(f"      they got {line(answers)}; the server holds {memory_mb(server):.0f} MB")
        for address in DISTINCT:
            before = memory_mb(server)
            with pressing(port, address, CONNECTIONS) as answers:
                measure(port, f"beside {address.split('?')[0]}, each question a new one")
            grown = memory_mb(server) - before
            print(f"      they got {line(answers)}; the server grew by {grown:.0f} MB")
        if shutil.which("wrk"):
            run = load(f"http://127.0.0.1:{port}/", 5, AT_ONCE)
            print(
                f"   {AT_ONCE} at once for the start page: half within {run.median_ms:.0f} ms, 99 %"
                f" within {run.tail_ms:.0f} ms, {run.a_second:.0f} a second; {run.faults} answers"
                " were refused or none"
            )


@contextmanager
def serving(data: Path, home: Path, workers: int) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Serve a package whose roads are prepared; yields the process, and where it answers."""
    atlas = Atlas.open(data, home=home)
    atlas.networks.main_roads.prepare(atlas.targets())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = ["serve", "--port", str(port), "--workers", str(workers)]
    server = subprocess.Popen(
        [sys.executable, "-m", "webapp.cli.main", "--data", str(data), *command],
        stdout=subprocess.DEVNULL,
        env=os.environ | {"ZONEATLAS_HOME": str(home)},
    )
    try:
        until = time.monotonic() + READY_S
        while ask(port, "/sites/van-don-ez") != 200:
            if time.monotonic() > until or server.poll() is not None:
                raise SystemExit("The server does not start.")
            time.sleep(0.1)
        time.sleep(10 * (1 if workers == 1 else 3))  # what is read before the first visitor
        yield server, port
    finally:
        server.terminate()
        server.wait()


def memory_mb(server: subprocess.Popen[bytes]) -> float:
    """Return the memory that the processes of a server hold now, what they share counted once for
    each.
    """
    children = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(server.pid), "--ppid", str(server.pid)],
        capture_output=True,
        text=True,
        check=True,
    )
    return sum(map(float, children.stdout.split())) / 1024


def line(answers: Counter[int]) -> str:
    return ", ".join(f"{count} x {status or 'none'}" for status, count in sorted(answers.items()))


def ask(port: int, path: str) -> int:
    """Return the status of an answer; 0 where there is none."""
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=LATEST_S)
    try:
        asked.request("GET", path)
        answer = asked.getresponse()
        answer.read()
        return answer.status
    except OSError:
        return 0
    finally:
        asked.close()


@contextmanager
def pressing(port: int, address: str, connections: int) -> Iterator[Counter[int]]:
    """Ask for an address again and again, each time a little different, until the block ends."""
    over, answers, numbers = threading.Event(), Counter[int](), itertools.count(1)

    def press() -> None:
        while not over.is_set():
            status = ask(port, address.format(n=next(numbers)))
            answers[status] += 1
            if status == 503:
                over.wait(1)

    users = [threading.Thread(target=press) for _ in range(connections)]
    for user in users:
        user.start()
    try:
        yield answers
    finally:
        over.set()
        for user in users:
            user.join()


@contextmanager
def leaving(port: int) -> Iterator[list[int]]:
    """Ask for a whole layer and close the connection as it begins, until the block ends."""
    over, left = threading.Event(), [0]

    def leave() -> None:
        while not over.is_set():
            with socket.create_connection(("127.0.0.1", port), timeout=LATEST_S) as opened:
                opened.sendall(b"GET /download/parks.geojson HTTP/1.1\r\nHost: localhost\r\n\r\n")
                opened.recv(1000)
            left[0] += 1

    users = [threading.Thread(target=leave) for _ in range(RUDE)]
    for user in users:
        user.start()
    try:
        yield left
    finally:
        over.set()
        for user in users:
            user.join()


def connection(port: int, *, idle: bool) -> socket.socket:
    """Open a connection that has had its answer and stays, or one that has sent half of a
    request.
    """
    opened = socket.create_connection(("127.0.0.1", port), timeout=LATEST_S)
    opened.sendall(
        b"GET /static/icon.svg HTTP/1.1\r\nHost: localhost\r\n" + (b"\r\n" if idle else b"")
    )
    return opened


def measure(port: int, title: str) -> None:
    waited, over = [], time.monotonic() + SECONDS
    while time.monotonic() < over:
        for path in LIGHT:
            begun = time.perf_counter()
            status = ask(port, path)
            waited.append(1000 * (time.perf_counter() - begun) if status == 200 else float("inf"))
    middle, late = np.percentile(waited, [50, 99], method="lower")
    print(
        f"   {title}: half within {middle:.0f} ms, 99 % within {late:.0f} ms, most"
        f" {max(waited):.0f} ms, of {len(waited)} requests",
        flush=True,
    )


if __name__ == "__main__":
    main()
