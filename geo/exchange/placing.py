"""Find the shape of each row of a file in WGS 84, from its cells or its map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from geo import crs
from geo.errors import Message
from geo.exchange import columns, coordinates, positions, systems
from geo.exchange.columns import Column
from geo.exchange.doubts import Doubts
from geo.exchange.formats import Table
from geo.exchange.systems import Evidence, Points, System

NOWHERE = Message("lies nowhere on Earth")


def placed(
    table: Table,
    mapped: Sequence[Column],
    rows: Sequence[Sequence[Any]],
    numbers: Sequence[int],
    evidence: Evidence,
    doubts: Doubts,
) -> tuple[list[Any], System | None, str]:
    """Find the shape of each row in WGS 84, None where that is unknown."""
    if table.shapes is not None:
        return _of_shapes(table, numbers, evidence, doubts)
    pair = _columns_of(mapped)
    if pair is None:
        doubts.fault(
            0,
            "–",
            Message("no column holds positions; name it in a mapping"),
        )
        return [None] * len(rows), None, ""
    cells = [[row[column.at] for row in rows] for column in pair]
    read = positions.written(cells[0], cells[1] if len(cells) > 1 else None)
    header = ", ".join(column.header for column in pair)
    for row, sentence in read.wrong.items():
        doubts.fault(numbers[row], header, sentence)
    stated = systems.by_code(crs.WGS84)
    there = np.isfinite(read.pairs).all(axis=1)
    if len(pair) == 1 and not (read.lettered | ~there).all():  # latitude first, as maps copy it
        stated = systems.by_code(crs.WGS84, swapped=True)
        read.pairs[read.lettered] = read.pairs[read.lettered][:, ::-1]
    metric = read.form == positions.METRES
    system = coordinates.settled(
        read.pairs, read.form, None if metric else stated, evidence, doubts
    )
    if read.form == positions.ANGLES:
        doubts.notices.append(Message("The positions are written in degrees and minutes."))
    if system is None:
        return [None] * len(rows), None, read.form
    lonlat = system.to_wgs84(read.pairs)
    turned = coordinates.swapped_rows(read.pairs, lonlat, evidence)
    for row in turned:
        doubts.fault(
            numbers[row], header, Message("longitude and latitude look exchanged in this row")
        )
        lonlat[row] = np.nan
    for row in np.flatnonzero(there & ~np.isfinite(lonlat).all(axis=1)).tolist():
        if row not in turned:
            doubts.fault(numbers[row], header, NOWHERE)
    shapes = [shapely.Point(*point) if np.isfinite(point).all() else None for point in lonlat]
    return shapes, system, read.form


def _columns_of(mapped: Sequence[Column]) -> list[Column] | None:
    """Return the columns of positions, east and north as they are called, or the one that holds
    both.
    """
    by_field = {column.field: column for column in mapped if column.field}
    for names in (("lon", "lat"), (columns.X, columns.Y), (columns.PAIR,)):
        if all(name in by_field for name in names):
            return [by_field[name] for name in names]
    return None


def _of_shapes(
    table: Table, numbers: Sequence[int], evidence: Evidence, doubts: Doubts
) -> tuple[list[Any], System | None, str]:
    """Take the shapes of a map to WGS 84."""
    raw = [None if shape is None else shapely.from_wkb(shape) for shape in table.shapes or []]
    raw = [None if shape is None or shape.is_empty else shapely.force_2d(shape) for shape in raw]
    pairs = points(raw)
    for row, shape in enumerate(raw):
        if shape is None:
            doubts.fault(numbers[row], "", positions.NONE)
        elif (pairs[row] == 0).all():
            doubts.fault(numbers[row], "", Message("0, 0 is a position that was not filled in"))
            raw[row], pairs[row] = None, np.nan
    there = np.isfinite(pairs).all(axis=1)
    metric = there.any() and float(np.median(np.abs(pairs[there]).max(axis=1))) > 360
    form = positions.METRES if metric else positions.DEGREES
    stated = coordinates.stated_system(table.system)
    if stated is None and not metric:
        stated = systems.by_code(crs.WGS84)
    system = coordinates.settled(pairs, form, stated, evidence, doubts)
    if system is None:
        return [None] * len(raw), None, form
    shapes = [None if shape is None else shapely.transform(shape, system.to_wgs84) for shape in raw]
    for row, shape in enumerate(shapes):
        if shape is not None and not np.isfinite(shapely.get_coordinates(shape)).all():
            doubts.fault(numbers[row], "", NOWHERE)
            shapes[row] = None
    return shapes, system, form


def points(shapes: Sequence[Any]) -> Points:
    """Return the middle of each shape, NaN where there is none."""
    inner = [None if shape is None else shapely.centroid(shape) for shape in shapes]
    lonlat = np.full((len(shapes), 2), np.nan)
    for row, point in enumerate(inner):
        if point is not None and not point.is_empty:
            lonlat[row] = point.x, point.y
    return lonlat


def checked(
    records: Sequence[dict[str, Any]], lonlat: Points, evidence: Evidence, doubts: Doubts
) -> Points:
    """Note the rows that do not lie where they say; their positions are not sure."""
    wrong, _ = evidence.known.region.doubts(list(records), lonlat)
    kept = lonlat.copy()
    for row, sentence in enumerate(wrong):
        if sentence:
            doubts.fault(
                int(records[row]["_at"]), "", Message("position: %(fault)s", {"fault": sentence})
            )
            kept[row] = np.nan
    return kept
