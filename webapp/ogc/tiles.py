"""What the OGC API says of its tiles: sets of tiles, and the one grid they lie on.

Source of the names: OGC 20-057 (API – Tiles, part 1) and OGC 17-083r4 (tile matrix sets)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geo.errors import NotFoundError
from geo.schema import Layer
from geo.tiles import MEDIA_TYPE, MOST_ZOOM
from geo.tiles.grid import HALF_WORLD_M, SCALE_0, project
from webapp.i18n import gettext as _
from webapp.ogc.answers import Link, link, selves
from webapp.ogc.negotiation import JSON
from webapp.ogc.parameters import choice
from webapp.ogc.systems import CRS84
from webapp.readers import Schema

GRID = "WebMercatorQuad"
GRID_PATH = f"/tileMatrixSets/{GRID}"
GRID_URI = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{GRID}"
WEB_MERCATOR = "http://www.opengis.net/def/crs/EPSG/0/3857"
PIXELS = 256
"""Of a side of a tile, where a scale is meant."""
REL = "http://www.opengis.net/def/rel/ogc/1.0"
TILESETS, SCHEMES, SCHEME = (
    f"{REL}/tilesets-vector",
    f"{REL}/tiling-schemes",
    f"{REL}/tiling-scheme",
)
CONFORMANCE = (
    *(
        f"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/{part}"
        for part in ("core", "tileset", "tilesets-list", "geodata-tilesets", "mvt", "oas30")
    ),
    *(
        f"http://www.opengis.net/spec/tms/2.0/conf/{part}"
        for part in ("tilematrixset", "json-tilematrixset")
    ),
)
PARAMETERS = {"f": choice(("mvt",), "Format of the tile.")}
"""What a tile takes."""


def tiled(layer: Layer) -> Layer:
    """Return a layer that has tiles; `NotFoundError` if it has no positions."""
    if layer.geometry is None:
        raise NotFoundError(_("The layer %(layer)s has no positions.", layer=layer.id))
    return layer


def tileset(layer: Layer) -> Schema:
    """Return a set of tiles as it stands in a list of them."""
    path = f"/collections/{layer.id}/tiles/{GRID}"
    return _about(layer) | {"links": [link(path, "self", JSON, layer.title, f="json"), _grid()]}


def described(layer: Layer, box: Sequence[float] | None) -> Schema:
    """Return what is known of a set of tiles.

    Parameters
    ----------
    box
        West, south, east and north of the layer; None where it is empty.
    """
    path = f"/collections/{layer.id}/tiles/{GRID}"
    item = link(f"{path}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}", "item", MEDIA_TYPE, layer.title)
    around = {"lowerLeft": box[:2], "upperRight": box[2:], "crs": CRS84} if box else {}
    return {
        **_about(layer),
        **({"boundingBox": around, "tileMatrixSetLimits": _limits(box)} if box else {}),
        "layers": [
            {
                "id": layer.id,
                "dataType": "vector",
                "geometryDimension": 0 if layer.geometry == "Point" else 1,
            }
        ],
        "links": [*selves(path, JSON), item | {"templated": True}, _grid()],
    }


def _limits(box: Sequence[float]) -> list[Schema]:
    """Return the tiles of each zoom that a box meets."""
    (west, north), (east, south) = project(np.array([[box[0], box[3]], [box[2], box[1]]]))
    return [
        {
            "tileMatrix": str(zoom),
            "minTileRow": int(north * 2**zoom),
            "maxTileRow": int(south * 2**zoom),
            "minTileCol": int(west * 2**zoom),
            "maxTileCol": int(east * 2**zoom),
        }
        for zoom in range(MOST_ZOOM + 1)
    ]


def _about(layer: Layer) -> Schema:
    return {
        "title": layer.title,
        "dataType": "vector",
        "crs": WEB_MERCATOR,
        "tileMatrixSetURI": GRID_URI,
    }


def _grid() -> Link:
    return link(GRID_PATH, SCHEME, JSON, "Grid of the tiles", f="json")


def grids() -> Schema:
    """Return the list of grids, which is one."""
    row = {"id": GRID, "title": GRID, "uri": GRID_URI, "crs": WEB_MERCATOR}
    self = link(GRID_PATH, "self", JSON, "Grid of the tiles", f="json")
    return {
        "links": selves("/tileMatrixSets", JSON),
        "tileMatrixSets": [row | {"links": [self]}],
    }


def grid() -> Schema:
    """Return the grid: for each zoom the size of its cells and how many tiles there are."""
    return {
        "id": GRID,
        "title": GRID,
        "uri": GRID_URI,
        "crs": WEB_MERCATOR,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": [
            {
                "id": str(zoom),
                "scaleDenominator": SCALE_0 / 2**zoom,
                "cellSize": 2 * HALF_WORLD_M / PIXELS / 2**zoom,
                "cornerOfOrigin": "topLeft",
                "pointOfOrigin": [-HALF_WORLD_M, HALF_WORLD_M],
                "matrixWidth": 2**zoom,
                "matrixHeight": 2**zoom,
                "tileWidth": PIXELS,
                "tileHeight": PIXELS,
            }
            for zoom in range(MOST_ZOOM + 1)
        ],
    }
