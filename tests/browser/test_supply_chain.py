"""The chain of a parts supplier in Chinese on a phone: Dongxing, a site, Hai Phong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from screen import PHONE, query, wait_for

PORT = "port~port-lach-huyen-hict~~600t"


def test_a_parts_supplier_compares_sites_on_a_phone(opened: Callable[..., Any]) -> None:
    """In Chinese: a supplier by name, a port, forty trips; then the first site with its legs on the
    map, the gate it hangs on and what the legs need.
    """
    page = opened("/chain?lang=zh", PHONE)
    page.locator("select[name=add_role]").select_option("supplier")
    page.locator("input[name=add_where]").fill("东兴")
    page.locator("input[name=add_amount]").fill("40")
    page.locator("#wish button:not([type])").first.click()
    page.wait_for_url("**place=supplier*")
    assert query(page)["place"] == ["supplier~dongxing~~40"]
    page.goto(f"{page.url}&place={PORT}")
    first = page.locator(".chains .site").first
    assert "趟" in first.inner_text()
    assert "口岸" in first.inner_text() or "芒街" in first.inner_text()
    assert first.bounding_box()["y"] < 2 * PHONE["height"]
    site = first.get_attribute("data-site")
    wait_for(page, "site => document.body.dataset.legs === site", site)
    lines = "Object.values(map_atlas._layers).filter(each => each instanceof L.Polyline).length"
    assert page.evaluate(lines) > 3
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    second = page.locator(".chains .site").nth(1)
    second.locator("summary").click()
    wait_for(page, "site => document.body.dataset.legs === site", second.get_attribute("data-site"))


def test_places_stay_in_the_browser_and_a_click_names_one(opened: Callable[..., Any]) -> None:
    """What is kept is offered on a bare page, and a click on the map becomes coordinates."""
    page = opened(f"/chain?place=supplier~dongxing~~40&place={PORT}")
    page.locator("[data-keep]").click()
    page.goto(page.url.split("?")[0])
    page.locator("[data-use]").click()
    page.wait_for_url("**place=supplier*")
    assert query(page)["place"] == ["supplier~dongxing~~40", PORT]
    page.locator(".chain-map").click(position={"x": 60, "y": 60})
    typed = page.locator("#add-where").input_value()
    lat, lon = map(float, typed.split(", "))
    assert 15 < lat < 30
    assert 100 < lon < 115
    page.evaluate("localStorage.removeItem('zone-atlas-places')")
