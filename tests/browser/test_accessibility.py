"""Axe on every page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from screen import (
    CROWDED,
    DESK,
    PHONE,
    SITE,
    ready,
)

from webapp.catalogues import LANGUAGES

pytestmark = pytest.mark.browser

CLAIMS = (
    "30 km from Mong Cai gate, 45 minutes to Hai Phong port, within 2 hours of Hanoi. 5 km from"
    " Nowhere. 1 km to Ha Long bay"
)

PAIRS = (
    "criterion=gate&criterion=port&criterion=people"
    "&pair=gate:port:5&pair=port:people:5&pair=gate:people:-5"
)

KINDS = (
    "/",
    f"/?site={SITE}",
    "/table?country=VN&q=hai",
    "/data",
    "/rank?example=automobile",
    f"/compare?pick={SITE}&pick=dong-mai-ip",
    f"/cost?pick={SITE}&pick=dong-mai-ip&r_wage=350-400&own=dong-mai-ip:water:0.5",
    "/chain?place=supplier~107.97,21.6~A~40&place=port~port-lach-huyen-hict~~600t",
    f"/shortlist?pick={SITE},dong-mai-ip,gone",
    f"/where?w_port=50&w_gate=30&max_city=60&site={SITE}",
    f"/sites/{SITE}",
    f"/sites/{SITE}/factsheet",
    f"/sites/{SITE}/claims?{urlencode({'text': CLAIMS})}",
    "/planned?year=2030&wait=1",
    f"/trip?{CROWDED}&whole=1",
    f"/trip/plan.sheet.html?{CROWDED}",
    f"/weights?{PAIRS}",
    "/match?closed=huu-nghi&year=2030",
)
"""A page of each kind, which is tested in every set-up."""

ALSO = (
    "/?at=108.2,20.2",
    "/table?layer=policies",
    "/nothing",
    "/rank?edited=1&min_area=400000&drop=min_area&w_gate=1",
    "/sites/mong-cai-bac-luan-2?closed=huu-nghi&year=2030",
    "/access?lon=106.68&lat=20.86",
    "/trip",
    "/shortlist",
    f"/trip/plan.html?{CROWDED}",
    "/weights",
)
"""Pages of these kinds with other parts, which are tested once."""

OGC = ("/ogc?f=html", "/ogc/collections/parks/items?f=html&limit=20", "/ogc/api?f=html")
"""Pages for programmers, which are in English."""

COMPANIES = {
    "article.company": "company;area;country;max_gate_min\nAn Phát;5;VN;120\n联想;5000;CN;\n",
    "[role=alert]": "company;area\n;x\n",
}
"""Sheets that are matched and refused, by what the page then shows."""

RUN = """colours => axe.run({ exclude: [[".item:nth-child(n+9)"], ["tbody tr:nth-child(n+9)"]] },
    { resultTypes: ["violations"], rules: { "color-contrast": { enabled: colours } } })
    .then(found => found.violations.map(rule =>
    [rule.id, rule.nodes.slice(0, 3).map(node => [node.target, node.failureSummary])]))"""
"""Rows beyond the first of a long list or table are made as those are."""

OPEN_DETAILS = """document.querySelectorAll('details').forEach((details, i) => {
    if (i < 4) details.open = true; })"""


def has_axe(page: Any) -> Any:
    """Bring axe into a page that has been opened."""
    from axe_playwright_python.base import AXE_SCRIPT

    page.evaluate(AXE_SCRIPT)
    return page


@pytest.mark.parametrize(
    ("language", "sizes", "pages"),
    [
        ("en", (DESK, PHONE), KINDS),
        ("en", (DESK,), (*ALSO, *OGC)),
        ("vi", (PHONE,), KINDS),
        ("zh", (DESK,), KINDS),
    ],  # what depends on the size does not on the language
    ids=["en-kinds", "en-also", "vi-phone", "zh-desk"],
)
def test_axe_finds_nothing(
    browser: Any,
    site: str,
    language: str,
    sizes: tuple[dict[str, int], ...],
    pages: tuple[str, ...],
) -> None:
    """Axe finds no violation of WCAG 2.2 AA or of good practice, with filters and details open.

    Colours, which take most of the time, are looked at in English, at each size: they do not depend
    on the language.
    """
    context = browser.new_context(bypass_csp=True, reduced_motion="reduce")
    page, faults = context.new_page(), {}

    def check(shown: str) -> None:
        has_axe(page)
        for size in sizes:
            page.set_viewport_size(size)
            faults[shown, size["width"]] = page.evaluate(RUN, language == "en")

    for path in pages:
        page.set_viewport_size(sizes[0])
        page.goto(f"{site}{path}{'&' if '?' in path else '?'}lang={language}")
        if path == "/" or path.startswith("/?"):
            ready(page)
        if path not in OGC:
            assert page.locator("html").get_attribute("lang") == LANGUAGES[language].tag
        if path != "/ogc/api?f=html":
            page.evaluate(OPEN_DETAILS)
        check(path)
    for shown, text in COMPANIES.items() if pages == KINDS else ():
        page.goto(f"{site}/match?lang={language}")
        page.set_input_files(
            "input[name=file]", {"name": "x.csv", "mimeType": "text/csv", "buffer": text.encode()}
        )
        page.locator(".sheet-form button").first.click()
        page.wait_for_selector(shown)
        check(shown)
    context.close()
    assert not {name: rules for name, rules in faults.items() if rules}
