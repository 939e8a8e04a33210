from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo import Atlas, layers
from geo.errors import InputError, NotFoundError
from geo.roads import access, road_table, scenarios
from geo.roads.drive import Drive
from geo.roads.network import Network

Points = Callable[..., gpd.GeoDataFrame]
COLUMNS = ["from_id", "layer", "today_id", "today_s", "then_id", "then_s", "gain_s", "planned"]


@pytest.fixture(scope="module")
def atlas(toy: Path, tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    """The toy package with a motorway, 22 km at 90 km/h, from West town to the bridge, announced
    for 2030.

    A car takes 891 s on it and 1200 s on the road, a truck 1336 s and 2400 s.
    """
    folder = tmp_path_factory.mktemp("package")
    shutil.copytree(toy, folder, dirs_exist_ok=True)
    edit(folder / "roads.csv", "100.19 0.1", "100.1 0.0001,100.19999 0")
    edit(folder / "corridors.csv", "planned-motorway", "planned-motorway", open_year="2030")
    return Atlas.open(folder, tmp_path_factory.mktemp("home"))


def edit(path: Path, old: str, new: str, **fields: str) -> None:
    """Replace a text in the file of a table, and set fields of the rows that hold the new one."""
    table = pd.read_csv(path, dtype=str).replace(re.escape(old), new, regex=True)
    rows = table.apply(lambda row: row.str.contains(new, regex=False).any(), axis=1)
    for name, value in fields.items():
        table.loc[rows, name] = value
    table.to_csv(path, index=False)


@pytest.fixture(scope="module")
def today(atlas: Atlas) -> Network:
    return atlas.network()


@pytest.fixture(scope="module")
def future(atlas: Atlas) -> Network:
    return atlas.roads(Drive(year=2030))


@pytest.fixture(scope="module")
def parks(points: Points) -> gpd.GeoDataFrame:
    """One at the beginning of the motorway, one beyond its end, one where no road is."""
    return points(
        {"west": (100, 0), "east": (100.3, 0), "lost": (100, 5)}, country=["AA", "BB", "AA"]
    )


@pytest.fixture(scope="module")
def places(points: Points) -> dict[str, gpd.GeoDataFrame]:
    """A town at the bridge, and a port behind it in the east."""
    return {
        "towns": points({"bridge-town": (100.2, 0)}, country=["AA"]),
        "ports": points({"east-port": (100.25, 0)}, country=["BB"]),
    }


def test_only_what_changes_is_told(
    today: Network, future: Network, parks: gpd.GeoDataFrame, places: dict[str, gpd.GeoDataFrame]
) -> None:
    """The park at the motorway saves 309 s to the bridge and to the port behind it; one beyond its
    end and one off the road nothing.
    """
    table = scenarios.difference(today, future, parks, places)
    assert list(table.columns) == COLUMNS
    assert table["from_id"].tolist() == ["west", "west"]
    assert table["layer"].tolist() == ["towns", "ports"]
    assert table["today_id"].tolist() == table["then_id"].tolist() == ["bridge-town", "east-port"]
    assert table["today_s"].tolist() == pytest.approx([1200, 3300], abs=3)
    assert table["gain_s"].tolist() == pytest.approx([309.4, 309.4], abs=1)
    assert table["planned"].tolist() == ["M9, Planned motorway"] * 2


def test_each_vehicle_has_its_own_gain(
    today: Network, future: Network, parks: gpd.GeoDataFrame, places: dict[str, gpd.GeoDataFrame]
) -> None:
    """A truck saves 18 minutes of 40."""
    table = scenarios.difference(today, future, parks, places, profile="truck")
    assert table["gain_s"].tolist() == pytest.approx([1064.2, 1064.2], abs=1)


def test_another_place_may_be_the_quickest_then(
    today: Network, future: Network, parks: gpd.GeoDataFrame, points: Points
) -> None:
    """The town at the bridge overtakes one on the road, which keeps its 15 minutes; where the
    nearer one stays nearest nothing is told.
    """
    towns = points({"on-the-road": (100.15, 0), "bridge-town": (100.2, 0)}, country=["AA", "AA"])
    table = scenarios.difference(today, future, parks.iloc[[0]], {"towns": towns})
    assert table[["today_id", "then_id"]].to_numpy().tolist() == [["on-the-road", "bridge-town"]]
    assert table.loc[0, ["today_s", "then_s"]].tolist() == pytest.approx([900, 892], abs=2)
    halfway = points({"halfway": (100.1, 0), "bridge-town": (100.2, 0)}, country=["AA", "AA"])
    assert scenarios.difference(today, future, parks.iloc[[0]], {"towns": halfway}).empty


def test_what_can_be_reached_at_last_has_no_gain(
    atlas: Atlas, parks: gpd.GeoDataFrame, points: Points
) -> None:
    """Without a way today the time is unknown and nothing can be subtracted; the way is
    told all the same.
    """
    island = points({"island": (100.05, 0.5)}, country=["AA"])
    roads = road_table.read(atlas.data, atlas.table("speeds"))
    bridge, road = roads.iloc[[5]].copy(), roads.iloc[[0]].copy()
    bridge["geometry"] = [shapely.LineString([(100, 0), (100.05, 0.49)])]
    road["geometry"] = [shapely.LineString([(100.05, 0.49), (100.05, 0.5)])]
    roads = pd.concat([roads, bridge, road], ignore_index=True)
    roads = road_table.opening(roads, atlas.layer("corridors"), {})
    before, after = (
        road_table.built(atlas.data, roads, road_table.select(roads, day), atlas.table("speeds"))
        for day in (None, "2030-12-31")
    )
    table = scenarios.difference(before, after, parks, {"towns": island})
    assert set(table["from_id"]) == {"west", "east"}
    assert table[["today_id", "today_s", "gain_s"]].isna().all(axis=None)
    assert (table["then_s"] > 0).all()
    assert set(table["planned"]) == {"M9, Planned motorway"}


def test_same_network_changes_nothing(
    today: Network, parks: gpd.GeoDataFrame, places: dict[str, gpd.GeoDataFrame]
) -> None:
    """Compared with itself a network gives a table with its columns and no row; so does one without
    destinations.
    """
    for there in (places, {}, {"towns": places["towns"].iloc[:0]}):
        table = scenarios.difference(today, today, parks, there)
        assert list(table.columns) == COLUMNS
        assert table.empty
        assert table["gain_s"].dtype == float


def test_today_must_be_today(
    today: Network, future: Network, parks: gpd.GeoDataFrame, places: dict[str, gpd.GeoDataFrame]
) -> None:
    """Networks given the wrong way round are refused: what is planned never stands for today."""
    with pytest.raises(InputError, match="not that of today"):
        scenarios.difference(future, today, parks, places)


def test_arguments_unchanged(
    today: Network, future: Network, parks: gpd.GeoDataFrame, places: dict[str, gpd.GeoDataFrame]
) -> None:
    """Comparing changes nothing it was given."""
    before = parks.copy(), {name: frame.copy() for name, frame in places.items()}
    scenarios.difference(today, future, parks, places)
    assert parks.equals(before[0])
    assert all(frame.equals(before[1][name]) for name, frame in places.items())


def test_planned_segments_are_told_from_open_ones(today: Network, future: Network) -> None:
    """Today none is planned; then the motorway is, and no road of today."""
    assert not scenarios.segments(today).any()
    marked = scenarios.segments(future)
    names = np.array([*future.manifest.names, ""])[future.name]
    assert set(names[marked]) == {"M9, Planned motorway"}
    assert "West road (R1)" in set(names[~marked])


def test_a_way_names_its_planned_corridors(future: Network, today: Network, points: Points) -> None:
    """A way over the motorway names it once; one on open roads names nothing."""
    west, bridge, half = (points({"a": (lon, 0)}, country=["AA"]) for lon in (100, 100.2, 100.1))
    assert scenarios.names(access.route(future, west, bridge)) == ["M9, Planned motorway"]
    assert scenarios.names(access.route(future, west, half)) == []
    assert scenarios.names(access.route(today, west, bridge)) == []


def test_timeline_tells_year_by_year(atlas: Atlas) -> None:
    """The next comes first and the unknown last; an assumed year says that it is assumed and has no
    source.
    """
    frame = atlas.layer("corridors").copy()
    frame.loc["old-railway", "status"] = "under_construction"
    table = scenarios.timeline(frame)
    assert table.index.tolist() == ["planned-motorway", "old-railway"]
    assert table["year"].tolist() == [2030, pd.NA]
    assert table["name"].tolist() == ["M9, Planned motorway", "Old railway"]
    assert table["source"].isna().tolist() == [False, True]
    assumed = scenarios.timeline(frame, {"old-railway": 2028})
    assert assumed.index.tolist() == ["old-railway", "planned-motorway"]
    assert assumed["assumed"].tolist() == [True, False]
    assert assumed["source"].isna().tolist() == [True, False]
    dated = scenarios.timeline(frame.assign(as_of="2026-02"), {"old-railway": 2028})
    assert dated["as_of"].isna().tolist() == [True, False], "a date belongs to a source"
    with pytest.raises(NotFoundError, match="no-road"):
        scenarios.timeline(frame, {"no-road": 2028})


# The real package


@pytest.fixture(scope="module")
def real_table(real_network: Network, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """What the corridors announced for 2030 change for trucks from three parks."""
    atlas = Atlas.open(home=tmp_path_factory.mktemp("home"))
    parks = atlas.layer("parks").loc[["vsip-bac-ninh-ip", "cao-bang-bgez", "mong-cai-bgez"]]
    places = {name: atlas.layer(name) for name in ("gates", "ports")}
    then = atlas.roads(Drive(year=2030))
    return scenarios.difference(real_network, then, parks, places, profile="truck")


def test_real_parks_near_a_planned_expressway_gain(real_table: pd.DataFrame) -> None:
    """Bac Ninh comes sooner to the border over CT.01 and Cao Bang to its railway over CT.10; Mong
    Cai, at the sea, gains nothing.
    """
    rows = real_table.set_index(["from_id", "layer"])
    assert (
        rows.loc[("vsip-bac-ninh-ip", "gates"), "planned"]
        == "CT.01, Chi Lang - Huu Nghi expressway (main line); CT.01, Dong Dang - Tan Thanh / Coc"
        " Nam branch"
    )
    assert (
        "CT.10, Dong Dang - Tra Linh expressway" in rows.loc[("cao-bang-bgez", "ports"), "planned"]
    )
    assert (real_table["gain_s"] > 0).all()
    assert "mong-cai-bgez" not in set(real_table["from_id"])


def test_real_railways_without_a_year_stay_out(tmp_path: Path) -> None:
    """Of the three planned railways one has a year in the data; the others come last in the
    timeline, without one.
    """
    table = scenarios.timeline(layers.read(layers.bundled(), "corridors"))
    assert table.loc["rail-planned-laocai-haiphong", "year"] == 2030
    assert (
        table.loc[["rail-planned-langson-hanoi", "rail-planned-mongcai-haiphong"], "year"]
        .isna()
        .all()
    )
    assert table["year"].dropna().is_monotonic_increasing
    opens = (("rail-planned-mongcai-haiphong", 2035),)
    net = Atlas.open(home=tmp_path).roads(Drive(year=2035, opens=opens))
    assert any(
        "Lang Son (Dong Dang) - Hanoi" in note and "no opening year" in note
        for note in net.manifest.notes
    )
    assert any(
        "Mong Cai - Ha Long" in note and "an assumption without a source" in note
        for note in net.manifest.notes
    )
