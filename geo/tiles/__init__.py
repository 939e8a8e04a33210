"""Layers as vector tiles: an index that is built once, and the tiles that are made of it on
request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geo.schema import Layer
from geo.tiles.grid import MOST_ZOOM, Tile
from geo.tiles.points import PointTiles
from geo.tiles.shapes import ShapeTiles

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["MEDIA_TYPE", "MOST_ZOOM", "PROPERTIES", "PointTiles", "ShapeTiles", "Tile", "index"]

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
PROPERTIES = (
    *("name_en", "name_vi", "name_zh"),
    *("opposite_name_en", "opposite_name_vi", "opposite_name_zh"),
    *("ref", "kind", "status", "mode", "cargo", "country", "position_accuracy_m"),
    *("area_ha", "availability"),
)
"""Columns that a tile holds of a feature, besides its ``id``, where its layer has them."""


def index(layer: Layer, frame: gpd.GeoDataFrame) -> PointTiles | ShapeTiles:
    """Build the index of a layer with positions.

    Parameters
    ----------
    frame
        The layer in WGS 84, by ``id``.
    """
    columns: dict[str, list[Any]] = {"id": [str(key) for key in frame.index]}
    columns |= {name: frame[name].tolist() for name in PROPERTIES if name in frame}
    shapes = frame.geometry.to_numpy()
    return (PointTiles if layer.geometry == "Point" else ShapeTiles)(layer.id, shapes, columns)
