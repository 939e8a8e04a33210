"""Match-making: for each company the best sites, with the reasons."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.siting import measures, screening
from geo.siting.companies import CHOICES, NUMBERS, USUAL, Company
from geo.siting.criteria import Criterion, amounts, faults, refuse
from geo.siting.examples import Example
from geo.siting.limits import STANDING, Limit
from geo.siting.ranking import weigh
from geo.siting.screening import FAILS, PASSES, Relaxation

STRENGTHS = 3


@dataclass(frozen=True)
class Reason:
    """How a site stands to one limit of a company.

    ``known`` False: the cell is empty, so the site is neither refused nor confirmed. ``value`` and
    ``margin``, by how much it is better than the limit, are in the unit of the sheet's column; NaN
    for choices and where unknown."""

    limit: str
    known: bool
    value: float = np.nan
    margin: float = np.nan


@dataclass(frozen=True)
class Park:
    """A site that meets all limits of a company, or may: see its reasons.

    ``score`` from 0 to 1 orders the sites. Where a criterion is unknown it lies between ``low`` and
    ``high``: the site is ranked by the middle if that criterion is light, as
    :func:`geo.siting.ranking.rank` does, and otherwise ``score`` is NaN. ``strengths`` are the
    criteria that give the score most, with their amounts in the units of the table."""

    id: Any
    score: float
    low: float
    high: float
    reasons: tuple[Reason, ...]
    strengths: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Match:
    """What was found for one company.

    Attributes
    ----------
    left
        How many sites meet all limits, or may.
    parks
        The best of them, best first; those that cannot be ranked come after those that are.
    limits
        The limits that were asked of the table, by name.
    left_out
        Criteria of the sector's example that are unknown of more than half of these sites, and so
        do not count.
    blocked
        The limit after which no site was left, in the order of the columns; empty where some are.
    relaxed
        For the limits that alone stand in the way, how they would have to change for one site to
        pass, smallest change first.
    """

    company: Company
    left: int
    parks: tuple[Park, ...]
    limits: dict[str, Limit]
    left_out: tuple[str, ...] = ()
    blocked: str = ""
    relaxed: tuple[tuple[str, Relaxation], ...] = ()


def sectors(codes: Iterable[str], examples: Mapping[str, Example]) -> tuple[str, ...]:
    """Return the sectors that a company means, each once: the name of an example stands for those
    of the example.
    """
    meant = (examples[code].sectors if code in examples else (code,) for code in codes)
    return tuple(dict.fromkeys(chain(*meant)))


def limits_of(
    company: Company, examples: Mapping[str, Example], *, profile: str = "truck"
) -> dict[str, Limit]:
    """Return the limits of a company on the table of sites, by name; unknown sites stay in."""
    limits: dict[str, Limit] = {}
    for name in CHOICES:
        value = getattr(company, name)
        if name == "sector":
            value = sectors(value, examples)
        if value:
            choice = measures.CHOICES[name]
            limits[name] = Limit(choice.column, choice.kind, value)
    rows = measures.limits()
    for name, (limit, _most) in NUMBERS.items():
        if (amount := getattr(company, name)) is not None:
            limits[limit] = rows[limit].limit_of(profile, amount)
    return limits


def weights_of(company: Company, examples: Mapping[str, Example]) -> dict[str, float]:
    """Return the weights of the example of a company's sector: of that name, else the first that
    stands for the sector alone.
    """
    for code in company.sector:
        if code in examples:
            return dict(examples[code].weights)
        for example in examples.values():
            if example.sectors == (code,):
                return dict(example.weights)
    return dict(USUAL)


def match(
    companies: Iterable[Company],
    table: pd.DataFrame,
    examples: Mapping[str, Example],
    k: int = 5,
    *,
    profile: str = "truck",
    also: Container[str] = (),
) -> list[Match]:
    """Find the `k` best sites for each company.

    Each is screened by its own limits, and what is left is ranked by the weights of its sector's
    example. What companies have in common is worked out once. Zones that contain sites,
    works of one company and sites known to be full are not offered; land counts up to what a
    company needs.

    Parameters
    ----------
    table
        As :func:`geo.siting.sites.table` returns it, for this vehicle.
    also
        Names of the limits of ``STANDING`` that do not hold: ``zones``, ``captive`` and
        ``full`` sites are offered too.
    """
    standing = [limit for name, limit in STANDING.items() if name not in also]
    table = table.loc[screening.screen(table, standing).remaining]
    matcher = _Matcher(table, examples, profile, k)
    by_wish: dict[tuple[Any, ...], Match] = {}
    matches = []
    for company in companies:
        if company.wish not in by_wish:
            by_wish[company.wish] = matcher.match(company)
        matches.append(replace(by_wish[company.wish], company=company))
    return matches


Judged = dict[str, tuple[NDArray[np.int8], NDArray[np.float64]]]


class _Matcher:
    """A table of sites with what has been asked of it, as arrays: for thousands of companies frames
    would be too slow.
    """

    def __init__(
        self, table: pd.DataFrame, examples: Mapping[str, Example], profile: str, k: int
    ) -> None:
        self.table, self.examples, self.k = table, examples, k
        self.profile = profile
        self.ids = table.index.tolist()
        self.measures = list(measures.table_criteria().values())
        self.criteria = [row.criterion(profile) for row in self.measures]
        refuse(faults(table, self.criteria))
        self.raw = amounts(table, self.criteria)
        self.columns: dict[str, NDArray[Any]] = {}
        self.chosen: dict[Limit, NDArray[np.int8]] = {}
        self.ranked: dict[
            tuple[bytes, tuple[Any, ...]], tuple[list[tuple[int, Park]], tuple[str, ...]]
        ] = {}
        self.limits = measures.limits()

    def column(self, name: str) -> NDArray[Any]:
        """Return a column as numbers, or else as objects."""
        if name not in self.columns:
            cells = self.table[name]
            self.columns[name] = cells.to_numpy(
                float if pd.api.types.is_numeric_dtype(cells) else object
            )
        return self.columns[name]

    def judge(self, limit: Limit) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
        """Return how each site stands to a limit, as :func:`geo.siting.screening.screen` does, and
        by how much it exceeds it.

        That is below 0 where it keeps it; NaN where it is unknown, and for choices.
        """
        if not isinstance(limit.value, tuple):
            values = self.column(limit.column)
            over = limit.value - values if limit.kind == "at_least" else values - limit.value
            return screening.state_of(over), over
        if limit not in self.chosen:  # kept, unlike numbers, which are many and quick to compare
            funnel = screening.screen(self.table[[limit.column]], [limit])
            self.chosen[limit] = funnel.states[0].to_numpy(np.int8)
        return self.chosen[limit], np.full(len(self.table), np.nan)

    def match(self, company: Company) -> Match:
        limits = limits_of(company, self.examples, profile=self.profile)
        judged = {name: self.judge(limit) for name, limit in limits.items()}
        kept = np.ones(len(self.table), bool)
        for state, _over in judged.values():
            kept &= state != FAILS
        if not kept.any():
            return Match(company, 0, (), limits, (), *self.unmet(limits, judged))
        weights = weights_of(company, self.examples)
        asked = {limit: getattr(company, name) for name, (limit, _most) in NUMBERS.items()}
        criteria = [
            row.criterion(self.profile, asked=asked.get(row.limit) or None)
            for row in self.measures
            if weights.get(row.id, 0) > 0
        ]
        key = kept.tobytes(), (*weights.items(), *criteria)
        if key not in self.ranked:
            self.ranked[key] = self.best(kept, weights, criteria)
        best, left_out = self.ranked[key]
        parks = tuple(
            replace(park, reasons=self.reasons(limits, judged, row)) for row, park in best
        )
        return Match(company, int(kept.sum()), parks, limits, left_out)

    def unmet(
        self, limits: dict[str, Limit], judged: Judged
    ) -> tuple[str, tuple[tuple[str, Relaxation], ...]]:
        """Return which limit leaves nothing, and which alone would have to change how."""
        names = list(limits)
        states = [state for state, _over in judged.values()]
        short = [np.where(state == FAILS, over, np.nan) for state, over in judged.values()]
        cells = [self.column(limit.column) for limit in limits.values()]
        frames = (
            pd.DataFrame(dict(enumerate(columns)), index=self.table.index)
            for columns in (states, short, cells)
        )
        funnel = screening.Funnel(tuple(limits.values()), *frames)
        left = (step.remaining for step in funnel.steps)
        blocked = next((name for name, n in zip(names, left, strict=True) if not n), "")
        changes = [change for change in funnel.relax(1) if change.enough]
        return blocked, tuple((names[change.position], change) for change in changes)

    def best(
        self, kept: NDArray[np.bool_], weights: dict[str, float], criteria: list[Criterion]
    ) -> tuple[list[tuple[int, Park]], tuple[str, ...]]:
        """Rank the sites that are left, each with its row; also return which criteria do not count,
        for want of values.

        The order and the scores are those of :func:`geo.siting.ranking.rank`; a test compares.
        """
        rows, ids = np.flatnonzero(kept), [row.id for row in self.measures]
        raw = self.raw[rows][:, [ids.index(each.id) for each in criteria]]
        known = 2 * np.isnan(raw).sum(axis=0) <= len(rows)
        left_out = tuple(each.id for each, here in zip(criteria, known, strict=True) if not here)
        if not known.any():
            known, left_out = ~known, ()
        criteria = [each for each, here in zip(criteria, known, strict=True) if here]
        raw = np.ascontiguousarray(raw[:, known])
        found = weigh(raw, criteria, weights)
        scores, parts, (low, high) = found.scores, found.terms.parts(found.weight), found.ends
        parks = []
        for at in found.order[: self.k].tolist():
            most = [
                i
                for i in np.argsort(-parts[at], kind="stable")
                if parts[at, i] > 0 and not found.missing[at, i]
            ][:STRENGTHS]
            strengths = tuple((criteria[i].id, float(raw[at, i])) for i in most)
            parks.append((at, float(scores[at]), strengths))
        apart = np.flatnonzero(~found.ranked)
        for at in apart[np.argsort(-high[apart], kind="stable")][: self.k - len(parks)].tolist():
            parks.append((at, math.nan, ()))
        return [
            (
                int(rows[at]),
                Park(self.ids[rows[at]], score, float(low[at]), float(high[at]), (), strengths),
            )
            for at, score, strengths in parks
        ], left_out

    def reasons(self, limits: dict[str, Limit], judged: Judged, row: int) -> tuple[Reason, ...]:
        reasons = []
        for name, (state, over) in judged.items():
            limit, known = limits[name], bool(state[row] == PASSES)
            if isinstance(limit.value, tuple) or not known:
                reasons.append(Reason(name, known))
                continue
            scale = self.limits[name].scale
            value, margin = self.column(limit.column)[row] / scale, -over[row] / scale
            reasons.append(Reason(name, True, float(value), float(margin)))
        return tuple(reasons)
