"""Compiled part of :mod:`geo.visits.feasibility`: which sets of stops a day has time for, whatever
they cost.

Of all ways to see a set of stops and be at its last one only the soonest counts, with lunch and
without: who is earlier can do all that others can. That is less than
:func:`geo.visits._exact.one_day` keeps, which looks for the cheapest, too."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.roads.compiled import BoolTable, Ints, IntTable, compiled
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


@compiled()
def _soonest(model: Model, day: int, here: int, there: int, leave: int, eats: bool) -> int:
    """Return when one arrives by the quickest way, with lunch on it or without, or FAR."""
    pair, best = here * model.nodes + there, FAR
    least = leave + model.lunch_s if eats else leave
    for way in range(model.way_start[pair], model.way_start[pair + 1]):
        if least + model.way[way, COST] >= best:
            break  # the next ones are dearer, and no quicker
        best = min(best, arrives(model, day, here, there, way, leave, eats))
    return best


@compiled()
def time_for(model: Model, day: int, begin: int, ends: Ints) -> NDArray[np.bool_]:
    """Return for every set of stops and each end whether a day has time for it, (sets, ends)."""
    n = model.stops
    sets = 1 << n
    left: IntTable = np.full((sets, n, 2), FAR)
    highest: Ints = np.full(sets, -1)
    possible = np.zeros((sets, len(ends)), np.bool_)
    until = model.day[day, 1]
    states = 2 if model.lunch_s else 1
    for e in range(len(ends)):
        possible[0, e] = empty_day(model, day, begin, ends[e]) < FAR
    for here in range(sets):
        for j in range(n):
            if here >> j & 1:
                highest[here] = max(highest[here], model.order[j])
        for state in range(2 * n if here else states):
            j, eaten = (state >> 1, state & 1) if here else (begin, state)
            if here and (not here >> j & 1 or left[here, j, eaten] >= FAR):
                continue
            leave = left[here, j, eaten] if here else sets_out(model, day, begin, eaten)
            for k in range(n):
                if here >> k & 1 or 0 <= model.order[k] < highest[here]:
                    continue
                for fed in range(eaten, states):  # who has eaten does not eat again
                    arrive = _soonest(model, day, j, k, leave, fed > eaten)
                    if arrive <= until:
                        left[here | 1 << k, k, fed] = min(
                            left[here | 1 << k, k, fed], leaves(model, day, k, arrive)
                        )
            if here:
                for e in range(len(ends)):
                    for fed in range(eaten, states):
                        arrive = _soonest(model, day, j, ends[e], leave, fed > eaten)
                        if arrive <= last_arrival(model, day, ends[e], fed):
                            possible[here, e] = True
    return possible


@compiled()
def joined(before: BoolTable, today: BoolTable, lowest: Ints, highest: Ints) -> NDArray[np.bool_]:
    """Return for every set of stops and each end of a day whether all of it can be seen by then.

    Parameters
    ----------
    before
        (sets, begins) the same of the days before, by where this day begins.
    today
        (begins, sets, ends) what this day has time for.
    lowest, highest
        (sets,) least and greatest order of a set; of a set without, such that it goes with all.
    """
    begins, sets, ends = today.shape
    total = np.zeros((sets, ends), np.bool_)
    for b in range(begins):
        for earlier in range(sets):
            if not before[earlier, b]:
                continue
            rest = sets - 1 ^ earlier
            now = rest
            while True:
                if highest[earlier] <= lowest[now]:
                    for e in range(ends):
                        total[earlier | now, e] |= today[b, now, e]
                if now == 0:
                    break
                now = now - 1 & rest
    return total
