"""Read sheets of companies that strangers bring, with nothing but openpyxl and csv.

Formulas are never computed. Every fault is named by row and column, and a row with a fault gives no
company."""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import os
import re
import zipfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from geo.siting.amounts import read_column
from geo.siting.companies import (
    CHOICES,
    MAX_COLUMNS,
    MAX_ROWS,
    MAX_TEXT,
    NUMBERS,
    Company,
    Formula,
    Sheet,
    Words,
    is_unlimited,
)
from geo.siting.sheet_faults import MAX_FAULTS, Fault, SheetError
from geo.siting.sheet_header import (
    MAX_TITLES,
    Rows,
    header_at,
    header_language,
    header_of,
    letter_of,
    named,
    named_cells,
)
from geo.text import bare, fold, one_line, short, unguarded

MAX_BYTES = 1024 * 1024
MAX_UNPACKED_BYTES = 64 * 1024 * 1024


def read(source: bytes | str | os.PathLike[str], known: Words) -> Sheet:
    """Read a sheet of companies, XLSX or CSV by its content.

    The header may stand below titles. Columns that are not known are noted, and a row with a fault
    is left out.

    Raises
    ------
    SheetError
        The sheet cannot be read as a whole, or no row is without a fault; every fault is listed
        with its row and column.
    """
    table = _table(source)
    rows = [(number, cells) for number, cells in table.rows if any(map(one_line, cells))]
    at = header_at(rows)
    notes = list(table.notes)
    if at:
        notes.append(Fault("titles", values={"n": rows[at - 1][0]}))
    header, rows = (rows[at], rows[at + 1 :]) if rows else ((0, []), [])
    merged = [span for span in table.merged if span.values["to"] >= header[0]]
    if not rows:
        raise SheetError([*merged, Fault("empty")])
    names, units, wrong = header_of(*header, notes)
    wrong += [span for span in merged if span.row <= header[0]]
    if len(rows) > MAX_ROWS:
        wrong.append(Fault("many", values={"n": len(rows), "most": MAX_ROWS}))
    width = len(header[1]) if table.is_csv else 0
    faults = [span for span in merged if span.row > header[0]]
    faults += [
        Fault("cells", n, "", {"n": len(cells), "of": width})
        for n, cells in rows
        if width and len(cells) != width
    ]
    columns: dict[str, list[Any]] = {"row": [number for number, _ in rows]}
    for index, name in enumerate(names):
        cells = [(number, row[index] if index < len(row) else None) for number, row in rows]
        letter = letter_of(index)
        if not name:
            filled = next((number for number, cell in cells if one_line(cell)), 0)
            if filled and not one_line(header[1][index]):
                notes.append(Fault("outside", filled, letter))
            continue
        if name in NUMBERS:
            language = header_language(header[1][index : index + 1])
            language = language if language != "en" else header_language(header[1])
            columns[name], odd = read_column(name, letter, units[index], language, cells, notes)
        elif name in CHOICES:
            columns[name], odd = _choices(name, letter, known, cells, notes)
        else:
            columns[name], odd = _texts(name, letter, cells)
        faults += odd
    faults.sort(key=lambda fault: (fault.row, len(fault.column), fault.column))
    bad = {
        row for fault in faults for row in range(fault.row, fault.values.get("to", fault.row) + 1)
    }
    companies = [] if wrong else _companies(columns, bad, notes)
    if not companies:
        reasons = [note for note in notes if note.code in ("header", "header_close")]
        reasons += [
            note for note in notes if note.code == "decoded" and note.values["encoding"] != "UTF-8"
        ]
        raise SheetError([*wrong, *faults, *reasons])
    notes = [note for note in notes if note.row not in bad or note.code in HEADER_NOTES]
    if len(faults) > MAX_FAULTS:
        faults = [*faults[:MAX_FAULTS], Fault("more", values={"n": len(faults) - MAX_FAULTS})]
    return Sheet(tuple(companies), tuple(notes[:MAX_FAULTS]), tuple(faults))


def _table(source: bytes | str | os.PathLike[str]) -> _Table:
    """Read the cells of a sheet; `SheetError` where it is too large or no sheet."""
    if not isinstance(source, bytes) and Path(source).stat().st_size > MAX_BYTES:
        raise SheetError([Fault("large", values={"n": MAX_BYTES})])
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    if len(data) > MAX_BYTES:
        raise SheetError([Fault("large", values={"n": MAX_BYTES})])
    try:
        return _xlsx_rows(data) if data[:4] == b"PK\x03\x04" else _csv_rows(data)
    except csv.Error:
        raise SheetError([Fault("broken")]) from None


HEADER_NOTES = ("header", "header_close", "outside", "titles")
"""Notes that belong to a whole column or sheet, whichever row they name."""


def _companies(
    columns: Mapping[str, list[Any]], bad: Collection[int], notes: list[Fault]
) -> list[Company]:
    """Build the companies of the rows without a fault; names that come twice are noted."""
    names = list(columns)
    blank: dict[str, Any] = dict.fromkeys(CHOICES, ()) | dict.fromkeys(NUMBERS) | {"notes": ""}
    rows = (
        blank | dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)
    )
    companies = [Company(**row) for row in rows if row["row"] not in bad]
    first: dict[str, int] = {}
    for company in companies:
        if first.setdefault(fold(company.company), company.row) != company.row:
            values = {"text": company.company, "other": first[fold(company.company)]}
            notes.append(Fault("repeated", company.row, "", values))
    return companies


@dataclass(frozen=True)
class _Table:
    """Rows as they stand in a file, with their numbers; which cells are merged, and what is worth
    telling.
    """

    rows: Rows
    merged: tuple[Fault, ...] = ()
    notes: tuple[Fault, ...] = ()
    is_csv: bool = False


def _csv_rows(data: bytes) -> _Table:
    text, encoding = _decode(data)
    rows: Rows = list(
        enumerate(
            csv.reader(io.StringIO(text, newline=""), delimiter=_head(text)[1], strict=True), 1
        )
    )
    rows = [(number, [unguarded(cell) for cell in row]) for number, row in rows]
    return _Table(rows, notes=(Fault("decoded", values={"encoding": encoding}),), is_csv=True)


def _decode(data: bytes) -> tuple[str, str]:
    """Return the text of a CSV file and its encoding: UTF-8, UTF-16 with its mark, or GB18030, as
    which Chinese Excel saves.

    Almost any bytes are GB18030 text of some kind, so it has to prove itself, by a known header in
    Chinese, or by a known header and no character beyond GB 2312: letters of another encoding, such
    as Windows-1258, would make rarer ones."""
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding, name in (
        (("utf-16", "UTF-16"),) if marked else (("utf-8-sig", "UTF-8"), ("gb18030", "GB18030"))
    ):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        if name != "GB18030" or _is_chinese(text):
            return text, name
    raise SheetError([Fault("kind" if b"\x00" in data and not marked else "encoding")])


def _is_chinese(text: str) -> bool:
    known = [cell for cell in _head(text)[0] if named(cell)[0]]
    if any(not cell.isascii() for cell in known):
        return True
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return bool(known)


def _head(text: str) -> tuple[list[str], str]:
    """Find the header of a CSV text, and the sign between its cells: the line that names most
    columns, by whichever sign.
    """
    lines = [line for line in text.splitlines() if line.strip(" ;,\t")][:MAX_TITLES]
    best: tuple[tuple[int, int], list[str], str] = ((0, 0), [], ";")
    for delimiter in ";\t,":
        rows = list(csv.reader(lines, delimiter=delimiter))
        cells = max(rows, key=named_cells, default=[])
        best = max(
            best, ((named_cells(cells), len(cells)), cells, delimiter), key=lambda each: each[0]
        )
    return best[1], best[2]


def _xlsx_rows(data: bytes) -> _Table:
    """Read the first sheet. What stands in the archive is looked at before openpyxl sees it: how
    much it is, and no definitions.
    """
    import openpyxl

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise SheetError([Fault("large", values={"n": MAX_UNPACKED_BYTES})])
            for part in archive.infolist():
                if part.filename.endswith((".xml", ".rels")) and re.search(
                    rb"<!DOCTYPE|<!ENTITY|\x00", archive.read(part)
                ):
                    raise SheetError([Fault("broken")])
        book = openpyxl.load_workbook(io.BytesIO(data), keep_links=False)
        sheet = book.worksheets[0]
        if sheet.max_row > 2 * MAX_ROWS:
            raise SheetError([Fault("long", values={"n": 2 * MAX_ROWS})])
        if sheet.max_column > MAX_COLUMNS:
            raise SheetError([Fault("wide", values={"column": letter_of(MAX_COLUMNS - 1)})])
        spans = sorted(sheet.merged_cells.ranges, key=lambda span: (span.min_row, span.min_col))
        merged = tuple(
            Fault("merged", span.min_row, "", {"cells": span.coord, "to": span.max_row})
            for span in spans
        )
        rows: Rows = []
        for number, row in enumerate(sheet.iter_rows(), 1):
            rows.append(
                (
                    number,
                    [
                        Formula(_formula(cell.value)) if cell.data_type == "f" else cell.value
                        for cell in row
                    ],
                )
            )
        return _Table(rows, merged)
    except SheetError:
        raise
    except Exception:  # openpyxl raises whatever a damaged file leads it to
        raise SheetError([Fault("broken")]) from None


def _formula(value: Any) -> str:
    return str(getattr(value, "text", value) or "=")


def _texts(
    name: str, column: str, cells: Iterable[tuple[int, Any]]
) -> tuple[list[str], list[Fault]]:
    values = [(row, one_line(cell)) for row, cell in cells]
    faults = [
        Fault("text", row, column, {"n": MAX_TEXT[name]})
        for row, text in values
        if len(text) > MAX_TEXT[name]
    ]
    if name == "company":
        faults += [Fault("name", row, column) for row, text in values if not text]
    return [text for _, text in values], faults


def _choices(
    name: str, column: str, words: Words, cells: Iterable[tuple[int, Any]], notes: list[Fault]
) -> tuple[list[tuple[str, ...]], list[Fault]]:
    values: list[tuple[str, ...]] = []
    faults: list[Fault] = []
    told: set[str] = set()
    codes_of = lru_cache(maxsize=None)(lambda part: meant(name, part, words))
    for row, cell in cells:
        text = one_line(cell)
        codes: list[str] = []
        if isinstance(cell, Formula) or text.startswith("="):
            faults.append(Fault("formula", row, column))
        elif not is_unlimited(cell):
            parts = (
                [text]
                if codes_of(text)[1]
                else [part.strip() for part in re.split(r"[;,、/；，]", text) if part.strip()]
            )
            for part in dict.fromkeys(parts):
                known, is_sure = codes_of(part)
                codes += known
                if not known:
                    values_known = sorted(set(words[name].values()))
                    faults.append(
                        Fault(
                            "word",
                            row,
                            column,
                            {"text": short(part), "known": values_known, "of": name},
                        )
                    )
                elif part not in told and (not is_sure or fold(part) in words["former"]):
                    told.add(part)
                    code = "like" if name != "province" else "former"
                    notes.append(
                        Fault(
                            code,
                            row,
                            column,
                            {"text": short(part), "known": list(known), "of": name},
                        )
                    )
        values.append(tuple(dict.fromkeys(codes)))
    return values, faults


def meant(name: str, text: str, words: Words) -> tuple[tuple[str, ...], bool]:
    """Find the codes that a word of a column stands for, and whether it is one of the words known
    here.

    A sector may also be a longer name that holds such words, 汽车零部件 for one, or a word that is
    nearly one."""
    folded, known = fold(text), words[name]
    if folded in known:
        return (known[folded],), True
    if name == "province" and bare(folded) in known:
        return (known[bare(folded)],), True
    if name != "sector":
        return (), False
    inside = [
        word for word in known if word in folded and len(word) >= (4 if word.isascii() else 2)
    ]
    longest = [
        word for word in inside if not any(word != other and word in other for other in inside)
    ]
    if not longest:
        longest = difflib.get_close_matches(folded, known, 1, 0.85)
    return tuple(dict.fromkeys(known[word] for word in longest)), False
