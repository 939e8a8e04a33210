"""Match-making: for each company the best sites, with the reasons, and as a workbook."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.siting import screening
from geo.siting.companies import CHOICES, COLUMNS, HEADERS, NUMBERS, USUAL, Company, language_of
from geo.siting.criteria import Criterion, amounts, faults, measure, refuse
from geo.siting.land import enough_ha
from geo.siting.ranking import LIGHT, TIE
from geo.siting.screening import FAILS, PASSES, UNKNOWN, Limit, Profile, Relaxation
from geo.siting.sites import STANDING
from geo.text import guarded

STRENGTHS = 3
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST_IN_A_CELL = 32_000


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


def limits_of(
    company: Company, examples: Mapping[str, Profile], *, profile: str = "truck"
) -> dict[str, Limit]:
    """Return the limits of a company on the table of sites, by name; unknown sites stay in."""
    out: dict[str, Limit] = {}
    for name, (column, kind) in CHOICES.items():
        value = getattr(company, name)
        if name == "sector":  # the name of an example stands for its sectors
            value = tuple(
                dict.fromkeys(
                    one
                    for code in value
                    for one in (examples[code].sectors if code in examples else (code,))
                )
            )
        if value:
            out[name] = Limit(column, kind, value)  # type: ignore[arg-type]
    for name, (limit, column, kind, unit, _most) in NUMBERS.items():
        if getattr(company, name) is not None:
            out[limit] = Limit(column.format(profile=profile), kind, getattr(company, name) * unit)  # type: ignore[arg-type]
    return out


def weights_of(company: Company, examples: Mapping[str, Profile]) -> dict[str, float]:
    """Return the weights of the example of a company's sector: of that name, else the first that
    stands for the sector alone.
    """
    for code in company.sector:
        if code in examples:
            return dict(examples[code].weights)
        found = next((one for one in examples.values() if one.sectors == (code,)), None)
        if found:
            return dict(found.weights)
    return dict(USUAL)


def match(
    companies: Iterable[Company],
    table: pd.DataFrame,
    examples: Mapping[str, Profile],
    k: int = 5,
    *,
    profile: str = "truck",
    also: Container[str] = (),
) -> list[Match]:
    """Find the `k` best sites for each company.

    Each is screened by its own limits, and what is left is ranked by the weights of its sector's
    example. What companies have in common is worked out once. Zones that contain sites, and sites
    known to be full, are not offered; land counts up to what a company needs.

    Parameters
    ----------
    table
        As :func:`geo.siting.sites.table` gives it, for this vehicle.
    also
        Names of the limits of ``STANDING`` that do not hold: ``zones`` and ``full`` sites are
        offered too.
    """
    table = table.loc[
        screening.screen(
            table, [limit for name, limit in STANDING.items() if name not in also]
        ).remaining
    ]
    made, out = _Matcher(table, examples, profile, k), []
    found: dict[tuple[Any, ...], Match] = {}
    for one in companies:
        if one.wish not in found:
            found[one.wish] = made.match(one)
        held = found[one.wish]
        out.append(
            Match(
                one, held.left, held.parks, held.limits, held.left_out, held.blocked, held.relaxed
            )
        )
    return out


Judged = dict[str, tuple[NDArray[np.int8], NDArray[np.float64]]]


class _Matcher:
    """A table of sites with what has been asked of it, as arrays: for thousands of companies frames
    would be too slow.
    """

    def __init__(
        self, table: pd.DataFrame, examples: Mapping[str, Profile], profile: str, k: int
    ) -> None:
        self.table, self.examples, self.k = table, examples, k
        self.profile = profile
        self.ids = table.index.tolist()
        self.criteria = [
            Criterion(
                name, column.format(profile=profile), "cost" if better == "low" else "benefit"
            )
            for name, (column, better) in screening.CRITERIA.items()
        ]
        refuse(faults(table, self.criteria))
        self.raw = amounts(table, self.criteria)
        self.columns: dict[str, NDArray[Any]] = {}
        self.chosen: dict[Limit, NDArray[np.int8]] = {}
        self.ranked: dict[
            tuple[bytes, tuple[Any, ...]], tuple[list[tuple[int, Park]], tuple[str, ...]]
        ] = {}
        self.units = {limit: unit for limit, _column, _kind, unit, _most in NUMBERS.values()}

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
            return (
                np.where(np.isnan(over), UNKNOWN, np.where(over > 0, FAILS, PASSES)).astype(
                    np.int8
                ),
                over,
            )
        if (
            limit not in self.chosen
        ):  # kept, unlike numbers, which are quick to compare and nearly as many as companies
            self.chosen[limit] = (
                screening.screen(self.table[[limit.column]], [limit]).states[0].to_numpy(np.int8)
            )
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
        key = kept.tobytes(), (*weights.items(), company.area_ha)
        if key not in self.ranked:
            self.ranked[key] = self.best(kept, weights, enough_ha(company.area_ha or None))
        best, left_out = self.ranked[key]
        parks = tuple(
            Park(
                one.id,
                one.score,
                one.low,
                one.high,
                self.reasons(limits, judged, row),
                one.strengths,
            )
            for row, one in best
        )
        return Match(company, int(kept.sum()), parks, limits, left_out)

    def unmet(
        self, limits: dict[str, Limit], judged: Judged
    ) -> tuple[str, tuple[tuple[str, Relaxation], ...]]:
        """Return which limit leaves nothing, and which alone would have to change how."""
        names = list(limits)
        states = {i: state for i, (state, _over) in enumerate(judged.values())}
        short = {
            i: np.where(state == FAILS, over, np.nan)
            for i, (state, over) in enumerate(judged.values())
        }
        cells = {i: self.column(limit.column) for i, limit in enumerate(limits.values())}
        frames = (pd.DataFrame(one, index=self.table.index) for one in (states, short, cells))
        funnel = screening.Funnel(tuple(limits.values()), *frames)
        blocked = next(
            (name for name, step in zip(names, funnel.steps, strict=True) if not step.remaining), ""
        )
        return blocked, tuple((names[one.position], one) for one in funnel.relax(1) if one.enough)

    def best(
        self, kept: NDArray[np.bool_], weights: dict[str, float], enough: float
    ) -> tuple[list[tuple[int, Park]], tuple[str, ...]]:
        """Rank the sites that are left, each with its row; also tell which criteria do not count,
        for want of values.

        The order and the scores are those of :func:`geo.siting.ranking.rank`; a test compares.
        """
        rows, raw = np.flatnonzero(kept), self.raw[kept]
        weighed = [i for i, one in enumerate(self.criteria) if weights.get(one.id, 0) > 0]
        known = [i for i in weighed if 2 * np.isnan(raw[:, i]).sum() <= len(rows)] or weighed
        criteria = [
            replace(one, low=0.0, high=enough) if one.id == "area" else one
            for one in (self.criteria[i] for i in known)
        ]
        raw = np.ascontiguousarray(raw[:, known])
        weight = np.array([float(weights[one.id]) for one in criteria])
        weight = weight / weight.max() / (weight / weight.max()).sum()
        missing, light = np.isnan(raw), weight < LIGHT - TIE
        ranked = ~(missing & ~light).any(axis=1)
        lowest = measure(
            raw, ranked.astype(float) if ranked.any() else np.ones(len(raw)), criteria, "sum"
        )
        terms = lowest.filled(missing & light, 0.5)
        scores, parts = terms.scores(weight), terms.parts(weight)
        low, high = lowest.scores(weight), lowest.filled(missing, 1.0).scores(weight)
        first = np.flatnonzero(ranked)
        first = first[np.argsort(-scores[first].round(12), kind="stable")][: self.k]
        out = []
        for at in first.tolist():
            most = [
                i
                for i in np.argsort(-parts[at], kind="stable")
                if parts[at, i] > 0 and not missing[at, i]
            ][:STRENGTHS]
            strengths = tuple((criteria[i].id, float(raw[at, i])) for i in most)
            out.append(
                (
                    int(rows[at]),
                    Park(
                        self.ids[rows[at]],
                        float(scores[at]),
                        float(low[at]),
                        float(high[at]),
                        (),
                        strengths,
                    ),
                )
            )
        apart = np.flatnonzero(~ranked)
        for at in apart[np.argsort(-high[apart], kind="stable")][: self.k - len(out)].tolist():
            out.append(
                (
                    int(rows[at]),
                    Park(self.ids[rows[at]], np.nan, float(low[at]), float(high[at]), (), ()),
                )
            )
        return out, tuple(self.criteria[i].id for i in weighed if i not in known)

    def reasons(self, limits: dict[str, Limit], judged: Judged, row: int) -> tuple[Reason, ...]:
        out = []
        for name, (state, over) in judged.items():
            limit, known = limits[name], bool(state[row] == PASSES)
            if isinstance(limit.value, tuple) or not known:
                out.append(Reason(name, known))
            else:
                value = self.column(limit.column)[row] / self.units[name]
                out.append(Reason(name, True, float(value), float(-over[row] / self.units[name])))
        return tuple(out)


# As a workbook ------------------------------------------------------------------------------------

TITLES = (
    "company",
    "row",
    "place",
    "park_id",
    "park",
    "free_land",
    "score",
    "reasons",
    "unknown",
    "sites_left",
    "notes",
)
"""Columns of the sheet of matches."""


def to_xlsx(
    matches: Iterable[Match],
    names: Mapping[Any, str] | None = None,
    land: Mapping[Any, str] | None = None,
    *,
    titles: Sequence[str] = TITLES,
    sheets: tuple[str, str] = ("matches", "how to read it"),
    notes: Iterable[Sequence[str]] = (),
    said: Callable[[Match, Park], tuple[str, str]] | None = None,
    unmet: Callable[[Match], str] | None = None,
) -> bytes:
    """Write matches as a workbook of two sheets; the same matches give the same bytes, and no text
    in it is a formula.

    Parameters
    ----------
    names, land
        What the sites are called, and what is known of their free land, in words.
    titles, sheets, said, unmet
        The words, for other languages: heads of the columns, names of the sheets, the reasons of a
        site and what is unknown of it, and why there is none.
    notes
        Rows of the second sheet: sources, how coarse the times are, the date.
    """
    said, unmet = said or _said, unmet or _unmet
    rows: list[Sequence[Any]] = [titles]
    for one in matches:
        head, tail = (one.company.company, one.company.row), (one.left, one.company.notes)
        for place, park in enumerate(one.parks, start=1):
            score = (
                round(100 * park.score, 1)
                if park.low == park.high
                else f"{100 * park.low:.1f} … {100 * park.high:.1f}"
            )
            about = (
                str(park.id),
                (names or {}).get(park.id, str(park.id)),
                (land or {}).get(park.id),
            )
            rows.append((*head, place, *about, score, *said(one, park), *tail))
        if not one.parks:
            rows.append((*head, None, None, None, None, None, unmet(one), None, *tail))
    return workbook({sheets[0]: rows, sheets[1]: list(notes)})


def template(lines: Iterable[Sequence[str]], titles: Mapping[str, str] | None = None) -> bytes:
    """Write the sheet to fill in: its header alone, and how to fill it in on a second sheet.

    Parameters
    ----------
    titles
        What columns are called in another language, of those that
        :func:`geo.siting.company_sheet.read` knows.
    """
    return workbook(
        {
            "companies": [[(titles or {}).get(name, name) for name in COLUMNS]],
            "how to fill it in": list(lines),
        }
    )


def title_of(name: str, language: str = "en") -> str:
    """Call a column in a language (en, vi, zh) as :func:`geo.siting.company_sheet.read` knows it,
    with its unit.
    """
    found = next(
        (text for text in HEADERS[name].split(", ") if language_of(text) == language != "en"), ""
    )
    unit = {"ha": " (ha)", "m2": " (USD/m2)"}.get(
        name.rsplit("_", 1)[-1], " (min)" if name.startswith("max") else ""
    )
    return found[0].upper() + found[1:] + unit if found else name


def to_csv(companies: Sequence[Company]) -> str:
    """Write companies so that :func:`geo.siting.company_sheet.read` returns them, in the same
    rows.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    at = 1
    for one in companies:
        out.write("\n" * (one.row - at - 1))
        chosen = ["; ".join(getattr(one, name)) for name in CHOICES]
        numbers = [
            "" if (value := getattr(one, name)) is None else f"{value:.6f}" for name in NUMBERS
        ]
        writer.writerow([_safe(one.company), *chosen, *numbers, _safe(one.notes)])
        at = one.row
    return out.getvalue()


def workbook(sheets: Mapping[str, Iterable[Sequence[Any]]]) -> bytes:
    """Write rows of texts and numbers as XLSX. An apostrophe stands before every text that a
    spreadsheet would run.
    """
    import openpyxl
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    book = openpyxl.Workbook(write_only=True)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "A2"
        for number, row in enumerate(rows):
            cells = [_safe(cell) for cell in row]
            if number == 0:
                cells = [WriteOnlyCell(sheet, cell) for cell in cells]
                for cell in cells:
                    cell.font = Font(bold=True)
            sheet.append(cells)
    held = io.BytesIO()
    book.save(held)
    return _dateless(held.getvalue())


def _safe(cell: Any) -> Any:
    if not isinstance(cell, str):
        return None if cell is None or cell != cell else cell
    text = _NOT_XML.sub("", cell)
    return guarded(text)[:_MOST_IN_A_CELL]


def _dateless(data: bytes) -> bytes:
    """Take the time of writing out of a workbook."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as given,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for name in given.namelist():
            text = given.read(name)
            if name == "docProps/core.xml":
                text = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2000-01-01T00:00:00Z", text)
            made.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _said(_match: Match, park: Park) -> tuple[str, str]:
    """Return the reasons of a site and what is unknown of it, in English and in the units of the
    sheet.
    """
    met = [
        (
            one.limit
            if one.value != one.value
            else (
                f"{one.limit}: at most {one.value:.4g}"
                if one.limit == "area_needed"
                else f"{one.limit}: {one.value:.4g}, {one.margin:.4g} better than asked"
            )
        )
        for one in park.reasons
        if one.known
    ]
    return "; ".join(met), "; ".join(one.limit for one in park.reasons if not one.known)


def _unmet(one: Match) -> str:
    relaxed = [
        f"{name} → {change.value if not change.added else ', '.join(change.added)}"
        for name, change in one.relaxed
    ]
    return f"no site is left by {one.blocked}" + (
        f"; one would be with {' or '.join(relaxed)}" if relaxed else ""
    )
