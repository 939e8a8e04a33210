"""Match-making: a sheet of companies goes up, the best sites for each come back, as a page, a
workbook or JSON; nothing is kept.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import partial
from typing import Any

import orjson
from flask import Blueprint, Response, render_template, request
from werkzeug.datastructures import MultiDict

from geo.errors import InputError, UnavailableError
from geo.roads.drive import Drive
from geo.siting import companies, company_sheet, matching, sheet_process, workbook
from geo.siting.companies import Sheet
from geo.siting.examples import Example
from geo.siting.matching import Match, Park
from geo.siting.sheet_faults import Fault, SheetError
from geo.text import fold
from webapp import args, labels
from webapp.catalogues import WRITTEN, catalogue
from webapp.explore import provenance
from webapp.i18n import clauses, current, day, in_script, insisting
from webapp.i18n import gettext as _
from webapp.siting import files, match_files, match_projects, wording
from webapp.siting.files import XLSX
from webapp.siting.match_words import (
    explain_area,
    explain_score,
    explain_unknown,
    explained,
    reason,
    score,
    sentence,
    strength,
    terms,
    unmet,
)
from webapp.store import Store, store
from webapp.team import forgery

pages = Blueprint("match", __name__)

SHOWN = 200
"""Companies on the page; the workbook holds all."""
MAX_CARRIED = 600_000
"""Characters of the sheet that the page may carry for the workbook, so that nothing need be kept
here.
"""
_few = threading.BoundedSemaphore(2)
"""Sheets that are read and matched at once: each may take a processor for seconds, and its reader a
gigabyte.
"""


@dataclass(frozen=True)
class Upload:
    """What came with a form: how one drives, which sites are offered too, the sheet, what there was
    to tell of it when it came first, and whether a workbook is wanted.
    """

    drive: Drive
    also: tuple[str, ...]
    data: bytes
    remarks: Sheet | None
    as_xlsx: bool


@dataclass(frozen=True)
class Answer:
    """The matches of a sheet as the page shows them.

    ``carried`` is the sheet for the workbook, empty where it is too long, and ``remarks`` what
    there is to tell of it."""

    matches: list[Match]
    total: int
    notes: list[str]
    left_out: list[str]
    carried: str
    remarks: str

    @classmethod
    def of(cls, matches: list[Match], sheet: Sheet) -> Answer:
        again = workbook.to_csv(sheet.companies)
        return cls(
            matches[:SHOWN],
            len(matches),
            [sentence(note) for note in sheet.notes],
            [sentence(fault) for fault in sheet.left_out],
            again if len(again.encode()) <= MAX_CARRIED else "",
            _remarks(sheet),
        )


@pages.get("/match")
def form() -> str:
    values = args.parse(request.args, (*args.DRIVE, "also"))
    drive = Drive.of(values)
    store().networks.check(drive)
    return _page(drive, tuple(values.get("also", ())))


@pages.get("/match/template.xlsx")
def template() -> Response:
    drive = Drive.of(args.parse(request.args, args.DRIVE))
    titles = {
        name: in_script(workbook.title_of(name, current().data)) for name in companies.COLUMNS
    }
    lines = [
        (_("Column"), _("What it holds")),
        *((titles[name], text) for name, text in explained(drive.profile).items()),
    ]
    return _workbook(workbook.template(lines, titles), "zone-atlas-companies.xlsx")


@pages.post("/match")
def answer() -> Any:
    args.parse(request.args, ())
    opened, upload = store(), _upload()
    drive, also = upload.drive, upload.also
    try:
        matches, sheet = _matched(opened, upload)
    except SheetError as error:
        return _page(drive, also, faults=[sentence(fault) for fault in error.found]), 400
    if upload.as_xlsx:
        data = _to_xlsx(opened, drive, also, matches, sheet)
        return _workbook(data, f"zone-atlas-matches-{current().code}.xlsx")
    return _page(drive, also, Answer.of(matches, sheet))


@pages.post("/match.json")
def as_json() -> Response:
    """Answer with the matches of a sheet for programs; a sheet that cannot be read is refused with
    all its faults.
    """
    args.parse(request.args, ())
    opened, upload = store(), _upload()
    try:
        matches, sheet = _matched(opened, upload)
    except SheetError as error:
        faults = [sentence(fault) for fault in error.found]
        raise InputError(_("This sheet cannot be read:"), faults) from None
    response = files.json_response(
        match_files.document(opened, upload.drive, upload.also, matches, sheet)
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _matched(opened: Store, upload: Upload) -> tuple[list[Match], Sheet]:
    """Read a sheet and match its companies, a few sheets at once."""
    drive, examples = upload.drive, opened.examples()
    opened.roads(drive)  # refuses what is not there
    if not _few.acquire(timeout=sheet_process.TIMEOUT_S):
        raise UnavailableError(_("Other sheets are being matched; try again in a minute."))
    try:
        sheet = sheet_process.read_apart(upload.data, _words(opened, examples))
        table = opened.sites(drive)
        matches = matching.match(
            sheet.companies, table, examples, profile=drive.profile, also=upload.also
        )
    finally:
        _few.release()
    if upload.remarks:  # the sheet was written by ourselves, and these belong to the one that came
        sheet = replace(upload.remarks, companies=sheet.companies)
    return matches, sheet


def _upload() -> Upload:
    """Read a form. A file goes before the sheet that a page of ours carried."""
    known = {"format", "sheet", "remarks", "also", forgery.FIELD, *args.DRIVE}
    unknown = (set(request.form) - known) | (set(request.files) - {"file"})
    if unknown or request.form.get("format", "") not in ("", "xlsx"):
        raise InputError(_("Send only a file with this form."))
    read = (*args.DRIVE, "also")
    values = args.parse(
        MultiDict((name, value) for name, value in request.form.items(multi=True) if name in read),
        read,
    )
    file = request.files.get("file")
    data, carried = file.read(company_sheet.MAX_BYTES + 1) if file else b"", None
    if not data:
        data = request.form.get("sheet", "").encode("utf-8", "replace")
        carried = _sheet_of(request.form.get("remarks", ""))
    if not data:
        raise InputError(_("Choose a file first: XLSX or CSV, at most 1 MB."))
    also, as_xlsx = tuple(values.get("also", ())), request.form.get("format") == "xlsx"
    return Upload(Drive.of(values), also, data, carried, as_xlsx)


def _remarks(sheet: Sheet) -> str:
    """Write the notes and faults of a sheet, so that they come back with it."""
    return orjson.dumps(
        [[asdict(fault) for fault in faults] for faults in (sheet.notes, sheet.left_out)]
    ).decode()


def _sheet_of(remarks: str) -> Sheet:
    """Read what :func:`_remarks` wrote; `InputError` for anything else."""
    try:
        notes, left_out = (
            tuple(Fault(**fault) for fault in faults)
            for faults in orjson.loads(remarks or "[[], []]")
        )
        for fault in (*notes, *left_out):
            sentence(fault)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise InputError(_("Send only a file with this form.")) from None
    return Sheet((), notes, left_out)


def _words(opened: Store, examples: dict[str, Example]) -> companies.Words:
    """Return what may stand in the sheet: provinces and sectors in all languages that the
    catalogues know."""

    def names_of(name: str) -> list[str]:
        return [
            name,
            *(catalogue(one.locale).upgettext("province", name) for one in WRITTEN),
        ]

    def make() -> companies.Words:
        words = companies.words(examples, opened.layer("parks"), names_of)
        for one in WRITTEN:
            with insisting(one):
                for code in companies.SECTOR_NAMES:
                    words["sector"].setdefault(fold(labels.label(code)), code)
        return words

    return opened.keep("words of companies", make)


def _sectors(opened: Store) -> list[str]:
    """List what may stand as a sector, each name once: sectors of sites and templates."""
    templates = opened.examples().values()
    names = [
        *(in_script(getattr(each, f"name_{current().data}")) for each in templates),
        *(str(labels.label(code)) for code in companies.SECTOR_NAMES),
    ]
    return sorted({name.casefold(): name for name in names}.values())


def _page(
    drive: Drive, also: tuple[str, ...], answer: Answer | None = None, faults: Sequence[str] = ()
) -> str:
    opened, language = store(), current().data
    return render_template(
        "siting/match.html",
        drive=drive,
        also=also,
        answer=answer,
        faults=faults,
        parks=opened.layer("parks"),
        networks=opened.networks.names(),
        terms=terms(opened, drive, also),
        columns=[
            (name, in_script(workbook.title_of(name, language)), text)
            for name, text in explained(drive.profile).items()
        ],
        sectors=_sectors(opened),
        most=companies.MAX_ROWS,
        criterion_name=wording.criterion_name,
        reason=reason,
        unmet=unmet,
        calling=partial(match_projects.calling, opened),
        strength=strength,
        score=score,
        shown=SHOWN,
    )


def _workbook(data: bytes, name: str) -> Response:
    response = Response(data, mimetype=XLSX)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _to_xlsx(
    opened: Store, drive: Drive, also: tuple[str, ...], matches: list[Match], sheet: Sheet
) -> bytes:
    titles = (
        *(_("Company"), _("Your row"), _("Place"), _("Identifier"), _("Site")),
        *(_("Free land"), _("Score of 100")),
        *(_("Reasons"), _("Unknown"), _("Sites that fit"), _("Notes")),
    )

    def both(match: Match, park: Park) -> tuple[str, str]:
        known, unknown = (
            [reason(match, each) for each in park.reasons if each.known == is_known]
            for is_known in (True, False)
        )
        known += [strength(*each) for each in park.strengths]
        return "; ".join(known), "; ".join(unknown)

    parks, calls = opened.layer("parks"), list(match_projects.sheet(opened, matches))
    offered = {park.id for match in matches for park in match.parks}
    return workbook.to_xlsx(
        matches,
        labels.names(parks).to_dict(),
        {site: _land(opened, parks, site) for site in offered},
        titles=titles,
        sheets=(_("Matches"), _("How to read it")),
        notes=list(_notes(opened, drive, also, sheet)),
        reasons=both,
        unmet=unmet,
        more={_("Projects"): calls} if len(calls) > 1 else {},
    )


def _land(opened: Store, parks: Any, site: str) -> str:
    """Write free land with how it is known, for a cell."""
    land = labels.land_of(parks.loc[site], provenance.land_kinds(opened, site))
    return clauses((land.text, land.kind and labels.label(land.kind)))


def _notes(
    opened: Store, drive: Drive, also: tuple[str, ...], sheet: Sheet
) -> Iterator[tuple[str, str]]:
    about = opened.about("parks")
    yield _("How to read it"), "Zone Atlas"
    yield _("Date"), day(date.today().isoformat())
    yield from terms(opened, drive, also)
    yield _("Score"), explain_score()
    yield _("Unknown"), explain_unknown()
    yield _("Area"), explain_area()
    yield _("Travel times"), labels.explain_times()
    for source in about.sources:
        yield _("Source"), source
    yield _("Licence"), about.licence
    for fault in sheet.left_out:
        yield _("Rows left out"), sentence(fault)
    for note in sheet.notes:
        yield _("Your sheet"), sentence(note)
