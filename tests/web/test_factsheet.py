"""The page to take along: complete, in three languages, as a page and as PDF."""

from __future__ import annotations

import re
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from flask import Flask
from flask.testing import FlaskClient

from geo.errors import NotFoundError, UnavailableError
from geo.roads import access, within
from geo.roads.drive import Drive
from webapp import charts
from webapp.catalogues import LANGUAGES
from webapp.explore import factsheet, site_sheet

pytest_plugins = ("web",)
SITE = "texhong-hai-ha-ip"


@pytest.fixture(scope="module")
def public(make_app: Any) -> Flask:
    """The app at a public address, to which codes lead."""
    return make_app(PUBLIC_URL="https://atlas.example")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_factsheet_has_it_all(public: Flask, language: str) -> None:
    """Map, code, access, facts, policies and sources, in the language of the address; the code
    leads to the page of the site.
    """
    page = public.test_client().get(f"/sites/{SITE}/factsheet?lang={language}").text
    assert f'<html lang="{LANGUAGES[language].tag}">' in page
    assert page.count("<svg") == 4
    assert len(re.findall(r'<tr>\s*<th scope="row">', page)) > 15
    assert f"https://atlas.example/sites/{SITE}?lang={language}</title>" in page
    assert "Decision 33/2009" in page
    assert "investinquangninh.vn" in page


@pytest.mark.parametrize("site", ["mong-cai-bac-luan-2", "port-fangchenggang", "ha-noi"])
def test_every_place_has_one(client: FlaskClient, site: str) -> None:
    """Gates, ports and cities as well as parks."""
    assert client.get(f"/sites/{site}/factsheet").status_code == 200


def picture(app: Flask, drawn: charts.Locator | charts.Curve) -> str:
    """Draw a picture as a page does."""
    macros = app.jinja_env.get_template("_charts.html").module
    return str(getattr(macros, type(drawn).__name__.lower())(drawn))


def test_nowhere_has_none(client: FlaskClient) -> None:
    """404 for a site that is not there, 400 for a parameter that is not known."""
    assert client.get("/sites/nowhere/factsheet").status_code == 404
    assert client.get("/sites/nowhere/factsheet.pdf").status_code == 404
    assert client.get(f"/sites/{SITE}/factsheet?colour=red").status_code == 400


def test_the_map_shows_what_is_near_and_nothing_far(app: Flask) -> None:
    """Marks lie inside the picture, and names do not come out of the data as markup."""
    with app.test_request_context("/"):
        drawn = picture(app, charts.locator(app.extensions["zoneatlas"], (107.735, 21.392)))
    marks = [
        (float(x), float(y))
        for x, y in re.findall(r'<rect x="([\d.-]+)" y="([\d.-]+)" width="8"', drawn)
    ]
    assert len(marks) > 5
    assert all(0 <= x <= charts.WIDTH and 0 <= y <= charts.HEIGHT for x, y in marks)
    assert "Bac Phong Sinh" in drawn
    assert "Lao Cai" not in drawn


MEDIA_BOX = re.compile(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)")
A4 = {(595, 842), (596, 842), (595, 841)}
"""Of a page, in points, as WeasyPrint and browsers round it."""


def streams(pdf: bytes) -> Iterator[bytes]:
    """Read what a PDF holds compressed, such as the pages themselves since version 1.5."""
    for start in re.finditer(rb"stream\r?\n", pdf):
        try:
            yield zlib.decompressobj().decompress(pdf[start.end() :])
        except zlib.error:  # the end of a stream, or a picture
            continue


def test_a_pdf_is_made_where_a_browser_is(client: FlaskClient) -> None:
    """A4, of at most three pages, named after the site and the language."""
    if not any(shutil.which(name) for name in factsheet.BROWSERS):
        pytest.skip("no browser")
    answer = client.get(f"/sites/{SITE}/factsheet.pdf?lang=vi")
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF")
    assert f"zone-atlas-{SITE}-vi.pdf" in answer.headers["Content-Disposition"]
    sizes = MEDIA_BOX.findall(answer.data) or [
        size for stream in streams(answer.data) for size in MEDIA_BOX.findall(stream)
    ]
    assert 1 <= len(sizes) <= 3
    assert {tuple(round(float(side)) for side in size) for size in sizes} <= A4


def test_without_a_browser_it_says_so(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence, not an error page of the server; the page itself is still there."""
    monkeypatch.setattr(factsheet, "find_spec", lambda _: None)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    answer = client.get(f"/sites/{SITE}/factsheet.pdf")
    assert answer.status_code == 404
    assert "Print the page instead" in answer.get_data(as_text=True)


def test_a_browser_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while it is given up, with a sentence."""
    slow = tmp_path / "chromium"
    slow.write_text("#!/bin/sh\nexec sleep 30\n")
    slow.chmod(0o755)
    monkeypatch.setattr(factsheet, "find_spec", lambda _: None)
    monkeypatch.setattr(shutil, "which", lambda _: str(slow))
    monkeypatch.setattr(factsheet, "TIMEOUT_S", 0.3)
    from webapp import create_app

    with create_app({}).test_request_context("/"), pytest.raises(UnavailableError):
        factsheet.make_pdf("<p>hello")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with create_app({}).test_request_context("/"), pytest.raises(NotFoundError):
        factsheet.make_pdf("<p>hello")


def test_a_sheet_of_a_place_at_the_end_of_the_world(app: Flask) -> None:
    """Far from all land and roads the map is empty, and is drawn."""
    with app.test_request_context("/"):
        drawn = picture(app, charts.locator(app.extensions["zoneatlas"], (-170.0, 60.0)))
    assert "<circle" in drawn


# The access profile


def columns(page: str) -> list[list[str]]:
    """Return minutes, people and parks of the table beside the curves, without the signs between
    thousands.
    """
    table = page[page.index('class="within"') :]
    cells = re.findall(
        r">([\d.,]+)</t[hd]>", table[table.index("<thead>") : table.index("</table>")]
    )
    plain = [cell.replace(",", "").replace(".", "") for cell in cells]
    return [plain[at : at + 6] for at in range(0, 18, 6)] if len(plain) == 18 else [plain]


@pytest.mark.parametrize("profile", ["car", "truck"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_says_what_the_library_counts(
    app: Flask, client: FlaskClient, language: str, profile: str
) -> None:
    """People by car and parks by the vehicle, at six travel times, are those of the library, in
    every language, and the park does not count itself.
    """
    opened = app.extensions["zoneatlas"]
    parks, drive = opened.layer("parks"), Drive(profile=profile)
    limits = [60.0 * minutes for minutes in (15, 30, 60, 90, 120, 180)]
    here = parks.loc[[SITE]]
    people = within.people_within(
        opened.roads(drive), here, opened.population(), limits, profile="car"
    ).loc[SITE]
    time = access.time_matrix(opened.roads(drive), here, parks, profile=profile)
    time = time.loc[SITE].drop(SITE)
    path = f"/sites/{SITE}/factsheet?profile={profile}&lang={language}"
    assert columns(client.get(path).get_data(as_text=True)) == [
        ["15", "30", "60", "90", "120", "180"],
        [f"{count:.0f}" for count in people],
        [str(int((time <= limit).sum())) for limit in limits],
    ]
    assert 0 < people[limits[2]] < people[limits[5]]


@pytest.mark.parametrize("closed", [(), ("mong-cai-bac-luan-2",)])
@pytest.mark.parametrize("profile", ["car", "truck"])
def test_point_20_one_park_alone_or_all_at_once_are_the_same(
    app: Flask, closed: tuple[str, ...], profile: str
) -> None:
    """What the page of a park says is what the library says of many parks at once, of people by
    car; by another name the park counts itself.
    """
    opened = app.extensions["zoneatlas"]
    parks, drive = opened.layer("parks"), Drive(profile=profile, closed=closed)
    many = parks.iloc[::10]
    for name, places, amount, vehicle in (
        ("people", opened.population(), "population", "car"),
        ("parks", parks, None, profile),
    ):
        table = within.profile_within(
            opened.roads(drive), many, places, amount=amount, profile=vehicle
        )
        for key in many.index:
            steps = table[table["from_id"] == key].set_index("travel_time_s")["reached"]
            pd.testing.assert_series_equal(opened.reached(parks.loc[[key]], drive)[name], steps)
    here = parks.loc[[SITE]]
    renamed = opened.reached(here.rename(index={SITE: "point"}), drive)
    assert renamed["parks"].iloc[-1] == opened.reached(here, drive)["parks"].iloc[-1] + 1


@pytest.mark.parametrize("closed", [(), ("mong-cai-bac-luan-2",)])
def test_people_are_the_same_in_the_list_and_on_the_sheet(
    app: Flask, closed: tuple[str, ...]
) -> None:
    """Within the hour, whatever vehicle is chosen, and never more where a gate is closed."""
    opened = app.extensions["zoneatlas"]
    parks, truck = opened.layer("parks"), Drive("truck", closed=closed)
    listed = opened.sites(truck)["people_60min"]
    by_car = opened.sites(Drive("car", closed=closed))["people_60min"]
    pd.testing.assert_series_equal(listed, by_car)
    for key in ("hai-yen-ip", "dongxing-border-ecz", *parks.index[::20]):
        people = opened.reached(parks.loc[[key]], truck)["people"]
        assert site_sheet.at(people, 3600.0) == pytest.approx(listed[key], nan_ok=True)
    known = listed.notna()
    assert (listed[known] <= opened.sites(Drive())["people_60min"][known]).all()


def test_point_20_a_page_asks_for_one_park_only(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page of a site grows with the number of parks, not with its square: what is reached is
    asked from that site alone.
    """
    asked: list[int] = []
    steps = within.steps

    def count(network: Any, origins: Any, *places: Any, **more: Any) -> Any:
        asked.append(len(origins))
        return steps(network, origins, *places, **more)

    monkeypatch.setattr(within, "steps", count)
    for site in (SITE, "van-don-ez"):
        assert client.get(f"/sites/{site}?profile=car&pace=bad").status_code == 200
    assert asked == [1, 1, 1, 1]  # no page that was kept for another test


def test_a_curve_steps_where_its_numbers_do(app: Flask) -> None:
    """Nobody at first, 10 after an hour, 15 after two: of an axis to 20 that is a half and three
    quarters of the height; later is cut.
    """
    steps = pd.Series([0.0, 10, 15, 99], index=[0.0, 3600, 7200, 10_801])
    with app.test_request_context("/"):
        drawn = picture(app, charts.curve("People", steps, 180))
    left, right, foot = (
        charts.LEFT,
        charts.CURVE_WIDTH - charts.RIGHT,
        charts.CURVE_HEIGHT - charts.BOTTOM,
    )
    height = foot - charts.TOP
    x, y = (
        [round(left + (right - left) * part, 1) for part in (0, 1 / 3, 2 / 3)],
        [foot - height * part for part in (0, 0.5, 0.75)],
    )
    path = f"M{left} {foot}V{y[0]:g}H{x[1]:g}V{y[1]:g}H{x[2]:g}V{y[2]:g}H{right}"
    assert f'd="{path}" fill="none"' in drawn
    assert re.findall(r'text-anchor="end">([^<]+)<', drawn) == ["0", "10", "20"]
    assert re.findall(r'text-anchor="middle">(\d+)<', drawn) == [
        "0",
        "30",
        "60",
        "90",
        "120",
        "150",
        "180",
    ]
    assert ' aria-label="People: 15 within 180 min"' in drawn
    assert "stroke-dasharray" not in drawn


@pytest.mark.parametrize(
    ("most", "top"),
    [
        (0, 2),
        (0.5, 2),
        (1, 2),
        (2, 2),
        (3, 4),
        (10, 10),
        (11, 20),
        (41, 60),
        (3_509_984, 4e6),
        (9e6, 10e6),
        (10_000_001, 2e7),
    ],
)
def test_an_axis_ends_at_a_round_number(most: float, top: float) -> None:
    """Never below the most there is, and with a half that is whole."""
    assert charts._round_up(most) == top


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "20 million"), ("vi", "20 triệu"), ("zh", "2000万")]
)
def test_round_numbers_are_written_as_the_language_has_them(
    app: Flask, language: str, sentence: str
) -> None:
    """Large numbers by the words of the language."""
    with app.test_request_context(f"/?lang={language}"):
        assert charts._short(2e7) == sentence


def test_where_no_road_leads_there_is_no_curve(client: FlaskClient) -> None:
    """At sea there is the sentence and no picture; on land both curves, with their table."""
    sea = client.get("/access?lon=108.3&lat=20.5").get_data(as_text=True)
    land = client.get("/access?lon=107&lat=21.5").get_data(as_text=True)
    assert "curve" not in sea
    assert "so no road leads there" in sea
    assert land.count('<svg class="curve"') == 2
    assert land.count('<table class="within">') == 1
