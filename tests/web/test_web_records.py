"""Tables without positions on pages: as tables, on the sheets of places, in the API."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from web import read

from geo.schema.records import RECORDS
from webapp import record_words
from webapp.explore import records
from webapp.store import Store

pytest_plugins = ("web",)
BY_ID = pytest.mark.parametrize("table", [layer.id for layer in RECORDS])


def section(client: FlaskClient, site: str, title: str, **query: str) -> str:
    """Return the text of one folded table of a sheet; empty where there is none."""
    page = client.get(f"/sites/{site}", query_string=query).text
    for part in re.findall(r"<details.*?</details>", page, re.DOTALL):
        text = " ".join(re.sub(r"<[^>]+>", " ", part).split())
        if text.startswith(f"{title} "):
            return text
    return ""


@BY_ID
def test_a_table_is_a_page(app: Flask, client: FlaskClient, table: str) -> None:
    """Each record is a row, under heads that say what the columns are."""
    frame = app.extensions["zoneatlas"].layer(table)
    page = read(client, "/table", layer=table)
    assert f"{len(frame)} of {len(frame)}" in page.text
    assert len(page.rows) == len(frame) + 1
    assert len(page.rows[0]) == len(set(page.rows[0])) == len(page.rows[1])


@BY_ID
def test_a_table_is_a_collection_without_geometry(
    app: Flask, client: FlaskClient, table: str
) -> None:
    """The API gives each record with a geometry of null, by itself too; a box meets none."""
    frame = app.extensions["zoneatlas"].layer(table)
    answer = client.get(f"/ogc/collections/{table}/items?limit=1000&f=json").json
    assert answer is not None
    assert answer["numberMatched"] == len(frame)
    assert {feature["geometry"] for feature in answer["features"]} == {None}
    single = client.get(f"/ogc/collections/{table}/items/{frame.index[0]}?f=json").json
    assert single is not None
    assert single["geometry"] is None
    boxed = client.get(f"/ogc/collections/{table}/items?bbox=100,15,115,30&f=json").json
    assert boxed is not None
    assert boxed["numberMatched"] == 0
    assert client.get(f"/ogc/collections/{table}/items?f=html").status_code == 200


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"layer": "projects", "sector": "electronics", "province": "Quang Ninh"}, "Lite-On"),
        ({"layer": "projects", "kind": "programme"}, "1,033 key projects"),
        ({"layer": "costs", "kind": "land_rent"}, "112 USD/m² per term"),
        ({"layer": "costs", "q": "toll"}, "5,200 VND/vehicle-km"),
        ({"layer": "gate_traffic", "q": "友谊关"}, "637 vehicles/day"),
        ({"layer": "plants", "q": "Sông Khoai"}, "Samsong Vina"),
        ({"layer": "costs", "q": "lương tối thiểu", "lang": "vi"}, "5.310.000 VND/tháng"),
        ({"layer": "rules", "q": "无人机", "lang": "zh"}, "25,000米"),
        ({"layer": "contacts", "q": "Hải quan"}, "Customs of Mong Cai"),
    ],
)
def test_records_are_filtered_and_searched(
    client: FlaskClient, query: dict[str, str], text: str
) -> None:
    """By the words of a field, by the names of the place, in any language."""
    assert text in read(client, "/table", **query).text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_sheet_of_a_park_shows_what_belongs_to_it(client: FlaskClient) -> None:
    """Song Khoai: its nine projects and three plants, the board of Quang Ninh; not its name again;
    Dong Mai: its utilities, and whom to ask.
    """
    projects = section(client, "song-khoai-ip", "Projects")
    assert projects.startswith("Projects 9")
    assert "Lite-On" in projects
    assert "Amata" not in projects
    assert "Jinko Solar" in section(client, "song-khoai-ip", "Plants and suppliers")
    assert "(QEZA)" in section(client, "song-khoai-ip", "Public bodies")
    assert "(HEZA)" not in section(client, "song-khoai-ip", "Public bodies")
    utilities = section(client, "dong-mai-ip", "Utilities").replace("\N{NO-BREAK SPACE}", " ")
    assert "3,160 m³/day" in utilities
    assert "32 MVA" in utilities
    assert "DEEP C" in section(client, "bac-tien-phong-ip", "Public bodies")
    assert "DEEP C" not in section(client, "bach-dang-ip", "Public bodies")


@pytest.mark.parametrize(
    ("site", "rule", "fits"),
    [
        ("song-khoai-ip", "Minimum wages of 2026", True),
        ("song-khoai-ip", "Drones near the land border", False),
        ("hai-yen-ip", "Drones near the land border", True),
        ("song-khoai-ip", "Building in the border belt", False),
        ("china-thailand-chongzuo-ip", "Rewards for foreign investment in Guangxi", True),
        ("china-thailand-chongzuo-ip", "Minimum wages of 2026", False),
        ("song-khoai-ip", "E-visa for all nationalities", False),
    ],
)
def test_a_rule_stands_where_it_fits(client: FlaskClient, site: str, rule: str, fits: bool) -> None:
    """By country, province and distance from the border, and only for who runs or surveys a
    site.
    """
    assert (rule in section(client, site, "Rules")) == fits


def test_the_sheet_of_a_gate_shows_traffic_with_its_date(client: FlaskClient) -> None:
    """The gate's own counts come first, each with its time; those of all gates of the province
    follow and say so.
    """
    own = section(client, "mong-cai-bac-luan-2", "Traffic and waiting")
    assert "294 vehicles/day" in own.replace("\N{NO-BREAK SPACE}", " ")
    assert "Jan 1, 2025 – Feb 27, 2025" in own
    huu_nghi = section(client, "huu-nghi", "Traffic and waiting")
    assert huu_nghi.index("431,800") < 300
    assert "all gates of Lang Son" not in huu_nghi[:300]
    assert "1,500" not in huu_nghi[:600]
    chi_ma = section(client, "chi-ma", "Traffic and waiting")
    assert chi_ma.index("490–500") < chi_ma.index("all gates of Lang Son")
    assert section(client, "po-nhung", "Utilities") == ""


def test_a_place_without_records_has_no_empty_section(client: FlaskClient) -> None:
    """An airport that no table names shows no heading for records."""
    assert "Related records" not in read(client, "/sites/apt-cat-bi").headings


@BY_ID
def test_every_code_has_a_word(table: str) -> None:
    """What a field allows is called something, in each language."""
    from webapp.labels import CODES

    layer = next(layer for layer in RECORDS if layer.id == table)
    for field in layer.fields:
        for code in field.allowed:
            assert code in CODES or len(record_words.names(code)) >= 2, (field.name, code)


def test_notes_in_english_are_marked_as_such(client: FlaskClient) -> None:
    """What is not translated is read aloud in its own language."""
    page = client.get("/table?layer=projects&lang=vi").text
    assert '<span class="also" lang="en">' in page


def test_the_cells_of_an_unknown_value_are_empty(app: Flask) -> None:
    """Unknown is nothing, never zero and never “nan”."""
    store: Store = app.extensions["zoneatlas"]
    with app.test_request_context():
        for layer in RECORDS:
            for record in records.rows(store, layer, range(len(store.layer(layer.id)))):
                texts = [record.name, *(piece.text for cell in record.cells for piece in cell)]
                assert record.name, record.id
                assert not {"nan", "unknown", "<NA>", "0"} & {text.lower() for text in texts}


def test_a_place_is_called_as_its_readers_call_it(client: FlaskClient) -> None:
    """Where the place of a record is a city of the atlas, it has the city's name in each language;
    other places stay as they are written.
    """
    for language, name in {"en": "Mong Cai", "vi": "Móng Cái", "zh": "芒街"}.items():
        shown = read(client, "/table", layer="events", q="weekend clearance", lang=language)
        assert [row for row in shown.rows if name in row], language
    assert "Cat Hai and three other plants" in read(client, "/table", layer="plants").text
