"""Features as they are asked for: in a reference system, with some of their properties."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geo import export
from geo.export.frames import has_geometry, shapes
from webapp.ogc.systems import System, written


def features(
    frame: gpd.GeoDataFrame, system: System, names: Sequence[str] | None = None
) -> tuple[list[dict[str, Any]], list[float] | None]:
    """Make GeoJSON features whose coordinates are of a system, and their box in the same order of
    axes; None where nothing has a position.

    Parameters
    ----------
    names
        The properties that are asked for; None for all.
    """
    if not has_geometry(frame):
        return export.features(frame if names is None else frame[list(names)]), None
    placed = written(shapes(frame), system)
    if names is not None:
        frame = frame[[*names, frame.active_geometry_name]]
    bounds = shapely.total_bounds(placed) if len(placed) else np.full(4, np.nan)
    box = [round(float(edge), system.decimals) for edge in bounds]
    of_system = frame.set_geometry(gpd.GeoSeries(placed, index=frame.index))
    return export.features(of_system), box if np.isfinite(bounds).all() else None
