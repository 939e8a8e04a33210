"""Border gates: who may pass, and how long it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import geopandas as gpd


def service_time_s(gates: gpd.GeoDataFrame, crossings: pd.DataFrame, profile: str) -> pd.Series:
    """Give the time each gate takes a vehicle to pass, without queue; NaN where that vehicle cannot pass.

    A vehicle passes a road gate whose class is listed for its profile in `crossings`, unless the gate is known not to
    serve what the profile needs (``needs``: cargo or passengers). Unknown service is taken as given, and the class is not.

    Parameters
    ----------
    gates
        The layer ``gates``.
    crossings
        The table ``crossings``: ``profile``, ``kind``, ``needs``, ``service_time_s``.

    Returns
    -------
    Series
        On the index of `gates`.
    """
    rules = crossings[crossings["profile"] == profile].set_index("kind")
    time = gates["kind"].map(rules["service_time_s"]).astype(float)
    for kind, needs in rules["needs"].dropna().items():
        refused = (gates["kind"] == kind) & ~gates[needs].fillna(True).astype(bool)
        time[refused] = np.nan
    return time.where(gates["mode"] == "road").rename("service_time_s")
