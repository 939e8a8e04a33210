"""The road engine: exact fastest times on the graph of one vehicle, prepared once, then asked in
milliseconds.

A *contraction hierarchy*: every node gets a rank, and shortcuts are added so that each fastest way
has an equal that first only climbs and then only descends. Tables sweep the ranks instead of
searching.

Source: Geisberger, Sanders, Schultes and Delling (2008), Contraction hierarchies, WEA 2008, 319-333
(order, shortcuts, unpacking); Delling, Goldberg, Nowatzyk and Werneck (2011), PHAST, IPDPS 2011,
921-931, and Delling, Goldberg and Werneck (2011), Faster batched shortest paths in road networks,
ATMOS 2011, 52-63 (sweeps, restricted sweeps); remembered, not read again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import InputError, Message
from geo.roads.arcs import by_vertex

ARRAYS: dict[str, str] = {
    "node": "i4",
    "position": "i4",
    "up_start": "i8",
    "up_head": "i4",
    "up_time_s": "f8",
    "up_middle": "i4",
    "down_start": "i8",
    "down_tail": "i4",
    "down_time_s": "f8",
    "down_middle": "i4",
}
"""Arrays of a hierarchy and their types: what is to be saved."""

Side = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """The graph of one vehicle with shortcuts, by *position*: 0 is the most important node, every
    arc joins a node to a lower number.

    All arrays are read-only; memory maps will do.

    Attributes
    ----------
    node, position
        (n,) the node at each position, and the position of each node.
    up_start, up_head, up_time_s, up_middle
        Arcs from position p up to others are entries ``up_start[p]:up_start[p + 1]``: where they
        lead, how long they take, and the position in the middle of a shortcut, or for an arc of the
        network -1 minus its segment.
    down_start, down_tail, down_time_s, down_middle
        The same for the arcs from others down to position p: where they come from.
    """

    node: NDArray[np.int32]
    position: NDArray[np.int32]
    up_start: NDArray[np.int64]
    up_head: NDArray[np.int32]
    up_time_s: NDArray[np.float64]
    up_middle: NDArray[np.int32]
    down_start: NDArray[np.int64]
    down_tail: NDArray[np.int32]
    down_time_s: NDArray[np.float64]
    down_middle: NDArray[np.int32]

    def __post_init__(self) -> None:
        for (
            name,
            kind,
        ) in ARRAYS.items():  # one type for the compiled code, however the arrays were made
            array = np.ascontiguousarray(getattr(self, name), kind).view(np.ndarray)[:]
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    @property
    def node_count(self) -> int:
        return len(self.node)

    @property
    def up(self) -> Side:
        return self.up_start, self.up_head, self.up_time_s

    @property
    def down(self) -> Side:
        return self.down_start, self.down_tail, self.down_time_s


def build(time_s: Any, segment: NDArray[Any] | None = None) -> Hierarchy:
    """Prepare the graph of one vehicle. The same graph always gives the same arrays.

    Parameters
    ----------
    time_s
        (n, n) SciPy sparse, row is the node an arc leaves: ``Arcs.time_s``. Arcs from a node to
        itself do not count.
    segment
        The segment of each arc, in the order of ``time_s.data``; by default all are segment 0.

    Raises
    ------
    InputError
        Some time is negative, zero or not finite.
    """
    from scipy.sparse import csr_matrix

    graph = csr_matrix(time_s, dtype=np.float64)
    if not graph.has_canonical_format:
        raise InputError(Message("Two arcs join the same nodes; take the faster one first."))
    _check(graph.data)
    if graph.diagonal().any():
        every = graph.tocoo()
        kept = every.row != every.col
        ends = every.row[kept], every.col[kept]
        graph = csr_matrix((every.data[kept], ends), shape=graph.shape)
        segment = None if segment is None else segment[kept]
    plain = graph.indptr.astype(np.int64), graph.indices.astype(np.int32), graph.data
    return of_arcs(*plain, np.zeros(graph.nnz, np.int64) if segment is None else segment)


def of_arcs(
    start: NDArray[np.int64],
    head: NDArray[np.int32],
    time_s: NDArray[np.float64],
    segment: NDArray[Any],
) -> Hierarchy:
    """Prepare a graph given as arrays, which needs no SciPy; errors as :func:`build`.

    Parameters
    ----------
    start, head, time_s, segment
        Arcs that leave node v are entries ``start[v]:start[v + 1]``: where they lead, ascending and
        each once, how long they take, and their segments. None leads from a node to itself.
    """
    from geo.roads import _contraction_build, _contraction_order

    _check(time_s)
    tail = np.repeat(np.arange(len(start) - 1, dtype=np.int32), np.diff(start))
    back_start, turned = by_vertex(head, len(start) - 1)
    order, first, other, out_s, into_s, via_out, via_into = _contraction_build.contract(
        *(start, head, time_s), *(back_start, tail[turned], time_s[turned])
    )
    node, position = _contraction_order.arrange(order, first, other)
    up, down = (
        _contraction_order.side(order, first, other, time, via, node, position)
        for time, via in ((out_s, via_out), (into_s, via_into))
    )
    keys = tail.astype(np.int64) * len(node) + head
    for (begin, above, _, middle), leaves in ((up, True), (down, False)):
        arcs = np.flatnonzero(middle < 0)
        low = node[np.repeat(np.arange(len(node)), np.diff(begin))[arcs]].astype(np.int64)
        high = node[above[arcs]].astype(np.int64)
        leave, to = (low, high) if leaves else (high, low)
        of_arc = np.searchsorted(keys, leave * len(node) + to)
        middle[arcs] = -1 - np.asarray(segment, np.int64)[of_arc]
    return Hierarchy(node, position, *up, *down)


def _check(time_s: NDArray[np.float64]) -> None:
    if not (np.isfinite(time_s) & (time_s > 0)).all():
        raise InputError(
            Message("Every arc of a road network must take some time, and not endlessly long.")
        )


def one_to_all(
    hierarchy: Hierarchy,
    sources: ArrayLike,
    *,
    start_s: ArrayLike | None = None,
    reverse: bool = False,
    dtype: Any = np.float64,
) -> NDArray[Any]:
    """Return the time from each source to every node, or with ``reverse`` from every node to each
    source.

    Parameters
    ----------
    sources
        (k,) nodes; or (k, s): a source that starts at several nodes, such as a point on a road at
        either end of it.
    start_s
        In the shape of `sources`: time that has passed at each start, inf where it is not a start;
        nothing has by default.
    dtype
        Type of the result; sums are always made in double precision.

    Returns
    -------
    array
        (k, n), inf where no way leads. It lies node by node in memory: its transpose is contiguous.
    """
    from geo.roads import _contraction_query as compiled

    position, offset = _ends(hierarchy, sources, start_s)
    sides = (hierarchy.down, hierarchy.up) if reverse else (hierarchy.up, hierarchy.down)
    by_node = np.empty((hierarchy.node_count, len(position)), dtype)
    compiled.surfaces(*sides[0], *sides[1], position, offset, hierarchy.node, by_node)
    return by_node.T


def many_to_many(
    hierarchy: Hierarchy,
    sources: ArrayLike,
    targets: ArrayLike,
    *,
    start_s: ArrayLike | None = None,
    end_s: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """Return the time from each source to each target.

    Parameters
    ----------
    sources, start_s
        As :func:`one_to_all`.
    targets, end_s
        The same for the targets: ``end_s`` is the time still to go from each of the nodes.

    Returns
    -------
    array
        (k, m), inf where no way leads.
    """
    from geo.roads import _contraction_query as compiled

    start, goal = _ends(hierarchy, sources, start_s), _ends(hierarchy, targets, end_s)
    return compiled.table(*hierarchy.up, *hierarchy.down, *start, *goal)


@dataclass(frozen=True, eq=False)
class Aim:
    """Targets that are asked for again and again, with the part of a hierarchy that leads to them.

    Attributes
    ----------
    cone
        Its positions, ascending, and the arcs among them, as the compiled part has them.
    row, end_s
        (m, t) rows in it of the nodes of each target, -1 for none, and the time still to go there.
    """

    cone: tuple[Any, Any, Any, Any]
    row: NDArray[np.int64]
    end_s: NDArray[np.float64]


def aim(hierarchy: Hierarchy, targets: ArrayLike, *, end_s: ArrayLike | None = None) -> Aim:
    """Prepare targets, which are those of :func:`many_to_many`, for :func:`one_to_aim`."""
    from geo.roads import _contraction_query as compiled

    position, offset = _ends(hierarchy, targets, end_s)
    cone = compiled.cone(*hierarchy.down, position.ravel()[position.ravel() >= 0])
    row = np.where(position >= 0, np.searchsorted(cone[0], position), -1)
    return Aim(cone, row.astype(np.int64), offset)


def one_to_aim(
    hierarchy: Hierarchy, source: ArrayLike, targets: Aim, *, start_s: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Return the time from one source, a node or (s,) several, to each target, (m,): a row of
    :func:`many_to_many`.
    """
    from geo.roads import _contraction_aim as compiled

    position, offset = _ends(
        hierarchy,
        np.atleast_1d(source)[None],
        None if start_s is None else np.atleast_1d(start_s)[None],
    )
    return compiled.aimed(
        *hierarchy.up, *targets.cone, targets.row, targets.end_s, position[0], offset[0]
    )


def path(
    hierarchy: Hierarchy,
    source: ArrayLike,
    target: ArrayLike,
    *,
    start_s: ArrayLike | None = None,
    end_s: ArrayLike | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the nodes of a fastest way, ends included, and the segments between them; empty where
    no way leads.

    Parameters
    ----------
    source, target
        A node; or (s,) several, of which the way uses the best.
    start_s, end_s
        In that shape, as :func:`many_to_many`.
    """
    from geo.roads import _contraction_query as compiled

    start = _ends(
        hierarchy,
        np.atleast_1d(source)[None],
        None if start_s is None else np.atleast_1d(start_s)[None],
    )
    goal = _ends(
        hierarchy,
        np.atleast_1d(target)[None],
        None if end_s is None else np.atleast_1d(end_s)[None],
    )
    positions, segments = compiled.way(
        *hierarchy.up, hierarchy.up_middle, *hierarchy.down, hierarchy.down_middle, *start, *goal
    )
    return hierarchy.node[positions].astype(np.int64), segments.astype(np.int64)


def _ends(
    hierarchy: Hierarchy, nodes: ArrayLike, offset_s: ArrayLike | None
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return positions and times of starts or ends as (k, s); position -1 where there is none."""
    node = np.asarray(nodes)
    node = (
        node.astype(np.int64).reshape(len(node), -1)
        if node.size
        else np.empty((len(node), 1), np.int64)
    )
    offset = (
        np.zeros(node.shape)
        if offset_s is None
        else np.array(offset_s, np.float64).reshape(node.shape)
    )
    if np.isnan(offset).any() or (offset < 0).any():
        raise InputError(Message("Times at the ends of a way must be known and not negative."))
    used = np.isfinite(offset)
    if (used & ((node < 0) | (node >= hierarchy.node_count))).any():
        raise InputError(
            Message(
                "The nodes of this network are numbered from 0 to %(node_count)s.",
                {"node_count": hierarchy.node_count - 1},
            )
        )
    position = np.full(node.shape, -1, np.int32)
    position[used] = hierarchy.position[node[used]]
    return position, offset


def warm_up() -> None:
    """Compile everything, or load what was compiled before: some seconds once, so that the first
    question need not wait.
    """
    from scipy.sparse import csr_matrix

    tiny = build(csr_matrix(np.array([[0.0, 1.0], [1.0, 0.0]])))
    for dtype in (np.float32, np.float64):
        one_to_all(tiny, [0], dtype=dtype)
    many_to_many(tiny, [0], [1])
    one_to_aim(tiny, 0, aim(tiny, [1]))
    path(tiny, 0, 1)
