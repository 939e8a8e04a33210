"""The web app: HTTP and nothing else. What it answers with comes from :mod:`geo`, through the
store.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, current_app, g, render_template, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.exceptions import HTTPException, RequestURITooLarge, SecurityError

from geo.errors import AtlasError, InputError, NotFoundError, UnavailableError
from webapp import i18n, labels, settings, turnstile
from webapp.compress import compressor

STATUS: dict[type[AtlasError], int] = {InputError: 400, NotFoundError: 404, UnavailableError: 503}
"""The one table from error to status."""

HTTP_SENTENCES = {
    404: _("There is no such page."),
    405: _("This address is only read: ask for it with GET."),
    413: _("So large a request is not read."),
    500: _("The server failed. The operator finds the reason in its log."),
}
"""What faults of HTTP are called; any other in the words of Werkzeug."""

MAX_BODY_BYTES = 1024 * 1024
MAX_ADDRESS = 64 * 1024
"""Characters of an address; a trip of 150 stops takes some 20,000, with notes more."""
MOST_FAULTS = 50
"""Faults of a query that an answer names; it counts the others."""
OPEN = ("/ogc", "/api/", "/download/")
"""Addresses of data, which maps elsewhere may ask for."""


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
        The data folder is no data package.
    """
    from geo.roads import storage
    from webapp import args, scripts, service
    from webapp.explore import api, factsheet, pages, provenance, scenarios, site_sheet
    from webapp.ogc import routes
    from webapp.served import Served
    from webapp.siting import claims, compare, match, rank, weights
    from webapp.store import Store
    from webapp.trips import files, open_file
    from webapp.trips import pages as trip

    app = Flask(__name__)
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_BODY_BYTES,
        BABEL_DEFAULT_LOCALE="en",
    )
    app.config.update(config or {})
    app.config.update(settings.resolve(config))
    app.extensions["zoneatlas"] = Store(
        app.config["DATA"], app.config["HOME"], app.config["PUBLIC_URL"]
    )
    storage.sweep(app.config["HOME"] / "networks")
    app.extensions["zoneatlas.served"] = served = Served(app)
    labels.install(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        switch_query=site_sheet.switch_query,
        map_query=site_sheet.map_query,
        toggled=site_sheet.toggled,
    )
    app.jinja_env.filters["provenance"] = provenance.in_words
    app.jinja_env.globals.update(
        years=args.YEARS, assumed_years=scenarios.assumed, planned_query=scenarios.query
    )
    app.jinja_env.globals.update(module=scripts.tags, drive_names=args.DRIVE)
    for blueprint in (scenarios.pages, trip.pages, open_file.pages, files.pages, service.service):
        app.register_blueprint(blueprint)
    for blueprint in (
        pages.pages,
        rank.pages,
        compare.pages,
        claims.pages,
        weights.pages,
        match.pages,
        factsheet.pages,
        api.api,
        routes.ogc,
    ):
        app.register_blueprint(blueprint)
    turnstile.install(app)
    app.before_request(_new_nonce)
    app.before_request(_check_address)
    app.before_request(served.before_request)
    app.after_request(_headers)
    app.after_request(compressor())
    app.register_error_handler(AtlasError, _atlas_error)
    app.register_error_handler(HTTPException, _http_error)
    return app


def _new_nonce() -> None:
    g.nonce = secrets.token_urlsafe(16)


def _check_address() -> None:
    """Refuse a foreign host, to which a page elsewhere may have led a browser, and an endless
    address.
    """
    if not settings.trusts(current_app.config["HOSTS"], request.headers.get("Host")):
        raise SecurityError(f"Host {request.headers.get('Host', '')[:100]!r} is not trusted.")
    if len(request.environ.get("QUERY_STRING", "")) + len(request.path) > MAX_ADDRESS:
        raise RequestURITooLarge()


def _headers(response: Response) -> Response:
    tiles = current_app.config["ONLINE_TILES"]
    host = " " + "/".join(tiles.split("/")[:3]).replace("{s}", "*") if tiles else ""
    nonce = getattr(g, "nonce", "")
    response.headers.setdefault(
        "Content-Security-Policy",
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}';"
        f" img-src 'self' data:{host}; connect-src 'self'; font-src 'self'; manifest-src 'self';"
        " base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    )
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    response.headers.setdefault("X-Frame-Options", "DENY")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), payment=()")
    if current_app.config["PUBLIC_URL"].startswith("https:"):
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.path.startswith(OPEN):
        _open_to_all(response)
    return response


def _open_to_all(response: Response) -> None:
    """Let scripts of other sites read what is public anyway, and say so when they ask beforehand."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "Content-Disposition, ETag, Retry-After"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = (
            "Accept, Content-Type, If-Modified-Since, If-None-Match, Range"
        )
        response.headers["Access-Control-Max-Age"] = "86400"


def _wants_json() -> bool:
    return (
        request.path.startswith("/api/")
        or request.accept_mimetypes.best_match(["text/html", "application/json"])
        == "application/json"
    )


def _say(
    status: int, message: str, faults: tuple[str, ...] = (), parameters: tuple[str, ...] = ()
) -> tuple[Any, int]:
    if _wants_json():
        return {"code": status, "description": "\n".join([message, *faults])}, status
    if request.args.get("part") == "sheet":
        return render_template("_error.html", message=message, faults=faults), status
    return (
        render_template(
            "error.html", status=status, message=message, faults=faults, onward=_onward(parameters)
        ),
        status,
    )


def _onward(parameters: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the links of an error page, text and address: what was asked without its faults, and
    the page before.
    """
    onward = []
    if parameters and request.method == "GET":
        sound = [
            (name, value)
            for name, value in request.args.items(multi=True)
            if name not in parameters
        ]
        onward.append(
            (
                gettext("Continue without the faulty part"),
                request.path + (f"?{urlencode(sound)}" if sound else ""),
            )
        )
    before = urlsplit(request.referrer or "")
    address = f"/{before.path.lstrip('/')}" + (f"?{before.query}" if before.query else "")
    if before.netloc == request.host and address != request.full_path.rstrip("?"):
        onward.append((gettext("Back to the previous page"), address))
    return onward


def _atlas_error(error: AtlasError) -> Response:
    status = next(code for kind, code in STATUS.items() if isinstance(error, kind))
    every = getattr(error, "faults", ())
    faults = tuple(map(i18n.said, every[:MOST_FAULTS]))
    if len(every) > MOST_FAULTS:
        faults += (gettext("and %(n)s more", n=len(every) - MOST_FAULTS),)
    message = i18n.said(getattr(error, "message", str(error)))
    response = current_app.make_response(
        _say(status, message, faults, getattr(error, "parameters", ()))
    )
    if status == 503:
        response.headers["Retry-After"] = str(turnstile.RETRY_AFTER_S)
    if (
        isinstance(error, turnstile.BusyError)
        and request.method == "GET"
        and response.mimetype == "text/html"
    ):
        response.headers["Refresh"] = str(
            turnstile.RETRY_AFTER_S
        )  # a page asks again by itself; scripts of ours read Retry-After
    return response


def _http_error(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:
        return error
    if isinstance(error, SecurityError):
        return Response(
            f"{error.description} Set TRUSTED_HOSTS or PUBLIC_URL.\n",
            status=error.code,
            mimetype="text/plain",
        )
    if isinstance(error, RequestURITooLarge):  # a page would repeat the address in its links
        return Response(
            f"The address is longer than {MAX_ADDRESS} characters.\n",
            status=error.code,
            mimetype="text/plain",
        )
    answer = error.get_response()
    message = str(HTTP_SENTENCES.get(error.code, error.description))
    body, status = _say(error.code, message)
    response = current_app.make_response((body, status))
    for name in ("Allow", "Retry-After"):
        if name in answer.headers:
            response.headers[name] = answer.headers[name]
    return response
