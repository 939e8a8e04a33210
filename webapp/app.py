"""The factory of the web app, which brings its pages together and heads every answer."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import RequestURITooLarge, SecurityError

from geo.roads import default_network, storage
from geo.siting import company_sheet
from webapp import (
    addresses,
    args,
    errors,
    kept_pages,
    labels,
    languages,
    scripts,
    service,
    settings,
    styles,
    turnstile,
)
from webapp.compress import compressor
from webapp.exchange import bring, deciding, editing  # noqa: F401  adds to the OGC API
from webapp.exchange import pages as exchange
from webapp.explore import api, factsheet, pages, provenance, scenarios
from webapp.ogc import routes
from webapp.served import Served
from webapp.siting import (
    chain,
    claims,
    compare,
    cost,
    match,
    planned_files,
    rank,
    rank_files,
    rank_pdf,
    shortlist,
    shortlist_files,
    weights,
    where,
    where_files,
)
from webapp.store import Store
from webapp.team import gate
from webapp.trips import files, open_file
from webapp.trips import pages as trip

OPEN = ("/ogc", "/api/", "/download/")
"""Addresses of data, which maps elsewhere may ask for."""
BLUEPRINTS = (
    pages.pages,
    scenarios.pages,
    planned_files.pages,
    factsheet.pages,
    api.api,
    rank.pages,
    rank_files.pages,
    rank_pdf.pages,
    compare.pages,
    cost.pages,
    chain.pages,
    shortlist.pages,
    shortlist_files.pages,
    claims.pages,
    weights.pages,
    where.pages,
    where_files.pages,
    match.pages,
    trip.pages,
    open_file.pages,
    files.pages,
    exchange.pages,
    bring.pages,
    deciding.actions,
    routes.ogc,
    service.service,
)
"""Every page and every address for programs."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}
"""Of every answer that does not set them itself: data opened as a page run and load nothing."""
HTML_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), payment=()",
}
"""Of every page that does not set them itself."""


class _App(Flask):
    """An app whose views and hooks are plain functions."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func  # Flask would look at each of ten functions with each request


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Make the app.

    Parameters
    ----------
    config
        Settings by name (see ``settings.SETTINGS``) and any of Flask's own; they go before the
        environment.

    Raises
    ------
    InputError
        A setting cannot be used.
    NotFoundError
        The data folder is not a data package.
    """
    app = _App("webapp")
    app.config.update(
        MAX_CONTENT_LENGTH=company_sheet.MAX_BYTES,
        MAX_FORM_MEMORY_SIZE=company_sheet.MAX_BYTES,
        BABEL_DEFAULT_LOCALE="en",
    )
    app.config.update(config or {})
    app.config.update(settings.resolve(config))
    app.extensions["zoneatlas"] = Store(
        app.config["DATA"], app.config["HOME"], app.config["PUBLIC_URL"]
    )
    storage.sweep(app.config["HOME"] / "networks")
    app.extensions["zoneatlas.served"] = served = Served(app)
    languages.install(app)
    styles.install(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        each=addresses.each,
        switch_query=addresses.switch_query,
        map_query=addresses.map_query,
        toggled=addresses.toggled,
        years=args.YEARS,
        assumed_years=scenarios.assumed,
        planned_query=scenarios.query,
        module=scripts.tags,
        basemap_script=scripts.BASEMAP,
        drive_names=args.DRIVE,
        land_of=provenance.land_of,
        mark=provenance.mark,
        explain_times=labels.explain_times,
        preview_picture=pages.preview_picture,
    )
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    turnstile.install(app)
    kept_pages.install(app)
    app.before_request(lambda: default_network.assume(app.config["HOME"]))
    app.teardown_request(lambda _: default_network.assume(None))
    app.before_request(_new_nonce)
    app.before_request(_check_address)
    gate.install(app)
    app.before_request(served.before_request)
    app.after_request(_headers)
    app.after_request(compressor())
    errors.install(app)
    return app


def _new_nonce() -> None:
    g.nonce = secrets.token_urlsafe(16)


def _check_address() -> None:
    """Refuse a foreign host, to which a page elsewhere may have led a browser, and an endless
    address.
    """
    if not settings.trusts(current_app.config["HOSTS"], request.headers.get("Host")):
        raise SecurityError(f"Host {request.headers.get('Host', '')[:100]!r} is not trusted.")
    if len(request.environ.get("QUERY_STRING", "")) + len(request.path) > errors.MAX_ADDRESS:
        raise RequestURITooLarge()


def _headers(response: Response) -> Response:
    config, pages = current_app.config, response.mimetype == "text/html"
    named = {name.lower() for name in response.headers.keys()}  # noqa: SIM118
    for name, value in _usual_headers(pages, config["ONLINE_TILES"], config["PUBLIC_URL"]):
        if name.lower() not in named:
            response.headers.add(name, value.replace(NONCE, g.get("nonce", "")) if pages else value)
    if request.path.startswith(OPEN):
        _open_to_all(response)
    return response


EXPOSED = (
    "Content-Crs, Content-Disposition, ETag, Link, OGC-NumberMatched, OGC-NumberReturned,"
    " Retry-After"
)
"""Headers that scripts of other sites may read."""
NONCE = "{nonce}"
"""In a policy, for what every answer has of its own."""


@lru_cache(20)
def _usual_headers(pages: bool, tiles: str, public_url: str) -> tuple[tuple[str, str], ...]:
    """Return the headers of pages, or of all else."""
    headers = HEADERS
    if pages:
        host = " " + "/".join(tiles.split("/")[:3]).replace("{s}", "*") if tiles else ""
        headers = HTML_HEADERS | {
            "Content-Security-Policy": "default-src 'none'; script-src 'self';"
            f" style-src 'self' 'nonce-{NONCE}'; img-src 'self' data:{host}; connect-src 'self';"
            " font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self';"
            " frame-ancestors 'none'"
        }
    https = {"Strict-Transport-Security": "max-age=31536000"}
    return tuple((headers | (https if public_url.startswith("https:") else {})).items())


def _open_to_all(response: Response) -> None:
    """Let scripts of other sites read what is public anyway, and say so when they ask
    beforehand.
    """
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = EXPOSED
    if request.method == "OPTIONS":
        response.headers.update(
            {
                "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
                "Access-Control-Allow-Headers": (
                    "Accept, Content-Type, If-Modified-Since, If-None-Match, Range"
                ),
                "Access-Control-Max-Age": "86400",
            }
        )
