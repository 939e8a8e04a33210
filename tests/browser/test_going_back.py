"""In Chromium: Back, Forward and reload bring again what somebody chose and set."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from screen import (
    PHONE,
    chip,
    choose,
    layer_chip,
    query,
    ready,
    until,
    view,
)

pytestmark = pytest.mark.browser

SITE, OTHER = "dong-mai-ip", "van-don-ez"


def steps(page: Any) -> int:
    return page.evaluate("history.length")


def test_back_closes_the_sheet_on_a_phone(opened: Callable[..., Any]) -> None:
    """A sheet, another, a route and an area are a step each: Back undoes one at a time and ends at
    the map, Forward brings them again.
    """
    from playwright.sync_api import expect

    page = opened("/", PHONE, has_touch=True)
    begin, there = steps(page), view(page)
    choose(page, OTHER)
    page.evaluate(f"document.querySelector('#list .item[data-id=\"{SITE}\"]').click()")
    until(page, site=SITE)
    expect(page.locator("#sheet h1")).to_contain_text("Dong Mai")
    page.locator("#sheet [data-route]").first.click()
    expect(page.locator(".route-note")).to_contain_text("→")
    route = query(page)["to"][0]
    page.locator("#sheet [data-area]").first.click()
    expect(page.locator(".route-note")).to_contain_text("within")
    assert steps(page) == begin + 4
    page.go_back()
    until(page, to=route, area=None)
    expect(page.locator(".route-note")).to_contain_text("→")
    page.go_back()
    until(page, to=None)
    expect(page.locator(".route-note")).to_have_count(0)
    expect(page.locator("#sheet h1")).to_contain_text("Dong Mai")
    page.go_back()
    expect(page.locator("#sheet h1")).to_contain_text("Van Don")
    page.go_back()
    expect(page.locator("#sheet")).to_be_hidden()
    assert "site" not in query(page)
    assert view(page) == pytest.approx(
        there, abs=0.01
    )  # a hash has four decimals, a screen whole pixels
    page.go_forward()
    expect(page.locator("#sheet h1")).to_contain_text("Van Don")
    page.go_forward()
    page.go_forward()
    expect(page.locator(".route-note")).to_contain_text("→")
    expect(page.locator("#sheet h1")).to_contain_text("Dong Mai")


def test_typing_moving_and_layers_make_no_steps(opened: Callable[..., Any]) -> None:
    """Only what opens something or narrows the list is a step of history."""
    page = opened()
    begin = steps(page)
    page.type("#q", "hai phong")
    page.evaluate("void map_atlas.setZoom(9, { animate: false })")
    layer_chip(page, "Railways").click()
    until(page, q="hai phong")
    assert steps(page) == begin


def test_back_takes_filters_and_order_back(opened: Callable[..., Any]) -> None:
    """Each filter and each order is a step: Back takes one at a time, in the list, the pill and the
    address; a link brings them all again.
    """
    from playwright.sync_api import expect

    page = opened()
    begin, everything = steps(page), page.inner_text("#found")
    chip(page, "sectors", "Electronics").click()
    page.keyboard.press("Escape")  # the box lies on the other pills
    chip(page, "port_time", "30–60").click()
    page.keyboard.press("Escape")
    until(page, sector="electronics", port_time="30-60")
    few = page.inner_text("#found")
    page.select_option("#sort", "area")
    until(page, sort="area")
    assert steps(page) == begin + 3
    expect(page.locator("[data-pill=sectors]")).to_have_text("Electronics")
    again = opened(page.url.partition("#")[0].removeprefix(page.evaluate("location.origin")))
    expect(again.locator("#found")).to_have_text(few)
    expect(again.locator("[data-pill=port_time]")).to_have_text("30–60 min")
    expect(again.locator("#sort")).to_have_value("area")
    page.go_back()
    until(page, sort=None, sector="electronics", port_time="30-60")
    expect(page.locator("#sort")).to_have_value("")
    page.go_back()
    until(page, sector="electronics", port_time=None)
    expect(page.locator("[data-pill=port_time]")).to_have_text("Time to port")
    page.go_back()
    until(page, sector=None)
    expect(page.locator("#found")).to_have_text(everything)
    page.go_forward()
    expect(page.locator("[data-pill=sectors]")).to_have_text("Electronics")


def test_closing_a_sheet_keeps_the_filters(opened: Callable[..., Any]) -> None:
    """A filter chosen while a sheet is open stays when the sheet is closed."""
    page = opened()
    choose(page, SITE)
    chip(page, "country", "Viet Nam").click()
    page.keyboard.press("Escape")
    choose(page, OTHER)
    page.locator("#close").click()
    until(page, site=None, country="VN")
    chip(page, "country", "Viet Nam").click()
    page.keyboard.press("Escape")
    until(page, site=None, country=None)


def test_closing_takes_its_steps_back_and_keeps_what_was_typed(opened: Callable[..., Any]) -> None:
    """The cross closes the sheet with all its steps, so that Back leaves the map; a search made
    meanwhile stays; Forward opens it again.
    """
    from playwright.sync_api import expect

    page = opened("/table")
    page.goto(page.evaluate("location.origin") + "/")
    ready(page)
    choose(page, OTHER)
    choose(page, SITE)
    page.fill("#q", "hai ha")
    until(page, q="hai ha")
    page.locator("#close").click()
    until(page, site=None, q="hai ha")
    expect(page.locator("#sheet")).to_be_hidden()
    expect(page.locator("#q")).to_have_value("hai ha")
    page.go_forward()
    expect(page.locator("#sheet h1")).to_contain_text("Van Don")
    page.go_back()
    expect(page.locator("#sheet")).to_be_hidden()
    page.go_back()
    expect(page).to_have_url(re.compile("/table$"))


def test_closing_a_sheet_forgets_year_vehicle_and_closed_gates(opened: Callable[..., Any]) -> None:
    """What the next sheet is reckoned with is what the page shows: a container truck, today, all
    gates open.
    """
    from playwright.sync_api import expect

    page = opened(f"/?site={SITE}&profile=car&year=2035&closed=huu-nghi")
    closed = page.locator("#sheet .closed:not(.planned)")
    expect(closed).to_contain_text("Huu Nghi")  # the roads of 2035 are built
    page.locator("#close").click()
    until(page, site=None, profile=None, year=None, closed=None)
    choose(page, OTHER)
    assert query(page).keys() == {"site"}
    expect(page.locator("#sheet [aria-label=Vehicle] a[aria-current]")).to_have_text(
        "Container truck"
    )
    expect(page.locator("#sheet [aria-label=Year] a[aria-current]")).to_have_text("Today")


def test_going_back_fast_ends_where_it_should(opened: Callable[..., Any]) -> None:
    """Steps through history that overtake each other leave what the last one says."""
    page = opened()
    choose(page, SITE)
    page.locator("#sheet [data-route]").first.click()
    page.wait_for_selector(".route-note")
    choose(page, OTHER)
    page.evaluate(
        "() => { history.back(); setTimeout(() => history.back(), 30); setTimeout(() =>"
        " history.back(), 60); }"
    )
    until(page, site=None, to=None)
    page.wait_for_timeout(500)
    assert not query(page)
    assert page.locator("#sheet").is_hidden()


def test_going_forward_fast_waits_for_a_slow_sheet(opened: Callable[..., Any]) -> None:
    """A route whose sheet is still on its way is drawn and told once the sheet is there."""
    from playwright.sync_api import expect

    page = opened()
    choose(page, OTHER)
    choose(page, SITE)
    page.locator("#sheet [data-route]").first.click()
    expect(page.locator(".route-note")).to_contain_text("→")
    page.go_back()
    page.go_back()
    expect(page.locator("#sheet h1")).to_contain_text("Van Don")

    def late(route: Any) -> None:
        page.wait_for_timeout(500)
        route.continue_()

    page.route(f"**/sites/{SITE}?**", late)
    page.evaluate("() => { history.forward(); setTimeout(() => history.forward(), 60); }")
    expect(page.locator("#sheet h1")).to_contain_text("Dong Mai")
    expect(page.locator(".route-note")).to_contain_text("→")
