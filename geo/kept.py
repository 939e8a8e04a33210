"""Results that are kept because they take long to compute: one class for every such place."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class Kept:
    """The results used last, by key. Each is computed once, by the thread that asks first.

    A thread that asks for a key while another thread computes it waits for that result; no
    computation delays another key. An error is raised where it happens and is not kept: threads
    that waited compute themselves. A computation may ask for other keys.

    Parameters
    ----------
    size
        The most results that are kept, None for all. Computations under way do not count.
    """

    def __init__(self, size: int | None = None) -> None:
        self.size = size
        self._results: OrderedDict[Hashable, Future[Any]] = OrderedDict()
        self._computing: dict[Hashable, int] = {}
        """The thread that computes a key."""
        self._lock = threading.Lock()
        """Of the two above; never held during a computation."""

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the result for `key`; compute it with `make` if it is not kept."""
        while True:
            with self._lock:
                future = self._results.get(key)
                if future is None:
                    future = self._results[key] = Future()
                    self._computing[key] = threading.get_ident()
                    break
                self._results.move_to_end(key)
                if self._computing.get(key) == threading.get_ident():
                    raise RuntimeError(f"The computation of {key!r} asks for its own result.")
            if future.exception() is None:  # which waits
                known: T = future.result()
                return known
        try:
            value = make()
        except BaseException as error:
            with self._lock:
                del self._results[key], self._computing[key]
            future.set_exception(error)
            raise
        with self._lock:
            del self._computing[key]
            if self.size is not None:
                ready = [other for other in self._results if other not in self._computing]
                for other in ready[: max(0, len(ready) - self.size)]:
                    del self._results[other]
        future.set_result(value)
        return value

    def __len__(self) -> int:
        """Return how many results are kept."""
        with self._lock:
            return len(self._results) - len(self._computing)

    def __contains__(self, key: Hashable) -> bool:
        """Check whether the result for `key` is kept."""
        with self._lock:
            return key in self._results and key not in self._computing

    def __reduce__(self) -> tuple[type[Kept], tuple[int | None]]:
        """Copy and send it empty: a lock cannot be sent, and results can be computed again."""
        return Kept, (self.size,)
