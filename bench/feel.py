"""Measure how pages feel in Chromium: how much they shift while they load, how long an input waits
and until it is painted, and how long a card takes to light its mark.

Run ``python bench/feel.py`` in an environment with the extra ``test`` and a Chromium; ``--parks N``
measures one size. Each size is served by a process of its own, as in ``page.py``; each page is
loaded in a fresh profile at two widths."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from _packages import enlarged
from page import BROWSERS, CHROMIUM, serving, wait_for
from playwright.sync_api import sync_playwright

from geo import Atlas

PARKS = (238, 2_000, 100_000)
WIDTHS = {"desk": (1366, 768), "phone": (390, 844)}
PICKED = "pick=dong-mai-ip&pick=hai-yen-ip&pick=viet-hung-ip"
PLACES = "place=supplier~dongxing~~120&place=port~port-lach-huyen-hict~~120"
PAGES = {
    "map": "/",
    "site on the map": "/?site=dong-mai-ip",
    "find a site": "/rank?example=electronics",
    "compare": f"/compare?{PICKED}",
    "chain": f"/chain?{PLACES}",
    "cost": f"/cost?{PICKED}",
    "where": "/where?w_port=100",
    "table": "/table",
    "planned": "/planned",
}
HOVERS = 15
WATCH = """
window.shifts = []; window.inputs = [];
new PerformanceObserver(list => list.getEntries().forEach(shift => {
    if (!shift.hadRecentInput) window.shifts.push(shift.value);
})).observe({ type: "layout-shift", buffered: true });
new PerformanceObserver(list => list.getEntries().forEach(event => {
    if (event.interactionId)
        window.inputs.push([event.processingStart - event.startTime, event.duration]);
})).observe({ type: "event", durationThreshold: 16, buffered: true });
"""
HOVER = """
() => { window.lit = []; document.getElementById("list").addEventListener("mouseover", event => {
    const item = event.target.closest(".item"), begin = event.timeStamp;
    if (!item || item.timed) return;
    item.timed = true;
    const look = () => {
        if (item.classList.contains("lit")) window.lit.push(performance.now() - begin);
        else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}, true); }
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--parks", type=int, action="append")
    sizes = parser.parse_args().parks or PARKS
    print(
        f"command   python bench/feel.py {' '.join(sys.argv[1:])}\n"
        f"machine   {os.cpu_count()} cores, {platform.machine()}\n"
        "shift     the sum of all layout shifts of a page that no input asked for\n"
        "input     the longest wait of a key or click before it is handled, and until the page is\n"
        "          painted after it\n"
        f"card      from the pointer on a card to the frame in which its mark is lit; {HOVERS}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for parks in sizes:
            data = enlarged(Path(folder) / str(parks), parks=parks)
            home = Path(folder) / "home"
            atlas = Atlas.open(data, home=home)
            atlas.networks.main_roads.prepare(atlas.targets())
            with serving(data, home) as (server, address):
                for path in PAGES.values():
                    wait_for(server, address + path)
                print(f"\n{parks:,} parks", flush=True)
                feel(address)


def feel(address: str) -> None:
    with sync_playwright() as playwright:
        executable = next(filter(None, map(shutil.which, BROWSERS)), None)
        browser = playwright.chromium.launch(executable_path=executable, args=list(CHROMIUM))
        for width, (across, down) in WIDTHS.items():
            for name, path in PAGES.items():
                page = browser.new_context(
                    viewport={"width": across, "height": down}, has_touch=width == "phone"
                ).new_page()
                page.add_init_script(WATCH)
                page.goto(address + path)
                page.wait_for_load_state("networkidle")
                shift = page.evaluate("() => window.shifts.reduce((sum, value) => sum + value, 0)")
                line = f"   {width:6}{name:16} shift {shift:.3f}"
                if width == "desk":
                    lit = hover(page) if name == "map" else []
                    act(page, name)
                    line += said(page.evaluate("() => window.inputs"))
                    if lit:
                        line += (
                            f"; card {statistics.median(lit):.0f} ms"
                            f" ({min(lit):.0f} to {max(lit):.0f})"
                        )
                print(line, flush=True)
                page.context.close()
        browser.close()


def said(inputs: list[list[float]]) -> str:
    """Write the longest waits of all inputs that took more than a frame."""
    if not inputs:
        return "; input within a frame"
    waits, paints = zip(*inputs, strict=True)
    return f"; input waits {max(waits):.0f} ms, painted after {max(paints):.0f} ms"


def hover(page: Any) -> list[float]:
    """Point at one card after the other; return how long each takes to be lit."""
    page.evaluate(HOVER)
    for card in page.locator("#list .item").all()[:HOVERS]:
        card.hover()
        page.wait_for_timeout(100)
    page.mouse.move(700, 400)
    lit: list[float] = page.evaluate("() => window.lit")
    return lit


def act(page: Any, name: str) -> None:
    """Type, click and move sliders as a person does on such a page."""
    if name == "map":
        page.locator("#q").press_sequentially("mong cai", delay=80)
        page.wait_for_timeout(800)
        page.keyboard.press("Escape")
        page.locator("#q").fill("")
    for slider in page.locator("input[type=range]").all()[:3]:
        if slider.is_visible():
            slider.focus()
            for _ in range(4):
                page.keyboard.press("ArrowRight")
                page.wait_for_timeout(120)
    for summary in page.locator("main details:not([open]) > summary").all()[:3]:
        if summary.is_visible():
            summary.click()
            page.wait_for_timeout(200)
    page.wait_for_timeout(1500)


if __name__ == "__main__":
    main()
