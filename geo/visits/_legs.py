"""Compiled rules of a day: when one arrives, when a visit begins, and how late one may be; shared by the two ways to plan.

Moments are whole seconds since 1970. *Nodes* are the stops, from 0, and after them the places where days begin and end. *Spans* are
moments from the first to the last, both within.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

FAR = 1 << 61
"""No way, or never."""
DRIVE, SERVICE, ON, COST, PASSAGE = range(5)
"""Columns of ``Model.way``."""


class Model(NamedTuple):
    """A trip as arrays, for n stops, N nodes and D days.

    Attributes
    ----------
    way_start, way
        Ways from node i to node j are rows ``way_start[i * N + j]`` to the next, cheapest first: seconds to the gate, at the gate
        and after it, their sum, and number of the passage; -1 where no border is between them.
    least_s
        (N, N) on-road seconds of the cheapest way, FAR where there is none.
    entry_start, entry
        Passage g lets one in on day d within the spans ``entry_start[d * G + g]`` to the next; G is ``passages``.
    begin_start, begin
        A visit of stop i may begin on day d within the spans ``begin_start[d * n + i]`` to the next; none where it may not.
    visit_s, order
        (n,); -1 for stops without an order.
    lunch_s, lunch
        0 for no lunch; (D, N, 2) first and last moment at which it may begin at a node.
    day
        (D, 2) first and last moment.
    """

    stops: int
    nodes: int
    passages: int
    way_start: Any
    way: Any
    least_s: Any
    entry_start: Any
    entry: Any
    begin_start: Any
    begin: Any
    visit_s: Any
    order: Any
    lunch_s: int
    lunch: Any
    day: Any


@njit(cache=True, nogil=True, inline="always")
def earliest(spans: Any, first: int, last: int, time: int) -> int:
    """Give the first moment from `time` on that is in one of these spans; FAR where there is none."""
    for k in range(first, last):
        if time <= spans[k, 1]:
            return max(time, spans[k, 0])
    return FAR


@njit(cache=True, nogil=True, inline="always")
def latest(spans: Any, first: int, last: int, time: int) -> int:
    """Give the last moment up to `time` that is in one of these spans; -FAR where there is none."""
    for k in range(last - 1, first - 1, -1):
        if time >= spans[k, 0]:
            return min(time, spans[k, 1])
    return -FAR


@njit(cache=True, nogil=True)
def arrival(model: Any, day: int, way: int, leave: int) -> int:
    """Give when one arrives by a way, or FAR."""
    passage = model.way[way, PASSAGE]
    if passage < 0:
        return leave + model.way[way, COST]
    at = day * model.passages + passage
    enter = earliest(model.entry, model.entry_start[at], model.entry_start[at + 1], leave + model.way[way, DRIVE])
    return FAR if enter == FAR else enter + model.way[way, SERVICE] + model.way[way, ON]


@njit(cache=True, nogil=True)
def departure(model: Any, day: int, way: int, arrive: int) -> int:
    """Give when one has to leave at the latest to arrive by a way at a moment, or -FAR."""
    passage = model.way[way, PASSAGE]
    if passage < 0:
        return arrive - model.way[way, COST]
    at = day * model.passages + passage
    enter = latest(model.entry, model.entry_start[at], model.entry_start[at + 1], arrive - model.way[way, ON] - model.way[way, SERVICE])
    return -FAR if enter == -FAR else enter - model.way[way, DRIVE]


@njit(cache=True, nogil=True)
def visit_begins(model: Any, day: int, stop: int, time: int) -> int:
    """Give the first moment from `time` on at which a visit may begin, or FAR."""
    at = day * model.stops + stop
    return earliest(model.begin, model.begin_start[at], model.begin_start[at + 1], time)


@njit(cache=True, nogil=True)
def leaves(model: Any, day: int, stop: int, arrive: int, lunch: int) -> int:
    """Give when one leaves a stop, or FAR: without lunch (0), with lunch before the visit (1), or after it (2)."""
    if lunch == 1:
        eat = max(arrive, model.lunch[day, stop, 0])
        if eat > model.lunch[day, stop, 1]:
            return FAR
        arrive = eat + model.lunch_s
    begin = visit_begins(model, day, stop, arrive)
    if begin == FAR:
        return FAR
    end = begin + model.visit_s[stop]
    if lunch == 2:
        eat = max(end, model.lunch[day, stop, 0])
        if eat > model.lunch[day, stop, 1]:
            return FAR
        end = eat + model.lunch_s
    return end if end <= model.day[day, 1] else FAR


@njit(cache=True, nogil=True)
def must_arrive(model: Any, day: int, stop: int, leave: int, lunch: int) -> int:
    """Give how late one may arrive at a stop and still leave it at a moment, or -FAR; `lunch` as in :func:`leaves`."""
    if lunch == 2:
        leave = min(leave - model.lunch_s, model.lunch[day, stop, 1])
        if leave < model.lunch[day, stop, 0]:
            return -FAR
    at = day * model.stops + stop
    begin = latest(model.begin, model.begin_start[at], model.begin_start[at + 1], leave - model.visit_s[stop])
    if lunch == 1 and begin != -FAR:
        begin = min(begin - model.lunch_s, model.lunch[day, stop, 1])
        if begin < model.lunch[day, stop, 0]:
            return -FAR
    return begin


@njit(cache=True, nogil=True)
def needs_lunch(model: Any, day: int, begin: int, end: int, arrive: int) -> bool:
    """Say whether a day that begins at its first moment and ends so late has to have lunch in it."""
    return model.lunch_s > 0 and model.day[day, 0] < model.lunch[day, begin, 1] and arrive > model.lunch[day, end, 1]


@njit(cache=True, nogil=True)
def last_arrival(model: Any, day: int, begin: int, end: int, eaten: bool) -> int:
    """Give how late a day may end: with or without lunch in it."""
    last = model.day[day, 1]
    if not eaten and needs_lunch(model, day, begin, end, last):
        last = model.lunch[day, end, 1]
    return last


@njit(cache=True, nogil=True)
def empty_day(model: Any, day: int, begin: int, ends: Any, end: int) -> Any:
    """Give cost and departure of a day without a visit, FAR where it cannot be: one stays, or goes straight to another place.

    Nobody eats on the way: one who would have to, leaves after lunch.
    """
    for k in range(len(ends)):
        if ends[k] == begin:
            return (0 if begin == end else FAR), model.day[day, 0]
    pair = begin * model.nodes + end
    first = model.day[day, 0]
    after = max(first, model.lunch[day, begin, 1])
    for way in range(model.way_start[pair], model.way_start[pair + 1]):
        arrive = arrival(model, day, way, first)
        if arrive <= model.day[day, 1] and not needs_lunch(model, day, begin, end, arrive):
            return model.way[way, COST], first
        if model.lunch_s > 0 and arrival(model, day, way, after) <= model.day[day, 1]:
            return model.way[way, COST], after
    return FAR, first


def spans(pieces: list[list[tuple[int, int]]]) -> tuple[Any, Any]:
    """Pack lists of spans into the pair of arrays that a model has."""
    counts = np.cumsum([0, *(len(piece) for piece in pieces)]).astype(np.int64)
    return counts, np.array([span for piece in pieces for span in piece], np.int64).reshape(-1, 2)
