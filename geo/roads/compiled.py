"""The door to Numba: compiled functions, and the arrays they take, whose elements have a type."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar, overload

import numpy as np
from numba import njit
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., Any])
Number = TypeVar("Number")
Kind = TypeVar("Kind", bound=np.generic, covariant=True)


def compiled(**options: Any) -> Callable[[Function], Function]:
    """Compile a function when it is first called, and keep the machine code in a file; while it
    runs, other threads do too.

    Parameters
    ----------
    options
        Of ``numba.njit``.
    """
    return njit(cache=True, nogil=True, **options)


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
