"""Compiled part of :mod:`geo.roads.isochrones`: roads painted on a raster.

*Places* are longitude and latitude in units of 1e-7 degrees, as whole numbers. A *frame* lays a
raster over them: ``west, south``, the middle of its first cell, cells a unit of longitude and of
latitude, and the latitude at which cells are square, in degrees."""

from __future__ import annotations

from math import ceil, cos, inf, radians

import numpy as np
from numpy.typing import NDArray

from geo.roads.compiled import Floats, FloatTable, Ints, IntTable, compiled

UNIT = 1e-7
STEP = 0.9
"""Cells between two samples of a road along the raster, at most."""

Nodes = tuple[Ints, IntTable, Ints, IntTable]
Segments = tuple[Ints, Ints, Ints, Floats, Ints, IntTable, Floats]
Blocks = tuple[Ints, IntTable, Floats]
Starts = tuple[Ints, Floats, Floats]
"""Roads as :func:`paint` takes them."""
Leg = tuple[float, float]


@compiled(error_model="numpy")
def reached_box(
    nodes: Ints, place: IntTable, node_s: Floats, limit_s: float, leg: Leg
) -> tuple[float, float, float, float]:
    """Return west, south, east, north of what nodes within the limit and legs from there cover;
    inside out where there is none.

    Parameters
    ----------
    leg
        Units of latitude that a leg covers in a second, and at most; those of longitude are told by
        the first node.
    """
    west, south, east, north = inf, inf, -inf, -inf
    narrow = 0.0
    for k in range(len(nodes)):
        time = node_s[nodes[k]]
        if time <= limit_s:
            x, y = float(place[k, 0]), float(place[k, 1])
            if narrow == 0:
                narrow = max(cos(radians(y * UNIT)), 0.01)
            size = min((limit_s - time) * leg[0], leg[1])
            west, south = min(west, x - size / narrow), min(south, y - size)
            east, north = max(east, x + size / narrow), max(north, y + size)
    return west, south, east, north


@compiled(error_model="numpy", inline="always")
def _put(x: float, y: float, time: float, time_s: FloatTable, away: FloatTable) -> None:
    """Return a cell the time of the road point nearest its middle, of equally near ones the
    earliest.
    """
    height, width = time_s.shape
    if x >= -0.5 and y >= -0.5 and x < width - 0.5 and y < height - 0.5:
        column, row = int(x + 0.5), int(y + 0.5)
        off = np.float32((x - column) * (x - column) + (y - row) * (y - row))
        if off < away[row, column] or (off == away[row, column] and time < time_s[row, column]):
            away[row, column], time_s[row, column] = off, time


@compiled(error_model="numpy", inline="always")
def _need(x: float, y: float, left_s: float, leg: Leg, needed: Floats) -> None:
    """Widen what the raster must cover by a place, and by the leg for which `left_s` is left from
    there.
    """
    if left_s >= 0:
        size = min(left_s * leg[0], leg[1])
        needed[0], needed[1] = min(needed[0], x - size), min(needed[1], y - size)
        needed[2], needed[3] = max(needed[2], x + size), max(needed[3], y + size)


@compiled(error_model="numpy", inline="always")
def _within(start: float, step: float, size: int, first: float, last: float) -> tuple[float, float]:
    """Cut the shares `first` to `last` of a line to where ``start + share * step`` lies on a raster
    of so many cells.
    """
    if step == 0:
        return (first, last) if -0.5 <= start <= size - 0.5 else (1.0, 0.0)
    low, high = (-0.5 - start) / step, (size - 0.5 - start) / step
    return max(first, min(low, high)), min(last, max(low, high))


@compiled(error_model="numpy")
def _roads(
    begin_k: int,
    end_k: int,
    height: int,
    width: int,
    whole: bool,
    laid: tuple[float, float, float, float],
    segments: Segments,
    node_s: Floats,
    starts: Starts,
    limit_s: float,
    leg: Leg,
    time_s: FloatTable,
    away: FloatTable,
    needed: Floats,
    painted: bool,
) -> None:
    """Paint some segments that stand together, as :func:`paint` says, or only widen `needed`;
    `whole` where all of them lie on the raster. One call for many: handing over so many arrays
    takes time.
    """
    west, south, per_x, per_y = laid
    tail, head, way, segment_s, shape_start, place, along = segments
    at_segment, at_fraction, at_s = starts
    for k in range(begin_k, end_k):
        own = False
        for j in range(len(at_segment)):
            own |= at_segment[j] == k
        tail_s = node_s[tail[k]] if way[k] & 1 else inf
        head_s = node_s[head[k]] if way[k] & 2 else inf
        near = tail_s <= limit_s or head_s <= limit_s
        if not (painted or near or own):
            continue
        first, last = shape_start[k], shape_start[k + 1]
        along_s = float(segment_s[k])
        # where the limit is met, driving on from the tail and from the head
        tail_met = (limit_s - tail_s) / along_s if along_s > 0 else inf
        head_met = 1 - (limit_s - head_s) / along_s if along_s > 0 else inf
        begin = 0.0
        x, y = (place[first, 0] - west) * per_x, (place[first, 1] - south) * per_y
        for p in range(first + 1, last):
            next_x, next_y = (place[p, 0] - west) * per_x, (place[p, 1] - south) * per_y
            dx, dy = next_x - x, next_y - y
            end = float(along[p])
            share = end - begin
            if near:
                _need(
                    next_x,
                    next_y,
                    limit_s - min(tail_s + end * along_s, head_s + (1 - end) * along_s),
                    leg,
                    needed,
                )
                if begin <= tail_met <= end and share > 0:
                    _need(
                        x + (tail_met - begin) / share * dx,
                        y + (tail_met - begin) / share * dy,
                        0.0,
                        leg,
                        needed,
                    )
                if begin <= head_met <= end and share > 0:
                    _need(
                        x + (head_met - begin) / share * dx,
                        y + (head_met - begin) / share * dy,
                        0.0,
                        leg,
                        needed,
                    )
            low, high = 0.0, 1.0
            if not whole:
                low, high = _within(x, dx, width, low, high)
                low, high = _within(y, dy, height, low, high)
            if low <= high and (painted or own):
                count = max(ceil((high - low) * max(abs(dx), abs(dy)) / STEP), 1)
                step = (high - low) / count
                for c in range(count):
                    at = low + (c + 0.5) * step
                    fraction = begin + at * share
                    time = min(tail_s + fraction * along_s, head_s + (1 - fraction) * along_s)
                    if own:
                        for j in range(len(at_segment)):
                            if at_segment[j] == k and way[k] & (
                                1 if fraction >= at_fraction[j] else 2
                            ):
                                time = min(time, at_s[j] + abs(fraction - at_fraction[j]) * along_s)
                        _need(x + at * dx, y + at * dy, limit_s - time, leg, needed)
                    if painted:
                        _put(x + at * dx, y + at * dy, time, time_s, away)
            x, y, begin = next_x, next_y, end


@compiled(error_model="numpy")
def paint(
    frame: tuple[float, float, float, float, float],
    height: int,
    width: int,
    nodes: Nodes,
    segments: Segments,
    blocks: Blocks,
    node_s: Floats,
    starts: Starts,
    limit_s: float,
    leg: Leg,
    painted: bool,
) -> tuple[FloatTable, FloatTable, NDArray[np.float64]]:
    """Paint the times on the road into the cells through which roads lead.

    Parameters
    ----------
    nodes
        (n,) nodes at the ends of the segments, (n, 2) their places, ``start`` and ``box`` of their
        blocks.
    segments
        ``tail``, ``head``; ``way``, 1 where one drives from tail to head, 2 where from head to
        tail, 3 for both; ``segment_s``; ``place[shape_start[k]:shape_start[k + 1]]``, the shapes;
        and in the same order what share of the segment lies before each of their points.
    blocks
        ``start``, ``box``, ``size``: of the segments that lie together; none is larger than
        ``size``, a block with larger ones comes before one with smaller ones.
    starts
        Segments to which the point itself is joined, where on them, and the time at which the drive
        along them begins.
    leg
        Cells that a leg covers in a second, and at most.
    painted
        Whether to paint at all: what the raster must cover is known in a fifth of the time.

    Returns
    -------
    time_s, away
        (height, width) time on the road, inf where it is not reached; squared cells from the middle
        to that road, inf where the cell has none.
    needed
        Left, bottom, right and top, in cells, of what may lie within the limit along the segments
        of the blocks that touch the raster; inside out where nothing does.
    """
    cells = (height, width) if painted else (0, 0)
    time_s: FloatTable = np.full(cells, np.float32(inf))
    away: FloatTable = np.full(cells, np.float32(inf))
    needed = np.array([inf, inf, -inf, -inf])
    west, south, per_x, per_y, _ = frame
    left, right = west - 0.5 / per_x, west + (width - 0.5) / per_x
    bottom, top = south - 0.5 / per_y, south + (height - 0.5) / per_y
    node, node_place, start, box = nodes
    for b in range(len(box) if painted else 0):
        if box[b, 2] < left or box[b, 3] < bottom or box[b, 0] > right or box[b, 1] > top:
            continue
        for k in range(start[b], start[b + 1]):
            x, y = (node_place[k, 0] - west) * per_x, (node_place[k, 1] - south) * per_y
            if (
                x >= -0.5 and y >= -0.5 and x < width - 0.5 and y < height - 0.5
            ):  # as `_put`, which costs a third more here
                column, row = int(x + 0.5), int(y + 0.5)
                off = np.float32((x - column) * (x - column) + (y - row) * (y - row))
                time = node_s[node[k]]
                if off < away[row, column] or (
                    off == away[row, column] and time < time_s[row, column]
                ):
                    away[row, column], time_s[row, column] = off, time
    laid = (west, south, per_x, per_y)
    for j in range(len(starts[0])):
        _roads(
            starts[0][j],
            starts[0][j] + 1,
            height,
            width,
            False,
            laid,
            segments,
            node_s,
            starts,
            limit_s,
            leg,
            time_s,
            away,
            needed,
            painted,
        )
    start, box, size = blocks
    for b in range(len(box)):
        if size[b] * per_y <= 1:
            break  # what fits into a cell is painted by its ends
        if box[b, 2] >= left and box[b, 3] >= bottom and box[b, 0] <= right and box[b, 1] <= top:
            _roads(
                start[b],
                start[b + 1],
                height,
                width,
                box[b, 0] >= left and box[b, 1] >= bottom and box[b, 2] < right and box[b, 3] < top,
                laid,
                segments,
                node_s,
                starts,
                limit_s,
                leg,
                time_s,
                away,
                needed,
                painted,
            )
    return time_s, away, needed
