"""The door to Numba: compiled functions, and the arrays they take, whose elements have a type."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol, TypeVar, overload

import numpy as np
from numpy.typing import NDArray


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Look for no garbage meanwhile."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


with _nothing_collected():  # Numba makes many objects, which all stay: a quarter of its time
    from numba import njit
    from numba.core import caching
    from numba.core.registry import cpu_target

    cpu_target.target_context.refresh()  # which the first call of a compiled function does else

Function = TypeVar("Function", bound=Callable[..., Any])
Number = TypeVar("Number")
Kind = TypeVar("Kind", bound=np.generic, covariant=True)


class _CodeCache(caching.FunctionCache):
    """Files of compiled functions, as Numba keeps them; it passes on what goes wrong with them."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return a function that was compiled before, None where there is none that can be read."""
        try:
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except Exception:  # the file holds anything, or cannot be read
            with suppress(OSError):
                self.flush()  # type: ignore[no-untyped-call]
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a compiled function if there is room for it."""
        with suppress(OSError):
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]


def _keep(dispatcher: Any, function: Callable[..., Any]) -> None:
    """Let what Numba compiles of a function be kept, where a folder can be written."""
    with suppress(RuntimeError):  # there is none
        dispatcher._cache = _CodeCache(function)  # type: ignore[no-untyped-call]


def compiled(**options: Any) -> Callable[[Function], Function]:
    """Compile a function when it is first called, and keep the machine code in a file where that
    can be written; while it runs, other threads do too.

    Parameters
    ----------
    options
        Of ``numba.njit``.
    """

    def compile_later(function: Function) -> Function:
        dispatcher: Function = njit(nogil=True, **options)(function)
        _keep(dispatcher, function)
        return dispatcher

    return compile_later


class _Rows(Protocol[Number, Kind]):
    """What arrays of one axis and of several have in common."""

    @property
    def dtype(self) -> np.dtype[Kind]: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    def __len__(self) -> int: ...
    def __setitem__(self, at: Any, value: Any, /) -> None: ...
    def __array__(self) -> NDArray[Any]: ...
    def ravel(self) -> Array[Number, Kind]: ...
    def sum(self) -> Number: ...


class Array(_Rows[Number, Kind], Protocol[Number, Kind]):
    """A NumPy array of one axis. For mypy an element of a NumPy array is Any, of this a number."""

    def __iter__(self) -> Iterator[Number]: ...
    def __ge__(self, other: int, /) -> NDArray[np.bool]: ...
    @overload
    def __getitem__(self, at: int | np.integer[Any], /) -> Number: ...
    @overload
    def __getitem__(self, at: slice | NDArray[np.bool], /) -> Array[Number, Kind]: ...
    def copy(self) -> Array[Number, Kind]: ...


class Table(_Rows[Number, Kind], Protocol[Number, Kind]):
    """A NumPy array of two axes; or of more, if only single numbers are taken from it."""

    @overload
    def __getitem__(self, at: int | np.integer[Any], /) -> Array[Number, Kind]: ...
    @overload
    def __getitem__(self, at: tuple[int | np.integer[Any], ...], /) -> Number: ...
    @overload
    def __getitem__(self, at: slice, /) -> Table[Number, Kind]: ...
    @overload
    def __getitem__(self, at: tuple[int | np.integer[Any], slice], /) -> Array[Number, Kind]: ...
    def copy(self) -> Table[Number, Kind]: ...


Ints = Array[int, np.integer[Any]]
IntTable = Table[int, np.integer[Any]]
Floats = Array[float, np.floating[Any]]
FloatTable = Table[float, np.floating[Any]]
Bools = Array[bool, np.bool]
BoolTable = Table[bool, np.bool]
Words = Array[np.uint64, np.uint64]
