"""In Chromium: the file of a trip and the single file for the phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from screen import (
    PHONE,
    TRIPS,
    drawn,
    planned,
)
from web import Watch

from geo import layers

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scripts", [True, False])
def test_a_saved_trip_is_opened_in_the_page(
    opened: Callable[..., Any], tmp_path: Path, scripts: bool
) -> None:
    """Saved, dated a week later and opened beside another trip, its dates, stops and notes are in
    the form, and its plan is shown.
    """
    from playwright.sync_api import expect

    page = opened(f"/trip?example={TRIPS[1]}&lang=en", java_script_enabled=scripts)
    notes = page.input_value("[name=notes]")
    address = page.url.replace("/trip?", "/trip/plan.yaml?")
    path = tmp_path / "trip.yaml"
    path.write_text(
        page.request.get(address)
        .text()
        .replace("2026-12-08", "2026-12-15")
        .replace("2026-12-09", "2026-12-16"),
        encoding="utf-8",
    )
    other = opened(
        "/trip?day=2026-12-01~07:30-17:30~begin:ha-long~end:ha-long&stop=dong-mai-ip&lang=en",
        java_script_enabled=scripts,
    )
    other.set_input_files("#trip-file input", path)
    other.get_by_role("button", name="Open the file").click()
    if not scripts:
        other.get_by_role("link", name="Show plan").click()
    expect(other.locator(".plan-title")).to_have_text(
        "Mong Cai and Dongxing, over the border and back", timeout=60_000
    )
    assert [one.input_value() for one in other.locator("[name=d_date]").all()] == [
        "2026-12-15",
        "2026-12-16",
    ]
    assert [one.input_value() for one in other.locator("[name=s_place]").all()] == [
        one.input_value() for one in page.locator("[name=s_place]").all()
    ]
    assert other.input_value("[name=notes]") == notes != ""
    assert "Dec 15, 2026" in other.inner_text("#plan")


def test_notes_typed_in_the_form_are_in_the_file_that_is_saved(opened: Callable[..., Any]) -> None:
    """What is typed stays open before the eyes, and the address, the file and the form for files
    hold it.
    """
    from playwright.sync_api import expect

    page = opened(f"/trip?example={TRIPS[0]}&lang=en")
    page.locator(".trip-notes summary").click()
    page.fill("[name=notes]", "Ask for the map\nof 2027")
    page.locator("[name=notes]").blur()
    expect(page.locator("#trip-file")).to_have_attribute(
        "action", re.compile("Ask%20for%20the%20map"), timeout=30_000
    )
    assert page.locator("[name=notes]").is_visible()
    text = page.request.get(page.url.replace("/trip?", "/trip/plan.yaml?")).text()
    assert "Ask for the map" in text
    assert "of 2027" in text


def test_taking_the_trip_along(browser: Any, opened: Callable[..., Any], tmp_path: Path) -> None:
    """The single file opens from the phone's storage in flight mode: base map, ways in their
    colours, stops, agenda, and no error.
    """
    from playwright.sync_api import expect

    from webapp.trips.timeline import COLOURS

    page = opened(f"/trip?example={TRIPS[1]}")
    stops = planned(page)
    path = tmp_path / "trip.html"
    button = page.get_by_role("link", name="One file for the phone", exact=True)
    path.write_bytes(page.request.get(button.evaluate("link => link.href")).body())
    context = browser.new_context(viewport=PHONE, offline=True, reduced_motion="reduce")
    watch = Watch()
    phone = watch.on(context.new_page())
    phone.goto(path.as_uri())
    expect(phone.locator("#map .stop-pin").first).to_be_visible()
    assert phone.locator("#map .stop-pin").count() > len(stops)
    assert drawn(phone, "#dce6ec", 2000), "the sea of the base map"
    assert drawn(phone, "#f8f7f2", 2000), "its land"
    assert drawn(phone, COLOURS[0], 100)
    for stop in stops:
        assert layers.read(layers.bundled(), "parks").loc[stop, "name_en"] in phone.inner_text(
            "#plan"
        )
    assert re.search(r"07:(\d\d)\s+08:\1", phone.inner_text("#plan .agenda")), "both clocks"
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    watch.quiet(path.as_uri())
    context.close()
