"""The border between Viet Nam and China on the roads of the package: a local's answers."""

from __future__ import annotations

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from geo import layers
from geo.roads import access, road_table
from geo.roads.network import Network

FOLDER = layers.bundled()
TOWNS = ("cities", "ports", "parks")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """The roads of the package."""
    return road_table.read(FOLDER, layers.read_table(FOLDER, "speeds"))


@pytest.fixture(scope="module")
def towns() -> gpd.GeoDataFrame:
    """Towns and ports of both countries, and every fourth park."""
    frames = [
        layers.read(FOLDER, name)[["country", "geometry"]].iloc[:: 4 if name == "parks" else 1]
        for name in TOWNS
    ]
    places = pd.concat(frames)
    return places[places["country"].isin(["VN", "CN"])]


def point(lon: float, lat: float, country: str) -> gpd.GeoDataFrame:
    """Return a layer of one point."""
    return gpd.GeoDataFrame(
        {"country": [country]}, index=["point"], geometry=[shapely.Point(lon, lat)], crs=4326
    )


def side(network: Network) -> np.ndarray:
    """Return for each node the part of the network that is joined without any gate."""
    free = (network.gate < 0) & (network.forward | network.backward)
    ends = network.tail[free], network.head[free]
    size = (network.node_count, network.node_count)
    return connected_components(coo_matrix((np.ones(free.sum()), ends), size), directed=False)[1]


def test_without_gates_no_road_leads_to_the_other_country(
    real_network: Network, towns: gpd.GeoDataFrame
) -> None:
    """Towns of the two countries, each joined to the nearest road of any country, hang together
    among themselves and with none of the other.
    """
    xy = shapely.get_coordinates(towns.geometry.to_numpy())
    border = layers.read(FOLDER, "gates").geometry.union_all()
    inland = np.array([shapely.Point(p).distance(border) > 0.1 for p in xy])
    joined = real_network.snap(xy, "car").segment
    kept = inland & (joined >= 0)
    part = side(real_network)[real_network.tail[joined[kept]]]
    country = towns["country"].to_numpy(str)[kept]
    parts = {code: set(part[country == code].tolist()) for code in ("VN", "CN")}
    assert {code: len(group) for code, group in parts.items()} == {"VN": 1, "CN": 1}
    assert not parts["VN"] & parts["CN"]


def test_every_way_abroad_passes_an_odd_number_of_gates(
    real_network: Network, towns: gpd.GeoDataFrame
) -> None:
    """A way between the countries passes one gate, or three; one inside a country none, or two."""
    ways = access.travel_times(real_network, towns, towns)
    reached = ways[ways["travel_time_s"].notna()]
    gates = reached["gates"].map(lambda text: len([name for name in text.split(";") if name]))
    country = towns["country"]
    abroad = reached["from_id"].map(country) != reached["to_id"].map(country)
    assert abroad.sum() > 4_000
    assert (gates[abroad] % 2 == 1).all()
    assert (gates[~abroad] % 2 == 0).all()


@pytest.mark.parametrize("country", ["VN", "CN"])
def test_no_road_inside_a_country_is_closed_by_the_border(
    real_network: Network, table: pd.DataFrame, towns: gpd.GeoDataFrame, country: str
) -> None:
    """With all gates closed, ways between places of a country, gates among them, take as long as on
    its own roads alone, which know of no border.
    """
    rows = road_table.select(table[table["country"] == country], None)
    own = road_table.built(FOLDER, table, rows, layers.read_table(FOLDER, "speeds"))
    gates = layers.read(FOLDER, "gates")[["geometry"]].assign(country=country)
    gates = gates[gates.index != "xin-man"]  # no road of either country is near
    places = pd.concat([towns[towns["country"] == country].iloc[::2], gates])
    shut = real_network.with_waiting(dict.fromkeys(real_network.manifest.gates, np.inf))
    ours, theirs = (access.travel_times(roads, places, places) for roads in (shut, own))
    known = theirs["travel_time_s"].notna()
    assert known.mean() > 0.9
    assert ours.loc[known, "travel_time_s"].notna().all()
    late_s = ours.loc[known, "travel_time_s"] - theirs.loc[known, "travel_time_s"]
    assert late_s.abs().max() < 1


def test_a_number_on_the_signs_tells_the_country(table: pd.DataFrame) -> None:
    """Roads with Vietnamese numbers lie in Viet Nam, those with Chinese numbers in China, and so do
    all that come from the source of Chinese roads.
    """
    ref = table["ref"].fillna("").astype(str)
    vietnamese = ref.map(lambda text: bool(re.match(r"(QL|ĐT|CT)\.\d", text)))
    chinese = ref.map(lambda text: bool(re.match(r"[GS]\d{3}$", text)))
    assert set(table.loc[vietnamese, "country"]) == {"VN"}
    assert set(table.loc[chinese, "country"]) == {"CN"}
    assert chinese.sum() > 20
    assert set(table.loc[table["source"] == "OpenStreetMap z7", "country"]) == {"CN"}


CITIES = layers.read(FOLDER, "cities")
LONGZHOU, DONGXING, FANGCHENGGANG = (
    CITIES.loc[[name]] for name in ("longzhou", "dongxing", "fangchenggang")
)
PORT = layers.read(FOLDER, "ports").loc[["port-fangchenggang"]]


@pytest.mark.parametrize(
    ("start", "goal", "low_km", "high_km", "gates"),
    [
        pytest.param(point(107.4935, 21.616, "VN"), PORT, 110, 150, "hoanh-mo", id="Hoanh Mo"),
        pytest.param(point(107.4935, 21.616, "CN"), PORT, 110, 150, "", id="Dongzhong"),
        pytest.param(DONGXING, FANGCHENGGANG, 45, 70, "", id="Dongxing"),
        pytest.param(point(106.59, 22.479, "CN"), LONGZHOU, 30, 45, "", id="Shuikou"),
        pytest.param(point(106.572, 22.485, "VN"), LONGZHOU, 30, 48, "ta-lung", id="Ta Lung"),
        pytest.param(
            CITIES.loc[["lao-cai"]], CITIES.loc[["hekou"]], 3, 16, "kim-thanh", id="Lao Cai"
        ),
        pytest.param(
            CITIES.loc[["mong-cai"]],
            DONGXING,
            1,
            10,
            "mong-cai-bac-luan-1|mong-cai-bac-luan-2",
            id="Mong Cai",
        ),
        pytest.param(
            CITIES.loc[["phong-tho"]], CITIES.loc[["jinping"]], 45, 70, "ma-lu-thang", id="QL.12"
        ),
    ],
)
def test_ways_near_the_border_are_as_long_as_people_there_say(
    real_network: Network,
    start: gpd.GeoDataFrame,
    goal: gpd.GeoDataFrame,
    low_km: float,
    high_km: float,
    gates: str,
) -> None:
    """There and back, over the gate that everybody takes; they were up to three times as long while
    an outline closed the roads beside the border.
    """
    for here, there in ((start, goal), (goal, start)):
        (way,) = access.travel_times(real_network, here, there).itertuples()
        assert low_km <= way.length_m / 1000 <= high_km
        assert re.fullmatch(gates, way.gates)


@pytest.mark.parametrize(
    ("gate", "away_km"),
    [("bac-phong-sinh", 2), ("hoanh-mo", 2), ("ta-lung", 2), ("kim-thanh", 2), ("huu-nghi", 2)],
)
def test_a_gate_is_passed_where_it_is(real_network: Network, gate: str, away_km: float) -> None:
    """The crossing of a gate lies at the gate, and not where its road meets another one."""
    place = layers.read(FOLDER, "gates").geometry[gate]
    number = real_network.manifest.gates.index(gate)
    for segment in np.flatnonzero(real_network.gate == number):
        lon, lat = real_network.shape(int(segment)).mean(axis=0)
        assert np.hypot((lon - place.x) * 0.93, lat - place.y) * 111.2 < away_km
