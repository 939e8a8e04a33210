"""Compiled part of :mod:`geo.roads.contraction`: nodes are contracted one by one, the least
important first.
"""

from __future__ import annotations

import numpy as np

from geo.roads.compiled import (
    Array,
    Bools,
    Floats,
    FloatTable,
    Ints,
    IntTable,
    Kind,
    Number,
    compiled,
)

SETTLED_AT_MOST = 60
"""Nodes that one search for a way around settles. A search cut short adds a shortcut that is not
needed, never a wrong one.
"""

SEEN, TIME, WANTED, NEED = range(4)
"""What a search notes at each node, side by side in memory: the search that saw it and the time it
took, the search that wants it and the time that is enough."""

Work = tuple[FloatTable, Floats, Floats, Floats, Ints]
"""Memory of the searches: what they note, last steps to the neighbours, number of the search, and a
heap."""


@compiled()
def push(key: Floats, item: Ints, size: int, new_key: float, new_item: int) -> int:
    """Add to a binary heap that is ordered by key, then by item; return its new size."""
    at = size
    while at > 0:
        parent = (at - 1) >> 1
        if key[parent] < new_key or (key[parent] == new_key and item[parent] <= new_item):
            break
        key[at], item[at] = key[parent], item[parent]
        at = parent
    key[at], item[at] = new_key, new_item
    return size + 1


@compiled()
def drop_first(key: Floats, item: Ints, size: int) -> int:
    """Take the first entry off the heap; return its new size."""
    size -= 1
    last_key, last_item = key[size], item[size]
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        right = child + 1
        if right < size and (
            key[right] < key[child] or (key[right] == key[child] and item[right] < item[child])
        ):
            child = right
        if last_key < key[child] or (last_key == key[child] and last_item <= item[child]):
            break
        key[at], item[at] = key[child], item[child]
        at = child
    key[at], item[at] = last_key, last_item
    return size


@compiled()
def neighbours(
    start: Ints, head: Ints, time: Floats, back_start: Ints, back_head: Ints, back_time: Floats
) -> tuple[Ints, Ints, Ints, int, Ints, Floats, Floats, Ints, Ints]:
    """Merge the arcs out of and into each node: one entry a neighbour, with room for shortcuts
    behind the entries.
    """
    n = len(start) - 1
    first: Ints = np.zeros(n, np.int64)
    count: Ints = np.zeros(n, np.int32)
    room: Ints = np.zeros(n, np.int32)
    size = 0
    for v in range(n):
        first[v] = size
        room[v] = (start[v + 1] - start[v]) + (back_start[v + 1] - back_start[v]) + 2
        size += room[v]
    space = size + size // 2 + 1024
    other = np.empty(space, np.int32)
    via_out, via_in = np.empty(space, np.int32), np.empty(space, np.int32)
    out, into = np.empty(space), np.empty(space)
    for v in range(n):
        i, j, at = start[v], back_start[v], first[v]
        while i < start[v + 1] or j < back_start[v + 1]:
            a = head[i] if i < start[v + 1] else n
            b = back_head[j] if j < back_start[v + 1] else n
            other[at], via_out[at], via_in[at] = min(a, b), -1, -1
            out[at], into[at] = np.inf, np.inf
            if a <= b:
                out[at] = time[i]
                i += 1
            if b <= a:
                into[at] = back_time[j]
                j += 1
            at += 1
        count[v] = at - first[v]
    return first, count, room, size, other, out, into, via_out, via_in


@compiled()
def shortcuts(
    v: int,
    first: Ints,
    count: Ints,
    other: Ints,
    out: Floats,
    into: Floats,
    work: Work,
    found: IntTable,
) -> tuple[int, int]:
    """Find the shortcuts that replace the ways through a node; return their number and how many of
    them are new arcs.

    A pair of neighbours needs none where a way around the node is as fast. ``found`` takes the
    entries, counted from the node's first, of the neighbour where a shortcut starts and of the one
    where it ends."""
    at, last_s, stamp, key, item = work
    begin, end = first[v], first[v] + count[v]
    for b in range(
        begin, end
    ):  # the last step of a way around to this neighbour takes at least so long
        last_s[b - begin] = np.inf
        if out[b] < np.inf:
            w = other[b]
            for i in range(first[w], first[w] + count[w]):
                if other[i] != v and into[i] < last_s[b - begin]:
                    last_s[b - begin] = into[i]
    number, fresh = 0, 0
    for a in range(begin, end):
        if into[a] == np.inf:
            continue
        stamp[0] += 1.0
        now = stamp[0]
        reach, wanted = -1.0, 0
        for b in range(begin, end):
            if b != a and out[b] < np.inf:
                w = other[b]
                at[w, WANTED], at[w, NEED] = now, into[a] + out[b]
                wanted += 1
                reach = max(reach, at[w, NEED] - last_s[b - begin])
        u = other[a]
        at[v, SEEN], at[v, TIME] = now, -1.0
        at[u, SEEN], at[u, TIME] = now, 0.0
        key[0], item[0] = 0.0, u
        size, settled = 1, 0
        while size and wanted and key[0] <= reach and settled < SETTLED_AT_MOST:
            now_s, x = key[0], item[0]
            size = drop_first(key, item, size)
            if now_s > at[x, TIME]:
                continue
            settled += 1
            for i in range(first[x], first[x] + count[x]):
                y, then_s = other[i], now_s + out[i]
                if at[y, SEEN] == now and at[y, TIME] <= then_s:
                    continue
                at[y, SEEN], at[y, TIME] = now, then_s
                if at[y, WANTED] == now and then_s <= at[y, NEED]:
                    at[y, WANTED] = 0
                    wanted -= 1
                if then_s <= reach and size < len(key):
                    size = push(key, item, size, then_s, y)
        for b in range(begin, end):
            w = other[b]
            if at[w, WANTED] != now or b == a:
                continue
            if number < len(found):
                found[number, 0], found[number, 1] = a - begin, b - begin
            number += 1
            fresh += 1
            if at[w, SEEN] == now:  # the pair may have an arc that is slower than the shortcut
                for i in range(first[u], first[u] + count[u]):
                    if other[i] == w:
                        fresh -= out[i] < np.inf
                        break
    return number, fresh


@compiled()
def grown(array: Array[Number, Kind], size: int) -> Array[Number, Kind]:
    """Copy an array into one with more space."""
    more = np.empty(size, array.dtype)
    more[: len(array)] = array
    return more


@compiled()
def entry(u: int, w: int, first: Ints, count: Ints, other: Ints) -> int:
    """Find the entry of a neighbour, -1 where there is none."""
    for i in range(first[u], first[u] + count[u]):
        if other[i] == w:
            return i
    return -1


@compiled()
def weight(level: int, neighbours: int, fresh_share: float) -> float:
    """Return how important a node is, from the levels below it, its neighbours, and the arcs it
    would add for each it takes away.

    The factor was found by trial: with 1, as usual, the last nodes of a network without motorways
    become neighbours of one another by the hundred, preparation takes four times as long, and
    tables twice."""
    return level + neighbours + 8.0 * fresh_share


@compiled()
def contract(
    start: Ints, head: Ints, time: Floats, back_start: Ints, back_head: Ints, back_time: Floats
) -> tuple[Ints, Ints, Ints, Floats, Floats, Ints, Ints]:
    """Contract all nodes; return the order, and for each node the arcs between it and the
    neighbours that outlived it.

    The importance of a node is found when it is next in line, and it goes back into the line if it
    is not the first any more. Until then it is guessed: dead ends and nodes on the way come first,
    and hardly anything is searched for them."""
    n = len(start) - 1
    first, count, room, size, other, out, into, via_out, via_in = neighbours(
        start, head, time, back_start, back_head, back_time
    )
    work = (
        np.zeros((n, 4)),
        np.empty(n),
        np.zeros(1),
        np.empty(1 << 14),
        np.empty(1 << 14, np.int32),
    )
    found: IntTable = np.empty((256, 2), np.int32)
    level: Ints = np.zeros(n, np.int32)
    gone: Bools = np.zeros(n, np.bool_)
    current: Floats = np.zeros(n)
    line_key: Floats = np.empty(2 * n + 64)
    line_item: Ints = np.empty(2 * n + 64, np.int32)
    waiting = 0
    for v in range(n):
        current[v] = weight(0, min(count[v], 2), 0.5 if count[v] > 1 else 0.0)
        waiting = push(line_key, line_item, waiting, current[v], v)

    order = np.empty(n, np.int32)
    kept_first = np.zeros(n + 1, np.int64)
    space = len(head) + len(head) // 2 + 1024
    kept_other: Ints = np.empty(space, np.int32)
    kept_via_out: Ints = np.empty(space, np.int32)
    kept_via_in: Ints = np.empty(space, np.int32)
    kept_out: Floats = np.empty(space)
    kept_into: Floats = np.empty(space)
    kept = 0
    rank = 0
    while waiting:
        v, importance = line_item[0], line_key[0]
        waiting = drop_first(line_key, line_item, waiting)
        if gone[v] or importance != current[v]:
            continue
        number, fresh = shortcuts(v, first, count, other, out, into, work, found)
        if number > len(found):
            found = np.empty((2 * number, 2), np.int32)
            number, fresh = shortcuts(v, first, count, other, out, into, work, found)
        arcs = 0
        for i in range(first[v], first[v] + count[v]):
            arcs += (out[i] < np.inf) + (into[i] < np.inf)
        importance = weight(level[v], count[v], fresh / max(arcs, 1))
        if waiting and importance > line_key[0]:
            current[v] = importance
            waiting = push(line_key, line_item, waiting, importance, v)
            continue

        for k in range(number):
            begin = first[v]
            a, b = begin + found[k, 0], begin + found[k, 1]
            through_s = into[a] + out[b]
            u, w = other[a], other[b]
            for side in range(2):
                here, there = (u, w) if side == 0 else (w, u)
                i = entry(here, there, first, count, other)
                if i < 0:
                    if count[here] == room[here]:
                        more = 2 * room[here]
                        if size + more > len(other):
                            longer = 2 * (size + more)
                            other, out, into = (
                                grown(other, longer),
                                grown(out, longer),
                                grown(into, longer),
                            )
                            via_out, via_in = grown(via_out, longer), grown(via_in, longer)
                        for j in range(count[here]):
                            p, q = first[here] + j, size + j
                            other[q], out[q], into[q], via_out[q], via_in[q] = (
                                other[p],
                                out[p],
                                into[p],
                                via_out[p],
                                via_in[p],
                            )
                        first[here], room[here] = size, more
                        size += more
                    i = first[here] + count[here]
                    count[here] += 1
                    other[i], out[i], into[i], via_out[i], via_in[i] = there, np.inf, np.inf, -1, -1
                if side == 0:
                    out[i], via_out[i] = through_s, v
                else:
                    into[i], via_in[i] = through_s, v

        gone[v] = True
        order[rank] = v
        if kept + count[v] > len(kept_other):
            longer = 2 * (kept + count[v])
            kept_other, kept_out, kept_into = (
                grown(kept_other, longer),
                grown(kept_out, longer),
                grown(kept_into, longer),
            )
            kept_via_out, kept_via_in = grown(kept_via_out, longer), grown(kept_via_in, longer)
        for i in range(first[v], first[v] + count[v]):
            kept_other[kept], kept_out[kept], kept_into[kept] = other[i], out[i], into[i]
            kept_via_out[kept], kept_via_in[kept] = via_out[i], via_in[i]
            kept += 1
            u = other[i]
            j = entry(u, v, first, count, other)
            last = first[u] + count[u] - 1
            other[j], out[j], into[j], via_out[j], via_in[j] = (
                other[last],
                out[last],
                into[last],
                via_out[last],
                via_in[last],
            )
            count[u] -= 1
            level[u] = max(level[u], level[v] + 1)
            if count[u] < 3:
                cheap = weight(level[u], count[u], 0.5 if count[u] == 2 else 0.0)
                if cheap < current[u]:
                    current[u] = cheap
                    if waiting == len(line_key):
                        line_key, line_item = (
                            grown(line_key, 2 * waiting),
                            grown(line_item, 2 * waiting),
                        )
                    waiting = push(line_key, line_item, waiting, cheap, u)
        rank += 1
        kept_first[rank] = kept
    return (
        order,
        kept_first,
        kept_other[:kept],
        kept_out[:kept],
        kept_into[:kept],
        kept_via_out[:kept],
        kept_via_in[:kept],
    )
