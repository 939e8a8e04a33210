"""In Chromium: projects on the map, by a click on the sheet, and from a card of a ranking."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from screen import layer_chip, query, wait_for

pytestmark = pytest.mark.browser


def test_projects_come_when_they_are_shown(opened: Callable[..., Any]) -> None:
    """Nothing of them is loaded with the map; the button of the layer draws them, the address
    keeps it, a click opens the place, and a second click on the button takes them away."""
    asked: list[str] = []
    page = opened()
    page.on("request", lambda request: asked.append(request.url))
    assert page.locator(".badge.projects").count() == 0
    layer_chip(page, "Projects").click()
    wait_for(page, "document.querySelectorAll('.badge.projects').length > 20")
    assert [url for url in asked if "/api/map/projects.json" in url]
    assert "projects" in query(page)["layers"][0]
    names = page.locator(".badge.projects").evaluate_all(
        "marks => marks.map((mark) => mark.getAttribute('aria-label'))"
    )
    assert all(name and name.rsplit(" ", 1)[1].isdigit() for name in names)
    page.locator(".badge.projects[aria-label^='Song Khoai']").dispatch_event("click")
    page.wait_for_selector("#sheet #coming")
    assert "Foxconn" in page.inner_text("#coming")
    layer_chip(page, "Projects").click()
    assert page.locator(".badge.projects").count() == 0
    layer_chip(page, "Projects").click()
    assert page.locator(".badge.projects").count() == len(names)


def test_a_link_shows_projects(opened: Callable[..., Any]) -> None:
    """The address with the layer draws it at once, named in the language of the page."""
    page = opened("/?layers=projects&lang=zh")
    wait_for(page, "document.querySelectorAll('.badge.projects').length > 20")
    label = page.locator(".badge.projects").first.get_attribute("aria-label")
    assert "项目" in label


def test_a_card_leads_to_what_is_coming(opened: Callable[..., Any]) -> None:
    """The number of a card is a link to the list that it counts."""
    page = opened("/rank?example=electronics")
    link = page.locator('.ranked a[href*="#coming"]').first
    count = int(link.inner_text())
    link.click()
    page.wait_for_selector("#coming")
    shown = page.locator("#coming li").count()
    assert shown == min(count, 8)
