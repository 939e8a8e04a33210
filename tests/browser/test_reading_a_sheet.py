"""In Chromium: choosing a site, a gate or a place, its times, routes and areas."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from screen import (
    SITE,
    held_back,
    ready,
    spot,
    until,
)

from webapp import labels

pytestmark = pytest.mark.browser

ALONE = "viet-hung-ip"
"""A site whose mark no other covers."""


def colours(page: Any, x: float, y: float, radius: int = 12) -> int:
    """Count the colours around a place of the screen: one where nothing is drawn."""
    from PIL import Image

    shot = page.screenshot(
        clip={"x": x - radius, "y": y - radius, "width": 2 * radius, "height": 2 * radius}
    )
    return len(Image.open(io.BytesIO(shot)).convert("RGB").getcolors(10_000) or ())


def test_a_sheet_on_its_way_is_headed_with_its_name(opened: Callable[..., Any]) -> None:
    """Before the server answers the sheet names the site, and no other; then it is whole."""
    from playwright.sync_api import expect

    page = opened(f"/?site={SITE}&q=viet+hung")
    expect(page.locator("#sheet article")).to_be_visible()
    row = page.locator(f'#list .item[data-id="{ALONE}"]')
    asked = held_back(page, f"**/sites/{ALONE}?*", row.click)
    expect(page.locator("#sheet h1")).to_have_text("Viet Hung Industrial Park")
    expect(page.locator("#sheet .kicker")).to_contain_text("Quang Ninh")
    expect(page.locator("#sheet article")).to_have_count(0)
    asked[0].continue_()
    expect(page.locator("#sheet article")).to_be_visible()
    expect(page.locator("#sheet h1")).to_contain_text("Viet Hung Industrial Park")


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
        ("Operating", "Location accurate to", "unverified"),
    )
    for text in (*names, *position, "Nearest container port", "Nearest airport", "nine of ten"):
        expect(sheet).to_contain_text(text)
    expect(sheet.locator("a[rel~=external]").first).to_have_attribute(
        "href", re.compile("^https?://")
    )
    expect(page.locator(f'.item[data-id="{SITE}"]')).to_have_attribute("aria-current", "true")
    assert f"site={SITE}" in page.url
    page.locator("#close").click()
    expect(sheet).to_be_hidden()
    assert "site=" not in page.url


def test_two_sites_at_one_point_lie_beside_each_other(opened: Callable[..., Any]) -> None:
    """Where no better position is known than that of the zone, both marks can be chosen."""
    from playwright.sync_api import expect

    page = opened("/#12/21.08/107.42")
    zone, cluster = spot(page, "van-don-ez"), spot(page, "van-don-ic")
    assert zone == cluster
    page.mouse.click(zone["x"], zone["y"])
    expect(page.locator("#sheet h1")).to_have_text("Van Don Economic Zone")
    where = spot(page, "van-don-ic")
    page.mouse.click(where["x"] + 18, where["y"])
    expect(page.locator("#sheet h1")).to_have_text("Van Don Industrial Cluster")


def test_choosing_a_site_on_the_map(opened: Callable[..., Any]) -> None:
    """A click on a mark of the canvas opens its sheet; the list shows which one it is."""
    from playwright.sync_api import expect

    page = opened("/#11/21.0075/106.9951")
    where = spot(page, ALONE)
    assert colours(page, where["x"], where["y"]) > 2
    page.mouse.move(where["x"], where["y"])
    expect(page.locator(".leaflet-tooltip")).to_contain_text("Viet Hung Industrial Park")
    page.mouse.click(where["x"], where["y"])
    expect(page.locator("#sheet h1")).to_have_text("Viet Hung Industrial Park")
    expect(page.locator(f'.item[data-id="{ALONE}"]')).to_have_attribute("aria-current", "true")


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

    page = opened("/#11/21.0075/106.9951")
    where = spot(page, ALONE)
    page.mouse.move(where["x"], where["y"])
    expect(page.locator(f'.item[data-id="{ALONE}"]')).to_have_class(re.compile(r"\blit\b"))
    page.wait_for_timeout(100)  # Leaflet looks at the pointer every 32 ms
    page.mouse.move(where["x"] + 60, where["y"] + 60, steps=4)
    expect(page.locator(f'.item[data-id="{ALONE}"]')).not_to_have_class(re.compile(r"\blit\b"))


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
    """The map's script writes a time, as a range or rounded, as the server does."""
    page = opened()
    seconds = [1, 59, 600, 1564, 1566, 1800, 3130, 3300, 3600, 7200, 86_400]
    with app.test_request_context("/"):
        expected = [
            [write(time_s).replace("\N{NO-BREAK SPACE}", " ") for time_s in seconds]
            for write in (labels.about, labels.duration)
        ]
    assert (
        page.evaluate(
            "async all => { const { about, duration } = await import('/static/page.js');"
            " return [about, duration].map(write => all.map(time_s => write(time_s))); }",
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
    expect(page.locator("#sheet .closed")).to_contain_text("Assumed closed:")
    expect(page.locator(".route-note")).to_contain_text("through Bac Phong Sinh")
    assert "closed=mong-cai-bac-luan-2" in page.url
    expect(page.locator("#sheet .big a").first).not_to_have_attribute(
        "data-site", "mong-cai-bac-luan-2"
    )
    page.reload()
    ready(page)
    expect(page.locator(".route-note")).to_contain_text("through Bac Phong Sinh")
    page.locator("#sheet .closed a").click()
    expect(page.locator("#sheet .closed")).to_have_count(0)
    expect(page.locator(".route-note")).to_contain_text("through Mong Cai (Bac Luan II)")
    assert "closed=" not in page.url


def test_showing_an_area(opened: Callable[..., Any]) -> None:
    """The area within some times is drawn, in either direction, and is in the address."""
    from playwright.sync_api import expect

    drawn = (
        "Object.values(map_atlas._layers).filter(one => one.options && one.options.fillOpacity ==="
        " 0.22).length"
    )
    page = opened("/?site=mong-cai-bac-luan-2")
    page.locator("#sheet [data-area]:not([data-direction])").click()
    expect(page.locator(".route-note")).to_contain_text(
        "Area within 30, 60, 120 min by Container truck"
    )
    assert page.evaluate(drawn) >= 3
    page.locator("#sheet [data-area][data-direction=to]").click()
    expect(page.locator(".route-note")).to_contain_text("that can reach this site")
    assert "direction=to" in page.url
    page.reload()
    ready(page)
    expect(page.locator(".route-note")).to_contain_text("that can reach this site")
    assert page.evaluate(drawn) >= 3
    page.locator("#sheet [data-area]:not([data-direction])").click()
    expect(page.locator(".route-note")).to_contain_text("Area within")
    assert "direction=" not in page.url


def test_what_is_drawn_is_named_where_one_looks(opened: Callable[..., Any]) -> None:
    """Whoever asks for an area far down a sheet sees the line that names it; the slider does not
    move while it is slid.
    """
    from playwright.sync_api import expect

    page = opened("/?site=dong-mai-ip", {"width": 1280, "height": 500})
    area = page.locator("#sheet [data-area][data-direction=to]")
    area.scroll_into_view_if_needed()
    page.locator("#sheet").evaluate("sheet => { sheet.scrollTop += 200; }")
    area.click()
    expect(page.locator(".route-note")).to_be_in_viewport()
    slider = page.locator("[data-reach]")
    slider.focus()
    page.locator("#sheet").evaluate("sheet => { sheet.scrollTop += 200; }")
    top = slider.bounding_box()["y"]
    slider.press("ArrowRight")
    expect(page.locator(".route-note")).not_to_contain_text("30, 60")
    assert abs(slider.bounding_box()["y"] - top) < 5


def test_a_map_on_paper_is_a_map(opened: Callable[..., Any]) -> None:
    """Neither list nor sheet nor buttons are printed."""
    page = opened("/?site=dong-mai-ip")
    page.emulate_media(media="print")
    for part in ("#content", "#sheet", "#layers-box", "#legend", ".leaflet-control-zoom"):
        assert not page.locator(part).is_visible()
    assert page.locator(".leaflet-control-scale").is_visible()


def test_sliding_through_areas(opened: Callable[..., Any]) -> None:
    """The slider draws one area with its minutes on the line, larger for more minutes; all slides
    are one step of history, and the address keeps the last.
    """
    from playwright.sync_api import expect

    page = opened("/?site=dong-mai-ip")
    begin, sizes = page.evaluate("history.length"), []
    for minutes in ("30", "90"):
        page.locator("[data-reach]").evaluate(
            "(slider, minutes) => { slider.value = minutes; slider.dispatchEvent(new Event('input',"
            " { bubbles: true })); }",
            minutes,
        )
        until(page, area=minutes)
        expect(page.locator(".minutes")).to_have_text(f"{minutes} min")
        expect(page.locator(".area output")).to_have_text(f"{minutes} min")
        sizes.append(
            page.evaluate(
                "Object.values(map_atlas._layers).filter(one => one.options?.fillOpacity === 0.22)"
                ".map(one => one.getBounds()).map(b => b.getEast() - b.getWest())[0]"
            )
        )
    assert sizes[0] < sizes[1]
    assert page.evaluate("history.length") == begin + 1


def test_a_sheet_begins_with_what_decides(opened: Callable[..., Any]) -> None:
    """What one can do and six facts stand before the times; the sources are behind one line that
    says how many facts are verified, as many as the sources say.
    """
    from playwright.sync_api import expect

    page = opened("/?site=dong-mai-ip")
    sheet = page.locator("#sheet")
    for text in ("Save site", "Compare", "Route", "PDF", "Share"):
        expect(sheet.locator(".actions")).to_contain_text(text)
    expect(sheet.locator(".grid li")).to_have_count(6)
    grid, times = (sheet.locator(name).bounding_box()["y"] for name in (".grid", ".times"))
    assert grid < times
    expect(sheet.locator(".quality .facts")).to_be_hidden()
    sheet.locator(".quality summary").click()
    expect(sheet.locator(".quality .facts")).to_be_visible()
    verified = sheet.locator(".quality .facts .how.page, .quality .facts .how.code").count()
    numbers = re.findall(r"\d+", sheet.locator(".quality summary").inner_text())
    assert int(numbers[0]) == verified
    assert 0 < verified <= int(numbers[1])


def test_showing_a_route(opened: Callable[..., Any]) -> None:
    """“Show route” draws the way, names the gate it passes or that it passes none, and is in the
    address.
    """
    from playwright.sync_api import expect

    page = opened(f"/?site={SITE}")
    page.locator("#sheet [data-route]").first.click()
    expect(page.locator(".route-note")).to_contain_text(
        re.compile(r"Route by Container truck: .* – .* km")
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
    with page.expect_response("**/api/route?*"):
        held[0].continue_()
    page.wait_for_timeout(100)  # in which it would be drawn
    expect(page.locator(".route-note")).to_have_count(0)
    assert "to=" not in page.url


def test_clicking_on_land(opened: Callable[..., Any]) -> None:
    """A click on land tells what is reached from there."""
    from playwright.sync_api import expect

    page = opened("/#12/20.95/106.60")
    page.mouse.click(900, 150)
    expect(page.locator("#sheet h1")).to_contain_text("° N")
    expect(page.locator("#sheet")).to_contain_text("Nearest container port")
    assert re.search(r"at=[\d.]+,[\d.]+", page.url)


def test_clicking_the_sea(opened: Callable[..., Any]) -> None:
    """A click on the open sea is answered with a sentence, not with times."""
    from playwright.sync_api import expect

    page = opened("/#9/20.2/108.2")
    page.mouse.click(900, 400)
    expect(page.locator("#sheet .fault")).to_contain_text("at sea")
    expect(page.locator("#sheet .time")).to_have_count(0)
