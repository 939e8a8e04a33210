"""The basemap, the country polygons, the population points and the browser files that are kept in
the repository.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from shapely.geometry import Point

ROOT = Path(__file__).parents[2]
VENDOR = ROOT / "webapp" / "static" / "vendor"
BASEMAP = ROOT / "data" / "basemap"
KINDS = {
    "land",
    "lake",
    "river",
    "province",
    "border",
    "country_label",
    "province_label",
    "place_label",
    "roads",
    "context_land",
    "context_border",
}


def test_vendored_files_are_those_in_the_readme() -> None:
    """Every browser file has the sha256 that the vendor README gives, and the README names every
    file.
    """
    listed = dict(
        re.findall(
            r"^\| `([^`]+)` \| `([0-9a-f]{64})` \|$",
            (VENDOR / "README.md").read_text("utf-8"),
            re.MULTILINE,
        )
    )
    present = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path != VENDOR / "README.md"
    }
    assert present == listed


def test_browser_files_ask_for_nothing_more() -> None:
    """No vendored script or style points to a source map, and each folder holds its licence."""
    scripts = [path for path in VENDOR.rglob("*") if path.suffix in {".js", ".css"}]
    assert scripts
    assert not [path.name for path in scripts if "sourceMappingURL" in path.read_text("utf-8")]
    assert all((folder / "LICENSE").is_file() for folder in VENDOR.iterdir() if folder.is_dir())


def test_basemap_has_every_kind() -> None:
    """GDAL reads the PMTiles file, and each kind of feature in it is there."""
    path = BASEMAP / "basemap.pmtiles"
    assert {name for name, _ in pyogrio.list_layers(path)} == KINDS
    for kind in KINDS:
        assert any(
            pyogrio.read_info(path, layer=kind, ZOOM_LEVEL=zoom)["features"] > 0 for zoom in (4, 10)
        ), kind
    assert path.stat().st_size < 3_000_000


def test_places_are_named_in_three_languages() -> None:
    """A place label carries the English, Vietnamese and Chinese name, with rank and population."""
    places = pyogrio.read_dataframe(
        BASEMAP / "basemap.pmtiles", layer="place_label", read_geometry=False
    ).set_index("name_en")
    hanoi = places.loc["Hanoi"]
    assert (hanoi.name_vi, hanoi.name_zh, hanoi["rank"]) == ("Hà Nội", "河内", 1)
    assert hanoi.population > 1_000_000


def test_the_basemap_script_draws_every_kind() -> None:
    """Each layer of the file is named in the scripts of the basemap, and no other."""
    scripts = (ROOT / "webapp" / "static").glob("basemap*.js")
    script = "".join(path.read_text("utf-8") for path in scripts)
    assert set(re.findall(r'dataLayer: "(\w+)"', script)) == KINDS


@pytest.mark.parametrize(
    ("place", "lonlat", "country"),
    [
        ("Mong Cai", (107.966, 21.524), "VN"),
        ("Dongxing", (107.970, 21.550), "CN"),
        ("Hanoi", (105.84, 21.02), "VN"),
    ],
)
def test_countries_tell_where_a_point_lies(
    place: str, lonlat: tuple[float, float], country: str
) -> None:
    """A town lies in its own country and in no other, even beside the border river."""
    countries = gpd.read_file(BASEMAP / "countries.geojson")
    assert countries.loc[countries.contains(Point(lonlat)), "country"].tolist() == [country], place


def test_countries_are_valid_and_do_not_overlap() -> None:
    """The polygons are valid and of one country each, and no two countries share land."""
    countries = gpd.read_file(BASEMAP / "countries.geojson")
    assert {"VN", "CN"} <= set(countries.country)
    assert countries.country.is_unique
    assert countries.is_valid.all()
    metric = countries.to_crs("ESRI:54034")  # equal-area
    shared_km2 = (metric.area.sum() - metric.union_all().area) / 1e6
    assert shared_km2 < 1  # what rounding to 11 m leaves along 2,500 km of border


def test_provinces_merge_once() -> None:
    """The merger table turns 52 former provinces of Viet Nam into 23, each of them once (Resolution
    202/2025/QH15).
    """
    mergers = pd.read_csv(BASEMAP / "mergers.csv")
    former = mergers.former_iso_3166_2.str.split().explode()
    assert (len(mergers), len(former)) == (23, 52)
    assert former.is_unique
