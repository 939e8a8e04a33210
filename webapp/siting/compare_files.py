"""Sites side by side as files: the rows of the page with their numbers, units and sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol
from urllib.parse import urlencode

from webapp import labels
from webapp.i18n import gettext as _
from webapp.siting import files
from webapp.siting.beside import Cell, Part, Row
from webapp.siting.files import Line
from webapp.store import Store


class Queried(Protocol):
    """What a page shows, as its address holds it."""

    def query(self) -> list[tuple[str, Any]]: ...


def document(
    opened: Store,
    wish: Queried,
    order: Sequence[str],
    parts: Sequence[Part],
    left_out: Sequence[str],
) -> dict[str, Any]:
    """Return the comparison for programs."""
    parks = opened.layer("parks")
    return {
        "link": files.link(opened, urlencode(wish.query())),
        "sites": [
            {
                "id": site,
                "name": labels.name(parks.loc[site]),
                "link": f"{opened.public_url}/sites/{site}",
            }
            for site in order
        ],
        "left_out": list(left_out),
        "parts": [
            {"title": part.title, "rows": [_row(row, order) for row in part.rows]} for part in parts
        ],
        "licence": opened.about("parks").licence,
        "sources": list(opened.about("parks").sources),
    }


def _row(row: Row, order: Sequence[str]) -> dict[str, Any]:
    return {
        "title": row.title,
        "unit": row.unit or None,
        "stated": list(row.stated),
        "also": row.also or None,
        "better": row.better or None,
        "best": row.best,
        "differs": row.differs,
        "cells": {site: [_cell(cell) for cell in row.cells[site]] for site in order},
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "text": cell.text,
        "low": files.number(cell.low),
        "high": files.number(cell.high),
        "kind": cell.kind or None,
        "note": cell.note or None,
        "place": cell.place or None,
        "sources": [files.origin(source) for source in cell.origins],
    }


def sheets(
    opened: Store,
    wish: Queried,
    order: Sequence[str],
    parts: Sequence[Part],
    left_out: Sequence[str],
) -> dict[str, list[Line]]:
    """Return the sheets of the workbook: the comparison, the sources, and how to read it."""
    parks = opened.layer("parks")
    names = {site: labels.name(parks.loc[site]) for site in order}
    table: list[Line] = [
        (_("Fact"), *names.values(), _("Best")),
        (_("Identifier"), *order),
    ]
    stated: list[Line] = [files.source_heads()]
    for part in parts:
        table.append((part.title,))
        for row in part.rows:
            table += _lines(row, names)
            for site in order:
                for cell in row.cells[site]:
                    stated += files.source_lines(
                        names[site], row.title, cell.text, cell.kind, cell.origins
                    )
    about = list(files.about_lines(opened, files.link(opened, urlencode(wish.query()))))
    about += [(_("Left out"), labels.name(parks.loc[site])) for site in left_out]
    about += [(row.title, text) for part in parts for row in part.rows for text in row.stated]
    return {_("Comparison"): table, _("Sources"): stated, _("How to read it"): about}


def _lines(row: Row, names: dict[str, str]) -> Iterator[Line]:
    """Write a row: its number, or the ends of its range, in a line each, and the places."""
    best = (names[row.best],) if row.best else ()
    title = f"{row.title} – {row.also}" if row.also else row.title
    ends = {site: _ends(row.cells[site]) for site in names}
    known = [pair for pair in ends.values() if pair]
    if not known or (not row.unit and any(cell.offer for cell in _cells(row))):
        yield (title, *(_text(row.cells[site]) for site in names), *best)
    elif all(low == high for low, high in known):
        head = files.with_unit(title, row.unit)
        yield (head, *(_number(row.cells[site], 0) for site in names), *best)
    else:
        heads = (_("%(title)s, from", title=title), _("%(title)s, to", title=title))
        for end, head in enumerate(heads):
            cells = [_number(row.cells[site], end) for site in names]
            yield (files.with_unit(head, row.unit), *cells, *best)
    if any(cell.place for cell in _cells(row)):
        places = ("; ".join(cell.place for cell in row.cells[site]) for site in names)
        yield (_("%(title)s: which", title=title), *places)


def _cells(row: Row) -> list[Cell]:
    return [cell for cells in row.cells.values() for cell in cells]


def _text(cells: Sequence[Cell]) -> str:
    return "; ".join(cell.text for cell in cells) or _("unknown")


def _ends(cells: Sequence[Cell]) -> tuple[float, float] | None:
    """Return the least and the greatest number of cells; None if none of them has one."""
    pairs = [(files.number(cell.low), files.number(cell.high)) for cell in cells]
    known = [(low, high) for low, high in pairs if low is not None and high is not None]
    return (min(low for low, _high in known), max(high for _low, high in known)) if known else None


def _number(cells: Sequence[Cell], end: int) -> float | str:
    """Return the lower or the upper number of cells, or their words where they have none."""
    pair = _ends(cells)
    return pair[end] if pair else _text(cells)
