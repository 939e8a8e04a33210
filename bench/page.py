"""Measure the pages with 238, 10,000 and 100,000 parks: the first and the second time, bytes over
the wire, time to a usable map, memory.

Run ``python bench/page.py`` in an environment with the extra ``test`` and a Chromium; ``--parks N``
measures one size. Each size is served by a process of its own, its roads built beforehand; it is
asked when it says that everything is prepared. Maps are loaded in fresh browser profiles; each kind
of page is asked for five times with other sites, weights or gates, each twice. Medians of five."""

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
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from _packages import enlarged
from _servers import free_port
from playwright.sync_api import sync_playwright

from geo import Atlas

RUNS = 5
PARKS = (238, 10_000, 100_000)
READY_S = 900
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PAGES = {
    "a sheet": (
        "/sites/dong-mai-ip",
        "/sites/hai-yen-ip",
        "/sites/viet-hung-ip",
        "/sites/yen-phong-1-ip",
        "/sites/nam-tien-phong-ip",
    ),
    "the ranking": tuple(
        f"/rank?example={sector}"
        for sector in ("electronics", "automobile", "textiles", "logistics", "chemicals")
    ),
    "with other weights": tuple(
        f"/rank?edited=1&w_gate={gate}&w_port=35" for gate in (40, 41, 42, 43, 44)
    ),
    "with a gate closed": tuple(
        f"/rank?example=electronics&closed={gate}"
        for gate in ("huu-nghi", "kim-thanh", "tra-linh", "tan-thanh", "thanh-thuy")
    ),
    "the table": tuple(
        f"/table{more}" for more in ("", "?sort=area", "?sort=gate", "?country=VN", "?country=CN")
    ),
    "GeoJSON of all parks": ("/download/parks.geojson",) * RUNS,
}
"""Five questions of each kind."""
CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
)


@dataclass(frozen=True)
class Answer:
    """How long an answer took to its first byte and to its end, and its size as it was sent."""

    first_s: float
    whole_s: float
    kb: float


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--parks", type=int, action="append")
    sizes = parser.parse_args().parks or PARKS
    print(
        f"command   python bench/page.py {' '.join(sys.argv[1:])}\n"
        f"machine   {os.cpu_count()} cores, {platform.machine()}, Python"
        f" {platform.python_version()}, Flask {version('flask')}, waitress {version('waitress')}\n"
        f"import geo: {import_time('geo'):.3f} s (median of {RUNS}, interpreter start taken off)"
    )
    with tempfile.TemporaryDirectory() as folder:
        for parks in sizes:
            measure(enlarged(Path(folder) / str(parks), parks=parks), Path(folder) / "home", parks)


def import_time(module: str) -> float:
    def run(code: str) -> float:
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - begin

    return statistics.median(run(f"import {module}") - run("pass") for _ in range(RUNS))


def measure(data: Path, home: Path, parks: int) -> None:
    atlas = Atlas.open(data, home=home)
    atlas.networks.main_roads.prepare(atlas.targets())
    print(f"\n{parks:,} parks")
    begin = time.perf_counter()
    with serving(data, home) as (server, address):
        wait_for(server, address + "/")
        print(f"   serve shows the map after {time.perf_counter() - begin:.1f} s", flush=True)
        wait_for(server, address + PAGES["a sheet"][0])
        print(f"   and everything after {time.perf_counter() - begin:.1f} s", flush=True)
        browse(address)
        for name, paths in PAGES.items():
            asked = [(ask(address + path), ask(address + path)) for path in paths]
            firsts = [first.whole_s * 1000 for first, _ in asked]
            seconds = [second.whole_s * 1000 for _, second in asked]
            print(
                f"   {name:22} first {statistics.median(firsts):7.0f} ms ({min(firsts):.0f} to"
                f" {max(firsts):.0f}, the very first {firsts[0]:.0f}), then"
                f" {statistics.median(seconds):6.0f} ms; first byte after"
                f" {statistics.median(first.first_s * 1000 for first, _ in asked):6.0f} ms;"
                f" {statistics.median(first.kb for first, _ in asked):8.0f} kB",
                flush=True,
            )
        print(f"   the server held at most {peak_mb(server):.0f} MB")


@contextmanager
def serving(data: Path, home: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    port = free_port()
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "webapp.cli.main",
            "--data",
            str(data),
            "serve",
            "--port",
            str(port),
        ],
        stdout=subprocess.DEVNULL,
        env=os.environ | {"ZONEATLAS_HOME": str(home)},
    )
    try:
        yield server, f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def wait_for(server: subprocess.Popen[bytes], url: str) -> None:
    """Ask until the answer is there; the server says that it prepares with status 503."""
    until = time.monotonic() + READY_S
    while True:
        try:
            ask(url)
            return
        except OSError:
            if time.monotonic() > until or server.poll() is not None:
                raise
            time.sleep(0.05)


def ask(url: str) -> Answer:
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    begin = time.perf_counter()
    with urllib.request.urlopen(request, timeout=READY_S) as answer:
        size = len(answer.read(1))
        first_s = time.perf_counter() - begin
        while part := answer.read(1 << 20):
            size += len(part)
    return Answer(first_s, time.perf_counter() - begin, size / 1000)


def peak_mb(server: subprocess.Popen[bytes]) -> float:
    status = Path(f"/proc/{server.pid}/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def browse(home: str) -> None:
    """Load the page in fresh profiles: usable means every mark and the list are drawn."""
    usable, wires = [], []
    with sync_playwright() as playwright:
        executable = next(filter(None, map(shutil.which, BROWSERS)), None)
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
        f"   usable map in Chromium after {statistics.median(usable):.2f} s ({min(usable):.2f} to"
        f" {max(usable):.2f}); {statistics.median(wires) / 1000:.0f} kB over the wire, everything"
        " counted",
        flush=True,
    )


if __name__ == "__main__":
    main()
