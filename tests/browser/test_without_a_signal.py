"""In Chromium: pages and plans while the phone has no signal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from screen import (
    CROWDED,
    DESK,
    PHONE,
    SITE,
    TWO,
    Windows,
    beside,
    drawn,
    found,
    planned,
    ready,
    replanned,
    tabs,
    wait_for,
)
from web import SITES

pytestmark = pytest.mark.browser

NOTE = "#trip-note"


def test_pages_once_opened_work_without_a_signal(browser: Any, site: str) -> None:
    """With the service worker, the map, a site and a trip come again without a network, the plan
    that was changed last included.
    """
    from playwright.sync_api import expect

    context = browser.new_context(viewport=DESK, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{site}/data")
    page.evaluate("navigator.serviceWorker.ready")
    wait_for(page, "navigator.serviceWorker.controller !== null")
    page.goto(f"{site}/trip?{CROWDED}")
    before = planned(page)
    wait_for(page, "document.querySelectorAll('#map .stop-pin').length > 1")
    ordered = replanned(
        page, page.locator(f"tr[data-stop={before[0]}] [data-move=down]").click, before
    )
    changed = page.url
    page.goto(f"{site}/sites/{SITE}")
    page.goto(site)
    ready(page)
    kept(page, "/basemap.pmtiles")  # the whole of it is fetched behind
    context.set_offline(True)
    page.goto(changed)
    assert planned(page) == ordered
    wait_for(page, "document.querySelectorAll('#map .stop-pin').length > 1")
    page.reload()
    assert planned(page) == ordered
    page.goto(f"{site}/sites/{SITE}")
    expect(page.locator("h1")).to_have_text("Van Don Economic Zone")
    page.goto(site)
    ready(page)
    assert found(page) == SITES
    assert drawn(page, "#dce6ec", 2000), "the sea of the base map"
    context.close()


CONTROLS = (
    "#trip-wish button:not(.hidden), #trip-wish input:not([type=hidden]), #trip-wish select, #plan"
    " [data-move], #plan [data-pin], #undo"
)


@pytest.fixture
def opened(windows: Windows, site: str) -> Iterator[Callable[..., Any]]:
    """Open a page in a tab of its own, whose requests may fail."""
    with tabs(windows, site, signal=False) as open_:
        yield open_


def kept(page: Any, path: str) -> None:
    """Wait until the service worker has kept a file."""
    wait_for(page, "async path => Boolean(await caches.match(path))", arg=path)


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
    page.goto(f"{site}/data")
    page.evaluate("navigator.serviceWorker.ready")
    wait_for(page, "navigator.serviceWorker.controller !== null")
    page.goto(f"{site}/trip?{TWO}")
    before = planned(page)
    wait_for(page, "document.querySelectorAll('#map .stop-pin').length > 1")
    page.wait_for_load_state("networkidle")
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
