"""Frames to interactive maps; the only module that knows Folium.

Folium hands every string to branca, which compiles it as a Jinja2 template a second time:
``{{7*7}}`` in a park's name would run here, and popups are inserted as HTML. So nothing from a
layer passes through Folium as it is. Folium draws the frame of the map from constants; what the
layers hold travels as data, escaped by :func:`script_json`, and becomes text in the browser through
``textContent``."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pandas as pd
import shapely
from numpy.typing import NDArray

if TYPE_CHECKING:
    import folium
    import geopandas as gpd

DECIMALS = 5
"""Decimals of a degree in what is drawn: 1 m."""
PER_DEGREE = 10**DECIMALS
"""The whole numbers of a shape that are a degree."""
VENDORED = {
    "leaflet": "vendor/leaflet-1.9.4/leaflet.js",
    "leaflet_css": "vendor/leaflet-1.9.4/leaflet.css",
}
"""The browser files of Folium that we use, by Folium's name for them, and where our own copy lies
under ``static``.
"""
UNUSED = (
    *(
        "jquery",
        "bootstrap",
        "bootstrap_css",
        "glyphicons_css",
        "awesome_markers",
        "awesome_markers_css",
    ),
    *("awesome_markers_font_css", "awesome_rotate_css"),
)
"""The browser files of Folium that serve widgets we do not use, by Folium's name for them."""
_ESCAPED = {char: f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}
"""What JSON has in strings only."""
_BRACE = re.compile(r'\{(?![}"])')
"""A brace that stands in a string: one outside begins an object, with a name or none."""


@dataclass(frozen=True)
class Frame:
    """The empty map: its element, the script that makes it, and the files it needs (paths under
    ``static``).
    """

    html: str
    script: str
    scripts: tuple[str, ...]
    styles: tuple[str, ...]


def script_json(value: object) -> str:
    """Write JSON that may stand inside a script element, a template or a Folium map.

    ``< > &``, the line separators U+2028 and U+2029, and each ``{`` that a quote or ``}`` does not
    follow are written as ``\\u`` escapes, so it can neither end the element nor begin a template
    expression; read back, it is the same value."""
    text = orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS).decode()
    for char, escape in _ESCAPED.items():
        text = text.replace(char, escape)
    return _BRACE.sub(r"\\u007b", text)


def frame(*, lon: float, lat: float, zoom: float, name: str = "atlas") -> Frame:
    """Draw the empty map of a page: no tiles, no data, the browser's variable ``map_<name>``.

    Raises
    ------
    KeyError
        Folium wants a browser file of which we have no copy.
    """
    canvas = _canvas(lon, lat, zoom, name)
    root = canvas.get_root()
    root.render()
    return Frame(
        html=root.html.render(),
        script=root.script.render(),
        scripts=tuple(VENDORED[key] for key, _ in canvas.default_js),
        styles=tuple(VENDORED[key] for key, _ in canvas.default_css),
    )


def _canvas(lon: float, lat: float, zoom: float, name: str) -> folium.Map:
    import folium

    numbers = [float(value) for value in (lon, lat, zoom)]
    if not all(map(math.isfinite, numbers)) or not name.isidentifier():
        raise ValueError("A map begins at finite coordinates and has a plain name.")
    canvas = folium.Map(
        location=[numbers[1], numbers[0]],
        zoom_start=numbers[2],
        tiles=None,
        control_scale=True,
        zoom_control="bottomright",
        prefer_canvas=True,
        minZoom=5,
        maxZoom=17,
        worldCopyJump=False,
    )
    canvas._id = name  # Folium's is random, and a page with a random id has no ETag
    canvas.default_js = [file for file in canvas.default_js if file[0] not in UNUSED]
    canvas.default_css = [file for file in canvas.default_css if file[0] not in UNUSED]
    return canvas


def draw(layers: Mapping[str, gpd.GeoDataFrame], *, label: str = "name_en") -> folium.Map:
    """Draw layers on a Folium map, for a notebook: points as circles, lines as lines, the label on
    hover.

    Parameters
    ----------
    layers
        Point and line layers in WGS 84, by the name under which the map's layer control lists them.
        Names are taken from the program, not from data: plain words only.
    label
        Column whose text is shown, as text.
    """
    import folium
    from branca.element import MacroElement
    from jinja2 import Template

    bounds = np.array([layer.total_bounds for layer in layers.values() if len(layer)])
    west, south = bounds[:, :2].min(axis=0)
    east, north = bounds[:, 2:].max(axis=0)
    canvas = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        zoom_start=8,
        control_scale=True,
        prefer_canvas=True,
    )
    for number, (name, layer) in enumerate(layers.items()):
        if not name.replace(" ", "").isalnum():
            raise ValueError("A layer's name is made of letters, digits and blanks.")
        group = folium.FeatureGroup(name=name)
        element = MacroElement()
        element._template = Template(_DRAW)
        element.data = script_json(payload(layer, [label]))
        element.colour = PALETTE[number % len(PALETTE)]
        group.add_child(element)
        canvas.add_child(group)
    folium.LayerControl().add_to(canvas)
    canvas.fit_bounds([[south, west], [north, east]])
    return canvas


PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Colours that colour-blind eyes tell apart. Source: Okabe and Ito (2008), Color Universal Design.
"""

_DRAW = """
{% macro script(this, kwargs) %}
(function (data, colour, group) {
  data.rows.forEach(function (row) {
    var shape = row[0], text = document.createElement("span");
    text.textContent = row[1] === null ? "" : row[1];
    var latlngs = [], lat = 0, lon = 0;
    for (var i = 0; i < shape.length; i += 2) {
      lon += shape[i];
      lat += shape[i + 1];
      latlngs.push([lat / data.per_degree, lon / data.per_degree]);
    }
    var dot = {radius: 5, weight: 1, color: colour, fillOpacity: 0.7};
    var mark = latlngs.length === 1 ? L.circleMarker(latlngs[0], dot)
                                  : L.polyline(latlngs, {weight: 3, color: colour});
    mark.bindTooltip(text).addTo(group);
  });
})({{ this.data }}, {{ this.colour|tojson }}, {{ this._parent.get_name() }});
{% endmacro %}
"""


def payload(
    layer: gpd.GeoDataFrame, columns: Sequence[str], *, extra: pd.DataFrame | None = None
) -> dict[str, Any]:
    """Make what the browser draws: columns named once, then one row a feature.

    Parameters
    ----------
    columns
        Columns to send; ``id`` is the index.
    extra
        More columns on the same index.

    Returns
    -------
    dict
        ``columns``: ``shape``, then those asked for, then the extra ones; ``rows``: their values,
        unknown ones None. A shape is a list of whole numbers, ``per_degree`` of which are a degree:
        lon and lat of its first point, then the differences from each point to the next.
    """
    table = {name: layer.index if name == "id" else layer[name] for name in columns}
    if extra is not None:
        table |= {str(name): extra[name] for name in extra.columns}
    values = [[_plain(value) for value in column] for column in table.values()]
    shapes = [_steps(shapely.get_coordinates(shape)) for shape in layer.geometry.array]
    return {
        "per_degree": PER_DEGREE,
        "columns": ["shape", *table],
        "rows": [list(row) for row in zip(shapes, *values, strict=True)],
    }


def _steps(lonlat: NDArray[np.float64]) -> list[int]:
    """Return points, (n, 2), as :func:`payload` writes them."""
    whole = np.rint(lonlat * PER_DEGREE).astype(np.int64)
    steps: list[int] = np.diff(whole, axis=0, prepend=np.zeros((1, 2), np.int64)).ravel().tolist()
    return steps


def _plain(value: Any) -> Any:
    if value is None or value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, np.generic):
        value = value.item()
    return int(value) if isinstance(value, float) and value.is_integer() else value
