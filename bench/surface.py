"""A surface of the region: what a frame takes at three zooms, against asking the tables of travel
times for the same cells.

Run: python bench/surface.py
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from geo.roads import access  # noqa: E402
from geo.roads.cells import A_SIDE, middles  # noqa: E402
from geo.siting.measures import DESTINATIONS  # noqa: E402
from geo.siting.sites import serving_of  # noqa: E402
from geo.siting.surface import Blocks  # noqa: E402
from geo.tiles.grid import project  # noqa: E402
from webapp.app import create_app  # noqa: E402

SCREEN = (1366, 768)
PIXELS = 256
VIEWS = {7: (107.0, 21.5), 10: (106.55, 20.95), 13: (106.68, 20.86)}
"""Middles of the views: the region, the port of Hai Phong with Hai Duong, and that city."""
MEASURES = ("port", "gate", "airport", "city")
FRAMES = 20
ASKED = 300
"""Cells that the tables are asked for; the time is scaled up to all that have one."""


def cpu(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return the seconds of the processor and of the clock that some work takes."""
    before, clock = time.process_time(), time.perf_counter()
    result = work()
    return time.process_time() - before, time.perf_counter() - clock, result


def blocks_of(zoom: int, lon: float, lat: float) -> Blocks:
    """Return the blocks that the page asks for on a laptop."""
    middle = project(np.array([[lon, lat]]))[0] * 2.0**zoom
    half = np.array(SCREEN) / 2 / PIXELS
    west, north = np.floor(middle - half).astype(int).tolist()
    east, south = np.floor(middle + half).astype(int).tolist()
    return Blocks(zoom, west, north, east, south)


def address(blocks: Blocks, frame: int) -> str:
    """Return the address of a frame; each has other weights."""
    weights = "&".join(
        f"w_{name}={10 + (frame * 7 + 5 * i) % 90}" for i, name in enumerate(MEASURES)
    )
    at = f"{blocks.west},{blocks.north},{blocks.east},{blocks.south}"
    return f"/where.png?{weights}&max_port=240&level={blocks.level}&blocks={at}"


def asked_of_tables(opened: Any, blocks: Blocks) -> tuple[float, float, float]:
    """Return the seconds that the tables take for one cell, how many cells have an amount, and the
    largest difference to the surface.
    """
    drawn, roads = opened.surface(), opened.roads()
    lonlat = np.concatenate([middles(tile) for row in blocks.rows for tile in row])
    amounts = {
        name: np.concatenate(
            [
                drawn.amounts(name, Blocks(t.zoom, t.column, t.row, t.column, t.row)).ravel()
                for row in blocks.rows
                for t in row
            ]
        )
        for name in MEASURES
    }
    known = np.flatnonzero(np.isfinite(amounts["city"]))
    at = np.random.default_rng(1).choice(known, min(ASKED, len(known)), replace=False)
    country = [opened.country(*lonlat[cell]) for cell in at]
    points = gpd.GeoDataFrame(
        {"country": country}, geometry=gpd.points_from_xy(*lonlat[at].T), crs=4326
    )
    total, off = 0.0, 0.0
    for row in DESTINATIONS:
        if row.id not in MEASURES:
            continue
        places, _maybe = serving_of(
            row, drawn.places[row.id], opened.table("crossings"), drawn.profile
        )
        access.travel_times(roads, points.iloc[:2], places, profile=drawn.profile)
        ask = partial(access.travel_times, roads, points, places, profile=drawn.profile)
        seconds, _clock, table = cpu(ask)
        total += seconds
        least = table.groupby("from_id")["travel_time_s"].min().to_numpy()
        both = np.isfinite(least) & np.isfinite(amounts[row.id][at])
        off = max(off, float(np.abs(least - amounts[row.id][at])[both].max(initial=0.0)))
    return total / len(at), len(known), off


def main() -> None:
    """Measure the three views."""
    python = platform.python_version()
    print(f"machine   {os.cpu_count()} cores, {platform.machine()}, Python {python}")
    print(
        f"frames    {SCREEN[0]} x {SCREEN[1]}, a cell every two pixels, four weights and a limit;"
    )
    print("          seconds of the processor, medians; “new view” joins every cell to its road")
    with tempfile.TemporaryDirectory() as home:
        app = create_app({"HOME": Path(home)})
        opened, client = app.extensions["zoneatlas"], app.test_client()
        opened.network()
        client.get(address(blocks_of(9, 105.0, 22.0), 0))  # compiles
        for zoom, (lon, lat) in VIEWS.items():
            blocks = blocks_of(zoom, lon, lat)
            new, new_clock, answer = cpu(partial(client.get, address(blocks, 0)))
            assert answer.status_code == 200, answer.text
            frames = [
                cpu(partial(client.get, address(blocks, frame)))[:2] for frame in range(1, FRAMES)
            ]
            frame_s = statistics.median(seconds for seconds, _clock in frames)
            clock_s = statistics.median(clock for _seconds, clock in frames)
            a_cell_s, cells, off = asked_of_tables(opened, blocks)
            assert off < 0.02, off
            print(
                f"zoom {zoom:2}   {len(blocks)} blocks, {len(blocks) * A_SIDE**2:,} cells,"
                f" {cells:,} with a time; new view {new:.3f} (clock {new_clock:.3f});"
                f" slider {frame_s:.3f} (clock {clock_s:.3f}), {len(answer.data) / 1000:.0f} kB;"
                f" tables {a_cell_s * cells:,.0f} = {a_cell_s * cells / new:,.0f} x the view,"
                f" {a_cell_s * cells / frame_s:,.0f} x the slider; off by {off:.4f} s at most"
            )


if __name__ == "__main__":
    main()
