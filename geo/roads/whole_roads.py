"""Roads from one junction to the next, in a network that cuts them where motorways, bridges and
tunnels begin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.roads.network import FERRY, Network


@dataclass(frozen=True, eq=False)
class WholeRoad:
    """A road from one junction to the next.

    Attributes
    ----------
    segment, turned
        (k,) its segments one after the other, and whether each runs against the road.
    node
        (k + 1,) its junctions, and between them the points where segments meet.
    line
        (p, 2) its points, WGS 84.
    part
        (p - 1,) to which of its segments each step of the line belongs.
    both_ways
        Whether it may be driven from its first node to its last, and back.
    """

    segment: NDArray[np.int64]
    turned: NDArray[np.bool_]
    node: NDArray[np.int64]
    line: NDArray[np.float64]
    part: NDArray[np.int64]
    both_ways: tuple[bool, bool]

    @classmethod
    def of(cls, network: Network, ends: list[int]) -> WholeRoad:
        """Put a road together from the ends at which one enters its segments: a segment's tail has
        its number, and its head that of the segment more than there are.
        """
        segment = np.array(ends) % network.segment_count
        turned = np.array(ends) >= network.segment_count
        shapes = [
            network.shape(i)[:: -1 if back else 1] for i, back in zip(segment, turned, strict=True)
        ]
        enter = np.where(turned, network.head[segment], network.tail[segment])
        leave = np.where(turned, network.tail[segment], network.head[segment])
        along, against = (
            bool(way[segment[0]])
            for way in (network.forward, network.backward)[:: -1 if turned[0] else 1]
        )
        return cls(
            segment,
            turned,
            np.append(enter, leave[-1]).astype(np.int64),
            np.concatenate([shapes[0], *(shape[1:] for shape in shapes[1:])]),
            np.repeat(np.arange(len(ends)), [len(shape) - 1 for shape in shapes]),
            (along, against),
        )

    def place_of(self, step: int) -> tuple[int, int]:
        """Return the segment of a step of the line, and which step of that segment's own shape it
        is.
        """
        part = int(self.part[step])
        first, last = np.searchsorted(self.part, [part, part + 1]).tolist()
        return int(self.segment[part]), last - 1 - step if self.turned[part] else step - first


def whole_roads(network: Network, segments: NDArray[np.int64]) -> list[WholeRoad]:
    """Return the roads of some segments, each road once.

    A road goes on through a point where it meets nothing but its own continuation and only one of
    the two is accessible; from a ferry, or from a country to the next, it does not."""
    follows, m = _follows(network), network.segment_count
    done: set[int] = set()
    roads = []
    for segment in segments.tolist():
        if segment in done:
            continue
        begin = segment
        while follows[begin] >= 0 and follows[begin] % m != segment:
            begin = (follows[begin] + m) % (2 * m)
        ends = [int(begin)]
        while (after := follows[(ends[-1] + m) % (2 * m)]) >= 0 and after % m != ends[0] % m:
            ends.append(int(after))
        done.update(end % m for end in ends)
        roads.append(WholeRoad.of(network, ends))
    return roads


def _follows(network: Network) -> NDArray[np.int64]:
    """Return for each end of a segment, tails before heads, the end of another one at which its
    road goes on; -1 for none.
    """
    m = network.segment_count
    at = np.concatenate([network.tail, network.head])
    degree = np.bincount(at, minlength=network.node_count)
    first = (np.cumsum(degree) - degree)[degree == 2]
    order = np.argsort(at, kind="stable")
    a, b = order[first], order[first + 1]
    away = np.concatenate([network.forward, network.backward])
    towards = np.concatenate([network.backward, network.forward])
    known = np.array([name == FERRY for name in (*network.manifest.road_classes, "")])
    ferry = known[network.road_class]
    passed = network.accessible[a % m] != network.accessible[b % m]
    joint = ferry | (network.length_m == 0)  # where countries meet, see border_joints
    passed &= ~joint[a % m] & ~joint[b % m]
    passed &= (away[a] == towards[b]) & (away[b] == towards[a])
    follows = np.full(2 * m, -1)
    follows[a[passed]], follows[b[passed]] = b[passed], a[passed]
    return follows
