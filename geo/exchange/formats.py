"""Read the rows of a file of any kind that is known here, as it stands in it."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Collection, Iterable
from typing import Any

from geo.errors import InputError, Message
from geo.exchange import columns, encodings, merging, placemarks, sniffing, wellformed, workbooks
from geo.exchange.table import Table
from geo.text import one_line, unguarded

MAX_ROWS = 100_000
MAX_COLUMNS = 300
MAX_CELL = 20_000
"""Characters of a cell; the rest is cut."""
_CRS = re.compile(rb'"crs"\s*:\s*\{[^{}]*\{\s*"name"\s*:\s*"([^"]{1,200})"')
SAMPLE = 60
"""Characters beyond ASCII that show how an encoding reads a text."""
DRIVERS = ("GeoJSON", "GPKG", "ESRI Shapefile", "LIBKML", "GPX", "DXF", "MEM")
"""What GDAL may open. Everything else, such as maps that point to other files or to addresses, is
taken out before it starts."""
_NOISE = {
    "KML": "id timestamp begin end altitudeMode tessellate extrude visibility drawOrder icon",
    "KMZ": "id timestamp begin end altitudeMode tessellate extrude visibility drawOrder icon",
    "DXF": "PaperSpace SubClasses Linetype EntityHandle",
}
"""Columns that say how something is drawn."""


def read(data: bytes, part: str = "", encoding: str = "", words: Collection[str] = ()) -> Table:
    """Read a file by its content.

    Parameters
    ----------
    part
        Sheet or layer; else the first.
    encoding
        One of ``ENCODINGS``; else the most plausible.
    words
        Known words, which tell one encoding from another.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    kind = sniffing.kind_of(data)
    if kind == "text":
        return _csv(data, encoding, words)
    if kind == "zip":
        parts = sniffing.unpacked(data)
        if "xl/workbook.xml" in parts:
            sniffing.refuse_definitions(parts)
            return _xlsx(data, part, parts)
        sniffing.refuse_nested(parts)
        sniffing.refuse_definitions(parts)
        names = sorted(name for name in parts if name.lower().endswith((".shp", ".kml")))
        if not names:
            raise InputError(sniffing.UNKNOWN)
        if names[0].lower().endswith(".kml"):
            main = "doc.kml" if "doc.kml" in names else names[0]
            return _gdal(_checked(parts[main], "KMZ"), "KMZ", part)
        return _shapefile(parts, part, encoding, words)
    table = _gdal(_checked(data, kind), kind, part)
    if kind == "DXF":
        _decode_cells(table, encoding, words)
    return table


def _checked(data: bytes, kind: str) -> bytes:
    """Return a document as GDAL reads it; `InputError` where it breaks the rules of its format."""
    if kind == "GeoJSON":
        collection = wellformed.geojson(data)
        if collection is None:
            raise InputError(sniffing.UNKNOWN)
        return collection
    if kind == "DXF":
        return wellformed.dxf(data)
    if kind != "GeoPackage":
        wellformed.xml(data, kind)
    return placemarks.alone(data) if kind in ("KML", "KMZ") else data


def chosen(parts: list[str], part: str) -> str:
    """Return the part that is meant, the first where none is named."""
    if part and part not in parts:
        raise InputError(
            Message(
                "There is no part “%(part)s” in the file; there are %(known)s.",
                {"part": part, "known": ", ".join(parts)},
            )
        )
    return part or parts[0]


def bounded(rows: Iterable[list[Any]]) -> list[list[Any]]:
    """Collect rows; `InputError` beyond what is allowed."""
    kept: list[list[Any]] = []
    for row in rows:
        if len(kept) > MAX_ROWS:  # a header may be among them
            raise InputError(Message("The file has more than %(most)s rows.", {"most": MAX_ROWS}))
        if len(row) > MAX_COLUMNS:
            raise InputError(
                Message("The file has more than %(most)s columns.", {"most": MAX_COLUMNS})
            )
        kept.append(row)
    return kept


# Sheets -------------------------------------------------------------------------------------------


def _csv(data: bytes, encoding: str, words: Collection[str]) -> Table:
    text, table = _decoded(data, "CSV", encoding, words)
    delimiter = _delimiter(text)
    wellformed.csv_quotes(text, delimiter)
    try:
        read = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        table.rows = bounded(
            [unguarded(cell[:MAX_CELL].strip()) or None if cell else None for cell in row]
            for row in read
        )
    except csv.Error:
        raise InputError(sniffing.BROKEN) from None
    if max(map(len, table.rows), default=0) < 2:
        raise InputError(
            Message("The file is not a table: no comma, semicolon, tab or bar parts its lines.")
        )
    return table


def _decoded(data: bytes, kind: str, encoding: str, words: Collection[str]) -> tuple[str, Table]:
    ranked = encodings.readings(data, words)
    if not ranked:
        raise InputError(sniffing.UNKNOWN)
    table = Table(kind, encoding=encoding or ranked[0].encoding)
    table.sure = bool(encoding) or encodings.is_sure(ranked)
    table.options = {reading.encoding: sample(reading.text) for reading in ranked[:4]}
    text = encodings.decode(data, encoding) if encoding else ranked[0].text
    if text is None:
        raise InputError(
            Message("The file is not written in %(encoding)s.", {"encoding": encoding})
        )
    return text, table


def sample(text: str) -> str:
    """Return some lines of a text that are not plain ASCII."""
    lines = [line.strip() for line in text.splitlines() if not line.isascii()]
    return " / ".join(line[:SAMPLE] for line in lines[:2])


def _delimiter(text: str) -> str:
    """Find the sign between cells: that by which a line names most columns, else that which most
    lines hold alike.
    """
    lines = [line for line in text[:65536].splitlines()[:40] if line.strip(" ;,\t|")]
    best = (0, 0, 0), ","
    for delimiter in ";\t|,":
        rows = list(csv.reader(lines, delimiter=delimiter))
        widths = [len(row) for row in rows]
        usual = max(set(widths), key=widths.count) if widths else 0
        named = max(map(columns.named_cells, rows[: columns.MAX_TITLES]), default=0)
        alike = widths.count(usual) if usual > 1 else 0
        best = max(best, ((named, alike, usual), delimiter))
    return best[1]


def _xlsx(data: bytes, part: str, parts: dict[str, bytes]) -> Table:
    """Read a sheet of a workbook; formulas stay what they are, text that is never computed."""
    try:
        book = workbooks.opened(data, parts)
        sheets = workbooks.likely(book)
        name = chosen([sheet.title for sheet in book.worksheets], part) if part else sheets[0]
        table = Table("XLSX", name, sheets)
        table.merged = merging.cells_of(parts.get(getattr(book[name], "_worksheet_path", ""), b""))
        rows: list[list[Any]] = []
        for number, cells in enumerate(book[name].iter_rows()):
            row = []
            for at, cell in enumerate(cells):
                if cell.data_type == "f":
                    table.formulas.append((number, at))
                row.append(_cell(cell.value))
            while row and row[-1] is None:
                row.pop()
            rows.append(row)
            bounded([row])
            if number > 2 * MAX_ROWS:
                break
        while rows and not rows[-1]:
            rows.pop()
        table.rows = bounded(rows)
    except InputError:
        raise
    except Exception:  # openpyxl raises whatever a damaged file leads it to
        raise InputError(sniffing.BROKEN) from None
    return table


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if value == value else None  # NaN differs from itself
    text = str(getattr(value, "text", value))[:MAX_CELL].strip()
    return text or None


# Maps ---------------------------------------------------------------------------------------------


def _gdal(data: bytes, kind: str, part: str) -> Table:
    if kind == "GeoPackage":
        _check_database(data)
    layers = [str(name) for name, _ in _opened("list_layers", data)]
    filled = _filled(data, layers) if len(layers) > 1 and kind in ("GPX", "GeoPackage") else layers
    if kind in ("KML", "KMZ"):
        table = Table(kind, "", [])
        for at in range(len(layers)):
            _append(table, *_layer(data, at))
    elif filled:
        table = Table(kind, chosen(filled, "" if kind == "GeoJSON" else part), filled)
        _append(table, *_layer(data, layers.index(table.part)))
    else:
        table = Table(kind)
    if kind == "DXF":
        _points_only(table)
    if kind == "GeoJSON":
        table.part, table.parts = "", []
        if (named := _CRS.search(data)) and not re.search(rb"CRS84|EPSG", named[1]):
            table.system = named[1].decode(errors="replace")
    if not table.rows:
        raise InputError(NO_POINTS if kind == "DXF" else Message("The file holds no rows."))
    _without_noise(table)
    return table


def _check_database(data: bytes) -> None:
    """Refuse a GeoPackage whose pages do not fit each other, which may hide rows."""
    try:
        _, _, _, (answer, *_) = _opened("read", data, sql="PRAGMA integrity_check")
    except InputError:
        raise InputError(
            Message("The GeoPackage is damaged, or it holds images only; it was not read.")
        ) from None
    if list(answer) != ["ok"]:
        raise InputError(Message("The database of the GeoPackage is damaged; it was not read."))


def _filled(data: bytes, layers: list[str]) -> list[str]:
    """Return the layers that hold rows."""
    return [
        name
        for at, name in enumerate(layers)
        if len(_opened("read", data, layer=at, columns=[], return_fids=True, max_features=1)[1])
    ]


def _opened(call: str, data: bytes, **options: Any) -> Any:
    """Call pyogrio; `InputError` for whatever GDAL raises for what is not a map."""
    import warnings

    import pyogrio.errors
    import pyogrio.raw

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            function = pyogrio.list_layers if call == "list_layers" else pyogrio.raw.read
            return function(data, **options)
    except pyogrio.errors.CRSError:
        raise InputError(NOT_OF_EARTH) from None
    except Exception:
        raise InputError(sniffing.BROKEN) from None


NO_POINTS = Message("The drawing holds no points; its lines and areas are not read.")
NOT_OF_EARTH = Message("The file states a reference system that is not of this Earth.")


def _layer(data: bytes, at: int, **options: Any) -> Any:
    meta, _, shapes, cells = _opened(
        "read",
        data,
        layer=at,
        datetime_as_string=True,
        force_2d=True,
        max_features=MAX_ROWS + 1,
        **options,
    )
    return meta, shapes if shapes is not None else [], cells


def _append(table: Table, meta: Any, shapes: Any, cells: Any) -> None:
    """Add the rows of a layer, whose columns may differ from those there are."""
    names = [str(name) for name in meta["fields"]]
    new = [name for name in names if name not in table.header]
    table.header += new
    for row in table.rows:
        row += [None] * len(new)
    at = [table.header.index(name) for name in names]
    count = max(len(shapes), *(len(column) for column in cells), 0)
    values = [[_cell(value) for value in column.tolist()] for column in cells]
    for number in range(count):
        row = [None] * len(table.header)
        for place, column in zip(at, values, strict=True):
            row[place] = column[number]
        table.rows.append(row)
    bounded(table.rows)
    hexed = [None if shape is None else bytes(shape).hex() for shape in shapes]
    table.shapes = (table.shapes or []) + (hexed or [None] * count)
    table.system = table.system or str(meta.get("crs") or "")


def _points_only(table: Table) -> None:
    """Keep the points of a drawing, and what is written at each of them."""
    at: dict[str, list[Any]] = {}
    for row, shape in zip(table.rows, table.shapes or [], strict=True):
        if shape and shape.startswith(POINT_2D):
            kept = at.setdefault(shape, row)
            kept[:] = [old if new is None else new for old, new in zip(kept, row, strict=True)]
    table.rows, table.shapes = list(at.values()), list(at)


POINT_2D = "0101000000"
"""How a point begins in well-known binary."""


def _without_noise(table: Table) -> None:
    """Leave out the columns that are empty or only say how something is drawn."""
    noise = _NOISE.get(table.kind, "").split()
    kept = [
        at
        for at, name in enumerate(table.header)
        if name not in noise and any(row[at] is not None for row in table.rows)
    ]
    table.header = [table.header[at] for at in kept]
    table.rows = [[row[at] for at in kept] for row in table.rows]


def _shapefile(parts: dict[str, bytes], part: str, encoding: str, words: Collection[str]) -> Table:
    """Read a Shapefile, with its text as bytes: what its `.cpg` says is often wrong."""
    stems = [name[:-4] for name in sorted(parts) if name.lower().endswith(".shp")]
    stem = chosen(stems, part)
    files = {
        name[len(stem) :].lower(): content
        for name, content in parts.items()
        if name.startswith(stem)
    }
    wellformed.shapefile(files)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for ending in (".shp", ".shx", ".dbf", ".prj"):
            if ending in files:
                archive.writestr(f"layer{ending}", files[ending])
    table = Table("Shapefile", stem, stems)
    _append(table, *_layer(packed.getvalue(), 0, encoding="ISO-8859-1"))
    _decode_cells(table, encoding, words)
    _without_noise(table)
    return table


def _decode_cells(table: Table, encoding: str, words: Collection[str]) -> None:
    """Decode a table whose text was read byte by byte, as ISO 8859-1."""
    cells = (cell for row in table.rows for cell in row if isinstance(cell, str))
    texts = [text.replace("\n", " ") for text in (*table.header, *cells)]
    try:
        data = "\n".join(texts).encode("latin-1")
    except UnicodeEncodeError:  # it holds characters that were written by their number
        return
    text, decoded = _decoded(data, "", encoding, words)
    table.encoding, table.sure, table.options = decoded.encoding, decoded.sure, decoded.options
    new = iter(text.split("\n"))
    if len(texts) == text.count("\n") + 1:
        table.header = [next(new) for _ in table.header]
        table.rows = [
            [one_line(next(new)) or None if isinstance(cell, str) else cell for cell in row]
            for row in table.rows
        ]
