"""The lines of the corridors and the stations along them: held to the roads, to their towns and to
what was published, from outside the rules by which they were drawn.
"""

from __future__ import annotations

import importlib.util
import math
import shutil
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import shapely.ops

from geo import crs, layers
from geo.schema import ROAD_KINDS

FOLDER = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture(scope="module")
def corridors() -> gpd.GeoDataFrame:
    frame: gpd.GeoDataFrame = layers.read(FOLDER, "corridors")
    return frame


@pytest.fixture(scope="module")
def script() -> Any:
    spec = importlib.util.spec_from_file_location("build_lines", FOLDER / "corridors" / "build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def stations() -> pd.DataFrame:
    return layers.read_table(FOLDER, "stations")


def test_each_station_is_a_point_of_its_railway(
    corridors: gpd.GeoDataFrame, stations: pd.DataFrame
) -> None:
    """The line of a railway passes exactly through its stations, in their order."""
    for key, rows in stations.groupby("corridor"):
        assert "rail" in corridors.loc[key, "kind"]
        points = corridors.geometry[key].coords[:]
        at = [points.index((row.lon, row.lat)) for row in rows.sort_values("seq").itertuples()]
        assert at == sorted(set(at)), key
        assert rows["seq"].tolist() == list(range(1, len(rows) + 1))


def test_each_railway_that_is_not_open_can_be_boarded(
    corridors: gpd.GeoDataFrame, stations: pd.DataFrame
) -> None:
    """A railway of a year to come has two stations at least; the 35 that were known are there."""
    closed = corridors[
        corridors["kind"].str.contains("rail") & (corridors["status"] != "operating")
    ]
    count = stations["corridor"].value_counts().reindex(closed.index).fillna(0)
    assert (count >= 2).all()
    assert count.sum() >= 35
    assert (stations["position_accuracy_m"] >= 500).all()  # none is surveyed


def test_a_line_is_about_as_long_as_published(corridors: gpd.GeoDataFrame) -> None:
    """A line along mapped roads or railways has the length that was published to a seventh; a
    sketch, which cuts corners, is shorter by a quarter at most and never much longer.

    Qinzhou - Dongxing begins at another interchange than the length that is remembered, 86 to
    100 km.
    """
    known = corridors.dropna(subset="published_length_km").drop("g7511-qinzhou-dongxing")
    drawn_km = np.array([crs.geodesic().geometry_length(line) for line in known.geometry]) / 1000
    ratio = pd.Series(drawn_km / known["published_length_km"].to_numpy(), index=known.index)
    mapped = ratio[known["mapped_pct"] >= 90]
    sketch = ratio.drop(mapped.index)
    assert mapped[(mapped < 6 / 7) | (mapped > 8 / 7)].round(2).to_dict() == {}
    assert sketch[(sketch < 0.75) | (sketch > 1.11)].round(2).to_dict() == {}
    assert len(mapped) >= 28


@pytest.fixture(scope="module")
def roads() -> pd.DataFrame:
    frame = pd.read_csv(FOLDER / "roads.csv", dtype=str, keep_default_na=False)
    return frame.assign(geometry=shapely.from_wkt(frame.pop("wkt").to_numpy(object)))


def share_near(line: shapely.LineString, roads: pd.Series, within_m: float) -> float:
    """Return the share of a line that lies near roads, by a point every 100 m."""
    lat = line.centroid.y

    def flat(shapes: Any) -> Any:
        return shapely.transform(
            shapes, lambda xy: xy * (111_320 * math.cos(math.radians(lat)), 111_320)
        )

    drawn = flat(line)
    points = shapely.line_interpolate_point(drawn, np.arange(0, drawn.length, 100))
    shapes = roads.to_numpy()
    tree = shapely.STRtree(flat(shapes[shapely.intersects(shapes, line.envelope.buffer(0.02))]))
    near, _ = tree.query(points, "dwithin", distance=within_m)
    return len(set(near.tolist())) / len(points)


def test_a_road_corridor_runs_along_roads(corridors: gpd.GeoDataFrame, roads: pd.DataFrame) -> None:
    """At least 95 % of each road corridor lie within 60 m of a road of the table, of an open one
    where it is open itself; the one that does not says that it is sketched in part.
    """
    sketched = set()
    for key, row in corridors[corridors["kind"].isin(ROAD_KINDS)].iterrows():
        able = roads["status"].eq("open") | (row["status"] != "operating")
        if share_near(row.geometry, roads["geometry"][able], 60) < 0.95:
            assert "sketch" in row["line_source"].split("; "), key
            sketched.add(key)
    assert sketched == {"ct10-chithao-tralinh"}


def test_an_expressway_runs_along_motorways(
    corridors: gpd.GeoDataFrame, roads: pd.DataFrame
) -> None:
    """Each expressway of Viet Nam that is open lies on motorways; Tan Vu - Lach Huyen, which is
    not built as one, on trunk roads. In China, where tiles of zoom 7 leave gaps, seven tenths do.
    """
    motorways = roads["geometry"][roads["road_class"].eq("motorway")]
    is_open = corridors["kind"].eq("expressway") & corridors["status"].eq("operating")
    share = {
        key: share_near(line, motorways, 60) for key, line in corridors.geometry[is_open].items()
    }
    least = {"VN": 0.95, "CN": 0.7}
    assert {key for key, near in share.items() if near < least[corridors.loc[key, "country"]]} == {
        "tanvu-lachhuyen"
    }
    trunk = roads["geometry"][roads["road_class"].isin(["motorway", "trunk"])]
    assert share_near(corridors.geometry["tanvu-lachhuyen"], trunk, 60) > 0.85


@pytest.mark.parametrize(
    ("corridor", "towns"),
    [
        ("ql18-noibai-mongcai", "bac-ninh uong-bi cam-pha tien-yen quang-ha mong-cai"),
        ("ql5-hanoi-haiphong", "hai-duong hai-phong"),
        ("ql1-huunghi-hanoi", "dong-dang lang-son bac-giang bac-ninh"),
        ("ql2-hanoi-thanhthuy", "vinh-yen viet-tri tuyen-quang ha-giang"),
        ("ql3-hanoi-talung", "thai-nguyen bac-kan cao-bang ta-lung-town"),
        ("ql4a-dongdang-caobang", "dong-dang na-sam that-khe cao-bang"),
        ("ql4b-langson-muichua", "lang-son loc-binh tien-yen"),
        ("ql18c-tienyen-hoanhmo", "tien-yen binh-lieu"),
        ("ql10-uongbi-thaibinh", "thai-binh"),
        ("rail-hanoi-laocai", "ha-noi vinh-yen viet-tri yen-bai lao-cai"),
        ("rail-hanoi-dongdang", "ha-noi bac-ninh bac-giang lang-son dong-dang"),
        ("rail-gialam-haiphong", "hai-duong hai-phong"),
    ],
)
def test_a_corridor_passes_its_towns(
    corridors: gpd.GeoDataFrame, corridor: str, towns: str
) -> None:
    """A national road or railway passes within 4 km of the centres of the towns it is known for."""
    cities = layers.read(FOLDER, "cities").geometry
    line = corridors.geometry[corridor]
    far = {
        town: round(float(crs.distance_m(*(np.array(end.coords[0]) for end in ends))))
        for town in towns.split()
        for ends in [shapely.ops.nearest_points(cities[town], line)]
    }
    assert {town: metres for town, metres in far.items() if metres > 4000} == {}


def test_the_expressway_reaches_hai_phong_south_of_the_town(corridors: gpd.GeoDataFrame) -> None:
    """Hanoi - Hai Phong ends at Tan Vu, five kilometres south-east of the centre, and stays south
    of National Road 5; the bridge to Lach Huyen runs out to sea from there.
    """
    expressway, road = (
        corridors.geometry[key] for key in ("ct04-hanoi-haiphong", "ql5-hanoi-haiphong")
    )
    for lon in (106.2, 106.35, 106.5, 106.6):
        north_south = shapely.LineString([(lon, 20.5), (lon, 21.2)])
        assert expressway.intersection(north_south).centroid.y < (
            road.intersection(north_south).centroid.y - 0.02
        )
    end = shapely.Point(expressway.coords[-1])
    assert end.distance(shapely.Point(106.75, 20.825)) < 0.02
    bridge = corridors.geometry["tanvu-lachhuyen"]
    assert bridge.distance(shapely.Point(106.82, 20.8064)) < 0.002


def test_what_is_not_open_opens_with_its_corridor(
    corridors: gpd.GeoDataFrame, roads: pd.DataFrame
) -> None:
    """Each road under construction names a corridor that is not open, each such road corridor has
    roads, and no road that is open names one.
    """
    closed = roads["status"] == "under_construction"
    assert roads.loc[~closed, "corridor"].eq("").all()
    coming = corridors[corridors["kind"].isin(ROAD_KINDS) & (corridors["status"] != "operating")]
    assert set(roads.loc[closed, "corridor"]) == set(coming.index)
    begins = {"CT.01": "ct01-", "CT.03": "ct01-", "CT.10": "ct10-", "CT.08": "ct08-"}
    for row in roads[closed & roads["ref"].ne("")].itertuples():
        assert row.corridor.startswith(begins[row.ref]), row.id


def test_the_canal_is_a_waterway_on_which_nobody_drives(corridors: gpd.GeoDataFrame) -> None:
    """The Pinglu canal runs from the Yu above Hengzhou to the bay of Qinzhou, and is not open at
    the date of its source.
    """
    canal = corridors.loc["pinglu-canal"]
    assert (canal["kind"], canal["status"], canal["open_year"]) == (
        *("waterway", "under_construction"),
        2026,
    )
    assert canal["published_length_km"] == 134.2
    assert canal["position_accuracy_m"] >= 3000
    assert canal["mapped_pct"] == 0
    north, south = (shapely.Point(canal.geometry.coords[i]) for i in (0, -1))
    assert north.y > 22.4 > 21.9 > south.y
    assert canal.geometry.distance(shapely.Point(108.62, 21.95)) < 0.06  # Qinzhou
    speeds = layers.read_table(FOLDER, "speeds")
    assert not speeds["road_class"].eq("waterway").any()


@pytest.mark.parametrize(
    "name", ["Yen Thuong station", "Nam Hai Phong station", "Yen Vien station", "Kep station"]
)
def test_railways_meet_in_one_point(
    corridors: gpd.GeoDataFrame, stations: pd.DataFrame, name: str
) -> None:
    """Where trains run through from one railway to the next, both have the very same point."""
    rows = stations[stations["name_en"] == name]
    assert len(rows) > 1
    assert len(set(zip(rows["lon"], rows["lat"], strict=True))) == 1
    for row in rows.itertuples():
        assert (row.lon, row.lat) in corridors.geometry[row.corridor].coords[:]


def test_the_tables_are_what_the_script_makes(script: Any, tmp_path: Path) -> None:
    """Made again from what lies beside the script, lines and stations are the same."""
    shutil.copytree(FOLDER / "corridors", tmp_path / "corridors")
    for name in ("corridors.csv", "roads.csv"):
        shutil.copy(FOLDER / name, tmp_path)
    script.make(tmp_path)
    for name in ("corridors.csv", "stations.csv"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes(), name


def test_a_gap_in_the_roads_is_left_as_sketched(script: Any, tmp_path: Path) -> None:
    """Where the mapped road ends half-way, the rest of the corridor is its sketch and says so; a
    road of another number that runs nearer to the sketch does not lead it astray.
    """
    (tmp_path / "corridors").mkdir()
    (tmp_path / "roads.csv").write_text(
        "road_class,ref,country,status,corridor,source,source_kind,position_accuracy_m,wkt\n"
        'trunk,QL.9,AA,open,,map,code,20,"LINESTRING (100 0.01,100.1 0.02,100.2 0.01)"\n'
        'tertiary,QL.8,AA,open,,map,code,20,"LINESTRING (100 0,100.2 0)"\n'
    )
    (tmp_path / "corridors.csv").write_text(
        "id,ref,kind,status,country,published_length_km,position_accuracy_m\n"
        "nine,QL9,national_road,operating,AA,,2000\n"
    )
    (tmp_path / "corridors" / "sketch.csv").write_text(
        "corridor,seq,lon,lat,place_name,node_id,accuracy_m,station\n"
        "nine,1,100,0,,,2000,\nnine,2,100.2,0,,,2000,\nnine,3,100.4,0,,,2000,\n"
    )
    (tmp_path / "corridors" / "railways.geojson").write_text(
        '{"features": [{"properties": {"corridor_id": null}, "geometry":'
        ' {"type": "LineString", "coordinates": [[100, 1], [100, 2]]}}]}'
    )
    script.make(tmp_path)
    (row,) = pd.read_csv(tmp_path / "corridors.csv").to_dict("records")
    points = shapely.from_wkt(row["wkt"]).coords[:]
    assert points[:3] == [(100, 0.01), (100.1, 0.02), (100.2, 0.01)]
    assert points[-1] == (100.4, 0)
    assert row["line_source"] == "map; sketch"
    assert row["mapped_pct"] == pytest.approx(50, abs=3)
    assert row["position_accuracy_m"] == 2000
