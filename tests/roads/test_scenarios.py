from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geo import layers
from geo.errors import InputError, NotFoundError
from geo.roads import access, corridors, scenarios
from geo.roads.network import Network

Points = Callable[..., gpd.GeoDataFrame]
COLUMNS = ["from_id", "layer", "today_id", "today_s", "then_id", "then_s", "gain_s", "planned"]


@pytest.fixture(scope="module")
def parts(toy: Path) -> dict[str, Any]:
    """The toy package with a motorway, 20 km at 90 km/h, from West town to the bridge, announced
    for 2030.

    A truck takes 20 minutes on it, and 40 on the road.
    """
    tables = ("corridor_vertices", "interchanges", "speeds", "crossings", "transfers")
    parts: dict[str, Any] = {name: layers.read_table(toy, name) for name in tables}
    vertices = parts.pop("corridor_vertices")
    end = (vertices["corridor_id"] == "planned-motorway") & (vertices["seq"] == 2)
    vertices.loc[end, ["lat", "node_id"]] = [0, "bridge"]
    link = {
        "corridor_id": "planned-motorway",
        "seq": 1,
        "other_corridor_id": "west-road",
        "other_seq": 1,
        "name_en": "West interchange",
    }
    parts["interchanges"] = pd.concat(
        [parts["interchanges"], pd.DataFrame([link])], ignore_index=True
    )
    frame = layers.read(toy, "corridors")
    year = pd.Series({"planned-motorway": 2030}, dtype="Int64").reindex(frame.index)
    return parts | {
        "vertices": vertices,
        "gates": layers.read(toy, "gates"),
        "corridors": frame.assign(open_year=year),
    }


@pytest.fixture(scope="module")
def today(parts: dict[str, Any]) -> Network:
    return corridors.build(**parts)


@pytest.fixture(scope="module")
def future(parts: dict[str, Any]) -> Network:
    return corridors.build(**parts, year=2030)


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
    """The park at the motorway saves 400 s to the bridge and to the port behind it; one beyond its
    end and one off the road nothing.
    """
    table = scenarios.difference(today, future, parks, places)
    assert list(table.columns) == COLUMNS
    assert table["from_id"].tolist() == ["west", "west"]
    assert table["layer"].tolist() == ["towns", "ports"]
    assert table["today_id"].tolist() == table["then_id"].tolist() == ["bridge-town", "east-port"]
    assert table["today_s"].tolist() == pytest.approx([1200, 3300], abs=0.01)
    assert table["gain_s"].tolist() == pytest.approx([400, 400], abs=0.01)
    assert table["planned"].tolist() == ["M9, Planned motorway"] * 2


def test_each_vehicle_has_its_own_gain(
    today: Network, future: Network, parks: gpd.GeoDataFrame, places: dict[str, gpd.GeoDataFrame]
) -> None:
    """A truck saves 20 minutes of 40."""
    table = scenarios.difference(today, future, parks, places, profile="truck")
    assert table["gain_s"].tolist() == pytest.approx([1200, 1200], abs=0.01)


def test_another_place_may_be_the_quickest_then(
    today: Network, future: Network, parks: gpd.GeoDataFrame, points: Points
) -> None:
    """The town at the bridge overtakes one on the road, which keeps its 15 minutes; where the
    nearer one stays nearest nothing is told.
    """
    towns = points({"on-the-road": (100.15, 0), "bridge-town": (100.2, 0)}, country=["AA", "AA"])
    table = scenarios.difference(today, future, parks.iloc[[0]], {"towns": towns})
    assert table[["today_id", "then_id"]].to_numpy().tolist() == [["on-the-road", "bridge-town"]]
    assert table.loc[0, ["today_s", "then_s"]].tolist() == pytest.approx([900, 800], abs=0.1)
    halfway = points({"halfway": (100.1, 0), "bridge-town": (100.2, 0)}, country=["AA", "AA"])
    assert scenarios.difference(today, future, parks.iloc[[0]], {"towns": halfway}).empty


def test_what_can_be_reached_at_last_has_no_gain(
    parts: dict[str, Any], parks: gpd.GeoDataFrame, points: Points
) -> None:
    """Without a way today the time is unknown and nothing can be subtracted; the way is
    told all the same.
    """
    far = parts["vertices"].copy()
    both = far["corridor_id"].isin(["planned-motorway", "old-railway"])
    far.loc[both, ["lon", "lat"]] = np.array(
        [(100, 0), (100.2, 0.9), (100.3, 0), (100.25, 0.5), (100.2, 0.9)]
    )
    far.loc[both, "node_id"] = None
    frame = parts["corridors"].copy()
    frame["published_length_km"] = np.nan
    frame.loc["old-railway", ["kind", "status", "country"]] = ["national_road", "planned", "BB"]
    link = (
        parts["interchanges"]
        .iloc[[-1]]
        .assign(corridor_id="old-railway", other_corridor_id="east-road", other_seq=2)
    )
    links = pd.concat([parts["interchanges"], link], ignore_index=True)
    only = parts | {
        "vertices": far,
        "corridors": frame,
        "interchanges": links,
        "gates": parts["gates"].loc[["far-gate"]],
    }
    before, after = (
        corridors.build(**only),
        corridors.build(**only, year=2030, years={"old-railway": 2030}),
    )
    table = scenarios.difference(
        before, after, parks, {"towns": points({"east-town": (100.3, 0)}, country=["BB"])}
    )
    assert table["from_id"].tolist() == ["west"]
    assert table[["today_id", "today_s", "gain_s"]].isna().all(axis=None)
    assert table.loc[0, "then_s"] > 0
    assert table.loc[0, "planned"] == "M9, Planned motorway; Old railway"


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
    """Today none is planned; then the motorway and its interchange are, and no road of today."""
    assert not scenarios.segments(today).any()
    marked = scenarios.segments(future)
    names = np.array([*future.manifest.names, ""])[future.name]
    assert set(names[marked]) == {"M9, Planned motorway", "West interchange"}
    assert "R1, West road" in set(names[~marked])


def test_a_way_names_its_planned_corridors(future: Network, today: Network, points: Points) -> None:
    """A way over the motorway names it once, without the interchange; one on open roads names
    nothing.
    """
    west, bridge, half = (points({"a": (lon, 0)}, country=["AA"]) for lon in (100, 100.2, 100.1))
    assert scenarios.names(access.route(future, west, bridge)) == ["M9, Planned motorway"]
    assert scenarios.names(access.route(future, west, half)) == []
    assert scenarios.names(access.route(today, west, bridge)) == []


def test_timeline_tells_year_by_year(parts: dict[str, Any]) -> None:
    """The next comes first and the unknown last; an assumed year says that it is assumed and has no
    source.
    """
    frame = parts["corridors"].copy()
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
def real_table(real_network: Network) -> pd.DataFrame:
    """What the corridors announced for 2030 change for trucks from three parks."""
    folder = layers.bundled()
    parks = layers.read(folder, "parks").loc[["vsip-bac-ninh-ip", "cao-bang-bgez", "mong-cai-bgez"]]
    places = {name: layers.read(folder, name) for name in ("gates", "ports")}
    return scenarios.difference(
        real_network, corridors.read(folder, 2030), parks, places, profile="truck"
    )


def test_real_parks_near_a_planned_expressway_gain(real_table: pd.DataFrame) -> None:
    """Bac Ninh comes sooner to the border over CT.01 and Cao Bang to its railway over CT.10; Mong
    Cai, at the sea, gains nothing.
    """
    rows = real_table.set_index(["from_id", "layer"])
    assert (
        rows.loc[("vsip-bac-ninh-ip", "gates"), "planned"]
        == "CT.01, Chi Lang - Huu Nghi expressway (main line)"
    )
    assert (
        "CT.10, Dong Dang - Tra Linh expressway" in rows.loc[("cao-bang-bgez", "ports"), "planned"]
    )
    assert (real_table["gain_s"] > 0).all()
    assert "mong-cai-bgez" not in set(real_table["from_id"])


def test_real_railways_without_a_year_stay_out() -> None:
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
    net = corridors.read(layers.bundled(), 2035, years={"rail-planned-mongcai-haiphong": 2035})
    assert any(
        "Lang Son (Dong Dang) - Hanoi" in note and "no opening year" in note
        for note in net.manifest.notes
    )
    assert any(
        "Mong Cai - Ha Long" in note and "an assumption without a source" in note
        for note in net.manifest.notes
    )
