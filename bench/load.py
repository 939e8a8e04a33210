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
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path

import numpy as np
from _packages import enlarged
from _servers import zone_atlas
from server import load

from geo import layers

SECONDS = 10.0
CONNECTIONS = 8
HELD = 150
LATEST_S = 30.0
AT_ONCE = 300
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
        served = zone_atlas(folder, data=data, workers=options.workers)
        server, address = stack.enter_context(served)
        port = int(address.rpartition(":")[2])
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

    with at_once(press, connections, over):
        yield answers


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

    with at_once(leave, RUDE, over):
        yield left


@contextmanager
def at_once(user: Callable[[], None], count: int, over: threading.Event) -> Iterator[None]:
    """Let so many users do the same until the block ends; they watch for `over`."""
    users = [threading.Thread(target=user) for _ in range(count)]
    for thread in users:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in users:
            thread.join()


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
