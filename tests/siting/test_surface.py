"""What a surface shows is what the tables of travel times say, anywhere in the region."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import rasterio.warp
import shapely

from geo.atlas import Atlas
from geo.export import About, rasters
from geo.roads import access
from geo.roads.cells import A_SIDE, Aim, Cells, middles
from geo.roads.drive import Drive
from geo.roads.joining import Sides
from geo.roads.network import Network
from geo.siting import sites
from geo.siting.measures import DESTINATIONS
from geo.siting.surface import (
    MOST_BLOCKS,
    PEOPLE_A_SIDE,
    Blocks,
    Surface,
    Wish,
    classes,
    measures,
)
from geo.siting.surface_areas import areas
from geo.tiles.grid import Tile, project

HOUR_S = 3600.0


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    return Atlas.open(home=tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def surface(atlas: Atlas) -> Surface:
    return atlas.surface()


def blocks_at(lon: float, lat: float, level: int) -> Blocks:
    column, row = (project(np.array([[lon, lat]]))[0] * 2**level).astype(int).tolist()
    return Blocks(level, column, row, column, row)


def lonlat_of(blocks: Blocks) -> np.ndarray:
    assert len(blocks) == 1
    return middles(Tile(blocks.level, blocks.west, blocks.north))


def somewhere(atlas: Atlas, rng: np.random.Generator) -> Iterator[Blocks]:
    """Blocks all over the region, and some around gates, at every level."""
    west, south, east, north = atlas.surface().box
    for level in (6, 8, 9, 11, 13):
        yield blocks_at(rng.uniform(west, east), rng.uniform(south, north), level)
    gates = atlas.layer("gates")
    for gate in rng.choice(gates.geometry.to_numpy(), 6):
        yield blocks_at(gate.x, gate.y, int(rng.choice([10, 12, 14])))


@pytest.mark.parametrize("drive", [Drive(), Drive(profile="car"), Drive(closed=("huu-nghi",))])
def test_cells_have_the_travel_times_of_their_middles(atlas: Atlas, drive: Drive) -> None:
    """At random cells of both countries, and beside the border, the amounts are the least of the
    table of travel times from there, and empty where the table has no way.
    """
    rng = np.random.default_rng(14)
    drawn, roads = atlas.surface(drive), atlas.roads(drive)
    countries, compared = set(), 0
    for blocks in somewhere(atlas, rng):
        lonlat = lonlat_of(blocks)
        at = rng.choice(len(lonlat), 12, replace=False)
        country = [atlas.country(*lonlat[cell]) for cell in at]
        points = gpd.GeoDataFrame(
            {"country": country}, geometry=gpd.points_from_xy(*lonlat[at].T), crs=4326
        )
        for row in DESTINATIONS:
            places, _ = sites.serving_of(
                row, drawn.places[row.id], atlas.table("crossings"), drive.profile
            )
            table = access.travel_times(roads, points, places, profile=drive.profile)
            least = table.groupby("from_id")["travel_time_s"].min().to_numpy()
            shown = drawn.amounts(row.id, blocks).ravel()[at]
            inside = np.isfinite(shown)
            assert shown[inside] == pytest.approx(least[inside], abs=0.02)
            at_sea = [not land for land in _on_land(atlas, lonlat[at])]
            assert (np.isnan(least) | at_sea)[~inside].all()
            compared += inside.sum()
            countries |= {code for code, known in zip(country, inside, strict=True) if known}
    assert {"VN", "CN"} <= countries
    assert compared > 200


def _on_land(atlas: Atlas, lonlat: np.ndarray) -> np.ndarray:
    countries = atlas.countries()
    assert countries is not None
    return shapely.intersects_xy(shapely.union_all(countries.geometry.to_numpy()), *lonlat.T)


def test_the_sea_is_empty_and_the_land_beside_it_is_not(atlas: Atlas, surface: Surface) -> None:
    """No cell outside every country has an amount, even where a road is near."""
    blocks = blocks_at(106.78, 20.8, 11)
    shown = np.isfinite(surface.amounts("port", blocks)).ravel()
    land = _on_land(atlas, lonlat_of(blocks))
    assert shown.any()
    assert not shown[~land].any()
    assert (~land).any()


def test_people_are_those_of_a_site_there(atlas: Atlas, surface: Surface) -> None:
    """A square holds the people of all places within an hour of its middle, counted one by one."""
    blocks = blocks_at(106.05, 21.18, 11)
    counts = surface.amounts("people", blocks)
    wide = A_SIDE // PEOPLE_A_SIDE
    lonlat = middles(Tile(blocks.level, blocks.west, blocks.north), PEOPLE_A_SIDE)
    rng = np.random.default_rng(3)
    for cell in rng.choice(len(lonlat), 5, replace=False):
        point = gpd.GeoDataFrame(
            {"country": [atlas.country(*lonlat[cell])]},
            geometry=gpd.points_from_xy(*lonlat[[cell]].T),
            crs=4326,
        )
        table = access.time_matrix(atlas.roads(), point, atlas.population()).to_numpy()[0]
        within = atlas.population()["population"].to_numpy()[table <= HOUR_S].sum()
        row, column = divmod(int(cell), PEOPLE_A_SIDE)
        square = counts[row * wide : (row + 1) * wide, column * wide : (column + 1) * wide]
        assert (square == np.float32(within)).all()


def test_blocks_side_by_side_are_the_blocks_one_by_one(surface: Surface) -> None:
    """A cell has the same amount whatever is asked for around it."""
    together = Blocks(9, 407, 225, 409, 226)
    whole = surface.amounts("gate", together)
    for row in (225, 226):
        for column in (407, 408, 409):
            alone = surface.amounts("gate", Blocks(9, column, row, column, row))
            part = whole[(row - 225) * A_SIDE :, (column - 407) * A_SIDE :][:A_SIDE, :A_SIDE]
            np.testing.assert_array_equal(part, alone)


def wish(weights: dict[str, float], limits: dict[str, float] | None = None) -> Wish:
    rows = [measures()[name].criterion("truck", low=0, high=240) for name in weights]
    return Wish(tuple(rows), weights, limits or {})


def test_a_score_is_the_weighted_sum_of_what_the_minutes_are_worth(surface: Surface) -> None:
    """From 0 to 240 minutes the worth falls in proportion, and weights are shares."""
    blocks = blocks_at(106.6, 20.9, 9)
    port, city = (surface.amounts(name, blocks) for name in ("port", "city"))
    shown = surface.values(wish({"port": 30, "city": 10}), blocks)
    worth = [np.clip(1 - amounts.astype(float) / (240 * 60), 0, 1) for amounts in (port, city)]
    expected = 100 * (0.75 * worth[0] + 0.25 * worth[1])
    np.testing.assert_allclose(shown, expected, atol=1e-3)


def test_a_weight_alone_shows_its_minutes_and_limits_only_take_away(surface: Surface) -> None:
    """What a limit leaves keeps its amount, and exactly what fails it goes."""
    blocks = blocks_at(106.6, 20.9, 9)
    free = surface.values(wish({"port": 30}), blocks)
    np.testing.assert_array_equal(free, surface.amounts("port", blocks))
    cut = surface.values(wish({"port": 30}, {"city": 2400, "port": 3600}), blocks)
    kept = np.isfinite(cut)
    allowed = (surface.amounts("city", blocks) <= 2400) & (free <= 3600)
    np.testing.assert_array_equal(kept, allowed)
    assert kept.any()
    assert not kept.all()
    np.testing.assert_array_equal(cut[kept], free[kept])


@pytest.mark.parametrize("rising", [True, False])
def test_classes_are_counted_bound_by_bound(rising: bool) -> None:
    """The class of a value is one more than the bounds that are better."""
    rng = np.random.default_rng(1)
    bounds = [10.0, 20.0, 40.0] if rising else [40.0, 20.0, 10.0]
    values = rng.integers(0, 50, (20, 30)).astype(np.float32)
    values[rng.random(values.shape) < 0.2] = np.nan
    shown = classes(values, bounds, rising=rising)
    for value, number in zip(values.ravel(), shown.ravel(), strict=True):
        worse = sum(value > bound if rising else value < bound for bound in bounds)
        assert number == (0 if np.isnan(value) else 1 + worse)


def test_a_box_is_covered_by_no_more_blocks_than_may_be(surface: Surface) -> None:
    """The blocks hold the box, be it a village or the world."""
    for box in (surface.box, (106.0, 20.0, 106.1, 20.1), (-180, -90, 180, 90)):
        blocks = Blocks.over(box)
        assert len(blocks) <= MOST_BLOCKS
        west, south, east, north = blocks.box
        assert west <= box[0]
        assert east >= min(box[2], 179.9)
        assert south <= max(box[1], -85)
        assert north >= min(box[3], 85)


def test_a_geotiff_is_read_back_where_it_belongs(surface: Surface) -> None:
    """GDAL finds each cell at the longitude and latitude of its middle, and its value."""
    blocks = Blocks(9, 407, 224, 408, 225)
    bands = {name: surface.amounts(name, blocks) for name in ("port", "city")}
    titles = {"Time to a port, “đến cảng” (min)": bands["port"], "<b> & more": bands["city"]}
    about = About("where", "Where could it be?", licence="CC BY 4.0")
    data = rasters.geotiff(titles, blocks.corner_m, blocks.cell_m, about)
    rng = np.random.default_rng(5)
    with rasterio.open(io.BytesIO(data)) as file:
        assert file.crs.to_epsg() == 3857
        assert np.isnan(file.nodata)
        assert file.descriptions == tuple(titles)
        assert "CC BY 4.0" in file.tags()["ABOUT"]
        for number, band in enumerate(bands.values(), start=1):
            np.testing.assert_array_equal(file.read(number), band)
        for tile in (Tile(9, 407, 224), Tile(9, 408, 225)):
            lonlat = middles(tile)
            for cell in rng.choice(len(lonlat), 8):
                x, y = rasterio.warp.transform("EPSG:4326", file.crs, *lonlat[[cell]].T)
                row, column = np.array(file.index(x[0], y[0])).ravel()
                expected = surface.amounts("port", Blocks(9, *_of(tile), *_of(tile))).ravel()[cell]
                np.testing.assert_equal(bands["port"][row, column], expected)
    assert rasters.geotiff(titles, blocks.corner_m, blocks.cell_m, about) == data


def _of(tile: Tile) -> tuple[int, int]:
    return tile.column, tile.row


@pytest.mark.parametrize("rising", [True, False])
def test_areas_hold_the_middles_that_are_as_good(surface: Surface, rising: bool) -> None:
    """The middle of a cell lies in an area exactly if its value is within the bound."""
    blocks = blocks_at(106.6, 20.9, 9)
    if rising:
        values, bounds, steep = surface.amounts("port", blocks), [1800.0, 3600.0], 300.0
    else:
        values, bounds = surface.values(wish({"port": 1, "city": 1}), blocks), [80.0, 50.0]
        steep = 5.0
    lonlat, flat = lonlat_of(blocks), values.ravel()
    drawn = areas(values, blocks, bounds, rising=rising, steep=steep)
    for bound, area in zip(bounds, drawn, strict=True):
        assert area.is_valid
        inside = shapely.intersects_xy(area, *lonlat.T)
        good = flat <= bound if rising else flat >= bound
        clear = np.isnan(flat) | (abs(flat - bound) > 0.01 * steep)
        np.testing.assert_array_equal(inside[clear], good[clear])
        assert good.any()


def test_a_picture_is_read_back_as_it_was_drawn() -> None:
    """Each cell has the colour and the opacity of its class."""
    from PIL import Image

    rng = np.random.default_rng(2)
    shown = rng.integers(0, 4, (37, 53)).astype(np.uint8)
    colours = [(0, 0, 0, 0), (10, 20, 30, 255), (200, 100, 0, 200), (1, 2, 3, 255)]
    with Image.open(io.BytesIO(rasters.png(shown, colours))) as image:
        pixels = np.asarray(image.convert("RGBA"))
    np.testing.assert_array_equal(pixels, np.array(colours, np.uint8)[shown])


def test_roads_that_are_not_prepared_give_the_same(border: Network) -> None:
    """Beside a border a cell is joined to the roads of its own country, and a gate is reached on
    the side of the cell.
    """
    rng = np.random.default_rng(9)
    lonlat = np.column_stack([rng.uniform(106.99, 107.06, 60), rng.uniform(20.99, 21.02, 60)])
    country = np.where(lonlat[:, 1] < 21.005, "AA", "BB").astype(object)
    country[:5] = None
    points = gpd.GeoDataFrame(
        {"country": country}, geometry=gpd.points_from_xy(*lonlat.T), crs=4326
    )
    places = gpd.GeoDataFrame(
        {"country": ["AA", "BB"], "opposite_country": ["BB", None]},
        geometry=gpd.points_from_xy([107.0, 107.04], [21.005, 21.01]),
        crs=4326,
    )
    table = access.time_matrix(border, points, places).to_numpy()
    cells = Cells.of(border, "car", lonlat, country)
    shown = np.full(len(lonlat), np.nan)
    shown[cells.at] = Aim(border, "car", Sides.of(border, places, "car")).times(cells)
    least = np.where(np.isnan(table), np.inf, table).min(axis=1)
    assert np.isnan(shown[:5]).all()
    np.testing.assert_allclose(shown[5:], least[5:], atol=0.002)
    assert np.isfinite(shown[5:]).sum() > 40


def test_a_region_across_the_equator_has_a_surface(toy: Path, tmp_path: Path) -> None:
    """Rows count southwards on both sides of it."""
    atlas, drive = Atlas.open(toy, tmp_path), Drive(profile="car")
    drawn = atlas.surface(drive)
    blocks = blocks_at(100.1, 0.02, 9)
    shown, lonlat = drawn.amounts("gate", blocks).ravel(), lonlat_of(blocks)
    serving, _ = sites.serving_of(
        DESTINATIONS[0], atlas.layer("gates"), atlas.table("crossings"), "car"
    )
    for cell in np.random.default_rng(0).choice(np.flatnonzero(np.isfinite(shown)), 10):
        table = atlas.access(tuple(lonlat[cell].tolist()), "gates", drive)
        least = table[table["to_id"].isin(serving.index)]["travel_time_s"].min()
        assert shown[cell] == pytest.approx(least, abs=0.02)
