"""What files of sites have in common: workbooks, JSON, and rows that say where values come from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson
from flask import Response, request

from geo.siting import workbook
from webapp import labels
from webapp.explore.provenance import Origin
from webapp.i18n import current
from webapp.i18n import gettext as _
from webapp.labels import label
from webapp.store import Store

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Line = Sequence[Any]


def json_response(document: Mapping[str, Any]) -> Response:
    """Answer with a document; infinite and unknown numbers become null."""
    return Response(orjson.dumps(document), mimetype="application/json")


def xlsx_response(
    sheets: Mapping[str, Iterable[Line]], widths: Mapping[str, Sequence[float]], name: str
) -> Response:
    """Answer with a workbook to keep; the same rows give the same bytes."""
    plain = {
        title: [[_searched(cell) for cell in row] for row in sheets[title]] for title in sheets
    }
    response = Response(workbook.workbook(plain, widths), mimetype=XLSX)
    file = f"zone-atlas-{name}-{current().code}.xlsx"
    response.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    return response


def _searched(cell: Any) -> Any:
    """Return a text with plain spaces, by which it is searched for."""
    return cell.replace("\N{NO-BREAK SPACE}", " ") if isinstance(cell, str) else cell


def link(opened: Store, query: str) -> str:
    """Return the address of the page that shows what this file holds, in the same language."""
    path = request.path.rpartition(".")[0]
    pairs = [query, f"lang={current().code}"]
    return f"{opened.public_url}{request.script_root}{path}?{'&'.join(filter(None, pairs))}"


def number(value: float | None) -> float | None:
    """Return a number for a cell or for JSON; None if it is unknown or infinite."""
    return None if value is None or not math.isfinite(value) else round(float(value), 9)


def with_unit(title: str, unit: str) -> str:
    """Head a column or a row of numbers."""
    return f"{title} ({unit})" if unit else title


def origin(source: Origin) -> dict[str, Any]:
    """Return a source of a value for JSON."""
    places = [{"text": text, "link": address or None} for text, address in source.places]
    return {
        "kind": source.kind or None,
        "date": source.date or None,
        "places": places,
        "note": source.note or None,
    }


def source_heads() -> Line:
    """Head the sheet of sources."""
    return (
        *(_("Site"), _("Fact"), _("Value"), _("Source type")),
        *(_("Date"), _("Source"), _("Address"), _("Note")),
    )


def source_lines(
    site: str, fact: str, text: str, kind: str, origins: Iterable[Origin]
) -> Iterator[Line]:
    """Write the sources of a value, a row each; what has none is named too."""
    known = label(kind) if kind else ""
    origins = list(origins)
    for source in origins:
        how = label(source.kind) if source.kind else known
        for place, address in source.places or (("", ""),):
            yield (site, fact, text, how, source.date, place, address, source.note)
    if not origins:
        yield (site, fact, text, known, "", "", "", "")


def about_lines(opened: Store, address: str) -> Iterator[Line]:
    """Write how a workbook is read: its page, times, licence and sources."""
    about = opened.about("parks")
    yield _("How to read it"), "Zone Atlas"
    yield _("Page"), address
    yield _("Travel times"), labels.explain_times()
    yield _("Unknown"), _("Unknown values are marked as unknown and never count as zero.")
    for source in about.sources:
        yield _("Source"), source
    yield _("Licence"), about.licence
