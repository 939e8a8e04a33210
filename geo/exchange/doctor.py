"""Examine a file that a department brings: what it is, what is doubtful in it, and what is sure.
Nothing is written.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geo import crs, layers
from geo.errors import InputError, Message
from geo.exchange import (
    columns,
    duplicates,
    encodings,
    formats,
    merging,
    money,
    placing,
    reading,
    references,
    values,
)
from geo.exchange.columns import Column
from geo.exchange.doubts import Doubts, Fault, Proposal, Question
from geo.exchange.known import Known
from geo.exchange.quiet import quiet
from geo.exchange.systems import Evidence, System
from geo.exchange.table import Table

if TYPE_CHECKING:
    import geopandas as gpd

MOST_FAULTS = 1_000
WHOLE = {"part", "encoding", "font"}
"""Questions of the whole file: while one is open, nothing in it is sure."""
PREVIEW = 3
"""Cells of a column that are shown."""


@dataclass(frozen=True)
class Examination:
    """What a file is, and what is doubtful in it.

    Attributes
    ----------
    kind, part, encoding
        What the file is, the sheet or layer that was read, and what its text is written in.
    mapping
        Its columns and the fields that they are.
    rows
        The rows as they were understood, with ``_at``, their number in the file; fields without a
        value are left out.
    system
        The system of the positions; None while it is an open question, or where there are none.
    form
        How the positions are written.
    sites
        The known site that each row is, empty where it is a new one or that is not known.
    questions
        Open questions, each with its proposals, the best first.
    faults, notices
        What is wrong, and what is worth telling.
    sure
        The rows without a doubt of where they lie, in WGS 84, by their number in the file, with the
        column ``site``.
    """

    kind: str
    part: str
    encoding: str
    mapping: tuple[Column, ...]
    preview: Mapping[str, tuple[str, ...]]
    rows: tuple[dict[str, Any], ...]
    system: System | None
    form: str
    sites: tuple[str, ...]
    questions: tuple[Question, ...]
    faults: tuple[Fault, ...]
    notices: tuple[str, ...]
    sure: gpd.GeoDataFrame

    @property
    def is_clear(self) -> bool:
        """Whether nothing is open."""
        return not self.questions and not self.faults


@quiet()
def examine(
    path: str | os.PathLike[str],
    known: Known | str | os.PathLike[str],
    layer: str = "parks",
    answers: Mapping[str, str] | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Examination:
    """Examine a file; every doubt is a question with proposals, and nothing is guessed silently.

    Parameters
    ----------
    known
        What an atlas knows, or the folder of its data package.
    layer
        What the file holds.
    answers
        Choices by the key of a question, which settle it.
    mapping
        Fields by header, empty for a column that is left out.

    Raises
    ------
    NotFoundError
        The file or the layer does not exist.
    InputError
        The file cannot be read, or an answer is not one of those proposed.
    """
    known = known if isinstance(known, Known) else Known.read(known, layers.get(layer).id)
    doubts = Doubts(values.answers_of(answers or {}))
    table = _read(Path(path), known, doubts)
    header, rows, numbers, formulas = _below_header(table, doubts)
    mapped = _mapped(header, known, mapping or {}, doubts)
    rows = _repaired(rows, known, doubts)
    records = _records(mapped, rows, numbers, formulas, known, doubts)
    keys = duplicates.keys_of(records)
    by_name = duplicates.candidates(records, keys, known)
    evidence = Evidence(
        known,
        [sites for sites, _ in by_name],
        [str(record.get("province_en", "")) for record in records],
    )
    shapes, system, form = placing.placed(table, mapped, rows, numbers, evidence, doubts)
    lonlat = placing.checked(records, placing.points(shapes), evidence, doubts)
    sites, dropped = [""] * len(records), set(range(len(records)))
    if not WHOLE & {question.key for question in doubts.open}:
        sites = duplicates.sites_of(records, lonlat, by_name, known, doubts)
        dropped = duplicates.repeated(records, keys, lonlat, sites, doubts)
    _with_countries(
        [record for record, site in zip(records, sites, strict=True) if not site], known, doubts
    )
    doubts.notices += [
        Message("The answer to %(key)s was not asked for.", {"key": key})
        for key in doubts.answers
        if key not in doubts.asked and not key.startswith("column:")
    ]
    there: list[bool] = np.asarray(np.isfinite(lonlat).all(axis=1)).tolist()
    if not known.layer.geometry:
        there = [True] * len(records)
    sure = _sure(records, shapes, there, sites, dropped, doubts)
    return Examination(
        table.kind,
        table.part,
        table.encoding,
        tuple(mapped),
        {column.header: _preview(column, rows) for column in mapped},
        tuple(records),
        system,
        form,
        tuple(sites),
        doubts.open,
        tuple(doubts.faults[:MOST_FAULTS]),
        tuple(doubts.notices),
        sure,
    )


def _records(
    mapped: Sequence[Column],
    rows: Sequence[Sequence[Any]],
    numbers: Sequence[int],
    formulas: Sequence[tuple[int, int]],
    known: Known,
    doubts: Doubts,
) -> list[dict[str, Any]]:
    """Read the cells of all columns but those of positions, as fields by row."""
    read: list[list[tuple[str, str | None]]] = []
    own_unit = any(column.field == money.UNIT for column in mapped)
    for column in mapped:
        if not column.field or column.field in columns.OF_POSITION:
            continue
        cells = values.Cells(column, [row[column.at] for row in rows], numbers)
        computed = {row for row, at in formulas if at == column.at}
        if column.field == money.AMOUNT and not own_unit:
            read += money.read(cells, computed, known, doubts)
        elif (
            field := columns.field_of(column.field, known.layer)
        ) and field.refers in known.frames:
            read.append(references.read(cells, field, known, doubts))
        else:
            read.append(values.texts(cells, computed, known, doubts))
    records = values.merged(read, len(rows))
    return [
        {"_at": number} | {name: value for name, value in record.items() if value is not None}
        for number, record in zip(numbers, records, strict=True)
    ]


def _with_countries(records: Sequence[dict[str, Any]], known: Known, doubts: Doubts) -> None:
    """Fill in the country of new rows that only state a province, of which it is known."""
    if not known.layer.has("country"):
        return
    filled = 0
    for record in records:
        country = known.countries.get(record.get("province_en") or "")
        if country and record.get("country") is None:
            record["country"] = country
            filled += 1
    if filled:
        doubts.notices.append(
            Message("The country of %(n)s new rows follows from their province.", {"n": filled})
        )


def _preview(column: Column, rows: Sequence[Sequence[Any]]) -> tuple[str, ...]:
    cells = (str(row[column.at]) for row in rows if row[column.at] is not None)
    return tuple(cell for cell, _ in zip(cells, range(PREVIEW), strict=False))


def _read(path: Path, known: Known, doubts: Doubts) -> Table:
    """Read the file; several parts and a doubtful encoding are questions."""
    part, encoding = doubts.answers.get("part", ""), doubts.answers.get("encoding", "")
    if encoding and encoding not in encodings.ENCODINGS:
        raise InputError(
            Message(
                "“%(answer)s” is not an encoding; choose from: %(known)s.",
                {"answer": encoding, "known": ", ".join(encodings.ENCODINGS)},
            )
        )
    table = reading.read_apart(path, part, encoding, known.words)
    if len(table.parts) > 1:
        doubts.ask(
            "part",
            Message("Which part of the file is meant? “%(part)s” was read.", {"part": table.part}),
            [Proposal(name, name) for name in dict.fromkeys((table.part, *table.parts))],
        )
    if not table.sure or encoding:
        options = table.options | (
            {} if encoding in table.options or not encoding else {encoding: ""}
        )
        doubts.ask(
            "encoding",
            Message("In which encoding is the text written?"),
            [Proposal(name, sample or name) for name, sample in options.items()],
        )
    elif table.encoding not in ("UTF-8", ""):
        doubts.notices.append(
            Message("The text was read as %(encoding)s.", {"encoding": table.encoding})
        )
    return table


def _below_header(
    table: Table, doubts: Doubts
) -> tuple[list[str], list[list[Any]], list[int], list[tuple[int, int]]]:
    """Part a table into its header and the rows below, with their numbers, without empty ones."""
    if table.header or table.shapes is not None:
        numbers = list(range(1, len(table.rows) + 1))
        return table.header, table.rows, numbers, []
    top = merging.filled(table.rows[: columns.MAX_TITLES], table.merged)
    at = columns.header_at(top)
    if at:
        doubts.notices.append(
            Message("The rows above the header, to row %(n)s, were left out.", {"n": at})
        )
    header = ["" if cell is None else str(cell) for cell in top[at]] if table.rows else []
    below = [
        (number, row)
        for number, row in enumerate(merging.settled(table, at, doubts)[at + 1 :], at + 2)
        if row.count(None) < len(row)
    ]
    if not below:
        raise InputError(Message("The file holds no rows."))
    width = max(len(header), *(len(row) for _, row in below))
    if width > len(header):
        doubts.notices.append(
            Message(
                "Cells without a header, in %(n)s columns, were left out.",
                {"n": width - len(header)},
            )
        )
    short = [number for number, row in below if len(row) < len(header)]
    if short and table.kind == "CSV":
        doubts.notices.append(
            Message(
                "Rows with fewer cells than the header: %(n)s, the first of them row %(row)s.",
                {"n": len(short), "row": short[0]},
            )
        )
    header += [""] * (width - len(header))
    place = {number: index for index, (number, _) in enumerate(below)}
    formulas = [(place[row + 1], col) for row, col in table.formulas if row + 1 in place]
    rows = [[*row, *[None] * (width - len(row))] for _, row in below]
    return header, rows, [number for number, _ in below], formulas


def _mapped(
    header: Sequence[str], known: Known, chosen: Mapping[str, str], doubts: Doubts
) -> list[Column]:
    """Map the columns; one whose name is nearly that of a field, and two of one field, are
    questions.
    """
    kept = dict(chosen)
    for text in map(str, header):
        answer = doubts.answers.get(f"column:{text}")
        if answer is not None and (answer == "none" or columns.is_of(answer, known.layer)):
            kept[text] = "" if answer == "none" else answer
    mapped, doubled = columns.mapped(header, known.layer, kept)
    used = {column.field for column in mapped}
    for column in mapped:
        counts = columns.is_counter(column.header)
        if not column.header or column.field or column.header in chosen or counts:
            continue
        rival = next((name for name, rivals in doubled.items() if column in rivals), "")
        close = rival or ("" if column.close in used else column.close)
        if close:
            text = (
                Message("Two columns are called like %(field)s. What is “%(column)s”?")
                if rival
                else Message("Is the column “%(column)s” the field %(field)s?")
            )
            sentence = Message(text.text, {"column": column.header, "field": close})
            proposals = [
                Proposal(close, Message("the field %(field)s", {"field": close})),
                Proposal("none", Message("none; leave it out")),
            ]
            doubts.ask(f"column:{column.header}", sentence, proposals[::-1] if rival else proposals)
        else:
            doubts.notices.append(
                Message(
                    "The column “%(column)s” is not recognised and was left out.",
                    {"column": column.header},
                )
            )
    return mapped


def _repaired(rows: list[list[Any]], known: Known, doubts: Doubts) -> list[list[Any]]:
    """Ask whether texts that look like letters of an old Vietnamese font are such."""
    texts = [cell for row in rows for cell in row if isinstance(cell, str) and not cell.isascii()]
    options = encodings.legacy("\n".join(texts), known.words)
    if not options and "font" not in doubts.answers:
        return rows
    proposals = [
        Proposal(option.encoding, formats.sample(option.text) or option.encoding)
        for option in options
    ]
    proposals.append(Proposal("none", Message("no; the text is as it should be")))
    answer = doubts.ask(
        "font", Message("Is the text written for the fonts of an old encoding?"), proposals
    )
    if answer in (None, "none"):
        return rows
    return [
        [encodings.repaired(cell, answer) if isinstance(cell, str) else cell for cell in row]
        for row in rows
    ]


def _sure(
    records: Sequence[dict[str, Any]],
    shapes: Sequence[Any],
    there: Sequence[bool],
    sites: Sequence[str],
    dropped: set[int],
    doubts: Doubts,
) -> gpd.GeoDataFrame:
    """Collect the rows of which nothing is open, of those whose place is ``there``."""
    import geopandas as gpd

    keys = [question.key.partition(":") for question in doubts.open]
    doubtful = {row for kind, _, row in keys if kind in ("site", "twice")}
    open_fields = {"_at"} | {
        proposal.choice
        for question in doubts.open
        if question.key.startswith("column:")
        for proposal in question.proposals
    }
    kept = [
        number
        for number, record in enumerate(records)
        if there[number] and number not in dropped and str(record["_at"]) not in doubtful
    ]
    names = dict.fromkeys(
        name for number in kept for name in records[number] if name not in open_fields
    )
    columns = {name: [records[number].get(name, np.nan) for number in kept] for name in names}
    columns["site"] = [sites[number] for number in kept]
    return gpd.GeoDataFrame(
        columns if kept else None,
        index=[records[number]["_at"] for number in kept],
        geometry=[shapes[number] for number in kept],
        crs=crs.WGS84,
    )
