"""Who may not turn at a junction does not go on and turn back there either, to turn all the same.

A search allows turning back at every junction. Without this a sign would cost no more than the way
to the next point at which two segments meet, be it where a bridge begins, and back."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.roads import turns

Ban = tuple[int, ...]
PASSED = 8
"""Points at which segments meet between two junctions, as where a bridge begins; no more are looked
at.
"""


def held(
    bans: NDArray[np.int32],
    ends: tuple[NDArray[np.int32], NDArray[np.int32]],
    driven: tuple[NDArray[np.bool_], NDArray[np.bool_]],
) -> NDArray[np.int32]:
    """Return banned turns of segments with those that would get round them at once: who may not
    turn does not go on to the next junction either and turn back there, unless the road ends; nor
    on the way between two junctions over which he may not turn.

    Who may not turn back where he is may do so elsewhere.

    Parameters
    ----------
    ends, driven
        Tail and head of each segment; whether the vehicle may drive it forward, and backward.
    """
    streets = _Streets.of(ends, driven)
    signs: dict[Ban, set[int]] = defaultdict(set)
    for ban in turns.sequences(bans):
        signs[ban[:-1]].add(ban[-1])
    more: list[Ban] = []
    for journey, banned_ends in signs.items():
        arrived = journey[-1] ^ (len(journey) > 1)
        if banned_ends == {arrived}:
            continue
        if len(journey) > 1:
            more.append((*journey, arrived))
        ways_on = [end for end in streets.out(arrived) if end not in banned_ends | {arrived}]
        more += [ban for end in ways_on for ban in streets.turned_back((*journey, end))]
    return turns.table([*turns.sequences(bans), *more])


@dataclass(frozen=True, eq=False)
class _Streets:
    """The ends of segments by their nodes: ``end`` in the order of ``node``, and which of them one
    may leave by.
    """

    node_of: NDArray[np.int32]
    node: NDArray[np.int32]
    end: NDArray[np.int64]
    leaves: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        ends: tuple[NDArray[np.int32], NDArray[np.int32]],
        driven: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    ) -> _Streets:
        node_of = np.stack(ends, axis=1).ravel()
        order = np.argsort(node_of, kind="stable")
        return cls(node_of, node_of[order], order, np.stack(driven, axis=1).ravel())

    def there(self, end: int) -> list[int]:
        """Return all ends at the node of an end."""
        first, last = np.searchsorted(self.node, [self.node_of[end], self.node_of[end] + 1])
        ends: list[int] = self.end[first:last].tolist()
        return ends

    def out(self, end: int) -> list[int]:
        """Return the ends by which one may leave the node of an end."""
        return [other for other in self.there(end) if self.leaves[other]]

    def turned_back(self, journey: Ban) -> list[Ban]:
        """List how one would turn back behind a journey: at the next junction, and where the
        road is simply passed before.
        """
        bans: list[Ban] = []
        while len(bans) < PASSED:
            back = journey[-1] ^ 1
            on = [end for end in self.out(back) if end != back]
            if not on:
                break
            bans.append((*journey, back))
            if len(self.there(back)) != 2:
                break
            journey = (*journey, on[0])
        return bans
