"""Railways of a year to come: boarded at stations, ridden as fast as trains go."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geo import Atlas
from geo.errors import InputError
from geo.roads import access, railways, scenarios
from geo.roads.drive import Drive
from geo.roads.network import PLANNED, Network

Points = Callable[..., gpd.GeoDataFrame]
LENGTH_M = 11_132
"""Of the ride from West station to Halfway station, 0.1 degrees of the equator."""
HEAD = (
    "id,corridor,seq,name_en,lon,lat,position_accuracy_m,source,source_kind,as_of\n"
    "west-station,old-railway,1,West station,100.0,0.002,100,made up,memory,2026\n"
    "halfway-station,old-railway,2,Halfway station,100.1,0.002,100,made up,memory,2026\n"
)


@pytest.fixture(scope="module")
def folder(toy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy package with a railway beside its western road, opening in 2030: 200 km/h by design,
    so no more than 140 km/h.
    """
    folder = tmp_path_factory.mktemp("package")
    shutil.copytree(toy, folder, dirs_exist_ok=True)
    corridors = pd.read_csv(folder / "corridors.csv", dtype=str).set_index("id")
    railway = "LINESTRING (99.95 0.002,100.0 0.002,100.1 0.002,100.199 0.002)"
    columns = ["status", "open_year", "design_speed_kph", "published_length_km", "wkt"]
    corridors.loc["old-railway", columns] = ["planned", "2030", "200", None, railway]
    corridors.to_csv(folder / "corridors.csv")
    speeds = folder / "speeds.csv"
    rows = "car,railway,150,made up,assumption,2026\ntruck,railway,90,made up,assumption,2026\n"
    speeds.write_text(speeds.read_text() + rows)
    (folder / "stations.csv").write_text(HEAD)
    return folder


@pytest.fixture(scope="module")
def atlas(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    return Atlas.open(folder, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def future(atlas: Atlas) -> Network:
    return atlas.roads(Drive(year=2030))


@pytest.fixture
def ends(points: Points) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Two points on the road beside the two stations."""
    return points({"a": (100.0, 0)}, country=["AA"]), points({"b": (100.1, 0)}, country=["AA"])


def timed(network: Network, ends: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame], profile: str) -> float:
    return float(access.time_matrix(network, *ends, profile=profile).iloc[0, 0])


def test_a_ride_is_two_changes_and_the_way_by_train(future: Network) -> None:
    """Between its stations a car rides at 0.7 of the design speed; each change takes its five
    minutes, and a truck its ten.
    """
    classes = np.array(future.manifest.road_classes)[future.road_class]
    rides, changes = classes == PLANNED + "railway", classes == PLANNED + railways.TRANSFER
    assert changes.sum() == 2
    middle = rides & np.isclose(future.length_m, LENGTH_M, rtol=0.001)
    assert middle.sum() == 1
    assert future.time_s["car"][middle] == pytest.approx([LENGTH_M / 140 * 3.6], rel=0.01)
    assert future.time_s["truck"][middle] == pytest.approx([LENGTH_M / 90 * 3.6], rel=0.01)
    assert (future.time_s["car"][changes] > 300).all()
    assert (future.time_s["truck"][changes] > 600).all()


def test_the_quicker_way_is_taken(
    atlas: Atlas, future: Network, ends: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]
) -> None:
    """A car drives 600 s and would ride 360 s with 600 s of changes: it stays on the road. With
    shorter changes it rides, and the way names the railway.
    """
    assert timed(future, ends, "car") == timed(atlas.network(), ends, "car")
    rails = atlas.layer("corridors").loc[["old-railway"]]
    at_once = pd.DataFrame({"profile": ["car", "truck"], "transfer_time_s": [0, 0]})
    quick = railways.timed(future, rails, atlas.table("speeds"), at_once)
    assert timed(quick, ends, "car") < timed(future, ends, "car")
    assert scenarios.names(access.route(quick, *ends)) == ["Old railway"]


def test_nobody_boards_between_stations(atlas: Atlas, future: Network, points: Points) -> None:
    """A point on the railway itself is joined to the road, and no way begins on rails."""
    here = points({"here": (100.05, 0.002)}, country=["AA"])
    snap = future.snap(np.array([[100.05, 0.002]]), "car")
    classes = np.array(future.manifest.road_classes)[future.road_class]
    assert not classes[snap.segment[0]].startswith(PLANNED)
    there = points({"there": (100.15, 0)}, country=["AA"])
    assert timed(future, (here, there), "car") == timed(atlas.network(), (here, there), "car")


def test_a_vehicle_that_cannot_change_does_not_ride(
    atlas: Atlas, future: Network, ends: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]
) -> None:
    """Without a row for the truck in ``transfers`` it stays on the road, however quick the train;
    without any row the railway is refused.
    """
    rails = atlas.layer("corridors").loc[["old-railway"]]
    cars = pd.DataFrame({"profile": ["car"], "transfer_time_s": [0]})
    only = railways.timed(future, rails, atlas.table("speeds"), cars)
    assert timed(only, ends, "truck") == timed(atlas.network(), ends, "truck")
    with pytest.raises(InputError, match="how long it takes to change"):
        railways.timed(future, rails, atlas.table("speeds"), cars.iloc[:0])
    roads = atlas.table("speeds").query("road_class != 'railway'")
    with pytest.raises(InputError, match="lacks classes"):
        railways.timed(future, rails, roads, cars)


def test_a_railway_waits_for_its_year(atlas: Atlas) -> None:
    """The year before it is in no network; an earlier year that somebody assumes brings it in."""
    before = atlas.roads(Drive(year=2029))
    assert not scenarios.segments(before).any()
    assumed = atlas.roads(Drive(year=2029, opens=(("old-railway", 2028),)))
    assert scenarios.segments(assumed).any()


@pytest.mark.parametrize("profile", ["car", "truck"])
def test_what_is_added_slows_nobody(atlas: Atlas, future: Network, profile: str) -> None:
    """With more ways no way takes longer."""
    parks, places = atlas.layer("parks"), atlas.targets()
    today = access.time_matrix(atlas.network(), parks, places, profile=profile)
    then = access.time_matrix(future, parks, places, profile=profile)
    assert (then.fillna(np.inf) <= today.fillna(np.inf) + scenarios.CHANGE_S).all(axis=None)
