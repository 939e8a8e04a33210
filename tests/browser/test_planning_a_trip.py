"""In Chromium: the stops of a trip, their order, and why a stop is left out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from screen import (
    CROWDED,
    DESK,
    TRIPS,
    TWO,
    drawn,
    grasped,
    held_back,
    planned,
    replanned,
    spot,
    wait_for,
)

pytestmark = pytest.mark.browser

COST = re.compile(r"Your order and days add .+ on the road")


@pytest.mark.parametrize("name", TRIPS)
def test_a_worked_trip_is_planned_and_drawn(opened: Callable[..., Any], name: str) -> None:
    """From the link of an example to its plan: stops on both clocks, and the ways of each day in
    the colour of the day.
    """
    from webapp.trips.timeline import COLOURS

    page = opened("/trip")
    page.locator(f".examples a[href*='{name}']").click()
    stops = planned(page)
    assert len(stops) > 4
    assert page.locator("#plan .badge-ok").inner_text() == "Proven: no plan is better"
    wait_for(page, "n => document.querySelectorAll('#map .stop-pin').length > n", arg=len(stops))
    for day in range(page.locator("#plan section.day:has(tr[data-stop])").count()):
        assert drawn(page, COLOURS[day], 100), day
    first = page.locator("#plan tr[data-stop] .at").all_inner_texts()[:2]
    assert (int(first[1][:2]) - int(first[0][:2])) % 24 == 1


def test_the_order_by_buttons_by_hand_and_by_keyboard(opened: Callable[..., Any]) -> None:
    """Moved by the button, by dragging, by the keys alone: the plan follows, says what it costs,
    and the focus stays on the button.
    """
    from playwright.sync_api import expect

    page = opened(f"/trip?example={TRIPS[0]}")
    free = planned(page)
    expect(page.locator("#plan .cost")).to_have_count(0)
    moved = replanned(page, page.locator(f"tr[data-stop={free[1]}] [data-move=down]").click, free)
    assert moved == [free[0], free[2], free[1], *free[3:]]
    expect(page.locator("#plan .cost")).to_contain_text(COST)
    expect(page.locator("#said")).to_contain_text(COST)
    assert "order:" in page.url
    again = replanned(page, page.get_by_role("button", name="Free the order").click, moved)
    assert again == free
    second, third = grasped(page, free[1], free[2])
    dragged = replanned(page, lambda: second.drag_to(third), free)
    assert dragged == moved
    button = page.locator(f"tr[data-stop={free[1]}] [data-move=up]")
    button.focus()
    back = replanned(page, lambda: page.keyboard.press("Enter"), dragged)
    assert back == free
    expect(page.locator("#plan .cost")).to_contain_text("cost no extra time")
    expect(button).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    pin = page.locator(f"tr[data-stop={free[1]}] [data-pin]")
    expect(pin).to_be_focused()
    page.keyboard.press("Space")
    expect(pin).to_have_attribute("aria-pressed", "true")
    expect(pin).to_be_focused()
    page.go_back()
    page.wait_for_load_state()
    assert planned(page) == free


def test_a_plan_waits_until_a_row_is_dropped(opened: Callable[..., Any]) -> None:
    """A plan that comes while a row is carried does not take it out of the hand; once dropped, the
    row lies where it was let go.
    """
    from playwright.sync_api import expect

    page = opened(f"/trip?example={TRIPS[0]}")
    free = planned(page)
    held: list[Any] = []
    address = re.compile(r"/trip/plan\?")
    page.route(address, lambda route: route.continue_() if held else held.append(route))
    page.locator(f"tr[data-stop={free[3]}] [data-move=down]").click()
    expect(page.locator("#plan progress")).to_be_visible()
    second, third = grasped(page, free[1], free[2])
    second.hover()
    page.mouse.down()
    third.hover()
    expect(page.locator("#plan tr.carried")).to_have_attribute("data-stop", free[1])
    with page.expect_response(address):
        held[0].continue_()
    page.wait_for_timeout(500)  # what does not come cannot be waited for
    expect(page.locator("#plan tr.carried")).to_have_attribute("data-stop", free[1])
    page.mouse.up()
    expect(page.locator("#plan tr.carried")).to_have_count(0)
    wait_for(
        page,
        "wanted => [...document.querySelectorAll('#plan tr[data-stop]')].map(one =>"
        " one.dataset.stop).join() === wanted",
        arg=",".join([free[0], free[2], free[1], *free[3:]]),
    )


def test_no_bar_comes_after_the_plan(opened: Callable[..., Any]) -> None:
    """While the ways of a plan that is there are fetched, its rows stay where they are."""
    page = opened(f"/trip?example={TRIPS[0]}")
    free = planned(page)
    down = page.locator(f"tr[data-stop={free[1]}] [data-move=down]")
    ways = held_back(page, "**/trip/ways?*", lambda: replanned(page, down.click, free))
    page.wait_for_timeout(600)
    assert not page.locator("#plan progress").count()
    ways.pop().continue_()
    page.wait_for_selector("#map .stop-pin")


def test_a_slow_plan_waits_for_no_ways(opened: Callable[..., Any]) -> None:
    """A plan that takes long enough for a bar is whole once it is there, while its ways are still
    fetched: the bar is gone, and the focus is back on the button.
    """
    from playwright.sync_api import expect

    page = opened(f"/trip?{TWO}")
    stops = planned(page)

    def late(route: Any) -> None:
        expect(page.locator("#plan.waiting progress")).to_be_visible()
        route.continue_()

    page.route("**/trip/plan?*", late)
    down = page.locator(f"tr[data-stop={stops[0]}] [data-move=down]")
    ways = held_back(page, "**/trip/ways?*", lambda: replanned(page, down.click, stops))
    expect(page.locator("#plan progress")).to_have_count(0)
    expect(down).to_be_focused()
    ways.pop().continue_()
    wait_for(page, "document.querySelectorAll('#map .stop-pin').length > 1")


def test_a_stop_from_the_map_and_from_the_form(opened: Callable[..., Any]) -> None:
    """A popup adds the place of a mark, or a point beside all marks, Enter a place by name; × takes
    one away; what is typed stays.
    """
    from playwright.sync_api import expect

    page = opened("/trip")
    page.evaluate("map_atlas.setView([21.05, 106.88], 12, { animate: false }) && 0")
    where = spot(page, "dong-mai-ip")
    page.mouse.click(where["x"], where["y"])
    page.get_by_role("button", name="Add as stop").click()
    assert planned(page) == ["dong-mai-ip"]
    expect(page.locator("[name=d_begin]")).not_to_have_value("")
    page.wait_for_selector("#map .stop-pin")  # drawn with the plan, and brought into view
    page.evaluate("map_atlas.setView([20.97, 107.0], 13, { animate: false }) && 0")
    box = page.locator("#map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    both = replanned(page, page.get_by_role("button", name="Add as stop").click, ["dong-mai-ip"])
    assert sorted(both) == ["dong-mai-ip", "point-1"]
    page.locator("[name=add]").fill("Sông Khoai")
    three = replanned(page, lambda: page.keyboard.press("Enter"), both)
    assert sorted(three) == ["dong-mai-ip", "point-1", "song-khoai-ip"]
    page.locator(".stops summary").first.click()
    notes = page.locator("[name=s_notes]").first
    notes.fill("bring the plan of the land")
    with page.expect_response("**/trip/edit?*"):
        notes.press("Tab")
    expect(page.locator("#plan")).to_contain_text("bring the plan of the land")
    expect(page.locator(".stops details").first).to_have_attribute("open", "")
    two = replanned(page, page.locator(".stops button", has_text="×").nth(1).click, three)
    assert sorted(two) == ["dong-mai-ip", "song-khoai-ip"]
    page.reload()
    assert planned(page) == two


def test_why_not_and_doing_what_helps(opened: Callable[..., Any]) -> None:
    """A stop that does not fit is left out; asked why, the page gives the reason and changes; one
    that is followed brings it in.
    """
    from playwright.sync_api import expect

    page = opened(f"/trip?{CROWDED}")
    before = planned(page)
    expect(page.locator(".left-out")).to_contain_text("must visit")
    page.locator("a[data-why]").click()
    expect(page.locator(".why-answer li").first).to_be_visible()
    with page.expect_navigation():
        page.locator(".why-answer a", has_text="Apply").last.click()
    assert set(planned(page)) > set(before)
    expect(page.locator(".left-out")).to_have_count(0)


def test_a_fault_is_said_and_the_form_stays(browser: Any, site: str) -> None:
    """What cannot be read is named where the plan stood; put right, the plan is there again."""
    from playwright.sync_api import expect

    context = browser.new_context(viewport=DESK)
    page = context.new_page()
    page.goto(f"{site}/trip?{CROWDED}")
    before = planned(page)
    hours = page.locator("[name=d_hours]")
    hours.fill("7-9")
    hours.press("Tab")
    expect(page.locator("#plan .fault")).to_contain_text("bare number")
    expect(hours).to_have_value("7-9")
    hours.fill("07:30-15:00")
    hours.press("Tab")
    assert planned(page) == before
    context.close()


def test_an_ambiguous_name_is_chosen_in_its_row(opened: Callable[..., Any]) -> None:
    """The plan stays, the row shows the places of that name, and a click on one plans with it."""
    from playwright.sync_api import expect

    page = opened(f"/trip?{TWO}")
    before = planned(page)
    page.locator("[name=add]").fill("Hai Yen")
    page.keyboard.press("Enter")
    row = page.locator(".stops li.odd")
    expect(row).to_contain_text("several places are called “Hai Yen”", ignore_case=True)
    expect(row.locator(".choices button")).to_have_count(3)
    expect(page.locator("#plan .odd-stops")).to_contain_text("Stop 3")
    assert planned(page) == before
    expect(page.locator("#plan .badge-ok")).to_be_visible()
    after = replanned(page, row.get_by_role("button", name="Hai Yen Industrial Park").click, before)
    assert sorted(after) == sorted([*before, "hai-yen-ip"])
    expect(row).to_have_count(0)
