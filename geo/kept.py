"""Results that are kept because they take long to compute: one class for every such place."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from functools import partial
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
    most_bytes
        The most bytes of all results together, which ``len`` measures; None for any number. A
        result that is larger alone is not kept.
    """

    def __init__(self, size: int | None = None, *, most_bytes: int | None = None) -> None:
        self.size, self.most_bytes = size, most_bytes
        self._bytes = 0
        self._results: OrderedDict[Hashable, Any] = OrderedDict()
        self._computing: dict[Hashable, tuple[int, Future[Any]]] = {}
        """The thread that computes a key, and what others wait for."""
        self._lock = threading.Lock()
        """Of the two above; never held during a computation."""

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the result for `key`; compute it with `make` if it is not kept."""
        while True:
            with self._lock:
                if key in self._results:
                    if self._is_bounded:
                        self._results.move_to_end(key)
                    known: T = self._results[key]
                    return known
                if key not in self._computing:
                    future: Future[T] = Future()
                    self._computing[key] = threading.get_ident(), future
                    break
                thread, future = self._computing[key]
            if thread == threading.get_ident():
                raise RuntimeError(f"The computation of {key!r} asks for its own result.")
            if future.exception() is None:  # which waits
                return future.result()
        try:
            value = make()
        except BaseException as error:
            with self._lock:
                del self._computing[key]
            future.set_exception(error)
            raise
        with self._lock:
            del self._computing[key]
            self._add(key, value)
        future.set_result(value)
        return value

    def _add(self, key: Hashable, value: Any) -> None:
        """Keep a result, and drop those that nobody asked for the longest time."""
        if self.most_bytes is not None and len(value) > self.most_bytes:
            return
        self._results[key] = value
        if self.most_bytes is not None:
            self._bytes += len(value)
        while self._is_full():
            _oldest, dropped = self._results.popitem(last=False)
            if self.most_bytes is not None:
                self._bytes -= len(dropped)

    @property
    def _is_bounded(self) -> bool:
        return self.size is not None or self.most_bytes is not None

    def _is_full(self) -> bool:
        many = self.size is not None and len(self._results) > self.size
        return many or (self.most_bytes is not None and self._bytes > self.most_bytes)

    def __len__(self) -> int:
        """Return how many results are kept."""
        return len(self._results)

    def peek(self, key: Hashable) -> Any:
        """Return the result for `key`, or None if it is not kept, without waiting."""
        return self._results.get(key)

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and send it empty: a lock cannot be sent, and results can be computed again."""
        return partial(Kept, most_bytes=self.most_bytes), (self.size,)
