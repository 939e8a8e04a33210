"""The Vietnamese and Chinese names of districts and corridors: written as their countries write
them, shown in the language of the page, found and taken along."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from functools import partial
from pathlib import Path

import geopandas as gpd
import pytest
from flask.testing import FlaskClient
from web import read

from geo import layers

pytest_plugins = ("web",)
FOLDER = Path(__file__).parents[2] / "data"
HAN = r"[\u4e00-\u9fff]"
UNITS = {
    "en": ("city", "town", "former"),
    "vi": ("thanh pho", "thi xa", "cu"),
}
"""Words beside the names of the districts of Viet Nam."""
GENERIC = {
    *("expressway", "road", "national", "railway", "and", "bridge", "branch", "main", "line"),
    *("phase", "standard", "gauge", "port", "park", "industrial", "stalled"),
}
"""English words beside names of places, in the corridors of Viet Nam."""


@pytest.fixture(scope="module")
def parks() -> gpd.GeoDataFrame:
    """The parks whose district is known."""
    frame = layers.read(FOLDER, "parks")
    return frame[frame["district"].notna()]


@pytest.fixture(scope="module")
def corridors() -> gpd.GeoDataFrame:
    """The layer of corridors."""
    return layers.read(FOLDER, "corridors")


@pytest.fixture(scope="module")
def cities() -> gpd.GeoDataFrame:
    """Cities, whose names have been there for long."""
    return layers.read(FOLDER, "cities")


def plain(text: str) -> str:
    """Write a text without marks, case and punctuation."""
    split = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    letters = "".join(char for char in split if not unicodedata.combining(char))
    return " ".join(re.findall(r"\w+", letters))


def bare(text: str, language: str) -> str:
    """Write the name of a district of Viet Nam plainly, without words for units."""
    folded = f" {plain(text)} "
    for word in UNITS[language]:
        folded = re.sub(rf" {word}(?= )", "", folded)
    return folded.strip()


def parts(text: str) -> list[str]:
    """Split the cell of several districts."""
    return text.split("; ")


# What the data say


def test_every_vietnamese_district_is_the_english_one_with_its_marks(
    parks: gpd.GeoDataFrame,
) -> None:
    """Without marks and units the two are the same, name by name; each has a mark."""
    vietnam = parks[parks["country"] == "VN"]
    pairs = [
        pair
        for english, own in zip(vietnam["district"], vietnam["district_vi"], strict=True)
        for pair in zip(parts(english), parts(own), strict=True)
    ]
    assert [(a, b) for a, b in pairs if bare(a, "en") != bare(b, "vi")] == []
    assert [b for _, b in pairs if b.isascii()] == []


def test_chinese_districts_have_their_unit_and_another_name_in_vietnamese(
    parks: gpd.GeoDataFrame,
) -> None:
    """Each is called a city, county, district or prefecture; none is left in English."""
    china = parks[parks["country"] == "CN"]
    for row in china.itertuples():
        count = len(parts(row.district))
        assert len(parts(row.district_vi)) == len(parts(row.district_zh)) == count, row.Index
        assert all(re.fullmatch(f"{HAN}+[市县区州]", name) for name in parts(row.district_zh))
        assert not set(parts(row.district)) & set(parts(row.district_vi)), row.Index
    one_name = {
        (a, b): None
        for english, own in zip(china["district"], china["district_zh"], strict=True)
        for a, b in zip(parts(english), parts(own), strict=True)
    }
    assert len(one_name) == len({a for a, _ in one_name}) == len({b for _, b in one_name})


def test_a_chinese_district_name_is_chinese(parks: gpd.GeoDataFrame) -> None:
    """It holds nothing but characters and their brackets; few are unknown."""
    known = parks["district_zh"].dropna()
    assert all(re.fullmatch(f"{HAN}+(（{HAN}+）)?", name) for cell in known for name in parts(cell))
    counts, wanted = (own.map(parts).map(len) for own in (known, parks["district"]))
    assert counts.equals(wanted[known.index])
    assert len(known) > 0.95 * len(parks)


@pytest.mark.parametrize("language", ["vi", "zh"])
def test_a_town_is_called_alike_wherever_it_stands(
    parks: gpd.GeoDataFrame,
    corridors: gpd.GeoDataFrame,
    cities: gpd.GeoDataFrame,
    language: str,
) -> None:
    """A district and a corridor write the name of a city as the layer of cities does."""
    met = 0
    for city in cities.itertuples():
        own = re.split("[（(]", getattr(city, f"name_{language}"))[0].strip()
        english = re.compile(rf"\b{re.escape(city.name_en)}\b")
        for frame, column, stem in (
            (parks, "district", f"district_{language}"),
            (corridors, "name_en", f"name_{language}"),
        ):
            named = frame[frame[column].str.contains(english) & frame[stem].notna()]
            met += len(named)
            assert [row for row in named[stem] if own not in row] == [], city.name_en
    assert met > 150


def test_vietnamese_corridors_name_the_places_that_the_english_do(
    corridors: gpd.GeoDataFrame,
) -> None:
    """Each syllable of the English name that is part of a name is in the Vietnamese one, without
    its marks.
    """
    vietnam = corridors[corridors["country"] == "VN"]
    for row in vietnam.itertuples():
        wanted = plain(row.name_en.replace("Hanoi", "Ha Noi")).split()
        there = set(plain(row.name_vi).split())
        assert {word for word in wanted if word not in GENERIC} - there == set(), row.Index


def test_every_corridor_has_a_vietnamese_and_nearly_every_one_a_chinese_name(
    corridors: gpd.GeoDataFrame,
) -> None:
    """Names are in their own script: marks in the one, characters and numbers in the other."""
    assert corridors["name_vi"].notna().all()
    assert not corridors["name_vi"].map(str.isascii).any()
    chinese = corridors["name_zh"].dropna()
    assert chinese.map(lambda name: re.fullmatch(rf"(\d+[A-C]?|{HAN}|[—（），／])+", name)).all()
    assert corridors.loc[corridors["country"] == "CN", "name_zh"].notna().all()
    assert len(chinese) >= 0.95 * len(corridors)
    assert chinese.is_unique
    assert corridors["name_vi"].is_unique


# What the pages say


@pytest.mark.parametrize(
    ("lang", "shown"),
    [
        ("vi", "Huyện cũ Móng Cái, Hải Hà"),
        ("zh", "原县级单位 芒街市、海河县"),
        ("zh-Hant", "芒街市、海河縣"),
        ("en", "Former district Mong Cai, Hai Ha"),
    ],
)
def test_a_sheet_names_districts_in_its_language(
    client: FlaskClient, lang: str, shown: str
) -> None:
    """So does the fact sheet, of which the sheet is a part."""
    assert shown in read(client, "/sites/mong-cai-bgez", lang=lang).text
    assert shown in read(client, "/sites/mong-cai-bgez/factsheet", lang=lang).text


def test_where_no_chinese_name_is_known_a_page_shows_the_english_one(client: FlaskClient) -> None:
    """The rest of the sheet stays as it is."""
    assert "原县级单位 Song Cong" in read(client, "/sites/song-cong-1-ip", lang="zh").text


@pytest.mark.parametrize("lang", ["vi", "zh"])
def test_planned_corridors_are_named_in_the_language_of_the_page(
    client: FlaskClient, corridors: gpd.GeoDataFrame, lang: str
) -> None:
    """The years of opening, what changes, and both files call each corridor by its own name and
    never by the English one.
    """
    rows = corridors[(corridors["status"] != "operating") & (corridors["kind"] != "waterway")]
    query = {"year": 2030, "lang": lang}
    page = read(client, "/planned", wait=1, **query).text
    answer = client.get("/planned.json", query_string=query).get_json()
    files = {corridor["id"]: corridor["name"] for corridor in answer["corridors"]}
    assert set(files) == set(rows.index)
    for row in rows.itertuples():
        own = getattr(row, f"name_{lang}")
        assert own in page
        assert row.name_en not in page
        assert files[row.Index].endswith(own)
    used = {name for change in answer["changes"] for name in change["planned"]}
    assert used
    assert used <= set(files.values())


def test_the_map_names_a_corridor_in_every_language(
    client: FlaskClient, corridors: gpd.GeoDataFrame
) -> None:
    """What it gets of the corridors has their names, unknown ones as null."""
    drawn = client.get("/api/map/corridors.json").get_json()
    rows = [dict(zip(drawn["columns"], row, strict=True)) for row in drawn["rows"]]
    for name in ("name_en", "name_vi", "name_zh"):
        shown = {row["id"]: row[name] for row in rows if row[name] is not None}
        assert shown == corridors[name].dropna().to_dict()


def test_what_a_site_is_found_by_comes_with_the_index(
    client: FlaskClient, parks: gpd.GeoDataFrame
) -> None:
    """Every district is there in each language, and not among what the map draws first."""
    first = set(client.get("/api/map/parks.json").get_json()["columns"])
    found_by = client.get("/api/search.json").get_json()["found_by"]
    for name in ("district", "district_vi", "district_zh"):
        assert name not in first
        known = parks[name].dropna()
        assert {key: row[name] for key, row in found_by.items() if name in row} == known.to_dict()


# What search finds


@pytest.mark.parametrize(
    ("typed", "column", "part"),
    [
        ("Hải Hà", "district_vi", "Hải Hà"),
        ("hai ha", "district_vi", "Hải Hà"),
        ("thành phố Lào Cai", "district_vi", "thành phố Lào Cai"),
        ("Bằng Tường", "district_vi", "Bằng Tường"),
        ("东兴", "district_zh", "东兴市"),
        ("東興市", "district_zh", "东兴市"),
        ("海河县", "district_zh", "海河县"),
    ],
)
def test_a_district_is_found_in_every_script(
    client: FlaskClient, parks: gpd.GeoDataFrame, typed: str, column: str, part: str
) -> None:
    """All parks of the district are among the hits."""
    hits = {link.href for link in read(client, "/table", q=typed).links}
    wanted = parks.index[parks[column].fillna("").str.split("; ").map(lambda own: part in own)]
    assert len(wanted)
    assert {f"/sites/{key}" for key in wanted} <= {href.partition("?")[0] for href in hits}


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Hữu Nghị Quan", "Nanning - Youyiguan expressway"),
        ("南宁 友谊关高速", "Nanning - Youyiguan expressway"),
        ("quoc lo 18", "National Road 18, Noi Bai - Ha Long - Mong Cai"),
        ("平陸運河", "Pinglu canal"),
    ],
)
def test_a_corridor_is_found_by_its_own_name(client: FlaskClient, typed: str, shown: str) -> None:
    """In the table of corridors."""
    assert shown in read(client, "/table", layer="corridors", q=typed, lang="en").text


# What is taken along


@pytest.mark.parametrize(
    ("layer", "names"),
    [("parks", ("district_vi", "district_zh")), ("corridors", ("name_vi", "name_zh"))],
)
def test_files_and_services_have_the_names(
    client: FlaskClient, layer: str, names: tuple[str, ...]
) -> None:
    """As the layer has them, unknown ones as nothing."""
    frame = layers.read(FOLDER, layer)
    text = client.get(f"/download/{layer}.csv").get_data(as_text=True).lstrip("\ufeff")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    rows = {row["id"]: row for row in csv.DictReader(lines)}
    ask = partial(client.get, query_string={"limit": 1000})
    address = f"/ogc/collections/{layer}/items"
    answers = {
        "geojson": json.loads(client.get(f"/download/{layer}.geojson").get_data()),
        "ogc": ask(address, headers={"Accept": "application/geo+json"}).get_json(),
    }
    for name in names:
        known = frame[name].dropna().to_dict()
        assert {key: row[name] for key, row in rows.items() if row[name]} == known
        for answer in answers.values():
            of_row = {each["id"]: each["properties"].get(name) for each in answer["features"]}
            assert {key: text for key, text in of_row.items() if text} == known
