"""Compiled rules of a day: when one arrives, when a visit begins, and how late one may be; shared
by the two ways to plan.

Moments are whole seconds since 1970. *Nodes* are the stops, from 0, and after them the places where
days begin and end. *Spans* are moments from the first to the last, both within.

Lunch is a part of a way: one eats where it begins, on it, or where it ends, whatever lets one
arrive earliest. So whether one has eaten changes on ways alone, and at a stop nothing has to be
decided."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.roads.compiled import Ints, IntTable, compiled

FAR = 1 << 61
"""No way, or never."""
DRIVE, SERVICE, ON, COST, PASSAGE = range(5)
"""Columns of ``Model.way``."""


class Model(NamedTuple):
    """A trip as arrays, for n stops, N nodes and D days.

    Attributes
    ----------
    way_start, way
        Ways from node i to node j are rows ``way_start[i * N + j]`` to the next, cheapest first:
        seconds to the gate, at the gate and after it, their sum, and number of the passage; -1
        where no border is between them.
    least_s
        (N, N) on-road seconds of the cheapest way, FAR where there is none.
    entry_start, entry
        Passage g lets one in on day d within the spans ``entry_start[d * G + g]`` to the next; G is
        ``passages``.
    begin_start, begin
        A visit of stop i may begin on day d within the spans ``begin_start[d * n + i]`` to the
        next; none where it may not.
    visit_s, order
        (n,); -1 for stops without an order.
    lunch_s, lunch
        0 for no lunch; (D, N, 2) first and last moment at which it may begin on the clock of a
        node.
    day
        (D, 2) first and last moment.
    """

    stops: int
    nodes: int
    passages: int
    way_start: Ints
    way: IntTable
    least_s: IntTable
    entry_start: Ints
    entry: IntTable
    begin_start: Ints
    begin: IntTable
    visit_s: Ints
    order: Ints
    lunch_s: int
    lunch: IntTable
    day: IntTable


@compiled(inline="always")
def earliest(spans: IntTable, first: int, last: int, time: int) -> int:
    """Return the first moment from `time` on that is in one of these spans; FAR where there is
    none.
    """
    for k in range(first, last):
        if time <= spans[k, 1]:
            return max(time, spans[k, 0])
    return FAR


@compiled(inline="always")
def latest(spans: IntTable, first: int, last: int, time: int) -> int:
    """Return the last moment up to `time` that is in one of these spans; -FAR where there is
    none.
    """
    for k in range(last - 1, first - 1, -1):
        if time >= spans[k, 0]:
            return min(time, spans[k, 1])
    return -FAR


@compiled(inline="always")
def arrival(model: Model, day: int, way: int, leave: int) -> int:
    """Return when one arrives by a way, or FAR."""
    passage = model.way[way, PASSAGE]
    if passage < 0:
        return leave + model.way[way, COST]
    at = day * model.passages + passage
    enter = earliest(
        model.entry, model.entry_start[at], model.entry_start[at + 1], leave + model.way[way, DRIVE]
    )
    return FAR if enter == FAR else enter + model.way[way, SERVICE] + model.way[way, ON]


@compiled()
def departure(model: Model, day: int, way: int, arrive: int) -> int:
    """Return when one has to leave at the latest to arrive by a way at a moment, or -FAR."""
    passage = model.way[way, PASSAGE]
    if passage < 0:
        return arrive - model.way[way, COST]
    at = day * model.passages + passage
    enter = latest(
        model.entry,
        model.entry_start[at],
        model.entry_start[at + 1],
        arrive - model.way[way, ON] - model.way[way, SERVICE],
    )
    return -FAR if enter == -FAR else enter - model.way[way, DRIVE]


@compiled()
def hungry_until(model: Model, day: int, node: int, ready: int) -> int:
    """Return the last moment at which one may come hungry to a node, eat there, and be ready at a
    moment; -FAR if there is none.
    """
    if model.lunch[day, node, 0] + model.lunch_s > ready:
        return -FAR
    return min(ready - model.lunch_s, model.lunch[day, node, 1])


@compiled()
def fed(model: Model, day: int, node: int, leave: int, drive: int) -> int:
    """Return when one has left a node, eaten, and driven for so long, or FAR; one eats on the clock
    of the node, anywhere on the way.
    """
    if leave > model.lunch[day, node, 1]:
        return FAR
    return max(leave + drive, model.lunch[day, node, 0]) + model.lunch_s


@compiled()
def arrival_fed(model: Model, day: int, here: int, there: int, way: int, leave: int) -> int:
    """Return when one arrives by a way who eats on it or at either end, or FAR; over a gate before
    it or after it, whichever is earlier.
    """
    passage = model.way[way, PASSAGE]
    if passage < 0:
        arrive = leave + model.way[way, COST]
        return min(
            fed(model, day, here, leave, model.way[way, COST]), fed(model, day, there, arrive, 0)
        )
    at = day * model.passages + passage
    first, last = model.entry_start[at], model.entry_start[at + 1]
    drive, service, on = model.way[way, DRIVE], model.way[way, SERVICE], model.way[way, ON]
    best = FAR
    ready = fed(model, day, here, leave, drive)
    if ready < FAR:
        enter = earliest(model.entry, first, last, ready)
        if enter < FAR:
            best = enter + service + on
    enter = earliest(model.entry, first, last, leave + drive)
    if enter < FAR:
        best = min(best, fed(model, day, there, enter + service, on))
    return best


@compiled(inline="always")
def arrives(model: Model, day: int, here: int, there: int, way: int, leave: int, eats: bool) -> int:
    """Return when one arrives by a way, with lunch or without, or FAR."""
    return (
        arrival_fed(model, day, here, there, way, leave)
        if eats
        else arrival(model, day, way, leave)
    )


@compiled()
def departure_fed(model: Model, day: int, here: int, there: int, way: int, arrive: int) -> int:
    """Return when one has to leave at the latest who eats as in :func:`arrival_fed`, to arrive by a
    way at a moment; or -FAR.
    """
    passage = model.way[way, PASSAGE]
    lunch_s, until = model.lunch_s, model.lunch[day, here, 1]
    best = -FAR
    if passage < 0:
        cost = model.way[way, COST]
        if model.lunch[day, here, 0] + lunch_s <= arrive:
            best = min(arrive - lunch_s - cost, until)
        late = hungry_until(model, day, there, arrive)
        return max(best, late - cost) if late > -FAR else best
    at = day * model.passages + passage
    first, last = model.entry_start[at], model.entry_start[at + 1]
    drive, service, on = model.way[way, DRIVE], model.way[way, SERVICE], model.way[way, ON]
    enter = latest(model.entry, first, last, arrive - on - service)
    if enter > -FAR and model.lunch[day, here, 0] + lunch_s <= enter:
        best = min(enter - lunch_s - drive, until)
    if model.lunch[day, there, 0] + lunch_s <= arrive:
        passed = min(arrive - lunch_s - on, model.lunch[day, there, 1])
        enter = latest(model.entry, first, last, passed - service)
        if enter > -FAR:
            best = max(best, enter - drive)
    return best


@compiled()
def visit_begins(model: Model, day: int, stop: int, time: int) -> int:
    """Return the first moment from `time` on at which a visit may begin, or FAR."""
    at = day * model.stops + stop
    return earliest(model.begin, model.begin_start[at], model.begin_start[at + 1], time)


@compiled()
def leaves(model: Model, day: int, stop: int, arrive: int) -> int:
    """Return when one who arrives at a stop at a moment leaves it, or FAR."""
    begin = visit_begins(model, day, stop, arrive)
    if begin == FAR:
        return FAR
    end = begin + model.visit_s[stop]
    return end if end <= model.day[day, 1] else FAR


@compiled()
def must_arrive(model: Model, day: int, stop: int, leave: int) -> int:
    """Return how late one may arrive at a stop and still leave it at a moment, or -FAR."""
    at = day * model.stops + stop
    return latest(
        model.begin, model.begin_start[at], model.begin_start[at + 1], leave - model.visit_s[stop]
    )


@compiled()
def sets_out(model: Model, day: int, begin: int, eaten: int) -> int:
    """Return when a day begins: at its first moment, or (1) so late that one has had lunch before
    and needs none.
    """
    return max(model.day[day, 0], model.lunch[day, begin, 1]) if eaten else model.day[day, 0]


@compiled()
def last_arrival(model: Model, day: int, end: int, eaten: int) -> int:
    """Return how late a day may end: with lunch (1), or so early that one needs none."""
    last = model.day[day, 1]
    return min(last, model.lunch[day, end, 1]) if model.lunch_s and not eaten else last


@compiled()
def straight(model: Model, day: int, begin: int, end: int, way: int) -> tuple[int, int]:
    """Return when a day ends that is nothing but one way, or FAR; and how: without lunch (0), after
    it (1), or with it (2).
    """
    first, last = model.day[day]
    arrive = arrival(model, day, way, first)
    if arrive <= last_arrival(model, day, end, 0):
        return arrive, 0
    if model.lunch_s:
        after = arrival(model, day, way, sets_out(model, day, begin, 1))
        on_it = arrival_fed(model, day, begin, end, way, first)
        if min(after, on_it) <= last:
            return (after, 1) if after <= on_it else (on_it, 2)
    return FAR, 0


@compiled()
def empty_day(model: Model, day: int, begin: int, end: int) -> int:
    """Return the cost of a day without a visit, FAR if it cannot be: one stays, or drives to
    another place.
    """
    if begin == end:
        return 0
    pair = begin * model.nodes + end
    for way in range(model.way_start[pair], model.way_start[pair + 1]):
        if straight(model, day, begin, end, way)[0] < FAR:
            return model.way[way, COST]
    return FAR


def spans(pieces: list[list[tuple[int, int]]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pack lists of spans into the pair of arrays that a model has."""
    counts = np.cumsum([0, *(len(piece) for piece in pieces)]).astype(np.int64)
    return counts, np.array([span for piece in pieces for span in piece], np.int64).reshape(-1, 2)
