"""DXF, for surveyors: shapes in metres, names as texts beside them.

ezdxf writes what surrounds the drawing; its shapes are written here, since as objects of the
library 100,000 of them take a minute."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.export.about import About
from geo.export.frames import DECIMALS_PROJECTED, ROWS_AT_ONCE, cell, columns, shapes
from geo.text import one_line, xml_safe

VERSION = "R2004"
"""The newest whose texts are ASCII, which no program reads wrongly: other letters are written as
their numbers."""
METRES = 6
TEXT_M = 25.0
"""Height of the names: 2.5 mm at a scale of 1:10,000."""
APP = "ZONE_ATLAS"
"""Under whose name the identifier of a shape is kept with it."""
NAMES = ("name_en", "name_vi", "name_zh", "title_en")
CHUNK = 240
"""Letters of a text that stand in one line; a format of 1982 holds 250."""
LAST, GETA = "\uffff", "〓"
"""The last letter that has a number of four digits, and what printers set for one they lack."""
_settings = threading.Lock()


def parts(frame: gpd.GeoDataFrame, about: About) -> Iterator[bytes]:
    """Write a drawing, some shapes at a time: points, lines and the rings of areas on a layer of
    that name, their names on another, the facts as properties of the drawing.
    """
    drawn = _flat(shapes(frame))
    rows, single = _singles(drawn)
    texts, ids = _names(frame)
    layer = re.sub(r"[^A-Za-z0-9_-]", "_", about.layer) or "layer"
    assert frame.crs is not None  # geo.export.parts put it there
    missing = int(sum(shape is None for shape in drawn))
    facts = about.positioned(frame.crs).texts()
    if missing:
        facts["without position"] = str(missing)
    count = len(single) + sum(text != "" for text in texts)
    before, first, owner, after = _around(layer, facts, single, count)
    yield before
    handles = iter(range(first, first + count))
    for at in range(0, len(single), ROWS_AT_ONCE):
        written: list[str] = []
        for row, shape in zip(
            rows[at : at + ROWS_AT_ONCE].tolist(), single[at : at + ROWS_AT_ONCE], strict=True
        ):
            written += _entity(shape, next(handles), owner, layer, ids[row])
            if texts[row]:
                written += _text(shape, next(handles), owner, f"{layer}-names", texts[row])
                texts[row] = ""  # a shape of several parts is named once
        yield "".join(written).encode("ascii")
    yield after


def _flat(drawn: NDArray[np.object_]) -> NDArray[np.object_]:
    return np.asarray(shapely.force_2d(drawn), dtype=object)


def _singles(drawn: NDArray[np.object_]) -> tuple[NDArray[np.intp], NDArray[np.object_]]:
    """Return each point and line, and each ring of an area as a line, with its row."""
    single, rows = shapely.get_parts(drawn, return_index=True)
    while (shapely.get_type_id(single) > 3).any():  # a collection of collections
        single, at = shapely.get_parts(single, return_index=True)
        rows = rows[at]
    areas = shapely.get_type_id(single) == 3
    if areas.any():
        rings, at = shapely.get_rings(single[areas], return_index=True)
        single = np.concatenate([single[~areas], rings])
        rows = np.concatenate([rows[~areas], rows[areas][at]])
        order = np.argsort(rows, kind="stable")
        rows, single = rows[order], single[order]
    return rows, single


def _names(frame: gpd.GeoDataFrame) -> tuple[list[str], list[str]]:
    """Return what stands beside each shape, a line for each language, and its identifier."""
    cells = columns(frame)
    named = [cells[name] for name in NAMES if name in cells]
    ids = [_escaped(one_line(cell(key))) for key in cells.get("id", range(len(frame)))]
    if not named:
        return list(ids), ids
    lines = (
        dict.fromkeys(one_line(xml_safe(name)) for name in row if name)
        for row in zip(*named, strict=True)
    )
    return ["\\P".join(_mtext(line) for line in row) for row in lines], ids


def _mtext(line: str) -> str:
    """Write a text so that none of its signs is a command of the format."""
    line = re.sub(r"([\\{}])", r"\\\1", line).replace("^", "^ ")
    return (
        _escaped(line).replace("\\\\U+", f"\\\\{_number('U')}+").replace("%%", f"%{_number('%')}")
    )


def _escaped(text: str) -> str:
    """Write letters beyond ASCII as their numbers (``\\U+1EA5``)."""
    return "".join(letter if " " <= letter <= "~" else _number(letter) for letter in text)


def _number(letter: str) -> str:
    return f"\\U+{ord(letter if letter <= LAST else GETA):04X}"


def _entity(shape: Any, handle: int, owner: str, layer: str, key: str) -> list[str]:
    """Write a point, or a line, which is closed where it ends in its beginning."""
    corners = np.round(shapely.get_coordinates(shape), DECIMALS_PROJECTED).tolist()
    if len(corners) == 1:
        kind, body = "POINT", ["100", "AcDbPoint", *_position(corners[0])]
    else:
        closed = len(corners) > 2 and corners[0] == corners[-1]
        corners = corners[:-1] if closed else corners
        kind, body = "LWPOLYLINE", ["100", "AcDbPolyline", "90", str(len(corners))]
        body += ["70", str(int(closed)), "43", "0.0"]
        for x, y in corners:
            body += ["10", repr(x), "20", repr(y)]
    body += ["1001", APP, "1000", key[:CHUNK]]
    return [_lines([*_head(kind, handle, owner, layer), *body])]


def _text(shape: Any, handle: int, owner: str, layer: str, text: str) -> list[str]:
    """Write a text to the right of a point, or of the middle of a line."""
    beside = shape if shape.geom_type == "Point" else shape.interpolate(0.5, normalized=True)
    place = [round(beside.x + TEXT_M / 2, DECIMALS_PROJECTED), round(beside.y, DECIMALS_PROJECTED)]
    body = ["100", "AcDbMText", *_position(place), "40", repr(TEXT_M), "71", "4", "72", "1"]
    pieces = [""]
    for sign in re.findall(r"\\U\+[0-9A-F]{4}|\\.|\^ |.", text):
        if len(pieces[-1]) + len(sign) > CHUNK:
            pieces.append("")
        pieces[-1] += sign
    for piece in pieces[:-1]:
        body += ["3", piece]
    return [_lines([*_head("MTEXT", handle, owner, layer), *body, "1", pieces[-1]])]


def _head(kind: str, handle: int, owner: str, layer: str) -> list[str]:
    return ["0", kind, "5", f"{handle:X}", "330", owner, "100", "AcDbEntity", "8", layer]


def _position(corner: list[float]) -> list[str]:
    return ["10", repr(corner[0]), "20", repr(corner[1]), "30", "0.0"]


def _lines(tags: list[str]) -> str:
    return "\n".join([*tags, ""])


def _around(
    layer: str, facts: dict[str, str], single: NDArray[np.object_], count: int
) -> tuple[bytes, int, str, bytes]:
    """Write the drawing without its shapes; return what stands before them, the number of the first
    of them, to whom they belong, and what stands after them.
    """
    from ezdxf._options import options
    from ezdxf.filemanagement import new

    with _settings:
        usual = options.write_fixed_meta_data_for_testing
        options.write_fixed_meta_data_for_testing = True
        try:
            drawing = new(VERSION, units=METRES)
            drawing.appids.add(APP)
            for name, colour in ((layer, 5), (f"{layer}-names", 7)):
                drawing.layers.add(name, color=colour)
            for name, text in facts.items():
                drawing.header.custom_vars.append(name, _escaped(one_line(xml_safe(text))))
            if len(single):
                west, south, east, north = shapely.total_bounds(single).tolist()
                drawing.header["$EXTMIN"] = west, south, 0.0
                drawing.header["$EXTMAX"] = east, north, 0.0
                height = 1.1 * max(north - south, (east - west) / 2, 40 * TEXT_M)
                drawing.set_modelspace_vport(height, ((west + east) / 2, (south + north) / 2))
            first = int(str(drawing.entitydb.handles), 16) + 1
            drawing.entitydb.handles.reset(f"{first + count:X}")
            written = io.StringIO()
            drawing.write(written)
        finally:
            options.write_fixed_meta_data_for_testing = usual
    data = written.getvalue().encode("ascii", "replace")
    before, section, after = data.partition(b"  2\nENTITIES\n")
    return before + section, first, drawing.modelspace().layout_key, after
