"""The command that looks at a file from elsewhere, says what is doubtful in it and what it would
change, and keeps what it states."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geo.errors import AtlasError, InputError
from webapp import i18n
from webapp.cli import brought
from webapp.cli.options import Context
from webapp.i18n import gettext

if TYPE_CHECKING:
    from geo.exchange.doctor import Examination

UNREADABLE = 2
"""Exit code for a file that cannot be read."""
MOST_LINES = 100
"""Questions, faults and rows of the report; the rest is counted."""


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--layer", "layer_id", default="parks", show_default=True, help="What FILE holds.")
@click.option(
    "--answer",
    "answers",
    multiple=True,
    metavar="KEY=VALUE",
    help="Answer a question; may stand several times.",
)
@click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    help="JSON file of columns and answers from an earlier run.",
)
@click.option(
    "--keep-mapping",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write columns and answers to this JSON file, for the next run.",
)
@brought.options
@click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
@click.pass_obj
def bring(
    context: Context,
    /,
    file: Path,
    layer_id: str,
    answers: tuple[str, ...],
    mapping: Path | None,
    keep_mapping: Path | None,
    as_json: bool,
    **terms: Any,
) -> None:
    """Examine FILE from elsewhere: what it is, what is doubtful in it, what is known already.

    CSV, XLSX, GeoJSON, GeoPackage, Shapefile (zip), KML, KMZ, GPX or DXF. It says what the file
    would change; only with --keep its statements are written into the book of the exchange. The
    exit code is 0 where nothing is open, 1 with open questions or faults, and 2 for a file that
    cannot be read.
    """
    from geo.exchange import mapping_file

    settled = dict(_answer(text) for text in answers)
    try:
        from geo import layers
        from geo.exchange import doctor
        from geo.exchange.known import Known
        from webapp.catalogues import province_names

        layer = layers.get(layer_id)
        kept = mapping_file.read(mapping, layer) if mapping else mapping_file.Kept()
        settled = {**kept.answers, **settled}
        known = Known.read(context.data, layer.id, province_names)
        exam = doctor.examine(file, known, layer.id, settled, kept.columns)
        outcome = brought.look(context, exam, layer.id, file, terms)
    except AtlasError as error:
        click.echo(f"zoneatlas: {error.said_in(i18n.gettext)}", err=True)
        click.get_current_context().exit(UNREADABLE)
    if keep_mapping:
        columns = {column.header: column.field for column in exam.mapping if column.header}
        general = {key: value for key, value in settled.items() if not key.startswith(OF_A_ROW)}
        text = mapping_file.Kept(columns, general).text()
        keep_mapping.write_text(text, encoding="utf-8")
    if as_json:
        plain = _plain(exam, file) | outcome.plain()
        click.echo(json.dumps(plain, ensure_ascii=False, indent=1))
    else:
        for line in (*_report(exam, file), *outcome.lines()):
            click.echo(line)
    click.get_current_context().exit(0 if exam.is_clear else 1)


OF_A_ROW = ("site:", "twice:")
"""Beginnings of questions that are of one row of one file, and not kept for the next."""


def _answer(text: str) -> tuple[str, str]:
    key, equals, value = text.rpartition("=")
    if not equals or not key:
        raise InputError(
            gettext("“%(text)s” is not an answer; write KEY=VALUE, such as part=Sheet2.", text=text)
        )
    return key, value


def _plain(exam: Examination, file: Path) -> dict[str, Any]:
    """Return an examination as JSON can hold it."""
    points = exam.sure.geometry.representative_point()
    return {
        "file": file.name,
        "kind": exam.kind,
        "part": exam.part,
        "encoding": exam.encoding,
        "system": exam.system.choice if exam.system else None,
        "columns": [
            {
                "header": column.header,
                "field": column.field or None,
                "cells": list(exam.preview.get(column.header, ())),
            }
            for column in exam.mapping
        ],
        "rows": [
            {"row": row["_at"], "site": site or None}
            | {name: value for name, value in row.items() if name != "_at"}
            for row, site in zip(exam.rows, exam.sites, strict=True)
        ],
        "sure": [
            {"row": int(row), "lon": round(x, 7), "lat": round(y, 7)}
            for row, x, y in zip(exam.sure.index, points.x, points.y, strict=True)
        ],
        "questions": [
            {
                "key": question.key,
                "question": i18n.said(question.text),
                "proposals": [
                    {"choice": proposal.choice, "evidence": i18n.said(proposal.text)}
                    for proposal in question.proposals
                ],
            }
            for question in exam.questions
        ],
        "faults": [
            {"row": fault.row or None, "column": fault.column, "fault": i18n.said(fault.text)}
            for fault in exam.faults
        ],
        "notices": [i18n.said(notice) for notice in exam.notices],
    }


def _report(exam: Examination, file: Path) -> Iterator[str]:
    """Write an examination in lines for a person."""
    what = ", ".join(filter(None, (exam.kind, exam.part, exam.encoding)))
    yield gettext("%(file)s: %(what)s, %(n)s rows", file=file.name, what=what, n=len(exam.rows))
    yield from (f"  {i18n.said(notice)}" for notice in exam.notices)
    yield ""
    yield gettext("Columns")
    for column in exam.mapping:
        cells = ", ".join(f"“{cell[:30]}”" for cell in exam.preview.get(column.header, ()))
        yield f"  {column.header or '–'} → {column.field or '–'}  {cells}"
    if exam.form:
        yield ""
        system = exam.system.name if exam.system else gettext("an open question")
        yield gettext("Positions: %(system)s", system=i18n.said(system))
    yield ""
    known = sum(map(bool, exam.sites))
    yield gettext(
        "%(known)s rows are known sites, and %(sure)s are sure in every respect.",
        known=known,
        sure=len(exam.sure),
    )
    rows = [
        f"  {row['_at']}: {site}" for row, site in zip(exam.rows, exam.sites, strict=True) if site
    ]
    yield from _few(rows)
    if exam.questions:
        yield ""
        yield gettext("Questions; answer with --answer KEY=VALUE")
        for question in exam.questions[:MOST_LINES]:
            yield f"  {question.key}: {i18n.said(question.text)}"
            for proposal in question.proposals:
                yield f"    {proposal.choice}  {i18n.said(proposal.text)}"
    if exam.faults:
        yield ""
        yield gettext("Faults")
        yield from _few([f"  {i18n.said(fault.sentence)}" for fault in exam.faults])


def _few(lines: list[str]) -> Iterator[str]:
    yield from lines[:MOST_LINES]
    if len(lines) > MOST_LINES:
        yield "  " + gettext("and %(n)s more", n=len(lines) - MOST_LINES)


COMMANDS = (bring,)
