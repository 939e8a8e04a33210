"""Measure the first page: server time, bytes over the wire, time to a usable map, with 200 and with
10,000 parks.

Run ``python bench/page.py`` in an environment with the extra ``test`` and a Chromium. The larger
data package is the bundled one with its parks repeated under new ids, each moved at random within
the accuracy of its position. Times are medians of five; every page is loaded in a fresh browser
profile, from a server of its own process."""

from __future__ import annotations

import csv
import platform
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from importlib.metadata import version
from pathlib import Path

from playwright.sync_api import sync_playwright

from geo import layers

RUNS = 5
M_A_DEGREE = 111_000
PARTS = (
    "/",
    "/api/map/parks.json",
    "/api/map/corridors.json",
    "/api/map/gates.json",
    "/api/map/ports.json",
    "/api/map/airports.json",
)
CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
)


def main() -> None:
    print(
        f"Python {platform.python_version()}, Flask {version('flask')}, waitress"
        f" {version('waitress')}, {platform.machine()}"
    )
    print(f"import geo: {import_time('geo'):.3f} s (median of {RUNS}, interpreter start taken off)")
    with tempfile.TemporaryDirectory() as folder:
        for count in (200, 10_000):
            data = Path(folder) / str(count)
            multiply(data, count)
            measure(data, count)


def import_time(module: str) -> float:
    def run(code: str) -> float:
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - begin

    return statistics.median(run(f"import {module}") - run("pass") for _ in range(RUNS))


def multiply(data: Path, count: int) -> None:
    """Copy the bundled package with so many parks."""
    shutil.copytree(layers.bundled(), data)
    with (data / "parks.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    dice = random.Random(1)
    lines = list(rows)
    while len(lines) < count:
        row = dict(rows[len(lines) % len(rows)])
        most = float(row["position_accuracy_m"] or 0) / 2 / M_A_DEGREE
        row |= {
            "id": f"{row['id']}-{len(lines)}",
            "lon": f"{float(row['lon']) + dice.uniform(-most, most):.5f}",
            "lat": f"{float(row['lat']) + dice.uniform(-most, most):.5f}",
        }
        lines.append(row)
    with (data / "parks.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines[:count])


def measure(data: Path, count: int) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    begin = time.perf_counter()
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
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    home = f"http://127.0.0.1:{port}"
    try:
        while True:
            try:
                ask(home + "/")
                break
            except OSError:
                time.sleep(0.02)
        print(f"\n{count:,} parks\n  serve answers after {time.perf_counter() - begin:.2f} s")
        begin = time.perf_counter()
        ask(home + PARTS[1])
        print(
            "  first answer with all parks and their access after another"
            f" {time.perf_counter() - begin:.2f} s"
        )
        for part in PARTS[:2]:
            print(
                f"  server time of {part}:"
                f" {statistics.median(timed(home + part) for _ in range(RUNS)) * 1000:.1f} ms"
            )
        browse(home)
    finally:
        server.terminate()
        server.wait()


def ask(url: str) -> bytes:
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as answer:
        body: bytes = answer.read()
        return body


def timed(url: str) -> float:
    begin = time.perf_counter()
    ask(url)
    return time.perf_counter() - begin


def browse(home: str) -> None:
    """Load the page in fresh profiles: usable means every mark and the list are drawn."""
    usable, wires = [], []
    with sync_playwright() as playwright:
        executable = next(
            (
                path
                for name in ("chromium", "chromium-browser", "google-chrome")
                if (path := shutil.which(name))
            ),
            None,
        )
        for _ in range(RUNS):
            browser = playwright.chromium.launch(executable_path=executable, args=list(CHROMIUM))
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            session = page.context.new_cdp_session(page)
            session.send("Network.enable")
            wire = [0]
            session.on(
                "Network.loadingFinished",
                lambda event, wire=wire: wire.__setitem__(
                    0, wire[0] + int(event["encodedDataLength"])
                ),
            )
            begin = time.perf_counter()
            page.goto(home + "/")
            page.locator("body[data-ready=true]").wait_for(state="attached", timeout=60_000)
            usable.append(time.perf_counter() - begin)
            page.wait_for_load_state("networkidle")
            wires.append(wire[0])
            browser.close()
    print(
        f"  usable map in Chromium after {statistics.median(usable):.2f} s ({min(usable):.2f} to"
        f" {max(usable):.2f})"
    )
    print(
        "  over the wire for the first page, everything counted:"
        f" {statistics.median(wires) / 1000:.0f} kB compressed"
    )


if __name__ == "__main__":
    main()
