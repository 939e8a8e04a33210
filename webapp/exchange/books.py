"""The book of the exchange as the app opens it, and what follows from it."""

from __future__ import annotations

from pathlib import Path

from flask import current_app

from geo.exchange import releases
from geo.exchange import tables as tables_of
from geo.exchange.book import Book
from geo.exchange.changes import Change
from geo.exchange.known import Known
from geo.exchange.standing import Standing
from geo.kept import Kept
from geo.schema import LAYERS
from webapp.catalogues import province_names

_kept = Kept(8)
"""What follows from the last states of books, and what packages know."""


def opened() -> Book:
    """Return the book, begun where there is none."""
    return Book.of(current_app.config["HOME"], current_app.config["STORE"])


def held() -> Book | None:
    """Return the book; None where nothing was ever written."""
    return Book.held(current_app.config["HOME"], current_app.config["STORE"])


def pending(book: Book) -> tuple[Standing, list[Change]]:
    """Return what follows from the book, and what the next release would change."""
    base = current_app.config["BASE"]
    last = book.log(1)
    key = (book.url, _version(base), last[0].number if last else 0)
    return _kept.get(key, lambda: releases.pending(book, base))


def _version(base: Path) -> tuple[object, ...]:
    """Return what changes with the layers of a data package."""
    files = [base / f"{name}.csv" for name in LAYERS]
    stats = [path.stat() for path in files if path.is_file()]
    return (base, *((each.st_mtime_ns, each.st_size) for each in stats))


def known(layer_id: str) -> Known:
    """Return what the data package knows of a layer."""
    base = current_app.config["BASE"]
    key = (_version(base), layer_id)
    return _kept.get(key, lambda: Known.read(base, layer_id, province_names))


def base_tables() -> tables_of.Tables:
    """Return the layers of the data package as text."""
    base = current_app.config["BASE"]
    return _kept.get(_version(base), lambda: tables_of.read(base))
