"""In Chromium: a map of more sites than the browser holds, drawn from tiles, listed by the
server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from screen import Windows, chip, found, ids, look_at, spot, tabs, until, view, wait_for
from web import SITES, serving

from geo import layers
from webapp.explore import drawn

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def served(make_app: Callable[..., Flask]) -> Iterator[str]:
    """The address of an atlas that takes the parks that there are as too many."""
    app = make_app()
    with pytest.MonkeyPatch.context() as patch, serving(app) as url:
        patch.setattr(drawn, "TILES_FROM", SITES)
        for path in ("/", "/api/sites.json?q=x&sort=gate", "/sites/van-don-ez"):
            assert app.test_client().get(path).status_code == 200
        yield url


@pytest.fixture
def large(windows: Windows, served: str) -> Iterator[Callable[..., Any]]:
    with tabs(windows, served) as open_:
        yield open_


def clusters(page: Any) -> list[int]:
    """Read the numbers on the map."""
    texts = page.locator(".cluster").all_inner_texts()
    return [int(text.replace(",", "")) for text in texts]


def quiet(page: Any) -> None:
    """Wait until no tile of the map is on its way any more."""
    wait_for(
        page,
        "() => Object.values(map_atlas._layers).every(layer => !layer.isLoading?.())",
    )


def test_a_park_behind_a_cluster(large: Callable[..., Any]) -> None:
    """The map opens with clusters; a click on one goes to where it parts, until the park stands
    alone; a click on it opens its sheet, and the address and the list know it.
    """
    from playwright.sync_api import expect

    page = large("/#6/21.5000/106.5000")
    assert found(page) == SITES
    assert len(ids(page)) == 100
    expect(page.locator(".cluster").first).to_be_visible()
    quiet(page)
    zoom = view(page)[0]
    assert sum(clusters(page)) <= SITES
    assert max(clusters(page)) > 5
    page.locator(".cluster").filter(has_text=str(max(clusters(page)))).first.dispatch_event("click")
    wait_for(page, "zoom => map_atlas.getZoom() > zoom && !map_atlas._animatingZoom", arg=zoom)
    lonlat = layers.read(layers.bundled(), "parks").loc["mong-cai-bgez"].geometry
    look_at(page, lonlat.y, lonlat.x, 15)
    quiet(page)
    expect(page.locator(".cluster")).to_have_count(0)
    at = spot(page, "mong-cai-bgez")
    page.mouse.move(at["x"], at["y"])
    expect(page.locator(".leaflet-tooltip")).to_contain_text("Mong Cai")
    page.mouse.click(at["x"], at["y"])
    expect(page.locator("#sheet h1")).to_contain_text("Mong Cai")
    until(page, site="mong-cai-bgez")
    expect(page.locator('#list .item[data-id="mong-cai-bgez"]')).to_have_attribute(
        "aria-current", "true"
    )


def test_the_numbers_on_the_map_follow_the_filters(large: Callable[..., Any]) -> None:
    """The clusters and marks of a zoom are all that is found: fewer with a filter, those that are
    named so with a text, and all again without.
    """
    from playwright.sync_api import expect

    page = large("/#5/22.5000/106.5000")

    def on_map() -> int:
        quiet(page)
        marks = page.evaluate(
            "() => Object.values(map_atlas._layers).filter(one => one.options.park?.kind).length"
        )
        return sum(clusters(page)) + marks

    assert on_map() == SITES
    chip(page, "country", "China").click()
    expect(page.locator("#found")).to_contain_text("of")
    china = found(page)
    assert 0 < china < SITES
    assert on_map() == china
    page.fill("#q", "Dong Xing")
    expect(page.locator("#found")).not_to_contain_text(f"{china} of")
    wait_for(page, "() => map_atlas.getZoom() > 5")  # what is found is brought into view
    look_at(page, 22.5, 106.5, 5)
    assert 0 < on_map() == found(page) < china
    page.fill("#q", "")
    page.locator("#clear").click()
    expect(page.locator("#found")).to_have_text(f"{SITES} sites")
    assert on_map() == SITES


FILTERED = "q=ip&country=VN&kind=industrial_park"


@pytest.mark.parametrize(
    ("sort", "queries"),
    [
        ("", ("", "q=mong+cai", "q=Hải+Phòng", FILTERED, "q=zzz")),
        *((sort, ("", FILTERED)) for sort in ("gate", "area", "name")),
    ],
)
def test_the_server_lists_what_the_browser_lists(
    large: Callable[..., Any], opened: Callable[..., Any], sort: str, queries: tuple[str, ...]
) -> None:
    """For texts, filters and orders the list, the places beside it and the counts are the same as
    those of a map whose browser holds the sites.
    """
    from playwright.sync_api import expect

    for query in queries:
        seen = []
        for open_ in (opened, large):
            page = open_(f"/?{query}&sort={sort}")
            if page.locator("#more").is_visible():
                page.locator("#more").click()
                expect(page.locator("#list .item")).to_have_count(min(found(page), 200))
            counts = page.locator(".facet .count").all_inner_texts()
            why = page.locator("#list .why").all_inner_texts()
            page.focus("#q")
            page.locator("#q").dispatch_event("input")
            if "q=" in query and found(page):
                expect(page.locator("#hits li").first).to_be_visible()
            hits = page.locator("#hits li").all_inner_texts()
            seen.append((page.inner_text("#found"), ids(page), counts, hits, why))
        assert seen[0] == seen[1], query


def test_enter_opens_the_same(large: Callable[..., Any], opened: Callable[..., Any]) -> None:
    """Whoever holds the sites, Enter opens the best of what is found."""
    from playwright.sync_api import expect

    for open_ in (opened, large):
        page = open_("/")
        page.fill("#q", "qinzhou port")
        page.press("#q", "Enter")
        expect(page.locator("#sheet h1")).to_contain_text("Qinzhou")


def test_a_link_shows_the_same(large: Callable[..., Any]) -> None:
    """A link with a text, a filter and a site opens with the list, the sheet and the mark that it
    had, until the sheet is closed.
    """
    from playwright.sync_api import expect

    lonlat = layers.read(layers.bundled(), "parks").loc["mong-cai-bgez"].geometry
    page = large(f"/?q=mong+cai&site=mong-cai-bgez#14/{lonlat.y:.4f}/{lonlat.x:.4f}")
    expect(page.locator("#sheet h1")).to_contain_text("Mong Cai")
    assert "mong-cai-bgez" in ids(page)
    lit = "() => Object.values(map_atlas._layers).filter(layer => layer.options.lit).length"
    wait_for(page, f"() => ({lit})() === 1")
    page.locator("#close").click()
    expect(page.locator("#sheet")).to_be_hidden()
    until(page, site=None)
    page.locator("#q").focus()  # and not the row of the list, which lights its mark
    wait_for(page, f"() => ({lit})() === 0")


def test_the_surface_shows_every_site(large: Callable[..., Any]) -> None:
    """Clusters and dots beside the surface are all sites there are; a click on a dot tells what is
    there.
    """
    from playwright.sync_api import expect

    page = large("/where?w_port=100")
    look_at(page, 22.5, 106.5, 5)
    expect(page.locator(".cluster").first).to_be_visible()
    quiet(page)
    dots = page.evaluate(
        "() => Object.values(map_atlas._layers).filter(dot => dot.options.radius === 4.5).length"
    )
    assert sum(clusters(page)) + dots == SITES
    lonlat = layers.read(layers.bundled(), "parks").loc["mong-cai-bgez"].geometry
    look_at(page, lonlat.y, lonlat.x, 15)
    quiet(page)
    at = page.locator(".where-map").bounding_box()
    assert at
    page.mouse.click(at["x"] + at["width"] / 2, at["y"] + at["height"] / 2)
    expect(page.locator(".at-point h2")).to_contain_text("Mong Cai")
