"""What the browser tests read from the screen and do on it."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import numpy as np
from web import Watch

from geo import layers
from geo.visits import trip_file

DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}

PATIENCE_MS = 30_000
"""How long anything on the screen may take on a busy machine; nothing is waited for longer than it
takes.
"""

SITE = "van-don-ez"

TRIPS = tuple(trip_file.examples(layers.bundled()))

CROWDED = urlencode(
    [
        ("day", "2026-12-01~07:30-15:00~begin:ha-long~end:ha-long"),
        *(
            ("stop", f"{one}~visit:90 min")
            for one in ("dong-mai-ip", "song-khoai-ip", "bac-tien-phong-ip", "hai-yen-ip")
        ),
    ]
)
"""More than a day holds."""

TWO = urlencode(
    [
        ("day", "2026-12-01~07:30-17:30~begin:ha-long~end:ha-long"),
        ("stop", "dong-mai-ip"),
        ("stop", "song-khoai-ip"),
    ]
)


def wait_for(page: Any, script: str, arg: Any = None, timeout: int = PATIENCE_MS) -> None:
    """Wait until a script in a tab returns something true, or fail after so many milliseconds.

    `page.wait_for_function` is not for pages of this policy: from its second look on, it is the
    page that evaluates the text, and that is forbidden here.
    """
    end = time.monotonic() + timeout / 1000
    while True:
        with suppress(Exception) if time.monotonic() < end else nullcontext():
            if page.evaluate(script, arg):  # in vain while the tab goes to another page
                return
        assert time.monotonic() < end, f"waited for {script}"
        page.wait_for_timeout(50)


def go_to_step(page: Any, step: str) -> None:
    """Show a step of the form in which a site is found."""
    from playwright.sync_api import expect

    page.locator(f".steps a[href='#{step}']").click()
    expect(page.locator(f"#{step}")).to_be_visible()


def ready(page: Any) -> Any:
    """Wait until the map is there and drawn."""
    from playwright.sync_api import expect

    expect(page.locator("body")).to_have_attribute("data-ready", "true")
    return page


class Windows:
    """The windows of a browser, by what they are like. A window keeps the files it has loaded, and
    a tab that a test has left: to open a tab costs as much as to open a page in it.
    """

    def __init__(self, browser: Any) -> None:
        self.browser = browser
        self.contexts: dict[str, Any] = {}
        self.free: dict[Any, Any] = {}

    def tab(self, **options: Any) -> Any:
        """Return a tab in the window of these options, in which nothing has been opened."""
        key = repr(sorted(options.items()))
        if key not in self.contexts:
            self.contexts[key] = self.browser.new_context(**options)
        context = self.contexts[key]
        return self.free.pop(context, None) or context.new_page()

    def tidy(self, *, keep: bool) -> None:
        """Empty a tab of each window or keep none, close the others and forget the language, so
        that the next test finds nothing.
        """
        for context in self.contexts.values():
            first, *others = context.pages or [None]
            for page in others if keep else context.pages:
                page.close()
            if keep and first and first is not self.free.get(context):
                first.unroute_all()
                first.emulate_media(media="null")
                first.goto("about:blank")
                context.new_cdp_session(first).send("Page.resetNavigationHistory")
                self.free[context] = first
            context.clear_cookies()
            context.set_offline(False)

    def close(self) -> None:
        for context in self.contexts.values():
            context.close()


@contextmanager
def tabs(windows: Windows, site: str, *, signal: bool = True) -> Iterator[Callable[..., Any]]:
    """Open pages in tabs; at the end no tab has thrown an error, broken the policy or asked another
    host. Without a signal, the requests that fail may be in the console, and no tab is used twice.
    """
    watches = []

    def open_(path: str = "/", size: dict[str, int] = DESK, **options: Any) -> Any:
        page = windows.tab(
            viewport=size, reduced_motion="reduce", **{"service_workers": "block"} | options
        )
        watch = Watch()
        watches.append((watch, watch.on(page)))
        page.goto(site + path if path.startswith("/") else path)
        if options.get("java_script_enabled", True) and path.split("?")[0].split("#")[0] == "/":
            ready(page)
        return page

    try:
        yield open_
    finally:
        for watch, page in watches:
            watch.off(page)
        windows.tidy(keep=signal)
    for watch, _ in watches:
        if not signal:
            watch.console = [line for line in watch.console if "net::ERR" not in line]
        watch.quiet(site)


def ids(page: Any) -> list[str]:
    """Return the sites of the list, in its order."""
    return page.locator("#list .item").evaluate_all("items => items.map(one => one.dataset.id)")


def found(page: Any) -> int:
    """Read how many sites the list says it has."""
    return int(re.match(r"[\d,]+", page.inner_text("#found"))[0].replace(",", ""))  # type: ignore[index]


def open_box(page: Any, column: str) -> Any:
    """Open the box of a filter, unless it is open, and return it."""
    box = page.locator(".pill-box", has=page.locator(f".facet[data-column={column}]"))
    if not box.is_visible():
        page.locator(f"[popovertarget={box.get_attribute('id')}]").click()
    return box


def layer_chip(page: Any, text: str) -> Any:
    """Find the button of a layer by its name, in the open box of the layers."""
    page.evaluate("document.getElementById('layers').open = true")
    return page.locator("#layers button").filter(has_text=re.compile(f"^{text}"))


def chip(page: Any, column: str, text: str) -> Any:
    """Find a filter by its name, in its open box."""
    open_box(page, column)
    return page.locator(f".facet[data-column={column}] button").filter(
        has_text=re.compile(f"^{text}")
    )


def spot(page: Any, site_id: str) -> dict[str, float]:
    """Return where on the screen the mark of a site lies."""
    lon, lat = next(
        (shape.x, shape.y)
        for key, shape in layers.read(layers.bundled(), "parks").geometry.items()
        if key == site_id
    )
    return page.evaluate(
        "([lat, lon]) => { const p = map_atlas.latLngToContainerPoint([lat, lon]), b ="
        " map_atlas.getContainer().getBoundingClientRect(); return { x: b.x + p.x, y: b.y + p.y"
        " }; }",
        [lat, lon],
    )


def query(page: Any) -> dict[str, list[str]]:
    """Read the parameters in the address of a tab, without the language."""
    return {
        name: values
        for name, values in parse_qs(urlsplit(page.url).query).items()
        if name != "lang"
    }


def until(page: Any, **wanted: str | None) -> None:
    """Wait until the address holds these parameters, and does not hold those that are None."""
    wait_for(
        page,
        "wanted => Object.entries(wanted).every(([name, value]) => new"
        " URLSearchParams(location.search).get(name) === value)",
        arg=wanted,
    )


def view(page: Any) -> tuple[int, float, float]:
    """Read the zoom and the middle of the map."""
    return tuple(
        page.evaluate("[map_atlas.getZoom(), map_atlas.getCenter().lat, map_atlas.getCenter().lng]")
    )


def choose(page: Any, key: str) -> None:
    from playwright.sync_api import expect

    page.locator(f'#list .item[data-id="{key}"]').click()
    expect(page.locator("#sheet article").first).to_be_visible()
    until(page, site=key)


def look_at(page: Any, lat: float, lon: float, zoom: int) -> None:
    page.evaluate(
        "([lat, lon, zoom]) => map_atlas.setView([lat, lon], zoom, { animate: false }) && 0",
        [lat, lon, zoom],
    )


def beside(page: Any) -> tuple[float, float]:
    """Bring the map onto the screen and return its middle there."""
    page.locator("#map").scroll_into_view_if_needed()
    box = page.locator("#map").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def held_back(page: Any, address: str, doing: Callable[[], Any]) -> list[Any]:
    """Do something and return the requests to an address that it makes, which are held back."""
    kept: list[Any] = []
    page.route(address, lambda route: kept.append(route))
    doing()
    end = time.monotonic() + PATIENCE_MS / 1000
    while not kept:
        assert time.monotonic() < end, f"waited for {address}"
        page.wait_for_timeout(50)
    return kept


def grasped(page: Any, stop: str, onto: str) -> list[Any]:
    """Return two rows of the plan, both on the screen. What is dragged is looked for where the
    button went down: with the page scrolled in between, it is another thing or none.
    """
    from playwright.sync_api import expect

    rows = [page.locator(f"#plan tr[data-stop={key}]") for key in (stop, onto)]
    rows[0].evaluate("row => row.scrollIntoView({ block: 'center' })")
    for row in rows:
        expect(row).to_be_in_viewport(ratio=1)
    return rows


def planned(page: Any) -> list[str]:
    """Wait for the plan and return its stops, in their order."""
    from playwright.sync_api import expect

    expect(page.locator("#plan table.agenda").first).to_be_visible()
    expect(page.locator("#plan.waiting")).to_have_count(0)
    return page.locator("#plan tr[data-stop]").evaluate_all(
        "rows => rows.map(one => one.dataset.stop)"
    )


def drawn(page: Any, colour: str, least: int, near: int = 24) -> bool:
    """Wait until so many dots of the map have nearly this colour; tiles are drawn one by one."""
    from PIL import Image

    wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    for _ in range(20):
        shot = Image.open(io.BytesIO(page.locator("#map").screenshot())).convert("RGB")
        if (np.abs(np.asarray(shot, int) - wanted).max(axis=2) < near).sum() > least:
            return True
        page.wait_for_timeout(200)
    return False


def replanned(page: Any, doing: Callable[[], Any], before: list[str]) -> list[str]:
    """Do something and return the stops of the plan that is another than before."""
    doing()
    wait_for(
        page,
        "before => { const rows = [...document.querySelectorAll('#plan tr[data-stop]')].map(one =>"
        " one.dataset.stop); return rows.length && !document.querySelector('#plan.waiting') &&"
        " rows.join() !== before; }",
        arg=",".join(before),
    )
    return planned(page)
