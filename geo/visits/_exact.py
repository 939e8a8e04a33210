"""Compiled part of :mod:`geo.visits.planner` for trips that are small enough to be planned with
proof.

The best way to spend a day on each set of stops is found by dynamic programming over sets, with
every pair of time and cost that no other one beats; then days are joined over sets that have no
stop in common. A set is a whole number, bit i for stop i. Source: Held and Karp (1962), A dynamic
programming approach to sequencing problems, J. SIAM 10(1), 196-210, for the idea; remembered."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.roads.compiled import Array, Ints, IntTable, Kind, Number, compiled
from geo.visits._day_rules import (
    COST,
    FAR,
    Model,
    arrives,
    empty_day,
    last_arrival,
    leaves,
    sets_out,
)

TIE = 1 << 30
"""Worth of a second on the road in seconds of arriving earlier: as much as no trip is long."""

Labels = tuple[NDArray[np.int64], NDArray[np.int32], Ints, Ints, bool]
"""What :func:`one_day` returns."""


@compiled()
def _insert(time: Ints, cost: Ints, after: Ints, head: Ints, state: int, new: int) -> bool:
    """Put a label into the list of a state, later and cheaper ones last, and throw out what it
    beats; return whether it was worth it.
    """
    previous, here = -1, head[state]
    while here >= 0 and time[here] <= time[new]:
        if cost[here] <= cost[new]:
            return False
        previous, here = here, after[here]
    while here >= 0 and cost[here] >= cost[new]:
        here = after[here]
    after[new] = here
    if previous < 0:
        head[state] = new
    else:
        after[previous] = new
    return True


@compiled()
def _longer(array: Array[Number, Kind]) -> Array[Number, Kind]:
    """Return an array twice as long."""
    longer = np.empty(2 * len(array), array.dtype)
    longer[: len(array)] = array
    return longer


@compiled()
def one_day(model: Model, day: int, begin: int, ends: Ints, wanted: int, most: int) -> Labels:
    """Return the best way to spend a day on every set of stops.

    Parameters
    ----------
    wanted
        Only subsets of this set.
    most
        Labels at most, some 28 bytes each.

    Returns
    -------
    best
        (sets, ends): on-road seconds times TIE plus seconds from the first moment of the day to the
        arrival; FAR where impossible.
    last
        (sets, ends) the label that ends so, -1 for none.
    parent, stop
        Of each label: the label before, -1 for none, and the stop.
    whole
        Whether the labels sufficed.
    """
    n = model.stops
    sets = 1 << n
    best = np.full((sets, len(ends)), FAR)
    last = np.full((sets, len(ends)), -1, np.int32)
    head: Ints = np.full(sets * n * 2, -1, np.int32)
    size = 1 << 14
    time: Ints = np.empty(size, np.int64)
    cost: Ints = np.empty(size, np.int64)
    after: Ints = np.empty(size, np.int32)
    parent: Ints = np.empty(size, np.int32)
    stop: Ints = np.empty(size, np.int8)
    count = 0
    step = 0
    for pair in range(model.nodes * model.nodes):
        step = max(step, model.way_start[pair + 1] - model.way_start[pair])
    step = 2 * n * (step + 1)
    first, until = model.day[day]
    states = 2 if model.lunch_s else 1
    for e in range(len(ends)):
        on_road = empty_day(model, day, begin, ends[e])
        if on_road < FAR:
            best[0, e] = on_road * TIE
    for here in range(sets):
        if here & ~wanted:
            continue
        highest = -1
        for j in range(n):
            if here >> j & 1:
                highest = max(highest, model.order[j])
        for state in range(2 * n if here else states):
            j, eaten = (state >> 1, state & 1) if here else (begin, state)
            label = head[(here * n + j) * 2 + eaten] if here else -1
            while label >= 0 or not here:
                left, so_far = (
                    (time[label], cost[label]) if here else (sets_out(model, day, begin, eaten), 0)
                )
                while count + step > size:
                    if size >= most:
                        return best, last, parent, stop, False
                    time, cost, after = _longer(time), _longer(cost), _longer(after)
                    parent, stop = _longer(parent), _longer(stop)
                    size *= 2
                for k in range(n):
                    if not wanted >> k & 1 or here >> k & 1 or 0 <= model.order[k] < highest:
                        continue
                    pair = j * model.nodes + k
                    for fed in range(eaten, states):  # who has eaten does not eat again
                        soonest = until + 1
                        goal = ((here | 1 << k) * n + k) * 2 + fed
                        for way in range(model.way_start[pair], model.way_start[pair + 1]):
                            if left + model.way[way, COST] >= soonest:
                                break  # the next ones are dearer, and no quicker
                            arrive = arrives(model, day, j, k, way, left, fed > eaten)
                            if arrive >= soonest:
                                continue
                            soonest = arrive
                            leave = leaves(model, day, k, arrive)
                            if leave < FAR:
                                time[count], cost[count] = leave, so_far + model.way[way, COST]
                                parent[count], stop[count] = label, k
                                if _insert(time, cost, after, head, goal, count):
                                    count += 1
                if not here:
                    break
                for e in range(len(ends)):
                    pair = j * model.nodes + ends[e]
                    for fed in range(eaten, states):
                        latest = last_arrival(model, day, ends[e], fed)
                        for way in range(model.way_start[pair], model.way_start[pair + 1]):
                            arrive = arrives(model, day, j, ends[e], way, left, fed > eaten)
                            if arrive > latest:
                                continue
                            value = (so_far + model.way[way, COST]) * TIE + arrive - first
                            if value < best[here, e]:
                                best[here, e], last[here, e] = value, label
                label = after[label]
    return best, last, parent, stop, True


@compiled()
def days_joined(before: IntTable, best: IntTable, lowest: Ints, highest: Ints) -> NDArray[np.int64]:
    """Add a day: the least sum for every set of stops seen by then, and each end of the day.

    Parameters
    ----------
    before
        (sets, begins) the same of the days before, by where this day begins.
    best
        (begins, sets, ends) of :func:`one_day`.
    lowest, highest
        (sets,) least and greatest order of a set; of a set without, such that it goes with all.
    """
    begins, sets, ends = best.shape
    total = np.full((sets, ends), FAR)
    for b in range(begins):
        for today in range(sets):
            possible = False
            for e in range(ends):
                possible |= best[b, today, e] < FAR
            if not possible:
                continue
            rest = sets - 1 ^ today
            earlier = rest
            while True:
                if before[earlier, b] < FAR and highest[earlier] <= lowest[today]:
                    for e in range(ends):
                        if best[b, today, e] < FAR:
                            value = before[earlier, b] + best[b, today, e]
                            if value < total[earlier | today, e]:
                                total[earlier | today, e] = value
                if earlier == 0:
                    break
                earlier = earlier - 1 & rest
    return total
