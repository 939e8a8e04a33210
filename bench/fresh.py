"""Measure the first start on a machine: nothing is compiled, no road is prepared.

Run ``python bench/fresh.py``. ``serve`` runs with an empty home folder and an empty folder for
compiled code; the page of the map and a plan of three stops are asked for once a second until five
plans have come."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from _servers import free_port

PLAN = (
    "/trip?day=2026-12-01~07:30-18:00~begin:mong-cai~end:mong-cai"
    "&stop=texhong-hai-ha&stop=hai-yen-ip&stop=dongxing-border-eco&whole=1"
)
PLANS = 5
PATIENCE_S = 600


def main() -> None:
    print(
        f"command   python bench/fresh.py\nmachine   {os.cpu_count()} cores, {platform.machine()},"
        f" Python {platform.python_version()}"
    )
    with tempfile.TemporaryDirectory() as scratch:
        folders = {"ZONEATLAS_HOME": f"{scratch}/home", "NUMBA_CACHE_DIR": f"{scratch}/code"}
        for folder in folders.values():
            Path(folder).mkdir()
        port = str(free_port())
        command = [sys.executable, "-m", "webapp.cli.main", "serve", "--port", port]
        begin = time.monotonic()
        server = subprocess.Popen(command, env=os.environ | folders, stdout=subprocess.DEVNULL)
        try:
            measure(f"http://127.0.0.1:{port}", begin)
        finally:
            server.terminate()
            server.wait()


def measure(home: str, begin: float) -> None:
    while ask(home + "/") is None:
        time.sleep(0.05)
    print(f"   the map after {time.monotonic() - begin:.1f} s", flush=True)
    maps, plans = [], list[float]()
    while len(plans) < PLANS:
        if time.monotonic() > begin + PATIENCE_S:
            sys.exit("no plan has come")
        plan, page = ask(home + PLAN), ask(home + "/")
        maps += [page[1]] if page else []
        if plan and plan[0] == 200:
            if not plans:
                after_s = time.monotonic() - begin
                print(
                    f"   503 with a percentage until the first plan, after {after_s:.0f} s;"
                    f" the map meanwhile within {max(maps) * 1000:.0f} ms, {len(maps)} times asked"
                )
            plans.append(plan[1])
        time.sleep(1)
    rest = ", ".join(f"{seconds * 1000:.0f}" for seconds in plans[1:])
    print(f"   the first plan took {plans[0] * 1000:.0f} ms, the next {rest} ms")


def ask(url: str) -> tuple[int, float] | None:
    """Return status and seconds of an answer; None before the server listens."""
    begin = time.perf_counter()
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
            answer.read()
            return answer.status, time.perf_counter() - begin
    except urllib.error.HTTPError as error:
        return error.code, time.perf_counter() - begin
    except OSError:
        return None


if __name__ == "__main__":
    main()
