"""Match-making in Chromium: what a person does with the answer to an uploaded sheet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_browser import browser, opened, site

pytest_plugins = ("web",)
pytestmark = pytest.mark.browser


def test_matches_survive_back_and_another_language(
    opened: Callable[..., Any], tmp_path: Path
) -> None:
    """From the matches to a site and back, in another language, and once more: the matches and the
    rows left out are there.
    """
    sheet = tmp_path / "needs.csv"
    sheet.write_text("用地需求\n公司;省份;联系人\n甲;北宁省;z\n乙;Atlantis;z\n", "utf-8")
    page = opened("/match?lang=en")
    page.set_input_files("input[type=file]", sheet)
    page.get_by_role("button", name="Show the matches").click()

    def is_whole() -> bool:
        return page.locator("article.company h3").all_inner_texts() == [
            "甲"
        ] and "Atlantis" in page.inner_text(".fault")

    assert is_whole()
    page.locator("article.company a").first.click()
    page.go_back()
    assert is_whole()
    page.locator(".languages button", has_text="Tiếng Việt").click()
    page.wait_for_url("**lang=vi")
    assert page.locator("html").get_attribute("lang") == "vi"
    assert is_whole()
    page.locator("article.company a").first.click()
    page.go_back()
    assert is_whole()
    page.locator(".languages button", has_text="中文").click()
    page.wait_for_url("**lang=zh")
    page.go_back()
    assert is_whole()
    assert page.locator("html").get_attribute("lang") == "vi"
