"""Write layers and tables as files that other programs read: one table of formats, frames in, bytes
out.

Each file says inside what it is (title, count, filters, sources, licence, date), and the same frame
gives the same bytes. Unknown stays null or empty. Where a format has a place for it, that is what
it uses: GeoJSON the foreign member ``about``, GeoPackage the description and metadata of the layer,
KML the description of the document. CSV has none: comment lines break most readers, and an archive
with a README beside it is not what opens on a double click, so CSV repeats one sentence in a last
column, ``about``. It survives sorting, filtering and pasting, and goes away with one column."""

from __future__ import annotations

import csv
import io
import os
import re
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from html import escape
from pathlib import Path
from typing import Any, BinaryIO

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo import __version__, crs
from geo.errors import InputError, Message
from geo.schema import LAYERS
from geo.text import guarded

DECIMALS = 6
"""Decimals of a degree in text formats: 0.1 m, finer than any position here."""
DECIMALS_PROJECTED = 3
ABOUT = "about"
"""Last column of a CSV file, foreign member of a GeoJSON file."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class About:
    """What a download says of itself. ``count`` is filled in by :func:`write`; ``total`` counts the
    layer without filters.
    """

    layer: str
    title: str
    description: str = ""
    sources: tuple[str, ...] = ()
    licence: str = ""
    attribution: str = ""
    as_of: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    count: int | None = None
    total: int | None = None
    notes: tuple[str, ...] = ()
    generator: str = f"Zone Atlas {__version__}"

    def facts(self) -> dict[str, Any]:
        """Return all facts as plain values, in the order of the fields."""
        return {
            "layer": self.layer,
            "title": self.title,
            "description": self.description,
            "sources": list(self.sources),
            "licence": self.licence,
            "attribution": self.attribution,
            "as_of": self.as_of,
            "filters": dict(self.filters),
            "count": self.count,
            "total": self.total,
            "notes": list(self.notes),
            "generator": self.generator,
        }

    def lines(self) -> list[str]:
        """Say the facts in sentences, one a line."""
        where = " and ".join(f"{name} = {value}" for name, value in self.filters.items())
        sources = "; ".join(self.sources)
        lines = [
            (
                f"{self.title}: {_or_unknown(self.count)} of"
                f" {_or_unknown(self.total)}{f', where {where}' if where else ''}."
            ),
            self.description,
            f"Sources: {sources}." if sources else "",
            f"Licence: {self.licence or 'unknown'}.",
            f"Attribution: {self.attribution}." if self.attribution not in ("", sources) else "",
            f"As of {self.as_of}." if self.as_of else "",
            *self.notes,
            f"Written by {self.generator}.",
        ]
        return [line for line in lines if line]


@dataclass(frozen=True)
class Format:
    """A format of download. Only with ``any_crs`` may it hold another system than WGS 84."""

    id: str
    title: str
    extension: str
    media_type: str
    any_crs: bool
    needs_geometry: bool
    writer: Callable[[pd.DataFrame, About], bytes]


def write(frame: pd.DataFrame, format_id: str, about: About, *, epsg: int = crs.WGS84) -> bytes:
    """Write a layer or table.

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
        An unknown format, a format that cannot hold the system or a table, an infinite number, or a
        position that lies outside the system.
    """
    chosen = get(format_id)
    if not chosen.any_crs and epsg != crs.WGS84:
        others = ", ".join(one.title for one in FORMATS.values() if one.any_crs)
        raise InputError(
            Message(
                "%(title)s holds only WGS 84 (EPSG:4326); take %(others)s for EPSG:%(epsg)s.",
                {"title": chosen.title, "others": others, "epsg": epsg},
            )
        )
    if chosen.needs_geometry and not _has_geometry(frame):
        others = ", ".join(one.title for one in FORMATS.values() if not one.needs_geometry)
        raise InputError(
            Message(
                "%(title)s is a table without positions, and %(other)s holds only positions;"
                " take %(others)s.",
                {"title": about.title, "other": chosen.title, "others": others},
            )
        )
    _refuse_infinite(frame)
    if _has_geometry(frame):
        frame = _in_system(frame, epsg)
    total = len(frame) if about.total is None else about.total
    return chosen.writer(frame, replace(about, count=len(frame), total=total))


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


def save(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file whole or not at all: beside it first, then in its place.

    Raises
    ------
    InputError
        The file cannot be written there.
    """
    path = Path(path)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with _nameless(beside) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise InputError(
            Message(
                "%(path)s cannot be written: %(reason)s.",
                {"path": path, "reason": error.strerror},
            )
        ) from None
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def _nameless(path: Path) -> Iterator[BinaryIO]:
    """Open a new file that gets its name at the end, where the system can: what is killed before
    leaves nothing behind.
    """
    try:
        if not os.path.isdir("/proc/self/fd"):
            raise AttributeError
        handle = os.open(path.parent, os.O_TMPFILE | os.O_WRONLY, 0o666)
    except (AttributeError, OSError):  # Linux only, and not on every file system
        with path.open("xb") as file:
            yield file
        return
    with open(handle, "wb") as file:
        yield file
        os.link(
            f"/proc/self/fd/{handle}", path, src_dir_fd=handle
        )  # a folder given, Python has the link followed


# GeoJSON ------------------------------------------------------------------------------------------


def features(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Make GeoJSON features (RFC 7946), in the order of the rows; :func:`to_json` serialises them.

    The index named ``id`` gives their ids. The frame must be in WGS 84; coordinates are rounded,
    rings turn right-handed, and a table has null geometry."""
    if _has_geometry(frame):
        text = shapely.to_geojson(_rounded(shapely.orient_polygons(_shapes(frame)), DECIMALS))
        geometry = [None if one is None else orjson.Fragment(one) for one in text]
    else:
        geometry = [None] * len(frame)
    columns = _columns(frame)
    ids = columns.pop("id", None) if frame.index.name == "id" else None
    rows = zip(*columns.values(), strict=True) if columns else ((),) * len(frame)
    properties = (dict(zip(columns, row, strict=True)) for row in rows)
    if ids is None:
        return [
            {"type": "Feature", "geometry": shape, "properties": row}
            for shape, row in zip(geometry, properties, strict=True)
        ]
    return [
        {"type": "Feature", "id": str(key), "geometry": shape, "properties": row}
        for key, shape, row in zip(ids, geometry, properties, strict=True)
    ]


def bbox(frame: pd.DataFrame) -> list[float] | None:
    """Return west, south, east, north of a frame in WGS 84, rounded like the coordinates; None
    where nothing has a position."""
    if not _has_geometry(frame) or frame.empty:
        return None
    bounds = shapely.total_bounds(_shapes(frame))
    return [round(float(one), DECIMALS) for one in bounds] if np.isfinite(bounds).all() else None


def to_json(document: Any) -> bytes:
    """Serialise a document that may hold :func:`features`; NaN becomes null."""
    return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)


def _geojson(frame: pd.DataFrame, about: About) -> bytes:
    box = bbox(frame)
    head = {"type": "FeatureCollection", ABOUT: about.facts()} | ({"bbox": box} if box else {})
    return to_json(head | {"features": features(frame)})


# CSV ----------------------------------------------------------------------------------------------


def _csv(frame: pd.DataFrame, about: About) -> bytes:
    """Write CSV (RFC 4180) as UTF-8 with a byte order mark, without which Excel garbles Vietnamese
    and Chinese.

    Points become ``lon, lat``, or ``x, y`` (east, north) in a projected system; other shapes become
    ``wkt``."""
    columns = _columns(frame)
    layer = LAYERS.get(about.layer)
    if _has_geometry(frame):
        degrees = frame.crs.is_geographic
        decimals = DECIMALS if degrees else DECIMALS_PROJECTED
        shapes = _rounded(_shapes(frame), decimals)
        if set(shapely.get_type_id(shapes)) <= {-1, 0} and not (
            layer and layer.geometry == "LineString"
        ):
            east, north = ("lon", "lat") if degrees else ("x", "y")
            columns |= {
                east: _or_none(shapely.get_x(shapes)),
                north: _or_none(shapely.get_y(shapes)),
            }
        else:
            columns["wkt"] = list(shapely.to_wkt(shapes, rounding_precision=decimals))
        if frame.crs.to_epsg() != crs.WGS84:
            about = replace(
                about,
                notes=(
                    *about.notes,
                    (
                        f"Coordinates: EPSG:{frame.crs.to_epsg()}, {frame.crs.name}, east before"
                        " north."
                    ),
                ),
            )
    if layer:
        columns = {name: columns[name] for name in layer.names if name in columns} | columns
    columns[ABOUT] = [" ".join(about.lines())] * len(frame)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(guarded(name) for name in columns)
    writer.writerows(
        zip(*([_cell(value) for value in values] for values in columns.values()), strict=True)
    )
    return text.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return guarded(value) if isinstance(value, str) else str(value)


# GeoPackage and KML, by GDAL ----------------------------------------------------------------------

_clock_lock = threading.Lock()


def _gpkg(frame: pd.DataFrame, about: About) -> bytes:
    facts = {
        name: "; ".join(map(str, value)) if isinstance(value, list) else value
        for name, value in about.facts().items()
    }
    facts["filters"] = "; ".join(f"{name} = {value}" for name, value in about.filters.items())
    with _clock(about.as_of):
        return _by_gdal(
            _for_gdal(frame),
            about.layer,
            "GPKG",
            layer_options={
                "IDENTIFIER": _xml_text(about.title),
                "DESCRIPTION": _xml_text("\n".join(about.lines())),
            },
            layer_metadata={
                name: _xml_text(str(value))
                for name, value in facts.items()
                if value not in (None, "")
            },
        )


def _kml(frame: pd.DataFrame, about: About) -> bytes:
    """Write KML 2.2 with every fact in ExtendedData.

    GDAL's KML driver, because LIBKML lets ``]]>`` in a text end its CDATA section. It has no
    description of the document, which is put in here; viewers show descriptions as HTML, hence the
    second escape."""
    table = _for_gdal(frame)
    table.geometry = _rounded(_shapes(table), DECIMALS)
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
        f"<{tag}>{escape(escape(_xml_text(text), quote=False), quote=False)}</{tag}>\n"
        for tag, text in (("name", about.title), ("description", "\n".join(about.lines())))
    )
    before, document, after = data.partition(b'<Document id="root_doc">\n')
    return before + document + head.encode() + after


def _for_gdal(frame: pd.DataFrame) -> Any:
    """Copy the frame with its named index as columns, and with only such text as XML and SQLite can
    hold.
    """
    table: Any = frame.reset_index(drop=frame.index.names == [None])
    for name, values in _columns(frame).items():
        if table[name].dtype.kind in "OMm":
            text = [None if value is None else _xml_text(_cell_text(value)) for value in values]
            table[name] = pd.array(text, dtype="str")
    if _has_geometry(frame):
        table = table.set_geometry(gpd.GeoSeries(_shapes(frame), index=table.index, crs=frame.crs))
    return table


def _cell_text(value: Any) -> str:
    return value if isinstance(value, str) else _cell(value)


def _xml_text(text: str) -> str:
    return _NOT_XML.sub("", text)


def _by_gdal(table: Any, layer_id: str, driver: str, **options: Any) -> bytes:
    import pyogrio

    layer = LAYERS.get(layer_id)
    if isinstance(table, gpd.GeoDataFrame) and layer and layer.geometry:
        options["geometry_type"] = layer.geometry
    data = io.BytesIO()
    pyogrio.write_dataframe(table, data, driver=driver, layer=layer_id, **options)
    return data.getvalue()


@contextmanager
def _clock(as_of: str | None) -> Iterator[None]:
    """Hold GDAL's clock at the date of the data while a GeoPackage is written."""
    import pyogrio

    day = (
        f"{as_of}-01-01"[:10]
        if as_of and re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", as_of)
        else "1970-01-01"
    )
    with _clock_lock:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{day}T00:00:00.000Z"})
        try:
            yield
        finally:
            pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


# What all formats share ---------------------------------------------------------------------------


def _has_geometry(frame: pd.DataFrame) -> bool:
    return isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None


def _columns(frame: pd.DataFrame) -> dict[str, list[Any]]:
    """Return the named index and every column but the geometry as lists of plain values, None where
    unknown.
    """
    if _has_geometry(frame):
        frame = pd.DataFrame(frame.drop(columns=frame.active_geometry_name))
    if frame.index.names != [None]:
        frame = frame.reset_index()
    return {str(name): _plain_values(frame[name]) for name in frame.columns}


def _plain_values(values: pd.Series[Any]) -> list[Any]:
    plain: list[Any] = values.astype(object).where(values.notna(), None).tolist()
    return [_plain(value) for value in plain] if values.dtype.kind in "OMm" else plain


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return ";".join(str(one) for one in value)
    return value.item() if isinstance(value, np.generic) else value


def _shapes(frame: Any) -> NDArray[np.object_]:
    """Return the shapes; None where a coordinate is unknown or the shape is empty."""
    shapes = np.array(frame.geometry.array, dtype=object)
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    shapes[owner[np.isnan(points).any(axis=1)]] = None
    shapes[shapely.is_empty(shapes)] = None
    return shapes


def _rounded(shapes: NDArray[np.object_], decimals: int) -> NDArray[np.object_]:
    rounded: NDArray[np.object_] = shapely.transform(
        shapes, lambda points: np.round(points, decimals), include_z=None
    )
    return rounded


def _in_system(frame: Any, epsg: int) -> Any:
    if frame.crs is None or frame.crs.to_epsg() != epsg:
        frame = crs.transform_frame(frame, epsg)
    points, owner = shapely.get_coordinates(frame.geometry.array, return_index=True)
    outside = frame.index[np.unique(owner[np.isinf(points).any(axis=1)])]
    if len(outside):
        raise InputError(
            Message("Positions lie outside EPSG:%(epsg)s:", {"epsg": epsg}),
            [str(one) for one in outside],
        )
    return frame


def _refuse_infinite(frame: pd.DataFrame) -> None:
    numbers = frame.select_dtypes("float")
    columns = [
        str(name)
        for name in numbers
        if np.isinf(numbers[name].to_numpy(dtype=float, na_value=np.nan)).any()
    ]
    if columns:
        raise InputError(
            Message("Infinite numbers cannot be written:"), [f"column “{name}”" for name in columns]
        )


def _or_none(values: NDArray[np.float64]) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]


def _or_unknown(number: int | None) -> str:
    return "unknown" if number is None else str(number)


FORMATS: dict[str, Format] = {
    one.id: one
    for one in (
        Format(
            "geojson",
            "GeoJSON",
            "geojson",
            "application/geo+json",
            any_crs=False,
            needs_geometry=False,
            writer=_geojson,
        ),
        Format(
            "gpkg",
            "GeoPackage",
            "gpkg",
            "application/geopackage+sqlite3",
            any_crs=True,
            needs_geometry=False,
            writer=_gpkg,
        ),
        Format(
            "csv",
            Message("CSV table"),
            "csv",
            "text/csv",
            any_crs=True,
            needs_geometry=False,
            writer=_csv,
        ),
        Format(
            "kml",
            "KML",
            "kml",
            "application/vnd.google-earth.kml+xml",
            any_crs=False,
            needs_geometry=True,
            writer=_kml,
        ),
    )
}
