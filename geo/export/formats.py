"""The table of formats, and what all of them refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo import crs
from geo.errors import InputError, Message
from geo.export import csv_table, dxf, gdal, geojson, geoparquet, shapefile, xlsx
from geo.export.about import About
from geo.export.frames import has_geometry


@dataclass(frozen=True)
class Format:
    """A format of download. Only with ``any_crs`` may it hold another system than WGS 84, and with
    ``needs_metres`` it must be one in metres; ``parts`` writes a file part by part, in one where
    its program cannot do otherwise; ``check`` refuses what it cannot hold.
    """

    id: str
    title: str
    extension: str
    media_type: str
    parts: Callable[[pd.DataFrame, About], Iterable[bytes]]
    any_crs: bool = False
    needs_geometry: bool = False
    needs_metres: bool = False
    check: Callable[[pd.DataFrame], None] | None = None


FORMATS: dict[str, Format] = {
    format.id: format
    for format in (
        Format("geojson", "GeoJSON", "geojson", "application/geo+json", geojson.parts),
        Format(
            "gpkg",
            "GeoPackage",
            "gpkg",
            "application/geopackage+sqlite3",
            lambda frame, about: (gdal.geopackage(frame, about),),
            any_crs=True,
        ),
        Format("csv", Message("CSV table"), "csv", "text/csv", csv_table.parts, any_crs=True),
        Format(
            "kml",
            "KML",
            "kml",
            "application/vnd.google-earth.kml+xml",
            lambda frame, about: (gdal.kml(frame, about),),
            needs_geometry=True,
        ),
        Format(
            "xlsx",
            Message("Excel (XLSX)"),
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            lambda frame, about: (xlsx.workbook(frame, about),),
            any_crs=True,
            check=xlsx.check,
        ),
        Format(
            "shp",
            "Shapefile",
            "shp.zip",
            "application/zip",
            lambda frame, about: (shapefile.archive(gpd.GeoDataFrame(frame), about),),
            any_crs=True,
            needs_geometry=True,
            check=shapefile.check,
        ),
        Format(
            "fgb",
            "FlatGeobuf",
            "fgb",
            "application/flatgeobuf",
            lambda frame, about: (gdal.flatgeobuf(frame, about),),
            any_crs=True,
        ),
        Format(
            "parquet",
            "GeoParquet",
            "parquet",
            "application/vnd.apache.parquet",
            lambda frame, about: (geoparquet.file(frame, about),),
            any_crs=True,
        ),
        Format(
            "dxf",
            "DXF",
            "dxf",
            "image/vnd.dxf",
            lambda frame, about: dxf.parts(gpd.GeoDataFrame(frame), about),
            any_crs=True,
            needs_geometry=True,
            needs_metres=True,
        ),
    )
}


def write(frame: pd.DataFrame, format_id: str, about: About, *, epsg: int = crs.WGS84) -> bytes:
    """Write a layer or table as :func:`parts` does, whole."""
    return b"".join(parts(frame, format_id, about, epsg=epsg))


def parts(
    frame: pd.DataFrame, format_id: str, about: About, *, epsg: int = crs.WGS84
) -> Iterable[bytes]:
    """Write a layer or table part by part: text formats hold a thousand rows at once in memory.
    What is wrong is raised before the first part.

    Parameters
    ----------
    frame
        Layer (GeoDataFrame in any system) or table (DataFrame). A named index becomes the first
        column.
    epsg
        System of the coordinates in the file; a table has none.

    Raises
    ------
    InputError
        An unknown format, a format that cannot hold the system or a table or so many rows, an
        infinite number, or a position that lies outside the system.
    """
    chosen = get(format_id)
    if not chosen.any_crs and epsg != crs.WGS84:
        others = ", ".join(other.title for other in FORMATS.values() if other.any_crs)
        raise InputError(
            Message(
                "%(title)s holds only WGS 84 (EPSG:4326); take %(others)s for EPSG:%(epsg)s.",
                {"title": chosen.title, "others": others, "epsg": epsg},
            )
        )
    if chosen.needs_geometry and not has_geometry(frame):
        others = ", ".join(other.title for other in FORMATS.values() if not other.needs_geometry)
        raise InputError(
            Message(
                "%(title)s is a table without positions, and %(other)s holds only positions;"
                " take %(others)s.",
                {"title": Message(about.title), "other": chosen.title, "others": others},
            )
        )
    if chosen.needs_metres and not crs.known(epsg).is_projected:
        offered = (f"EPSG:{code} ({crs.SYSTEMS[code]})" for code in crs.projected())
        raise InputError(
            Message(
                "%(title)s is drawn in metres, and EPSG:%(epsg)s is not a system in metres; take"
                " one of these:",
                {"title": chosen.title, "epsg": epsg},
            ),
            offered,
        )
    _refuse_infinite(frame)
    if chosen.check:
        chosen.check(frame)
    if has_geometry(frame):
        frame = _in_system(frame, epsg)
    total = len(frame) if about.total is None else about.total
    return chosen.parts(frame, replace(about, count=len(frame), total=total))


def get(format_id: str) -> Format:
    """Look a format up by its id; `InputError` lists those there are."""
    if format_id not in FORMATS:
        raise InputError(
            Message(
                "There is no format “%(format)s”; there are %(known)s.",
                {"format": format_id, "known": ", ".join(FORMATS)},
            )
        )
    return FORMATS[format_id]


def _in_system(frame: gpd.GeoDataFrame, epsg: int) -> gpd.GeoDataFrame:
    if frame.crs is None or frame.crs.to_epsg() != epsg:
        frame = crs.transform_frame(frame, epsg)
    points, owner = shapely.get_coordinates(frame.geometry.to_numpy(), return_index=True)
    outside = frame.index[np.unique(owner[np.isinf(points).any(axis=1)])]
    if len(outside):
        raise InputError(
            Message("Positions lie outside EPSG:%(epsg)s:", {"epsg": epsg}), map(str, outside)
        )
    return frame


def _refuse_infinite(frame: pd.DataFrame) -> None:
    columns = [
        Message("column “%(name)s”", {"name": name})
        for name, numbers in frame.select_dtypes("float").items()
        if np.isinf(numbers.to_numpy(dtype=float, na_value=np.nan)).any()
    ]
    if columns:
        raise InputError(Message("Infinite numbers cannot be written:"), columns)
