"""The roads of the basemap: they are those of the table, and few where the map shows much."""

from __future__ import annotations

import csv
import importlib.util
import json
import shutil
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data"
BASEMAP = DATA / "basemap" / "basemap.pmtiles"
UTM = 32648


@pytest.fixture(scope="module")
def build() -> Iterator[ModuleType]:
    """The script that makes them, with its neighbour beside it as when it is run."""
    folder = str(BASEMAP.parent)
    sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location("roads_of_basemap", BASEMAP.parent / "roads.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(folder)
    for name in (spec.name, "tiles"):
        del sys.modules[name]


@pytest.fixture(scope="module")
def table() -> gpd.GeoDataFrame:
    rows = pd.read_csv(DATA / "roads.csv", dtype=str, keep_default_na=False)
    return gpd.GeoDataFrame(rows, geometry=shapely.from_wkt(rows.pop("wkt")), crs=4326).to_crs(UTM)


def drawn(zoom: int) -> gpd.GeoDataFrame:
    """Read the roads of a zoom, each tile cut at its edge."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = pyogrio.read_dataframe(BASEMAP, layer="roads", ZOOM_LEVEL=zoom)
    return frame.set_crs(3857, allow_override=True).to_crs(UTM)


def test_the_tiles_are_made_of_the_table(build: ModuleType) -> None:
    """The basemap names a digest of the table: after a change run data/basemap/roads.py."""
    described = build.read(BASEMAP).metadata
    assert described["roads"] == build.summary(build.read_rows(DATA / "roads.csv"))


def test_the_last_zoom_holds_every_road(table: gpd.GeoDataFrame) -> None:
    """Of each class, open or begun, the tiles of the last zoom hold the kilometres of the table."""
    tiles = drawn(10)
    there = tiles.length.groupby([tiles["class"], tiles["status"]]).sum() / 1000
    wanted = table.length.groupby([table["road_class"], table["status"]]).sum() / 1000
    assert set(there.index) == set(wanted.index)
    for key, km in wanted.items():
        assert there[key] == pytest.approx(km, rel=0.02, abs=0.5), key


def test_a_road_lies_where_the_table_has_it(table: gpd.GeoDataFrame) -> None:
    """The expressway Hanoi – Hai Phong runs within 8 m of its line, half a pixel at zoom 13."""
    line = table.geometry[table["ref"] == "CT.04"].union_all()
    tiles = drawn(10)
    points = shapely.get_coordinates(tiles.geometry[tiles["ref"] == "CT.04"].to_numpy())
    assert len(points) > 200
    assert shapely.distance(shapely.points(points), line).max() < 8


@pytest.mark.parametrize(
    ("zoom", "classes", "most"),
    [
        (5, {"motorway"}, 60),
        (6, {"motorway", "trunk"}, 200),
        (7, {"motorway", "trunk", "primary", "ferry"}, 300),
        (8, {"motorway", "trunk", "primary", "ferry"}, 400),
        (9, {"motorway", "trunk", "primary", "secondary", "ferry"}, 1500),
    ],
)
def test_a_map_of_the_whole_holds_few_roads(zoom: int, classes: set[str], most: int) -> None:
    """Farther out only larger roads are there, in few features of few points."""
    tiles = drawn(zoom)
    assert set(tiles["class"]) == classes
    assert len(tiles) <= most
    assert shapely.get_num_coordinates(tiles.geometry.to_numpy()).sum() < 12_000 * (zoom - 4) ** 1.4


def test_carriageways_are_drawn_once_from_afar(table: gpd.GeoDataFrame) -> None:
    """Hanoi – Hai Phong has two carriageways of 105 km in the table, and one on the whole map."""
    km = table.length[table["ref"] == "CT.04"].sum() / 1000
    assert 190 < km < 260
    tiles = drawn(6)
    assert tiles.length[tiles["ref"] == "CT.04"].sum() / 1000 == pytest.approx(km / 2, rel=0.15)


@pytest.mark.parametrize(
    ("ref", "written"),
    [
        ("CT.04", "CT.04"),
        ("CT04", "CT.04"),
        ("QL.18", "QL18"),
        ("QL 270", "QL270"),
        ("QL.4B;QL.18", "QL4B"),
        ("QL.1A, Minh Sơn", "QL1A"),
        ("QL..18", "QL18"),
        ("DT.265", "ĐT265"),
        ("ĐT.491C", "ĐT491C"),
        ("G7211", "G7211"),
        ("38", "38"),
        ("QL.", ""),
        ("Nguyễn Trãi, TP. Hà Giang, Hà Giang", ""),
        ("", ""),
    ],
)
def test_numbers_are_written_as_on_a_shield(build: ModuleType, ref: str, written: str) -> None:
    """A number reads as on the sign at the road; what is not a number is not on a plate."""
    assert build.shield(ref) == written


@pytest.mark.parametrize(
    ("place", "number"),
    [((0, 0, 0), 0), ((1, 0, 1), 2), ((1, 1, 0), 4), ((2, 0, 0), 5), ((12, 3423, 1763), 19078479)],
)
def test_tiles_are_numbered_as_pmtiles_asks(
    build: ModuleType, place: tuple[int, int, int], number: int
) -> None:
    """The ids are those of the specification of PMTiles 3."""
    assert build.tile_id(*place) == number


def test_roads_are_written_anew_and_nothing_else(build: ModuleType, tmp_path: Path) -> None:
    """Another table changes the layer of the roads alone, and the same table no byte."""
    (tmp_path / "basemap").mkdir()
    basemap = tmp_path / "basemap" / BASEMAP.name
    shutil.copy(BASEMAP, basemap)
    shutil.copy(DATA / "datapackage.json", tmp_path)
    rows = build.read_rows(DATA / "roads.csv")[:300]
    with (tmp_path / "roads.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)

    build.add_roads(tmp_path)
    before, after = build.read(BASEMAP), build.read(basemap)
    assert after.metadata["roads"]["rows"] == 300
    assert basemap.stat().st_size < BASEMAP.stat().st_size
    kept = {number: build.without(tile, "roads") for number, tile in before.tiles.items()}
    for number, tile in after.tiles.items():
        assert build.without(tile, "roads") == kept[number]
    content = basemap.read_bytes()
    build.add_roads(tmp_path)
    assert basemap.read_bytes() == content


def test_who_made_the_roads_is_named_with_them(build: ModuleType) -> None:
    """The file carries what the table of the roads asks for; the map names both contributors."""
    package = json.loads((DATA / "datapackage.json").read_text("utf-8"))
    parts = {part["name"]: part for part in package["resources"]}
    assert build.read(BASEMAP).metadata["attribution"].endswith(parts["roads"]["attribution"])
    assert "ODbL-1.0" in {licence["name"] for licence in parts["basemap"]["licenses"]}
    script = (ROOT / "webapp" / "static" / "basemap.js").read_text("utf-8")
    for address in ("https://www.openstreetmap.org/copyright", "https://openmaptiles.org/"):
        assert address in script
