"""Match-making: a sheet of companies goes up, the best sites for each come back, as a page and as a
workbook; nothing is kept.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, TypeVar

import orjson
from flask import Blueprint, Response, g, render_template, request
from flask_babel import force_locale
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from geo.errors import InputError, UnavailableError
from geo.roads.drive import CORRIDORS, Drive
from geo.siting import companies, company_sheet, matching, workbook
from geo.siting.companies import Fault, Sheet, SheetError
from geo.siting.examples import Example
from geo.siting.matching import Match, Park, Reason
from geo.siting.measures import limits
from webapp import args, labels, readers
from webapp.catalogues import LANGUAGES, catalogue
from webapp.i18n import current, day, province
from webapp.siting import wording
from webapp.store import Store, store

T = TypeVar("T")
pages = Blueprint("match", __name__)

SHOWN = 200
"""Companies on the page; the workbook holds all."""
MAX_CARRIED = 600_000
"""Characters of the sheet that the page may carry for the workbook, so that nothing need be kept
here.
"""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
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
    return _page(Drive.of(values), tuple(values.get("also", ())))


@pages.get("/match/template.xlsx")
def template() -> Response:
    drive = Drive.of(args.parse(request.args, args.DRIVE))
    titles = {name: workbook.title_of(name, current().code) for name in companies.COLUMNS}
    lines = [
        (_("Column"), _("What it holds")),
        *((titles[name], text) for name, text in explained(drive.profile).items()),
    ]
    return _workbook(workbook.template(lines, titles), "zone-atlas-companies.xlsx")


@pages.post("/match")
def answer() -> Any:
    args.parse(request.args, ())
    opened, upload = store(), _upload()
    drive, also, examples = upload.drive, upload.also, opened.examples()
    opened.roads(drive)  # refuses what is not there
    if not _few.acquire(timeout=company_sheet.TIMEOUT_S):
        raise UnavailableError(_("Other sheets are being matched; try again in a minute."))
    try:
        sheet = company_sheet.read_apart(upload.data, _words(opened, examples))
        table = opened.sites(drive)
        matches = matching.match(sheet.companies, table, examples, profile=drive.profile, also=also)
    except SheetError as error:
        return _page(drive, also, faults=[sentence(fault) for fault in error.found]), 400
    finally:
        _few.release()
    if upload.remarks:  # the sheet was written by ourselves, and these belong to the one that came
        sheet = replace(upload.remarks, companies=sheet.companies)
    if upload.as_xlsx:
        data = _to_xlsx(opened, drive, also, matches, sheet)
        return _workbook(data, f"zone-atlas-matches-{current().code}.xlsx")
    return _page(drive, also, Answer.of(matches, sheet))


def _upload() -> Upload:
    """Read a form. A file goes before the sheet that a page of ours carried."""
    unknown = (set(request.form) - {"format", "sheet", "remarks", "also", *args.DRIVE}) | (
        set(request.files) - {"file"}
    )
    if unknown or request.form.get("format", "") not in ("", "xlsx"):
        raise InputError(_("This form holds a file, and nothing else."))
    known = (*args.DRIVE, "also")
    values = args.parse(
        MultiDict((name, value) for name, value in request.form.items(multi=True) if name in known),
        known,
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
        raise InputError(_("This form holds a file, and nothing else.")) from None
    return Sheet((), notes, left_out)


def _words(opened: Store, examples: dict[str, Example]) -> companies.Words:
    """Return what may stand in the sheet: provinces and sectors in all languages that the
    catalogues know."""

    def names_of(name: str) -> list[str]:
        return [
            name,
            *(catalogue(one.locale).upgettext("province", name) for one in LANGUAGES.values()),
        ]

    def make() -> companies.Words:
        words = companies.words(examples, opened.layer("parks"), names_of)
        for one in LANGUAGES.values():
            with force_locale(one.locale):
                for code in companies.SECTOR_NAMES:
                    words["sector"].setdefault(companies.fold(labels.label(code)), code)
        return words

    return opened.keep("words of companies", make)


def _page(
    drive: Drive, also: tuple[str, ...], answer: Answer | None = None, faults: Sequence[str] = ()
) -> str:
    opened, language = store(), current().code
    return render_template(
        "siting/match.html",
        drive=drive,
        also=also,
        answer=answer,
        faults=faults,
        parks=opened.layer("parks"),
        coarse=opened.roads(drive).manifest.coarse,  # refuses a network that is not there
        networks=opened.networks.names(),
        terms=terms(opened, drive, also),
        columns=[
            (name, workbook.title_of(name, language), text)
            for name, text in explained(drive.profile).items()
        ],
        examples=opened.examples(),
        sectors=sorted(str(labels.label(code)) for code in companies.SECTOR_NAMES),
        most=companies.MAX_ROWS,
        criterion_name=wording.criterion_name,
        reason=reason,
        unmet=unmet,
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
    coarse = opened.roads(drive).manifest.coarse
    titles = (
        *(_("Company"), _("Row of your sheet"), _("Place"), _("Identifier"), _("Site")),
        *(_("Free land"), _("Score of 100")),
        *(_("Reasons"), _("Unknown"), _("Sites that fit"), _("Notes")),
    )

    def both(match: Match, park: Park) -> tuple[str, str]:
        known, unknown = (
            [reason(match, each, coarse) for each in park.reasons if each.known == is_known]
            for is_known in (True, False)
        )
        known += [strength(*each, coarse) for each in park.strengths]
        return "; ".join(known), "; ".join(unknown)

    parks = opened.layer("parks")
    offered = {park.id for match in matches for park in match.parks}
    return workbook.to_xlsx(
        matches,
        labels.names(parks).to_dict(),
        {site: _land(parks.loc[site]) for site in offered},
        titles=titles,
        sheets=(_("Matches"), _("How to read it")),
        notes=list(_notes(opened, drive, also, sheet)),
        reasons=both,
        unmet=unmet,
    )


def _land(park: Any) -> str:
    """Write free land with how it is known, for a cell."""
    land = labels.land_of(park)
    return f"{land.text}, {labels.label(land.kind)}" if land.kind else land.text


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
    if opened.roads(drive).manifest.coarse:
        yield (
            _("Travel times"),
            _(
                "Times come from a sketch of the main roads, at assumed average speeds, without"
                " queues or opening hours."
            ),
        )
    for source in about.sources:
        yield _("Source"), source
    yield _("Licence"), about.licence
    for fault in sheet.left_out:
        yield _("Rows left out"), sentence(fault)
    for note in sheet.notes:
        yield _("Your sheet"), sentence(note)


# Words --------------------------------------------------------------------------------------------


def terms(opened: Store, drive: Drive, also: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return how one drives, in which vehicle, on which roads, past which closed gates, when, and
    which sites are offered.
    """
    corridors = drive.network == CORRIDORS
    terms = [
        (_("Vehicle"), labels.label(drive.profile)),
        (_("Road network"), _("Corridors, coarse") if corridors else drive.network),
    ]
    if drive.closed:
        names = labels.names(opened.layer("gates"))
        terms.append((_("Taken as closed"), ", ".join(str(names[gate]) for gate in drive.closed)))
    if drive.year and corridors:
        year = _(
            "%(year)s, with the corridors that are planned to be open by then; plans slip",
            year=drive.year,
        )
        terms.append((_("Year"), year))
        if drive.opens:
            names = labels.names(opened.layer("corridors"))
            opens = ", ".join(f"{names[corridor]} {year}" for corridor, year in drive.opens)
            terms.append((_("Openings assumed"), opens))
    offered = [text for name, text in wording.standing().items() if name not in also]
    return [*terms, (_("Sites offered"), "; ".join(offered))] if offered else terms


def explain_score() -> str:
    """Return what the score is."""
    return _(
        "The sites that fit are ordered by a weighted sum from 0 to 100, with the weights of the"
        " example of the company’s sector, which is assumed; without an example the port weighs"
        " %(port)s %%, the gate %(gate)s %% and free land %(area)s %%. A range is given where a"
        " value is unknown.",
        **{name: readers.plain(weight) for name, weight in companies.USUAL.items()},
    )


def explain_unknown() -> str:
    """Return what becomes of unknown values."""
    return _(
        "A site of which a value is unknown stays in, and what is unknown is named: ask for it at"
        " the meeting."
    )


def explain_area() -> str:
    """Return which area is meant."""
    return _(
        "Free land is given with each site and its year, as far as it is known. Where the occupancy"
        " is unknown, the whole site counts as free. Rents are asking prices for the whole term of"
        " the lease."
    )


def explained(profile: str) -> dict[str, str]:
    """Return what each column holds, for a vehicle."""
    minutes = _("Minutes by container truck, at most; also in hours: 1.5 h.")
    if profile == "car":
        minutes = _("Minutes by car, at most; also in hours: 1.5 h.")
    return {
        "company": _("Name, needed in every row."),
        "sector": _(
            "One or more of the sectors below, in English, Vietnamese or Chinese, parted by"
            " semicolons."
        ),
        "country": _("Where the company looks, a country of the data; empty for all."),
        "province": _("One or more provinces, parted by semicolons; empty for all."),
        "area_ha": _("Free land needed: hectares; also 50,000 m2, 75 mu."),
        "max_gate_min": minutes,
        "max_port_min": minutes,
        "max_airport_min": minutes,
        "max_rent_usd_m2": _("Land rent for the whole term, at most: USD/m²."),
        "people_60min": _("People in places within 60 minutes, at least."),
        "notes": _("Anything; it is given back as it is."),
    }


def sentence(fault: Fault) -> str:
    """Write a fault of a sheet, or a note on it, in the language of the request."""
    values = dict(fault.values)
    for name, value in fault.values.items():
        if isinstance(value, list):
            values[name] = _(", ").join(_named(fault.values.get("of", ""), code) for code in value)
    text = str(_(companies.SENTENCES[fault.code], **values))
    if fault.column:
        return _(
            "row %(row)s, column %(column)s: %(text)s",
            row=fault.row,
            column=fault.column,
            text=text,
        )
    return _("row %(row)s: %(text)s", row=fault.row, text=text) if fault.row else text


def _named(of: str, code: str) -> str:
    """Name a code that a sentence lists: a column, a province, a sector or an example, a country;
    units are what they are.
    """
    if of == "column":
        return workbook.title_of(code, current().code)
    if of == "province":
        return province(code)
    if of == "sector" and code in store().examples():
        return str(getattr(store().examples()[code], f"name_{current().code}"))
    return str(labels.label(code)) if of else code


def reason(one: Match, each: Reason, coarse: bool) -> str:
    """Return how a site stands to a limit."""
    name, asked = each.limit, one.limits[each.limit]
    limit = _once((name, asked), lambda: wording.limit_text(name, asked))
    if not each.known:
        return _once("unknown", lambda: str(_("%(limit)s: unknown here"))) % {"limit": limit}
    if each.value != each.value:
        return limit
    row = _once("limits", limits)[name]
    is_time, margin = row.scale == 60, round(each.margin, 1)
    if is_time:
        margin = round(each.margin)

    def size(amount: float) -> str:
        return (
            labels.duration(60 * amount, coarse) if is_time else labels.quantity(amount, row.unit)
        )

    value = _once((name, each.value), lambda: size(each.value))
    spare = (
        _("less than 5 min")
        if is_time and margin < 5
        else _once((name, "spare", margin), lambda: size(margin))
    )
    if row.enough is not None:
        return _once("land", lambda: str(_("%(limit)s: up to %(value)s may be free"))) % {
            "limit": limit,
            "value": value,
        }
    if row.kind == "at_least":
        met = _once(
            "above", lambda: str(_("%(limit)s: %(value)s here, %(spare)s above your minimum"))
        )
    else:
        met = _once(
            "below", lambda: str(_("%(limit)s: %(value)s here, %(spare)s below your maximum"))
        )
    return met % {"limit": limit, "value": value, "spare": spare}


def strength(criterion: str, value: float, coarse: bool) -> str:
    """Return what gives a site its score."""
    return _once(
        (criterion, value),
        lambda: (
            f"{wording.criterion_name(criterion)}:"
            f" {wording.amount(criterion, value, coarse=coarse)}"
        ),
    )


def _once(key: Any, make: Callable[[], T]) -> T:
    """Write what stands in thousands of rows once a request: numbers in words are slow to make."""
    kept: dict[Any, T] = g.setdefault("written", {})
    if key not in kept:
        kept[key] = make()
    return kept[key]


def score(park: Park) -> str:
    """Write a score of 100, or the range in which it lies."""
    if park.low == park.high:
        return labels.decimal(100 * park.score, 1)
    return _(
        "%(low)s to %(high)s",
        low=labels.decimal(100 * park.low),
        high=labels.decimal(100 * park.high),
    )


def unmet(one: Match) -> str:
    """Return which limits leave no site, and what would help."""
    if not one.relaxed:
        return _("No site meets all limits, and no single limit stands in the way. Take one away.")
    changes = [
        f"{wording.limit_text(name, each.limit)} → {wording.relaxed_text(name, each)}"
        for name, each in one.relaxed
    ]
    return _(
        "No site meets all limits. One would with: %(changes)s", changes=_(" or ").join(changes)
    )
