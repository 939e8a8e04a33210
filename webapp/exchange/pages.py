"""What both sides see: releases with what they changed, values on which sides differ, feeds; and
releases as files that others subscribe to.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, islice

from flask import Blueprint, Response, current_app, render_template, request, url_for

from geo import export
from geo.errors import NotFoundError
from geo.exchange import changes as changes_of
from geo.exchange import feeds, known, releases
from geo.exchange.book import Book
from geo.exchange.changes import Change
from geo.exchange.standing import Standing, is_disputed
from webapp import args, kept_pages
from webapp.exchange import books, words
from webapp.explore import statements
from webapp.explore.statements import Value
from webapp.i18n import gettext as _
from webapp.labels import name
from webapp.siting import files
from webapp.store import store

pages = Blueprint("exchange", __name__)

MOST_VALUES = 100
MOST_CHANGES = 500
MOST_STEPS = 20


@pages.get("/exchange")
def overview() -> str:
    args.parse(request.args, ())
    kept_pages.of_this_moment()
    return page()


def page(fault: str = "", faults: Sequence[str] = (), done: str = "") -> str:
    """Write the page of the exchange, with what came of the last step."""
    book = books.held()
    following, changes = books.pending(book) if book else (None, [])
    return render_template(
        "exchange/exchange.html",
        fault=fault,
        faults=faults,
        done=done,
        party=current_app.config["PARTY"],
        releases=releases.every(book)[::-1] if book else [],
        disputed=_values(following, disputed=True) if following else [],
        waiting=_by_row(_values(following, disputed=False)) if following else [],
        changes=[(change, _called(change)) for change in changes[:MOST_CHANGES]],
        more=max(len(changes) - MOST_CHANGES, 0),
        feeds=_feeds(),
        steps=book.log(MOST_STEPS) if book else [],
        words=words,
        brought=known.BROUGHT,
    )


def _values(following: Standing, *, disputed: bool) -> list[Value]:
    """Return the values on which sides differ, or of which a statement waits."""
    chosen = (
        (key, entries)
        for key, entries in sorted(following.values.items())
        if (
            is_disputed(key, entries)
            if disputed
            else any(entry.state == "proposed" for entry in entries)
        )
    )
    return [
        statements.value_of(store(), key, entries) for key, entries in islice(chosen, MOST_VALUES)
    ]


def _by_row(values: list[Value]) -> list[tuple[str, list[Value], list[str]]]:
    """Group values by their row: its name, its values, and the statements of them that wait."""
    rows = groupby(values, key=lambda value: (value.layer, value.place))
    return [
        (called, own, [entry.id for value in own for entry in value.statements if entry.waits])
        for (_layer, (_id, called)), own in ((row, list(group)) for row, group in rows)
    ]


def _feeds() -> list[tuple[feeds.Feed, str]]:
    """Return the feeds, each with when it was taken last, empty where it never was."""
    book = books.held()
    if book is None:
        return []
    last = {row["feed"]: row["at"] for row in book.rows("taken")}
    return [(feed, last.get(feed.name, "")) for feed in feeds.every(book)]


@pages.get("/exchange/changes/<int:old>-<int:new>")
def changes(old: int, new: int) -> str:
    args.parse(request.args, ())
    book, differences = _differences(old, new)
    return render_template(
        "exchange/changes.html",
        old=old,
        new=new,
        numbers=range(len(releases.every(book)) + 1),
        changes=[(change, _called(change)) for change in differences[:MOST_CHANGES]],
        total=len(differences),
        formats=words.CHANGE_FORMATS,
        words=words,
    )


def _called(change: Change) -> str:
    """Return what the row of a change is called in the language of the page."""
    frame = store().layer(change.layer)
    return name(frame.loc[change.row_id]) if change.row_id in frame.index else change.name


def _differences(old: int, new: int) -> tuple[Book, list[Change]]:
    """Return the book, and what differs between two releases; 0 is the package itself."""
    book = books.held()
    last = len(releases.every(book)) if book else 0
    if book is None or not {old, new} <= set(range(last + 1)):
        raise NotFoundError(_("There is no such release."))
    return book, releases.compare(book, current_app.config["BASE"], old, new)


@pages.get("/exchange/changes/<int:old>-<int:new>.<extension>")
def changes_file(old: int, new: int, extension: str) -> Response:
    """Answer with the differences between two releases as a file."""
    args.parse(request.args, ())
    if extension not in words.CHANGE_FORMATS:
        raise NotFoundError(_("There is no such page."))
    _book, differences = _differences(old, new)
    about = releases.about(current_app.config["BASE"], old, new)
    data = export.write(changes_of.frame(differences), extension, about)
    response = Response(data, mimetype=export.get(extension).media_type)
    name = f"zone-atlas-changes-{old}-{new}.{extension}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@pages.get("/exchange/releases.json")
def listed() -> Response:
    """List the releases for programs, and for those who subscribe."""
    args.parse(request.args, ())
    kept_pages.of_this_moment()
    book = books.held()
    return files.json_response(
        {
            "releases": [
                {
                    "number": entry.number,
                    "title": entry.title,
                    "at": entry.at,
                    "sha256": entry.checksum,
                    "signed": bool(entry.signature),
                    "href": url_for("exchange.release_file", number=entry.number),
                }
                for entry in (releases.every(book) if book else [])
            ]
        }
    )


@pages.get("/exchange/releases/<int:number>.zip")
def release_file(number: int) -> Response:
    args.parse(request.args, ())
    book = books.held()
    if book is None:
        raise NotFoundError(_("There is no such release."))
    response = Response(releases.content(book, number), mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="release-{number}.zip"'
    return response


@pages.get("/exchange/releases/<int:number>.zip.minisig")
def signature(number: int) -> Response:
    args.parse(request.args, ())
    book = books.held()
    signed = [
        entry.signature
        for entry in (releases.every(book) if book else [])
        if entry.number == number and entry.signature
    ]
    if not signed:
        raise NotFoundError(_("This release is not signed."))
    return Response(signed[0], mimetype="text/plain")
