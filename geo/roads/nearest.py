"""The quickest of many places from each of many points: one search from all places at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.roads import contraction, gate_overlay
from geo.roads.joining import Sides, on_one_segment
from geo.roads.network import Network
from geo.roads.routing import TIME_DECIMALS, times

CELLS_AT_ONCE = 4_000_000
"""Times between points and places that are held at once: 32 MB."""

Lists = tuple[NDArray[np.float64], NDArray[np.int64]]
"""Times and places of the two quickest, (n, 2); see :mod:`geo.roads._nearest`."""


def quickest(
    network: Network, profile: str, from_: Sides, to: Sides
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return for each row the seconds to the quickest place, inf without a way, and the row of that
    place; of equal ones the first.

    These are the least of :func:`geo.roads.routing.times`, and the first place that has it.

    Parameters
    ----------
    from_
        Points of which none has two entries, unless the network is not prepared.
    """
    time_s, number = np.full(from_.rows, np.inf), np.zeros(from_.rows, np.int64)
    if not to.rows:
        return time_s, number
    if profile not in network.hierarchies or not from_.is_single:
        return _of_table(network, profile, from_, to)
    starts = from_.joined
    countries = [None] if to.is_single else list(dict.fromkeys(from_.country[starts]))
    for country in countries:
        here = starts
        if not to.is_single:
            here = starts[[each == country for each in from_.country[starts]]]
        goals = to.joined[to.faces(country)[to.joined]]
        best_s, which = _lists(network, profile, from_, here, to, goals)
        best_s = best_s.round(TIME_DECIMALS)
        time_s[here], number[here] = best_s[:, 0], np.maximum(which[:, 0], 0)
        unsure = here[np.isfinite(best_s[:, 0]) & (best_s[:, 0] == best_s[:, 1])]
        at_once = max(1, CELLS_AT_ONCE // to.rows)
        for some in np.split(unsure, range(at_once, len(unsure), at_once)):
            time_s[some], number[some] = _of_table(network, profile, from_.some(some), to)
    return time_s, number


def _of_table(
    network: Network, profile: str, from_: Sides, to: Sides
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the same from all times."""
    table = times(network, profile, from_, to)
    return table.min(axis=1, initial=np.inf), table.argmin(axis=1)


def _lists(
    network: Network,
    profile: str,
    from_: Sides,
    starts: NDArray[np.int64],
    to: Sides,
    goals: NDArray[np.int64],
) -> Lists:
    """Return the two quickest places from each of some entries to some others. Places at the same
    point of a road count as one, the first.
    """
    from geo.roads import _nearest as compiled

    hierarchy, gates = network.hierarchies[profile], gate_overlay.of(network, profile)
    come, end_s, row = to.come[goals], to.arriving_s(goals), _first_there(to, goals)
    at, then_s, label = come.ravel(), end_s.ravel(), np.repeat(row, come.shape[1])
    if len(gates.node) and len(goals):
        inside_s = contraction.many_to_many(hierarchy, gates.node, come, end_s=end_s)
        over_s, _ = gate_overlay.join(gates.total_s, inside_s)
        for best_s, which in _two_of_each(over_s, row):
            at, then_s = np.append(at, gates.node), np.append(then_s, best_s)
            label = np.append(label, which)
    lists = _empty(hierarchy.node_count)
    compiled.put_all(hierarchy.position[at].astype(np.int64), then_s, label, *lists)
    compiled.search(*hierarchy.up, *hierarchy.down, *lists)
    answer = _empty(len(starts))
    position = hierarchy.position[from_.leave[starts]].astype(np.int64)
    compiled.leave(position, from_.leaving_s(starts), *lists, *answer)
    i, j, along_s, _ = on_one_segment(network, profile, from_, starts, to, goals)
    compiled.put_all(i, along_s, row[j], *answer)
    return answer


def _empty(rows: int) -> Lists:
    """Return lists without places."""
    return np.full((rows, 2), np.inf), np.full((rows, 2), -1)


def _first_there(to: Sides, goals: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each of some entries the first row that is joined to the roads just as it is."""
    there = np.column_stack([to.snap.segment[goals], to.snap.fraction[goals], to.leg_s[goals]])
    _, group = np.unique(there, axis=0, return_inverse=True)
    first = np.full(len(goals), to.rows)
    np.minimum.at(first, group.ravel(), to.of_row[goals])
    return first[group.ravel()]


def _two_of_each(
    time_s: NDArray[np.float64], label: NDArray[np.int64]
) -> list[tuple[NDArray[np.float64], NDArray[np.int64]]]:
    """Return of each row the least time and its label, and the least with another label."""
    each = np.arange(len(time_s))
    first = time_s.argmin(axis=1)
    others = np.where(label == label[first, None], np.inf, time_s)
    second = others.argmin(axis=1)
    return [(time_s[each, first], label[first]), (others[each, second], label[second])]


def warm_up() -> None:
    """Compile what is here, or load what was compiled before."""
    from scipy.sparse import csr_matrix

    from geo.roads import _nearest as compiled

    tiny = contraction.build(csr_matrix(np.array([[0.0, 1.0], [1.0, 0.0]])))
    lists, at, start = _empty(2), np.zeros(1, np.int64), np.zeros(1)
    compiled.put_all(at, start, at, *lists)
    compiled.search(*tiny.up, *tiny.down, *lists)
    compiled.leave(at[:, None], start[:, None], *lists, *_empty(1))
