"""Rasters on the grid of the web as pictures, and as GeoTIFF that a GIS opens where it belongs."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from io import BytesIO
from xml.sax.saxutils import escape

import numpy as np
import tifffile
from numpy.typing import NDArray

from geo.export.about import About

PNG = b"\x89PNG\r\n\x1a\n"
QUICK = 4
"""Effort of compression: somebody waits for a picture."""
KEYS = (
    *(1, 1, 0, 4),
    *(1024, 0, 1, 1),
    *(1025, 0, 1, 1),
    *(3072, 0, 1, 3857),
    *(3076, 0, 1, 9001),
)
"""Version and number of keys; projected, cells are areas, EPSG:3857, metres. **Source:** OGC
19-008r4, GeoTIFF 1.1."""
PIXEL_SCALE, TIE_POINT, GEO_KEYS, METADATA, NODATA = 33550, 33922, 34735, 42112, 42113
"""Tags: of GeoTIFF, and of GDAL."""


def png(classes: NDArray[np.uint8], colours: Sequence[tuple[int, int, int, int]]) -> bytes:
    """Draw a raster of classes as a picture, each class in its colour: red, green, blue, opacity.

    **Source:** W3C, Portable Network Graphics, third edition, section 11."""
    height, width = classes.shape
    table = np.array(colours, np.uint8)
    lines = np.zeros((height, width + 1), np.uint8)  # each begins with its filter: none
    lines[:, 1:] = classes
    chunks = {
        b"IHDR": struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0),
        b"PLTE": table[:, :3].tobytes(),
        b"tRNS": table[:, 3].tobytes(),
        b"IDAT": zlib.compress(lines.tobytes(), QUICK),
        b"IEND": b"",
    }
    return PNG + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks.items()
    )


def geotiff(
    bands: Mapping[str, NDArray[np.float32]],
    corner_m: tuple[float, float],
    cell_m: float,
    about: About,
) -> bytes:
    """Write rasters of one size as the bands of a GeoTIFF in EPSG:3857; NaN is empty.

    Parameters
    ----------
    bands
        (h, w) each, the north first, by what they are called in the file.
    corner_m, cell_m
        The north-western corner, and the side of a cell, in metres of EPSG:3857.
    """
    items = [
        f'<Item name="DESCRIPTION" sample="{number}" role="description">{_escaped(name)}</Item>'
        for number, name in enumerate(bands)
    ]
    items.append(f'<Item name="ABOUT">{_escaped(" ".join(about.lines()))}</Item>')
    metadata = f"<GDALMetadata>{''.join(items)}</GDALMetadata>"
    place = (0.0, 0.0, 0.0, *corner_m, 0.0)
    tags = [
        (PIXEL_SCALE, "d", 3, (cell_m, cell_m, 0.0), True),
        (TIE_POINT, "d", 6, place, True),
        (GEO_KEYS, "H", len(KEYS), KEYS, True),
        (METADATA, "s", 0, metadata.encode(), True),
        (NODATA, "s", 0, "nan", True),
    ]
    file = BytesIO()
    tifffile.imwrite(
        file,
        np.stack(list(bands.values())),
        photometric="minisblack",
        planarconfig="separate",
        compression="zlib",
        extratags=tags,
        metadata=None,
        software=about.generator,
    )
    return file.getvalue()


def _escaped(text: str) -> str:
    """Write a text for GDAL, which undoes the escapes of XML twice."""
    return escape(escape(text))
