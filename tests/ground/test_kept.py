"""Results are computed once, kept within bounds, and never delay each other."""

from __future__ import annotations

import copy
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest

from geo.kept import Kept


def test_a_slow_computation_delays_no_other_key() -> None:
    """While one key is computed another is computed and read; only threads of that key wait."""
    kept, begun, go_on = Kept(), threading.Event(), threading.Event()

    def slow() -> str:
        begun.set()
        assert go_on.wait(10)
        return "slow"

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(kept.get, "slow", slow)
        assert begun.wait(10)
        assert kept.get("quick", lambda: "quick") == "quick"
        assert kept.get("quick", lambda: "again") == "quick"
        second = pool.submit(kept.get, "slow", lambda: "twice")
        time.sleep(0.05)
        assert not first.done()
        assert not second.done()
        assert (len(kept), kept.peek("slow")) == (1, None)
        go_on.set()
        assert first.result(10) == second.result(10) == "slow"
    assert (len(kept), kept.peek("slow")) == (2, "slow")


def test_many_threads_compute_once() -> None:
    """However many threads ask at once for however few keys, each is computed once."""
    kept, calls = Kept(), []

    def ask(number: int) -> int:
        def make() -> int:
            calls.append(number % 3)
            time.sleep(0.01)
            return number % 3

        return kept.get(number % 3, make)

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(ask, range(60))) == [number % 3 for number in range(60)]
    assert sorted(calls) == [0, 1, 2]


def test_only_those_used_last_are_kept() -> None:
    """A full store drops what was not asked for the longest time."""
    kept = Kept(2)
    for key in ("a", "b", "a", "c"):
        kept.get(key, key.upper)
    assert [kept.peek(key) for key in "abc"] == ["A", None, "C"]
    assert kept.get("b", lambda: "new") == "new"
    assert [kept.peek(key) for key in "abc"] == [None, "new", "C"]
    assert len(kept) == 2


def test_none_is_a_result() -> None:
    """A computation that returns None is kept as any other."""
    kept = Kept()
    kept.get("key", lambda: None)
    assert kept.get("key", lambda: "again") is None


def test_a_failure_is_tried_again() -> None:
    """An error is raised where it happens and not kept; threads that waited compute themselves."""
    kept, begun, go_on = Kept(), threading.Event(), threading.Event()

    def fail() -> str:
        begun.set()
        assert go_on.wait(10)
        raise ValueError("no")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(kept.get, "key", fail)
        assert begun.wait(10)
        second = pool.submit(kept.get, "key", lambda: "yes")
        time.sleep(0.05)
        go_on.set()
        with pytest.raises(ValueError, match="no"):
            first.result(10)
        assert second.result(10) == "yes"
    assert kept.get("key", lambda: "again") == "yes"


def test_computations_ask_for_other_keys() -> None:
    """A computation may ask for other keys; asking for its own is an error, no standstill."""
    kept = Kept(1)
    assert kept.get("outer", lambda: kept.get("inner", lambda: 1) + 1) == 2
    with pytest.raises(RuntimeError, match="its own result"):
        kept.get("self", lambda: kept.get("self", lambda: 1))
    assert kept.get("self", lambda: 3) == 3


def test_a_copy_is_empty() -> None:
    """A copy has the same bound, and computes for itself."""
    kept = Kept(3)
    kept.get("key", lambda: 1)
    other = copy.deepcopy(kept)
    assert (other.size, len(other), len(kept)) == (3, 0, 1)


def test_results_are_kept_within_so_many_bytes() -> None:
    """However large they are, in whatever order they are asked for, together they take no more than
    that; those used last stay, and a single one that is too large does not push out the others.
    """
    rng = np.random.default_rng(5)
    kept = Kept(most_bytes=100)
    sizes = {key: int(rng.integers(0, 60)) for key in range(30)}
    for key in rng.integers(0, 30, 500).tolist():
        assert kept.get(key, partial(bytes, sizes[key])) == bytes(sizes[key])
        held = [number for number in sizes if kept.peek(number) is not None]
        assert sum(sizes[number] for number in held) <= 100
        assert key in held
    held = [number for number in sizes if kept.peek(number) is not None]
    assert kept.get("huge", partial(bytes, 101)) == bytes(101)
    assert kept.peek("huge") is None
    assert [number for number in sizes if kept.peek(number) is not None] == held
    assert copy.copy(kept).most_bytes == 100
