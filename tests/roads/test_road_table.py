"""The table of roads: what its script keeps of the file it is made from, and the network that is
built from it.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from cross import xml
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from geo import crs, layers, package_check
from geo.errors import InputError, NotFoundError
from geo.roads import access, borders, osm_file, road_table
from geo.roads.network import PLANNED, Network

FOLDER = layers.bundled()
ROOT = Path(__file__).parents[2]
SOURCE = Path(
    os.environ.get("ZONEATLAS_TEST_ROADS", ROOT.parent / "shared/facts/roads/roads.osm.pbf")
)
M = 1e-5
"""About a metre, in degrees."""


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script that makes the table, with its neighbour beside it as when it is run."""
    folder = str(ROOT / "data/roads")
    sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location("build_roads", ROOT / "data/roads/build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    sys.path.remove(folder)
    return module


@pytest.fixture(scope="module")
def speeds() -> pd.DataFrame:
    return layers.read_table(FOLDER, "speeds")


@pytest.fixture(scope="module")
def table(speeds: pd.DataFrame) -> pd.DataFrame:
    """The roads of the real package."""
    return road_table.read(FOLDER, speeds)


@pytest.fixture(scope="module")
def roads(speeds: pd.DataFrame) -> Network:
    """The network of the real package, its border still open."""
    return road_table.network(FOLDER, speeds)


def package(
    tmp_path: Path,
    script: ModuleType,
    points: Mapping[int, tuple[float, float]],
    *ways: tuple[list[int], dict[str, str]],
) -> Path:
    """Make a data package whose roads come from a small file near Ha Long; points in metres."""
    nodes = {number: (107 + x * M, 21 + y * M) for number, (x, y) in points.items()}
    tagged = [(refs, {"source": "osm-2021-08", **tags}) for refs, tags in ways]
    file = tmp_path / "roads.osm"
    file.write_text(xml(nodes, tagged), encoding="utf-8")
    folder = tmp_path / "data"
    (folder / "basemap").mkdir(parents=True)
    for name in ("datapackage.json", "speeds.csv", "basemap/countries.geojson"):
        shutil.copy(FOLDER / name, folder / name)
    script.make(file, folder)
    return folder


def rows_of(folder: Path) -> pd.DataFrame:
    return road_table.read(folder, layers.read_table(folder, "speeds"))


def lines(table: pd.DataFrame) -> list[list[tuple[int, int]]]:
    """Return the lines of a table in metres, as `package` takes them."""
    return [
        [(round((x - 107) / M), round((y - 21) / M)) for x, y in shapely.get_coordinates(line)]
        for line in table["geometry"]
    ]


def spoiled(tmp_path: Path, **cells: str) -> Path:
    """Make a package with two roads, of which the second has these cells."""
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(FOLDER / "datapackage.json", folder)
    header = pd.read_csv(FOLDER / "roads.csv", nrows=2, dtype=str, keep_default_na=False)
    for name, cell in cells.items():
        header.loc[1, name] = cell
    header.to_csv(folder / "roads.csv", index=False)
    return folder


# The script ---------------------------------------------------------------------------------------


def test_parts_of_one_road_are_joined(tmp_path: Path, script: ModuleType) -> None:
    """Ways that agree in everything become one line through the points where others join them."""
    points = {1: (0, 0), 2: (1000, 0), 3: (2000, 0), 4: (1000, 500)}
    main = {"highway": "primary", "ref": "QL.1"}
    table = rows_of(
        package(
            tmp_path,
            script,
            points,
            ([1, 2], main),
            ([3, 2], main),
            ([2, 4], {"highway": "tertiary"}),
        )
    )
    assert sorted(map(len, lines(table))) == [2, 3]
    assert [(0, 0), (1000, 0), (2000, 0)] in [sorted(line) for line in lines(table)]
    assert set(table["country"]) == {"VN"}
    assert set(table["terrain"]) == {"plain"}


def test_points_that_matter_are_kept(tmp_path: Path, script: ModuleType) -> None:
    """A bend of 30 m stays, one of 5 m goes, and a junction on a straight line stays."""
    points = {1: (0, 0), 2: (500, 5), 3: (1000, 0), 4: (1500, 30), 5: (2000, 0), 6: (1000, 300)}
    table = rows_of(
        package(
            tmp_path,
            script,
            points,
            ([1, 2, 3, 4, 5], {"highway": "primary"}),
            ([3, 6], {"highway": "tertiary"}),
        )
    )
    (main,) = [
        line
        for line, kind in zip(lines(table), table["road_class"], strict=True)
        if kind == "primary"
    ]
    assert sorted(main) == [(0, 0), (1000, 0), (1500, 30), (2000, 0)]


def test_roads_that_cross_without_meeting_stay_apart(tmp_path: Path, script: ModuleType) -> None:
    """Two points in one place are two points, so that nobody turns from a bridge onto the road
    below.
    """
    points = {1: (0, 0), 2: (1000, 0), 3: (2000, 0), 4: (1000, -1000), 5: (1000, 0), 6: (1000, 900)}
    folder = package(
        tmp_path,
        script,
        points,
        ([1, 2, 3], {"highway": "primary"}),
        ([4, 5, 6], {"highway": "trunk"}),
    )
    net = road_table.network(folder, layers.read_table(folder, "speeds"))
    assert net.node_count == 4
    assert net.segment_count == 2


def test_one_way_roads_keep_their_direction(tmp_path: Path, script: ModuleType) -> None:
    """One-way parts are joined only in their direction, and driven only in it."""
    points = {1: (0, 0), 2: (1000, 0), 3: (2000, 0), 4: (3000, 0)}
    one_way = {"highway": "primary", "oneway": "yes", "source": "osm-2021-02"}
    folder = package(
        tmp_path, script, points, ([2, 3], one_way), ([1, 2], one_way), ([4, 3], one_way)
    )
    table = rows_of(folder)
    assert sorted(lines(table)) == [[(0, 0), (2000, 0)], [(3000, 0), (2000, 0)]]
    net = road_table.network(folder, layers.read_table(folder, "speeds"))
    assert not net.backward.any()
    east = net.node_lonlat[net.head][:, 0] - net.node_lonlat[net.tail][:, 0]
    assert sorted(np.sign(east)) == [-1, 1]


DUAL = {1: (0, 0), 2: (-9000, 300), 3: (9000, 300), 4: (-9000, 0), 5: (9000, 0), 6: (0, 300)}
DUAL |= {7: (-9000, 330), 8: (9000, 330)}
"""A dual carriageway of 18 km, 30 m wide, and a road that meets one side of it."""
EAST, WEST = [2, 6, 3], [8, 7]


def dual(
    tmp_path: Path, script: ModuleType, kind: str, *carriageways: list[int], side: str = "tertiary"
) -> Network:
    """Make a network of carriageways of a kind, joined at both ends, and a side road."""
    folder = package(
        tmp_path,
        script,
        DUAL,
        *((line, {"highway": kind, "oneway": "yes"}) for line in carriageways),
        ([2, 7], {"highway": kind}),
        ([3, 8], {"highway": kind}),
        ([1, 6], {"highway": side}),
    )
    return road_table.network(folder, layers.read_table(folder, "speeds"))


def apart_m(network: Network, start: int, goal: int) -> float:
    """Return the length of the way between two points of `DUAL`."""
    nodes = {
        number: int(np.abs(network.node_lonlat - [107 + x * M, 21 + y * M]).sum(axis=1).argmin())
        for number, (x, y) in DUAL.items()
    }
    return float(lengths(network, [nodes[start]])[0, nodes[goal]])


def test_a_carriageway_without_its_other_one_is_open_both_ways(
    tmp_path: Path, script: ModuleType
) -> None:
    """Where only one carriageway is drawn, one comes back over it; the row says so."""
    net = dual(tmp_path, script, "trunk", EAST)
    assert apart_m(net, 2, 3) == pytest.approx(apart_m(net, 3, 2))
    table = rows_of(tmp_path / "data")
    assert table["notes"].str.contains("other carriageway is missing").sum() == 1


def test_two_carriageways_stay_one_way(tmp_path: Path, script: ModuleType) -> None:
    """Where both are drawn, each keeps its direction."""
    dual(tmp_path, script, "trunk", EAST, WEST)
    table = rows_of(tmp_path / "data")
    lengths_m = road_table.length_m(table)
    assert table["one_way"][lengths_m > 1000].sum() == 2
    assert not table["notes"].fillna("").str.contains("missing").any()


def test_one_turns_where_a_road_meets_one_carriageway(tmp_path: Path, script: ModuleType) -> None:
    """From the side road to the far side of a trunk road one need not drive nine kilometres on; an
    assumed opening is there, and its row says that it is assumed.
    """
    net = dual(tmp_path, script, "trunk", EAST, WEST)
    assert apart_m(net, 1, 7) < 10_500
    table = rows_of(tmp_path / "data")
    openings = table[table["notes"].fillna("").str.contains("assumed opening")]
    assert len(openings) > 0
    assert set(openings["source_kind"]) == {"assumption"}
    assert (road_table.length_m(openings) < 100).all()


@pytest.mark.parametrize(("kind", "side"), [("motorway", "tertiary"), ("trunk", "trunk_link")])
def test_no_expressway_is_opened_for_turning(
    tmp_path: Path, script: ModuleType, kind: str, side: str
) -> None:
    """Neither a motorway nor a road that only links lead to gets an opening between its ends."""
    net = dual(tmp_path, script, kind, EAST, WEST, side=side)
    assert apart_m(net, 1, 7) > 25_000


def test_what_the_tags_say_stands_in_the_row(tmp_path: Path, script: ModuleType) -> None:
    """Class, opening, structure and source of a way come from its tags."""
    points = {i: (i * 1000, 0) for i in range(1, 9)}
    table = rows_of(
        package(
            tmp_path,
            script,
            points,
            ([1, 2], {"highway": "secondary", "bridge": "yes", "terrain": "mountain"}),
            (
                [3, 4],
                {
                    "highway": "construction",
                    "construction": "motorway",
                    "opening_date": "2026-09",
                    "source": "published",
                },
            ),
            ([5, 6], {"highway": "trunk", "opened": "assumed"}),
            ([7, 8], {"route": "ferry", "name": "Cát Hải"}),
        )
    ).set_index("road_class")
    assert table.loc["secondary", "structure"] == "bridge"
    assert table.loc["secondary", "terrain"] == "mountain"
    assert table.loc["motorway", "status"] == "under_construction"
    assert table.loc["motorway", "opening"] == "2026-09"
    assert table.loc["motorway", "source_kind"] == "memory"
    assert table.loc["trunk", "opening_assumed"]
    assert pd.isna(table.loc["motorway", "opening_assumed"])
    assert table.loc["ferry", "name"] == "Cát Hải"


# Reading ------------------------------------------------------------------------------------------


def test_every_fault_is_named_at_once(tmp_path: Path, speeds: pd.DataFrame) -> None:
    """A day that the calendar lacks, a line of one point and a class without a speed stand in one
    message.
    """
    folder = spoiled(
        tmp_path,
        opening="2027-02-30",
        wkt="LINESTRING (106.5 21)",
        road_class="gravel",
        country="Vietnam",
        status="closed",
    )
    with pytest.raises(InputError) as error:
        road_table.read(folder, speeds)
    text = "\n".join(error.value.faults)
    for part in ("2027-02-30", "two points", "“gravel”", "“Vietnam”", "“closed”"):
        assert part in text
    assert len(error.value.faults) == 5


@pytest.mark.parametrize(
    "wkt",
    [
        "LINESTRING (106 21,106 21)",
        "LINESTRING (1060 21,1061 21)",
        "LINESTRING (21 106,21.1 106.1)",
        "LINESTRING (106 21,106.1 abc)",
        "LINESTRING ()",
        "POINT (106 21)",
    ],
)
def test_lines_that_are_none_are_faults(tmp_path: Path, speeds: pd.DataFrame, wkt: str) -> None:
    """What is not a line between two places on Earth is refused."""
    with pytest.raises(InputError) as error:
        road_table.read(spoiled(tmp_path, wkt=wkt), speeds)
    assert len(error.value.faults) == 1
    assert "wkt" in error.value.faults[0]


def test_a_package_without_roads_is_no_fault(toy: Path, tmp_path: Path) -> None:
    """Who asks for roads is told that there are none; the check of the package finds nothing."""
    bare = Path(shutil.copytree(toy, tmp_path / "bare", ignore=shutil.ignore_patterns("roads.csv")))
    with pytest.raises(NotFoundError):
        road_table.network(bare, layers.read_table(bare, "speeds"))
    assert package_check.check_tables(bare)["roads"] == []


def test_the_check_names_a_class_without_speed(tmp_path: Path) -> None:
    """“zoneatlas check” finds what the reader finds."""
    folder = tmp_path / "copy"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("basemap", "trips", "roads.csv"))
    rows = pd.read_csv(FOLDER / "roads.csv", nrows=3, dtype=str, keep_default_na=False)
    rows.loc[2, "road_class"] = "gravel"
    rows.to_csv(folder / "roads.csv", index=False)
    (fault,) = package_check.check_tables(folder)["roads"]
    assert "“gravel”" in fault


# What opens later ---------------------------------------------------------------------------------


def length_km(network: Network, *, planned: bool) -> float:
    classes = np.array([name.startswith(PLANNED) for name in network.manifest.road_classes])
    return float(network.length_m[classes[network.road_class] == planned].sum() / 1000)


@pytest.mark.parametrize(
    ("day", "opens"),
    [("2026-04-29", False), ("2026-04-30", True), ("2027-01-01", True)],
)
def test_what_is_under_construction_opens_by_its_date(
    speeds: pd.DataFrame, roads: Network, table: pd.DataFrame, day: str, opens: bool
) -> None:
    """Dong Dang – Tra Linh is announced for 30 April 2026: from then on it is part of the network,
    as planned, beside the same open roads; its second phase has no date and is never part of it.
    """
    later = road_table.network(FOLDER, speeds, open_by=day)
    named = "Đường cao tốc Đồng Đăng – Trà Lĩnh (CT.10)" in later.manifest.names
    assert named == opens
    assert length_km(roads, planned=True) == 0
    assert length_km(later, planned=False) == pytest.approx(length_km(roads, planned=False), abs=2)
    assert (length_km(later, planned=True) > 50) == opens
    dated = table["opening"].notna() & (table["status"] != "open")
    assert length_km(later, planned=True) <= road_table.length_m(table)[dated].sum() / 1000 + 1


def test_nothing_under_construction_is_driven(roads: Network, table: pd.DataFrame) -> None:
    """No segment of today's network runs between the inner points of such a road."""
    closed = table[table["status"] == "under_construction"]
    assert len(closed) > 5
    xy = np.concatenate([shapely.get_coordinates(line)[1:-1] for line in closed["geometry"]])
    open_xy = shapely.get_coordinates(table.loc[table["status"] == "open", "geometry"].to_numpy())
    alone = set(map(tuple, xy.round(5).tolist())) - set(map(tuple, open_xy.round(5).tolist()))
    assert len(alone) > 20
    assert not alone & set(map(tuple, roads.shape_lonlat.round(5).tolist()))


def test_a_month_or_year_is_over_by_its_last_day() -> None:
    """What is announced for a month is not open on the first of it."""
    assert road_table.last_day("2026-09") == "2026-09-30"
    assert road_table.last_day("2028-02") == "2028-02-29"
    assert road_table.last_day("2027") == "2027-12-31"
    assert road_table.last_day("2027-12") == "2027-12-31"
    assert road_table.last_day("2026-04-30") == "2026-04-30"


def test_a_day_must_be_in_the_calendar(speeds: pd.DataFrame) -> None:
    """The day by which roads are open is a day."""
    with pytest.raises(InputError, match="2027-02-30"):
        road_table.network(FOLDER, speeds, open_by="2027-02-30")


# Speeds -------------------------------------------------------------------------------------------


def test_speeds_depend_on_country_and_terrain(tmp_path: Path, script: ModuleType) -> None:
    """A road takes the most exact row of the speeds: country and terrain, country, terrain, any."""
    points = {i: (i * 1000, i % 2) for i in range(1, 9)}
    folder = package(
        tmp_path,
        script,
        points,
        ([1, 2], {"highway": "primary"}),
        ([3, 4], {"highway": "primary", "terrain": "mountain"}),
        ([5, 6], {"highway": "secondary"}),
        ([7, 8], {"highway": "tertiary", "terrain": "mountain"}),
    )
    general = [("motorway", 90), ("primary", 60), ("secondary", 50), ("tertiary", 40)]
    rows = [
        ("car", name, None, None, kph) for name, kph in (*general, ("road", 30), ("access", 20))
    ]
    rows += [
        ("car", "primary", "VN", "mountain", 30),
        ("car", "primary", "VN", None, 45),
        ("car", "primary", None, "mountain", 35),
        ("car", "secondary", "CN", None, 10),
        ("car", "tertiary", None, "mountain", 25),
    ]
    table = pd.DataFrame(rows, columns=["profile", "road_class", "country", "terrain", "speed_kph"])
    net = road_table.network(folder, table)
    kph = net.length_m / net.time_s["car"] * 3.6
    west = net.node_lonlat[net.tail][:, 0].argsort()
    assert kph[west].round(3).tolist() == [45, 30, 50, 25]
    plain = road_table.network(folder, table[table["country"].isna() & table["terrain"].isna()])
    kph = plain.length_m / plain.time_s["car"] * 3.6
    assert kph[west].round(3).tolist() == [60, 60, 50, 40]


# The real table -----------------------------------------------------------------------------------


def test_the_real_lines_are_lines(table: pd.DataFrame) -> None:
    """Each line is valid and in the region, and every road lies in a known country."""
    shapes = table["geometry"].to_numpy()
    assert (shapely.get_type_id(shapes) == 1).all()
    assert shapely.is_valid(shapes).all()
    west, south, east, north = shapely.total_bounds(shapes)
    assert west > 101.5
    assert south > 19
    assert east < 111
    assert north < 25.5
    assert set(table["country"]) <= {"VN", "CN", "LA"}
    assert (table["country"] == "LA").sum() < 10


def test_gis_programs_read_the_lines_as_they_are() -> None:
    """GDAL, and so QGIS and GeoPandas, takes the column of lines for geometry."""
    frame = gpd.read_file(FOLDER / "roads.csv", rows=50)
    assert (frame.geometry.geom_type == "LineString").all()


def test_the_table_is_small() -> None:
    """Roads are the largest table of the package, and stay below ten megabytes."""
    assert (FOLDER / "roads.csv").stat().st_size < 10e6


@pytest.mark.parametrize(
    ("start", "goal", "low_km", "high_km", "low_min", "high_min"),
    [
        ("ha-noi", "hai-phong", 100, 125, 90, 135),
        ("hai-phong", "mong-cai", 180, 215, 130, 175),
        ("ha-noi", "ha-giang", 270, 320, 320, 430),
        ("nanning", "qinzhou", 100, 130, 80, 110),
        ("chongzuo", "pingxiang", 70, 100, 55, 90),
    ],
)
def test_towns_are_as_far_as_drivers_say(
    roads: Network,
    start: str,
    goal: str,
    low_km: float,
    high_km: float,
    low_min: float,
    high_min: float,
) -> None:
    """Well-known trips take the length and time that drivers know."""
    cities = layers.read(FOLDER, "cities")
    (way,) = access.travel_times(roads, cities.loc[[start]], cities.loc[[goal]]).itertuples()
    assert low_km <= way.length_m / 1000 <= high_km
    assert low_min <= way.travel_time_s / 60 <= high_min


def test_every_open_gate_for_vehicles_has_a_road(roads: Network) -> None:
    """All road gates but Xin Man, to which no road of the source leads."""
    gates = layers.read(FOLDER, "gates")
    outlines = layers.read_countries(FOLDER)
    closed, _ = borders.close(roads, outlines, gates, layers.read_table(FOLDER, "crossings"))
    assert set(gates.index[gates["mode"] == "road"]) - set(closed.manifest.gates) == {"xin-man"}


@pytest.mark.skipif(not SOURCE.is_file(), reason="the file from which the table is made")
def test_the_table_leads_where_its_source_leads(
    tmp_path: Path,
    script: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    roads: Network,
    speeds: pd.DataFrame,
) -> None:
    """Shortest ways between junctions of the source exist in the table, within half a per cent of
    their length, and the other way round, where nothing is mended; mending makes none longer.
    """
    for name in ("datapackage.json", "basemap/countries.geojson"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(FOLDER / name, tmp_path / name)
    monkeypatch.setattr(script.carriageways, "mend", lambda *_: None)
    script.make(SOURCE, tmp_path)
    plain = road_table.network(tmp_path, speeds)
    general = speeds[speeds["country"].isna() & speeds["terrain"].isna()]
    source = osm_file.read(SOURCE, speeds=general)
    ours, theirs, mended = by_place(plain), by_place(source), by_place(roads)
    met = roads_met(source)
    junctions = [place for place, node in theirs.items() if met[node] > 2]
    assert len(junctions) > 20_000
    assert len(set(junctions) - set(ours)) <= 120  # those that lay above each other
    places = [place for place in junctions if place in ours and place in mended]
    rng = np.random.default_rng(7)
    starts = [places[i] for i in rng.choice(len(places), 15, replace=False)]
    goals = [places[i] for i in rng.choice(len(places), 3000, replace=False)]
    their_m, our_m, mended_m = (
        lengths(network, [at[p] for p in starts])[:, [at[p] for p in goals]]
        for network, at in ((source, theirs), (plain, ours), (roads, mended))
    )
    assert (np.isfinite(their_m) == np.isfinite(our_m)).all()
    far = np.isfinite(their_m) & (their_m > 1000)
    assert far.sum() > 20_000
    assert np.abs(our_m[far] / their_m[far] - 1).max() < 0.005
    assert (mended_m[far] / their_m[far]).max() < 1.005


def roads_met(network: Network) -> NDArray[np.int64]:
    """Count the points next to each junction; a road that is drawn twice counts once."""
    first, last = network.shape_start[:-1], network.shape_start[1:] - 1
    near = np.concatenate([network.shape_lonlat[first + 1], network.shape_lonlat[last - 1]])
    node = np.concatenate([network.tail, network.head])
    pairs = np.unique(np.column_stack([node, np.round(near / M).astype(np.int64)]), axis=0)
    return np.bincount(pairs[:, 0], minlength=network.node_count)


def by_place(network: Network) -> dict[tuple[float, float], int]:
    """Return the junctions by their position to five decimals."""
    return {(x, y): node for node, (x, y) in enumerate(np.round(network.node_lonlat, 5).tolist())}


def lengths(network: Network, starts: list[int]) -> NDArray[np.float64]:
    """Return the length of the shortest way from each start to every junction."""
    ahead, back = network.forward, network.backward
    tail = np.concatenate([network.tail[ahead], network.head[back]])
    head = np.concatenate([network.head[ahead], network.tail[back]])
    length_m = np.concatenate([network.length_m[ahead], network.length_m[back]])
    order = np.lexsort((length_m, head, tail))
    tail, head, length_m = tail[order], head[order], length_m[order]
    first = np.append(True, (np.diff(tail) != 0) | (np.diff(head) != 0))
    n = network.node_count
    graph: Any = coo_matrix((length_m[first], (tail[first], head[first])), shape=(n, n)).tocsr()
    return dijkstra(graph, indices=starts)


def test_the_table_is_as_long_as_its_source(table: pd.DataFrame) -> None:
    """89,205 km were counted in the source, carriageways one by one."""
    xy, row = shapely.get_coordinates(table["geometry"].to_numpy(), return_index=True)
    same = row[1:] == row[:-1]
    assert crs.distance_m(xy[:-1], xy[1:])[same].sum() / 1000 == pytest.approx(89_205, rel=0.005)
