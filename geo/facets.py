"""Filters of a layer with their counts: which rows have a value, and how many of those that are
left have it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import InputError, Message
from geo.schema import unfold

FILTERED = {
    "kind": "kind",
    "status": "status",
    "country": "country",
    "province_en": "province_en",
    "sector": "sectors",
}
"""The column that each filter of :func:`geo.layers.narrow` looks at; a list counts for each of its
values.
"""


class Facets:
    """The values of the filtered columns of a layer as numbers, read once.

    Parameters
    ----------
    frame
        A layer.
    filtered
        The column that each filter looks at.
    """

    def __init__(self, frame: Any, filtered: Mapping[str, str] = FILTERED) -> None:
        self.size = len(frame)
        self._values: dict[str, list[str]] = {}
        self._rows: dict[str, NDArray[np.int64]] = {}
        self._codes: dict[str, NDArray[np.int64]] = {}
        for name, column in filtered.items():
            if column not in frame:
                continue
            codes, values = pd.factorize(frame[column].to_numpy(dtype=object, na_value=None))
            lists = [list(unfold(value)) if name == "sector" else [str(value)] for value in values]
            known = sorted({value for parts in lists for value in parts})
            number = {value: at for at, value in enumerate(known)}
            parts = [[number[value] for value in dict.fromkeys(texts)] for texts in lists]
            lengths = np.array([len(part) for part in parts] + [0])  # the last for unknown values
            starts = np.append(0, np.cumsum(lengths[:-1]))
            flat = np.array([code for part in parts for code in part], np.int64)
            counts = lengths[codes]
            rows = np.repeat(np.arange(self.size), counts)
            within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
            self._values[name], self._rows[name] = known, rows
            self._codes[name] = flat[np.repeat(starts[codes], counts) + within]

    def matching(self, filters: Mapping[str, Collection[str]]) -> NDArray[np.bool_]:
        """Return which rows have one of the values of every filter, as :func:`geo.layers.narrow`
        keeps them.

        Raises
        ------
        InputError
            The layer has no such column.
        """
        kept = np.ones(self.size, bool)
        for name, wanted in filters.items():
            if name not in self._values:
                raise InputError(
                    Message("This layer cannot be filtered by %(key)s.", {"key": name})
                )
            chosen = np.array([value in set(wanted) for value in self._values[name]], bool)
            having = np.zeros(self.size, bool)
            having[self._rows[name][chosen[self._codes[name]]]] = True
            kept &= having
        return kept

    def counts(self, name: str, kept: NDArray[np.bool_] | None = None) -> dict[str, int]:
        """Count the rows that have each value of a filter, the most frequent first; values that
        none of them has are left out.

        Parameters
        ----------
        kept
            The rows that count; None for all.
        """
        codes = self._codes[name] if kept is None else self._codes[name][kept[self._rows[name]]]
        numbers = np.bincount(codes, minlength=len(self._values[name])).tolist()
        pairs = zip(self._values[name], numbers, strict=True)
        counted = sorted(pairs, key=lambda pair: (-pair[1], pair[0]))
        return {value: number for value, number in counted if number}

    @property
    def names(self) -> tuple[str, ...]:
        """The filters that the layer has."""
        return tuple(self._values)
