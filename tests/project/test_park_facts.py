"""The facts of the parks, held to what a local knows and to the sources they were taken from."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from flask.testing import FlaskClient
from web import read

from geo import crs, layers
from geo.layers.provenance import Provenance
from geo.siting import examples, money
from geo.siting.companies import USUAL

pytest_plugins = ("web",)
FOLDER = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def parks() -> gpd.GeoDataFrame:
    """The layer of parks."""
    return layers.read(FOLDER, "parks")


@pytest.fixture(scope="module")
def sources() -> Provenance:
    """Where their values come from."""
    return Provenance.read(FOLDER)


@pytest.fixture(scope="module")
def readme() -> str:
    """What the data package says of itself, a paragraph a line."""
    return (FOLDER / "README.md").read_text(encoding="utf-8")


# Missing and wrong facts


def test_the_largest_new_zones_are_there(parks: gpd.GeoDataFrame) -> None:
    """The free trade zone of Hai Phong is 6,292 ha in three sites, the specialised zone 5,300."""
    sites = parks[parks.index.str.startswith("hai-phong-ftz-")]
    assert sites["area_ha"].sum() == pytest.approx(6292)
    assert parks.loc["hai-phong-specialised-ez", "area_ha"] == 5300
    assert (parks["province_en"] == "Quang Ninh").sum() == 24 + 11


@pytest.mark.parametrize(
    ("park", "field", "value"),
    [
        ("nam-son-hap-linh-ip", "area_ha", 306),
        ("vsip-bac-ninh-ip", "area_ha", 485),
        ("dai-dong-hoan-son-ip", "area_ha", 286.82 + 95.81),
        ("quang-chau-ip", "area_ha", 426 + 90),
        ("que-vo-1-ip", "occupancy_pct", 97.79),
        ("song-khoai-ip", "occupancy_pct", 28.2),  # 132.5 of 470 ha that can be leased
    ],
)
def test_what_was_stale_is_corrected(
    parks: gpd.GeoDataFrame, sources: Provenance, park: str, field: str, value: float
) -> None:
    """The number of the newer page, which the row names, known from a page."""
    row = parks.loc[park]
    assert row[field] == pytest.approx(value, abs=0.05)
    (source,) = sources.stated("parks", park, field)
    assert source.kind == "page"
    assert source.source.startswith("http")
    assert source.source.split(";")[0] in row["source"]


def test_pins_that_were_measured_are_exact(parks: gpd.GeoDataFrame, sources: Provenance) -> None:
    """Each park that OpenStreetMap draws has the centre of its way, which the row names."""
    pins = {park: sources.stated("parks", park, "position") for park in parks.index}
    ways = {
        park: pin[0].source
        for park, pin in pins.items()
        if pin and re.fullmatch("© OpenStreetMap contributors, way/.*", pin[0].source)
    }
    measured = parks.loc[list(ways)]
    assert len(measured) == 13
    assert (measured["position_accuracy_m"] == 300).all()
    assert all(pins[park][0].kind == "code" for park in ways)
    assert all(way in measured.loc[park, "source"] for park, way in ways.items())
    distance = crs.geodesic().inv(
        106.094475, 21.1302, *parks.geometry["nam-son-hap-linh-ip"].coords[0]
    )
    assert distance[2] < 2


# Wards and communes


def test_today_s_units_stand_beside_the_former_districts(parks: gpd.GeoDataFrame) -> None:
    """Hai Yen is in the ward Mong Cai 3, Tang Loong in its own commune; Chinese parks have their
    district; certainty is known exactly where the unit is.
    """
    assert parks.loc["hai-yen-ip", ["commune", "commune_local", "district"]].tolist() == [
        "Mong Cai 3",
        "Phường Móng Cái 3",
        "Mong Cai",
    ]
    assert parks.loc["tang-loong-ip", "commune"] == "Tang Loong"
    assert parks.loc["gia-binh-2-ip", "commune"] == "Nhan Thang"
    assert (parks["commune"].notna() == parks["commune_certainty"].notna()).all()
    assert parks["commune"].notna().equals(parks["commune_local"].notna())
    assert parks.loc[parks["country"] == "CN", "commune"].isna().all()
    vietnam = parks[parks["country"] == "VN"]
    assert vietnam["commune"].notna().mean() > 0.85


def test_the_ward_is_shown_found_and_exported(client: FlaskClient) -> None:
    """The sheet names ward and former district, search finds both, and the table to take along has
    the columns; a Chinese park has neither line.
    """
    sheet = read(client, "/sites/hai-yen-ip", lang="en").text
    assert "Ward or commune Phường Móng Cái 3 (Mong Cai 3)" in sheet
    assert "Former district Mong Cai" in sheet
    assert "District or city" not in sheet
    chinese = read(client, "/sites/pingxiang-cbz", lang="en").text
    assert "District or city" in chinese
    assert "Ward or commune" not in chinese
    assert "Former district" in read(client, "/sites/vsip-bac-ninh-ip", lang="en").text
    for text in ("Phường Móng Cái 3", "mong cai 3", "Tằng Loỏng"):
        page = read(client, "/table", q=text)
        assert [link.href for link in page.links if link.href.startswith("/sites/")], text
    header = client.get("/download/parks.csv").get_data(as_text=True).splitlines()
    assert "commune_local" in next(line for line in header if line.startswith(("id,", "\ufeffid,")))


# Rents


def test_rents_rank_nothing_until_somebody_asks() -> None:
    """Neither an example of requirements nor the usual weights count them or limit them."""
    of_sectors = examples.read(FOLDER)
    assert len(of_sectors) == 13
    for example in of_sectors.values():
        assert "rent" not in example.weights
        assert not [limit for limit in example.limits if limit.column.startswith("rent")]
    assert "rent" not in USUAL


def test_today_s_average_stands_beside_an_old_rent(client: FlaskClient) -> None:
    """A rent of 2020 shows its year and what land costs on average today, by whom; so does a park
    without a rent, and the page that compares; no Chinese park does, as none is known.
    """
    table = layers.read_table(FOLDER, "rent_benchmarks")
    values = table["rent_term_usd_m2"]
    assert (values.min(), values.max()) == (132, 139)
    for park in ("nam-son-hap-linh-ip", "hai-yen-ip"):
        for path in (f"/sites/{park}", f"/sites/{park}/factsheet"):
            text = read(client, path, lang="en").text
            assert "Average land rent today 132–139 USD/m²" in text, path
            assert "2025: 132 Northern key economic region (Cushman & Wakefield)" in text
    assert "asking price, 2020" in read(client, "/sites/nam-son-hap-linh-ip", lang="en").text
    assert "Average land rent" not in read(client, "/sites/pingxiang-cbz", lang="en").text
    page = read(client, "/compare", pick=["nam-son-hap-linh-ip", "pingxiang-cbz"], lang="en")
    (row,) = [row for row in page.rows if row and row[0].startswith("Average land rent today")]
    assert row[1].startswith("132–139 USD/m² for the whole term")
    assert "average of asking prices of 2025" in row[1]
    assert row[2] == "unknown"


def test_the_newest_year_counts() -> None:
    """Averages of an earlier year, and of another country, are left out; without any there is
    none.
    """
    rows: list[dict[str, Any]] = [
        {"country": "AA", "rent_term_usd_m2": 100.0, "as_of": "2023", "source_kind": "page"},
        {"country": "AA", "rent_term_usd_m2": 120.0, "as_of": "2025-03", "source_kind": "page"},
        {"country": "AA", "rent_term_usd_m2": 110.0, "as_of": "2025-09", "source_kind": "memory"},
        {"country": "BB", "rent_term_usd_m2": 5.0, "as_of": "2026", "source_kind": "page"},
    ]
    average = money.benchmark(pd.DataFrame(rows), "AA")
    assert average
    assert (average.low.value, average.high.value, average.low.year) == (110, 120, 2025)
    assert average.source_kind == "memory"
    assert money.benchmark(pd.DataFrame(rows), "CC") is None


# What the data package says of itself


def test_the_list_of_pins_outside_industrial_areas_is_true(
    parks: gpd.GeoDataFrame, readme: str
) -> None:
    """The parks that the README lists are those that the script finds."""
    spec = importlib.util.spec_from_file_location("areas", FOLDER / "industrial_areas.py")
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    areas = gpd.read_file(FOLDER / "industrial_areas.geojson")
    assert len(areas) == 459
    pins = script.outside(parks, areas)
    assert {"quang-minh-ip", "tan-truong-ip", "que-vo-1-ip"}.isdisjoint(pins.index)
    section = readme.split("## Pins outside industrial areas", 1)[1].split("\n## ", 1)[0]
    assert set(re.findall(r"`([a-z0-9-]+-(?:ip|ic|cat-hai|ez))`", section)) == set(pins.index)
    far = (pins["area_m"] > pins["position_accuracy_m"]).sum()
    assert f"{len(pins)} of them lie in none" in section
    assert f"{far} lie farther off than their stated accuracy" in section


def test_what_is_remembered_is_counted(
    parks: gpd.GeoDataFrame, sources: Provenance, readme: str, client: FlaskClient
) -> None:
    """README and data page say how many positions, areas and occupancies rest on memory, as a
    count row by row does.
    """
    page = read(client, "/data", lang="en").text
    table = layers.read(FOLDER, "provenance")
    for number, field, word in (
        ("position_accuracy_m", "position", "positions"),
        ("area_ha", "area_ha", "areas"),
        ("occupancy_pct", "occupancy_pct", "occupancies"),
    ):
        known = parks.index[parks[number].notna()]
        stated = table[(table["field"] == field) & table["row_id"].isin(known)]
        kinds = stated.groupby("row_id")["source_kind"].agg(set).to_dict()
        memory = sum(
            kinds.get(park, {parks.loc[park, "source_kind"]}) == {"memory"} for park in known
        )
        assert memory == (sources.marks("parks", field) == "memory").sum()
        assert f"{memory} of {len(known)} {word}" in readme
        name = word.replace("ies", "y").removesuffix("s").capitalize()
        assert f"Industrial parks and zones {name} {memory} {len(known)}" in page


def test_package_names_the_sources(readme: str) -> None:
    """OpenStreetMap and the communes are named where the parks are licensed."""
    package = json.loads((FOLDER / "datapackage.json").read_text(encoding="utf-8"))
    parks = next(part for part in package["resources"] if part["name"] == "parks")
    titles = " ".join(source["title"] for source in parks["sources"])
    assert "OpenStreetMap" in titles
    assert "vietnamese-provinces-database" in titles
    assert "238" in readme
