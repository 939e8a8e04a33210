"""In Chromium: the surface follows sliders, limits and the map, and a click tells the numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from screen import PHONE, query, wait_for

pytestmark = pytest.mark.browser

PICTURE = "#content .leaflet-image-layer.surface"


def picture(page: Any) -> str:
    """Return the picture that is shown, once it stays."""
    page.wait_for_selector(PICTURE, state="attached")
    page.wait_for_load_state("networkidle")
    return str(page.locator(PICTURE).last.get_attribute("src"))


def test_a_slider_draws_anew_without_loading_the_page(opened: Callable[..., Any]) -> None:
    """Another weight gives another picture, another legend and another address."""
    from playwright.sync_api import expect

    page = opened("/where?w_port=100")
    before = picture(page)
    assert before.startswith("data:image/png")
    expect(page.locator("#legend-title")).to_contain_text("Time to container port")
    page.evaluate("window.still = true")
    page.locator("input[name=w_gate]").fill("50")
    expect(page.locator("#legend-title")).to_have_text("Score of 100")
    assert query(page)["w_gate"] == ["50"]
    wait_for(page, f"old => document.querySelector('{PICTURE}').src !== old", before)
    expect(page.locator(PICTURE)).to_have_count(1)
    page.locator("input[name=max_city]").fill("30")
    expect(page.locator("#result")).not_to_have_class("waiting")
    assert picture(page) != before
    assert page.evaluate("window.still")


def test_a_click_on_the_map_tells_the_numbers_there(opened: Callable[..., Any]) -> None:
    """The point stands in the address, with a link to its page or to that of the site."""
    from playwright.sync_api import expect

    page = opened("/where?w_port=100")
    picture(page)
    box = page.locator(".where-map").bounding_box()
    assert box
    page.mouse.click(box["x"] + 0.3 * box["width"], box["y"] + 0.55 * box["height"])
    point = page.locator(".at-point")
    expect(point).to_be_visible()
    assert point.locator("dd").count() == 7
    link = str(point.locator("h2 a").get_attribute("href"))
    assert link.startswith("/access?") or link.startswith("/sites/")
    assert query(page).keys() & {"lon", "site"}


def test_moving_the_map_draws_what_is_in_view(opened: Callable[..., Any]) -> None:
    """Zooming in asks for finer blocks, and the picture covers the view."""
    page = opened("/where?w_port=100")
    picture(page)
    page.evaluate("() => { window.map_atlas.setView([20.86, 106.68], 12, { animate: false }); }")
    wait_for(
        page,
        f"""() => {{
            const map = document.querySelector('.where-map').getBoundingClientRect();
            const drawn = document.querySelector('{PICTURE}')?.getBoundingClientRect();
            return drawn && drawn.left <= map.left && drawn.right >= map.right
                && drawn.top <= map.top && drawn.bottom >= map.bottom;
        }}""",
    )


@pytest.mark.parametrize("lang", ["en", "vi", "zh"])
def test_on_a_phone_the_map_comes_first_and_nothing_is_cut_off(
    opened: Callable[..., Any], lang: str
) -> None:
    """The map lies above the sliders, and the page is as wide as the screen."""
    page = opened(f"/where?w_port=100&lang={lang}", PHONE)
    picture(page)
    tops = [page.locator(part).bounding_box()["y"] for part in (".where-map", "#legend", "#wish")]
    assert tops == sorted(tops)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
