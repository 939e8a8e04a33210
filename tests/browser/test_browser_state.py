"""In Chromium: what somebody searches, chooses and sets stays, through languages, Back, Forward,
reload and links.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from test_browser import PHONE, browser, chip, found, ids, opened, ready, site

from geo import layers

pytest_plugins = ("web",)
pytestmark = pytest.mark.browser

SITE, OTHER = "dong-mai-ip", "van-don-ez"


def query(page: Any) -> dict[str, list[str]]:
    """Read the parameters in the address of a tab, without the language."""
    return {
        name: values
        for name, values in parse_qs(urlsplit(page.url).query).items()
        if name != "lang"
    }


def until(page: Any, **wanted: str | None) -> None:
    """Wait until the address holds these parameters, and does not hold those that are None."""
    page.wait_for_function(
        "wanted => Object.entries(wanted).every(([name, value]) => new"
        " URLSearchParams(location.search).get(name) === value)",
        arg=wanted,
    )


def view(page: Any) -> tuple[int, float, float]:
    """Read the zoom and the middle of the map."""
    return tuple(
        page.evaluate("[map_atlas.getZoom(), map_atlas.getCenter().lat, map_atlas.getCenter().lng]")
    )


def steps(page: Any) -> int:
    return page.evaluate("history.length")


def choose(page: Any, key: str = SITE) -> None:
    from playwright.sync_api import expect

    page.locator(f'#list .item[data-id="{key}"]').click()
    expect(page.locator("#sheet article").first).to_be_visible()
    until(page, site=key)


# Search -------------------------------------------------------------------------------------------


def test_the_script_finds_what_the_server_finds(app: Flask, opened: Callable[..., Any]) -> None:
    """For every name, half of it, its words turned round and its letters together, the script has
    the hits of the server in its order.
    """
    index = app.extensions["zoneatlas"].index()
    names = sorted(
        {text for entry in index.entries.values() for group in entry.texts for text in group}
    )
    asked = (
        names[::7]
        + [name[: len(name) // 2] for name in names[::11]]
        + [name.replace(" ", "") for name in names[::13]]
    )
    asked += [" ".join(reversed(name.split())) for name in names[::17]]
    asked += [
        "",
        " - ",
        "Quang Ninh",
        "Lang Son",
        "Haiphong",
        "hải phòng",
        "BacNinh",
        "Cat Bi",
        "友誼關",
        "欽州",
        "海防工业园",
        "xiang",
        "ĐÔNG",
    ]
    asked += ["Km3+4", "Ke'ai", "ＤＥＥＰ Ｃ", "İstanbul", "Straße", "((", "a?*[", "\\", "漁澫"]
    page = opened()
    there = page.evaluate(
        "async asked => { const index = await (await fetch('/api/search.json')).json();"
        " const { find } = await import('/static/search.js');"
        " return asked.map(text => { const hits = find(index, text);"
        " return hits && [...hits].map(([id, hit]) => [id, hit.rank]); }); }",
        asked,
    )
    for text, hits in zip(asked, there, strict=True):
        if hits is None:
            assert not [rank for rank in index.find(text).values() if rank != (0, 0)], text
        else:
            assert hits == [[key, list(rank)] for key, rank in index.find(text).items()], text


def test_places_are_found_beside_the_sites(opened: Callable[..., Any]) -> None:
    """Gates, ports, airports and towns are rows of their own that open their sheet; a developer is
    named at its sites.
    """
    from playwright.sync_api import expect

    page = opened()
    for text, name, kind in (
        ("友谊关", "Huu Nghi", "International gate"),
        ("Cat Bi", "Cat Bi International Airport", "Civil airport"),
        ("HICT", "Lach Huyen HICT", "Sea port"),
        ("Haiphong", "Hai Phong", "Provincial capital"),
    ):
        page.fill("#q", text)
        first = page.locator("#places .item").first
        expect(first).to_contain_text(name)
        expect(first).to_contain_text(kind)
    first.click()
    expect(page.locator("#sheet h1")).to_have_text("Hai Phong")
    until(page, site="hai-phong")
    page.fill("#q", "quang ninh")
    expect(page.locator("#found")).to_contain_text("24 of 200")
    few = page.locator("#places .item").count()
    page.locator("#places button").click()
    assert page.locator("#places .item").count() > few
    page.fill("#q", "viglacera")
    expect(page.locator("#list .item .why").first).to_contain_text("Viglacera")
    expect(page.locator("#places")).to_be_hidden()


def test_the_map_fits_what_is_found_and_enter_opens_the_first(opened: Callable[..., Any]) -> None:
    """After a search all hits are in the part of the map that nothing covers; Enter opens the best
    of them.
    """
    from playwright.sync_api import expect

    page = opened()
    parks = layers.read(layers.bundled(), "parks")
    before = view(page)
    page.fill("#q", "yunnan")
    expect(page.locator("#found")).to_contain_text("of 200")
    page.wait_for_function("before => map_atlas.getCenter().lng !== before", arg=before[2])
    covered = page.evaluate("document.getElementById('content').getBoundingClientRect().right")
    for key in ids(page):
        x, y = page.evaluate(
            "([lat, lon]) => { const p = map_atlas.latLngToContainerPoint([lat, lon]); return [p.x,"
            " p.y]; }",
            [parks.geometry[key].y, parks.geometry[key].x],
        )
        assert covered < x < 1280, key
        assert 0 < y < 800, key
    page.fill("#q", "Hai Yen")
    page.press("#q", "Enter")
    expect(page.locator("#sheet h1")).to_contain_text("Hai Yen")
    page.fill("#q", "cat bi")
    page.press("#q", "Enter")
    expect(page.locator("#sheet h1")).to_have_text("Cat Bi International Airport")
    page.fill("#q", "atlantis")
    page.press("#q", "Enter")
    expect(page.locator("#list")).to_have_text("No sites match.")
    expect(page.locator("#sheet h1")).to_have_text("Cat Bi International Airport")


def test_nothing_found_offers_to_clear_only_filters_that_are_set(
    opened: Callable[..., Any],
) -> None:
    """Without a filter there is none to take away; with one a button does."""
    from playwright.sync_api import expect

    page = opened("/?q=atlantis")
    expect(page.locator("#list")).to_have_text("No sites match.")
    assert page.locator("#list button").count() == 0
    page = opened("/?q=mong+cai&province=Hanoi")
    page.locator("#list button", has_text="Clear all filters").click()
    assert "mong-cai-bgez" in ids(page)
    assert query(page) == {"q": ["mong cai"]}


def test_what_is_found_is_in_view_on_a_phone(opened: Callable[..., Any]) -> None:
    """With the filters open the hits come into view when the typing pauses."""
    from playwright.sync_api import expect

    page = opened("/", PHONE, has_touch=True)
    page.locator("#filters summary").click()
    page.fill("#q", "viglacera")
    expect(page.locator("#list .item").first).to_be_in_viewport()
    page.fill("#q", "cat bi")
    expect(page.locator("#places .item").first).to_be_in_viewport()


def test_going_back_fast_ends_where_it_should(opened: Callable[..., Any]) -> None:
    """Steps through history that overtake each other leave what the last one says."""
    page = opened()
    choose(page, SITE)
    page.locator("#sheet [data-route]").first.click()
    page.wait_for_selector(".route-note")
    choose(page, OTHER)
    page.evaluate(
        "() => { history.back(); setTimeout(() => history.back(), 30); setTimeout(() =>"
        " history.back(), 60); }"
    )
    until(page, site=None, to=None)
    page.wait_for_timeout(1500)
    assert not query(page)
    assert page.locator("#sheet").is_hidden()


def test_going_forward_fast_waits_for_a_slow_sheet(opened: Callable[..., Any]) -> None:
    """A route whose sheet is still on its way is drawn and told once the sheet is there."""
    from playwright.sync_api import expect

    page = opened()
    choose(page, OTHER)
    choose(page, SITE)
    page.locator("#sheet [data-route]").first.click()
    expect(page.locator(".route-note")).to_contain_text("→")
    page.go_back()
    page.go_back()
    expect(page.locator("#sheet h1")).to_contain_text("Van Don")

    def late(route: Any) -> None:
        page.wait_for_timeout(1500)
        route.continue_()

    page.route(f"**/sites/{SITE}?**", late)
    page.evaluate("() => { history.forward(); setTimeout(() => history.forward(), 60); }")
    expect(page.locator("#sheet h1")).to_contain_text("Dong Mai", timeout=15_000)
    expect(page.locator(".route-note")).to_contain_text("→", timeout=15_000)


def test_filters_keep_their_place(opened: Callable[..., Any]) -> None:
    """A click on a filter moves none: order and place stay, what would leave nothing is greyed, and
    the focus stays too.
    """
    page = opened()
    page.locator("#filters summary").click()

    def places() -> list[Any]:
        return page.evaluate(
            "[...document.querySelectorAll('.facet .chip')].map(one => [one.dataset.value,"
            " one.offsetLeft, one.offsetTop])"
        )

    def still() -> bool:
        return all(
            now[0] == then[0] and now[1:] == pytest.approx(then[1:], abs=2)
            for now, then in zip(places(), before, strict=True)
        )

    before = places()
    chip(page, "sectors", "Electronics").click()
    assert still()
    assert chip(page, "sectors", "Electronics").get_attribute("aria-pressed") == "true"
    assert page.evaluate("document.activeElement.dataset.value") == "electronics"
    page.fill("#q", "quang chau")
    page.wait_for_function("() => document.querySelector('#found').textContent.startsWith('1 ')")
    assert still()
    greyed = page.locator(".facet .chip:disabled")
    assert greyed.count() > 10
    assert all(text.endswith("\n0") or text.endswith("0") for text in greyed.all_inner_texts())


# History ------------------------------------------------------------------------------------------


def test_back_closes_the_sheet_on_a_phone(opened: Callable[..., Any]) -> None:
    """A sheet, another, a route and an area are a step each: Back undoes one at a time and ends at
    the map, Forward brings them again.
    """
    from playwright.sync_api import expect

    page = opened("/", PHONE, has_touch=True)
    begin, there = steps(page), view(page)
    choose(page, OTHER)
    page.evaluate(f"document.querySelector('#list .item[data-id=\"{SITE}\"]').click()")
    until(page, site=SITE)
    expect(page.locator("#sheet h1")).to_contain_text("Dong Mai")
    page.locator("#sheet [data-route]").first.click()
    expect(page.locator(".route-note")).to_contain_text("→")
    route = query(page)["to"][0]
    page.locator("#sheet [data-area]").first.click()
    expect(page.locator(".route-note")).to_contain_text("within")
    assert steps(page) == begin + 4
    page.go_back()
    until(page, to=route, area=None)
    expect(page.locator(".route-note")).to_contain_text("→")
    page.go_back()
    until(page, to=None)
    expect(page.locator(".route-note")).to_have_count(0)
    expect(page.locator("#sheet h1")).to_contain_text("Dong Mai")
    page.go_back()
    expect(page.locator("#sheet h1")).to_contain_text("Van Don")
    page.go_back()
    expect(page.locator("#sheet")).to_be_hidden()
    assert "site" not in query(page)
    assert view(page) == pytest.approx(
        there, abs=0.01
    )  # a hash has four decimals, a screen whole pixels
    page.go_forward()
    expect(page.locator("#sheet h1")).to_contain_text("Van Don")
    page.go_forward()
    page.go_forward()
    expect(page.locator(".route-note")).to_contain_text("→")
    expect(page.locator("#sheet h1")).to_contain_text("Dong Mai")


def test_typing_filtering_sorting_and_moving_make_no_steps(opened: Callable[..., Any]) -> None:
    """Only what opens something is a step of history."""
    page = opened()
    begin = steps(page)
    page.type("#q", "hai phong")
    page.locator("#filters summary").click()
    chip(page, "country", "Viet Nam").click()
    page.select_option("#sort", "area")
    page.evaluate("void map_atlas.setZoom(9, { animate: false })")
    page.locator("#layers button", has_text="Railways").click()
    until(page, q="hai phong", sort="area", country="VN")
    assert steps(page) == begin


def test_closing_takes_its_steps_back_and_keeps_what_was_typed(opened: Callable[..., Any]) -> None:
    """The cross closes the sheet with all its steps, so that Back leaves the map; a search made
    meanwhile stays; Forward opens it again.
    """
    from playwright.sync_api import expect

    page = opened("/table")
    page.goto(page.evaluate("location.origin") + "/")
    ready(page)
    choose(page, OTHER)
    choose(page, SITE)
    page.fill("#q", "hai ha")
    until(page, q="hai ha")
    page.locator("#close").click()
    until(page, site=None, q="hai ha")
    expect(page.locator("#sheet")).to_be_hidden()
    expect(page.locator("#q")).to_have_value("hai ha")
    page.go_forward()
    expect(page.locator("#sheet h1")).to_contain_text("Van Don")
    page.go_back()
    expect(page.locator("#sheet")).to_be_hidden()
    page.go_back()
    expect(page).to_have_url(re.compile("/table$"))


def test_closing_a_sheet_forgets_year_vehicle_and_closed_gates(opened: Callable[..., Any]) -> None:
    """What the next sheet is reckoned with is what the page shows: a container truck, today, all
    gates open.
    """
    from playwright.sync_api import expect

    page = opened(f"/?site={SITE}&profile=car&year=2035&closed=huu-nghi")
    expect(page.locator("#sheet .closed:not(.planned)")).to_contain_text("Huu Nghi")
    page.locator("#close").click()
    until(page, site=None, profile=None, year=None, closed=None)
    choose(page, OTHER)
    assert query(page).keys() == {"site"}
    expect(page.locator("#sheet [aria-label=Vehicle] a[aria-current]")).to_have_text(
        "Container truck"
    )
    expect(page.locator("#sheet [aria-label=Year] a[aria-current]")).to_have_text("Today")


def test_a_changed_hash_moves_the_map(opened: Callable[..., Any]) -> None:
    """A hash that is typed or pasted into the address of an open map is gone to; Back returns."""
    page = opened(f"/?site={SITE}#12/21.0000/107.0000")
    page.evaluate("location.hash = '#14/21.9700/106.7100'")
    page.wait_for_function("() => map_atlas.getZoom() === 14")
    assert view(page) == pytest.approx((14, 21.97, 106.71), abs=0.001)
    assert query(page)["site"] == [SITE]
    page.go_back()
    page.wait_for_function("() => map_atlas.getZoom() === 12")


def test_sort_and_online_tiles_are_in_the_link(
    make_app: Callable[..., Flask], browser: Any
) -> None:
    """A reload and a shared link show the list in the order that was chosen, and the tiles."""
    from web import serving

    with serving(make_app(ONLINE_TILES="https://tiles.invalid/{z}/{x}/{y}.png")) as url:
        context = browser.new_context(service_workers="block")
        page = context.new_page()
        page.route("https://tiles.invalid/**", lambda route: route.abort())
        page.goto(url)
        ready(page)
        page.select_option("#sort", "area")
        page.locator("#layers button", has_text="Online tiles").click()
        until(page, sort="area", tiles="1")
        order = ids(page)
        page.reload()
        ready(page)
        assert ids(page) == order
        assert page.input_value("#sort") == "area"
        assert (
            page.locator("#layers button", has_text="Online tiles").get_attribute("aria-pressed")
            == "true"
        )
        assert "sort=area" in page.locator("#as-table").get_attribute("href")
        context.close()


# On every page ------------------------------------------------------------------------------------


def fill_map(page: Any) -> None:
    page.fill("#q", "hai")
    page.locator("#filters summary").click()
    chip(page, "status", "Operating").click()
    page.select_option("#sort", "area")
    page.locator("#layers button", has_text=re.compile("^Ports")).click()
    page.locator("#list .item").first.click()
    page.locator("#sheet [data-route]").first.click()
    page.wait_for_selector(".route-note")


def fill_rank(page: Any) -> None:
    page.fill("input[name=max_port]", "90")
    page.locator("ol.ranked input[name=pick]").nth(0).check()
    page.locator("ol.ranked input[name=pick]").nth(2).check()
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


FORM = """() => [...document.querySelectorAll('input[name]:not([type=hidden]), select[name], textarea[name], #q, #sort, .chip')].map(one =>
  [one.name || one.id || one.dataset.value, ['checkbox', 'radio'].includes(one.type)
    ? one.checked : one.getAttribute('aria-pressed') || one.value])"""  # noqa: E501


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
    page.wait_for_function("() => document.documentElement.lang === 'vi'")
    if path == "/":
        ready(page)
        page.wait_for_selector(".route-note")
    page.wait_for_load_state("networkidle")
    set_, address = page.evaluate(FORM), query(page)
    assert len(address) > 0
    for _ in range(2):
        page.reload()
        if path == "/":
            ready(page)
        page.wait_for_load_state("networkidle")
        assert page.evaluate(FORM) == set_
        assert query(page) == address
        page.goto(page.evaluate("location.origin") + "/data")
        page.go_back()
        if path == "/":
            ready(page)
        page.wait_for_load_state("networkidle")
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
    """On every page a link to another language leads to the address of the moment, with its
    hash.
    """
    page = opened(path)
    page.evaluate(
        "() => history.replaceState(history.state, '', location.pathname +"
        " '?year=2035&lang=en#9/21.0000/107.0000')"
    )
    for link in page.locator(".languages a").all():
        link.focus()
        code = link.get_attribute("data-lang")
        assert link.get_attribute("href") == f"?year=2035&lang={code}#9/21.0000/107.0000"


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


def test_the_single_file_searches_too(app: Flask, browser: Any, tmp_path: Any) -> None:
    """The map in one file, opened from the disk, finds places, ranks them and opens the sheet of a
    town.
    """
    from playwright.sync_api import expect

    from webapp.explore import offline_map

    with app.test_request_context("/"):
        (tmp_path / "map.html").write_text(offline_map.render(), encoding="utf-8")
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto((tmp_path / "map.html").as_uri())
    ready(page)
    page.fill("#q", "Quang Ninh")
    expect(page.locator("#found")).to_contain_text("24 of 200")
    page.fill("#q", "欽州")
    expect(page.locator("#places .item").first).to_contain_text("Qinzhou")
    page.press("#q", "Enter")
    expect(page.locator("#sheet h1")).to_have_text("Qinzhou")
    page.locator("#close").click()
    expect(page.locator("#sheet")).to_be_hidden()
    context.close()
