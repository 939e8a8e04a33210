"""Where a vehicle comes from everywhere and goes on to everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.roads.snapping import plain
from geo.roads.turns import Turns

Labels = NDArray[np.integer[Any]]


def components(start: NDArray[np.int64], head: NDArray[np.integer[Any]]) -> NDArray[np.int32]:
    """Number the strongly connected component of each vertex, (v,).

    Parameters
    ----------
    start, head
        Arcs that leave vertex v lead to ``head[start[v]:start[v + 1]]``.
    """
    from geo.roads import _strong as compiled

    label: NDArray[np.int32] = compiled.components(plain(start, "i8"), plain(head, "i4"))
    return label


def main(turns: Turns, label: Labels, country: Labels, countries: int) -> NDArray[np.bool_]:
    """Return for each vertex whether it is in the largest strongly connected component of the
    network or of one of its countries.

    Parameters
    ----------
    label
        The component of each vertex.
    country, countries
        The country of each segment, and how many there are.
    """
    parts = [label]
    for number in range(countries):
        mine, there = country == number, np.zeros(turns.node_count, bool)
        there[turns.tail[mine]] = there[turns.head[mine]] = True
        parts.append(label[there[turns.nodes]])
    return np.isin(label, [np.bincount(part).argmax() for part in parts if len(part)])


def come_and_go(
    turns: Turns,
    main: NDArray[np.bool_],
    label: Labels,
    driven: tuple[NDArray[np.bool_], NDArray[np.bool_]],
) -> NDArray[np.bool_]:
    """Return for each segment whether one comes to it from the main part of the roads, and from it
    back to the same part, (m,).

    Parameters
    ----------
    main
        As :func:`main` returns it.
    label
        The strongly connected component of each vertex on roads inside one country: a lane that
        leads to a gate alone does not count.
    driven
        Whether each segment may be driven forward, and backward.
    """
    at_node = turns.any_vertex(main)
    same = at_node[turns.tail] & at_node[turns.head] & (driven[0] | driven[1])
    same &= label[turns.tail] == label[turns.head]
    beside = (
        turns.copied[turns.tail] | turns.copied[turns.head]
    )  # where the nodes themselves do not tell
    ahead, back = (np.flatnonzero(beside & way) for way in driven)
    leave = np.concatenate([2 * ahead, 2 * back + 1])
    which, copy, beyond = turns.departures(leave)
    segment = np.concatenate([leave, leave[which]]) // 2
    come = np.concatenate([turns.node(leave), copy])
    go = np.concatenate([turns.arrival(leave ^ 1), beyond])
    width = int(label.max(initial=0)) + 1
    comes, goes = ((segment * width + label[vertex])[main[vertex]] for vertex in (come, go))
    same[beside] = False
    same[np.intersect1d(comes, goes) // width] = True
    return same
