"""In Chromium: a promoter takes the factsheet of a park and a comparison along, in Vietnamese."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from screen import query

pytestmark = pytest.mark.browser

NAME, OTHER = "Khu công nghiệp Đông Mai", "song-khoai-ip"
ENGLISH = re.compile(
    r"\b(the|of|and|from|unknown|source|price|land|factsheet|travel|time|area|open)\b", re.I
)


def test_a_factsheet_and_a_workbook_in_vietnamese(
    opened: Callable[..., Any], tmp_path: Path
) -> None:
    """From the search without diacritics to the sheet, its factsheet, and a workbook of two parks:
    each is in Vietnamese and says the same number; what sources are called stays as they call it.
    """
    from playwright.sync_api import expect

    page = opened("/", locale="vi-VN")
    page.fill("#q", "dong mai")
    expect(page.locator("#hits li").first).to_contain_text("Đông Mai")
    page.keyboard.press("Enter")
    expect(page.locator("#sheet h1")).to_have_text(NAME)
    price = re.search(r"\d+ USD/m²", page.locator("#sheet .grid").inner_text())
    assert price

    page.goto(page.locator("#sheet [data-share]").get_attribute("data-share"))
    page.get_by_role("link", name="Bản in tờ thông tin").click()
    expect(page.locator("h1").first).to_contain_text(NAME)
    paper = page.locator("body").inner_text()
    assert price[0] in paper
    assert "Nguồn" in paper
    assert page.locator("html").get_attribute("lang") == "vi"

    page.go_back()
    page.locator(".actions a", has_text="So sánh").click()
    page.locator("input[name=q]").fill("song khoai")
    page.keyboard.press("Enter")
    page.locator(f".found-sites a[href*={OTHER}]").click()
    expect(page.locator("table.compare thead th")).to_have_count(3)
    assert query(page)["pick"] == ["dong-mai-ip", OTHER]
    with page.expect_download() as coming:
        page.get_by_role("link", name="XLSX").click()
    assert coming.value.suggested_filename.endswith("-vi.xlsx")
    path = tmp_path / "book.xlsx"
    coming.value.save_as(path)
    book = openpyxl.load_workbook(path)
    cells = [
        str(cell) for sheet in book for row in sheet.values for cell in row if cell is not None
    ]
    assert NAME in cells
    heads = [str(row[0]).split(" – ")[0] for row in book.worksheets[0].values if row[0]]
    assert not [head for head in heads if ENGLISH.search(head)]
    assert not [sheet for sheet in book.sheetnames if ENGLISH.search(sheet)]
