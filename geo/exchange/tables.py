"""The rows of a data package as text, by layer and identifier, and how they are written again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from geo.exchange.claims import WITHOUT_CLAIMS, written
from geo.layers import rows as rows_of
from geo.layers import validation
from geo.schema import LAYERS, Layer
from geo.schema.provenance import POSITION

Cells = dict[str, str | None]
"""A row by column, None where a cell is empty."""
Rows = dict[str, Cells]
"""The rows of a layer by identifier, in the order of the file."""


@dataclass(frozen=True)
class Tables:
    """The layers of a package of which something can be claimed, and their sources field by field.

    Attributes
    ----------
    layers
        Rows by layer.
    provenance
        Rows of the table of that name.
    """

    layers: dict[str, Rows]
    provenance: list[Cells]


def read(folder: Path) -> Tables:
    """Read the layers of a package as text.

    Raises
    ------
    InputError
        A file that is not a table of its layer, or whose rows cannot be told apart.
    """
    layers = {
        layer.id: read_layer(folder, layer)
        for layer in LAYERS.values()
        if layer.id not in WITHOUT_CLAIMS and (folder / f"{layer.id}.csv").is_file()
    }
    sources = LAYERS["provenance"]
    held = (folder / f"{sources.id}.csv").is_file()
    return Tables(layers, list(read_layer(folder, sources).values()) if held else [])


def read_layer(folder: Path, layer: Layer) -> Rows:
    """Read the rows of one layer as text."""
    name = f"{layer.id}.csv"
    rows, faults = rows_of.csv_rows(folder / name, layer.fields)
    validation.refuse(name, faults or validation.row_faults(rows, layer.fields[:1]))
    for row in rows:
        del row["_at"]
    return {str(row["id"]): row for row in rows}


def write(layer: Layer, rows: Iterable[Mapping[str, str | None]]) -> bytes:
    """Write rows as the file of a layer; the same rows are the same bytes."""
    text = _Lines(newline="")
    writer = csv.writer(text, lineterminator=_Lines.END)
    writer.writerow(layer.names)
    writer.writerows([row.get(name) or "" for name in layer.names] for row in rows)
    return text.getvalue().encode()


class _Lines(io.StringIO):
    """Lines that end with a line feed. Only signs of its line end are put into quotes by a writer
    of CSV, and a carriage return has to be as well.
    """

    END = "\r\n"

    def write(self, line: str) -> int:
        return super().write(line.removesuffix(self.END) + "\n")


def value(layer: Layer, row: Mapping[str, str | None], field: str) -> str | None:
    """Return what a row holds as the value of a field, or of its position."""
    if field != POSITION:
        return row.get(field)
    if layer.geometry == "LineString":
        return row.get("wkt")
    lon, lat = (validation.number(row.get(name)) for name in validation.POSITION)
    return None if lon is None or lat is None else written(lon, lat)
