"""What leaves the screen: codes on paper that are read back, sheets that carry their style, the
single file opened by its button.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from flask import Flask
from PIL import Image, ImageFilter
from screen import drawn
from web import Watch, serving

from geo import export, layers
from geo.visits import planner, trip_file
from webapp import charts, settings
from webapp.cli.main import main
from webapp.trips import answers

browsed = pytest.mark.browser

PUBLIC = "https://atlas.example"
EXAMPLES = sorted(trip_file.examples(layers.bundled()))
TWELVE = [
    *(
        "deep-c-hp1-ip",
        "nam-dinh-vu-ip",
        "trang-due-ip",
        "vsip-hai-phong",
        "dong-mai-ip",
        "song-khoai-ip",
    ),
    *(
        "texhong-hai-ha-ip",
        "hai-yen-ip",
        "viet-hung-ip",
        "cai-lan-ip",
        "bac-tien-phong-ip",
        "nam-tien-phong-ip",
    ),
]
PAPER = {"width": 794, "height": 1123}
"""A4 at 96 dots an inch."""
READABLE_MM = 0.33
"""Width of a module that phones read from paper."""


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """Compile the planner first, as `zoneatlas serve` does: no page waits that long."""
    planner.warm_up()


def twelve_stops() -> str:
    """Write the query of a trip of twelve stops over three days, each with hours and a length."""
    parks = layers.read(layers.bundled(), "parks")
    stops = [one for one in TWELVE if one in parks.index]
    stops += [one for one in parks.index[parks["country"] == "VN"] if one not in stops][
        : 12 - len(stops)
    ]
    days = [
        f"2026-12-{day}~07:00-18:30~begin:hai-phong~end:hai-phong,ha-long,mong-cai"
        for day in (15, 16, 17)
    ]
    given = [
        ("title", "Twelve stops in the north-east, with hours and lengths"),
        *(("day", one) for one in days),
    ]
    return urlencode(
        [
            *given,
            *(
                ("stop", f"{one}~visit:45 min~hours:Mo-Fr 08:00-11:30,13:30-17:00; PH off")
                for one in stops
            ),
        ]
    )


@pytest.fixture(scope="module")
def site(make_app: Any) -> Iterator[str]:
    """The app behind a public address; the pages are asked for at the one that this yields."""
    app: Flask = make_app()
    with serving(app) as url:
        app.extensions["zoneatlas"].public_url = PUBLIC
        yield url


def printed(browser: Any, address: str) -> tuple[Image.Image, list[float]]:
    """Draw a page as it is printed, at 192 dots an inch; with the widths of its codes in mm."""
    context = browser.new_context(viewport=PAPER, device_scale_factor=2, reduced_motion="reduce")
    page = context.new_page()
    page.emulate_media(media="print")
    page.goto(address)
    widths = page.eval_on_selector_all(
        "svg.qr", "codes => codes.map(one => one.getBoundingClientRect().width / 96 * 25.4)"
    )
    shot = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("L")
    context.close()
    return shot, widths


def decoded(shot: Image.Image) -> list[str]:
    """Read the codes of a picture that is a little out of focus, as a phone's is."""
    import zxingcpp

    blurred = shot.filter(ImageFilter.GaussianBlur(0.8))
    return [
        one.text for one in zxingcpp.read_barcodes(blurred, formats=zxingcpp.BarcodeFormat.QRCode)
    ]


# Codes --------------------------------------------------------------------------------------------


@browsed
@pytest.mark.parametrize("trip", [*EXAMPLES, "twelve stops"])
def test_the_code_of_a_day_sheet_is_read_from_paper(browser: Any, site: str, trip: str) -> None:
    """The code on the printed sheet is whole, leads to this very trip, and its modules are wide
    enough for a phone.
    """
    from playwright.sync_api import Error

    context = browser.new_context()
    page = context.new_page()
    page.goto(
        f"{site}/trip?{twelve_stops()}" if trip == "twelve stops" else f"{site}/trip?example={trip}"
    )
    query = page.url.partition("?")[2]
    context.close()
    shot, widths = printed(browser, f"{site}/trip/plan.sheet.html?{query}")
    texts = decoded(shot)
    assert len(texts) == len(widths) == 1
    assert texts[0].startswith(f"{PUBLIC}/trip?")
    again = browser.new_context().new_page()
    try:
        again.goto(site + texts[0].removeprefix(PUBLIC))
        assert again.locator(".stops > li").count() == (
            12 if trip == "twelve stops" else len(re.findall("stop=", query))
        )
    except Error as error:  # pragma: no cover
        raise AssertionError(f"The code leads nowhere: {error.message}") from None
    finally:
        again.context.close()
    assert widths[0] / modules(texts[0]) >= READABLE_MM
    assert widths[0] < 80


def modules(address: str) -> int:
    """Count the modules across the code of an address, its quiet zone included, by a drawing
    without a size.
    """
    import segno

    return int(segno.make(address, error="m").symbol_size(border=4)[0])


@browsed
def test_the_code_of_a_factsheet_is_read_from_paper(browser: Any, site: str) -> None:
    """The code leads to the page of the site, with all its quiet zone, at 28 mm."""
    shot, widths = printed(browser, f"{site}/sites/hai-yen-ip/factsheet?lang=vi")
    assert decoded(shot) == [f"{PUBLIC}/sites/hai-yen-ip?lang=vi"]
    assert widths == [pytest.approx(28, abs=0.2)]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("https://atlas.example", True),
        ("http://192.168.1.20:8000", True),
        ("http://[2001:db8::1]", True),
        ("http://127.0.0.1:8000", False),
        ("http://127.8.0.1", False),
        ("http://localhost:8000", False),
        ("http://[::1]:8000", False),
        ("http://0.0.0.0:8000", False),
        ("http://atlas.localhost", False),
    ],
)
def test_an_address_of_this_machine_gets_no_code(address: str, public: bool) -> None:
    """A phone opens none of the addresses by which a machine calls itself."""
    assert settings.is_public(address) == public
    assert (charts.code(f"{address}/trip?stop=hai-yen-ip") is not None) == public


@pytest.mark.parametrize(
    "path",
    [
        "/trip/plan.sheet.html?day=2026-12-01~07:30-18:00~begin:ha-long~end:ha-long&stop=dong-mai-ip",
        "/sites/hai-yen-ip/factsheet",
    ],
)
def test_no_code_without_a_public_address(make_app: Any, path: str) -> None:
    """Where nobody has set ZONEATLAS_PUBLIC_URL there is no code, and the day sheet says why, on
    the screen only.
    """
    without, with_ = (
        make_app(**config).test_client().get(path).text for config in ({}, {"PUBLIC_URL": PUBLIC})
    )
    assert 'class="qr"' not in without
    assert 'class="qr"' in with_
    assert ("ZONEATLAS_PUBLIC_URL" in without) == path.startswith("/trip")
    assert "ZONEATLAS_PUBLIC_URL" not in with_


def test_a_link_longer_than_any_code_gets_none(make_app: Any) -> None:
    """A trip whose link no code holds has a sheet that says so; the longest that one holds fits the
    paper.
    """
    client = make_app(PUBLIC_URL=PUBLIC).test_client()
    stops = "&".join(
        f"stop=107.{100 + n},21.3~name:{'long name ' * 9}{n}~must:no" for n in range(30)
    )
    page = client.get(
        f"/trip/plan.sheet.html?day=2026-12-01~07:30-18:00~begin:ha-long~end:ha-long&{stops}"
    ).text
    assert 'class="qr"' not in page
    assert "too long" in page
    longest = charts.code(PUBLIC.ljust(charts.CODE_LONGEST, "a"))
    assert longest is not None
    assert float(re.search(r'width="([\d.]+)mm"', longest)[1]) < 80  # type: ignore[index]


# Files that carry all they need -------------------------------------------------------------------


@browsed
@pytest.mark.parametrize("way", ["saved from the page", "written by the command line"])
def test_a_day_sheet_that_is_saved_keeps_its_style(
    browser: Any, site: str, tmp_path: Path, way: str
) -> None:
    """Opened from the disk it looks as it does on the page, asks for nothing, and lacks nothing."""
    path = tmp_path / "sheet.html"
    context = browser.new_context(viewport=PAPER, reduced_motion="reduce", service_workers="block")
    page = context.new_page()
    if way == "saved from the page":
        page.goto(f"{site}/trip?example={EXAMPLES[0]}")
        page.wait_for_selector(".take-along", timeout=30_000)
        with page.expect_download() as download:
            page.get_by_role("link", name="Save: Day sheet to print").click()
        download.value.save_as(path)
        assert download.value.suggested_filename == "zone-atlas-trip-en.sheet.html"
    else:
        done = CliRunner().invoke(
            main, ["trip", "export", EXAMPLES[0], "--format", "sheet.html", "-o", str(path)]
        )
        assert done.exit_code == 0, done.output
    looks = (
        "() => [...document.querySelectorAll('.sheet header, .at, .number')].slice(0, 40).map(one"
        " => getComputedStyle(one)).map(style => [style.fontSize, style.fontWeight, style.display,"
        " style.borderBottomWidth])"
    )
    page.goto(f"{site}/trip?example={EXAMPLES[0]}")
    page.goto(f"{site}/trip/plan.sheet.html?{page.url.partition('?')[2]}")
    there = page.evaluate(looks)
    context.close()
    offline = browser.new_context(viewport=PAPER, reduced_motion="reduce", offline=True)
    watch = Watch()
    page = watch.on(offline.new_page())
    page.goto(path.as_uri())
    assert page.evaluate(looks) == there
    assert len(there) > 20
    assert "grid" in {one[2].removeprefix("inline-") for one in there}
    assert watch.requests == [path.as_uri()]
    watch.quiet(path.as_uri())
    offline.close()


@browsed
@pytest.mark.parametrize("way", ["clicked", "saved"])
def test_the_single_file_opens_from_its_button_as_from_the_disk(
    browser: Any, site: str, tmp_path: Path, way: str
) -> None:
    """By a click on the button, and saved and opened offline, there are map, stops and style, and
    no breach of a policy.
    """
    from playwright.sync_api import expect

    context = browser.new_context(viewport=PAPER, reduced_motion="reduce", service_workers="block")
    watch = Watch()
    page = watch.on(context.new_page())
    page.goto(f"{site}/trip?example={EXAMPLES[1]}")
    page.wait_for_selector(".take-along", timeout=30_000)
    stops = page.locator("#plan tr.visit").count()
    if way == "clicked":
        page.get_by_role("link", name="One file for the phone", exact=True).click()
        page.wait_for_url("**/trip/plan.html?*")
        opened = page
    else:
        with page.expect_download() as download:
            page.get_by_role("link", name="Save: One file for the phone").click()
        path = tmp_path / "trip.html"
        download.value.save_as(path)
        opened = watch.on(
            browser.new_context(viewport=PAPER, reduced_motion="reduce", offline=True).new_page()
        )
        opened.goto(path.as_uri())
    expect(opened.locator("#map .stop-pin").first).to_be_visible()
    assert opened.locator("#map .stop-pin").count() > stops > 1
    assert (
        opened.evaluate("getComputedStyle(document.querySelector('.agenda')).borderCollapse")
        == "collapse"
    )
    assert (
        opened.evaluate("getComputedStyle(document.querySelector('.badge-ok')).borderRadius")
        == "10px"
    )
    left, right = opened.evaluate(
        "(box => [box.left, innerWidth -"
        " box.right])(document.querySelector('#plan').getBoundingClientRect())"
    )
    assert abs(left - right) <= 20, "the plan stands in the middle of the page"
    assert drawn(opened, "#dce6ec", 5000, near=4), "the sea of the base map"
    assert drawn(opened, "#f8f7f2", 5000, near=4), "its land"
    assert not watch.errors
    assert not [
        line
        for line in watch.console
        if "Content Security Policy" in line or line.startswith("error")
    ]
    opened.context.close()


def test_the_policy_of_the_single_file_allows_what_is_in_it_alone(make_app: Any) -> None:
    """No source but the hashes of its scripts and style; the other pages keep the policy of the
    app.
    """
    client = make_app().test_client()
    query = "day=2026-12-01~07:30-18:00~begin:ha-long~end:ha-long&stop=dong-mai-ip"
    policy = client.get(f"/trip/plan.html?{query}").headers["Content-Security-Policy"]
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert parts["default-src"] == "'none'"
    assert all(
        one.startswith("'sha256-")
        for name in ("script-src", "style-src")
        for one in parts[name].split()
    )
    assert "'unsafe-inline'" not in policy
    assert (
        "nonce-" in client.get(f"/trip/plan.sheet.html?{query}").headers["Content-Security-Policy"]
    )


# Types and calendars ------------------------------------------------------------------------------

ONE_DAY = (
    "day=2026-12-08~07:30-18:30~begin:mong-cai~end:mong-cai&stop=hai-yen-ip~visit:47"
    " min&stop=dongxing-border-ecz"
)
ANSWERS = (
    *(
        f"/download/{layer}.{one.extension}{'?epsg=32648' if one.needs_metres else ''}"
        for layer in ("parks", "gates", "policies")
        for one in export.FORMATS.values()
    ),
    *(f"/trip/plan.{ending}?{ONE_DAY}" for ending in answers.FILES),
    *(
        "/",
        "/data",
        "/table",
        "/rank",
        "/compare?pick=hai-yen-ip&pick=dong-mai-ip",
        "/match",
        "/match/template.xlsx",
        "/weights",
        "/planned",
    ),
    *(
        "/trip",
        f"/trip?{ONE_DAY}&whole=1",
        f"/trip/plan?{ONE_DAY}",
        "/sites/hai-yen-ip",
        "/sites/hai-yen-ip/factsheet",
    ),
    *(
        "/sites/hai-yen-ip/claims",
        "/access?lon=107&lat=21.5",
        "/api/map/parks.json",
        "/sw.js",
        "/favicon.ico",
    ),
    *(
        "/ogc",
        "/ogc?f=html",
        "/ogc/api",
        "/ogc/collections/parks/items?limit=1",
        "/ogc/nothing",
        "/nothing",
        "/rank?colour=red",
    ),
    *(f"/static/{name}" for name in ("app.css", "map.js", "icon.svg")),
)


def test_each_text_has_one_charset(make_app: Any) -> None:
    """Every download, page, style, script and error that is text names UTF-8 once, and nothing
    names a charset twice.
    """
    client = make_app().test_client()
    types = {}
    for address in ANSWERS:
        with client.get(address) as answer:
            types[address] = answer.headers.get("Content-Type", "")
    assert {"text/csv", "text/calendar", "text/html", "text/css", "text/javascript"} <= {
        one.split(";")[0] for one in types.values()
    }
    texts = {address: one for address, one in types.items() if one.startswith("text/")}
    assert {one.count("charset") for one in texts.values()} == {1}, texts
    assert not [one for one in types.values() if one.count("charset") > 1]


def test_a_calendar_has_the_minutes_of_the_page(make_app: Any) -> None:
    """Visits and gates begin and end in the calendar at the minutes that the page shows, and no
    event has seconds.
    """
    import icalendar

    client = make_app().test_client()
    page = client.get(f"/trip?{ONE_DAY}&whole=1").text
    events = icalendar.Calendar.from_ical(client.get(f"/trip/plan.ics?{ONE_DAY}").data).walk(
        "VEVENT"
    )
    assert len(events) >= 4
    assert not [one for one in events if one.start.second or one.end.second]
    rows = re.findall(
        r'<tr class="(visit|gate)".*?<td class="at">\s*<time[^>]*>([\d:]+)</time><span'
        r' class="until">([\d:]+)</span>',
        page,
        re.DOTALL,
    )
    hanoi = ZoneInfo("Asia/Ho_Chi_Minh")
    for kind, word in (("visit", "Visit"), ("gate", "Border gate")):
        of_kind = [one for one in events if str(one["summary"]).startswith(word)]
        assert [row[2] for row in rows if row[0] == kind] == [
            f"{one.end.astimezone(hanoi):%H:%M}" for one in of_kind
        ]
        if kind == "visit":
            assert [row[1] for row in rows if row[0] == kind] == [
                f"{one.start.astimezone(hanoi):%H:%M}" for one in of_kind
            ]
