"""In Chromium: ranking by criteria, and comparing a few sites."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from screen import PHONE, go_to_step, held_back, query

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

    click(page.locator(".nav a", has_text="Tìm địa điểm đầu tư"))
    expect(page.locator("h1")).to_have_text("Tìm địa điểm đầu tư")
    page.locator("select[name=example]").select_option("automobile")
    clicks += 2  # one opens the list, one chooses
    expect(page.locator("select[name=example]")).to_have_value("automobile")
    expect(page.locator("ol.ranked > li").nth(2)).to_be_visible()
    for i in range(3):
        click(page.locator("ol.ranked input[name=pick]").nth(i))
    expect(page.locator("table.places tbody tr")).to_have_count(
        page.locator("ol.ranked > .site").count()
    )
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
    go_to_step(page, "what-matters")
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
    go_to_step(page, "what-matters")
    page.locator(".folded:has([name=method]) > summary").click()
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
    expect(page.locator("#trust")).to_contain_text("1 up to 60\xa0min, 0 above")
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
    go_to_step(page, "must-haves")
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
    go_to_step(page, "must-haves")
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
    go_to_step(page, "what-matters")
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
    go_to_step(page, "must-haves")
    form.locator("input[name=max_port]").fill("90")
    expect(page).to_have_url(re.compile("max_port=90"))
    button.click()
    expect(form).to_be_hidden()


def test_back_leads_through_the_steps_and_keeps_the_answers(opened: Callable[..., Any]) -> None:
    """Next and Back show one step at a time beside the ranking; what was answered stays in form and
    address, and so it does in another language.
    """
    from playwright.sync_api import expect

    page = opened("/rank?lang=en")
    seen = page.locator("#wish .step:visible")
    expect(seen).to_have_attribute("id", "who")
    page.locator("input[name=border][value=no]").check()
    page.locator("#who .onward").click()
    expect(seen).to_have_attribute("id", "must-haves")
    expect(page.locator("#must-haves legend").first).to_be_focused()
    page.locator("input[name=max_port]").fill("120")
    page.locator("#must-haves .onward").click()
    expect(seen).to_have_attribute("id", "what-matters")
    expect(page.locator("input[name=w_gate]")).to_be_disabled()
    page.go_back()
    expect(seen).to_have_attribute("id", "must-haves")
    expect(page.locator("input[name=max_port]")).to_have_value("120")
    page.go_back()
    expect(seen).to_have_attribute("id", "who")
    assert {"max_port": ["120"], "border": ["no"]}.items() <= query(page).items()
    page.locator(".steps a[href='#must-haves']").click()
    page.locator(".languages a[lang^=vi]").click()
    expect(page.locator("html")).to_have_attribute("lang", "vi")
    expect(seen).to_have_attribute("id", "must-haves")
    expect(page.locator("input[name=max_port]")).to_have_value("120")
    expect(page.locator("input[name=border][value=no]")).to_be_checked()


def test_the_score_is_there_before_its_trust(opened: Callable[..., Any]) -> None:
    """While the server still tries weightings, the new order is on the page and can be ticked; the
    rest comes into its place.
    """
    from playwright.sync_api import expect

    page = opened("/rank?edited=1&w_gate=100&country=VN&lang=en#what-matters")
    held: list[Any] = []
    page.route("**/rank?*part=trust*", lambda route: held.append(route))
    page.locator("input[name=w_port]").fill("100")
    expect(page.locator(".keys .key")).to_have_count(2)
    expect(page.locator("#trust .pending")).to_be_visible()
    page.locator("ol.ranked input[name=pick]").first.check()
    expect(page.locator(".tray [role=status]")).to_have_text("1 of 5 chosen")
    page.wait_for_timeout(100)
    held[-1].continue_()
    expect(page.locator("table.places tbody tr")).to_have_count(15)
    expect(page.locator("#trust[data-pending]")).to_have_count(0)
    expect(page.locator(".tray [role=status]")).to_have_text("1 of 5 chosen")


def test_a_way_out_is_one_click(opened: Callable[..., Any]) -> None:
    """Where a must-have leaves no site, the page offers the smallest change, and taking it shows
    sites.
    """
    from playwright.sync_api import expect

    page = opened("/rank?lang=en&edited=1&w_port=1&drop=max_rent#must-haves")
    expect(page.locator("ol.ranked > .site").first).to_be_visible()
    page.locator("input[name=max_rent]").fill("1")
    page.locator(".relax a", has_text="Max. land price").first.click()
    expect(page.locator("ol.ranked > .site").nth(2)).to_be_visible()


def test_what_is_chosen_before_the_script_comes_is_heard(opened: Callable[..., Any]) -> None:
    """A template fills the form though it was chosen while the script was on its way. Back, the
    template is again that of the page.
    """
    from playwright.sync_api import expect

    page = opened("/")
    address = page.url.split("#")[0] + "rank"
    late = held_back(page, "**/rank.js*", lambda: page.goto(address, wait_until="commit"))
    page.locator("select[name=example]").select_option("electronics")
    late[0].continue_()
    page.unroute("**/rank.js*")
    page.wait_for_url(re.compile("example=electronics"))
    expect(page.locator("#who .small").first).to_contain_text("Template")
    page.locator("select[name=example]").select_option("automobile")
    page.wait_for_url(re.compile("example=automobile"))
    page.go_back()
    page.wait_for_url(re.compile("example=electronics"))
    expect(page.locator("select[name=example]")).to_have_value("electronics")


def test_a_weight_set_before_the_script_comes_is_ranked_by(opened: Callable[..., Any]) -> None:
    """The number beside the slider, the address and the ranking follow once the script is there."""
    from playwright.sync_api import expect

    page = opened("/")
    address = page.url.split("#")[0] + "rank"
    late = held_back(page, "**/rank.js*", lambda: page.goto(address, wait_until="commit"))
    page.locator("input[name=w_city]").evaluate("slider => { slider.value = 77; }")
    late[0].continue_()
    expect(page.locator("input[name=w_city] + output")).to_have_text("77")
    expect(page.locator("ol.ranked dt", has_text="Time to city").first).to_be_visible()
    assert query(page)["w_city"] == ["77"]


def test_an_electronics_maker_has_a_short_list_of_three(opened: Callable[..., Any]) -> None:
    """In English on a laptop: the three steps, three sites ticked and saved, side by side, and the
    workbook.
    """
    from playwright.sync_api import expect

    page = opened("/", {"width": 1366, "height": 768}, locale="en-US", accept_downloads=True)
    page.locator(".nav a", has_text="Find a site").click()
    page.locator("select[name=example]").select_option("electronics")
    page.wait_for_url(re.compile("example=electronics"))
    page.locator("select[name=supplies]").select_option("plant-foxconn-dong-mai-ip")
    expect(page.locator("ol.ranked dt", has_text="Time to Foxconn").first).to_be_visible()
    page.locator("input[name=border][value=yes]").check()
    page.locator("#who .onward").click()
    page.locator("input[name=area_needed]").fill("10")
    page.locator("#must-haves .onward").click()
    with page.expect_response("**/rank?*w_port=60*part=trust*"):
        page.locator("input[name=w_port]").fill("60")
    expect(page.locator(".place-mark").first).to_be_in_viewport()
    sites = page.locator("ol.ranked > .site")
    expect(page.locator("#result.waiting")).to_have_count(0)
    expect(page.locator("#trust[data-pending]")).to_have_count(0)
    wanted = [sites.nth(i).get_attribute("data-site") for i in range(3)]
    for i in range(3):
        sites.nth(i).locator("input[name=pick]").check()
        sites.nth(i).locator(".save").click()
        expect(sites.nth(i).locator(".save")).to_have_attribute("aria-pressed", "true")
    assert {"supplies", "border", "area_needed", "example", "pick"} <= query(page).keys()
    with page.expect_download() as saved:
        page.locator(".tray a", has_text="XLSX").click()
    assert saved.value.suggested_filename == "zone-atlas-ranking-en.xlsx"
    page.locator(".tray button", has_text="Compare").click()
    expect(page.locator("table.compare thead th")).to_have_count(4)
    assert query(page)["pick"] == wanted
    with page.expect_download() as saved:
        page.locator("a", has_text="XLSX").first.click()
    assert saved.value.suggested_filename.endswith(".xlsx")
