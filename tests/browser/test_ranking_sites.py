"""In Chromium: ranking by criteria, and comparing a few sites."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from screen import (
    PHONE,
    query,
)

from geo import layers

pytestmark = pytest.mark.browser


def test_a_short_list_of_three_in_under_ten_clicks(opened: Callable[..., Any]) -> None:
    """Whoever comes for the first time, in Vietnamese, goes from the map to three sites side by
    side that were ranked for a sector.
    """
    from playwright.sync_api import expect

    page = opened("/", locale="vi-VN")
    clicks = 0

    def click(target: Any) -> None:
        nonlocal clicks
        target.click()
        clicks += 1

    click(page.locator(".nav a", has_text="Tìm khu"))
    expect(page.locator("h1")).to_have_text("Tìm khu")
    page.locator("select[name=example]").select_option("automobile")
    clicks += 2  # one opens the list, one chooses
    expect(page.locator("select[name=example]")).to_have_value("automobile")
    expect(page.locator("ol.ranked > li").nth(2)).to_be_visible()
    for i in range(3):
        click(page.locator("ol.ranked input[name=pick]").nth(i))
    expect(page.locator(".trust li")).to_have_count(4)
    click(page.locator("form.pick .tray button").first)
    expect(page.locator("table.compare thead th")).to_have_count(4)
    assert clicks < 10
    assert page.locator("html").get_attribute("lang") == "vi"


def test_a_slider_ranks_anew_without_loading_the_page(opened: Callable[..., Any]) -> None:
    """Moving a weight changes the order and the address, and leaves the page where it is."""
    from playwright.sync_api import expect

    page = opened("/rank?edited=1&w_gate=100&country=VN")
    first = page.locator("ol.ranked .who a").first
    before = first.inner_text()
    page.evaluate("window.still = true")
    page.locator("input[name=w_gate]").fill("0")
    page.locator("input[name=w_port]").fill("100")
    expect(page.locator(".keys .key")).to_have_count(1)
    expect(first).not_to_have_text(before)
    assert page.evaluate("window.still")
    assert "w_port=100" in page.url
    assert "w_gate" not in page.url
    after = first.inner_text()
    page.reload()
    expect(first).to_have_text(after)


def test_how_a_criterion_counts_is_chosen_in_place(opened: Callable[..., Any]) -> None:
    """A weight above 0 asks how it counts; the choice ranks anew and stands in the address as one
    parameter, and a decimal weight stays.
    """
    from playwright.sync_api import expect

    page = opened("/rank?edited=1&w_gate=33.3&country=VN")
    gate, port = (page.locator(f"details.worth:has([name=v_{name}])") for name in ("gate", "port"))
    expect(port).to_be_hidden()
    page.locator("input[name=w_port]").press("ArrowRight")
    expect(port).to_be_visible()
    gate.locator("summary").click()
    gate.locator("select").select_option("step")
    page.wait_for_timeout(300)  # whoever is slow to type the end of the step still sees the sites
    expect(page.locator("ol.ranked input[name=pick]")).to_have_count(15)
    expect(page.locator("input[name=v_gate_from]")).to_be_disabled()
    page.locator("input[name=v_gate_to]").fill("60")
    expect(page.locator("#result")).to_contain_text("1 up to 60\xa0min, 0 above")
    assert "v_gate=step:60" in page.url
    assert "w_gate=33.3&" in page.url
    assert "v_port" not in page.url
    page.reload()
    expect(page.locator("input[name=v_gate_to]")).to_have_value("60")


def test_the_ranking_keeps_ticks_when_something_else_changes(opened: Callable[..., Any]) -> None:
    """A site that is ticked stays chosen when a limit takes it out of the list, and when another
    example is taken.
    """
    from playwright.sync_api import expect

    page = opened("/rank")
    first = page.locator("ol.ranked input[name=pick]").nth(0)
    key = first.get_attribute("value")
    first.check()
    country = layers.read(layers.bundled(), "parks").loc[key, "country"]
    other = "CN" if country == "VN" else "VN"
    page.evaluate(
        "document.querySelectorAll('details.choices').forEach(one => { one.open = true; })"
    )
    page.locator(f"input[name=country][value={other}]").check()
    expect(page.locator(f".tray input[value={key}]")).to_be_checked()
    expect(page.locator(".tray [role=status]")).to_have_text("1 of 5 chosen")
    page.select_option("select[name=example]", "electronics")
    page.wait_for_url(re.compile("example=electronics"))
    assert query(page)["pick"] == [key]
    expect(page.locator(".tray [role=status]")).to_have_text("1 of 5 chosen")


def test_comparing_none_one_or_six_is_prevented(opened: Callable[..., Any]) -> None:
    """The tray says how many are chosen; its button waits for two, the boxes stop at five; what it
    offers works.
    """
    from playwright.sync_api import expect

    page = opened("/rank")
    boxes, status = page.locator("ol.ranked input[name=pick]"), page.locator(".tray [role=status]")
    compare, visit = page.locator(".tray button").first, page.locator(".tray button").nth(1)
    expect(status).to_have_text("0 of 5 chosen")
    expect(compare).to_be_disabled()
    expect(visit).to_be_disabled()
    boxes.nth(0).check()
    expect(status).to_have_text("1 of 5 chosen")
    expect(compare).to_be_disabled()
    expect(visit).to_be_enabled()
    for i in range(1, 5):
        boxes.nth(i).check()
        expect(compare).to_be_enabled()
    expect(boxes.nth(5)).to_be_disabled()
    boxes.nth(0).uncheck()
    expect(boxes.nth(5)).to_be_enabled()
    boxes.nth(5).check()
    expect(status).to_have_text("5 of 5 chosen")
    expect(status).to_be_in_viewport()
    chosen = page.locator("ol.ranked input[name=pick]:checked").evaluate_all(
        "all => all.map(one => one.value)"
    )
    page.reload()
    expect(status).to_have_text("5 of 5 chosen")
    compare.click()
    expect(page.locator("table.compare")).to_be_visible()
    assert query(page)["pick"] == chosen
    page.go_back()
    expect(page.locator(".tray [role=status]")).to_have_text("5 of 5 chosen")


def test_typing_what_is_not_a_number_keeps_the_ranking(
    opened: Callable[..., Any],
) -> None:
    """In the browser: the field turns invalid, the sites stay, and the field is sound again once it
    is corrected.
    """
    from playwright.sync_api import expect

    page = opened("/rank?lang=en")
    field = page.locator("input[name=max_port]")
    field.fill("abc")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#result [data-slip=max_port]")).to_contain_text(
        "Max. time to container port"
    )
    assert page.locator("ol.ranked .site").count() > 3
    field.fill("90")
    expect(page.locator("#result [data-slip]")).to_have_count(0)
    assert field.get_attribute("aria-invalid") is None
    assert page.locator("ol.ranked .site").count() > 3


def test_a_tick_survives_an_answer_that_does_not_list_its_site(
    opened: Callable[..., Any],
) -> None:
    """A site that is ticked while a new list is on its way stays chosen, below the list that no
    longer has it, and in the address.
    """
    from playwright.sync_api import expect

    page = opened("/rank?example=electronics")
    held: list[Any] = []

    def hold(route: Any) -> None:
        """Keep the first question waiting; those after it are answered."""
        held.append(route)
        if len(held) > 1:
            route.continue_()

    page.route("**/rank?*part=sheet*", hold)
    box = page.locator("ol.ranked input[name=pick]").first
    site = box.get_attribute("value")
    page.fill("input[name=max_port]", "1")
    for _ in range(100):
        if held:
            break
        page.wait_for_timeout(50)
    box.check()
    held[0].continue_()
    expect(page.locator("ol.ranked > li")).to_have_count(0)
    expect(page.locator(f".tray input[value='{site}']")).to_be_checked()
    assert query(page)["pick"] == [site]


def test_each_site_of_the_ranking_has_its_pin(opened: Callable[..., Any]) -> None:
    """A pin bears the place that its site has in the list and lies where the site lies; list and
    map mark the same site, a pin leads to its site, and a new order has new pins.
    """
    from playwright.sync_api import expect

    page = opened("/rank?edited=1&w_gate=100&country=VN")
    pins, sites = page.locator(".place-mark"), page.locator("ol.ranked > .site")
    expect(pins).to_have_count(sites.count())
    where = layers.read(layers.bundled(), "parks").geometry

    def drawn() -> list[tuple[str, float, float]]:
        return page.evaluate(
            """() => {
              const marks = [];
              map_atlas.eachLayer((layer) => {
                const icon = layer.options.icon;
                if (!icon || icon.options.className !== "place-pin") return;
                const { lat, lng } = layer.getLatLng();
                marks.push([Number(layer.getElement().textContent), lng, lat]);
              });
              return marks.sort(([a], [b]) => a - b);
            }"""
        )

    def listed() -> list[list[float]]:
        keys = [site.get_attribute("data-site") for site in sites.all()]
        return [[place, where[key].x, where[key].y] for place, key in enumerate(keys, 1)]

    def check() -> None:
        for mark, site in zip(drawn(), listed(), strict=True):
            assert mark == pytest.approx(site, abs=1e-4)

    check()
    second = sites.nth(1)
    second.hover()
    expect(page.locator(".place-pin.lit")).to_have_text("2")
    page.mouse.move(2, 2)
    expect(page.locator(".place-pin.lit")).to_have_count(0)
    last = page.locator(".place-mark").filter(has_text=re.compile("^15$"))
    last.dispatch_event("click")
    expect(sites.nth(14).locator(".who a")).to_be_focused()
    expect(sites.nth(14)).to_be_in_viewport()
    before = [site[1:] for site in listed()]
    page.locator("input[name=w_port]").fill("100")
    expect(page.locator(".keys .key")).to_have_count(2)
    assert [site[1:] for site in listed()] != before
    check()


def test_a_phone_shows_the_first_site_before_the_form(opened: Callable[..., Any]) -> None:
    """On a phone the first site of the ranking is within the first screen, beneath the map; the
    form opens where it is asked for, and what it says counts.
    """
    from playwright.sync_api import expect

    page = opened("/rank?example=electronics", PHONE)
    first = page.locator("ol.ranked > .site .who a").first
    expect(first).to_be_in_viewport(ratio=1)
    expect(page.locator(".place-mark").first).to_be_in_viewport()
    form, button = page.locator("#wish"), page.locator("#requirements")
    expect(form).to_be_hidden()
    button.click()
    expect(form).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    form.locator("input[name=sector]").nth(0).check()
    expect(page).to_have_url(re.compile("sector="))
    button.click()
    expect(form).to_be_hidden()
