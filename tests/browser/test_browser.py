"""One test for each thing a person does, in Chromium: on a desk, on a phone, from the keyboard,
without JavaScript, offline.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from click.testing import CliRunner
from flask import Flask
from web import Watch, browsing, serving

from geo import layers
from geo.roads import isochrones
from geo.visits import trip_file
from webapp import labels
from webapp.catalogues import LANGUAGES
from webapp.cli.main import main

pytest_plugins = ("web",)
pytestmark = pytest.mark.browser

DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
SITE = "van-don-ez"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browsing() as started:
        yield started


@pytest.fixture(scope="module")
def site(app: Flask) -> Iterator[str]:
    isochrones.warm_up()  # as `zoneatlas serve` does before it answers
    with serving(app) as url:
        yield url


@pytest.fixture
def opened(browser: Any, site: str) -> Iterator[Callable[..., Any]]:
    """Open a page in a tab of its own; at the end no tab has thrown an error, broken the policy or
    asked another host.
    """
    contexts, watches = [], []

    def open_(path: str = "/", size: dict[str, int] = DESK, **options: Any) -> Any:
        context = browser.new_context(
            viewport=size, reduced_motion="reduce", **{"service_workers": "block"} | options
        )
        contexts.append(context)
        watches.append(Watch())
        page = watches[-1].on(context.new_page())
        page.set_default_timeout(10_000)
        page.goto(site + path if path.startswith("/") else path)
        if options.get("java_script_enabled", True) and path.split("?")[0].split("#")[0] == "/":
            ready(page)
        return page

    yield open_
    for context in contexts:
        context.close()
    for watch in watches:
        watch.quiet(site)


def ready(page: Any) -> Any:
    """Wait until the map is there and drawn."""
    from playwright.sync_api import expect

    expect(page.locator("body")).to_have_attribute("data-ready", "true", timeout=15_000)
    return page


def ids(page: Any) -> list[str]:
    """Return the sites of the list, in its order."""
    return page.locator("#list .item").evaluate_all("items => items.map(one => one.dataset.id)")


def found(page: Any) -> int:
    """Read how many sites the list says it has."""
    return int(re.match(r"[\d,]+", page.inner_text("#found"))[0].replace(",", ""))  # type: ignore[index]


def chip(page: Any, column: str, text: str) -> Any:
    """Find a filter by its name."""
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


def colours(page: Any, x: float, y: float, radius: int = 12) -> int:
    """Count the colours around a place of the screen: one where nothing is drawn."""
    from PIL import Image

    shot = page.screenshot(
        clip={"x": x - radius, "y": y - radius, "width": 2 * radius, "height": 2 * radius}
    )
    return len(Image.open(io.BytesIO(shot)).convert("RGB").getcolors(10_000) or ())


# Look ---------------------------------------------------------------------------------------------


def test_opening_the_map(opened: Callable[..., Any]) -> None:
    """The map opens with its base map, every mark, the list of all sites, the legend, a scale and
    the sources.
    """
    page = opened()
    assert found(page) == len(layers.read(layers.bundled(), "parks"))
    assert len(ids(page)) == 100
    page.locator("#more").click()
    assert len(ids(page)) == 200
    assert page.locator(".badge.gates").count() == len(layers.read(layers.bundled(), "gates"))
    assert page.locator(".leaflet-control-scale-line").first.is_visible()
    for source in ("OpenStreetMap", "GSHHG", "Natural Earth", "GeoNames"):
        assert source in page.inner_text(".leaflet-control-attribution")
    assert "Legend" in page.inner_text("#legend")
    assert page.locator(".leaflet-tile-loaded, canvas.leaflet-tile").count() > 4


def test_searching_by_an_unaccented_name(opened: Callable[..., Any]) -> None:
    """Typing “mong cai”, its Vietnamese or its Chinese name leaves the zone in the list, and the
    address says what was typed.
    """
    from playwright.sync_api import expect

    page = opened()
    for text in ("mong cai", "Móng Cái", "芒街"):
        page.fill("#q", text)
        expect(page.locator("#found")).to_contain_text("of 200")
        assert "mong-cai-bgez" in ids(page)
        assert 0 < found(page) < 20
    page.fill("#q", "atlantis")
    expect(page.locator("#list")).to_contain_text("No sites match")
    page.fill("#q", "")
    expect(page.locator("#found")).to_have_text("200 sites")


def test_the_list_finds_what_the_server_finds(opened: Callable[..., Any]) -> None:
    """For a name, a former province and a former district the list and the table twin have the same
    sites.
    """
    from playwright.sync_api import expect

    page = opened()
    for text in ("cai", "Hải Dương", "binh lieu", "đông hưng", "khu cong nghiep", "gui zhou"):
        page.fill("#q", "")
        expect(page.locator("#found")).to_have_text("200 sites")
        page.fill("#q", text)
        expect(page.locator("#found")).to_contain_text("of")
        if page.locator("#more").is_visible():
            page.locator("#more").click()
        there = page.request.get(page.locator("#as-geojson").evaluate("link => link.href")).json()
        assert ids(page) == [one["id"] for one in there["features"]]


def test_filtering_by_kind_and_status(opened: Callable[..., Any]) -> None:
    """Chips say how many they would leave; two filters compose; clearing brings all back."""
    from playwright.sync_api import expect

    page = opened()
    parks = layers.read(layers.bundled(), "parks")
    page.locator("#filters summary").click()
    zones = int((parks["kind"] == "economic_zone").sum())
    expect(chip(page, "kind", "Economic zone").locator(".count")).to_have_text(str(zones))
    chip(page, "kind", "Economic zone").click()
    expect(chip(page, "kind", "Economic zone")).to_have_attribute("aria-pressed", "true")
    assert found(page) == zones
    begun = int(
        ((parks["kind"] == "economic_zone") & (parks["status"] == "under_construction")).sum()
    )
    expect(chip(page, "status", "Under construction").locator(".count")).to_have_text(str(begun))
    chip(page, "status", "Under construction").click()
    expect(page.locator("#found")).to_contain_text(f"{begun} of 200")
    assert "kind=economic_zone" in page.url
    assert "status=under_construction" in page.url
    page.get_by_role("button", name="Clear all filters").click()
    expect(page.locator("#found")).to_have_text("200 sites")


def test_sorting_the_list(opened: Callable[..., Any]) -> None:
    """The largest come first, unknown areas last; the nearest to a gate come first, those without a
    way last.
    """
    page = opened()
    page.locator("#more").click()
    parks = layers.read(layers.bundled(), "parks")["area_ha"]
    page.select_option("#sort", "area")
    areas = parks.loc[ids(page)]
    assert areas.dropna().is_monotonic_decreasing
    assert areas.iloc[-int(areas.isna().sum()) :].isna().all()
    page.select_option("#sort", "gate")
    payload = page.request.get(page.evaluate("location.origin") + "/api/map/parks.json").json()
    seconds = {
        row[payload["columns"].index("id")]: row[payload["columns"].index("gate_s")]
        for row in payload["rows"]
    }
    times = [np.inf if seconds[key] is None else seconds[key] for key in ids(page)]
    assert times == sorted(times)


def test_unknown_and_remembered_are_marked_in_the_list(opened: Callable[..., Any]) -> None:
    """An unknown area reads “unknown”, a remembered one looks different and says so."""
    page = opened()
    parks = layers.read(layers.bundled(), "parks")
    page.locator("#more").click()
    for key in parks.index[parks["area_ha"].isna()][:3]:
        assert "unknown" in page.inner_text(f'.item[data-id="{key}"]')
    remembered = parks.index[parks["area_ha"].notna() & (parks["area_source_kind"] == "memory")][0]
    value = page.locator(f'.item[data-id="{remembered}"] dd.memory')
    assert value.get_attribute("title") == "remembered"
    read = page.locator(
        f'.item[data-id="{parks.index[parks["area_source_kind"] == "page"][0]}"] dd.page'
    )
    assert value.evaluate("one => getComputedStyle(one).fontStyle") != read.evaluate(
        "one => getComputedStyle(one).fontStyle"
    )


def test_switching_layers(opened: Callable[..., Any]) -> None:
    """Gates go and come with their chip, and the address keeps which layers are shown."""
    from playwright.sync_api import expect

    page = opened()
    gates = page.locator("#layers button").filter(has_text="Gates")
    gates.click()
    expect(page.locator(".badge.gates")).to_have_count(0)
    expect(gates).to_have_attribute("aria-pressed", "false")
    assert "layers=ports,airports,roads" in page.url
    page.reload()
    ready(page)
    expect(page.locator(".badge.gates")).to_have_count(0)
    page.locator("#layers button").filter(has_text="Gates").click()
    expect(page.locator(".badge.gates").first).to_be_visible()


# Choose -------------------------------------------------------------------------------------------


def test_choosing_a_site_in_the_list(opened: Callable[..., Any]) -> None:
    """A click in the list opens the sheet: names in three scripts, status, how sure the position
    is, times, facts, source.
    """
    from playwright.sync_api import expect

    page = opened()
    page.locator(f'.item[data-id="{SITE}"]').click()
    sheet = page.locator("#sheet")
    expect(sheet.locator("h1")).to_have_text("Van Don Economic Zone")
    names, position = (
        ("Khu kinh tế Vân Đồn", "云屯经济区"),
        ("Operating", "position good to", "remembered"),
    )
    for text in (*names, *position, "Nearest sea port", "Nearest airport", "Coarse."):
        expect(sheet).to_contain_text(text)
    expect(sheet.locator("a[rel~=external]").first).to_have_attribute(
        "href", re.compile("^https?://")
    )
    expect(page.locator(f'.item[data-id="{SITE}"]')).to_have_attribute("aria-current", "true")
    assert f"site={SITE}" in page.url
    page.locator("#close").click()
    expect(sheet).to_be_hidden()
    assert "site=" not in page.url


def test_choosing_a_site_on_the_map(opened: Callable[..., Any]) -> None:
    """A click on a mark of the canvas opens its sheet; the list shows which one it is."""
    from playwright.sync_api import expect

    page = opened("/#11/21.08/107.42")
    where = spot(page, SITE)
    assert colours(page, where["x"], where["y"]) > 2
    page.mouse.move(where["x"], where["y"])
    expect(page.locator(".leaflet-tooltip")).to_contain_text("Van Don Economic Zone")
    page.mouse.click(where["x"], where["y"])
    expect(page.locator("#sheet h1")).to_have_text("Van Don Economic Zone")
    expect(page.locator(f'.item[data-id="{SITE}"]')).to_have_attribute("aria-current", "true")


def test_choosing_a_gate_on_the_map(opened: Callable[..., Any]) -> None:
    """A click on the badge of a gate tells who may pass it."""
    from playwright.sync_api import expect

    page = opened("/#12/21.55/107.98")
    page.locator('.badge.gates[aria-label*="Bac Luan II"]').click()
    expect(page.locator("#sheet h1")).to_contain_text("Bac Luan II")
    expect(page.locator("#sheet")).to_contain_text("Passing this gate")


def test_list_and_map_light_each_other_up(opened: Callable[..., Any]) -> None:
    """Pointing at a mark lights its line in the list."""
    from playwright.sync_api import expect

    page = opened("/#11/21.08/107.42")
    where = spot(page, SITE)
    page.mouse.move(where["x"], where["y"])
    expect(page.locator(f'.item[data-id="{SITE}"]')).to_have_class(re.compile(r"\blit\b"))
    page.wait_for_timeout(100)  # Leaflet looks at the pointer every 32 ms
    page.mouse.move(where["x"] + 60, where["y"] + 60, steps=4)
    expect(page.locator(f'.item[data-id="{SITE}"]')).not_to_have_class(re.compile(r"\blit\b"))


def test_switching_the_vehicle(opened: Callable[..., Any]) -> None:
    """The other vehicle has other times, without the page being loaded anew."""
    from playwright.sync_api import expect

    page = opened(f"/?site={SITE}")
    before = page.locator("#sheet .time").first.inner_text()
    page.evaluate("window.still = true")
    page.locator("#sheet .switch a", has_text="Car").click()
    expect(page.locator("#sheet [aria-label=Vehicle] a[aria-current]")).to_have_text("Car")
    assert page.locator("#sheet .time").first.inner_text() != before
    assert page.evaluate("window.still")
    assert "profile=car" in page.url


def test_times_in_the_script_are_those_of_the_pages(app: Flask, opened: Callable[..., Any]) -> None:
    """The map's script writes a time, coarse or not, as the server does."""
    page = opened()
    seconds = [1, 59, 600, 1564, 1566, 1800, 3130, 3300, 3600, 7200, 86_400]
    with app.test_request_context("/"):
        expected = [
            [labels.duration(one, coarse).replace("\N{NO-BREAK SPACE}", " ") for one in seconds]
            for coarse in (True, False)
        ]
    assert (
        page.evaluate(
            "async all => { const { duration } = await import('/static/page.js');"
            " return [true, false].map(coarse => all.map(one => duration(one, coarse))); }",
            seconds,
        )
        == expected
    )


def test_closing_a_gate(opened: Callable[..., Any]) -> None:
    """“What if closed?” beside a gate reckons without it, on the sheet and on the route; the link
    shows the same; it can be undone.
    """
    from playwright.sync_api import expect

    page = opened("/?site=hai-ha-seaport-ip&to=port-fangchenggang")
    expect(page.locator(".route-note")).to_contain_text("through Mong Cai (Bac Luan II)")
    page.locator("#sheet summary", has_text="All border gates").click()
    page.locator('#sheet tr:has([data-site="mong-cai-bac-luan-2"]) [data-switch]').click()
    expect(page.locator("#sheet .closed")).to_contain_text("Taken as closed:")
    expect(page.locator(".route-note")).to_contain_text("through Huu Nghi")
    assert "closed=mong-cai-bac-luan-2" in page.url
    expect(page.locator("#sheet .big a").first).not_to_have_attribute(
        "data-site", "mong-cai-bac-luan-2"
    )
    page.reload()
    ready(page)
    expect(page.locator(".route-note")).to_contain_text("through Huu Nghi")
    page.locator("#sheet .closed a").click()
    expect(page.locator("#sheet .closed")).to_have_count(0)
    expect(page.locator(".route-note")).to_contain_text("through Mong Cai (Bac Luan II)")
    assert "closed=" not in page.url


def test_showing_an_area(opened: Callable[..., Any]) -> None:
    """The area within some times is drawn, in either direction, says which, and is in the
    address.
    """
    from playwright.sync_api import expect

    drawn = (
        "Object.values(map_atlas._layers).filter(one => one.options && one.options.fillOpacity ==="
        " 0.22).length"
    )
    page = opened("/?site=mong-cai-bac-luan-2")
    page.locator("#sheet [data-area]:not([data-direction])").click()
    expect(page.locator(".route-note")).to_contain_text(
        "Area within 30, 60, 120 min by Container truck ≈"
    )
    assert page.evaluate(drawn) >= 3
    page.locator("#sheet [data-area][data-direction=to]").click()
    expect(page.locator(".route-note")).to_contain_text("from where one gets here")
    assert "direction=to" in page.url
    page.reload()
    ready(page)
    expect(page.locator(".route-note")).to_contain_text("from where one gets here")
    assert page.evaluate(drawn) >= 3
    page.locator("#sheet [data-area]:not([data-direction])").click()
    expect(page.locator(".route-note")).to_contain_text("Area within")
    assert "direction=" not in page.url


def test_showing_a_route(opened: Callable[..., Any]) -> None:
    """“Show route” draws the way, names the gate it passes or that it passes none, and is in the
    address.
    """
    from playwright.sync_api import expect

    page = opened(f"/?site={SITE}")
    page.locator("#sheet [data-route]").first.click()
    expect(page.locator(".route-note")).to_contain_text(
        re.compile(r"Route by Container truck: ≈ .*km")
    )
    assert "to=" in page.url
    drawn = page.evaluate(
        "Object.values(map_atlas._layers).filter(one => one.options && one.options.color ==="
        " '#0b4f6c').length"
    )
    assert drawn > 0
    page.reload()
    ready(page)
    expect(page.locator(".route-note")).to_be_visible()


def test_a_route_that_comes_too_late_is_not_drawn(opened: Callable[..., Any]) -> None:
    """Whoever chooses another site before the route has come sees no route of the first."""
    from playwright.sync_api import expect

    page = opened(f"/?site={SITE}")
    held: list[Any] = []
    page.route("**/api/route?*", lambda route: held.append(route))
    page.locator("#sheet [data-route]").first.click()
    page.locator('.item[data-id="mong-cai-bgez"]').click()
    expect(page.locator("#sheet h1")).to_have_text("Mong Cai Border-Gate Economic Zone")
    held[0].continue_()
    page.wait_for_timeout(400)
    expect(page.locator(".route-note")).to_have_count(0)
    assert "to=" not in page.url


def test_clicking_on_land(opened: Callable[..., Any]) -> None:
    """A click on land tells what is reached from there."""
    from playwright.sync_api import expect

    page = opened("/#12/20.95/106.60")
    page.mouse.click(900, 150)
    expect(page.locator("#sheet h1")).to_contain_text("° N")
    expect(page.locator("#sheet")).to_contain_text("Nearest sea port")
    assert re.search(r"at=[\d.]+,[\d.]+", page.url)


def test_clicking_the_sea(opened: Callable[..., Any]) -> None:
    """A click on the open sea is answered with a sentence, not with times."""
    from playwright.sync_api import expect

    page = opened("/#9/20.2/108.2")
    page.mouse.click(900, 400)
    expect(page.locator("#sheet .fault")).to_contain_text("at sea")
    expect(page.locator("#sheet .time")).to_have_count(0)


# Share, phone, keyboard ---------------------------------------------------------------------------


def test_sharing_the_link(opened: Callable[..., Any]) -> None:
    """The address, opened by somebody else, shows the same filters, layers, site, vehicle, route
    and view.
    """
    from playwright.sync_api import expect

    first = opened("/?country=VN#10/21.1/107.3")
    first.fill("#q", "quang ninh")
    expect(first.locator("#found")).to_contain_text("of 200")
    first.locator("#layers button").filter(has_text="Airports").click()
    first.locator(f'.item[data-id="{SITE}"]').click()
    first.locator("#sheet .switch a", has_text="Car").click()
    expect(first.locator("#sheet [aria-label=Vehicle] a[aria-current]")).to_have_text("Car")
    first.locator("#sheet [data-route]").nth(1).click()
    expect(first.locator(".route-note")).to_be_visible()
    first.wait_for_timeout(400)
    second = opened(first.url.removeprefix(first.evaluate("location.origin")))
    expect(second.locator(".route-note")).to_have_text(first.inner_text(".route-note"))
    assert ids(second) == ids(first)
    assert second.input_value("#q") == "quang ninh"
    for selector in ("#sheet h1", "#sheet [aria-label=Vehicle] a[aria-current]", "#found"):
        assert second.inner_text(selector) == first.inner_text(selector)
    pressed = "#layers [aria-pressed=true]"
    assert second.locator(pressed).all_inner_texts() == first.locator(pressed).all_inner_texts()
    second.wait_for_timeout(400)
    assert second.url.split("#")[0] == first.url.split("#")[0]
    assert second.evaluate("map_atlas.getZoom()") == first.evaluate("map_atlas.getZoom()")


def test_online_tiles_are_asked_for_only_when_switched_on(browser: Any, site: str) -> None:
    """No request leaves the host until a person switches the tiles on; then only theirs do, and the
    sources are named.
    """
    context = browser.new_context(viewport=DESK)
    watch = Watch()
    page = watch.on(context.new_page())
    page.route("https://**", lambda route: route.fulfill(status=204))
    page.goto(site)
    ready(page)
    watch.quiet(site)
    page.locator("#layers button").filter(has_text="Online tiles").click()
    page.wait_for_timeout(500)
    foreign = {
        one.split("/")[2] for one in watch.requests if not one.startswith((site, "data:", "blob:"))
    }
    assert foreign == {"tile.openstreetmap.org"}
    assert "OpenStreetMap" in page.inner_text(".leaflet-control-attribution")
    context.close()


def test_using_a_phone(opened: Callable[..., Any]) -> None:
    """At 390 px nothing is wider than the screen; list, sheet and map are used by touch, and one
    comes back from the sheet.
    """
    from playwright.sync_api import expect

    page = opened(size=PHONE, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.fill("#q", "van don")
    expect(page.locator("#found")).to_contain_text("of 200")
    page.locator(f'.item[data-id="{SITE}"]').tap()
    expect(page.locator("#sheet h1")).to_have_text("Van Don Economic Zone")
    box = page.locator("#sheet").bounding_box()
    assert box["width"] == PHONE["width"]
    assert box["y"] > 200, "the map stays in sight above the sheet"
    where = spot(page, SITE)
    assert 0 < where["y"] < box["y"], "the chosen site is not under the sheet"
    page.locator("#close").tap()
    expect(page.locator("#sheet")).to_be_hidden()
    expect(page.locator(f'.item[data-id="{SITE}"]')).to_be_visible()
    for path in ("/table", "/data", f"/sites/{SITE}", "/ogc?f=html"):
        page.goto(re.match(r"https?://[^/]+", page.url)[0] + path)  # type: ignore[index]
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path


def test_using_the_keyboard_only(opened: Callable[..., Any]) -> None:
    """Tab reaches the list, Enter opens a site and brings the focus to its sheet, Escape closes it
    and brings the focus back.
    """
    from playwright.sync_api import expect

    page = opened()
    focused = "document.activeElement"
    page.keyboard.press("Tab")
    assert page.evaluate(f"{focused}.className") == "skip"
    page.keyboard.press("Enter")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate(f"{focused}.className.includes('item')"):
            break
    chosen = page.evaluate(f"{focused}.dataset.id")
    assert chosen
    page.keyboard.press("Enter")
    expect(page.locator("#sheet h1")).to_be_visible()
    expect(page.locator(".item[aria-current]")).to_have_attribute("data-id", chosen)
    assert page.evaluate(f"document.getElementById('sheet').contains({focused})"), (
        "the focus is in the sheet"
    )
    page.keyboard.press("Tab")
    assert page.evaluate(f"document.getElementById('sheet').contains({focused})")
    page.keyboard.press("Escape")
    expect(page.locator("#sheet")).to_be_hidden()
    assert page.evaluate(f"{focused}.dataset.id") == chosen, "the focus is back in the list"


def test_a_short_list_of_three_in_under_ten_clicks(opened: Callable[..., Any]) -> None:
    """Whoever comes for the first time, in Vietnamese, goes from the map to three sites side by
    side that were ranked for a sector.
    """
    from playwright.sync_api import expect

    page = opened("/", locale="vi-VN")
    clicks = 0

    def click(target: Any) -> None:
        nonlocal clicks
        target.click()
        clicks += 1

    click(page.locator(".nav a", has_text="Tìm khu"))
    expect(page.locator("h1")).to_have_text("Tìm khu")
    page.locator("select[name=example]").select_option("automobile")
    clicks += 2  # one opens the list, one chooses
    expect(page.locator("select[name=example]")).to_have_value("automobile")
    expect(page.locator("ol.ranked > li").nth(2)).to_be_visible()
    for i in range(3):
        click(page.locator("ol.ranked input[name=pick]").nth(i))
    expect(page.locator(".trust li")).to_have_count(4)
    click(page.locator("form.pick button").first)
    expect(page.locator("table.compare thead th")).to_have_count(4)
    assert clicks < 10
    assert page.locator("html").get_attribute("lang") == "vi"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_says_what_is_known_of_free_land(
    opened: Callable[..., Any], app: Flask, language: str
) -> None:
    """The rows that the script writes hold the words of the sheets: hectares, a share, full, and
    unknown.
    """
    page = opened(f"/?q=park&kind=industrial_park&lang={language}")
    parks = app.extensions["zoneatlas"].layer("parks")
    shown = page.eval_on_selector_all(
        "#list .item",
        "items => items.map((item) => [item.dataset.id, item.querySelector('.land"
        " dd').textContent])",
    )
    assert len(shown) > 30
    with app.test_request_context(f"/?lang={language}"):
        words = {
            key: labels.land_of(parks.loc[key]).text.replace("\N{NO-BREAK SPACE}", " ")
            for key, _text in shown
        }
    assert {key: text.replace("\N{NO-BREAK SPACE}", " ") for key, text in shown} == words
    assert len({text for _key, text in shown}) > 5


def test_a_slider_ranks_anew_without_loading_the_page(opened: Callable[..., Any]) -> None:
    """Moving a weight changes the order and the address, and leaves the page where it is."""
    from playwright.sync_api import expect

    page = opened("/rank?edited=1&w_gate=100&country=VN")
    first = page.locator("ol.ranked .who a").first
    before = first.inner_text()
    page.evaluate("window.still = true")
    page.locator("input[name=w_gate]").fill("0")
    page.locator("input[name=w_port]").fill("100")
    expect(page.locator(".keys .key")).to_have_count(1)
    expect(first).not_to_have_text(before)
    assert page.evaluate("window.still")
    assert "w_port=100" in page.url
    assert "w_gate" not in page.url
    after = first.inner_text()
    page.reload()
    expect(first).to_have_text(after)


def test_point_15_a_page_waits_for_a_busy_server(browser: Any, site: str) -> None:
    """Where the server is busy once, the ranking, an area and a plan come a moment later, without a
    word of a fault.
    """
    from playwright.sync_api import expect

    def busy_once(page: Any, address: str) -> list[int]:
        turned: list[int] = []

        def answer(route: Any) -> None:
            if turned:
                route.continue_()
            else:
                turned.append(503)
                route.fulfill(
                    status=503,
                    headers={"Retry-After": "1", "Content-Type": "text/html"},
                    body="<p class=fault>busy</p>",
                )

        page.route(address, answer)
        return turned

    page = browser.new_page(
        service_workers="block"
    )  # a tab of its own: Chromium writes each 503 to the console
    page.goto(f"{site}/rank?edited=1&w_gate=100&country=VN")
    turned = busy_once(page, "**/rank?*part=sheet*")
    page.locator("input[name=w_port]").fill("100")
    expect(page.locator(".keys .key")).to_have_count(2)
    assert turned == [503]
    page.goto(f"{site}/trip")
    turned = busy_once(page, "**/trip/plan?*")
    page.locator(f".examples a[href*='{TRIPS[0]}']").click()
    assert len(planned(page)) > 4
    assert turned == [503]
    page.goto(f"{site}/?site={SITE}")
    turned = busy_once(page, "**/api/route?*")
    page.locator("#sheet [data-route]").first.click()
    expect(page.locator(".route-note")).to_have_count(1)
    assert turned == [503]
    page.close()


def test_how_a_criterion_counts_is_chosen_in_place(opened: Callable[..., Any]) -> None:
    """A weight above 0 asks how it counts; the choice ranks anew and stands in the address as one
    parameter, and a decimal weight stays.
    """
    from playwright.sync_api import expect

    page = opened("/rank?edited=1&w_gate=33.3&country=VN")
    gate, port = (page.locator(f"details.worth:has([name=v_{name}])") for name in ("gate", "port"))
    expect(port).to_be_hidden()
    page.locator("input[name=w_port]").press("ArrowRight")
    expect(port).to_be_visible()
    gate.locator("summary").click()
    gate.locator("select").select_option("step")
    page.wait_for_timeout(500)  # whoever is slow to type the end of the step still sees the sites
    expect(page.locator("ol.ranked input[name=pick]")).to_have_count(15)
    expect(page.locator("input[name=v_gate_from]")).to_be_disabled()
    page.locator("input[name=v_gate_to]").fill("60")
    expect(page.locator("#result")).to_contain_text("1 up to 60\xa0min, 0 above")
    assert "v_gate=step:60" in page.url
    assert "w_gate=33.3&" in page.url
    assert "v_port" not in page.url
    page.reload()
    expect(page.locator("input[name=v_gate_to]")).to_have_value("60")


def test_the_table_without_javascript(opened: Callable[..., Any]) -> None:
    """Without JavaScript the map page leads to the table, which filters, sorts and leads to a site
    with its times.
    """
    page = opened("/", java_script_enabled=False)
    page.locator("noscript a").click()
    page.fill("input[name=q]", "mong cai")
    page.select_option("select[name=sort]", "gate")
    page.get_by_role("button", name="Apply").click()
    assert 0 < page.locator("table.rows tbody tr").count() < 20
    page.get_by_role("link", name="Mong Cai Border-Gate Economic Zone").click()
    assert page.inner_text("h1") == "Mong Cai Border-Gate Economic Zone"
    assert "Nearest sea port" in page.inner_text("main")
    page.locator(".switch a", has_text="Car").click()
    assert page.inner_text(".switch a[aria-current]") == "Car"


def test_a_search_that_is_entered_without_javascript_finds_the_table(
    opened: Callable[..., Any],
) -> None:
    """The search box of the map page is a form that works by itself."""
    page = opened("/", java_script_enabled=False)
    page.fill("#q", "芒街")
    page.keyboard.press("Enter")
    page.wait_for_url("**/table?q=*")
    assert "Mong Cai" in page.inner_text("table.rows")


def test_a_server_that_has_gone_is_said(browser: Any, site: str) -> None:
    """Where the layers or a sheet cannot be loaded, the page says so instead of staying empty."""
    from playwright.sync_api import expect

    context = browser.new_context(viewport=DESK, service_workers="block")
    page = context.new_page()
    page.goto(site)
    ready(page)
    page.route("**/sites/**", lambda route: route.abort())
    page.locator(".item").first.click()
    expect(page.locator("#sheet")).to_contain_text("could not be loaded")
    page.route("**/api/map/**", lambda route: route.abort())
    page.goto(site)
    expect(page.locator("#found")).to_contain_text("could not be loaded")
    context.close()


# Take along, many parks ---------------------------------------------------------------------------


def test_taking_the_map_along(browser: Any, tmp_path: Path) -> None:
    """The file of “zoneatlas map” opens without a network: base map, marks, search, and the sheet
    of a site with its times.
    """
    from playwright.sync_api import expect

    path = tmp_path / "atlas.html"
    assert CliRunner().invoke(main, ["map", "-o", str(path)]).exit_code == 0
    context = browser.new_context(viewport=DESK, offline=True)
    watch = Watch()
    page = watch.on(context.new_page())
    page.goto(path.as_uri())
    ready(page)
    assert found(page) == 200
    page.fill("#q", "van don")
    expect(page.locator("#found")).to_contain_text("of 200")
    page.locator(f'.item[data-id="{SITE}"]').click()
    expect(page.locator("#sheet h1")).to_have_text("Van Don Economic Zone")
    expect(page.locator("#sheet")).to_contain_text("Nearest sea port")
    assert page.locator("canvas.leaflet-tile, .leaflet-tile-loaded").count() > 4
    page.locator("#sheet [data-site]").first.click()
    expect(page.locator("#sheet h1")).not_to_have_text("Van Don Economic Zone")
    watch.quiet(path.as_uri())
    context.close()


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled data with 10,000 parks, made by jitter."""
    folder = tmp_path_factory.mktemp("many") / "data"
    shutil.copytree(layers.bundled(), folder)
    path = folder / "parks.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    dice = np.random.default_rng(1)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for copy in range(10_000 // len(rows)):
            for row in rows:
                dx, dy = dice.normal(0, 0.1, 2) if copy else (0, 0)
                lon, lat = float(row["lon"]) + dx, float(row["lat"]) + dy
                writer.writerow(
                    row | {"id": f"{row['id']}-{copy}", "lon": f"{lon:.4f}", "lat": f"{lat:.4f}"}
                )
    return folder


def test_ten_thousand_parks(browser: Any, make_app: Callable[..., Flask], many: Path) -> None:
    """With 10,000 parks the map opens with clusters that count them all, a filter works, and a
    cluster opens into smaller ones.
    """
    from playwright.sync_api import expect

    with serving(make_app(many)) as url:
        context = browser.new_context(viewport=DESK)
        watch = Watch()
        page = watch.on(context.new_page())
        page.goto(url)
        expect(page.locator("body")).to_have_attribute("data-ready", "true", timeout=60_000)
        assert found(page) == 10_000
        assert len(ids(page)) == 100
        expect(page.locator(".cluster").first).to_be_visible()
        page.fill("#q", "van don")
        expect(page.locator("#found")).to_contain_text("of 10,000")
        assert 0 < found(page) < 1000
        page.fill("#q", "")
        expect(page.locator("#found")).to_have_text("10,000 sites")
        before = page.evaluate("map_atlas.getZoom()")
        page.locator(".cluster").first.dispatch_event("click")
        page.wait_for_timeout(800)
        assert page.evaluate("map_atlas.getZoom()") > before
        watch.quiet(url)
        context.close()


# Field visits -------------------------------------------------------------------------------------

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


def planned(page: Any) -> list[str]:
    """Wait for the plan and give its stops, in their order."""
    from playwright.sync_api import expect

    expect(page.locator("#plan table.agenda").first).to_be_visible(timeout=20_000)
    expect(page.locator("#plan.waiting")).to_have_count(0, timeout=20_000)
    return page.locator("#plan tr[data-stop]").evaluate_all(
        "rows => rows.map(one => one.dataset.stop)"
    )


def drawn(page: Any, colour: str, box: str = "#map") -> int:
    """Count the dots of the map that have nearly this colour."""
    from PIL import Image

    picture = np.asarray(Image.open(io.BytesIO(page.locator(box).screenshot())).convert("RGB"), int)
    wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return int((np.abs(picture - wanted).max(axis=2) < 24).sum())


def replanned(page: Any, doing: Callable[[], Any], before: list[str]) -> list[str]:
    """Do something and give the stops of the plan that is another than before."""
    doing()
    page.wait_for_function(
        "before => { const rows = [...document.querySelectorAll('#plan tr[data-stop]')].map(one =>"
        " one.dataset.stop); return rows.length && !document.querySelector('#plan.waiting') &&"
        " rows.join() !== before; }",
        arg=",".join(before),
        timeout=20_000,
    )
    return planned(page)


@pytest.mark.parametrize("name", TRIPS)
def test_a_worked_trip_is_planned_and_drawn(opened: Callable[..., Any], name: str) -> None:
    """From the link of an example to its plan: stops on both clocks, and the ways of each day in
    the colour of the day.
    """
    from webapp.trips.agenda import COLOURS

    page = opened("/trip")
    page.locator(f".examples a[href*='{name}']").click()
    stops = planned(page)
    assert len(stops) > 4
    assert page.locator("#plan .badge-ok").inner_text() == "Proven: no plan is better"
    page.wait_for_function(
        "n => document.querySelectorAll('#map .stop-pin').length > n", arg=len(stops)
    )
    for day in range(page.locator("#plan section.day:has(tr[data-stop])").count()):
        assert drawn(page, COLOURS[day]) > 100, day
    first = page.locator("#plan tr[data-stop] .at").all_inner_texts()[:2]
    assert (int(first[1][:2]) - int(first[0][:2])) % 24 == 1


def test_the_order_by_buttons_by_hand_and_by_keyboard(opened: Callable[..., Any]) -> None:
    """Moved by the button, by dragging, by the keys alone: the plan follows, says what it costs,
    and the focus stays on the button.
    """
    from playwright.sync_api import expect

    page = opened(f"/trip?example={TRIPS[0]}")
    free = planned(page)
    expect(page.locator("#plan .cost")).to_have_count(0)
    moved = replanned(page, page.locator(f"tr[data-stop={free[1]}] [data-move=down]").click, free)
    assert moved == [free[0], free[2], free[1], *free[3:]]
    expect(page.locator("#plan .cost")).to_contain_text("more on the road than the free plan")
    expect(page.locator("#said")).to_contain_text("more on the road than the free plan")
    assert "order:" in page.url
    again = replanned(
        page, page.get_by_role("button", name="Let the order be free again").click, moved
    )
    assert again == free
    dragged = replanned(
        page,
        lambda: page.locator(f"tr[data-stop={free[1]}]").drag_to(
            page.locator(f"tr[data-stop={free[2]}]")
        ),
        free,
    )
    assert dragged == moved
    button = page.locator(f"tr[data-stop={free[1]}] [data-move=up]")
    button.focus()
    back = replanned(page, lambda: page.keyboard.press("Enter"), dragged)
    assert back == free
    expect(page.locator("#plan .cost")).to_contain_text("cost nothing more")
    expect(button).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    pin = page.locator(f"tr[data-stop={free[1]}] [data-pin]")
    expect(pin).to_be_focused()
    page.keyboard.press("Space")
    expect(pin).to_have_attribute("aria-pressed", "true")
    expect(pin).to_be_focused()
    page.go_back()
    page.wait_for_load_state()
    assert planned(page) == free


def test_a_stop_from_the_map_and_from_the_form(opened: Callable[..., Any]) -> None:
    """A popup adds the place of a mark, or a point beside all marks, Enter a place by name; × takes
    one away; what is typed stays.
    """
    from playwright.sync_api import expect

    page = opened("/trip")
    page.evaluate("map_atlas.setView([21.05, 106.88], 12, { animate: false }) && 0")
    where = spot(page, "dong-mai-ip")
    page.mouse.click(where["x"], where["y"])
    page.get_by_role("button", name="Add as stop").click()
    assert planned(page) == ["dong-mai-ip"]
    expect(page.locator("[name=d_begin]")).not_to_have_value("")
    page.evaluate("map_atlas.setView([20.97, 107.0], 13, { animate: false }) && 0")
    box = page.locator("#map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    both = replanned(page, page.get_by_role("button", name="Add as stop").click, ["dong-mai-ip"])
    assert sorted(both) == ["dong-mai-ip", "point-1"]
    page.locator("[name=add]").fill("Sông Khoai")
    three = replanned(page, lambda: page.keyboard.press("Enter"), both)
    assert sorted(three) == ["dong-mai-ip", "point-1", "song-khoai-ip"]
    page.locator(".stops summary").first.click()
    notes = page.locator("[name=s_notes]").first
    notes.fill("bring the plan of the land")
    with page.expect_response("**/trip/edit?*"):
        notes.press("Tab")
    expect(page.locator("#plan")).to_contain_text("bring the plan of the land")
    expect(page.locator(".stops details").first).to_have_attribute("open", "")
    two = replanned(page, page.locator(".stops button", has_text="×").nth(1).click, three)
    assert sorted(two) == ["dong-mai-ip", "song-khoai-ip"]
    page.reload()
    assert planned(page) == two


def test_why_not_and_doing_what_helps(opened: Callable[..., Any]) -> None:
    """A stop that does not fit is left out; asked why, the page gives the reason and changes; one
    that is followed brings it in.
    """
    from playwright.sync_api import expect

    page = opened(f"/trip?{CROWDED}")
    before = planned(page)
    expect(page.locator(".left-out")).to_contain_text("must be seen")
    page.locator("a[data-why]").click()
    expect(page.locator(".why-answer li").first).to_be_visible(timeout=20_000)
    page.locator(".why-answer a", has_text="Do so").last.click()
    page.wait_for_load_state()
    assert set(planned(page)) > set(before)
    expect(page.locator(".left-out")).to_have_count(0)


def test_a_fault_is_said_and_the_form_stays(browser: Any, site: str) -> None:
    """What cannot be read is named where the plan stood; put right, the plan is there again."""
    from playwright.sync_api import expect

    context = browser.new_context(viewport=DESK)
    page = context.new_page()
    page.goto(f"{site}/trip?{CROWDED}")
    before = planned(page)
    hours = page.locator("[name=d_hours]")
    hours.fill("7-9")
    hours.press("Tab")
    expect(page.locator("#plan .fault")).to_contain_text("bare number")
    expect(hours).to_have_value("7-9")
    hours.fill("07:30-15:00")
    hours.press("Tab")
    assert planned(page) == before
    context.close()


def test_the_trip_without_javascript(opened: Callable[..., Any]) -> None:
    """Without a script a stop is added by its name, and the plan is a page."""
    page = opened("/trip", java_script_enabled=False)
    page.fill("[name=add]", "đông mai")
    page.locator("button[value=add]").click()
    page.get_by_role("link", name="Without JavaScript: show the plan").click()
    assert "Dong Mai" in page.inner_text("table.agenda")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_saved_trip_is_opened_in_the_page(
    opened: Callable[..., Any], tmp_path: Path, scripts: bool
) -> None:
    """Saved, dated a week later and opened beside another trip, its dates, stops and notes are in
    the form, and its plan is shown.
    """
    from playwright.sync_api import expect

    page = opened(f"/trip?example={TRIPS[1]}&lang=en", java_script_enabled=scripts)
    notes = page.input_value("[name=notes]")
    address = page.url.replace("/trip?", "/trip/plan.yaml?")
    path = tmp_path / "trip.yaml"
    path.write_text(
        page.request.get(address)
        .text()
        .replace("2026-12-08", "2026-12-15")
        .replace("2026-12-09", "2026-12-16"),
        encoding="utf-8",
    )
    other = opened(
        "/trip?day=2026-12-01~07:30-17:30~begin:ha-long~end:ha-long&stop=dong-mai-ip&lang=en",
        java_script_enabled=scripts,
    )
    other.set_input_files("#trip-file input", path)
    other.get_by_role("button", name="Open the file").click()
    if not scripts:
        other.get_by_role("link", name="Without JavaScript: show the plan").click()
    expect(other.locator(".plan-title")).to_have_text(
        "Mong Cai and Dongxing, over the border and back", timeout=60_000
    )
    assert [one.input_value() for one in other.locator("[name=d_date]").all()] == [
        "2026-12-15",
        "2026-12-16",
    ]
    assert [one.input_value() for one in other.locator("[name=s_place]").all()] == [
        one.input_value() for one in page.locator("[name=s_place]").all()
    ]
    assert other.input_value("[name=notes]") == notes != ""
    assert "Dec 15, 2026" in other.inner_text("#plan")


def test_notes_typed_in_the_form_are_in_the_file_that_is_saved(opened: Callable[..., Any]) -> None:
    """What is typed stays open before the eyes, and the address, the file and the form for files
    hold it.
    """
    from playwright.sync_api import expect

    page = opened(f"/trip?example={TRIPS[0]}&lang=en")
    page.locator(".trip-notes summary").click()
    page.fill("[name=notes]", "Ask for the map\nof 2027")
    page.locator("[name=notes]").blur()
    expect(page.locator("#trip-file")).to_have_attribute(
        "action", re.compile("Ask%20for%20the%20map"), timeout=30_000
    )
    assert page.locator("[name=notes]").is_visible()
    text = page.request.get(page.url.replace("/trip?", "/trip/plan.yaml?")).text()
    assert "Ask for the map" in text
    assert "of 2027" in text


def test_taking_the_trip_along(browser: Any, opened: Callable[..., Any], tmp_path: Path) -> None:
    """The single file opens from the phone's storage in flight mode: base map, ways in their
    colours, stops, agenda, and no error.
    """
    from playwright.sync_api import expect

    from webapp.trips.agenda import COLOURS

    page = opened(f"/trip?example={TRIPS[1]}")
    stops = planned(page)
    path = tmp_path / "trip.html"
    button = page.get_by_role("link", name="One file for the phone", exact=True)
    path.write_bytes(page.request.get(button.evaluate("link => link.href")).body())
    context = browser.new_context(viewport=PHONE, offline=True, reduced_motion="reduce")
    watch = Watch()
    phone = watch.on(context.new_page())
    phone.goto(path.as_uri())
    expect(phone.locator("#map .stop-pin").first).to_be_visible()
    phone.wait_for_timeout(800)  # tiles are drawn one by one
    phone.screenshot(path=tmp_path / "flight-mode.png", full_page=True)
    assert phone.locator("#map .stop-pin").count() > len(stops)
    assert drawn(phone, "#dce6ec") > 2000, "the sea of the base map"
    assert drawn(phone, "#f8f7f2") > 2000, "its land"
    assert drawn(phone, COLOURS[0]) > 100
    for stop in stops:
        assert layers.read(layers.bundled(), "parks").loc[stop, "name_en"] in phone.inner_text(
            "#plan"
        )
    assert re.search(r"07:(\d\d)\s+08:\1", phone.inner_text("#plan .agenda")), "both clocks"
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    watch.quiet(path.as_uri())
    context.close()


def test_pages_once_opened_work_without_a_signal(browser: Any, site: str) -> None:
    """With the service worker, the map, a site and a trip come again without a network, the plan
    that was changed last included.
    """
    from playwright.sync_api import expect

    context = browser.new_context(viewport=DESK, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.goto(f"{site}/data")
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.goto(f"{site}/trip?{CROWDED}")
    before = planned(page)
    page.wait_for_function("document.querySelectorAll('#map .stop-pin').length > 1")
    ordered = replanned(
        page, page.locator(f"tr[data-stop={before[0]}] [data-move=down]").click, before
    )
    changed = page.url
    page.goto(f"{site}/sites/{SITE}")
    page.goto(site)
    ready(page)
    page.wait_for_timeout(1500)  # the whole base map is fetched behind
    context.set_offline(True)
    page.goto(changed)
    assert planned(page) == ordered
    page.wait_for_function("document.querySelectorAll('#map .stop-pin').length > 1")
    page.reload()
    assert planned(page) == ordered
    page.goto(f"{site}/sites/{SITE}")
    expect(page.locator("h1")).to_have_text("Van Don Economic Zone")
    page.goto(site)
    ready(page)
    assert found(page) == 200
    assert drawn(page, "#dce6ec") > 2000, "the sea of the base map"
    context.close()


# For everybody ------------------------------------------------------------------------------------

CLAIMS = (
    "30 km from Mong Cai gate, 45 minutes to Hai Phong port, within 2 hours of Hanoi. 5 km from"
    " Nowhere. 1 km to Ha Long bay"
)
PAIRS = "criterion=gate&criterion=port&criterion=people&pair=gate:port:5&pair=port:people:5&pair=gate:people:-5"  # noqa: E501
SHOWN = (
    *(
        "/",
        f"/?site={SITE}",
        "/?at=108.2,20.2",
        "/table?country=VN&q=hai",
        "/table?layer=policies",
        "/data",
        "/nothing",
    ),
    *("/rank?example=automobile", "/rank?edited=1&min_area=400000&drop=min_area&w_gate=1"),
    *(
        f"/compare?pick={SITE}&pick=dong-mai-ip",
        f"/sites/{SITE}/factsheet",
        "/planned?year=2030&wait=1",
    ),
    *(
        f"/sites/{SITE}",
        "/sites/mong-cai-bac-luan-2?closed=huu-nghi&year=2030",
        "/access?lon=106.68&lat=20.86",
    ),
    *(
        "/trip",
        f"/trip?{CROWDED}&whole=1",
        f"/trip/plan.sheet.html?{CROWDED}",
        f"/trip/plan.html?{CROWDED}",
    ),
    *(
        f"/sites/{SITE}/claims?{urlencode({'text': CLAIMS})}",
        "/weights",
        f"/weights?{PAIRS}",
        "/match?closed=huu-nghi&year=2030",
    ),
)
OGC = ("/ogc?f=html", "/ogc/collections/parks/items?f=html&limit=20", "/ogc/api?f=html")
"""Pages for programmers, which are in English."""
COMPANIES = (
    "company;area;country;max_gate_min\nAn Phát;5;VN;120\n联想;5000;CN;\n",
    "company;area\n;x\n",
)
"""Sheets that are matched and refused."""


@pytest.mark.parametrize(
    ("language", "size"),
    [
        ("en", DESK),
        ("en", PHONE),
        ("vi", PHONE),
        ("zh", DESK),
    ],  # what depends on the size does not on the language
    ids=["en-desk", "en-phone", "vi-phone", "zh-desk"],
)
def test_axe_finds_nothing(browser: Any, site: str, language: str, size: dict[str, int]) -> None:
    """Axe finds no violation of WCAG 2.2 AA or of good practice on any page, with filters and
    details open.
    """
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(viewport=size, bypass_csp=True, reduced_motion="reduce")
    page, axe, found = context.new_page(), Axe(), {}

    def look(name: str) -> None:
        assert page.locator("html").get_attribute("lang") == LANGUAGES[language].tag or name in OGC
        violations = axe.run(page).response["violations"]
        found[name] = [
            (one["id"], [(node["target"], node["failureSummary"]) for node in one["nodes"][:3]])
            for one in violations
        ]

    for path in (*SHOWN, *(OGC if language == "en" else ())):
        page.goto(f"{site}{path}{'&' if '?' in path else '?'}lang={language}")
        if path == "/" or path.startswith("/?"):
            ready(page)
        if path != "/ogc/api?f=html":
            page.evaluate(
                "document.querySelectorAll('details').forEach((one, i) => { if (i < 4) one.open ="
                " true; })"
            )
        look(path)
    for name, text in zip(("matched", "refused"), COMPANIES, strict=True):
        page.goto(f"{site}/match?lang={language}")
        page.set_input_files(
            "input[name=file]", {"name": "x.csv", "mimeType": "text/csv", "buffer": text.encode()}
        )
        page.locator(".sheet-form button").first.click()
        page.wait_for_selector("article.company" if name == "matched" else "[role=alert]")
        look(name)
    context.close()
    assert not {name: faults for name, faults in found.items() if faults}
