"""Turn restrictions of OpenStreetMap: relations to banned turns between the steps of roads.

Source for tags and members: https://wiki.openstreetmap.org/wiki/Relation:restriction, remembered,
not read again."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.roads import turns

KEY = "restriction"
CONDITIONAL = ":conditional"
HOURS = ("day_on", "day_off", "hour_on", "hour_off")
"""Keys of old relations that hold at some hours only."""
CAR, TRUCK = "motorcar", "hgv"
VEHICLES = {vehicle: (vehicle, "motor_vehicle", "vehicle") for vehicle in (CAR, TRUCK)}
"""What a car and a truck are called in tags, the most specific word first."""
DIRECTIONS = ("left_turn", "right_turn", "straight_on", "u_turn")
NO_U_TURN = "no_u_turn"
KINDS = frozenset(
    {*(f"{rule}_{way}" for rule in ("no", "only") for way in DIRECTIONS), "no_entry", "no_exit"}
)

OBEYED, AT_HOURS, OTHERS, UNREAD, ELSEWHERE, UNCLEAR = (
    *("obeyed", "at hours", "other vehicles"),
    *("not understood", "elsewhere", "unclear"),
)
"""What becomes of a relation."""

NOTES = {
    OBEYED: ("turn restriction is obeyed.", "turn restrictions are obeyed."),
    AT_HOURS: (
        "turn restriction holds at some hours or on a condition and is not obeyed.",
        "turn restrictions hold at some hours or on a condition and are not obeyed.",
    ),
    OTHERS: (
        "turn restriction concerns neither car nor truck.",
        "turn restrictions concern neither car nor truck.",
    ),
    UNREAD: (
        "turn restriction is incomplete or of an unknown kind and is not obeyed.",
        "turn restrictions are incomplete or of an unknown kind and are not obeyed.",
    ),
    ELSEWHERE: (
        "turn restriction names roads that are not in the network or do not meet, and is ignored.",
        "turn restrictions name roads that are not in the network or do not meet, and are ignored.",
    ),
    UNCLEAR: (
        "turn restriction names a road that passes through its junction, so that the turn is"
        " unclear, and is ignored.",
        "turn restrictions name a road that passes through their junction, so that the turn is"
        " unclear, and are ignored.",
    ),
}
"""What the manifest says of each, for one and for several."""


@dataclass(frozen=True)
class Restriction:
    """A relation: the ways from which and to which one does not turn, or only turns; the point
    where they meet, or the ways between them; its kind by the vehicles that it concerns; ``fault``
    says why it has none.
    """

    from_: tuple[int, ...]
    via: int
    over: tuple[int, ...]
    to: tuple[int, ...]
    kind: Mapping[str, str]
    fault: str = ""

    @classmethod
    def of(cls, tags: Mapping[str, str], members: Iterable[tuple[str, str, int]]) -> Restriction:
        """Read a relation from its tags and its members: role, type (“n”, “w”, “r”), number."""
        roles: dict[tuple[str, str], list[int]] = defaultdict(list)
        for role, type_, number in members:
            roles[role, type_].append(number)
        from_, via, to = roles["from", "w"], roles["via", "n"], roles["to", "w"]
        over, kind = roles["via", "w"], kinds_of(tags)
        fault = "" if kind else _without_kind(tags)
        if kind and (not from_ or not to or len(via) + bool(over) != 1):
            fault = UNREAD
        return cls(tuple(from_), via[0] if via else 0, tuple(over), tuple(to), kind, fault)


def _is_only(kind: str) -> bool:
    """Return whether a kind of restriction leaves a single way to go."""
    return kind.startswith("only")


def kinds_of(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the kind of a restriction by the vehicles that it concerns at all hours."""
    if any(key in tags for key in HOURS):
        return {}
    own = tags.get("type", "").removeprefix(KEY)  # an old relation names its vehicle there
    stated = {f"{key}{own}" if key == KEY else key: value for key, value in tags.items()}
    spared = {word.strip() for word in stated.get("except", "").split(";")}
    kinds = {}
    for vehicle, names in VEHICLES.items():
        keys = [key for name in names if (key := f"{KEY}:{name}") in stated]
        if not keys and spared.isdisjoint(names):
            keys = [KEY]
        values = [word.strip() for word in stated.get(keys[0], "").split(";")] if keys else []
        if kind := next((value for value in values if value in KINDS), ""):
            kinds[vehicle] = kind
    return kinds


def _without_kind(tags: Mapping[str, str]) -> str:
    """Return why a relation bans nothing for a car or a truck."""
    keys = [key for key in tags if key.split(":")[0] == KEY]
    if any(key in tags for key in HOURS) or any(key.endswith(CONDITIONAL) for key in keys):
        return AT_HOURS
    known = any(word.strip() in KINDS for key in keys for word in tags[key].split(";"))
    return OTHERS if known else UNREAD


@dataclass(frozen=True, eq=False)
class Steps:
    """Steps of roads: the point at either end of each, by an index into ``points``, whether it may
    be driven forward and backward, and its way by an index into ``ways``; numbers of both as in the
    files, those of the points ascending. An *end* is as in :mod:`geo.roads.turns`, of a step.
    """

    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    forward: NDArray[np.bool_]
    backward: NDArray[np.bool_]
    way: NDArray[np.int64]
    points: NDArray[np.int64]
    ways: NDArray[np.int64]

    def point(self, number: int) -> int:
        """Return the index of a point by its number, -1 where no road has it."""
        at = int(np.searchsorted(self.points, number))
        return at if at < len(self.points) and self.points[at] == number else -1


@dataclass(frozen=True, eq=False)
class _Junctions:
    """The ends at the points where a restriction begins or ends: by the index of the point, which
    may be driven to the point and away from it, and the number of the way of each; and the lines of
    the ways that lead from one such point to another.
    """

    to: dict[int, list[int]]
    away: dict[int, list[int]]
    way: dict[int, int]
    lines: dict[int, _Line]

    @classmethod
    def of(cls, steps: Steps, signs: Sequence[Restriction]) -> _Junctions:
        lines = _lines(steps, {way for sign in signs for way in sign.over})
        via = [at for sign in signs if (at := steps.point(sign.via)) >= 0]
        via += [point for line in lines.values() for point in (line.points[0], line.points[-1])]
        last = max(int(steps.tail.max(initial=-1)), int(steps.head.max(initial=-1)))
        wanted = np.zeros(max(last + 1, len(steps.points)), bool)
        wanted[via] = True
        ends = np.concatenate(
            [2 * np.flatnonzero(wanted[steps.tail]), 2 * np.flatnonzero(wanted[steps.head]) + 1]
        )
        step, is_head = ends // 2, ends % 2 == 1
        point = np.where(is_head, steps.head[step], steps.tail[step])
        arrives = np.where(is_head, steps.forward[step], steps.backward[step])
        leaves = np.where(is_head, steps.backward[step], steps.forward[step])
        to, away = defaultdict(list), defaultdict(list)
        for at, end, arrive, leave in zip(
            *(values.tolist() for values in (point, ends, arrives, leaves)), strict=True
        ):
            if arrive:
                to[at].append(end)
            if leave:
                away[at].append(end)
        ways = dict(zip(ends.tolist(), steps.ways[steps.way[step]].tolist(), strict=True))
        return cls(to, away, ways, lines)

    def ends(self, ends: Mapping[int, list[int]], point: int, way: int) -> list[int]:
        """Return which of the ends at a point belong to a way."""
        return [end for end in ends.get(point, ()) if self.way[end] == way]

    def touches(self, point: int, way: int) -> bool:
        """Return whether a way has a step at a point."""
        return bool(self.ends(self.to, point, way) or self.ends(self.away, point, way))

    def passages(self, over: Sequence[int]) -> list[tuple[int, list[int], int]]:
        """Return how one may drive over some ways, one after the other in this order or in the
        other one: the point at which one begins, the ends by which one enters each step, and the
        point at which one has passed.
        """
        if not all(way in self.lines for way in over):
            return []
        lines = [self.lines[way] for way in over]
        ways = []
        for order in (lines, lines[::-1])[: len(lines)]:
            for begin in (order[0].points[0], order[0].points[-1]):
                at, ends = begin, []
                for line in order:
                    entered, at = line.along(at) if at >= 0 else ([], -1)
                    ends += entered
                if at >= 0:
                    ways.append((begin, ends, at))
        return ways


@dataclass(frozen=True)
class _Line:
    """The steps of a way one after the other: its points, and the ends by which each step is
    entered from the first point on, and from the last; empty where it may not be driven so.
    """

    points: list[int]
    ahead: list[int]
    back: list[int]

    def along(self, start: int) -> tuple[list[int], int]:
        """Return the ends by which one enters the steps from one end of the way, and its other
        end; -1 if it does not end there, or may not be driven so.
        """
        for first, ends, last in (
            (self.points[0], self.ahead, self.points[-1]),
            (self.points[-1], self.back, self.points[0]),
        ):
            if start == first and first != last and ends:
                return ends, last
        return [], -1


def _lines(steps: Steps, ways: set[int]) -> dict[int, _Line]:
    """Return the lines of ways by their numbers, without such as have a gap."""
    wanted = np.isin(steps.ways, np.array(sorted(ways), np.int64))
    rows: dict[int, list[int]] = defaultdict(list)
    for row in np.flatnonzero(wanted[steps.way]).tolist():
        rows[int(steps.ways[steps.way[row]])].append(row)
    lines = {}
    for way, of_way in rows.items():
        points = [int(steps.tail[of_way[0]]), *steps.head[of_way].tolist()]
        if points[:-1] == steps.tail[of_way].tolist():
            ahead = [2 * row for row in of_way] if steps.forward[of_way].all() else []
            back = [2 * row + 1 for row in of_way[::-1]] if steps.backward[of_way].all() else []
            lines[way] = _Line(points, ahead, back)
    return lines


Ban = tuple[int, ...]
"""Ends of steps, as :mod:`geo.roads.turns` names those of segments."""


def banned(
    restrictions: Iterable[Restriction], steps: Steps
) -> tuple[dict[str, list[Ban]], Counter[str]]:
    """Find the turns that restrictions ban.

    Returns
    -------
    bans
        By vehicle, ends of steps. Where one may only turn one way, no other is left, nor the way
        back; after some ways that is so at their end, and one may leave them before.
    fates
        How many relations are obeyed, and how many are not for each reason.
    """
    every = list(restrictions)
    at = _Junctions.of(steps, [sign for sign in every if not sign.fault])
    no: dict[str, set[Ban]] = {vehicle: set() for vehicle in VEHICLES}
    only: dict[tuple[str, int, Ban], set[int]] = defaultdict(set)
    fates: Counter[str] = Counter()
    for sign in every:
        via = steps.point(sign.via)
        fault = sign.fault or (_fault_over(sign, at) if sign.over else _fault(sign, via, at))
        fates[fault or OBEYED] += 1
        if fault:
            continue
        for point, ban in _over(sign, at) if sign.over else _pairs(sign, via, at):
            for vehicle, kind in sign.kind.items():
                if _is_only(kind):
                    only[vehicle, point, ban[:-1]].add(ban[-1])
                else:
                    no[vehicle].add(ban)
    for (vehicle, point, journey), left in only.items():
        no[vehicle].update((*journey, leave) for leave in at.away[point] if leave not in left)
    return {vehicle: sorted(bans) for vehicle, bans in no.items()}, fates


def _fault(sign: Restriction, via: int, at: _Junctions) -> str:
    """Return why the turns of a relation at a point are not known, or an empty text."""
    if not all(at.touches(via, way) for way in (*sign.from_, *sign.to)):
        return ELSEWHERE
    if _turns_back(sign):
        return ""
    sides = ((at.to, sign.from_), (at.away, sign.to))
    if any(len(at.ends(ends, via, way)) > 1 for ends, ways in sides for way in ways):
        return UNCLEAR
    # nobody can turn there: of no effect if that is banned, nonsense if it is the only way
    meets = all(at.ends(at.away, via, way) for way in sign.to)
    return "" if meets or not any(map(_is_only, sign.kind.values())) else ELSEWHERE


def _fault_over(sign: Restriction, at: _Junctions) -> str:
    """Return why the turns of a relation over ways are not known, or an empty text."""
    bans = _over(sign, at)
    if len(bans) > len(sign.from_) * len(sign.to):
        return UNCLEAR
    return "" if bans else ELSEWHERE


def _turns_back(sign: Restriction) -> bool:
    """Return whether a relation is about turning back on one way, in either direction."""
    return sign.from_ == sign.to and set(sign.kind.values()) == {NO_U_TURN}


def _pairs(sign: Restriction, via: int, at: _Junctions) -> list[tuple[int, Ban]]:
    """List the turns of a relation at a point: the point, where one arrives, and where one
    leaves.
    """
    if _turns_back(sign):
        ends = [end for way in sign.from_ for end in at.ends(at.to, via, way)]
        return [(via, (end, end)) for end in ends if end in at.away[via]]
    arrive, leave = (
        [end for way in ways for end in at.ends(ends, via, way)]
        for ends, ways in ((at.to, sign.from_), (at.away, sign.to))
    )
    return [(via, (first, second)) for first in arrive for second in leave]


def _over(sign: Restriction, at: _Junctions) -> list[tuple[int, Ban]]:
    """List the turns of a relation over ways: the point at their end, where one arrives, the steps
    between, and where one leaves.
    """
    return [
        (end, (arrive, *between, leave))
        for begin, between, end in at.passages(sign.over)
        for first in sign.from_
        for arrive in at.ends(at.to, begin, first)
        for last in sign.to
        for leave in at.ends(at.away, end, last)
    ]


def of_segments(
    bans: Mapping[str, Sequence[Ban]] | None,
    order: NDArray[np.int64],
    flipped: NDArray[np.bool_],
    start: NDArray[np.int64],
    steps: int,
) -> dict[str, NDArray[np.int32]]:
    """Turn bans between ends of steps into such between ends of segments, by vehicle.

    A ban at a point inside a segment is of a turn that nobody makes, and is left out.

    Parameters
    ----------
    order, flipped, start
        As :func:`geo.roads.osm_simplify.contract` returns them.
    steps
        The number of steps.
    """
    end = np.full(2 * steps, -1, np.int64)
    for side, at in enumerate((start[:-1], start[1:] - 1)):
        # the tail of a segment is the tail of its first step, or its head if that is driven back
        end[2 * order[at] + (flipped[at] ^ bool(side))] = 2 * np.arange(len(at)) + side
    tables = {}
    for vehicle in VEHICLES:
        new = [end[list(ban)].tolist() for ban in (bans or {}).get(vehicle, ())]
        whole = [ban for ban in new if ban[0] >= 0 and ban[-1] >= 0]
        tables[vehicle] = turns.table([at for at in ban if at >= 0] for ban in whole)
    return tables


def nodes(
    bans: Mapping[str, Sequence[Ban]] | None, tail: NDArray[np.int64], head: NDArray[np.int64]
) -> list[int]:
    """Return the points at which a turn is banned that is not the way back."""
    every = {ban for of_vehicle in (bans or {}).values() for ban in of_vehicle}
    ends = {end for ban in every if ban != (ban[0], ban[0]) for end in (ban[0], ban[-1])}
    return sorted({int((head if end % 2 else tail)[end // 2]) for end in ends})
