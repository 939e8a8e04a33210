"""In Chromium: a phone, the keyboard alone, without JavaScript, without a server."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from screen import (
    DESK,
    PHONE,
    SITE,
    TRIPS,
    planned,
    ready,
    spot,
)
from web import SITES

pytestmark = pytest.mark.browser


def test_using_a_phone(opened: Callable[..., Any]) -> None:
    """At 390 px nothing is wider than the screen; list, sheet and map are used by touch, and one
    comes back from the sheet.
    """
    from playwright.sync_api import expect

    page = opened(size=PHONE, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.fill("#q", "van don")
    expect(page.locator("#found")).to_contain_text(f"of {SITES}")
    page.locator(f'#hits [data-id="{SITE}"]').tap()
    expect(page.locator("#sheet h1")).to_have_text("Van Don Economic Zone")
    expect(page.locator("#hits")).to_be_hidden()
    page.locator("#close").tap()
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


@pytest.mark.parametrize("scripts", [True, False])
def test_the_tabs_of_the_table_leave_room_on_a_phone(
    opened: Callable[..., Any], scripts: bool
) -> None:
    """Two rows that are pushed aside, by the keyboard too; the one that is shown is in sight."""
    from playwright.sync_api import expect

    page = opened("/table?layer=events", PHONE, java_script_enabled=scripts)
    tabs = page.locator(".tabs")
    assert [tabs.nth(at).bounding_box()["height"] < 50 for at in (0, 1)] == [True, True]
    expect(tabs.locator("a[aria-current]")).to_be_in_viewport(ratio=1)
    policies = tabs.locator("a[href*=policies]")
    expect(policies).not_to_be_in_viewport()
    policies.focus()
    expect(policies).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Policies")


@pytest.mark.parametrize("scripts", [True, False])
def test_an_address_opens_what_is_folded(opened: Callable[..., Any], scripts: bool) -> None:
    """The records of the data page are folded, and open where a link or an address leads to one."""
    from playwright.sync_api import expect

    page = opened("/data", PHONE, java_script_enabled=scripts)
    folded = page.locator("details.layer")
    assert folded.count() > 5
    assert not page.locator("details.layer[open]").count()
    page.locator(".tabs a[href='#costs']").click()
    expect(page.locator("details.layer[open]")).to_have_count(1)
    expect(page.locator("#costs")).to_be_in_viewport()
    expect(page.locator("details.layer:has(#costs) h2")).to_be_in_viewport()
    events = page.url.replace("#costs", "#events")
    page.goto("about:blank")
    page.goto(events)
    expect(page.locator("#events")).to_be_in_viewport()


def test_what_is_found_is_in_view_on_a_phone(opened: Callable[..., Any]) -> None:
    """The best hits and the list stand right below what is typed."""
    from playwright.sync_api import expect

    page = opened("/", PHONE, has_touch=True)
    page.fill("#q", "viglacera")
    expect(page.locator("#hits li").first).to_contain_text("Viglacera")
    expect(page.locator("#hits li").first).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.locator("#hits")).to_be_hidden()
    expect(page.locator("#list .item").first).to_be_in_viewport()
    page.fill("#q", "cat bi")
    expect(page.locator("#hits li").first).to_be_in_viewport()


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
    assert "Nearest container port" in page.inner_text("main")
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


def test_the_trip_without_javascript(opened: Callable[..., Any]) -> None:
    """Without a script a stop is added by its name, and the plan is a page."""
    page = opened("/trip", java_script_enabled=False)
    page.fill("[name=add]", "kcn đông mai")
    page.locator("button[value=add]").click()
    page.get_by_role("link", name="Show plan").click()
    assert "Dong Mai" in page.inner_text("table.agenda")


def test_a_server_that_has_gone_is_said(browser: Any, site: str) -> None:
    """Where the layers or a sheet cannot be loaded, the page says so instead of staying empty."""
    from playwright.sync_api import expect

    context = browser.new_context(viewport=DESK, service_workers="block")
    page = context.new_page()
    page.goto(site)
    ready(page)
    page.route("**/sites/**", lambda route: route.abort())
    page.locator(".item").first.click()
    expect(page.locator("#sheet [role=alert]")).to_contain_text("Could not load")
    page.route("**/api/map/**", lambda route: route.abort())
    page.goto(site)
    expect(page.locator("#found")).to_contain_text("Could not load")
    context.close()


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
    page.goto(f"{site}/rank?edited=1&w_gate=100&country=VN#what-matters")
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
