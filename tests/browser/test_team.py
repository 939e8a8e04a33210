"""In Chromium: one signs in, keeps the people of a team, and signs out, in three languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from screen import DESK, PHONE, Windows, tabs
from team import NAMES, PASSWORD, store_of
from test_accessibility import OPEN_DETAILS, RUN, has_axe
from web import serving

from webapp.team import accounts, sessions

pytest_plugins = ("team",)
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def team_of_site(make_team: Callable[..., Flask]) -> Flask:
    return make_team()


@pytest.fixture(scope="module")
def team_site(team_of_site: Flask) -> Iterator[str]:
    with serving(team_of_site) as url:
        yield url


@pytest.fixture
def opened(windows: Windows, team_site: str) -> Iterator[Callable[..., Any]]:
    """Open a page of the team's server in a tab that is watched."""
    with tabs(windows, team_site) as open_:
        yield open_


def sign_in(page: Any, name: str = NAMES["keeper"], password: str = PASSWORD) -> None:
    """Fill in the page that asks for name and password."""
    page.locator("input[name=name]").fill(name)
    page.locator("input[name=password]").fill(password)
    page.locator("main button").click()


def clean(page: Any) -> None:
    """Check a page with axe, with everything on it unfolded, and that it is not too wide."""
    page.evaluate(OPEN_DETAILS)
    has_axe(page)
    assert page.evaluate(RUN, True) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("language", ["en", "vi", "zh"])
def test_a_keeper_at_work(
    opened: Callable[..., Any], team_of_site: Flask, language: str, size: dict[str, int]
) -> None:
    """Signs in where a page was asked for, adds a person, reads the log and signs out; every page
    is clean, and the person who was added comes in.
    """
    from playwright.sync_api import expect

    name = f"Nova {language} {size['width']}"
    page = opened(f"/data?lang={language}", size)
    assert "/sign-in?next=" in page.url
    page.goto(page.url + f"&lang={language}")
    expect(page.locator("nav.nav")).to_have_count(0)
    clean(page)
    sign_in(page)
    expect(page.locator(".nav .who")).to_have_text(NAMES["keeper"])
    assert "/data" in page.url
    page.locator(".nav .who").click()
    expect(page.locator("html")).to_have_attribute(
        "lang", {"en": "en", "vi": "vi", "zh": "zh-Hans"}[language]
    )
    form = page.locator("form[action$='/team/people']")
    form.locator("input[name=name]").fill(name)
    form.locator("select").select_option("contributor")
    form.locator("button").click()
    first = page.locator("#secret").inner_text()
    expect(page.locator("tbody th", has_text=name)).to_have_count(1)
    clean(page)
    page.goto(page.url.rsplit("/team", 1)[0] + "/team/log")
    expect(page.locator("tbody tr").first).to_contain_text(name)
    clean(page)
    page.goto(page.url.removesuffix("/log"))
    page.locator("form[action$='/sign-out'] button").click()
    expect(page.locator("input[name=password]")).to_be_visible()
    page.goto(page.url.split("/sign-in")[0] + "/team")
    assert "/sign-in" in page.url
    sign_in(page, name, first)
    expect(page.locator("input[name=new]")).to_be_visible()
    clean(page)
    page.locator("input[name=old]").fill(first)
    for field in ("new", "again"):
        page.locator(f"input[name={field}]").fill("của riêng tôi 1")
    page.locator("form[action$='/team/password'] button").click()
    expect(page.locator(".caution")).to_have_count(0)
    assert accounts.named(store_of(team_of_site), name).role == "contributor"


def test_the_map_after_the_session_has_ended(
    browser: Any, team_site: str, team_of_site: Flask
) -> None:
    """What the map asks for then is refused without a window for passwords, and the next page leads
    to where one signs in.
    """
    page = browser.new_page(service_workers="block")
    page.goto(f"{team_site}/table")
    sign_in(page, NAMES["viewer"])
    page.wait_for_url("**/table")
    viewer = accounts.named(store_of(team_of_site), NAMES["viewer"])
    sessions.end(store_of(team_of_site), viewer, "test")
    status = page.evaluate("fetch('/api/map/gates.json').then(answer => answer.status)")
    assert status == 401
    page.reload()
    assert "/sign-in?next=/table" in page.url
    page.close()


def test_nothing_is_left_for_the_next_one(browser: Any, team_site: str) -> None:
    """The browser keeps pages for the way without a signal; who signs out takes them along."""
    context = browser.new_context(viewport=DESK)
    try:
        page = context.new_page()
        page.goto(f"{team_site}/data")
        sign_in(page, NAMES["viewer"])
        page.wait_for_url("**/data")
        kept = "caches.open('zone-atlas-1').then(all => all.match('/data')).then(Boolean)"
        page.evaluate("navigator.serviceWorker.ready.then(Boolean)")
        for _ in range(100):
            page.reload()
            if page.evaluate(kept):
                break
            page.wait_for_timeout(100)
        assert page.evaluate(kept)
        page.goto(f"{team_site}/team")
        page.locator("form[action$='/sign-out'] button").click()
        page.wait_for_url("**/sign-in")
        for _ in range(100):
            if not page.evaluate(kept):
                break
            page.wait_for_timeout(100)
        assert not page.evaluate(kept)
    finally:
        context.close()
