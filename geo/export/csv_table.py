"""CSV (RFC 4180)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pandas as pd

from geo import crs
from geo.export.about import MEMBER, About
from geo.export.frames import ROWS_AT_ONCE, are_points, cell, has_geometry, table
from geo.schema import LAYERS
from geo.text import guarded


def parts(frame: pd.DataFrame, about: About) -> Iterator[bytes]:
    """Write UTF-8 with a byte order mark, without which Excel garbles Vietnamese and Chinese, some
    rows at a time.

    Points become ``lon, lat``, or ``x, y`` (east, north) in a projected system; other shapes become
    ``wkt``."""
    layer, points = LAYERS.get(about.layer), False
    if has_geometry(frame):
        assert frame.crs is not None  # geo.export.parts put it there
        points = are_points(frame, layer)
        if frame.crs.to_epsg() != crs.WGS84:
            about = about.positioned(frame.crs)
    facts = " ".join(about.lines())
    for at in range(0, max(1, len(frame)), ROWS_AT_ONCE):
        some = frame.iloc[at : at + ROWS_AT_ONCE]
        cells = table(some, layer, points)
        cells[MEMBER] = [facts] * len(some)
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        if not at:
            writer.writerow(map(guarded, cells))
        writer.writerows(zip(*(map(_cell, values) for values in cells.values()), strict=True))
        yield text.getvalue().encode("utf-8" if at else "utf-8-sig")


def _cell(value: object) -> str:
    return guarded(value) if isinstance(value, str) else cell(value)
