"""GeoPackage, FlatGeobuf and KML, by GDAL."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

import geopandas as gpd
import pandas as pd

from geo.export.about import About
from geo.export.frames import cell, columns, has_geometry, rounded, shapes
from geo.schema import LAYERS
from geo.text import xml_safe

_clock_lock = threading.Lock()


def geopackage(frame: pd.DataFrame, about: About) -> bytes:
    """Write a GeoPackage with every fact in the metadata of its layer."""
    with _clock(about.day()):
        return _by_gdal(
            for_gdal(frame),
            about.layer,
            "GPKG",
            layer_options={
                "IDENTIFIER": xml_safe(about.title),
                "DESCRIPTION": xml_safe("\n".join(about.lines())),
            },
            layer_metadata={name: xml_safe(text) for name, text in about.texts().items()},
        )


def flatgeobuf(frame: pd.DataFrame, about: About) -> bytes:
    """Write FlatGeobuf with what it is in its title and description.

    Its spatial index sorts the features and has no place for one without a position: where there is
    such a feature the index is missing, and the order is that of the rows."""
    indexed = has_geometry(frame) and all(shape is not None for shape in shapes(frame))
    return _by_gdal(
        for_gdal(frame),
        about.layer,
        "FlatGeobuf",
        layer_options={
            "SPATIAL_INDEX": "YES" if indexed else "NO",
            "TITLE": xml_safe(about.title),
            "DESCRIPTION": xml_safe("\n".join(about.lines())),
        },
    )


def kml(frame: pd.DataFrame, about: About) -> bytes:
    """Write KML 2.2 with every fact in ExtendedData.

    GDAL's KML driver, because LIBKML lets ``]]>`` in a text end its CDATA section. It has no
    description of the document, which is put in here; viewers show descriptions as HTML, hence the
    second escape."""
    table = for_gdal(frame)
    table.geometry = rounded(shapes(table))
    for name in table.columns:
        if table[name].dtype in ("bool", "boolean"):
            table[name] = table[name].map({True: "true", False: "false"}).astype("str")
    names = table["name_en"] if "name_en" in table else table.iloc[:, 0]
    table.insert(0, "placemark", names.astype("str"))
    data = _by_gdal(
        table,
        about.layer,
        "KML",
        dataset_options={"NAMEFIELD": "placemark", "DESCRIPTIONFIELD": "balloon"},
    )
    head = "".join(
        f"<{tag}>{escape(escape(xml_safe(text), quote=False), quote=False)}</{tag}>\n"
        for tag, text in (("name", about.title), ("description", "\n".join(about.lines())))
    )
    before, document, after = data.partition(b'<Document id="root_doc">\n')
    return before + document + head.encode() + after


def for_gdal(frame: pd.DataFrame) -> Any:
    """Copy the frame with its named index as columns, and with only such text as XML and SQLite can
    hold.
    """
    table: Any = frame.reset_index(drop=frame.index.names == [None])
    for name, values in columns(frame).items():
        if table[name].dtype.kind in "OMm":
            text = [None if value is None else xml_safe(cell(value)) for value in values]
            table[name] = pd.array(text, dtype="str")
    if has_geometry(frame):
        table = table.set_geometry(gpd.GeoSeries(shapes(frame), index=table.index, crs=frame.crs))
    return table


def _by_gdal(table: Any, layer_id: str, driver: str, **options: Any) -> bytes:
    import pyogrio

    layer = LAYERS.get(layer_id)
    if isinstance(table, gpd.GeoDataFrame) and layer and layer.geometry:
        kinds = set(table.geometry.geom_type.dropna())
        if kinds <= {layer.geometry}:
            options["geometry_type"] = layer.geometry
    data = io.BytesIO()
    pyogrio.write_dataframe(table, data, driver=driver, layer=layer_id, **options)
    return data.getvalue()


@contextmanager
def _clock(day: str) -> Iterator[None]:
    """Hold GDAL's clock while a GeoPackage is written."""
    import pyogrio

    with _clock_lock:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{day}T00:00:00.000Z"})
        try:
            yield
        finally:
            pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
