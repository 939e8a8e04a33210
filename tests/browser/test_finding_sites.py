"""In Chromium: searching, filtering, sorting, and switching layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from flask import Flask
from screen import (
    PHONE,
    chip,
    found,
    ids,
    layer_chip,
    look_at,
    open_box,
    query,
    ready,
    spot,
    until,
    view,
    wait_for,
)
from web import SITES, serving

from geo import layers
from geo.layers.provenance import Provenance
from geo.siting.classes import CODES
from webapp import labels
from webapp.catalogues import LANGUAGES

pytestmark = pytest.mark.browser

HOVERED = "bac-tien-phong-ip"


def test_opening_the_map(opened: Callable[..., Any]) -> None:
    """The map opens with its base map, every mark, the list of all sites, the legend, a scale and
    the sources.
    """
    page = opened()
    assert found(page) == len(layers.read(layers.bundled(), "parks"))
    assert len(ids(page)) == 100
    page.locator("#more").click()
    assert len(ids(page)) == 200
    assert page.locator(".badge.gates").count() == len(layers.read(layers.bundled(), "gates"))
    assert page.locator(".leaflet-control-scale-line").first.is_visible()
    for source in ("OpenStreetMap", "GSHHG", "Natural Earth", "GeoNames"):
        assert source in page.inner_text(".leaflet-control-attribution")
    assert "Legend" in page.inner_text("#legend")
    assert page.locator(".leaflet-tile-loaded, canvas.leaflet-tile").count() > 4


def test_searching_by_an_unaccented_name(opened: Callable[..., Any]) -> None:
    """Typing “mong cai”, its Vietnamese or its Chinese name leaves the zone in the list, and the
    address says what was typed.
    """
    from playwright.sync_api import expect

    page = opened()
    for text in ("mong cai", "Móng Cái", "芒街"):
        page.fill("#q", text)
        expect(page.locator("#found")).to_contain_text(f"of {SITES}")
        assert "mong-cai-bgez" in ids(page)
        assert 0 < found(page) < 20
    page.fill("#q", "atlantis")
    expect(page.locator("#list")).to_contain_text("No sites match")
    page.fill("#q", "")
    expect(page.locator("#found")).to_have_text(f"{SITES} sites")


def test_the_list_finds_what_the_server_finds(opened: Callable[..., Any]) -> None:
    """For a name, a former province and a former district the list and the table twin have the same
    sites.
    """
    from playwright.sync_api import expect

    page = opened()
    for text in ("cai", "Hải Dương", "binh lieu", "đông hưng", "khu cong nghiep", "gui zhou"):
        page.fill("#q", "")
        expect(page.locator("#found")).to_have_text(f"{SITES} sites")
        page.fill("#q", text)
        expect(page.locator("#found")).to_contain_text("of")
        if page.locator("#more").is_visible():
            page.locator("#more").click()
        there = page.request.get(page.locator("#as-geojson").evaluate("link => link.href")).json()
        assert ids(page) == [one["id"] for one in there["features"]]


def test_filtering_by_kind_and_status(opened: Callable[..., Any]) -> None:
    """Chips say how many they would leave; two filters compose; clearing brings all back."""
    from playwright.sync_api import expect

    page = opened()
    parks = layers.read(layers.bundled(), "parks")
    zones = int((parks["kind"] == "economic_zone").sum())
    expect(chip(page, "kind", "Economic zone").locator(".count")).to_have_text(str(zones))
    chip(page, "kind", "Economic zone").click()
    expect(chip(page, "kind", "Economic zone")).to_have_attribute("aria-pressed", "true")
    assert found(page) == zones
    begun = int(
        ((parks["kind"] == "economic_zone") & (parks["status"] == "under_construction")).sum()
    )
    expect(chip(page, "status", "Under construction").locator(".count")).to_have_text(str(begun))
    chip(page, "status", "Under construction").click()
    expect(page.locator("#found")).to_contain_text(f"{begun} of {SITES}")
    assert "kind=economic_zone" in page.url
    assert "status=under_construction" in page.url
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Clear filters").click()
    expect(page.locator("#found")).to_have_text(f"{SITES} sites")


def test_filters_keep_their_place(opened: Callable[..., Any]) -> None:
    """A click on a filter moves none: order and place stay, what would leave nothing is greyed, and
    the focus stays too.
    """
    page = opened()
    open_box(page, "sectors")

    def places() -> list[Any]:
        return page.evaluate(
            "[...document.querySelectorAll('.pill, .facet .chip')].map(one => [one.dataset.value ??"
            " one.dataset.pill, one.offsetLeft, one.offsetTop])"
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
    wait_for(page, "() => document.querySelector('#found').textContent.startsWith('1 ')")
    assert still()
    chip(page, "sectors", "Logistics")
    greyed = page.locator(".facet .chip:disabled")
    assert greyed.count() > 10
    assert all(text.endswith("\n0") or text.endswith("0") for text in greyed.all_inner_texts())


def test_sorting_the_list(opened: Callable[..., Any]) -> None:
    """The largest come first, unknown areas last; the nearest to a gate come first, those without a
    way last.
    """
    page = opened()
    page.locator("#more").click()
    parks = layers.read(layers.bundled(), "parks")["area_ha"]
    page.select_option("#sort", "area")
    areas = parks.loc[ids(page)]
    assert areas.dropna().is_monotonic_decreasing
    assert areas.iloc[-int(areas.isna().sum()) :].isna().all()
    page.select_option("#sort", "gate")
    payload = page.request.get(page.evaluate("location.origin") + "/api/map/parks.json").json()
    seconds = {
        row[payload["columns"].index("id")]: row[payload["columns"].index("gate_s")]
        for row in payload["rows"]
    }
    times = [np.inf if seconds[key] is None else seconds[key] for key in ids(page)]
    assert times == sorted(times)


def test_more_stays_while_the_same_is_found(opened: Callable[..., Any]) -> None:
    """Whoever has asked for more sees it when the index of the search comes late, and after a step
    through history; another search begins with its first hundred.
    """
    from playwright.sync_api import expect

    page = opened("/data")
    page.route("**/api/search.json*", lambda route: (page.wait_for_timeout(500), route.continue_()))
    page.goto(page.evaluate("location.origin") + "/")
    ready(page)
    page.locator("#more").click()
    assert len(ids(page)) == 200
    page.evaluate("location.hash = '#9/21.0000/107.0000'")
    wait_for(page, "() => map_atlas.getZoom() === 9")
    assert len(ids(page)) == 200
    page.fill("#q", "khu cong nghiep")
    expect(page.locator("#found")).to_contain_text(f"of {SITES}")
    page.fill("#q", "")
    expect(page.locator("#found")).to_have_text(f"{SITES} sites")
    assert len(ids(page)) == 100


def test_cards_lead_with_land_price_and_occupancy(opened: Callable[..., Any]) -> None:
    """A card holds the price with its year and the share that is taken as the table has them, three
    times, and says what is not known; what is unverified looks different and says so.
    """
    page = opened()
    parks = layers.read(layers.bundled(), "parks")
    page.locator("#more").click()
    cards = page.eval_on_selector_all(
        "#list .item",
        "items => items.map(item => [item.dataset.id, Object.fromEntries(['price', 'taken',"
        " 'land'].map(name => [name, item.querySelector(`.${name} dd`)?.textContent])),"
        " [...item.querySelectorAll('.three dd')].map(time => time.textContent)])",
    )
    assert len(cards) == 200
    for key, shown, times in cards:
        row = parks.loc[key]
        assert len(times) == 3
        if np.isnan(row["rent_term_low_usd_m2"]):
            assert shown["price"] == "price not known"
        else:
            assert f"({row['rent_year']:.0f})" in shown["price"]
            assert f"{row['rent_term_low_usd_m2']:g}" in shown["price"]
        if np.isnan(row["occupancy_pct"]):
            assert not shown.get("taken") or row["area_basis"] == "leased"
        else:
            assert f"{row['occupancy_pct']:.0f} % taken" == shown["taken"]
    land = Provenance.read(layers.bundled()).marks("parks", "occupancy_pct")
    unverified = next(key for key, _, _ in cards if land.get(key) == "memory")
    value = page.locator(f'.item[data-id="{unverified}"] .land')
    assert value.get_attribute("title") == "unverified"
    assert value.evaluate("land => getComputedStyle(land).fontStyle") == "italic"


def test_pointing_at_a_card_lifts_its_mark_and_the_reverse(opened: Callable[..., Any]) -> None:
    """The mark of the card that is pointed at or has the focus grows before the next frame; the
    card of a mark that is pointed at is lit.
    """
    page = opened(f"/?q={HOVERED.replace('-', '+')}#12/20.92/106.88")
    lit = "() => Object.values(map_atlas._layers).filter(one => one.options.lit).map(one =>"
    lit += " [one.options.park.id, one.getRadius() > one.options.base])"
    assert page.evaluate(lit) == []
    card = page.locator(f'#list .item[data-id="{HOVERED}"]')
    card.hover()
    assert page.evaluate(lit) == [[HOVERED, True]]
    page.mouse.move(1000, 20)
    assert page.evaluate(lit) == []
    card.focus()
    assert page.evaluate(lit) == [[HOVERED, True]]
    card.evaluate("card => card.blur()")
    at = spot(page, HOVERED)
    page.mouse.move(at["x"], at["y"])
    wait_for(page, f"() => document.querySelector('[data-id={HOVERED}].item.lit') !== null")


@pytest.mark.parametrize("column", CODES)
def test_classes_filter_what_the_table_filters(
    opened: Callable[..., Any], app: Flask, column: str
) -> None:
    """Each class of a pill keeps as many sites as it says, and those that the server keeps; the
    classes of a pill stand in their order and are all sites together.
    """
    from playwright.sync_api import expect

    page = opened("/?kind=industrial_park")
    total, counts = found(page), {}
    box = open_box(page, column)
    chips = box.locator(".chip")
    assert chips.evaluate_all("all => all.map(one => one.dataset.value)") == [*CODES[column]]
    for code in CODES[column]:
        button = box.locator(f'[data-value="{code}"]')
        counts[code] = int(button.locator(".count").inner_text())
        if not counts[code]:
            expect(button).to_be_disabled()
            continue
        button.click()
        until(page, **{column: code})
        assert found(page) == counts[code]
        filters = {"kind": ["industrial_park"], column: [code]}
        there = app.extensions["zoneatlas"].select("parks", filters).index
        assert set(ids(page)) <= set(there)
        assert len(there) == counts[code]
        button.click()
        until(page, **{column: None})
    assert sum(counts.values()) == total


def test_a_pill_names_what_is_chosen(opened: Callable[..., Any]) -> None:
    """A pill opens with a key, names what is chosen and how many more there are, and stays as wide
    as it was; Escape closes its box and nothing else.
    """
    from playwright.sync_api import expect

    page = opened("/?site=dong-mai-ip")
    pill = page.locator("[data-pill=province_en]")
    width = pill.bounding_box()["width"]
    pill.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#pill-province_en")).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.pill-box').id") == "pill-province_en"
    page.keyboard.press("Space")
    chip(page, "province_en", "Guangxi").click()
    expect(pill).to_contain_text("+1")
    assert "Hai Phong" in pill.get_attribute("aria-label")
    assert pill.bounding_box()["width"] == width
    page.keyboard.press("Escape")
    expect(page.locator("#pill-province_en")).to_be_hidden()
    expect(page.locator("#sheet")).to_be_visible()
    page.locator("#clear").click()
    expect(pill).to_have_text("Province")
    until(page, province=None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_says_what_is_known_of_free_land(
    opened: Callable[..., Any], app: Flask, language: str
) -> None:
    """The rows that the script writes hold the words of the sheets: hectares, a share, full, and
    unknown.
    """
    page = opened(f"/?q=park&kind=industrial_park&lang={language}")
    parks = app.extensions["zoneatlas"].layer("parks")
    shown = page.eval_on_selector_all(
        "#list .item",
        "items => items.map((item) => [item.dataset.id, item.querySelector('.land"
        " dd').textContent])",
    )
    assert len(shown) > 30
    with app.test_request_context(f"/?lang={language}"):
        words = {
            key: labels.land_of(parks.loc[key]).text.replace("\N{NO-BREAK SPACE}", " ")
            for key, _text in shown
        }
    assert {key: text.replace("\N{NO-BREAK SPACE}", " ") for key, text in shown} == words
    assert len({text for _key, text in shown}) > 5


def test_switching_layers(opened: Callable[..., Any]) -> None:
    """Gates go and come with their chip, and the address keeps which layers are shown."""
    from playwright.sync_api import expect

    page = opened()
    gates = layer_chip(page, "Gates")
    gates.click()
    expect(page.locator(".badge.gates")).to_have_count(0)
    expect(gates).to_have_attribute("aria-pressed", "false")
    assert "layers=ports,airports,roads" in page.url
    page.reload()
    ready(page)
    expect(page.locator(".badge.gates")).to_have_count(0)
    layer_chip(page, "Gates").click()
    expect(page.locator(".badge.gates").first).to_be_visible()


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


def test_the_search_completes_what_is_typed(opened: Callable[..., Any]) -> None:
    """The best hit of what a visitor types, in their spelling, has the kind that it is; a click
    opens it.
    """
    from playwright.sync_api import expect

    page = opened()
    first = page.locator("#hits li").first
    for text, name, kind in (
        ("友谊关", "Huu Nghi", "International gate"),
        ("友誼關", "Huu Nghi", "International gate"),
        ("Cat Bi", "Cat Bi International Airport", "Civil airport"),
        ("HICT", "Lach Huyen HICT", "Sea port"),
        ("Haiphong", "Hai Phong", "Provinc"),
        ("Quang Ninh", "Quang Ninh", "Province"),
        ("viglacera", "Viglacera Corporation", "Developer"),
        ("欽州", "Qinzhou", "Prefecture"),
        ("deep c", "DEEP C", ""),
    ):
        page.fill("#q", text)
        expect(first).to_contain_text(name)
        expect(first).to_contain_text(kind)
    page.fill("#q", "Cat Bi")
    expect(first).to_contain_text("Civil airport")
    first.click()
    expect(page.locator("#sheet h1")).to_have_text("Cat Bi International Airport")
    expect(page.locator("#hits")).to_be_hidden()


def test_the_completion_follows_the_keyboard(opened: Callable[..., Any]) -> None:
    """Arrows go through the hits and back to what is typed, Enter takes one, Escape closes them and
    leaves the sheet.
    """
    from playwright.sync_api import expect

    page = opened(f"/?site={HOVERED}")
    page.fill("#q", "mong cai")
    expect(page.locator("#hits")).to_be_visible()
    expect(page.locator("#q")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#hits")).to_be_hidden()
    expect(page.locator("#sheet")).to_be_visible()
    page.fill("#q", "mong ca")
    expect(page.locator("#hits")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    marked = page.locator("#hits [aria-selected=true]")
    expect(marked).to_have_count(1)
    assert page.get_attribute("#q", "aria-activedescendant") == marked.get_attribute("id")
    key = marked.get_attribute("data-id")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(marked).to_have_count(0)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    until(page, site=key)


def test_a_province_or_developer_lists_its_sites(opened: Callable[..., Any]) -> None:
    """Taking a province filters by it, taking a developer looks for it; Back undoes it."""
    from playwright.sync_api import expect

    page = opened()
    parks = layers.read(layers.bundled(), "parks")
    page.fill("#q", "quang ninh")
    page.locator("#hits li", has_text="Province ·").click()
    count = (parks["province_en"] == "Quang Ninh").sum()
    expect(page.locator("#found")).to_contain_text(f"{count} of {SITES}")
    until(page, province="Quang Ninh", q=None)
    page.locator("#clear").click()
    page.fill("#q", "viglacera")
    page.locator("#hits li", has_text="Developer").click()
    expect(page.locator("#list .item .why").first).to_contain_text("Viglacera")
    until(page, q="Viglacera Corporation")


def test_names_stand_by_the_marks_without_overlap(opened: Callable[..., Any]) -> None:
    """From zoom 9 on sites have their names beside them, none over another; below there are none.
    The name of the chosen site is among them.
    """
    page = opened(f"/?site={HOVERED}#10/20.92/106.7")
    wait_for(page, "() => document.querySelectorAll('.site-name').length > 5")
    names = page.eval_on_selector_all(
        ".site-name",
        "all => all.map(one => [one.dataset.id, one.getBoundingClientRect().toJSON()])",
    )
    assert HOVERED in dict(names)
    for i, (_, a) in enumerate(names):
        for _, b in names[:i]:
            assert (
                a["right"] <= b["left"] + 3
                or b["right"] <= a["left"] + 3
                or a["bottom"] <= b["top"] + 1
                or b["bottom"] <= a["top"] + 1
            ), (a, b)
    look_at(page, 20.92, 106.7, 8)
    wait_for(page, "() => document.querySelectorAll('.site-name').length === 0")


@pytest.mark.parametrize("window", [None, PHONE])
def test_no_name_stands_beneath_a_panel(
    opened: Callable[..., Any], window: dict[str, int] | None
) -> None:
    """Neither the list nor a sheet hides a part of a name; when the sheet closes, names come back
    where it was.
    """
    page = opened(f"/?site={HOVERED}#10/20.92/106.88", *filter(None, [window]))
    count = "() => document.querySelectorAll('.site-name').length"
    hidden = """() => {
      const boxes = (query) => [...document.querySelectorAll(query)]
        .map((each) => each.getBoundingClientRect()).filter((box) => box.width);
      const panels = boxes("#content, #sheet, .corner > *, .leaflet-control-zoom");
      return boxes(".site-name").filter((name) => name.left < -1 || name.right > innerWidth + 1 ||
        panels.some((panel) => name.left < panel.right - 1 && name.right > panel.left + 1 &&
          name.top < panel.bottom - 1 && name.bottom > panel.top + 1)).length;
    }"""
    wait_for(page, f"() => ({count})() > 1")
    wait_for(page, f"() => ({hidden})() === 0")
    with_sheet = page.evaluate(count)
    page.keyboard.press("Escape")
    wait_for(page, f"(least) => ({count})() > least", with_sheet)
    assert page.evaluate(hidden) == 0


def test_marks_show_area_and_availability(opened: Callable[..., Any], app: Flask) -> None:
    """The more land a site has, the larger is its mark; the legend names what is in view, and only
    that.
    """
    page = opened("/#5/22.5/106.5")
    marks = page.evaluate(
        "Object.values(map_atlas._layers).filter(one => one.options.park?.kind).map(one =>"
        " [one.options.park.id, one.options.base, one.options.park.availability])"
    )
    sites = app.extensions["zoneatlas"].sites()
    assert len(marks) == SITES
    areas = sites["area_ha"].dropna()
    sizes = [
        size for _, size in sorted((areas[key], size) for key, size, _ in marks if key in areas)
    ]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) > 20
    land = sites["availability"].fillna("unknown")
    assert {key: state for key, _, state in marks} == land.to_dict()
    page.evaluate("document.querySelector('#legend details').open = true")
    wait_for(page, "() => document.querySelector('#legend li') !== null")
    legend = page.inner_text("#legend")
    for text in ("Land available", "Full", "not known", "Economic zone", "International gate"):
        assert text in legend
    layer_chip(page, "Gates").click()
    wait_for(
        page, "() => !document.querySelector('#legend').innerText.includes('International gate')"
    )
    assert "International gate" not in page.inner_text("#legend")
    look_at(page, 19.0, 108.9, 9)  # the open sea
    wait_for(page, "() => document.querySelectorAll('#legend li').length === 0")


def test_the_map_fits_what_is_found_and_enter_opens_the_first(opened: Callable[..., Any]) -> None:
    """After a search all hits are in the part of the map that nothing covers; Enter opens the best
    of them.
    """
    from playwright.sync_api import expect

    page = opened()
    parks = layers.read(layers.bundled(), "parks")
    before = view(page)
    page.fill("#q", "yunnan")
    expect(page.locator("#found")).to_contain_text(f"of {SITES}")
    wait_for(page, "before => map_atlas.getCenter().lng !== before", arg=before[2])
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
    page.locator("#list button", has_text="Clear filters").click()
    assert "mong-cai-bgez" in ids(page)
    assert query(page) == {"q": ["mong cai"]}


def test_the_list_says_why_it_has_to_be_waited_for(
    browser: Any, make_app: Callable[..., Flask]
) -> None:
    """While the roads are prepared the first visitor reads how far that is, and then has the list
    without asking again.
    """
    from playwright.sync_api import expect

    app = make_app()
    with serving(app) as url:
        page = browser.new_page()
        with app.extensions["zoneatlas"].networks.preparing():
            page.goto(url)
            expect(page.locator("#found")).to_contain_text("The roads are being prepared: 0 %")
            assert page.locator("#list .item").count() == 0
        expect(page.locator("#list .item").first).to_be_visible(timeout=30_000)
        expect(page.locator("#found")).to_have_text(f"{SITES} sites")
        page.close()
