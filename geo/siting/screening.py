"""Hard limits: what an investor requires, which sites fall out and why, and which limit to relax.

Nothing is ranked here. A site whose cell is empty neither passes nor fails a limit: it is
*unknown*, is counted as such, and stays or goes as the limit says."""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import InputError, Message, NotFoundError
from geo.layers import validation as faults_of
from geo.schema import AS_OF, ID, NAMES, NOTES, SECTORS, SOURCE, Field, unfold
from geo.siting.sites import Column, Limit, Value, columns, is_number, limit_faults, objects, shown

__all__ = [
    "CRITERIA",
    "FAILS",
    "PASSES",
    "UNKNOWN",
    "Funnel",
    "Limit",
    "Profile",
    "Relaxation",
    "Step",
    "read_profiles",
    "screen",
]

CRITERIA: dict[str, tuple[str, Literal["low", "high"]]] = {
    "gate": ("gate_{profile}_s", "low"),
    "port": ("port_{profile}_s", "low"),
    "airport": ("airport_{profile}_s", "low"),
    "city": ("city_{profile}_s", "low"),
    "people": ("people_60min_{profile}", "high"),
    "area": ("land_ha", "high"),
    "rent": ("rent_term_low_usd_m2", "low"),
    "occupancy": ("occupancy_pct", "low"),
}
"""What the examples weigh: the column, and which end is better. A low occupancy is good for who
looks for land.

Land is the most that can be free, as far as is known, and counts up to
:func:`geo.siting.land.enough_ha` and no further. """
PASSES, FAILS, UNKNOWN = 1, 0, -1
PROFILES = "profiles.json"
MATCHES = ("same", "part", "none")
"""Whether a sector's name means the same as sectors in the data, only a part of it is there, or
nothing.
"""


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
        out = []
        for position, limit in enumerate(self.limits):
            state = self.states[position].to_numpy()[left]
            passed, failed, unknown = (
                int((state == one).sum()) for one in (PASSES, FAILS, UNKNOWN)
            )
            out.append(Step(limit, len(state), passed, failed, unknown))
            left &= ~self._refused[:, position]
        return tuple(out)

    @property
    def remaining(self) -> pd.Index:
        """The sites that no limit removes, in the order of the table."""
        return self.states.index[~self._refused.any(axis=1)]

    @property
    def unsure(self) -> pd.Index:
        """Those of the remaining that are unknown at some limit, and so remain only because it
        keeps them.
        """
        unknown = (self.states == UNKNOWN).any(axis=1).to_numpy()
        return self.states.index[~self._refused.any(axis=1) & unknown]

    @property
    def removed(self) -> pd.DataFrame:
        """The sites that fall out, in the order of the table.

        Columns: ``first``, position of the limit that removes the site; ``unknown``, whether it
        goes because its cell is empty; ``shortfall`` at that limit; ``fails``, positions of all
        limits it fails; ``unknowns``, of all limits it is unknown at."""
        states, gone = self.states.to_numpy(), self._refused.any(axis=1)
        first = self._refused.argmax(axis=1)[gone] if len(self.limits) else np.empty(0, int)
        rows = np.flatnonzero(gone)
        return pd.DataFrame(
            {
                "first": first.astype("int64"),
                "unknown": states[rows, first] == UNKNOWN,
                "shortfall": self.shortfalls.to_numpy(float)[rows, first],
                "fails": objects(_where(states[row] == FAILS) for row in rows),
                "unknowns": objects(_where(states[row] == UNKNOWN) for row in rows),
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
        found = [self._relax(position, n) for position in range(len(self.limits))]
        return sorted(
            found,
            key=lambda one: (
                not one.enough,
                math.isnan(one.share),
                one.share if one.share == one.share else 0,
            ),
        )

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
            fewer = tuple(one for one in limit.value if one not in added)
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
        # the cell itself, not limit ± change: a rounded sum might keep out the very site it is made
        # for
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
        In the order in which the funnel is told; the remaining sites do not depend on it.

    Raises
    ------
    InputError
        A column that is not there, a value that cannot be, a minimum above a maximum: every fault,
        by the limit's number from 1.
    """
    known = columns()
    held = {
        str(name): known.get(str(name)) or Column(str(name), _type_of(table[name]))
        for name in table.columns
    }
    faults = limit_faults(limits, held)
    if faults:
        raise InputError(Message("These limits cannot be applied:"), faults)
    states, shortfalls, cells = {}, {}, {}
    for position, limit in enumerate(limits):
        cells[position] = table[limit.column]
        states[position], shortfalls[position] = _judge(
            table[limit.column], limit, held[limit.column].type
        )
    frames = (
        pd.DataFrame(one, index=table.index, columns=range(len(limits)))
        for one in (states, shortfalls, cells)
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
        state = np.where(np.isnan(values), UNKNOWN, np.where(over > 0, FAILS, PASSES)).astype(
            np.int8
        )
        return state, np.where(state == FAILS, over, np.nan)
    if column_type == "remarks":
        words = [word.casefold() for word in limit.value]
        found = [
            any(word in cell.casefold() for word in words) if isinstance(cell, str) else False
            for cell in cells
        ]
        return np.where(found, PASSES, UNKNOWN).astype(np.int8), short
    parts = [_parts(cell) for cell in cells]
    wanted, excluding = set(limit.value), limit.kind == "none_of"
    return (
        np.array(
            [
                UNKNOWN if not one else PASSES if wanted.isdisjoint(one) == excluding else FAILS
                for one in parts
            ],
            np.int8,
        ),
        short,
    )


def _parts(cell: object) -> tuple[str, ...]:
    """Return the texts of a cell; an unknown one has none."""
    return (
        (cell,) if isinstance(cell, str) else tuple(cell) if isinstance(cell, tuple | list) else ()
    )


def _type_of(cells: pd.Series) -> Any:
    if pd.api.types.is_numeric_dtype(cells.dtype) and not pd.api.types.is_bool_dtype(cells.dtype):
        return "number"
    return "list" if any(isinstance(cell, tuple | list) for cell in cells) else "text"


def _where(flags: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(int(one) for one in np.flatnonzero(flags))


# Examples of requirements -------------------------------------------------------------------------


@dataclass(frozen=True)
class Profile:
    """An *example* of what a sector may require: somebody's assumption, to be edited, never a
    finding.

    Attributes
    ----------
    sectors, sectors_match
        The sectors in the data that its name stands for, and whether they are the same, a part of
        it, or none at all.
    weights
        By criterion (``CRITERIA``), 0 or more, in any scale.
    """

    id: str
    name_en: str
    name_vi: str
    name_zh: str
    sectors: tuple[str, ...]
    sectors_match: str
    limits: tuple[Limit, ...]
    weights: dict[str, float]
    notes: str
    source: str
    source_kind: str
    as_of: str


FIELDS = (
    ID,
    *(replace(name, required=True) for name in NAMES),
    Field(
        "sectors",
        "Sectors",
        "Sectors of the data; empty where none stands for it.",
        type="list",
        allowed=SECTORS,
    ),
    Field(
        "sectors_match",
        "Match",
        "Whether those sectors mean the same, a part, or none does.",
        required=True,
        allowed=MATCHES,
    ),
    replace(NOTES, required=True),
    *(SOURCE[0], replace(SOURCE[1], allowed=("assumption",)), AS_OF),
)


def read_profiles(folder: str | os.PathLike[str]) -> dict[str, Profile]:
    """Read the examples of a data package from ``profiles.json``, in the order of the file, by id.

    Raises
    ------
    NotFoundError
        The package has no such file.
    InputError
        The file is no list of profiles, or profiles have faults; every one is listed.
    """
    path = Path(folder) / PROFILES
    if not path.is_file():
        raise NotFoundError(Message("There is no file %(path)s.", {"path": path}))
    try:
        given = json.loads(path.read_text(encoding="utf-8"))["profiles"]
        if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(
            Message("%(file)s holds no list of profiles.", {"file": PROFILES})
        ) from None
    rows: list[faults_of.Row] = []
    faults = faults_of.header_faults(
        dict.fromkeys(name for one in given for name in one if name not in ("limits", "weights")),
        FIELDS,
    )
    limits: list[tuple[Limit, ...]] = []
    for number, one in enumerate(given, start=1):
        rows.append(
            {field.name: _text(one.get(field.name)) for field in FIELDS}
            | {"_at": f"profile {number}"}
        )
        made, wrong = _limits(one.get("limits"))
        limits.append(made)
        wrong += _weight_faults(one.get("weights"))
        if (rows[-1]["sectors_match"] == "none") != (rows[-1]["sectors"] is None):
            wrong.append("sectors: there are some, and then they match, or there are none")
        faults += [f"profile {number} ({one.get('id')}): {fault}" for fault in wrong]
    faults_of.refuse(PROFILES, faults + faults_of.row_faults(rows, FIELDS))
    return {
        row["id"]: Profile(
            **{field.name: row[field.name] for field in FIELDS}
            | {"sectors": unfold(row["sectors"])},
            limits=those,
            weights=one["weights"],
        )
        for row, those, one in zip(rows, limits, given, strict=True)
    }


def _text(cell: object) -> str | None:
    return (
        ";".join(map(str, cell)) if isinstance(cell, list) else "" if cell is None else str(cell)
    ).strip() or None


def _limits(given: object) -> tuple[tuple[Limit, ...], list[str]]:
    """Make limits of JSON objects; where some are none, only their faults."""
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        return (), ["limits: is no list of objects"]
    needed = {"column", "kind", "value"}
    out = []
    for number, one in enumerate(given, start=1):
        out += [
            f"limits: limit {number}: “{name}” is missing" for name in sorted(needed - one.keys())
        ]
        out += [
            f"limits: limit {number}: “{name}” is unknown"
            for name in sorted(one.keys() - needed - {"unknown"})
        ]
    if out:
        return (), out
    made = tuple(Limit(**one) for one in given)
    return made, [f"limits: {fault}" for fault in limit_faults(made, columns())]


def _weight_faults(weights: object) -> list[str]:
    if not isinstance(weights, dict):
        return ["weights: is no object"]
    out = [
        f"weights: “{shown(one)}” is no criterion; there are {', '.join(CRITERIA)}"
        for one in weights
        if one not in CRITERIA
    ]
    wrong = [name for name, weight in weights.items() if not is_number(weight) or weight < 0]
    out += [f"weights: {name}: {shown(weights[name])} is no number from 0" for name in wrong]
    return out if wrong or any(weights.values()) else [*out, "weights: none is above 0"]
