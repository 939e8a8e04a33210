"""In Chromium: adding stops on the map of a trip, and undoing a change."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from screen import (
    CROWDED,
    TWO,
    beside,
    held_back,
    look_at,
    planned,
    replanned,
    spot,
    view,
    wait_for,
)

pytestmark = pytest.mark.browser


def form_stops(page: Any) -> list[str]:
    return page.locator("[name=s_place]").evaluate_all("inputs => inputs.map(one => one.value)")


def test_a_click_asks_before_it_adds(opened: Callable[..., Any]) -> None:
    """A mark opens a popup with its name, a place beside all marks one with its coordinates; only
    the button in it adds the stop.
    """
    from playwright.sync_api import expect

    page = opened("/trip")
    look_at(page, 21.05, 106.88, 12)
    where = spot(page, "dong-mai-ip")
    page.mouse.click(where["x"], where["y"])
    popup = page.locator(".leaflet-popup")
    expect(popup).to_contain_text("Dong Mai Industrial Park")
    assert form_stops(page) == []
    assert "stop=" not in page.url
    popup.get_by_role("button", name="Add as stop").click()
    assert planned(page) == ["dong-mai-ip"]
    expect(popup).to_have_count(0)
    expect(page.locator("[name=d_begin]")).not_to_have_value("")
    look_at(page, 20.97, 107.0, 13)
    page.mouse.click(*beside(page))
    expect(popup).to_contain_text(re.compile(r"20\.9\d+° N, 10[67]\.\d+° E"))
    assert form_stops(page) == ["dong-mai-ip"]
    both = replanned(page, popup.get_by_role("button", name="Add as stop").click, ["dong-mai-ip"])
    assert sorted(both) == ["dong-mai-ip", "point-1"]


def test_a_first_stop_from_the_map_is_planned(opened: Callable[..., Any]) -> None:
    """A point as the first stop comes with a day, from and to the town nearest to it."""
    from playwright.sync_api import expect

    page = opened("/trip")
    look_at(page, 20.97, 107.0, 13)
    page.mouse.click(*beside(page))
    page.get_by_role("button", name="Add as stop").click()
    assert planned(page) == ["point-1"]
    expect(page.locator("[name=d_begin]")).to_have_value("Ha Long")


@pytest.mark.parametrize("moves", [True, False])
def test_whoever_moves_the_map_keeps_the_view(opened: Callable[..., Any], moves: bool) -> None:
    """Ways that come late are drawn; the map goes to them only where nobody has moved it since."""
    page = opened(f"/trip?{TWO}")
    stops = planned(page)
    wait_for(page, "document.querySelectorAll('#map .stop-pin').length > 1")
    fitted = view(page)
    look_at(page, 18.5, 105.5, 9)
    down = page.locator(f"tr[data-stop={stops[0]}] [data-move=down]")
    ways = held_back(page, "**/trip/ways?*", lambda: replanned(page, down.click, stops))
    if moves:
        look_at(page, 22.5, 104.0, 10)
    page.evaluate(
        "document.querySelectorAll('#map .stop-pin').forEach(pin => { pin.dataset.old = 1; })"
    )
    ways[0].continue_()
    wait_for(page, "document.querySelector('#map .stop-pin:not([data-old])') !== null")
    assert view(page) == pytest.approx((10, 22.5, 104.0) if moves else fitted, abs=0.01)


def test_of_two_changes_the_view_goes_to_the_last(opened: Callable[..., Any]) -> None:
    """Ways of a first change that come while the second is planned do not count as a move of the
    person: the view is that of the trip opened anew.
    """
    page = opened(f"/trip?{TWO}")
    stops = planned(page)
    wait_for(page, "document.querySelectorAll('#map .stop-pin').length > 1")
    look_at(page, 18.5, 105.5, 9)
    gone = page.locator(".stops button", has_text="×").first
    ways = held_back(page, "**/trip/ways?*", lambda: replanned(page, gone.click, stops))
    page.locator("[name=add]").fill("Hai Yen IP")
    plans = held_back(page, "**/trip/plan?*", lambda: page.keyboard.press("Enter"))
    ways[0].continue_()
    wait_for(page, "map_atlas.getCenter().lat > 19")
    plans[0].continue_()
    wait_for(page, "document.querySelectorAll('#plan tr[data-stop]').length === 2")
    while len(ways) < 2:
        page.wait_for_timeout(50)
    ways[1].continue_()
    pin = "document.querySelector('#map .stop-pin[aria-label*=\"Hai Yen\"]') !== null"
    wait_for(page, pin)
    anew = opened(page.url)
    wait_for(anew, pin)
    assert view(page) == pytest.approx(view(anew), abs=0.01)


@pytest.mark.parametrize("on", ["beside", "mark"])
def test_a_double_click_only_zooms(opened: Callable[..., Any], on: str) -> None:
    """Neither on a mark nor beside one does a double click open a popup or add a stop; the map
    zooms in.
    """
    page = opened("/trip")
    look_at(page, 21.05, 106.88, 11)
    where = spot(page, "dong-mai-ip")
    x, y = (where["x"], where["y"]) if on == "mark" else (where["x"] + 60, where["y"] + 60)
    page.mouse.dblclick(x, y, delay=30)
    wait_for(page, "map_atlas.getZoom() === 12")
    page.wait_for_timeout(700)  # in which a popup would have come
    assert page.locator(".leaflet-popup").count() == 0
    assert form_stops(page) == []
    assert "stop=" not in page.url


def test_a_popup_closes_by_the_keyboard(opened: Callable[..., Any]) -> None:
    """Escape closes what a click opened, and nothing is added."""
    from playwright.sync_api import expect

    page = opened("/trip")
    page.mouse.click(*beside(page))
    expect(page.locator(".leaflet-popup")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".leaflet-popup")).to_have_count(0)
    assert form_stops(page) == []


def test_undo_takes_back_the_last_change(opened: Callable[..., Any]) -> None:
    """By the button and by Ctrl+Z, step by step to where the page was opened; in a field Ctrl+Z is
    the field's own.
    """
    from playwright.sync_api import expect

    page = opened(f"/trip?{TWO}")
    first, address = planned(page), page.url
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_disabled()
    one = replanned(page, page.locator(".stops button", has_text="×").first.click, first)
    expect(undo).to_be_enabled()
    moved = replanned(
        page,
        lambda: (page.locator("[name=add]").fill("Hai Yen IP"), page.keyboard.press("Enter")),
        one,
    )
    assert len(moved) == 2
    assert replanned(page, undo.click, moved) == one
    expect(undo).to_be_enabled()
    page.locator("[name=title]").focus()
    page.keyboard.press("Control+z")
    page.wait_for_timeout(300)
    assert planned(page) == one
    page.locator("h1").click()
    assert replanned(page, lambda: page.keyboard.press("Control+z"), one) == first
    assert page.url == address
    expect(undo).to_be_disabled()
    assert form_stops(page) == ["dong-mai-ip", "song-khoai-ip"]
    page.go_forward()
    assert planned(page) == one


def test_undo_takes_back_what_advice_did(opened: Callable[..., Any]) -> None:
    """“Do so” is a link; undo leads back before it."""
    from playwright.sync_api import expect

    page = opened(f"/trip?{CROWDED}")
    before = planned(page)
    page.locator("a[data-why]").click()
    expect(page.locator(".why-answer li").first).to_be_visible()
    with page.expect_navigation():
        page.locator(".why-answer a", has_text="Apply").last.click()
    assert set(planned(page)) > set(before)
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url(f"**/trip?{CROWDED}")
    assert planned(page) == before
