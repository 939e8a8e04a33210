"""Investment projects on pages: on the map, on the sheet of a site, in a ranking, side by side, and
for the companies of a sheet."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from web import rewrite
from werkzeug.test import TestResponse

from geo import layers
from geo.siting import projects

pytest_plugins = ("web",)
SITE = "song-khoai-ip"


def part_of(page: str, part: str) -> str:
    """Return the section of this identifier; empty where there is none."""
    match = re.search(rf'<section[^>]*id="{part}".*?</section>', page, re.DOTALL)
    return match[0] if match else ""


def test_the_map_draws_each_place_once(app: Flask, client: FlaskClient) -> None:
    """Each project that is coming is counted at its place, which is a place of the atlas."""
    payload = client.get("/api/map/projects.json").get_json()
    rows = [dict(zip(payload["columns"], row, strict=True)) for row in payload["rows"]]
    keys = [row["id"] for row in rows]
    assert len(set(keys)) == len(keys)
    opened = app.extensions["zoneatlas"]
    frame = opened.layer("projects")
    placed = projects.located(frame[projects.coming(frame)], opened.layer)
    assert sum(row["count"] for row in rows) == len(placed)
    for row in rows:
        assert client.get(f"/sites/{row['id']}?part=sheet").status_code == 200
        lon, lat = (whole / payload["per_degree"] for whole in row["shape"])
        point = placed[placed["place"] == row["id"]].geometry.iloc[0]
        assert (lon, lat) == pytest.approx((point.x, point.y), abs=1e-5)


@pytest.mark.parametrize("lang", ["en", "vi", "zh"])
def test_a_sheet_names_what_is_coming(client: FlaskClient, lang: str) -> None:
    """Projects of the site itself stand first, with capital, status, source and date, and the
    sheet says what is left out."""
    page = client.get(f"/sites/{SITE}?part=sheet&lang={lang}").text
    shown = part_of(page, "coming")
    assert "Foxconn smart entertainment products" in shown
    assert "www.vietnam.vn" in shown
    assert "263" in shown
    here = {"en": "on this site", "vi": "ngay trong khu này", "zh": "就在本园区"}[lang]
    assert here in shown


def test_vehicles_and_years_count_anew(client: FlaskClient) -> None:
    """By car at least as many projects are near as by truck, for every site that is compared."""
    picks = "pick=song-khoai-ip&pick=dong-mai-ip&pick=bac-tien-phong-ip"

    def counts(profile: str) -> list[int]:
        page = client.get(f"/compare?{picks}&profile={profile}").text
        row = re.search(r"Projects within 30 min.*?</tr>", page, re.DOTALL)
        assert row
        cells = re.findall(r"<td[^>]*>(.*?)</td>", row[0], re.DOTALL)
        texts = [re.sub(r"<[^>]+>", " ", cell).split()[0] for cell in cells]
        return [int(text) for text in texts]

    car, truck = counts("car"), counts("truck")
    assert len(car) == len(truck) == 3
    assert all(by_car >= by_truck for by_car, by_truck in zip(car, truck, strict=True))
    assert max(truck) > 0


def test_a_card_counts_as_the_sheet_does(client: FlaskClient) -> None:
    """A card of a ranking states the number that its link leads to."""
    page = client.get("/rank?example=electronics&part=sheet").text
    cards = re.findall(r'<li class="site" data-site="([^"]+)">(.*?)</li>', page, re.DOTALL)
    counted = 0
    for site, card in cards:
        match = re.search(rf'href="/sites/{site}[^"]*#coming">(\d+)</a>', card)
        sheet = part_of(client.get(f"/sites/{site}?part=sheet").text, "coming")
        assert bool(match) == bool(sheet)
        if match:
            counted += 1
            in_all = re.search(r"(\d+) in all", sheet)
            assert int(match[1]) == (int(in_all[1]) if in_all else sheet.count("<li>"))
    assert counted


def send(client: FlaskClient, rows: str, path: str = "/match", **form: str) -> TestResponse:
    """Send a sheet of companies."""
    data = {"file": (io.BytesIO(rows.encode()), "sheet.csv"), **form}
    return client.post(path, data=data, content_type="multipart/form-data")


def test_a_company_sees_calls_of_its_sector(app: Flask, client: FlaskClient) -> None:
    """The page, the workbook and the JSON name the same calls: of the sector and province of the
    company, and none for one that states no sector."""
    rows = "company,sector,province\nCargo Ltd,logistics,Quang Ninh\nAny Ltd,,\n"
    frame = app.extensions["zoneatlas"].layer("projects")
    expected = projects.calling(frame, ["logistics"], (), ["Quang Ninh"])[:5]
    names = list(expected["name_en"])
    assert names
    page = send(client, rows).text
    cargo, other = page.split("Any Ltd", 1)
    for name in names:
        assert name.replace("&", "&amp;") in cargo
    assert "Projects calling for investors" in cargo
    assert "Projects calling for investors" not in other
    document = send(client, rows, "/match.json").get_json()
    assert [each["name"] for each in document["companies"][0]["projects_calling"]] == names
    assert document["companies"][1]["projects_calling"] == []
    book = openpyxl.load_workbook(io.BytesIO(send(client, rows, format="xlsx").data))
    sheet = [[cell.value for cell in row] for row in book["Projects"].iter_rows(min_row=2)]
    assert [row[2] for row in sheet] == names
    assert all(str(row[4]).startswith("http") for row in sheet)


def test_a_town_lists_its_projects(app: Flask, client: FlaskClient) -> None:
    """A project that only says in words where it is stands on the sheet of that town."""
    opened = app.extensions["zoneatlas"]
    placed = projects.located(opened.layer("projects"), opened.layer)
    towns = placed[placed["layer"] == "cities"]
    for key, town in towns["place"].items():
        page = client.get(f"/sites/{town}").text
        assert opened.layer("projects").loc[key, "name_en"].replace("&", "&amp;") in page


@pytest.mark.parametrize("left", ["none", "all elsewhere"])
def test_a_package_without_projects(
    make_app: Callable[..., Flask], tmp_path: Path, left: str
) -> None:
    """Without the table, or without a project that can be placed, the map offers no such layer,
    and nothing fails."""
    ignored = shutil.ignore_patterns("*.py", "__pycache__")
    folder = shutil.copytree(layers.bundled(), tmp_path / "data", ignore=ignored)
    if left == "none":
        (folder / "projects.csv").unlink()
    else:
        rewrite(
            folder / "projects.csv",
            lambda rows: [row | {"park": "", "port": "", "place": ""} for row in rows],
        )
    client = make_app(data=folder).test_client()
    assert '"projects":""' in client.get("/").text.replace(" ", "")
    assert client.get("/api/map/projects.json").get_json()["rows"] == []
    for path in (f"/sites/{SITE}?part=sheet", "/rank?part=sheet"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "Projects within" not in answer.text
    assert send(client, "company,sector\nA,logistics\n").status_code == 200
