"""Where the facts of a site come from, in the reader's words."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from web import read

from geo import layers

pytest_plugins = ("web",)


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", "28.2 % web source in 2023; basis of the figure"),
        ("vi", "28,2 % đọc trên trang"),
        ("zh", "28.2 % 网页所载"),
    ],
)
def test_a_source_stands_beside_its_value(client: FlaskClient, lang: str, words: str) -> None:
    """The share that was let in Song Khoai names page, date and what was divided."""
    page = client.get("/sites/song-khoai-ip", query_string={"lang": lang}).text
    fact = next(part for part in page.split("<dd>") if "theinvestor.vn</a>" in part)
    assert 'href="https://theinvestor.vn/quang-ninh-province-aims' in fact
    assert "2023" in fact
    assert "132.5 ha let of 470 ha leasable" in fact
    shown = read(client, "/sites/song-khoai-ip", lang=lang).text.replace("\N{NO-BREAK SPACE}", " ")
    assert words.split(" ")[0] in shown


def test_of_many_pages_nobody_knows_which(client: FlaskClient) -> None:
    """Where a row names five pages and none of them is known to be that of a value, the sheet says
    so, and no address stands beside it.
    """
    page = client.get("/sites/song-khoai-ip").text
    area = page.split("<dt>Area</dt>")[1].split("</div>")[0]
    assert "some of the 5 sources below" in area
    assert "href" not in area


def test_the_position_and_the_zone_name_their_sources(client: FlaskClient) -> None:
    """What no line of the facts shows stands with the sources; a zone by its name."""
    text = read(client, "/sites/song-khoai-ip", lang="en").text
    assert "Position: unverified" in text
    assert "Part of: web source investinquangninh.vn , 2020: Quang Yen" in text
    measured = read(client, "/sites/nam-son-hap-linh-ip", lang="en").text
    assert "way/1265422032" in measured
    assert "centre of the way" in measured


def test_the_factsheet_names_the_sources_too(client: FlaskClient) -> None:
    """On paper an address is its host."""
    text = read(client, "/sites/song-khoai-ip/factsheet", lang="en").text
    assert "theinvestor.vn , Dec 2023" in text
    assert "Position: unverified" in text


def test_a_gate_and_a_port_name_theirs(client: FlaskClient) -> None:
    """The hours of Chi Ma have a page of 2019, the ships of Lach Huyen 5–6 one of 2025."""
    assert "banqlktck.langson.gov.vn , Jul 2019" in read(client, "/sites/chi-ma", lang="en").text
    assert (
        "vietnamnews.vn , Apr 5, 2025" in read(client, "/sites/port-lach-huyen-56", lang="en").text
    )


def test_no_sheet_shows_a_code(client: FlaskClient) -> None:
    """The notes of the researcher have become rows; no page shows them raw."""
    raw = re.compile(r"\b(?:occ|pos|est)\b:|:(?:page|code|memory)\b|\ball:")
    table = layers.read(layers.bundled(), "provenance")
    assert not table["notes"].dropna().str.contains(raw).any()
    for site in table["row_id"][table["layer"] == "parks"].unique()[:60:7]:
        assert not raw.search(read(client, f"/sites/{site}", lang="en").text)


def test_the_table_is_a_page_and_a_download(client: FlaskClient) -> None:
    """A row names place, layer and field in words, and the export the identifiers."""
    page = read(client, "/table", layer="provenance", q="chi-ma", lang="en").text
    assert "Chi Ma Border gates Opening hours in general" in page
    answer = client.get("/download/provenance.csv?q=chi-ma").text
    rows = list(csv.DictReader(io.StringIO(answer.removeprefix("\ufeff"))))
    assert ("gates", "chi-ma", "opening_hours") in {
        (row["layer"], row["row_id"], row["field"]) for row in rows
    }
    features = client.get("/ogc/collections/provenance/items?limit=1").get_json()["features"]
    assert features[0]["properties"]["field"]


def test_a_row_that_names_nothing_breaks_no_page(
    make_app: Callable[..., Flask], toy: Path, tmp_path: Path
) -> None:
    """Its faults are listed by the check; the pages show it as it is written."""
    folder = shutil.copytree(toy, tmp_path / "toy")
    (folder / "provenance.csv").write_text(
        "id,layer,row_id,field,accuracy,source,source_kind\n"
        "one,nowhere,west-park,area_ha,5,made up,page\n"
        "two,parks,nobody,area_ha,,made up,page\n"
        "three,parks,west-park,nothing,,made up,page\n"
        "four,policies,tax-holiday,position,,made up,page\n"
        "five,parks,west-park,position,5,made up,page\n",
        encoding="utf-8",
    )
    client = make_app(folder).test_client()
    for path in ("/sites/west-park", "/data", "/table", "/sites/west-park/factsheet"):
        assert client.get(path).status_code == 200, path
    page = read(client, "/table", layer="provenance", lang="en").text
    assert "nowhere" in page
    assert "West Park Industrial parks and zones Position 5 m" in page
