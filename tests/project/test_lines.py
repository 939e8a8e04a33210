"""The lines of the corridors and the stations along them: held to the roads, to their towns and to
what was published, from outside the rules by which they were drawn.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geo import crs, layers

FOLDER = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture(scope="module")
def corridors() -> gpd.GeoDataFrame:
    frame: gpd.GeoDataFrame = layers.read(FOLDER, "corridors")
    return frame


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
    sketch, which cuts corners, is shorter by a fifth at most and never much longer.

    Qinzhou - Dongxing begins at another interchange than the length that is remembered, 86 to
    100 km.
    """
    known = corridors.dropna(subset="published_length_km").drop("g7511-qinzhou-dongxing")
    drawn_km = np.array([crs.geodesic().geometry_length(line) for line in known.geometry]) / 1000
    ratio = pd.Series(drawn_km / known["published_length_km"].to_numpy(), index=known.index)
    mapped = ratio[known["mapped_pct"] >= 90]
    sketch = ratio.drop(mapped.index)
    assert mapped[(mapped < 6 / 7) | (mapped > 8 / 7)].round(2).to_dict() == {}
    assert sketch[(sketch < 0.8) | (sketch > 1.1)].round(2).to_dict() == {}
    assert len(mapped) >= 28


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
