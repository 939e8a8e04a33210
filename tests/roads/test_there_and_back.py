"""Going there and coming back take about the same time on the main roads of one country."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geo import layers
from geo.roads import access
from geo.roads.network import Network

SPARE_S = 600
LONGER = 1.35
FEW = 30
"""Of some 51,000 pairs in Viet Nam and 6,000 in China."""


@pytest.fixture(scope="module")
def places() -> gpd.GeoDataFrame:
    """The parks and towns."""
    columns = ["country", "geometry"]
    return pd.concat([layers.read(layers.bundled(), name)[columns] for name in ("parks", "cities")])


def minutes(network: Network, places: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the time by car from each place to each, in minutes."""
    return access.time_matrix(network, places, places, profile="car") / 60


@pytest.mark.parametrize("country", ["VN", "CN"])
def test_the_way_back_takes_about_as_long(
    real_network: Network, places: gpd.GeoDataFrame, country: str
) -> None:
    """Hardly any two places of a country lie farther apart one way than the other: by more than
    ten minutes and a third.
    """
    here = places[places["country"] == country]
    there = minutes(real_network, here).to_numpy() * 60
    assert np.isfinite(there).mean() > 0.9
    assert there.size > 1000
    back = there.T
    assert ((there - back > SPARE_S) & (there > LONGER * back)).sum() <= FEW


@pytest.mark.parametrize(
    ("start", "goal", "longest"),
    [
        ("uong-bi", "dong-mai-ip", 15),
        ("hai-duong", "lai-vu-ip", 18),
        ("yen-phong-2a-ip", "yen-phong-2c-ip", 12),
        ("que-vo-3-ip", "que-vo-1-ip", 20),
        ("phuc-dien-ip", "minh-duc-ip", 22),
        ("hai-phong-ftz-2", "deep-c-hp1-ip", 15),
        ("tan-lien-ip", "vinh-quang-ip", 20),
        ("mong-cai", "ha-long", 160),
    ],
)
def test_neighbours_are_near_both_ways(
    real_network: Network, places: gpd.GeoDataFrame, start: str, goal: str, longest: float
) -> None:
    """Places whose way led over a carriageway that is missing, or to a turning far away."""
    (_, there), (back, _) = minutes(real_network, places.loc[[start, goal]]).to_numpy()
    assert max(there, back) <= longest
    assert abs(there - back) <= 7
