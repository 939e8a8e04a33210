"""Hard limits: what an investor requires, which sites fall out and why, and which limit to relax.

Nothing is ranked here. A site whose cell is empty neither passes nor fails a limit: it is
*unknown*, is counted as such, and stays or goes as the limit says."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import InputError, Message
from geo.siting.limits import Column, ColumnType, Limit, Value, faults
from geo.siting.sites import columns, objects

PASSES, FAILS, UNKNOWN = 1, 0, -1


@dataclass(frozen=True)
class Step:
    """What one limit did to the sites that were left before it.

    ``before`` = ``passed`` + ``failed`` + ``unknown``; ``remaining`` = ``before`` − ``removed``;
    ``removed`` is ``failed``, and with ``unknown="drop"`` also ``unknown``."""

    limit: Limit
    before: int
    passed: int
    failed: int
    unknown: int

    @property
    def removed(self) -> int:
        return self.failed + (self.unknown if self.limit.unknown == "drop" else 0)

    @property
    def remaining(self) -> int:
        return self.before - self.removed


@dataclass(frozen=True)
class Relaxation:
    """How one limit alone would have to change.

    Attributes
    ----------
    position
        Of the limit, from 0.
    enough
        Whether a change of this limit alone lets as many sites pass as were asked for.
    value
        The limit's new value; the old one where nothing has to change, None where no value helps.
    change
        By how much, in the unit of the column; 0 where nothing has to change, NaN for lists and
        where no value helps.
    share
        The same as a share of the old value, to compare limits with different units; NaN where the
        old value is 0.
    added
        The texts or codes to be allowed besides, or no longer excluded, chosen one by one by how
        many sites each lets in.
    sites
        The sites that would pass all limits in addition.
    by_keeping_unknown
        How many sites would pass all limits in addition if this limit kept unknown ones instead.
    """

    position: int
    limit: Limit
    enough: bool
    value: Value | None
    change: float
    share: float
    added: tuple[str, ...]
    sites: tuple[Any, ...]
    by_keeping_unknown: int


@dataclass(frozen=True, eq=False)
class Funnel:
    """What :func:`screen` found; columns are positions of limits, from 0.

    Attributes
    ----------
    states
        On the index of the table, each site at each limit, also after an earlier one has removed
        it: ``PASSES``, ``FAILS``, ``UNKNOWN``.
    shortfalls
        By how much a site fails a limit, above 0, in the unit of the column; inf where no way is
        known to exist. NaN where it does not fail, and for lists and texts.
    """

    limits: tuple[Limit, ...]
    states: pd.DataFrame
    shortfalls: pd.DataFrame
    _cells: pd.DataFrame

    @cached_property
    def _refused(self) -> NDArray[np.bool_]:
        """(n, limits) whether a limit removes a site."""
        states = self.states.to_numpy()
        drop = np.array([limit.unknown == "drop" for limit in self.limits], bool)
        return (states == FAILS) | ((states == UNKNOWN) & drop)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The limits in their order, each with its counts."""
        left = np.ones(len(self.states), bool)
        steps = []
        for position, limit in enumerate(self.limits):
            state = self.states[position].to_numpy()[left]
            counts = (int((state == each).sum()) for each in (PASSES, FAILS, UNKNOWN))
            steps.append(Step(limit, len(state), *counts))
            left &= ~self._refused[:, position]
        return tuple(steps)

    @property
    def remaining(self) -> pd.Index:
        """The sites that no limit removes, in the order of the table."""
        return self.states.index[np.flatnonzero(~self._refused.any(axis=1))]

    @property
    def unsure(self) -> pd.Index:
        """Those of the remaining that are unknown at some limit, and so remain only because it
        keeps them.
        """
        unknown = (self.states.loc[self.remaining] == UNKNOWN).any(axis=1)
        return self.remaining[unknown.to_numpy(bool)]

    @property
    def removed(self) -> pd.DataFrame:
        """The sites that fall out, in the order of the table.

        Columns: ``first``, position of the limit that removes the site; ``unknown``, whether it
        goes because its cell is empty; ``shortfall`` at that limit; ``fails``, positions of all
        limits it fails; ``unknowns``, of all limits it is unknown at."""
        return self.first_removed(len(self.states))

    @property
    def count_removed(self) -> int:
        """How many sites fall out."""
        return int(self._refused.any(axis=1).sum())

    def first_removed(self, most: int) -> pd.DataFrame:
        """Return so many rows of ``removed`` at most."""
        states = self.states.to_numpy()
        rows = np.flatnonzero(self._refused.any(axis=1))[:most]
        first = self._refused[rows].argmax(axis=1) if len(self.limits) else np.empty(0, int)
        return pd.DataFrame(
            {
                "first": first.astype("int64"),
                "unknown": states[rows, first] == UNKNOWN,
                "shortfall": self.shortfalls.to_numpy(float)[rows, first],
                "fails": objects(_where(states[rows] == FAILS)),
                "unknowns": objects(_where(states[rows] == UNKNOWN)),
            },
            index=self.states.index[rows],
        )

    def relax(self, n: int = 1) -> list[Relaxation]:
        """Find for each limit the smallest change of its value alone by which at least `n` sites
        pass all limits.

        Returns
        -------
        list
            One a limit: first those whose change is enough, the smallest share first, then lists,
            then the rest in their order. Where none is enough, no single limit stands in the way.

        Raises
        ------
        InputError
            `n` below 1.
        """
        if n < 1:
            raise InputError(Message("n must be 1 or more."))

        def rank(change: Relaxation) -> tuple[bool, bool, float]:
            of_list = math.isnan(change.share)
            return not change.enough, of_list, 0 if of_list else change.share

        return sorted((self._relax(at, n) for at in range(len(self.limits))), key=rank)

    def _relax(self, position: int, n: int) -> Relaxation:
        limit, state = self.limits[position], self.states[position].to_numpy()
        others = ~np.delete(self._refused, position, axis=1).any(axis=1)
        passing = int((others & ~self._refused[:, position]).sum())
        failing = np.flatnonzero(others & (state == FAILS))
        by_unknown = int((others & (state == UNKNOWN)).sum()) if limit.unknown == "drop" else 0
        missing = n - passing
        if missing <= 0:
            return Relaxation(position, limit, True, limit.value, 0.0, 0.0, (), (), by_unknown)
        none = Relaxation(position, limit, False, None, math.nan, math.nan, (), (), by_unknown)
        if isinstance(limit.value, tuple):
            added, sites = self._allow(position, failing, missing)
            if len(sites) < missing:
                return none
            fewer = tuple(code for code in limit.value if code not in added)
            value = fewer if limit.kind == "none_of" else (*limit.value, *added)
            return Relaxation(
                position, limit, True, value, math.nan, math.nan, added, sites, by_unknown
            )
        short = self.shortfalls[position].to_numpy(float)[failing]
        finite = np.sort(short[np.isfinite(short)])
        if len(finite) < missing:
            return none
        change = float(finite[missing - 1])
        let_in = failing[short <= change]
        # the cell itself: a rounded limit ± change might keep out the very site it is made for
        cells = self._cells[position].to_numpy(float)[let_in]
        end = float(cells.min() if limit.kind == "at_least" else cells.max())
        share = change / abs(limit.value) if limit.value else math.nan
        return Relaxation(
            position,
            limit,
            True,
            end,
            change,
            share,
            (),
            tuple(self.states.index[let_in]),
            by_unknown,
        )

    def _allow(
        self, position: int, failing: NDArray[np.int64], missing: int
    ) -> tuple[tuple[str, ...], tuple[Any, ...]]:
        """Choose texts or codes until enough sites pass, each time the one that lets most of them
        in.
        """
        held = {row: _parts(self._cells[position].iloc[row]) for row in failing}
        added: list[str] = []
        let_in: set[int] = set()
        while len(let_in) < missing:
            counts = Counter(
                part for row, parts in held.items() if row not in let_in for part in parts
            )
            if not counts:
                break
            added.append(min(counts, key=lambda part: (-counts[part], part)))
            let_in |= {row for row, parts in held.items() if added[-1] in parts}
        return tuple(added), tuple(self.states.index[sorted(let_in)])


def screen(table: pd.DataFrame, limits: Sequence[Limit]) -> Funnel:
    """Apply limits one after the other.

    Parameters
    ----------
    table
        As :func:`geo.siting.sites.table` gives it; further columns, such as scores, may have been
        added.
    limits
        In the order of the funnel; the remaining sites do not depend on it.

    Raises
    ------
    InputError
        A column that is not there, a value that cannot be, a minimum above a maximum: every fault,
        by the limit's number from 1.
    """
    usual = columns()
    known = {
        str(name): usual.get(str(name)) or Column(str(name), _type_of(table[name]))
        for name in table.columns
    }
    if wrong := faults(limits, known):
        raise InputError(Message("These limits cannot be applied:"), wrong)
    cells = [table[limit.column] for limit in limits]
    judged = [
        _judge(column, limit, known[limit.column].type)
        for column, limit in zip(cells, limits, strict=True)
    ]
    states, shortfalls = (dict(enumerate(column[i] for column in judged)) for i in (0, 1))
    frames = (
        pd.DataFrame(columns_of, index=table.index, columns=range(len(limits)))
        for columns_of in (states, shortfalls, dict(enumerate(cells)))
    )
    return Funnel(tuple(limits), *frames)


def _judge(
    cells: pd.Series, limit: Limit, column_type: str
) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """Return state and shortfall of each cell."""
    short = np.full(len(cells), np.nan)
    if not isinstance(limit.value, tuple):
        values = cells.astype("float64").to_numpy(float)
        over = (limit.value - values) if limit.kind == "at_least" else (values - limit.value)
        state = state_of(over)
        return state, np.where(state == FAILS, over, np.nan)
    if column_type == "remarks":
        words = [word.casefold() for word in limit.value]
        texts = [
            cell.casefold() if isinstance(cell, str) else "" for cell in cells.to_numpy(object)
        ]
        mentioned = [any(word in text for word in words) for text in texts]
        return np.where(mentioned, PASSES, UNKNOWN).astype(np.int8), short
    wanted, excluding = set(limit.value), limit.kind == "none_of"

    @cache  # thousands of sites have the same few cells
    def state_of_parts(parts: tuple[str, ...]) -> int:
        if not parts:
            return UNKNOWN
        return PASSES if wanted.isdisjoint(parts) == excluding else FAILS

    if column_type == "text":
        codes, known = pd.factorize(cells.to_numpy(object))
        states = [*(state_of_parts(_parts(cell)) for cell in known), UNKNOWN]  # the last for none
        return np.array(states, np.int8)[codes], short
    states = [state_of_parts(_parts(cell)) for cell in cells.to_numpy(object)]
    return np.array(states, np.int8), short


def state_of(over: NDArray[np.floating]) -> NDArray[np.int8]:
    """Return the state of cells by how much they exceed a limit."""
    return np.where(np.isnan(over), UNKNOWN, np.where(over > 0, FAILS, PASSES)).astype(np.int8)


def _parts(cell: object) -> tuple[str, ...]:
    """Return the texts of a cell; an unknown one has none."""
    return (
        (cell,) if isinstance(cell, str) else tuple(cell) if isinstance(cell, tuple | list) else ()
    )


def _type_of(cells: pd.Series) -> ColumnType:
    if pd.api.types.is_numeric_dtype(cells.dtype) and not pd.api.types.is_bool_dtype(cells.dtype):
        return "number"
    return "list" if any(isinstance(cell, tuple | list) for cell in cells) else "text"


def _where(flags: NDArray[np.bool_]) -> list[tuple[int, ...]]:
    """Return the positions that are set in each row."""
    positions: list[list[int]] = [[] for _ in flags]
    for row, position in zip(*(side.tolist() for side in np.nonzero(flags)), strict=True):
        positions[row].append(position)
    return list(map(tuple, positions))
