"""Measure how long visitors wait: alone, beside one heavy user on eight connections, and beside
idle and slow connections.

Run ``python bench/load.py``; it serves the bundled data from a process of its own and asks only
that. Times are in milliseconds: median, 95th percentile and maximum of what one visitor sees who
asks for one page after another."""

from __future__ import annotations

import http.client
import itertools
import platform
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version

import numpy as np

SECONDS = 10.0
CONNECTIONS = 8
HELD = 150
LATEST_S = 30.0
LIGHT = ("/", "/sites/van-don-ez", "/static/app.css", "/ogc/collections/gates/items?f=json")
HEAVY = {
    "rankings": "/rank?w_gate={n}",
    "isochrones": "/api/isochrones?lon=106.{n}&lat=20.86",
    "plans of trips": (
        "/trip/plan.gpx?day=2026-12-01~08:00-18:00~begin:ha-noi~end:ha-noi&stop=dong-mai-ip~visit:{n}%20min"
    ),
}


def main() -> None:
    print(
        f"Python {platform.python_version()}, Flask {version('flask')}, waitress"
        f" {version('waitress')}, {platform.machine()}"
    )
    with serving() as port:
        label = f"the same beside {{}} on {CONNECTIONS} connections"
        measure(port, "a visitor alone")
        for name, address in HEAVY.items():
            with pressing(port, address) as answers:
                measure(port, label.format(name))
            print(f"    the heavy user got {dict(answers)}")
        with ExitStack() as held:
            for number in range(2 * HELD):
                held.enter_context(connection(port, idle=number < HELD))
            measure(port, f"the same beside {HELD} idle and {HELD} slow connections")


@contextmanager
def serving() -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    server = subprocess.Popen(
        [sys.executable, "-m", "webapp.cli.main", "serve", "--port", str(port)],
        stdout=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 120
        while ask(port, "/") != 200:
            if time.monotonic() > until or server.poll() is not None:
                raise SystemExit("The server does not start.")
            time.sleep(0.1)
        time.sleep(10)  # what is compiled and read before the first visitor
        yield port
    finally:
        server.terminate()
        server.wait()


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
def pressing(port: int, address: str) -> Iterator[Counter[int]]:
    """Ask for an address again and again, each time a little different, until the block ends."""
    over, answers, numbers = threading.Event(), Counter[int](), itertools.count(1)

    def press() -> None:
        while not over.is_set():
            status = ask(port, address.format(n=next(numbers) % 99 + 1))
            answers[status] += 1
            if status == 503:
                over.wait(1)

    users = [threading.Thread(target=press) for _ in range(CONNECTIONS)]
    for user in users:
        user.start()
    try:
        yield answers
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
    middle, late = np.percentile(waited, [50, 95], method="lower")
    print(
        f"  {title}: {middle:.0f} ms, 95 %: {late:.0f} ms, most: {max(waited):.0f} ms, of"
        f" {len(waited)} requests"
    )


if __name__ == "__main__":
    main()
