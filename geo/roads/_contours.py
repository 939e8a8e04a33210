"""Compiled part of :mod:`geo.roads.isochrones`: the outlines of what lies within some limits.

Source: Lorensen and Cline (1987), Marching cubes, Computer Graphics 21 (4), 163-169, in two
dimensions; rings are found row by row as in Suzuki and Abe (1985), Topological structural analysis
of digitized binary images by border following, Computer Vision, Graphics, and Image Processing 30,
32-46; remembered, not read again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.roads.compiled import Floats, FloatTable, Ints, IntTable, compiled

DIM = 1e-3
"""Times closer to a limit than this share of the steepest step count as just within it."""
BOTTOM, RIGHT, TOP, LEFT = range(4)
"""Sides of a cell between four values, counter-clockwise."""


@compiled(error_model="numpy", inline="always")
def _beyond(time_s: float, limit_s: float, steep_s: float) -> float:
    """Return how far a time is beyond a limit, at most a steep step; never zero, so that outlines
    never touch.
    """
    beyond = time_s - limit_s
    if abs(beyond) <= steep_s * DIM:
        return -steep_s * DIM
    return min(max(beyond, -steep_s), steep_s)


@compiled(error_model="numpy")
def _side_left_by(
    field: FloatTable, row: int, column: int, entry: int, limit_s: float, steep_s: float
) -> int:
    """Return the side by which an outline leaves a cell that it enters by `entry`, with what lies
    within the limit on its left.

    Where two opposite corners are within and two are not, the mean of all four decides.
    """
    near_s = limit_s + steep_s * DIM
    aside = entry in (BOTTOM, LEFT)
    ahead_left = field[row + aside, column + (entry >= TOP)] <= near_s
    ahead_right = field[row + (entry <= RIGHT), column + aside] <= near_s
    if ahead_left and not ahead_right:
        return (entry + 2) % 4
    if ahead_right and not ahead_left:
        total = 0.0
        for up in range(2):
            for along in range(2):
                total += _beyond(field[row + up, column + along], limit_s, steep_s)
        ahead_left = total <= 0
    return (entry + 1) % 4 if ahead_left else (entry + 3) % 4


@compiled(error_model="numpy")
def _follow(
    field: FloatTable,
    limit_s: float,
    steep_s: float,
    row: int,
    column: int,
    ring: int,
    ring_of: IntTable,
    places: FloatTable,
    count: int,
) -> tuple[FloatTable, int]:
    """Draw the ring that crosses the step from a cell to the next one of its row; return the
    places, grown where they were full, and how many there are.
    """
    begin, first_row, first_column = count, row, column
    # down where the way along the row leads into what is within, up where it leads out of it
    entry = BOTTOM if field[row, column] <= limit_s + steep_s * DIM else TOP
    first_entry, row = entry, row - (entry == TOP)
    while True:
        # the two values between which the outline enters
        low_row, low_column = row + (entry == TOP), column + (entry == RIGHT)
        level = entry in (BOTTOM, TOP)
        a = _beyond(field[low_row, low_column], limit_s, steep_s)
        b = _beyond(field[low_row + (not level), low_column + level], limit_s, steep_s)
        if count + 1 >= len(places):
            grown = np.empty((2 * len(places), 2))
            grown[:count] = places[:count]
            places = grown
        places[count, 0], places[count, 1] = low_column, low_row
        places[count, 0 if level else 1] += a / (a - b)
        count += 1
        if level:
            ring_of[low_row, low_column] = ring
        side = _side_left_by(field, row, column, entry, limit_s, steep_s)
        row += (side == TOP) - (side == BOTTOM)
        column += (side == RIGHT) - (side == LEFT)
        entry = (side + 2) % 4
        if entry == first_entry and column == first_column and row + (entry == TOP) == first_row:
            break
    places[count] = places[begin]
    return places, count + 1


@compiled(error_model="numpy")
def outlines(
    field: FloatTable, limits_s: Floats, steep_s: float
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Draw what of a raster lies within each limit.

    Where the time jumps, because another road is nearer, an outline runs halfway between two
    cells.

    Parameters
    ----------
    field
        (h, w) times; those on the rim are beyond every limit.
    steep_s
        Times farther from a limit than this count as just so far.

    Returns
    -------
    places
        (n, 2) column and row along all rings; each ring ends where it begins.
    rings, polygons, limits
        Places of ring i are ``places[rings[i]:rings[i + 1]]``, rings of polygon j those from
        ``polygons[j]`` to ``polygons[j + 1]``, the outer one first, and polygons of limit k those
        from ``limits[k]`` to ``limits[k + 1]``.
    """
    height, width = field.shape
    places: FloatTable = np.empty((4096, 2))
    count = 0
    ring_of: IntTable = np.full((height, width), -1, np.int32)
    start = [0]
    polygon_of = [0 for _ in range(0)]
    drawn = 0
    limits = np.zeros(len(limits_s) + 1, np.int64)
    for k in range(len(limits_s)):
        near_s, oldest = limits_s[k] + steep_s * DIM, len(polygon_of)
        for row in range(1, height - 1):
            within, polygon = False, -1
            for column in range(1, width):
                now = column < width - 1 and field[row, column] <= near_s
                if now == within:
                    continue
                within = now
                if ring_of[row, column - 1] < oldest:
                    if now:
                        polygon = drawn
                        drawn += 1
                    places, count = _follow(
                        field,
                        limits_s[k],
                        steep_s,
                        row,
                        column - 1,
                        len(polygon_of),
                        ring_of,
                        places,
                        count,
                    )
                    polygon_of.append(polygon)
                    start.append(count)
                elif now:
                    polygon = polygon_of[ring_of[row, column - 1]]
        limits[k + 1] = drawn
    return _by_polygon(places, np.array(start), np.array(polygon_of), drawn, limits)


@compiled()
def _by_polygon(
    places: FloatTable, start: Ints, polygon_of: Ints, drawn: int, limits: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Put rings that belong together side by side, in the order in which they were found."""
    polygons = np.zeros(drawn + 1, np.int64)
    for polygon in polygon_of:
        polygons[polygon + 1] += 1
    polygons = np.cumsum(polygons)
    order = np.argsort(polygon_of, kind="mergesort")
    rings = np.zeros(len(order) + 1, np.int64)
    sorted_places = np.empty((start[-1], 2))
    for i in range(len(order)):
        begin, end = start[order[i]], start[order[i] + 1]
        rings[i + 1] = rings[i] + end - begin
        sorted_places[rings[i] : rings[i + 1]] = places[begin:end]
    return sorted_places, rings, polygons, limits
