"""What parts of a filter amount to: for each feature a value that is known or not, and truth of
three values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Kind = Literal["text", "number", "truth", "time", "shape", "list"]
Bools: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True)
class Value:
    """A value of each feature, or one for all: arrays of the number of features, or of one.

    Attributes
    ----------
    data
        By kind: texts; floats; truth values; (n, 2) the first and last day or microsecond since
        1970; shapes; frozensets. What stands where nothing is known, does not count.
    known
        Where there is a value.
    daily
        Of a time: whether it is of days, not of microseconds.
    """

    kind: Kind
    data: NDArray[Any]
    known: Bools
    daily: bool = False

    @property
    def is_constant(self) -> bool:
        return len(self.data) == 1


def constant(kind: Kind, value: Any) -> Value:
    """Build the value of a literal, which is the same for all features; None is unknown."""
    empty: dict[Kind, Any] = {"text": "", "number": np.nan, "truth": False, "list": frozenset()}
    data = np.empty(1, {"number": float, "truth": bool}.get(kind, object))
    data[0] = empty.get(kind) if value is None else value
    return Value(kind, data, np.array([value is not None]))


def texts(column: pd.Series[Any] | pd.Index[Any]) -> Value:
    """Return the texts of a column."""
    known = ~np.asarray(column.isna(), bool)
    data = column.to_numpy(dtype=object, copy=True)
    data[~known] = ""
    return Value("text", data, known)


def numbers(column: pd.Series[Any]) -> Value:
    """Return the numbers of a column; one that is not finite is unknown."""
    return finite(column.to_numpy(dtype=float, na_value=np.nan))


def finite(data: NDArray[np.float64]) -> Value:
    """Return numbers, of which one that is not finite is unknown."""
    return Value("number", data, np.isfinite(data))


def truths(column: pd.Series[Any]) -> Value:
    """Return the truth values of a column."""
    return Value(
        "truth", column.to_numpy(dtype=bool, na_value=False), column.notna().to_numpy(dtype=bool)
    )


def mapped(value: Value, change: Callable[[str], Any], kind: Kind = "text") -> Value:
    """Change every text once."""
    changed = {text: change(text) for text in set(value.data.tolist())}
    data = np.empty(len(value.data), object)
    data[:] = [changed[text] for text in value.data.tolist()]
    return Value(kind, data, value.known)


# Truth --------------------------------------------------------------------------------------------


def truth(holds: Bools, fails: Bools) -> Value:
    """Return where something holds, and where it fails; elsewhere that is unknown."""
    return Value("truth", np.asarray(holds, bool), np.asarray(holds | fails, bool))


def decided(holds: Any, *of: Value) -> Value:
    """Return where something holds of values; unknown where one of them is."""
    known = of[0].known
    for value in of[1:]:
        known = known & value.known
    holds = np.asarray(holds, bool)
    known = np.broadcast_to(known, np.broadcast_shapes(known.shape, holds.shape))
    return Value("truth", np.broadcast_to(holds, known.shape) & known, known)


def holds(value: Value) -> Bools:
    return value.data & value.known


def fails(value: Value) -> Bools:
    return ~value.data & value.known


def both(parts: Sequence[Value]) -> Value:
    """Return whether all of them hold: one that fails decides, whatever is unknown."""
    yes, no = holds(parts[0]), fails(parts[0])
    for part in parts[1:]:
        yes, no = yes & holds(part), no | fails(part)
    return truth(yes, no)


def either(parts: Sequence[Value]) -> Value:
    """Return whether at least one of them holds: one that holds decides."""
    yes, no = holds(parts[0]), fails(parts[0])
    for part in parts[1:]:
        yes, no = yes | holds(part), no & fails(part)
    return truth(yes, no)


def opposite(value: Value) -> Value:
    return truth(fails(value), holds(value))
