"""In Chromium: another language keeps what somebody typed, chose and set."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from screen import (
    SITE,
    chip,
    go_to_step,
    layer_chip,
    query,
    ready,
    wait_for,
)

pytestmark = pytest.mark.browser


def fill_map(page: Any) -> None:
    from playwright.sync_api import expect

    page.fill("#q", "hai")
    expect(page.locator("#hits li").first).to_be_visible()
    page.keyboard.press("Escape")  # the completion lies on the pills
    chip(page, "status", "Operating").click()
    page.keyboard.press("Escape")
    page.select_option("#sort", "area")
    layer_chip(page, "Ports").click()
    page.locator("#list .item").first.click()
    page.locator("#sheet [data-route]").first.click()
    page.wait_for_selector(".route-note")


def fill_rank(page: Any) -> None:
    from playwright.sync_api import expect

    go_to_step(page, "must-haves")
    with page.expect_response(re.compile("/rank.*max_port=90.*part=sheet")):
        page.fill("input[name=max_port]", "90")
    expect(page.locator("#result.waiting")).to_have_count(0)  # a tick is that of the new list
    page.locator("ol.ranked input[name=pick]").nth(0).check()
    page.locator("ol.ranked input[name=pick]").nth(2).check()
    go_to_step(page, "what-matters")
    page.locator("input[name=w_gate]").fill("70")


def fill_planned(page: Any) -> None:
    page.locator("input[name=year][value='2035']").check()
    page.select_option("select[name=profile]", "car")


def fill_table(page: Any) -> None:
    page.fill("input[name=q]", "hai")
    page.select_option("select[name=sort]", "area")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url(re.compile("q=hai"))


def fill_claims(page: Any) -> None:
    page.fill("textarea", "30 km from Mong Cai gate")
    page.get_by_role("button", name="Check").click()
    page.wait_for_url(re.compile("text="))


def fill_weights(page: Any) -> None:
    page.locator("input[name=criterion]").nth(0).check()
    page.locator("input[name=criterion]").nth(1).check()
    page.get_by_role("button", name="Compare these").click()
    page.wait_for_url(re.compile("criterion="))


def fill_compare(page: Any) -> None:
    page.fill("input[name=q]", "vsip")
    page.get_by_role("button", name="Search", exact=True).click()
    page.locator(".found-sites a").first.click()
    page.wait_for_url(re.compile("pick=.*pick="))


def settled(page: Any) -> None:
    """Wait until the page shows what its address says."""
    from playwright.sync_api import expect

    wait_for(page, "document.readyState === 'complete'")  # Playwright may know of the old page yet
    if urlsplit(page.url).path == "/":
        ready(page)
        expect(page.locator(".route-note")).to_have_count(1)
    expect(page.locator("#result.waiting, [data-pending]")).to_have_count(0)


FORM = """() => [...document.querySelectorAll(
    'input[name]:not([type=hidden]), select[name], textarea[name], #q, #sort, .chip'
  )].map(field => [field.name || field.id || field.dataset.value,
    ['checkbox', 'radio'].includes(field.type)
      ? field.checked : field.getAttribute('aria-pressed') || field.value])"""


@pytest.mark.parametrize(
    ("path", "fill"),
    [
        ("/", fill_map),
        ("/table", fill_table),
        ("/rank?example=electronics", fill_rank),
        (f"/compare?pick={SITE}", fill_compare),
        (f"/sites/{SITE}/claims", fill_claims),
        ("/weights", fill_weights),
        ("/planned", fill_planned),
    ],
    ids=["map", "table", "rank", "compare", "claims", "weights", "planned"],
)
def test_nothing_is_lost_by_language_reload_and_back(
    opened: Callable[..., Any], path: str, fill: Callable[[Any], None]
) -> None:
    """What was set right before is there in the other language, after a reload, and after a look at
    another page and Back.
    """
    page = opened(path)
    fill(page)
    page.locator(".languages a[data-lang=vi]").click()
    wait_for(page, "() => document.documentElement.lang === 'vi'")
    settled(page)
    set_, address = page.evaluate(FORM), query(page)
    assert len(address) > 0
    for _ in range(2):
        page.reload()
        settled(page)
        assert page.evaluate(FORM) == set_
        assert query(page) == address
        page.goto(page.evaluate("location.origin") + "/data")
        page.go_back()
        settled(page)
        assert page.evaluate(FORM) == set_
        assert query(page) == address
    if path == "/":
        assert {"q", "sort", "site", "to", "layers", "status"} <= address.keys()
        assert page.input_value("#q") == "hai"
    if path.startswith("/rank"):
        assert {"example", "max_port", "pick", "w_gate"} <= address.keys()
        assert len(address["pick"]) == 2
        assert page.input_value("input[name=max_port]") == "90"
        assert page.locator("ol.ranked input[name=pick]:checked, .tray input:checked").count() == 2


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/table",
        "/rank",
        "/compare",
        "/shortlist",
        "/match",
        "/planned",
        "/weights",
        "/trip",
        "/data",
        f"/sites/{SITE}",
    ],
)
def test_language_links_follow_whatever_a_script_writes_into_the_address(
    opened: Callable[..., Any], path: str
) -> None:
    """A link to another language leads to the address of the moment, with its hash."""
    page = opened(path)
    page.evaluate(
        "() => history.replaceState(history.state, '', location.pathname +"
        " '?year=2035&lang=en#9/21.0000/107.0000')"
    )
    for link in page.locator(".languages a").all():
        link.focus()
        code = link.get_attribute("data-lang")
        assert link.get_attribute("href") == f"?year=2035&lang={code}#9/21.0000/107.0000"


def test_matches_survive_back_and_another_language(
    opened: Callable[..., Any], tmp_path: Path
) -> None:
    """From the matches to a site and back, in another language, and once more: the matches and the
    rows left out are there.
    """
    from playwright.sync_api import expect

    sheet = tmp_path / "needs.csv"
    sheet.write_text("用地需求\n公司;省份;联系人\n甲;北宁省;z\n乙;Atlantis;z\n", "utf-8")
    page = opened("/match?lang=en")
    page.set_input_files("input[type=file]", sheet)
    page.get_by_role("button", name="Show results").click()

    def is_whole() -> None:
        expect(page.locator("article.company h3")).to_have_text(["甲"])
        expect(page.locator(".fault")).to_contain_text("Atlantis")

    is_whole()
    page.locator("article.company a").first.click()
    page.go_back()
    is_whole()
    page.locator(".languages button", has_text="Tiếng Việt").click()
    page.wait_for_url("**lang=vi")
    assert page.locator("html").get_attribute("lang") == "vi"
    is_whole()
    page.locator("article.company a").first.click()
    page.go_back()
    is_whole()
    page.locator(".languages button", has_text="中文").click()
    page.wait_for_url("**lang=zh")
    page.go_back()
    is_whole()
    assert page.locator("html").get_attribute("lang") == "vi"
