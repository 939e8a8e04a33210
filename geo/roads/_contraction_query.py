"""Compiled part of :mod:`geo.roads.contraction`: sweeps up and down the ranks, for many sources at
once.

A *side* is one direction of the graph: ``start``, ``head`` and ``time_s`` of the arcs from each
position to higher ones, which have lower numbers. A *cone* is what can be reached upward from given
positions: ``at``, the positions in ascending order, and the arcs among them, by row of the cone
instead of by position."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.roads.compiled import Bools, Floats, FloatTable, Ints, IntTable, Words, compiled

WIDTH = 32
"""Sources swept at once when only a part of the graph is: a row of times fills four cache lines."""
WIDTH_ALL = 16
"""Sources swept at once over the whole graph."""


@compiled()
def bit_count(word: np.uint64) -> int:
    """Count the bits of a word. Source: Warren, Hacker's Delight, section 5-1."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    pairs = np.uint64(0x3333333333333333)
    word = (word & pairs) + ((word >> np.uint64(2)) & pairs)
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return int(np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56)))


@compiled()
def highest(word: np.uint64) -> int:
    """Return the place of the highest bit of a word that has one: fill what is below it, and
    count.
    """
    for shift in (1, 2, 4, 8, 16, 32):
        word |= word >> np.uint64(shift)
    return bit_count(word) - 1


@compiled()
def cone(start: Ints, head: Ints, time: Floats, positions: Ints) -> tuple[Ints, Ints, Ints, Floats]:
    """Return what can be reached upward from some positions; without a queue, because all arcs lead
    to lower numbers.
    """
    n = len(start) - 1
    words = n // 64 + 1
    marked: Words = np.zeros(words, np.uint64)
    for p in positions:
        marked[p >> 6] |= np.uint64(1) << np.uint64(p & 63)
    nodes, arcs = 0, 0
    for k in range(words - 1, -1, -1):
        word = marked[k]
        while word:
            bit = highest(word)
            p = k * 64 + bit
            nodes += 1
            arcs += start[p + 1] - start[p]
            for i in range(start[p], start[p + 1]):
                h = head[i]
                marked[h >> 6] |= np.uint64(1) << np.uint64(h & 63)
            word = marked[k] & ((np.uint64(1) << np.uint64(bit)) - np.uint64(1))
    before: Ints = np.empty(words, np.int32)
    total = 0
    for k in range(words):
        before[k] = total
        if marked[k]:
            total += bit_count(marked[k])
    at, row_start = np.empty(nodes, np.int32), np.empty(nodes + 1, np.int32)
    row_head, row_time = np.empty(arcs, np.int32), np.empty(arcs)
    row, arc = 0, 0
    for k in range(words):
        word = marked[k]
        while word:
            lowest = word & (~word + np.uint64(1))
            p = k * 64 + bit_count(lowest - np.uint64(1))
            word ^= lowest
            at[row], row_start[row] = p, arc
            for i in range(start[p], start[p + 1]):
                h = head[i]
                below = marked[h >> 6] & ((np.uint64(1) << np.uint64(h & 63)) - np.uint64(1))
                row_head[arc] = before[h >> 6] + bit_count(below)
                row_time[arc] = time[i]
                arc += 1
            row += 1
    row_start[nodes] = arc
    return at, row_start, row_head, row_time


@compiled()
def rise(start: Ints, head: Ints, time: Floats, best: FloatTable, touched: Bools) -> None:
    """Carry times upward within a cone, lowest row first."""
    for row in range(len(start) - 2, -1, -1):
        if not touched[row]:
            continue
        for i in range(start[row], start[row + 1]):
            h, step = head[i], time[i]
            touched[h] = True
            for j in range(WIDTH):
                via = best[row, j] + step
                best[h, j] = via if via < best[h, j] else best[h, j]


@compiled()
def fall(start: Ints, head: Ints, time: Floats, best: FloatTable) -> None:
    """Carry times downward within a cone, highest row first: each row takes from the ones above
    it.
    """
    for row in range(len(start) - 1):
        for i in range(start[row], start[row + 1]):
            h, step = head[i], time[i]
            for j in range(WIDTH):
                via = best[h, j] + step
                best[row, j] = via if via < best[row, j] else best[row, j]


@compiled()
def fall_all(
    start: Ints,
    head: Ints,
    time: Floats,
    at: Ints,
    top: FloatTable,
    best: FloatTable,
    node: Ints,
    answer: FloatTable,
    first: int,
    last: int,
) -> None:
    """As :func:`fall`, over the whole graph, from the times ``top`` of the positions ``at``; write
    columns of the answer on the way.
    """
    nearest = 0
    for row in range(len(start) - 1):
        if nearest < len(at) and at[nearest] == row:
            best[row] = top[nearest, :WIDTH_ALL]
            nearest += 1
        else:
            best[row] = np.inf
        for i in range(start[row], start[row + 1]):
            h, step = head[i], time[i]
            for j in range(WIDTH_ALL):
                via = best[h, j] + step
                best[row, j] = via if via < best[row, j] else best[row, j]
        v = node[row]
        for j in range(first, last):
            answer[v, j] = best[row, j - first]


@compiled()
def fall_one(start: Ints, head: Ints, time: Floats, best: Floats) -> None:
    """As :func:`fall_all`, for one source."""
    for row in range(len(start) - 1):
        least = best[row]
        for i in range(start[row], start[row + 1]):
            least = min(least, best[head[i]] + time[i])
        best[row] = least


@compiled()
def rise_one(start: Ints, head: Ints, time: Floats, best: Floats, via: Ints) -> None:
    """As :func:`rise`, for one source; ``via`` takes the row each row was reached from."""
    for row in range(len(start) - 2, -1, -1):
        if best[row] < np.inf:
            for i in range(start[row], start[row + 1]):
                then = best[row] + time[i]
                if then < best[head[i]]:
                    best[head[i]], via[head[i]] = then, row


@compiled()
def begin(
    at: Ints, position: IntTable, offset: FloatTable, best: FloatTable, touched: Bools
) -> None:
    """Set where the sources start: source j at each of its positions, after the time given
    for it.
    """
    for j in range(len(position)):
        for k in range(position.shape[1]):
            if position[j, k] >= 0:
                row = np.searchsorted(at, position[j, k])
                touched[row] = True
                best[row, j] = min(best[row, j], offset[j, k])


@compiled()
def table(
    out_start: Ints,
    out_head: Ints,
    out_time: Floats,
    in_start: Ints,
    in_head: Ints,
    in_time: Floats,
    source: IntTable,
    source_s: FloatTable,
    target: IntTable,
    target_s: FloatTable,
) -> NDArray[np.float64]:
    """Return the times between all sources (k, s) and targets (m, t), by position, -1 for none."""
    k, m = len(source), len(target)
    up_at, up_start, up_head, up_time = cone(
        out_start, out_head, out_time, source.ravel()[source.ravel() >= 0]
    )
    at, down_start, down_head, down_time = cone(
        in_start, in_head, in_time, target.ravel()[target.ravel() >= 0]
    )
    shared: Ints = np.searchsorted(up_at, at)
    target_row: IntTable = np.searchsorted(at, target)
    answer = np.empty((k, m))
    if k == 1:
        least: Floats = np.full(len(up_at), np.inf)
        via: Ints = np.full(len(up_at), -1, np.int32)
        begin_one(up_at, source[0], source_s[0], least)
        rise_one(up_start, up_head, up_time, least, via)
        line: Floats = np.full(len(at), np.inf)
        for row in range(len(at)):
            if shared[row] < len(up_at) and up_at[shared[row]] == at[row]:
                line[row] = least[shared[row]]
        fall_one(down_start, down_head, down_time, line)
        for t in range(m):
            answer[0, t] = np.inf
            for e in range(target.shape[1]):
                if target[t, e] >= 0:
                    answer[0, t] = min(answer[0, t], line[target_row[t, e]] + target_s[t, e])
        return answer
    up: FloatTable = np.empty((len(up_at), WIDTH))
    down: FloatTable = np.empty((len(at), WIDTH))
    touched = np.empty(len(up_at), np.bool_)
    for first in range(0, k, WIDTH):
        last = min(first + WIDTH, k)
        up[:] = np.inf
        touched[:] = False
        begin(up_at, source[first:last], source_s[first:last], up, touched)
        rise(up_start, up_head, up_time, up, touched)
        for row in range(len(at)):
            above = shared[row]
            if above < len(up_at) and up_at[above] == at[row]:
                down[row] = up[above]
            else:
                down[row] = np.inf
        fall(down_start, down_head, down_time, down)
        for t in range(m):
            for j in range(first, last):
                answer[j, t] = np.inf
            for e in range(target.shape[1]):
                if target[t, e] >= 0:
                    for j in range(first, last):
                        answer[j, t] = min(
                            answer[j, t], down[target_row[t, e], j - first] + target_s[t, e]
                        )
    return answer


@compiled()
def surfaces(
    out_start: Ints,
    out_head: Ints,
    out_time: Floats,
    in_start: Ints,
    in_head: Ints,
    in_time: Floats,
    source: IntTable,
    source_s: FloatTable,
    node: Ints,
    answer: FloatTable,
) -> None:
    """Write the times from all sources (k, s) to all nodes into ``answer``, (n, k)."""
    k, n = len(source), len(node)
    if k == 1:
        at, start, head, time = cone(out_start, out_head, out_time, source[0][source[0] >= 0])
        least, via = np.full(len(at), np.inf), np.full(len(at), -1, np.int32)
        begin_one(at, source[0], source_s[0], least)
        rise_one(start, head, time, least, via)
        line: Floats = np.full(n, np.inf)
        line[at] = least
        fall_one(in_start, in_head, in_time, line)
        for p in range(n):
            answer[node[p], 0] = line[p]
        return
    best = np.empty((n, WIDTH_ALL))
    for first in range(0, k, WIDTH_ALL):
        last = min(first + WIDTH_ALL, k)
        part = source[first:last]
        at, start, head, time = cone(out_start, out_head, out_time, part.ravel()[part.ravel() >= 0])
        top, touched = np.full((len(at), WIDTH), np.inf), np.zeros(len(at), np.bool_)
        begin(at, part, source_s[first:last], top, touched)
        rise(start, head, time, top, touched)
        fall_all(in_start, in_head, in_time, at, top, best, node, answer, first, last)


@compiled()
def begin_one(at: Ints, position: Ints, offset: Floats, best: Floats) -> None:
    """As :func:`begin`, for one source."""
    for k in range(len(position)):
        if position[k] >= 0:
            row = np.searchsorted(at, position[k])
            best[row] = min(best[row], offset[k])


@compiled()
def arc(start: Ints, head: Ints, low: int, high: int) -> int:
    """Find the arc between a position and a higher one, -1 where there is none; heads ascend."""
    i = start[low] + int(np.searchsorted(head[start[low] : start[low + 1]], high))
    return i if i < start[low + 1] and head[i] == high else -1


@compiled()
def way(
    out_start: Ints,
    out_head: Ints,
    out_time: Floats,
    out_middle: Ints,
    in_start: Ints,
    in_head: Ints,
    in_time: Floats,
    in_middle: Ints,
    source: IntTable,
    source_s: FloatTable,
    target: IntTable,
    target_s: FloatTable,
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return positions and segments of a fastest way between the best of the starts and the best of
    the ends, each (1, s).
    """
    up_at, up_start, up_head, up_time = cone(
        out_start, out_head, out_time, source[0][source[0] >= 0]
    )
    at, down_start, down_head, down_time = cone(
        in_start, in_head, in_time, target[0][target[0] >= 0]
    )
    up: Floats = np.full(len(up_at), np.inf)
    up_via: Ints = np.full(len(up_at), -1, np.int32)
    begin_one(up_at, source[0], source_s[0], up)
    rise_one(up_start, up_head, up_time, up, up_via)
    down: Floats = np.full(len(at), np.inf)
    down_via: Ints = np.full(len(at), -1, np.int32)
    begin_one(at, target[0], target_s[0], down)
    rise_one(down_start, down_head, down_time, down, down_via)
    least, meet_up, meet_down = np.inf, -1, -1
    i, j = 0, 0
    while i < len(up_at) and j < len(at):
        if up_at[i] == at[j]:
            if up[i] + down[j] < least:
                least, meet_up, meet_down = up[i] + down[j], i, j
            i += 1
            j += 1
        elif up_at[i] < at[j]:
            i += 1
        else:
            j += 1
    if meet_up < 0:
        return np.empty(0, np.int32), np.empty(0, np.int32)
    chain = [up_at[meet_up]]
    while up_via[meet_up] >= 0:
        meet_up = up_via[meet_up]
        chain.append(up_at[meet_up])
    chain = chain[::-1]
    while down_via[meet_down] >= 0:
        meet_down = down_via[meet_down]
        chain.append(at[meet_down])
    answer, segment = [chain[0]], [np.int32(0) for _ in range(0)]
    for k in range(len(chain) - 1):
        waiting = [(chain[k], chain[k + 1])]
        while waiting:
            a, b = waiting.pop()
            middle = (
                out_middle[arc(out_start, out_head, a, b)]
                if a > b
                else in_middle[arc(in_start, in_head, b, a)]
            )
            if middle < 0:
                answer.append(b)
                segment.append(np.int32(-1 - middle))
            else:
                waiting.append((middle, b))
                waiting.append((a, middle))
    return np.array(answer), np.array(segment)
