"""Turn restrictions of OpenStreetMap: relations to banned turns between the steps of roads.

Source for tags and members: https://wiki.openstreetmap.org/wiki/Relation:restriction, remembered,
not read again."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

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

OBEYED, LONG, AT_HOURS, OTHERS, UNREAD, ELSEWHERE, UNCLEAR = (
    *("obeyed", "over a way", "at hours", "other vehicles"),
    *("not understood", "elsewhere", "unclear"),
)
"""What becomes of a relation."""

NOTES = {
    OBEYED: ("turn restriction is obeyed.", "turn restrictions are obeyed."),
    LONG: (
        "turn restriction leads over a way between two junctions and is not obeyed.",
        "turn restrictions lead over a way between two junctions and are not obeyed.",
    ),
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
    """A relation: the ways from which and to which one does not turn, or only turns, the point
    where they meet, and its kind by the vehicles that it concerns; ``fault`` says why it has none.
    """

    from_: tuple[int, ...]
    via: int
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
        kind = kinds_of(tags)
        if not kind:
            fault = _without_kind(tags)
        elif roles["via", "w"]:
            fault = LONG
        else:
            fault = "" if from_ and to and len(via) == 1 else UNREAD
        return cls(tuple(from_), via[0] if via else 0, tuple(to), kind, fault)


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
    be driven forward and backward, and its way by an index into ``ways``, numbers of both as in
    the files. An *end* is as in :mod:`geo.roads.turns`, of a step.
    """

    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    forward: NDArray[np.bool_]
    backward: NDArray[np.bool_]
    way: NDArray[np.int64]
    points: NDArray[np.int64]
    ways: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Junctions:
    """The ends at the points where a restriction holds: by the number of the point, which may be
    driven to the point and away from it, and the number of the way of each.
    """

    to: dict[int, list[int]]
    away: dict[int, list[int]]
    way: dict[int, int]

    @classmethod
    def of(cls, steps: Steps, via: Sequence[int]) -> _Junctions:
        wanted = np.isin(steps.points, np.array(via, np.int64))
        wanted = np.append(wanted, np.zeros(_beyond(steps), bool))  # points cut off by barriers
        ends = np.concatenate(
            [2 * np.flatnonzero(wanted[steps.tail]), 2 * np.flatnonzero(wanted[steps.head]) + 1]
        )
        step, is_head = ends // 2, ends % 2 == 1
        point = steps.points[np.where(is_head, steps.head[step], steps.tail[step])]
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
        return cls(to, away, ways)

    def ends(self, ends: Mapping[int, list[int]], via: int, way: int) -> list[int]:
        """Return which of the ends at a point belong to a way."""
        return [end for end in ends.get(via, ()) if self.way[end] == way]

    def touches(self, via: int, way: int) -> bool:
        """Return whether a way has a step at a point."""
        return bool(self.ends(self.to, via, way) or self.ends(self.away, via, way))


def _beyond(steps: Steps) -> int:
    """Return how many points the steps have that are none of the files."""
    last = max(int(steps.tail.max(initial=-1)), int(steps.head.max(initial=-1)))
    return max(last + 1 - len(steps.points), 0)


def banned(
    restrictions: Iterable[Restriction], steps: Steps
) -> tuple[dict[str, NDArray[np.int64]], Counter[str]]:
    """Find the turns that restrictions ban.

    Returns
    -------
    bans
        By vehicle, (b, 2) ends of steps at one point: who arrives at the first must not leave by
        the second. Where one may only turn one way, no other is left, nor the way back.
    fates
        How many relations are obeyed, and how many are not for each reason.
    """
    every = list(restrictions)
    at = _Junctions.of(steps, [sign.via for sign in every if not sign.fault])
    no: dict[str, set[tuple[int, int]]] = {vehicle: set() for vehicle in VEHICLES}
    only: dict[tuple[str, int, int], set[int]] = defaultdict(set)
    fates: Counter[str] = Counter()
    for sign in every:
        fault = sign.fault or _fault(sign, at)
        fates[fault or OBEYED] += 1
        if fault:
            continue
        for arrive, leave in _pairs(sign, at):
            for vehicle, kind in sign.kind.items():
                if kind.startswith("only"):
                    only[vehicle, sign.via, arrive].add(leave)
                else:
                    no[vehicle].add((arrive, leave))
    for (vehicle, via, arrive), left in only.items():
        no[vehicle].update((arrive, leave) for leave in at.away[via] if leave not in left)
    bans = {
        vehicle: np.array(sorted(pairs), np.int64).reshape(-1, 2) for vehicle, pairs in no.items()
    }
    return bans, fates


def _fault(sign: Restriction, at: _Junctions) -> str:
    """Return why the turns of a relation are not known, or an empty text."""
    if not all(at.touches(sign.via, way) for way in (*sign.from_, *sign.to)):
        return ELSEWHERE
    if _turns_back(sign):
        return ""
    sides = ((at.to, sign.from_), (at.away, sign.to))
    if any(len(at.ends(ends, sign.via, way)) > 1 for ends, ways in sides for way in ways):
        return UNCLEAR
    # nobody can turn there: of no effect if that is banned, nonsense if it is the only way
    meets = all(at.ends(at.away, sign.via, way) for way in sign.to)
    return "" if meets or "only" not in {kind[:4] for kind in sign.kind.values()} else ELSEWHERE


def _turns_back(sign: Restriction) -> bool:
    """Return whether a relation is about turning back on one way, in either direction."""
    return sign.from_ == sign.to and set(sign.kind.values()) == {NO_U_TURN}


def _pairs(sign: Restriction, at: _Junctions) -> list[tuple[int, int]]:
    """List the turns of a relation: where one arrives, and where one leaves."""
    if _turns_back(sign):
        ends = [end for way in sign.from_ for end in at.ends(at.to, sign.via, way)]
        return [(end, end) for end in ends if end in at.away[sign.via]]
    arrive, leave = (
        [end for way in ways for end in at.ends(ends, sign.via, way)]
        for ends, ways in ((at.to, sign.from_), (at.away, sign.to))
    )
    return [(first, second) for first in arrive for second in leave]


def of_segments(
    bans: Mapping[str, NDArray[np.int64]] | None,
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
    of_steps = dict.fromkeys(VEHICLES, np.empty((0, 2), np.int64)) | dict(bans or {})
    pairs = {vehicle: end[turns] for vehicle, turns in of_steps.items()}
    return {key: ends[(ends >= 0).all(axis=1)].astype(np.int32) for key, ends in pairs.items()}


def nodes(bans: Mapping[str, NDArray[Any]] | None, tail: Any, head: Any) -> NDArray[np.int64]:
    """Return the points at which a turn is banned that is not the way back."""
    pairs = np.concatenate([np.empty((0, 2), np.int64), *(bans or {}).values()])
    end = pairs[pairs[:, 0] != pairs[:, 1], 0]
    return np.unique(np.where(end % 2 == 0, tail[end // 2], head[end // 2])).astype(np.int64)
