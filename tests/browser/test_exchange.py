"""In Chromium: a file is dropped, its question answered, what it states kept, decided and released,
in three languages; every page on the way is clean."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from screen import DESK, PHONE, Windows, tabs
from test_team import clean
from web import serving

pytest_plugins = ("web",)
pytestmark = pytest.mark.browser

TOY = Path(__file__).parents[1] / "data" / "toy"
DROP = """([form, text]) => {
    const sent = new DataTransfer();
    sent.items.add(new File([text], "parks.csv", { type: "text/csv" }));
    for (const kind of ["dragenter", "dragover", "drop"])
        form.dispatchEvent(new DragEvent(kind, { dataTransfer: sent, bubbles: true }));
}"""


@pytest.fixture
def opened(make_app: Callable[..., Flask], windows: Windows) -> Iterator[Callable[..., Any]]:
    """Open a page of a server on which whoever sits at it may write."""
    app = make_app(TOY, EDITING="on", PARTY="Quang Ninh DOIT")
    with serving(app) as url, tabs(windows, url) as open_:
        yield open_


def swapped(area: int) -> str:
    """Write the first park with its longitude as latitude, and another area."""
    with (TOY / "parks.csv").open(encoding="utf-8", newline="") as file:
        park = next(csv.DictReader(file))
    head = "name,province_en,lon,lat,area_ha"
    return f"{head}\n{park['name_en']},{park['province_en']},{park['lat']},{park['lon']},{area}\n"


def bring(page: Any, area: int, department: str) -> None:
    """Drop a file on the form, and say of whom it is."""
    form = page.locator("form[data-drop]")
    page.evaluate(DROP, [form.element_handle(), swapped(area)])
    assert form.locator("input[type=file]").evaluate("input => input.files[0].name") == "parks.csv"
    form.locator("[name=party]").fill(department)
    form.locator("[name=kind]").select_option("survey")
    form.locator("[name=as_of]").fill("2026-11")
    form.locator("[name=accuracy]").fill("5")
    form.locator("button").click()


def answer_and_keep(page: Any, look: Callable[[Any], None] = lambda _: None) -> None:
    """Answer that the axes are exchanged, and keep all that follows."""
    from playwright.sync_api import expect

    page.locator(".questions input[value='EPSG:4326-swapped']").check()
    page.locator(".questions button").first.click()
    expect(page.locator(".questions fieldset")).to_have_count(0)
    expect(page.locator("input[name=take][type=checkbox]").first).to_be_visible()
    look(page)
    page.locator("button[value=stated]").click()
    page.wait_for_url("**/exchange")


@pytest.mark.parametrize(
    ("language", "size"),
    [("en", DESK), ("vi", PHONE), ("zh", DESK), ("zh", PHONE)],
    ids=["en-desk", "vi-phone", "zh-desk", "zh-phone"],
)
def test_a_file_from_the_drop_to_the_release(
    opened: Callable[..., Any], language: str, size: dict[str, int]
) -> None:
    """Two departments state an area; what is accepted is what the changes of the release say."""
    from playwright.sync_api import expect

    page = opened(f"/exchange?lang={language}", size)
    clean(page)
    bring(page, 150, "Guangxi Department of Commerce")
    expect(page.locator(".questions fieldset")).to_have_count(1)
    clean(page)
    answer_and_keep(page)
    expect(page.locator("article.disputed")).to_have_count(0)
    bring(page, 123, "Quang Ninh DOIT")
    answer_and_keep(page, clean)
    values = page.locator("article.disputed")
    expect(values).to_have_count(1)
    expect(values.locator("li.counts")).to_contain_text("123")
    clean(page)
    other = values.locator("li", has_text="150")
    other.locator("[name=reason]").fill("two surveys of 2026 compared")
    other.locator("[value=accept]").click()
    expect(page.locator(".caution[role=status]")).to_be_visible()
    expect(values).to_have_count(0)
    page.locator("[name=title]").fill("One area")
    page.locator("form[action$='/release'] button").click()
    expect(page.locator("tbody th", has_text="One area")).to_have_count(1)
    clean(page)
    page.locator("a[href$='/changes/0-1']").click()
    area = page.locator("tbody tr", has_text="150")
    expect(area).to_have_count(1)
    expect(page.locator("tbody tr", has_text="123")).to_have_count(0)
    clean(page)
