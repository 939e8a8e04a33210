"""Compiled part of :mod:`geo.roads.isochrones`: the nearest painted cell of each cell of a raster,
the times from there, and the corners of outlines that may be left out.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from geo.roads.compiled import BoolTable, Floats, FloatTable, Ints, IntTable, compiled

CLEAR = 0.4
"""Of the way to the middle of the nearest cell, a contour is drawn at most so much beside."""


@compiled(error_model="numpy")
def nearest(marked: BoolTable) -> tuple[IntTable, IntTable]:
    """Find the nearest marked cell of each cell: squared distance in cells, and index in the flat
    raster; both -1 without any.

    Exact, in two sweeps: along the columns, then along the rows as the lower envelope of parabolas.

    Source: Felzenszwalb and Huttenlocher (2012), Distance transforms of sampled functions, Theory
    of Computing 8, 415-428; remembered, not read again."""
    height, width = marked.shape
    distance, index = np.empty((height, width), np.int32), np.empty((height, width), np.int32)
    far = height + width + 2
    # rows from a cell to the nearest marked one of its column, and the row where that is
    row_of: IntTable = np.empty((height, width), np.int32)
    for column in range(width):
        row_of[0, column] = 0 if marked[0, column] else -far
    for row in range(1, height):
        for column in range(width):
            row_of[row, column] = row if marked[row, column] else row_of[row - 1, column]
    for row in range(height - 2, -1, -1):
        for column in range(width):
            below, above = row_of[row, column], row_of[row + 1, column]
            if above >= 0 and (below < 0 or above - row < row - below):
                row_of[row, column] = above
    half: Floats = np.empty(width + 1)
    half[0] = 0.0
    for k in range(1, width + 1):
        half[k] = 0.5 / k
    at: Ints = np.empty(width, np.int32)
    value: Ints = np.empty(width, np.int32)
    until: Floats = np.empty(width)
    for row in range(height):
        count = 0
        for column in range(width):
            mine = row_of[row, column]
            if mine < 0:
                continue
            # the parabola of this column is the lowest from `since` on
            high = (row - mine) * (row - mine) + column * column
            since = -1.0
            while count > 0:
                since = (high - value[count - 1]) * half[column - at[count - 1]]
                if since > until[count - 1]:
                    break
                count -= 1
            if count == 0:
                since = -1.0
            at[count], value[count], until[count] = column, high, since
            count += 1
        if count == 0:
            distance[row] = -1
            index[row] = -1
            continue
        k = 0
        for column in range(width):
            while k + 1 < count and until[k + 1] < column:
                k += 1
            there = at[k]
            distance[row, column] = value[k] - there * there + (column - there) * (column - there)
            index[row, column] = row_of[row, there] * width + there
    return distance, index


@compiled(error_model="numpy")
def surface(
    time_s: FloatTable,
    distance: IntTable,
    index: IntTable,
    cell_s: float,
    most_cells: float,
    later_s: float,
) -> NDArray[np.float32]:
    """Return the time at each cell: on the road at the nearest cell with one, plus the leg;
    `later_s` where none leads.

    Parameters
    ----------
    distance, index
        As :func:`nearest` gives them.
    cell_s
        Time for a leg of the length of one cell.
    """
    height, width = time_s.shape
    flat = time_s.ravel()
    most = most_cells * most_cells
    time_there = np.empty((height, width), np.float32)
    for row in range(height):
        for column in range(width):
            squared, there = distance[row, column], index[row, column]
            time_there[row, column] = later_s
            if there >= 0 and squared <= most:
                time_there[row, column] = min(
                    flat[there] + sqrt(np.float32(squared)) * cell_s, later_s
                )
    return time_there


@compiled(error_model="numpy")
def thin(
    places: NDArray[np.float64], start: NDArray[np.int64], off: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Leave out corners of closed rings that lie at most `off` beside a side that remains, and less
    where the middle of a cell is near: none comes to lie on the other side, and rings that did not
    touch do not touch now, because between them there is always such a middle, from which they are
    farther apart than both together may move.

    From a corner that stays, as many are passed as one straight line can pass, each of them farther
    on than the one before. A ring of which no triangle would remain stays as it is.

    Parameters
    ----------
    places, start
        (n, 2) in cells, each between the middles of two cells, and where each ring begins, with n
        at the end; first and last place of a ring are the same.

    Source: Williams (1978), An efficient algorithm for the piecewise linear approximation of planar
    curves, Computer Graphics and Image Processing 8, 286-293; remembered, not read again."""
    thinned = np.empty_like(places)
    begin = np.zeros_like(start)
    count = 0
    for ring in range(len(start) - 1):
        first, last = start[ring], start[ring + 1]
        mine = count
        x, y = places[first]
        thinned[count, 0], thinned[count, 1] = x, y
        count += 1
        # directions in which all points since the corner are passed near enough
        right_x, right_y, left_x, left_y = 0.0, 0.0, 0.0, 0.0
        farthest, is_open = 0.0, True
        for k in range(first + 1, last):
            dx, dy = places[k, 0] - x, places[k, 1] - y
            apart = sqrt(dx * dx + dy * dy)
            inside = apart >= farthest and (
                is_open or (right_x * dy - right_y * dx >= 0 and left_x * dy - left_y * dx <= 0)
            )
            if not inside:
                x, y = places[k - 1]
                thinned[count, 0], thinned[count, 1] = x, y
                count += 1
                dx, dy = places[k, 0] - x, places[k, 1] - y
                apart = sqrt(dx * dx + dy * dy)
                is_open = True
            farthest = apart
            middle_x = abs(places[k, 0] - round(places[k, 0]))
            middle_y = abs(places[k, 1] - round(places[k, 1]))
            aside = min(off, CLEAR * max(middle_x, middle_y))
            if apart > aside:
                # the tangents to the circle of that radius around the corner
                along = sqrt(apart * apart - aside * aside)
                low_x, low_y = dx * along + dy * aside, dy * along - dx * aside
                high_x, high_y = dx * along - dy * aside, dy * along + dx * aside
                if is_open or right_x * low_y - right_y * low_x > 0:
                    right_x, right_y = low_x, low_y
                if is_open or left_x * high_y - left_y * high_x < 0:
                    left_x, left_y = high_x, high_y
                is_open = False
        thinned[count, 0], thinned[count, 1] = places[last - 1]
        count += 1
        if count - mine < 4:
            count = mine + last - first
            thinned[mine:count] = places[first:last]
        begin[ring + 1] = count
    return thinned[:count], begin
