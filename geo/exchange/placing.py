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
from geo.exchange.systems import Evidence, Points, System
from geo.exchange.table import Table

NOWHERE = Message("lies nowhere on Earth")
UNREADABLE = Message("its shape cannot be read")


def placed(
    table: Table,
    mapped: Sequence[Column],
    rows: Sequence[Sequence[Any]],
    numbers: Sequence[int],
    evidence: Evidence,
    doubts: Doubts,
) -> tuple[list[Any], System | None, str]:
    """Find the shape of each row in WGS 84, None where that is unknown, and of records, which lie
    at the places that they name.
    """
    if not evidence.known.layer.geometry:
        if table.shapes is not None or _columns_of(mapped):
            doubts.notices.append(
                Message("This layer keeps no positions; those of the file were left out.")
            )
        return [None] * len(rows), None, ""
    if table.shapes is not None:
        return _of_shapes(table, numbers, evidence, doubts)
    pair = _columns_of(mapped)
    if pair is None:
        if all(evidence.sites):  # nothing has to be placed
            doubts.notices.append(Message("The file holds no positions."))
        else:
            doubts.fault(0, "–", Message("no column holds positions; name it in a mapping"))
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
        read.pairs, read.form, None if metric else stated, evidence, doubts, written=False
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
    shapes = np.full(len(lonlat), None, object)
    there = np.isfinite(lonlat).all(axis=1)
    shapes[there] = shapely.points(lonlat[there])
    return list(shapes), system, read.form


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
    raw = shapely.force_2d(shapely.from_wkb(table.shapes or [], on_invalid="ignore"))
    raw[shapely.is_empty(raw)] = None
    if evidence.known.layer.geometry == "Point":
        _as_points(raw, doubts)
    pairs = points(list(raw))
    wrong = {
        row: UNREADABLE if (table.shapes or [])[row] and raw[row] is None else positions.NONE
        for row in np.flatnonzero(~np.isfinite(pairs).all(axis=1)).tolist()
    }
    for row in np.flatnonzero((pairs == 0).all(axis=1)).tolist():
        wrong[row] = Message("0, 0 is a position that was not filled in")
    for row in sorted(wrong):
        doubts.fault(numbers[row], "", wrong[row])
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
    shapes = shapely.transform(raw, system.to_wgs84)
    corners, owner = shapely.get_coordinates(shapes, return_index=True)
    for row in np.unique(owner[~np.isfinite(corners).all(axis=1)]).tolist():
        doubts.fault(numbers[row], "", NOWHERE)
        shapes[row] = None
    return list(shapes), system, form


def _as_points(shapes: Any, doubts: Doubts) -> None:
    """Take a point inside each shape of another kind, with a word about it."""
    others = np.flatnonzero((shapely.get_type_id(shapes) != 0) & ~shapely.is_missing(shapes))
    single = others[
        (shapely.get_type_id(shapes[others]) == 4)
        & (shapely.get_num_geometries(shapes[others]) == 1)
    ]
    shapes[single] = shapely.get_geometry(shapes[single], 0)
    others = np.setdiff1d(others, single)
    if len(others):
        valid = shapely.is_valid(shapes[others])
        inner = shapely.centroid(shapes[others])
        inner[valid] = shapely.point_on_surface(shapes[others[valid]])
        shapes[others] = inner
        shapes[others[shapely.is_empty(inner)]] = None
        doubts.notices.append(
            Message(
                "%(n)s shapes are not points; a point inside each was taken.", {"n": len(others)}
            )
        )


def points(shapes: Sequence[Any]) -> Points:
    """Return the middle of each shape, NaN where there is none."""
    inner = shapely.centroid(np.asarray(shapes, object))
    return np.column_stack([shapely.get_x(inner), shapely.get_y(inner)])


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
