"""What a person does with the map of a trip, its undo, and a phone without a signal, in
Chromium.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from test_browser import CROWDED, DESK, PHONE, browser, planned, replanned, site, spot
from web import Watch

pytest_plugins = ("web",)
pytestmark = pytest.mark.browser

TWO = urlencode(
    [
        ("day", "2026-12-01~07:30-17:30~begin:ha-long~end:ha-long"),
        ("stop", "dong-mai-ip"),
        ("stop", "song-khoai-ip"),
    ]
)
NOTE = "#trip-note"


@pytest.fixture
def opened(browser: Any, site: str) -> Iterator[Callable[..., Any]]:
    """Open a page in a tab of its own; at the end no tab has thrown an error, broken the policy or
    asked another host.
    """
    contexts, watches = [], []

    def open_(path: str, size: dict[str, int] = DESK, **options: Any) -> Any:
        context = browser.new_context(
            viewport=size, reduced_motion="reduce", **{"service_workers": "block"} | options
        )
        contexts.append(context)
        watches.append(Watch())
        page = watches[-1].on(context.new_page())
        page.set_default_timeout(15_000)
        page.goto(site + path)
        return page

    yield open_
    for context in contexts:
        context.close()
    for watch in watches:
        watch.console = [
            line for line in watch.console if "net::ERR" not in line
        ]  # without a signal
        watch.quiet(site)


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


def form_stops(page: Any) -> list[str]:
    return page.locator("[name=s_place]").evaluate_all("inputs => inputs.map(one => one.value)")


# The map ------------------------------------------------------------------------------------------


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
    page.wait_for_function("map_atlas.getZoom() === 12")
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
    expect(page.locator(".why-answer li").first).to_be_visible(timeout=20_000)
    with page.expect_navigation():
        page.locator(".why-answer a", has_text="Do so").last.click()
    assert set(planned(page)) > set(before)
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url(f"**/trip?{CROWDED}")
    assert planned(page) == before


# Names --------------------------------------------------------------------------------------------


def test_an_ambiguous_name_is_chosen_in_its_row(opened: Callable[..., Any]) -> None:
    """The plan stays, the row shows the places of that name, and a click on one plans with it."""
    from playwright.sync_api import expect

    page = opened(f"/trip?{TWO}")
    before = planned(page)
    page.locator("[name=add]").fill("Hai Yen")
    page.keyboard.press("Enter")
    row = page.locator(".stops li.odd")
    expect(row).to_contain_text("several places are called “Hai Yen”", ignore_case=True)
    expect(row.locator(".choices button")).to_have_count(2)
    expect(page.locator("#plan .odd-stops")).to_contain_text("Stop 3")
    assert planned(page) == before
    expect(page.locator("#plan .badge-ok")).to_be_visible()
    after = replanned(page, row.get_by_role("button", name="Hai Yen Industrial Park").click, before)
    assert sorted(after) == sorted([*before, "hai-yen-ip"])
    expect(row).to_have_count(0)


# Without a signal ---------------------------------------------------------------------------------

CONTROLS = (
    "#trip-wish button:not(.hidden), #trip-wish input:not([type=hidden]), #trip-wish select, #plan"
    " [data-move], #plan [data-pin], #undo"
)


def enabled(page: Any) -> int:
    """Count the controls that could be pressed."""
    return page.locator(CONTROLS).evaluate_all("all => all.filter(one => !one.disabled).length")


def test_offline_a_tap_leaves_the_plan_where_it_is(opened: Callable[..., Any]) -> None:
    """The server does not answer a tap: the plan stays, a message above it says so, and it works
    again when the server does.
    """
    from playwright.sync_api import expect

    page = opened(f"/trip?{TWO}", PHONE)
    before, text, address = planned(page), page.inner_text("#plan"), page.url
    page.route("**/trip*", lambda route: route.abort())
    page.route("**/trip/**", lambda route: route.abort())
    page.locator(f"tr[data-stop={before[0]}] [data-move=down]").click()
    expect(page.locator(NOTE)).to_contain_text("The plan below stays as it is")
    assert page.locator(NOTE).get_attribute("aria-live") == "polite"
    assert page.locator(NOTE).bounding_box()["y"] >= 0
    assert page.inner_text("#plan") == text
    assert page.url == address
    assert enabled(page) == 0
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(NOTE)).to_contain_text("The plan below stays as it is")
    assert enabled(page) == 0
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(NOTE)).to_be_empty()
    assert planned(page) == before
    after = replanned(
        page, page.locator(f"tr[data-stop={before[0]}] [data-move=down]").click, before
    )
    assert after == before[::-1]


def test_offline_controls_are_disabled_until_the_signal_is_back(opened: Callable[..., Any]) -> None:
    """No control that needs the server can be pressed while the browser is offline, one in a popup
    included; then all can again.
    """
    from playwright.sync_api import expect

    page = opened(f"/trip?{TWO}", PHONE)
    before = planned(page)
    one = replanned(page, page.locator(f"tr[data-stop={before[0]}] [data-move=down]").click, before)
    could = enabled(page)
    assert could > 20
    page.context.set_offline(True)
    expect(page.locator(NOTE)).to_contain_text("No connection")
    assert enabled(page) == 0
    page.mouse.click(*beside(page))
    expect(page.get_by_role("button", name="Add as stop")).to_be_disabled()
    rows = page.locator("#plan tr[data-stop]")
    assert rows.evaluate_all("rows => rows.filter(one => one.draggable).length") == 0
    address = page.url
    page.locator(".take-along a").first.click(force=True)
    page.keyboard.press("Control+z")
    page.wait_for_timeout(500)
    assert page.url == address
    assert planned(page) == one
    page.context.set_offline(False)
    expect(page.locator(NOTE)).to_be_empty()
    assert enabled(page) == could
    expect(page.get_by_role("button", name="Add as stop")).to_be_enabled()


def test_offline_what_was_typed_is_planned_when_the_signal_is_back(
    opened: Callable[..., Any],
) -> None:
    """A field that was changed just when the signal went is not lost: the form keeps it and sends
    it with the connection.
    """
    from playwright.sync_api import expect

    page = opened(f"/trip?{TWO}")
    planned(page)
    page.route("**/trip/**", lambda route: route.abort())
    visit = page.locator("[name=s_visit]").first
    visit.fill("95 min")
    visit.press("Tab")
    expect(page.locator(NOTE)).to_contain_text("No connection")
    expect(visit).to_have_value("95 min")
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(NOTE)).to_be_empty()
    page.wait_for_url("**95%20min**")
    planned(page)


def test_offline_a_server_that_never_answers_is_said(opened: Callable[..., Any]) -> None:
    """On a signal too weak for an answer a tap is given up after a while: the plan stays and the
    message says so.
    """
    from playwright.sync_api import expect

    page = opened("/trip")
    page.add_init_script(
        "AbortSignal.timeout = (ms) => { const at = new AbortController(); setTimeout(() =>"
        " at.abort(), ms / 20); return at.signal; };"
    )
    page.goto(f"{page.url}?{TWO}")
    before = planned(page)
    page.route("**/trip/edit?*", lambda _route: None)
    page.locator(f"tr[data-stop={before[0]}] [data-move=down]").click()
    expect(page.locator(NOTE)).to_contain_text("The plan below stays as it is")
    assert planned(page) == before


def test_offline_with_the_service_worker(browser: Any, site: str) -> None:
    """A page opened again without a signal shows its plan, says that nothing can be changed, and
    opens the files that were kept.
    """
    from playwright.sync_api import expect

    context = browser.new_context(viewport=PHONE, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.goto(f"{site}/data")
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.goto(f"{site}/trip?{TWO}")
    before = planned(page)
    page.wait_for_function("document.querySelectorAll('#map .stop-pin').length > 1")
    page.wait_for_timeout(500)
    context.set_offline(True)
    page.reload()
    assert planned(page) == before
    expect(page.locator(NOTE)).to_contain_text("No connection")
    expect(page.locator("#plan [data-move]").first).to_be_disabled()
    assert enabled(page) == 0
    context.set_offline(False)
    expect(page.locator(NOTE)).to_be_empty()
    expect(page.locator("#plan [data-move]").first).to_be_enabled()
    context.close()
