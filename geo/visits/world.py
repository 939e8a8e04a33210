"""What a trip is planned on: the roads, the gates, and when they are open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from geo.hours.gates import service_time_s

if TYPE_CHECKING:
    import geopandas as gpd

    from geo.hours.gates import Hours
    from geo.roads.network import Network


@dataclass(frozen=True, eq=False)
class World:
    """Roads and gates.

    Attributes
    ----------
    network
        Roads with their gates open.
    gates, crossings
        The layer and the table of these names.
    hours
        When which gate is open.
    """

    network: Network
    gates: gpd.GeoDataFrame
    crossings: pd.DataFrame
    hours: Hours

    def service_s(self, profile: str) -> pd.Series:
        """Return the time of the formalities by gate; NaN where the vehicle does not pass."""
        return service_time_s(self.gates, self.crossings, profile)
