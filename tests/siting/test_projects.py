"""Projects: where they are, which are near a site, and which call for investors, held against the
tables read by hand and a simpler way to measure."""

from __future__ import annotations

import csv
from collections import Counter

import geopandas as gpd
import numpy as np
import pytest

from geo import layers
from geo.atlas import Atlas
from geo.roads import access
from geo.roads.drive import Drive
from geo.siting import projects

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    return Atlas.open(home=tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def placed(atlas: Atlas) -> gpd.GeoDataFrame:
    return projects.located(atlas.layer("projects"), atlas.layer)


@pytest.fixture(scope="module")
def rows() -> dict[str, dict[str, str]]:
    """The file itself, without what reads it."""
    with (layers.bundled() / "projects.csv").open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def test_a_project_is_where_it_says(
    atlas: Atlas, placed: gpd.GeoDataFrame, rows: dict[str, dict[str, str]]
) -> None:
    """One that names a park is at it, one that names only a port is at that; one that names
    nothing known is nowhere."""
    for key, row in rows.items():
        if row["park"] or row["port"]:
            name = "parks" if row["park"] else "ports"
            assert placed.loc[key, "place"] == (row["park"] or row["port"])
            assert placed.loc[key, "geometry"] == atlas.layer(name).loc[row[name[:-1]]].geometry
        elif not row["place"]:
            assert key not in placed.index
    towns = placed[placed["layer"] == "cities"]
    assert len(towns)
    for key, town in towns["place"].items():
        assert rows[str(key)]["place"] == atlas.layer("cities").loc[town, "name_en"]


def test_near_is_within_the_time_by_road(atlas: Atlas, placed: gpd.GeoDataFrame) -> None:
    """Every project of the table of travel times that is within half an hour is near, and no
    other; a longer time only adds some."""
    drive = Drive("car")
    roads, parks = atlas.roads(drive), atlas.layer("parks")[:40]
    near = projects.near(roads, parks, placed, profile=drive.profile)
    further = projects.near(roads, parks, placed, profile=drive.profile, within_s=5400)
    table = access.time_matrix(roads, parks, placed, profile=drive.profile)
    for site in parks.index:
        own = set(placed.index[placed["place"] == site])
        expected = set(table.columns[table.loc[site].to_numpy() <= projects.NEAR_S]) | own
        assert {each.project for each in near[site]} == expected
        assert expected <= {each.project for each in further[site]}
        assert own == {each.project for each in near[site] if each.place == site}
        times = [each.time_s for each in near[site]]
        assert times == sorted(times)
        assert not any(times[: len(own)])


def test_a_site_without_a_road_has_its_own(atlas: Atlas, placed: gpd.GeoDataFrame) -> None:
    """To a site in the open sea no road leads: only what is in it is near."""
    drive = Drive()
    key = str(placed.loc[placed["layer"] == "parks", "place"].iloc[0])
    site = atlas.layer("parks").loc[[key]]
    at_sea = site.set_geometry(gpd.points_from_xy([108.9], [19.5]), crs=site.crs)
    near = projects.near(atlas.roads(drive), at_sea, placed, profile=drive.profile)
    own = set(placed.index[placed["place"] == key])
    assert {each.project for each in near[key]} == own


def test_nothing_of_nothing(atlas: Atlas, placed: gpd.GeoDataFrame) -> None:
    """Without projects, or without sites, nothing is near."""
    roads, parks = atlas.roads(Drive()), atlas.layer("parks")[:3]
    assert projects.near(roads, parks, placed[:0], profile="truck") == {
        str(site): [] for site in parks.index
    }
    assert projects.near(roads, parks[:0], placed, profile="truck") == {}


def test_what_comes_is_not_there_yet(atlas: Atlas, rows: dict[str, dict[str, str]]) -> None:
    """A factory that operates is not coming, nor is a total of many projects a single one."""
    coming = projects.coming(atlas.layer("projects"))
    for key, row in rows.items():
        expected = row["status"] != "operating" and row["kind"] != "programme"
        assert bool(coming[key]) == expected


@pytest.mark.parametrize("sector", ["electronics", "logistics", "new_energy", "electricity"])
def test_calls_fit_what_is_asked(
    atlas: Atlas, rows: dict[str, dict[str, str]], sector: str
) -> None:
    """The calls of a sector are those that state it; a narrower wish never adds one."""
    frame = atlas.layer("projects")
    calls = projects.calling(frame, [sector])
    expected = {
        key
        for key, row in rows.items()
        if row["status"] == "calling_for_investment" and sector in row["sectors"].split(";")
    }
    assert set(calls.index) == expected
    for countries, provinces in ((["VN"], []), ([], ["Quang Ninh"]), (["CN"], ["Quang Ninh"])):
        narrower = set(projects.calling(frame, [sector], countries, provinces).index)
        assert narrower <= expected
        assert all(
            rows[key]["country"] in (countries or [rows[key]["country"]]) for key in narrower
        )


def test_single_projects_come_before_programmes(
    atlas: Atlas, rows: dict[str, dict[str, str]]
) -> None:
    """All calls: no programme before a project, and among each the newest source first."""
    calls = [rows[str(key)] for key in projects.calling(atlas.layer("projects")).index]
    kinds = [row["kind"] for row in calls]
    assert kinds == sorted(kinds, reverse=True, key=lambda kind: kind == "project")
    assert Counter(kinds)["programme"]
    for kind in set(kinds):
        years = [row["as_of"][:4] for row in calls if row["kind"] == kind]
        assert years == sorted(years, reverse=True)
    assert np.unique([row["id"] for row in calls]).size == len(calls)
