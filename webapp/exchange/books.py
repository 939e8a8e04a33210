"""The book of the exchange as the app opens it, and what follows from it."""

from __future__ import annotations

from flask import current_app

from geo.exchange import database, releases
from geo.exchange import tables as tables_of
from geo.exchange.book import Book
from geo.exchange.changes import Change
from geo.exchange.known import Known
from geo.exchange.standing import Standing
from geo.kept import Kept
from webapp.catalogues import province_names

_kept = Kept(8)
"""What follows from the last states of books, and what packages know."""


def opened() -> Book:
    """Return the book, begun where there is none."""
    config = current_app.config
    return Book.of(config["HOME"], config["STORE"])


def held() -> Book | None:
    """Return the book; None where nothing was ever written."""
    config = current_app.config
    begun = config["STORE"] or (config["HOME"] / database.FILE).is_file()
    return opened() if begun else None


def pending(book: Book) -> tuple[Standing, list[Change]]:
    """Return what follows from the book, and what the next release would change."""
    base = current_app.config["BASE"]
    last = book.log(1)
    key = (book.url, str(base), releases.digest(base), last[0].number if last else 0)
    return _kept.get(key, lambda: releases.pending(book, base))


def known(layer_id: str) -> Known:
    """Return what the data package knows of a layer."""
    base = current_app.config["BASE"]
    key = (str(base), releases.digest(base), layer_id)
    return _kept.get(key, lambda: Known.read(base, layer_id, province_names))


def base_tables() -> tables_of.Tables:
    """Return the layers of the data package as text."""
    base = current_app.config["BASE"]
    key = (str(base), releases.digest(base))
    return _kept.get(key, lambda: tables_of.read(base))
