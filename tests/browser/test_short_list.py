"""In Chromium: sites are saved, noted, compared, shared and removed, and nothing leaves the
browser.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from screen import DESK, PHONE, SITE, query
from web import HOSTILE

from geo import layers

pytestmark = pytest.mark.browser
SITES = ("dong-mai-ip", "hai-yen-ip", "song-khoai-ip")
REFUSING = "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } });"


@pytest.fixture
def fresh(browser: Any, site: str) -> Any:
    """Open pages in a window that has kept nothing yet; scripts may run before each page."""
    contexts = []

    def open_(path: str, size: dict[str, int] = DESK, script: str = "", **options: Any) -> Any:
        context = browser.new_context(viewport=size, service_workers="block", **options)
        contexts.append(context)
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.faults = []
        page.on("pageerror", lambda fault: page.faults.append(str(fault)))
        page.goto(site + path)
        return page

    yield open_
    for context in contexts:
        for page in context.pages:
            assert not page.faults
        context.close()


def saved(page: Any) -> list[dict[str, str]]:
    return page.evaluate("JSON.parse(localStorage.getItem('zone-atlas-saved') || '[]')")


def listed(page: Any) -> list[str]:
    return page.locator(".saved-sites > li").evaluate_all("all => all.map(one => one.dataset.id)")


def go(page: Any, path: str) -> None:
    page.goto("/".join(page.url.split("/")[:3]) + path)


def save(page: Any, *keys: str) -> None:
    """Save sites on their pages."""
    from playwright.sync_api import expect

    for key in keys:
        go(page, f"/sites/{key}")
        page.locator(f"[data-save={key}]").click()
        expect(page.locator(f"[data-save={key}]")).to_have_attribute("aria-pressed", "true")


def test_a_site_is_saved_wherever_it_is_met(fresh: Callable[..., Any]) -> None:
    """Sheet, list of the map, card of a ranking and comparison show one and the same state; a
    second press takes it back, by the keyboard too.
    """
    from playwright.sync_api import expect

    page = fresh("/rank?edited=1&w_gate=100&country=VN#what-matters")
    card = page.locator("ol.ranked .save").first
    key, name = card.get_attribute("data-save"), page.locator("ol.ranked .who a").first.inner_text()
    expect(card).to_have_attribute("aria-pressed", "false")
    assert page.locator(".saved-link").is_hidden()
    card.focus()
    page.keyboard.press("Enter")
    expect(card).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".saved-link")).to_have_text("★ 1")
    page.locator("input[name=w_port]").fill("1")
    expect(page.locator(".keys .key")).to_have_count(2)
    expect(page.locator(f"ol.ranked [data-save='{key}']")).to_have_attribute("aria-pressed", "true")
    for path in (
        f"/?site={key}&q={quote(name)}",
        f"/sites/{key}",
        f"/compare?pick={key}&pick=dong-mai-ip",
    ):
        go(page, path)
        buttons = page.locator(f"[data-save='{key}']")
        expect(buttons.first).to_have_attribute("aria-pressed", "true")
        if path.startswith("/?"):
            expect(page.locator(f"#sheet [data-save='{key}']")).to_be_visible()
            row = page.locator(f"#list li:has([data-id='{key}']) .save")
            expect(row).to_have_attribute("aria-pressed", "true")
            row.click()
            expect(page.locator("#sheet .save")).to_have_attribute("aria-pressed", "false")
            row.click()
    expect(page.get_by_role("button", name=f"Save {name}", pressed=True)).to_have_count(1)
    page.locator(f"[data-save='{key}']").click()
    expect(page.locator(".saved-link")).to_be_hidden()
    assert saved(page) == []


def test_a_note_stays_in_the_browser_and_is_text(fresh: Callable[..., Any], site: str) -> None:
    """A note that is an attack is there after a reload as it was typed, runs nothing, and no
    request holds it.
    """
    from playwright.sync_api import expect

    page = fresh("/")
    save(page, *SITES[:2])
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.url} {request.post_data}"))
    go(page, "/shortlist")
    expect(page.locator("[data-note]")).to_have_count(2)
    page.locator("[data-note]").nth(1).fill(HOSTILE)
    page.reload()
    expect(page.locator("[data-note]").nth(1)).to_have_value(HOSTILE)
    expect(page.locator("[data-note]").nth(0)).to_have_value("")
    assert page.locator("#shortlist img").count() == 0
    assert [entry["note"] for entry in saved(page)] == ["", HOSTILE]
    assert all(address.startswith(site) and "onerror" not in address for address in asked)


def test_the_list_is_compared_visited_and_taken_along(fresh: Callable[..., Any]) -> None:
    """What is ticked is compared, and planned; the workbook holds it; a sixth cannot be ticked."""
    from playwright.sync_api import expect

    page = fresh("/")
    parks = layers.read(layers.bundled(), "parks")
    keys = [*SITES, *(key for key in parks.index if key not in SITES)][:6]
    save(page, *keys)
    go(page, "/shortlist")
    boxes, status = page.locator("input[name=pick]"), page.locator(".tray [role=status]")
    expect(status).to_have_text("5 of 5 chosen")
    expect(boxes.nth(5)).to_be_disabled()
    for at in range(3, 5):
        boxes.nth(at).uncheck()
    expect(status).to_have_text("3 of 5 chosen")
    with page.expect_download() as coming:
        page.locator(".tray button", has_text="XLSX").click()
    assert coming.value.suggested_filename == "zone-atlas-comparison-en.xlsx"
    page.locator(".tray button").first.click()
    expect(page.locator("table.compare")).to_be_visible()
    assert query(page)["pick"] == list(SITES)
    page.go_back()
    page.locator(".tray button", has_text="Plan a visit").click()
    page.wait_for_url("**/trip?*")


def test_a_link_opens_the_list_elsewhere_and_overwrites_nothing(fresh: Callable[..., Any]) -> None:
    """Who opens the link of a list sees its sites, with his own list as it was, until he saves all
    of it; what he had noted stays.
    """
    from playwright.sync_api import expect

    page = fresh("/")
    save(page, *SITES[:2])
    go(page, "/shortlist")
    expect(page.locator("[data-note]")).to_have_count(2)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.locator("[data-do=copy]").click()
    link = page.locator(".link-of input").input_value()
    assert parse_qs(urlsplit(link).query) == {"pick": [",".join(SITES[:2])]}
    other = fresh("/")
    save(other, SITES[2], SITES[0])
    go(other, "/shortlist")
    expect(other.locator("[data-note]")).to_have_count(2)
    other.locator("[data-note]").nth(1).fill("met them")
    before = saved(other)
    address = urlsplit(link)
    go(other, f"{address.path}?{address.query}")
    assert listed(other) == list(SITES[:2])
    assert saved(other) == before
    other.locator("[data-do=save]").click()
    expect(other.locator("[data-note]")).to_have_count(3)
    assert listed(other) == [SITES[2], SITES[0], SITES[1]]
    assert [entry["note"] for entry in saved(other)] == ["", "met them", ""]


def test_removing_can_be_undone(fresh: Callable[..., Any]) -> None:
    """A removed site comes back to its place with its note, and so does a cleared list; the focus
    is never lost.
    """
    from playwright.sync_api import expect

    page = fresh("/")
    save(page, *SITES)
    go(page, "/shortlist")
    expect(page.locator("[data-note]")).to_have_count(3)
    page.locator("[data-note]").nth(1).fill("keep")
    before = saved(page)
    page.locator("[data-remove]").nth(1).click()
    expect(page.locator("[data-note]")).to_have_count(2)
    expect(page.locator(".undo button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-note]").nth(1)).to_have_value("keep")
    page.locator("[data-do=clear]").click()
    expect(page.locator("#none-saved")).to_be_visible()
    assert saved(page) == []
    page.locator(".undo button").click()
    expect(page.locator("[data-note]")).to_have_count(3)
    assert saved(page) == before


def test_a_browser_that_keeps_nothing_says_so_once(fresh: Callable[..., Any]) -> None:
    """Where storage is refused a press still marks the site, and a sentence with a link to the list
    says what to do; the page of the list says it too.
    """
    from playwright.sync_api import expect

    page = fresh(f"/sites/{SITE}", script=REFUSING)
    page.locator(".save").click()
    expect(page.locator(".save")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#saved-note")).to_contain_text("This browser does not store data")
    page.locator("#saved-note a").click()
    expect(page.locator("#refused")).to_be_visible()
    assert listed(page) == [SITE]
    go(page, "/shortlist")
    expect(page.locator("#refused")).to_be_visible()
    expect(page.locator("#none-saved")).to_be_visible()


@pytest.mark.parametrize(
    "kept",
    [
        "not json",
        "{}",
        "null",
        "[null, 5, {}]",
        '[{"id": "../x"}, {"id": "<img src=x onerror=alert(1)>"}]',
        '[{"id": "dong-mai-ip", "note": 5}, {"id": "dong-mai-ip"}, {"id": "gone-for-good"}]',
    ],
)
def test_whatever_stands_in_the_storage_the_page_opens(
    fresh: Callable[..., Any], kept: str
) -> None:
    """Anything but a list of ours is left aside; an unknown id is said to be gone, and can be
    removed.
    """
    from playwright.sync_api import expect

    page = fresh("/data")
    page.evaluate("text => localStorage.setItem('zone-atlas-saved', text)", kept)
    go(page, "/shortlist")
    if "gone" not in kept:
        expect(page.locator("#none-saved")).to_be_visible()
        return
    expect(page.locator(".saved-sites > li")).to_have_count(2)
    expect(page.locator(".gone")).to_contain_text("gone-for-good no longer in the atlas")
    page.locator(".gone [data-remove]").click()
    expect(page.locator(".saved-sites > li")).to_have_count(1)
    assert saved(page) == [{"id": "dong-mai-ip", "note": ""}]


def test_two_tabs_show_one_list(fresh: Callable[..., Any]) -> None:
    """What is saved in a tab is seen in the other."""
    from playwright.sync_api import expect

    page = fresh("/shortlist")
    expect(page.locator("#none-saved")).to_be_visible()
    other = page.context.new_page()
    other.faults = []
    other.goto(page.url.replace("/shortlist", f"/sites/{SITE}"))
    other.locator(".save").click()
    expect(page.locator(".saved-sites > li")).to_have_count(1)
    expect(page.locator(".saved-link")).to_have_text("★ 1")


@pytest.mark.parametrize("lang", ["en", "vi", "zh"])
def test_the_list_on_a_phone(fresh: Callable[..., Any], lang: str) -> None:
    """At 390 px nothing is wider than the screen, the buttons can be touched, and axe finds
    nothing, in each language.
    """
    from playwright.sync_api import expect
    from test_accessibility import RUN, has_axe

    page = fresh(f"/sites/{SITE}?lang={lang}", PHONE, has_touch=True, bypass_csp=True)
    page.locator(".save").tap()
    for path in (f"/shortlist?lang={lang}", f"/shortlist?pick={SITE},gone&lang={lang}"):
        go(page, path)
        expect(page.locator(".saved-sites > li").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert page.locator("html").get_attribute("lang")[:2] == lang
        assert has_axe(page).evaluate(RUN, True) == []


def test_a_link_of_a_list_opens_without_javascript(fresh: Callable[..., Any]) -> None:
    """The sites of a link are compared without a script, and no button is there that does
    nothing.
    """
    page = fresh(f"/shortlist?pick={','.join(SITES)},nowhere", java_script_enabled=False)
    assert page.locator(".saved-sites > li").count() == 4
    assert page.locator(".save:visible, #list-tools:visible").count() == 0
    page.locator(".tray button").first.click()
    assert query(page)["pick"] == list(SITES)


def test_notes_go_into_the_file_and_not_to_the_server(fresh: Any, tmp_path: Any) -> None:
    """Who downloads the list as one file finds the notes in it as text; no request holds them."""
    page = fresh(f"/sites/{SITES[0]}")
    save(page, *SITES[:2])
    go(page, "/shortlist")
    page.locator("[data-note]").first.fill(HOSTILE)
    asked = []
    page.on("request", lambda request: asked.append(request.url + str(request.post_data)))
    with page.expect_download() as download:
        page.locator("[data-file=as_html]").click()
    path = tmp_path / "list.html"
    download.value.save_as(path)
    page.goto(path.as_uri())
    assert page.locator("article").count() == 2
    notes = page.locator("[data-note-of]:not([hidden])")
    assert notes.all_inner_texts() == [HOSTILE]
    assert page.locator("[data-note-of] img").count() == 0
    assert asked
    assert not any("onerror" in line for line in asked)
