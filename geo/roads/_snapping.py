"""Compiled part of :mod:`geo.roads.snapping`: a grid over the steps of lines, and the search in
it.
"""

from __future__ import annotations

import numpy as np

from geo.roads.compiled import Bools, Floats, FloatTable, Ints, compiled

SMALL_RADIUS_M = 6_335_000.0
"""The WGS 84 ellipsoid curves nowhere tighter: degrees that are so many metres here are at least as
many on the ground.
"""


@compiled()
def fill(
    xy: FloatTable,
    shape_start: Ints,
    kept: Bools,
    west: float,
    south: float,
    cell: float,
    columns: int,
    rows: int,
    start: Ints,
    step: Ints,
) -> int:
    """List the steps of the kept lines by the cells they pass: count them into ``start`` where
    ``step`` is empty, else write them.

    Of each row that a step passes, the cells between its westernmost and easternmost point there
    are taken, and one cell more on either side, so that rounding cannot lose one."""
    total = 0
    for line in range(len(shape_start) - 1):
        for p in range(shape_start[line], shape_start[line + 1] - 1 if kept[line] else 0):
            ax, ay, bx, by = xy[p, 0], xy[p, 1], xy[p + 1, 0], xy[p + 1, 1]
            if ay > by:
                ax, ay, bx, by = bx, by, ax, ay
            low = min(max(int(np.floor((ay - south) / cell)), 0), rows - 1)
            high = min(max(int(np.floor((by - south) / cell)), 0), rows - 1)
            for row in range(low, high + 1):
                first, last = ax, bx
                if by > ay:
                    enter = min(max((south + row * cell - ay) / (by - ay), 0.0), 1.0)
                    leave = min(max((south + (row + 1) * cell - ay) / (by - ay), 0.0), 1.0)
                    first, last = ax + enter * (bx - ax), ax + leave * (bx - ax)
                if first > last:
                    first, last = last, first
                left = min(max(int(np.floor((first - west) / cell - 1e-6)), 0), columns - 1)
                right = min(max(int(np.floor((last - west) / cell + 1e-6)), 0), columns - 1)
                for column in range(left, right + 1):
                    at = row * columns + column
                    if len(step):
                        start[at] -= 1
                        step[start[at]] = p
                    else:
                        start[at] += 1
                    total += 1
    return total


@compiled()
def owner(shape_start: Ints, point: int) -> int:
    """Find the line a point belongs to."""
    low, high = 0, len(shape_start) - 1
    while high - low > 1:
        middle = (low + high) // 2
        if shape_start[middle] <= point:
            low = middle
        else:
            high = middle
    return low


@compiled()
def nearest(
    lonlat: FloatTable,
    group: Ints,
    within_m: float,
    xy: FloatTable,
    shape_start: Ints,
    usable: Bools,
    line_group: Ints,
    frame: Floats,
    start: Ints,
    step: Ints,
    segment: Ints,
    fraction: Floats,
    foot: FloatTable,
) -> None:
    """Find for each point the nearest usable line of its group, -1 for any; rings of cells are
    searched from the inside out.
    """
    west, south, cell, columns, rows = frame[0], frame[1], frame[2], int(frame[3]), int(frame[4])
    for q in range(len(lonlat)):
        x, latitude = np.radians(lonlat[q, 0]), np.radians(lonlat[q, 1])
        segment[q], fraction[q], foot[q, 0], foot[q, 1] = -1, np.nan, np.nan, np.nan
        if not (np.isfinite(x) and np.isfinite(latitude)) or columns == 0:
            continue
        y = np.arcsinh(np.tan(latitude))
        # a metre in the projection grows with latitude: taken where the limit ends at its farthest,
        # on a sphere a little small
        beyond = min(abs(latitude) + within_m / SMALL_RADIUS_M, 1.55)
        limit = (within_m / SMALL_RADIUS_M / np.cos(beyond)) ** 2
        best, best_line, best_step, best_share = limit, -1, -1, 0.0
        aside = max(west - x, x - (west + columns * cell), 0.0)
        above = max(south - y, y - (south + rows * cell), 0.0)
        if aside * aside + above * above > limit:
            continue
        # outside the grid the search begins at its nearest cell, so a ring is at least so far away
        # as `ring` tells
        column = min(max(int(np.floor((x - west) / cell)), 0), columns - 1)
        row = min(max(int(np.floor((y - south) / cell)), 0), rows - 1)
        ring = 0
        while ring <= max(columns, rows):
            if ring > 0:
                # a side on which the grid has ended cannot hold anything nearer
                inner = np.inf
                if column - ring >= 0:
                    inner = min(inner, x - (west + (column - ring + 1) * cell))
                if column + ring < columns:
                    inner = min(inner, west + (column + ring) * cell - x)
                if row - ring >= 0:
                    inner = min(inner, y - (south + (row - ring + 1) * cell))
                if row + ring < rows:
                    inner = min(inner, south + (row + ring) * cell - y)
                if inner == np.inf or (inner > 0 and inner * inner > best):
                    break
            for r in range(max(row - ring, 0), min(row + ring, rows - 1) + 1):
                edge = r == row - ring or r == row + ring
                c = max(column - ring, 0) if edge else column - ring
                while c <= min(column + ring, columns - 1):
                    if c >= 0:
                        for k in range(start[r * columns + c], start[r * columns + c + 1]):
                            p = step[k]
                            ax, ay = xy[p, 0], xy[p, 1]
                            dx, dy = xy[p + 1, 0] - ax, xy[p + 1, 1] - ay
                            size = dx * dx + dy * dy
                            share = (
                                min(max(((x - ax) * dx + (y - ay) * dy) / size, 0.0), 1.0)
                                if size > 0
                                else 0.0
                            )
                            away = (x - ax - share * dx) ** 2 + (y - ay - share * dy) ** 2
                            if away <= best:
                                line = owner(shape_start, p)
                                mine = usable[line] and (
                                    group[q] == -1 or line_group[line] == group[q]
                                )
                                # of two equally near ones the first, so that the answer does not
                                # depend on the grid
                                if mine and (away < best or best_line < 0 or p < best_step):
                                    best, best_line, best_step, best_share = away, line, p, share
                    c += 1 if edge else 2 * ring
            ring += 1
        if best_line < 0:
            continue
        segment[q] = best_line
        before, total = 0.0, 0.0
        for p in range(shape_start[best_line], shape_start[best_line + 1] - 1):
            size = np.sqrt((xy[p + 1, 0] - xy[p, 0]) ** 2 + (xy[p + 1, 1] - xy[p, 1]) ** 2)
            if p < best_step:
                before += size
            elif p == best_step:
                before += best_share * size
            total += size
        fraction[q] = min(before / total, 1.0) if total > 0 else 0.0
        foot[q, 0] = np.degrees(
            xy[best_step, 0] + best_share * (xy[best_step + 1, 0] - xy[best_step, 0])
        )
        foot[q, 1] = np.degrees(
            np.arctan(
                np.sinh(xy[best_step, 1] + best_share * (xy[best_step + 1, 1] - xy[best_step, 1]))
            )
        )
