"""In Chromium: the link, the single file, online tiles, and a large package."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from screen import (
    DESK,
    SITE,
    found,
    ids,
    layer_chip,
    query,
    ready,
    until,
    view,
    wait_for,
)
from web import SITES, Watch, many_parks, serving

from geo import layers
from webapp.cli.main import main

pytestmark = pytest.mark.browser


def test_sharing_the_link(opened: Callable[..., Any]) -> None:
    """The address, opened by somebody else, shows the same filters, layers, site, vehicle, route
    and view.
    """
    from playwright.sync_api import expect

    first = opened("/?country=VN#10/21.1/107.3")
    first.fill("#q", "quang ninh")
    expect(first.locator("#found")).to_contain_text(f"of {SITES}")
    expect(first.locator("#hits li").first).to_be_visible()
    first.keyboard.press("Escape")  # the completion lies on the list
    layer_chip(first, "Airports").click()
    first.locator(f'.item[data-id="{SITE}"]').click()
    first.locator("#sheet .switch a", has_text="Car").click()
    expect(first.locator("#sheet [aria-label=Vehicle] a[aria-current]")).to_have_text("Car")
    first.locator("#sheet [data-route]").nth(1).click()
    expect(first.locator(".route-note")).to_be_visible()
    second = opened(first.url.removeprefix(first.evaluate("location.origin")))
    expect(second.locator(".route-note")).to_have_text(first.inner_text(".route-note"))
    assert ids(second) == ids(first)
    assert second.input_value("#q") == "quang ninh"
    for selector in ("#sheet h1", "#sheet [aria-label=Vehicle] a[aria-current]", "#found"):
        assert second.inner_text(selector) == first.inner_text(selector)
    pressed = "#layers [aria-pressed=true]"
    assert second.locator(pressed).all_text_contents() == first.locator(pressed).all_text_contents()
    assert second.url.split("#")[0] == first.url.split("#")[0]
    assert second.evaluate("map_atlas.getZoom()") == first.evaluate("map_atlas.getZoom()")


def test_a_changed_hash_moves_the_map(opened: Callable[..., Any]) -> None:
    """A hash that is typed or pasted into the address of an open map is gone to; Back returns."""
    page = opened(f"/?site={SITE}#12/21.0000/107.0000")
    page.evaluate("location.hash = '#14/21.9700/106.7100'")
    wait_for(page, "() => map_atlas.getZoom() === 14")
    assert view(page) == pytest.approx((14, 21.97, 106.71), abs=0.001)
    assert query(page)["site"] == [SITE]
    page.go_back()
    wait_for(page, "() => map_atlas.getZoom() === 12")


def test_sort_and_online_tiles_are_in_the_link(
    make_app: Callable[..., Flask], browser: Any
) -> None:
    """A reload and a shared link show the list in the order that was chosen, and the tiles."""
    from web import serving

    with serving(make_app(ONLINE_TILES="https://tiles.invalid/{z}/{x}/{y}.png")) as url:
        context = browser.new_context(service_workers="block")
        page = context.new_page()
        page.route("https://tiles.invalid/**", lambda route: route.abort())
        page.goto(url)
        ready(page)
        page.select_option("#sort", "area")
        layer_chip(page, "Online tiles").click()
        until(page, sort="area", tiles="1")
        order = ids(page)
        page.reload()
        ready(page)
        assert ids(page) == order
        assert page.input_value("#sort") == "area"
        assert layer_chip(page, "Online tiles").get_attribute("aria-pressed") == "true"
        assert "sort=area" in page.locator("#as-table").get_attribute("href")
        context.close()


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
    with page.expect_request("https://tile.openstreetmap.org/**"):
        layer_chip(page, "Online tiles").click()
    foreign = {
        one.split("/")[2] for one in watch.requests if not one.startswith((site, "data:", "blob:"))
    }
    assert foreign == {"tile.openstreetmap.org"}
    assert "OpenStreetMap" in page.inner_text(".leaflet-control-attribution")
    context.close()


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
    assert found(page) == SITES
    page.fill("#q", "van don")
    expect(page.locator("#found")).to_contain_text(f"of {SITES}")
    expect(page.locator("#hits li").first).to_be_visible()
    page.keyboard.press("Escape")  # the completion lies on the list
    page.locator(f'.item[data-id="{SITE}"]').click()
    expect(page.locator("#sheet h1")).to_have_text("Van Don Economic Zone")
    expect(page.locator("#sheet")).to_contain_text("Nearest container port")
    assert page.locator("canvas.leaflet-tile, .leaflet-tile-loaded").count() > 4
    page.locator("#sheet [data-site]").first.click()
    expect(page.locator("#sheet h1")).not_to_have_text("Van Don Economic Zone")
    watch.quiet(path.as_uri())
    context.close()


def test_the_single_file_searches_too(app: Flask, browser: Any, tmp_path: Any) -> None:
    """The map in one file, opened from the disk, finds places, ranks them and opens the sheet of a
    town.
    """
    from playwright.sync_api import expect

    from webapp.explore import offline_map

    with app.test_request_context("/"):
        (tmp_path / "map.html").write_text(offline_map.render(), encoding="utf-8")
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto((tmp_path / "map.html").as_uri())
    ready(page)
    page.fill("#q", "Quang Ninh")
    quang_ninh = (layers.read(layers.bundled(), "parks")["province_en"] == "Quang Ninh").sum()
    expect(page.locator("#found")).to_contain_text(f"{quang_ninh} of {SITES}")
    page.fill("#q", "欽州")
    expect(page.locator("#hits li").first).to_contain_text("Qinzhou")
    page.press("#q", "Enter")
    expect(page.locator("#sheet h1")).to_have_text("Qinzhou")
    page.locator("#close").click()
    expect(page.locator("#sheet")).to_be_hidden()
    context.close()


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled data with 10,000 parks, made by jitter."""
    return many_parks(tmp_path_factory.mktemp("many") / "data", 10_000)


def test_ten_thousand_parks(browser: Any, make_app: Callable[..., Flask], many: Path) -> None:
    """With 10,000 parks the map opens with clusters that count them all, a filter works, and a
    cluster opens into smaller ones.
    """
    from playwright.sync_api import expect

    count = len(layers.read(many, "parks"))
    assert count > 9_900
    with serving(make_app(many)) as url:
        context = browser.new_context(viewport=DESK)
        watch = Watch()
        page = watch.on(context.new_page())
        page.goto(url)
        expect(page.locator("body")).to_have_attribute("data-ready", "true", timeout=60_000)
        assert found(page) == count
        assert len(ids(page)) == 100
        expect(page.locator(".cluster").first).to_be_visible()
        page.fill("#q", "van don")
        expect(page.locator("#found")).to_contain_text(f"of {count:,}")
        assert 0 < found(page) < 1000
        page.fill("#q", "")
        expect(page.locator("#found")).to_have_text(f"{count:,} sites")
        before = page.evaluate("map_atlas.getZoom()")
        page.locator(".cluster").first.dispatch_event("click")
        wait_for(page, "before => map_atlas.getZoom() > before", arg=before)
        watch.quiet(url)
        context.close()
