"""Our styles: a page asks for one sheet, whose parts stand in the order of the cascade."""

from __future__ import annotations

from functools import cache

from flask import Flask, Response, current_app, request

from webapp.scripts import STATIC

SHEETS = {
    "app.css": (
        "base",
        "map",
        "panel",
        "site",
        "reach",
        "facts",
        "pages",
        "screens",
        "wish",
        "ranking",
        "siting",
        "beside",
        "cost",
        "chain",
        "saved",
        "where",
        "team",
        "exchange",
    ),
    "trip.css": ("trip", "plan"),
}
"""The parts of a sheet, files of ``static/styles``; of two rules alike the later one counts."""


@cache
def text(*names: str) -> str:
    """Read sheets, each whole, one below the other."""
    parts = [
        STATIC / part
        for name in names
        for part in ([f"styles/{part}.css" for part in SHEETS.get(name, ())] or [name])
    ]
    return "\n".join(part.read_text(encoding="utf-8") for part in parts)


def install(app: Flask) -> None:
    """Serve the sheets made of parts among the static files."""
    app.view_functions["static"] = _static


def _static(filename: str) -> Response:
    if filename not in SHEETS:
        return current_app.send_static_file(filename)
    response = Response(text(filename), mimetype="text/css")
    response.cache_control.no_cache = True
    response.add_etag()
    response.make_conditional(request)
    return response
