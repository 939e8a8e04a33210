"""Bring a file: what it is, what is doubtful in it, what it would change; keep what it states."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
from flask import Blueprint, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from geo.errors import InputError, NotFoundError, UnavailableError
from geo.exchange import bringing, doctor, known, releases, sniffing
from geo.exchange.bringing import Brought, Effect, Preview, Terms
from geo.exchange.doctor import Examination
from geo.layers import validation
from geo.schema import LAYERS, SOURCE_KINDS
from geo.schema.provenance import State
from webapp import args, charts, kept_pages, team
from webapp.charts import Strip
from webapp.exchange import books, uploads, words
from webapp.exchange.uploads import Upload
from webapp.explore import statements
from webapp.i18n import gettext as _
from webapp.i18n import said
from webapp.labels import name
from webapp.store import store

pages = Blueprint("bring", __name__)

TERMS = ("layer", "party", "source", "kind", "as_of", "accuracy", "reason")
"""Fields of the form, in its order."""
MOST_TERM = 2_000
SHOWN = 300
"""Statements of the table; more are counted."""
PINS = 30
_few = threading.BoundedSemaphore(2)
"""Files that are examined at once: each may take a processor and a gigabyte for a while."""


@dataclass(frozen=True)
class Line:
    """A statement of the file as the table shows it."""

    row: int | None
    place: str
    field: str
    value: str
    outcome: str
    kind: str
    against: str


@dataclass(frozen=True)
class Looked:
    """What is known of a file after a look at it."""

    exam: Examination
    brought: Brought
    preview: Preview


@pages.post("/exchange/bring")
def begin() -> AnyResponse:
    """Take a file, and show what is in it."""
    args.parse(request.args, ())
    request.max_content_length = sniffing.MAX_BYTES + 64 * 1024
    sent = request.files.get("file")
    terms = {field: request.form.get(field, "").strip()[:MOST_TERM] for field in TERMS}
    _check(terms)
    if sent is None:
        raise InputError(_("Choose a file."))
    data = sent.read(sniffing.MAX_BYTES + 1)
    upload = uploads.keep(current_app.config["HOME"], sent.filename or "", data, terms)
    return redirect(url_for("bring.show", token=upload.token), 303)


@pages.get("/exchange/bring/<token>")
def show(token: str) -> str:
    args.parse(request.args, ())
    return _page(uploads.get(current_app.config["HOME"], token), {})


@pages.post("/exchange/bring/<token>")
def answered(token: str) -> str:
    """Show the file again with questions answered."""
    args.parse(request.args, ())
    return _page(uploads.get(current_app.config["HOME"], token), _answers())


@pages.post("/exchange/bring/<token>/keep")
@team.needs("contributor")
def keep(token: str) -> AnyResponse:
    """Write what the file states into the book: as statements, or accepted at once."""
    args.parse(request.args, ())
    upload = uploads.get(current_app.config["HOME"], token)
    looked = _look(upload, _answers())
    chosen = set(request.form.getlist("take"))
    claims = [claim for claim in looked.brought.claims if claim.id in chosen]
    if not upload.terms["party"]:
        raise InputError(_("Go back and enter the department."))
    if not claims:
        raise InputError(_("Choose at least one statement."))
    accepted = request.form.get("as") == "accepted"
    state: State = "accepted" if accepted and team.may("reviewer") else "stated"
    if not team.may("reviewer"):
        state = "proposed"
    books.opened().add(
        claims, origin=upload.name, who=team.who(), state=state, reason=upload.terms["reason"]
    )
    return redirect(url_for("exchange.overview"), 303)


def _check(terms: Mapping[str, str]) -> None:
    """Refuse a form with all that is wrong in it."""
    faults = []
    if terms["layer"] not in {layer.id for layer in known.BROUGHT}:
        faults.append(_("Layer: choose one of the list"))
    if terms["kind"] not in SOURCE_KINDS:
        faults.append(_("Kind of source: choose one of the list"))
    accuracy = validation.number(terms["accuracy"])
    if terms["accuracy"] and (accuracy is None or not 0 <= accuracy <= 100_000):
        faults.append(_("Accuracy: write metres as a number, such as 5"))
    if faults:
        raise InputError(_("Please check the form:"), faults)


def _answers() -> dict[str, str]:
    """Read the answers of the form: fields that begin with ``a:``, without those left open."""
    return {
        key.removeprefix("a:"): value[:MOST_TERM]
        for key, value in request.form.items(multi=True)
        if key.startswith("a:") and value
    }


def _look(upload: Upload, answers: Mapping[str, str]) -> Looked:
    """Examine a file, and compute what it would change.

    Raises
    ------
    UnavailableError
        Too many files are looked at right now.
    """
    base, terms = current_app.config["BASE"], upload.terms
    layer = LAYERS.get(terms["layer"])
    if layer is None:
        raise NotFoundError(_("This file is no longer kept: bring it again."))
    if not _few.acquire(timeout=10):
        raise UnavailableError(_("Other files are being read; try again in a minute."))
    try:
        exam = doctor.examine(upload.path, books.known(layer.id), layer.id, answers)
    finally:
        _few.release()
    stated = Terms(
        terms["party"] or "?",
        terms["source"] or upload.name,
        terms["kind"],
        terms["as_of"],
        validation.number(terms["accuracy"]),
    )
    tables = books.base_tables()
    brought = bringing.claims(exam, tables, layer.id, stated)
    book = books.held()
    preview = bringing.preview(
        tables, releases.party_of(base), book.statements() if book else [], brought.claims
    )
    return Looked(exam, brought, preview)


def _page(upload: Upload, answers: Mapping[str, str]) -> str:
    kept_pages.of_this_moment()
    looked = _look(upload, answers)
    effects = looked.preview.effects
    return render_template(
        "exchange/bring.html",
        upload=upload,
        answers=answers,
        exam=looked.exam,
        layer=LAYERS[upload.terms["layer"]],
        questions=[
            (
                question,
                said(question.text),
                [(each, said(each.text)) for each in question.proposals],
            )
            for question in looked.exam.questions
        ],
        faults=[said(fault.sentence) for fault in looked.exam.faults],
        notices=[said(notice) for notice in looked.exam.notices],
        left_out=[said(fault) for fault in bringing.faults(looked.brought)],
        counts=bringing.counted(effects),
        lines=[(effect.claim.id, _line(looked, effect)) for effect in effects[:SHOWN]],
        rest=[effect.claim.id for effect in effects[SHOWN:]],
        strip=_strip(looked),
        words=words,
    )


def _line(looked: Looked, effect: Effect) -> Line:
    claim, layer = effect.claim, LAYERS[effect.claim.layer]
    frame = store().layer(layer.id)
    called = name(frame.loc[claim.row_id]) if claim.row_id in frame.index else claim.row_id
    return Line(
        looked.brought.row_of.get(claim.id),
        called,
        words.field(layer.id, claim.field),
        statements.written(layer, claim.field, claim.value),
        words.outcome(effect.outcome),
        effect.outcome.replace(" ", "-"),
        statements.written(layer, claim.field, effect.against.claim.value)
        if effect.against
        else "",
    )


def _strip(looked: Looked) -> tuple[Strip, list[str]] | None:
    """Draw where the file puts places, numbered, and name them; None where it puts none."""
    sure = looked.exam.sure[:PINS]
    if sure.geometry.isna().all():  # none, or records, which have no positions
        return None
    points = gpd.GeoSeries(sure.geometry.representative_point(), crs=4326)
    names = [
        str(row.get("name_en") or row.get("name_vi") or row.get("name_zh") or row.get("site") or at)
        for at, row in zip(sure.index, sure.to_dict("records"), strict=True)
    ]
    return charts.strip(store(), points), names
