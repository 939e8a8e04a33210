"""Compiled part of :mod:`geo.visits.tour_search`, for trips too large for a proof: take stops out,
put each where it costs least, repeat.

A worse plan is kept now and then, less often as time goes on. Every plan on the way obeys windows,
gates, lunch, pins and orders. Source: Christiaens and Vanden Berghe (2020), Slack induction by
string removals for vehicle routing problems, Transportation Science 54(2), 417-433, for what is
taken out and put back, and for the numbers below; remembered, not read again."""

from __future__ import annotations

from math import exp, log

import numpy as np

from geo.roads.compiled import Bools, Floats, Ints, IntTable, compiled
from geo.visits._day_rules import FAR, Model
from geo.visits._tour_days import BROKEN, Frame, Tours, begin_of, empty, fits, refresh, total_s

__all__ = ["BROKEN", "Frame", "empty", "search", "worst"]

STRING, REMOVED = 30, 10
"""Stops in a row at most, and stops on average, that are taken out."""
BLINK = 0.01
"""Share of places that are overlooked when a stop is put back."""
HOT, COLD = 0.3, 0.002
"""First and last temperature, in ways of average length."""


@compiled()
def _take(tours: Tours, stop: int) -> int:
    """Take a stop out, and return its day."""
    day = tours.day_of[stop]
    route, at = tours.route[day], 0
    for p in range(tours.size[day]):
        if route[p] != stop:
            route[at] = route[p]
            at += 1
    tours.size[day], tours.day_of[stop] = at, -1
    return day


@compiled()
def _put(tours: Tours, stop: int, day: int, p: int) -> None:
    """Put a stop in after the p-th node of a day."""
    route = tours.route[day]
    for q in range(tours.size[day], p, -1):
        route[q] = route[q - 1]
    route[p] = stop
    tours.size[day] += 1
    tours.day_of[stop] = day


@compiled()
def _insert(model: Model, frame: Frame, tours: Tours, stop: int) -> int:
    """Put a stop where it costs least, and return the day, -1 where it fits nowhere or costs more
    than to leave it out.
    """
    n, days = model.stops, len(model.day)
    low, high = 0, days * (n + 1)
    if model.order[stop] >= 0:
        for day in range(days):
            for p in range(tours.size[day]):
                order = model.order[tours.route[day, p]]
                if 0 <= order < model.order[stop]:
                    low = max(low, day * (n + 1) + p + 1)
                elif order > model.order[stop]:
                    high = min(high, day * (n + 1) + p)
    best, best_day, best_p = frame.loss[stop], -1, -1
    least_s = model.least_s
    for day in range(days):
        if model.begin_start[day * n + stop] == model.begin_start[day * n + stop + 1]:
            continue
        size, begin = tours.size[day], begin_of(frame, tours, day)
        before, then = begin, begin
        for p in range(size + 1):
            before, then = then, (tours.town[day] if p == size else tours.route[day, p])
            to, on = least_s[before, stop], least_s[stop, then]
            if to == FAR or on == FAR or not low <= day * (n + 1) + p <= high:
                continue
            added = to + on + tours.least[day] - tours.spent[day]
            if size:
                added -= least_s[before, then]
            if (
                added >= best
                or np.random.random() < BLINK
                or not fits(model, tours, day, p, before, stop, then)
            ):
                continue
            if not frame.plain or tours.spent[day] == BROKEN:
                total = total_s(model, tours, day, p, before, stop)
                added = FAR if total == FAR else total - tours.spent[day]
            if added < best:
                best, best_day, best_p = added, day, p
    if best_day >= 0:
        _put(tours, stop, best_day, best_p)
        refresh(model, frame, tours, best_day, best_p)
    return best_day


@compiled()
def _move(model: Model, frame: Frame, tours: Tours, touched: Bools) -> None:
    """Let one day end elsewhere, and empty days after it too or not; stops that do not fit any more
    are taken out.
    """
    days = len(model.day)
    day = np.random.randint(days)
    first, last = frame.end_start[day], frame.end_start[day + 1]
    town = frame.end[first + np.random.randint(last - first)]
    while True:
        tours.town[day] = town
        touched[day] = True
        day += 1
        if day == days or frame.fixed[day] >= 0:
            break
        touched[day] = True
        stays = False
        for k in range(frame.end_start[day], frame.end_start[day + 1]):
            stays |= frame.end[k] == town
        if tours.size[day] or not stays or np.random.random() < 0.5:
            break
    for day in range(days):
        if touched[day]:
            refresh(model, frame, tours, day, -1)
            while tours.spent[day] == BROKEN and tours.size[day]:
                _take(tours, tours.route[day, np.random.randint(tours.size[day])])
                refresh(model, frame, tours, day, -1)


@compiled()
def _ruin(model: Model, frame: Frame, tours: Tours, touched: Bools) -> None:
    """Take out some stops that are near each other: in rows of each day, or singly."""
    n = model.stops
    seed = np.random.randint(n)
    inside = 0
    busy = 0
    for day in range(len(model.day)):
        inside += tours.size[day]
        busy += tours.size[day] > 0
    if inside == 0:
        return
    if np.random.random() < 0.5:
        left = min(1 + np.random.randint(2 * REMOVED), inside)
        for k in range(n):
            stop = frame.near[seed, k]
            if tours.day_of[stop] >= 0 and np.random.random() < 0.9:
                touched[_take(tours, stop)] = True
                left -= 1
            if left == 0:
                break
    else:
        longest = min(STRING, inside / busy)
        strings = int(1 + np.random.random() * (4 * REMOVED / (1 + longest) - 1))
        done: Bools = np.zeros(len(model.day), np.bool_)
        for k in range(n):
            stop = frame.near[seed, k]
            day = tours.day_of[stop]
            if day < 0 or done[day]:
                continue
            size = tours.size[day]
            length = 1 + int(np.random.random() * min(longest, size))
            length = min(length, size)
            at = 0
            while tours.route[day, at] != stop:
                at += 1
            low, high = max(0, at - length + 1), min(at, size - length)
            first = low + np.random.randint(high - low + 1)
            spared = np.random.randint(size - length + 1) if np.random.random() < 0.5 else 0
            length += min(spared, size - first - length)
            gap = first + np.random.randint(length) if spared else -1
            for p in range(first + length - 1, first - 1, -1):
                if not (spared and gap <= p < gap + spared):
                    _take(tours, tours.route[day, p])
            done[day] = touched[day] = True
            strings -= 1
            if strings == 0:
                break
    for day in range(len(model.day)):
        if touched[day]:
            refresh(model, frame, tours, day, -1)


@compiled()
def _worth(frame: Frame, tours: Tours) -> int:
    """Return what the days cost, with stops left out and days that cannot be."""
    total = tours.spent.sum()
    for stop in range(len(tours.day_of)):
        if tours.day_of[stop] < 0:
            total += frame.loss[stop]
    return total


@compiled()
def worst(model: Model, frame: Frame) -> int:
    """Return more than any days cost."""
    return BROKEN * (len(model.day) + 1) + frame.loss.sum()


@compiled()
def search(
    model: Model,
    frame: Frame,
    tours: Tours,
    best: tuple[IntTable, Ints, Ints],
    least: int,
    steps: tuple[int, int, int, int],
) -> int:
    """Improve days, and return the least cost there was; the same steps on the same days lead to
    the same.

    Parameters
    ----------
    best
        Route, size and town of the best days, kept from one call to the next, and `least` their
        cost.
    steps
        First and last of so many in which it cools down, and a seed.
    """
    first, last, total, seed = steps
    np.random.seed(seed)
    n, days = model.stops, len(model.day)
    best_route, best_size, best_town = best
    old_route, old_size, old_town, old_day = (
        tours.route.copy(),
        tours.size.copy(),
        tours.town.copy(),
        tours.day_of.copy(),
    )
    touched: Bools = np.zeros(days, np.bool_)
    key: Floats = np.empty(n)
    room: Floats = np.zeros(n)
    depot: Floats = np.zeros(n)
    for stop in range(n):
        for day in range(days):
            for k in range(
                model.begin_start[day * n + stop], model.begin_start[day * n + stop + 1]
            ):
                room[stop] += model.begin[k, 1] - model.begin[k, 0]
        depot[stop] = FAR
        for k in range(len(frame.end)):
            depot[stop] = min(depot[stop], model.least_s[frame.end[k], stop])
    several = len(frame.end) > days
    for day in range(days):
        refresh(model, frame, tours, day, -1)
    now = _worth(frame, tours)
    typical = 1.0
    for stop in range(n):
        next_s = model.least_s[stop, frame.near[stop, min(1 + n // 10, n - 1)]]
        typical += next_s / n if next_s < FAR else 0
    for step in range(first, last):
        touched[:] = False
        if several and np.random.random() < 0.2:
            _move(model, frame, tours, touched)
        _ruin(model, frame, tours, touched)
        way = np.random.random()
        for stop in range(n):
            key[stop] = np.random.random()
            if way < 0.25:
                key[stop] = room[stop]
            elif way < 0.4:
                key[stop] = -depot[stop]
            elif way < 0.5:
                key[stop] = depot[stop]
            if way > 0.75:
                key[stop] -= frame.loss[stop]
        for stop in np.argsort(key):
            if tours.day_of[stop] < 0:
                day = _insert(model, frame, tours, stop)
                if day >= 0:
                    touched[day] = True
        new = _worth(frame, tours)
        heat = typical * HOT * exp(log(COLD / HOT) * step / total)
        if new <= now or new < now - heat * log(1 - np.random.random()):
            now = new
            for day in range(days):
                if touched[day]:
                    old_route[day], old_size[day], old_town[day] = (
                        tours.route[day],
                        tours.size[day],
                        tours.town[day],
                    )
            old_day[:] = tours.day_of
            if new < least:
                least = new
                best_route[:], best_size[:], best_town[:] = tours.route, tours.size, tours.town
        else:
            for day in range(days):
                if touched[day]:
                    tours.route[day], tours.size[day], tours.town[day] = (
                        old_route[day],
                        old_size[day],
                        old_town[day],
                    )
            tours.day_of[:] = old_day
            for day in range(days):
                if touched[day]:
                    refresh(model, frame, tours, day, -1)
    return least
