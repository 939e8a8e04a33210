"""Shapefile, zipped, by GDAL: what it cannot say of itself stands in a text beside it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.errors import InputError, Message
from geo.export.about import About
from geo.export.archive import zipped
from geo.export.frames import has_geometry, shapes
from geo.export.gdal import for_gdal
from geo.schema import LAYERS, Layer

NAME = 10
"""Most letters of the name of a field."""
TEXT_BYTES = 254
"""Most bytes of a text. **Source** of both: dBASE III, on which the format is built."""
KINDS = {
    "points": ("Point", {0}),
    "multipoints": ("MultiPoint", {4}),
    "lines": ("LineString", {1, 2, 5}),
    "areas": ("Polygon", {3, 6}),
}
"""A file holds shapes of one kind: GDAL's name of it, and numbers of shapely's types."""
ENDINGS = ("shp", "shx", "dbf", "prj", "cpg")


def check(frame: pd.DataFrame) -> None:
    """Refuse shapes that no shapefile holds; `InputError`."""
    if has_geometry(frame):
        mixed = frame.index[shapely.get_type_id(shapes(frame)) == 7]
        if len(mixed):
            raise InputError(
                Message("A shapefile has no place for collections of shapes:"), map(str, mixed)
            )


def archive(frame: gpd.GeoDataFrame, about: About) -> bytes:
    """Write a shapefile for each kind of shape, usually one, and ``readme.txt``: what the file is,
    which field is meant by each short name, and which texts were cut.
    """
    layer = LAYERS.get(about.layer)
    plain = for_gdal(frame)
    titles = [str(name) for name in plain.columns if name != plain.geometry.name]
    short = dict(zip(titles, short_names(titles), strict=True))
    table, cut = _cut(plain.set_axis([short.get(str(name), name) for name in plain], axis=1))
    stem = re.sub(r"[^A-Za-z0-9_-]", "_", about.layer) or "layer"
    files: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind, rows in _by_kind(shapes(frame), layer):
            name = stem if rows.all() else f"{stem}-{kind}"
            _write(table[rows], Path(folder) / f"{name}.shp", KINDS[kind][0], about)
            for ending in ENDINGS:
                path = Path(folder) / f"{name}.{ending}"
                if path.exists():
                    files[path.name] = path.read_bytes()
    files["readme.txt"] = _readme(about, layer, short, cut)
    return zipped(files)


def short_names(names: Iterable[str]) -> list[str]:
    """Shorten names to what a field may be called: ten letters of ASCII, each name once. Words lose
    their ends, the longest first, so ``position_accuracy_m`` becomes ``pos_accu_m``.
    """
    taken: set[str] = set()
    short = []
    for name in names:
        chosen = _short(name, NAME)
        number = 1
        while chosen.lower() in taken:
            number += 1
            chosen = f"{_short(name, NAME - 1 - len(str(number)))}_{number}"
        taken.add(chosen.lower())
        short.append(chosen)
    return short


def _short(name: str, most: int) -> str:
    words = re.findall("[A-Za-z0-9]+", name) or ["field"]
    while len("_".join(words)) > most:
        longest = max(range(len(words)), key=lambda at: len(words[at]))
        if len(words[longest]) > 1:
            words[longest] = words[longest][:-1]
        else:
            words.pop()
    return "_".join(words)


def _by_kind(
    drawn: NDArray[np.object_], layer: Layer | None
) -> list[tuple[str, NDArray[np.bool_]]]:
    """Return the kinds of shapes that there are with their rows; rows without a position are among
    the first.
    """
    types = shapely.get_type_id(drawn)
    rows = {kind: np.isin(types, list(numbers)) for kind, (_name, numbers) in KINDS.items()}
    there = {kind: chosen for kind, chosen in rows.items() if chosen.any()}
    if not there:
        lines = layer is not None and layer.geometry == "LineString"
        there = {"lines" if lines else "points": np.zeros(len(drawn), bool)}
    there[next(iter(there))] |= types == -1
    return list(there.items())


def _cut(table: Any) -> tuple[Any, dict[str, int]]:
    """Cut texts to what fits; return how many were cut in each field."""
    cut: dict[str, int] = {}
    for name in table.columns.drop(table.geometry.name):
        if table[name].dtype.kind not in "biuf":
            texts = table[name].map(_fitting, na_action="ignore")
            changed = int((texts != table[name])[table[name].notna()].sum())
            if changed:
                table[name], cut[name] = texts, changed
    return table, cut


def _fitting(text: str) -> str:
    return text.encode()[:TEXT_BYTES].decode(errors="ignore")


def _write(table: Any, path: Path, geometry_type: str, about: About) -> None:
    import pyogrio

    pyogrio.write_dataframe(
        table,
        path,
        driver="ESRI Shapefile",
        geometry_type=geometry_type,
        encoding="UTF-8",
        layer_options={"RESIZE": "YES", "DBF_DATE_LAST_UPDATE": about.day()},
    )


def _readme(about: About, layer: Layer | None, short: dict[str, str], cut: dict[str, int]) -> bytes:
    """Write what the file is and what its fields mean, so that any editor shows it."""
    lines = [*about.lines(), "", "Fields: short name, name, meaning", ""]
    for name, chosen in short.items():
        field = layer.field(name) if layer and layer.has(name) else None
        meaning = field.described() if field else ""
        lines.append(f"{chosen:<{NAME}}  {name}  {meaning}".rstrip())
    lines += ["", "Texts are UTF-8; an empty cell is unknown. True is 1, false is 0."]
    lines += [
        f"{name}: {count} texts are longer than {TEXT_BYTES} bytes and were cut."
        for name, count in cut.items()
    ]
    one_line_each = (re.sub(r"[\r\n]+", " ", line) for line in lines)
    return "\r\n".join([*one_line_each, ""]).encode("utf-8-sig", errors="replace")
