"""Companies and their matches as files: workbooks, and CSV that is read back."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from geo.export.archive import dateless
from geo.siting.companies import CHOICES, COLUMNS, HEADERS, NUMBERS, Company, language_of
from geo.siting.matching import Match, Park
from geo.siting.measures import limits
from geo.text import guarded, xml_safe

_MOST_IN_A_CELL = 32_000
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
    reasons: Callable[[Match, Park], tuple[str, str]] | None = None,
    unmet: Callable[[Match], str] | None = None,
    more: Mapping[str, Sequence[Sequence[Any]]] | None = None,
) -> bytes:
    """Write matches as a workbook of two sheets or more; the same matches give the same bytes, and
    no text in it is a formula.

    Parameters
    ----------
    names, land
        What the sites are called, and what is known of their free land, in words.
    titles, sheets, reasons, unmet
        The words, for other languages: heads of the columns, names of the sheets, the reasons of a
        site and what is unknown of it, and why there is none.
    more
        Further sheets by name.
    notes
        Rows of the second sheet: sources, how far off times are, the date.
    """
    reasons, unmet = reasons or _reasons, unmet or _unmet
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
            rows.append((*head, place, *about, score, *reasons(one, park), *tail))
        if not one.parks:
            rows.append((*head, None, None, None, None, None, unmet(one), None, *tail))
    return workbook({sheets[0]: rows, sheets[1]: list(notes), **(more or {})})


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
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    at = 1
    for company in companies:
        file.write("\n" * (company.row - at - 1))
        chosen = ["; ".join(getattr(company, name)) for name in CHOICES]
        amounts = (getattr(company, name) for name in NUMBERS)
        numbers = ["" if amount is None else f"{amount:.6f}" for amount in amounts]
        writer.writerow([_safe(company.company), *chosen, *numbers, _safe(company.notes)])
        at = company.row
    return file.getvalue()


def workbook(
    sheets: Mapping[str, Iterable[Sequence[Any]]],
    widths: Mapping[str, Sequence[float]] | None = None,
) -> bytes:
    """Write rows of texts and numbers as XLSX. An apostrophe stands before every text that a
    spreadsheet would run.

    Parameters
    ----------
    widths
        How wide the first columns of a sheet are, in characters, by its title.
    """
    import openpyxl
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = openpyxl.Workbook(write_only=True)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "A2"
        for column, width in enumerate((widths or {}).get(title, ()), start=1):
            sheet.column_dimensions[get_column_letter(column)].width = width
        for number, row in enumerate(rows):
            cells = [_safe(cell) for cell in row]
            if number == 0:
                cells = [WriteOnlyCell(sheet, cell) for cell in cells]
                for cell in cells:
                    cell.font = Font(bold=True)
            sheet.append(cells)
    held = io.BytesIO()
    book.save(held)
    return dateless(held.getvalue())


def _safe(cell: Any) -> Any:
    if not isinstance(cell, str):
        return None if cell is None or cell != cell else cell
    return guarded(xml_safe(cell))[:_MOST_IN_A_CELL]


def _reasons(_match: Match, park: Park) -> tuple[str, str]:
    """Return the reasons of a site and what is unknown of it, in English and in the units of the
    sheet.
    """
    rows = limits()
    met = [
        (
            one.limit
            if one.value != one.value
            else f"{one.limit}: at most {one.value:.4g}"
            if rows[one.limit].enough is not None
            else f"{one.limit}: {one.value:.4g}, {one.margin:.4g} better than asked"
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
