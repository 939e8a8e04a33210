"""Compiled days of a search, see :mod:`geo.visits._tour_search`: what they cost, and whether and at
what cost one more stop fits in.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geo.roads.compiled import Ints, IntTable, compiled
from geo.visits._day_rules import (
    COST,
    FAR,
    Model,
    arrival,
    arrival_fed,
    arrives,
    departure,
    departure_fed,
    empty_day,
    last_arrival,
    leaves,
    must_arrive,
    sets_out,
)

BROKEN = 1 << 53
"""Seconds that stand for a day which cannot be: more than all stops left out of a trip stand for.
"""
KEPT = 4
"""Pairs of time and cost that are kept at a stop."""
Node = tuple[int, int]
"""Day of a node, and its number on that day."""


class Frame(NamedTuple):
    """What the search has to know beside the model.

    Attributes
    ----------
    fixed
        (D,) node where a day begins, -1 for where the day before ended.
    end_start, end
        A day d may end at the nodes ``end[end_start[d] : end_start[d + 1]]``.
    loss
        (n,) seconds that stand for a stop left out.
    near
        (n, n) the other stops by nearness, itself first.
    plain
        Whether there is but one way between any two nodes.
    """

    fixed: Ints
    end_start: Ints
    end: Ints
    loss: Ints
    near: IntTable
    plain: bool


class Tours(NamedTuple):
    """Days as they are now.

    Attributes
    ----------
    size, route, day_of, town
        (D,) stops of a day; (D, n) which; (n,) on which day a stop is, -1 for none; (D,) node where
        a day ends.
    pairs, time, cost
        (D + 1, n + 2, 2), and with one axis more: number of pairs, time and cost on leaving the
        p-th node of a day, without or with lunch eaten. The last day is to try things.
    late
        (D, n + 2, 2) how late one may arrive at the p-th node.
    spent, least
        (D,) seconds on the road, BROKEN where a day cannot be; their least, if gates were always
        open.
    """

    size: Ints
    route: IntTable
    day_of: Ints
    town: Ints
    pairs: IntTable
    time: IntTable
    cost: IntTable
    late: IntTable
    spent: Ints
    least: Ints


def empty(model: Model, towns: list[int]) -> Tours:
    """Make days without stops that end in these nodes; to be refreshed."""
    n, days = model.stops, len(model.day)
    pairs = (days + 1, n + 2, 2, KEPT)
    return Tours(
        size=np.zeros(days, np.int64),
        route=np.full((days, n), -1, np.int64),
        day_of=np.full(n, -1, np.int64),
        town=np.array(towns, np.int64),
        pairs=np.zeros(pairs[:3], np.int64),
        time=np.zeros(pairs, np.int64),
        cost=np.zeros(pairs, np.int64),
        late=np.zeros((days, n + 2, 2), np.int64),
        spent=np.zeros(days, np.int64),
        least=np.zeros(days, np.int64),
    )


# One day ------------------------------------------------------------------------------------------


@compiled()
def begin_of(frame: Frame, tours: Tours, day: int) -> int:
    return frame.fixed[day] if frame.fixed[day] >= 0 else tours.town[day - 1]


@compiled()
def _keep(
    counts: IntTable,
    times: IntTable,
    costs: IntTable,
    day: int,
    p: int,
    eaten: int,
    time: int,
    cost: int,
) -> None:
    """Add a pair to those of a stop, earliest first; of too many the earliest and the cheapest
    stay.
    """
    size = counts[day, p, eaten]
    at = 0
    while at < size and times[day, p, eaten, at] <= time:
        if costs[day, p, eaten, at] <= cost:
            return
        at += 1
    kept = at
    for k in range(at, size):
        if costs[day, p, eaten, k] < cost:
            kept = k
            break
        kept = k + 1
    beaten = kept - at
    if beaten == 0 and size == KEPT:
        if 0 < at < size:
            return
        size -= 1
        at = min(at, size)
    if beaten:
        for k in range(kept, size):
            times[day, p, eaten, k - beaten + 1], costs[day, p, eaten, k - beaten + 1] = (
                times[day, p, eaten, k],
                costs[day, p, eaten, k],
            )
    else:
        for k in range(size, at, -1):
            times[day, p, eaten, k], costs[day, p, eaten, k] = (
                times[day, p, eaten, k - 1],
                costs[day, p, eaten, k - 1],
            )
    times[day, p, eaten, at], costs[day, p, eaten, at] = time, cost
    counts[day, p, eaten] = size - beaten + 1


@compiled()
def _onward(
    model: Model,
    tours: Tours,
    day: int,
    node: int,
    stop: int,
    source: Node,
    goal: Node,
) -> None:
    """Go from all pairs at a node on to a stop; `source` and `goal` are where the pairs are
    kept.
    """
    counts, times, costs = tours.pairs, tours.time, tours.cost
    (a, p), (b, q) = source, goal
    counts[b, q, 0] = counts[b, q, 1] = 0
    pair = node * model.nodes + stop
    until = model.day[day, 1]
    states = 2 if model.lunch_s else 1
    for eaten in range(states):
        for at in range(counts[a, p, eaten]):
            left, cost = times[a, p, eaten, at], costs[a, p, eaten, at]
            for fed in range(eaten, states):
                soonest = until + 1
                for way in range(model.way_start[pair], model.way_start[pair + 1]):
                    if left + model.way[way, COST] >= soonest:
                        break
                    arrive = arrives(model, day, node, stop, way, left, fed > eaten)
                    if arrive >= soonest:
                        continue
                    soonest = arrive
                    leave = leaves(model, day, stop, arrive)
                    if leave < FAR:
                        _keep(counts, times, costs, b, q, fed, leave, cost + model.way[way, COST])


@compiled()
def _home(model: Model, tours: Tours, day: int, node: int, end: int, source: Node) -> int:
    """Return the least cost of a day that goes from some pairs at a node to its end, FAR where none
    is in time.
    """
    a, p = source
    pair = node * model.nodes + end
    best = FAR
    states = 2 if model.lunch_s else 1
    for eaten in range(states):
        for at in range(tours.pairs[a, p, eaten]):
            left, cost = tours.time[a, p, eaten, at], tours.cost[a, p, eaten, at]
            for fed in range(eaten, states):
                latest = last_arrival(model, day, end, fed)
                for way in range(model.way_start[pair], model.way_start[pair + 1]):
                    if cost + model.way[way, COST] >= best:
                        break
                    arrive = arrives(model, day, node, end, way, left, fed > eaten)
                    if arrive <= latest:
                        best = cost + model.way[way, COST]
    return best


@compiled()
def refresh(model: Model, frame: Frame, tours: Tours, day: int, new: int) -> None:
    """Work out anew what is kept of a day: all of it (-1), or what changes when a stop has been put
    in after the `new`-th node.
    """
    begin, end, size = begin_of(frame, tours, day), tours.town[day], tours.size[day]
    route = tours.route[day]
    late, states = tours.late, 2 if model.lunch_s else 1
    for eaten in range(states):
        tours.pairs[day, 0, eaten] = 1
        tours.time[day, 0, eaten, 0], tours.cost[day, 0, eaten, 0] = (
            sets_out(model, day, begin, eaten),
            0,
        )
    node, least = begin, 0
    for p in range(size):
        if p >= new:
            _onward(model, tours, day, node, route[p], (day, p), (day, p + 1))
        least = min(FAR, least + model.least_s[node, route[p]])
        node = route[p]
    if size == 0:
        spent = empty_day(model, day, begin, end)
        tours.least[day] = 0
    else:
        spent = _home(model, tours, day, node, end, (day, size))
        tours.least[day] = min(FAR, least + model.least_s[node, end])
    tours.spent[day] = min(spent, BROKEN)
    if new < 0:
        new = size - 1
        for eaten in range(2):
            late[day, size + 1, eaten] = last_arrival(model, day, end, eaten)
    else:
        for p in range(size + 1, new + 1, -1):
            late[day, p, 0], late[day, p, 1] = late[day, p - 1, 0], late[day, p - 1, 1]
    then = end if new + 1 == size else tours.route[day, new + 1]
    for p in range(new + 1, 0, -1):
        stop = route[p - 1]
        pair = stop * model.nodes + then
        for eaten in range(states):
            leave = -FAR
            for way in range(model.way_start[pair], model.way_start[pair + 1]):
                leave = max(leave, departure(model, day, way, late[day, p + 1, eaten]))
                if eaten < states - 1:
                    leave = max(
                        leave, departure_fed(model, day, stop, then, way, late[day, p + 1, 1])
                    )
            late[day, p, eaten] = must_arrive(model, day, stop, leave)
        then = stop


@compiled()
def fits(model: Model, tours: Tours, day: int, p: int, node: int, stop: int, then: int) -> bool:
    """Return whether a stop fits in after the p-th node of a day."""
    to = node * model.nodes + stop
    states = 2 if model.lunch_s else 1
    for eaten in range(states):
        for at in range(tours.pairs[day, p, eaten]):
            left = tours.time[day, p, eaten, at]
            for way in range(model.way_start[to], model.way_start[to + 1]):
                for fed in range(eaten, states):
                    arrive = arrives(model, day, node, stop, way, left, fed > eaten)
                    leave = leaves(model, day, stop, arrive) if arrive <= model.day[day, 1] else FAR
                    if leave < FAR and _on_time(model, tours, day, p + 1, stop, then, leave, fed):
                        return True
    return False


@compiled()
def _on_time(
    model: Model, tours: Tours, day: int, p: int, stop: int, then: int, leave: int, eaten: int
) -> bool:
    """Check whether one who leaves a stop comes to the p-th node of a day in time for all that
    follows.
    """
    pair = stop * model.nodes + then
    for way in range(model.way_start[pair], model.way_start[pair + 1]):
        if arrival(model, day, way, leave) <= tours.late[day, p, eaten]:
            return True
        if (
            model.lunch_s
            and not eaten
            and arrival_fed(model, day, stop, then, way, leave) <= tours.late[day, p, 1]
        ):
            return True
    return False


@compiled()
def total_s(model: Model, tours: Tours, day: int, p: int, node: int, stop: int) -> int:
    """Return what a day costs with a stop put in after the p-th node, which is `node`; FAR where it
    does not fit.
    """
    scratch, size = len(tours.size), tours.size[day]
    _onward(model, tours, day, node, stop, (day, p), (scratch, p & 1))
    node = stop
    for q in range(p, size):
        _onward(
            model, tours, day, node, tours.route[day, q], (scratch, q & 1), (scratch, q + 1 & 1)
        )
        node = tours.route[day, q]
    return _home(model, tours, day, node, tours.town[day], (scratch, size & 1))
