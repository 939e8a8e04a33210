"""The road engine against SciPy's Dijkstra, on graphs made by chance and on graphs whose answers
can be counted.
"""

from __future__ import annotations

from dataclasses import fields
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from geo.errors import InputError
from geo.roads import contraction
from geo.roads.contraction import Hierarchy

MINUTE = 60.0


def by_chance(seed: int) -> csr_matrix:
    """Return a directed graph with one-way arcs, dead ends, islands, arcs of a millisecond and many
    ties.
    """
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 90))
    m = int(n * rng.uniform(0.5, 5))
    tail, head = rng.integers(0, n, (2, m))
    time = (
        rng.choice([1e-3, 1.0, 2.0, 3.0, rng.uniform(0.1, 100)], m)
        if seed % 2
        else np.exp(rng.uniform(-6, 10, m))
    )
    both = rng.random(m) < 0.5
    tail, head, time = np.r_[tail, head[both]], np.r_[head, tail[both]], np.r_[time, time[both]]
    keys, first = np.unique(tail * n + head, return_index=True)
    return csr_matrix((time[first], np.divmod(keys, n)), shape=(n, n))


def grid(side: int) -> csr_matrix:
    """Return a grid of two-way roads, one minute a step."""
    node = np.arange(side * side).reshape(side, side)
    tail, head = (
        np.r_[node[:, :-1].ravel(), node[:-1].ravel()],
        np.r_[node[:, 1:].ravel(), node[1:].ravel()],
    )
    return csr_matrix(
        (np.full(2 * len(tail), MINUTE), (np.r_[tail, head], np.r_[head, tail])),
        shape=(side**2, side**2),
    )


def along(graph: csr_matrix, nodes: np.ndarray) -> float:
    """Add up the arcs between consecutive nodes; every step must be an arc."""
    steps = [graph[a, b] for a, b in pairwise(nodes)]
    assert all(step > 0 for step in steps)
    return float(sum(steps))


@pytest.mark.parametrize("seed", range(30))
def test_targets_that_are_kept_have_the_same_times(seed: int) -> None:
    """From one source, of one node or several, to targets that are prepared once: the very times of
    a table, also where a target has no node.
    """
    graph = by_chance(seed)
    n = graph.shape[0]
    rng = np.random.default_rng(seed)
    hierarchy = contraction.build(graph)
    targets = rng.integers(0, n, (17, 2))
    end_s = rng.choice([0.0, 5.0, np.inf], (17, 2))
    aim = contraction.aim(hierarchy, targets, end_s=end_s)
    for _ in range(8):
        sources, start_s = rng.integers(0, n, 3), rng.choice([0.0, 2.0, np.inf], 3)
        wanted = contraction.many_to_many(
            hierarchy, sources[None], targets, start_s=start_s[None], end_s=end_s
        )
        times = contraction.one_to_aim(hierarchy, sources, aim, start_s=start_s)
        np.testing.assert_array_equal(times, wanted[0])


@pytest.mark.parametrize("seed", range(60))
def test_times_are_those_of_dijkstra(seed: int) -> None:
    """From every node to every node, forward and backward, one source or many, the times are
    SciPy's.
    """
    graph = by_chance(seed)
    n = graph.shape[0]
    hierarchy = contraction.build(graph)
    truth = dijkstra(graph)
    everything = np.arange(n)
    np.testing.assert_allclose(contraction.one_to_all(hierarchy, everything), truth, rtol=1e-9)
    np.testing.assert_allclose(
        contraction.one_to_all(hierarchy, everything, reverse=True), truth.T, rtol=1e-9
    )
    np.testing.assert_allclose(
        contraction.many_to_many(hierarchy, everything, everything), truth, rtol=1e-9
    )
    np.testing.assert_allclose(contraction.one_to_all(hierarchy, [0]), truth[:1], rtol=1e-9)
    some = np.random.default_rng(seed).integers(0, n, 7)  # the same node may be asked for twice
    np.testing.assert_allclose(
        contraction.many_to_many(hierarchy, some, some[::-1]),
        truth[np.ix_(some, some[::-1])],
        rtol=1e-9,
    )


@pytest.mark.parametrize("seed", range(20))
def test_paths_are_arcs_that_add_up(seed: int) -> None:
    """A path starts and ends where it should, uses arcs of the network only, and takes the least
    time.
    """
    graph = by_chance(seed)
    hierarchy = contraction.build(graph)
    truth = dijkstra(graph)
    for source in range(graph.shape[0]):
        for target in range(0, graph.shape[0], 3):
            nodes, _ = contraction.path(hierarchy, source, target)
            if np.isinf(truth[source, target]):
                assert len(nodes) == 0
            else:
                assert (nodes[0], nodes[-1]) == (source, target)
                assert along(graph, nodes) == pytest.approx(truth[source, target], rel=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_a_point_on_a_road_starts_at_both_its_ends(seed: int) -> None:
    """Several starts and ends with times of their own count as one point: the best pair decides,
    and inf is none.
    """
    graph = by_chance(seed)
    hierarchy = contraction.build(graph)
    truth = dijkstra(graph)
    rng = np.random.default_rng(seed)
    start, goal = rng.integers(0, graph.shape[0], (2, 40, 2))
    start_s, end_s = rng.choice([0.0, 0.5, 30.0, np.inf], (2, 40, 2))
    start[np.isinf(start_s)] = -1
    from_start = (truth[start] + start_s[:, :, None]).min(axis=1)
    best = (from_start[:, goal] + end_s).min(axis=2)
    np.testing.assert_allclose(
        contraction.one_to_all(hierarchy, start, start_s=start_s), from_start, rtol=1e-9
    )
    np.testing.assert_allclose(
        contraction.many_to_many(hierarchy, start, goal, start_s=start_s, end_s=end_s),
        best,
        rtol=1e-9,
    )
    for i in range(5):
        nodes, _ = contraction.path(
            hierarchy, start[i], goal[i], start_s=start_s[i], end_s=end_s[i]
        )
        if np.isinf(best[i, i]):
            assert len(nodes) == 0
        else:
            ends = start_s[i][start[i] == nodes[0]].min() + end_s[i][goal[i] == nodes[-1]].min()
            assert ends + along(graph, nodes) == pytest.approx(best[i, i], rel=1e-9)


def test_a_grid_takes_a_minute_a_step() -> None:
    """On a grid with more sources than are swept at once, times are the steps between the two
    places.
    """
    side = 23
    hierarchy = contraction.build(grid(side))
    row, column = np.divmod(np.arange(side * side), side)
    steps = np.abs(row[:, None] - row) + np.abs(column[:, None] - column)
    np.testing.assert_allclose(
        contraction.one_to_all(hierarchy, np.arange(side * side)), steps * MINUTE
    )
    np.testing.assert_allclose(
        contraction.many_to_many(hierarchy, np.arange(100), np.arange(50, 300)),
        steps[:100, 50:300] * MINUTE,
    )


def test_surfaces_in_single_precision_are_rounded_once() -> None:
    """Single precision is the rounded double result, so sums lose nothing on the way; node by node
    in memory.
    """
    hierarchy = contraction.build(by_chance(4))
    double, single = (
        contraction.one_to_all(hierarchy, [0, 1, 1], dtype=kind)
        for kind in (np.float64, np.float32)
    )
    np.testing.assert_array_equal(single, double.astype(np.float32))
    assert single.dtype == np.float32
    assert single.T.flags.c_contiguous


def test_the_same_graph_gives_the_same_arrays() -> None:
    """Preparation is determined by the graph alone."""
    first, second = contraction.build(by_chance(7)), contraction.build(by_chance(7))
    for field in fields(Hierarchy):
        np.testing.assert_array_equal(getattr(first, field.name), getattr(second, field.name))


def test_the_graph_is_not_changed() -> None:
    """Preparation leaves its argument as it was, also one with an arc from a node to itself."""
    graph = grid(5).tolil()
    graph[3, 3] = 7.0
    graph = graph.tocsr()
    before = graph.copy()
    hierarchy = contraction.build(graph)
    assert (graph != before).nnz == 0
    np.testing.assert_allclose(
        contraction.one_to_all(hierarchy, [3]), dijkstra(before, indices=[3])
    )


def test_arrays_can_be_saved_and_mapped(tmp_path: Path) -> None:
    """A hierarchy of memory-mapped arrays gives the same answers as the one it was saved from."""
    graph = by_chance(8)
    hierarchy = contraction.build(graph)
    for name in contraction.ARRAYS:
        np.save(tmp_path / f"{name}.npy", getattr(hierarchy, name))
    mapped = Hierarchy(
        **{name: np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in contraction.ARRAYS}
    )
    assert list(contraction.ARRAYS) == [field.name for field in fields(Hierarchy)]
    np.testing.assert_array_equal(
        contraction.one_to_all(mapped, [0, 1]), contraction.one_to_all(hierarchy, [0, 1])
    )
    assert not mapped.up_head.flags.writeable


def test_an_empty_network_has_no_nodes() -> None:
    """Nothing can be asked of an empty network, and nothing breaks."""
    hierarchy = contraction.build(csr_matrix((0, 0)))
    assert hierarchy.node_count == 0
    assert contraction.one_to_all(hierarchy, []).shape == (0, 0)
    assert contraction.many_to_many(hierarchy, [], []).shape == (0, 0)


def test_a_single_node_reaches_itself() -> None:
    """One node without arcs is at no distance from itself."""
    hierarchy = contraction.build(csr_matrix((1, 1)))
    assert contraction.one_to_all(hierarchy, [0]).tolist() == [[0.0]]
    assert contraction.many_to_many(hierarchy, [0], [0]).tolist() == [[0.0]]
    nodes, segments = contraction.path(hierarchy, 0, 0)
    assert (nodes.tolist(), segments.tolist()) == ([0], [])


def test_no_sources_or_no_targets_give_an_empty_table() -> None:
    """The shape of a table follows its arguments down to nothing."""
    hierarchy = contraction.build(grid(3))
    assert contraction.one_to_all(hierarchy, []).shape == (0, 9)
    assert contraction.many_to_many(hierarchy, [], [1, 2]).shape == (0, 2)
    assert contraction.many_to_many(hierarchy, [1, 2], []).shape == (2, 0)


@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan, np.inf])
def test_an_arc_takes_some_time(wrong: float) -> None:
    """An arc without a proper time is refused: nothing could be said about the ways over it."""
    graph = csr_matrix(([1.0, wrong], ([0, 1], [1, 2])), shape=(3, 3))
    with pytest.raises(InputError, match="some time"):
        contraction.build(graph)


def test_parallel_arcs_are_refused() -> None:
    """SciPy adds parallel arcs up, so they are refused where they can still be seen."""
    graph = csr_matrix((np.array([5.0, 3.0]), np.array([1, 1]), np.array([0, 2, 2])), shape=(2, 2))
    with pytest.raises(InputError, match="faster one"):
        contraction.build(graph)


@pytest.mark.parametrize("node", [-1, 9])
def test_a_node_must_exist(node: int) -> None:
    """A number that is not a node is refused, also a negative one."""
    with pytest.raises(InputError, match="from 0 to 8"):
        contraction.one_to_all(contraction.build(grid(3)), [node])


@pytest.mark.parametrize("wrong", [-1.0, np.nan])
def test_times_at_the_ends_must_be_known(wrong: float) -> None:
    """A start in the past or at an unknown time is refused."""
    with pytest.raises(InputError, match="not negative"):
        contraction.one_to_all(contraction.build(grid(3)), [0], start_s=[wrong])
