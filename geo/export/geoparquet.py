"""GeoParquet 1.1 (https://geoparquet.org), for programs that compute with columns.

arro3 writes it: beside pyarrow, which is three times as large, pandas keeps texts another way."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from itertools import permutations
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from geo.export.about import MEMBER, About
from geo.export.frames import ROWS_AT_ONCE, cell, columns, has_geometry, shapes

if TYPE_CHECKING:
    from arro3.core import RecordBatch, Schema

GEOMETRY = "geometry"
VERSION = "1.1.0"
GROUP = 50 * ROWS_AT_ONCE
"""Rows that a reader may skip as one."""


def file(frame: pd.DataFrame, about: About) -> bytes:
    """Write a layer as GeoParquet, a table as Parquet; the facts are metadata of the file."""
    from arro3.core import RecordBatchReader
    from arro3.io import write_parquet

    metadata = {MEMBER: json.dumps(about.facts(), ensure_ascii=False)}
    if has_geometry(frame):
        metadata["geo"] = json.dumps(_geo(frame))
    metadata = {name: _encodable(text) for name, text in metadata.items()}
    schema = _schema(frame)
    held = io.BytesIO()
    write_parquet(
        RecordBatchReader.from_batches(schema, _batches(frame, schema)),
        held,
        compression="zstd(3)",
        created_by=about.generator,
        key_value_metadata=metadata,
        max_row_group_size=GROUP,
        skip_arrow_metadata=True,
    )
    return _sorted(held.getvalue(), metadata)


def _batches(frame: pd.DataFrame, schema: Schema) -> Iterator[RecordBatch]:
    from arro3.core import Array, DataType, RecordBatch

    for at in range(0, len(frame), ROWS_AT_ONCE):
        some = frame.iloc[at : at + ROWS_AT_ONCE]
        cells: dict[str, list[Any]] = columns(some)
        if has_geometry(some):
            cells[GEOMETRY] = shapely.to_wkb(shapes(some), flavor="iso").tolist()
        arrays = []
        for name, values in cells.items():
            kind = schema.field(name).type
            if DataType.is_string(kind):
                values = [None if value is None else _encodable(cell(value)) for value in values]
            arrays.append(Array(values, type=kind))
        yield RecordBatch.from_arrays(arrays, schema=schema)


def _schema(frame: pd.DataFrame) -> Schema:
    """Return the type of each column, which is that of the whole frame, whatever a part holds."""
    from arro3.core import DataType, Field, Schema

    types = {
        "b": DataType.bool(),
        "i": DataType.int64(),
        "u": DataType.uint64(),
        "f": DataType.float64(),
    }
    geometry = frame.active_geometry_name if has_geometry(frame) else None
    levels = [] if frame.index.names == [None] else range(frame.index.nlevels)
    kinds = {
        str(frame.index.names[level]): frame.index.get_level_values(level).dtype.kind
        for level in levels
    }
    kinds |= {str(name): frame[name].dtype.kind for name in frame.columns if name != geometry}
    fields = [Field(name, types.get(kind, DataType.string())) for name, kind in kinds.items()]
    return Schema([*fields, *([Field(GEOMETRY, DataType.binary())] if geometry else [])])


def _encodable(text: str) -> str:
    """Write halves of letters, which UTF-8 does not hold, as question marks."""
    return text.encode(errors="replace").decode()


def _geo(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return what a reader must know of the column of shapes."""
    drawn = shapes(frame)
    known = drawn[[shape is not None for shape in drawn]]
    kinds = sorted({f"{shape.geom_type}{' Z' if shape.has_z else ''}" for shape in known})
    column = {
        "encoding": "WKB",
        "geometry_types": kinds,
        "crs": frame.crs.to_json_dict() if frame.crs else None,
        **({"bbox": shapely.total_bounds(known).tolist()} if len(known) else {}),
    }
    return {"version": VERSION, "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}


def _sorted(data: bytes, metadata: dict[str, str]) -> bytes:
    """Put the metadata in their order: the library has another each time. They stand side by side
    in the last part of the file, and take as many bytes in whatever order.

    **Source:** Thrift, compact protocol: a structure of two texts, each with its length.
    """
    written = [
        b"".join(b"\x18" + _varint(len(text)) + text for text in (name.encode(), value.encode()))
        + b"\x00"
        for name, value in metadata.items()
    ]
    for order in permutations(written):
        at = data.rfind(b"".join(order))
        if at >= 0:
            ordered = b"".join(written)
            return data[:at] + ordered + data[at + len(ordered) :]
    raise AssertionError("the metadata is not where it was written")


def _varint(number: int) -> bytes:
    low = bytearray()
    while number > 0x7F:
        low.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*low, number])
